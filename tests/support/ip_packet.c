/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Written for being obviously right, not fast. */
#include "ip_packet.h"

#include <endian.h>
#include <string.h>

#define VNET_LEN 10

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

uint64_t ip_packet_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dU;
}

uint32_t ip_packet_sum(const uint8_t *data, size_t len, uint32_t start)
{
    uint32_t sum = start;

    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

uint16_t ip_packet_fold(uint32_t sum)
{
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

struct ip_packet ip_packet_default(bool ipv6, bool udp)
{
    return (struct ip_packet){
        .ipv6 = ipv6,
        .udp = udp,
        .dont_fragment = true,
        .ttl = 64,
        .id = 0x1234,
        .source = 2,
        .destination = 1,
        .source_port = 40000,
        .destination_port = 443,
        .seq = 0xfffffa00, /* wraps soon */
        .ack = 77,
        .flags = 0x10,
        .window = 501,
        .payload_seed = 1,
        .payload_len = 100,
    };
}

size_t ip_packet_transport(const struct ip_packet *packet)
{
    return (packet->ipv6 ? 40U : 20U) + packet->between_len;
}

size_t ip_packet_header_len(const struct ip_packet *packet)
{
    return ip_packet_transport(packet) + (packet->udp ? 8U : 20U + packet->options_len);
}

static uint8_t protocol(const struct ip_packet *packet)
{
    return packet->udp ? 17 : 6;
}

static void write_ipv4(const struct ip_packet *packet, uint8_t *out, size_t len)
{
    uint8_t address[4] = {10, 9, 0, 0};

    out[0] = (uint8_t)(0x40 | (20 + packet->between_len) / 4);
    out[1] = packet->tos;
    put16(out + 2, (unsigned)len);
    put16(out + 4, packet->id);
    put16(out + 6, packet->dont_fragment ? 0x4000 : 0);
    out[8] = packet->ttl;
    out[9] = protocol(packet);
    put16(out + 10, 0);
    address[3] = packet->source;
    memcpy(out + 12, address, 4);
    address[3] = packet->destination;
    memcpy(out + 16, address, 4);
    memcpy(out + 20, packet->between, packet->between_len);
    put16(out + 10, 0xffffU ^ ip_packet_fold(ip_packet_sum(out, 20U + packet->between_len, 0)));
}

static void write_ipv6(const struct ip_packet *packet, uint8_t *out, size_t len)
{
    uint8_t address[16] = {0xfd, 0x09};

    put32(out, 6U << 28 | (uint32_t)packet->tos << 20 | packet->flow_label);
    put16(out + 4, (unsigned)(len - 40));
    out[6] = packet->between_len > 0 ? packet->between_first : protocol(packet);
    out[7] = packet->ttl;
    address[15] = packet->source;
    memcpy(out + 8, address, 16);
    address[15] = packet->destination;
    memcpy(out + 24, address, 16);
    memcpy(out + 40, packet->between, packet->between_len);
}

static void write_tcp(const struct ip_packet *packet, uint8_t *tcp)
{
    put16(tcp, packet->source_port);
    put16(tcp + 2, packet->destination_port);
    put32(tcp + 4, packet->seq);
    put32(tcp + 8, packet->ack);
    tcp[12] = (uint8_t)((20 + packet->options_len) / 4 << 4);
    tcp[13] = packet->flags;
    put16(tcp + 14, packet->window);
    put16(tcp + 16, 0);
    put16(tcp + 18, packet->urgent);
    memcpy(tcp + 20, packet->options, packet->options_len);
}

static void write_udp(const struct ip_packet *packet, uint8_t *udp)
{
    put16(udp, packet->source_port);
    put16(udp + 2, packet->destination_port);
    put16(udp + 4, (unsigned)(8 + packet->payload_len));
    put16(udp + 6, 0);
}

static uint8_t payload_byte(uint64_t seed, size_t at)
{
    uint64_t h = (seed * 0x9e3779b97f4a7c15U + at) * 0xd6e8feb86659fd93U;

    return (uint8_t)(h >> 56);
}

/* Everything but the transport checksum. */
static size_t write_unsummed(const struct ip_packet *packet, uint8_t *out)
{
    size_t header_len = ip_packet_header_len(packet), len = header_len + packet->payload_len;

    if (packet->ipv6)
        write_ipv6(packet, out, len);
    else
        write_ipv4(packet, out, len);
    if (packet->udp)
        write_udp(packet, out + ip_packet_transport(packet));
    else
        write_tcp(packet, out + ip_packet_transport(packet));
    for (size_t i = 0; i < packet->payload_len; i++)
        out[header_len + i] = payload_byte(packet->payload_seed, packet->payload_at + i);
    return len;
}

static uint32_t pseudo_sum(const struct ip_packet *packet, const uint8_t *ip, size_t len)
{
    uint32_t start = (uint32_t)(protocol(packet) + (len - ip_packet_transport(packet)));

    return packet->ipv6 ? ip_packet_sum(ip + 8, 32, start) : ip_packet_sum(ip + 12, 8, start);
}

static uint8_t *checksum_field(const struct ip_packet *packet, uint8_t *ip)
{
    return ip + ip_packet_transport(packet) + (packet->udp ? 6 : 16);
}

size_t ip_packet_write(const struct ip_packet *packet, uint8_t *out)
{
    size_t len = write_unsummed(packet, out), transport = ip_packet_transport(packet);
    uint32_t sum = ip_packet_sum(out + transport, len - transport, pseudo_sum(packet, out, len));
    uint16_t checksum = (uint16_t)~ip_packet_fold(sum);

    put16(checksum_field(packet, out), packet->udp && checksum == 0 ? 0xffff : checksum);
    return len;
}

static void write_vnet(const struct ip_packet *packet, uint16_t gso_size, uint8_t *out)
{
    uint16_t number[4] = {(uint16_t)ip_packet_header_len(packet), gso_size,
                          (uint16_t)ip_packet_transport(packet), packet->udp ? 6 : 16};

    out[0] = 1;
    out[1] = gso_size == 0 ? 0 : packet->udp ? 5 : packet->ipv6 ? 4 : 1;
    if (gso_size != 0 && !packet->udp && (packet->flags & 0x80) != 0)
        out[1] |= 0x80;
    memcpy(out + 2, number, sizeof(number));
}

size_t ip_packet_write_super(const struct ip_packet *packet, uint16_t gso_size, uint8_t *out)
{
    uint8_t *ip = out + VNET_LEN;
    size_t len = write_unsummed(packet, ip);

    write_vnet(packet, gso_size, out);
    put16(checksum_field(packet, ip), ip_packet_fold(pseudo_sum(packet, ip, len)));
    return VNET_LEN + len;
}

size_t ip_packet_n_segments(const struct ip_packet *super, size_t gso_size)
{
    return super->payload_len == 0 ? 1 : (super->payload_len + gso_size - 1) / gso_size;
}

struct ip_packet ip_packet_segment(const struct ip_packet *super, size_t gso_size, size_t i)
{
    size_t at = i * gso_size, left = super->payload_len - at;
    struct ip_packet segment = *super;

    segment.payload_at += at;
    segment.payload_len = left < gso_size ? left : gso_size;
    segment.id = (uint16_t)(super->id + i);
    segment.seq = super->seq + (uint32_t)at;
    if (i > 0)
        segment.flags &= 0x7f;
    if (i + 1 < ip_packet_n_segments(super, gso_size))
        segment.flags &= (uint8_t)~0x09;
    return segment;
}
