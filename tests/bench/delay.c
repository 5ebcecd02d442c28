/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shaped link in user space, for kernels without netem: a TUN device in each of two network namespaces and this program
 * between them. Packets are taken from the devices at once, so no queue of the kernel's has a part in it; how late they
 * were given because the CPU was not there is part of the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "bench_util.h"
#include "delay_line.h"

static const char usage[] =
    "usage: delay --left NETNS-FILE:DEVICE --right NETNS-FILE:DEVICE [option...]\n"
    "  --rate MBIT     per second in each direction, of IP packets; 0 (default): unlimited\n"
    "  --rtt MS        half of it in each direction, default 0\n"
    "  --queue MS      drop-tail queue before the rate, default 50\n"
    "  --loss PERCENT  in each direction, default 0\n"
    "  --ready FILE    is made when both devices are there\n";

struct end {
    int fd;
    struct delay_line line;       /* what came from here */
    uint64_t late_sum, late_most; /* ns after a packet's time, until it was given */
};

/* A TUN device in another namespace: the file stays usable here. */
static int open_in(const char *where)
{
    const char *colon = strrchr(where, ':');
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    char path[256] = "";
    int ns, fd;

    if (!colon || (size_t)(colon - where) >= sizeof(path) || strlen(colon + 1) >= sizeof(request.ifr_name))
        bench_die("%s", usage);
    memcpy(path, where, (size_t)(colon - where));
    memcpy(request.ifr_name, colon + 1, strlen(colon + 1));
    ns = open(path, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWNET) != 0)
        bench_die_errno("%s", path);
    (void)close(ns);
    fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
        bench_die_errno("%s", where);
    return fd;
}

static void take(struct end *end)
{
    uint64_t now = bench_now_ns();

    for (int i = 0; i < 256; i++) {
        ssize_t n = read(end->fd, delay_line_room(&end->line), DELAY_LINE_PACKET);

        if (n <= 0)
            return;
        delay_line_add(&end->line, (size_t)n, now);
    }
}

static void give(struct end *from, int to)
{
    const struct delay_line_slot *slot;

    while ((slot = delay_line_due(&from->line, bench_now_ns())) != NULL) {
        uint64_t late = bench_now_ns() - slot->due;

        if (write(to, slot->data, slot->len) < 0 && errno == EAGAIN)
            return;
        from->late_sum += late;
        if (late > from->late_most)
            from->late_most = late;
        delay_line_drop(&from->line);
    }
}

static void run(struct end *left, struct end *right)
{
    while (!bench_stop) {
        struct pollfd fds[] = {{.fd = left->fd, .events = POLLIN}, {.fd = right->fd, .events = POLLIN}};
        uint64_t now = bench_now_ns(), next = delay_line_next(&left->line), wait;
        struct timespec timeout;

        if (delay_line_next(&right->line) < next)
            next = delay_line_next(&right->line);
        wait = next > now ? next - now : 0;
        timeout =
            (struct timespec){.tv_sec = (time_t)(wait / 1000000000), .tv_nsec = (long)(wait % 1000000000)};
        if (ppoll(fds, 2, next == UINT64_MAX ? NULL : &timeout, NULL) < 0 && errno != EINTR)
            bench_die_errno("ppoll");
        take(left);
        take(right);
        give(left, right->fd);
        give(right, left->fd);
    }
}

static void report(const char *name, const struct end *end)
{
    const struct delay_line *line = &end->line;
    double passed = line->passed > 0 ? (double)line->passed : 1;

    printf("\"%s\": {\"packets\": %llu, \"bytes\": %llu, \"dropped\": %llu, \"lost\": %llu, "
           "\"longest_wait_ms\": %.2f, \"late_ms\": %.3f, \"latest_ms\": %.2f}",
           name, (unsigned long long)line->passed, (unsigned long long)line->passed_bytes,
           (unsigned long long)line->dropped, (unsigned long long)line->lost,
           (double)line->longest_wait / 1e6, (double)end->late_sum / passed / 1e6,
           (double)end->late_most / 1e6);
}

static const struct option table[] = {
    {"left", required_argument, NULL, 'l'},  {"right", required_argument, NULL, 'r'},
    {"rate", required_argument, NULL, 'b'},  {"rtt", required_argument, NULL, 't'},
    {"queue", required_argument, NULL, 'q'}, {"loss", required_argument, NULL, 'x'},
    {"ready", required_argument, NULL, 'R'}, {NULL, 0, NULL, 0},
};

int main(int argc, char **argv)
{
    struct delay_line_config config = {.queue_ns = 50000000};
    const char *left_at = NULL, *right_at = NULL, *ready = NULL;
    static struct end left, right;
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        switch (option) {
        case 'l': left_at = optarg; break;
        case 'r': right_at = optarg; break;
        case 'b': config.bits_per_ns = bench_real("--rate", optarg, 0, 1e6) / 1e3; break;
        case 't': config.delay_ns = (uint64_t)(bench_real("--rtt", optarg, 0, 1e4) * 1e6 / 2); break;
        case 'q': config.queue_ns = (uint64_t)(bench_real("--queue", optarg, 0, 1e4) * 1e6); break;
        case 'x': config.loss = bench_real("--loss", optarg, 0, 100) / 100; break;
        case 'R': ready = optarg; break;
        default: bench_die("%s", usage);
        }
    }
    if (!left_at || !right_at || optind != argc)
        bench_die("%s", usage);
    bench_stop_on_signals();
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* 50 us by default */
    bench_real_time();
    left.fd = open_in(left_at);
    right.fd = open_in(right_at);
    delay_line_init(&left.line, &config, 0x9e3779b97f4a7c15u);
    delay_line_init(&right.line, &config, 0xd1b54a32d192ed03u);
    bench_ready(ready);
    run(&left, &right);
    printf("{");
    report("left_to_right", &left);
    printf(", ");
    report("right_to_left", &right);
    printf("}\n");
    return 0;
}
