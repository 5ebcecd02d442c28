/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phases, each with the descriptor and the deadline it waits for:
 *
 *   PRE_HOOK -> DIAL -> HANDSHAKE -> CALL -> LINGER -> DOWN_HOOK -> OVER
 *
 * Whatever goes wrong notes the first cause and moves on towards OVER by the same path that a wanted end takes, so there is
 * one way out: goodbye on the wire, the `down` hook if `up` was run, every change to the host undone, descriptors closed.
 *
 * Timers: the TLS handshake has 30 s (protocol.md gives none; SoftEther and accel-ppp wait 10 to 60 s), lingering 1 s for
 * the server to close first, hooks 30 s; all others belong to the call.
 */
#include "session.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "call.h"
#include "dial.h"
#include "host.h"
#include "linger.h"
#include "secret.h"

#define HANDSHAKE_LIMIT (30 * USEC_PER_SEC)
#define LINGER_LIMIT    (1 * USEC_PER_SEC)

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
    unsigned n_signals;
};

static void note_end(struct session *s, const struct end *end, enum end_stage stage)
{
    if (s->end.reason == END_NONE && end->reason != END_NONE) {
        s->end = *end;
        s->stage = stage;
    }
}

static enum end_stage current_stage(const struct session *s)
{
    switch (s->phase) {
    case SESSION_PRE_HOOK: return END_STAGE_START;
    case SESSION_DIAL: return END_STAGE_CONNECT;
    case SESSION_HANDSHAKE: return END_STAGE_TLS;
    case SESSION_CALL:
    case SESSION_LINGER:
    case SESSION_DOWN_HOOK:
    case SESSION_OVER: break;
    }
    return call_stage(&s->call);
}

/* Hooks */

static void hook_values(const struct session *s, struct hook_values *ret, char *text, size_t text_cap)
{
    *ret = (struct hook_values){
        .interface = s->host.tun.name,
        .server = s->options->host,
        .port = s->options->port,
        .server_address = s->server,
        .user = s->credentials->user,
        .end_status = -1,
    };
    hostnet_hook_values(&s->host.net, loop_now(), ret);
    if (s->phase == SESSION_DOWN_HOOK) {
        end_describe(&s->end, s->stage, text, text_cap);
        ret->end_reason = end_reason_name(s->end.reason);
        ret->end_text = text;
        ret->end_status = end_exit_status(&s->end, s->stage);
    }
}

static bool start_hook(struct session *s, enum hook_event event, struct end *ret_end)
{
    struct hook_values values;
    char text[END_DETAIL_LEN * 2];
    int r;

    hook_values(s, &values, text, sizeof(text));
    log_info(s->log, "running hook: %s %s %s", s->options->hook, hook_event_name(event), s->host.tun.name);
    if (!hook_start(&s->hook, s->options->hook, event, &values, loop_now(), ret_end))
        return false;
    r = loop_watch(&s->host.loop, s->hook.pid_fd, TAG_HOOK, LOOP_READ);
    if (r < 0) {
        hook_kill(&s->hook);
        IGNORE_RESULT(hook_finish(&s->hook, ret_end)); /* killed a moment ago */
        *ret_end = end_make(END_HOST, 0, "cannot wait for the hook: %s", strerror(-r));
        return false;
    }
    return true;
}

/* The way out */

static void enter_over(struct session *s)
{
    s->phase = SESSION_OVER;
    s->deadline = USEC_NEVER;
}

static void enter_down_hook(struct session *s)
{
    struct end end;

    s->phase = SESSION_DOWN_HOOK;
    s->deadline = USEC_NEVER;
    if (hook_running(&s->hook))
        return; /* `up` is still at work: `down` follows it, see hook_ended() */
    if (!s->up_hook_ran) {
        enter_over(s);
        return;
    }
    s->up_hook_ran = false;
    if (!start_hook(s, HOOK_DOWN, &end)) {
        log_error(s->log, "hook: %s", end.detail);
        enter_over(s);
    }
}

static void close_socket(struct session *s)
{
    if (s->fd < 0)
        return;
    loop_unwatch(&s->host.loop, s->fd);
    close(s->fd);
    s->fd = -1;
}

static void leave_call(struct session *s)
{
    loop_unwatch(&s->host.loop, s->host.tun.fd);
    tls_shutdown(s->tls);
    IGNORE_RESULT(tls_flush(s->tls)); /* the last bytes go, or they do not */
    call_done(&s->call);
    linger_start(s->fd);
    s->phase = SESSION_LINGER;
    s->deadline = usec_after(loop_now(), LINGER_LIMIT);
    if (loop_watch(&s->host.loop, s->fd, TAG_SOCKET, LOOP_READ) < 0)
        s->deadline = 0;
}

static void linger(struct session *s)
{
    if (!linger_over(s->fd) && s->deadline > loop_now())
        return;
    close_socket(s);
    enter_down_hook(s);
}

/* Before the call stands there is nobody to say goodbye to. */
static void give_up(struct session *s)
{
    dial_free(s->dial);
    s->dial = NULL;
    close_socket(s);
    enter_down_hook(s);
}

