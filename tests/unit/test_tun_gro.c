/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Merging, judged by what comes out when the writes are split again: the same datagrams, per flow in the same order. */
#include "check.h"

#include <stdlib.h>

#include "gro_rig.h"
#include "ip_wire.h"

/* Split, merge: the very bytes that the kernel gave, virtio header included. */
static bool round_trip(const struct ip_packet *packet, uint16_t gso_size)
{
    static uint8_t super[IP_PACKET_MAX];
    size_t len = ip_packet_write_super(packet, gso_size, super);

    reset(TUN_GRO_TCP | TUN_GRO_UDP);
    for (size_t i = 0; i < ip_packet_n_segments(packet, gso_size); i++) {
        struct ip_packet segment = ip_packet_segment(packet, gso_size, i);
        IGNORE_RESULT(arrive(&segment));
    }
    return run() && CHECK_EQ(n_writes, 1) && CHECK_EQ(n_merged, 1) && CHECK_MEM(flat, super, len) &&
           all_equal_in_order();
}

static void sizes(const struct ip_packet *shape)
{
    static const uint16_t gso_sizes[] = {1, 2, 7, 64, 535, 536, 1348, 1360, 1448, 4000};
    struct ip_packet packet = *shape;

    for (size_t i = 0; i < sizeof(gso_sizes) / sizeof(gso_sizes[0]); i++) {
        size_t size = gso_sizes[i], most = 65535 - ip_packet_header_len(&packet);
        const size_t payloads[] = {size + 1, 2 * size, 3 * size + size / 2 + 1, 47 * size, 64 * size, most};
        for (size_t k = 0; k < sizeof(payloads) / sizeof(payloads[0]); k++) {
            packet.payload_len = payloads[k];
            if (packet.payload_len > most || packet.payload_len > 64 * size)
                continue;
            packet.payload_seed++;
            if (!round_trip(&packet, (uint16_t)size)) {
                fprintf(stderr, "%zu bytes in %zu\n", packet.payload_len, size);
                return;
            }
        }
    }
}

static void every_shape(bool ipv6)
{
    struct ip_packet packet = ip_packet_default(ipv6, true);

    packet.tos = 0x2f;
    packet.flow_label = 0xabcde;
    sizes(&packet);
    packet.udp = false;
    for (uint8_t len = 0; len <= 40; len += 4) {
        packet.options_len = len;
        memset(packet.options, 0x40 + len, len);
        packet.flags = (uint8_t)(0x10 | (len & 4 ? 0x08 : 0));
        packet.tos = (uint8_t)(len * 5);
        packet.dont_fragment = (len & 8) != 0;
        packet.id = (uint16_t)(0xfff0 + len);
        sizes(&packet);
    }
}

TEST(split_then_merge_ipv4)
{
    every_shape(false);
}

TEST(split_then_merge_ipv6)
{
    every_shape(true);
}

/* More than fits one write: as few as possible, and nothing lost at the seams. */
TEST(long_trains)
{
    for (int kind = 0; kind < 4; kind++) {
        struct ip_packet packet = ip_packet_default(kind & 1, kind & 2);
        for (size_t size = 500; size <= 1400; size += 900) {
            reset(TUN_GRO_TCP | TUN_GRO_UDP);
            for (size_t i = 0; i < 300; i++) {
                packet.payload_len = size;
                IGNORE_RESULT(arrive(&packet));
                packet.payload_at += size;
                packet.seq += (uint32_t)size;
                packet.id++;
            }
            CHECK(run() && all_equal_in_order());
            CHECK_EQ(n_writes, size == 500 ? 5 : 7); /* 64, or what goes into 65535 */
        }
    }
}

/*
 * What the rules exclude stands between two datagrams that would merge with their neighbours. Offsets are of the IPv4 or
 * IPv6 datagram; checksums are mended after the change unless it is the checksum.
 */
struct exclusion {
    const char *what;
    uint8_t at, to_xor;
    bool ipv6, udp;
};

