/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole tokens only: what is left of an interval waits in `since`. */
#include "line_budget.h"

#define PER_LINE (USEC_PER_SEC / LINE_BUDGET_RATE)

void line_budget_init(struct line_budget *budget, usec_t now)
{
    *budget = (struct line_budget){.since = now, .n_left = LINE_BUDGET_BURST};
}

static void refill(struct line_budget *budget, usec_t now)
{
    usec_t n = (now - budget->since) / PER_LINE;

    if (n >= LINE_BUDGET_BURST - budget->n_left) {
        budget->n_left = LINE_BUDGET_BURST;
        budget->since = now;
    } else {
        budget->n_left += (uint32_t)n;
        budget->since += n * PER_LINE;
    }
}

bool line_budget_take(struct line_budget *budget, usec_t now)
{
    uint32_t needed = budget->n_dropped > 0 ? LINE_BUDGET_RATE : 1;

    refill(budget, now);
    if (budget->n_left < needed) {
        budget->n_dropped++;
        return false;
    }
    budget->n_left--;
    return true;
}

uint32_t line_budget_told(struct line_budget *budget)
{
    uint32_t n = budget->n_dropped;

    budget->n_dropped = 0;
    return n;
}
