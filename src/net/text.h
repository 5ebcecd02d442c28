/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line that grows piece by piece and is cut at the end of its memory. */
#ifndef SSTPTUN_TEXT_H
#define SSTPTUN_TEXT_H

#include <stddef.h>

#include "macros.h"

struct text {
    char *buf; /* owned by the caller, always NUL-terminated */
    size_t cap;
    size_t len;
};

/* cap is at least 1. */
struct text text_init(char *buf, size_t cap);

/* printf at the end. */
void text_add(struct text *text, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
