/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_session's half of the client: src/call.c as it is shipped, with both engines, the packet path and hostnet behind it,
 * over a stream, a device, a host and a clock that are only remembered. What must hold at every moment is checked here and
 * in session_said.c and session_watch.c; a promise that is broken aborts.
 */
#ifndef SESSION_RIG_H
#define SESSION_RIG_H

#include <stdio.h>

#include "call.h"
#include "keeper_check.h"
#include "local_secret.h"
#include "netcfg_recorder.h"
#include "netfacts.h"

#define MUST(held) session_must((held), #held, __FILE__, __LINE__)
void session_must(bool held, const char *what, const char *file, int line);

/* Not ASCII: what a server chose cannot put it into a log line, which log_safe() has cleaned. Latin-1, as mschap.h takes it. */
#define SESSION_PASSWORD "p\xe4ss\xf6rd"

/* The stream's other end is session_tls.c's. */
#define SESSION_STREAM_MAX ((size_t)512 << 10) /* more than a round reads */
#define SESSION_OUTPUT_MAX ((size_t)256 << 10) /* as tls_io.h has it */
struct tls {
    size_t in_len, in_at;   /* of session_stream: what the server said and nobody has read */
    enum tls_status status; /* what a read says when nothing is left */
    bool over;              /* and that it has been said */
    struct end end;
    bool blocked; /* the socket takes nothing */
    size_t waits; /* what was written meanwhile */
};

/* What the host has sent and tun_read() has not given, session_tun.c. */
struct session_host {
    uint8_t data[TUN_VNET_LEN + 65536 + 256];
    size_t len;
    unsigned n;      /* so many times */
    int read_error;  /* errno of each read; 0: none */
    int write_error; /* of each write */
    bool refuses_merged;
};

struct session_rig {
    /* Chosen before session_begin(). */
    struct options options;
    const char *user;
    bool vnet;
    unsigned offloads;
    bool traces;
    uint8_t chance; /* goes on by one with every byte of it */

    usec_t now;
    struct env env;
    struct log_sink sink;
    struct tls tls;
    struct tun tun;
    struct netcfg_recorder recorder;
    struct netcfg_ops ops;
    struct netcfg netcfg;
    struct netfacts facts;
    struct keeper_rights rights;
    struct local_secret secret;
    struct ppp_config secret_config; /* what local_secret wants to know: whose password it is */

    struct end end; /* as first seen: it may not change any more */
    enum end_stage stage;
    size_t n_steps, n_ticks, n_given; /* packets that the engine took, deadlines kept, bytes of the stream */
    unsigned n_settled;
    uint8_t piece[8]; /* lengths of the pieces in which the stream comes, in turn; 0: all at once */
    size_t n_piece, at_piece;
    bool holds; /* it is kept until there is much of it, or something else happens */
};

/* Objects of their own, so that the sanitizer sees what is written beside them. */
extern struct session_rig rig;
extern struct call session_call;
extern struct hostnet session_hostnet;
extern struct session_host session_host;
extern uint8_t session_stream[SESSION_STREAM_MAX];

/* session_keeper.c */
struct hostnet_acts session_keeper(const struct ipaddr *server);
void session_keeper_up(void);

/* Zeroes everything; then the caller chooses. */
void session_reset(void);
void session_begin(void);

/* The caller's round, until nothing is due. */
void session_drive(void);

/* Bytes of the stream arrive, in pieces, each followed by a round. */
void session_give(struct bytes stream);

/* Both sides hear and answer, undamaged, until all is said. */
void session_talk(size_t rounds);

/* Time passes; every deadline on the way is kept to the microsecond. A server that lives keeps its own, too, and answers. */
void session_pass(usec_t span, bool server_lives);
void session_close(void);

/* However it stands, it comes to its end: politely or by silence alone. Then nothing may be left. */
void session_finish(bool politely);

/* session_said.c: one tls_write(). */
void session_said_reset(void);
void session_said(struct bytes data);
size_t session_said_control(void); /* messages, but no datagrams */
size_t session_said_len(void);     /* their bytes */

/* session_watch.c: what passes between call.c and the engines. */
struct session_watched {
    bool sstp_over, ppp_over, lcp_up, authenticated;
    bool up[2]; /* IPv4, IPv6: as told */
    enum ppp_auth_method method;
    uint8_t hlak[PPP_HLAK_LEN];
};
extern struct session_watched session_watched;
/* What is over stays over, whatever is still said to it. */
void session_watch_rest(void);

#endif
