/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <string.h>

static bool open_loop(struct loop *loop, struct end *ret_end)
{
    int r = loop_open(loop);

    if (r == 0)
        r = loop_signals(loop);
    if (r < 0)
        *ret_end = end_make(END_HOST, 0, "cannot set up the event loop: %s", strerror(-r));
    return r == 0;
}

void host_init(struct host *host)
{
    *host = (struct host){.loop = {.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1}, .tun = {.fd = -1}};
}

bool host_open(struct host *host, const struct options *options, const struct log_sink *log,
               struct end *ret_end)
{
    int r;

    if (!open_loop(&host->loop, ret_end) ||
        !tun_open(options->interface, !options->no_offload, &host->tun, ret_end))
        return false;
    /* Before anybody else has the device: a hook may bring it up, and the worker may write to it. */
    (void)netcfg_quiet(host->tun.name, options->disable_ipv6, host->loud, sizeof(host->loud));
    r = netlink_open(&host->netlink);
    if (r < 0) {
        *ret_end = end_make(END_HOST, 0, "cannot open a netlink socket: %s", strerror(-r));
        return false;
    }
    netlink_ops(host->netlink, &host->netcfg_ops);
    netcfg_init(&host->netcfg, &host->netcfg_ops, host->tun.ifindex, log);
    netcfg_clean_stale(&host->netcfg);
    return true;
}

void host_close(struct host *host)
{
    if (host->netlink) {
        netcfg_undo(&host->netcfg);
        netcfg_clean_stale(
            &host->netcfg); /* of a predecessor whose interface was still on its way out when we began */
    }
    netlink_close(host->netlink);
    tun_remove(&host->tun);
    loop_close(&host->loop);
}
