/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What splitting and merging cost per packet and per byte, for bulk TCP and for small UDP, on both checksum variants. Buffers
 * are of the size that the packet path uses, so they stay in the second-level cache. The best of several rounds is printed.
 */
#include <stdio.h>
#include <time.h>

#include "checksum.h"
#include "ip_packet.h"
#include "tun_gro.h"
#include "tun_gso.h"

#define ROUNDS 40
#define TURNS  100

static uint8_t super[IP_PACKET_MAX], frames[256 * 1024];
static struct bytes datagrams[4096];
static size_t n_datagrams;
static struct tun_gro gro;
static volatile size_t sink;

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* One super-segment into frames with 8 bytes of headroom each. How many packets. */
static size_t split_once(size_t super_len)
{
    struct tun_gso gso;
    size_t at = 0, n = 0, len;

    if (tun_gso_begin(&gso, bytes_of(super, super_len)) != TUN_GSO_OK)
        return 0;
    while ((len = tun_gso_next(&gso, frames + at + 8, sizeof(frames) - at - 8)) > 0) {
        at += 8 + len;
        n++;
    }
    sink = at;
    return n;
}

static size_t take_all(void)
{
    struct tun_gro_write write;
    size_t n = 0;

    for (; tun_gro_take(&gro, &write); n++)
        sink = write.len;
    return n;
}

static size_t merge_once(void)
{
    size_t n_writes = 0;

    for (size_t i = 0; i < n_datagrams; i++) {
        if (!tun_gro_add(&gro, datagrams[i]))
            return 0;
        n_writes += take_all();
    }
    tun_gro_flush(&gro);
    return n_writes + take_all();
}

static void report(const char *what, double ns, size_t n_packets, size_t n_bytes, size_t n_writes)
{
    printf("  %-34s %7.1f ns/packet %7.2f GB/s", what, ns / (double)n_packets, (double)n_bytes / ns);
    if (n_writes > 0)
        printf("  %zu writes of %zu packets", n_writes, n_packets);
    putchar('\n');
}

static void bench_split(const char *what, const struct ip_packet *packet, uint16_t gso_size)
{
    size_t super_len = ip_packet_write_super(packet, gso_size, super), n = 0;
    double best = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns(), took;
        for (int i = 0; i < TURNS; i++)
            n = split_once(super_len);
        took = (now_ns() - start) / TURNS;
        best = took < best ? took : best;
    }
    report(what, best, n, packet->payload_len, 0);
}

/* A batch of about 64 KB from n_flows flows that take turns of burst packets. */
static void bench_merge(const char *what, struct ip_packet packet, unsigned n_flows, unsigned burst)
{
    size_t at = 0, n_writes = 0;
    double best = 1e18;
    uint32_t seq[64] = {0};

    n_datagrams = 0;
    while (at < 65536 - packet.payload_len) {
        unsigned flow = (unsigned)(n_datagrams / burst) % n_flows;
        size_t len;
        packet.source_port = (uint16_t)(1000 + flow);
        packet.seq = seq[flow];
        seq[flow] += (uint32_t)packet.payload_len;
        len = ip_packet_write(&packet, frames + at + 8);
        datagrams[n_datagrams++] = bytes_of(frames + at + 8, len);
        at += 8 + len;
    }
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns(), took;
        for (int i = 0; i < TURNS; i++)
            n_writes = merge_once();
        took = (now_ns() - start) / TURNS;
        best = took < best ? took : best;
    }
    report(what, best, n_datagrams, n_datagrams * packet.payload_len, n_writes);
}

static void bench_splits(void)
{
    struct ip_packet packet = ip_packet_default(false, false);

    packet.options_len = 12;
    packet.payload_len = 48 * 1348;
    bench_split("split TCPv4, 1400-byte packets", &packet, 1348);
    packet.ipv6 = true;
    bench_split("split TCPv6, 1420-byte packets", &packet, 1348);
    packet.payload_len = 1000 * 64;
    bench_split("split TCPv6, 64 bytes of payload", &packet, 64);
    packet = ip_packet_default(false, true);
    packet.payload_len = 1000 * 64;
    bench_split("split UDPv4, 64 bytes of payload", &packet, 64);
    packet.payload_len = 64;
    bench_split("one UDPv4, 64 bytes of payload", &packet, 0);
    packet.payload_len = 1372;
    bench_split("one UDPv4, 1400-byte packet", &packet, 0);
}

static void bench_merges(void)
{
    struct ip_packet packet = ip_packet_default(false, false);

    packet.options_len = 12;
    packet.payload_len = 1348;
    bench_merge("merge TCPv4, 1400-byte packets", packet, 1, 1);
    bench_merge("the same, 4 flows in turn", packet, 4, 1);
    bench_merge("the same, 40 flows in turn", packet, 40, 1);
    packet.ipv6 = true;
    bench_merge("merge TCPv6, 1420-byte packets", packet, 1, 1);
    packet.payload_len = 0;
    packet.ipv6 = false;
    bench_merge("TCPv4 acknowledgements", packet, 1, 1);
    packet = ip_packet_default(false, true);
    packet.payload_len = 64;
    bench_merge("merge UDPv4, 64 bytes of payload", packet, 1, 1);
    tun_gro_init(&gro, TUN_GRO_TCP);
    bench_merge("the same, no UDP offload", packet, 1, 1);
    tun_gro_init(&gro, TUN_GRO_TCP | TUN_GRO_UDP);
}

int main(void)
{
    static const enum checksum_variant variants[] = {CHECKSUM_SCALAR, CHECKSUM_AVX2};

    tun_gro_init(&gro, TUN_GRO_TCP | TUN_GRO_UDP);
    for (size_t i = 0; i < ARRAY_LEN(variants); i++) {
        if (!checksum_use(variants[i]))
            continue;
        printf("%s\n", checksum_variant_name(variants[i]));
        bench_splits();
        bench_merges();
    }
    return 0;
}
