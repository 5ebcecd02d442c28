/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control messages in every state: right, malformed, twice, out of turn, and the goodbyes they lead to. */
#include "sstp_call.h"

#include "sstp.h"

#include "check.h"
#include "sstp_hex.h"
#include "sstp_rig.h"

static struct sstp_rig rig;

static void check_end(enum end_reason reason, uint32_t code)
{
    CHECK_EQ(rig.n_end, 1);
    CHECK_EQ(rig.end.reason, reason);
    CHECK_EQ(rig.end.code, code);
    CHECK_STR(rig.broken, NULL);
}

static void check_detail(const char *part)
{
    if (!CHECK(strstr(rig.end.detail, part) != NULL))
        fprintf(stderr, "    detail: %s\n", rig.end.detail);
}

/* -- CALL_CONNECT_ACK, CALL_CONNECT_NAK ------------------------------------------------------------------ */

static void check_bad_ack(const char *ack, const char *abort, enum end_reason reason, uint32_t code)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, ack);
    CHECK(sstp_rig_sent_is(&rig, abort));
    CHECK_EQ(rig.n_open, 0);
    CHECK_EQ(rig.n_end, 0);
    sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
    check_end(reason, code);
}

TEST(connect_ack_that_will_not_do)
{
    check_bad_ack("10010008 00020000", SSTP_HEX_ABORT("04", "09"), END_SSTP_BAD, 0);
    check_bad_ack("1001000c 00020001 00040004", SSTP_HEX_ABORT("04", "03"), END_SSTP_BAD, 0);
    check_bad_ack("10010008 00020001", SSTP_HEX_ABORT("04", "07"), END_SSTP_BAD, 0);
    check_bad_ack("10010030 00020001 00040028 000000f4"
                  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                  SSTP_HEX_ABORT("04", "04"), END_SSTP_NO_HASH, 0xf4);
}

TEST(connect_ack_twice)
{
    sstp_rig_to_ack_received(&rig);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "05")));
    CHECK(!sstp_carries_control(&rig.sstp));
    sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
    check_end(END_SSTP_UNEXPECTED, SSTP_MESSAGE_CONNECT_ACK);
    check_detail("CALL_CONNECT_ACK in state Client_Connect_Ack_Received");
}

TEST(nak_is_retried_three_times)
{
    sstp_rig_to_request_sent(&rig);
    for (int i = 0; i < 3; i++) {
        sstp_rig_feed_hex(&rig, SSTP_HEX_NAK);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_CONNECT_REQUEST));
        sstp_rig_forget(&rig);
    }
    sstp_rig_feed_hex(&rig, SSTP_HEX_NAK);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "06")));
    sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
    check_end(END_SSTP_NAK, 4);
    check_detail("CALL_CONNECT_NAK 4 times, status 4 VALUE_NOT_SUPPORTED about ENCAPSULATED_PROTOCOL_ID");
}

TEST(nak_reports_the_first_status)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, "10010020 00030002 0002000c 00000001 0000000a 0002000c 00000003 00000002");
    for (int i = 0; i < 3; i++)
        sstp_rig_feed_hex(&rig, "10010008 00030000"); /* without any status */
    sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
    check_end(END_SSTP_NAK, 0x0a);
}

TEST(nak_then_ack)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_NAK);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    CHECK_EQ(rig.n_open, 1);
    CHECK_EQ(rig.n_end, 0);
}

/* -- CALL_ABORT ------------------------------------------------------------------------------------------ */

TEST(abort_is_answered_in_every_live_state)
{
    void (*const ways[])(struct sstp_rig *) = {sstp_rig_to_request_sent, sstp_rig_to_ack_received};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ways[i](&rig);
        sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("02", "07"));
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("00", "00")));
        sstp_rig_pass(&rig, USEC_PER_SEC - 1);
        CHECK_EQ(rig.n_end, 0);
        sstp_rig_pass(&rig, 1);
        check_end(END_SSTP_ABORT, 7);
        check_detail("status 7 INVALID_FRAME_RECEIVED about STATUS_INFO");
    }
}

