/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane's two directions: datagrams of the TUN device become frames in the buffer of one TLS record, and
 * datagrams of the peer go to the device in place. No protocol decisions: which families may flow is told by the caller.
 */
#ifndef SSTPTUN_PUMP_H
#define SSTPTUN_PUMP_H

#include "bytes.h"
#include "log.h"
#include "ppp.h"
#include "sstp.h"
#include "tun.h"

#define PUMP_RECORD 16384 /* the largest TLS record, RFC 8446 5.1: one tls_write(), one record */
#define PUMP_RX     (64 * 1024)

struct pump_stats {
    uint64_t tx_packets, tx_bytes; /* host to peer, inner datagrams */
    uint64_t rx_packets, rx_bytes; /* peer to host */
    uint64_t tx_dropped;           /* of a family that is not up, or no IP at all */
    uint64_t rx_malformed;         /* lengths or version that cannot be */
    uint64_t rx_unexpected;        /* of a family that is not up, or of a protocol that we do not speak */
    uint64_t rx_refused;           /* the kernel did not take it */
};

struct pump {
    uint8_t rx[PUMP_RX]; /* plaintext of the stream that is not parsed yet */
    size_t rx_len;
    uint8_t tx[PUMP_RECORD];
    struct pump_stats stats;
};

struct pump_families {
    bool ipv4;
    bool ipv6;
};

/*
 * Reads datagrams from the device until a record is full or none is left. How many were read, 0 when there is nothing, or -errno (the device is gone). *ret_frames is a view into pump->tx.
 */
int pump_collect(struct pump *pump, const struct tun *tun, struct pump_families allowed,
                 struct bytes *ret_frames) MUST_USE;

/* One frame's worth of our own making (a solicitation, the first packet for SoftEther): a view into pump->tx. */
struct bytes pump_frame(struct pump *pump, struct bytes datagram);

/* The peer's datagram: checks version and length, cuts padding. False (and counted) when it is malformed. */
bool pump_check(struct pump *pump, enum ppp_class class, struct bytes datagram,
                struct bytes *ret_datagram) MUST_USE;

/* Hands a checked datagram to the host. 0, or -errno when the device is gone. */
int pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram) MUST_USE;

/* Two lines at info level: what was carried, what was dropped. */
void pump_log_stats(const struct pump *pump, const struct log_sink *log);

#endif
