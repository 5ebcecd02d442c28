/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine through its door: the way up, frames, echoes, lost streams; what is logged and remembered. */
#include "sstp.h"

#include "check.h"
#include "sstp_hex.h"
#include "sstp_rig.h"

#define HTTP_LINE "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"

static const uint8_t zero_hlak[SSTP_HLAK_LEN];
static struct sstp_rig rig;

static void check_end(enum end_reason reason, uint32_t code)
{
    CHECK_EQ(rig.n_end, 1);
    CHECK_EQ(rig.end.reason, reason);
    CHECK_EQ(rig.end.code, code);
    CHECK_STR(rig.broken, NULL);
}

/* -- the way up ------------------------------------------------------------------------------------------ */

TEST(request_goes_out_first_and_alone)
{
    sstp_rig_init(&rig, 7);
    CHECK(rig.sent_len > strlen(HTTP_LINE) && memcmp(rig.sent, HTTP_LINE, strlen(HTTP_LINE)) == 0);
    CHECK(memcmp(rig.sent + rig.sent_len - 4, "\r\n\r\n", 4) == 0);
    CHECK_EQ(sstp_stage(&rig.sstp), END_STAGE_HTTP);
    CHECK_EQ(strlen(sstp_correlation_id(&rig.sstp)), SSTP_HTTP_GUID_LEN);
    CHECK(!sstp_carries_control(&rig.sstp) && !sstp_carries_data(&rig.sstp));
    CHECK_STR(rig.broken, NULL);
}

TEST(each_attempt_has_its_own_correlation_id)
{
    char first[SSTP_HTTP_GUID_LEN + 1];

    sstp_rig_init(&rig, 7);
    memcpy(first, sstp_correlation_id(&rig.sstp), sizeof(first));
    sstp_rig_start(&rig);
    CHECK(strcmp(first, sstp_correlation_id(&rig.sstp)) != 0);
}

TEST(a_name_that_cannot_be_sent)
{
    sstp_rig_init(&rig, 1);
    rig.config.host = "a\r\nb";
    sstp_rig_forget(&rig);
    sstp_rig_start(&rig);
    check_end(END_USAGE, 0);
    CHECK_EQ(rig.sent_len, 0);
}

TEST(connects)
{
    sstp_rig_init(&rig, 1);
    sstp_rig_forget(&rig);
    sstp_rig_feed_str(&rig, sstp_rig_http_ok);
    CHECK_EQ(rig.n_http_ok, 1);
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_CONNECT_REQUEST));
    CHECK_EQ(sstp_stage(&rig.sstp), END_STAGE_SSTP);
    sstp_rig_forget(&rig);
    sstp_rig_feed_hex(&rig, sstp_rig_connect_ack);
    CHECK_EQ(rig.n_open, 1);
    CHECK_EQ(rig.sent_len, 0);
    CHECK_EQ(sstp_stage(&rig.sstp), END_STAGE_LCP);
    CHECK(sstp_carries_control(&rig.sstp) && !sstp_carries_data(&rig.sstp));
    sstp_rig_authenticated(&rig, zero_hlak);
    CHECK(sstp_carries_control(&rig.sstp) && sstp_carries_data(&rig.sstp));
    CHECK(sstp_rig_sent_is(&rig, "10010070 00040001 00030068 00000002"
                                 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                 "9A2664F509C91CBDE8035505EF382B9B5587064378C151F07BA10B3339060210"
                                 "EA3D394A20099445AC5637002DF31BB4E50A889B183F61558DBAB09A75A1227C"));
    CHECK_STR(rig.broken, NULL);
}

TEST(connects_with_sha1)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, "10010030 00020001 00040028 00000001"
                            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    sstp_rig_authenticated(&rig, zero_hlak);
    CHECK(sstp_rig_sent_is(&rig, "10010070 00040001 00030068 00000001"
                                 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                 "16447485F7EC615136CF8E3D56C4C616CC61BCC4 000000000000000000000000"
                                 "8892B875D07B1E06437183EED09C7E0FA78B0DEE 000000000000000000000000"));
}

