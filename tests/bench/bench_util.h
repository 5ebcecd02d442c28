/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the small programs of this folder share. They end at the first thing that fails: nobody depends on them. */
#ifndef BENCH_UTIL_H
#define BENCH_UTIL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"

/* One line on standard error, then exit status 1. With errno_die, strerror(errno) behind it. */
_Noreturn void bench_die(const char *fmt, ...) PRINTF_LIKE(1, 2);
_Noreturn void bench_die_errno(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Nanoseconds: a clock that only goes forward; the time of day; and CPU time of this process, all threads. */
uint64_t bench_now_ns(void);
uint64_t bench_calendar_ns(void);
uint64_t bench_cpu_ns(void);

/* User and system seconds of this process so far. */
struct bench_cpu {
    double user, system;
};
struct bench_cpu bench_cpu_split(void);

/* This program runs before all others, so that the wait for a busy CPU is no part of what it measures. Where the kernel
 * refuses, it is. */
void bench_real_time(void);

/* A whole number in min..max, or death that names the option. */
uint64_t bench_number(const char *option, const char *text, uint64_t min, uint64_t max);
double bench_real(const char *option, const char *text, double min, double max);

/* "ADDRESS:PORT" or "[ADDRESS]:PORT" with literals only. */
struct sockaddr_storage bench_address(const char *text, socklen_t *ret_len);

/* SIGINT and SIGTERM set this and interrupt waiting calls. */
extern volatile int bench_stop;
void bench_stop_on_signals(void);

/* "FILE" for scripts that wait until we listen; NULL: nobody does. */
void bench_ready(const char *file);

/* TCP: listens without blocking; connects with blocking and returns a socket that does not block. */
int bench_listen(const char *address);
int bench_connect(const char *address);
void bench_nonblocking(int fd);
/* TCP_NODELAY, and TCP_NOTSENT_LOWAT unless 0. */
void bench_tune(int fd, unsigned lowat);
/* Waits for what poll() calls events; false when a signal came. */
bool bench_wait(int fd, short events, int timeout_ms);

/* Percentile 0..100 of values, which are sorted by this. */
double bench_percentile(double *values, size_t n, double percent);

#endif
