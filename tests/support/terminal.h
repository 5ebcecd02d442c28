/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A child on a pseudo-terminal of its own, the test at the other end. */
#ifndef TERMINAL_H
#define TERMINAL_H

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"

/* What the child does is told by its exit status: 0 when all its checks held. */
typedef int terminal_fn(void);

/* What the last child has printed, as far as it was read. */
static char terminal_seen[4096];

/* Its standard input leads elsewhere. It has 30 s, should nobody type what it waits for. -1 when it cannot be made. */
static inline pid_t terminal_child(terminal_fn *fn, int *ret_master)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    const char *name;
    pid_t pid;

    if (!CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0))
        return -1;
    name = ptsname(master);
    pid = fork();
    if (pid == 0) {
        (void)setsid();
        (void)alarm(30);
        (void)dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
        _exit(open(name, O_RDWR) >= 0 ? fn() : 1); /* becomes the controlling terminal */
    }
    terminal_seen[0] = '\0';
    *ret_master = master;
    return pid;
}

/* Reads until text has been seen. False when the terminal is hung up first, or silent for ten seconds. */
static inline bool terminal_says(int master, const char *text)
{
    size_t n = strlen(terminal_seen);

    while (!strstr(terminal_seen, text)) {
        struct pollfd p = {.fd = master, .events = POLLIN};
        ssize_t got =
            poll(&p, 1, 10000) == 1 ? read(master, terminal_seen + n, sizeof(terminal_seen) - 1 - n) : -1;

        if (got <= 0)
            return false;
        n += (size_t)got;
        terminal_seen[n] = '\0';
    }
    return true;
}

static inline bool terminal_echoes(int master)
{
    struct termios t;

    return tcgetattr(master, &t) == 0 && (t.c_lflag & ECHO);
}

static inline void terminal_type(int master, const char *text)
{
    CHECK(write(master, text, strlen(text)) == (ssize_t)strlen(text));
}

/* Waits for its end. */
static inline bool terminal_child_is_content(pid_t pid)
{
    int status = 1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

#endif
