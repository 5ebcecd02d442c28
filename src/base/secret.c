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

#define STACK_MARGIN 1024 /* by so much at most, those who compute and wipe begin deeper than who locks */

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

/*
 * Not inlined, as above. Unlocked again soon: locked for good these pages would count for ever, and the kernel would
 * refuse the stack its growth below them.
 */
__attribute__((noinline)) bool secret_lock_stack(struct secret_stack *ret)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uint8_t frame[SECRET_STACK_LEN + STACK_MARGIN];
    size_t in_page;

    secret_wipe(frame, sizeof(frame)); /* mlock(2) locks what is there, it does not let a stack grow */
    in_page = (uintptr_t)frame % page;
    *ret = (struct secret_stack){.start = frame - in_page,
                                 .len = (in_page + sizeof(frame) + page - 1) / page * page};
    return mlock(ret->start, ret->len) == 0;
}

void secret_unlock_stack(const struct secret_stack *stack)
{
    (void)munlock(stack->start, stack->len);
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
