/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SSTPTUN_RNG_H
#define SSTPTUN_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "macros.h"

/*
 * The generator of the process (wolfCrypt's, seeded by getrandom(2) now and from time to time; no file is opened). 0 or
 * -errno. Once in each process that uses it, and after the fork: a child would go on with the same numbers.
 */
int rng_open(void) MUST_USE;
void rng_close(void);

/* Has the shape of env.random; user is not used. Needs a successful rng_open(). */
void rng_fill(void *user, uint8_t *out, size_t len);

#endif
