/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per message: right (byte-exact against protocol.md 4.4 and 7.5), wrong, short, long. */
#include "sstp_wire.h"

#include "check.h"
#include "sstp_frame.h"
#include "sstp_rig.h"

static uint8_t packet[256];

static void check_packet(const struct writer *w, const char *hex)
{
    uint8_t want[256];
    size_t len = sstp_rig_hex(hex, want, sizeof(want));

    CHECK(writer_ok(w));
    if (CHECK_EQ(w->len, len))
        CHECK_MEM(w->buf, want, len);
}

/* The message of a hex packet whose length field is right. */
static struct sstp_message message_of(const char *hex)
{
    static uint8_t buf[8][256];
    static size_t turn;
    uint8_t *at = buf[turn++ % 8];
    struct sstp_message message = {0};
    struct bytes payload;
    size_t len = sstp_rig_hex(hex, at, sizeof(buf[0]));

    CHECK_EQ(sstp_frame_next(bytes_of(at, len), &payload), SSTP_FRAME_CONTROL);
    CHECK(sstp_wire_message(payload, &message));
    return message;
}

/* -- head and attributes --------------------------------------------------------------------------------- */

TEST(message_head)
{
    static const uint8_t payload[] = {0x00, 0x05, 0x00, 0x02, 0xaa, 0xbb};
    struct sstp_message message = {.type = 99};

    for (size_t len = 0; len < 4; len++)
        CHECK(!sstp_wire_message(bytes_of(payload, len), &message));
    CHECK_EQ(message.type, 99); /* untouched */
    CHECK(sstp_wire_message(bytes_of(payload, 6), &message));
    CHECK_EQ(message.type, 5);
    CHECK_EQ(message.n_attributes, 2);
    CHECK(message.attributes.len == 2 && message.attributes.data == payload + 4);
}

TEST(attribute_walk)
{
    static const uint8_t two[] = {0xff, 0x02, 0xf0, 0x05, 0x77, 0x00, 0x01, 0x00, 0x04};
    struct reader r = reader_of(bytes_of(two, sizeof(two)));
    struct sstp_attribute attribute = {0};

    CHECK(sstp_wire_attribute(&r, &attribute)); /* reserved bits are masked */
    CHECK_EQ(attribute.id, 2);
    CHECK(attribute.value.len == 1 && attribute.value.data[0] == 0x77);
    CHECK(sstp_wire_attribute(&r, &attribute));
    CHECK_EQ(attribute.id, 1);
    CHECK_EQ(attribute.value.len, 0);
    CHECK(!sstp_wire_attribute(&r, &attribute));
    CHECK(reader_done(&r));
}

TEST(attribute_that_does_not_fit)
{
    static const char *const bad[] = {"00",       "0002",     "000200",   "00020000",
                                      "00020003", "00020005", "0002ffff", "00020006 aa"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint8_t buf[16];
        struct reader r = reader_of(bytes_of(buf, sstp_rig_hex(bad[i], buf, sizeof(buf))));
        struct sstp_attribute attribute = {.id = 0x99};

        CHECK(!sstp_wire_attribute(&r, &attribute));
        CHECK(!reader_done(&r));
        CHECK_EQ(attribute.id, 0x99);
    }
}

/* -- CALL_CONNECT_REQUEST -------------------------------------------------------------------------------- */

#define CONNECT_REQUEST "10 01 00 0E 00 01 00 01 00 01 00 06 00 01"

TEST(connect_request)
{
    struct writer w = writer_of(packet, sizeof(packet));
    struct sstp_message message;
    uint16_t protocol = 0;

    sstp_wire_put_connect_request(&w, SSTP_PROTOCOL_PPP);
    check_packet(&w, CONNECT_REQUEST);
    message = message_of(CONNECT_REQUEST);
    CHECK_EQ(message.type, SSTP_MESSAGE_CONNECT_REQUEST);
    CHECK(sstp_wire_get_connect_request(&message, &protocol));
    CHECK_EQ(protocol, SSTP_PROTOCOL_PPP);
}

