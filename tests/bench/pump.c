/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The limit of any tunnel over TLS: the same wolfSSL, the same read-ahead and output buffer as the client's, full
 * records, one send() per burst, and nothing else. The client says in its first byte what it wants; what it measures, it
 * prints as one line of JSON.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_tls.h"
#include "bench_util.h"

#define BURST        (4 * BENCH_TLS_RECORD)
#define READ_CAP     (64 * 1024)
#define CONNECTS_MAX 10000

enum mode {
    MODE_UP = 'u', /* the client sends */
    MODE_DOWN = 'd',
    MODE_HANDSHAKE = 'h',
};

static const char usage[] =
    "usage: pump server --cert FILE --key FILE [--listen ADDRESS:PORT] [--ready FILE]\n"
    "       pump client up|down ADDRESS:PORT SECONDS CA-FILE    CPU seconds and bytes\n"
    "       pump client handshake ADDRESS:PORT COUNT CA-FILE    connect() to the end of the handshake\n";

static uint8_t buffer[READ_CAP];

/* Full records until the socket is full or a burst is done; false when it is over. */
static bool send_burst(struct bench_tls *tls, uint64_t *bytes)
{
    enum bench_tls_status status;

    for (size_t sent = 0; sent < BURST; sent += BENCH_TLS_RECORD) {
        if (!bench_tls_write(tls, buffer, BENCH_TLS_RECORD))
            return false;
        *bytes += BENCH_TLS_RECORD;
    }
    while ((status = bench_tls_flush(tls)) == BENCH_TLS_AGAIN)
        if (!bench_wait(tls->io.fd, POLLOUT, 1000))
            return false;
    return status == BENCH_TLS_OK;
}

/* All that is there, then waits; false when it is over. */
static bool receive(struct bench_tls *tls, uint64_t *bytes)
{
    enum bench_tls_status status;
    size_t len;

    while ((status = bench_tls_read(tls, buffer, sizeof(buffer), &len)) == BENCH_TLS_OK)
        *bytes += len;
    return status == BENCH_TLS_AGAIN && bench_tls_flush(tls) != BENCH_TLS_OVER &&
           bench_wait(tls->io.fd, POLLIN, 100);
}

static bool shake_hands(struct bench_tls *tls)
{
    enum bench_tls_status status;

    while ((status = bench_tls_handshake(tls)) == BENCH_TLS_AGAIN)
        if (!bench_wait(tls->io.fd, POLLIN, 5000))
            return false;
    return status == BENCH_TLS_OK;
}

static struct bench_tls *start(struct WOLFSSL_CTX *ctx, int fd, bool is_server)
{
    struct bench_tls *tls = calloc(1, sizeof(*tls));

    if (!tls || !bench_tls_start(tls, ctx, fd, is_server))
        bench_die("out of memory");
    bench_tune(fd, 128 * 1024);
    return tls;
}

static void finish(struct bench_tls *tls)
{
    int fd = tls->io.fd;

    bench_tls_close(tls);
    (void)close(fd);
    free(tls);
}

static void serve_one(struct WOLFSSL_CTX *ctx, int fd)
{
    struct bench_tls *tls = start(ctx, fd, true);
    uint64_t bytes = 0;
    uint8_t mode;
    size_t len = 0;

    if (shake_hands(tls)) {
        while (bench_tls_read(tls, &mode, 1, &len) == BENCH_TLS_AGAIN)
            if (!bench_wait(fd, POLLIN, 5000))
                break;
        if (len == 1 && mode == MODE_UP)
            while (receive(tls, &bytes))
                continue;
        if (len == 1 && mode == MODE_DOWN)
            while (send_burst(tls, &bytes))
                continue;
    }
    finish(tls);
}

