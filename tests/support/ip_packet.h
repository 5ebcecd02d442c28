/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams for tests of the packet path, written field by field by code that shares nothing with what it tests: TCP or
 * UDP over IPv4 or IPv6, and the super-segments that a kernel would make of many of them.
 */
#ifndef IP_PACKET_H
#define IP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IP_PACKET_MAX (65536 + 256) /* with a virtio header, with a little room */

struct ip_packet {
    bool ipv6;
    bool udp;
    bool dont_fragment;
    uint8_t tos, ttl;
    uint16_t id;
    uint32_t flow_label;
    uint8_t source, destination; /* the last byte of the addresses 10.9.0.x and fd09::x */
    uint16_t source_port, destination_port;
    uint32_t seq, ack;
    uint8_t flags;
    uint16_t window, urgent;
    uint8_t options[40]; /* TCP's */
    uint8_t options_len;
    uint8_t between
        [60]; /* IPv4 options, or IPv6 extension headers as they stand, the last with the right next header */
    uint8_t between_len;
    uint8_t between_first; /* next header of the IPv6 header, when there are extension headers */
    uint64_t payload_seed; /* byte i of the payload is a function of seed and i */
    size_t payload_at, payload_len;
};

/* A data packet of a TCP connection, or a UDP datagram. */
struct ip_packet ip_packet_default(bool ipv6, bool udp);

size_t ip_packet_header_len(const struct ip_packet *packet);
size_t ip_packet_transport(const struct ip_packet *packet);

/* Writes the datagram with right checksums. Its length. */
size_t ip_packet_write(const struct ip_packet *packet, uint8_t *out);

/* What a TUN with IFF_VNET_HDR gives for it: virtio header, checksum unfinished; gso_size 0: no super-segment. */
size_t ip_packet_write_super(const struct ip_packet *packet, uint16_t gso_size, uint8_t *out);

/* The i-th of the segments that it is to be split into, as RFC 9293 and the kernel's rules have it. */
struct ip_packet ip_packet_segment(const struct ip_packet *super, size_t gso_size, size_t i);
size_t ip_packet_n_segments(const struct ip_packet *super, size_t gso_size);

/* RFC 1071, the slow way. start is a sum to go on from. */
uint32_t ip_packet_sum(const uint8_t *data, size_t len, uint32_t start);
uint16_t ip_packet_fold(uint32_t sum);

/* A small generator, so that a failure can be repeated: xorshift64*, state not 0. */
uint64_t ip_packet_random(uint64_t *state);

#endif
