/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What session.c (the way up and the loop) and session_end.c (hooks, signals, the way out) share; nobody else's. */
#ifndef SSTPTUN_SESSION_STATE_H
#define SSTPTUN_SESSION_STATE_H

#include "call.h"
#include "credentials.h"
#include "dial.h"
#include "host.h"
#include "session.h"

enum session_phase {
    SESSION_PRE_HOOK,
    SESSION_DIAL,
    SESSION_HANDSHAKE,
    SESSION_CALL,
    SESSION_LINGER,
    SESSION_DOWN_HOOK,
    SESSION_OVER,
};

enum { TAG_DIAL, TAG_SOCKET, TAG_TUN, TAG_HOOK };

/* What the loop was last told about a descriptor: telling it again would be a system call for nothing. */
struct session_watch {
    int fd; /* -1: not watched */
    unsigned want;
};

struct session {
    const struct options *options;
    const struct credentials *credentials;
    const struct env *env;
    const struct log_sink *log;
    enum session_phase phase;
    usec_t deadline; /* of the phase; USEC_NEVER where its own parts have deadlines */
    struct end end;  /* the first cause */
    enum end_stage stage;
    struct host host;
    struct hook hook;
    bool up_hook_ran;
    struct dial *dial;
    struct tls *tls;
    int fd; /* the outer socket, -1: none */
    struct ipaddr server;
    struct call call;
    struct session_watch tun_watch, socket_watch;
    unsigned n_signals;
};

/* The first cause, noted with the stage it belongs to. The way out begins in the same breath. */
void session_fail(struct session *s, const struct end *end);
void session_note_end(struct session *s, const struct end *end, enum end_stage stage);

/* The call is over: close_notify, the last second of TCP, and on. */
void session_leave_call(struct session *s);
void session_linger(struct session *s);
void session_close_socket(struct session *s);

void session_unwatch(struct session *s, struct session_watch *watch);

void session_take_signal(struct session *s, int number);

/* Hooks: start one, reap one, enforce its limit. */
bool session_start_hook(struct session *s, enum hook_event event, struct end *ret_end) MUST_USE;
void session_hook_ended(struct session *s);
void session_check_hook(struct session *s);

/* The pre-connect hook has said yes, or there is none. In session.c. */
void session_enter_dial(struct session *s);

#endif