TEST(connect_request_wrong)
{
    static const char *const wrong[] = {
        "10010008 00010000",                             /* no attribute */
        "10010008 00010001",                             /* announced, not there */
        "1001000d 00010001 00010005 00",                 /* short */
        "1001000f 00010001 00010007 000100",             /* long */
        "1001000e 00010001 00020006 0001",               /* another one */
        "10010014 00010002 00010006 0001 00010006 0001", /* twice */
        "1001000f 00010001 00010006 0001 00",            /* a tail */
    };
    uint16_t protocol = 0xabcd;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct sstp_message message = message_of(wrong[i]);

        CHECK(!sstp_wire_get_connect_request(&message, &protocol));
    }
    CHECK_EQ(protocol, 0xabcd);
}

/* -- CALL_CONNECT_ACK ------------------------------------------------------------------------------------ */

#define NONCE       "412B489AEBD7ECC7D08966F26BE7CD72B231A0E9210D7C91B308862B0344C435"
#define CONNECT_ACK "10010030 00020001 00040028 00000002" NONCE

TEST(connect_ack)
{
    struct writer w = writer_of(packet, sizeof(packet));
    struct sstp_binding_request in = {.hashes = 2}, out = {0};
    const struct sstp_message message = message_of(CONNECT_ACK);

    (void)sstp_rig_hex(NONCE, in.nonce, sizeof(in.nonce));
    sstp_wire_put_connect_ack(&w, &in);
    check_packet(&w, CONNECT_ACK);
    CHECK_EQ(sstp_wire_get_connect_ack(&message, &out), SSTP_STATUS_NO_ERROR);
    CHECK_EQ(out.hashes, 2);
    CHECK_MEM(out.nonce, in.nonce, sizeof(in.nonce));
}

TEST(connect_ack_tolerates)
{
    struct sstp_binding_request request;
    /* reserved bytes that are not zero; an unknown attribute beside */
    const struct sstp_message reserved = message_of("10010030 00020001 ff04f028 ffffff03" NONCE);
    const struct sstp_message beside = message_of("10010036 00020002 00770006 beef 00040028 00000001" NONCE);

    CHECK_EQ(sstp_wire_get_connect_ack(&reserved, &request), SSTP_STATUS_NO_ERROR);
    CHECK_EQ(request.hashes, 3);
    CHECK_EQ(sstp_wire_get_connect_ack(&beside, &request), SSTP_STATUS_NO_ERROR);
    CHECK_EQ(request.hashes, 1);
}

TEST(connect_ack_wrong)
{
    static const struct {
        const char *hex;
        enum sstp_status status;
    } wrong[] = {
        {"10010008 00020000", SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG},
        {"10010008 00020001", SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"1001000e 00020001 00010006 0001", SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG},
        {"1001000c 00020001 00040004", SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH},
        {"10010030 00020001 00040027 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"1001002f 00020001 00040028 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"1001002f 00020001 00040027 00000002" NONCE, SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH},
        {"10010031 00020001 00040029 00000002" NONCE "00", SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH},
        {"10010030 00020001 00040029 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"10010030 00020001 00040003 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"10010030 00020002 00040028 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"10010030 00020000 00040028 00000002" NONCE, SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"10010032 00020001 00040028 00000002" NONCE "0000", SSTP_STATUS_INVALID_FRAME_RECEIVED},
        {"10010058 00020002 00040028 00000002" NONCE "00040028 00000002" NONCE,
         SSTP_STATUS_DUPLICATE_ATTRIBUTE},
    };
    struct sstp_binding_request request = {.hashes = 0x55};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        const struct sstp_message message = message_of(wrong[i].hex);

        if (!CHECK_EQ(sstp_wire_get_connect_ack(&message, &request), wrong[i].status))
            fprintf(stderr, "    row %zu\n", i);
    }
    CHECK_EQ(request.hashes, 0x55);
}