static void fail(struct session *s, const struct end *end)
{
    note_end(s, end, current_stage(s));
    if (s->phase == SESSION_CALL)
        call_close(&s->call, end, loop_now());
    else if (s->phase < SESSION_CALL)
        give_up(s);
}

/* The way up */

static void enter_dial(struct session *s)
{
    struct end end;

    s->phase = SESSION_DIAL;
    s->deadline = USEC_NEVER;
    log_info(s->log, "connecting to %s port %u", s->options->host, s->options->port);
    s->dial = dial_new(s->options->host, s->options->port, s->log, loop_now(), &end);
    if (!s->dial || loop_watch(&s->host.loop, dial_fd(s->dial), TAG_DIAL, LOOP_READ) < 0) {
        if (s->dial)
            end = end_make(END_HOST, 0, "cannot wait for the connection");
        fail(s, &end);
    }
}

static void drive_call(struct session *s);

static void enter_call(struct session *s)
{
    struct call_config config = {
        .log = s->log,
        .env = s->env,
        .tls = s->tls,
        .tun = &s->host.tun,
        .hostnet = &s->host.net,
        .options = s->options,
        .server = s->server,
        .user = bytes_of(s->credentials->user, s->credentials->user_len),
        .password = bytes_of(s->credentials->password, s->credentials->password_len),
    };

    log_info(s->log, "TLS is up: %s", tls_description(s->tls));
    s->phase = SESSION_CALL;
    s->deadline = USEC_NEVER;
    call_init(&s->call, &config, loop_now());
    drive_call(s); /* we speak first: no event may come before */
}

static void handshake(struct session *s)
{
    enum tls_status status = tls_handshake(s->tls);
    enum tls_status flushed = tls_flush(s->tls);
    struct end end;

    if (status == TLS_OK) {
        enter_call(s);
    } else if (status != TLS_AGAIN || (flushed != TLS_OK && flushed != TLS_AGAIN)) {
        fail(s, tls_end(s->tls));
    } else if (s->deadline <= loop_now()) {
        end = end_make(END_SILENT, 0, "the TLS handshake did not finish within 30 s");
        fail(s, &end);
    }
}

static void dial(struct session *s)
{
    struct end end;
    char text[IPADDR_STR_LEN];

    switch (dial_step(s->dial, loop_now(), &s->fd, &s->server, &end)) {
    case DIAL_PENDING: return;
    case DIAL_FAILED: fail(s, &end); return;
    case DIAL_DONE: break;
    }
    dial_free(s->dial);
    s->dial = NULL;
    log_info(s->log, "TCP is up: %s", ipaddr_str(&s->server, text));
    s->phase = SESSION_HANDSHAKE;
    s->deadline = usec_after(loop_now(), HANDSHAKE_LIMIT);
    if (!tls_start(s->tls, s->fd)) {
        fail(s, tls_end(s->tls));
        return;
    }
    handshake(s);
}

/* The tunnel carries traffic and nothing more is to come: the time of the `up` hook. */
static void announce(struct session *s)
{
    struct end end;
    char text[IPADDR_STR_LEN];

    log_notice(s->log, "connected: %s to %s (%s), %s", s->host.tun.name, s->options->host,
               ipaddr_str(&s->server, text), tls_description(s->tls));
    if (!s->options->hook)
        return;
    s->up_hook_ran = true;
    if (!start_hook(s, HOOK_UP, &end))
        fail(s, &end);
}

static void drive_call(struct session *s)
{
    usec_t now = loop_now();

    call_drive(&s->call, now);
    note_end(s, &s->call.end, s->call.stage);
    if (s->call.over)
        leave_call(s);
    else if (s->call.end.reason == END_NONE && hostnet_settled(&s->host.net, now))
        announce(s);
}

static void hook_ended(struct session *s)
{
    struct end end;
    enum hook_event event = s->hook.event;
    bool good;

    loop_unwatch(&s->host.loop, s->hook.pid_fd);
    good = hook_finish(&s->hook, &end);
    if (!good && (event == HOOK_DOWN || s->end.reason != END_NONE))
        log_error(s->log, "hook: %s", end.detail);
    else if (!good)
        fail(s, &end);
    if (s->phase == SESSION_PRE_HOOK)
        enter_dial(s);
    else if (s->phase == SESSION_DOWN_HOOK && event == HOOK_UP)
        enter_down_hook(s);
    else if (s->phase == SESSION_DOWN_HOOK)
        enter_over(s);
}

/* The first signal asks for a polite end, a second one for an immediate one. */
static void take_signal(struct session *s, int number)
{
    struct end end = end_make(END_REQUESTED, 0, "%s",
                              number == SIGINT   ? "SIGINT"
                              : number == SIGHUP ? "SIGHUP"
                                                 : "SIGTERM");

    if (number == SIGUSR1 || number == SIGUSR2)
        return;
    s->n_signals++;
    log_info(s->log, "got %s", end.detail);
    if (s->n_signals == 1 && s->phase != SESSION_PRE_HOOK) {
        fail(s, &end);
        return;
    }
    note_end(s, &end, current_stage(s));
    if (hook_running(&s->hook))
        hook_kill(&s->hook);
    if (s->phase == SESSION_PRE_HOOK)
        enter_down_hook(s);
    else if (s->phase == SESSION_CALL)
        leave_call(s);
    if (s->phase == SESSION_LINGER) {
        close_socket(s);
        enter_down_hook(s);
    }
}

