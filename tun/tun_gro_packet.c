/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules of merging. The measure is that nothing may be lost: what the kernel makes of the merged datagram, be it that
 * it hands the payload to a socket or that it forwards it split again, must be what it would have made of the single ones.
 * So every header field must be the same, save for those that splitting counts up or recomputes.
 *
 * IPv4 identification: splitting counts it up by one. Where that is what was received, it comes out again. Where it is not,
 * datagrams with DF are merged all the same, for their identification means nothing (RFC 6864 4.1) and hosts that count
 * across all flows are common; those without DF are not, for an invented one could collide in somebody's reassembly.
 *
 * A UDP datagram without checksum is not merged: there is nothing to verify, and splitting would put one in.
 */
#include "tun_gro_packet.h"

#include "checksum.h"
#include "ip_wire.h"
#include "tun_vnet.h"

static uint64_t load_u64(const uint8_t *at)
{
    uint64_t v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static uint32_t load_u32(const uint8_t *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof(v));
    return v;
}

static const uint8_t *transport_of(const struct tun_gro_packet *packet)
{
    return packet->data + packet->transport;
}

/* Only speed hangs on it: whoever makes flows collide makes us compare them. */
static uint32_t flow_hash(const struct tun_gro_packet *packet)
{
    uint64_t h = load_u32(transport_of(packet)); /* both ports */
    const uint8_t *ip = packet->data;

    if (packet->ipv6)
        h ^= load_u64(ip + 8) ^ load_u64(ip + 16) * 3 ^ load_u64(ip + 24) * 5 ^ load_u64(ip + 32) * 7;
    else
        h ^= load_u64(ip + IP4_AT_ADDRESSES) * 3;
    h += packet->udp;
    h *= 0x9e3779b97f4a7c15U; /* 2^64 over the golden ratio: spreads to the upper bits */
    return (uint32_t)(h >> 32);
}

static enum tun_gro_class read_tcp(struct tun_gro_packet *packet)
{
    const uint8_t *tcp = transport_of(packet);
    size_t left = packet->len - packet->transport, tcp_len;

    if (left < TCP_HEADER_LEN)
        return TUN_GRO_CLASS_BETWEEN;
    packet->hash = flow_hash(packet);
    tcp_len = (size_t)(tcp[TCP_AT_OFFSET] >> 4) * 4;
    if ((tcp[TCP_AT_OFFSET] & 15) != 0 || (tcp[TCP_AT_FLAGS] & ~TCP_PSH) != TCP_ACK ||
        tcp_len < TCP_HEADER_LEN || tcp_len >= left)
        return TUN_GRO_CLASS_ALONE;
    packet->seq = ip_wire_u32(tcp + TCP_AT_SEQ);
    packet->push = (tcp[TCP_AT_FLAGS] & TCP_PSH) != 0;
    packet->header_len = (uint16_t)(packet->transport + tcp_len);
    packet->payload_len = (uint16_t)(left - tcp_len);
    return TUN_GRO_CLASS_MERGE;
}

static enum tun_gro_class read_udp(struct tun_gro_packet *packet)
{
    const uint8_t *udp = transport_of(packet);
    size_t left = packet->len - packet->transport;

    if (left < UDP_HEADER_LEN)
        return TUN_GRO_CLASS_BETWEEN;
    packet->hash = flow_hash(packet);
    packet->push = false;
    if (ip_wire_u16(udp + UDP_AT_LEN) != left || left == UDP_HEADER_LEN ||
        ip_wire_u16(udp + UDP_AT_CHECKSUM) == 0)
        return TUN_GRO_CLASS_ALONE;
    packet->header_len = (uint16_t)(packet->transport + UDP_HEADER_LEN);
    packet->payload_len = (uint16_t)(left - UDP_HEADER_LEN);
    return TUN_GRO_CLASS_MERGE;
}

static enum tun_gro_class read_transport(struct tun_gro_packet *packet, uint8_t protocol)
{
    if (protocol != IP_PROTOCOL_TCP && protocol != IP_PROTOCOL_UDP)
        return TUN_GRO_CLASS_APART;
    packet->udp = protocol == IP_PROTOCOL_UDP;
    return packet->udp ? read_udp(packet) : read_tcp(packet);
}

/* Options, fragments, the reserved bit, and lengths that contradict each other: the kernel shall judge. */
static enum tun_gro_class read_ipv4(struct tun_gro_packet *packet)
{
    const uint8_t *ip = packet->data;
    uint8_t protocol;