TEST(abort_of_softether_and_sorz)
{
    sstp_rig_to_ack_received(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_BARE_ABORT);
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_SSTP_ABORT, 0);
    check_detail("without a status");
    sstp_rig_to_ack_received(&rig);
    sstp_rig_feed_hex(&rig, "10010010 00050001 00020008 00000007");
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_SSTP_ABORT, 7);
}

/* Packets flow: the binding was accepted, whatever else the server complains of. */
TEST(abort_of_a_call_in_use)
{
    static const struct {
        const char *abort;
        usec_t after;
        enum end_reason reason;
        uint32_t code;
    } row[] = {
        {"10010010 00050001 00020008 00000007", 1000, END_SSTP_ABORT, 7},
        {SSTP_HEX_BARE_ABORT, 1000, END_SSTP_ABORT, 0},
        {SSTP_HEX_ABORT("02", "04"), 1000, END_SSTP_BINDING, 4},
        {SSTP_HEX_ABORT("02", "04"), 50 * USEC_PER_SEC, END_SSTP_ABORT, 4},
        {SSTP_HEX_ABORT("03", "04"), 50 * USEC_PER_SEC, END_SSTP_BINDING, 4},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        sstp_rig_to_connected(&rig);
        sstp_in_use(&rig.sstp);
        sstp_rig_pass(&rig, row[i].after);
        sstp_rig_feed_hex(&rig, row[i].abort);
        sstp_rig_pass(&rig, USEC_PER_SEC);
        check_end(row[i].reason, row[i].code);
    }
}

static void abort_when_connected(const char *before, usec_t after, const char *abort)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, before);
    sstp_rig_forget(&rig);
    sstp_rig_pass(&rig, after);
    sstp_rig_feed_hex(&rig, abort);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("00", "00")));
    sstp_rig_pass(&rig, USEC_PER_SEC);
}

TEST(abort_that_rejects_the_binding)
{
    abort_when_connected("", 1000, SSTP_HEX_ABORT("03", "04")); /* Windows */
    check_end(END_SSTP_BINDING, 4);
    check_detail("MPPE keys");
    check_detail("status 4 VALUE_NOT_SUPPORTED");
    CHECK(strlen(rig.end.detail) < END_DETAIL_LEN - 1);
    abort_when_connected(SSTP_HEX_LCP_FRAME, 50 * USEC_PER_SEC, SSTP_HEX_ABORT("03", "09"));
    check_end(END_SSTP_BINDING, 9);
    abort_when_connected(SSTP_HEX_LCP_FRAME, 50 * USEC_PER_SEC, SSTP_HEX_ABORT("02", "04"));
    check_end(END_SSTP_BINDING, 4);
    abort_when_connected("", 1000, "10010010 00050001 00020008 00000007"); /* sorz */
    check_end(END_SSTP_BINDING, 7);
    abort_when_connected("", 50 * USEC_PER_SEC, SSTP_HEX_BARE_ABORT);
    check_end(END_SSTP_BINDING, 0);
    abort_when_connected("10000008 ff03 8021", 1000,
                         SSTP_HEX_ABORT("02", "07")); /* accel-ppp: its IPCP came first */
    check_end(END_SSTP_BINDING, 7);
}

TEST(abort_that_does_not)
{
    abort_when_connected(SSTP_HEX_IPV4_FRAME, 50 * USEC_PER_SEC, SSTP_HEX_ABORT("02", "07"));
    check_end(END_SSTP_ABORT, 7);
    abort_when_connected(SSTP_HEX_IPV4_FRAME, 1000, SSTP_HEX_ABORT("02", "05"));
    check_end(END_SSTP_ABORT, 5);
    abort_when_connected(SSTP_HEX_IPV4_FRAME, 1000, SSTP_HEX_BARE_ABORT);
    check_end(END_SSTP_ABORT, 0);
    sstp_rig_to_request_sent(&rig); /* there is no binding to reject yet */
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("03", "04"));
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_SSTP_ABORT, 4);
}

