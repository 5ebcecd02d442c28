/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One received datagram as merging sees it: what it is, whether it continues another, whether its checksums are right. */
#ifndef SSTPTUN_TUN_GRO_PACKET_H
#define SSTPTUN_TUN_GRO_PACKET_H

#include "bytes.h"

/* The longest header that is merged: IPv6 and TCP with all options. */
#define TUN_GRO_HEADER_MAX 100

enum tun_gro_class {
    TUN_GRO_CLASS_APART, /* of no flow that is ever merged: has no order to keep */
    TUN_GRO_CLASS_BETWEEN, /* of some flow between its two addresses: a fragment, or behind options or extension headers */
    TUN_GRO_CLASS_ALONE, /* of a known flow, but to be passed on as it is */
    TUN_GRO_CLASS_MERGE, /* may begin or continue a merged datagram */
};

struct tun_gro_packet {
    const uint8_t *data;
    size_t len;
    uint32_t hash;        /* of the flow; set for ALONE and MERGE */
    uint32_t seq;         /* TCP's */
    uint16_t transport;   /* where the transport header is */
    uint16_t header_len;  /* all headers: set for MERGE, as is what follows */
    uint16_t payload_len; /* never 0 */
    bool ipv6;
    bool udp;
    bool push; /* PSH: nothing may be merged behind it */
};

/* Looks at lengths and flags, not at checksums. Any bytes may be given, even none. */
enum tun_gro_class tun_gro_packet_read(struct tun_gro_packet *packet, struct bytes datagram) MUST_USE;

/* For packets read as ALONE or MERGE: the same addresses, protocol and ports? */
bool tun_gro_packet_same_flow(const struct tun_gro_packet *a, const struct tun_gro_packet *b) MUST_USE;

/* The same two addresses, in the same order? For BETWEEN, too. */
bool tun_gro_packet_same_addresses(const struct tun_gro_packet *a, const struct tun_gro_packet *b) MUST_USE;

/*
 * For two MERGE packets of the same flow: would the n_between packets since first, and then this one, be rebuilt bit by bit
 * (save the IPv4 identification of datagrams that may not be fragmented) when the kernel splits what first begins?
 */
bool tun_gro_packet_same_headers(const struct tun_gro_packet *first, const struct tun_gro_packet *packet,
                                 unsigned n_between) MUST_USE;

/* For a MERGE packet: the IPv4 header's checksum and the transport's are right. */
bool tun_gro_packet_verify(const struct tun_gro_packet *packet) MUST_USE;

/*
 * Writes the virtio header and the rewritten IP and transport headers of the datagram that n packets like first make, with
 * payload_len bytes in all. push: the last of them had PSH. out has room for TUN_VNET_LEN + TUN_GRO_HEADER_MAX; returns how
 * much was written.
 */
size_t tun_gro_packet_write_headers(const struct tun_gro_packet *first, size_t payload_len, bool push,
                                    uint8_t *out);

#endif
