/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The TLS session over a connected non-blocking socket. The certificate is judged inside the handshake, before any byte
 * of HTTP leaves. Writes always succeed into an output buffer (tls_flush sends it in one go); reads come from a
 * read-ahead buffer, see tls_io.h.
 */
#ifndef SSTPTUN_TLS_H
#define SSTPTUN_TLS_H

#include "bytes.h"
#include "end_reason.h"
#include "log.h"

#define TLS_PINS_MAX 16

enum tls_pin_kind {
    TLS_PIN_KEY,  /* SHA-256 of the public key (SubjectPublicKeyInfo): pin-sha256:, sha256: */
    TLS_PIN_CERT, /* SHA-256 of the whole certificate: cert-sha256: */
};

struct tls_pin {
    enum tls_pin_kind kind;
    uint8_t sha256[32];
};

struct tls_config {
    const char
        *host; /* name to send as SNI and to check; an address literal is checked against IP SANs, no SNI */
    const char
        *ca_file; /* NULL: none given; replaces nothing, adds to the system's store unless no_system_trust */
    bool no_system_trust;
    struct tls_pin pin
        [TLS_PINS_MAX]; /* with pins, only a match is accepted, and it replaces chain, name and date checks */
    size_t n_pin;
};

enum tls_status {
    TLS_OK,
    TLS_AGAIN,  /* nothing more until the socket is ready (tls_wants_write() tells for what) */
    TLS_CLOSED, /* close_notify or end of stream from the peer */
    TLS_FAILED, /* tls_end() says why */
};

struct tls; /* heap */

/*
 * Loads the trust store (unless pins make it superfluous): from here on nothing opens a file, and beside the socket only
 * memory, the clock and getrandom(2) are wanted. NULL with *ret_end. config is copied, its strings must outlive tls.
 */
struct tls *tls_new(const struct tls_config *config, const struct log_sink *log, struct end *ret_end);

/*
 * What of the handshake needs no server: the session and its ClientHello, with the key share. It may be done long before
 * tls_start(), which tells what went wrong.
 */
void tls_prepare(struct tls *tls);

/* After tls_prepare(), once: sends the ClientHello, as far as it goes. The socket stays the caller's. */
bool tls_start(struct tls *tls, int fd) MUST_USE;

enum tls_status tls_handshake(struct tls *tls) MUST_USE;

/*
 * A batch of tls_read() begins: all of them together take no more than TLS_IO_FILLS_MAX buffers (tls_io.h) from the socket and
 * then say TLS_AGAIN, however little data was in what they took.
 */
void tls_read_begin(struct tls *tls);

/* Decrypted bytes into buf: TLS_OK with *ret_len > 0, or another status. Loop until it is not TLS_OK: data may wait inside while the socket is silent. */
enum tls_status tls_read(struct tls *tls, uint8_t *buf, size_t cap, size_t *ret_len) MUST_USE;

/* Encrypts all of data (any length; one record per 16 KiB) into the output buffer. False only when TLS itself failed or the buffer is full: ask tls_output_room() before. */
bool tls_write(struct tls *tls, struct bytes data) MUST_USE;
size_t tls_output_room(const struct tls *tls); /* plaintext bytes that tls_write() takes for sure */

/*
 * One send() of what waits. TLS_OK: all gone; TLS_AGAIN: the socket is full. Call after reads, too (KeyUpdate, alerts). A
 * connection that is over is not reported here: what waits is dropped, and tls_read() tells the end, after what the
 * peer said last.
 */
enum tls_status tls_flush(struct tls *tls) MUST_USE;
bool tls_wants_write(const struct tls *tls);

/* False while so much output waits that tls_read() takes nothing from the socket: do not wait for LOOP_READ then. */
bool tls_wants_read(const struct tls *tls);

/* Queues close_notify. */
void tls_shutdown(struct tls *tls);

/* Of the leaf certificate, DER as received. Valid after the handshake. */
void tls_cert_digests(const struct tls *tls, uint8_t ret_sha1[static 20], uint8_t ret_sha256[static 32]);

/* Protocol version and cipher, "TLSv1.3 TLS_AES_256_GCM_SHA384". */
const char *tls_description(const struct tls *tls);

/* The end that belongs to TLS_FAILED or TLS_CLOSED. */
const struct end *tls_end(const struct tls *tls);

/* "5.5.4", and whether AES runs in hardware, for --version. */
const char *tls_library(void);

void tls_free(struct tls *tls);

#endif
