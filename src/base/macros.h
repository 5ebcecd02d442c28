/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SSTPTUN_MACROS_H
#define SSTPTUN_MACROS_H

/* The result says whether the call worked: ignoring it is a bug. */
#define MUST_USE __attribute__((warn_unused_result))

/* For the rare place where nothing is left to be done about a failure; say there why. */
#define IGNORE_RESULT(call)                \
    do {                                   \
        __typeof__(call) ignored = (call); \
        (void)ignored;                     \
    } while (0)

/* printf-like function: the compiler checks the arguments against the format. */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
