/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client call of [MS-SSTP] 3.1 and 3.2 as tables: what a message does in a state, what an action sends,
 * where it leads, which timer it starts. Pure data and look-ups; sstp.c carries the actions out.
 */
#ifndef SSTPTUN_SSTP_FSM_H
#define SSTPTUN_SSTP_FSM_H

#include <stdint.h>

#include "clock.h"

/* [MS-SSTP] 3.1.1.1 and 3.2.1.1; the transient ..._In_Progress states last no time here and have no value. */
enum sstp_state {
    SSTP_STATE_HTTP, /* the HTTP request is out: before the call */
    SSTP_STATE_REQUEST_SENT,
    SSTP_STATE_ACK_RECEIVED,
    SSTP_STATE_CONNECTED,
    SSTP_STATE_ABORT_PENDING,              /* we sent CALL_ABORT first */
    SSTP_STATE_ABORT_TIMEOUT_PENDING,      /* both sides have, or ours was the answer */
    SSTP_STATE_DISCONNECT_ACK_PENDING,     /* we sent CALL_DISCONNECT first */
    SSTP_STATE_DISCONNECT_TIMEOUT_PENDING, /* we sent CALL_DISCONNECT_ACK */
    SSTP_STATE_CLOSED,                     /* Client_Call_Disconnected */
    SSTP_STATE_COUNT
};

/* The specification's name, for logs. */
const char *sstp_state_name(enum sstp_state state);

/*
 * Never are two of them needed at once: negotiation ends where hello begins, and every goodbye replaces both.
 * So the engine has one deadline and remembers which timer it belongs to. Values: protocol.md 5, [MS-SSTP]
 * 3.1.2, 3.2.2.
 */
enum sstp_timer {
    SSTP_TIMER_NONE,
    SSTP_TIMER_HTTP,        /* 60 s: request sent, response head awaited */
    SSTP_TIMER_NEGOTIATION, /* 60 s: from CALL_CONNECT_REQUEST; again from CALL_CONNECT_ACK */
    SSTP_TIMER_HELLO,   /* 60 s or as configured: since the last packet received in Client_Call_Connected */
    SSTP_TIMER_ABORT_1, /* 3 s: our CALL_ABORT is unanswered */
    SSTP_TIMER_ABORT_2, /* 1 s: both have aborted; the peer gets time to read it */
    SSTP_TIMER_DISCONNECT_1, /* 5 s: our CALL_DISCONNECT is unanswered */
    SSTP_TIMER_DISCONNECT_2, /* 1 s: our CALL_DISCONNECT_ACK travels */
    SSTP_TIMER_COUNT
};

const char *sstp_timer_name(enum sstp_timer timer);
usec_t sstp_timer_span(enum sstp_timer timer);

/* What can be received: the control messages by their wire number, and what data packets carry. */
enum sstp_received {
    SSTP_RECEIVED_UNKNOWN, /* a message type outside 1..9 */
    SSTP_RECEIVED_CONNECT_REQUEST,
    SSTP_RECEIVED_CONNECT_ACK,
    SSTP_RECEIVED_CONNECT_NAK,
    SSTP_RECEIVED_CONNECTED,
    SSTP_RECEIVED_ABORT,
    SSTP_RECEIVED_DISCONNECT,
    SSTP_RECEIVED_DISCONNECT_ACK,
    SSTP_RECEIVED_ECHO_REQUEST,
    SSTP_RECEIVED_ECHO_RESPONSE,
    SSTP_RECEIVED_PPP_CONTROL, /* protocol 0x8000 and above, [MS-SSTP] 3.2.7.1 */
    SSTP_RECEIVED_PPP_DATA,
    SSTP_RECEIVED_COUNT
};

/* The row of a wire message type. */
enum sstp_received sstp_received_of(uint16_t message_type);

enum sstp_action {
    SSTP_ACTION_IGNORE,
    SSTP_ACTION_DELIVER, /* the PPP frame goes up */

    /* the way up */
    SSTP_ACTION_REQUEST, /* HTTP is done: ask for the call */
    SSTP_ACTION_ACCEPT,  /* check the CALL_CONNECT_ACK, start PPP */
    SSTP_ACTION_RETRY,   /* refused: ask again, a few times */
    SSTP_ACTION_CONNECT, /* PPP has authenticated */

    /* keep-alive */
    SSTP_ACTION_ALIVE, /* that it came is all it says */
    SSTP_ACTION_ECHO,
    SSTP_ACTION_PROBE,

    /* the ways down */
    SSTP_ACTION_REFUSE,       /* this state forbids the message: abort with status 5 */
    SSTP_ACTION_ABORT,        /* the abort procedure, [MS-SSTP] 3.1.5.2 */
    SSTP_ACTION_ABORT_ANSWER, /* the peer aborts: answer */
    SSTP_ACTION_ABORT_MET,    /* the peer answers our abort */
    SSTP_ACTION_DISCONNECT,   /* we end the call */
    SSTP_ACTION_DISCONNECT_ANSWER,
    SSTP_ACTION_CLOSE, /* the stream may be closed now */
    SSTP_ACTION_COUNT
};

/* protocol.md 5, "Receive table", with the two deviations it recommends. */
enum sstp_action sstp_fsm_receive(enum sstp_state state, enum sstp_received received);

/*
 * What a timer that runs out does. HELLO's second time in a row (nothing was heard after the probe) is CLOSE.
 */
enum sstp_action sstp_fsm_expire(enum sstp_timer timer);

/*
 * What an action does by itself: the message it sends (0: none), its next state and timer where it has any.
 */
struct sstp_effect {
    uint16_t send;
    enum sstp_state next;  /* SSTP_STATE_COUNT: stays */
    enum sstp_timer timer; /* SSTP_TIMER_COUNT: runs on */
};

struct sstp_effect sstp_fsm_effect(enum sstp_action action);

#endif