    if (packet->len < IP4_HEADER_LEN)
        return TUN_GRO_CLASS_APART;
    protocol = ip[IP4_AT_PROTOCOL];
    packet->transport = IP4_HEADER_LEN;
    if (ip[0] != 0x45 || ip_wire_u16(ip + IP4_AT_LEN) != packet->len ||
        (ip_wire_u16(ip + IP4_AT_FRAGMENT) & ~IP4_DONT_FRAGMENT) != 0)
        return protocol == IP_PROTOCOL_TCP || protocol == IP_PROTOCOL_UDP ? TUN_GRO_CLASS_BETWEEN
                                                                          : TUN_GRO_CLASS_APART;
    return read_transport(packet, protocol);
}

/* Behind which TCP or UDP may yet come; anything else would be a new protocol. */
static bool is_extension(uint8_t next)
{
    return next == IP_PROTOCOL_HOP_BY_HOP || next == IP_PROTOCOL_ROUTING || next == IP_PROTOCOL_FRAGMENT ||
           next == IP_PROTOCOL_AH || next == IP_PROTOCOL_DESTINATIONS;
}

static enum tun_gro_class read_ipv6(struct tun_gro_packet *packet)
{
    const uint8_t *ip = packet->data;

    if (packet->len < IP6_HEADER_LEN)
        return TUN_GRO_CLASS_APART;
    packet->transport = IP6_HEADER_LEN;
    if (is_extension(ip[IP6_AT_NEXT]) || ip_wire_u16(ip + IP6_AT_LEN) != packet->len - IP6_HEADER_LEN)
        return TUN_GRO_CLASS_BETWEEN;
    return read_transport(packet, ip[IP6_AT_NEXT]);
}

enum tun_gro_class tun_gro_packet_read(struct tun_gro_packet *packet, struct bytes datagram)
{
    packet->data = datagram.data;
    packet->len = datagram.len;
    packet->ipv6 = false;
    if (datagram.len == 0 || datagram.len > IP_DATAGRAM_MAX)
        return TUN_GRO_CLASS_APART;
    switch (ip_wire_version(datagram.data)) {
    case 4: return read_ipv4(packet);
    case 6: packet->ipv6 = true; return read_ipv6(packet);
    default: return TUN_GRO_CLASS_APART;
    }
}

bool tun_gro_packet_same_addresses(const struct tun_gro_packet *a, const struct tun_gro_packet *b)
{
    const uint8_t *x = a->data, *y = b->data;

    if (a->ipv6 != b->ipv6)
        return false;
    if (!a->ipv6)
        return load_u64(x + IP4_AT_ADDRESSES) == load_u64(y + IP4_AT_ADDRESSES);
    return ((load_u64(x + 8) ^ load_u64(y + 8)) | (load_u64(x + 16) ^ load_u64(y + 16)) |
            (load_u64(x + 24) ^ load_u64(y + 24)) | (load_u64(x + 32) ^ load_u64(y + 32))) == 0;
}

bool tun_gro_packet_same_flow(const struct tun_gro_packet *a, const struct tun_gro_packet *b)
{
    return a->hash == b->hash && a->udp == b->udp && tun_gro_packet_same_addresses(a, b) &&
           load_u32(transport_of(a)) == load_u32(transport_of(b));
}

/* Service and TTL, DF (fragments are out already), and the identification where it means something. */
static bool same_ipv4(const uint8_t *first, const uint8_t *ip, unsigned n_between)
{
    uint16_t id = (uint16_t)(ip_wire_u16(first + IP4_AT_ID) + 1 + n_between);

    return first[IP4_AT_TOS] == ip[IP4_AT_TOS] && first[IP4_AT_TTL] == ip[IP4_AT_TTL] &&
           first[IP4_AT_FRAGMENT] == ip[IP4_AT_FRAGMENT] &&
           (ip[IP4_AT_FRAGMENT] != 0 || ip_wire_u16(ip + IP4_AT_ID) == id);
}

/* Traffic class, flow label and hop limit. */
static bool same_ipv6(const uint8_t *first, const uint8_t *ip)
{
    return load_u32(first) == load_u32(ip) && first[IP6_AT_HOP_LIMIT] == ip[IP6_AT_HOP_LIMIT];
}

