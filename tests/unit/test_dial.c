/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over loopback, with the time given by hand. The file itself is included: what the resolver says is staged. */
#include "check.h"

#include "dial.c"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define FOREVER (20 * USEC_PER_SEC)

struct outcome {
    enum dial_status status;
    int fd;
    struct ipaddr server;
    struct end end;
};

static union endpoint at(const char *addr, uint16_t port)
{
    struct ipaddr a = {0};

    CHECK(ipaddr_parse(addr, &a));
    return endpoint_of(&a, port);
}

static int bind_to(const char *addr, uint16_t port)
{
    union endpoint where = at(addr, port);
    int fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    CHECK_EQ(bind(fd, &where.any, where.any.sa_family == AF_INET6 ? sizeof(where.v6) : sizeof(where.v4)), 0);
    return fd;
}

static uint16_t port_of(int fd)
{
    union endpoint where = {0};
    socklen_t len = sizeof(where);

    CHECK_EQ(getsockname(fd, &where.any, &len), 0);
    return ntohs(where.v4.sin_port); /* the same place in both families */
}

static int listen_on(const char *addr, uint16_t port, int backlog)
{
    int fd = bind_to(addr, port);

    CHECK_EQ(listen(fd, backlog), 0);
    return fd;
}

/* Steps in real time until it is over. */
static struct outcome run(struct dial *dial)
{
    struct outcome o = {.status = DIAL_PENDING, .fd = -1};
    struct loop loop;
    struct loop_event event[2];
    usec_t limit = loop_now() + FOREVER;

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_watch(&loop, dial_fd(dial), 1, LOOP_READ), 0);
    while (o.status == DIAL_PENDING && loop_now() < limit) {
        CHECK(loop_wait(&loop, usec_min(dial_deadline(dial), limit), event, 2) >= 0);
        o.status = dial_step(dial, loop_now(), &o.fd, &o.server, &o.end);
    }
    loop_close(&loop);
    return o;
}

static struct outcome dial_once(const char *host, uint16_t port)
{
    struct outcome o = {.status = DIAL_FAILED, .fd = -1};
    struct dial *dial = dial_new(host, port, NULL, loop_now(), &o.end);

    if (CHECK(dial != NULL))
        o = run(dial);
    dial_free(dial);
    return o;
}

/* A dial whose name was resolved to these. */
static struct dial *staged(const union endpoint *endpoint, size_t n)
{
    struct resolve_answer answer = {.n_endpoint = n};
    struct end end;
    struct dial *dial = dial_new("127.0.0.1", 1, NULL, 0, &end);

    dial->n_attempt = 0;
    memcpy(answer.endpoint, endpoint, n * sizeof(*endpoint));
    interleave(dial, &answer);
    return dial;
}

