/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdlib.h>

#include "netcfg.h"
#include "netcfg_recorder.h"

struct rig {
    struct netcfg_recorder recorder;
    struct netcfg_ops ops;
    struct log_sink log;
    char lines[8192];
    struct netcfg netcfg;
    struct netplan_options options;
};

static struct rig rig; /* plans are large */

static void remember_line(void *user, enum log_level level, const char *line)
{
    size_t len = strlen(rig.lines);

    (void)user;
    (void)snprintf(rig.lines + len, sizeof(rig.lines) - len, "%d %s\n", (int)level, line);
}

static struct ipaddr address(const char *text)
{
    struct ipaddr a = {.family = IP_NONE};

    CHECK(ipaddr_parse(text, &a));
    return a;
}

static void start(void)
{
    memset(&rig, 0, sizeof(rig));
    netcfg_recorder_init(&rig.recorder);
    netcfg_recorder_ops(&rig.recorder, &rig.ops);
    rig.log = (struct log_sink){.write = remember_line, .max = LOG_LEVEL_NOTICE};
    netcfg_init(&rig.netcfg, &rig.ops, 7, &rig.log);
    rig.options =
        (struct netplan_options){.server = address("192.0.2.1"), .mtu = 1400, .txqueuelen = 50, .ifindex = 7};
    rig.options.default_route = true;
}

static void ipv4_plan(const char *local, const char *peer, struct netplan *ret_plan)
{
    struct netplan_ipv4 ipv4 = {.local = address(local), .peer = address(peer)};

    netplan_ipv4(&rig.options, &ipv4, ret_plan);
}

static void check_acts(const char *want, const char *file, int line)
{
    check_str(rig.recorder.acts, want, "acts", file, line);
    rig.recorder.acts[0] = '\0';
}
#define CHECK_ACTS(want) check_acts((want), __FILE__, __LINE__)

static bool set(enum netcfg_group group, const struct netplan *plan)
{
    struct end end = {.reason = END_NONE};
    bool done = netcfg_set(&rig.netcfg, group, plan, &end);

    if (!done)
        fprintf(stderr, "%s\n", end.detail);
    return done;
}

TEST(applies_in_order_and_undoes_in_reverse)
{
    struct netplan plan;

    start();
    netplan_link(&rig.options, &plan);
    CHECK(set(NETCFG_LINK, &plan));
    ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_ACTS("+MTU 1400 and queue length 50\n"
               "+address 10.0.0.2/32 peer 10.0.0.1\n"
               "+IPv4 rule to look up table 1392508935\n"
               "+IPv4 rule to look up table 254 for more than /0\n"
               "+throw route 192.0.2.1/32 in table 1392508935\n"
               "+route 10.0.0.1/32\n"
               "+route 0.0.0.0/0 in table 1392508935\n");
    CHECK_EQ(rig.recorder.n_picked, 1);
    netcfg_undo(&rig.netcfg);
    CHECK_ACTS("-route 0.0.0.0/0 in table 1392508935\n"
               "-route 10.0.0.1/32\n"
               "-throw route 192.0.2.1/32 in table 1392508935\n"
               "-IPv4 rule to look up table 254 for more than /0\n"
               "-IPv4 rule to look up table 1392508935\n"
               "-address 10.0.0.2/32 peer 10.0.0.1\n"
               "-MTU 1400 and queue length 50\n");
    CHECK_EQ(rig.recorder.present.n_op, 0);
    netcfg_undo(&rig.netcfg);
    CHECK_ACTS("");
}

TEST(same_plan_again_does_nothing)
{
    struct netplan plan;

    start();
    ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    rig.recorder.acts[0] = '\0';
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_ACTS("");
}

