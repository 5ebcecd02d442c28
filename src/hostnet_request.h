/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hostnet.h knows of a family, as what the keeper is told of it (request.h): nothing but "absent" unless it is up. */
#ifndef SSTPTUN_HOSTNET_REQUEST_H
#define SSTPTUN_HOSTNET_REQUEST_H

#include "hostnet.h"

struct request_ipv4 hostnet_request_ipv4(const struct hostnet *hostnet);
struct request_ipv6 hostnet_request_ipv6(const struct hostnet *hostnet, usec_t now);

#endif
