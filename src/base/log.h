/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Levels and the sink. Engines log through the sink they were handed at birth (env.h); a NULL sink is silence. Only the
 * program decides where lines go. Text that a server chose passes through log_safe() first.
 */
#ifndef SSTPTUN_LOG_H
#define SSTPTUN_LOG_H

#include <stddef.h>

#include "bytes.h"
#include "macros.h"

enum log_level {
    LOG_LEVEL_ERROR,  /* why it ended, or what failed on this host */
    LOG_LEVEL_NOTICE, /* what a user wants to see: connected, addresses, ended */
    LOG_LEVEL_INFO,   /* -v: each step */
    LOG_LEVEL_DEBUG,  /* -vv: each message */
};

/* One line without its newline. */
struct log_sink {
    void (*write)(void *user, enum log_level level, const char *line);
    void *user;
    enum log_level max; /* lines above this level are not even formatted */
};

void log_printf(const struct log_sink *sink, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);

#define log_error(sink, ...)  log_printf((sink), LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_notice(sink, ...) log_printf((sink), LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(sink, ...)   log_printf((sink), LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(sink, ...)  log_printf((sink), LOG_LEVEL_DEBUG, __VA_ARGS__)

/*
 * Copies text that came from the network into out (cap bytes, always NUL-terminated, cut if needed), every byte outside
 * printable ASCII replaced by '?', so that a server can neither move the cursor of a terminal nor forge a line.
 */
void log_safe(char *out, size_t cap, struct bytes text);

#endif
