/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The descriptor is shared with whoever started us and with hooks, so it must not become non-blocking. Instead it is
 * asked first: a pipe that is writable has room for PIPE_BUF bytes (pipe(7)), a socket for a share of its buffer, and
 * what is written at once here is less. A terminal may have room for half a line; it can be opened once more, so there
 * the descriptor is our own and does not block.
 */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "macros.h"

#define TEXT_LEN 1280 /* a line of log.c, its prefix, and the count before it */

_Static_assert(TEXT_LEN <= PIPE_BUF, "a pipe takes it whole or not at all");

void console_init(struct console *console, int fd)
{
    char path[32];
    int own = -1;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (isatty(fd))
        own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    *console = (struct console){.fd = own >= 0 ? own : fd}; /* no /proc, or another user's terminal */
}

/* Not when nobody can read it ever again (POLLERR, POLLHUP): a broken pipe would bring SIGPIPE. */
static bool has_room(const struct console *console)
{
    struct pollfd wait = {.fd = console->fd, .events = POLLOUT};
    int n;

    do
        n = poll(&wait, 1, console->patience_ms);
    while (n < 0 && errno == EINTR);
    return n == 1 && wait.revents == POLLOUT;
}

/* Never longer than cap, and always with its newline. */
static size_t format(const struct console *console, const char *line, char *out, size_t cap)
{
    int len = 0;

    if (console->n_dropped > 0)
        len = snprintf(out, cap, "sstptun: (%u lines dropped: nobody took them)\n", console->n_dropped);
    len += snprintf(out + len, cap - (size_t)len, "sstptun: %s\n", line);
    if ((size_t)len < cap)
        return (size_t)len;
    out[cap - 1] = '\n';
    return cap;
}

void console_write(void *user, enum log_level level, const char *line)
{
    struct console *console = user;
    char text[TEXT_LEN];
    size_t len = format(console, line, text, sizeof(text));

    (void)level;
    if (has_room(console) && write(console->fd, text, len) > 0)
        console->n_dropped = 0;
    else
        console->n_dropped++;
}
