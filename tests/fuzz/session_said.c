/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that the client writes is read again, by the wire parsers and to the letter: each tls_write() holds whole messages. */
#include "lcp.h"
#include "ppp_wire.h"
#include "session_rig.h"
#include "session_server.h"
#include "sstp_binding.h"
#include "sstp_frame.h"
#include "sstp_wire.h"

static struct {
    bool http, connected;
    size_t n_control, len;
} said;

void session_said_reset(void)
{
    memset(&said, 0, sizeof(said));
}

size_t session_said_control(void)
{
    return said.n_control;
}

size_t session_said_len(void)
{
    return said.len;
}

/* -- SSTP ------------------------------------------------------------------------------------------------ */

static void judge_connected(struct bytes packet, const struct sstp_message *message)
{
    struct sstp_binding_facts facts = {.hash = SSTP_HASH_NONE};
    struct sstp_binding binding;
    uint8_t expected[SSTP_CONNECTED_LEN], cert[SSTP_CERT_HASH_LEN] = {0};

    MUST(!said.connected && session_watched.authenticated);
    said.connected = true;
    MUST(sstp_wire_get_connected(message, &binding));
    MUST(binding.hash == SSTP_HASH_SHA1 || binding.hash == SSTP_HASH_SHA256);
    facts.hash = (enum sstp_hash)binding.hash;
    memcpy(facts.nonce, session_call.sstp.facts.nonce, sizeof(facts.nonce));
    tls_cert_digests(&rig.tls, facts.cert_sha1, facts.cert_sha256);
    if (facts.hash == SSTP_HASH_SHA1)
        memcpy(cert, facts.cert_sha1, sizeof(facts.cert_sha1));
    else
        memcpy(cert, facts.cert_sha256, sizeof(facts.cert_sha256));
    MUST(memcmp(binding.cert_hash, cert, sizeof(cert)) == 0);
    sstp_binding_message(&facts, session_watched.hlak, expected);
    MUST(packet.len == sizeof(expected) && memcmp(packet.data, expected, sizeof(expected)) == 0);
}

static void judge_message(struct bytes packet, struct bytes payload)
{
    struct sstp_message message;
    struct sstp_attribute attribute;
    struct reader r;
    uint16_t protocol, n = 0;

    MUST(sstp_wire_message(payload, &message));
    r = reader_of(message.attributes);
    while (sstp_wire_attribute(&r, &attribute))
        n++;
    MUST(reader_done(&r) && n == message.n_attributes);
    switch (message.type) {
    case SSTP_MESSAGE_CONNECT_REQUEST:
        MUST(sstp_wire_get_connect_request(&message, &protocol) && protocol == SSTP_PROTOCOL_PPP);
        break;
    case SSTP_MESSAGE_CONNECTED: judge_connected(packet, &message); break;
    case SSTP_MESSAGE_ABORT:
    case SSTP_MESSAGE_DISCONNECT: MUST(n == 1 && sstp_wire_get_status(&message).present); break;
    case SSTP_MESSAGE_DISCONNECT_ACK:
    case SSTP_MESSAGE_ECHO_REQUEST:
    case SSTP_MESSAGE_ECHO_RESPONSE: MUST(n == 0); break;
    default: session_must(false, "only what clients say", __FILE__, __LINE__);
    }
}

/* -- PPP ------------------------------------------------------------------------------------------------- */

static bool holds_password(struct bytes data)
{
    const size_t len = sizeof(SESSION_PASSWORD) - 1;

    for (size_t i = 0; i + len <= data.len; i++)
        if (memcmp(data.data + i, SESSION_PASSWORD, len) == 0)
            return true;
    return false;
}

static bool pap_allowed(void)
{
    for (size_t i = 0; i < rig.options.n_auth; i++)
        if (rig.options.auth[i] == PPP_AUTH_PAP)
            return true;
    return false;
}

static void judge_options(struct bytes data)
{
    struct reader r = reader_of(data);

    while (r.left > 0) {
        uint8_t len;

        (void)reader_u8(&r);
        len = reader_u8(&r);
        MUST(reader_ok(&r) && len >= 2);
        (void)reader_take(&r, len - 2u);
        MUST(reader_ok(&r));
    }
}

