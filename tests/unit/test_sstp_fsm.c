/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables against protocol.md 5, written down a second time in its own shorthand. */
#include "sstp_fsm.h"

#include "check.h"
#include "macros.h"
#include "sstp_wire.h"

/*
 * One letter per cell, columns as in protocol.md 5: Req_Sent, Ack_Rcvd, Connected, Abort_Pending,
 * Abort_Timeout_Pending, Disc_Ack_Pending, Disc_Timeout_Pending. . ignore  B abort with 5  K accept  R retry
 * A answer an abort  M our abort is met  D answer a disconnect  X close E echo  L alive  P deliver
 */
static const struct {
    enum sstp_received received;
    const char *cells;
} spec[] = {
    {SSTP_RECEIVED_CONNECT_ACK, "KBB...."},     {SSTP_RECEIVED_CONNECT_NAK, "RBB...."},
    {SSTP_RECEIVED_CONNECT_REQUEST, "BBB...."}, {SSTP_RECEIVED_CONNECTED, "BBB...."},
    {SSTP_RECEIVED_ABORT, "AAAM.A."},           {SSTP_RECEIVED_DISCONNECT, "DDD..D."},
    {SSTP_RECEIVED_DISCONNECT_ACK, "BBB..X."},  {SSTP_RECEIVED_ECHO_REQUEST, "EEE...."},
    {SSTP_RECEIVED_ECHO_RESPONSE, "BBL...."},   {SSTP_RECEIVED_PPP_CONTROL, ".PP...."},
    {SSTP_RECEIVED_PPP_DATA, "..P...."},        {SSTP_RECEIVED_UNKNOWN, "......."},
};

static char letter(enum sstp_action action)
{
    switch (action) {
    case SSTP_ACTION_IGNORE: return '.';
    case SSTP_ACTION_DELIVER: return 'P';
    case SSTP_ACTION_ACCEPT: return 'K';
    case SSTP_ACTION_RETRY: return 'R';
    case SSTP_ACTION_ALIVE: return 'L';
    case SSTP_ACTION_ECHO: return 'E';
    case SSTP_ACTION_REFUSE: return 'B';
    case SSTP_ACTION_ABORT_ANSWER: return 'A';
    case SSTP_ACTION_ABORT_MET: return 'M';
    case SSTP_ACTION_DISCONNECT_ANSWER: return 'D';
    case SSTP_ACTION_CLOSE: return 'X';
    case SSTP_ACTION_REQUEST:
    case SSTP_ACTION_CONNECT:
    case SSTP_ACTION_PROBE:
    case SSTP_ACTION_ABORT:
    case SSTP_ACTION_DISCONNECT:
    case SSTP_ACTION_COUNT: break;
    }
    return '!';
}

TEST(receive_table)
{
    CHECK_EQ(ARRAY_LEN(spec), SSTP_RECEIVED_COUNT);
    for (size_t i = 0; i < ARRAY_LEN(spec); i++) {
        char cells[8] = {0};

        for (int column = 0; column < 7; column++)
            cells[column] = letter(
                sstp_fsm_receive((enum sstp_state)(SSTP_STATE_REQUEST_SENT + column), spec[i].received));
        CHECK_STR(cells, spec[i].cells);
        CHECK_EQ(sstp_fsm_receive(SSTP_STATE_HTTP, spec[i].received), SSTP_ACTION_IGNORE);
        CHECK_EQ(sstp_fsm_receive(SSTP_STATE_CLOSED, spec[i].received), SSTP_ACTION_IGNORE);
    }
}

