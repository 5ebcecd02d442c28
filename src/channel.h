/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message between two processes: a packet of a SOCK_SEQPACKET pair, and at most one descriptor with it. What a
 * message means is request.h's business; here is only that it arrives whole or not at all.
 */
#ifndef SSTPTUN_CHANNEL_H
#define SSTPTUN_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

#include "macros.h"

enum channel_patience {
    CHANNEL_WAIT, /* block until it is done: the worker's way */
    CHANNEL_NOW,  /* -EAGAIN instead: the keeper's, who waits for nobody */
};

/* Both ends, close-on-exec. 0 or -errno. */
int channel_pair(int ret_fd[static 2]) MUST_USE;

/*
 * Sends len bytes (at least 1), with a duplicate of attached when that is not -1. 0, -EAGAIN when there is no room,
 * -EPIPE when the other end is closed, or another -errno. A signal does not interrupt it.
 */
int channel_send(int fd, const void *message, size_t len, int attached,
                 enum channel_patience patience) MUST_USE;

/*
 * Receives one message: its length, 0 when the other end is closed (or sent an empty packet, which nobody of ours
 * does), -EAGAIN when there is none, -EBADMSG when it is longer than cap or brings descriptors that are not wanted, or
 * another -errno. ret_fd NULL: none is wanted, and the kernel installs none. Else *ret_fd is the caller's, or -1 when
 * none came; more than one is -EBADMSG. Nothing is left open on failure.
 */
ssize_t channel_receive(int fd, void *message, size_t cap, int *ret_fd,
                        enum channel_patience patience) MUST_USE;

#endif