static const struct exclusion exclusions[] = {
    {"SYN", 33, 0x02, false, false},
    {"RST", 33, 0x04, false, false},
    {"FIN", 33, 0x01, false, false},
    {"URG", 33, 0x20, false, false},
    {"ECE", 33, 0x40, false, false},
    {"CWR", 33, 0x80, false, false},
    {"no ACK", 33, 0x10, false, false},
    {"AccECN", 32, 0x01, false, false},
    {"ACK number", 31, 1, false, false},
    {"window", 35, 1, false, false},
    {"urgent pointer", 39, 1, false, false},
    {"option", 50, 1, false, false},
    {"sequence", 27, 1, false, false},
    {"service", 1, 4, false, false},
    {"congestion mark", 1, 3, false, false},
    {"TTL", 8, 1, false, false},
    {"DF", 6, 0x40, false, false},
    {"MF", 6, 0x20, false, false},
    {"reserved bit", 6, 0x80, false, false},
    {"fragment offset", 7, 1, false, false},
    {"IP checksum", 10, 1, false, false},
    {"TCP checksum", 36, 1, false, false},
    {"payload", 60, 1, false, false},
    {"traffic class", 0, 1, true, false},
    {"flow label", 3, 1, true, false},
    {"hop limit", 7, 1, true, false},
    {"fragment header", 6, 6 ^ 44, true, false},
    {"hop-by-hop header", 6, 6, true, false},
    {"TCP checksum", 56, 1, true, false},
    {"FIN", 53, 0x01, true, false},
    {"UDP checksum", 26, 1, false, true},
    {"UDP length", 25, 1, false, true},
    {"UDP payload", 60, 1, true, true},
    {"UDP service", 1, 4, false, true},
};

static void mend_checksums(uint8_t *ip, bool ipv6, bool udp, size_t len, uint8_t at)
{
    size_t transport = ipv6 ? 40 : 20, field = transport + (udp ? 6 : 16);
    uint32_t start = (uint32_t)((udp ? 17 : 6) + len - transport);

    if (!ipv6 && at < 20 && at != 10) {
        ip[10] = ip[11] = 0;
        uint16_t sum = (uint16_t)~ip_packet_fold(ip_packet_sum(ip, 20, 0));
        ip[10] = (uint8_t)(sum >> 8);
        ip[11] = (uint8_t)sum;
    } else if (at >= transport && at != field && at != 60) {
        start = ipv6 ? ip_packet_sum(ip + 8, 32, start) : ip_packet_sum(ip + 12, 8, start);
        ip[field] = ip[field + 1] = 0;
        uint16_t sum = (uint16_t)~ip_packet_fold(ip_packet_sum(ip + transport, len - transport, start));
        ip[field] = (uint8_t)(sum >> 8);
        ip[field + 1] = (uint8_t)sum;
    }
}

static void arrive_excluded(const struct exclusion *exclusion)
{
    struct ip_packet packet = ip_packet_default(exclusion->ipv6, exclusion->udp);

    packet.options_len = exclusion->udp ? 0 : 12;
    packet.payload_len = 200;
    for (int i = 0; i < 5; i++) {
        uint8_t *at = arrive(&packet);
        if (i == 2) {
            at[exclusion->at] ^= exclusion->to_xor;
            mend_checksums(at, exclusion->ipv6, exclusion->udp, datagrams[n_datagrams - 1].len,
                           exclusion->at);
        }
        packet.seq += 200;
        packet.id++;
    }
}

TEST(exclusions_keep_their_place)
{
    for (size_t i = 0; i < sizeof(exclusions) / sizeof(exclusions[0]); i++) {
        reset(TUN_GRO_TCP | TUN_GRO_UDP);
        arrive_excluded(&exclusions[i]);
        if (!CHECK(run() && all_equal_in_order()) || !CHECK_EQ(n_writes, 3) || !CHECK_EQ(n_merged, 2))
            fprintf(stderr, "%s, IPv%c %s\n", exclusions[i].what, exclusions[i].ipv6 ? '6' : '4',
                    exclusions[i].udp ? "UDP" : "TCP");
    }
}

/* The first of a flow is only looked at closely when the second comes. */
TEST(first_is_bad)
{
    struct ip_packet packet = ip_packet_default(false, false);

    reset(TUN_GRO_TCP);
    for (int i = 0; i < 4; i++) {
        arrive(&packet)[50] ^= i == 0;
        packet.seq += 100;
    }
    CHECK(run());
    CHECK_EQ(n_writes, 2);
    CHECK_EQ(n_merged, 1);
    CHECK_EQ(gro.n_bad, 1);
}

