/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splitting against a second, slow and independent way to write the same segments. */
#include "check.h"

#include <stdlib.h>

#include "checksum.h"
#include "ip_packet.h"
#include "tun_gso.h"
#include "tun_vnet.h"

static uint8_t super[IP_PACKET_MAX], out[IP_PACKET_MAX + 16], want[IP_PACKET_MAX];

static bool begins(struct tun_gso *gso, size_t len)
{
    return CHECK_EQ(tun_gso_begin(gso, bytes_of(super, len)), TUN_GSO_OK);
}

/* The next datagram is exactly this one, and no byte around it is touched. */
static bool next_is(struct tun_gso *gso, const struct ip_packet *packet)
{
    size_t len = ip_packet_write(packet, want);

    memset(out, 0xee, 8);
    memset(out + 8 + len, 0xee, 8);
    return CHECK_EQ(tun_gso_next_len(gso), len) && CHECK_EQ(tun_gso_next(gso, out + 8, len - 1), 0) &&
           CHECK_EQ(tun_gso_next(gso, out + 8, len), len) && CHECK_MEM(out + 8, want, len) &&
           CHECK_MEM(out, "\xee\xee\xee\xee\xee\xee\xee\xee", 8) &&
           CHECK_MEM(out + 8 + len, "\xee\xee\xee\xee\xee\xee\xee\xee", 8);
}

static bool splits(const struct ip_packet *packet, uint16_t gso_size)
{
    size_t len = ip_packet_write_super(packet, gso_size, super);
    struct tun_gso gso;

    if (!begins(&gso, len))
        return false;
    for (size_t i = 0; i < ip_packet_n_segments(packet, gso_size); i++) {
        struct ip_packet segment = ip_packet_segment(packet, gso_size, i);
        if (!next_is(&gso, &segment)) {
            fprintf(stderr, "segment %zu of %zu bytes in %u\n", i, packet->payload_len, gso_size);
            return false;
        }
    }
    return CHECK_EQ(tun_gso_next_len(&gso), 0) && CHECK_EQ(tun_gso_next(&gso, out, sizeof(out)), 0);
}

static void sizes(const struct ip_packet *shape)
{
    static const uint16_t gso_sizes[] = {1, 2, 7, 64, 535, 536, 1348, 1360, 1448, 8948, 30000, 65000};
    struct ip_packet packet = *shape;
    size_t most = 65535 - ip_packet_header_len(shape);

    for (size_t i = 0; i < sizeof(gso_sizes) / sizeof(gso_sizes[0]); i++) {
        size_t size = gso_sizes[i];
        const size_t payloads[] = {
            1, size - 1, size, size + 1, 2 * size - 1, 2 * size, 3 * size + size / 2 + 1, 64 * size, most};
        for (size_t k = 0; k < sizeof(payloads) / sizeof(payloads[0]); k++) {
            packet.payload_len = payloads[k];
            if (packet.payload_len == 0 || packet.payload_len > most ||
                (size < 64 && packet.payload_len > 5000))
                continue;
            packet.payload_seed++;
            if (!splits(&packet, (uint16_t)size))
                return;
        }
    }
}

static void every_shape(bool ipv6)
{
    struct ip_packet packet = ip_packet_default(ipv6, true);

    packet.tos = 0x2e;
    packet.flow_label = 0x54321;
    sizes(&packet);
    packet.udp = false;
    for (uint8_t len = 0; len <= 40; len += 4) {
        packet.options_len = len;
        memset(packet.options, 0x40 + len, len);
        packet.flags = (uint8_t)(0x10 | (len & 4 ? 0x08 : 0) | (len & 8 ? 0x80 : 0) | (len & 16 ? 0x41 : 0));
        packet.dont_fragment = (len & 4) != 0;
        packet.id = (uint16_t)(0xfff0 + len);
        sizes(&packet);
    }
}

TEST(ipv4_shapes)
{
    every_shape(false);
}

TEST(ipv6_shapes)
{
    every_shape(true);
}

