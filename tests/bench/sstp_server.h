/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test server's state; sstp_server.c owns it, server_data.c moves its packets. */
#ifndef SSTP_SERVER_H
#define SSTP_SERVER_H

#include "loop.h"
#include "server_call.h"
#include "server_tun.h"
#include "tun_gro.h"
#include "tun_gso.h"

#define SSTP_SERVER_CLIENTS 2048
#define SSTP_SERVER_FIRST   2          /* the first client's address in the pool; the server has 1 */
#define SSTP_SERVER_ROUTES6 (1u << 14) /* IPv6 addresses that were seen, a power of two */

struct sstp_server;

struct server_client {
    struct server_call call;
    struct sstp_server *server;
    uint32_t index;
    bool full;     /* the socket took not all of the last flush */
    bool dirty;    /* something was written since */
    bool again;    /* the last batch was not all: its turn comes without the socket, too */
    unsigned want; /* what the loop waits for */
    uint64_t ifid; /* the one it sent from last */
};

struct server_stats {
    uint64_t accepted, opened, troubles;
    uint64_t to_client, to_client_bytes, to_host, to_host_bytes; /* datagrams */
    uint64_t tun_reads, tun_writes, records, flushes;
    uint64_t no_client, tun_faults, tun_refused, not_ip;
    unsigned n_clients, peak_clients;
};

/* IPv6: which client was an interface identifier seen from? */
struct server_route6 {
    uint64_t ifid; /* 0: free */
    uint32_t index;
};

struct sstp_server {
    struct server_call_config call_config;
    uint32_t pool;  /* IPv4, host order: x.y.0.0 */
    uint32_t peers; /* 0: the server's own address is everybody's peer; else x.y.0.0, each has its own */
    bool one_per_record;
    unsigned lowat;
    bool quiet;

    struct loop loop;
    int listen_fd;
    struct server_tun tun;
    struct server_client *client[SSTP_SERVER_CLIENTS];
    struct server_route6 route6[SSTP_SERVER_ROUTES6];
    struct server_client *dirty[SSTP_SERVER_CLIENTS];
    size_t n_dirty;
    uint32_t again[2 * SSTP_SERVER_CLIENTS]; /* indices; those of the next round behind those of this one */
    size_t n_again;
    bool tun_more; /* the same for the device */

    /* what was read from the device last and is not yet all handed out */
    uint8_t read[TUN_VNET_LEN + 65536 + 64];
    struct tun_gso gso;
    struct server_client *target; /* whose it is; NULL: nothing waits */
    bool held;                    /* it waits for the target's socket */
    bool tun_deaf;                /* the loop does not watch the device: what is held must go first */

    uint8_t record[BENCH_TLS_RECORD];
    size_t record_len;
    struct server_client *record_of;

    struct tun_gro gro;
    struct server_stats stats;
};

/* The device is readable: one round of datagrams to the clients. True when there may be more. */
bool server_data_from_tun(struct sstp_server *server) MUST_USE;

/* One datagram of a client, to be merged; after the batch, server_data_flush(). */
void server_data_to_tun(struct sstp_server *server, struct server_client *client, struct bytes datagram);
void server_data_flush(struct sstp_server *server);

/* The client is gone. */
void server_data_forget(struct sstp_server *server, struct server_client *client);

/* Something was written to this client: it will be flushed at the end of the round. */
void sstp_server_dirty(struct sstp_server *server, struct server_client *client);

#endif
