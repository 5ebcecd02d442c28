/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a message of the worker to an act and its answer. Each passes the one gate, keeper_check(); what does not pass
 * is not answered but ended, because an honest worker never sends it.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "channel.h"
#include "keeper_state.h"
#include "outer.h"

#define REQUESTS_AT_ONCE 32   /* then signals, hooks and the clock have their turn */
#define REQUESTS_LAST    1024 /* more than a channel holds: somebody else would be writing */

/*
 * What is heard of a worker, in units of a line that is not printed. Others cost a processor ten to a hundred times as
 * much (routes, addresses, DES), so they are PACE_PRICE units each.
 */
#define PACE_PRICE 50
#define PACE_BURST 10000
#define PACE_RATE  10000 /* per second */
#define PACE_SLICE 500   /* those that are waited for in a pause */
#define PACE_TIME  5     /* microseconds of work for a unit on top: many routes take long to look at */

/* Never waits: one reply is all that an honest worker leaves unread. */
void keeper_reply(struct keeper *k, const struct reply *reply, int attached)
{
    int r = channel_send(k->worker.request_fd, reply, reply_len(reply->type), attached, CHANNEL_NOW);

    if (r < 0)
        keeper_worker_deaf(k, r);
}

static void tell_dropped(struct keeper *k, struct line_budget *budget)
{
    uint32_t n = line_budget_told(budget);

    if (n > 0)
        log_notice(k->log, "%u lines dropped: too many at once", (unsigned)n);
}

void keeper_tell_dropped(struct keeper *k)
{
    tell_dropped(k, &k->said);
    tell_dropped(k, &k->caused);
}

static void log_within(struct keeper *k, struct line_budget *budget, enum log_level level, const char *line)
{
    if (level > k->log->max || !line_budget_take(budget, loop_now()))
        return;
    tell_dropped(k, budget);
    log_printf(k->log, level, "%s", line);
}

void keeper_log_caused(void *user, enum log_level level, const char *line)
{
    struct keeper *k = user;

    log_within(k, &k->caused, level, line);
}

static void log_line(struct keeper *k, struct request *request)
{
    request_clean(request->log.line);
    log_within(k, &k->said, (enum log_level)request->log.level, request->log.line);
}

/*
 * No other address will help. Noted at once: the worker finds this address dead before it reads that it shall stop, and
 * would say that alone.
 */
static void fail_socket(struct keeper *k, const struct end *end)
{
    keeper_note_end(k, end, keeper_check_stage(&k->rights));
    keeper_fail(k, end);
}

/* The connection is made here and used there: the descriptor leaves this process at once. */
static void open_socket(struct keeper *k, const struct request *request)
{
    const union endpoint *endpoint = &k->answer.endpoint[request->address.index];
    struct reply reply = {.type = request->type};
    struct end end = {.reason = END_NONE};
    int fd = -1;
    int r = outer_open(endpoint, k->options->congestion, &fd, &end);

    reply.socket.error = (uint32_t)-r;
    if (fd >= 0)
        k->rights.opened |= 1u << request->address.index;
    if (r < 0 && end.reason != END_NONE)
        fail_socket(k, &end);
    if (k->worker.pid != 0)
        keeper_reply(k, &reply, fd);
    if (fd >= 0)
        close(fd);
}

static void choose(struct keeper *k, const struct request *request)
{
    struct ipaddr server = endpoint_ipaddr(&k->answer.endpoint[request->address.index]);

    netfacts_server(&k->facts, &server);
}

/* What counts only when it has succeeded. */
static bool changes_host(uint32_t type)
{
    return type == REQUEST_LINK || type == REQUEST_IPV4 || type == REQUEST_IPV6;
}

static void change_host(struct keeper *k, const struct request *request)
{
    struct reply reply = {.type = request->type};
    struct end end = {.reason = END_NONE};
    bool done = false;

    if (request->type == REQUEST_LINK)
        done = netfacts_link(&k->facts, &request->link, &end);
    else if (request->type == REQUEST_IPV4)
        done = netfacts_ipv4(&k->facts, &request->ipv4, &end);
    else
        done = netfacts_ipv6(&k->facts, &request->ipv6, &end);
    if (done) {
        keeper_check_note(&k->rights, request);
    } else {
        keeper_check_tell(&k->rights, end.reason);
        reply.words = request_words_of(&end);
    }
    /* A LINK may have taken it away, also one that failed then. */
    k->rights.has_ipv6 &= k->facts.ipv6.present;
    keeper_reply(k, &reply, -1);
}

