/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the real acts: one routing socket, one request at a time. Not a door: only netcfg_netlink*.c include it. */
#ifndef SSTPTUN_NETCFG_NETLINK_H
#define SSTPTUN_NETCFG_NETLINK_H

#include <stddef.h>

#include "netcfg.h"

struct nl_msg;
struct nlmsghdr;

struct nl_sock;

/* The kernel makes no part of a dump larger (netlink(7): 32 KB are enough for any), and an answer repeats a request. */
#define NETLINK_ANSWER_MAX (32u << 10)

struct netlink {
    struct nl_sock *socket;
    uint32_t seq;   /* of the request under way */
    char text[128]; /* the kernel's words about the last failure */
    _Alignas(max_align_t) unsigned char answer[NETLINK_ANSWER_MAX];
};

/* Takes one answer of a dump or a query. */
typedef void netlink_answer_fn(void *user, struct nlmsghdr *answer);

/* A request of the given type and flags (NLM_F_*), whose fixed part is header; NULL when there is no memory. */
struct nl_msg *netlink_request(int type, int flags, void *header, size_t header_len) MUST_USE;

/* An address as an attribute: 4 or 16 bytes. Negative when it does not fit. */
int netlink_put_address(struct nl_msg *msg, int attribute, const struct ipaddr *addr);

/*
 * Sends the request, frees it and hears the kernel out. 0 or the kernel's -errno, with its own words kept. msg may be
 * NULL (-ENOMEM); built is what the building of it returned, -ENOMEM when negative. answer may be NULL.
 */
int netlink_exchange(struct netlink *netlink, struct nl_msg *msg, int built, netlink_answer_fn *answer,
                     void *user) MUST_USE;

/* AF_INET or AF_INET6. */
unsigned char netlink_family(enum ip_family family);

/* A route or a rule, complete, for a request of the given type and flags. ret_built: see netlink_exchange. */
struct nl_msg *netlink_route_msg(const struct netop *op, int ifindex, int type, int flags,
                                 int *ret_built) MUST_USE;
struct nl_msg *netlink_rule_msg(const struct netop *op, uint32_t priority, int type, int flags,
                                int *ret_built) MUST_USE;

/* netcfg_netlink_scan.c: what is there already. 0 or -errno. */
int netlink_pick_priority(void *user, uint32_t *ret_priority);
int netlink_clean_stale(void *user, size_t *ret_n);
/* Is there a route to the same prefix in the same table, with the same metric, that leads to the interface? */
bool netlink_has_route(struct netlink *netlink, const struct netop *op, int ifindex);

/* netcfg_netlink_elsewhere.c: see netcfg_ops. 0 or -errno. */
int netlink_elsewhere(void *user, const struct ipprefix *prefix, int ifindex, struct ipprefix *ret_found);

#endif
