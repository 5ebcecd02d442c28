/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole conversations under virtual time: the engine on its rig, a scripted server at the other end. Every
 * timer to the microsecond, every cut of the stream, the habits of real servers. sim_sstp_random.c has the
 * accidents and the malice.
 */
#include "sstp.h"

#include "check.h"
#include "sstp_hex.h"
#include "sstp_rig.h"
#include "sstp_script.h"

static const uint8_t zero_hlak[SSTP_HLAK_LEN];
static struct sstp_rig rig;
static struct sstp_script server;

static void begin(uint64_t seed)
{
    sstp_rig_init(&rig, seed);
    sstp_script_init(&server);
    memcpy(server.cert_sha1, rig.config.cert_sha1, sizeof(server.cert_sha1));
    memcpy(server.cert_sha256, rig.config.cert_sha256, sizeof(server.cert_sha256));
}

/* Carries what was said both ways, in pieces of at most `piece` bytes, until both are silent. */
static void talk(size_t piece)
{
    while (rig.sent_len > 0 || server.out_len > 0) {
        uint8_t said[SSTP_SCRIPT_BUF];
        size_t len = server.out_len;

        sstp_script_hear(&server, rig.sent, rig.sent_len);
        sstp_rig_forget(&rig);
        memcpy(said, server.out, len);
        server.out_len -= len;
        memmove(server.out, server.out + len, server.out_len);
        for (size_t at = 0; at < len; at += piece)
            sstp_rig_feed(&rig, bytes_of(said + at, len - at < piece ? len - at : piece));
    }
}

static void say(bool control, const char *hex)
{
    uint8_t payload[512];

    sstp_script_say(&server, control, payload, sstp_rig_hex(hex, payload, sizeof(payload)));
    talk(SIZE_MAX);
}

static void connect_all(void)
{
    begin(1);
    talk(SIZE_MAX);
    sstp_rig_authenticated(&rig, zero_hlak);
    talk(SIZE_MAX);
}

static void check_live(void)
{
    CHECK_EQ(rig.n_end, 0);
    CHECK_STR(rig.broken, NULL);
    CHECK(!server.broken && !server.pipelined);
}

static void check_ended(enum end_reason reason, usec_t at)
{
    CHECK_EQ(rig.n_end, 1);
    CHECK_EQ(rig.end.reason, reason);
    CHECK_EQ(rig.ended_at, at);
    CHECK_STR(rig.broken, NULL);
}

/* -- conversations --------------------------------------------------------------------------------------- */

static void whole_life(size_t piece)
{
    begin(piece);
    talk(piece);
    CHECK_EQ(rig.n_open, 1);
    sstp_script_say(&server, false, (const uint8_t *)"\xff\x03\xc0\x21", 4);
    talk(piece);
    sstp_rig_authenticated(&rig, zero_hlak);
    talk(piece);
    CHECK(server.binding_holds);
    sstp_script_say(&server, false, (const uint8_t *)"\xff\x03\x00\x21", 4);
    sstp_script_say_bare(&server, 8);
    talk(piece);
    CHECK_EQ(rig.n_frames, 2);
    CHECK_EQ(server.n_seen[9], 1);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    talk(piece);
    CHECK_EQ(server.n_seen[8], 1);
    sstp_rig_close(&rig);
    talk(piece);
    check_ended(END_REQUESTED, rig.now);
    CHECK_EQ(server.n_seen[1], 1);
    CHECK_EQ(server.n_seen[4], 1);
    CHECK_EQ(server.n_seen[6], 1);
    CHECK(!server.broken && !server.pipelined);
}

TEST(a_whole_life_in_pieces_of_every_size)
{
    for (size_t piece = 1; piece <= 140; piece++)
        whole_life(piece);
    whole_life(SIZE_MAX);
}

TEST(a_server_that_offers_one_hash)
{
    for (uint8_t hashes = 1; hashes <= 2; hashes++) {
        begin(hashes);
        server.hashes = hashes;
        talk(SIZE_MAX);
        sstp_rig_authenticated(&rig, zero_hlak);
        talk(SIZE_MAX);
        CHECK(server.binding_holds);
        check_live();
    }
}