TEST(connected_is_sent_once_and_in_one_state_only)
{
    sstp_rig_init(&rig, 1);
    sstp_rig_authenticated(&rig, zero_hlak);
    sstp_rig_to_request_sent(&rig);
    sstp_rig_authenticated(&rig, zero_hlak);
    CHECK_EQ(rig.sent_len, 0);
    sstp_rig_to_connected(&rig);
    sstp_rig_authenticated(&rig, zero_hlak); /* a second CHAP round, or LCP anew */
    CHECK_EQ(rig.sent_len, 0);
    sstp_rig_close(&rig);
    sstp_rig_forget(&rig);
    sstp_rig_authenticated(&rig, zero_hlak);
    CHECK_EQ(rig.sent_len, 0);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_CONNECTED], 1);
}

/* The ACK, a PPP frame and more may follow the head in one read. */
TEST(bytes_behind_the_http_head_are_sstp)
{
    uint8_t stream[512], packets[64];
    struct writer w = writer_of(stream, sizeof(stream));

    writer_bytes(&w, bytes_of_str(sstp_rig_http_ok));
    writer_put(&w, packets, sstp_rig_hex(sstp_rig_connect_ack, packets, sizeof(packets)));
    writer_put(&w, packets, sstp_rig_hex(SSTP_HEX_LCP_FRAME, packets, sizeof(packets)));
    sstp_rig_init(&rig, 1);
    sstp_rig_feed(&rig, writer_view(&w));
    CHECK_EQ(rig.n_http_ok, 1);
    CHECK_EQ(rig.n_open, 1);
    CHECK_EQ(rig.n_frames, 1);
    CHECK_STR(rig.broken, NULL);
}

TEST(a_step_is_one_packet)
{
    uint8_t two[16];
    struct sstp_event event;

    sstp_rig_to_connected(&rig);
    CHECK_EQ(sstp_rig_hex(SSTP_HEX_LCP_FRAME SSTP_HEX_LCP_FRAME, two, sizeof(two)), 16);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(two, 16), rig.now), 8);
    CHECK(sstp_event(&rig.sstp, &event));
    CHECK_EQ(event.type, SSTP_EVENT_FRAME);
    CHECK(event.frame.data == two + 4 && event.frame.len == 4);
    CHECK(!sstp_event(&rig.sstp, &event));
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(two + 8, 7), rig.now), 0);
    CHECK(!sstp_event(&rig.sstp, &event));
}

/* -- the packet path ------------------------------------------------------------------------------------- */

#define DATA    "1000000a ff030021 4500"
#define CONTROL "10010008 00080000"

static bool is_data(const char *hex, size_t len)
{
    uint8_t stream[32];
    struct bytes frame = {.data = NULL, .len = 0};
    size_t n = sstp_rig_hex(hex, stream, sizeof(stream));

    if (!sstp_data(&rig.sstp, bytes_of(stream, len < n ? len : n), &frame))
        return false;
    return CHECK(frame.data == stream + SSTP_HEADER_LEN) && CHECK_EQ(frame.len, 6);
}

TEST(data_only_while_the_call_stands)
{
    sstp_rig_to_ack_received(&rig);
    CHECK(!is_data(DATA, 10));
    sstp_rig_to_connected(&rig);
    CHECK(is_data(DATA, 10) && is_data(DATA DATA, 20));
    for (size_t len = 0; len < 10; len++)
        CHECK(!is_data(DATA, len));
    CHECK(!is_data(CONTROL, 8));
    CHECK(!is_data("1100000a ff030021 4500", 10)); /* version */
    CHECK(!is_data("10000003 ff030021 4500", 10)); /* length */
    sstp_rig_close(&rig);
    CHECK(!is_data(DATA, 10));
}

TEST(data_proves_that_the_peer_lives)
{
    usec_t before;

    sstp_rig_to_connected(&rig);
    before = sstp_deadline(&rig.sstp);
    sstp_heard(&rig.sstp, rig.now + 5 * USEC_PER_SEC);
    CHECK_EQ(sstp_deadline(&rig.sstp), before + 5 * USEC_PER_SEC);
}

