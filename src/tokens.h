/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A token bucket: so many at once, so many per second after that. What waits for one is the caller's business. */
#ifndef SSTPTUN_TOKENS_H
#define SSTPTUN_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "macros.h"

struct tokens {
    uint32_t burst;
    uint32_t rate;   /* per second, 1 to USEC_PER_SEC */
    uint32_t n_left; /* of them at most burst */
    usec_t since;    /* up to when tokens were given: what is left of an interval waits here */
};

void tokens_init(struct tokens *tokens, uint32_t burst, uint32_t rate, usec_t now);

/* How many there are now. */
uint32_t tokens_left(struct tokens *tokens, usec_t now);

/* Takes n of them, or what is left. False when there was none. */
bool tokens_take(struct tokens *tokens, uint32_t n, usec_t now) MUST_USE;

/* When n of them will be there (n is at most the burst): now or later. */
usec_t tokens_when(struct tokens *tokens, uint32_t n, usec_t now);

#endif
