/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's side of [MS-SSTP] 3.3 as far as a client that behaves needs it. Whatever else comes ends the call. */
#include "server_call.h"

#include <unistd.h>

#include "ppp.h"
#include "rng.h"
#include "secret.h"
#include "sstp.h"
#include "sstp_binding.h"
#include "sstp_frame.h"

/* protocol.md 3: what Windows says */
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n"
                               "Server: Microsoft-HTTPAPI/2.0\r\n\r\n";
static const char request_start[] = "SSTP_DUPLEX_POST ";

static void give_up(struct server_call *call, const char *why)
{
    if (call->state != SERVER_CALL_CLOSING)
        call->trouble = why;
    call->state = SERVER_CALL_CLOSING;
}

static void say(struct server_call *call, const void *data, size_t len)
{
    if (!bench_tls_has_room(&call->tls) || !bench_tls_write(&call->tls, data, len))
        give_up(call, "TLS takes no more");
}

bool server_call_start(struct server_call *call, const struct server_call_config *config, int fd,
                       uint32_t address, uint32_t own)
{
    call->config = config;
    call->fd = fd;
    call->script = config->script;
    memcpy(call->script.address, &address, 4);
    memcpy(call->script.own, &own, 4);
    rng_fill(NULL, call->nonce, sizeof(call->nonce));
    return bench_tls_start(&call->tls, config->tls, fd, true);
}

static void send_ppp(struct server_call *call)
{
    const struct peer_frame *frame;

    while ((frame = peer_output(&call->peer)) != NULL) {
        uint8_t packet[SSTP_HEADER_LEN + PEER_FRAME_MAX];

        sstp_data_header(packet, frame->len);
        memcpy(packet + SSTP_HEADER_LEN, frame->data, frame->len);
        say(call, packet, SSTP_HEADER_LEN + frame->len);
    }
}

/* How many bytes the request head took; 0: it is not complete. */
static size_t take_http(struct server_call *call)
{
    const uint8_t *end = memmem(call->rx, call->rx_len, "\r\n\r\n", 4);
    size_t n = sizeof(request_start) - 1;

    if (call->rx_len >= n && memcmp(call->rx, request_start, n) != 0)
        give_up(call, "no SSTP request");
    if (!end)
        return 0;
    say(call, response, sizeof(response) - 1);
    call->state = call->state == SERVER_CALL_CLOSING ? call->state : SERVER_CALL_REQUEST;
    return (size_t)(end - call->rx) + 4;
}

static void accept_call(struct server_call *call, usec_t now)
{
    struct sstp_binding_request request = {.hashes = SSTP_HASH_SHA1 | SSTP_HASH_SHA256};
    uint8_t packet[128];
    struct writer w = writer_of(packet, sizeof(packet));

    memcpy(request.nonce, call->nonce, sizeof(request.nonce));
    sstp_wire_put_connect_ack(&w, &request);
    say(call, packet, w.len);
    call->state = SERVER_CALL_PPP;
    peer_init(&call->peer, &call->script, now);
    peer_start(&call->peer);
    send_ppp(call);
}

/* The client's proof, compared with what it must be, made by the code that the client uses and from ppp_peer's own keys. */
static void judge_binding(struct server_call *call, const struct sstp_message *message, struct bytes packet)
{
    struct sstp_binding_facts facts;
    uint8_t expected[SSTP_CONNECTED_LEN];
    struct sstp_binding binding;
    size_t n = call->peer.n_logins;

    if (!sstp_wire_get_connected(message, &binding) || n == 0 || packet.len != sizeof(expected) ||
        (binding.hash != SSTP_HASH_SHA1 && binding.hash != SSTP_HASH_SHA256)) {
        give_up(call, "no proper CALL_CONNECTED");
        return;
    }
    facts.hash = binding.hash == SSTP_HASH_SHA1 ? SSTP_HASH_SHA1 : SSTP_HASH_SHA256;
    memcpy(facts.nonce, call->nonce, sizeof(facts.nonce));
    memcpy(facts.cert_sha1, call->config->cert_sha1, sizeof(facts.cert_sha1));
    memcpy(facts.cert_sha256, call->config->cert_sha256, sizeof(facts.cert_sha256));
    sstp_binding_message(&facts, call->peer.keys[(n - 1) % PEER_LOGINS], expected);
    if (!secret_equal(expected, packet.data, sizeof(expected))) {
        give_up(call, "the crypto binding is wrong");
        return;
    }
    call->state = SERVER_CALL_OPEN;
}

static void answer_bare(struct server_call *call, uint16_t type)
{
    uint8_t packet[16];
    struct writer w = writer_of(packet, sizeof(packet));

    sstp_wire_put_bare(&w, type);
    say(call, packet, w.len);
}

