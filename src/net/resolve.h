/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name to addresses, in a child process: getaddrinfo() blocks, cannot be interrupted, and parses a stranger's packets. */
#ifndef SSTPTUN_RESOLVE_H
#define SSTPTUN_RESOLVE_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "macros.h"

#define RESOLVE_MAX      16
#define RESOLVE_TEXT_LEN 112

/* Where to connect to: with its port, and for an IPv6 link-local address its scope. */
union endpoint {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct resolve_answer {
    union endpoint endpoint[RESOLVE_MAX]; /* in the order of preference (RFC 6724) */
    size_t n_endpoint;                    /* 0: text says why */
    char text[RESOLVE_TEXT_LEN];
};

struct resolve {
    pid_t pid; /* 0: no child */
    int fd;    /* readable when the answer is there; -1: none */
};

/* Starts the child. 0 or -errno. */
int resolve_start(struct resolve *resolve, const char *host, uint16_t port) MUST_USE;

/* Takes the answer when fd is readable, and ends the child. A child that died without one counts as an answer. */
void resolve_finish(struct resolve *resolve, struct resolve_answer *ret_answer);

/* Kills and reaps the child, if there is one. */
void resolve_stop(struct resolve *resolve);

#endif
