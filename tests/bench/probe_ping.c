/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Round trip times by ICMP echo at short intervals, without ping's output of every line; and the time from the SYN of a
 * client's connection to the first answer through its tunnel, seen from outside the client, so that every client is
 * measured alike.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>

#include "bench_util.h"

#define SAMPLES_MAX 1000000
#define FIRST_PAUSE 200000 /* ns between attempts where no new address or route prompts one */

static const char usage[] =
    "usage: ping every ADDRESS INTERVAL-MS SECONDS       round trip times; SIGTERM ends it earlier\n"
    "       ping first ADDRESS DEVICE PORT SECONDS       ms from the SYN to PORT that leaves DEVICE to the\n"
    "                                                    first answer from ADDRESS\n";

struct pinger {
    int fd;
    struct sockaddr_in to;
    uint16_t id;
};

static struct pinger pinger_open(const char *address)
{
    struct pinger p = {.to.sin_family = AF_INET, .id = htons((uint16_t)getpid())};

    if (inet_pton(AF_INET, address, &p.to.sin_addr) != 1)
        bench_die("'%s' is no IPv4 address", address);
    p.fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (p.fd < 0)
        bench_die_errno("raw socket");
    return p;
}

static uint16_t checksum(const void *data, size_t len)
{
    const uint8_t *at = data;
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)at[i] << 8 | at[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return htons((uint16_t) ~(sum + (sum >> 16)));
}

/* The time of sending travels in the packet. False when there is no way to the address yet. */
static bool pinger_send(const struct pinger *p, uint16_t seq)
{
    uint8_t packet[64] = {0};
    struct icmphdr header = {.type = ICMP_ECHO};
    uint64_t now = bench_calendar_ns();

    header.un.echo.id = p->id;
    header.un.echo.sequence = htons(seq);
    memcpy(packet, &header, sizeof(header));
    memcpy(packet + sizeof(header), &now, sizeof(now));
    header.checksum = checksum(packet, sizeof(packet));
    memcpy(packet, &header, sizeof(header));
    return sendto(p->fd, packet, sizeof(packet), 0, (const struct sockaddr *)&p->to, sizeof(p->to)) > 0;
}

/* The next answer that is ours; its round trip time in ns, 0 when there is none now. */
static uint64_t pinger_receive(const struct pinger *p)
{
    uint8_t packet[512];
    ssize_t n;

    while ((n = recv(p->fd, packet, sizeof(packet), 0)) > 0) {
        uint64_t now = bench_calendar_ns(), sent;
        size_t skip = (size_t)(packet[0] & 15) * 4;
        struct icmphdr header;

        if ((size_t)n < skip + sizeof(header) + sizeof(sent))
            continue;
        memcpy(&header, packet + skip, sizeof(header));
        memcpy(&sent, packet + skip + sizeof(header), sizeof(sent));
        if (header.type == ICMP_ECHOREPLY && header.un.echo.id == p->id && now > sent)
            return now - sent;
    }
    return 0;
}

static void every(const char *address, double interval_ms, double seconds)
{
    static double ms[SAMPLES_MAX];
    struct pinger p = pinger_open(address);
    uint64_t begun = bench_now_ns(), next = begun, until = begun + (uint64_t)(seconds * 1e9);
    uint64_t now = begun, grace = 0;
    size_t n = 0, sent = 0;

    while (n < SAMPLES_MAX && (now = bench_now_ns()) < until + grace) {
        uint64_t rtt;

        if (bench_stop && grace == 0)
            until = now;
        if (now >= until && grace == 0)
            grace = n < sent ? 1000000000 : 0; /* the last ones may still be under way */
        if (now >= next && now < until) {
            sent += pinger_send(&p, (uint16_t)sent);
            next += (uint64_t)(interval_ms * 1e6);
        }
        while ((rtt = pinger_receive(&p)) > 0 && n < SAMPLES_MAX)
            ms[n++] = (double)rtt / 1e6;
        if (now >= until && n >= sent)
            break;
        if (next > now)
            (void)poll(&(struct pollfd){.fd = p.fd, .events = POLLIN}, 1, (int)((next - now) / 1000000) + 1);
    }
    printf("{\"sent\": %zu, \"n\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"max\": %.3f}\n", sent, n,
           bench_percentile(ms, n, 50), bench_percentile(ms, n, 99), bench_percentile(ms, n, 100));
}

