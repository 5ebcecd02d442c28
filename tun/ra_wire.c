/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Neighbour discovery on the wire, as far as a host without neighbours needs it. The kernel must not get an
 * advertisement by any way, so the filter walks the extension headers as the kernel does; the parser then takes only
 * what an honest router sends, which has none.
 */
#include "ra_wire.h"

#define IPV6_HEADER_LEN 40
#define HOP_LIMIT       255 /* cannot have been forwarded: RFC 4861 6.1.2 */

#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING    43
#define NEXT_FRAGMENT   44
#define NEXT_AUTH       51
#define NEXT_ICMPV6     58
#define NEXT_DEST_OPTS  60
#define NEXT_MOBILITY   135
#define NEXT_HIP        139
#define NEXT_SHIM6      140

#define ICMP_ROUTER_SOLICIT 133
#define ICMP_ROUTER_ADVERT  134
#define ICMP_REDIRECT       137

#define ADVERT_LEN_MIN 16 /* RFC 4861 6.1.2 */

/* Adds the 16-bit words of data, an odd byte padded with zero (RFC 1071). */
static uint32_t sum_add(uint32_t sum, struct bytes data)
{
    for (size_t i = 0; i < data.len; i++)
        sum += i % 2 == 0 ? (uint32_t)data.data[i] << 8 : data.data[i];
    return sum;
}

/* Over the pseudo header (RFC 8200 8.1) and the message. addresses: source and destination, 32 bytes. */
static uint16_t icmp_checksum(struct bytes addresses, struct bytes message)
{
    uint32_t sum = sum_add(0, addresses);

    sum += (uint32_t)message.len + NEXT_ICMPV6; /* a datagram's length: 16 bits */
    sum = sum_add(sum, message);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Length of an extension header whose second byte is len, 0 when there is none of that number. */
static size_t extension_len(uint8_t next, uint8_t len)
{
    switch (next) {
    case NEXT_HOP_BY_HOP:
    case NEXT_ROUTING:
    case NEXT_DEST_OPTS:
    case NEXT_MOBILITY:
    case NEXT_HIP:
    case NEXT_SHIM6: return ((size_t)len + 1) * 8;
    case NEXT_FRAGMENT: return 8;
    case NEXT_AUTH: return ((size_t)len + 2) * 4; /* RFC 4302 2.2 */
    default: return 0;
    }
}

static bool is_claimed_type(uint8_t type)
{
    return type == ICMP_ROUTER_SOLICIT || type == ICMP_ROUTER_ADVERT || type == ICMP_REDIRECT;
}

/*
 * Behind extension headers no honest router sends these (RFC 6980 forbids it for fragments), but the kernel would take
 * them. A chain that is cut off is claimed, too: either the datagram is broken, or it is a first fragment that hides what
 * follows, which must be dropped (RFC 7112 5). Later fragments are let through: without the first they come to nothing.
 */
static bool chain_hides_claimed(uint8_t next, struct reader r)
{
    for (;;) {
        struct reader peek = r;
        uint8_t following = reader_u8(&peek);
        uint8_t second = reader_u8(&peek);
        uint16_t offset = reader_u16(&peek) & 0xfff8u;
        size_t len;

        if (next == NEXT_ICMPV6)
            return r.left == 0 || is_claimed_type(following);
        len = extension_len(next, second);
        if (len == 0)
            return false;
        if (next == NEXT_FRAGMENT && reader_ok(&peek) && offset != 0)
            return false;
        (void)reader_take(&r, len);
        if (!reader_ok(&r))
            return true;
        next = following;
    }
}

bool ra_claims(struct bytes datagram)
{
    struct reader r = reader_of(datagram);
    struct bytes header = reader_take(&r, IPV6_HEADER_LEN);
    uint8_t next;

    if (!reader_ok(&r) || header.data[0] >> 4 != 6)
        return false;
    next = header.data[6];
    if (next == NEXT_ICMPV6)
        return r.left > 0 && is_claimed_type(*r.pos);
    if (extension_len(next, 0) == 0)
        return false;
    return chain_hides_claimed(next, r);
}

bool ra_wire_option(struct reader *r, uint8_t *ret_type, struct reader *ret_body)
{
    uint8_t type = reader_u8(r);
    uint8_t units = reader_u8(r);
    struct reader body;

    if (units == 0)
        return false;
    body = reader_sub(r, (size_t)units * 8 - 2);
    if (!reader_ok(r))
        return false;
    *ret_type = type;
    *ret_body = body;
    return true;
}

/* RFC 4861 6.1.2: one option of length 0 spoils the whole message, so all are looked at before any is taken. */
static bool options_are_valid(struct bytes options)
{
    struct reader r = reader_of(options);
    struct reader body;
    uint8_t type;

    while (r.left > 0)
        if (!ra_wire_option(&r, &type, &body))
            return false;
    return true;
}

bool ra_wire_advert(struct bytes datagram, struct ra_advert *ret_advert)
{
    struct reader r = reader_of(datagram);
    struct bytes header = reader_take(&r, IPV6_HEADER_LEN);
    struct bytes message;
    struct reader fields;
    struct ra_advert advert;
    size_t len;

    if (!reader_ok(&r) || header.data[0] >> 4 != 6)
        return false;
    len = (size_t)header.data[4] << 8 | header.data[5];
    message = reader_take(&r, len);
    if (!reader_ok(&r) || header.data[6] != NEXT_ICMPV6 || len < ADVERT_LEN_MIN)
        return false;
    if (header.data[8] != 0xfe || (header.data[9] & 0xc0) != 0x80 || header.data[7] != HOP_LIMIT)
        return false;
    if (message.data[0] != ICMP_ROUTER_ADVERT || message.data[1] != 0)
        return false;
    if (icmp_checksum(bytes_of(header.data + 8, 32), message) != 0)
        return false;
    fields = reader_of(message);
    (void)reader_take(&fields, 6); /* type, code, checksum, hop limit, flags */
    advert.router_lifetime = reader_u16(&fields);
    (void)reader_take(&fields,
                      8); /* reachable time, retransmission timer: there is no neighbour to resolve */
    advert.options = reader_rest(&fields);
    if (!options_are_valid(advert.options))
        return false;
    *ret_advert = advert;
    return true;
}

void ra_wire_solicit(const uint8_t id[static 8], uint8_t ret_datagram[static RA_SOLICIT_LEN])
{
    static const uint8_t all_routers[16] = {0xff, 0x02, [15] = 2};
    struct ipaddr source = ipaddr_link_local(id);
    uint8_t datagram[RA_SOLICIT_LEN];
    struct writer w = writer_of(datagram, sizeof(datagram));
    uint16_t checksum;

    writer_u32(&w, 0x60000000); /* version 6 */
    writer_u16(&w, RA_SOLICIT_LEN - IPV6_HEADER_LEN);
    writer_u8(&w, NEXT_ICMPV6);
    writer_u8(&w, HOP_LIMIT);
    writer_put(&w, source.byte, sizeof(source.byte));
    writer_put(&w, all_routers, sizeof(all_routers));
    writer_u16(&w, ICMP_ROUTER_SOLICIT << 8); /* and code 0 */
    writer_zero(&w, 6);                       /* checksum, reserved */
    checksum = icmp_checksum(bytes_of(datagram + 8, 32),
                             bytes_of(datagram + IPV6_HEADER_LEN, RA_SOLICIT_LEN - IPV6_HEADER_LEN));
    writer_patch_u16(&w, IPV6_HEADER_LEN + 2, checksum);
    memcpy(ret_datagram, datagram, sizeof(datagram));
}
