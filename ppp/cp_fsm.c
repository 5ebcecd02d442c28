/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RFC 1661 section 4.1 as the RFC prints it: two halves, an event per row, a state per column, every cell filled, so
 * that it can be checked with a finger. A cell's actions are carried out in one fixed order, which is the RFC's in
 * every cell: down, counter, request, answer, up, finished.
 *
 * The restart option ("r") is not taken and the passive option ("p") neither: both cells read as they stand. One
 * protection is added outside the table: a reply counts once (cp_packet.c), so the cells for "crossed" replies in
 * Ack-Rcvd and Opened are never reached by a mere repetition.
 */
#include "cp_fsm.h"

#include "cp_packet.h"

/* clang-format off */
#define NO { 0, CP_NO_NEXT }
#define IRC CP_IRC
#define ZRC CP_ZRC
#define SCR CP_SCR
#define SCA CP_SCA
#define SCN CP_SCN
#define STR CP_STR
#define STA CP_STA
#define SCJ CP_SCJ
#define SER CP_SER
#define TLU CP_TLU
#define TLD CP_TLD
#define TLS CP_TLS
#define TLF CP_TLF

static const struct cp_cell table[CP_EVENT_COUNT][CP_STATE_COUNT] = {
    /*                    0 Initial  1 Starting       2 Closed         3 Stopped              4 Closing    5 Stopping
     *                    6 Req-Sent          7 Ack-Rcvd          8 Ack-Sent          9 Opened */
    [CP_EVENT_UP]        = {{0, 2},   {IRC | SCR, 6},  NO,              NO,                    NO,          NO,
                            NO,                NO,                NO,                NO},
    [CP_EVENT_DOWN]      = {NO,       NO,              {0, 0},          {TLS, 1},              {0, 0},      {0, 1},
                            {0, 1},            {0, 1},            {0, 1},            {TLD, 1}},
    [CP_EVENT_OPEN]      = {{TLS, 1}, {0, 1},          {IRC | SCR, 6},  {0, 3},                {0, 5},      {0, 5},
                            {0, 6},            {0, 7},            {0, 8},            {0, 9}},
    [CP_EVENT_CLOSE]     = {{0, 0},   {TLF, 0},        {0, 2},          {0, 2},                {0, 4},      {0, 4},
                            {IRC | STR, 4},    {IRC | STR, 4},    {IRC | STR, 4},    {TLD | IRC | STR, 4}},

    [CP_EVENT_TO_PLUS]   = {NO,       NO,              NO,              NO,                    {STR, 4},    {STR, 5},
                            {SCR, 6},          {SCR, 6},          {SCR, 8},          NO},
    [CP_EVENT_TO_MINUS]  = {NO,       NO,              NO,              NO,                    {TLF, 2},    {TLF, 3},
                            {TLF, 3},          {TLF, 3},          {TLF, 3},          NO},

    [CP_EVENT_RCR_PLUS]  = {NO,       NO,              {STA, 2},        {IRC | SCR | SCA, 8},  {0, 4},      {0, 5},
                            {SCA, 8},          {SCA | TLU, 9},    {SCA, 8},          {TLD | SCR | SCA, 8}},
    [CP_EVENT_RCR_MINUS] = {NO,       NO,              {STA, 2},        {IRC | SCR | SCN, 6},  {0, 4},      {0, 5},
                            {SCN, 6},          {SCN, 7},          {SCN, 6},          {TLD | SCR | SCN, 6}},
    [CP_EVENT_RCA]       = {NO,       NO,              {STA, 2},        {STA, 3},              {0, 4},      {0, 5},
                            {IRC, 7},          {SCR, 6},          {IRC | TLU, 9},    {TLD | SCR, 6}},
    [CP_EVENT_RCN]       = {NO,       NO,              {STA, 2},        {STA, 3},              {0, 4},      {0, 5},
                            {IRC | SCR, 6},    {SCR, 6},          {IRC | SCR, 8},    {TLD | SCR, 6}},

    [CP_EVENT_RTR]       = {NO,       NO,              {STA, 2},        {STA, 3},              {STA, 4},    {STA, 5},
                            {STA, 6},          {STA, 6},          {STA, 6},          {TLD | ZRC | STA, 5}},
    [CP_EVENT_RTA]       = {NO,       NO,              {0, 2},          {0, 3},                {TLF, 2},    {TLF, 3},
                            {0, 6},            {0, 6},            {0, 8},            {TLD | SCR, 6}},

    [CP_EVENT_RUC]       = {NO,       NO,              {SCJ, 2},        {SCJ, 3},              {SCJ, 4},    {SCJ, 5},
                            {SCJ, 6},          {SCJ, 7},          {SCJ, 8},          {SCJ, 9}},
    [CP_EVENT_RXJ_PLUS]  = {NO,       NO,              {0, 2},          {0, 3},                {0, 4},      {0, 5},
                            {0, 6},            {0, 6},            {0, 8},            {0, 9}},
    [CP_EVENT_RXJ_MINUS] = {NO,       NO,              {TLF, 2},        {TLF, 3},              {TLF, 2},    {TLF, 3},
                            {TLF, 3},          {TLF, 3},          {TLF, 3},          {TLD | IRC | STR, 5}},
    [CP_EVENT_RXR]       = {NO,       NO,              {0, 2},          {0, 3},                {0, 4},      {0, 5},
                            {0, 6},            {0, 7},            {0, 8},            {SER, 9}},
};
/* clang-format on */

