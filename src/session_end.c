/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out, which is one and the same for a wanted end, a refusal and a broken line:
 *
 *   goodbye on the wire (call_close) -> close_notify -> half-close, a second for the server's -> OVER
 *
 * Whoever finds a reason calls session_fail(); the first one counts. The rest of the way is walked by the loop.
 */
#include <unistd.h>

#include "linger.h"
#include "session_state.h"

void session_note_end(struct session *s, const struct end *end, enum end_stage stage)
{
    if (s->end.reason == END_NONE && end->reason != END_NONE) {
        s->end = *end;
        s->stage = stage;
    }
}

static enum end_stage current_stage(const struct session *s)
{
    switch (s->phase) {
    case SESSION_WAIT_ADDRESSES:
    case SESSION_DIAL: return END_STAGE_CONNECT;
    case SESSION_HANDSHAKE: return END_STAGE_TLS;
    case SESSION_CALL:
    case SESSION_LINGER:
    case SESSION_OVER: break;
    }
    return call_stage(&s->call);
}

static void enter_over(struct session *s)
{
    session_close_socket(s);
    s->phase = SESSION_OVER;
    s->deadline = USEC_NEVER;
}

void session_unwatch(struct session *s, struct session_watch *watch)
{
    if (watch->fd >= 0)
        loop_unwatch(&s->loop, watch->fd);
    watch->fd = -1;
}

void session_close_socket(struct session *s)
{
    if (s->fd < 0)
        return;
    session_unwatch(s, &s->socket_watch);
    close(s->fd);
    s->fd = -1;
}

void session_leave_call(struct session *s)
{
    session_unwatch(s, &s->tun_watch);
    session_unwatch(s, &s->socket_watch);
    tls_shutdown(s->worker->tls);
    IGNORE_RESULT(tls_flush(s->worker->tls)); /* the last bytes go, or they do not */
    call_done(&s->call);
    linger_start(s->fd);
    s->phase = SESSION_LINGER;
    s->deadline = usec_after(loop_now(), LINGER_LIMIT);
    s->socket_watch = (struct session_watch){.fd = s->fd, .want = LOOP_READ};
    if (loop_watch(&s->loop, s->fd, TAG_SOCKET, LOOP_READ) < 0)
        s->deadline = 0;
}

void session_linger(struct session *s)
{
    if (linger_over(s->fd) || s->deadline <= loop_now())
        enter_over(s);
}

/* Before the call stands there is nobody to say goodbye to. */
static void give_up(struct session *s)
{
    dial_free(s->dial);
    s->dial = NULL;
    enter_over(s);
}

void session_fail(struct session *s, const struct end *end)
{
    session_note_end(s, end, current_stage(s));
    if (s->phase == SESSION_CALL)
        call_close(&s->call, end, loop_now());
    else if (s->phase < SESSION_CALL)
        give_up(s);
}

void session_stop(struct session *s, const struct end *end, bool hard)
{
    if (!hard || s->phase < SESSION_CALL) {
        session_fail(s, end);
        return;
    }
    session_note_end(s, end, current_stage(s));
    if (s->phase == SESSION_CALL)
        session_leave_call(s);
    enter_over(s);
}
