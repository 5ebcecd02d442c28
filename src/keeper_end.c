/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out, which is one and the same for a signal, a refusal, a broken line and a worker that crashed:
 *
 *   ORDER_STOP -> goodbye on the wire and END, both the worker's -> its exit -> `up` is waited for, `down` run -> OVER
 *
 * The first cause counts, and the worker knows best how far it had come: what it says in END wins over what it was told
 * in STOP, for the two may have crossed. A worker that is gone without END ends with what it was told, or with its death.
 *
 * Timers: a worker that was told to stop has STOP_LIMIT, more than its engines need for their goodbyes (PPP 2 s, SSTP
 * 5 s, TCP 1 s); after a second signal, and after END, EXIT_LIMIT. Then it is killed.
 */
#include <signal.h>
#include <stdio.h>

#include "keeper_state.h"

#define STOP_LIMIT (20 * USEC_PER_SEC)
#define EXIT_LIMIT (1500 * USEC_PER_MSEC)

void keeper_note_end(struct keeper *k, const struct end *end, enum end_stage stage)
{
    if (k->end.reason == END_NONE && end->reason != END_NONE) {
        k->end = *end;
        k->stage = stage;
    }
}

/* Hooks */

static void hook_values(const struct keeper *k, enum hook_event event, struct hook_values *ret, char *text,
                        size_t text_cap)
{
    *ret = (struct hook_values){
        .interface = k->host.tun.name,
        .server = k->options->host,
        .port = k->options->port,
        .server_address = k->facts.plan_options.server,
        .user = k->credentials->user,
        .end_status = -1,
    };
    netfacts_hook_values(&k->facts, ret);
    if (event == HOOK_DOWN) {
        end_describe(&k->end, k->stage, text, text_cap);
        ret->end_reason = end_reason_name(k->end.reason);
        ret->end_text = text;
        ret->end_status = end_exit_status(&k->end, k->stage);
    }
}

bool keeper_start_hook(struct keeper *k, enum hook_event event, struct end *ret_end)
{
    struct hook_values values;
    char text[END_DETAIL_LEN * 2];

    hook_values(k, event, &values, text, sizeof(text));
    log_info(k->log, "running hook: %s %s %s", k->options->hook, hook_event_name(event), k->host.tun.name);
    return hook_start(&k->hook, k->options->hook, event, &values, loop_now(), ret_end);
}

/* The worker is gone, and so is what only it needed. */
static void enter_last_hook(struct keeper *k)
{
    struct end end;

    k->phase = KEEPER_PHASE_LAST_HOOK;
    k->deadline = USEC_NEVER;
    if (hook_running(&k->hook))
        return; /* `up` is still at work: `down` follows it, see keeper_hook_ended() */
    if (!k->up_hook_ran) {
        k->phase = KEEPER_PHASE_OVER;
        return;
    }
    k->up_hook_ran = false;
    if (!keeper_start_hook(k, HOOK_DOWN, &end)) {
        log_error(k->log, "hook: %s", end.detail);
        k->phase = KEEPER_PHASE_OVER;
    }
}

void keeper_hook_ended(struct keeper *k)
{
    struct end end;
    enum hook_event event = k->hook.event;
    bool good = hook_finish(&k->hook, &end);

    if (!good && k->phase <= KEEPER_PHASE_SESSION)
        keeper_fail(k, &end);
    else if (!good)
        log_printf(k->log, k->n_signals > 0 ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "hook: %s", end.detail);
    else if (k->phase == KEEPER_PHASE_PRE_HOOK)
        keeper_start_session(k);
    if (k->phase == KEEPER_PHASE_LAST_HOOK && !hook_running(&k->hook)) {
        if (event == HOOK_UP)
            enter_last_hook(k);
        else
            k->phase = KEEPER_PHASE_OVER;
    }
}

/* The worker's end */

/* Told twice, the first reason stays, and the nearer deadline counts. */
static void stop_worker(struct keeper *k, const struct end *end, bool hard)
{
    struct order order = {.type = ORDER_STOP};

    if (k->asked.reason == END_NONE)
        k->asked = *end;
    k->phase = KEEPER_PHASE_STOPPING;
    k->deadline = usec_min(k->deadline, usec_after(loop_now(), hard ? EXIT_LIMIT : STOP_LIMIT));
    keeper_check_tell(&k->rights, end->reason);
    order.stop.words = request_words_of(end);
    order.stop.hard = hard;
    keeper_worker_order(k, &order, -1);
}

/* Nothing was begun that would want a goodbye. */
static void drop_worker(struct keeper *k, const struct end *end)
{
    keeper_note_end(k, end, END_STAGE_START);
    keeper_worker_gone(k);
}

void keeper_fail(struct keeper *k, const struct end *end)
{
    if (k->phase < KEEPER_PHASE_SESSION)
        drop_worker(k, end);
    else if (k->phase == KEEPER_PHASE_SESSION)
        stop_worker(k, end, false);
}

void keeper_expect_exit(struct keeper *k)
{
    k->phase = KEEPER_PHASE_STOPPING;
    k->deadline = usec_after(loop_now(), EXIT_LIMIT);
    if (k->asked.reason == END_HOOK && k->end.reason != END_HOOK) /* it had another reason already */
        log_error(k->log, "hook: %s", k->asked.detail);
}

void keeper_worker_gone(struct keeper *k)
{
    struct end death;

    if (k->worker.pid == 0)
        return;
    keeper_worker_end(k, &death);
    keeper_tell_dropped(k);
    if (death.reason == END_WORKER &&
        k->asked.reason != END_NONE) /* not why it ended, and yet worth knowing */
        log_error(k->log, "the network process was stopped: %s", death.detail);
    keeper_note_end(k, &k->asked, keeper_check_stage(&k->rights));
    keeper_note_end(k, &death, keeper_check_stage(&k->rights));
    credentials_forget(k->credentials);
    enter_last_hook(k);
}

/* Signals */

#define SIGNAL_NAME_LEN 24

static const char *signal_name(int number, char text[static SIGNAL_NAME_LEN])
{
    switch (number) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    case SIGQUIT: return "SIGQUIT";
    case SIGXCPU: return "SIGXCPU: the limit on processor time";
    default: break;
    }
    (void)snprintf(text, SIGNAL_NAME_LEN, "signal %d", number);
    return text;
}

/* The first signal asks for a polite end, a second one for an immediate one. */
void keeper_take_signal(struct keeper *k, int number)
{
    char text[SIGNAL_NAME_LEN];
    struct end end = end_make(END_REQUESTED, 0, "%s", signal_name(number, text));

    if (number == SIGUSR1 || number == SIGUSR2)
        return;
    if (number == SIGCHLD) {
        if (hook_ended(&k->hook))
            keeper_hook_ended(k);
        return;
    }
    k->n_signals++;
    log_info(k->log, "got %s", end.detail);
    if (k->n_signals > 1 || k->phase < KEEPER_PHASE_SESSION)
        hook_kill(&k->hook, loop_now());
    if (k->n_signals > 1 && (k->phase == KEEPER_PHASE_SESSION || k->phase == KEEPER_PHASE_STOPPING))
        stop_worker(k, &end, true);
    else
        keeper_fail(k, &end);
}
