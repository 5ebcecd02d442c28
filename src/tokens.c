/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tokens.h"

static usec_t interval(const struct tokens *tokens)
{
    return USEC_PER_SEC / tokens->rate;
}

void tokens_init(struct tokens *tokens, uint32_t burst, uint32_t rate, usec_t now)
{
    *tokens = (struct tokens){.burst = burst, .rate = rate, .n_left = burst, .since = now};
}

uint32_t tokens_left(struct tokens *tokens, usec_t now)
{
    usec_t n = (now - tokens->since) / interval(tokens);

    if (n >= tokens->burst - tokens->n_left) {
        tokens->n_left = tokens->burst;
        tokens->since = now;
    } else {
        tokens->n_left += (uint32_t)n;
        tokens->since += n * interval(tokens);
    }
    return tokens->n_left;
}

bool tokens_take(struct tokens *tokens, uint32_t n, usec_t now)
{
    uint32_t n_left = tokens_left(tokens, now);

    tokens->n_left -= n < n_left ? n : n_left;
    return n_left > 0;
}

usec_t tokens_when(struct tokens *tokens, uint32_t n, usec_t now)
{
    uint32_t n_left = tokens_left(tokens, now);

    return n_left >= n ? now : tokens->since + (n - n_left) * interval(tokens);
}
