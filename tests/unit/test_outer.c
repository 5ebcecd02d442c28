/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "outer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static union endpoint at(const char *text, uint16_t port)
{
    struct ipaddr addr = {0};

    CHECK(ipaddr_parse(text, &addr));
    return endpoint_of(&addr, port);
}

static int listen_on(union endpoint *where)
{
    int fd = socket(where->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(*where);

    CHECK_EQ(bind(fd, &where->any, endpoint_len(where)), 0);
    CHECK_EQ(listen(fd, 5), 0);
    CHECK_EQ(getsockname(fd, &where->any, &len), 0);
    return fd;
}

static int option_of(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof(value);

    CHECK_EQ(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

/* 0 or the errno with which the connection ended. */
static int outcome(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    CHECK_EQ(poll(&p, 1, 10000), 1);
    return option_of(fd, SOL_SOCKET, SO_ERROR);
}

TEST(tuned_and_connecting)
{
    union endpoint where = at("127.0.0.1", 0);
    int server = listen_on(&where), fd = -1;
    struct end end;

    CHECK_OR_RETURN(outer_open(&where, NULL, &fd, &end) == 0);
    CHECK(fd > 2);
    CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK(option_of(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(option_of(fd, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK_EQ(option_of(fd, IPPROTO_TCP, TCP_KEEPIDLE), 60);
    CHECK_EQ(option_of(fd, IPPROTO_TCP, TCP_KEEPINTVL), 20);
    CHECK_EQ(option_of(fd, IPPROTO_TCP, TCP_KEEPCNT), 3);
    CHECK_EQ(option_of(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 150000);
    CHECK_EQ(option_of(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 64 << 10);
    CHECK_EQ(outcome(fd), 0);
    close(fd);
    close(server);
}

TEST(refused)
{
    union endpoint where = at("127.0.0.1", 0);
    int server = listen_on(&where), fd = -1, r;
    struct end end = {.reason = END_TLS};

    close(server);
    r = outer_open(&where, NULL, &fd, &end);
    if (r == 0) {
        CHECK_EQ(outcome(fd), ECONNREFUSED);
        close(fd);
    } else {
        CHECK_EQ(r, -ECONNREFUSED);
        CHECK_EQ(end.reason, END_NONE);
    }
}

TEST(unreachable_and_impossible)
{
    union endpoint where = at("255.255.255.255", 1), none = {.any.sa_family = AF_UNSPEC};
    struct end end = {.reason = END_TLS};
    int fd = -7;

    CHECK_EQ(outer_open(&where, NULL, &fd, &end), -ENETUNREACH);
    CHECK_EQ(end.reason, END_NONE);
    end.reason = END_TLS;
    CHECK(outer_open(&none, NULL, &fd, &end) < 0);
    CHECK_EQ(end.reason, END_NONE);
    CHECK_EQ(fd, -7);
}

/* The one that the kernel uses anyway may always be chosen. */
static const char *default_congestion(char out[static 16])
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = 16;

    memset(out, 0, 16);
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, out, &len), 0);
    close(fd);
    return out;
}

TEST(congestion)
{
    union endpoint where = at("127.0.0.1", 0);
    int server = listen_on(&where), fd = -1;
    struct end end;
    char name[16], got[17] = "";
    socklen_t len = 16;

    CHECK(outer_check_congestion(NULL, &end));
    CHECK(outer_check_congestion(default_congestion(name), &end));
    CHECK_OR_RETURN(outer_open(&where, name, &fd, &end) == 0);
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, got, &len), 0);
    CHECK_STR(got, name);
    close(fd);
    close(server);
}

/* Left to itself: BBR where it can be had at all. (A route with another one needs a namespace: tests/netns.) */
TEST(congestion_of_nobodys_choice)
{
    union endpoint where = at("127.0.0.1", 0);
    int server = listen_on(&where), fd = -1;
    struct end end;
    char want[16], got[17] = "";
    socklen_t len = 16;
    bool has_bbr = outer_check_congestion("bbr", &end);

    CHECK_OR_RETURN(outer_open(&where, NULL, &fd, &end) == 0);
    CHECK_EQ(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, got, &len), 0);
    CHECK_STR(got, has_bbr ? "bbr" : default_congestion(want));
    close(fd);
    close(server);
}

TEST(congestion_that_there_is_not)
{
    union endpoint where = at("127.0.0.1", 1);
    struct end end = {.reason = END_NONE};
    char want[200];
    int fd = -7;

    (void)snprintf(want, sizeof(want),
                   "cannot use congestion control nosuch: %s; "
                   "/proc/sys/net/ipv4/tcp_available_congestion_control lists what there is",
                   strerror(ENOENT));
    CHECK(!outer_check_congestion("nosuch", &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK_STR(end.detail, want);
    end = (struct end){.reason = END_NONE};
    CHECK_EQ(outer_open(&where, "nosuch", &fd, &end), -ENOENT);
    CHECK_EQ(end.reason, END_HOST);
    CHECK_STR(end.detail, want);
    CHECK_EQ(fd, -7);
}

TEST(works_with_closed_standard_descriptors)
{
    union endpoint where = at("127.0.0.1", 0);
    int server = listen_on(&where), status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        struct end end;
        int fd = -1;

        for (int i = 0; i < 3; i++)
            close(i);
        _exit(outer_open(&where, NULL, &fd, &end) == 0 && fd > 2 && fcntl(0, F_GETFD) < 0 ? 0 : 1);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
    close(server);
}

CHECK_MAIN()
