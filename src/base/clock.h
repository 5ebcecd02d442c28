/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Points in time and spans, in microseconds. Nothing here reads a clock: `now` is always an argument, so that a test's
 * clock is an integer it adds to.
 */
#ifndef SSTPTUN_CLOCK_H
#define SSTPTUN_CLOCK_H

#include <stdint.h>

typedef uint64_t usec_t;

#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_PER_SEC  ((usec_t)1000000)
#define USEC_NEVER    UINT64_MAX /* a deadline that is not set */

/* now + span, USEC_NEVER instead of an overflow. */
static inline usec_t usec_after(usec_t now, usec_t span)
{
    return span > USEC_NEVER - now ? USEC_NEVER : now + span;
}

static inline usec_t usec_min(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

#endif
