/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host that is only remembered: netcfg's acts are written down, one line each ("+route 10.0.0.0/8", "-route ...",
 * ".link ..." for a mere preparation), and what exists is kept as a list, so that a test can see what was done in which
 * order and that nothing is left.
 */
#ifndef NETCFG_RECORDER_H
#define NETCFG_RECORDER_H

#include "netcfg.h"

struct netcfg_recorder {
    char acts[16384];       /* what was done, in order; the test may reset it to "" */
    struct netplan present; /* what exists now */
    unsigned n_add;         /* calls of add() so far */
    unsigned fail_add;      /* this call fails, counted from 1; 0: none */
    int fail_del;           /* every removal fails with this; 0: none */
    int fail_error;         /* what a failing add() returns, -errno */
    const char *words;      /* the kernel's words beside it */
    size_t n_stale;         /* what clean_stale() finds */
    unsigned n_picked;
    struct ipprefix way; /* a route that the host has elsewhere */
    int fail_elsewhere;  /* the host cannot be asked: -errno */
};

void netcfg_recorder_init(struct netcfg_recorder *recorder);

/* The acts; recorder must outlive them. */
void netcfg_recorder_ops(struct netcfg_recorder *recorder, struct netcfg_ops *ret_ops);

#endif