TEST(http_refusals_end_at_once)
{
    sstp_rig_init(&rig, 1);
    sstp_rig_feed_str(&rig, "HTTP/1.1 404 Not Found\r\n\r\n<html>");
    check_end(END_HTTP_STATUS, 404);
    sstp_rig_init(&rig, 1);
    sstp_rig_feed_str(&rig, "220 mail.example.com ESMTP\r\n");
    check_end(END_HTTP_BAD, 0);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of_str(sstp_rig_http_ok), rig.now), 0);
    CHECK_EQ(rig.n_sent[SSTP_MESSAGE_CONNECT_REQUEST], 0);
}

/* -- malformed packets ----------------------------------------------------------------------------------- */

TEST(bad_frames_close_without_a_message)
{
    static const char *const bad[] = {"20010008 00080000", "10010003", "10000000", "16", "48545450"};
    void (*const ways[])(struct sstp_rig *) = {sstp_rig_to_request_sent, sstp_rig_to_ack_received,
                                               sstp_rig_to_connected};

    for (size_t i = 0; i < ARRAY_LEN(ways) * ARRAY_LEN(bad); i++) {
        ways[i % ARRAY_LEN(ways)](&rig);
        sstp_rig_feed_hex(&rig, bad[i / ARRAY_LEN(ways)]);
        CHECK_EQ(rig.sent_len, 0);
        check_end(END_SSTP_BAD, 0);
    }
}

TEST(a_bad_frame_during_a_goodbye)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT "16030100");
    check_end(END_SSTP_DISCONNECT, 0);
}

TEST(control_messages_too_short_for_a_head)
{
    static const char *const shorts[] = {"10010004", "10010005 00", "10010007 000800"};

    for (size_t i = 0; i < ARRAY_LEN(shorts); i++) {
        sstp_rig_to_connected(&rig);
        sstp_rig_feed_hex(&rig, shorts[i]);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ABORT("02", "07")));
        sstp_rig_pass(&rig, 3 * USEC_PER_SEC);
        check_end(END_SSTP_BAD, 0);
    }
}

TEST(trailing_bytes_in_bare_messages_do_not_matter)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, "1001000c 0008ffff deadbeef");
    CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ECHO_RESPONSE));
}

/* -- frames ---------------------------------------------------------------------------------------------- */

TEST(frames_before_the_ack_are_dropped)
{
    sstp_rig_to_request_sent(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_LCP_FRAME SSTP_HEX_IPV4_FRAME);
    CHECK_EQ(rig.n_frames, 0);
    CHECK_EQ(rig.n_end, 0);
}

TEST(only_control_frames_before_connected)
{
    static const char *const control[] = {"10000008 ff03 c021", "10000006 c223", "10000008 ff03 8021",
                                          "10000006 8057"};
    static const char *const data[] = {"10000008 ff03 0021", "10000006 0057",
                                       "10000006 2145",      "10000008 ff03 5745",
                                       "10000004",           "10000005 c0",
                                       "10000006 ff03",      "10000008 ff03 00fd",
                                       "10000008 ff03 c121"}; /* c1 is odd: a compressed number below 0x100 */

    sstp_rig_to_ack_received(&rig);
    for (size_t i = 0; i < ARRAY_LEN(data); i++)
        sstp_rig_feed_hex(&rig, data[i]);
    CHECK_EQ(rig.n_frames, 0);
    for (size_t i = 0; i < ARRAY_LEN(control); i++)
        sstp_rig_feed_hex(&rig, control[i]);
    CHECK_EQ(rig.n_frames, ARRAY_LEN(control));
    CHECK_STR(rig.broken, NULL);
}

