/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session_server.h"

#include "ppp_peer_internal.h"
#include "ppp_wire.h"
#include "session_rig.h"
#include "sstp_frame.h"

struct session_server session_server;
struct session_queue session_heard, session_said_back;

static const char head_ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n";

/* -- queues ---------------------------------------------------------------------------------------------- */

struct session_piece *session_queue_take(struct session_queue *queue)
{
    struct session_piece *piece = &queue->piece[queue->first];

    if (queue->n == 0)
        return NULL;
    queue->first = (queue->first + 1) % SESSION_QUEUE;
    queue->n--;
    return piece;
}

struct session_piece *session_queue_put(struct session_queue *queue)
{
    if (queue->n == SESSION_QUEUE)
        (void)session_queue_take(queue);
    return &queue->piece[(queue->first + queue->n++) % SESSION_QUEUE];
}

static void put(struct session_queue *queue, struct bytes data)
{
    struct session_piece *piece = session_queue_put(queue);

    piece->len = data.len < SESSION_PIECE_MAX ? data.len : SESSION_PIECE_MAX;
    memcpy(piece->data, data.data, piece->len);
}

void session_server_say_raw(struct bytes stream)
{
    if (stream.len > 0)
        put(&session_said_back, stream);
}

void session_server_say(bool control, struct bytes payload)
{
    uint8_t packet[SSTP_PACKET_MAX];
    size_t len = payload.len <= SSTP_PAYLOAD_MAX ? payload.len : SSTP_PAYLOAD_MAX;

    sstp_data_header(packet, len);
    packet[1] = control;
    if (len > 0)
        memcpy(packet + SSTP_HEADER_LEN, payload.data, len);
    session_server_say_raw(bytes_of(packet, SSTP_HEADER_LEN + len));
}

/* -- birth and time -------------------------------------------------------------------------------------- */

void session_server_reset(void)
{
    session_heard.n = session_said_back.n = 0;
    memset(session_server.request, 0, sizeof(session_server.request));
    session_server.script = (struct peer_script){
        .user = "User",
        .password = SESSION_PASSWORD,
        .address = {10, 0, 0, 100},
        .own = {10, 0, 0, 1},
        .dns = {8, 8, 8, 8},
    };
}

void session_server_begin(void)
{
    peer_init(&session_server.peer, &session_server.script, rig.now);
}

void session_server_collect(void)
{
    const struct peer_frame *frame;

    while ((frame = peer_output(&session_server.peer)) != NULL)
        session_server_say(false, bytes_of(frame->data, frame->len));
}

usec_t session_server_deadline(void)
{
    return session_call.ppp_started ? peer_deadline(&session_server.peer) : USEC_NEVER;
}

void session_server_tick(void)
{
    if (session_server_deadline() > rig.now)
        return;
    peer_tick(&session_server.peer, rig.now);
    session_server_collect();
}

bool session_server_knows(const uint8_t keys[static 32])
{
    return peer_knows_keys(&session_server.peer, keys);
}

/* -- SSTP ------------------------------------------------------------------------------------------------ */

static void say_bare(uint8_t type)
{
    session_server_say(true, bytes_of((const uint8_t[]){0, type, 0, 0}, 4));
}

static void say_status(uint8_t type, uint8_t attribute, uint8_t status)
{
    const uint8_t payload[] = {0, type, 0, 1, 0, 2, 0, 12, 0, 0, 0, attribute, 0, 0, 0, status};

    session_server_say(true, bytes_of(payload, sizeof(payload)));
}

static void accept_call(void)
{
    uint8_t payload[44] = {0, 2, 0, 1, 0, 4, 0, 40, 0, 0, 0, session_server.hashes};

    for (size_t i = 0; i < 32; i++)
        payload[12 + i] = (uint8_t)(i * 5);
    session_server_say(true, bytes_of(payload, sizeof(payload)));
    if (session_server.begins) {
        session_server.peer.now = rig.now;
        peer_start(&session_server.peer);
    }
}

static void hear_message(uint16_t type)
{
    switch (type) {
    case SSTP_MESSAGE_CONNECT_REQUEST: accept_call(); break;
    case SSTP_MESSAGE_CONNECTED:
        if (session_server.verdict)
            say_status(SSTP_MESSAGE_ABORT, SSTP_ATTRIBUTE_CRYPTO_BINDING, session_server.verdict);
        break;
    case SSTP_MESSAGE_ABORT:
        if (!session_server.no_goodbye)
            say_status(SSTP_MESSAGE_ABORT, SSTP_ATTRIBUTE_STATUS_INFO, 0);
        break;
    case SSTP_MESSAGE_DISCONNECT:
        if (!session_server.no_goodbye)
            say_bare(SSTP_MESSAGE_DISCONNECT_ACK);
        break;
    case SSTP_MESSAGE_ECHO_REQUEST:
        if (!session_server.no_echo)
            say_bare(SSTP_MESSAGE_ECHO_RESPONSE);
        break;
    default: break;
    }
}

/* -- what the client said -------------------------------------------------------------------------------- */

static struct session_request *request_of(uint16_t protocol)
{
    switch (protocol) {
    case PPP_PROTO_LCP: return &session_server.request[0];
    case PPP_PROTO_IPCP: return &session_server.request[1];
    case PPP_PROTO_IPV6CP: return &session_server.request[2];
    default: return NULL;
    }
}

static void note_request(struct bytes payload)
{
    struct session_request *request;
    struct ppp_packet packet;
    struct ppp_frame frame;

    if (!ppp_wire_read_frame(payload, &frame) || !ppp_wire_read_packet(frame.info, &packet))
        return;
    request = request_of(frame.protocol);
    if (frame.protocol == PPP_PROTO_PAP)
        session_server.auth_id = packet.id;
    if (!request || packet.code != 1 || packet.data.len > sizeof(request->options))
        return;
    request->id = packet.id;
    request->len = packet.data.len;
    if (packet.data.len > 0)
        memcpy(request->options, packet.data.data, packet.data.len);
}

void session_server_overhear(struct bytes packet)
{
    put(&session_heard, packet);
    if (packet.data[0] == SSTP_VERSION && packet.data[1] == 0)
        note_request(bytes_of(packet.data + SSTP_HEADER_LEN, packet.len - SSTP_HEADER_LEN));
}

bool session_server_hear(void)
{
    const struct session_piece *piece = session_queue_take(&session_heard);

    if (!piece)
        return false;
    if (piece->data[0] != SSTP_VERSION) {
        session_server_say_raw(bytes_of_str(head_ok));
    } else if (piece->data[1] == 1) {
        hear_message(piece->data[5]);
    } else {
        peer_input(&session_server.peer, piece->data + SSTP_HEADER_LEN, piece->len - SSTP_HEADER_LEN,
                   rig.now);
    }
    session_server_collect();
    return true;
}
