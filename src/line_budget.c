/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line_budget.h"

void line_budget_init(struct line_budget *budget, usec_t now)
{
    budget->n_dropped = 0;
    tokens_init(&budget->tokens, LINE_BUDGET_BURST, LINE_BUDGET_RATE, now);
}

bool line_budget_take(struct line_budget *budget, usec_t now)
{
    bool waits = budget->n_dropped > 0 && tokens_left(&budget->tokens, now) < LINE_BUDGET_RATE;

    if (!waits && tokens_take(&budget->tokens, 1, now))
        return true;
    budget->n_dropped++;
    return false;
}

uint32_t line_budget_told(struct line_budget *budget)
{
    uint32_t n = budget->n_dropped;

    budget->n_dropped = 0;
    return n;
}
