/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * [MS-SSTP] 3.1.5 and 3.2.5 as one table, so that a finger can follow it: rows are what was received, columns
 * are states. A second table says what each action sends, where it leads and which timer it
 * starts, whoever asked for it: a message, a timer, or the caller.
 *
 * Two cells deviate from [MS-SSTP] on purpose, as implementations do: an ECHO_REQUEST before
 * Client_Call_Connected is answered (the peer may be connected before we are), and an unknown message type is
 * ignored (accel-ppp does the same).
 */
#include "sstp_fsm.h"

#include "macros.h"
#include "sstp_wire.h"

#define STAYS   SSTP_STATE_COUNT
#define RUNS_ON SSTP_TIMER_COUNT

static const char *const state_names[SSTP_STATE_COUNT] = {
    [SSTP_STATE_HTTP] = "HTTP_Request_Sent",
    [SSTP_STATE_REQUEST_SENT] = "Client_Connect_Request_Sent",
    [SSTP_STATE_ACK_RECEIVED] = "Client_Connect_Ack_Received",
    [SSTP_STATE_CONNECTED] = "Client_Call_Connected",
    [SSTP_STATE_ABORT_PENDING] = "Call_Abort_Pending",
    [SSTP_STATE_ABORT_TIMEOUT_PENDING] = "Call_Abort_Timeout_Pending",
    [SSTP_STATE_DISCONNECT_ACK_PENDING] = "Call_Disconnect_Ack_Pending",
    [SSTP_STATE_DISCONNECT_TIMEOUT_PENDING] = "Call_Disconnect_Timeout_Pending",
    [SSTP_STATE_CLOSED] = "Client_Call_Disconnected",
};

static const struct {
    const char *name;
    usec_t span;
    enum sstp_action expiry;
} timers[SSTP_TIMER_COUNT] = {
    [SSTP_TIMER_NONE] = {"none", USEC_NEVER, SSTP_ACTION_IGNORE},
    [SSTP_TIMER_HTTP] = {"HTTP", 60 * USEC_PER_SEC, SSTP_ACTION_CLOSE},
    [SSTP_TIMER_NEGOTIATION] = {"negotiation", 60 * USEC_PER_SEC, SSTP_ACTION_ABORT},
    [SSTP_TIMER_HELLO] = {"hello", 60 * USEC_PER_SEC, SSTP_ACTION_PROBE},
    [SSTP_TIMER_ABORT_1] = {"ABORT_1", 3 * USEC_PER_SEC, SSTP_ACTION_CLOSE},
    [SSTP_TIMER_ABORT_2] = {"ABORT_2", 1 * USEC_PER_SEC, SSTP_ACTION_CLOSE},
    [SSTP_TIMER_DISCONNECT_1] = {"DISCONNECT_1", 5 * USEC_PER_SEC, SSTP_ACTION_CLOSE},
    [SSTP_TIMER_DISCONNECT_2] = {"DISCONNECT_2", 1 * USEC_PER_SEC, SSTP_ACTION_CLOSE},
};

/* clang-format off */
#define ign     SSTP_ACTION_IGNORE
#define up      SSTP_ACTION_DELIVER
#define accept  SSTP_ACTION_ACCEPT
#define retry   SSTP_ACTION_RETRY
#define alive   SSTP_ACTION_ALIVE
#define echo    SSTP_ACTION_ECHO
#define refuse  SSTP_ACTION_REFUSE
#define ab_ans  SSTP_ACTION_ABORT_ANSWER
#define ab_met  SSTP_ACTION_ABORT_MET
#define di_ans  SSTP_ACTION_DISCONNECT_ANSWER
#define close_  SSTP_ACTION_CLOSE

/* protocol.md 5; [MS-SSTP] 3.1.5 and 3.2.5. HTTP and Closed take no messages. */
static const uint8_t receive_table[SSTP_RECEIVED_COUNT][SSTP_STATE_COUNT] = {
    /*                                 HTTP    Req_S   Ack_R   Conn    Ab_P    Ab_TP   Di_AP   Di_TP   Closed */
    [SSTP_RECEIVED_CONNECT_ACK]     = {ign,    accept, refuse, refuse, ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_CONNECT_NAK]     = {ign,    retry,  refuse, refuse, ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_CONNECT_REQUEST] = {ign,    refuse, refuse, refuse, ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_CONNECTED]       = {ign,    refuse, refuse, refuse, ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_ABORT]           = {ign,    ab_ans, ab_ans, ab_ans, ab_met, ign,    ab_ans, ign,    ign},
    [SSTP_RECEIVED_DISCONNECT]      = {ign,    di_ans, di_ans, di_ans, ign,    ign,    di_ans, ign,    ign},
    [SSTP_RECEIVED_DISCONNECT_ACK]  = {ign,    refuse, refuse, refuse, ign,    ign,    close_, ign,    ign},
    [SSTP_RECEIVED_ECHO_REQUEST]    = {ign,    echo,   echo,   echo,   ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_ECHO_RESPONSE]   = {ign,    refuse, refuse, alive,  ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_PPP_CONTROL]     = {ign,    ign,    up,     up,     ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_PPP_DATA]        = {ign,    ign,    ign,    up,     ign,    ign,    ign,    ign,    ign},
    [SSTP_RECEIVED_UNKNOWN]         = {ign,    ign,    ign,    ign,    ign,    ign,    ign,    ign,    ign},
};
/* clang-format on */

