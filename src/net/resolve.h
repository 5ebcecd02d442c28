/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name to addresses, in a child process: getaddrinfo() blocks, cannot be interrupted, and parses a stranger's packets.
 * The child keeps no descriptor but its pipe, is confined before it touches the network, ends with its parent or with
 * its time, and its parent believes nothing that it says. Secrets from secret_alloc() are not in it (secret.h).
 */
#ifndef SSTPTUN_RESOLVE_H
#define SSTPTUN_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "clock.h"
#include "endpoint.h"
#include "macros.h"

/* The caller enforces it, with resolve_stop(); the child ends itself a little later, should nobody be able to. */
#define RESOLVE_LIMIT    (30 * USEC_PER_SEC)
#define RESOLVE_TEXT_LEN 112

/* A flat value: it is passed between processes as it is. */
struct resolve_answer {
    union endpoint endpoint[ENDPOINTS_MAX]; /* in the order of preference (RFC 6724), the rest zero */
    uint32_t n_endpoint;                    /* 0: text says why */
    char text[RESOLVE_TEXT_LEN];            /* printable ASCII; beside endpoints: what was left out, or "" */
};

struct resolve {
    pid_t pid; /* 0: no child */
    int fd;    /* readable when the answer is there; -1: none */
    uint16_t port;
};

/* A literal (without brackets) needs no child. False when host is a name. */
bool resolve_literal(const char *host, uint16_t port, struct resolve_answer *ret_answer) MUST_USE;

/*
 * Starts the child. 0 or -errno. It calls confine (NULL: nothing) with nothing open but its pipe, fd; it shall give up what
 * rights there are and not return when it must not go on. What it writes to the pipe, the caller reads from resolve->fd
 * before it calls resolve_finish(). A change of identity takes back the request to be killed when
 * the parent ends (prctl(2), PR_SET_PDEATHSIG): then confine renews it.
 */
int resolve_start(struct resolve *resolve, const char *host, uint16_t port,
                  void (*confine)(void *user, int fd), void *user) MUST_USE;

/*
 * Takes the answer when fd is readable, and ends the child. A child that died without one counts as an answer. The signal
 * is returned of one that had died by a signal of its own making (SIGSYS, SIGSEGV ...), and nothing it said counts; or 0.
 */
int resolve_finish(struct resolve *resolve, struct resolve_answer *ret_answer) MUST_USE;

/* Kills and reaps the child, if there is one. The signal as above. */
int resolve_stop(struct resolve *resolve);

#endif
