/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is a little program that makes a batch of datagrams. Whatever they are, each comes out once, where its flow has it
 * in order, and as it was (save the IPv4 identification under DF). One instruction is
 *
 *     what      1 IPv6, 2 UDP, 4 mend the checksums after patching, 8 go on where the flow is, 30 which flow, c0 n patches
 *     length    of the payload, times 8
 *     n times   offset and what to xor there
 *
 * but 0xff is followed by a length and that many bytes as they are, and 0xfe by the offloads to begin another batch with.
 */
#include <stdlib.h>

#include "ip_packet.h"
#include "ip_wire.h"
#include "tun_gro.h"
#include "tun_gso.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define BATCH_MAX    100
#define DATAGRAM_MAX 2400

static struct tun_gro gro;
static uint8_t batch[BATCH_MAX][DATAGRAM_MAX];
static struct bytes datagrams[BATCH_MAX];
static size_t n_datagrams;
static size_t came_out[BATCH_MAX]; /* when, from 1; 0: not yet */
static size_t n_out;
static struct ip_packet flows[16];

static void expect(bool held)
{
    if (!held)
        abort();
}

/* --- making datagrams --- */

static void put_checksum(uint8_t *at, uint32_t sum)
{
    ip_wire_put_u16(at, (uint16_t)~ip_packet_fold(sum));
}

static void mend(uint8_t *ip, size_t len, bool ipv6, bool udp)
{
    size_t transport = ipv6 ? 40 : 20, field = transport + (udp ? 6 : 16);
    uint32_t start = (uint32_t)((udp ? 17 : 6) + len - transport);

    if (!ipv6) {
        ip_wire_put_u16(ip + 10, 0);
        put_checksum(ip + 10, ip_packet_sum(ip, 20, 0));
    }
    start = ipv6 ? ip_packet_sum(ip + 8, 32, start) : ip_packet_sum(ip + 12, 8, start);
    ip_wire_put_u16(ip + field, 0);
    put_checksum(ip + field, ip_packet_sum(ip + transport, len - transport, start));
}

static void make(uint8_t what, struct reader *program)
{
    bool ipv6 = what & 1, udp = what & 2;
    struct ip_packet *flow = &flows[(what & 3) | (what >> 2 & 12)];
    uint8_t *at = batch[n_datagrams];
    size_t len;

    flow->payload_len = reader_u8(program) * (size_t)8;
    len = ip_packet_write(flow, at);
    for (unsigned n = what >> 6; n > 0; n--) {
        uint8_t offset = reader_u8(program);
        at[offset < len ? offset : len - 1] ^= reader_u8(program);
    }
    if (what & 4)
        mend(at, len, ipv6, udp);
    if (what & 8) {
        flow->seq += (uint32_t)flow->payload_len;
        flow->payload_at += flow->payload_len;
        flow->id++;
    }
    datagrams[n_datagrams++] = bytes_of(at, len);
}

static void make_raw(struct reader *program)
{
    size_t len = reader_u8(program);
    struct bytes raw = reader_take(program, len <= program->left ? len : program->left);

    if (raw.len > 0)
        memcpy(batch[n_datagrams], raw.data, raw.len);
    datagrams[n_datagrams] = bytes_of(batch[n_datagrams], raw.len);
    n_datagrams++;
}

/* --- what came out --- */

static size_t index_of(struct bytes datagram)
{
    size_t i = (size_t)(datagram.data - batch[0]) / DATAGRAM_MAX;

    expect(i < n_datagrams && datagram.data == datagrams[i].data && datagram.len == datagrams[i].len);
    return i;
}

static void expect_same(const uint8_t *got, struct bytes want)
{
    uint8_t copy[DATAGRAM_MAX];

    memcpy(copy, want.data, want.len);
    if (copy[0] >> 4 == 4 && copy[6] == 0x40) {
        memcpy(copy + 4, got + 4, 2);
        memcpy(copy + 10, got + 10, 2);
    }
    expect(memcmp(got, copy, want.len) == 0);
}

static void expect_merged(const struct tun_gro_write *write)
{
    static uint8_t flat[10 + 65535], one[DATAGRAM_MAX];
    struct tun_gso gso;
    size_t len = 0;

    for (int i = 0; i < write->n_iov; i++) {
        memcpy(flat + len, write->iov[i].iov_base, write->iov[i].iov_len);
        len += write->iov[i].iov_len;
    }
    expect(tun_gso_begin(&gso, bytes_of(flat, len)) == TUN_GSO_OK);
    for (size_t i = 0; i < write->n_packets; i++) {
        struct bytes want = tun_gro_original(write, i);
        expect(tun_gso_next(&gso, one, sizeof(one)) == want.len);
        expect_same(one, want);
    }
    expect(tun_gso_next_len(&gso) == 0);
}

static void take_all(void)
{
    struct tun_gro_write write;

    while (tun_gro_take(&gro, &write)) {
        size_t len = 0;
        for (int i = 0; i < write.n_iov; i++)
            len += write.iov[i].iov_len;
        expect(len == write.len && len <= 10 + 65535 && write.n_iov <= 1 + TUN_GRO_SEGMENTS);
        for (size_t i = 0; i < write.n_packets; i++) {
            size_t k = index_of(tun_gro_original(&write, i));
            expect(came_out[k] == 0);
            came_out[k] = ++n_out;
        }
        if (write.n_packets > 1)
            expect_merged(&write);
    }
}

/* Must the two keep their order? By the classes' own words, so that the table is what is tested. */
static bool are_ordered(struct bytes a, struct bytes b)
{
    struct tun_gro_packet x, y;
    enum tun_gro_class i = tun_gro_packet_read(&x, a), k = tun_gro_packet_read(&y, b);

    if (i == TUN_GRO_CLASS_APART || k == TUN_GRO_CLASS_APART)
        return false;
    if (i == TUN_GRO_CLASS_BETWEEN || k == TUN_GRO_CLASS_BETWEEN)
        return tun_gro_packet_same_addresses(&x, &y);
    return tun_gro_packet_same_flow(&x, &y);
}

static void run_batch(void)
{
    memset(came_out, 0, sizeof(came_out));
    n_out = 0;
    for (size_t i = 0; i < n_datagrams; i++) {
        expect(tun_gro_add(&gro, datagrams[i]));
        take_all();
    }
    tun_gro_flush(&gro);
    take_all();
    expect(n_out == n_datagrams);
    for (size_t i = 0; i < n_datagrams; i++) {
        for (size_t k = i + 1; k < n_datagrams; k++)
            expect(came_out[i] < came_out[k] || !are_ordered(datagrams[i], datagrams[k]));
    }
    n_datagrams = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader program = reader_of(bytes_of(data, len));

    for (unsigned i = 0; i < 16; i++) {
        flows[i] = ip_packet_default(i & 1, i & 2);
        flows[i].source_port = (uint16_t)(1000 + i);
        flows[i].options_len = i & 4 ? 12 : 0;
        flows[i].source = i & 8 ? 2 : 3;
    }
    n_datagrams = 0;
    tun_gro_init(&gro, TUN_GRO_TCP | TUN_GRO_UDP);
    while (program.left > 0) {
        uint8_t what = reader_u8(&program);
        if (what == 0xfe || n_datagrams == BATCH_MAX)
            run_batch();
        if (what == 0xfe)
            tun_gro_init(&gro, reader_u8(&program) & 3);
        else if (what == 0xff)
            make_raw(&program);
        else
            make(what, &program);
    }
    run_batch();
    return 0;
}