TEST(scalar_gives_the_same)
{
    struct ip_packet packet = ip_packet_default(false, false);

    CHECK(checksum_use(CHECKSUM_SCALAR));
    packet.options_len = 12;
    sizes(&packet);
    IGNORE_RESULT(checksum_use(CHECKSUM_AVX2));
}

TEST(ipv4_options)
{
    struct ip_packet packet = ip_packet_default(false, false);

    for (uint8_t len = 4; len <= 40; len += 4) {
        packet.between_len = len;
        memset(packet.between, 1, len); /* no operation */
        packet.payload_len = 5000;
        CHECK(splits(&packet, 1400));
        packet.udp = len & 8;
    }
}

TEST(ipv6_extension_headers)
{
    static const uint8_t hop_then_destinations[] = {60, 0, 1, 4, 0, 0, 0, 0, 0, 1, 1, 12,
                                                    0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct ip_packet packet = ip_packet_default(true, false);

    packet.between_len = sizeof(hop_then_destinations);
    memcpy(packet.between, hop_then_destinations, packet.between_len);
    packet.between_first = 0;
    packet.between[8] = 6;
    packet.payload_len = 5000;
    CHECK(splits(&packet, 1400));
    packet.between[8] = 17;
    packet.udp = true;
    CHECK(splits(&packet, 1400));
}

/* The pseudo header has the final destination, which is not in the IPv6 header: the kernel's sum is to be trusted. */
TEST(ipv6_routing_header)
{
    struct ip_packet packet = ip_packet_default(true, false);
    struct tun_gso gso;
    size_t len, transport;
    uint32_t whole;

    packet.between_len = 24;
    packet.between_first = 43;
    packet.between[0] = 6;
    packet.between[1] = 2;
    packet.between[2] = 2;
    packet.between[3] = 1;
    packet.between[23] = 99; /* the final destination, ::63 */
    packet.payload_len = 3000;
    transport = ip_packet_transport(&packet);
    len = ip_packet_write_super(&packet, 1400, super);
    whole = ip_packet_sum(super + 10 + 8, 16, ip_packet_sum(packet.between + 8, 16, 6));
    super[10 + transport + 16] = (uint8_t)(ip_packet_fold(whole + (uint32_t)(len - 10 - transport)) >> 8);
    super[10 + transport + 17] = (uint8_t)ip_packet_fold(whole + (uint32_t)(len - 10 - transport));
    CHECK_OR_RETURN(begins(&gso, len));
    for (int i = 0; i < 3; i++) {
        size_t n = tun_gso_next(&gso, out, sizeof(out));
        CHECK_OR_RETURN(n > transport);
        CHECK_EQ(
            ip_packet_fold(ip_packet_sum(out + transport, n - transport, whole + (uint32_t)(n - transport))),
            0xffff);
    }
    CHECK_EQ(tun_gso_next_len(&gso), 0);
}

TEST(hdr_len_is_not_looked_at)
{
    struct ip_packet packet = ip_packet_default(false, false);
    static const uint16_t lies[] = {0, 1, 20, 1000, 65535};

    packet.payload_len = 4000;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        size_t len = ip_packet_write_super(&packet, 1400, super);
        struct ip_packet first = ip_packet_segment(&packet, 1400, 0);
        struct tun_gso gso;

        memcpy(super + 2, &lies[i], 2);
        CHECK(begins(&gso, len) && next_is(&gso, &first));
    }
}

/* Left in the middle and gone on with somewhere else: as when a record is full. */
TEST(resumes_elsewhere)
{
    struct ip_packet packet = ip_packet_default(true, false);
    size_t len, used = 0, n_out = 0, room = 16384;
    struct tun_gso gso;

    packet.payload_len = 60000;
    len = ip_packet_write_super(&packet, 1360, super);
    CHECK_OR_RETURN(begins(&gso, len));
    while (tun_gso_next_len(&gso) > 0) {
        struct ip_packet segment = ip_packet_segment(&packet, 1360, n_out);
        size_t got = tun_gso_next(&gso, out + used, room - used);
        if (got == 0) {
            CHECK_OR_RETURN(used > 0);
            used = 0;
            continue;
        }
        CHECK_OR_RETURN(CHECK_EQ(got, ip_packet_write(&segment, want)) && CHECK_MEM(out + used, want, got));
        used += got;
        n_out++;
    }
    CHECK_EQ(n_out, ip_packet_n_segments(&packet, 1360));
}

