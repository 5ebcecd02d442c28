/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>

struct text text_init(char *buf, size_t cap)
{
    buf[0] = '\0';
    return (struct text){.buf = buf, .cap = cap, .len = 0};
}

void text_add(struct text *text, const char *fmt, ...)
{
    size_t room = text->cap - text->len;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(text->buf + text->len, room, fmt, args);
    va_end(args);
    if (n > 0)
        text->len += (size_t)n < room ? (size_t)n : room - 1;
}