/* The loop */

static usec_t next_deadline(const struct session *s)
{
    usec_t deadline = s->deadline;

    if (hook_running(&s->hook))
        deadline = usec_min(deadline, s->hook.deadline);
    if (s->dial)
        deadline = usec_min(deadline, dial_deadline(s->dial));
    if (s->phase == SESSION_CALL)
        deadline = usec_min(deadline, call_deadline(&s->call));
    return deadline;
}

static bool watch(struct session *s)
{
    unsigned socket = LOOP_READ, device = 0;
    int r = 0;

    if (s->phase == SESSION_HANDSHAKE)
        socket |= tls_wants_write(s->tls) ? LOOP_WRITE : 0u;
    if (s->phase == SESSION_CALL) {
        socket = call_socket_wants(&s->call);
        device = call_tun_wants(&s->call);
        if (s->end.reason == END_NONE)
            r = loop_watch(&s->host.loop, s->host.tun.fd, TAG_TUN, device);
        else
            loop_unwatch(&s->host.loop, s->host.tun.fd);
    }
    if (r == 0 && (s->phase == SESSION_HANDSHAKE || s->phase == SESSION_CALL))
        r = loop_watch(&s->host.loop, s->fd, TAG_SOCKET, socket);
    return r == 0;
}

static void step(struct session *s)
{
    switch (s->phase) {
    case SESSION_DIAL: dial(s); break;
    case SESSION_HANDSHAKE: handshake(s); break;
    case SESSION_CALL: drive_call(s); break;
    case SESSION_LINGER: linger(s); break;
    case SESSION_PRE_HOOK:
    case SESSION_DOWN_HOOK:
    case SESSION_OVER: break;
    }
}

/* Whatever else is ready is looked at by step(). */
static void take_event(struct session *s, const struct loop_event *event)
{
    struct end end;

    if (event->tag == LOOP_TAG_SIGNAL) {
        take_signal(s, event->signal);
    } else if (event->tag == TAG_HOOK && hook_running(&s->hook)) {
        hook_ended(s);
    } else if (event->tag == TAG_TUN && (event->ready & LOOP_HANGUP)) {
        loop_unwatch(&s->host.loop, s->host.tun.fd);
        end = end_make(END_HOST, 0, "the interface %s is gone: somebody removed it", s->host.tun.name);
        fail(s, &end);
    }
}

static void check_hook(struct session *s)
{
    if (hook_running(&s->hook) && s->hook.deadline <= loop_now())
        hook_kill(&s->hook);
}

static void run(struct session *s)
{
    while (s->phase != SESSION_OVER) {
        struct loop_event events[8];
        int n;

        if (!watch(s)) {
            struct end end = end_make(END_HOST, 0, "cannot wait for the connection");

            fail(s, &end);
        }
        n = loop_wait(&s->host.loop, next_deadline(s), events, ARRAY_LEN(events));
        for (int i = 0; i < n; i++)
            take_event(s, &events[i]);
        check_hook(s);
        step(s);
    }
}

/* Beginning and end */

static bool open_tls(struct session *s, struct end *ret_end)
{
    struct tls_config config = {
        .host = s->options->host,
        .ca_file = s->options->ca_file,
        .no_system_trust = s->options->no_system_trust,
        .n_pin = s->options->n_pin,
    };

    memcpy(config.pin, s->options->pin, sizeof(s->options->pin));
    s->tls = tls_new(&config, s->log, ret_end);
    return s->tls != NULL;
}

static void start(struct session *s)
{
    struct end end;

    if (!s->options->hook)
        enter_dial(s);
    else if (!start_hook(s, HOOK_PRE_CONNECT, &end))
        fail(s, &end);
}

struct end session_run(const struct options *options, const struct credentials *credentials,
                       const struct env *env, enum end_stage *ret_stage)
{
    struct session *s = calloc(1, sizeof(*s));
    struct end end;

    *ret_stage = END_STAGE_START;
    if (!s)
        return end_make(END_HOST, 0, "out of memory");
    s->options = options;
    s->credentials = credentials;
    s->env = env;
    s->log = env->log;
    s->deadline = USEC_NEVER;
    s->fd = -1;
    hook_init(&s->hook);
    if (host_open(&s->host, options, s->log, &end) && open_tls(s, &end)) {
        start(s);
        run(s);
        if (s->call.was_up)
            pump_log_stats(&s->call.pump, s->log);
    } else {
        note_end(s, &end, END_STAGE_START);
    }
    close_socket(s);
    dial_free(s->dial);
    tls_free(s->tls);
    host_close(&s->host);
    end = s->end;
    *ret_stage = s->stage;
    secret_wipe(s, sizeof(*s));
    free(s);
    return end;
}
