/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors that say nothing about what was asked for: this host has none left of what it takes. */
#ifndef SSTPTUN_SHORTAGE_H
#define SSTPTUN_SHORTAGE_H

#include <errno.h>
#include <stdbool.h>

/* error: an errno. Descriptors or memory have run out, of the process or of the system. */
static inline bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

#endif