/* -- CALL_CONNECTED -------------------------------------------------------------------------------------- */

TEST(connected)
{
    struct sstp_binding in = {.hash = 2}, out = {0};
    struct writer w = writer_of(packet, sizeof(packet));
    struct sstp_message message;
    struct bytes payload;

    memset(in.nonce, 0x11, sizeof(in.nonce));
    memset(in.cert_hash, 0x22, sizeof(in.cert_hash));
    memset(in.mac, 0x33, sizeof(in.mac));
    sstp_wire_put_connected(&w, &in);
    CHECK_EQ(w.len, SSTP_CONNECTED_LEN);
    CHECK_EQ(packet[SSTP_CONNECTED_MAC_OFFSET - 1], 0x22);
    CHECK_EQ(packet[SSTP_CONNECTED_MAC_OFFSET], 0x33);
    CHECK_EQ(sstp_frame_next(writer_view(&w), &payload), SSTP_FRAME_CONTROL);
    CHECK(sstp_wire_message(payload, &message) && sstp_wire_get_connected(&message, &out));
    CHECK_MEM(&out, &in, sizeof(in));

    message.attributes.len--;
    CHECK(!sstp_wire_get_connected(&message, &out));
    message.attributes.len++;
    message.n_attributes = 2;
    CHECK(!sstp_wire_get_connected(&message, &out));
}

/* -- CALL_CONNECT_NAK, CALL_ABORT, CALL_DISCONNECT ------------------------------------------------------- */

TEST(status_messages)
{
    const struct sstp_status_info timeout = {.attribute = 2, .status = 8};
    const struct sstp_status_info none = {.attribute = 0, .status = 0};
    const struct sstp_status_info naks[] = {{.attribute = 1, .status = 4, .value = bytes_of("\xab\xcd", 2)},
                                            {.attribute = 3, .status = 2}};
    struct writer w = writer_of(packet, sizeof(packet));

    sstp_wire_put_status(&w, SSTP_MESSAGE_ABORT, &timeout, 1);
    check_packet(&w, "10 01 00 14 00 05 00 01 00 02 00 0C 00 00 00 02 00 00 00 08");
    w = writer_of(packet, sizeof(packet));
    sstp_wire_put_status(&w, SSTP_MESSAGE_DISCONNECT, &none, 1);
    check_packet(&w, "10 01 00 14 00 06 00 01 00 02 00 0C 00 00 00 00 00 00 00 00");
    w = writer_of(packet, sizeof(packet));
    sstp_wire_put_status(&w, SSTP_MESSAGE_ABORT, NULL, 0);
    check_packet(&w, "10 01 00 08 00 05 00 00");
    w = writer_of(packet, sizeof(packet));
    sstp_wire_put_status(&w, SSTP_MESSAGE_CONNECT_NAK, naks, 2);
    check_packet(&w, "10010022 00030002 0002000e 00000001 00000004 abcd 0002000c 00000003 00000002");
}

static void check_info(const char *hex, bool present, uint8_t attribute, uint32_t status, size_t value_len)
{
    const struct sstp_message message = message_of(hex);
    const struct sstp_status_info info = sstp_wire_get_status(&message);

    if (!CHECK_EQ(info.present, present) || !CHECK_EQ(info.attribute, attribute) ||
        !CHECK_EQ(info.status, status) || !CHECK_EQ(info.value.len, value_len))
        fprintf(stderr, "    message: %s\n", hex);
}

