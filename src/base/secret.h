/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for secrets; wiping them, comparing them. */
#ifndef SSTPTUN_SECRET_H
#define SSTPTUN_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

/* Zeroes memory in a way that the compiler may not leave out. data may be NULL when len is 0. */
void secret_wipe(void *data, size_t len);

/* Compares in a time that depends on len only. Every authenticator is compared with this. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_USE;

/*
 * Zeroes SECRET_STACK_LEN bytes of the stack below the caller: what functions that have returned left there, in
 * temporaries and spilled registers that nobody can name. Called last by the function that had a secret computed with.
 */
#define SECRET_STACK_LEN 4096
void secret_wipe_stack(void);

/*
 * Keeps the part of the stack that secret_wipe_stack() would zero out of swap until secret_unlock_stack(), which takes
 * what this has said. False: a limit (RLIMIT_MEMLOCK) is against it, and there is nothing to unlock.
 */
struct secret_stack {
    void *start;
    size_t len;
};
bool secret_lock_stack(struct secret_stack *ret) MUST_USE;
void secret_unlock_stack(const struct secret_stack *stack);

/* What keeps the memory of secret_alloc() to this process. */
enum {
    SECRET_LOCKED = 1,     /* never written to swap */
    SECRET_NOT_DUMPED = 2, /* not in core dumps */
    SECRET_NOT_FORKED = 4, /* zero in a child */
    SECRET_PROTECTED = SECRET_LOCKED | SECRET_NOT_DUMPED | SECRET_NOT_FORKED,
};

/*
 * len bytes, zero, on pages of their own. NULL when there is no memory. *ret_protection: which of the above are in
 * force; a limit (RLIMIT_MEMLOCK) or an old kernel can leave one out, and whether that matters is for the caller to say.
 */
void *secret_alloc(size_t len, unsigned *ret_protection) MUST_USE;

/* Wipes and frees; len as it was asked for. Takes NULL. */
void secret_free(void *data, size_t len);

#endif
