/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A super-segment is one pair of IP and TCP (or UDP) headers before the payload of many segments. Segment for segment the
 * headers are repeated and the payload is copied and summed in the same pass. What the checksums of all segments have in
 * common is added up once: per segment only length, identification, sequence number, flags and payload come in.
 *
 * As the kernel hands it over, the TCP or UDP checksum field holds the folded sum of the pseudo header with the length of
 * the whole. The rest of the pseudo header is taken from there, not from the addresses: with an IPv6 routing header the
 * address in the pseudo header is not the one in the IP header (RFC 8200 8.1).
 *
 * hdr_len of the virtio header is not read at all: kernels put the length of their linear buffer there. The headers' length
 * follows from csum_start and TCP's own offset field, and each is held against what the headers say.
 */
#include "tun_gso.h"

#include "checksum.h"
#include "ip_wire.h"
#include "tun_vnet.h"

/* The protocol of the IPv4 header's payload, if that begins at transport and is no fragment; -1 otherwise. */
static int ipv4_protocol(const uint8_t *ip, size_t transport)
{
    if (transport < IP4_HEADER_LEN || (size_t)(ip[0] & 15) * 4 != transport ||
        (ip_wire_u16(ip + IP4_AT_FRAGMENT) & IP4_MORE_OR_OFFSET) != 0)
        return -1;
    return ip[IP4_AT_PROTOCOL];
}

/*
 * The same through a chain of extension headers (RFC 8200 4.1). Those that can stand in a super-segment are repeated
 * unchanged; a fragment header cannot, nor can IPsec's, and a payload length of 0 would be a jumbogram (RFC 2675).
 */
static int ipv6_protocol(const uint8_t *ip, size_t transport)
{
    size_t at = IP6_HEADER_LEN;
    uint8_t next;

    if (transport < IP6_HEADER_LEN || ip_wire_u16(ip + IP6_AT_LEN) == 0)
        return -1;
    next = ip[IP6_AT_NEXT];
    while (at + 8 <= transport) {
        if (next != IP_PROTOCOL_HOP_BY_HOP && next != IP_PROTOCOL_ROUTING && next != IP_PROTOCOL_DESTINATIONS)
            return -1;
        next = ip[at];
        at += ((size_t)ip[at + 1] + 1) * 8;
    }
    return at == transport ? next : -1;
}

/* The sum of a header that is cleared of what differs between segments. */
static uint32_t sum_without(const uint8_t *header, size_t len, size_t at, size_t at_len)
{
    return checksum_sum(header, len) + (uint16_t)~checksum_fold(checksum_sum(header + at, at_len));
}

static void prepare_ip(struct tun_gso *gso)
{
    const uint8_t *ip = gso->data;

    if (gso->ipv6)
        return;
    gso->id = ip_wire_u16(ip + IP4_AT_ID);
    gso->ip_sum =
        sum_without(ip, gso->transport, IP4_AT_LEN, 4) + (uint16_t)~ip_wire_u16(ip + IP4_AT_CHECKSUM);
}

/* The pseudo header's sum as the kernel left it, without the length, which is the whole's. */
static uint32_t pseudo_sum(const struct tun_gso *gso)
{
    return (uint32_t)ip_wire_u16(gso->data + gso->checksum) + (uint16_t) ~(gso->len - gso->transport);
}

static enum tun_gso_fault prepare_tcp(struct tun_gso *gso)
{
    const uint8_t *tcp = gso->data + gso->transport;
    size_t tcp_len;

    if (gso->len - gso->transport < TCP_HEADER_LEN)
        return TUN_GSO_HEADER;
    tcp_len = (size_t)(tcp[TCP_AT_OFFSET] >> 4) * 4;
    if (tcp_len < TCP_HEADER_LEN || tcp_len > gso->len - gso->transport)
        return TUN_GSO_HEADER;
    gso->kind = TUN_GSO_SPLIT_TCP;
    gso->header_len = gso->transport + tcp_len;
    gso->seq = ip_wire_u32(tcp + TCP_AT_SEQ);
    gso->transport_sum = sum_without(tcp, tcp_len, TCP_AT_SEQ, 4) + (uint8_t)~tcp[TCP_AT_FLAGS] + 0xff00U +
                         (uint16_t)~ip_wire_u16(tcp + TCP_AT_CHECKSUM) + pseudo_sum(gso);
    return TUN_GSO_OK;
}