TEST(all_frames_once_connected)
{
    static uint8_t largest[SSTP_PACKET_MAX];

    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, SSTP_HEX_LCP_FRAME SSTP_HEX_IPV4_FRAME "10000004");
    CHECK_EQ(rig.n_frames, 3);
    CHECK_EQ(rig.frame_len, 0);
    memset(largest, 0x5a, sizeof(largest));
    sstp_data_header(largest, SSTP_PAYLOAD_MAX);
    sstp_rig_feed(&rig, bytes_of(largest, sizeof(largest)));
    CHECK_EQ(rig.n_frames, 4);
    CHECK_EQ(rig.frame_len, SSTP_PAYLOAD_MAX);
    CHECK_MEM(rig.frame, largest + 4, SSTP_PAYLOAD_MAX);
    CHECK_EQ(rig.sent_len, 0);
}

/* -- echo ------------------------------------------------------------------------------------------------ */

TEST(echo_is_answered_in_every_live_state)
{
    void (*const ways[])(struct sstp_rig *) = {sstp_rig_to_request_sent, sstp_rig_to_ack_received,
                                               sstp_rig_to_connected};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ways[i](&rig);
        sstp_rig_feed_hex(&rig, SSTP_HEX_ECHO_REQUEST);
        CHECK(sstp_rig_sent_is(&rig, SSTP_HEX_ECHO_RESPONSE));
    }
}

/* A caller that does not take the output is owed one answer, not a thousand. */
TEST(echo_flood_is_bounded)
{
    static const uint8_t echo[] = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00};
    uint8_t buf[SSTP_OUTPUT_MAX];
    struct writer w = writer_of(buf, sizeof(buf));

    sstp_rig_to_connected(&rig);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(sstp_input(&rig.sstp, bytes_of(echo, sizeof(echo)), rig.now), 8);
    CHECK(sstp_output(&rig.sstp, &w));
    CHECK_EQ(w.len, 8);
    CHECK(!sstp_output(&rig.sstp, &w));
}

/* What waits is said in the order in which it was owed. */
TEST(output_keeps_its_order)
{
    uint8_t said[128], want[128], buf[SSTP_OUTPUT_MAX];
    size_t len = sstp_rig_hex(SSTP_HEX_ECHO_REQUEST SSTP_HEX_CONNECT_REQUEST, said, sizeof(said));
    struct writer w = writer_of(buf, sizeof(buf));

    sstp_rig_to_connected(&rig);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(said, len), rig.now), 8);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of(said + 8, len - 8), rig.now), 14);
    CHECK(sstp_output(&rig.sstp, &w));
    CHECK(sstp_output(&rig.sstp, &w));
    CHECK(!sstp_output(&rig.sstp, &w));
    len = sstp_rig_hex(SSTP_HEX_ECHO_RESPONSE SSTP_HEX_ABORT("02", "05"), want, sizeof(want));
    if (CHECK_EQ(w.len, len))
        CHECK_MEM(buf, want, len);
}

/* -- the cause ------------------------------------------------------------------------------------------- */

/* accel-ppp disconnects and closes without waiting: the message is the cause, not the closed stream. */
TEST(the_cause_is_known_before_the_end)
{
    sstp_rig_to_connected(&rig);
    CHECK(sstp_cause(&rig.sstp) == NULL);
    sstp_rig_feed_hex(&rig, SSTP_HEX_DISCONNECT);
    CHECK_EQ(rig.n_end, 0);
    CHECK_OR_RETURN(sstp_cause(&rig.sstp) != NULL);
    CHECK_EQ(sstp_cause(&rig.sstp)->reason, END_SSTP_DISCONNECT);
    sstp_rig_close(&rig);
    sstp_rig_feed_hex(&rig, "16030100");
    CHECK_EQ(sstp_cause(&rig.sstp)->reason, END_SSTP_DISCONNECT);
    check_end(END_SSTP_DISCONNECT, 0);
}

/* The caller takes the events after a result above 0, and drops that many bytes. */
TEST(the_step_that_ends_the_call_takes_all)
{
    struct sstp_event event;

    sstp_rig_to_connected(&rig);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of("\x16\x03\x01", 3), rig.now), 3);
    CHECK(sstp_event(&rig.sstp, &event));
    CHECK_EQ(event.type, SSTP_EVENT_END);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of("\x16\x03\x01", 3), rig.now), 0);
    sstp_rig_init(&rig, 1);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of_str("220 smtp"), rig.now), 8);
    sstp_rig_init(&rig, 1);
    CHECK_EQ(sstp_input(&rig.sstp, bytes_of_str("HTTP/1.1 404\r\n\r\n<html>"), rig.now), 22);
}

