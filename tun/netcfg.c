/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan against what is in force. The journal of a group is a plan itself: the steps that were done, in the order in
 * which they were done. It is written after each step, so at every point it says what there is to undo; a step that
 * failed left nothing behind and is not in it.
 */
#include "netcfg.h"

#include <errno.h>
#include <string.h>

#define STEP_LEN 160

void netcfg_init(struct netcfg *netcfg, const struct netcfg_ops *ops, int ifindex, const struct log_sink *log)
{
    *netcfg = (struct netcfg){.ops = ops, .log = log, .ifindex = ifindex};
}

/* The same thing on the host, though perhaps with other properties: adding it again refreshes it. */
static bool same_thing(const struct netop *a, const struct netop *b)
{
    if (a->type != b->type)
        return false;
    switch (a->type) {
    case NETOP_LINK: return true;
    case NETOP_ADDRESS:
        return ipaddr_equal(&a->address.local, &b->address.local) &&
               ipaddr_equal(&a->address.peer, &b->address.peer) &&
               a->address.prefix_len == b->address.prefix_len;
    case NETOP_ROUTE:
    case NETOP_RULE: return netop_equal(a, b);
    }
    return false;
}

static struct netop *find(struct netplan *plan, const struct netop *op)
{
    for (size_t i = 0; i < plan->n_op; i++)
        if (same_thing(&plan->op[i], op))
            return &plan->op[i];
    return NULL;
}

static bool holds(const struct netplan *plan, const struct netop *op)
{
    for (size_t i = 0; i < plan->n_op; i++)
        if (same_thing(&plan->op[i], op))
            return true;
    return false;
}

static enum ip_family family_of(const struct netop *op)
{
    switch (op->type) {
    case NETOP_LINK: return IP_NONE;
    case NETOP_ADDRESS: return op->address.local.family;
    case NETOP_ROUTE: return op->route.to.addr.family;
    case NETOP_RULE: return op->rule.family;
    }
    return IP_NONE;
}

/* A step that keeps packets from somewhere, and carries none itself. */
static bool only_forbids(const struct netop *op)
{
    return op->type == NETOP_RULE || (op->type == NETOP_ROUTE && op->route.kind != NETROUTE_DEVICE);
}

static const char *next_step(const struct netop *op, int err)
{
    if (family_of(op) == IP_V6 && (err == -EACCES || err == -EAFNOSUPPORT || err == -EOPNOTSUPP))
        return "; IPv6 is switched off on this host: switch it on, or use --disable-ipv6";
    if (op->type == NETOP_RULE && (err == -EOPNOTSUPP || err == -EAFNOSUPPORT))
        return "; this kernel has no policy routing, which --default-route and routes around the server need";
    if (op->type == NETOP_ROUTE && err == -EEXIST)
        return "; another route has this destination: remove it, or leave out --route";
    return "";
}

static struct end step_failed(const struct netcfg *netcfg, const struct netop *op, int err)
{
    const char *words = netcfg->ops->explain ? netcfg->ops->explain(netcfg->ops->user) : "";
    bool has_words = words[0] != '\0';
    char step[STEP_LEN];

    netop_describe(op, step, sizeof(step));
    return end_make(err == -EPERM ? END_NOT_PERMITTED : END_HOST, 0, "cannot %s %s: %s%s%.80s%s%s",
                    op->type == NETOP_LINK ? "set" : "add", step, strerror(-err), has_words ? " (" : "",
                    words, has_words ? ")" : "", next_step(op, err));
}

static int need_priority(struct netcfg *netcfg)
{
    if (netcfg->rule_priority != 0)
        return 0;
    return netcfg->ops->pick_priority(netcfg->ops->user, &netcfg->rule_priority);
}

