/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper's half behind fuzz_session's worker, as in production: each fact passes the keeper's check, becomes a plan,
 * and is applied to a host that is only remembered. Whatever a server says, an honest worker is never refused.
 */
#include "session_rig.h"

static void pass(const struct request *request)
{
    const char *wrong = keeper_check(&rig.rights, request, request_len(request->type));

    if (wrong)
        fprintf(stderr, "%s: %s\n", request_name(request->type), wrong);
    MUST(!wrong);
    keeper_check_note(&rig.rights, request);
}

/* What the next answer will be. */
static struct {
    unsigned n;
    bool done;
    struct end end;
} owed;

static struct end *owe(void)
{
    MUST(owed.n++ == 0); /* one at a time */
    owed.end = (struct end){.reason = END_NONE};
    return &owed.end;
}

static bool answer(void *user, struct end *ret_end)
{
    (void)user;
    MUST(owed.n-- == 1);
    if (!owed.done)
        *ret_end = owed.end;
    return owed.done;
}

static void set_link(void *user, const struct request_link *link)
{
    struct request request = {.type = REQUEST_LINK};

    request.link = *link;
    pass(&request);
    owed.done = netfacts_link(user, link, owe());
}

static void set_ipv4(void *user, const struct request_ipv4 *ipv4)
{
    struct request request = {.type = REQUEST_IPV4};
    struct ipaddr local = ipaddr_v4(ipv4->local);

    MUST(!ipv4->present || !ipaddr_equal(&local, &rig.facts.plan_options.server));
    request.ipv4 = *ipv4;
    pass(&request);
    owed.done = netfacts_ipv4(user, ipv4, owe());
}

static void set_ipv6(void *user, const struct request_ipv6 *ipv6)
{
    struct request request = {.type = REQUEST_IPV6};

    request.ipv6 = *ipv6;
    pass(&request);
    owed.done = netfacts_ipv6(user, ipv6, owe());
}

/* Of what is asked for, the password's answers are the engine's own business (local_secret.h). */
struct hostnet_acts session_keeper(const struct ipaddr *server)
{
    netcfg_recorder_init(&rig.recorder);
    netcfg_recorder_ops(&rig.recorder, &rig.ops);
    netcfg_init(&rig.netcfg, &rig.ops, rig.tun.ifindex, &rig.sink);
    netfacts_init(&rig.facts, &rig.options, &rig.netcfg, rig.tun.ifindex);
    netfacts_server(&rig.facts, server);
    rig.rights = (struct keeper_rights){.options = &rig.options, .progress = KEEPER_CHOSEN};
    owed.n = 0;
    return (struct hostnet_acts){
        .link = set_link, .ipv4 = set_ipv4, .ipv6 = set_ipv6, .answer = answer, .user = &rig.facts};
}

/* The time of the `up` hook, once: what it would be told. */
void session_keeper_up(void)
{
    static const struct request up = {.type = REQUEST_UP};
    struct hook_values values = {.mtu = 0};

    pass(&up);
    netfacts_hook_values(&rig.facts, &values);
    MUST(values.n_dns <= HOOK_LIST_MAX && values.n_nbns <= HOOK_LIST_MAX && values.n_ipv6 <= HOOK_LIST_MAX);
    MUST(values.mtu >= 576 && values.mtu <= PPP_FRAME_MAX);
    MUST(!ipaddr_is_unset(&values.local_ipv4) || values.n_ipv6 > 0 || session_hostnet.ra.seen);
}
