/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phases, each with what it waits for:
 *
 *   ASK (the password) -> PREPARE (the worker is ready) -> PRE_HOOK -> SESSION (whatever happens) -> STOPPING (the worker's exit) -> LAST_HOOK -> OVER
 *
 * The worker is forked first of all, so that it inherits neither password nor descriptor, and sets itself up while
 * the user types. From then on this process only answers: requests of the worker, signals, the ends of hooks and of the
 * resolver. It waits for none of them alone, and whatever the worker does, it goes on to put the host in order.
 *
 * Timers: the resolver has RESOLVE_LIMIT, hooks have their own, and a worker that was told to stop is killed in the end.
 */
#include "keeper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "keeper_state.h"
#include "outer.h"
#include "secret.h"

_Static_assert(CREDENTIALS_MAX <= REQUEST_NAME_MAX, "a name and a password fit into a message");

/* The way up */

/* --require-sandbox: all of it, or no connection. */
static bool sandbox_will_do(const struct keeper *k, const struct sandbox_report *report, const char *whose,
                            struct end *ret_end)
{
    char text[SANDBOX_LINE_LEN];

    if (k->log->max >= LOG_LEVEL_INFO)
        log_info(k->log, "sandbox%s: %s", whose, sandbox_report_text(report, text, sizeof(text)));
    if (!k->options->require_sandbox || report->missing == 0)
        return true;
    *ret_end =
        end_make(END_SANDBOX, 0, "missing%s: %s", whose, sandbox_missing_text(report, text, sizeof(text)));
    return false;
}

/* The worker is ready, and the password is there. */
static void prepared(struct keeper *k)
{
    struct end end;

    k->phase = KEEPER_PHASE_PRE_HOOK;
    if (!k->options->hook)
        keeper_start_session(k);
    else if (!keeper_start_hook(k, HOOK_PRE_CONNECT, &end))
        keeper_fail(k, &end);
}

void keeper_worker_ready(struct keeper *k, const struct sandbox_report *report)
{
    struct end end;

    if (!sandbox_will_do(k, report, "", &end))
        keeper_fail(k, &end);
    else if (k->phase == KEEPER_PHASE_PREPARE)
        prepared(k);
}

static void order_start(struct keeper *k)
{
    const struct tun *tun = &k->host.tun;
    struct order order = {.type = ORDER_START};

    order.start.user_len = (uint32_t)k->credentials->user_len;
    memcpy(order.start.user, k->credentials->user, k->credentials->user_len);
    memcpy(order.start.interface, tun->name, strnlen(tun->name, sizeof(order.start.interface) - 1));
    order.start.vnet = tun->vnet;
    order.start.offloads = tun->offloads;
    k->rights.progress = KEEPER_STARTED;
    keeper_worker_order(k, &order, tun->fd);
}

static void order_addresses(struct keeper *k)
{
    struct order order = {.type = ORDER_ADDRESSES};

    order.addresses.n = k->answer.n_endpoint;
    memcpy(order.addresses.endpoint, k->answer.endpoint, sizeof(order.addresses.endpoint));
    k->rights.n_address = k->answer.n_endpoint;
    k->rights.progress = KEEPER_ADDRESSED;
    keeper_worker_order(k, &order, -1);
}

/*
 * The resolver's child parses a stranger's packets, too. An old kernel (before 4.14) has left it the password
 * (secret_alloc), so that goes first of all. What it says of its protections comes before its answer: whatever happens to
 * it then, it has been told.
 */
static void confine_resolver(void *user, int fd)
{
    const struct keeper *k = user;
    struct sandbox_report report;

    secret_wipe(k->credentials, sizeof(*k->credentials));
    child_set_name("sstptun-dns");
    child_forget_environment();
    if (sandbox_enter(SANDBOX_RESOLVER, k->pid, &report) < 0 ||
        write(fd, &report, sizeof(report)) != (ssize_t)sizeof(report) ||
        (k->options->require_sandbox && report.missing != 0))
        _exit(1);
}

static void start_resolver(struct keeper *k)
{
    int r = resolve_start(&k->resolve, k->options->host, k->options->port, confine_resolver, k);
    struct end end;

    if (r == 0)
        r = loop_watch(&k->host.loop, k->resolve.fd, KEEPER_TAG_RESOLVER, LOOP_READ);
    k->resolver_is_confined = false;
    k->resolve_deadline = usec_after(loop_now(), RESOLVE_LIMIT);
    if (r < 0) {
        end = end_make(END_HOST, 0, "cannot start the resolver: %s", strerror(-r));
        keeper_fail(k, &end);
    }
}

void keeper_start_session(struct keeper *k)
{
    k->phase = KEEPER_PHASE_SESSION;
    log_info(k->log, "connecting to %s port %u", k->options->host, k->options->port);
    order_start(k);
    if (k->phase != KEEPER_PHASE_SESSION)
        return;
    if (resolve_literal(k->options->host, k->options->port, &k->answer))
        order_addresses(k);
    else
        start_resolver(k);
}

static void end_resolver(struct keeper *k)
{
    k->resolve_deadline = USEC_NEVER;
    loop_unwatch(&k->host.loop, k->resolve.fd);
}

static void fail_name(struct keeper *k, const char *why)
{
    char host[OPTIONS_HOST_LEN];
    struct end end;

    log_safe(host, sizeof(host), bytes_of_str(k->options->host));
    end = end_make(END_NAME, 0, "%s: %s", host, why);
    keeper_fail(k, &end);
}

/*
 * The first that it says, written in one piece. A child that has died without it, or cannot be believed, has no answer: it
 * has not asked anybody yet, so that is this host's affair.
 */
static bool take_resolver_report(struct keeper *k, struct end *ret_end)
{
    struct sandbox_report report;
    ssize_t len;

    do
        len = read(k->resolve.fd, &report, sizeof(report));
    while (len < 0 && errno == EINTR);
    if (len != (ssize_t)sizeof(report) || !sandbox_report_is_sane(&report, SANDBOX_RESOLVER)) {
        *ret_end = end_make(END_HOST, 0, "the resolver process could not be confined");
        return false;
    }
    k->resolver_is_confined = true;
    return sandbox_will_do(k, &report, " of the resolver", ret_end);
}

static void confined(struct keeper *k)
{
    struct end end;

    if (take_resolver_report(k, &end))
        return;
    end_resolver(k);
    resolve_stop(&k->resolve);
    keeper_fail(k, &end);
}

/*
 * What it parses are the answers of name servers. Noted at once: what the worker says when it is told to stop counts less.
 */
static void fail_resolver(struct keeper *k, int crash)
{
    struct end end = end_make(
        END_WORKER, 0, "the resolver process, %s signal %d: a name server may have tried to take it over",
        crash == SIGSYS ? "by its sandbox with" : "which crashed with", crash);

    (void)snprintf(end.hint, sizeof(end.hint),
                   "until it is understood give the server's address, not its name");
    keeper_note_end(k, &end, keeper_check_stage(&k->rights));
    keeper_fail(k, &end);
}

static void resolved(struct keeper *k)
{
    int crash;

    end_resolver(k);
    crash = resolve_finish(&k->resolve, &k->answer);
    if (k->phase != KEEPER_PHASE_SESSION)
        return;
    if (crash != 0) {
        fail_resolver(k, crash);
        return;
    }
    if (k->answer.n_endpoint == 0) {
        fail_name(k, k->answer.text);
        return;
    }
    if (k->answer.text[0] != '\0')
        log_info(k->log, "left out: %s", k->answer.text);
    order_addresses(k);
}

static void hear_resolver(struct keeper *k)
{
    if (k->resolver_is_confined)
        resolved(k);
    else
        confined(k);
}

static void check_resolver(struct keeper *k)
{
    char why[48];

    if (k->resolve.pid == 0 || k->resolve_deadline > loop_now())
        return;
    end_resolver(k);
    resolve_stop(&k->resolve);
    (void)snprintf(why, sizeof(why), "no answer within %u s", (unsigned)(RESOLVE_LIMIT / USEC_PER_SEC));
    if (k->phase == KEEPER_PHASE_SESSION)
        fail_name(k, why);
}

/* The loop */

static void check_worker(struct keeper *k)
{
    if (k->worker.pid == 0 || k->deadline > loop_now())
        return;
    log_info(k->log, "the network process did not end in time");
    keeper_worker_gone(k);
}

static void check_hook(struct keeper *k)
{
    if (hook_overdue(&k->hook, loop_now()))
        keeper_hook_ended(k);
}

static usec_t next_deadline(const struct keeper *k)
{
    usec_t deadline = usec_min(usec_min(k->deadline, k->resolve_deadline), k->pause_until);

    return hook_running(&k->hook) ? usec_min(deadline, k->hook.deadline) : deadline;
}

static void take_event(struct keeper *k, const struct loop_event *event)
{
    if (event->tag == LOOP_TAG_SIGNAL)
        keeper_take_signal(k, event->signal);
    else if (event->tag == KEEPER_TAG_REQUEST)
        keeper_take_requests(k);
    else if (event->tag == KEEPER_TAG_WORKER && k->worker.pid != 0)
        keeper_worker_exited(k);
    else if (event->tag == KEEPER_TAG_RESOLVER && k->resolve.pid != 0)
        hear_resolver(k);
}

/* Without events there is no goodbye either: the shortest way out. */
static void cannot_wait(struct keeper *k)
{
    struct end end = end_make(END_HOST, 0, "cannot wait for events: epoll fails");

    keeper_note_end(k, &end, keeper_check_stage(&k->rights));
    k->phase = KEEPER_PHASE_OVER;
}

static void run(struct keeper *k)
{
    while (k->phase != KEEPER_PHASE_OVER) {
        struct loop_event events[8];
        int n = loop_wait(&k->host.loop, next_deadline(k), events, ARRAY_LEN(events));

        if (n < 0)
            cannot_wait(k);
        for (int i = 0; i < n; i++)
            take_event(k, &events[i]);
        check_hook(k);
        keeper_check_pace(k);
        check_resolver(k);
        check_worker(k);
    }
}

/* Beginning and end */

static bool hear_worker(void *user)
{
    struct keeper *k = user;
    struct pollfd death = {.fd = k->worker.pid_fd, .events = POLLIN};

    if (poll(&death, 1, 0) == 1)
        keeper_worker_exited(k);
    else
        keeper_take_requests(k);
    return k->worker.pid != 0 && k->phase == KEEPER_PHASE_ASK;
}

static bool worker_is_settled(void *user)
{
    const struct keeper *k = user;

    return k->rights.progress != KEEPER_FORKED;
}

static bool open_credentials(struct keeper *k, struct end *ret_end)
{
    const struct credentials_company company = {.fd = {k->worker.request_fd, k->worker.pid_fd},
                                                .hear = hear_worker,
                                                .settled = worker_is_settled,
                                                .user = k};

    if (!keeper_open_vault(k, ret_end))
        return false;
    return credentials_get(k->credentials, k->options, &company, k->log, ret_end);
}

/* The device's own protection: in force before the worker has it, or not at all. */
static bool device_will_do(const struct keeper *k, struct end *ret_end)
{
    struct sandbox_report report = {0};

    (void)snprintf(report.text[SANDBOX_DEVICE], SANDBOX_TEXT_LEN, "%s", k->host.loud);
    *(k->host.loud[0] == '\0' ? &report.in_force : &report.missing) = 1U << SANDBOX_DEVICE;
    return sandbox_will_do(k, &report, " of the interface", ret_end);
}

static bool open_host(struct keeper *k, struct end *ret_end)
{
    int r;

    if (!host_open(&k->host, k->options, k->log, ret_end) ||
        !outer_check_congestion(k->options->congestion, ret_end) || !device_will_do(k, ret_end))
        return false;
    k->host.netcfg.log = &k->log_caused;
    netfacts_init(&k->facts, k->options, &k->host.netcfg, k->host.tun.ifindex);
    netfacts_prepare(&k->facts, k->options->mtu);
    r = loop_watch(&k->host.loop, k->worker.request_fd, KEEPER_TAG_REQUEST, LOOP_READ);
    if (r == 0 && k->worker.pid_fd >= 0)
        r = loop_watch(&k->host.loop, k->worker.pid_fd, KEEPER_TAG_WORKER, LOOP_READ);
    if (r < 0)
        *ret_end = end_make(END_HOST, 0, "cannot wait for the network process: %s", strerror(-r));
    return r == 0;
}

static void init(struct keeper *k, const struct options *options, const struct log_sink *log)
{
    *k = (struct keeper){.options = options, .log = log, .pid = getpid()};
    k->deadline = k->resolve_deadline = USEC_NEVER;
    k->rights.options = options;
    line_budget_init(&k->said, loop_now());
    line_budget_init(&k->caused, loop_now());
    k->log_caused = (struct log_sink){.write = keeper_log_caused, .user = k, .max = log->max};
    keeper_init_pace(k);
    k->resolve.fd = -1;
    hook_init(&k->hook);
    host_init(&k->host);
}

struct end keeper_run(const struct options *options, const struct log_sink *log, worker_fn *worker,
                      enum end_stage *ret_stage)
{
    struct keeper *k = malloc(sizeof(*k));
    struct end end;

    *ret_stage = END_STAGE_START;
    if (!k)
        return end_make(END_HOST, 0, "out of memory");
    init(k, options, log);
    if (keeper_worker_start(k, worker, &end) && open_credentials(k, &end) && open_host(k, &end)) {
        k->phase = KEEPER_PHASE_PREPARE;
        if (worker_is_settled(k))
            prepared(k);
        run(k);
    } else {
        keeper_note_end(k, &end, END_STAGE_START);
    }
    if (k->worker.pid != 0)
        keeper_worker_end(k, &end);
    resolve_stop(&k->resolve);
    keeper_close_vault(k);
    k->host.netcfg.log = k->log; /* to undo it all takes no more lines than to do it once */
    host_close(&k->host);
    end = k->end;
    *ret_stage = k->stage;
    free(k);
    return end;
}
