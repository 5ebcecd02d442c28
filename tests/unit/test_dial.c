/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over loopback, with the time given by hand and sockets from the test's own opener, which is outer.c's. */
#include "dial.h"

#include <errno.h>
#include <unistd.h>

#include "check.h"
#include "loop.h"
#include "outer.h"

#define FOREVER (20 * USEC_PER_SEC)

/* What the dial is given, and what it asked for. */
struct bench {
    union endpoint endpoint[ENDPOINTS_MAX + 1];
    size_t n_endpoint;
    int refuse; /* -errno instead of a socket */
    size_t asked[ENDPOINTS_MAX];
    size_t n_asked;
    struct dial *dial;
    enum dial_status status;
    struct dial_connection connection;
    struct end end;
};

static struct bench bench;

static int open_one(void *user, size_t index, int *ret_fd)
{
    struct end end;

    CHECK(user == &bench);
    CHECK(index < bench.n_endpoint);
    if (CHECK(bench.n_asked < ENDPOINTS_MAX))
        bench.asked[bench.n_asked++] = index;
    return bench.refuse ? bench.refuse : outer_open(&bench.endpoint[index], NULL, ret_fd, &end);
}

static union endpoint at(const char *addr, uint16_t port)
{
    struct ipaddr a = {0};

    CHECK(ipaddr_parse(addr, &a));
    return endpoint_of(&a, port);
}

static void begin(const char *const *addr, size_t n, uint16_t port)
{
    static const struct dial_opener opener = {.open = open_one, .user = &bench};

    bench = (struct bench){.n_endpoint = n, .status = DIAL_PENDING, .connection.fd = -1};
    for (size_t i = 0; i < n; i++)
        bench.endpoint[i] = at(addr[i], port);
    bench.dial = dial_new(bench.endpoint, n, &opener, NULL, 0, &bench.end);
    CHECK(bench.dial != NULL);
}

#define BEGIN(port, ...) \
    begin((const char *const[]){__VA_ARGS__}, ARRAY_LEN(((const char *const[]){__VA_ARGS__})), port)

static enum dial_status step(usec_t now)
{
    bench.status = dial_step(bench.dial, now, &bench.connection, &bench.end);
    return bench.status;
}

static void end(void)
{
    dial_free(bench.dial);
    bench.dial = NULL;
    if (bench.connection.fd >= 0)
        close(bench.connection.fd);
}

/* Steps in real time until it is over. */
static void run(void)
{
    struct loop loop;
    struct loop_event event[2];
    usec_t limit = loop_now() + FOREVER;

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_watch(&loop, dial_fd(bench.dial), 1, LOOP_READ), 0);
    while (bench.status == DIAL_PENDING && loop_now() < limit) {
        CHECK(loop_wait(&loop, usec_min(dial_deadline(bench.dial), limit), event, 2) >= 0);
        (void)step(loop_now());
    }
    loop_close(&loop);
}

static int bind_to(const char *addr, uint16_t port)
{
    union endpoint where = at(addr, port);
    int fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), 0);
    CHECK_EQ(bind(fd, &where.any, endpoint_len(&where)), 0);
    return fd;
}

static uint16_t port_of(int fd)
{
    union endpoint where = {0};
    socklen_t len = sizeof(where);

    CHECK_EQ(getsockname(fd, &where.any, &len), 0);
    return endpoint_port(&where);
}

static int listen_on(const char *addr, uint16_t port, int backlog)
{
    int fd = bind_to(addr, port);

    CHECK_EQ(listen(fd, backlog), 0);
    return fd;
}

TEST(connects)
{
    int server = listen_on("127.0.0.1", 0, 5);
    char text[IPADDR_STR_LEN];

    BEGIN(port_of(server), "127.0.0.1");
    CHECK_EQ(bench.n_asked, 0); /* nothing before the first step */
    run();
    CHECK_EQ(bench.status, DIAL_DONE);
    CHECK_EQ(bench.connection.index, 0);
    CHECK_STR(ipaddr_str(&bench.connection.server, text), "127.0.0.1");
    CHECK_EQ(send(bench.connection.fd, "x", 1, MSG_NOSIGNAL), 1);
    end();
    close(server);
}

TEST(refused)
{
    int holder = bind_to("127.0.0.1", 0); /* bound, never listening: refuses for sure */
    uint16_t port = port_of(holder);
    char want[100];

    BEGIN(port, "127.0.0.1");
    run();
    CHECK_EQ(bench.status, DIAL_FAILED);
    CHECK_EQ(bench.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s (port %u)", strerror(ECONNREFUSED), port);
    CHECK_STR(bench.end.detail, want);
    end();
    close(holder);
}

TEST(every_address_is_tried_and_named)
{
    int holder = bind_to("127.0.0.1", 0);
    uint16_t port = port_of(holder);
    char want[200];

    BEGIN(port, "127.0.0.1", "255.255.255.255", "127.0.0.3");
    run();
    CHECK_EQ(bench.status, DIAL_FAILED);
    CHECK_EQ(bench.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s; 255.255.255.255: %s; 127.0.0.3: %s (port %u)",
                   strerror(ECONNREFUSED), strerror(ENETUNREACH), strerror(ECONNREFUSED), port);
    CHECK_STR(bench.end.detail, want);
    end();
    close(holder);
}

TEST(a_failure_starts_the_next_at_once)
{
    int server = listen_on("127.0.0.2", 0, 5);
    usec_t limit = loop_now() + FOREVER;

    BEGIN(port_of(server), "127.0.0.1", "127.0.0.2");
    while (step(0) == DIAL_PENDING && loop_now() < limit)
        ; /* time stands still: nothing but the failure can start the second */
    CHECK_EQ(bench.status, DIAL_DONE);
    CHECK_EQ(bench.connection.index, 1);
    CHECK_EQ(bench.connection.server.byte[3], 2);
    end();
    close(server);
}

/* The opener's refusals are outcomes like any other, and no descriptor is taken from it with them. */
static void refused_with(int error, enum end_reason reason)
{
    char want[200];

    BEGIN(443, "127.0.0.1", "127.0.0.2");
    bench.refuse = -error;
    CHECK_EQ(step(0), DIAL_FAILED);
    CHECK_EQ(bench.n_asked, 2);
    CHECK_EQ(bench.end.reason, reason);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s; 127.0.0.2: %s (port 443)", strerror(error),
                   strerror(error));
    CHECK_STR(bench.end.detail, want);
    end();
}

