/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SSTPTUN_SECRET_H
#define SSTPTUN_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "macros.h"

/* Zeroes memory in a way that the compiler may not leave out. data may be NULL when len is 0. */
void secret_wipe(void *data, size_t len);

/* Compares in a time that depends on len only. Every authenticator is compared with this. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_USE;

#endif
