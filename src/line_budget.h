/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many lines the worker may have printed, or those about the host's changes that it asks for: bounded, so that neither
 * one that was taken over nor a server that changes its mind all the time can fill a disk or push what matters out of
 * sight. Honest ones print some sixty lines with -vv.
 */
#ifndef SSTPTUN_LINE_BUDGET_H
#define SSTPTUN_LINE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "macros.h"
#include "tokens.h"

#define LINE_BUDGET_BURST 200
#define LINE_BUDGET_RATE  100 /* per second */

struct line_budget {
    struct tokens tokens;
    uint32_t n_dropped; /* not told yet */
};

void line_budget_init(struct line_budget *budget, usec_t now);

/* Whether one more may go. Once one was dropped, all are for a second: so the loss is told once, not with every line. */
bool line_budget_take(struct line_budget *budget, usec_t now) MUST_USE;

/* How many were dropped since the last time; zero from here on. */
uint32_t line_budget_told(struct line_budget *budget);

#endif
