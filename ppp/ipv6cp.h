/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IPv6 Control Protocol: RFC 5072, protocol.md section 14. struct ipv6cp is in ppp_state.h. */
#ifndef SSTPTUN_IPV6CP_H
#define SSTPTUN_IPV6CP_H

#include "cp_packet.h"

void ipv6cp_init(struct ipv6cp *ipv6cp, struct ppp_link *link);

void ipv6cp_result(const struct ipv6cp *ipv6cp, struct ppp_ipv6 *ret_ipv6);

#endif
