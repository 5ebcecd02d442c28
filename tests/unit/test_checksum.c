/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every variant against the slow way, for every length and alignment. */
#include "check.h"

#include <stdlib.h>

#include "checksum.h"
#include "ip_packet.h"

#define LONGEST 2048
#define LARGE   (1024 * 1024 + 77)

static uint8_t data[LARGE + 64], copied[LARGE + 128];

static const enum checksum_variant variants[] = {CHECKSUM_SCALAR, CHECKSUM_AVX2};

static void fill(uint64_t seed)
{
    uint64_t state = seed;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(ip_packet_random(&state) >> 56);
}

static bool sums_and_copies(const uint8_t *from, size_t len, uint8_t *to)
{
    uint32_t want = ip_packet_sum(from, len, 0);

    memset(to - 8, 0xa5, 16);
    memset(to + len, 0xa5, 8);
    return CHECK_EQ(checksum_sum(from, len), want) && CHECK_EQ(checksum_copy(to, from, len), want) &&
           CHECK_MEM(to, from, len) && CHECK_MEM(to - 8, "\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5", 8) &&
           CHECK_MEM(to + len, "\xa5\xa5\xa5\xa5\xa5\xa5\xa5\xa5", 8);
}

static void every_length(void)
{
    for (size_t len = 0; len <= LONGEST; len++) {
        for (size_t from = 0; from < 33; from += len < 300 ? 1 : 11) {
            if (!sums_and_copies(data + from, len, copied + 32 + (len + from * 7) % 33)) {
                fprintf(stderr, "length %zu, alignment %zu\n", len, from);
                return;
            }
        }
    }
}

TEST(every_length_and_alignment)
{
    for (size_t v = 0; v < sizeof(variants) / sizeof(variants[0]); v++) {
        if (!checksum_use(variants[v])) {
            printf("this CPU has no %s\n", checksum_variant_name(variants[v]));
            continue;
        }
        fill(v + 1);
        every_length();
    }
}

TEST(large)
{
    static const size_t lengths[] = {4095, 9000, 16384, 65507, 65535, 65536, LARGE};

    for (size_t v = 0; v < sizeof(variants) / sizeof(variants[0]); v++) {
        if (!checksum_use(variants[v]))
            continue;
        fill(7);
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
            CHECK(sums_and_copies(data + i, lengths[i], copied + 32 + i));
        memset(data, 0xff, sizeof(data)); /* the most carries */
        CHECK(sums_and_copies(data + 1, LARGE, copied + 32));
        memset(data, 0, sizeof(data)); /* the only sum of 0 */
        CHECK(sums_and_copies(data, LARGE, copied + 33));
        data[LARGE - 1] = 1;
        CHECK(sums_and_copies(data, LARGE, copied + 33));
    }
}

TEST(variants_have_names)
{
    CHECK_STR(checksum_variant_name(CHECKSUM_SCALAR), "scalar");
    CHECK_STR(checksum_variant_name(CHECKSUM_AVX2), "AVX2");
}

TEST(rfc_1071_example)
{
    static const uint8_t words[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

    CHECK_EQ(checksum_sum(words, sizeof(words)), 0xddf2);
    CHECK_EQ(checksum_finish(checksum_sum(words, sizeof(words))), 0x220d);
}

TEST(folding)
{
    CHECK_EQ(checksum_fold(0), 0);
    CHECK_EQ(checksum_fold(0xffff), 0xffff);
    CHECK_EQ(checksum_fold(0x10000), 1);
    CHECK_EQ(checksum_fold(0xffffffff), 0xffff);
    CHECK_EQ(checksum_fold(0xffff0001), 1);
    CHECK_EQ(checksum_finish(0xffff), 0);
    CHECK_EQ(checksum_finish_udp(0xffff), 0xffff);
    CHECK_EQ(checksum_finish_udp(0x1234), 0xedcb);
}

TEST(pseudo_headers)
{
    uint8_t addresses[32], header[40] = {0};
    uint64_t state = 3;

    for (size_t i = 0; i < sizeof(addresses); i++)
        addresses[i] = (uint8_t)(ip_packet_random(&state) >> 56);
    memcpy(header, addresses, 8);
    header[9] = 17;
    header[10] = 0x12;
    header[11] = 0x34;
    CHECK_EQ(checksum_fold(checksum_pseudo_ipv4(addresses, 17, 0x1234)), ip_packet_sum(header, 12, 0));
    memset(header, 0, sizeof(header));
    memcpy(header, addresses, 32);
    header[33] = 1;
    header[34] = 0x12;
    header[35] = 0x34;
    header[39] = 6;
    CHECK_EQ(checksum_fold(checksum_pseudo_ipv6(addresses, 6, 0x11234)), ip_packet_sum(header, 40, 0));
}

CHECK_MAIN()
