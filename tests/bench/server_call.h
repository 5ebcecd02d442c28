/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client's call at the test server: TLS, HTTP, the SSTP call, PPP by ppp_peer, the crypto binding. What it receives as
 * user data it hands to its owner; everything else it answers itself.
 */
#ifndef SERVER_CALL_H
#define SERVER_CALL_H

#include "bench_tls.h"
#include "bytes.h"
#include "clock.h"
#include "ppp_peer.h"
#include "sstp_wire.h"

#define SERVER_CALL_RX ((size_t)128 << 10)

enum server_call_state {
    SERVER_CALL_TLS,
    SERVER_CALL_HTTP,
    SERVER_CALL_REQUEST, /* CALL_CONNECT_REQUEST is awaited */
    SERVER_CALL_PPP,     /* CALL_CONNECTED is awaited */
    SERVER_CALL_OPEN,    /* the binding was right: data flows */
    SERVER_CALL_CLOSING, /* what is left to say is sent, then it is closed */
};

struct server_call_config {
    struct WOLFSSL_CTX *tls;
    uint8_t cert_sha1[20];
    uint8_t cert_sha256[32];
    struct peer_script script; /* its addresses are replaced */
};

struct server_call {
    const struct server_call_config *config;
    int fd;
    enum server_call_state state;
    const char *trouble; /* why it ended, NULL: as it should */
    struct bench_tls tls;
    struct peer_script script;
    struct peer peer;
    uint8_t nonce[SSTP_NONCE_LEN];
    uint8_t rx[SERVER_CALL_RX];
    size_t rx_len;
    size_t rx_used; /* of it, by the last batch */
};

/* address and own: IPv4 of the client and of us, in network order. call is zeroed memory. */
bool server_call_start(struct server_call *call, const struct server_call_config *config, int fd,
                       uint32_t address, uint32_t own) MUST_USE;

/* User data: the datagram is a view into call->rx. */
typedef void server_call_data_fn(void *user, struct bytes datagram);

/*
 * The socket is readable. Parses what came, one batch; true when there may be more. The views given to take_data are
 * good until the next call.
 */
bool server_call_receive(struct server_call *call, usec_t now, server_call_data_fn *take_data,
                         void *user) MUST_USE;

void server_call_tick(struct server_call *call, usec_t now);

void server_call_done(struct server_call *call);

#endif
