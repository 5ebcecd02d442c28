/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that talks to the network, from its fork to its end: it sets up what needs files, is confined, says so, and
 * runs the session when it is told to. It holds no right and no password; what it needs of either it asks for (remote.h).
 */
#ifndef SSTPTUN_WORKER_H
#define SSTPTUN_WORKER_H

#include <sys/types.h>

#include "env.h"
#include "loop.h"
#include "options.h"
#include "remote.h"
#include "tls.h"

struct worker_config {
    const struct options *options;
    enum log_level log_max;
    pid_t keeper; /* the parent */
    struct remote remote;
};

struct worker {
    const struct options *options;
    struct remote remote;
    struct log_sink log;
    struct env env;
    struct tls *tls;
    struct tun tun;           /* from ORDER_START on */
    struct order_start start; /* the same */
};

/* What a child process does with its life: its exit status. The keeper learns why it ended from a request. */
typedef int worker_fn(const struct worker_config *config);

/* worker_begin() and worker_serve(). */
int worker_run(const struct worker_config *config);

/*
 * Random numbers, TLS and its trust store, the sandbox, READY; then waits for START. False when one of them failed, which
 * the keeper has been told, or when it was told to stop.
 */
bool worker_begin(struct worker *worker, const struct worker_config *config) MUST_USE;

/* The session, and END. */
void worker_serve(struct worker *worker);

void worker_done(struct worker *worker);

#endif
