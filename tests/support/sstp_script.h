/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of an SSTP call, to a script: it parses and answers by hand, with none of the code under
 * test, and verifies the crypto binding by itself. No state machine: it says what it was told to say, which
 * may be wrong.
 */
#ifndef SSTP_SCRIPT_H
#define SSTP_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSTP_SCRIPT_BUF 8192

struct sstp_script {
    /* the script */
    const char *http;    /* the response head; NULL: none */
    uint8_t hashes;      /* in CALL_CONNECT_ACK */
    unsigned int n_naks; /* that come before it */
    bool mute;           /* no answer to CALL_CONNECT_REQUEST at all */
    bool no_echo;        /* as SoftEther: ECHO_REQUEST is not answered */
    uint8_t verdict;     /* status of a CALL_ABORT that answers CALL_CONNECTED; 0: the call stands */
    bool no_goodbye;     /* neither CALL_ABORT nor CALL_DISCONNECT is answered */
    uint8_t hlak[32];    /* what it knows of the keys */
    uint8_t cert_sha1[20];
    uint8_t cert_sha256[32];

    /* what it saw */
    bool seen_request; /* the whole HTTP head */
    bool pipelined;    /* bytes came with the HTTP request, before it was answered */
    bool broken;       /* something no server would take */
    unsigned int n_seen[10];
    bool binding_holds; /* of the last CALL_CONNECTED */

    /* its stream, both ways */
    uint8_t in[SSTP_SCRIPT_BUF];
    size_t in_len;
    uint8_t out[SSTP_SCRIPT_BUF]; /* what it says: the caller carries it and sets out_len to 0 */
    size_t out_len;
};

/* A server that does everything right; nonce 00 01 .. 1f, HLAK zero. */
void sstp_script_init(struct sstp_script *script);

/* The client said this. */
void sstp_script_hear(struct sstp_script *script, const uint8_t *data, size_t len);

/* Says a packet: control or data, with a right header. */
void sstp_script_say(struct sstp_script *script, bool control, const uint8_t *payload, size_t len);

/* Says a message with no attributes. */
void sstp_script_say_bare(struct sstp_script *script, uint8_t type);

#endif
