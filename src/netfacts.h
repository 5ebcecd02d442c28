/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's half of the tunnel's network: from what the worker says was negotiated, and what the user asked for, to
 * plans for this host and to the hook's values. The worker names no route, table or interface: it tells facts.
 */
#ifndef SSTPTUN_NETFACTS_H
#define SSTPTUN_NETFACTS_H

#include "hook.h"
#include "netcfg.h"
#include "options.h"
#include "request.h"

struct netfacts {
    struct netcfg *netcfg;
    struct netplan_options plan_options;
    struct request_ipv4 ipv4; /* as last told, and done */
    struct request_ipv6 ipv6;
};

void netfacts_init(struct netfacts *facts, const struct options *options, struct netcfg *netcfg, int ifindex);

/* The link, though it stays down, with the MTU that it will probably get: in advance of netfacts_link(). */
void netfacts_prepare(const struct netfacts *facts, uint32_t mtu);

/* The outer address that is in use: no route may catch it. */
void netfacts_server(struct netfacts *facts, const struct ipaddr *server);

/*
 * Each makes the host follow. False with *ret_end when it refuses, see netcfg_set(). Values are checked (keeper_check.h).
 * A link with an MTU below 1280 takes IPv6 away (with --default-route: makes it unreachable), and never has more again.
 */
bool netfacts_link(struct netfacts *facts, const struct request_link *link, struct end *ret_end) MUST_USE;
bool netfacts_ipv4(struct netfacts *facts, const struct request_ipv4 *ipv4, struct end *ret_end) MUST_USE;
bool netfacts_ipv6(struct netfacts *facts, const struct request_ipv6 *ipv6, struct end *ret_end) MUST_USE;

/* Addresses, DNS, NBNS, MTU for the hook. The values point into facts. */
void netfacts_hook_values(const struct netfacts *facts, struct hook_values *values);

#endif
