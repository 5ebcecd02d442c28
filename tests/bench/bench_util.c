/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

volatile int bench_stop;

void bench_die(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fputc('\n', stderr);
    exit(1);
}

void bench_die_errno(const char *fmt, ...)
{
    int error = errno;
    va_list args;

    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, ": %s\n", strerror(error));
    exit(1);
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    if (clock_gettime(clock, &t) != 0)
        bench_die_errno("clock_gettime");
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t bench_now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_calendar_ns(void)
{
    return clock_ns(CLOCK_REALTIME);
}

uint64_t bench_cpu_ns(void)
{
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

struct bench_cpu bench_cpu_split(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        bench_die_errno("getrusage");
    return (struct bench_cpu){
        .user = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
        .system = (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
    };
}

void bench_real_time(void)
{
    /* not through the C library: musl's sched_setscheduler() only says ENOSYS */
    (void)syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1});
}

uint64_t bench_number(const char *option, const char *text, uint64_t min, uint64_t max)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || value < min || value > max)
        bench_die("%s: '%s' is no number in %llu..%llu", option, text, (unsigned long long)min,
                  (unsigned long long)max);
    return value;
}

double bench_real(const char *option, const char *text, double min, double max)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value >= min && value <= max))
        bench_die("%s: '%s' is no number in %g..%g", option, text, min, max);
    return value;
}

struct sockaddr_storage bench_address(const char *text, socklen_t *ret_len)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
    const char *colon = strrchr(text, ':');
    char host[64] = "";
    uint16_t port;
    size_t len;

    if (!colon || (size_t)(colon - text) >= sizeof(host))
        bench_die("'%s' is no ADDRESS:PORT", text);
    port = (uint16_t)bench_number("port", colon + 1, 1, 65535);
    len = (size_t)(colon - text);
    if (len > 1 && text[0] == '[' && text[len - 1] == ']')
        memcpy(host, text + 1, len - 2);
    else
        memcpy(host, text, len);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        *ret_len = sizeof(*v4);
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        *ret_len = sizeof(*v6);
    } else {
        bench_die("'%s' is no address", host);
    }
    return address;
}

static void on_signal(int number)
{
    (void)number;
    bench_stop = 1;
}

void bench_stop_on_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: waiting ends */

    if (sigaction(SIGINT, &action, NULL) != 0 || sigaction(SIGTERM, &action, NULL) != 0)
        bench_die_errno("sigaction");
    (void)signal(SIGPIPE, SIG_IGN);
}

void bench_ready(const char *file)
{
    int fd;

    if (!file)
        return;
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        bench_die_errno("%s", file);
    (void)close(fd);
}

void bench_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        bench_die_errno("fcntl");
}

void bench_tune(int fd, unsigned lowat)
{
    int one = 1, bytes = (int)lowat;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    if (lowat > 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof(bytes));
}

int bench_listen(const char *address)
{
    socklen_t len;
    struct sockaddr_storage at = bench_address(address, &len);
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 1024) != 0)
        bench_die_errno("listen on %s", address);
    return fd;
}

int bench_connect(const char *address)
{
    socklen_t len;
    struct sockaddr_storage at = bench_address(address, &len);
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&at, len) != 0)
        bench_die_errno("connect to %s", address);
    bench_nonblocking(fd);
    return fd;
}

bool bench_wait(int fd, short events, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    if (poll(&p, 1, timeout_ms) < 0 && errno != EINTR)
        bench_die_errno("poll");
    return !bench_stop;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t n, double percent)
{
    size_t at;

    if (n == 0)
        return 0;
    qsort(values, n, sizeof(*values), compare);
    at = (size_t)(percent / 100 * (double)n);
    return values[at < n ? at : n - 1];
}
