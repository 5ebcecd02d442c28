/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rng.h"

#include "check.h"

TEST(fills_exactly_the_range_and_never_twice_the_same)
{
    static uint8_t a[10002];
    static uint8_t b[10002];

    CHECK_OR_RETURN(rng_open() == 0);
    rng_fill(NULL, a + 1, sizeof(a) - 2); /* longer than one block of the generator */
    rng_fill(NULL, b + 1, sizeof(b) - 2);
    CHECK_EQ(a[0], 0);
    CHECK_EQ(a[sizeof(a) - 1], 0);
    for (size_t at = 1; at + 16 < sizeof(a); at += 16)
        CHECK(memcmp(a + at, b + at, 16) != 0);
    rng_fill(NULL, a, 0);
    CHECK_EQ(a[0], 0);
    rng_close();
}

CHECK_MAIN()
