/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merging: datagrams received in one batch become few writes to a TUN with IFF_VNET_HDR. Pure: no I/O, no memory of its own.
 * Payload stays where it was received; each write is a list of pieces for writev().
 *
 *     for each datagram of the batch:
 *         IGNORE_RESULT(tun_gro_add(&gro, datagram)); // true: all writes were taken
 *         while (tun_gro_take(&gro, &write))
 *             writev(fd, write.iov, write.n_iov);
 *     tun_gro_flush(&gro);
 *     while (tun_gro_take(&gro, &write))
 *         writev(...);
 *
 * Within a flow (addresses, protocol, ports) the order of arrival is the order of the writes. The datagrams must stay where
 * they are until the writes after tun_gro_flush() are taken.
 */
#ifndef SSTPTUN_TUN_GRO_H
#define SSTPTUN_TUN_GRO_H

#include <sys/uio.h>

#include "bytes.h"
#include "tun_gro_packet.h"
#include "tun_vnet.h"

#define TUN_GRO_FLOWS    16
#define TUN_GRO_SEGMENTS 64 /* in one write; also what kernels take at most of UDP (UDP_MAX_SEGMENTS) */

/* What may be merged. Nothing: every datagram is a write of its own. */
enum tun_gro_offload {
    TUN_GRO_TCP = 1,
    TUN_GRO_UDP = 2, /* needs VIRTIO_NET_HDR_GSO_UDP_L4: Linux 6.2 */
};

/* writev() only reads, but its structure does not say so. */
static inline struct iovec tun_gro_piece(const void *data, size_t len)
{
    struct iovec iov = {.iov_len = len};

    memcpy(&iov.iov_base, &data, sizeof(data));
    return iov;
}

/* One writev(). A view: valid until the next call that is given the tun_gro. */
struct tun_gro_write {
    const struct iovec *iov; /* virtio header (with the rewritten headers, when merged) first */
    int n_iov;
    size_t len;        /* of all pieces */
    size_t n_packets;  /* datagrams in it; merged when above 1 */
    size_t header_len; /* of each datagram, when merged */
};

struct tun_gro_flow {
    struct tun_gro_packet first;
    uint32_t next_seq;
    uint16_t n_packets;
    bool verified; /* first was; whatever follows it always is */
    bool push;     /* the last one's */
    size_t len;    /* of the datagram that it makes */
    uint8_t head[TUN_VNET_LEN + TUN_GRO_HEADER_MAX];
    struct iovec iov[1 + TUN_GRO_SEGMENTS];
};

#define TUN_GRO_PLACES \
    (TUN_GRO_FLOWS + 1) /* one more than flows: one may wait to be taken while its successor begins */

/* Visible for its size only, save for n_bad. */
struct tun_gro {
    unsigned offloads;
    uint32_t active; /* places that hold a flow, one bit each */
    uint8_t ready[TUN_GRO_PLACES +
                  1]; /* places to be taken, in this order; TUN_GRO_PLACES is the single datagram */
    unsigned n_ready, n_taken;
    unsigned recent;               /* the place that was found last: most often it is found again */
    unsigned victim;               /* the place that is given up next when all are used */
    uint32_t hash[TUN_GRO_PLACES]; /* of the flows, side by side for a quick search */
    struct bytes single;
    bool single_verified;
    struct iovec single_iov[2];
    uint64_t
        n_bad; /* TCP and UDP datagrams whose checksums were found wrong; they are passed on, see tun_gro.c */
    struct tun_gro_flow flow[TUN_GRO_PLACES];
};

/* offloads: enum tun_gro_offload or'ed. Call it again to change them, when nothing waits inside. */
void tun_gro_init(struct tun_gro *gro, unsigned offloads);

/*
 * The next datagram of the batch, of any contents, without padding. False, with nothing done, when writes wait to be taken.
 */
bool tun_gro_add(struct tun_gro *gro, struct bytes datagram) MUST_USE;

/* The batch is over: makes writes of all that was held back. */
void tun_gro_flush(struct tun_gro *gro);

/* The next write; false when there is none now. */
bool tun_gro_take(struct tun_gro *gro, struct tun_gro_write *ret_write) MUST_USE;

/* The i-th datagram of a write as it was received, for a kernel that refuses the merged one. */
struct bytes tun_gro_original(const struct tun_gro_write *write, size_t i);

#endif
