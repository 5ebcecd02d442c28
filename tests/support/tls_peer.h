/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of TLS: certificates, an OpenSSL server in a process of its own, and a client that waits for conditions. */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tls.h"

struct tls_peer {
    pid_t pid;
    int in;  /* its standard input, non-blocking */
    int out; /* its standard output, non-blocking */
    uint16_t port;
};

/* The certificates' directory: made at the first call, removed at exit. NULL when openssl is missing. */
const char *tls_peer_certs(void);

/* NAME in that directory; the text lives until the next but seven calls. */
const char *tls_peer_path(const char *name);

/* openssl s_server for one connection, in the certificates' directory; args: blank-separated, "-cert good.pem ..." */
bool tls_peer_start(struct tls_peer *peer, const char *args);

/* A server that reads once, writes data, and closes; with reset, by RST. */
bool tls_peer_start_raw(struct tls_peer *peer, const void *data, size_t len, bool reset);

/* Writes a line to its input and waits until it was read. */
bool tls_peer_command(struct tls_peer *peer, const char *line);

/* Waits until its output, from the last such call on, holds the text. */
bool tls_peer_says(struct tls_peer *peer, const char *text);

void tls_peer_stop(struct tls_peer *peer);

struct tls_client {
    struct tls *tls; /* NULL: end says why */
    int fd;
    enum tls_status status;
    struct end end;
};

/* Connects and shakes hands. True when that worked; end has the reason when not. */
bool tls_client_connect(struct tls_client *client, const struct tls_peer *peer,
                        const struct tls_config *config);

/* The same in two steps: all that opens something, and all that does not. */
bool tls_client_open(struct tls_client *client, const struct tls_peer *peer, const struct tls_config *config);
bool tls_client_handshake(struct tls_client *client);

/* Reads until n bytes are there (true) or it is over. */
bool tls_client_read(struct tls_client *client, void *buf, size_t n);

/* Reads to the end: the status that is not TLS_OK. */
enum tls_status tls_client_drain(struct tls_client *client);

bool tls_client_write(struct tls_client *client, const void *data, size_t len);
void tls_client_close(struct tls_client *client);

#endif
