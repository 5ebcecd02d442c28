/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process's random numbers: wolfCrypt's Hash_DRBG (NIST SP 800-90A), seeded by the kernel. A generator that breaks
 * stops the process, for predictable challenges and identifiers would go unnoticed.
 */
#include "rng.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/random.h>

#include <errno.h>
#include <stdlib.h>

#define BLOCK_MAX 4096 /* well below RNG_MAX_BLOCK_LEN, which is a build option of wolfCrypt */

static WC_RNG rng; /* one per process, like the kernel's */

int rng_open(void)
{
    return wc_InitRng(&rng) == 0 ? 0 : -EIO;
}

void rng_close(void)
{
    (void)wc_FreeRng(&rng);
}

void rng_fill(void *user, uint8_t *out, size_t len)
{
    (void)user;
    while (len > 0) {
        size_t n = len < BLOCK_MAX ? len : BLOCK_MAX;

        if (wc_RNG_GenerateBlock(&rng, out, (word32)n) != 0)
            abort();
        out += n;
        len -= n;
    }
}
