/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many TCP streams from one process, for tests with many tunnels: iperf3 would be a hundred processes. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench_util.h"

#define STREAMS_MAX 2048
#define CHUNK       (64 * 1024)
#define EVENTS      64

static const char usage[] =
    "usage: tcp sink ADDRESS:PORT READY-FILE          SIGTERM ends it\n"
    "       tcp send CONGESTION SECONDS [SOURCE/]ADDRESS:PORT...   one stream to each, as fast as possible\n";

static uint8_t buffer[CHUNK];

static void watch(int epoll, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        bench_die_errno("epoll");
}

static void sink(const char *address, const char *ready)
{
    int listener = bench_listen(address), epoll = epoll_create1(EPOLL_CLOEXEC);
    uint64_t bytes = 0;

    watch(epoll, listener, EPOLLIN);
    bench_ready(ready);
    while (!bench_stop) {
        struct epoll_event events[EVENTS];
        int n = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            ssize_t got;

            if (fd == listener) {
                fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
                if (fd >= 0)
                    watch(epoll, fd, EPOLLIN);
                continue;
            }
            got = recv(fd, buffer, sizeof(buffer), 0);
            if (got > 0)
                bytes += (uint64_t)got;
            else if (got == 0 || errno != EAGAIN)
                (void)close(fd);
        }
    }
    printf("{\"bytes\": %llu}\n", (unsigned long long)bytes);
}

/* From a certain address of ours, when there is one before the slash. */
static int connect_from(char *text)
{
    char *slash = strchr(text, '/');
    struct sockaddr_in from = {.sin_family = AF_INET}, to;
    socklen_t len;
    struct sockaddr_storage target;
    int fd;

    if (!slash)
        return bench_connect(text);
    *slash = '\0';
    target = bench_address(slash + 1, &len);
    memcpy(&to, &target, sizeof(to));
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, text, &from.sin_addr) != 1 || fd < 0 ||
        bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
        bench_die_errno("connect to %s from %s", slash + 1, text);
    bench_nonblocking(fd);
    return fd;
}

static void send_streams(const char *congestion, double seconds, char **addresses, size_t n)
{
    static uint64_t bytes[STREAMS_MAX];
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    uint64_t begun, now, total = 0, least = UINT64_MAX, most = 0;

    for (size_t i = 0; i < n; i++) {
        int fd = connect_from(addresses[i]);
        struct epoll_event event = {.events = EPOLLOUT, .data.u64 = (uint64_t)fd << 32 | i};

        if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, congestion, (socklen_t)strlen(congestion)) != 0)
            bench_die_errno("%s", congestion);
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            bench_die_errno("epoll");
    }
    begun = now = bench_now_ns();
    while (!bench_stop && (now = bench_now_ns()) < begun + (uint64_t)(seconds * 1e9)) {
        struct epoll_event events[EVENTS];
        int got = epoll_wait(epoll, events, EVENTS, 100);

        for (int i = 0; i < got; i++) {
            ssize_t sent = send((int)(events[i].data.u64 >> 32), buffer, sizeof(buffer), MSG_NOSIGNAL);

            if (sent < 0 && errno != EAGAIN)
                bench_die_errno("send");
            bytes[(uint32_t)events[i].data.u64] += sent > 0 ? (uint64_t)sent : 0;
        }
    }
    for (size_t i = 0; i < n; i++) {
        total += bytes[i];
        least = bytes[i] < least ? bytes[i] : least;
        most = bytes[i] > most ? bytes[i] : most;
    }
    printf("{\"bytes\": %llu, \"seconds\": %.6f, \"least\": %llu, \"most\": %llu}\n",
           (unsigned long long)total, (double)(now - begun) / 1e9, (unsigned long long)least,
           (unsigned long long)most);
}

int main(int argc, char **argv)
{
    bench_stop_on_signals();
    if (argc == 4 && strcmp(argv[1], "sink") == 0)
        sink(argv[2], argv[3]);
    else if (argc >= 5 && argc - 4 <= STREAMS_MAX && strcmp(argv[1], "send") == 0)
        send_streams(argv[2], bench_real("SECONDS", argv[3], 0.01, 3600), argv + 4, (size_t)argc - 4);
    else
        bench_die("%s", usage);
    return 0;
}
