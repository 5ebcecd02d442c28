/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the keeper holds of this host, opened and put back together: loop, TUN device, the door to addresses and routes. */
#ifndef SSTPTUN_HOST_H
#define SSTPTUN_HOST_H

#include "loop.h"
#include "netcfg.h"
#include "options.h"
#include "tun.h"

#define HOST_TEXT_LEN 96

struct host {
    struct loop loop;
    struct tun tun;
    char loud
        [HOST_TEXT_LEN]; /* what of netcfg_quiet() is not in force for the device, and why; "": all of it is */
    struct netlink *netlink;
    struct netcfg_ops netcfg_ops;
    struct netcfg netcfg;
};

/* Nothing is open yet. */
void host_init(struct host *host);

/* Opens all of it and removes what a killed predecessor left. False with *ret_end; host_close() is due in any case. */
bool host_open(struct host *host, const struct options *options, const struct log_sink *log,
               struct end *ret_end) MUST_USE;

/* Undoes every change and closes. Takes one that was never opened, too. */
void host_close(struct host *host);

#endif