TEST(finishes_single_checksums)
{
    for (int i = 0; i < 4; i++) {
        struct ip_packet packet = ip_packet_default(i & 1, i & 2);
        for (size_t len = 0; len < 1500; len++) {
            struct tun_gso gso;

            packet.payload_len = len;
            CHECK_OR_RETURN(begins(&gso, ip_packet_write_super(&packet, 0, super)) && next_is(&gso, &packet));
            CHECK_EQ(tun_gso_next_len(&gso), 0);
        }
    }
}

/* A UDP checksum of 0 means that there is none (RFC 768): 0xffff is written, by single datagrams and by split ones. */
TEST(udp_never_says_0)
{
    struct ip_packet packet = ip_packet_default(false, true);
    unsigned n_ffff = 0;

    packet.payload_len = 1000;
    for (uint32_t port = 0; port < 0x10000; port++) {
        packet.source_port = (uint16_t)port;
        IGNORE_RESULT(ip_packet_write(&packet, want));
        if (want[26] != 0xff || want[27] != 0xff)
            continue;
        n_ffff++;
        CHECK(splits(&packet, 1000));
        packet.payload_len = 2000; /* the first of two has the sum of the single one */
        CHECK(splits(&packet, 1000));
        packet.payload_len = 1000;
    }
    CHECK(n_ffff > 0);
}

TEST(copies_what_needs_nothing)
{
    struct ip_packet packet = ip_packet_default(false, false);

    for (uint8_t flags = 0; flags <= 2; flags += 2) { /* none, DATA_VALID */
        struct tun_gso gso;
        size_t len = ip_packet_write(&packet, super + 10);

        memset(super, 0, 10);
        super[0] = flags;
        CHECK(begins(&gso, 10 + len) && next_is(&gso, &packet));
        super[10] = 0x13; /* no IP at all: not our business */
        CHECK(begins(&gso, 11) && CHECK_EQ(tun_gso_next(&gso, out, 1), 1) && CHECK_EQ(out[0], 0x13));
    }
}

/* csum_start is wherever the kernel says, odd places and the very start too. */
TEST(finishes_anywhere)
{
    for (uint16_t start = 0; start < 40; start++) {
        struct tun_vnet vnet = {.flags = TUN_VNET_NEEDS_CHECKSUM, .csum_start = start, .csum_offset = 2};
        struct tun_gso gso;

        memcpy(super, &vnet, 10);
        for (size_t i = 0; i < 100; i++)
            super[10 + i] = (uint8_t)(i * 37 + 1);
        CHECK(begins(&gso, 110) && CHECK_EQ(tun_gso_next(&gso, out, 100), 100));
        memcpy(want, super + 10, 100);
        CHECK_EQ(out[start + 2] << 8 | out[start + 3],
                 0xffff ^ ip_packet_fold(ip_packet_sum(want + start, 100U - start, 0)));
        memcpy(out + start + 2, want + start + 2, 2);
        CHECK_MEM(out, want, 100);
    }
}

struct odd {
    const char *what;
    enum tun_gso_fault fault;
    uint8_t at[4]; /* bytes of the read to change, and to what; at[0] is the end of the list */
    uint8_t to[4];
    bool ipv6, udp;
};

