/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netcfg_recorder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 30000

static void write_down(struct netcfg_recorder *recorder, char sign, const struct netop *op)
{
    size_t len = strlen(recorder->acts);
    char step[160];

    netop_describe(op, step, sizeof(step));
    (void)snprintf(recorder->acts + len, sizeof(recorder->acts) - len, "%c%s\n", sign, step);
}

/* As on a real host: an address is the same whatever its lifetimes, and there is one link. */
static bool is_same(const struct netop *a, const struct netop *b)
{
    struct netop copy = *b;

    if (a->type != b->type || a->type == NETOP_LINK)
        return a->type == b->type;
    if (a->type == NETOP_ADDRESS) {
        copy.address.valid_s = a->address.valid_s;
        copy.address.preferred_s = a->address.preferred_s;
    }
    return netop_equal(a, &copy);
}

static size_t find(const struct netcfg_recorder *recorder, const struct netop *op)
{
    size_t i = 0;

    while (i < recorder->present.n_op && !is_same(&recorder->present.op[i], op))
        i++;
    return i;
}

static int recorder_add(void *user, const struct netop *op, int ifindex, uint32_t rule_priority)
{
    struct netcfg_recorder *recorder = user;
    size_t i = find(recorder, op);

    recorder->n_add++;
    if (recorder->n_add == recorder->fail_add)
        return recorder->fail_error;
    if (ifindex <= 0 || (op->type == NETOP_RULE && rule_priority != BLOCK))
        return -EINVAL;
    if (i == NETPLAN_OPS_MAX)
        return -ENOSPC;
    write_down(recorder, '+', op);
    if (i == recorder->present.n_op)
        recorder->present.n_op++;
    recorder->present.op[i] = *op;
    return 0;
}

static int recorder_del(void *user, const struct netop *op, int ifindex, uint32_t rule_priority)
{
    struct netcfg_recorder *recorder = user;
    size_t i = find(recorder, op);

    if (ifindex <= 0 || (op->type == NETOP_RULE && rule_priority != BLOCK))
        return -EINVAL;
    write_down(recorder, '-', op);
    if (recorder->fail_del != 0)
        return recorder->fail_del;
    if (i == recorder->present.n_op)
        return -ENOENT;
    recorder->present.n_op--;
    memmove(&recorder->present.op[i], &recorder->present.op[i + 1],
            (recorder->present.n_op - i) * sizeof(recorder->present.op[0]));
    return 0;
}

static int recorder_prepare(void *user, const struct netop *link, int ifindex)
{
    struct netcfg_recorder *recorder = user;

    if (ifindex <= 0 || link->type != NETOP_LINK)
        return -EINVAL;
    write_down(recorder, '.', link);
    return 0;
}

static int recorder_pick(void *user, uint32_t *ret_priority)
{
    struct netcfg_recorder *recorder = user;

    recorder->n_picked++;
    *ret_priority = BLOCK;
    return 0;
}

static int recorder_clean(void *user, size_t *ret_n)
{
    struct netcfg_recorder *recorder = user;

    *ret_n = recorder->n_stale;
    recorder->n_stale = 0;
    return 0;
}

static int recorder_elsewhere(void *user, const struct ipprefix *prefix, int ifindex,
                              struct ipprefix *ret_found)
{
    const struct netcfg_recorder *recorder = user;
    const struct ipprefix *way = &recorder->way;

    if (ifindex <= 0)
        return -EINVAL;
    if (recorder->fail_elsewhere != 0)
        return recorder->fail_elsewhere;
    ret_found->addr.family = IP_NONE;
    if (ipprefix_contains(way, &prefix->addr) || ipprefix_contains(prefix, &way->addr))
        *ret_found = *way;
    return 0;
}

static const char *recorder_explain(void *user)
{
    const struct netcfg_recorder *recorder = user;

    return recorder->words ? recorder->words : "";
}

void netcfg_recorder_init(struct netcfg_recorder *recorder)
{
    memset(recorder, 0, sizeof(*recorder));
}

void netcfg_recorder_ops(struct netcfg_recorder *recorder, struct netcfg_ops *ret_ops)
{
    *ret_ops = (struct netcfg_ops){
        .add = recorder_add,
        .del = recorder_del,
        .prepare = recorder_prepare,
        .pick_priority = recorder_pick,
        .clean_stale = recorder_clean,
        .elsewhere = recorder_elsewhere,
        .explain = recorder_explain,
        .user = recorder,
    };
}
