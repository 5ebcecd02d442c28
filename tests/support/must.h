/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In a child that a test has made: what has to work there, or nothing is tested. */
#ifndef MUST_H
#define MUST_H

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* Ends the process with 255 and errno's words. */
static inline void must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    _exit(255);
}

#endif
