/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small UDP packets: as many as the sender can make, or at a rate; many to one system call, because the machine's time
 * shall go to the tunnel. What the sink's socket could not hold was carried by the tunnel and is counted, too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench_util.h"

#define BATCH      32
#define PACKET_MAX 2048

static const char usage[] =
    "usage: udp send ADDRESS:PORT BYTES SECONDS PACKETS-PER-SECOND   0: as fast as possible\n"
    "       udp sink ADDRESS:PORT READY-FILE                        SIGTERM ends it\n";

static uint8_t buffer[BATCH][PACKET_MAX];
static struct iovec iov[BATCH];
static struct mmsghdr message[BATCH];

static void prepare(size_t len)
{
    for (size_t i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){buffer[i], len};
        message[i].msg_hdr = (struct msghdr){.msg_iov = &iov[i], .msg_iovlen = 1};
    }
}

/* One batch; how many went. */
static size_t send_batch(int fd)
{
    int n = sendmmsg(fd, message, BATCH, 0);

    if (n < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR && errno != ECONNREFUSED)
        bench_die_errno("send");
    if (n < 0 && errno == EAGAIN)
        (void)bench_wait(fd, POLLOUT, 100);
    return n > 0 ? (size_t)n : 0;
}

static void send_packets(const char *address, size_t len, double seconds, double rate)
{
    socklen_t to_len;
    struct sockaddr_storage to = bench_address(address, &to_len);
    int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    uint64_t begun = bench_now_ns(), until = begun + (uint64_t)(seconds * 1e9), now = begun, sent = 0;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, to_len) != 0)
        bench_die_errno("%s", address);
    prepare(len);
    while (!bench_stop && (now = bench_now_ns()) < until) {
        double allowed = rate > 0 ? rate * (double)(now - begun) / 1e9 : 1e18;

        if ((double)sent < allowed)
            sent += send_batch(fd);
        else
            (void)nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    printf("{\"sent\": %llu, \"seconds\": %.6f}\n", (unsigned long long)sent, (double)(now - begun) / 1e9);
}

/* SO_RXQ_OVFL: how many this socket has dropped so far, told with a packet that was not; nothing else is told with it. */
static uint64_t dropped_by(const struct msghdr *header)
{
    const struct cmsghdr *c = CMSG_FIRSTHDR(header);
    uint32_t dropped;

    if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_RXQ_OVFL)
        return 0;
    memcpy(&dropped, CMSG_DATA(c), sizeof(dropped));
    return dropped;
}

static void sink(const char *address, const char *ready)
{
    socklen_t len;
    struct sockaddr_storage at = bench_address(address, &len);
    int fd = socket(at.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, size = 16 << 20;
    uint64_t n = 0, bytes = 0, dropped = 0, begun = 0, last = 0;
    static uint8_t control[BATCH][64];

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0)
        bench_die_errno("%s", address);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
    (void)setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &one, sizeof(one));
    prepare(PACKET_MAX);
    bench_ready(ready);
    while (bench_wait(fd, POLLIN, -1)) {
        int got;

        for (size_t i = 0; i < BATCH; i++) {
            message[i].msg_hdr.msg_control = control[i];
            message[i].msg_hdr.msg_controllen = sizeof(control[i]);
        }
        got = recvmmsg(fd, message, BATCH, 0, NULL);
        if (got <= 0)
            continue;
        last = bench_now_ns();
        begun = begun ? begun : last;
        n += (uint64_t)got;
        for (int i = 0; i < got; i++) {
            uint64_t so_far = dropped_by(&message[i].msg_hdr);

            bytes += message[i].msg_len;
            dropped = so_far > dropped ? so_far : dropped;
        }
    }
    printf("{\"received\": %llu, \"bytes\": %llu, \"dropped\": %llu, \"seconds\": %.6f}\n",
           (unsigned long long)n, (unsigned long long)bytes, (unsigned long long)dropped,
           (double)(last - begun) / 1e9);
}

int main(int argc, char **argv)
{
    bench_stop_on_signals();
    if (argc == 6 && strcmp(argv[1], "send") == 0)
        send_packets(argv[2], bench_number("BYTES", argv[3], 1, PACKET_MAX),
                     bench_real("SECONDS", argv[4], 0.01, 3600),
                     bench_real("PACKETS-PER-SECOND", argv[5], 0, 1e9));
    else if (argc == 4 && strcmp(argv[1], "sink") == 0)
        sink(argv[2], argv[3]);
    else
        bench_die("%s", usage);
    return 0;
}