/* 0 or -errno; done says whether there is something to undo now. */
static int do_add(struct netcfg *netcfg, const struct netop *op, bool *ret_done)
{
    int err = op->type == NETOP_RULE ? need_priority(netcfg) : 0;

    if (err == 0)
        err = netcfg->ops->add(netcfg->ops->user, op, netcfg->ifindex, netcfg->rule_priority);
    *ret_done = err == 0;
    if (err == -EAFNOSUPPORT && family_of(op) == IP_V6 && only_forbids(op))
        return 0;
    return err;
}

/* Adds or refreshes, and writes it down. */
static bool add_step(struct netcfg *netcfg, struct netplan *applied, const struct netop *op,
                     struct end *ret_end)
{
    struct netop *there = find(applied, op);
    char step[STEP_LEN];
    bool done = false;
    int err = !there && applied->n_op == NETPLAN_OPS_MAX ? -ENOSPC : do_add(netcfg, op, &done);

    if (err != 0) {
        *ret_end = step_failed(netcfg, op, err);
        return false;
    }
    netop_describe(op, step, sizeof(step));
    log_info(netcfg->log, "%s %s", !done ? "not needed:" : there ? "refreshed" : "added", step);
    if (there)
        *there = *op;
    else if (done)
        applied->op[applied->n_op++] = *op;
    return true;
}

static bool is_gone(int err)
{
    return err == -ENOENT || err == -ESRCH || err == -ENODEV || err == -ENXIO || err == -EADDRNOTAVAIL;
}

/* It leaves the journal even when removing it fails: trying again later would fail the same way, and the log says it. */
static void remove_step(struct netcfg *netcfg, struct netplan *applied, size_t i)
{
    int err = netcfg->ops->del(netcfg->ops->user, &applied->op[i], netcfg->ifindex, netcfg->rule_priority);
    char step[STEP_LEN];

    netop_describe(&applied->op[i], step, sizeof(step));
    if (err != 0 && !is_gone(err))
        log_error(netcfg->log, "cannot remove %s: %s", step, strerror(-err));
    else
        log_info(netcfg->log, "removed %s", step);
    applied->n_op--;
    memmove(&applied->op[i], &applied->op[i + 1], (applied->n_op - i) * sizeof(applied->op[0]));
}

static void remove_same(struct netcfg *netcfg, struct netplan *applied, const struct netop *op)
{
    const struct netop *there = find(applied, op);

    if (there)
        remove_step(netcfg, applied, (size_t)(there - applied->op));
}

/* An IPv4 address of ours with the same peer, which the kernel would take for the primary one of the same network. */
static const struct netop *primary_of(const struct netplan *applied, const struct netop *op)
{
    if (op->type != NETOP_ADDRESS || op->address.peer.family != IP_V4)
        return NULL;
    for (size_t i = 0; i < applied->n_op; i++)
        if (applied->op[i].type == NETOP_ADDRESS && !same_thing(&applied->op[i], op) &&
            ipaddr_equal(&applied->op[i].address.peer, &op->address.peer))
            return &applied->op[i];
    return NULL;
}

/*
 * Removing a primary IPv4 address takes its secondary ones along, and removing the last address of an interface every
 * route to it. So the old address goes before the new one comes, and the new one without its peer, a network of its own,
 * keeps the place in between.
 */
static bool change_address(struct netcfg *netcfg, struct netplan *applied, const struct netop *old,
                           const struct netop *op, struct end *ret_end)
{
    struct netop primary = *old;
    struct netop bare = *op;

    bare.address.peer = (struct ipaddr){.family = IP_NONE};
    if (!add_step(netcfg, applied, &bare, ret_end))
        return false;
    remove_same(netcfg, applied, &primary);
    if (!add_step(netcfg, applied, op, ret_end))
        return false;
    remove_same(netcfg, applied, &bare);
    return true;
}