TEST(status_is_read_liberally)
{
    check_info("10010014 00050001 0002000c 00000003 00000004", true, 3, 4, 0);
    check_info("10010016 00030001 0002000e 00000001 00000004 abcd", true, 1, 4, 2);
    check_info("10010014 00050001 ff02f00c ffffff03 00000004", true, 3, 4, 0);
    check_info("10010008 00050000", false, 0, 0, 0);                       /* SoftEther */
    check_info("10010010 00050001 00020008 00000007", true, 0, 7, 0);      /* sorz */
    check_info("10010010 00060001 00000008 00000000", true, 0, 0, 0);      /* sorz, DISCONNECT */
    check_info("10010012 00050001 0002000a 00000007 0000", true, 0, 7, 2); /* neither form: the short one */
    check_info("10010014 00050000 0002000c 00000002 00000007", true, 2, 7, 0); /* a wrong count */
    check_info("10010014 00050009 0002000c 00000002 00000007", true, 2, 7, 0);
    check_info("1001001a 00050002 00770006 beef 0002000c 00000002 00000007", true, 2, 7, 0);
    check_info("10010018 00030002 0002000c 00000001 00000004 00020099", true, 1, 4, 0); /* a broken tail */
    check_info("1001000c 00050001 00020004", false, 0, 0, 0); /* too short to say anything */
    check_info("1001000f 00050001 00020007 000000", false, 0, 0, 0);
    check_info("10010014 00050001 0002000d 00000002 00000007", false, 0, 0, 0); /* beyond the end */
    check_info("10010014 00050001 00020003 00000002 00000007", false, 0, 0, 0);
    check_info("10010009 00050001 00", false, 0, 0, 0);
    check_info("1001000e 00050001 00010006 0001", false, 0, 0, 0);
}

/* -- the bare ones, names -------------------------------------------------------------------------------- */

TEST(bare_messages)
{
    static const struct {
        uint16_t type;
        const char *hex;
    } bare[] = {{SSTP_MESSAGE_ECHO_REQUEST, "10 01 00 08 00 08 00 00"},
                {SSTP_MESSAGE_ECHO_RESPONSE, "10 01 00 08 00 09 00 00"},
                {SSTP_MESSAGE_DISCONNECT_ACK, "10 01 00 08 00 07 00 00"}};

    for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
        struct writer w = writer_of(packet, sizeof(packet));
        const struct sstp_message message = message_of(bare[i].hex);

        sstp_wire_put_bare(&w, bare[i].type);
        check_packet(&w, bare[i].hex);
        CHECK_EQ(message.type, bare[i].type);
        CHECK_EQ(message.n_attributes, 0);
        CHECK_EQ(message.attributes.len, 0);
    }
}

TEST(encoders_respect_the_end_of_the_buffer)
{
    const struct sstp_binding binding = {.hash = 1};
    uint8_t small[SSTP_CONNECTED_LEN - 1];

    for (size_t cap = 0; cap < sizeof(small); cap++) {
        struct writer w = writer_of(small, cap);

        sstp_wire_put_connected(&w, &binding);
        CHECK(!writer_ok(&w));
    }
}

TEST(messages_queue_up_in_one_buffer)
{
    struct writer w = writer_of(packet, sizeof(packet));

    sstp_wire_put_bare(&w, SSTP_MESSAGE_ECHO_REQUEST);
    sstp_wire_put_connect_request(&w, 1);
    check_packet(&w, "1001000800080000 1001000e000100010001 00060001");
}

TEST(names)
{
    CHECK_STR(sstp_message_name(0), "UNKNOWN");
    CHECK_STR(sstp_message_name(1), "CALL_CONNECT_REQUEST");
    CHECK_STR(sstp_message_name(9), "ECHO_RESPONSE");
    CHECK_STR(sstp_message_name(10), "UNKNOWN");
    CHECK_STR(sstp_message_name(0xffff), "UNKNOWN");
    CHECK_STR(sstp_status_name(4), "VALUE_NOT_SUPPORTED");
    CHECK_STR(sstp_status_name(0x0b), "STATUS_INFO_NOT_SUPPORTED_IN_MSG");
    CHECK_STR(sstp_status_name(0x0c), "UNKNOWN");
    CHECK_STR(sstp_status_name(0xffffffff), "UNKNOWN");
    CHECK_STR(sstp_attribute_name(3), "CRYPTO_BINDING");
    CHECK_STR(sstp_attribute_name(0xff), "UNKNOWN");
}

CHECK_MAIN()
