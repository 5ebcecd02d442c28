/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What session.c (the way up and the loop) and session_end.c (orders, the way out) share; nobody else's. */
#ifndef SSTPTUN_SESSION_STATE_H
#define SSTPTUN_SESSION_STATE_H

#include "call.h"
#include "dial.h"
#include "loop.h"
#include "session.h"

enum session_phase {
    SESSION_WAIT_ADDRESSES, /* the keeper looks for the server's addresses */
    SESSION_DIAL,
    SESSION_HANDSHAKE,
    SESSION_CALL,
    SESSION_LINGER,
    SESSION_OVER,
};

enum { TAG_ORDER, TAG_DIAL, TAG_SOCKET, TAG_TUN, TAG_ANSWER };

/* What the loop was last told about a descriptor: telling it again would be a system call for nothing. */
struct session_watch {
    int fd; /* -1: not watched */
    unsigned want;
};

struct session {
    struct worker *worker;
    const struct options *options;
    const struct log_sink *log;
    enum session_phase phase;
    usec_t deadline; /* of the phase; USEC_NEVER where its own parts have deadlines */
    struct end end;  /* the first cause */
    enum end_stage stage;
    struct loop loop;
    struct hostnet net;
    struct dial *dial;
    int fd; /* the outer socket, -1: none */
    struct ipaddr server;
    struct call call;
    struct session_watch tun_watch, socket_watch;
};

/* The first cause, noted with the stage it belongs to. The way out begins in the same breath. */
void session_fail(struct session *s, const struct end *end);
void session_note_end(struct session *s, const struct end *end, enum end_stage stage);

/* The call is over: close_notify, the last second of TCP, and on. */
void session_leave_call(struct session *s);
void session_linger(struct session *s);
void session_close_socket(struct session *s);

void session_unwatch(struct session *s, struct session_watch *watch);

/* The keeper wants it to end. */
void session_stop(struct session *s, const struct end *end, bool hard);

#endif
