/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Data between one TUN device and many clients, IPv4 by address, IPv6 by the interface identifier that a client was seen
 * to send from. Back pressure: a datagram for a client whose socket is full is held, and with it all that is behind it.
 * That is unfair between clients and what makes an end-to-end measurement with one client right.
 */
#include "sstp_server.h"

#include <errno.h>
#include <unistd.h>

#include "bench_util.h"
#include "ppp.h"
#include "sstp.h"

#define ROUND       (128 * 1024) /* then the sockets have their turn */
#define HEADERS_LEN (SSTP_HEADER_LEN + PPP_DATA_HEADER_LEN)

static uint64_t ifid_at(const uint8_t *address)
{
    uint64_t ifid;

    memcpy(&ifid, address + 8, sizeof(ifid));
    return ifid;
}

static struct server_route6 *route6_for(struct sstp_server *server, uint64_t ifid)
{
    size_t at = (size_t)(ifid * 0x9e3779b97f4a7c15u >> 40);

    for (;; at++) {
        struct server_route6 *route = &server->route6[at % SSTP_SERVER_ROUTES6];

        if (route->ifid == ifid || route->ifid == 0)
            return route;
    }
}

static void learn(struct sstp_server *server, struct server_client *client, uint64_t ifid)
{
    struct server_route6 *route;

    if (ifid == client->ifid || ifid == 0 || server->stats.opened > SSTP_SERVER_ROUTES6 / 4)
        return;
    client->ifid = ifid;
    route = route6_for(server, ifid);
    route->ifid = ifid;
    route->index = client->index;
}

static struct server_client *find_client(struct sstp_server *server, const uint8_t *datagram, size_t len)
{
    uint32_t index = UINT32_MAX;
    struct server_client *client;

    if (len >= 20 && datagram[0] >> 4 == 4) {
        index = ((uint32_t)datagram[16] << 24 | (uint32_t)datagram[17] << 16 | (uint32_t)datagram[18] << 8 |
                 datagram[19]) -
                server->pool - SSTP_SERVER_FIRST;
    } else if (len >= 40 && datagram[0] >> 4 == 6) {
        const struct server_route6 *route = route6_for(server, ifid_at(datagram + 24));

        if (route->ifid != 0)
            index = route->index;
    }
    client = index < SSTP_SERVER_CLIENTS ? server->client[index] : NULL;
    return client && client->call.state == SERVER_CALL_OPEN ? client : NULL;
}

/* The next super-segment or datagram; false when there is none now. */
static bool read_next(struct sstp_server *server)
{
    uint8_t *at = server->read + (server->tun.vnet ? 0 : TUN_VNET_LEN); /* without one, the header is zero */
    ssize_t n = read(server->tun.fd, at, sizeof(server->read) - TUN_VNET_LEN);
    size_t len;

    if (n < 0 && errno != EAGAIN && errno != EINTR)
        bench_die_errno("read the TUN device");
    if (n <= 0)
        return false;
    server->stats.tun_reads++;
    len = (size_t)n + (server->tun.vnet ? 0 : TUN_VNET_LEN);
    if (tun_gso_begin(&server->gso, bytes_of(server->read, len)) != TUN_GSO_OK) {
        server->stats.tun_faults++;
        return true;
    }
    server->target = find_client(server, server->read + TUN_VNET_LEN, len - TUN_VNET_LEN);
    if (!server->target)
        server->stats.no_client++;
    return true;
}

static void write_record(struct sstp_server *server)
{
    struct server_client *client = server->record_of;

    if (client && server->record_len > 0) {
        if (!bench_tls_write(&client->call.tls, server->record, server->record_len))
            client->call.state = SERVER_CALL_CLOSING;
        server->stats.records++;
        sstp_server_dirty(server, client);
    }
    server->record_len = 0;
    server->record_of = NULL;
}

