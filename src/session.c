/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Phases, each with the descriptor and the deadline it waits for:
 *
 *   RESOLVE -> DIAL -> HANDSHAKE -> CALL -> LINGER -> OVER
 *
 * Whatever goes wrong notes the first cause and moves on towards OVER by the same path that a wanted end takes, so there is
 * one way out: goodbye on the wire, then descriptors closed. What was changed on the host is undone by the keeper, which
 * made the changes.
 *
 * Timers: the TLS handshake has 30 s (protocol.md gives none; SoftEther and accel-ppp wait 10 to 60 s), lingering 1 s for
 * the server to close first; all others belong to the dial and the call.
 */
#include "session.h"

#include <stdlib.h>

#include "secret.h"
#include "session_state.h"

#define HANDSHAKE_LIMIT (30 * USEC_PER_SEC)

/* The way up */

static void enter_dial(struct session *s, const struct order_addresses *addresses)
{
    struct dial_opener opener = remote_opener(&s->worker->remote);
    struct end end;

    if (s->phase != SESSION_WAIT_ADDRESSES || addresses->n == 0 || addresses->n > ENDPOINTS_MAX)
        return; /* it was told to stop meanwhile; the numbers are the keeper's and right */
    s->phase = SESSION_DIAL;
    s->dial = dial_new(addresses->endpoint, addresses->n, &opener, s->log, loop_now(), &end);
    if (!s->dial || loop_watch(&s->loop, dial_fd(s->dial), TAG_DIAL, LOOP_READ) < 0) {
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
        .env = &s->worker->env,
        .tls = s->worker->tls,
        .tun = &s->worker->tun,
        .hostnet = &s->net,
        .options = s->options,
        .user = bytes_of(s->worker->start.user, s->worker->start.user_len),
        .secret = remote_secret(&s->worker->remote),
    };

    s->phase = SESSION_CALL;
    s->deadline = USEC_NEVER;
    call_init(&s->call, &config, loop_now());
    drive_call(s); /* we speak first: no event may come before */
}

static void handshake(struct session *s)
{
    enum tls_status status = tls_handshake(s->worker->tls);
    struct end end;

    if (status == TLS_OK) {
        enter_call(s);
    } else if (status != TLS_AGAIN) {
        session_fail(s, tls_end(s->worker->tls));
    } else if (s->deadline <= loop_now()) {
        end = end_make(END_SILENT, 0, "the TLS handshake did not finish within 30 s");
        session_fail(s, &end);
    }
}

static void enter_handshake(struct session *s)
{
    s->phase = SESSION_HANDSHAKE;
    s->deadline = usec_after(loop_now(), HANDSHAKE_LIMIT);
    if (!tls_start(s->worker->tls, s->fd))
        session_fail(s, tls_end(s->worker->tls));
}

static void dial(struct session *s)
{
    struct dial_connection connection;
    struct end end;

    switch (dial_step(s->dial, loop_now(), &connection, &end)) {
    case DIAL_PENDING: return;
    case DIAL_FAILED: session_fail(s, &end); return;
    case DIAL_DONE: break;
    }
    s->fd = connection.fd;
    s->server = connection.server;
    hostnet_server(&s->net, &s->server);
    remote_chosen(&s->worker->remote, connection.index);
    dial_free(s->dial);
    s->dial = NULL;
    enter_handshake(s);
}

/* The tunnel carries traffic and nothing more is to come. */
static void announce(struct session *s)
{
    char text[IPADDR_STR_LEN];

    log_notice(s->log, "connected: %s to %s (%s), %s", s->worker->tun.name, s->options->host,
               ipaddr_str(&s->server, text), tls_description(s->worker->tls));
    remote_up(&s->worker->remote);
}

static void drive_call(struct session *s)
{
    usec_t now = loop_now();

    call_drive(&s->call, now);
    session_note_end(s, &s->call.end, s->call.stage);
    if (s->call.over) {
        call_log_last(&s->call);
        session_leave_call(s);
    } else if (s->call.end.reason == END_NONE && hostnet_settled(&s->net))
        announce(s);
}

/* The loop */

