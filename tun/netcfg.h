/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one narrow door through which the host is changed. A plan is applied step by step, each step recorded, and undone
 * in reverse. What exists belongs to a group; giving a group a new plan changes only what differs; an empty plan removes
 * it. (A privileged process of its own will stand behind this door later: plans are plain values.)
 */
#ifndef SSTPTUN_NETCFG_H
#define SSTPTUN_NETCFG_H

#include "end_reason.h"
#include "log.h"
#include "netplan.h"

enum netcfg_group { NETCFG_LINK, NETCFG_IPV4, NETCFG_IPV6, NETCFG_GROUPS };

/*
 * The acts themselves; netcfg_netlink.c has the real ones, tests record. Each returns 0 or -errno; -EAFNOSUPPORT means
 * that this kernel has nothing of that family at all. add() refreshes what is there already and is ours; rule_priority is
 * the first of the block, to which a rule's own offset is added.
 */
struct netcfg_ops {
    int (*add)(void *user, const struct netop *op, int ifindex, uint32_t rule_priority);
    int (*del)(void *user, const struct netop *op, int ifindex, uint32_t rule_priority);
    /* The properties of a link, which stays down. Nothing to undo: they are gone with the interface. */
    int (*prepare)(void *user, const struct netop *link, int ifindex);
    /* A block of rule priorities that nobody uses (both families), for this process. */
    int (*pick_priority)(void *user, uint32_t *ret_priority);
    /* Removes rules and routes with NETPLAN_PROTOCOL whose interface is gone; says how many. */
    int (*clean_stale)(void *user, size_t *ret_n);
    /*
     * A route of the main table that leads elsewhere than to the interface, is no default route, and holds the prefix or
     * lies in it; IP_NONE: none.
     */
    int (*elsewhere)(void *user, const struct ipprefix *prefix, int ifindex, struct ipprefix *ret_found);
    /* The kernel's own words about the last failure, "" when it has none; valid until the next act. */
    const char *(*explain)(void *user);
    void *user;
};

#define NETCFG_SAID_MAX 16

struct netcfg {
    const struct netcfg_ops *ops;
    const struct log_sink *log;
    int ifindex;
    uint32_t rule_priority;                /* 0: not picked yet */
    struct netplan applied[NETCFG_GROUPS]; /* the journal: what is in force, in the order of application */
    struct ipprefix said[NETCFG_SAID_MAX]; /* netcfg_is_elsewhere(): one line each */
    size_t n_said;
};

void netcfg_init(struct netcfg *netcfg, const struct netcfg_ops *ops, int ifindex,
                 const struct log_sink *log);

/*
 * Makes the group be what the plan says: what is new is added in the plan's order, then what vanished is removed, last
 * first (in this order, so that no packet finds neither the old way nor the new); what stays is not touched. An address
 * with new lifetimes or a link with a new MTU is refreshed in place.
 *
 * False with *ret_end (END_HOST or END_NOT_PERMITTED, naming the step and the error): the group then holds what it had
 * and what was added before the failure, all of it recorded and undone by netcfg_undo(); setting an empty plan removes
 * it at once. Where IPv6 is switched off (EACCES) or absent, the IPv6 group fails and the others are not concerned: the
 * caller goes on without it unless the user asked for IPv6 routes. What would only make IPv6 unreachable is left out
 * where the kernel has no IPv6: nothing can leak there.
 * A route that already exists and is not ours (EEXIST) is an error for --route of the same prefix and table only if it
 * leads elsewhere; an address that is there already is not.
 */
bool netcfg_set(struct netcfg *netcfg, enum netcfg_group group, const struct netplan *plan,
                struct end *ret_end) MUST_USE;

/*
 * What of a link can be done long before it is wanted: adding it then finds little to do. A failure shows again there, and
 * is none here. Only where the interface is this process's own.
 */
void netcfg_prepare(struct netcfg *netcfg, const struct netplan *link);

/*
 * Whether this host has a way to the prefix, or to a part of it, that is neither the tunnel nor a default route: then a
 * route that nobody asked for is not to take it away. The log says so, once for each prefix. A host that cannot be asked
 * counts as one that has a way.
 */
bool netcfg_is_elsewhere(struct netcfg *netcfg, const struct ipprefix *prefix) MUST_USE;

/* Undoes everything, last first. Failures are logged; a step that is gone already is not a failure. */
void netcfg_undo(struct netcfg *netcfg);

/* What a killed predecessor left: call once at start. Never fails loudly: at most a log line. */
void netcfg_clean_stale(struct netcfg *netcfg);

/*
 * Keeps the kernel from configuring itself by what comes out of an interface: router advertisements and redirects are left,
 * and with no_ipv6 there is no IPv6 on it. Before it goes up. True when neither is followed, whoever has seen to that;
 * otherwise ret_why (cap may be 0) says what is not so and why.
 */
bool netcfg_quiet(const char *ifname, bool no_ipv6, char *ret_why, size_t cap);

/* The real acts, over libnl. 0 or -errno. */
struct netlink;
int netlink_open(struct netlink **ret_netlink) MUST_USE;
void netlink_ops(struct netlink *netlink, struct netcfg_ops *ret_ops);
void netlink_close(struct netlink *netlink);

#endif
