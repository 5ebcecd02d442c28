/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way out, which is one and the same for a wanted end, a refusal and a broken line:
 *
 *   goodbye on the wire (call_close) -> close_notify -> half-close, a second for the server's -> `down` hook -> OVER
 *
 * Whoever finds a reason calls session_fail(); the first one counts. The rest of the way is walked by the loop.
 */
#include <signal.h>
#include <string.h>
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

bool session_start_hook(struct session *s, enum hook_event event, struct end *ret_end)
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
        hook_kill(&s->hook, loop_now());
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
    if (!session_start_hook(s, HOOK_DOWN, &end)) {
        log_error(s->log, "hook: %s", end.detail);
        enter_over(s);
    }
}

void session_unwatch(struct session *s, struct session_watch *watch)
{
    if (watch->fd >= 0)
        loop_unwatch(&s->host.loop, watch->fd);
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
    tls_shutdown(s->tls);
    IGNORE_RESULT(tls_flush(s->tls)); /* the last bytes go, or they do not */
    call_done(&s->call);
    linger_start(s->fd);
    s->phase = SESSION_LINGER;
    s->deadline = usec_after(loop_now(), LINGER_LIMIT);
    s->socket_watch = (struct session_watch){.fd = s->fd, .want = LOOP_READ};
    if (loop_watch(&s->host.loop, s->fd, TAG_SOCKET, LOOP_READ) < 0)
        s->deadline = 0;
}

void session_linger(struct session *s)
{
    if (!linger_over(s->fd) && s->deadline > loop_now())
        return;
    session_close_socket(s);
    enter_down_hook(s);
}

/* Before the call stands there is nobody to say goodbye to. */
static void give_up(struct session *s)
{
    dial_free(s->dial);
    s->dial = NULL;
    session_close_socket(s);
    enter_down_hook(s);
}

void session_fail(struct session *s, const struct end *end)
{
    session_note_end(s, end, current_stage(s));
    if (s->phase == SESSION_CALL)
        call_close(&s->call, end, loop_now());
    else if (s->phase < SESSION_CALL)
        give_up(s);
}

void session_hook_ended(struct session *s)
{
    struct end end;
    enum hook_event event = s->hook.event;
    bool good;

    loop_unwatch(&s->host.loop, s->hook.pid_fd);
    good = hook_finish(&s->hook, &end);
    if (!good && (event == HOOK_DOWN || s->end.reason != END_NONE))
        log_printf(s->log, s->n_signals > 0 ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "hook: %s", end.detail);
    else if (!good)
        session_fail(s, &end);
    if (s->phase == SESSION_PRE_HOOK)
        session_enter_dial(s);
    else if (s->phase == SESSION_DOWN_HOOK && event == HOOK_UP)
        enter_down_hook(s);
    else if (s->phase == SESSION_DOWN_HOOK)
        enter_over(s);
}

void session_check_hook(struct session *s)
{
    if (hook_overdue(&s->hook, loop_now()))
        session_hook_ended(s);
}

static const char *signal_name(int number)
{
    switch (number) {
    case SIGINT: return "SIGINT";
    case SIGTERM: return "SIGTERM";
    case SIGHUP: return "SIGHUP";
    case SIGQUIT: return "SIGQUIT";
    default: return "a signal";
    }
}

/* The first signal asks for a polite end, a second one for an immediate one. */
void session_take_signal(struct session *s, int number)
{
    struct end end = end_make(END_REQUESTED, 0, "%s", signal_name(number));

    if (number == SIGUSR1 || number == SIGUSR2)
        return;
    s->n_signals++;
    log_info(s->log, "got %s", end.detail);
    if (s->n_signals == 1 && s->phase != SESSION_PRE_HOOK) {
        session_fail(s, &end);
        return;
    }
    session_note_end(s, &end, current_stage(s));
    hook_kill(&s->hook, loop_now());
    if (s->phase == SESSION_PRE_HOOK)
        enter_down_hook(s);
    else if (s->phase == SESSION_CALL)
        session_leave_call(s);
    if (s->phase == SESSION_LINGER) {
        session_close_socket(s);
        enter_down_hook(s);
    }
}