TEST(rows_carry_the_wire_numbers)
{
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_CONNECT_REQUEST), SSTP_RECEIVED_CONNECT_REQUEST);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_CONNECT_ACK), SSTP_RECEIVED_CONNECT_ACK);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_CONNECT_NAK), SSTP_RECEIVED_CONNECT_NAK);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_CONNECTED), SSTP_RECEIVED_CONNECTED);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_ABORT), SSTP_RECEIVED_ABORT);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_DISCONNECT), SSTP_RECEIVED_DISCONNECT);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_DISCONNECT_ACK), SSTP_RECEIVED_DISCONNECT_ACK);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_ECHO_REQUEST), SSTP_RECEIVED_ECHO_REQUEST);
    CHECK_EQ(sstp_received_of(SSTP_MESSAGE_ECHO_RESPONSE), SSTP_RECEIVED_ECHO_RESPONSE);
    for (unsigned int type = 10; type <= 0xffff; type++)
        CHECK_EQ(sstp_received_of((uint16_t)type), SSTP_RECEIVED_UNKNOWN);
    CHECK_EQ(sstp_received_of(0), SSTP_RECEIVED_UNKNOWN);
}

TEST(timers)
{
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_HTTP), 60000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_NEGOTIATION), 60000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_HELLO), 60000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_ABORT_1), 3000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_ABORT_2), 1000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_DISCONNECT_1), 5000000);
    CHECK_EQ(sstp_timer_span(SSTP_TIMER_DISCONNECT_2), 1000000);
    CHECK(sstp_timer_span(SSTP_TIMER_NONE) == USEC_NEVER);
    CHECK_EQ(sstp_fsm_expire(SSTP_TIMER_NEGOTIATION), SSTP_ACTION_ABORT);
    CHECK_EQ(sstp_fsm_expire(SSTP_TIMER_HELLO), SSTP_ACTION_PROBE);
    CHECK_EQ(sstp_fsm_expire(SSTP_TIMER_NONE), SSTP_ACTION_IGNORE);
}

static void check_effect(enum sstp_action action, uint16_t send, enum sstp_state next, enum sstp_timer timer)
{
    const struct sstp_effect effect = sstp_fsm_effect(action);

    CHECK_EQ(effect.send, send);
    CHECK_EQ(effect.next, next);
    CHECK_EQ(effect.timer, timer);
}

TEST(effects)
{
    check_effect(SSTP_ACTION_CONNECT, SSTP_MESSAGE_CONNECTED, SSTP_STATE_CONNECTED, SSTP_TIMER_HELLO);
    check_effect(SSTP_ACTION_REFUSE, SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_PENDING, SSTP_TIMER_ABORT_1);
    check_effect(SSTP_ACTION_ABORT, SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_PENDING, SSTP_TIMER_ABORT_1);
    check_effect(SSTP_ACTION_ABORT_ANSWER, SSTP_MESSAGE_ABORT, SSTP_STATE_ABORT_TIMEOUT_PENDING,
                 SSTP_TIMER_ABORT_2);
    check_effect(SSTP_ACTION_ABORT_MET, 0, SSTP_STATE_ABORT_TIMEOUT_PENDING, SSTP_TIMER_ABORT_2);
    check_effect(SSTP_ACTION_DISCONNECT, SSTP_MESSAGE_DISCONNECT, SSTP_STATE_DISCONNECT_ACK_PENDING,
                 SSTP_TIMER_DISCONNECT_1);
    check_effect(SSTP_ACTION_DISCONNECT_ANSWER, SSTP_MESSAGE_DISCONNECT_ACK,
                 SSTP_STATE_DISCONNECT_TIMEOUT_PENDING, SSTP_TIMER_DISCONNECT_2);
    check_effect(SSTP_ACTION_CLOSE, 0, SSTP_STATE_CLOSED, SSTP_TIMER_NONE);
    check_effect(SSTP_ACTION_IGNORE, 0, SSTP_STATE_COUNT, SSTP_TIMER_COUNT);
}

TEST(every_value_has_a_name)
{
    for (int state = 0; state < SSTP_STATE_COUNT; state++)
        CHECK(sstp_state_name((enum sstp_state)state) != NULL);
    for (int timer = 0; timer < SSTP_TIMER_COUNT; timer++)
        CHECK(sstp_timer_name((enum sstp_timer)timer) != NULL);
    CHECK_STR(sstp_state_name(SSTP_STATE_COUNT), "?");
    CHECK_STR(sstp_timer_name(SSTP_TIMER_COUNT), "?");
}

CHECK_MAIN()
