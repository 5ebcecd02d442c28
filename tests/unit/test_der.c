/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "der.h"

#define READER(...) \
    reader_of(bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})))

TEST(elements)
{
    struct reader r = READER(0x30, 0x03, 0x02, 0x01, 0x07, 0x05, 0x00);
    struct der der = der_next(&r);

    CHECK_EQ(der.tag, DER_SEQUENCE);
    CHECK_EQ(der.value.len, 3);
    CHECK_EQ(der.whole.len, 5);
    CHECK_EQ(der.value.data - der.whole.data, 2);
    der = der_next(&r);
    CHECK_EQ(der.tag, 5);
    CHECK_EQ(der.value.len, 0);
    CHECK_EQ(der.whole.len, 2);
    CHECK(reader_done(&r));
    der = der_next(&r);
    CHECK_EQ(der.tag, 0);
    CHECK(!reader_ok(&r));
}

static bool accepts(const uint8_t *head, size_t head_len, size_t value_len)
{
    static uint8_t buf[70000];
    struct reader r = reader_of(bytes_of(buf, head_len + value_len));

    memcpy(buf, head, head_len);
    return der_next(&r).value.len == value_len && reader_done(&r);
}

/* X.690 10.1: the shortest length only. */
TEST(lengths)
{
    CHECK(accepts((const uint8_t[]){0x04, 0x7f}, 2, 0x7f));
    CHECK(accepts((const uint8_t[]){0x04, 0x81, 0x80}, 3, 0x80));
    CHECK(accepts((const uint8_t[]){0x04, 0x81, 0xff}, 3, 0xff));
    CHECK(accepts((const uint8_t[]){0x04, 0x82, 0x01, 0x00}, 4, 0x100));
    CHECK(accepts((const uint8_t[]){0x04, 0x82, 0xff, 0xff}, 4, 0xffff));
    CHECK(accepts((const uint8_t[]){0x04, 0x83, 0x01, 0x00, 0x00}, 5, 0x10000));
    CHECK(!accepts((const uint8_t[]){0x04, 0x81, 0x7f}, 3, 0x7f));
    CHECK(!accepts((const uint8_t[]){0x04, 0x82, 0x00, 0xff}, 4, 0xff));
    CHECK(!accepts((const uint8_t[]){0x04, 0x83, 0x00, 0xff, 0xff}, 5, 0xffff));
    CHECK(!accepts((const uint8_t[]){0x04, 0x84, 0x00, 0x01, 0x00, 0x00}, 6, 0x10000));
    CHECK(!accepts((const uint8_t[]){0x04, 0x80}, 2, 0));       /* indefinite */
    CHECK(!accepts((const uint8_t[]){0x1f, 0x01, 0x00}, 3, 0)); /* a tag of several bytes */
    CHECK(!accepts((const uint8_t[]){0x04, 0xff}, 2, 0));
}

TEST(lengths_that_lie)
{
    struct reader r = READER(0x30, 0x04, 0x02, 0x01, 0x07);

    CHECK_EQ(der_next(&r).whole.len, 0);
    CHECK(!reader_ok(&r));
    r = READER(0x30);
    (void)der_next(&r);
    CHECK(!reader_ok(&r));
    r = READER(0x30, 0x82, 0x01);
    (void)der_next(&r);
    CHECK(!reader_ok(&r));
}

TEST(expected_and_optional)
{
    struct reader r = READER(0xa0, 0x01, 0xaa, 0x02, 0x01, 0x07);
    struct bytes value;

    CHECK(!der_optional(&r, DER_CONTEXT_CONSTRUCTED(1), &value));
    CHECK(der_optional(&r, DER_CONTEXT_CONSTRUCTED(0), &value));
    CHECK_EQ(value.len, 1);
    CHECK_EQ(value.data[0], 0xaa);
    CHECK_EQ(der_expect(&r, DER_INTEGER).len, 1);
    CHECK(!der_optional(&r, DER_INTEGER, &value));
    CHECK(reader_done(&r));
    r = READER(0x02, 0x01, 0x07);
    CHECK_EQ(der_expect(&r, DER_OID).len, 0);
    CHECK(!reader_ok(&r));
    CHECK(!der_optional(&r, DER_INTEGER, &value));
    r = READER(0x02, 0x05);
    CHECK(!der_optional(&r, DER_INTEGER, &value));
    CHECK(!reader_ok(&r));
}

TEST(small_integers)
{
    struct reader r = READER(0x02, 0x01, 0x00, 0x02, 0x02, 0x00, 0xff, 0x02, 0x04, 0x7f, 0xff, 0xff, 0xff,
                             0x02, 0x06, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0xff);

    CHECK_EQ(der_uint(&r), 0);
    CHECK_EQ(der_uint(&r), 255);
    CHECK_EQ(der_uint(&r), 0x7fffffff);
    CHECK_EQ(der_uint(&r), UINT32_MAX);
    CHECK(reader_ok(&r));
    CHECK_EQ(der_uint(&r), 0); /* negative */
    CHECK(!reader_ok(&r));
    r = READER(0x02, 0x00);
    (void)der_uint(&r);
    CHECK(!reader_ok(&r));
}

static bool parse_time(uint8_t tag, const char *text, int64_t *ret)
{
    uint8_t buf[32] = {tag, (uint8_t)strlen(text)};
    struct reader r = reader_of(bytes_of(buf, 2 + strlen(text)));

    memcpy(buf + 2, text, strlen(text));
    return der_time(&r, ret);
}

/* The right hand side is what date(1) says. */
TEST(times)
{
    int64_t t = 0;

    CHECK(parse_time(DER_UTC_TIME, "700101000000Z", &t));
    CHECK_EQ(t, 0);
    CHECK(parse_time(DER_UTC_TIME, "491231235959Z", &t));
    CHECK_EQ(t, 2524607999);
    CHECK(parse_time(DER_UTC_TIME, "500101000000Z", &t));
    CHECK_EQ(t, -631152000);
    CHECK(parse_time(DER_UTC_TIME, "240229120000Z", &t));
    CHECK_EQ(t, 1709208000);
    CHECK(parse_time(DER_GENERALIZED_TIME, "20000301000000Z", &t));
    CHECK_EQ(t, 951868800);
    CHECK(parse_time(DER_GENERALIZED_TIME, "99991231235959Z", &t));
    CHECK_EQ(t, 253402300799);
    CHECK(parse_time(DER_GENERALIZED_TIME, "00010101000000Z", &t));
    CHECK_EQ(t, -62135596800);
}

TEST(no_times)
{
    static const char *const bad[] = {"",
                                      "7001010000Z",
                                      "700101000000",
                                      "700101000000+0100",
                                      "701301000000Z",
                                      "700001000000Z",
                                      "700132000000Z",
                                      "700101240000Z",
                                      "700101006000Z",
                                      "700101000061Z",
                                      "7a0101000000Z",
                                      "700101000000ZZ"};
    int64_t t;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!parse_time(DER_UTC_TIME, bad[i], &t));
    CHECK(!parse_time(DER_GENERALIZED_TIME, "20200101000000.5Z", &t));
    CHECK(!parse_time(DER_GENERALIZED_TIME, "200101000000Z", &t));
    CHECK(!parse_time(DER_IA5_STRING, "700101000000Z", &t));
}

CHECK_MAIN()