/* From a good super-segment of 3000 bytes in 1000; the virtio header is in this host's order, little-endian here. */
static const struct odd odds[] = {
    {"UFO", TUN_GSO_TYPE, {1}, {3}, false, true},
    {"unknown type", TUN_GSO_TYPE, {1}, {0x21}, false, false},
    {"UDP with the ECN bit", TUN_GSO_TYPE, {1}, {0x85}, false, true},
    {"no checksum asked for", TUN_GSO_CHECKSUM, {0}, {0}, false, false},
    {"TCPv6 type on IPv4", TUN_GSO_HEADER, {1}, {4}, false, false},
    {"TCPv4 type on IPv6", TUN_GSO_HEADER, {1}, {1}, true, false},
    {"TCP type on UDP", TUN_GSO_HEADER, {1}, {1}, false, true},
    {"UDP type on TCP", TUN_GSO_HEADER, {1, 8}, {5, 6}, false, false},
    {"csum_start far out", TUN_GSO_CHECKSUM, {7}, {0xff}, false, false},
    {"csum_offset far out", TUN_GSO_CHECKSUM, {9}, {0xff}, false, false},
    {"csum_offset elsewhere", TUN_GSO_HEADER, {8}, {14}, false, false},
    {"csum_start in the IP header", TUN_GSO_HEADER, {6}, {12}, false, false},
    {"csum_start behind the header", TUN_GSO_HEADER, {6}, {24}, false, true},
    {"csum_start in the IPv6 header", TUN_GSO_HEADER, {6}, {20}, true, false},
    {"csum_start behind the IPv6 header", TUN_GSO_HEADER, {6}, {48}, true, false},
    {"gso_size 0", TUN_GSO_HEADER, {4, 5}, {0, 0}, false, false},
    {"TCP header too short", TUN_GSO_HEADER, {42}, {0x40}, false, false},
    {"more fragments", TUN_GSO_HEADER, {16}, {0x20}, false, false},
    {"fragment offset", TUN_GSO_HEADER, {17}, {1}, false, false},
    {"IP version 5", TUN_GSO_HEADER, {10}, {0x55}, false, false},
    {"another protocol", TUN_GSO_HEADER, {19}, {1}, false, false},
    {"IPv6 fragment header", TUN_GSO_HEADER, {6, 16, 50}, {48, 44, 6}, true, false},
    {"jumbogram", TUN_GSO_HEADER, {14, 15}, {0, 0}, true, false},
};

TEST(refuses_what_is_odd)
{
    for (size_t i = 0; i < sizeof(odds) / sizeof(odds[0]); i++) {
        const struct odd *odd = &odds[i];
        struct ip_packet packet = ip_packet_default(odd->ipv6, odd->udp);
        struct tun_gso gso;
        size_t len;

        packet.payload_len = 3000;
        len = ip_packet_write_super(&packet, 1000, super);
        for (size_t k = 0; k < 4 && (k == 0 || odd->at[k] != 0); k++)
            super[odd->at[k]] = odd->to[k];
        if (!CHECK_EQ(tun_gso_begin(&gso, bytes_of(super, len)), odd->fault))
            fprintf(stderr, "%s\n", odd->what);
    }
}

TEST(refuses_what_is_short)
{
    struct ip_packet packet = ip_packet_default(false, false);
    struct tun_gso gso;

    packet.payload_len = 3000;
    IGNORE_RESULT(ip_packet_write_super(&packet, 1000, super));
    for (size_t len = 0; len < 50; len++) {
        uint8_t *exact = malloc(len + (len == 0)); /* so that a sanitizer sees every byte too many */
        memcpy(exact, super, len);
        CHECK_EQ(tun_gso_begin(&gso, bytes_of(exact, len)), len <= 10  ? TUN_GSO_SHORT
                                                            : len < 48 ? TUN_GSO_CHECKSUM
                                                                       : TUN_GSO_HEADER);
        free(exact);
    }
}

TEST(faults_have_names)
{
    for (unsigned fault = 0; fault < TUN_GSO_FAULTS; fault++)
        CHECK(strcmp(tun_gso_fault_name((enum tun_gso_fault)fault), "?") != 0);
}

CHECK_MAIN()
