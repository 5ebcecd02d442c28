/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the lines for the user go. A line is never waited for: a terminal that was stopped, or a pipe that nobody reads,
 * must not keep the keeper from signals, deadlines and the host that it has to put in order.
 */
#ifndef SSTPTUN_CONSOLE_H
#define SSTPTUN_CONSOLE_H

#include "log.h"

struct console {
    int fd;
    int patience_ms;    /* how long a line may wait for its turn */
    unsigned n_dropped; /* since the last line that went */
};

#define CONSOLE_LAST_PATIENCE_MS 1000 /* for the line that says why it ended, worth a moment */

/* fd stays the caller's. For a terminal another descriptor is opened, to the end of the process. */
void console_init(struct console *console, int fd);

/* The write of a struct log_sink whose user is a struct console. Lines that are dropped are told with the next one. */
void console_write(void *user, enum log_level level, const char *line);

#endif
