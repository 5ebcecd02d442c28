/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolfSSL for both sides of a measurement, over the client's own tls_io: the same read-ahead and the same output buffer, so
 * that what the tunnel costs above the stream is seen and nothing else.
 */
#ifndef BENCH_TLS_H
#define BENCH_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tls_io.h"

#define BENCH_TLS_RECORD   16384
#define BENCH_TLS_OVERHEAD 96 /* of one record, at most */

struct WOLFSSL;
struct WOLFSSL_CTX;

/* ciphers: wolfSSL's names, NULL: AES-256-GCM first. Both end the program when they fail. */
struct WOLFSSL_CTX *bench_tls_server(const char *cert, const char *key, const char *ciphers);
/* Trusts what ca_file has signed; does not compare names. */
struct WOLFSSL_CTX *bench_tls_client(const char *ca_file, const char *ciphers);

/* Of the first certificate in a PEM file. */
void bench_tls_digests(const char *cert, uint8_t ret_sha1[static 20], uint8_t ret_sha256[static 32]);

struct bench_tls {
    struct WOLFSSL *ssl;
    bool is_server;
    struct tls_io io;
};

enum bench_tls_status { BENCH_TLS_OK, BENCH_TLS_AGAIN, BENCH_TLS_OVER };

/* fd does not block and stays the caller's. */
bool bench_tls_start(struct bench_tls *tls, struct WOLFSSL_CTX *ctx, int fd, bool is_server) MUST_USE;
enum bench_tls_status bench_tls_handshake(struct bench_tls *tls) MUST_USE;
enum bench_tls_status bench_tls_read(struct bench_tls *tls, uint8_t *buf, size_t cap,
                                     size_t *ret_len) MUST_USE;
/* One record of at most BENCH_TLS_RECORD bytes. */
bool bench_tls_write(struct bench_tls *tls, const uint8_t *data, size_t len) MUST_USE;
/* Is there room for one more record? */
bool bench_tls_has_room(const struct bench_tls *tls) MUST_USE;
/* One send(). OVER when the connection is broken. */
enum bench_tls_status bench_tls_flush(struct bench_tls *tls) MUST_USE;
void bench_tls_close(struct bench_tls *tls);

#endif
