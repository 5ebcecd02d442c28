/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a name to a TCP connection: resolves in a child process (getaddrinfo blocks and cannot be interrupted), then tries
 * every address, families interleaved, the next one when the last fails or after 250 ms without an answer; the first connection wins (RFC 8305).
 */
#ifndef SSTPTUN_DIAL_H
#define SSTPTUN_DIAL_H

#include "end_reason.h"
#include "ipaddr.h"
#include "log.h"
#include "loop.h"

#define DIAL_ADDRESSES_MAX 16
#define DIAL_RESOLVE_LIMIT (30 * USEC_PER_SEC)
#define DIAL_CONNECT_LIMIT (20 * USEC_PER_SEC) /* for each address */

enum dial_status { DIAL_PENDING, DIAL_DONE, DIAL_FAILED };

struct dial; /* heap; owns its child process and its sockets until DIAL_DONE hands one over */

/* Starts. NULL with *ret_end when not even that works. host: a name or an address literal without brackets. */
struct dial *dial_new(const char *host, uint16_t port, const struct log_sink *log, usec_t now,
                      struct end *ret_end);

int dial_fd(const struct dial *dial); /* readable when dial_step() has work */
usec_t dial_deadline(const struct dial *dial);

/* DIAL_DONE: *ret_fd is a connected, non-blocking, close-on-exec socket that the caller owns now, TCP_NODELAY set. */
enum dial_status dial_step(struct dial *dial, usec_t now, int *ret_fd, struct ipaddr *ret_server,
                           struct end *ret_end) MUST_USE;

/*
 * The congestion control of a connected socket, by the name that the kernel has for it ("cubic", "bbr"). 0 or -errno:
 * -ENOENT for one that it does not have, -EPERM for one that it does not let us use.
 */
int dial_set_congestion(int fd, const char *name) MUST_USE;

/* Ends the child and closes what is left. Takes NULL. */
void dial_free(struct dial *dial);

#endif
