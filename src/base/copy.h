/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying memory. Where the C library is musl this is memcpy() and memmove(), for everything that is linked, wolfSSL
 * included; elsewhere only its test calls it.
 */
#ifndef SSTPTUN_COPY_H
#define SSTPTUN_COPY_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

enum copy_variant {
    COPY_SCALAR, /* any CPU */
    COPY_AVX2,
};

/* As memmove(): the two may overlap. */
void *copy_bytes(void *to, const void *from, size_t len);

/* From now on this variant. False when this CPU does not have it. For tests: the best is chosen at start. */
bool copy_use(enum copy_variant variant) MUST_USE;

#endif
