/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attempts start one after the other, the next as soon as the last has failed or has been silent for 250 ms (RFC 8305
 * 5), and run on side by side until one connects; families alternate (RFC 8305 4), so that a broken IPv6 costs a
 * quarter of a second and not a timeout. A loop of its own, nested in the caller's, makes it one descriptor for the
 * outside.
 */
#include "dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "shortage.h"

enum { ATTEMPT_DELAY_MSEC = 250 }; /* RFC 8305 5 */

struct attempt {
    union endpoint endpoint;
    size_t index; /* in the caller's list */
    int fd;       /* -1: not started, or over */
    int error;    /* errno, 0: none yet */
    usec_t deadline;
};

struct dial {
    struct loop loop;
    const struct log_sink *log;
    struct dial_opener opener;
    struct attempt attempt[ENDPOINTS_MAX];
    size_t n_attempt;
    size_t n_started;
    usec_t next_start;
};

struct ipaddr_text {
    char str[IPADDR_STR_LEN];
};

static struct ipaddr_text text_of(const union endpoint *endpoint)
{
    struct ipaddr addr = endpoint_ipaddr(endpoint);
    struct ipaddr_text text = {""};

    (void)ipaddr_str(&addr, text.str);
    return text;
}

/* The position of the next endpoint of (or not of) the family from `from` on; n when there is none. */
static size_t find_family(const union endpoint *endpoint, size_t n, size_t from, sa_family_t family,
                          bool same)
{
    while (from < n && (endpoint[from].any.sa_family == family) != same)
        from++;
    return from;
}

/* RFC 8305 4: the resolver's order within a family, the family of its first choice first, then in turn. */
static void interleave(struct dial *dial, const union endpoint *endpoint, size_t n)
{
    sa_family_t first = endpoint[0].any.sa_family;
    size_t pos[2] = {find_family(endpoint, n, 0, first, true), find_family(endpoint, n, 0, first, false)};

    for (size_t turn = 0; dial->n_attempt < n; turn ^= 1) {
        size_t at = pos[turn];

        if (at == n)
            continue;
        dial->attempt[dial->n_attempt++] =
            (struct attempt){.endpoint = endpoint[at], .index = at, .fd = -1, .deadline = USEC_NEVER};
        pos[turn] = find_family(endpoint, n, at + 1, first, turn == 0);
    }
}

struct dial *dial_new(const union endpoint *endpoint, size_t n_endpoint, const struct dial_opener *opener,
                      const struct log_sink *log, usec_t now, struct end *ret_end)
{
    struct dial *dial = calloc(1, sizeof(*dial));
    int r;

    if (!dial) {
        *ret_end = end_make(END_HOST, 0, "out of memory");
        return NULL;
    }
    dial->log = log;
    dial->opener = *opener;
    dial->next_start = now;
    r = loop_open(&dial->loop);
    if (r < 0) {
        free(dial);
        *ret_end = end_make(END_HOST, 0, "epoll: %s", strerror(-r));
        return NULL;
    }
    interleave(dial, endpoint, n_endpoint < ENDPOINTS_MAX ? n_endpoint : ENDPOINTS_MAX);
    return dial;
}

int dial_fd(const struct dial *dial)
{
    return loop_fd(&dial->loop);
}

usec_t dial_deadline(const struct dial *dial)
{
    usec_t deadline = dial->n_started < dial->n_attempt ? dial->next_start : USEC_NEVER;

    for (size_t i = 0; i < dial->n_started; i++) {
        if (dial->attempt[i].fd >= 0)
            deadline = usec_min(deadline, dial->attempt[i].deadline);
    }
    return deadline;
}

static void fail(struct dial *dial, struct attempt *attempt, int error)
{
    log_info(dial->log, "%s: %s", text_of(&attempt->endpoint).str, strerror(error));
    attempt->error = error;
    dial->next_start = 0; /* no reason left for the next one to wait */
    if (attempt->fd >= 0) {
        loop_unwatch(&dial->loop, attempt->fd);
        close(attempt->fd);
        attempt->fd = -1;
    }
}