static const struct sstp_effect effects[SSTP_ACTION_COUNT] = {
    [SSTP_ACTION_IGNORE] = {0, STAYS, RUNS_ON},
    [SSTP_ACTION_DELIVER] = {0, STAYS, RUNS_ON},
    [SSTP_ACTION_REQUEST] = {SSTP_MESSAGE_CONNECT_REQUEST, SSTP_STATE_REQUEST_SENT, SSTP_TIMER_NEGOTIATION},
    [SSTP_ACTION_ACCEPT] = {0, SSTP_STATE_ACK_RECEIVED, SSTP_TIMER_NEGOTIATION},
    [SSTP_ACTION_RETRY] = {SSTP_MESSAGE_CONNECT_REQUEST, STAYS, SSTP_TIMER_NEGOTIATION},
    [SSTP_ACTION_CONNECT] = {SSTP_MESSAGE_CONNECTED, SSTP_STATE_CONNECTED, SSTP_TIMER_HELLO},
    [SSTP_ACTION_ALIVE] = {0, STAYS, RUNS_ON},
    [SSTP_ACTION_ECHO] = {SSTP_MESSAGE_ECHO_RESPONSE, STAYS, RUNS_ON},
    [SSTP_ACTION_PROBE] = {SSTP_MESSAGE_ECHO_REQUEST, STAYS, SSTP_TIMER_HELLO},
    [SSTP_ACTION_REFUSE] = {SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_PENDING, SSTP_TIMER_ABORT_1},
    [SSTP_ACTION_ABORT] = {SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_PENDING, SSTP_TIMER_ABORT_1},
    [SSTP_ACTION_ABORT_ANSWER] = {SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_TIMEOUT_PENDING, SSTP_TIMER_ABORT_2},
    [SSTP_ACTION_ABORT_MET] = {0, SSTP_STATE_ABORT_TIMEOUT_PENDING, SSTP_TIMER_ABORT_2},
    [SSTP_ACTION_DISCONNECT] = {SSTP_MESSAGE_DISCONNECT, SSTP_STATE_DISCONNECT_ACK_PENDING,
                                SSTP_TIMER_DISCONNECT_1},
    [SSTP_ACTION_DISCONNECT_ANSWER] = {SSTP_MESSAGE_DISCONNECT_ACK, SSTP_STATE_DISCONNECT_TIMEOUT_PENDING,
                                       SSTP_TIMER_DISCONNECT_2},
    [SSTP_ACTION_CLOSE] = {0, SSTP_STATE_CLOSED, SSTP_TIMER_NONE},
};

const char *sstp_state_name(enum sstp_state state)
{
    return state < SSTP_STATE_COUNT ? state_names[state] : "?";
}

const char *sstp_timer_name(enum sstp_timer timer)
{
    return timer < SSTP_TIMER_COUNT ? timers[timer].name : "?";
}

usec_t sstp_timer_span(enum sstp_timer timer)
{
    return timer < SSTP_TIMER_COUNT ? timers[timer].span : USEC_NEVER;
}

enum sstp_received sstp_received_of(uint16_t message_type)
{
    if (message_type > SSTP_MESSAGE_ECHO_RESPONSE)
        return SSTP_RECEIVED_UNKNOWN;
    return (enum sstp_received)message_type; /* the rows carry the wire numbers, 0 is unknown */
}

enum sstp_action sstp_fsm_receive(enum sstp_state state, enum sstp_received received)
{
    return (enum sstp_action)receive_table[received][state];
}

enum sstp_action sstp_fsm_expire(enum sstp_timer timer)
{
    return timers[timer].expiry;
}

struct sstp_effect sstp_fsm_effect(enum sstp_action action)
{
    return effects[action];
}
