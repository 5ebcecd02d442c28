/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One call: where the TLS stream, the SSTP engine, the PPP engine, the packet path and this host's network meet. The
 * engines do not know each other; what one says to another is translated here and nowhere else.
 */
#ifndef SSTPTUN_CALL_H
#define SSTPTUN_CALL_H

#include "hostnet.h"
#include "ppp.h"
#include "pump.h"
#include "sstp.h"
#include "tls.h"
#include "tun.h"

struct call {
    const struct log_sink *log;
    struct tls *tls;       /* the caller's */
    const struct tun *tun; /* the caller's */
    struct hostnet *hostnet;
    struct sstp_config sstp_config;
    struct ppp_config ppp_config;
    struct sstp sstp;
    struct ppp ppp;
    struct pump pump;
    struct end end;       /* the first cause; the goodbye goes on after it */
    enum end_stage stage; /* how far it had come then */
    bool ppp_started;
    bool ppp_ended;
    bool was_up;    /* a family has carried traffic */
    bool over;      /* nothing more will be said: close the stream */
    bool tun_ready; /* the device has something, as far as is known */
    bool more;      /* drive again at once: input waits inside */
    bool waits;     /* output waits for the socket */
    bool changed;   /* the host was told something: orders and the clock come before more is parsed */
};

struct call_config {
    const struct log_sink *log;
    const struct env *env;
    struct tls *tls;
    const struct tun *tun;
    struct hostnet *hostnet;
    const struct options *options;
    struct bytes user;
    struct ppp_secret secret;
};

/* TLS is done. call is zeroed by the caller: most of it are buffers, not to be touched before they are used. The PPP configuration's strings must outlive call. */
void call_init(struct call *call, const struct call_config *config, usec_t now);

/* The loop says that the device can be read. */
void call_tun_ready(struct call *call);

/* Something is ready or due: reads, answers, moves packets, sends. */
void call_drive(struct call *call, usec_t now);

/* The answer that the host owes is there (hostnet_answered()). */
void call_answered(struct call *call, usec_t now);

/* Begins the goodbye; the next call_drive() carries it on: LCP Terminate, CALL_DISCONNECT; over follows within 8 s. end is kept when it is the first cause. */
void call_close(struct call *call, const struct end *end, usec_t now);

usec_t call_deadline(const struct call *call);

/* Is the device to be waited for? LOOP_READ or 0. */
unsigned call_tun_wants(const struct call *call);

enum end_stage call_stage(const struct call *call);

/* What the last control messages were and what was carried and dropped, at info level. */
void call_log_last(const struct call *call);

void call_done(struct call *call);

#endif