static enum tun_gso_fault prepare_udp(struct tun_gso *gso)
{
    const uint8_t *udp = gso->data + gso->transport;

    if (gso->len - gso->transport < UDP_HEADER_LEN)
        return TUN_GSO_HEADER;
    gso->kind = TUN_GSO_SPLIT_UDP;
    gso->header_len = gso->transport + UDP_HEADER_LEN;
    gso->transport_sum = checksum_sum(udp, UDP_AT_LEN) + pseudo_sum(gso);
    return TUN_GSO_OK;
}

/* Everything that is read at a fixed place from now on lies inside: csum_start + csum_offset + 2 was checked. */
static enum tun_gso_fault begin_split(struct tun_gso *gso, const struct tun_vnet *vnet)
{
    bool udp = vnet->gso_type == TUN_VNET_GSO_UDP_L4;
    enum tun_gso_fault fault;
    int protocol;

    gso->ipv6 = ip_wire_version(gso->data) == 6;
    if ((ip_wire_version(gso->data) != 4 && !gso->ipv6) || vnet->gso_size == 0 ||
        gso->len > IP_DATAGRAM_MAX || vnet->csum_offset != (udp ? UDP_AT_CHECKSUM : TCP_AT_CHECKSUM) ||
        (!udp && gso->ipv6 != ((vnet->gso_type & ~TUN_VNET_GSO_ECN) == TUN_VNET_GSO_TCPV6)))
        return TUN_GSO_HEADER;
    protocol =
        gso->ipv6 ? ipv6_protocol(gso->data, gso->transport) : ipv4_protocol(gso->data, gso->transport);
    if (protocol != (udp ? IP_PROTOCOL_UDP : IP_PROTOCOL_TCP))
        return TUN_GSO_HEADER;
    fault = udp ? prepare_udp(gso) : prepare_tcp(gso);
    if (fault != TUN_GSO_OK)
        return fault;
    if (gso->len - gso->header_len <=
        vnet->gso_size) { /* a segment like others: its headers are right already */
        gso->kind = TUN_GSO_FINISH;
        gso->header_len = 0;
        return TUN_GSO_OK;
    }
    gso->segment_len = vnet->gso_size;
    gso->next = gso->header_len;
    prepare_ip(gso);
    return TUN_GSO_OK;
}

static bool type_known(uint8_t gso_type)
{
    switch (gso_type) {
    case TUN_VNET_GSO_NONE:
    case TUN_VNET_GSO_TCPV4:
    case TUN_VNET_GSO_TCPV4 | TUN_VNET_GSO_ECN:
    case TUN_VNET_GSO_TCPV6:
    case TUN_VNET_GSO_TCPV6 | TUN_VNET_GSO_ECN:
    case TUN_VNET_GSO_UDP_L4: return true;
    default: return false;
    }
}

enum tun_gso_fault tun_gso_begin(struct tun_gso *gso, struct bytes read)
{
    struct tun_vnet vnet;

    if (read.len <= TUN_VNET_LEN)
        return TUN_GSO_SHORT;
    memcpy(&vnet, read.data, sizeof(vnet));
    *gso = (struct tun_gso){.data = read.data + TUN_VNET_LEN, .len = read.len - TUN_VNET_LEN};
    gso->segment_len = gso->len;
    if (!type_known(vnet.gso_type))
        return TUN_GSO_TYPE;
    if ((vnet.flags & TUN_VNET_NEEDS_CHECKSUM) ==
        0) /* without it there is no super-segment, virtio 1.2 5.1.6.2 */
        return vnet.gso_type == TUN_VNET_GSO_NONE ? TUN_GSO_OK : TUN_GSO_CHECKSUM;
    gso->transport = vnet.csum_start;
    gso->checksum = (size_t)vnet.csum_start + vnet.csum_offset;
    if (gso->checksum + 2 > gso->len)
        return TUN_GSO_CHECKSUM;
    gso->kind = TUN_GSO_FINISH;
    return vnet.gso_type == TUN_VNET_GSO_NONE ? TUN_GSO_OK : begin_split(gso, &vnet);
}

const char *tun_gso_fault_name(enum tun_gso_fault fault)
{
    switch (fault) {
    case TUN_GSO_OK: return "none";
    case TUN_GSO_SHORT: return "too short";
    case TUN_GSO_TYPE: return "unknown segmentation";
    case TUN_GSO_CHECKSUM: return "misplaced checksum";
    case TUN_GSO_HEADER: return "contradicting headers";
    case TUN_GSO_FAULTS: break;
    }
    return "?";
}

