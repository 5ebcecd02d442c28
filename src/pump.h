/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane's two directions. What one read of the TUN device gives, up to 64 KB of one flow, becomes frames in the
 * buffer of one TLS record; datagrams of the peer are merged again and go to the device in place. No protocol decisions:
 * which families may flow is told by the caller. docs/dataplane.md has the picture.
 */
#ifndef SSTPTUN_PUMP_H
#define SSTPTUN_PUMP_H

#include "bytes.h"
#include "log.h"
#include "ppp.h"
#include "sstp.h"
#include "tun.h"
#include "tun_gro.h"
#include "tun_gso.h"

#define PUMP_RECORD 16384        /* the largest TLS record, RFC 8446 5.1: one tls_write(), one record */
#define PUMP_RX     (192 * 1024) /* one batch: what is merged is merged within it */
#define PUMP_DEVICE (64 * 1024 + TUN_VNET_LEN)

/* Counted once per read, write or batch where that is possible: nothing here costs a packet anything worth measuring. */
struct pump_stats {
    uint64_t tx_packets, tx_bytes; /* host to peer, inner datagrams as the peer gets them */
    uint64_t rx_packets, rx_bytes; /* peer to host */
    uint64_t tx_dropped;           /* reads: of a family that is not up, no IP at all, too long for a frame */
    uint64_t
        tx_malformed; /* reads: super-segments that contradict themselves, or that the kernel could not tell */
    uint64_t rx_malformed;     /* lengths or version that cannot be */
    uint64_t rx_unexpected;    /* of a family that is not up, of a protocol that we do not speak, redirects */
    uint64_t rx_refused;       /* the kernel did not take it; counted as received all the same */
    uint64_t rx_bad_checksums; /* inner ones: passed on, for the host to judge */
    uint64_t tx_reads;         /* of the device that gave something */
    uint64_t tx_super;         /* of these, super-segments */
    uint64_t tx_records;       /* TLS records of datagrams */
    uint64_t rx_writes;        /* to the device */
    uint64_t rx_merged;        /* datagrams that went in a write with others */
    uint64_t rx_split;         /* merged writes that the kernel refused and that went one by one */
    uint64_t waits;            /* how often the socket had to be waited for before the device was read on */
};

struct pump {
    uint8_t rx[PUMP_RX]; /* plaintext of the stream that is not parsed yet */
    size_t rx_len;
    uint8_t tx[PUMP_RECORD];
    uint8_t device[PUMP_DEVICE]; /* what was read last; gso points into it */
    struct tun_gso gso;
    bool pending;      /* gso has more to give */
    unsigned n_untold; /* packets in a row that the device could not tell */
    struct tun_gro gro;
    unsigned offloads; /* what the kernel still takes */
    struct pump_stats stats;
};

struct pump_families {
    bool ipv4;
    bool ipv6;
};

/* pump is zeroed by the caller. */
void pump_init(struct pump *pump, const struct tun *tun);

/*
 * Fills a record from the device, frame by frame, until the next one has no room or nothing is left. 1 when there may be
 * more, 0 when the device is empty, -errno when it is gone; *ret_frames is a view into pump->tx and may be empty.
 */
int pump_collect(struct pump *pump, const struct tun *tun, struct pump_families allowed,
                 struct bytes *ret_frames) MUST_USE;

/* Drops the rest of a super-segment whose family is not up any more: its addresses may be others then. */
void pump_withhold(struct pump *pump, struct pump_families allowed);

/* One frame's worth of our own making (a solicitation): a view into pump->tx. */
struct bytes pump_frame(struct pump *pump, struct bytes datagram);

/*
 * SoftEther 4 forwards nothing before the client's first IPv4 packet, and Linux may stay silent for long (protocol.md Q2):
 * an empty datagram to the discard port (RFC 863) of the peer, or of a name server where the peer told no address. A view
 * into pump->tx.
 */
struct bytes pump_first(struct pump *pump, const struct ppp_ipv4 *ip);

/*
 * The peer's datagram: checks version and length, cuts padding. False (and counted) when it is malformed, or a redirect of
 * IPv4: on a wire with two ends there is no better way, and the kernel, by its default, would take one for any other
 * interface.
 */
bool pump_check(struct pump *pump, enum ppp_class class, struct bytes datagram,
                struct bytes *ret_datagram) MUST_USE;

/*
 * Hands a checked datagram to the host, now or with the batch: it must stay where it is until pump_flush(). 0, or -errno
 * when the device is gone.
 */
int pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram) MUST_USE;
int pump_flush(struct pump *pump, const struct tun *tun) MUST_USE;

/* Three lines at info level: what was carried, how, what was dropped. */
void pump_log_stats(const struct pump *pump, const struct log_sink *log);

#endif
