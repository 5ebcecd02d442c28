/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small fast SSTP server for measurements and demonstrations: one thread, one TUN device, many clients. It checks
 * the login and the crypto binding, but it is a test's tool and trusts its clients in everything else; the server of
 * tests/server is the one that judges them.
 */
#include "sstp_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_util.h"
#include "rng.h"
#include "server_options.h"

enum { TAG_LISTEN = SSTP_SERVER_CLIENTS, TAG_TUN };
#define EVENTS 64
#define TICK   USEC_PER_SEC

static void watch(struct sstp_server *server, int fd, uint32_t tag, unsigned want)
{
    int r = loop_watch(&server->loop, fd, tag, want);

    if (r < 0)
        bench_die("epoll: %s", strerror(-r));
}

static void drop(struct sstp_server *server, struct server_client *client)
{
    if (client->call.trouble) {
        server->stats.troubles++;
        if (!server->quiet)
            (void)fprintf(stderr, "client %u: %s\n", client->index, client->call.trouble);
    }
    server_data_forget(server, client);
    for (size_t i = 0; i < server->n_dirty; i++)
        if (server->dirty[i] == client)
            server->dirty[i] = server->dirty[--server->n_dirty];
    loop_unwatch(&server->loop, client->call.fd);
    server_call_done(&client->call);
    server->client[client->index] = NULL;
    server->stats.n_clients--;
    free(client);
}

void sstp_server_dirty(struct sstp_server *server, struct server_client *client)
{
    if (client->dirty)
        return;
    client->dirty = true;
    server->dirty[server->n_dirty++] = client;
}

static void take_data(void *user, struct bytes datagram)
{
    struct server_client *client = user;

    server_data_to_tun(client->server, client, datagram);
}

static void receive(struct sstp_server *server, struct server_client *client, usec_t now)
{
    bool was_open = client->call.state == SERVER_CALL_OPEN;

    if (server_call_receive(&client->call, now, take_data, client) && !client->again) {
        client->again = true;
        server->again[server->n_again++] = client->index;
    }
    server_data_flush(server);
    if (!was_open && client->call.state == SERVER_CALL_OPEN)
        server->stats.opened++;
    sstp_server_dirty(server, client); /* an answer of SSTP, PPP or TLS itself may wait */
}

/* One send() each, and what the loop shall wait for. */
static void flush(struct sstp_server *server, struct server_client *client)
{
    enum bench_tls_status status = bench_tls_flush(&client->call.tls);
    unsigned want;

    client->dirty = false;
    client->full = status == BENCH_TLS_AGAIN;
    server->stats.flushes++;
    if (status == BENCH_TLS_OVER || (client->call.state == SERVER_CALL_CLOSING && !client->full)) {
        drop(server, client);
        return;
    }
    want = LOOP_READ | (client->full ? LOOP_WRITE : 0u);
    if (want != client->want)
        watch(server, client->call.fd, client->index, want);
    client->want = want;
}

static void flush_all(struct sstp_server *server)
{
    while (server->n_dirty > 0)
        flush(server, server->dirty[--server->n_dirty]);
}

static uint32_t free_index(const struct sstp_server *server)
{
    uint32_t index = 0;

    while (index < SSTP_SERVER_CLIENTS && server->client[index])
        index++;
    return index;
}

static bool accept_one(struct sstp_server *server)
{
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    uint32_t index = free_index(server), own;
    struct server_client *client;

    if (fd < 0)
        return false;
    client = index < SSTP_SERVER_CLIENTS ? calloc(1, sizeof(*client)) : NULL;
    if (!client) {
        (void)close(fd);
        return true;
    }
    bench_tune(fd, server->lowat);
    client->server = server;
    client->index = index;
    client->want = LOOP_READ;
    own = server->peers ? server->peers + SSTP_SERVER_FIRST + index : server->pool + 1;
    if (!server_call_start(&client->call, &server->call_config, fd,
                           htonl(server->pool + SSTP_SERVER_FIRST + index), htonl(own)))
        bench_die("out of memory");
    server->client[index] = client;
    server->stats.accepted++;
    if (++server->stats.n_clients > server->stats.peak_clients)
        server->stats.peak_clients = server->stats.n_clients;
    watch(server, fd, index, LOOP_READ);
    return true;
}

static void tick(struct sstp_server *server, usec_t now)
{
    for (size_t i = 0; i < SSTP_SERVER_CLIENTS; i++) {
        struct server_client *client = server->client[i];

        if (!client)
            continue;
        server_call_tick(&client->call, now);
        sstp_server_dirty(server, client);
    }
    flush_all(server);
}

static void serve_client(struct sstp_server *server, const struct loop_event *event, usec_t now)
{
    struct server_client *client = server->client[event->tag];

    if (!client)
        return;
    if (event->ready & LOOP_WRITE)
        sstp_server_dirty(server, client);
    if (event->ready & (LOOP_READ | LOOP_HANGUP))
        receive(server, client, now);
}

