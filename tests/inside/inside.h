/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sstptun-inside is sstptun, object for object, with another worker: what a worker would do that somebody has taken over.
 * Between START and the session, confined and with the device in hand, it does what the environment's SSTPTUN_ACT names.
 * Never installed.
 *
 *   SSTPTUN_ACT=NAME            that act; "" or none: an honest session
 *   SSTPTUN_ACT=every-call      every system call of act_call.c that does not end the process, one after the other
 *   SSTPTUN_WITHOUT=seccomp     everything but the filter is in force: what the other layers do alone
 *   sstptun-inside --policy     prints the sandbox's table
 *   sstptun-inside --resolver   each system call of resolver.c, with all rights and in the resolver's sandbox
 *   sstptun-inside --unconfined every system call, each in a process of its own with all rights: do the acts work at all?
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "worker.h"

/* What a system call may be tried on. */
struct stage {
    pid_t keeper;  /* or whom the unconfined run sacrifices in its place */
    int tun;       /* attached */
    int fresh_tun; /* not attached; confined, there is no such thing, and it is the other */
    int tcp;       /* a socket on its way to the server */
};

/* An act before READY; it does not return when there is one of this name. */
void inside_unready(const struct worker_config *config, const char *name);

/* Returns to let the session go on. worker->remote has the request channel, worker->log a way to tell the test. */
void inside_act(struct worker *worker, const char *name, pid_t keeper);

/* True when there is such a call: tried, and the outcome logged, should it return. */
bool act_call(struct worker *worker, const char *name, pid_t keeper);
void act_every_call(struct worker *worker, pid_t keeper);
/* The exit status: 0 when every call could be made. Prints "NAME: done" or "NAME: errno N" each. */
int act_unconfined(void);

/* resolver.c. The exit status: 0 when each came out as it must. Prints "NAME: OUTSIDE, INSIDE" each. */
int act_resolver(void);

/* policy.c */
int print_policy(void);

/* True when there is such a request: sent at its time, and the session ended as if nothing had been. */
bool act_request(struct worker *worker, const char *name);

/* True when there is such a way to live or to end. */
bool act_life(struct worker *worker, const char *name);

/* True when there is such a thing to write into the device. */
bool act_device(struct worker *worker, const char *name);

/* How far the session comes by requests alone, without a server having said a word. */
enum rung {
    RUNG_ADDRESSED,
    RUNG_CHOSEN,
    RUNG_LINKED,
    RUNG_IPV4,
    RUNG_UP,
    RUNG_ENDED,
};

/* The socket to the first address, or -1 before RUNG_CHOSEN. */
int climb(const struct worker *worker, enum rung rung);

/* Sends, and waits for the reply where the type has one. *ret_fd NULL: it is closed. */
void ask_for(const struct worker *worker, const struct request *request, int *ret_fd);

/* The way out of a worker that was let down: no request at all. */
_Noreturn void leave(int status);

#endif