/* -- what it remembers and says -------------------------------------------------------------------------- */

TEST(last_messages)
{
    char text[160];

    sstp_rig_to_connected(&rig);
    sstp_last_messages(&rig.sstp, text, sizeof(text));
    CHECK_STR(text, "sent CALL_CONNECT_REQUEST, got CALL_CONNECT_ACK, sent CALL_CONNECTED");
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("03", "04"));
    sstp_last_messages(&rig.sstp, text, sizeof(text));
    CHECK_STR(text, "sent CALL_CONNECT_REQUEST, got CALL_CONNECT_ACK, sent CALL_CONNECTED, got CALL_ABORT, "
                    "sent CALL_ABORT");
}

TEST(last_messages_survive_echoes)
{
    char text[160];

    sstp_rig_to_connected(&rig);
    for (int i = 0; i < 100; i++)
        sstp_rig_feed_hex(&rig, SSTP_HEX_ECHO_REQUEST);
    sstp_last_messages(&rig.sstp, text, sizeof(text));
    CHECK_STR(text, "sent CALL_CONNECT_REQUEST, got CALL_CONNECT_ACK, sent CALL_CONNECTED, got ECHO_REQUEST, "
                    "sent ECHO_RESPONSE");
}

TEST(last_messages_of_nothing_and_too_many)
{
    char text[32] = "x";

    sstp_rig_init(&rig, 1);
    sstp_last_messages(&rig.sstp, text, sizeof(text));
    CHECK_STR(text, "");
    sstp_rig_to_ack_received(&rig);
    for (int i = 0; i < 20; i++)
        sstp_rig_feed_hex(&rig, "10010008 00ff0000");
    sstp_last_messages(&rig.sstp, text, sizeof(text)); /* whole entries only */
    CHECK_STR(text, "got UNKNOWN, got UNKNOWN");
    sstp_last_messages(&rig.sstp, text, 1);
    CHECK_STR(text, "");
    text[0] = 'y';
    sstp_last_messages(&rig.sstp, text, 0);
    CHECK_EQ(text[0], 'y');
}

TEST(log_lines)
{
    sstp_rig_to_connected(&rig);
    sstp_rig_feed_hex(&rig, "10010008 000a0000");
    CHECK_STR(rig.last_log, "sstp: UNKNOWN (type 10) ignored in state Client_Call_Connected");
    rig.n_log_lines = 0;
    sstp_rig_feed_hex(&rig, SSTP_HEX_IPV4_FRAME SSTP_HEX_IPV4_FRAME);
    CHECK_EQ(rig.n_log_lines, 0); /* the packet path says nothing */
    sstp_rig_feed_hex(&rig, SSTP_HEX_ECHO_REQUEST);
    CHECK_STR(rig.last_log, "sstp: sent ECHO_RESPONSE");
}

TEST(no_log_sink)
{
    sstp_rig_init(&rig, 1);
    rig.env.log = NULL;
    sstp_rig_start(&rig);
    sstp_rig_feed_str(&rig, sstp_rig_http_ok);
    sstp_rig_feed_hex(&rig, SSTP_HEX_ABORT("02", "04"));
    sstp_rig_pass(&rig, USEC_PER_SEC);
    check_end(END_SSTP_ABORT, 4);
}

TEST(done_leaves_nothing)
{
    const uint8_t *byte = (const uint8_t *)&rig.sstp;
    size_t n = 0;

    sstp_rig_to_connected(&rig);
    sstp_done(&rig.sstp);
    while (n < sizeof(rig.sstp) && byte[n] == 0)
        n++;
    CHECK_EQ(n, sizeof(rig.sstp));
    sstp_done(&rig.sstp);
}

CHECK_MAIN()
