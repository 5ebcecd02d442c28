/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that waits: epoll, a timerfd's precision, signals as events, and the only reader of the clock
 * (CLOCK_BOOTTIME where there is one, so that a suspend counts). Loops nest: loop_fd() is readable when loop_wait() has something to say.
 */
#ifndef SSTPTUN_LOOP_H
#define SSTPTUN_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clock.h"
#include "macros.h"

enum { LOOP_READ = 1, LOOP_WRITE = 2, LOOP_HANGUP = 4 }; /* HANGUP is reported without being asked for */

struct loop {
    int epoll_fd;
    int timer_fd;
    int signal_fd; /* -1: this loop takes no signals */
    usec_t armed;  /* what the timer is set to */
};

struct loop_event {
    uint32_t tag;   /* as given to loop_watch(); LOOP_TAG_SIGNAL for a signal */
    unsigned ready; /* LOOP_READ | ... */
    int signal;     /* number, 0 when it is none */
};
#define LOOP_TAG_SIGNAL UINT32_MAX

/* 0 or -errno. Tags must be below LOOP_TAG_SIGNAL - 1. */
int loop_open(struct loop *loop) MUST_USE;
/*
 * The signals that would end a program by themselves, but for crashes and those that are ignored: SIGINT, SIGTERM, SIGHUP,
 * SIGQUIT, SIGALRM, SIGPWR, SIGXCPU, SIGIO, SIGVTALRM, SIGPROF, SIGSTKFLT, the real-time signals, and SIGUSR1 and SIGUSR2,
 * which mean nothing to us.
 */
void loop_requests(sigset_t *ret);
/*
 * These and SIGCHLD become events (one SIGCHLD may stand for several children); SIGPIPE and SIGXFSZ are ignored. Children
 * must call loop_signals_reset().
 */
int loop_signals(struct loop *loop) MUST_USE;
/* In a child between fork and exec: default dispositions, empty mask. */
void loop_signals_reset(void);

/* Adds a descriptor, or changes what is waited for (want 0: only hang-ups). Removing a closed one is harmless. */
int loop_watch(struct loop *loop, int fd, uint32_t tag, unsigned want) MUST_USE;
void loop_unwatch(struct loop *loop, int fd);

/* Waits until something is ready or deadline has passed. How many events were written (0: the time is up), or -errno. */
int loop_wait(struct loop *loop, usec_t deadline, struct loop_event *ret_events, size_t n_events) MUST_USE;

usec_t loop_now(void);
/* The calendar's time in seconds since 1970, for the dates in certificates; it may jump. */
int64_t loop_calendar(void);

int loop_fd(const struct loop *loop);
void loop_close(struct loop *loop);

#endif
