/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of RFC 1661 section 4.1, typed a second time in the RFC's own notation and compared cell by cell; then the
 * automaton at work: counters, timers, and the bounds that the RFC lacks.
 */
#include "cp_fsm.h"

#include <stdlib.h>

#include "cp_packet.h"
#include "ppp_link.h"
#include "ppp_rig.h"

#include "check.h"

/* States 0 to 9; p, r and x are the RFC's footnotes. */
static const char *const rfc_table[CP_EVENT_COUNT][10] = {
    /* Up   */ {"2", "irc,scr/6", "-", "-", "-", "-", "-", "-", "-", "-"},
    /* Down */ {"-", "-", "0", "tls/1", "0", "1", "1", "1", "1", "tld/1"},
    /* Open */ {"tls/1", "1", "irc,scr/6", "3r", "5r", "5r", "6", "7", "8", "9r"},
    /* Close*/ {"0", "tlf/0", "2", "2", "4", "4", "irc,str/4", "irc,str/4", "irc,str/4", "tld,irc,str/4"},
    /* TO+  */ {"-", "-", "-", "-", "str/4", "str/5", "scr/6", "scr/6", "scr/8", "-"},
    /* TO-  */ {"-", "-", "-", "-", "tlf/2", "tlf/3", "tlf/3p", "tlf/3p", "tlf/3p", "-"},
    /* RCR+ */ {"-", "-", "sta/2", "irc,scr,sca/8", "4", "5", "sca/8", "sca,tlu/9", "sca/8", "tld,scr,sca/8"},
    /* RCR- */ {"-", "-", "sta/2", "irc,scr,scn/6", "4", "5", "scn/6", "scn/7", "scn/6", "tld,scr,scn/6"},
    /* RCA  */ {"-", "-", "sta/2", "sta/3", "4", "5", "irc/7", "scr/6x", "irc,tlu/9", "tld,scr/6x"},
    /* RCN  */ {"-", "-", "sta/2", "sta/3", "4", "5", "irc,scr/6", "scr/6x", "irc,scr/8", "tld,scr/6x"},
    /* RTR  */ {"-", "-", "sta/2", "sta/3", "sta/4", "sta/5", "sta/6", "sta/6", "sta/6", "tld,zrc,sta/5"},
    /* RTA  */ {"-", "-", "2", "3", "tlf/2", "tlf/3", "6", "6", "8", "tld,scr/6"},
    /* RUC  */ {"-", "-", "scj/2", "scj/3", "scj/4", "scj/5", "scj/6", "scj/7", "scj/8", "scj/9"},
    /* RXJ+ */ {"-", "-", "2", "3", "4", "5", "6", "6", "8", "9"},
    /* RXJ- */ {"-", "-", "tlf/2", "tlf/3", "tlf/2", "tlf/3", "tlf/3", "tlf/3", "tlf/3", "tld,irc,str/5"},
    /* RXR  */ {"-", "-", "2", "3", "4", "5", "6", "7", "8", "ser/9"},
};

static const struct {
    const char *name;
    unsigned bit;
} action_names[] = {
    {"tlu", CP_TLU}, {"tld", CP_TLD}, {"tls", CP_TLS}, {"tlf", CP_TLF}, {"irc", CP_IRC},
    {"zrc", CP_ZRC}, {"scr", CP_SCR}, {"sca", CP_SCA}, {"scn", CP_SCN}, {"str", CP_STR},
    {"sta", CP_STA}, {"scj", CP_SCJ}, {"ser", CP_SER},
};

static struct cp_cell parse_cell(const char *text)
{
    struct cp_cell cell = {0, CP_NO_NEXT};
    const char *slash = strchr(text, '/');

    for (size_t i = 0; slash && i < ARRAY_LEN(action_names); i++)
        if (strstr(text, action_names[i].name))
            cell.actions = (uint16_t)(cell.actions | action_names[i].bit);
    if (text[0] != '-')
        cell.next = (uint8_t)strtoul(slash ? slash + 1 : text, NULL, 10);
    return cell;
}

