/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bytes.h"

#include "check.h"

TEST(reader_reads_in_network_order)
{
    static const uint8_t wire[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));

    CHECK_EQ(reader_u8(&r), 0x01);
    CHECK_EQ(reader_u16(&r), 0x0203);
    CHECK_EQ(reader_u32(&r), 0x04050607);
    CHECK(reader_ok(&r));
    CHECK(!reader_done(&r));
    CHECK_EQ(reader_u8(&r), 0x08);
    CHECK(reader_done(&r));
}

TEST(reader_u32_keeps_the_top_bit)
{
    static const uint8_t wire[] = {0xff, 0xfe, 0xfd, 0xfc};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));

    CHECK_EQ(reader_u32(&r), 0xfffefdfcU);
}

TEST(reader_fails_for_good)
{
    static const uint8_t wire[] = {0x01, 0x02, 0x03};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));

    CHECK_EQ(reader_u32(&r), 0);
    CHECK(!reader_ok(&r));
    CHECK_EQ(reader_u8(&r), 0); /* though a byte was left */
    CHECK_EQ(reader_take(&r, 0).len, 0);
    CHECK(!reader_ok(&r));
    CHECK(!reader_done(&r));
}

TEST(reader_of_nothing)
{
    struct reader r = reader_of(bytes_of(NULL, 0));

    CHECK(reader_done(&r));
    CHECK_EQ(reader_rest(&r).len, 0);
    CHECK(reader_done(&r));
    CHECK_EQ(reader_u8(&r), 0);
    CHECK(!reader_ok(&r));
}

TEST(sub_reader_cannot_leave_its_length)
{
    static const uint8_t wire[] = {0x01, 0x02, 0x03, 0x04};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));
    struct reader sub = reader_sub(&r, 2);

    CHECK_EQ(reader_u16(&sub), 0x0102);
    CHECK(reader_done(&sub));
    CHECK_EQ(reader_u8(&sub), 0);
    CHECK(!reader_ok(&sub));
    CHECK(reader_ok(&r)); /* the outer one goes on */
    CHECK_EQ(reader_u16(&r), 0x0304);
}

TEST(sub_reader_longer_than_its_outer_one)
{
    static const uint8_t wire[] = {0x01, 0x02};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));
    struct reader sub = reader_sub(&r, 3);

    CHECK(!reader_ok(&sub));
    CHECK(!reader_ok(&r));
    CHECK_EQ(reader_rest(&sub).len, 0);
}

TEST(reader_take_of_a_huge_length)
{
    static const uint8_t wire[] = {0x01};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));

    CHECK_EQ(reader_take(&r, SIZE_MAX).len, 0);
    CHECK(!reader_ok(&r));
}

TEST(reader_copy_zeroes_on_failure)
{
    static const uint8_t wire[] = {0x01, 0x02};
    uint8_t out[3] = {0xaa, 0xaa, 0xaa};
    struct reader r = reader_of(bytes_of(wire, sizeof(wire)));

    reader_copy(&r, out, sizeof(out));
    CHECK(!reader_ok(&r));
    CHECK_MEM(out, ((uint8_t[]){0, 0, 0}), sizeof(out));
}

TEST(writer_writes_in_network_order)
{
    uint8_t buf[16];
    struct writer w = writer_of(buf, sizeof(buf));

    writer_u8(&w, 0x01);
    writer_u16(&w, 0x0203);
    writer_u32(&w, 0x04050607);
    writer_put(&w, "ab", 2);
    writer_zero(&w, 2);
    CHECK(writer_ok(&w));
    CHECK_EQ(writer_view(&w).len, 11);
    CHECK_MEM(buf,
              "\x01\x02\x03\x04\x05\x06\x07"
              "ab\0\0",
              11);
}

TEST(writer_never_passes_its_end)
{
    uint8_t buf[4] = {0, 0, 0, 0x55};
    struct writer w = writer_of(buf, 3);

    writer_u16(&w, 0x0102);
    writer_u16(&w, 0x0304);
    CHECK(!writer_ok(&w));
    writer_u8(&w, 0x05); /* would fit, but the writer is bad */
    CHECK_EQ(writer_view(&w).len, 0);
    CHECK_MEM(buf, ((uint8_t[]){0x01, 0x02, 0x00, 0x55}), sizeof(buf));
}

TEST(writer_reserve_of_a_huge_length)
{
    uint8_t buf[4];
    struct writer w = writer_of(buf, sizeof(buf));

    writer_u8(&w, 1);
    CHECK(writer_reserve(&w, SIZE_MAX) == NULL);
    CHECK(!writer_ok(&w));
}

TEST(writer_patches_a_length)
{
    uint8_t buf[8];
    struct writer w = writer_of(buf, sizeof(buf));
    size_t at;

    writer_u8(&w, 0xc0);
    at = w.len;
    writer_u16(&w, 0);
    writer_u8(&w, 0xff);
    writer_patch_u16(&w, at, w.len);
    CHECK(writer_ok(&w));
    CHECK_MEM(buf, ((uint8_t[]){0xc0, 0x00, 0x04, 0xff}), 4);
}

TEST(writer_patch_refuses_what_does_not_fit)
{
    uint8_t buf[8];
    struct writer big = writer_of(buf, sizeof(buf));
    struct writer outside = writer_of(buf, sizeof(buf));

    writer_u32(&big, 0);
    writer_patch_u16(&big, 0, 65536);
    CHECK(!writer_ok(&big));
    writer_u8(&outside, 0);
    writer_patch_u16(&outside, 0, 1); /* only one byte was written */
    CHECK(!writer_ok(&outside));
}

TEST(bytes_compare_by_content)
{
    CHECK(bytes_equal(bytes_of("abc", 3), bytes_of_str("abc")));
    CHECK(!bytes_equal(bytes_of_str("abc"), bytes_of_str("abd")));
    CHECK(!bytes_equal(bytes_of_str("abc"), bytes_of_str("ab")));
    CHECK(bytes_equal(bytes_of(NULL, 0), bytes_of_str("")));
}

CHECK_MAIN()
