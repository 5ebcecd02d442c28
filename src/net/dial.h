/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a list of addresses to a TCP connection: every address is tried, families interleaved, the next one when the last
 * fails or after 250 ms without an answer; the first connection wins (RFC 8305). The sockets come from the caller, who
 * may have to ask another process for them: there is neither resolver nor socket(2) nor connect(2) in here.
 */
#ifndef SSTPTUN_DIAL_H
#define SSTPTUN_DIAL_H

#include <stddef.h>

#include "clock.h"
#include "end_reason.h"
#include "endpoint.h"
#include "log.h"

#define DIAL_CONNECT_LIMIT (20 * USEC_PER_SEC) /* for each address */

enum dial_status { DIAL_PENDING, DIAL_DONE, DIAL_FAILED };

/*
 * open: a non-blocking, close-on-exec socket whose connection to the endpoint at index (in the list as it was given) is
 * under way; it is the dial's then. 0, or -errno: why this address cannot be reached. Called at most once for each.
 */
struct dial_opener {
    int (*open)(void *user, size_t index, int *ret_fd);
    void *user;
};

struct dial_connection {
    int fd;       /* the caller's now */
    size_t index; /* of its endpoint, in the list as it was given */
    struct ipaddr server;
};

struct dial; /* heap; owns its sockets until DIAL_DONE hands one over */

/*
 * Opens nothing yet: dial_step() is due at once. endpoint: 1 to ENDPOINTS_MAX of them in the resolver's order of
 * preference, copied. NULL with *ret_end when not even that works.
 */
struct dial *dial_new(const union endpoint *endpoint, size_t n_endpoint, const struct dial_opener *opener,
                      const struct log_sink *log, usec_t now, struct end *ret_end);

int dial_fd(const struct dial *dial); /* readable when dial_step() has work */
usec_t dial_deadline(const struct dial *dial);

/*
 * *ret_connection with DIAL_DONE; *ret_end with DIAL_FAILED: every address with its reason, END_CONNECT, or END_HOST when
 * this host had no descriptors or memory left for one.
 */
enum dial_status dial_step(struct dial *dial, usec_t now, struct dial_connection *ret_connection,
                           struct end *ret_end) MUST_USE;

/* Closes what is left. Takes NULL. */
void dial_free(struct dial *dial);

#endif
