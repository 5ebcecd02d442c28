/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the keeper's files share; nobody else's. */
#ifndef SSTPTUN_KEEPER_STATE_H
#define SSTPTUN_KEEPER_STATE_H

#include "credentials.h"
#include "host.h"
#include "keeper.h"
#include "keeper_check.h"
#include "line_budget.h"
#include "netfacts.h"
#include "resolve.h"
#include "tokens.h"

enum keeper_phase {
    KEEPER_PHASE_ASK,       /* the user types, the worker sets itself up */
    KEEPER_PHASE_PREPARE,   /* the worker still does */
    KEEPER_PHASE_PRE_HOOK,  /* pre-connect is at work */
    KEEPER_PHASE_SESSION,   /* the worker was told to start */
    KEEPER_PHASE_STOPPING,  /* it was told to stop, or has said that it does */
    KEEPER_PHASE_LAST_HOOK, /* the worker is gone: `up` is waited for, `down` run */
    KEEPER_PHASE_OVER,
};

enum { KEEPER_TAG_REQUEST, KEEPER_TAG_RESOLVER, KEEPER_TAG_WORKER };

/* The child process and the keeper's ends of its channels. */
struct keeper_worker {
    pid_t pid; /* 0: gone */
    int request_fd;
    int order_fd;
    int pid_fd; /* -1: this kernel has none (before 5.3), and the channel's end alone tells */
};

struct keeper {
    const struct options *options;
    const struct log_sink *log;
    pid_t pid; /* our own */
    struct credentials *credentials;
    struct keeper_desk *desk; /* keeper_vault.c */
    enum keeper_phase phase;
    usec_t deadline; /* when a worker that was told to stop is killed; USEC_NEVER: it was not told */
    struct end end;  /* the first cause */
    enum end_stage stage;
    struct end asked; /* why the worker was told to stop: the cause, should it not say another itself */
    struct keeper_worker worker;
    struct keeper_rights rights;
    struct line_budget said; /* the lines that the worker says, and those that it causes */
    struct line_budget caused;
    struct log_sink log_caused; /* keeper_log_caused() */
    struct tokens pace;         /* of its requests */
    usec_t pause_until;         /* its requests wait that long; USEC_NEVER: they do not */
    bool paused_before;
    struct host host;
    struct netfacts facts;
    struct hook hook;
    bool up_hook_ran;
    struct resolve resolve;
    usec_t resolve_deadline;
    bool resolver_is_confined;    /* it has said so */
    struct resolve_answer answer; /* the server's addresses */
    unsigned n_signals;
};

/* keeper_worker.c: false with *ret_end. Called first of all, while this process has nothing worth inheriting. */
bool keeper_worker_start(struct keeper *k, worker_fn *run, struct end *ret_end) MUST_USE;
/* Sends an order to a worker that lives. attached: a descriptor to duplicate, or -1. */
void keeper_worker_order(struct keeper *k, const struct order *order, int attached);
/* It did not take what was sent (-errno): ends it. */
void keeper_worker_deaf(struct keeper *k, int error);
/* Kills it if it lives, reaps it, closes the channels. *ret_end says how it had ended. */
void keeper_worker_end(struct keeper *k, struct end *ret_end);

/* keeper_vault.c: false with *ret_end. Where the password and what is made of it lie. */
bool keeper_open_vault(struct keeper *k, struct end *ret_end) MUST_USE;
void keeper_close_vault(struct keeper *k);
/* One of the AUTH requests: computes, replies, wipes. */
void keeper_answer(struct keeper *k, const struct request *request);

/*
 * keeper_request.c: the write of a log_sink whose user is the keeper, for lines about what the worker asks for: as many as
 * their budget allows, which is apart from that of the worker's own, lest it push them out.
 */
void keeper_log_caused(void *user, enum log_level level, const char *line);

/* keeper_request.c: never waits. attached: a descriptor to duplicate, or -1. */
void keeper_reply(struct keeper *k, const struct reply *reply, int attached);
/*
 * Takes what the worker has sent, so many at once that nobody else starves, and so many per second that a processor is not
 * used up; what is more waits in the channel, and the worker with it.
 */
void keeper_take_requests(struct keeper *k);
void keeper_init_pace(struct keeper *k);
/* A pause that is over. */
void keeper_check_pace(struct keeper *k);
/* The worker is dead, whoever else may hold its channel: what it has said still counts. */
void keeper_worker_exited(struct keeper *k);
/* The lines that the worker's budget did not allow, if there were any. */
void keeper_tell_dropped(struct keeper *k);

/* keeper.c: the way up. */
void keeper_worker_ready(struct keeper *k, const struct sandbox_report *report);
void keeper_start_session(struct keeper *k);

/* keeper_end.c: the way out, hooks, signals. */

/* A reason of the keeper's own: noted, and the worker is told to stop. */
void keeper_fail(struct keeper *k, const struct end *end);
/* The worker has said why it ends, or has not been able to. */
void keeper_note_end(struct keeper *k, const struct end *end, enum end_stage stage);
void keeper_expect_exit(struct keeper *k);
void keeper_worker_gone(struct keeper *k);
void keeper_take_signal(struct keeper *k, int number);
bool keeper_start_hook(struct keeper *k, enum hook_event event, struct end *ret_end) MUST_USE;
void keeper_hook_ended(struct keeper *k);

#endif
