/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a server should not say: heads, messages, frames and options, well-formed or not. */
#include "ppp_wire.h"
#include "session_rig.h"
#include "session_script.h"
#include "session_server.h"

static void give(const struct writer *w)
{
    session_give(writer_view(w));
}

/* -- edits ----------------------------------------------------------------------------------------------- */

enum { EDIT_SET, EDIT_FLIP, EDIT_CUT, EDIT_INSERT, EDIT_DELETE, EDIT_GROW, EDIT_KINDS };
#define EDIT_LIE 0x80 /* the lengths stay as they are */

static size_t insert(uint8_t *at, size_t behind, size_t n, uint8_t value)
{
    memmove(at + n, at, behind);
    memset(at, value, n);
    return n;
}

static size_t edit_once(uint8_t *packet, size_t len, size_t cap, unsigned kind, size_t at, uint8_t value)
{
    size_t n = 1 + (size_t)value * 4;

    if (at > len)
        at = len;
    switch (kind) {
    case EDIT_CUT: return at;
    case EDIT_INSERT: return len < cap ? len + insert(packet + at, len - at, 1, value) : len;
    case EDIT_GROW: return n <= cap - len ? len + insert(packet + at, len - at, n, value) : len;
    default: break;
    }
    if (at == len)
        return len;
    if (kind == EDIT_SET)
        packet[at] = value;
    else if (kind == EDIT_FLIP)
        packet[at] ^= (uint8_t)(1u << (value & 7));
    else
        memmove(packet + at, packet + at + 1, --len - at);
    return len;
}

/* SSTP's length, and in a PPP control packet its own. */
static void mend(uint8_t *packet, size_t len)
{
    if (len < SSTP_HEADER_LEN || packet[0] != 0x10)
        return;
    packet[2] = (uint8_t)(len >> 8 & 0x0f);
    packet[3] = (uint8_t)len;
    if (len < 12 || packet[1] != 0 || packet[4] != 0xff || !(packet[6] & 0x80))
        return;
    packet[10] = (uint8_t)((len - 8) >> 8);
    packet[11] = (uint8_t)(len - 8);
}

size_t session_edit(uint8_t *packet, size_t len, size_t cap, struct reader *r)
{
    bool lies = false;

    while (r->left >= 3) {
        uint8_t kind = reader_u8(r);
        size_t at = reader_u8(r);
        uint8_t value = reader_u8(r);

        lies |= (kind & EDIT_LIE) != 0;
        at += (kind & 0x40) ? 0 : SSTP_HEADER_LEN;
        len = edit_once(packet, len, cap, (kind & 0x3fu) % EDIT_KINDS, at, value);
    }
    if (!lies)
        mend(packet, len);
    return len;
}

/* -- HTTP ------------------------------------------------------------------------------------------------ */

void session_say_http(struct reader *r)
{
    static const char *const heads[] = {
        "HTTP/1.1 200 OK",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
        "HTTP/1.0 200",
        "HTTP/1.1 302 Found\r\nlocation: \t",
        "HTTP/1.1 ",
        "HTTP/1.1 200 OK\r\nX: ",
        "",
        "HTTP/1.1 404 Not Found",
    };
    static uint8_t buf[20000];
    struct writer w = writer_of(buf, sizeof(buf));
    uint8_t which = reader_u8(r);
    size_t filling = (size_t)reader_u8(r) * 70; /* beyond the bounds of line and head */
    uint8_t *at;

    writer_bytes(&w, bytes_of_str(heads[which % ARRAY_LEN(heads)]));
    writer_bytes(&w, reader_rest(r));
    at = writer_reserve(&w, filling);
    for (size_t i = 0; i < filling; i++)
        at[i] = which & 0x40 && i % 64 == 63 ? '\n' : 'x';
    if (!(which & 0x80))
        writer_bytes(&w, bytes_of_str("\r\n\r\n"));
    give(&w);
}