static int open_tap(const char *device)
{
    struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL)), one = 1;

    at.sll_ifindex = (int)if_nametoindex(device);
    if (fd < 0 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)) != 0)
        bench_die_errno("packet socket on %s", device);
    return fd;
}

static bool is_syn(const uint8_t *packet, size_t len, uint16_t port)
{
    size_t skip = (size_t)(packet[0] & 15) * 4;
    struct tcphdr header;

    if (len < skip + sizeof(header) || packet[0] >> 4 != 4 || packet[9] != IPPROTO_TCP)
        return false;
    memcpy(&header, packet + skip, sizeof(header));
    return header.syn && !header.ack && ntohs(header.dest) == port;
}

/* The time of the SYN when it was among what came; 0 otherwise. */
static uint64_t look_for_syn(int tap, uint16_t port)
{
    uint8_t packet[256], control[256];
    struct iovec iov = {packet, sizeof(packet)};
    struct msghdr message = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    ssize_t n;

    while ((n = recvmsg(tap, &message, 0)) > 0) {
        const struct cmsghdr *c = CMSG_FIRSTHDR(&message); /* the stamp is the only one asked for */
        struct timespec stamp;
        bool found = is_syn(packet, (size_t)n, port) && c && c->cmsg_level == SOL_SOCKET &&
                     c->cmsg_type == SO_TIMESTAMPNS;

        message.msg_controllen = sizeof(control);
        if (!found)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
        return (uint64_t)stamp.tv_sec * 1000000000u + (uint64_t)stamp.tv_nsec;
    }
    return 0;
}

/* Tells of each new address and route, so that no time is lost between what the client does and the next attempt. */
static int open_monitor(void)
{
    struct sockaddr_nl at = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) != 0)
        bench_die_errno("routing socket");
    return fd;
}

static void drain(int fd)
{
    uint8_t message[4096];

    while (recv(fd, message, sizeof(message), 0) > 0)
        continue;
}

static void first(const char *address, const char *device, uint16_t port, double seconds)
{
    struct pinger p = pinger_open(address);
    int tap = open_tap(device), monitor = open_monitor();
    uint64_t until = bench_now_ns() + (uint64_t)(seconds * 1e9), syn = 0, rtt = 0;
    struct timespec pause = {.tv_nsec = FIRST_PAUSE};
    uint16_t seq = 0;

    printf("{\"ready\": true}\n");
    (void)fflush(stdout);
    while (!bench_stop && bench_now_ns() < until && rtt == 0) {
        struct pollfd fds[] = {
            {.fd = p.fd, .events = POLLIN}, {.fd = monitor, .events = POLLIN}, {.fd = tap, .events = POLLIN}};

        /* The tap stays open when it has done its work: to close it waits for all CPUs, several milliseconds. */
        (void)ppoll(fds, syn ? 2 : 3, syn ? &pause : NULL, NULL);
        drain(monitor);
        if (syn == 0) {
            syn = look_for_syn(tap, port);
            continue;
        }
        rtt = pinger_receive(&p);
        if (rtt == 0)
            (void)pinger_send(&p, seq++);
    }
    if (rtt == 0)
        bench_die("no answer from %s", address);
    printf("{\"ms\": %.3f, \"rtt\": %.3f}\n", (double)(bench_calendar_ns() - syn) / 1e6, (double)rtt / 1e6);
}

int main(int argc, char **argv)
{
    bench_real_time();
    bench_stop_on_signals();
    if (argc == 5 && strcmp(argv[1], "every") == 0)
        every(argv[2], bench_real("INTERVAL-MS", argv[3], 0.1, 10000),
              bench_real("SECONDS", argv[4], 0.1, 3600));
    else if (argc == 6 && strcmp(argv[1], "first") == 0)
        first(argv[2], argv[3], (uint16_t)bench_number("PORT", argv[4], 1, 65535),
              bench_real("SECONDS", argv[5], 0.1, 3600));
    else
        bench_die("%s", usage);
    return 0;
}