TEST(no_socket_to_be_had)
{
    refused_with(EAFNOSUPPORT, END_CONNECT);
    refused_with(ENETUNREACH, END_CONNECT);
}

/* Whether the server can be reached nobody has found out. */
TEST(this_host_is_short_of_something)
{
    refused_with(EMFILE, END_HOST);
    refused_with(ENFILE, END_HOST);
    refused_with(ENOMEM, END_HOST);
    refused_with(ENOBUFS, END_HOST);
}

/* A listener whose queue is full drops what arrives: neither an answer nor a refusal. */
static int black_hole(const char *addr, int filler[static 3])
{
    int fd = listen_on(addr, 0, 0);
    union endpoint where = at(addr, port_of(fd));

    for (int i = 0; i < 3; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        (void)connect(filler[i], &where.any, endpoint_len(&where));
    }
    return fd;
}

static void close_hole(int hole, const int filler[static 3])
{
    for (int i = 0; i < 3; i++)
        close(filler[i]);
    close(hole);
}

TEST(silence_starts_the_next_after_250_ms)
{
    int filler[3], hole = black_hole("127.0.0.1", filler);
    int server = listen_on("127.0.0.2", port_of(hole), 5);

    BEGIN(port_of(hole), "127.0.0.1", "127.0.0.2");
    CHECK_EQ(dial_deadline(bench.dial), 0);
    CHECK_EQ(step(1000), DIAL_PENDING);
    CHECK_EQ(dial_deadline(bench.dial), 251000);
    CHECK_EQ(step(250999), DIAL_PENDING);
    CHECK_EQ(bench.n_asked, 1);
    CHECK_EQ(step(251000), DIAL_PENDING);
    CHECK_EQ(bench.n_asked, 2);
    run();
    CHECK_EQ(bench.status, DIAL_DONE);
    CHECK_EQ(bench.connection.index, 1);
    end();
    close_hole(hole, filler);
    close(server);
}

TEST(silence_has_a_limit)
{
    int filler[3], hole = black_hole("127.0.0.1", filler);
    char want[100];

    BEGIN(port_of(hole), "127.0.0.1");
    CHECK_EQ(step(5), DIAL_PENDING);
    CHECK_EQ(dial_deadline(bench.dial), 5 + DIAL_CONNECT_LIMIT);
    CHECK_EQ(step(4 + DIAL_CONNECT_LIMIT), DIAL_PENDING);
    CHECK_EQ(step(5 + DIAL_CONNECT_LIMIT), DIAL_FAILED);
    CHECK_EQ(bench.end.reason, END_CONNECT);
    (void)snprintf(want, sizeof(want), "127.0.0.1: %s (port %u)", strerror(ETIMEDOUT), port_of(hole));
    CHECK_STR(bench.end.detail, want);
    end();
    close_hole(hole, filler);
}

/* The indices are the caller's, whatever the order of the attempts. */
TEST(families_alternate)
{
    static const size_t want[] = {0, 3, 1, 4, 2};

    BEGIN(1, "2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "192.0.2.2");
    bench.refuse = -EHOSTUNREACH;
    CHECK_EQ(step(0), DIAL_FAILED);
    CHECK_EQ(bench.n_asked, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_EQ(bench.asked[i], want[i]);
    end();
}

TEST(ipv4_first_if_the_resolver_says_so)
{
    static const size_t want[] = {0, 1, 2};

    BEGIN(1, "192.0.2.1", "2001:db8::1", "192.0.2.2");
    bench.refuse = -EHOSTUNREACH;
    CHECK_EQ(step(0), DIAL_FAILED);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        CHECK_EQ(bench.asked[i], want[i]);
    end();
}

TEST(more_addresses_than_a_line_holds)
{
    const char *addr[ENDPOINTS_MAX + 1];

    for (size_t i = 0; i < ARRAY_LEN(addr); i++)
        addr[i] = "255.255.255.255";
    begin(addr, ARRAY_LEN(addr), 65535); /* one more than is taken */
    run();
    CHECK_EQ(bench.status, DIAL_FAILED);
    CHECK_EQ(bench.n_asked, ENDPOINTS_MAX);
    CHECK_EQ(bench.end.reason, END_CONNECT);
    CHECK(strlen(bench.end.detail) < END_DETAIL_LEN);
    CHECK_STR(bench.end.detail + strlen(bench.end.detail) - 13, " (port 65535)");
    end();
}

/* What is under way when nobody wants it any more is closed. */
TEST(freed_in_the_middle)
{
    int filler[3], hole = black_hole("127.0.0.1", filler), before, after;

    before = dup(hole);
    BEGIN(port_of(hole), "127.0.0.1", "127.0.0.1");
    CHECK_EQ(step(0), DIAL_PENDING);
    CHECK_EQ(step(250000), DIAL_PENDING);
    CHECK_EQ(bench.n_asked, 2);
    end();
    dial_free(NULL);
    close(before);
    after = dup(hole);
    CHECK_EQ(after, before);
    close(after);
    close_hole(hole, filler);
}

CHECK_MAIN()
