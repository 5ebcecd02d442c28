/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's program, run at `pre-connect`, `up` and `down` as `PROGRAM EVENT IFNAME` with an environment built from
 * scratch. The session waits for it, but the loop goes on: packets flow and the server's echoes are answered while it runs.
 */
#ifndef SSTPTUN_HOOK_H
#define SSTPTUN_HOOK_H

#include <sys/types.h>

#include "clock.h"
#include "end_reason.h"
#include "ipaddr.h"
#include "log.h"

#define HOOK_LIMIT    (30 * USEC_PER_SEC)
#define HOOK_GRACE    (2 * USEC_PER_SEC) /* for a killed one to be gone; then it is left behind */
#define HOOK_LIST_MAX 8

enum hook_event { HOOK_PRE_CONNECT, HOOK_UP, HOOK_DOWN };

const char *hook_event_name(enum hook_event event);

/* What the environment is made of. IP_NONE, NULL, 0 and empty lists: the variable is not set. */
struct hook_values {
    const char *interface;
    const char *server; /* as given on the command line */
    uint16_t port;
    struct ipaddr server_address;
    const char *user;
    struct ipaddr local_ipv4;
    struct ipaddr peer_ipv4;
    const uint8_t *local_ipv6_id; /* 8 bytes or NULL */
    const uint8_t *peer_ipv6_id;
    struct ipaddr link_local;
    struct ipprefix ipv6[HOOK_LIST_MAX]; /* global addresses with the length of their prefix */
    size_t n_ipv6;
    struct ipaddr dns[HOOK_LIST_MAX];
    size_t n_dns;
    struct ipaddr nbns[HOOK_LIST_MAX];
    size_t n_nbns;
    uint32_t mtu;
    const char *end_reason; /* down only: end_reason_name() */
    const char *end_text;   /* down only: the sentence */
    int end_status;         /* down only: the exit status; -1: not set */
};

struct hook {
    pid_t pid; /* 0: not running; also its process group */
    enum hook_event event;
    bool ended; /* it was reaped, with: */
    int status;
    bool killed;
    usec_t deadline; /* when it is killed */
    bool timed_out;
};

void hook_init(struct hook *hook);

/* Starts the program. False with *ret_end (END_HOOK: cannot be executed, or the host cannot fork). */
bool hook_start(struct hook *hook, const char *program, enum hook_event event,
                const struct hook_values *values, usec_t now, struct end *ret_end) MUST_USE;

bool hook_running(const struct hook *hook);

/*
 * Whether the program itself has ended, whatever it has left behind and whoever holds its descriptors. Never waits. To be
 * asked at every SIGCHLD; hook_finish() follows a yes.
 */
bool hook_ended(struct hook *hook) MUST_USE;

/* True when the program ended with status 0; else *ret_end is END_HOOK with event, status or signal. */
bool hook_finish(struct hook *hook, struct end *ret_end) MUST_USE;

/* Kills the whole process group, because the user is impatient; hook_finish() follows. */
void hook_kill(struct hook *hook, usec_t now);

/*
 * Enforces the limit when hook->deadline has passed: kills first. True when that did not help within HOOK_GRACE (it
 * waits for a disk): hook_finish() then leaves it behind.
 */
bool hook_overdue(struct hook *hook, usec_t now) MUST_USE;

#endif
