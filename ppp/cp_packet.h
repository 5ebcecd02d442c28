/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of RFC 1661 section 5 that all control protocols share: received, judged, answered and logged. */
#ifndef SSTPTUN_CP_PACKET_H
#define SSTPTUN_CP_PACKET_H

#include "cp_fsm.h"

enum {
    CP_CODE_CONFIGURE_REQUEST = 1,
    CP_CODE_CONFIGURE_ACK = 2,
    CP_CODE_CONFIGURE_NAK = 3,
    CP_CODE_CONFIGURE_REJECT = 4,
    CP_CODE_TERMINATE_REQUEST = 5,
    CP_CODE_TERMINATE_ACK = 6,
    CP_CODE_CODE_REJECT = 7,
    /* LCP only */
    CP_CODE_PROTOCOL_REJECT = 8,
    CP_CODE_ECHO_REQUEST = 9,
    CP_CODE_ECHO_REPLY = 10,
    CP_CODE_DISCARD_REQUEST = 11,
    CP_CODE_IDENTIFICATION = 12, /* RFC 1570 */
    CP_CODE_TIME_REMAINING = 13,
};

/* The information field of one frame of this protocol. Nothing is done while the lower layer is down. */
void cp_packet_input(struct cp *cp, struct bytes info);

/* Actions of the automaton. */
void cp_packet_send_configure_request(struct cp *cp);
void cp_packet_answer_configure_request(struct cp *cp, const struct ppp_packet *request);
void cp_packet_send_terminate_request(struct cp *cp);
void cp_packet_send_terminate_ack(struct cp *cp, const struct ppp_packet *packet);
void cp_packet_send_code_reject(struct cp *cp, const struct ppp_packet *packet);

/* One debug line, "sent LCP Configure-Request id 1 <mru 1500>"; verb is "sent" or "received". */
void cp_packet_log(const struct cp *cp, const char *verb, const struct ppp_packet *packet);

#endif