static void start_attempt(struct dial *dial, usec_t now)
{
    struct attempt *attempt = &dial->attempt[dial->n_started];
    int r;

    log_info(dial->log, "connecting to %s", text_of(&attempt->endpoint).str);
    dial->next_start = usec_after(now, ATTEMPT_DELAY_MSEC * USEC_PER_MSEC);
    attempt->deadline = usec_after(now, DIAL_CONNECT_LIMIT);
    r = dial->opener.open(dial->opener.user, attempt->index, &attempt->fd);
    if (r == 0)
        r = loop_watch(&dial->loop, attempt->fd, (uint32_t)dial->n_started, LOOP_WRITE);
    if (r < 0)
        fail(dial, attempt, -r);
    dial->n_started++;
}

/* An attempt has an outcome: true when it is connected. */
static bool settle(struct dial *dial, struct attempt *attempt)
{
    socklen_t len = sizeof(int);
    int error = 0;

    if (getsockopt(attempt->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    /* A reset is no refusal: somebody answered and hung up before we looked. TLS will find the same, and say so. */
    if (error == 0 || error == ECONNRESET)
        return true;
    fail(dial, attempt, error);
    return false;
}

/* Takes what the loop has. The attempt that is connected, or NULL. */
static struct attempt *poll_events(struct dial *dial)
{
    struct loop_event event[ENDPOINTS_MAX];
    int n = loop_wait(&dial->loop, 0, event, ARRAY_LEN(event));

    for (int i = 0; i < n; i++) {
        struct attempt *attempt = &dial->attempt[event[i].tag % ENDPOINTS_MAX];

        if (attempt->fd >= 0 && settle(dial, attempt))
            return attempt;
    }
    return NULL;
}

/*
 * "192.0.2.1: Connection refused; 2001:db8::1: Network is unreachable (port 443)". Where one could not even be tried,
 * nobody knows whether the server can be reached.
 */
static struct end all_failed(const struct dial *dial)
{
    char text[END_DETAIL_LEN - sizeof(" (port 65535)") + 1] = "";
    bool short_of = false;
    size_t len = 0;

    for (size_t i = 0; i < dial->n_attempt && len < sizeof(text); i++) {
        int n = snprintf(text + len, sizeof(text) - len, "%s%s: %s", i ? "; " : "",
                         text_of(&dial->attempt[i].endpoint).str, strerror(dial->attempt[i].error));

        len += n > 0 ? (size_t)n : 0;
    }
    for (size_t i = 0; i < dial->n_attempt; i++)
        short_of |= is_shortage(dial->attempt[i].error);
    return end_make(short_of ? END_HOST : END_CONNECT, 0, "%s (port %u)", text,
                    endpoint_port(&dial->attempt[0].endpoint));
}

/* Starts what is due, ends what has taken too long. The number of attempts still running. */
static size_t run_attempts(struct dial *dial, usec_t now)
{
    size_t running = 0;

    for (size_t i = 0; i < dial->n_started; i++) {
        struct attempt *attempt = &dial->attempt[i];

        if (attempt->fd >= 0 && now >= attempt->deadline)
            fail(dial, attempt, ETIMEDOUT);
        running += attempt->fd >= 0;
    }
    while (dial->n_started < dial->n_attempt && now >= dial->next_start) {
        start_attempt(dial, now);
        running += dial->attempt[dial->n_started - 1].fd >= 0;
    }
    return running;
}

enum dial_status dial_step(struct dial *dial, usec_t now, struct dial_connection *ret_connection,
                           struct end *ret_end)
{
    struct attempt *attempt = poll_events(dial);

    if (attempt) {
        loop_unwatch(&dial->loop, attempt->fd);
        log_info(dial->log, "connected to %s", text_of(&attempt->endpoint).str);
        *ret_connection = (struct dial_connection){
            .fd = attempt->fd, .index = attempt->index, .server = endpoint_ipaddr(&attempt->endpoint)};
        attempt->fd = -1;
        return DIAL_DONE;
    }
    if (run_attempts(dial, now) > 0 || dial->n_started < dial->n_attempt)
        return DIAL_PENDING;
    *ret_end = all_failed(dial);
    return DIAL_FAILED;
}

void dial_free(struct dial *dial)
{
    if (!dial)
        return;
    for (size_t i = 0; i < dial->n_started; i++) {
        if (dial->attempt[i].fd >= 0)
            close(dial->attempt[i].fd);
    }
    loop_close(&dial->loop);
    free(dial);
}