TEST(the_table_is_the_rfc_s)
{
    size_t n = 0;

    for (int event = 0; event < CP_EVENT_COUNT; event++)
        for (int state = 0; state < CP_STATE_COUNT; state++) {
            struct cp_cell want = parse_cell(rfc_table[event][state]);
            const struct cp_cell *got = cp_fsm_cell((enum cp_event)event, (enum cp_state)state);

            CHECK_EQ(got->actions, want.actions);
            CHECK_EQ(got->next, want.next);
            n++;
        }
    CHECK_EQ(n, 160);
}

/* A protocol without options. */

static void reset_peer(struct cp *cp)
{
    (void)cp;
}

static const struct cp_ops bare_ops = {.name = "TEST", .protocol = 0x80ff, .reset_peer = reset_peer};

static struct ppp_rig rig;
static struct ppp_link link_;
static struct cp cp;

static void setup(void)
{
    ppp_rig_init(&rig);
    ppp_link_init(&link_, &rig.env);
    cp_fsm_init(&cp, &bare_ops, &link_);
}

static void setup_req_sent(void)
{
    setup();
    cp_fsm_event(&cp, CP_EVENT_OPEN, NULL);
    cp_fsm_event(&cp, CP_EVENT_UP, NULL);
}

/* Codes and identifiers of all frames that wait, as "1.1 5.2 "; they are taken. */
static const char *sent(void)
{
    static char text[4096];
    uint8_t buf[PPP_FRAME_MAX];
    size_t len = 0;

    text[0] = '\0';
    for (;;) {
        struct writer w = writer_of(buf, sizeof(buf));

        if (!ppp_link_take(&link_, &w))
            return text;
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%u.%u ", buf[4], buf[5]);
    }
}

static void input(uint8_t code, uint8_t id)
{
    uint8_t packet[4] = {code, id, 0, 4};

    cp_packet_input(&cp, bytes_of(packet, sizeof(packet)));
}

static void open_it(void)
{
    setup_req_sent();
    input(CP_CODE_CONFIGURE_ACK, 1);
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    (void)sent();
}

TEST(opens_both_ways)
{
    setup_req_sent();
    CHECK_EQ(cp.state, CP_STATE_REQ_SENT);
    input(CP_CODE_CONFIGURE_ACK, 1);
    CHECK_EQ(cp.state, CP_STATE_ACK_RCVD);
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    CHECK_EQ(cp.state, CP_STATE_OPENED);
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_UP);
    CHECK_EQ(cp_fsm_take_signals(&cp), 0);
    CHECK_STR(sent(), "1.1 2.7 ");
    CHECK_EQ(cp.deadline, USEC_NEVER);
    setup_req_sent();
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    CHECK_EQ(cp.state, CP_STATE_ACK_SENT);
    input(CP_CODE_CONFIGURE_ACK, 1);
    CHECK_EQ(cp.state, CP_STATE_OPENED);
}

/* Ten requests, 3 s apart, all with the same identifier; then finished. */
TEST(restart_timer)
{
    setup_req_sent();
    for (int i = 0; i < 9; i++) {
        CHECK_EQ(cp.deadline, link_.now + 3 * USEC_PER_SEC);
        link_.now = cp.deadline - 1;
        cp_fsm_tick(&cp);
        CHECK_EQ(cp.state, CP_STATE_REQ_SENT);
        link_.now++;
        cp_fsm_tick(&cp);
    }
    CHECK_STR(sent(), "1.1 1.1 1.1 1.1 1.1 1.1 1.1 1.1 1.1 1.1 ");
    CHECK_EQ(cp_fsm_take_signals(&cp), 0);
    link_.now = cp.deadline;
    cp_fsm_tick(&cp);
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_FINISHED);
    CHECK_EQ(cp.deadline, USEC_NEVER);
    CHECK_STR(cp.why, "the server does not answer");
    CHECK_STR(sent(), "");
}

