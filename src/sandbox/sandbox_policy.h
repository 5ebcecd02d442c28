/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that are left, one row per call and set of conditions, with the reason; where a call has several rows,
 * one of them must hold. Some are answered without being carried out, where a library asks and can do without. Everything
 * else kills the process. docs/security.md shows the same rows, a table for each role; a test holds one against the other.
 */
#ifndef SSTPTUN_SANDBOX_POLICY_H
#define SSTPTUN_SANDBOX_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "sandbox.h"

/* Which C library makes the call: the release binary is musl's, development builds are glibc's. */
enum policy_libc { POLICY_MUSL = 1, POLICY_GLIBC = 2, POLICY_ANY = POLICY_MUSL | POLICY_GLIBC };

/* One condition on one argument; a row holds when all of its conditions do. */
enum policy_test {
    POLICY_ANYTHING, /* no condition */
    POLICY_EQUAL,    /* argument == value */
    POLICY_WITHOUT,  /* no bit of value is set in the argument */
    POLICY_SELF,     /* argument == this process's id */
};

enum policy_action {
    POLICY_ALLOW,
    POLICY_ANSWER, /* not carried out; the caller gets row.error, or 0 */
};

struct policy_filter {
    enum policy_test test;
    unsigned arg; /* 0 to 5 */
    uint64_t value;
};

#define POLICY_FILTERS_MAX 3

struct policy_row {
    const char *name;   /* of the call */
    int number;         /* its number on this architecture */
    unsigned roles;     /* 1U << enum sandbox_role */
    unsigned libc;      /* enum policy_libc */
    const char *filter; /* the conditions in words, "" for none */
    struct policy_filter filters[POLICY_FILTERS_MAX];
    const char *reason;
    enum policy_action action;
    int error; /* a number of errno */
};

/* The whole table, both roles and both C libraries, in the order of the document. */
const struct policy_row *sandbox_policy_list(size_t *ret_n_rows);

/* The C library of this build. */
enum policy_libc sandbox_policy_libc(void);

#endif
