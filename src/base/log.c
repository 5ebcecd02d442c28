/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Formatting of log lines and disarming of foreign text. A line is formatted on the stack and cut at LINE_LEN: a log
 * line must never be a reason to allocate or to fail.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

#define LINE_LEN 1024

void log_printf(const struct log_sink *sink, enum log_level level, const char *fmt, ...)
{
    char line[LINE_LEN];
    va_list args;

    if (!sink || level > sink->max)
        return;
    line[0] = '\0';
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof(line), fmt, args); /* a cut line is still a line */
    va_end(args);
    sink->write(sink->user, level, line);
}

void log_safe(char *out, size_t cap, struct bytes text)
{
    size_t n;

    if (cap == 0)
        return;
    n = text.len < cap - 1 ? text.len : cap - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = text.data[i] >= 0x20 && text.data[i] < 0x7f ? (char)text.data[i] : '?';
    out[n] = '\0';
}
