/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Link Control Protocol: RFC 1661 sections 5 and 6, protocol.md section 9. struct lcp is in ppp_state.h. */
#ifndef SSTPTUN_LCP_H
#define SSTPTUN_LCP_H

#include "cp_packet.h"

/* A peer that cannot take this much is asked to (RFC 1661 6.1 knows no minimum; protocol.md section 9). */
#define LCP_MRU_MIN 576

/* Our own magic number in this many requests in a row is no coincidence but a loop. */
#define LCP_MAX_LOOPS 4

void lcp_init(struct lcp *lcp, struct ppp_link *link, const struct ppp_config *config);

/* Protocol-Reject of a frame that nobody here understands. The caller knows when this is allowed. */
void lcp_reject_protocol(struct lcp *lcp, uint16_t protocol, struct bytes info);

/*
 * The peer does not know this protocol: taken from its Protocol-Reject, once; 0 when there was none. What it means is
 * up to the link.
 */
uint16_t lcp_take_rejected_protocol(struct lcp *lcp);

/* The peer has asked for a method that is not allowed here. */
bool lcp_refused_auth(const struct lcp *lcp);

/* END_AUTH_METHOD with what the peer wanted and the --auth value that would allow it. */
struct end lcp_auth_method_end(const struct lcp *lcp);

#endif
