/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two phases: a resolver child (resolve.h; none for a literal), then attempts. Attempts start one after the other, the
 * next as soon as the last has failed or has been silent for 250 ms (RFC 8305 5), and run on side by side until one
 * connects; families alternate (RFC 8305 4), so that a broken IPv6 costs a quarter of a second and not a timeout.
 * A loop of its own, nested in the caller's, makes it one descriptor for the outside.
 */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "resolve.h"

_Static_assert(DIAL_ADDRESSES_MAX == RESOLVE_MAX, "one attempt per address");

enum {
    ATTEMPT_DELAY_MSEC = 250, /* RFC 8305 5 */
    KEEPALIVE_IDLE_SEC = 60,
    KEEPALIVE_INTERVAL_SEC = 20,
    KEEPALIVE_PROBES = 3,
    USER_TIMEOUT_MSEC =
        150000, /* unacknowledged for so long: dead. After the protocol's own 120 s, as a backstop. */
    NOTSENT_LOWAT =
        128 << 10, /* more unsent data than that only waits: the queue shall be where it can be managed */
    FIRST_FD = 3,
};

#define TAG_RESOLVER DIAL_ADDRESSES_MAX

struct attempt {
    union endpoint endpoint;
    int fd;    /* -1: not started, or over */
    int error; /* errno, 0: none yet */
    usec_t deadline;
};

struct dial {
    struct loop loop;
    const struct log_sink *log;
    struct resolve resolve;
    usec_t resolve_deadline;
    struct attempt attempt[DIAL_ADDRESSES_MAX];
    size_t n_attempt;
    size_t n_started;
    usec_t next_start;
    char host[256]; /* for messages */
};

struct ipaddr_text {
    char str[IPADDR_STR_LEN];
};

static struct ipaddr ipaddr_of(const union endpoint *endpoint)
{
    uint8_t byte[16];

    if (endpoint->any.sa_family == AF_INET6) {
        memcpy(byte, &endpoint->v6.sin6_addr, 16);
        return ipaddr_v6(byte);
    }
    memcpy(byte, &endpoint->v4.sin_addr, 4);
    return ipaddr_v4(byte);
}

static struct ipaddr_text text_of(const union endpoint *endpoint)
{
    struct ipaddr addr = ipaddr_of(endpoint);
    struct ipaddr_text text = {""};

    (void)ipaddr_str(&addr, text.str);
    return text;
}

static union endpoint endpoint_of(const struct ipaddr *addr, uint16_t port)
{
    union endpoint endpoint = {0};

    if (addr->family == IP_V6) {
        endpoint.v6.sin6_family = AF_INET6;
        endpoint.v6.sin6_port = htons(port);
        memcpy(&endpoint.v6.sin6_addr, addr->byte, 16);
    } else {
        endpoint.v4.sin_family = AF_INET;
        endpoint.v4.sin_port = htons(port);
        memcpy(&endpoint.v4.sin_addr, addr->byte, 4);
    }
    return endpoint;
}

static void add_attempt(struct dial *dial, const union endpoint *endpoint)
{
    dial->attempt[dial->n_attempt++] =
        (struct attempt){.endpoint = *endpoint, .fd = -1, .deadline = USEC_NEVER};
}

/* The position of the next endpoint of (or not of) the family from `from` on; n when there is none. */
static size_t find_family(const struct resolve_answer *answer, size_t from, sa_family_t family, bool same)
{
    while (from < answer->n_endpoint && (answer->endpoint[from].any.sa_family == family) != same)
        from++;
    return from;
}

/* RFC 8305 4: the resolver's order within a family, the family of its first choice first, then in turn. */
static void interleave(struct dial *dial, const struct resolve_answer *answer)
{
    sa_family_t first = answer->endpoint[0].any.sa_family;
    size_t pos[2] = {find_family(answer, 0, first, true), find_family(answer, 0, first, false)};

    for (size_t turn = 0; dial->n_attempt < answer->n_endpoint; turn ^= 1) {
        if (pos[turn] == answer->n_endpoint)
            continue;
        add_attempt(dial, &answer->endpoint[pos[turn]]);
        pos[turn] = find_family(answer, pos[turn] + 1, first, turn == 0);
    }
}

static int start_resolver(struct dial *dial, const char *host, uint16_t port, usec_t now)
{
    int r = resolve_start(&dial->resolve, host, port);

    if (r < 0)
        return r;
    dial->resolve_deadline = usec_after(now, DIAL_RESOLVE_LIMIT);
    return loop_watch(&dial->loop, dial->resolve.fd, TAG_RESOLVER, LOOP_READ);
}

struct dial *dial_new(const char *host, uint16_t port, const struct log_sink *log, usec_t now,
                      struct end *ret_end)
{
    struct dial *dial = calloc(1, sizeof(*dial));
    struct ipaddr literal;
    int r;

    if (!dial) {
        *ret_end = end_make(END_HOST, 0, "out of memory");
        return NULL;
    }
    dial->log = log;
    dial->resolve = (struct resolve){.fd = -1};
    dial->resolve_deadline = USEC_NEVER;
    dial->next_start = now;
    log_safe(dial->host, sizeof(dial->host), bytes_of_str(host));
    r = loop_open(&dial->loop);
    if (r < 0) {
        free(dial);
        *ret_end = end_make(END_HOST, 0, "epoll: %s", strerror(-r));
        return NULL;
    }
    if (ipaddr_parse(host, &literal)) {
        union endpoint endpoint = endpoint_of(&literal, port);

        add_attempt(dial, &endpoint);
        return dial;
    }
    r = start_resolver(dial, host, port, now);
    if (r < 0) {
        dial_free(dial);
        *ret_end = end_make(END_HOST, 0, "cannot start the resolver: %s", strerror(-r));
        return NULL;
    }
    return dial;
}

