/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wiping and comparing secrets. Both hide what they do from the optimiser: a wipe of memory that is never read again is
 * a dead store to it, and a comparison may be cut short.
 *
 * Memory for secrets is mapped, not taken from the heap: what is asked of the kernel for it holds for whole pages, and
 * nothing else shall lie on them.
 */
#include "secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14; in the headers of musl and glibc since 2017 */
#endif

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

/* Not inlined: its frame must lie where the frames of the functions before it lay. */
__attribute__((noinline)) void secret_wipe_stack(void)
{
    uint8_t frame[SECRET_STACK_LEN];

    secret_wipe(frame, sizeof(frame));
}

static size_t whole_pages(size_t len)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return (len + page - 1) / page * page;
}

void *secret_alloc(size_t len, unsigned *ret_protection)
{
    size_t size = whole_pages(len ? len : 1);
    void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (data == MAP_FAILED)
        return NULL;
    *ret_protection = (mlock(data, size) == 0 ? SECRET_LOCKED : 0u) |
                      (madvise(data, size, MADV_DONTDUMP) == 0 ? SECRET_NOT_DUMPED : 0u) |
                      (madvise(data, size, MADV_WIPEONFORK) == 0 ? SECRET_NOT_FORKED : 0u);
    return data;
}

void secret_free(void *data, size_t len)
{
    if (!data)
        return;
    secret_wipe(data, len);
    (void)munmap(data, whole_pages(len ? len : 1)); /* unlocks, too */
}