TEST(a_server_that_knows_other_keys)
{
    begin(1);
    server.hlak[31] = 1;
    server.verdict = 4;
    talk(SIZE_MAX);
    sstp_rig_authenticated(&rig, zero_hlak);
    talk(SIZE_MAX);
    CHECK(!server.binding_holds);
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_ended(END_SSTP_BINDING, rig.now);
    CHECK_EQ(rig.end.code, 4);
    CHECK_EQ(server.n_seen[5], 1);
}

TEST(a_server_that_refuses_for_a_while)
{
    for (unsigned int n_naks = 0; n_naks <= 4; n_naks++) {
        begin(1);
        server.n_naks = n_naks;
        talk(SIZE_MAX);
        CHECK_EQ(rig.n_open, n_naks <= 3);
        CHECK_EQ(server.n_seen[1], n_naks <= 3 ? n_naks + 1 : 4);
    }
    sstp_rig_pass(&rig, USEC_PER_SEC); /* it answered our abort */
    check_ended(END_SSTP_NAK, rig.now);
}

/* SoftEther: no ECHO_RESPONSE ever, but ECHO_REQUESTs of its own every 4.8 s. An hour of that. */
TEST(an_hour_with_softether)
{
    connect_all();
    server.no_echo = true;
    for (int i = 0; i < 750; i++) {
        sstp_rig_pass(&rig, 4800 * USEC_PER_MSEC);
        sstp_script_say_bare(&server, 8);
        talk(SIZE_MAX);
    }
    CHECK_EQ(server.n_seen[9], 750);
    CHECK_EQ(server.n_seen[8], 0);
    check_live();
}

/* A quiet line: one probe a minute keeps it. */
TEST(an_idle_hour)
{
    connect_all();
    for (int i = 0; i < 60; i++) {
        sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
        talk(SIZE_MAX);
    }
    CHECK_EQ(server.n_seen[8], 60);
    check_live();
}

/* -- timers, to the microsecond -------------------------------------------------------------------------- */

TEST(timer_http)
{
    usec_t start;

    begin(1);
    start = rig.now;
    sstp_rig_pass(&rig, 30 * USEC_PER_SEC);
    sstp_rig_feed_str(&rig, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"); /* does not restart it */
    sstp_rig_pass(&rig, 30 * USEC_PER_SEC - 1);
    check_live();
    sstp_rig_pass(&rig, 1);
    check_ended(END_SILENT, start + 60 * USEC_PER_SEC);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 0);
    CHECK(strstr(rig.end.detail, "HTTP response within 60 s") != NULL);
}

TEST(timer_negotiation_before_the_ack)
{
    usec_t start;

    begin(1);
    server.mute = true;
    server.no_goodbye = true;
    sstp_rig_pass(&rig, 59 * USEC_PER_SEC); /* the HTTP stage has its own minute */
    talk(SIZE_MAX);
    start = rig.now;
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 0);
    sstp_rig_pass(&rig, 1);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "08")));
    check_live();
    sstp_rig_pass(&rig, 10 * USEC_PER_SEC);
    check_ended(END_SILENT, start + 63 * USEC_PER_SEC);
    CHECK(strstr(rig.end.detail, "CALL_CONNECT_REQUEST") != NULL);
}

TEST(timer_negotiation_restarts_at_a_retry)
{
    begin(1);
    server.mute = true;
    talk(SIZE_MAX);
    for (int i = 0; i < 3; i++) {
        sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
        say(true, "00030000");
    }
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    check_live();
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 0);
    sstp_rig_pass(&rig, 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 1);
}

TEST(timer_negotiation_restarts_at_the_ack)
{
    begin(1);
    server.mute = true;
    talk(SIZE_MAX);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    sstp_rig_pass(&rig, 30 * USEC_PER_SEC);
    say(false, "ff03c021"); /* PPP traffic does not restart it */
    sstp_rig_pass(&rig, 30 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 0);
    sstp_rig_pass(&rig, 1);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "08")));
    talk(SIZE_MAX); /* the server aborts, too */
    sstp_rig_pass(&rig, USEC_PER_SEC - 1);
    check_live();
    sstp_rig_pass(&rig, 1);
    check_ended(END_SILENT, rig.now);
    CHECK(strstr(rig.end.detail, "authenticate") != NULL);
}