static void announce(struct keeper *k)
{
    struct end end;

    if (!k->options->hook || k->phase != KEEPER_PHASE_SESSION)
        return;
    k->up_hook_ran = keeper_start_hook(k, HOOK_UP, &end);
    if (!k->up_hook_ran)
        keeper_fail(k, &end);
}

static void take_end(struct keeper *k, const struct request *request)
{
    struct end end;

    if (!request_words_read(&request->end.words, &end))
        return; /* cannot be: it was checked */
    keeper_note_end(k, &end, (enum end_stage)request->end.stage);
    keeper_expect_exit(k);
}

static void act(struct keeper *k, struct request *request)
{
    switch ((enum request_type)request->type) {
    case REQUEST_READY: keeper_worker_ready(k, &request->ready.sandbox); break;
    case REQUEST_LOG: log_line(k, request); break;
    case REQUEST_SOCKET: open_socket(k, request); break;
    case REQUEST_CHOSEN: choose(k, request); break;
    case REQUEST_AUTH_PAP:
    case REQUEST_AUTH_MD5:
    case REQUEST_AUTH_MSCHAPV2: keeper_answer(k, request); break;
    case REQUEST_LINK:
    case REQUEST_IPV4:
    case REQUEST_IPV6: change_host(k, request); break;
    case REQUEST_UP: announce(k); break;
    case REQUEST_END: take_end(k, request); break;
    case REQUEST_TYPES: break;
    }
}

static void refuse(struct keeper *k, const char *name, const char *wrong)
{
    struct end end = end_make(END_WORKER, 0, "it asked for what it may not: %s: %s", name, wrong);

    keeper_note_end(k, &end, keeper_check_stage(&k->rights));
    keeper_worker_gone(k);
}

static uint32_t price_of(uint32_t type)
{
    return type == REQUEST_LOG ? 1 : PACE_PRICE;
}

static void act_and_charge(struct keeper *k, struct request *request)
{
    usec_t begun = loop_now(), now;

    act(k, request);
    now = loop_now();
    IGNORE_RESULT(tokens_take(&k->pace, (uint32_t)usec_min((now - begun) / PACE_TIME, PACE_BURST), now));
}

/* False when there is no other one for now. */
static bool take_one(struct keeper *k)
{
    struct request request;
    ssize_t len = channel_receive(k->worker.request_fd, &request, sizeof(request), NULL, CHANNEL_NOW);
    const char *wrong;

    if (len == -EAGAIN)
        return false;
    if (len == -EBADMSG) {
        refuse(k, "a message", "too long, or with a descriptor");
    } else if (len <= 0) {
        keeper_worker_gone(k);
    } else {
        k->rights.now = loop_now();
        wrong = keeper_check(&k->rights, &request, (size_t)len);
        if (!wrong) {
            IGNORE_RESULT(
                tokens_take(&k->pace, price_of(request.type), loop_now())); /* the last one may cost less */
            if (!changes_host(request.type))
                keeper_check_note(&k->rights, &request);
            act_and_charge(k, &request);
        } else {
            refuse(k, (size_t)len < sizeof(request.type) ? "?" : request_name(request.type), wrong);
        }
    }
    return k->worker.pid != 0;
}

void keeper_init_pace(struct keeper *k)
{
    tokens_init(&k->pace, PACE_BURST, PACE_RATE, loop_now());
    k->pause_until = USEC_NEVER;
}

static void pause_requests(struct keeper *k)
{
    usec_t now = loop_now();

    if (!k->paused_before)
        log_info(k->log, "the network process asks for too much at once: it has to wait");
    k->paused_before = true;
    k->pause_until = tokens_when(&k->pace, PACE_SLICE, now);
    loop_unwatch(&k->host.loop, k->worker.request_fd);
}

void keeper_check_pace(struct keeper *k)
{
    int r;

    if (k->pause_until > loop_now())
        return;
    k->pause_until = USEC_NEVER;
    if (k->worker.pid == 0)
        return;
    r = loop_watch(&k->host.loop, k->worker.request_fd, KEEPER_TAG_REQUEST, LOOP_READ);
    if (r < 0)
        keeper_worker_deaf(k, r);
}

void keeper_take_requests(struct keeper *k)
{
    for (int n = 0; n < REQUESTS_AT_ONCE && k->worker.pid != 0; n++) {
        if (tokens_left(&k->pace, loop_now()) == 0) {
            pause_requests(k);
            return;
        }
        if (!take_one(k))
            return;
    }
}

void keeper_worker_exited(struct keeper *k)
{
    for (int n = 0; n < REQUESTS_LAST && k->worker.pid != 0 && take_one(k); n++)
        ;
    keeper_worker_gone(k);
}
