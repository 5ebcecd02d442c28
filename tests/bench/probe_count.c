/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts what other threads do, with counters of the kernel that cost it next to nothing and vanish with us: system
 * calls by name, and calls of functions at an offset of its program file (uprobes), which is how the allocations of a
 * static binary are seen. strace(1) would slow it down so much that it batches differently.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "bench_util.h"

#define COUNTERS_MAX 1024

static const char usage[] = "usage: count TRACEFS THREAD[,THREAD...] [FILE OFFSET NAME]...\n"
                            "  counts until SIGTERM; OFFSET is that of NAME's first instruction in FILE\n";

struct counter {
    const char *name;
    int fd;
};

static struct counter counter[COUNTERS_MAX];
static size_t n_counters;

/* raw_syscalls:sys_enter is the sum of all; the rest are those that the packet path may use. */
static const char *const calls[] = {
    "read",         "write",          "readv",           "writev",
    "sendto",       "recvfrom",       "sendmsg",         "recvmsg",
    "sendmmsg",     "recvmmsg",       "epoll_wait",      "epoll_pwait",
    "epoll_pwait2", "poll",           "ppoll",           "select",
    "pselect6",     "epoll_ctl",      "timerfd_settime", "clock_gettime",
    "gettimeofday", "getrandom",      "futex",           "io_uring_enter",
    "brk",          "mmap",           "munmap",          "mremap",
    "madvise",      "rt_sigprocmask", "ioctl",           "getsockopt",
    "setsockopt",
};

static int open_counter(const struct perf_event_attr *attr, pid_t thread)
{
    return (int)syscall(SYS_perf_event_open, attr, thread, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static long number_in(const char *path)
{
    FILE *file = fopen(path, "re");
    long value = -1;

    if (file && fscanf(file, "%ld", &value) != 1)
        value = -1;
    if (file)
        (void)fclose(file);
    return value;
}

static void add(const char *name, const struct perf_event_attr *attr, pid_t thread)
{
    int fd = n_counters < COUNTERS_MAX ? open_counter(attr, thread) : -1;

    if (fd < 0)
        bench_die_errno("counter for %s", name);
    counter[n_counters++] = (struct counter){name, fd};
}

static void add_tracepoint(const char *tracefs, const char *event, const char *name, pid_t thread)
{
    struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr)};
    char path[512];
    long id;

    (void)snprintf(path, sizeof(path), "%s/events/%s/id", tracefs, event);
    id = number_in(path);
    if (id < 0)
        return; /* not on this architecture, or no tracepoints at all: the report tells which there were */
    attr.config = (uint64_t)id;
    add(name, &attr, thread);
}

static void add_uprobe(const char *file, uint64_t offset, const char *name, pid_t thread)
{
    long type = number_in("/sys/bus/event_source/devices/uprobe/type");
    struct perf_event_attr attr = {.size = sizeof(attr)};

    if (type < 0)
        return;
    attr.type = (uint32_t)type;
    attr.uprobe_path = (uint64_t)(uintptr_t)file;
    attr.probe_offset = offset;
    add(name, &attr, thread);
}

static void add_all(char **argv, int argc, pid_t thread)
{
    add_tracepoint(argv[1], "raw_syscalls/sys_enter", "all", thread);
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        char event[64];

        (void)snprintf(event, sizeof(event), "syscalls/sys_enter_%s", calls[i]);
        add_tracepoint(argv[1], event, calls[i], thread);
    }
    for (int i = 3; i + 2 < argc; i += 3)
        add_uprobe(argv[i], strtoull(argv[i + 1], NULL, 0), argv[i + 2], thread);
}

/* Every thread has the same counters in the same order: the sums of all threads. */
static void report(size_t n_threads)
{
    size_t n = n_counters / n_threads;
    const char *separator = "{";

    for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0;

        for (size_t at = i; at < n_counters; at += n) {
            uint64_t value = 0;

            if (read(counter[at].fd, &value, sizeof(value)) != sizeof(value))
                bench_die_errno("read the counter for %s", counter[at].name);
            sum += value;
        }
        if (sum == 0 && i > 0)
            continue;
        printf("%s\"%s\": %llu", separator, counter[i].name, (unsigned long long)sum);
        separator = ", ";
    }
    printf("%s}\n", n ? "" : "{");
}

int main(int argc, char **argv)
{
    size_t n_threads = 0;

    if (argc < 3 || argc % 3 != 0)
        bench_die("%s", usage);
    bench_stop_on_signals();
    for (char *rest = argv[2], *word; (word = strsep(&rest, ",")) != NULL; n_threads++)
        add_all(argv, argc, (pid_t)bench_number("THREAD", word, 1, 1 << 30));
    printf("{\"ready\": true}\n");
    (void)fflush(stdout);
    while (!bench_stop)
        (void)pause();
    report(n_threads);
    return 0;
}
