/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of system calls, for act_call.c. */
#ifndef INSIDE_CALL_H
#define INSIDE_CALL_H

#include "inside.h"

/* Arguments that only the running process knows. */
#define ARG_KEEPER    (-70001L)
#define ARG_TUN       (-70002L)
#define ARG_FRESH_TUN (-70003L)
#define ARG_TCP       (-70004L)
#define ARG_SELF      (-70005L)

enum call_kind {
    CALL_PLAIN,
    CALL_ONCE,  /* the process is another one afterwards, or none: not among every-call's */
    CALL_CHILD, /* returns twice */
    CALL_GRIM,  /* would harm the whole host, or can do nothing but fail: never tried without the filter */
};

struct call {
    const char *name;
    long number;
    long arg[6];
    enum call_kind kind;
    int also;                                /* an errno that is as good as success */
    long (*function)(const struct stage *s); /* instead of one call; the result or -1 with errno */
};

const struct call *calls(size_t *ret_n);

#endif
