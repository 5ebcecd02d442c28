/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What travels inside the tunnel, both ways: flows that can be merged, super-segments, advertisements, and damaged ones. */
#include "ip_packet.h"
#include "router.h"
#include "session_rig.h"
#include "session_script.h"

#define BATCH_MAX    ((size_t)48 << 10)
#define SEGMENTS_MAX 80 /* of an upload: time is better spent on other ones */

static struct ip_packet flow_of(uint8_t which)
{
    struct ip_packet flow = ip_packet_default(which & 1, which & 2);

    flow.source_port = (uint16_t)(1000 + (which & 0x0c));
    flow.options_len = which & 0x10 ? 12 : 0;
    flow.source = which & 0x20 ? 2 : 3;
    flow.flags |= which & 0x40 ? 0x80 : 0; /* CWR */
    return flow;
}

static void advance(struct ip_packet *flow)
{
    flow->seq += (uint32_t)flow->payload_len;
    flow->payload_at += flow->payload_len;
    flow->id++;
}

/* Offsets and what to xor there. */
static void damage(uint8_t *datagram, size_t len, struct bytes edits)
{
    for (size_t i = 0; i + 1 < edits.len; i += 2)
        datagram[edits.data[i] < len ? edits.data[i] : len - 1] ^= edits.data[i + 1];
}

#define DATA_COMPRESSED 1 /* 21 or 57 alone */
#define DATA_PADDED     2
#define DATA_STUCK      4 /* the flow does not go on: the same again */

static void put_frame(struct writer *w, const uint8_t *datagram, size_t len, bool ipv6, uint8_t flags)
{
    static const uint8_t padding[5] = {0xcc, 0xcc};
    uint8_t headers[SSTP_HEADER_LEN + PPP_DATA_HEADER_LEN];
    size_t skip = flags & DATA_COMPRESSED ? 3 : 0, pad = flags & DATA_PADDED ? sizeof(padding) : 0;

    sstp_data_header(headers, PPP_DATA_HEADER_LEN - skip + len + pad);
    ppp_data_header(headers + SSTP_HEADER_LEN, ipv6);
    writer_put(w, headers, SSTP_HEADER_LEN);
    writer_put(w, headers + SSTP_HEADER_LEN + skip, PPP_DATA_HEADER_LEN - skip);
    writer_put(w, datagram, len);
    writer_put(w, padding, pad);
}

void session_say_data(struct reader *r)
{
    static uint8_t batch[BATCH_MAX], datagram[IP_PACKET_MAX];
    struct writer w = writer_of(batch, sizeof(batch));
    uint8_t which = reader_u8(r), flags = reader_u8(r);
    struct ip_packet flow = flow_of(which);
    unsigned n;
    struct bytes edits;

    flow.payload_len = reader_u8(r) * (size_t)8;
    n = 1 + reader_u8(r) % 40;
    edits = reader_rest(r);
    for (unsigned i = 0; i < n && writer_ok(&w); i++) {
        size_t len = ip_packet_write(&flow, datagram), start = w.len;

        damage(datagram, len, edits);
        put_frame(&w, datagram, len, flow.ipv6, flags);
        if (!writer_ok(&w))
            w.len = start;
        if (!(flags & DATA_STUCK))
            advance(&flow);
    }
    session_give(bytes_of(batch, w.len));
}

/* -- advertisements -------------------------------------------------------------------------------------- */

static uint32_t lifetime(uint8_t which)
{
    static const uint32_t lifetimes[] = {0, 1, 3, 30, 600, 7200, UINT32_MAX - 1, UINT32_MAX};

    return lifetimes[which & 7];
}

static void put_advert_option(struct router_datagram *d, struct reader *r)
{
    static const uint8_t lens[] = {64, 48, 63, 56, 128, 129, 0, 47};
    static const uint32_t mtus[] = {1280, 1279, 1400, 65535, 65536, 1500, 0, 1300};
    uint8_t kind = reader_u8(r), a = reader_u8(r), b = reader_u8(r);
    struct bytes raw;

    switch (kind & 3) {
    case 0:
        router_put_prefix(d, a & 0x0f, lens[b & 7], kind & 0xc0, lifetime(a >> 4), lifetime(b >> 4));
        break;
    case 1: router_put_mtu(d, mtus[a & 7]); break;
    case 2: router_put_dns(d, lifetime(a), b & 0x0f, b >> 6); break;
    default:
        raw = reader_take(r, (a & 0x1fu) < r->left ? a & 0x1fu : r->left);
        if (raw.len > 0)
            router_put(d, raw.data, raw.len);
        break;
    }
}

void session_say_advert(struct reader *r)
{
    uint8_t buf[SSTP_PACKET_MAX], flags = reader_u8(r);
    struct router_datagram d = router_advert(reader_u16(r));
    struct writer w = writer_of(buf, sizeof(buf));

    while (r->left > 0 && d.len < 1300)
        put_advert_option(&d, r);
    (void)router_sealed(&d);
    if (flags & 0x80)
        d.byte[flags & 0x7f] ^= 0x41;
    put_frame(&w, d.byte, d.len, true, flags & DATA_PADDED);
    session_give(writer_view(&w));
}

/* -- from this host -------------------------------------------------------------------------------------- */

#define UPLOAD_RAW 1 /* the operands are what is read */

static size_t put_upload(uint8_t *out, const struct ip_packet *packet, size_t segment)
{
    if (rig.tun.vnet)
        return ip_packet_write_super(packet, (uint16_t)segment, out);
    return ip_packet_write(packet, out);
}

void session_upload(struct reader *r)
{
    uint8_t which = reader_u8(r), flags = reader_u8(r);
    struct ip_packet packet = flow_of(which);
    size_t segment;
    struct bytes edits;

    packet.payload_len = reader_u8(r) * (size_t)(rig.tun.vnet ? 256 : 8);
    segment = reader_u8(r) * (size_t)8;
    if (segment > 0 && packet.payload_len > segment * SEGMENTS_MAX)
        packet.payload_len = segment * SEGMENTS_MAX;
    if (packet.payload_len > 65000)
        packet.payload_len = 65000;
    session_host.n = 1 + (reader_u8(r) & 3);
    edits = reader_rest(r);
    if (flags & UPLOAD_RAW) {
        if (edits.len > 0)
            memcpy(session_host.data, edits.data, edits.len);
        session_host.len = edits.len;
    } else {
        session_host.len = put_upload(session_host.data, &packet, segment);
        damage(session_host.data, session_host.len, edits);
    }
    if (session_host.len == 0)
        session_host.n = 0; /* nothing to read, for a device */
    call_tun_ready(&session_call);
    session_drive();
}
