/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server of fuzz_session: one that does everything right (SSTP here, PPP by ppp_peer.h), whose hearing and speaking are
 * in the hands of the input: what it says waits in a queue, message by message, to be given as it is, damaged, twice, in
 * another order, or not at all.
 */
#ifndef SESSION_SERVER_H
#define SESSION_SERVER_H

#include "ppp_peer.h"

#define SESSION_PIECE_MAX 8192
#define SESSION_QUEUE     48

struct session_piece {
    size_t len;
    uint8_t data[SESSION_PIECE_MAX];
};

struct session_queue {
    size_t first, n;
    struct session_piece piece[SESSION_QUEUE];
};

/* Our last Configure-Request of a protocol: identifier and options. */
struct session_request {
    uint8_t id;
    size_t len;
    uint8_t options[64];
};

struct session_server {
    struct peer_script script;
    uint8_t hashes;  /* on offer in CALL_CONNECT_ACK */
    uint8_t verdict; /* status of the CALL_ABORT that answers CALL_CONNECTED; 0: none */
    bool no_echo, no_goodbye, begins;

    struct peer peer;
    struct session_request request[3]; /* LCP, IPCP, IPV6CP */
    uint8_t auth_id;                   /* of our last PAP request */
};
extern struct session_server session_server;
/* Not reset as a whole: only what counts is. heard: what the client said, whole packets; said: what it is to get. */
extern struct session_queue session_heard, session_said_back;

void session_server_reset(void);
/* After script and the rest were chosen. */
void session_server_begin(void);

/* The client said this: a whole packet, or the HTTP request. Nothing is done about it yet. */
void session_server_overhear(struct bytes packet);

/* The server hears the oldest message and queues its answers; false when there is none. */
bool session_server_hear(void);

/* Queues a packet: header, then payload. */
void session_server_say(bool control, struct bytes payload);
void session_server_say_raw(struct bytes stream);
/* Queues what the PPP server has to say. */
void session_server_collect(void);

usec_t session_server_deadline(void);
void session_server_tick(void);

/* One of the logins had these keys. */
bool session_server_knows(const uint8_t keys[static 32]);

/* The oldest piece of a queue, which is gone with the next change of the queue; NULL when there is none. */
struct session_piece *session_queue_take(struct session_queue *queue);
/* A new piece; the oldest one makes room for it. */
struct session_piece *session_queue_put(struct session_queue *queue);

#endif