TEST(stale_and_repeated_replies)
{
    setup_req_sent();
    input(CP_CODE_CONFIGURE_ACK, 2); /* not ours */
    CHECK_EQ(cp.state, CP_STATE_REQ_SENT);
    input(CP_CODE_CONFIGURE_ACK, 1);
    input(CP_CODE_CONFIGURE_ACK, 1); /* again: not a crossed connection */
    input(CP_CODE_CONFIGURE_NAK, 1);
    input(CP_CODE_CONFIGURE_REJECT, 1);
    CHECK_EQ(cp.state, CP_STATE_ACK_RCVD);
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    input(CP_CODE_CONFIGURE_ACK, 1);
    CHECK_EQ(cp.state, CP_STATE_OPENED);
    CHECK_STR(sent(), "1.1 2.7 ");
}

/* An answered request is not the one to be repeated. */
TEST(identifier_changes_after_an_answer)
{
    setup_req_sent();
    input(CP_CODE_CONFIGURE_ACK, 1);
    link_.now = cp.deadline;
    cp_fsm_tick(&cp);
    CHECK_STR(sent(), "1.1 1.2 ");
    CHECK_EQ(cp.state, CP_STATE_REQ_SENT);
}

TEST(terminate_by_us)
{
    open_it();
    (void)cp_fsm_take_signals(&cp);
    cp_fsm_event(&cp, CP_EVENT_CLOSE, NULL);
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_DOWN);
    CHECK_EQ(cp.deadline, link_.now + USEC_PER_SEC);
    link_.now = cp.deadline;
    cp_fsm_tick(&cp);
    CHECK_STR(sent(), "5.2 5.3 ");
    link_.now = cp.deadline;
    cp_fsm_tick(&cp);
    CHECK_EQ(cp.state, CP_STATE_CLOSED);
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_FINISHED);
}

TEST(terminate_by_the_peer)
{
    open_it();
    (void)cp_fsm_take_signals(&cp);
    input(CP_CODE_TERMINATE_REQUEST, 9);
    CHECK_EQ(cp.state, CP_STATE_STOPPING);
    CHECK_STR(sent(), "6.9 ");
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_DOWN);
    link_.now += USEC_PER_SEC;
    cp_fsm_tick(&cp);
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    CHECK_EQ(cp_fsm_take_signals(&cp), CP_SIGNAL_FINISHED);
    CHECK_STR(sent(), "");
}

/* protocol.md 15, Q4 */
TEST(peer_that_was_not_ready)
{
    setup_req_sent();
    input(CP_CODE_TERMINATE_ACK, 1);
    CHECK_EQ(cp.state, CP_STATE_REQ_SENT);
    CHECK_STR(sent(), "1.1 ");
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    CHECK_STR(sent(), "1.1 2.7 "); /* ours at once, without waiting for the timer */
    input(CP_CODE_CONFIGURE_REQUEST, 8);
    CHECK_STR(sent(), "2.8 "); /* once */
}

TEST(codes_unknown_and_rejected)
{
    open_it();
    input(8, 3);
    input(0, 3);
    input(255, 3);
    CHECK_STR(sent(), "7.2 7.3 7.4 ");
    CHECK_EQ(cp.state, CP_STATE_OPENED);
    cp_packet_input(&cp, bytes_of((const uint8_t[]){7, 1, 0, 6, 9, 1}, 6)); /* code 9: we can do without */
    cp_packet_input(&cp, bytes_of((const uint8_t[]){7, 1, 0, 4}, 4));
    CHECK_EQ(cp.state, CP_STATE_OPENED);
    cp_packet_input(&cp, bytes_of((const uint8_t[]){7, 1, 0, 6, 1, 1}, 6));
    CHECK_EQ(cp.state, CP_STATE_STOPPING);
    CHECK_STR(sent(), "5.5 ");
}