/* The new way is there before the old one goes. */
TEST(family_goes_down_without_a_gap)
{
    struct netplan plan;

    start();
    ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    rig.recorder.acts[0] = '\0';
    netplan_ipv4(&rig.options, NULL, &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_ACTS("+unreachable route 0.0.0.0/0 in table 1392508935\n"
               "-route 0.0.0.0/0 in table 1392508935\n"
               "-route 10.0.0.1/32\n"
               "-address 10.0.0.2/32 peer 10.0.0.1\n");
    CHECK_EQ(rig.recorder.n_picked, 1);
}

/* To the kernel the new address would be a secondary one, and vanish with the old. */
TEST(address_changes_and_its_peer_stays)
{
    struct netplan plan;

    start();
    rig.options.default_route = false;
    ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    rig.recorder.acts[0] = '\0';
    ipv4_plan("10.0.0.3", "10.0.0.1", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_ACTS("+address 10.0.0.3/32\n"
               "-address 10.0.0.2/32 peer 10.0.0.1\n"
               "+address 10.0.0.3/32 peer 10.0.0.1\n"
               "-address 10.0.0.3/32\n");
    ipv4_plan("10.0.0.3", "10.0.0.9", &plan);
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_ACTS("+address 10.0.0.3/32 peer 10.0.0.9\n"
               "+route 10.0.0.9/32\n"
               "-address 10.0.0.3/32 peer 10.0.0.1\n"
               "-route 10.0.0.1/32\n");
    netcfg_undo(&rig.netcfg);
    CHECK_EQ(rig.recorder.present.n_op, 0);
}

TEST(lifetimes_and_mtu_are_refreshed_in_place)
{
    struct netplan_ipv6 ipv6 = {
        .id = {1, 2, 3, 4, 5, 6, 7, 8},
        .prefix =
            {{.prefix = {address("2001:db8::"), 64}, .autonomous = true, .valid_s = 100, .preferred_s = 50}},
        .n_prefix = 1,
    };
    struct netplan plan;

    start();
    rig.options.default_route = false;
    netplan_ipv6(&rig.options, &ipv6, &plan);
    CHECK(set(NETCFG_IPV6, &plan));
    rig.recorder.acts[0] = '\0';
    ipv6.prefix[0].valid_s = 200;
    netplan_ipv6(&rig.options, &ipv6, &plan);
    CHECK(set(NETCFG_IPV6, &plan));
    CHECK_ACTS("+address 2001:db8::102:304:506:708/128\n");
    netplan_link(&rig.options, &plan);
    CHECK(set(NETCFG_LINK, &plan));
    rig.options.mtu = 1300;
    netplan_link(&rig.options, &plan);
    CHECK(set(NETCFG_LINK, &plan));
    CHECK_ACTS("+MTU 1400 and queue length 50\n+MTU 1300 and queue length 50\n");
    CHECK_EQ(rig.recorder.present.n_op, 4);
    netcfg_undo(&rig.netcfg);
    CHECK_EQ(rig.recorder.present.n_op, 0);
}

/* Whichever step fails, everything that was done is undone, and nothing else is tried. */
TEST(failure_of_each_step)
{
    struct end end = {.reason = END_NONE};
    struct netplan plan;
    size_t n_steps = 1;

    for (unsigned i = 1; i <= n_steps; i++) {
        start();
        ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
        n_steps = plan.n_op;
        rig.recorder.fail_add = i;
        rig.recorder.fail_error = -ENOMEM;
        CHECK(!netcfg_set(&rig.netcfg, NETCFG_IPV4, &plan, &end));
        CHECK_EQ(end.reason, END_HOST);
        CHECK(strstr(end.detail, strerror(ENOMEM)) != NULL);
        CHECK_EQ(rig.recorder.n_add, i);
        CHECK_EQ(rig.recorder.present.n_op, i - 1);
        netcfg_undo(&rig.netcfg);
        CHECK_EQ(rig.recorder.present.n_op, 0);
    }
}

static void fail_step(unsigned step, int error, const char *words, enum end_reason reason, const char *detail)
{
    struct end end = {.reason = END_NONE};
    struct netplan plan;

    start();
    rig.recorder.fail_add = step;
    rig.recorder.fail_error = error;
    rig.recorder.words = words;
    ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
    CHECK(!netcfg_set(&rig.netcfg, NETCFG_IPV4, &plan, &end));
    CHECK_EQ(end.reason, reason);
    CHECK_STR(end.detail, detail);
}

TEST(errors_name_the_step_the_cause_and_the_next_step)
{
    fail_step(1, -EPERM, NULL, END_NOT_PERMITTED,
              "cannot add address 10.0.0.2/32 peer 10.0.0.1: Operation not permitted");
    fail_step(1, -EINVAL, "ipv4: Something", END_HOST,
              "cannot add address 10.0.0.2/32 peer 10.0.0.1: Invalid argument (ipv4: Something)");
    fail_step(
        2, -EOPNOTSUPP, NULL, END_HOST,
        "cannot add IPv4 rule to look up table 1392508935: Operation not supported; this kernel has no policy "
        "routing, which --default-route and routes around the server need");
    fail_step(
        5, -EEXIST, NULL, END_HOST,
        "cannot add route 10.0.0.1/32: File exists; another route has this destination: remove it, or leave out "
        "--route");
}

/* A kernel without IPv6 leaks none: forbidding it is not needed there, but carrying it is an error. */
TEST(kernel_without_ipv6)
{
    struct netplan_ipv6 ipv6 = {.id = {1}};
    struct end end = {.reason = END_NONE};
    struct netplan plan;

    start();
    netplan_ipv6(&rig.options, NULL, &plan);
    CHECK_EQ(plan.n_op, 3);
    for (unsigned i = 1; i <= 3; i++) {
        start();
        rig.recorder.fail_add = i;
        rig.recorder.fail_error = -EAFNOSUPPORT;
        CHECK(set(NETCFG_IPV6, &plan));
        CHECK_EQ(rig.recorder.present.n_op, 2);
        netcfg_undo(&rig.netcfg);
        CHECK_EQ(rig.recorder.present.n_op, 0);
    }
    start();
    rig.recorder.fail_add = 1;
    rig.recorder.fail_error = -EAFNOSUPPORT;
    netplan_ipv6(&rig.options, &ipv6, &plan);
    CHECK(!netcfg_set(&rig.netcfg, NETCFG_IPV6, &plan, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "IPv6 is switched off") != NULL);
}

TEST(what_is_gone_already_is_no_failure)
{
    static const int gone[] = {-ENOENT, -ESRCH, -ENODEV, -EADDRNOTAVAIL};
    struct netplan plan;

    for (size_t i = 0; i < ARRAY_LEN(gone); i++) {
        start();
        ipv4_plan("10.0.0.2", "10.0.0.1", &plan);
        CHECK(set(NETCFG_IPV4, &plan));
        rig.recorder.fail_del = gone[i];
        netcfg_undo(&rig.netcfg);
        CHECK_STR(rig.lines, "");
    }
    start();
    netplan_link(&rig.options, &plan);
    CHECK(set(NETCFG_LINK, &plan));
    rig.recorder.fail_del = -EBUSY;
    netcfg_undo(&rig.netcfg);
    CHECK_STR(rig.lines, "0 cannot remove MTU 1400 and queue length 50: Device or resource busy\n");
}

static void random_plan(struct netplan *plan, unsigned *seed)
{
    struct netop op = {.type = NETOP_ROUTE};

    plan->n_op = 0;
    for (size_t i = 0; i < NETPLAN_OPS_MAX; i++) {
        *seed = *seed * 1103515245u + 12345u;
        op.route.to = (struct ipprefix){{IP_V4, {10, 0, (uint8_t)i, (uint8_t)(*seed >> 30)}}, 32};
        op.route.table = 254;
        if (*seed >> 16 & 1)
            plan->op[plan->n_op++] = op;
    }
}

/* Any plan may follow any other, full ones too: what exists is the plan, as a set. */
TEST(any_plan_after_any_other)
{
    static struct netplan plan;
    unsigned seed = 1;

    start();
    for (int i = 0; i < 300; i++) {
        random_plan(&plan, &seed);
        rig.recorder.acts[0] = '\0';
        if (!CHECK(set(NETCFG_IPV4, &plan)) || !CHECK_EQ(rig.recorder.present.n_op, plan.n_op))
            return;
        for (size_t k = 0; k < plan.n_op; k++) {
            size_t n = 0;

            for (size_t m = 0; m < rig.recorder.present.n_op; m++)
                n += netop_equal(&rig.recorder.present.op[m], &plan.op[k]);
            CHECK_EQ(n, 1);
        }
    }
    plan.n_op = 0;
    CHECK(set(NETCFG_IPV4, &plan));
    CHECK_EQ(rig.recorder.present.n_op, 0);
}

TEST(stale_leftovers_are_announced)
{
    start();
    netcfg_clean_stale(&rig.netcfg);
    CHECK_STR(rig.lines, "");
    rig.recorder.n_stale = 3;
    netcfg_clean_stale(&rig.netcfg);
    CHECK_STR(rig.lines, "1 removed 3 rules and routes that an earlier run had left\n");
}

TEST(elsewhere_is_said_once)
{
    struct ipprefix to;
    size_t n_lines = 0;

    start();
    CHECK(ipprefix_parse("10.9.0.1", &to));
    CHECK(!netcfg_is_elsewhere(&rig.netcfg, &to));
    CHECK(ipprefix_parse("10.0.0.0/8", &rig.recorder.way));
    for (int i = 0; i < 3; i++)
        CHECK(netcfg_is_elsewhere(&rig.netcfg, &to));
    CHECK_STR(rig.lines,
              "1 no route to 10.9.0.1/32: this host has 10.0.0.0/8 elsewhere; --route 10.9.0.1/32 would "
              "overrule it\n");
    rig.lines[0] = '\0';
    rig.recorder.fail_elsewhere = -EPERM;
    CHECK(ipprefix_parse("10.9.0.2", &to));
    CHECK(netcfg_is_elsewhere(&rig.netcfg, &to));
    CHECK_STR(rig.lines,
              "1 no route to 10.9.0.2/32: cannot see whether this host has one elsewhere (Operation not "
              "permitted)\n");
    rig.lines[0] = '\0';
    for (uint8_t i = 3; i < 50; i++) {
        to.addr.byte[3] = i;
        CHECK(netcfg_is_elsewhere(&rig.netcfg, &to));
    }
    for (const char *at = rig.lines; (at = strchr(at, '\n')); at++)
        n_lines++;
    CHECK_EQ(n_lines, NETCFG_SAID_MAX - 2); /* a server's whims do not fill a log */
}

CHECK_MAIN()