TEST(abort_answers_ours)
{
    sstp_rig_to_ack_received(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_CONNECT_REQUEST); /* refused: ABORT_1 runs */
    sstp_rig_forget(&rig);
    sstp_rig_pass(&rig, 2 * USEC_PER_SEC);
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("02", "05")); /* ABORT_2 runs */
    CHECK_EQ(rig.sent_len, 0);
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("02", "05")); /* twice: no second life */
    sstp_rig_pass(&rig, USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_end, 0);
    sstp_rig_pass(&rig, 1);
    check_end(END_SSTP_UNEXPECTED, SSTP_MESSAGE_CONNECT_REQUEST);
}

/* -- CALL_DISCONNECT ------------------------------------------------------------------------------------- */

TEST(disconnect_is_acknowledged_in_every_live_state)
{
    void (*const ways[])(struct sstp_rig *) = {sstp_rig_to_request_sent, sstp_rig_to_ack_received,
                                               sstp_rig_to_connected};
    static const char *const forms[] = {SSTP_HEX_DISCONNECT, "10010008 00060000",
                                        "10010010 00060001 00000008 00000000"};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ways[i](&rig);
        sstp_rig_feed_hex(&rig, forms[i]);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_DISCONNECT_ACK));
        sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT); /* twice: ignored */
        sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("02", "05"));
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_DISCONNECT_ACK));
        sstp_rig_pass(&rig, USEC_PER_SEC - 1);
        CHECK_EQ(rig.n_end, 0);
        sstp_rig_pass(&rig, 1);
        check_end(END_SSTP_DISCONNECT, 0);
    }
}

TEST(close_disconnects)
{
    void (*const ways[])(struct sstp_rig *) = {sstp_rig_to_request_sent, sstp_rig_to_ack_received,
                                               sstp_rig_to_connected};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ways[i](&rig);
        sstp_rig_close(&rig);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_DISCONNECT));
        CHECK(!sstp_carries_control(&rig.sstp) && !sstp_carries_data(&rig.sstp));
        sstp_rig_close(&rig); /* impatience changes nothing */
        sstp_rig_feed_hex(&rig, SSTP_HEX_IPV4_FRAME SSTP_HEX_LCP_FRAME SSTP_HEX_ECHO_REQUEST);
        CHECK_EQ(rig.n_frames, 0);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_DISCONNECT));
        sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT_ACK);
        check_end(END_REQUESTED, 0);
    }
}

TEST(close_without_an_answer)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_close(&rig);
    sstp_rig_pass(&rig, 5 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_end, 0);
    sstp_rig_pass(&rig, 1);
    check_end(END_REQUESTED, 0);
}

TEST(close_before_the_call)
{
    sstp_rig_init(&rig, 1);
    sstp_rig_forget(&rig);
    sstp_rig_close(&rig);
    CHECK_EQ(rig.sent_len, 0);
    check_end(END_REQUESTED, 0);
}

TEST(close_crosses_a_disconnect)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_close(&rig);
    sstp_rig_forget(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_DISCONNECT_ACK));
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_REQUESTED, 0); /* we were first */
}

TEST(close_crosses_an_abort)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_close(&rig);
    sstp_rig_forget(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("03", "04"));
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("00", "00")));
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_REQUESTED, 0);
}

TEST(close_after_the_peer_was_first)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT);
    sstp_rig_forget(&rig);
    sstp_rig_close(&rig);
    CHECK_EQ(rig.sent_len, 0);
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_SSTP_DISCONNECT, 0);
}

TEST(close_during_our_abort)
{
    sstp_rig_to_ack_received(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_CONNECT_REQUEST);
    sstp_rig_close(&rig);
    sstp_rig_feed_hex(&rig, "10010004"); /* malformed, but the goodbye is said */
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "05")));
    sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
    check_end(END_SSTP_UNEXPECTED, SSTP_MESSAGE_CONNECT_REQUEST);
}