const struct cp_cell *cp_fsm_cell(enum cp_event event, enum cp_state state)
{
    return &table[event][state];
}

void cp_fsm_init(struct cp *cp, const struct cp_ops *ops, struct ppp_link *link)
{
    memset(cp, 0, sizeof(*cp));
    cp->ops = ops;
    cp->link = link;
    cp->state = CP_STATE_INITIAL;
    cp->deadline = USEC_NEVER;
}

bool cp_fsm_negotiating(const struct cp *cp)
{
    return cp->state == CP_STATE_REQ_SENT || cp->state == CP_STATE_ACK_RCVD || cp->state == CP_STATE_ACK_SENT;
}

static bool terminating(const struct cp *cp)
{
    return cp->state == CP_STATE_CLOSING || cp->state == CP_STATE_STOPPING;
}

/* A negotiation begins, or has ended well. */
static void forget_rounds(struct cp *cp)
{
    cp->n_sent = 0;
    cp->n_refused = 0;
    cp->n_naks = 0;
    cp->why = NULL;
}

static void start_timer(struct cp *cp)
{
    cp->deadline = usec_after(cp->link->now, terminating(cp) ? CP_TERMINATE_TIME : CP_RESTART_TIME);
}

static void count_down(struct cp *cp)
{
    if (cp->restart > 0)
        cp->restart--;
    start_timer(cp);
}

static void set_counters(struct cp *cp, uint16_t actions)
{
    if (actions & CP_IRC)
        cp->restart = terminating(cp) ? CP_MAX_TERMINATE : CP_MAX_CONFIGURE;
    if (actions & CP_ZRC) {
        cp->restart = 0;
        start_timer(cp); /* the peer gets one period to receive the Terminate-Ack */
    }
}

static void send_requests(struct cp *cp, uint16_t actions)
{
    if (actions & CP_SCR) {
        cp_packet_send_configure_request(cp);
        count_down(cp);
    }
    if (actions & CP_STR) {
        cp_packet_send_terminate_request(cp);
        count_down(cp);
    }
}

static void send_answers(struct cp *cp, uint16_t actions, const struct ppp_packet *packet)
{
    if (actions & (CP_SCA | CP_SCN))
        cp_packet_answer_configure_request(cp, packet);
    if (actions & CP_STA)
        cp_packet_send_terminate_ack(cp, packet);
    if (actions & CP_SCJ)
        cp_packet_send_code_reject(cp, packet);
    if ((actions & CP_SER) && cp->ops->echo)
        cp->ops->echo(cp, packet);
}

static void signal_link(struct cp *cp, uint16_t actions)
{
    if (actions & CP_TLU) {
        cp->signals |= CP_SIGNAL_UP;
        forget_rounds(cp);
    }
    if (actions & CP_TLF)
        cp->signals |= CP_SIGNAL_FINISHED;
}

void cp_fsm_event(struct cp *cp, enum cp_event event, const struct ppp_packet *packet)
{
    const struct cp_cell *cell = &table[event][cp->state];
    bool was_at_rest = cp->state < CP_STATE_REQ_SENT;

    if (cell->next == CP_NO_NEXT)
        return;
    cp->state = (enum cp_state)cell->next;
    if (was_at_rest && cp_fsm_negotiating(cp)) {
        forget_rounds(cp);
        cp->heard = packet != NULL;
    }
    if (cell->actions & CP_TLD)
        cp->signals |= CP_SIGNAL_DOWN;
    set_counters(cp, cell->actions);
    send_requests(cp, cell->actions);
    send_answers(cp, cell->actions, packet);
    signal_link(cp, cell->actions);
    if (!cp_fsm_negotiating(cp) && !terminating(cp))
        cp->deadline = USEC_NEVER;
}

void cp_fsm_tick(struct cp *cp)
{
    bool last = cp->restart == 0 || cp->n_sent >= CP_MAX_ROUNDS;

    if (cp->deadline > cp->link->now)
        return;
    if (last && cp_fsm_negotiating(cp))
        cp->why = cp->heard ? "no agreement in time" : "the server does not answer";
    cp_fsm_event(cp, last ? CP_EVENT_TO_MINUS : CP_EVENT_TO_PLUS, NULL);
}

void cp_fsm_check_rounds(struct cp *cp)
{
    if (!cp_fsm_negotiating(cp) || (cp->n_sent < CP_MAX_ROUNDS && cp->n_refused < CP_MAX_ROUNDS))
        return;
    cp->why = "the two sides cannot agree";
    cp_fsm_event(cp, CP_EVENT_TO_MINUS, NULL);
}

unsigned cp_fsm_take_signals(struct cp *cp)
{
    unsigned signals = cp->signals;

    cp->signals = 0;
    return signals;
}

const char *cp_fsm_state_name(enum cp_state state)
{
    static const char *const names[CP_STATE_COUNT] = {
        "Initial",  "Starting", "Closed",   "Stopped",  "Closing",
        "Stopping", "Req-Sent", "Ack-Rcvd", "Ack-Sent", "Opened",
    };

    return names[state];
}
