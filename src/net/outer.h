/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outer socket, which carries TLS: made and tuned here and nowhere else. */
#ifndef SSTPTUN_OUTER_H
#define SSTPTUN_OUTER_H

#include "end_reason.h"
#include "endpoint.h"
#include "macros.h"

/*
 * Whether this host lets us use the congestion control, by the name that the kernel has for it ("cubic", "bbr"). False
 * with *ret_end: END_HOST. NULL is always right; so is any on a host without a TCP socket for us: outer_open() tells.
 */
bool outer_check_congestion(const char *name, struct end *ret_end) MUST_USE;

/*
 * A non-blocking, close-on-exec TCP socket, tuned, whose connection to the endpoint is under way; no standard
 * descriptor. congestion: NULL for what the route names, else BBR where the kernel has it, else the host's own choice. Else -errno and *ret_end: its reason is END_NONE when it is
 * about this address alone, END_HOST when the congestion control cannot be used, with which no other address will help.
 */
int outer_open(const union endpoint *endpoint, const char *congestion, int *ret_fd,
               struct end *ret_end) MUST_USE;

#endif