/* -- SSTP ------------------------------------------------------------------------------------------------ */

/* identifier, how long: its kind's right length, or so many bytes; then these */
static void put_attribute(struct writer *w, struct reader *r)
{
    static const uint8_t right[] = {0, 2, 8, 100, 36};
    uint8_t id = reader_u8(r), how = reader_u8(r);
    size_t len = how & 0x80 ? how & 0x7f : right[id % ARRAY_LEN(right)];
    struct bytes value = reader_take(r, len < r->left ? len : r->left);

    writer_u8(w, 0);
    writer_u8(w, id);
    writer_u16(w, (uint16_t)(4 + len));
    writer_bytes(w, value);
    writer_zero(w, len - value.len);
}

void session_say_sstp(struct reader *r)
{
    uint8_t buf[SSTP_PACKET_MAX];
    struct writer w = writer_of(buf, sizeof(buf));
    uint8_t type = reader_u8(r), how = reader_u8(r);
    uint16_t n = 0;

    writer_u16(&w, 0x1001);
    writer_u16(&w, 0);
    writer_u16(&w, type);
    writer_u16(&w, 0);
    for (; r->left >= 2 && writer_ok(&w); n++)
        put_attribute(&w, r);
    if (!writer_ok(&w))
        return;
    writer_patch_u16(&w, 6, how & 0x0f ? how & 0x0fu : n);
    writer_patch_u16(&w, 2, (how & 0x80) ? how : w.len);
    give(&w);
}

/* -- PPP ------------------------------------------------------------------------------------------------- */

static uint16_t protocol_of(uint8_t which)
{
    static const uint16_t protocols[] = {PPP_PROTO_LCP,  PPP_PROTO_IPCP, PPP_PROTO_IPV6CP, PPP_PROTO_PAP,
                                         PPP_PROTO_CHAP, PPP_PROTO_EAP,  0x80fd,           0xc02d,
                                         0x002d,         0x8031};

    return protocols[which % ARRAY_LEN(protocols)];
}

/* Of our request, of the server's last challenge, or just so. */
static uint8_t id_of(uint16_t protocol, uint8_t which)
{
    const struct session_server *server = &session_server;

    if (which >= 0x80)
        return which;
    switch (protocol) {
    case PPP_PROTO_LCP: return (uint8_t)(server->request[0].id + which);
    case PPP_PROTO_IPCP: return (uint8_t)(server->request[1].id + which);
    case PPP_PROTO_IPV6CP: return (uint8_t)(server->request[2].id + which);
    case PPP_PROTO_PAP: return (uint8_t)(server->auth_id + which);
    default: return (uint8_t)(server->peer.auth_id + which);
    }
}

#define HOW_NO_ADDRESS 1  /* without FF 03 */
#define HOW_COMPRESSED 2  /* protocol of one byte */
#define HOW_LONG       4  /* the length claims more */
#define HOW_SHORT      8  /* ... or less, the rest is padding */
#define HOW_FULL       16 /* filled up to the longest frame */

static struct writer begin_frame(uint8_t *buf, uint16_t protocol, uint8_t how)
{
    struct writer w = writer_of(buf, SSTP_PACKET_MAX);

    writer_u32(&w, 0x10000000);
    if (!(how & HOW_NO_ADDRESS))
        writer_u16(&w, 0xff03);
    if (how & HOW_COMPRESSED)
        writer_u8(&w, (uint8_t)protocol);
    else
        writer_u16(&w, protocol);
    return w;
}

/* packet: where its code stands */
static void end_frame(struct writer *w, size_t packet, uint8_t how)
{
    size_t len;

    if (how & HOW_FULL)
        writer_zero(w, w->cap - w->len);
    len = w->len - packet;
    if (how & HOW_LONG)
        len++;
    if (how & HOW_SHORT && len > 4)
        len--;
    writer_patch_u16(w, packet + 2, len);
    writer_patch_u16(w, 2, w->len);
    if (writer_ok(w))
        give(w);
}