/*
 * Of what repeats the server's words nothing is asked but its frame. An interface identifier repeats a Configure-Nak's, and
 * has room for the password that a fuzzer guessed.
 */
static void judge_control(uint16_t protocol, struct bytes info)
{
    bool negotiates = protocol == PPP_PROTO_LCP || protocol == PPP_PROTO_IPCP || protocol == PPP_PROTO_IPV6CP;
    struct ppp_packet packet;

    MUST(ppp_wire_read_packet(info, &packet) && packet.whole.len == info.len);
    switch (protocol) {
    case PPP_PROTO_LCP: MUST(packet.code >= 1 && packet.code <= 10); break;
    case PPP_PROTO_IPCP:
    case PPP_PROTO_IPV6CP:
        MUST(packet.code >= 1 && packet.code <= 7);
        MUST(session_watched.authenticated);
        MUST(protocol == PPP_PROTO_IPCP || !rig.options.disable_ipv6);
        break;
    case PPP_PROTO_PAP: MUST(packet.code == 1 && pap_allowed()); break;
    case PPP_PROTO_CHAP:
    case PPP_PROTO_EAP: MUST(packet.code == 2 && !holds_password(info)); break;
    default: session_must(false, "only protocols that we speak", __FILE__, __LINE__);
    }
    if (negotiates && packet.code <= 4)
        judge_options(packet.data);
    if (packet.code == 1 || packet.code == 5)
        MUST(protocol == PPP_PROTO_PAP || protocol == PPP_PROTO_IPV6CP || !holds_password(info));
}

static void judge_datagram(struct bytes datagram, bool ipv6)
{
    MUST(said.connected && session_watched.authenticated);
    MUST(datagram.len >= 20 && datagram.data[0] >> 4 == (ipv6 ? 6 : 4));
    MUST((ipv6 ? session_hostnet.ipv6_state : session_hostnet.ipv4_state) == HOSTNET_UP);
}

/* True when it was a datagram. */
static bool judge_frame(struct bytes payload)
{
    struct ppp_frame frame;

    MUST(payload.len >= 4 && payload.data[0] == 0xff && payload.data[1] == 0x03);
    MUST(sstp_carries_control(&session_call.sstp));
    MUST(ppp_wire_read_frame(payload, &frame) && frame.info.len + 4 == payload.len);
    if (frame.protocol == PPP_PROTO_IPV4 || frame.protocol == PPP_PROTO_IPV6) {
        judge_datagram(frame.info, frame.protocol == PPP_PROTO_IPV6);
        return true;
    }
    judge_control(frame.protocol, frame.info);
    return false;
}

/* -- the stream ------------------------------------------------------------------------------------------ */

static void judge_request(struct bytes head)
{
    static const char first[] = "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n";

    said.http = true;
    MUST(head.len > sizeof(first) && memcmp(head.data, first, sizeof(first) - 1) == 0);
    MUST(memcmp(head.data + head.len - 4, "\r\n\r\n", 4) == 0);
    said.n_control++;
    said.len += head.len;
    session_server_overhear(head);
}

/* The first packet, judged; its length. */
static size_t judge_packet(struct bytes data)
{
    struct bytes payload;
    enum sstp_frame frame = sstp_frame_next(data, &payload);
    size_t len;

    MUST(frame == SSTP_FRAME_CONTROL || frame == SSTP_FRAME_DATA);
    len = payload.len + SSTP_FRAME_HEADER_LEN;
    MUST(data.data[1] == (frame == SSTP_FRAME_CONTROL));
    MUST((size_t)(data.data[2] << 8 | data.data[3]) == len); /* reserved bits are zero */
    if (frame == SSTP_FRAME_CONTROL)
        judge_message(bytes_of(data.data, len), payload);
    else if (judge_frame(payload))
        return len;
    said.n_control++;
    said.len += len;
    session_server_overhear(bytes_of(data.data, len));
    return len;
}

void session_said(struct bytes data)
{
    MUST(!session_watched.sstp_over);
    if (!said.http) {
        judge_request(data);
        return;
    }
    while (data.len > 0) {
        size_t len = judge_packet(data);

        data = bytes_of(data.data + len, data.len - len);
    }
}
