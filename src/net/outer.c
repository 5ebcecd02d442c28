/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tuning is a wish: a kernel that knows an option not, or refuses it, is no reason to fail. A congestion control that the
 * user names must be obeyed or reported. It is set before the connection begins, so that the first segment is sent under it.
 *
 * Without the user's word it is BBR, where the kernel has it: on a line with some loss it carries several times as much as
 * cubic, and where the line is the bottleneck packets inside the tunnel wait half as long (docs/dataplane.md). A route that
 * names another one (`ip route ... congctl`) is left alone: connect() has then changed what the socket began with.
 */
#include "outer.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum {
    KEEPALIVE_IDLE_SEC = 60,
    KEEPALIVE_INTERVAL_SEC = 20,
    KEEPALIVE_PROBES = 3,
    USER_TIMEOUT_MSEC =
        150000, /* unacknowledged for so long: dead. After the protocol's own 120 s, as a backstop. */
    NOTSENT_LOWAT =
        64 << 10, /* more unsent data than that only waits: the queue shall be where it can be managed */
    FIRST_FD = 3,
};

#define PREFERRED "bbr"

/* The name of a congestion control (TCP_CA_NAME_MAX). */
struct congestion {
    char name[16];
};

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

/* Where a program was started with stderr closed, a socket must not become it: the log would go to the server. */
static int open_socket(int family, int *ret_fd)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);

    if (fd >= 0 && fd < FIRST_FD) {
        int above = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD), error = errno;

        close(fd);
        fd = above;
        errno = error;
    }
    if (fd < 0)
        return -errno;
    *ret_fd = fd;
    return 0;
}

static int set_congestion(int fd, const char *name, struct end *ret_end)
{
    int r;

    if (!name || setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name)) == 0)
        return 0;
    r = -errno;
    *ret_end = end_make(
        END_HOST, 0,
        "cannot use congestion control %s: %s; /proc/sys/net/ipv4/tcp_available_congestion_control lists what there is",
        name, strerror(-r));
    return r;
}

/* What the socket uses now; "" where the kernel does not tell. */
static struct congestion congestion_of(int fd)
{
    struct congestion now = {""};
    socklen_t len = sizeof(now.name) - 1;

    if (getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, now.name, &len) < 0)
        now.name[0] = '\0';
    return now;
}

/* After connect(): began is what the socket had before it. */
static void prefer_bbr(int fd, const struct congestion *began)
{
    struct congestion now = congestion_of(fd);

    if (strcmp(now.name, began->name) == 0)
        (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, PREFERRED, (socklen_t)strlen(PREFERRED));
}

bool outer_check_congestion(const char *name, struct end *ret_end)
{
    int fd = -1, r;

    if (!name || (open_socket(AF_INET, &fd) < 0 && open_socket(AF_INET6, &fd) < 0))
        return true;
    r = set_congestion(fd, name, ret_end);
    close(fd);
    return r == 0;
}

static int start_connecting(int fd, const union endpoint *endpoint)
{
    bool under_way =
        connect(fd, &endpoint->any, endpoint_len(endpoint)) == 0 || errno == EINPROGRESS || errno == EINTR;

    return under_way ? 0 : -errno;
}

int outer_open(const union endpoint *endpoint, const char *congestion, int *ret_fd, struct end *ret_end)
{
    struct end end = {.reason = END_NONE};
    int fd = -1, r = open_socket(endpoint->any.sa_family, &fd);

    if (r == 0) {
        struct congestion began = congestion_of(fd);

        tune(fd);
        r = set_congestion(fd, congestion, &end);
        if (r == 0)
            r = start_connecting(fd, endpoint);
        if (r == 0)
            r = set_congestion(fd, congestion, &end); /* again: connect() has put the route's in its place */
        if (r == 0 && !congestion)
            prefer_bbr(fd, &began);
        if (r == 0)
            *ret_fd = fd;
        else
            close(fd);
    }
    if (r < 0)
        *ret_end = end;
    return r;
}