/* A single datagram is vouched for only when it was verified: here because the one before it turned out bad. */
TEST(data_valid)
{
    struct ip_packet packet = ip_packet_default(true, false);
    struct tun_gro_write write;

    reset(TUN_GRO_TCP);
    arrive(&packet)[62] ^= 4;
    packet.seq += 100;
    IGNORE_RESULT(arrive(&packet));
    for (int i = 0; i < 2; i++)
        CHECK(tun_gro_add(&gro, datagrams[i]));
    CHECK(tun_gro_take(&gro, &write) && CHECK_EQ(write.n_packets, 1));
    IGNORE_RESULT(flatten(&write));
    CHECK_EQ(vnet.flags, 0);
    tun_gro_flush(&gro);
    CHECK(tun_gro_take(&gro, &write) && CHECK_EQ(write.n_packets, 1));
    IGNORE_RESULT(flatten(&write));
    CHECK_EQ(vnet.flags, TUN_VNET_DATA_VALID);
    CHECK_MEM(flat + 10, datagrams[1].data, datagrams[1].len);
}

TEST(push_ends_and_does_not_wait)
{
    struct ip_packet packet = ip_packet_default(false, false);
    struct tun_gro_write write;

    reset(TUN_GRO_TCP);
    packet.flags |= 8;
    IGNORE_RESULT(arrive(&packet));
    CHECK(tun_gro_add(&gro, datagrams[0]));
    CHECK(tun_gro_take(&gro, &write) && CHECK_EQ(write.n_packets, 1));
    CHECK(!tun_gro_take(&gro, &write));
    packet.flags = 0x10;
    packet.seq += 100;
    IGNORE_RESULT(arrive(&packet));
    packet.flags = 0x18;
    packet.seq += 100;
    IGNORE_RESULT(arrive(&packet));
    CHECK(tun_gro_add(&gro, datagrams[1]));
    CHECK(!tun_gro_take(&gro, &write));
    CHECK(tun_gro_add(&gro, datagrams[2]));
    CHECK(tun_gro_take(&gro, &write) && CHECK_EQ(write.n_packets, 2));
    IGNORE_RESULT(flatten(&write));
    CHECK_EQ(flat[10 + 33], 0x18);
    tun_gro_flush(&gro);
    CHECK(!tun_gro_take(&gro, &write));
}

/* RFC 6864: with DF the identification is noise, without it must count up. */
TEST(identification)
{
    for (int df = 0; df < 2; df++) {
        struct ip_packet packet = ip_packet_default(false, true);

        reset(TUN_GRO_UDP);
        packet.dont_fragment = df;
        for (int i = 0; i < 6; i++) {
            IGNORE_RESULT(arrive(&packet));
            packet.id = (uint16_t)(packet.id + 3);
        }
        CHECK(run());
        CHECK_EQ(n_writes, df ? 1 : 6);
    }
}

/* Whole trains of what may not be merged, each like the one before. */
TEST(flags_in_every_packet)
{
    static const uint8_t flags[] = {0x00, 0x11, 0x12, 0x14, 0x30, 0x50, 0x90, 0x08};

    for (size_t i = 0; i <= sizeof(flags); i++) {
        struct ip_packet packet = ip_packet_default(false, false);

        reset(TUN_GRO_TCP);
        if (i < sizeof(flags))
            packet.flags = flags[i];
        for (int k = 0; k < 4; k++) {
            uint8_t *at = arrive(&packet);
            if (i == sizeof(flags)) { /* AccECN's bit */
                at[32] |= 1;
                mend_checksums(at, false, false, datagrams[n_datagrams - 1].len, 32);
            }
            packet.seq += 100;
            packet.id++;
        }
        CHECK(run() && all_equal_in_order());
        CHECK_EQ(n_merged, 0);
    }
}

/* A UDP datagram without checksum is not a bad one. */
TEST(udp_without_checksum)
{
    struct ip_packet packet = ip_packet_default(false, true);

    reset(TUN_GRO_UDP);
    for (int i = 0; i < 4; i++)
        memset(arrive(&packet) + 26, 0, 2);
    CHECK(run() && all_equal_in_order());
    CHECK_EQ(n_merged, 0);
    CHECK_EQ(gro.n_bad, 0);
}