static bool add_missing(struct netcfg *netcfg, struct netplan *applied, const struct netplan *plan,
                        struct end *ret_end)
{
    for (size_t i = 0; i < plan->n_op; i++) {
        const struct netop *op = &plan->op[i];
        const struct netop *there = find(applied, op);
        const struct netop *primary = there ? NULL : primary_of(applied, op);
        bool done = true;

        if (primary)
            done = change_address(netcfg, applied, primary, op, ret_end);
        else if (!there || !netop_equal(there, op))
            done = add_step(netcfg, applied, op, ret_end);
        if (!done)
            return false;
    }
    return true;
}

/* What is in force and not in the plan, last first. */
static void remove_vanished(struct netcfg *netcfg, struct netplan *applied, const struct netplan *plan)
{
    for (size_t i = applied->n_op; i-- > 0;)
        if (!holds(plan, &applied->op[i]))
            remove_step(netcfg, applied, i);
}

static size_t count_new(const struct netplan *applied, const struct netplan *plan)
{
    size_t n = 0;

    for (size_t i = 0; i < plan->n_op; i++)
        if (!holds(applied, &plan->op[i]))
            n++;
    return n;
}

bool netcfg_set(struct netcfg *netcfg, enum netcfg_group group, const struct netplan *plan,
                struct end *ret_end)
{
    struct netplan *applied = &netcfg->applied[group];

    /* old and new side by side may be more than the journal holds: then there is a gap between them */
    if (count_new(applied, plan) > NETPLAN_OPS_MAX - applied->n_op)
        remove_vanished(netcfg, applied, plan);
    if (!add_missing(netcfg, applied, plan, ret_end))
        return false;
    remove_vanished(netcfg, applied, plan);
    return true;
}

void netcfg_prepare(struct netcfg *netcfg, const struct netplan *link)
{
    for (size_t i = 0; i < link->n_op; i++)
        if (link->op[i].type == NETOP_LINK)
            (void)netcfg->ops->prepare(netcfg->ops->user, &link->op[i], netcfg->ifindex);
}

/* At most so many lines: prefixes are the server's to choose. */
static bool worth_a_line(struct netcfg *netcfg, const struct ipprefix *prefix)
{
    for (size_t i = 0; i < netcfg->n_said; i++)
        if (ipprefix_equal(&netcfg->said[i], prefix))
            return false;
    if (netcfg->n_said == NETCFG_SAID_MAX)
        return false;
    netcfg->said[netcfg->n_said++] = *prefix;
    return true;
}

bool netcfg_is_elsewhere(struct netcfg *netcfg, const struct ipprefix *prefix)
{
    struct ipprefix found = {.addr = {.family = IP_NONE}};
    int err = netcfg->ops->elsewhere(netcfg->ops->user, prefix, netcfg->ifindex, &found);
    char to[IPPREFIX_STR_LEN], way[IPPREFIX_STR_LEN];

    if (err == 0 && found.addr.family == IP_NONE)
        return false;
    if (!worth_a_line(netcfg, prefix))
        return true;
    (void)ipprefix_str(prefix, to);
    if (err != 0)
        log_notice(netcfg->log, "no route to %s: cannot see whether this host has one elsewhere (%s)", to,
                   strerror(-err));
    else
        log_notice(netcfg->log, "no route to %s: this host has %s elsewhere; --route %s would overrule it",
                   to, ipprefix_str(&found, way), to);
    return true;
}

void netcfg_undo(struct netcfg *netcfg)
{
    static const struct netplan nothing = {.n_op = 0};

    for (size_t group = NETCFG_GROUPS; group-- > 0;)
        remove_vanished(netcfg, &netcfg->applied[group], &nothing);
}

void netcfg_clean_stale(struct netcfg *netcfg)
{
    size_t n = 0;
    int err = netcfg->ops->clean_stale(netcfg->ops->user, &n);

    if (err != 0)
        log_info(netcfg->log, "cannot look for what an earlier run may have left: %s", strerror(-err));
    else if (n > 0)
        log_notice(netcfg->log, "removed %zu rules and routes that an earlier run had left", n);
}
