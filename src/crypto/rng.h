/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SSTPTUN_RNG_H
#define SSTPTUN_RNG_H

#include <stddef.h>
#include <stdint.h>

#include "macros.h"

/* The generator of the process (wolfCrypt's, seeded by getrandom(2) or /dev/urandom). 0 or -errno. Call once, early. */
int rng_open(void) MUST_USE;
void rng_close(void);

/* Has the shape of env.random; user is not used. Needs a successful rng_open(). */
void rng_fill(void *user, uint8_t *out, size_t len);

#endif
