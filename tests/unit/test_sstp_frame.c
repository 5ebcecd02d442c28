/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sstp_frame.h"

#include "check.h"
#include "sstp.h"

static enum sstp_frame next(const void *data, size_t len, struct bytes *ret_payload)
{
    return sstp_frame_next(bytes_of(data, len), ret_payload);
}

TEST(data_and_control)
{
    static const uint8_t data[] = {0x10, 0x00, 0x00, 0x06, 0xff, 0x03, 0x10};
    static const uint8_t control[] = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00};
    struct bytes payload;

    CHECK_EQ(next(data, sizeof(data), &payload), SSTP_FRAME_DATA);
    CHECK(payload.data == data + 4 && payload.len == 2); /* what follows is the next packet's */
    CHECK_EQ(next(control, sizeof(control), &payload), SSTP_FRAME_CONTROL);
    CHECK(payload.data == control + 4 && payload.len == 4);
}

TEST(every_length)
{
    static uint8_t stream[SSTP_PACKET_MAX + 1] = {0x10, 0x00};
    struct bytes payload;

    for (size_t len = 0; len <= 0xfff; len++) {
        stream[2] = (uint8_t)(len >> 8);
        stream[3] = (uint8_t)len;
        if (len < 4) {
            CHECK_EQ(next(stream, sizeof(stream), &payload), SSTP_FRAME_BAD);
            CHECK_EQ(next(stream, 4, &payload), SSTP_FRAME_BAD);
            continue;
        }
        CHECK_EQ(next(stream, len, &payload), SSTP_FRAME_DATA);
        CHECK_EQ(payload.len, len - 4);
        CHECK_EQ(next(stream, len - 1, &payload), SSTP_FRAME_MORE);
    }
}

TEST(needs_four_bytes_to_judge_a_length)
{
    static const uint8_t header[] = {0x10, 0x00, 0x00, 0x00};
    struct bytes payload;

    for (size_t len = 0; len < 4; len++)
        CHECK_EQ(next(header, len, &payload), SSTP_FRAME_MORE);
    CHECK_EQ(next(header, 4, &payload), SSTP_FRAME_BAD);
}

TEST(every_version_but_one_is_bad)
{
    uint8_t header[] = {0x00, 0x00, 0x00, 0x04};
    struct bytes payload;

    for (unsigned int version = 0; version <= 0xff; version++) {
        header[0] = (uint8_t)version;
        CHECK_EQ(next(header, 4, &payload), version == 0x10 ? SSTP_FRAME_DATA : SSTP_FRAME_BAD);
        CHECK_EQ(next(header, 1, &payload), version == 0x10 ? SSTP_FRAME_MORE : SSTP_FRAME_BAD);
    }
}

/* protocol.md 4: test bit 0 only, mask R. */
TEST(reserved_bits_do_not_count)
{
    uint8_t header[] = {0x10, 0xfe, 0xf0, 0x04};
    struct bytes payload;

    CHECK_EQ(next(header, 4, &payload), SSTP_FRAME_DATA);
    CHECK_EQ(payload.len, 0);
    header[1] = 0xff;
    CHECK_EQ(next(header, 4, &payload), SSTP_FRAME_CONTROL);
}

TEST(what_we_write_we_read)
{
    uint8_t header[SSTP_PACKET_MAX] = {0};
    struct bytes payload;

    sstp_data_header(header, SSTP_PAYLOAD_MAX);
    CHECK_EQ(next(header, sizeof(header), &payload), SSTP_FRAME_DATA);
    CHECK_EQ(payload.len, SSTP_PAYLOAD_MAX);
    sstp_data_header(header, 0);
    CHECK_EQ(next(header, sizeof(header), &payload), SSTP_FRAME_DATA);
    CHECK_EQ(payload.len, 0);
}

CHECK_MAIN()