int dial_fd(const struct dial *dial)
{
    return loop_fd(&dial->loop);
}

usec_t dial_deadline(const struct dial *dial)
{
    usec_t deadline = dial->resolve_deadline;

    if (dial->n_started < dial->n_attempt)
        deadline = usec_min(deadline, dial->next_start);
    for (size_t i = 0; i < dial->n_started; i++) {
        if (dial->attempt[i].fd >= 0)
            deadline = usec_min(deadline, dial->attempt[i].deadline);
    }
    return deadline;
}

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof(value)); /* tuning only: a refusal is no failure */
}

static void tune(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_SEC);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SEC);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MSEC);
    set_option(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT);
}

int dial_set_congestion(int fd, const char *name)
{
    return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) == 0 ? 0 : -errno;
}

/* Where a program was started with stderr closed, a socket must not become it: the log would go to the server. */
static int open_socket(sa_family_t family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP), above;

    if (fd < 0 || fd >= FIRST_FD)
        return fd;
    above = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
    close(fd);
    return above;
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
    bool v6 = attempt->endpoint.any.sa_family == AF_INET6;
    socklen_t len = v6 ? sizeof(attempt->endpoint.v6) : sizeof(attempt->endpoint.v4);

    log_info(dial->log, "connecting to %s", text_of(&attempt->endpoint).str);
    dial->next_start = usec_after(now, ATTEMPT_DELAY_MSEC * USEC_PER_MSEC);
    attempt->deadline = usec_after(now, DIAL_CONNECT_LIMIT);
    attempt->fd = open_socket(attempt->endpoint.any.sa_family);
    if (attempt->fd < 0) {
        fail(dial, attempt, errno);
    } else {
        tune(attempt->fd);
        if (connect(attempt->fd, &attempt->endpoint.any, len) < 0 && errno != EINPROGRESS && errno != EINTR) {
            fail(dial, attempt, errno);
        } else {
            int r = loop_watch(&dial->loop, attempt->fd, (uint32_t)dial->n_started, LOOP_WRITE);

            if (r < 0)
                fail(dial, attempt, -r);
        }
    }
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

/* Takes what the loop has. The attempt that is connected, or NULL; *ret_resolved when the child has answered. */
static struct attempt *poll_events(struct dial *dial, bool *ret_resolved)
{
    struct loop_event event[DIAL_ADDRESSES_MAX + 1];
    int n = loop_wait(&dial->loop, 0, event, ARRAY_LEN(event));

    for (int i = 0; i < n; i++) {
        struct attempt *attempt = &dial->attempt[event[i].tag % DIAL_ADDRESSES_MAX];

        if (event[i].tag == TAG_RESOLVER)
            *ret_resolved = true;
        else if (attempt->fd >= 0 && settle(dial, attempt))
            return attempt;
    }
    return NULL;
}

static enum dial_status end_resolver(struct dial *dial, usec_t now, bool resolved, struct end *ret_end)
{
    struct resolve_answer answer;

    if (!resolved && now < dial->resolve_deadline)
        return DIAL_PENDING;
    dial->resolve_deadline = USEC_NEVER;
    loop_unwatch(&dial->loop, dial->resolve.fd);
    if (!resolved) {
        resolve_stop(&dial->resolve);
        *ret_end = end_make(END_NAME, 0, "%s: no answer within %u s", dial->host,
                            (unsigned)(DIAL_RESOLVE_LIMIT / USEC_PER_SEC));
        return DIAL_FAILED;
    }
    resolve_finish(&dial->resolve, &answer);
    if (answer.n_endpoint == 0) {
        *ret_end = end_make(END_NAME, 0, "%s: %s", dial->host, answer.text);
        return DIAL_FAILED;
    }
    interleave(dial, &answer);
    dial->next_start = now;
    return DIAL_PENDING;
}

static struct end all_failed(const struct dial *dial)
{
    char text[END_DETAIL_LEN] = "";
    size_t len = 0;

    for (size_t i = 0; i < dial->n_attempt && len < sizeof(text); i++) {
        int n = snprintf(text + len, sizeof(text) - len, "%s%s: %s", i ? "; " : "",
                         text_of(&dial->attempt[i].endpoint).str, strerror(dial->attempt[i].error));

        len += n > 0 ? (size_t)n : 0;
    }
    return end_make(END_CONNECT, 0, "%s", text);
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

static enum dial_status hand_over(struct dial *dial, struct attempt *attempt, int *ret_fd,
                                  struct ipaddr *ret_server)
{
    loop_unwatch(&dial->loop, attempt->fd);
    *ret_fd = attempt->fd;
    *ret_server = ipaddr_of(&attempt->endpoint);
    log_info(dial->log, "connected to %s", text_of(&attempt->endpoint).str);
    attempt->fd = -1;
    return DIAL_DONE;
}

enum dial_status dial_step(struct dial *dial, usec_t now, int *ret_fd, struct ipaddr *ret_server,
                           struct end *ret_end)
{
    bool resolved = false;
    struct attempt *connected = poll_events(dial, &resolved);

    if (connected)
        return hand_over(dial, connected, ret_fd, ret_server);
    if (dial->resolve.pid > 0) {
        enum dial_status status = end_resolver(dial, now, resolved, ret_end);

        if (status == DIAL_FAILED || dial->resolve.pid > 0)
            return status;
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
    resolve_stop(&dial->resolve);
    for (size_t i = 0; i < dial->n_started; i++) {
        if (dial->attempt[i].fd >= 0)
            close(dial->attempt[i].fd);
    }
    loop_close(&dial->loop);
    free(dial);
}