/* Hands out what was read; false when the socket must be waited for. */
static bool hand_out(struct sstp_server *server)
{
    struct server_client *client = server->target;
    size_t len;

    if (server->record_of != client)
        write_record(server);
    while ((len = tun_gso_next_len(&server->gso)) > 0) {
        uint8_t *at;

        if (HEADERS_LEN + len > sizeof(server->record) - server->record_len)
            write_record(server);
        if (HEADERS_LEN + len > sizeof(server->record)) {
            server->stats.tun_faults++; /* an MTU that no SSTP packet can have */
            break;
        }
        if (client->full || !bench_tls_has_room(&client->call.tls))
            return false;
        at = server->record + server->record_len;
        if (tun_gso_next(&server->gso, at + HEADERS_LEN, len) != len)
            break; /* cannot be */
        sstp_data_header(at, PPP_DATA_HEADER_LEN + len);
        ppp_data_header(at + SSTP_HEADER_LEN, at[HEADERS_LEN] >> 4 == 6);
        server->record_len += HEADERS_LEN + len;
        server->record_of = client;
        server->stats.to_client++;
        server->stats.to_client_bytes += len;
        if (server->one_per_record)
            write_record(server);
    }
    return true;
}

bool server_data_from_tun(struct sstp_server *server)
{
    uint64_t limit = server->stats.to_client_bytes + ROUND;

    server->held = false;
    while (server->stats.to_client_bytes < limit) {
        if (!server->target && !read_next(server)) {
            write_record(server);
            return false;
        }
        if (server->target && !hand_out(server)) {
            write_record(server);
            server->held = true;
            return false;
        }
        server->target = NULL;
    }
    write_record(server);
    return true;
}

static bool put(struct sstp_server *server, const struct iovec *iov, int n_iov)
{
    if (writev(server->tun.fd, iov, n_iov) >= 0) {
        server->stats.tun_writes++;
        return true;
    }
    return false;
}

/* A kernel may refuse a merged datagram (dataplane pitfalls): then one by one. */
static void put_originals(struct sstp_server *server, const struct tun_gro_write *write)
{
    uint8_t none[TUN_VNET_LEN] = {0};

    for (size_t i = 0; i < write->n_packets; i++) {
        struct bytes datagram = tun_gro_original(write, i);
        struct iovec iov[] = {{none, sizeof(none)}, {(void *)(uintptr_t)datagram.data, datagram.len}};

        if (!put(server, iov, 2))
            server->stats.tun_refused++;
    }
}

static void take_writes(struct sstp_server *server)
{
    struct tun_gro_write write;

    while (tun_gro_take(&server->gro, &write)) {
        if (put(server, write.iov, write.n_iov))
            continue;
        if (write.n_packets > 1)
            put_originals(server, &write);
        else
            server->stats.tun_refused++;
    }
}

/* Without padding; empty when it is no IP. */
static struct bytes trimmed(struct bytes datagram)
{
    size_t len = 0;

    if (datagram.len >= 20 && datagram.data[0] >> 4 == 4)
        len = (size_t)datagram.data[2] << 8 | datagram.data[3];
    else if (datagram.len >= 40 && datagram.data[0] >> 4 == 6)
        len = 40 + ((size_t)datagram.data[4] << 8 | datagram.data[5]);
    return bytes_of(datagram.data, len <= datagram.len ? len : 0);
}

void server_data_to_tun(struct sstp_server *server, struct server_client *client, struct bytes datagram)
{
    datagram = trimmed(datagram);
    if (datagram.len < 20) {
        server->stats.not_ip++;
        return;
    }
    server->stats.to_host++;
    server->stats.to_host_bytes += datagram.len;
    if (datagram.data[0] >> 4 == 6)
        learn(server, client, ifid_at(datagram.data + 8));
    if (!server->tun.vnet) {
        struct iovec iov = {(void *)(uintptr_t)datagram.data, datagram.len};

        if (!put(server, &iov, 1))
            server->stats.tun_refused++;
        return;
    }
    take_writes(server);
    IGNORE_RESULT(tun_gro_add(&server->gro, datagram)); /* true: all writes were taken */
    take_writes(server);
}

void server_data_flush(struct sstp_server *server)
{
    if (!server->tun.vnet)
        return;
    tun_gro_flush(&server->gro);
    take_writes(server);
}

void server_data_forget(struct sstp_server *server, struct server_client *client)
{
    if (server->record_of == client) {
        server->record_of = NULL;
        server->record_len = 0;
    }
    if (server->target == client) {
        server->target = NULL;
        server->held = false;
    }
}