TEST(not_what_was_not_asked_for)
{
    for (unsigned offloads = 0; offloads < 4; offloads++) {
        reset(offloads);
        for (int kind = 0; kind < 4; kind++) {
            struct ip_packet packet = ip_packet_default(kind & 1, kind & 2);
            for (int i = 0; i < 3; i++) {
                IGNORE_RESULT(arrive(&packet));
                packet.seq += 100;
                packet.id++;
            }
        }
        CHECK(run());
        CHECK_EQ(n_merged, (offloads & TUN_GRO_TCP ? 2 : 0) + (offloads & TUN_GRO_UDP ? 2 : 0));
    }
}

/* A fragment has no ports: it may not overtake anything between its two addresses. */
TEST(fragments_and_flows)
{
    struct ip_packet a = ip_packet_default(false, true), b = a, other = a;
    struct tun_gro_write write;
    unsigned n = 0;

    b.source_port++;
    other.source = 77;
    reset(TUN_GRO_TCP | TUN_GRO_UDP);
    IGNORE_RESULT(arrive(&a));
    IGNORE_RESULT(arrive(&b));
    IGNORE_RESULT(arrive(&other));
    arrive(&a)[7] = 100; /* offset 800 */
    for (size_t i = 0; i < 4; i++)
        CHECK(tun_gro_add(&gro, datagrams[i]));
    while (tun_gro_take(&gro, &write))
        n++;
    CHECK_EQ(n, 3); /* a, b and the fragment; the other stays */
    tun_gro_flush(&gro);
    CHECK(tun_gro_take(&gro, &write));
}

TEST(writes_are_to_be_taken)
{
    struct ip_packet packet = ip_packet_default(false, false);
    struct tun_gro_write write;

    reset(TUN_GRO_TCP);
    packet.payload_len = 0;
    IGNORE_RESULT(arrive(&packet));
    CHECK(tun_gro_add(&gro, datagrams[0]));
    CHECK(!tun_gro_add(&gro, datagrams[0]));
    CHECK(tun_gro_take(&gro, &write));
    CHECK(!tun_gro_take(&gro, &write));
    CHECK(tun_gro_add(&gro, datagrams[0]));
    tun_gro_flush(&gro);
    CHECK(tun_gro_take(&gro, &write));
    CHECK(!tun_gro_take(&gro, &write));
}

/* A transport header that is cut off: its flow is not known, so it stays between what came before and after. */
TEST(cut_headers_keep_their_place)
{
    for (unsigned shape = 0; shape < 4; shape++) {
        struct ip_packet packet = ip_packet_default(shape & 1, shape & 2);

        reset(TUN_GRO_TCP | TUN_GRO_UDP);
        packet.payload_len = 200;
        for (int i = 0; i < 5; i++) {
            uint8_t *at = arrive(&packet);
            struct bytes *datagram = &datagrams[n_datagrams - 1];

            if (i == 2) {
                datagram->len = ip_packet_header_len(&packet) - 1;
                ip_wire_put_u16(packet.ipv6 ? at + 4 : at + 2,
                                (uint16_t)(datagram->len - (packet.ipv6 ? 40 : 0)));
                if (!packet.ipv6)
                    mend_checksums(at, false, packet.udp, ip_packet_header_len(&packet), 2);
            }
            packet.seq += 200;
            packet.id++;
        }
        CHECK(run() && all_equal_in_order());
        CHECK_EQ(n_merged, 2);
        CHECK_EQ(n_writes, 3);
    }
}

TEST(rubbish_passes)
{
    static const uint8_t rubbish[] = {0x45, 0x00, 0x00, 0x14, 0xff, 0x60, 0x12, 0x00, 0x45, 0x06};

    reset(TUN_GRO_TCP | TUN_GRO_UDP);
    for (size_t len = 0; len <= sizeof(rubbish); len++) {
        memcpy(batch + batch_len, rubbish + sizeof(rubbish) - len, len);
        datagrams[n_datagrams++] = bytes_of(batch + batch_len, len);
        batch_len += len;
    }
    CHECK(run() && all_equal_in_order());
}

CHECK_MAIN()