static void take_control(struct server_call *call, struct bytes payload, usec_t now)
{
    struct bytes packet = bytes_of(payload.data - SSTP_FRAME_HEADER_LEN, payload.len + SSTP_FRAME_HEADER_LEN);
    struct sstp_message message;

    if (!sstp_wire_message(payload, &message)) {
        give_up(call, "a broken control packet");
        return;
    }
    if (message.type == SSTP_MESSAGE_CONNECT_REQUEST && call->state == SERVER_CALL_REQUEST) {
        accept_call(call, now);
    } else if (message.type == SSTP_MESSAGE_CONNECTED && call->state == SERVER_CALL_PPP) {
        judge_binding(call, &message, packet);
    } else if (message.type == SSTP_MESSAGE_ECHO_REQUEST) {
        answer_bare(call, SSTP_MESSAGE_ECHO_RESPONSE);
    } else if (message.type == SSTP_MESSAGE_DISCONNECT) {
        answer_bare(call, SSTP_MESSAGE_DISCONNECT_ACK);
        call->state = SERVER_CALL_CLOSING;
    } else if (message.type != SSTP_MESSAGE_ECHO_RESPONSE) {
        give_up(call, sstp_message_name(message.type));
    }
}

static void take_frame(struct server_call *call, struct bytes frame, usec_t now,
                       server_call_data_fn *take_data, void *user)
{
    struct bytes datagram;
    enum ppp_class class = ppp_classify(frame, &datagram);

    if (class == PPP_CLASS_IPV4 || class == PPP_CLASS_IPV6) {
        if (call->state == SERVER_CALL_OPEN)
            take_data(user, datagram);
        return;
    }
    if (call->state != SERVER_CALL_PPP && call->state != SERVER_CALL_OPEN)
        return;
    peer_input(&call->peer, frame.data, frame.len, now);
    send_ppp(call);
}

static void parse(struct server_call *call, usec_t now, server_call_data_fn *take_data, void *user)
{
    while (call->state != SERVER_CALL_CLOSING) {
        struct bytes payload;
        size_t left = call->rx_len - call->rx_used;

        if (call->state == SERVER_CALL_HTTP) {
            call->rx_used += take_http(call);
            if (call->state == SERVER_CALL_HTTP)
                return;
            continue;
        }
        switch (sstp_frame_next(bytes_of(call->rx + call->rx_used, left), &payload)) {
        case SSTP_FRAME_MORE: return;
        case SSTP_FRAME_BAD: give_up(call, "not SSTP"); return;
        case SSTP_FRAME_DATA: take_frame(call, payload, now, take_data, user); break;
        case SSTP_FRAME_CONTROL: take_control(call, payload, now); break;
        }
        call->rx_used += SSTP_FRAME_HEADER_LEN + payload.len;
    }
}

static bool shake_hands(struct server_call *call)
{
    enum bench_tls_status status = bench_tls_handshake(&call->tls);

    if (status == BENCH_TLS_OK)
        call->state = SERVER_CALL_HTTP;
    else if (status == BENCH_TLS_OVER)
        give_up(call, "the TLS handshake failed");
    return status == BENCH_TLS_OK;
}

/* Reads as much as there is room for. AGAIN: that was all; OK: there may be more. */
static enum bench_tls_status fill(struct server_call *call)
{
    while (sizeof(call->rx) - call->rx_len >= BENCH_TLS_RECORD) {
        size_t len = 0;
        enum bench_tls_status status =
            bench_tls_read(&call->tls, call->rx + call->rx_len, sizeof(call->rx) - call->rx_len, &len);

        call->rx_len += len;
        if (status != BENCH_TLS_OK)
            return status;
    }
    return BENCH_TLS_OK;
}

bool server_call_receive(struct server_call *call, usec_t now, server_call_data_fn *take_data, void *user)
{
    enum bench_tls_status status;

    if (call->state == SERVER_CALL_TLS && !shake_hands(call))
        return false;
    /* Only now, because the views of the last batch were good until this call. */
    call->rx_len -= call->rx_used;
    memmove(call->rx, call->rx + call->rx_used, call->rx_len);
    call->rx_used = 0;
    status = fill(call);
    parse(call, now, take_data, user);
    if (status == BENCH_TLS_OVER)
        give_up(call, "the connection ended without a goodbye");
    return status == BENCH_TLS_OK && call->state != SERVER_CALL_CLOSING;
}

void server_call_tick(struct server_call *call, usec_t now)
{
    if (call->state != SERVER_CALL_PPP && call->state != SERVER_CALL_OPEN)
        return;
    if (peer_deadline(&call->peer) > now)
        return;
    peer_tick(&call->peer, now);
    send_ppp(call);
}

void server_call_done(struct server_call *call)
{
    secret_wipe(call->peer.keys, sizeof(call->peer.keys));
    bench_tls_close(&call->tls);
    (void)close(call->fd);
}
