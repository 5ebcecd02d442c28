/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wiping and comparing secrets. Both hide what they do from the optimiser: a wipe of memory that is never read again is
 * a dead store to it, and a comparison may be cut short.
 */
#include "secret.h"

#include <stdint.h>
#include <string.h>

void secret_wipe(void *data, size_t len)
{
    if (len == 0)
        return;
    memset(data, 0, len);
    /* The assembler might read the memory, so the stores above must have happened. */
    __asm__ __volatile__("" : : "r"(data) : "memory");
}

bool secret_equal(const void *a, const void *b, size_t len)
{
    const uint8_t *x = a;
    const uint8_t *y = b;
    volatile uint8_t differ = 0; /* volatile: no early way out */

    for (size_t i = 0; i < len; i++)
        differ = (uint8_t)(differ | (x[i] ^ y[i]));
    return differ == 0;
}
