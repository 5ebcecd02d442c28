/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A batch for merging, and what comes out of it, split again. Include it after check.h, in one .c file per executable. That
 * splitting is right is for test_tun_gso.c to show, against an independent writer.
 */
#ifndef GRO_RIG_H
#define GRO_RIG_H

#include "check.h"
#include "ip_packet.h"
#include "tun_gro.h"
#include "tun_gso.h"

#define BATCH_MAX 3000

static struct tun_gro gro;
static uint8_t batch[4 * 1024 * 1024]; /* datagrams side by side, as in the plaintext buffer */
static struct bytes datagrams[BATCH_MAX];
static size_t batch_len, n_datagrams;

static uint8_t flat[10 + IP_PACKET_MAX]; /* the write that is looked at, in one piece */
static struct tun_vnet vnet;

static uint8_t result[sizeof(batch)]; /* all writes, split again */
static struct bytes results[BATCH_MAX];
static size_t result_len, n_results, n_writes, n_merged;

static inline void reset(unsigned offloads)
{
    tun_gro_init(&gro, offloads);
    batch_len = n_datagrams = result_len = n_results = n_writes = n_merged = 0;
}

static inline uint8_t *arrive(const struct ip_packet *packet)
{
    uint8_t *at = batch + batch_len;
    size_t len = ip_packet_write(packet, at);

    datagrams[n_datagrams++] = bytes_of(at, len);
    batch_len += len;
    return at;
}

static inline size_t flatten(const struct tun_gro_write *write)
{
    size_t len = 0;

    for (int i = 0; i < write->n_iov; i++) {
        memcpy(flat + len, write->iov[i].iov_base, write->iov[i].iov_len);
        len += write->iov[i].iov_len;
    }
    memcpy(&vnet, flat, sizeof(vnet));
    return len;
}

static inline bool keep(struct bytes datagram)
{
    memcpy(result + result_len, datagram.data, datagram.len);
    results[n_results++] = bytes_of(result + result_len, datagram.len);
    result_len += datagram.len;
    return true;
}

static inline bool original_is_kept(const struct tun_gro_write *write, size_t i, struct bytes datagram)
{
    struct bytes original = tun_gro_original(write, i);

    return CHECK(original.data >= batch && original.data + original.len <= batch + sizeof(batch)) &&
           CHECK_EQ(original.len, datagram.len);
}

/* A write is sound, and what it stands for is added to the results. */
static inline bool take_apart(const struct tun_gro_write *write)
{
    struct tun_gso gso;
    size_t i = 0, len = flatten(write);

    n_writes++;
    n_merged += write->n_packets > 1;
    if (!CHECK_EQ(len, write->len) || !CHECK(write->n_iov <= 1 + TUN_GRO_SEGMENTS) ||
        !CHECK(len <= 10 + 65535))
        return false;
    if (!CHECK_EQ(vnet.gso_type != 0, write->n_packets > 1))
        return false;
    if (write->n_packets == 1)
        return CHECK(tun_gro_original(write, 0).data == write->iov[1].iov_base) &&
               CHECK_EQ(vnet.flags & ~TUN_VNET_DATA_VALID, 0) && keep(bytes_of(flat + 10, len - 10));
    if (!CHECK_EQ(vnet.hdr_len, write->header_len) ||
        !CHECK_EQ(tun_gso_begin(&gso, bytes_of(flat, len)), TUN_GSO_OK))
        return false;
    for (; tun_gso_next_len(&gso) > 0; i++) {
        static uint8_t one[65536];
        struct bytes datagram = bytes_of(one, tun_gso_next(&gso, one, sizeof(one)));
        if (!original_is_kept(write, i, datagram) || !keep(datagram))
            return false;
    }
    return CHECK_EQ(i, write->n_packets);
}

static inline bool take_all(void)
{
    struct tun_gro_write write;

    while (tun_gro_take(&gro, &write)) {
        if (!take_apart(&write))
            return false;
    }
    return true;
}

static inline bool run(void)
{
    for (size_t i = 0; i < n_datagrams; i++) {
        if (!CHECK(tun_gro_add(&gro, datagrams[i])) || !take_all())
            return false;
    }
    tun_gro_flush(&gro);
    return take_all() && CHECK_EQ(n_results, n_datagrams);
}

static inline bool all_equal_in_order(void)
{
    for (size_t i = 0; i < n_datagrams; i++) {
        if (!CHECK_EQ(results[i].len, datagrams[i].len) ||
            !CHECK_MEM(results[i].data, datagrams[i].data, results[i].len))
            return false;
    }
    return true;
}

#endif
