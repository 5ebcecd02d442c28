/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tokens.h"

#include "check.h"

#define START (5 * USEC_PER_SEC)

TEST(a_burst_then_the_rate)
{
    struct tokens tokens;

    tokens_init(&tokens, 3, 10, START);
    for (int i = 0; i < 3; i++)
        CHECK(tokens_take(&tokens, 1, START));
    CHECK(!tokens_take(&tokens, 1, START));
    CHECK(!tokens_take(&tokens, 1, START + 99 * USEC_PER_MSEC));
    CHECK(tokens_take(&tokens, 1, START + 100 * USEC_PER_MSEC));
    CHECK(!tokens_take(&tokens, 1, START + 199 * USEC_PER_MSEC)); /* parts of a token wait */
    CHECK(tokens_take(&tokens, 1, START + 200 * USEC_PER_MSEC));
    CHECK_EQ(tokens_left(&tokens, START + 3600 * USEC_PER_SEC), 3);
}

TEST(never_more_than_the_burst)
{
    struct tokens tokens;

    for (uint32_t taken = 0; taken <= 10; taken++) {
        tokens_init(&tokens, 10, 10, START);
        if (taken > 0)
            CHECK(tokens_take(&tokens, taken, START));
        for (usec_t later = 0; later <= 30; later++) {
            struct tokens then = tokens;
            uint32_t want = 10 - taken + (uint32_t)later;

            CHECK_EQ(tokens_left(&then, START + later * 100 * USEC_PER_MSEC), want < 10 ? want : 10);
        }
    }
}

TEST(what_is_left_will_do)
{
    struct tokens tokens;

    tokens_init(&tokens, 10, 10, START);
    CHECK(tokens_take(&tokens, 7, START));
    CHECK_EQ(tokens_left(&tokens, START), 3);
    CHECK(tokens_take(&tokens, 7, START));
    CHECK_EQ(tokens_left(&tokens, START), 0);
    CHECK(!tokens_take(&tokens, 7, START));
}

TEST(when_they_will_be_there)
{
    struct tokens tokens;
    usec_t when;

    tokens_init(&tokens, 10, 10, START);
    CHECK_EQ(tokens_when(&tokens, 10, START + 7), START + 7);
    CHECK(tokens_take(&tokens, 10, START + 7));
    when = tokens_when(&tokens, 4, START + 50 * USEC_PER_MSEC);
    CHECK(tokens_left(&tokens, when - 1) < 4);
    CHECK_EQ(tokens_left(&tokens, when), 4);
}

CHECK_MAIN()
