/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames in every shape that servers send (protocol.md 15, Q8), and the header of control packets. */
#include "ppp_wire.h"

#include "ppp.h"

#include "check.h"

#define FRAME(...) bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

TEST(classes)
{
    struct bytes datagram = {NULL, 0};

    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03, 0xc0, 0x21, 1), &datagram), PPP_CLASS_CONTROL);
    CHECK_EQ(ppp_classify(FRAME(0xc0, 0x21, 1), &datagram), PPP_CLASS_CONTROL);
    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03, 0x80, 0xfd), &datagram), PPP_CLASS_CONTROL);
    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03, 0x00, 0x2d, 1), &datagram), PPP_CLASS_OTHER);
    CHECK_EQ(ppp_classify(FRAME(0xfd, 1), &datagram), PPP_CLASS_OTHER);
    CHECK_EQ(ppp_classify(FRAME(0x00, 0x20, 1), &datagram), PPP_CLASS_OTHER);
    CHECK_EQ(datagram.len, 0);
}

/* With and without FF 03, with one byte of protocol and with two. */
TEST(data_in_four_shapes)
{
    struct bytes frames[] = {
        FRAME(0xff, 0x03, 0x00, 0x21, 0x45, 0x11),
        FRAME(0xff, 0x03, 0x21, 0x45, 0x11),
        FRAME(0x00, 0x21, 0x45, 0x11),
        FRAME(0x21, 0x45, 0x11),
    };

    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        struct bytes datagram = {NULL, 0};

        CHECK_EQ(ppp_classify(frames[i], &datagram), PPP_CLASS_IPV4);
        CHECK_EQ(datagram.len, 2);
        CHECK_MEM(datagram.data, "\x45\x11", 2);
    }
    CHECK_EQ(ppp_classify(FRAME(0x57, 0x60), &frames[0]), PPP_CLASS_IPV6);
    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03, 0x00, 0x57), &frames[0]), PPP_CLASS_IPV6);
    CHECK_EQ(frames[0].len, 0);
}

TEST(too_short)
{
    struct bytes datagram;

    CHECK_EQ(ppp_classify(bytes_of(NULL, 0), &datagram), PPP_CLASS_BAD);
    CHECK_EQ(ppp_classify(FRAME(0xff), &datagram), PPP_CLASS_OTHER); /* odd: a protocol of one byte */
    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03), &datagram), PPP_CLASS_BAD);
    CHECK_EQ(ppp_classify(FRAME(0xff, 0x03, 0x00), &datagram), PPP_CLASS_BAD);
    CHECK_EQ(ppp_classify(FRAME(0xc0), &datagram), PPP_CLASS_BAD);
}

TEST(packet_right)
{
    struct ppp_packet packet;

    CHECK(ppp_wire_read_packet(FRAME(9, 7, 0, 6, 0xaa, 0xbb, 0x00, 0x00), &packet));
    CHECK_EQ(packet.code, 9);
    CHECK_EQ(packet.id, 7);
    CHECK_EQ(packet.data.len, 2); /* the rest is padding */
    CHECK_MEM(packet.data.data, "\xaa\xbb", 2);
    CHECK_EQ(packet.whole.len, 6);
}

TEST(packet_wrong_length)
{
    struct ppp_packet packet = {.code = 99};

    CHECK(!ppp_wire_read_packet(FRAME(1, 1, 0, 3), &packet));
    CHECK(!ppp_wire_read_packet(FRAME(1, 1, 0, 5), &packet));
    CHECK(!ppp_wire_read_packet(FRAME(1, 1, 0xff, 0xff, 1, 2), &packet));
    CHECK(!ppp_wire_read_packet(FRAME(1, 1, 0), &packet));
    CHECK(!ppp_wire_read_packet(bytes_of(NULL, 0), &packet));
    CHECK_EQ(packet.code, 99);
    CHECK(ppp_wire_read_packet(FRAME(1, 1, 0, 4), &packet));
    CHECK_EQ(packet.data.len, 0);
}

/* RouterOS: Length 4 in a longer frame (protocol.md section 11). */
TEST(padding_is_not_data)
{
    struct ppp_packet packet;

    CHECK(ppp_wire_read_packet(FRAME(2, 1, 0, 4, 8, 'L', 'o', 'g', 'i', 'n', ' ', 'o', 'k'), &packet));
    CHECK_EQ(packet.data.len, 0);
}

TEST(names)
{
    CHECK_STR(ppp_wire_protocol_name(0xc021), "LCP");
    CHECK_STR(ppp_wire_protocol_name(0x80fd), "CCP");
    CHECK_STR(ppp_wire_protocol_name(0x8053), "ECP");
    CHECK_STR(ppp_wire_protocol_name(0x8031), "BCP");
    CHECK_STR(ppp_wire_protocol_name(0x8281), "MPLSCP");
    CHECK_STR(ppp_wire_protocol_name(0xc025), "LQR");
    CHECK_STR(ppp_wire_protocol_name(0xc029), "CBCP");
    CHECK_STR(ppp_wire_protocol_name(0x0021), "IPv4");
    CHECK_STR(ppp_wire_protocol_name(0x0057), "IPv6");
    CHECK_STR(ppp_wire_protocol_name(0x1234), "protocol");
}

CHECK_MAIN()
