/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An SSTP engine on the bench: its caller's round done for it, its clock an integer, its randomness a seed,
 * everything it says and reports kept. After each round the door's promises are checked; the first one broken
 * is named in `broken`.
 */
#ifndef SSTP_RIG_H
#define SSTP_RIG_H

#include "sstp.h"

#define SSTP_RIG_SENT_MAX    16384
#define SSTP_RIG_MESSAGE_MAX 10 /* types 1..9; 0 counts the HTTP request */

struct sstp_rig {
    struct sstp sstp;
    struct sstp_config config;
    struct env env;
    struct log_sink sink;
    uint64_t random; /* state of the generator */
    usec_t now;

    uint8_t inbox[SSTP_HTTP_HEAD_MAX + SSTP_PACKET_MAX]; /* what the door says always suffices */
    size_t inbox_len;
    uint8_t sent[SSTP_RIG_SENT_MAX]; /* what the engine said since sstp_rig_forget() */
    size_t sent_len;
    unsigned int n_sent[SSTP_RIG_MESSAGE_MAX];

    unsigned int n_http_ok, n_open, n_frames, n_end;
    uint8_t frame[SSTP_PAYLOAD_MAX]; /* the last one */
    size_t frame_len;
    struct end end;
    usec_t ended_at;
    bool authenticated; /* sstp_authenticated() was called */
    unsigned int n_log_lines;
    char last_log[256];

    const char *broken;
};

/* A xorshift generator: the same seed, the same run. */
uint64_t sstp_rig_next(uint64_t *random);
/* 0 .. n-1 */
uint32_t sstp_rig_pick(uint64_t *random, uint32_t n);

void sstp_rig_init(struct sstp_rig *rig, uint64_t seed);

/* The same after rig->config was changed. */
void sstp_rig_start(struct sstp_rig *rig);

/* The peer said this; the engine takes what it can, the rest waits. */
void sstp_rig_feed(struct sstp_rig *rig, struct bytes stream);
void sstp_rig_feed_str(struct sstp_rig *rig, const char *text);

/* "10 01 00 08 ...", blanks and line ends skipped; at most SSTP_PACKET_MAX bytes. */
void sstp_rig_feed_hex(struct sstp_rig *rig, const char *hex);

/* Hex into out, returns how many bytes it makes (at most cap). */
size_t sstp_rig_hex(const char *hex, uint8_t *out, size_t cap);

/* Time passes; every deadline on the way is kept to the microsecond. */
void sstp_rig_pass(struct sstp_rig *rig, usec_t span);

void sstp_rig_authenticated(struct sstp_rig *rig, const uint8_t hlak[static SSTP_HLAK_LEN]);
void sstp_rig_close(struct sstp_rig *rig);

/* Was exactly this said since the last forget? */
bool sstp_rig_sent_is(const struct sstp_rig *rig, const char *hex);
void sstp_rig_forget(struct sstp_rig *rig);

/* Ways to a state, from a fresh rig. The nonce is 00 01 .. 1f, both hashes are on offer. */
void sstp_rig_to_request_sent(struct sstp_rig *rig);
void sstp_rig_to_ack_received(struct sstp_rig *rig);
void sstp_rig_to_connected(struct sstp_rig *rig);

extern const char sstp_rig_http_ok[];
extern const char sstp_rig_connect_ack[]; /* hex */

#endif
