/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splitting: what one read of a TUN with IFF_VNET_HDR gave, up to 64 KB, becomes datagrams with finished checksums, written
 * one by one to where the caller wants them. Pure: no I/O, no memory of its own.
 *
 *     if (tun_gso_begin(&gso, bytes_of(buf, got)) != TUN_GSO_OK)
 *         count it, drop it;
 *     while ((len = tun_gso_next_len(&gso)) > 0) {
 *         make room for headers and len bytes, in another record if need be;
 *         tun_gso_next(&gso, room, len);
 *     }
 *
 * The loop may be left and resumed later, with another buffer, as long as the bytes that were read stay where they are.
 */
#ifndef SSTPTUN_TUN_GSO_H
#define SSTPTUN_TUN_GSO_H

#include "bytes.h"

enum tun_gso_fault {
    TUN_GSO_OK,
    TUN_GSO_SHORT,    /* no whole virtio header, or nothing behind it */
    TUN_GSO_TYPE,     /* a kind of segmentation that was not asked for */
    TUN_GSO_CHECKSUM, /* a checksum to be finished lies outside the datagram or is missing */
    TUN_GSO_HEADER,   /* a super-segment whose headers contradict the virtio header */
    TUN_GSO_FAULTS
};

enum tun_gso_kind {
    TUN_GSO_COPY,   /* one datagram, as it is */
    TUN_GSO_FINISH, /* one datagram whose checksum is to be finished */
    TUN_GSO_SPLIT_TCP,
    TUN_GSO_SPLIT_UDP,
};

/* Visible for its size only. */
struct tun_gso {
    const uint8_t *data; /* the datagram as it was read */
    size_t len;
    size_t next;            /* the first byte of it that has not been handed out */
    size_t header_len;      /* what is repeated before each segment; 0 when there is only one */
    size_t segment_len;     /* payload of each segment but the last */
    size_t transport;       /* where the transport header is, csum_start */
    size_t checksum;        /* where the checksum to be finished is */
    uint32_t ip_sum;        /* of the IPv4 header without length, identification and checksum */
    uint32_t transport_sum; /* of pseudo header and transport header without what differs between segments */
    uint32_t seq;
    uint16_t id;
    enum tun_gso_kind kind;
    bool ipv6;
};

/*
 * read is one whole read: virtio header, then the datagram. On a fault nothing may be called but begin again. A datagram
 * that is no super-segment is not looked into: version, length and size are the caller's to judge.
 */
enum tun_gso_fault tun_gso_begin(struct tun_gso *gso, struct bytes read) MUST_USE;

/* A word or two, for tests. */
const char *tun_gso_fault_name(enum tun_gso_fault fault);

/* The length of the datagram that is next; 0 when all are handed out. */
static inline size_t tun_gso_next_len(const struct tun_gso *gso)
{
    size_t left = gso->len - gso->next;

    if (left > gso->segment_len)
        left = gso->segment_len;
    return left > 0 ? gso->header_len + left : 0;
}

/*
 * Writes the next datagram to out. Its length; 0, with nothing changed, when it is longer than cap or there is none. out
 * may not overlap what was read.
 */
size_t tun_gso_next(struct tun_gso *gso, uint8_t *out, size_t cap) MUST_USE;

#endif