static struct writer begin_packet(uint8_t *buf, uint16_t protocol, uint8_t how, uint8_t code, uint8_t id,
                                  size_t *ret_packet)
{
    struct writer w = begin_frame(buf, protocol, how);

    *ret_packet = w.len;
    writer_u8(&w, code);
    writer_u8(&w, id_of(protocol, id));
    writer_u16(&w, 0);
    return w;
}

void session_say_ppp(struct reader *r)
{
    uint8_t buf[SSTP_PACKET_MAX];
    uint16_t protocol = protocol_of(reader_u8(r));
    uint8_t code = reader_u8(r), id = reader_u8(r), how = reader_u8(r);
    size_t packet;
    struct writer w = begin_packet(buf, protocol, how, code, id, &packet);

    writer_bytes(&w, reader_rest(r));
    end_frame(&w, packet, how);
}

/* kind 0..7: an option of the protocol's with its right length and this value; 8 on: the nth option of our own request */
static void put_option(struct writer *w, uint16_t protocol, uint8_t kind, struct reader *r)
{
    static const uint8_t lcp[8][2] = {{1, 2}, {2, 4}, {3, 2}, {3, 3}, {5, 4}, {7, 0}, {19, 7}, {13, 1}};
    static const uint8_t ipcp[8] = {3, 129, 130, 131, 132, 2, 1, 144};
    uint8_t type = ipcp[kind & 7];
    size_t len = 4;
    struct bytes value;

    if (protocol == PPP_PROTO_LCP) {
        type = lcp[kind & 7][0];
        len = lcp[kind & 7][1];
    } else if (protocol == PPP_PROTO_IPV6CP) {
        type = kind & 7 ? kind & 7 : 1;
        len = 8;
    }
    value = reader_take(r, len < r->left ? len : r->left);
    writer_u8(w, type);
    writer_u8(w, (uint8_t)(2 + len));
    writer_bytes(w, value);
    writer_zero(w, len - value.len);
}

static const struct session_request *request_of(uint16_t protocol)
{
    const struct session_request *request = session_server.request;

    return protocol == PPP_PROTO_IPCP     ? &request[1]
           : protocol == PPP_PROTO_IPV6CP ? &request[2]
                                          : &request[0];
}

static void put_own_option(struct writer *w, uint16_t protocol, unsigned n)
{
    const struct session_request *request = request_of(protocol);
    struct reader r = reader_of(bytes_of(request->options, request->len));

    while (r.left >= 2) {
        size_t len = r.pos[1];
        struct bytes option = reader_take(&r, len);

        if (n-- == 0)
            writer_bytes(w, option);
    }
}

void session_say_options(struct reader *r)
{
    uint8_t buf[SSTP_PACKET_MAX];
    uint16_t protocol = protocol_of(reader_u8(r) % 3);
    uint8_t code = reader_u8(r), id = reader_u8(r);
    size_t packet;
    struct writer w = begin_packet(buf, protocol, 0, code, id, &packet);

    while (r->left > 0) {
        uint8_t kind = reader_u8(r);

        if (kind < 8)
            put_option(&w, protocol, kind, r);
        else
            put_own_option(&w, protocol, kind & 7);
    }
    end_frame(&w, packet, 0);
}

void session_say_reply(struct reader *r)
{
    uint8_t buf[SSTP_PACKET_MAX];
    uint16_t protocol = protocol_of(reader_u8(r) % 3);
    const struct session_request *request = request_of(protocol);
    uint8_t code = reader_u8(r);
    size_t packet, len;
    struct writer w = begin_packet(buf, protocol, 0, code, 0, &packet);

    writer_put(&w, request->options, request->len);
    len = session_edit(buf, w.len, sizeof(buf), r);
    session_give(bytes_of(buf, len));
}