static usec_t next_deadline(const struct session *s)
{
    usec_t deadline = s->deadline;

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
        r = loop_watch(&s->loop, fd, tag, want);
    *watch = (struct session_watch){.fd = r < 0 ? -1 : fd, .want = want};
    return r;
}

static bool watch(struct session *s)
{
    unsigned socket = (tls_wants_read(s->worker->tls) ? LOOP_READ : 0u) |
                      (tls_wants_write(s->worker->tls) ? LOOP_WRITE : 0u);
    int r = 0;

    if (s->phase == SESSION_CALL && s->end.reason == END_NONE)
        r = watch_one(s, &s->tun_watch, s->worker->tun.fd, TAG_TUN, call_tun_wants(&s->call));
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
    case SESSION_WAIT_ADDRESSES:
    case SESSION_OVER: break;
    }
}

static void take_order(struct session *s)
{
    struct order order;
    struct end end;
    int fd = -1;

    if (!remote_order(&s->worker->remote, CHANNEL_NOW, &order, &fd))
        return;
    if (order.type == ORDER_ADDRESSES)
        enter_dial(s, &order.addresses);
    else if (order.type == ORDER_STOP && request_words_read(&order.stop.words, &end))
        session_stop(s, &end, order.stop.hard);
}

static void device_gone(struct session *s)
{
    struct end end =
        end_make(END_HOST, 0, "the interface %s is gone: somebody removed it", s->worker->tun.name);

    session_unwatch(s, &s->tun_watch);
    session_fail(s, &end);
}

/* To what was told without waiting. After the call it is taken and forgotten, or it would wake the loop for ever. */
static void take_answer(struct session *s)
{
    if (s->phase == SESSION_CALL)
        call_answered(&s->call, loop_now());
    else
        hostnet_forget(&s->net);
}

/* Whatever else is ready is looked at by step(). */
static void take_event(struct session *s, const struct loop_event *event)
{
    if (event->tag == TAG_ORDER)
        take_order(s);
    else if (event->tag == TAG_ANSWER)
        take_answer(s);
    else if (event->tag == TAG_TUN && (event->ready & LOOP_HANGUP))
        device_gone(s);
    else if (event->tag == TAG_TUN && s->phase == SESSION_CALL)
        call_tun_ready(&s->call);
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
        int n = watch(s) ? loop_wait(&s->loop, next_deadline(s), events, ARRAY_LEN(events)) : -1;

        if (n < 0) {
            cannot_wait(s);
            continue;
        }
        for (int i = 0; i < n; i++)
            take_event(s, &events[i]);
        step(s);
    }
}

/* Beginning and end */

static bool open_loop(struct session *s, struct end *ret_end)
{
    int r = loop_open(&s->loop);

    if (r == 0)
        r = loop_watch(&s->loop, s->worker->remote.order_fd, TAG_ORDER, LOOP_READ);
    if (r == 0)
        r = loop_watch(&s->loop, s->worker->remote.request_fd, TAG_ANSWER, LOOP_READ);
    if (r < 0)
        *ret_end = end_make(END_HOST, 0, "cannot set up the event loop: %s", strerror(-r));
    return r == 0;
}

static void init(struct session *s, struct worker *worker)
{
    struct hostnet_acts acts = remote_acts(&worker->remote);

    s->worker = worker;
    s->options = worker->options;
    s->log = &worker->log;
    s->deadline = USEC_NEVER;
    s->fd = -1;
    s->tun_watch.fd = s->socket_watch.fd = -1;
    s->loop = (struct loop){.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1};
    hostnet_init(&s->net, worker->options, &acts, &worker->log);
}

struct end session_run(struct worker *worker, enum end_stage *ret_stage)
{
    struct session *s = calloc(1, sizeof(*s));
    struct end end;

    *ret_stage = END_STAGE_CONNECT;
    if (!s)
        return end_make(END_HOST, 0, "out of memory");
    init(s, worker);
    if (open_loop(s, &end))
        run(s);
    else
        session_note_end(s, &end, END_STAGE_CONNECT);
    session_close_socket(s);
    dial_free(s->dial);
    loop_close(&s->loop);
    end = s->end;
    *ret_stage = s->stage;
    secret_wipe(s, sizeof(*s));
    free(s);
    return end;
}
