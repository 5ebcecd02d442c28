/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The option negotiation automaton of RFC 1661 section 4, one for LCP, IPCP and IPV6CP alike; struct cp and its states
 * are in ppp_state.h. Its timers: one restart timer per automaton, cp->deadline.
 */
#ifndef SSTPTUN_CP_FSM_H
#define SSTPTUN_CP_FSM_H

#include "ppp.h"
#include "ppp_wire.h"

/* RFC 1661 section 4.6, protocol.md section 10. */
#define CP_RESTART_TIME  (3 * USEC_PER_SEC)
#define CP_MAX_CONFIGURE 10
#define CP_MAX_TERMINATE 2
#define CP_MAX_FAILURE   5
/*
 * Not the RFC's 3 s: when we terminate, a user waits for his prompt; when the peer does, we only leave it the time to
 * close the connection (protocol.md section 14: 1-2 s). The carrier neither loses nor reorders.
 */
#define CP_TERMINATE_TIME USEC_PER_SEC

/*
 * The RFC's counters alone do not end a conversation in which each side keeps answering but never agrees (every Nak
 * restarts the count). A layer that is not up after so many packets is taken as not converging.
 */
#define CP_MAX_ROUNDS 30

/* Section 4.3, in the order of the table; RCR+ is RCR_GOOD, TO- is TIMEOUT_LAST and so on. */
enum cp_event {
    CP_EVENT_UP,
    CP_EVENT_DOWN,
    CP_EVENT_OPEN,
    CP_EVENT_CLOSE,
    CP_EVENT_TO_PLUS,
    CP_EVENT_TO_MINUS,
    CP_EVENT_RCR_PLUS,
    CP_EVENT_RCR_MINUS,
    CP_EVENT_RCA,
    CP_EVENT_RCN,
    CP_EVENT_RTR,
    CP_EVENT_RTA,
    CP_EVENT_RUC,
    CP_EVENT_RXJ_PLUS,
    CP_EVENT_RXJ_MINUS,
    CP_EVENT_RXR,
    CP_EVENT_COUNT
};

/* Section 4.4, bits of cp_cell.actions. */
#define CP_TLU 0x0001u /* This-Layer-Up */
#define CP_TLD 0x0002u /* This-Layer-Down */
#define CP_TLS 0x0004u /* This-Layer-Started */
#define CP_TLF 0x0008u /* This-Layer-Finished */
#define CP_IRC 0x0010u /* Initialize-Restart-Count */
#define CP_ZRC 0x0020u /* Zero-Restart-Count */
#define CP_SCR 0x0040u /* Send-Configure-Request */
#define CP_SCA 0x0080u /* Send-Configure-Ack */
#define CP_SCN 0x0100u /* Send-Configure-Nak/Rej */
#define CP_STR 0x0200u /* Send-Terminate-Request */
#define CP_STA 0x0400u /* Send-Terminate-Ack */
#define CP_SCJ 0x0800u /* Send-Code-Reject */
#define CP_SER 0x1000u /* Send-Echo-Reply */

#define CP_NO_NEXT 15 /* "-" in the table: the event cannot happen in this state */

struct cp_cell {
    uint16_t actions;
    uint8_t next; /* enum cp_state, or CP_NO_NEXT */
};

/* The table, for tests: it is held against RFC 1661 4.1. */
const struct cp_cell *cp_fsm_cell(enum cp_event event, enum cp_state state);

/* What the layer tells the link, taken with cp_fsm_take_signals(). */
#define CP_SIGNAL_DOWN     1u
#define CP_SIGNAL_UP       2u
#define CP_SIGNAL_FINISHED 4u

struct cp_option_row;

/* What makes an automaton LCP, IPCP or IPV6CP. Handlers may be NULL where this is said. */
struct cp_ops {
    const char *name;
    uint16_t protocol;
    const struct cp_option_row *rows; /* cp_option.h */
    size_t n_rows;
    /* The peer's options back to their defaults, before those of a request that we acknowledge are applied. */
    void (*reset_peer)(struct cp *cp);
    /* A code above 7: what it is for the automaton, CP_EVENT_RUC if it is unknown, CP_EVENT_COUNT to ignore it. NULL: RUC. */
    enum cp_event (*extra)(struct cp *cp, const struct ppp_packet *packet);
    /* Send-Echo-Reply, if this packet wants one. NULL: never. */
    void (*echo)(struct cp *cp, const struct ppp_packet *packet);
    /* The peer sent Terminate-Request. NULL: of no interest. */
    void (*terminated)(struct cp *cp, struct bytes data);
    /* The peer does not know one of the codes 1-7. NULL: of no interest. */
    void (*code_rejected)(struct cp *cp, uint8_t code);
    /*
     * A Terminate-Request during negotiation is a refusal: the RFC would have us ask on for half a minute, but a server
     * that terminates an NCP (accel-ppp with ipv6=deny) has made up its mind; its own request would revive the layer.
     */
    bool terminate_refuses;
};

void cp_fsm_init(struct cp *cp, const struct cp_ops *ops, struct ppp_link *link);

/* packet is the one that caused the event, NULL when none did. */
void cp_fsm_event(struct cp *cp, enum cp_event event, const struct ppp_packet *packet);

/* The restart timer, if it has expired. */
void cp_fsm_tick(struct cp *cp);

/* After each packet: gives up (TO-) when too many rounds have brought no agreement. */
void cp_fsm_check_rounds(struct cp *cp);

/* Signals since the last call. */
unsigned cp_fsm_take_signals(struct cp *cp);

/* Req-Sent, Ack-Rcvd or Ack-Sent. */
bool cp_fsm_negotiating(const struct cp *cp);

/* "Req-Sent", for tests. */
const char *cp_fsm_state_name(enum cp_state state);

#endif