/*
 * A datagram whose checksum field holds the sum of the pseudo header. Only at UDP's place (6; DCCP's is the same, and does
 * not mind) 0 becomes 0xffff; the two mean the same anywhere else.
 */
static void finish_one(const struct tun_gso *gso, uint8_t *out)
{
    uint32_t sum = checksum_copy(out + gso->transport, gso->data + gso->transport, gso->len - gso->transport);
    bool udp = gso->checksum - gso->transport == UDP_AT_CHECKSUM;

    if (gso->transport >= IP4_HEADER_LEN)
        ip_wire_copy_header(out, gso->data, gso->transport);
    else
        memcpy(out, gso->data, gso->transport);
    ip_wire_put_u16(out + gso->checksum, udp ? checksum_finish_udp(sum) : checksum_finish(sum));
}

static void write_ip(struct tun_gso *gso, uint8_t *out, size_t len)
{
    if (gso->ipv6) {
        ip_wire_put_u16(out + IP6_AT_LEN, (uint16_t)(len - IP6_HEADER_LEN));
        return;
    }
    ip_wire_put_u16(out + IP4_AT_LEN, (uint16_t)len);
    ip_wire_put_u16(out + IP4_AT_ID, gso->id);
    ip_wire_put_u16(out + IP4_AT_CHECKSUM, checksum_finish(gso->ip_sum + (uint32_t)len + gso->id));
    gso->id++;
}

/* FIN and PSH tell of the end of the data, so they stay with the last; CWR is said once, RFC 3168 6.1.2. */
static uint8_t tcp_flags(const struct tun_gso *gso, size_t payload_len)
{
    uint8_t flags = gso->data[gso->transport + TCP_AT_FLAGS];

    if (gso->next != gso->header_len)
        flags &= (uint8_t)~TCP_CWR;
    if (gso->next + payload_len != gso->len)
        flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    return flags;
}

static void write_tcp(struct tun_gso *gso, uint8_t *tcp, size_t payload_len, uint32_t payload_sum)
{
    uint8_t flags = tcp_flags(gso, payload_len);
    uint32_t len = (uint32_t)(gso->header_len - gso->transport + payload_len);

    ip_wire_put_u32(tcp + TCP_AT_SEQ, gso->seq);
    tcp[TCP_AT_FLAGS] = flags;
    ip_wire_put_u16(tcp + TCP_AT_CHECKSUM, checksum_finish(gso->transport_sum + payload_sum + len + flags +
                                                           (gso->seq >> 16) + (gso->seq & 0xffff)));
    gso->seq += (uint32_t)payload_len;
}

/* The length counts twice: in the pseudo header and in UDP's own. */
static void write_udp(const struct tun_gso *gso, uint8_t *udp, size_t payload_len, uint32_t payload_sum)
{
    uint16_t len = (uint16_t)(UDP_HEADER_LEN + payload_len);

    ip_wire_put_u16(udp + UDP_AT_LEN, len);
    ip_wire_put_u16(udp + UDP_AT_CHECKSUM, checksum_finish_udp(gso->transport_sum + payload_sum + 2U * len));
}

static void write_segment(struct tun_gso *gso, uint8_t *out, size_t payload_len)
{
    uint32_t sum = checksum_copy(out + gso->header_len, gso->data + gso->next, payload_len);

    ip_wire_copy_header(out, gso->data, gso->header_len);
    write_ip(gso, out, gso->header_len + payload_len);
    if (gso->kind == TUN_GSO_SPLIT_TCP)
        write_tcp(gso, out + gso->transport, payload_len, sum);
    else
        write_udp(gso, out + gso->transport, payload_len, sum);
    gso->next += payload_len;
}

size_t tun_gso_next(struct tun_gso *gso, uint8_t *out, size_t cap)
{
    size_t len = tun_gso_next_len(gso);

    if (len == 0 || len > cap)
        return 0;
    switch (gso->kind) {
    case TUN_GSO_COPY:
        memcpy(out, gso->data, len);
        gso->next = gso->len;
        break;
    case TUN_GSO_FINISH:
        finish_one(gso, out);
        gso->next = gso->len;
        break;
    case TUN_GSO_SPLIT_TCP:
    case TUN_GSO_SPLIT_UDP: write_segment(gso, out, len - gso->header_len); break;
    }
    return len;
}