/* The datagram that is held waits for its client's socket and keeps the device from being read. */
static void serve_tun(struct sstp_server *server)
{
    if (server->held && server->target->full)
        return;
    server->tun_more = server_data_from_tun(server);
    flush_all(server);
    if (server->held == server->tun_deaf)
        return;
    server->tun_deaf = server->held;
    watch(server, server->tun.fd, TAG_TUN, server->tun_deaf ? 0 : LOOP_READ);
}

/* Those whose last batch was not all: their data may wait inside TLS while the socket is silent. */
static void serve_again(struct sstp_server *server, usec_t now)
{
    size_t n = server->n_again;

    for (size_t i = 0; i < n; i++) {
        struct server_client *client = server->client[server->again[i]];

        if (!client || !client->again)
            continue;
        client->again = false;
        receive(server, client, now);
    }
    server->n_again -= n;
    memmove(server->again, server->again + n, server->n_again * sizeof(server->again[0]));
}

/* False when a signal came. */
static bool serve_round(struct sstp_server *server, const struct loop_event *events, int n)
{
    usec_t now = loop_now();
    bool tun_ready = server->tun_more || server->tun_deaf; /* deaf, and nothing held: its client went */

    serve_again(server, now);
    for (int i = 0; i < n; i++) {
        if (events[i].tag == LOOP_TAG_SIGNAL)
            return false;
        if (events[i].tag == TAG_TUN)
            tun_ready = true;
        else if (events[i].tag != TAG_LISTEN)
            serve_client(server, &events[i], now);
        else
            while (accept_one(server))
                continue;
    }
    flush_all(server);
    if (tun_ready)
        serve_tun(server);
    return true;
}

static void serve(struct sstp_server *server)
{
    usec_t next_tick = loop_now() + TICK;

    for (;;) {
        struct loop_event events[EVENTS];
        bool heeds = server->tun_deaf && (!server->held || !server->target->full); /* the way is free again */
        bool busy = server->n_again > 0 || server->tun_more || heeds;
        int n = loop_wait(&server->loop, busy ? 0 : next_tick, events, EVENTS);
        usec_t now;

        if (n < 0)
            bench_die("epoll: %s", strerror(-n));
        if (!serve_round(server, events, n))
            return;
        now = loop_now();
        if (now >= next_tick) {
            tick(server, now);
            next_tick = now + TICK;
        }
    }
}

static void report(const struct sstp_server *server)
{
    const struct server_stats *stats = &server->stats;
    struct bench_cpu cpu = bench_cpu_split();

    (void)printf(
        "{\"cpu_user\": %.6f, \"cpu_system\": %.6f, \"cpu\": %.6f, \"tun\": \"%s\", \"accepted\": %llu, "
        "\"opened\": %llu, \"troubles\": %llu, \"peak_clients\": %u, \"to_client\": %llu, "
        "\"to_client_bytes\": %llu, \"to_host\": %llu, \"to_host_bytes\": %llu, \"tun_reads\": %llu, "
        "\"tun_writes\": %llu, \"records\": %llu, \"flushes\": %llu, \"no_client\": %llu, "
        "\"tun_faults\": %llu, \"tun_refused\": %llu, \"not_ip\": %llu, \"bad_checksums\": %llu}\n",
        cpu.user, cpu.system, (double)bench_cpu_ns() / 1e9, server_tun_describe(&server->tun),
        (unsigned long long)stats->accepted, (unsigned long long)stats->opened,
        (unsigned long long)stats->troubles, stats->peak_clients, (unsigned long long)stats->to_client,
        (unsigned long long)stats->to_client_bytes, (unsigned long long)stats->to_host,
        (unsigned long long)stats->to_host_bytes, (unsigned long long)stats->tun_reads,
        (unsigned long long)stats->tun_writes, (unsigned long long)stats->records,
        (unsigned long long)stats->flushes, (unsigned long long)stats->no_client,
        (unsigned long long)stats->tun_faults, (unsigned long long)stats->tun_refused,
        (unsigned long long)stats->not_ip, (unsigned long long)server->gro.n_bad);
}

static void setup(struct sstp_server *server, const struct server_options *options)
{
    struct server_call_config *config = &server->call_config;
    int r = rng_open();

    if (r < 0)
        bench_die("no random numbers: %s", strerror(-r));
    server->pool = options->pool;
    server->peers = options->peers;
    server->one_per_record = options->one_per_record;
    server->lowat = options->lowat;
    server->quiet = options->quiet;
    config->tls = bench_tls_server(options->cert, options->key, options->ciphers);
    bench_tls_digests(options->cert, config->cert_sha1, config->cert_sha256);
    config->script = options->script;
    server->tun = server_tun_open(&options->tun);
    tun_gro_init(&server->gro, server->tun.offloads);
    server->listen_fd = bench_listen(options->listen);
    r = loop_open(&server->loop);
    if (r < 0 || (r = loop_signals(&server->loop)) < 0)
        bench_die("epoll: %s", strerror(-r));
    watch(server, server->listen_fd, TAG_LISTEN, LOOP_READ);
    watch(server, server->tun.fd, TAG_TUN, LOOP_READ);
}

int main(int argc, char **argv)
{
    static struct sstp_server server;
    struct server_options options;

    server_options_parse(&options, argc, argv);
    setup(&server, &options);
    bench_ready(options.ready);
    serve(&server);
    report(&server);
    return 0;
}