static int serve(int argc, char **argv)
{
    const char *cert = NULL, *key = NULL, *listen_at = "0.0.0.0:443", *ready = NULL;
    struct WOLFSSL_CTX *ctx;
    int fd;

    for (int i = 0; i + 1 < argc; i += 2) {
        const char **to = strcmp(argv[i], "--cert") == 0     ? &cert
                          : strcmp(argv[i], "--key") == 0    ? &key
                          : strcmp(argv[i], "--listen") == 0 ? &listen_at
                          : strcmp(argv[i], "--ready") == 0  ? &ready
                                                             : NULL;

        if (!to)
            bench_die("%s", usage);
        *to = argv[i + 1];
    }
    if (!cert || !key)
        bench_die("%s", usage);
    ctx = bench_tls_server(cert, key, NULL);
    fd = bench_listen(listen_at);
    bench_ready(ready);
    while (bench_wait(fd, POLLIN, -1)) {
        int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (client >= 0)
            serve_one(ctx, client);
    }
    printf("{\"cpu\": %.6f}\n", (double)bench_cpu_ns() / 1e9);
    return 0;
}

static struct bench_tls *dial(struct WOLFSSL_CTX *ctx, const char *address, uint8_t mode)
{
    struct bench_tls *tls = start(ctx, bench_connect(address), false);

    if (!shake_hands(tls) || (mode != MODE_HANDSHAKE && !bench_tls_write(tls, &mode, 1)) ||
        bench_tls_flush(tls) != BENCH_TLS_OK)
        bench_die("the handshake failed");
    return tls;
}

static void transfer(const char *address, uint8_t mode, double seconds, const char *ca_file)
{
    struct bench_tls *tls = dial(bench_tls_client(ca_file, NULL), address, mode);
    uint64_t bytes = 0, begun = bench_now_ns(), until = begun + (uint64_t)(seconds * 1e9);
    uint64_t cpu = bench_cpu_ns(), now = begun;
    struct bench_cpu before = bench_cpu_split(), after;

    while (now < until && (mode == MODE_UP ? send_burst(tls, &bytes) : receive(tls, &bytes)))
        now = bench_now_ns();
    cpu = bench_cpu_ns() - cpu;
    after = bench_cpu_split();
    printf("{\"bytes\": %llu, \"seconds\": %.6f, \"cpu\": %.6f, \"cpu_user\": %.6f, \"cpu_system\": %.6f}\n",
           (unsigned long long)bytes, (double)(now - begun) / 1e9, (double)cpu / 1e9,
           after.user - before.user, after.system - before.system);
    finish(tls);
}

static void handshakes(const char *address, size_t n, const char *ca_file)
{
    static double ms[CONNECTS_MAX];
    struct WOLFSSL_CTX *ctx = bench_tls_client(ca_file, NULL);

    for (size_t i = 0; i < n && !bench_stop; i++) {
        uint64_t begun = bench_now_ns();
        struct bench_tls *tls = dial(ctx, address, MODE_HANDSHAKE);

        ms[i] = (double)(bench_now_ns() - begun) / 1e6;
        finish(tls);
    }
    printf("{\"n\": %zu, \"p50\": %.3f, \"p99\": %.3f}\n", n, bench_percentile(ms, n, 50),
           bench_percentile(ms, n, 99));
}

int main(int argc, char **argv)
{
    bench_stop_on_signals();
    memset(buffer, 0x5a, sizeof(buffer));
    if (argc >= 2 && strcmp(argv[1], "server") == 0)
        return serve(argc - 2, argv + 2);
    if (argc != 6 || strcmp(argv[1], "client") != 0)
        bench_die("%s", usage);
    if (strcmp(argv[2], "handshake") == 0)
        handshakes(argv[3], bench_number("COUNT", argv[4], 1, CONNECTS_MAX), argv[5]);
    else
        transfer(argv[3], strcmp(argv[2], "up") == 0 ? MODE_UP : MODE_DOWN,
                 bench_real("SECONDS", argv[4], 0.01, 3600), argv[5]);
    return 0;
}
