/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last second of a TCP connection. Closing a socket with unread input resets the connection and can take the goodbye
 * back from the wire, so: half-close, read and forget until the server closes, at most LINGER_LIMIT.
 */
#ifndef SSTPTUN_LINGER_H
#define SSTPTUN_LINGER_H

#include <stdbool.h>

#include "clock.h"
#include "macros.h"

#define LINGER_LIMIT (1 * USEC_PER_SEC)

void linger_start(int fd);

/* True when the server has closed too, or the connection is broken. */
bool linger_over(int fd) MUST_USE;

#endif