/* Acknowledgement, header length, window, urgent pointer, options; the flags are ACK or ACK and PSH. */
static bool same_tcp(const uint8_t *first, const uint8_t *tcp, size_t tcp_len)
{
    uint32_t differs = (load_u32(first + TCP_AT_ACK) ^ load_u32(tcp + TCP_AT_ACK)) |
                       (uint32_t)(first[TCP_AT_OFFSET] ^ tcp[TCP_AT_OFFSET]) |
                       (uint32_t)(ip_wire_u16(first + TCP_AT_WINDOW) ^ ip_wire_u16(tcp + TCP_AT_WINDOW)) |
                       (uint32_t)(ip_wire_u16(first + TCP_AT_URGENT) ^ ip_wire_u16(tcp + TCP_AT_URGENT));

    for (size_t i = TCP_HEADER_LEN; i < tcp_len; i += 4)
        differs |= load_u32(first + i) ^ load_u32(tcp + i);
    return differs == 0;
}

bool tun_gro_packet_same_headers(const struct tun_gro_packet *first, const struct tun_gro_packet *packet,
                                 unsigned n_between)
{
    if (first->header_len != packet->header_len)
        return false;
    if (packet->ipv6 ? !same_ipv6(first->data, packet->data)
                     : !same_ipv4(first->data, packet->data, n_between))
        return false;
    return packet->udp || same_tcp(transport_of(first), transport_of(packet),
                                   (size_t)packet->header_len - packet->transport);
}

static uint32_t pseudo_sum(const struct tun_gro_packet *packet, size_t transport_len)
{
    uint8_t protocol = packet->udp ? IP_PROTOCOL_UDP : IP_PROTOCOL_TCP;

    return packet->ipv6 ? checksum_pseudo_ipv6(packet->data + IP6_AT_ADDRESSES, protocol, transport_len)
                        : checksum_pseudo_ipv4(packet->data + IP4_AT_ADDRESSES, protocol, transport_len);
}

bool tun_gro_packet_verify(const struct tun_gro_packet *packet)
{
    size_t transport_len = packet->len - packet->transport;

    if (!packet->ipv6 && checksum_sum(packet->data, IP4_HEADER_LEN) != 0xffff)
        return false;
    return checksum_fold(pseudo_sum(packet, transport_len) +
                         checksum_sum(transport_of(packet), transport_len)) == 0xffff;
}

static void rewrite_ip(uint8_t *ip, bool ipv6, size_t len)
{
    if (ipv6) {
        ip_wire_put_u16(ip + IP6_AT_LEN, (uint16_t)(len - IP6_HEADER_LEN));
        return;
    }
    ip_wire_put_u16(ip + IP4_AT_LEN, (uint16_t)len);
    ip_wire_put_u16(ip + IP4_AT_CHECKSUM, 0);
    ip_wire_put_u16(ip + IP4_AT_CHECKSUM, checksum_finish(checksum_sum(ip, IP4_HEADER_LEN)));
}

size_t tun_gro_packet_write_headers(const struct tun_gro_packet *first, size_t payload_len, bool push,
                                    uint8_t *out)
{
    size_t transport_len = (size_t)first->header_len - first->transport + payload_len;
    uint8_t *ip = out + TUN_VNET_LEN, *transport = ip + first->transport;
    struct tun_vnet vnet = {
        .flags = TUN_VNET_NEEDS_CHECKSUM,
        .gso_type = first->udp    ? TUN_VNET_GSO_UDP_L4
                    : first->ipv6 ? TUN_VNET_GSO_TCPV6
                                  : TUN_VNET_GSO_TCPV4,
        .hdr_len = first->header_len,
        .gso_size = first->payload_len,
        .csum_start = first->transport,
        .csum_offset = first->udp ? UDP_AT_CHECKSUM : TCP_AT_CHECKSUM,
    };

    memcpy(out, &vnet, sizeof(vnet));
    ip_wire_copy_header(ip, first->data, first->header_len);
    rewrite_ip(ip, first->ipv6, first->transport + transport_len);
    if (first->udp)
        ip_wire_put_u16(transport + UDP_AT_LEN, (uint16_t)transport_len);
    else if (push)
        transport[TCP_AT_FLAGS] |= TCP_PSH;
    ip_wire_put_u16(transport + vnet.csum_offset, checksum_fold(pseudo_sum(first, transport_len)));
    return TUN_VNET_LEN + (size_t)first->header_len;
}