/* Nothing is sent while the layer below is down. */
TEST(down_below)
{
    setup();
    for (uint8_t code = 0; code < 20; code++)
        input(code, 1);
    cp_fsm_event(&cp, CP_EVENT_OPEN, NULL);
    for (uint8_t code = 0; code < 20; code++)
        input(code, 1);
    CHECK_EQ(cp.state, CP_STATE_STARTING);
    CHECK_STR(sent(), "");
    cp_fsm_event(&cp, CP_EVENT_UP, NULL);
    cp_fsm_event(&cp, CP_EVENT_DOWN, NULL);
    CHECK_EQ(cp.state, CP_STATE_STARTING);
    CHECK_EQ(cp.deadline, USEC_NEVER);
}

TEST(closed_answers_terminate_ack)
{
    setup();
    cp_fsm_event(&cp, CP_EVENT_UP, NULL);
    CHECK_EQ(cp.state, CP_STATE_CLOSED);
    input(CP_CODE_CONFIGURE_REQUEST, 1);
    input(CP_CODE_CONFIGURE_ACK, 2);
    input(CP_CODE_CONFIGURE_NAK, 3);
    input(CP_CODE_TERMINATE_REQUEST, 4);
    input(CP_CODE_TERMINATE_ACK, 5);
    CHECK_STR(sent(), "6.1 6.2 6.3 6.4 ");
}

/* A peer that refuses and refuses: the RFC's counter would start afresh each time. */
TEST(endless_naks)
{
    size_t n = 0;

    setup_req_sent();
    while (cp_fsm_negotiating(&cp) && n < 1000) {
        input(CP_CODE_CONFIGURE_NAK, cp.id);
        n++;
    }
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    CHECK(n <= CP_MAX_ROUNDS);
    CHECK_STR(cp.why, "the two sides cannot agree");
}

TEST(endless_bad_requests)
{
    static const uint8_t request[] = {1, 1, 0, 7, 99, 3, 0};
    size_t n = 0;

    setup_req_sent();
    while (cp_fsm_negotiating(&cp) && n < 1000) {
        cp_packet_input(&cp, bytes_of(request, sizeof(request)));
        (void)sent();
        n++;
    }
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    CHECK_EQ(n, CP_MAX_ROUNDS);
}

/* It acknowledges us each time and never asks for itself: Ack-Rcvd and Req-Sent for ever, by the table alone. */
TEST(peer_that_never_asks)
{
    usec_t begin;

    setup_req_sent();
    begin = link_.now;
    while (cp_fsm_negotiating(&cp) && link_.now < begin + 1000 * USEC_PER_SEC) {
        input(CP_CODE_CONFIGURE_ACK, cp.id);
        if (!cp_fsm_negotiating(&cp))
            break;
        link_.now = cp.deadline;
        cp_fsm_tick(&cp);
    }
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    CHECK(link_.now <= begin + CP_RESTART_TIME * CP_MAX_ROUNDS);
    CHECK_STR(cp.why, "the two sides cannot agree");
}

TEST(stopped_revives)
{
    setup_req_sent();
    for (int i = 0; i < 10; i++) {
        link_.now = cp.deadline;
        cp_fsm_tick(&cp);
    }
    CHECK_EQ(cp.state, CP_STATE_STOPPED);
    (void)sent();
    input(CP_CODE_CONFIGURE_REQUEST, 7);
    CHECK_EQ(cp.state, CP_STATE_ACK_SENT);
    CHECK_STR(sent(), "1.1 2.7 ");
    input(CP_CODE_CONFIGURE_ACK, 1);
    CHECK_EQ(cp.state, CP_STATE_OPENED);
}

TEST(state_names)
{
    CHECK_STR(cp_fsm_state_name(CP_STATE_INITIAL), "Initial");
    CHECK_STR(cp_fsm_state_name(CP_STATE_REQ_SENT), "Req-Sent");
    CHECK_STR(cp_fsm_state_name(CP_STATE_OPENED), "Opened");
}

CHECK_MAIN()
