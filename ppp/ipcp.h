/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IP Control Protocol: RFC 1332, RFC 1877, protocol.md section 14. struct ipcp is in ppp_state.h. */
#ifndef SSTPTUN_IPCP_H
#define SSTPTUN_IPCP_H

#include "cp_packet.h"

void ipcp_init(struct ipcp *ipcp, struct ppp_link *link, const struct ppp_config *config);

/* What was agreed; false when our address is none that a host can have (the peer acknowledged 0.0.0.0, say). */
bool ipcp_result(const struct ipcp *ipcp, struct ppp_ipv4 *ret_ipv4);

#endif
