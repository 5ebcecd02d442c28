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

#include <stdlib.h>
#include <unistd.h>

#include "secret.h"
#include "session_state.h"

#define HANDSHAKE_LIMIT (30 * USEC_PER_SEC)

/* The way up */

void session_enter_dial(struct session *s)
{
    struct end end;

    s->phase = SESSION_DIAL;
    s->deadline = USEC_NEVER;
    log_info(s->log, "connecting to %s port %u", s->options->host, s->options->port);
    s->dial = dial_new(s->options->host, s->options->port, s->log, loop_now(), &end);
    if (!s->dial || loop_watch(&s->host.loop, dial_fd(s->dial), TAG_DIAL, LOOP_READ) < 0) {
        if (s->dial)
            end = end_make(END_HOST, 0, "cannot wait for the connection");
        session_fail(s, &end);
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
        session_fail(s, tls_end(s->tls));
    } else if (s->deadline <= loop_now()) {
        end = end_make(END_SILENT, 0, "the TLS handshake did not finish within 30 s");
        session_fail(s, &end);
    }
}

static bool set_congestion(const struct session *s, struct end *ret_end)
{
    const char *name = s->options->congestion;
    int r = name ? dial_set_congestion(s->fd, name) : 0;

    if (r < 0)
        *ret_end = end_make(
            END_HOST, 0,
            "cannot use congestion control %s: %s; /proc/sys/net/ipv4/tcp_available_congestion_control lists what there is",
            name, strerror(-r));
    return r == 0;
}

static void dial(struct session *s)
{
    struct end end;

    switch (dial_step(s->dial, loop_now(), &s->fd, &s->server, &end)) {
    case DIAL_PENDING: return;
    case DIAL_FAILED: session_fail(s, &end); return;
    case DIAL_DONE: break;
    }
    dial_free(s->dial);
    s->dial = NULL;
    if (!set_congestion(s, &end)) {
        session_fail(s, &end);
        return;
    }
    s->phase = SESSION_HANDSHAKE;
    s->deadline = usec_after(loop_now(), HANDSHAKE_LIMIT);
    if (!tls_start(s->tls, s->fd)) {
        session_fail(s, tls_end(s->tls));
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
    s->up_hook_ran = session_start_hook(s, HOOK_UP, &end);
    if (!s->up_hook_ran)
        session_fail(s, &end);
}

static void drive_call(struct session *s)
{
    usec_t now = loop_now();

    call_drive(&s->call, now);
    session_note_end(s, &s->call.end, s->call.stage);
    if (s->call.over) {
        call_log_last(&s->call);
        session_leave_call(s);
    } else if (s->call.end.reason == END_NONE && hostnet_settled(&s->host.net))
        announce(s);
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

static int watch_one(struct session *s, struct session_watch *watch, int fd, uint32_t tag, unsigned want)
{
    int r = 0;

    if (watch->fd != fd || watch->want != want)
        r = loop_watch(&s->host.loop, fd, tag, want);
    *watch = (struct session_watch){.fd = r < 0 ? -1 : fd, .want = want};
    return r;
}

static bool watch(struct session *s)
{
    unsigned socket = (tls_wants_read(s->tls) ? LOOP_READ : 0u) | (tls_wants_write(s->tls) ? LOOP_WRITE : 0u);
    int r = 0;

    if (s->phase == SESSION_CALL && s->end.reason == END_NONE)
        r = watch_one(s, &s->tun_watch, s->host.tun.fd, TAG_TUN, call_tun_wants(&s->call));
    else
        session_unwatch(s, &s->tun_watch);
    if (r == 0 && (s->phase == SESSION_HANDSHAKE || s->phase == SESSION_CALL))
        r = watch_one(s, &s->socket_watch, s->fd, TAG_SOCKET, socket);
    return r == 0;
}

static void step(struct session *s)
{
    switch (s->phase) {
    case SESSION_DIAL: dial(s); break;
    case SESSION_HANDSHAKE: handshake(s); break;
    case SESSION_CALL: drive_call(s); break;
    case SESSION_LINGER: session_linger(s); break;
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
        session_take_signal(s, event->signal);
    } else if (event->tag == TAG_HOOK && hook_running(&s->hook)) {
        session_hook_ended(s);
    } else if (event->tag == TAG_TUN && (event->ready & LOOP_HANGUP)) {
        session_unwatch(s, &s->tun_watch);
        end = end_make(END_HOST, 0, "the interface %s is gone: somebody removed it", s->host.tun.name);
        session_fail(s, &end);
    } else if (event->tag == TAG_TUN && s->phase == SESSION_CALL) {
        call_tun_ready(&s->call);
    }
}

/* Without events there is no goodbye either: the shortest way out. */
static void cannot_wait(struct session *s)
{
    struct end end = end_make(END_HOST, 0, "cannot wait for the connection: epoll fails");

    session_fail(s, &end);
    if (s->phase == SESSION_CALL)
        session_leave_call(s);
    s->phase = SESSION_OVER;
}

static void run(struct session *s)
{
    while (s->phase != SESSION_OVER) {
        struct loop_event events[8];
        int n = watch(s) ? loop_wait(&s->host.loop, next_deadline(s), events, ARRAY_LEN(events)) : -1;

        if (n < 0) {
            cannot_wait(s);
            continue;
        }
        for (int i = 0; i < n; i++)
            take_event(s, &events[i]);
        session_check_hook(s);
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
        session_enter_dial(s);
    else if (!session_start_hook(s, HOOK_PRE_CONNECT, &end))
        session_fail(s, &end);
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
    s->tun_watch.fd = s->socket_watch.fd = -1;
    hook_init(&s->hook);
    if (host_open(&s->host, options, s->log, &end) && open_tls(s, &end)) {
        start(s);
        run(s);
    } else {
        session_note_end(s, &end, END_STAGE_START);
    }
    session_close_socket(s);
    dial_free(s->dial);
    tls_free(s->tls);
    host_close(&s->host);
    end = s->end;
    *ret_stage = s->stage;
    secret_wipe(s, sizeof(*s));
    free(s);
    return end;
}