/* A caller that was slow to take our CALL_ABORT still sends the status that we meant. */
TEST(abort_that_waits_keeps_its_status)
{
    uint8_t refused[64], buf[SSTP_OUTPUT_MAX], want[64];
    struct writer w = writer_of(buf, sizeof(buf));
    size_t len = sstp_rig_hex(SSTP_HEX_CONNECT_REQUEST SSTP_HEX_ABORT("02", "07"), refused, sizeof(refused));

    sstp_rig_to_ack_received(&rig);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(refused, len), rig.now), 14);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(refused + 14, len - 14), rig.now), 20);
    CHECK(sstp_output(&rig.sstp, &w));
    CHECK_EQ(w.len, sstp_rig_hex(SSTP_HEX_ABORT("02", "05"), want, sizeof(want)));
    CHECK_MEM(buf, want, w.len);
}

/* -- out of state ---------------------------------------------------------------------------------------- */

TEST(messages_that_a_state_forbids)
{
    static const struct {
        void (*way)(struct sstp_rig *);
        const char *hex;
        uint32_t type;
    } forbidden[] = {
        {sstp_rig_to_request_sent, SSTP_HEX_CONNECT_REQUEST, 1},
        {sstp_rig_to_ack_received, SSTP_HEX_CONNECT_REQUEST, 1},
        {sstp_rig_to_connected, SSTP_HEX_CONNECT_REQUEST, 1},
        {sstp_rig_to_ack_received, sstp_rig_connect_ack, 2},
        {sstp_rig_to_connected, sstp_rig_connect_ack, 2},
        {sstp_rig_to_ack_received, SSTP_HEX_NAK, 3},
        {sstp_rig_to_connected, SSTP_HEX_NAK, 3},
        {sstp_rig_to_request_sent, "10010008 00040000", 4},
        {sstp_rig_to_ack_received, "10010008 00040000", 4},
        {sstp_rig_to_connected, "10010008 00040000", 4},
        {sstp_rig_to_request_sent, SSTP_HEX_DISCONNECT_ACK, 7},
        {sstp_rig_to_ack_received, SSTP_HEX_DISCONNECT_ACK, 7},
        {sstp_rig_to_connected, SSTP_HEX_DISCONNECT_ACK, 7},
        {sstp_rig_to_request_sent, SSTP_HEX_ECHO_RESPONSE, 9},
        {sstp_rig_to_ack_received, SSTP_HEX_ECHO_RESPONSE, 9},
    };

    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
        forbidden[i].way(&rig);
        sstp_rig_feed_hex(&rig, forbidden[i].hex);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "05")));
        sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT); /* too late to be a cause */
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "05")));
        sstp_rig_pass(&rig, 3 * USEC_PER_SEC - 1);
        CHECK_EQ(rig.n_end, 0);
        sstp_rig_pass(&rig, 1);
        check_end(END_SSTP_UNEXPECTED, forbidden[i].type);
    }
}

/* Whatever comes during a goodbye, but what the table names, is ignored and moves no timer. */
TEST(goodbyes_ignore_the_rest)
{
    static const char *const noise[] = {
        SSTP_HEX_CONNECT_REQUEST, SSTP_HEX_NAK,       "10010008 00040000", SSTP_HEX_ECHO_REQUEST,
        SSTP_HEX_ECHO_RESPONSE,   SSTP_HEX_LCP_FRAME, "10010004",          "1001000800ff0000"};

    sstp_rig_to_connected(&rig);
    sstp_rig_close(&rig);
    sstp_rig_forget(&rig);
    sstp_rig_pass(&rig, USEC_PER_SEC);
    for (size_t i = 0; i < ARRAY_LEN(noise); i++)
        sstp_rig_feed_hex(&rig, noise[i]);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    CHECK_EQ(rig.sent_len, 0);
    CHECK_EQ(rig.n_frames, 0);
    sstp_rig_pass(&rig, 4 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_end, 0);
    sstp_rig_pass(&rig, 1);
    check_end(END_REQUESTED, 0);
}

TEST(unknown_types_are_ignored)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, "10010008 00000000 10010008 000a0000 1001000c ffffffff 12345678");
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    CHECK_EQ(rig.n_open, 1);
    CHECK_EQ(rig.sent_len, 0);
    CHECK_EQ(rig.n_end, 0);
}

CHECK_MAIN()
