/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "line_budget.h"

#include "check.h"

#define START (5 * USEC_PER_SEC)

static struct line_budget budget;

static unsigned take(unsigned n, usec_t now)
{
    unsigned n_taken = 0;

    while (n-- > 0)
        n_taken += line_budget_take(&budget, now);
    return n_taken;
}

TEST(a_session_with_vv)
{
    line_budget_init(&budget, START);
    CHECK_EQ(take(150, START), 150);
    for (usec_t s = 1; s < 100; s++) /* and as many each second as the rate allows */
        CHECK_EQ(take(LINE_BUDGET_RATE, START + s * USEC_PER_SEC), LINE_BUDGET_RATE);
    CHECK_EQ(line_budget_told(&budget), 0);
}

TEST(a_flood)
{
    line_budget_init(&budget, START);
    CHECK_EQ(take(1000, START), LINE_BUDGET_BURST);
    CHECK_EQ(take(1, START + USEC_PER_SEC / 2), 0); /* a second long */
    CHECK_EQ(take(1, START + USEC_PER_SEC), 1);
    CHECK_EQ(line_budget_told(&budget), 1000 - LINE_BUDGET_BURST + 1);
    CHECK_EQ(line_budget_told(&budget), 0);
    CHECK_EQ(take(1000, START + USEC_PER_SEC), LINE_BUDGET_RATE - 1);
}

TEST(no_more_than_a_burst_after_a_long_silence)
{
    line_budget_init(&budget, START);
    CHECK_EQ(take(1, START), 1);
    CHECK_EQ(take(1000, START + 86400 * USEC_PER_SEC), LINE_BUDGET_BURST);
}

TEST(parts_of_a_token_are_not_lost)
{
    line_budget_init(&budget, START);
    CHECK_EQ(take(LINE_BUDGET_BURST, START), LINE_BUDGET_BURST);
    for (usec_t ms = 1; ms <= 1000; ms++)
        CHECK_EQ(take(ms % 10 == 0, START + ms * USEC_PER_MSEC), ms % 10 == 0);
}

CHECK_MAIN()
