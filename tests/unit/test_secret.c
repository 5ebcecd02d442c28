/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret.h"

#include <stdint.h>

#include "check.h"

TEST(wipe_zeroes_exactly_its_range)
{
    uint8_t mem[4] = {1, 2, 3, 4};

    secret_wipe(mem + 1, 2);
    CHECK_MEM(mem, ((uint8_t[]){1, 0, 0, 4}), sizeof(mem));
    secret_wipe(NULL, 0);
}

TEST(equal_looks_at_every_byte)
{
    static const uint8_t a[20] = {1, 2, 3};

    CHECK(secret_equal(a, a, sizeof(a)));
    CHECK(secret_equal(a, "", 0));
    for (size_t i = 0; i < sizeof(a) * 8; i++) {
        uint8_t b[sizeof(a)];

        memcpy(b, a, sizeof(a));
        b[i / 8] = (uint8_t)(b[i / 8] ^ (1 << (i % 8)));
        CHECK(!secret_equal(a, b, sizeof(a)));
    }
}

CHECK_MAIN()
