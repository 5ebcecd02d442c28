/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a session holds of this host, opened and put back together: loop, TUN device, the door to addresses and routes. */
#ifndef SSTPTUN_HOST_H
#define SSTPTUN_HOST_H

#include "hostnet.h"
#include "loop.h"
#include "netcfg.h"
#include "options.h"
#include "tun.h"

struct host {
    struct loop loop;
    struct tun tun;
    struct netlink *netlink;
    struct netcfg_ops netcfg_ops;
    struct netcfg netcfg;
    struct hostnet net;
};

/* Opens all of it and removes what a killed predecessor left. False with *ret_end; host_close() is due in any case. */
bool host_open(struct host *host, const struct options *options, const struct log_sink *log,
               struct end *ret_end) MUST_USE;

/* Undoes every change and closes. */
void host_close(struct host *host);

#endif