TEST(timer_negotiation_stops_at_connected)
{
    begin(1);
    talk(SIZE_MAX);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    sstp_rig_authenticated(&rig, zero_hlak);
    talk(SIZE_MAX);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ABORT], 0);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 0);
    check_live();
}

TEST(timer_hello)
{
    usec_t start;

    connect_all();
    start = rig.now;
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 0);
    sstp_rig_pass(&rig, 1);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ECHO_REQUEST));
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    check_live();
    sstp_rig_pass(&rig, 1);
    check_ended(END_SILENT, start + 120 * USEC_PER_SEC);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ECHO_REQUEST)); /* no CALL_ABORT */
    CHECK(strstr(rig.end.detail, "120 s") != NULL);
}

TEST(timer_hello_restarts_at_any_packet)
{
    static const struct {
        bool control;
        const char *payload;
    } packets[] = {{false, "ff030021"}, {false, "ff03c021"}, {false, ""},
                   {true, "00080000"},  {true, "00090000"},  {true, "00ff0000"}};

    connect_all();
    for (size_t i = 0; i < ARRAY_LEN(packets); i++) {
        sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
        say(packets[i].control, packets[i].payload);
    }
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 0);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 1);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC - 1);
    say(false, "ff030021"); /* in the last moment, and no ECHO_RESPONSE */
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 2);
    check_live();
}

/* Half a packet is no packet. */
TEST(timer_hello_runs_through_a_packet_that_stops)
{
    usec_t start;

    connect_all();
    start = rig.now;
    for (int i = 0; i < 200; i++) {
        sstp_rig_feed(&rig, bytes_of(i == 0 ? "\x10\x00\x01\x00" : "x", i == 0 ? 4 : 1));
        sstp_rig_pass(&rig, USEC_PER_SEC);
    }
    check_ended(END_SILENT, start + 120 * USEC_PER_SEC);
}

TEST(timer_hello_as_configured)
{
    sstp_rig_init(&rig, 1);
    rig.config.hello = 5 * USEC_PER_SEC;
    sstp_rig_forget(&rig);
    sstp_rig_start(&rig);
    sstp_rig_feed_str(&rig, sstp_rig_http_ok);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    sstp_rig_authenticated(&rig, zero_hlak);
    sstp_rig_pass(&rig, 5 * USEC_PER_SEC - 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 0);
    sstp_rig_pass(&rig, 1);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_ECHO_REQUEST], 1);
    sstp_rig_pass(&rig, 5 * USEC_PER_SEC);
    check_ended(END_SILENT, rig.now);
}

TEST(timer_of_each_goodbye)
{
    usec_t start;

    connect_all(); /* ABORT_1 */
    server.no_goodbye = true;
    say(true, "00010000");
    start = rig.now;
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    check_ended(END_SSTP_UNEXPECTED, start + 3 * USEC_PER_SEC);

    connect_all(); /* ABORT_2 */
    say(true, "00050000");
    start = rig.now;
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    check_ended(END_SSTP_BINDING, start + 1 * USEC_PER_SEC);

    connect_all(); /* DISCONNECT_1 */
    server.no_goodbye = true;
    start = rig.now;
    sstp_rig_close(&rig);
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    check_ended(END_REQUESTED, start + 5 * USEC_PER_SEC);

    connect_all(); /* DISCONNECT_2 */
    say(true, "00060000");
    start = rig.now;
    sstp_rig_pass(&rig, 60 * USEC_PER_SEC);
    check_ended(END_SSTP_DISCONNECT, start + 1 * USEC_PER_SEC);
}

/* A flood during a goodbye can neither prolong it nor make us talk. */
TEST(goodbye_under_a_flood)
{
    usec_t start;

    connect_all();
    server.no_goodbye = true;
    start = rig.now;
    sstp_rig_close(&rig);
    talk(SIZE_MAX);
    for (int i = 0; i < 6000; i++) {
        sstp_rig_pass(&rig, USEC_PER_MSEC);
        sstp_rig_feed_hex(&rig, SSTP_HEX_ECHO_REQUEST SSTP_HEX_IPV4_FRAME);
    }
    CHECK_EQ(rig.sent_len, 0);
    check_ended(END_REQUESTED, start + 5 * USEC_PER_SEC);
}

CHECK_MAIN()
