/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TUN device: open, read and write, close. Closing it takes its addresses and routes with it. */
#ifndef SSTPTUN_TUN_H
#define SSTPTUN_TUN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "bytes.h"
#include "end_reason.h"

#define TUN_NAME_LEN 16 /* IFNAMSIZ, with the NUL */

struct tun {
    int fd; /* non-blocking, close-on-exec; -1 when closed */
    int ifindex;
    char name[TUN_NAME_LEN];
    bool vnet;         /* a struct tun_vnet stands before every datagram, in both directions */
    unsigned offloads; /* what the kernel merges and splits for us, enum tun_gro_offload or'ed */
};

/*
 * Creates a TUN device without packet information headers: called wanted, or the first free sstpN when wanted is NULL.
 * With offload it takes as much of it as this kernel has, down to none: see vnet and offloads.
 * False with *ret_end: END_NO_TUN (no /dev/net/tun), END_NOT_PERMITTED (no CAP_NET_ADMIN), END_HOST (name taken, ...).
 * An interface that exists already is never taken over.
 */
bool tun_open(const char *wanted, bool offload, struct tun *ret_tun, struct end *ret_end) MUST_USE;

/* One datagram or super-segment into buf, behind its header when vnet. The length of both, 0 when there is none now, or -errno. */
ssize_t tun_read(const struct tun *tun, uint8_t *buf, size_t cap) MUST_USE;

/* One datagram or super-segment in pieces, its header the first of them when vnet. 0 or -errno; -EAGAIN and -ENOBUFS mean that the kernel dropped it. */
int tun_write(const struct tun *tun, const struct iovec *iov, int n_iov) MUST_USE;

/* Takes a closed or zero-filled-with-fd--1 device, too. */
void tun_close(struct tun *tun);

/*
 * The same by whoever made it, when nobody else has it any more: gone it is also when somebody who was given it has made
 * it permanent (TUNSETPERSIST), for which the kernel wants no right.
 */
void tun_remove(struct tun *tun);

#endif
