/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of IP, TCP and UDP headers stand that splitting and merging touch (RFC 791 3.1, RFC 8200 3,
 * RFC 9293 3.1, RFC 768), and access to them. The packet path reads these at fixed places, millions of times a second,
 * so it checks lengths once and then goes past the cursor of bytes.h: nothing here checks bounds.
 */
#ifndef SSTPTUN_IP_WIRE_H
#define SSTPTUN_IP_WIRE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define IP4_HEADER_LEN     20 /* without options */
#define IP4_AT_TOS         1
#define IP4_AT_LEN         2
#define IP4_AT_ID          4
#define IP4_AT_FRAGMENT    6
#define IP4_AT_TTL         8
#define IP4_AT_PROTOCOL    9
#define IP4_AT_CHECKSUM    10
#define IP4_AT_ADDRESSES   12 /* source and destination, 4 bytes each */
#define IP4_ADDRESSES_LEN  8
#define IP4_DONT_FRAGMENT  0x4000
#define IP4_MORE_OR_OFFSET 0x3fff /* not zero: a fragment */

#define IP6_HEADER_LEN    40
#define IP6_AT_LEN        4 /* of what follows the header */
#define IP6_AT_NEXT       6
#define IP6_AT_HOP_LIMIT  7
#define IP6_AT_ADDRESSES  8 /* 16 bytes each */
#define IP6_ADDRESSES_LEN 32

/* Protocol numbers, and the extension headers of RFC 8200 4.1 that can stand before TCP or UDP. */
#define IP_PROTOCOL_HOP_BY_HOP   0
#define IP_PROTOCOL_TCP          6
#define IP_PROTOCOL_UDP          17
#define IP_PROTOCOL_ROUTING      43
#define IP_PROTOCOL_FRAGMENT     44
#define IP_PROTOCOL_AH           51
#define IP_PROTOCOL_DESTINATIONS 60

#define TCP_HEADER_LEN  20 /* without options */
#define TCP_AT_SEQ      4
#define TCP_AT_ACK      8
#define TCP_AT_OFFSET   12 /* header length in words in the upper half */
#define TCP_AT_FLAGS    13
#define TCP_AT_WINDOW   14
#define TCP_AT_CHECKSUM 16
#define TCP_AT_URGENT   18
#define TCP_FIN         0x01
#define TCP_PSH         0x08
#define TCP_ACK         0x10
#define TCP_CWR         0x80

#define UDP_HEADER_LEN  8
#define UDP_AT_LEN      4
#define UDP_AT_CHECKSUM 6

#define IP_DATAGRAM_MAX 65535 /* header and payload: the more restrictive IPv4 limit serves for both */

static inline uint16_t ip_wire_u16(const uint8_t *at)
{
    uint16_t v;

    memcpy(&v, at, sizeof(v));
    return be16toh(v);
}

static inline uint32_t ip_wire_u32(const uint8_t *at)
{
    uint32_t v;

    memcpy(&v, at, sizeof(v));
    return be32toh(v);
}

static inline void ip_wire_put_u16(uint8_t *at, uint16_t value)
{
    uint16_t v = htobe16(value);

    memcpy(at, &v, sizeof(v));
}

static inline void ip_wire_put_u32(uint8_t *at, uint32_t value)
{
    uint32_t v = htobe32(value);

    memcpy(at, &v, sizeof(v));
}

static inline unsigned ip_wire_version(const uint8_t *datagram)
{
    return datagram[0] >> 4;
}

/*
 * Copies a header of at least 16 bytes: whole blocks, the last of which may overlap the one before. A call of memcpy()
 * with a length that is known only at run time costs more than the copy, above all in musl.
 */
static inline void ip_wire_copy_header(uint8_t *to, const uint8_t *from, size_t len)
{
    size_t i = 0;

    for (; i + 16 < len; i += 16)
        memcpy(to + i, from + i, 16);
    memcpy(to + len - 16, from + len - 16, 16);
}

#endif