static bool no_child_left(void)
{
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    CHECK_EQ(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

TEST(literal)
{
    int server = listen_on("127.0.0.1", 0, 5);
    struct outcome o = dial_once("127.0.0.1", port_of(server));
    char text[IPADDR_STR_LEN];

    CHECK_EQ(o.status, DIAL_DONE);
    CHECK_STR(ipaddr_str(&o.server, text), "127.0.0.1");
    CHECK(o.fd > 2);
    CHECK(fcntl(o.fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(o.fd, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(option_of(o.fd, IPPROTO_TCP, TCP_NODELAY) != 0, true);
    CHECK_EQ(option_of(o.fd, SOL_SOCKET, SO_KEEPALIVE) != 0, true);
    close(o.fd);
    close(server);
}

TEST(name)
{
    int server = listen_on("127.0.0.1", 0, 5);
    struct outcome o = dial_once("localhost", port_of(server));

    CHECK_EQ(o.status, DIAL_DONE);
    CHECK_EQ(o.server.family, IP_V4);
    CHECK(no_child_left());
    close(o.fd);
    close(server);
}

TEST(bad_name)
{
    struct outcome o = dial_once("no..such", 443);

    CHECK_EQ(o.status, DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_NAME);
    CHECK(strncmp(o.end.detail, "no..such: ", 10) == 0);
    CHECK(strlen(o.end.detail) > 10);
    CHECK(no_child_left());
}

TEST(refused)
{
    int holder = bind_to("127.0.0.1", 0); /* bound, never listening: refuses for sure */
    struct outcome o = dial_once("127.0.0.1", port_of(holder));
    char want[100];

    CHECK_EQ(o.status, DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s", strerror(ECONNREFUSED));
    CHECK_STR(o.end.detail, want);
    close(holder);
}

TEST(every_address_is_tried_and_named)
{
    int holder = bind_to("127.0.0.1", 0);
    uint16_t port = port_of(holder);
    union endpoint endpoint[] = {at("127.0.0.1", port), at("255.255.255.255", port), at("127.0.0.3", port)};
    struct dial *dial = staged(endpoint, 3);
    struct outcome o = run(dial);
    char want[200];

    CHECK_EQ(o.status, DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s; 255.255.255.255: %s; 127.0.0.3: %s",
                   strerror(ECONNREFUSED), strerror(ENETUNREACH), strerror(ECONNREFUSED));
    CHECK_STR(o.end.detail, want);
    dial_free(dial);
    close(holder);
}

TEST(a_failure_starts_the_next_at_once)
{
    int server = listen_on("127.0.0.2", 0, 5);
    uint16_t port = port_of(server);
    union endpoint endpoint[] = {at("127.0.0.1", port), at("127.0.0.2", port)};
    struct dial *dial = staged(endpoint, 2);
    struct outcome o = {.fd = -1};
    usec_t limit = loop_now() + FOREVER;

    do /* time stands still: nothing but the failure can start the second */
        o.status = dial_step(dial, 0, &o.fd, &o.server, &o.end);
    while (o.status == DIAL_PENDING && loop_now() < limit);
    CHECK_EQ(o.status, DIAL_DONE);
    CHECK_EQ(o.server.byte[3], 2);
    dial_free(dial);
    close(o.fd);
    close(server);
}

/* A listener whose queue is full drops what arrives: neither an answer nor a refusal. */
static int black_hole(const char *addr, int filler[static 3])
{
    int fd = listen_on(addr, 0, 0);
    union endpoint where = at(addr, port_of(fd));

    for (int i = 0; i < 3; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(filler[i], &where.any, sizeof(where.v4));
    }
    return fd;
}

TEST(silence_starts_the_next_after_250_ms)
{
    int filler[3], hole = black_hole("127.0.0.1", filler);
    uint16_t port = port_of(hole);
    int server = listen_on("127.0.0.2", port, 5);
    union endpoint endpoint[] = {at("127.0.0.1", port), at("127.0.0.2", port)};
    struct dial *dial = staged(endpoint, 2);
    struct outcome o = {.fd = -1};

    CHECK_EQ(dial_deadline(dial), 0);
    CHECK_EQ(dial_step(dial, 1000, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial_deadline(dial), 251000);
    CHECK_EQ(dial_step(dial, 250999, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial->n_started, 1);
    CHECK_EQ(dial_step(dial, 251000, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial->n_started, 2);
    o = run(dial);
    CHECK_EQ(o.status, DIAL_DONE);
    CHECK_EQ(o.server.byte[3], 2);
    dial_free(dial);
    for (int i = 0; i < 3; i++)
        close(filler[i]);
    close(o.fd);
    close(hole);
    close(server);
}

TEST(silence_has_a_limit)
{
    int filler[3], hole = black_hole("127.0.0.1", filler);
    union endpoint endpoint[] = {at("127.0.0.1", port_of(hole))};
    struct dial *dial = staged(endpoint, 1);
    struct outcome o = {.fd = -1};
    char want[100];

    CHECK_EQ(dial_step(dial, 5, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial_deadline(dial), 5 + DIAL_CONNECT_LIMIT);
    CHECK_EQ(dial_step(dial, 4 + DIAL_CONNECT_LIMIT, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial_step(dial, 5 + DIAL_CONNECT_LIMIT, &o.fd, &o.server, &o.end), DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s", strerror(ETIMEDOUT));
    CHECK_STR(o.end.detail, want);
    dial_free(dial);
    for (int i = 0; i < 3; i++)
        close(filler[i]);
    close(hole);
}

TEST(families_alternate)
{
    union endpoint endpoint[] = {at("2001:db8::1", 1), at("2001:db8::2", 1), at("2001:db8::3", 1),
                                 at("192.0.2.1", 1), at("192.0.2.2", 1)};
    const char *want[] = {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2", "2001:db8::3"};
    struct dial *dial = staged(endpoint, 5);

    CHECK_EQ(dial->n_attempt, 5);
    for (size_t i = 0; i < 5; i++)
        CHECK_STR(text_of(&dial->attempt[i].endpoint).str, want[i]);
    dial_free(dial);
}

TEST(more_addresses_than_a_line_holds)
{
    union endpoint endpoint[DIAL_ADDRESSES_MAX];
    struct dial *dial;
    struct outcome o;

    for (size_t i = 0; i < DIAL_ADDRESSES_MAX; i++)
        endpoint[i] = at("255.255.255.255", 1);
    dial = staged(endpoint, DIAL_ADDRESSES_MAX);
    o = run(dial);
    CHECK_EQ(o.status, DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_CONNECT);
    CHECK(strlen(o.end.detail) < END_DETAIL_LEN);
    dial_free(dial);
}

/* A resolver child that does as told. */
static void stage_child(struct dial *dial, const void *say, size_t len, bool stay, usec_t deadline)
{
    int fd[2];
    pid_t pid;

    dial->n_attempt = 0;
    CHECK_EQ(pipe2(fd, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        if (len > 0)
            (void)!write(fd[1], say, len);
        while (stay)
            pause();
        _exit(0);
    }
    close(fd[1]);
    dial->resolve = (struct resolve){.pid = pid, .fd = fd[0]};
    dial->resolve_deadline = deadline;
    CHECK_EQ(loop_watch(&dial->loop, fd[0], TAG_RESOLVER, LOOP_READ), 0);
}

TEST(resolver_that_hangs_is_killed)
{
    struct outcome o = {.fd = -1};
    struct dial *dial = dial_new("127.0.0.1", 1, NULL, 0, &o.end);

    stage_child(dial, "", 0, true, DIAL_RESOLVE_LIMIT);
    CHECK_EQ(dial_deadline(dial), DIAL_RESOLVE_LIMIT);
    CHECK_EQ(dial_step(dial, DIAL_RESOLVE_LIMIT - 1, &o.fd, &o.server, &o.end), DIAL_PENDING);
    CHECK_EQ(dial_step(dial, DIAL_RESOLVE_LIMIT, &o.fd, &o.server, &o.end), DIAL_FAILED);
    CHECK_EQ(o.end.reason, END_NAME);
    CHECK_STR(o.end.detail, "127.0.0.1: no answer within 30 s");
    CHECK(no_child_left());
    stage_child(dial, "", 0, true, DIAL_RESOLVE_LIMIT);
    dial_free(dial);
    CHECK(no_child_left());
}

TEST(resolver_that_dies_or_lies)
{
    struct resolve_answer lie = {.n_endpoint = RESOLVE_MAX + 1}, no_family = {.n_endpoint = 1};
    struct {
        const void *say;
        size_t len;
    } row[] = {
        {"", 0}, {"x", 1}, {&lie, sizeof(lie)}, {&lie, sizeof(lie) - 1}, {&no_family, sizeof(no_family)}};

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct outcome o = {.fd = -1};
        struct dial *dial = dial_new("127.0.0.1", 1, NULL, 0, &o.end);

        stage_child(dial, row[i].say, row[i].len, false, loop_now() + FOREVER);
        o = run(dial);
        CHECK_EQ(o.status, DIAL_FAILED);
        CHECK_EQ(o.end.reason, END_NAME);
        CHECK_STR(o.end.detail, "127.0.0.1: the resolver process died");
        dial_free(dial);
        CHECK(no_child_left());
    }
}

TEST(resolver_dies_with_its_parent)
{
    int pipe_fd[2], status = 0;
    pid_t middle, child = 0;

    CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CHECK_EQ(pipe2(pipe_fd, O_CLOEXEC), 0);
    middle = fork();
    if (middle == 0) {
        struct resolve resolve = {.fd = -1};

        if (resolve_start(&resolve, "localhost", 1) == 0)
            kill(resolve.pid, SIGSTOP);
        (void)!write(pipe_fd[1], &resolve.pid, sizeof(resolve.pid));
        _exit(0);
    }
    CHECK_EQ(read(pipe_fd[0], &child, sizeof(child)), sizeof(child));
    CHECK_EQ(waitpid(middle, NULL, 0), middle);
    kill(child, SIGCONT); /* it was stopped before or after it had asked for the signal: both must end it */
    CHECK_EQ(waitpid(child, &status, 0), child); /* returns only if something ended it */
    CHECK(no_child_left());
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

TEST(works_with_closed_standard_descriptors)
{
    int server = listen_on("127.0.0.1", 0, 5), status = -1;
    uint16_t port = port_of(server);
    pid_t pid = fork();

    if (pid == 0) {
        struct outcome o;

        close(0);
        close(1);
        close(2);
        o = dial_once("localhost", port);
        _exit(o.status == DIAL_DONE && o.fd > 2 ? 0 : 1);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
    close(server);
}

CHECK_MAIN()
