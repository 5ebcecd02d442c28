/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Facts of the worker as plans and as the hook's values. (What the plans then do: test_hostnet.c, test_netplan.c.) */
#include "check.h"

#include "netcfg_recorder.h"
#include "netfacts.h"

static const struct request_ipv4 ipv4 = {.present = 1,
                                         .local = {10, 0, 0, 100},
                                         .peer = {10, 0, 0, 1},
                                         .dns = {{8, 8, 8, 8}, {0}},
                                         .nbns = {{0}, {10, 0, 0, 5}}};
static const struct request_ipv6 ipv6 = {.present = 1,
                                         .id = {0, 0, 0, 0, 0, 0, 0, 7},
                                         .peer_id = {0, 0, 0, 0, 0, 0, 0, 1},
                                         .n_prefix = 2,
                                         .prefix = {{{0x20, 1, 0xd, 0xb8, 0, 0x77}, 64, 1, 1, 3600, 1800},
                                                    {{0x20, 1, 0xd, 0xb8, 0, 0x78}, 48, 1, 0, 3600, 1800}},
                                         .n_dns = 1,
                                         .dns = {{0x20, 1, 0xd, 0xb8, [15] = 0x53}}};

static struct options options;
static struct netcfg_recorder recorder;
static struct netcfg_ops ops;
static struct netcfg netcfg;
static struct netfacts facts;
static struct end end;

static void begin(void)
{
    struct ipaddr server;

    options = (struct options){.mtu = 1400};
    netcfg_recorder_init(&recorder);
    netcfg_recorder_ops(&recorder, &ops);
    netcfg_init(&netcfg, &ops, 5, NULL);
    netfacts_init(&facts, &options, &netcfg, 5);
    CHECK(ipaddr_parse("192.0.2.1", &server));
    netfacts_server(&facts, &server);
}

/* The hook at pre-connect must not be told an MTU that nobody has agreed on. */
TEST(a_preparation_is_no_fact)
{
    struct hook_values values = {.mtu = 0};

    begin();
    netfacts_prepare(&facts, 1400);
    CHECK(strstr(recorder.acts, "1400") != NULL);
    CHECK_EQ(recorder.acts[0], '.');
    CHECK_EQ(recorder.present.n_op, 0u);
    netfacts_hook_values(&facts, &values);
    CHECK_EQ(values.mtu, 0u);
    recorder.acts[0] = '\0';
    netcfg_undo(&netcfg);
    CHECK_STR(recorder.acts, "");
}

TEST(facts_become_steps_and_absence_takes_them_back)
{
    struct request_ipv4 no_ipv4 = {.present = 0};
    struct request_ipv6 no_ipv6 = {.present = 0};
    struct request_link link = {.mtu = 1300};

    begin();
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK(netfacts_ipv4(&facts, &ipv4, &end));
    CHECK(netfacts_ipv6(&facts, &ipv6, &end));
    CHECK(strstr(recorder.acts, "MTU 1300") != NULL);
    CHECK(strstr(recorder.acts, "10.0.0.100") != NULL);
    CHECK(strstr(recorder.acts, "fe80::7") != NULL);
    CHECK(strstr(recorder.acts, "2001:db8:77::7") != NULL);
    CHECK(strstr(recorder.acts, "route 2001:db8:78::/48") != NULL);
    CHECK(netfacts_ipv4(&facts, &no_ipv4, &end));
    CHECK(netfacts_ipv6(&facts, &no_ipv6, &end));
    CHECK_EQ(recorder.present.n_op, 1u); /* the link */
}

/* What nobody asked for by name gives way to what this host has. */
TEST(ways_of_the_host_are_left_to_it)
{
    struct request_ipv4 none = {.present = 0};

    begin();
    CHECK(ipprefix_parse("10.0.0.0/24", &recorder.way));
    CHECK(netfacts_ipv4(&facts, &ipv4, &end));
    CHECK(strstr(recorder.acts, "address 10.0.0.100/32 peer 10.0.0.1") != NULL);
    CHECK(strstr(recorder.acts, "route 10.0.0.1/32") == NULL);
    CHECK(ipprefix_parse("2001:db8:78:1::/64", &recorder.way));
    CHECK(netfacts_ipv4(&facts, &ipv4, &end)); /* the host's network has changed */
    CHECK(strstr(recorder.acts, "+route 10.0.0.1/32") != NULL);
    CHECK(netfacts_ipv6(&facts, &ipv6, &end));
    CHECK(strstr(recorder.acts, "route 2001:db8:77::/64") != NULL);
    CHECK(strstr(recorder.acts, "route 2001:db8:78::/48") == NULL);
    CHECK(ipprefix_parse("2001:db8:77::/64", &recorder.way));
    CHECK(netfacts_ipv6(&facts, &ipv6, &end));
    CHECK(strstr(recorder.acts, "-route 2001:db8:77::/64") != NULL);
    CHECK(strstr(recorder.acts, "-address 2001:db8:77::7") == NULL);
    CHECK(strstr(recorder.acts, "route 2001:db8:78::/48") != NULL);
    recorder.fail_elsewhere = -110;
    CHECK(netfacts_ipv4(&facts, &none, &end)); /* there is nothing to ask about */
    recorder.acts[0] = '\0';
    CHECK(netfacts_ipv4(&facts, &ipv4, &end));
    CHECK(strstr(recorder.acts, "route 10.0.0.1/32") == NULL);
}

/* The kernel forgets what it was told of an interface that falls below 1280 and rises again. */
TEST(a_link_without_ipv6_stays_without)
{
    struct request_link link = {.mtu = 1000};

    begin();
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(recorder.present.op[0].link.mtu, 1000);
    link.mtu = 1400;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(recorder.present.op[0].link.mtu, 1279);
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(recorder.present.op[0].link.mtu, 1279);
    link.mtu = 1100;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(recorder.present.op[0].link.mtu, 1100);
    begin();
    link.mtu = 1280;
    CHECK(netfacts_link(&facts, &link, &end));
    link.mtu = 1400;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(recorder.present.op[0].link.mtu, 1400);
}

static const char *line_of(const char *what)
{
    const char *line = strstr(recorder.acts, what);

    CHECK(line != NULL);
    return line ? line : recorder.acts;
}

static void begin_default_route(void)
{
    struct request_link link = {.mtu = 1400};

    begin();
    facts.plan_options.default_route = true;
    CHECK(netfacts_link(&facts, &link, &end));
}

/* At every moment the default route is in the tunnel or unreachable. */
TEST(ipv6_is_unreachable_before_the_link_takes_it_away)
{
    struct request_link link = {.mtu = 600};
    struct request_ipv6 router = ipv6;
    struct hook_values values = {0};

    router.default_router = 1;
    begin_default_route();
    CHECK(netfacts_ipv6(&facts, &router, &end));
    CHECK(strstr(recorder.acts, "+route ::/0 in table") != NULL);
    recorder.acts[0] = '\0';
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK(line_of("+unreachable route ::/0") < line_of("-route ::/0 in table"));
    CHECK(line_of("-route ::/0 in table") < line_of("MTU 600"));
    CHECK(line_of("-address fe80::7") < line_of("MTU 600"));
    CHECK(strstr(recorder.acts, "-IPv6 rule") == NULL);
    netfacts_hook_values(&facts, &values);
    CHECK(!values.local_ipv6_id);
    recorder.acts[0] = '\0';
    link.mtu = 1400;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK(strstr(recorder.acts, "unreachable") == NULL); /* it stays */
    netcfg_undo(&netcfg);
    CHECK_EQ(recorder.present.n_op, 0u);
}

/* --default-route is a promise from the first link on; without it there is nothing to keep. */
TEST(a_small_link_shuts_what_was_promised)
{
    struct request_link link = {.mtu = 600};

    begin();
    CHECK(netfacts_ipv6(&facts, &ipv6, &end));
    recorder.acts[0] = '\0';
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK(line_of("-address fe80::7") < line_of("MTU 600"));
    CHECK(strstr(recorder.acts, "unreachable") == NULL);
    CHECK_EQ(recorder.present.n_op, 1u); /* the link */
    begin();
    facts.plan_options.default_route = true;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK(line_of("+unreachable route ::/0") < line_of("MTU 600"));
    begin_default_route();
    CHECK(strstr(recorder.acts, "unreachable") == NULL); /* 1400 takes nothing away */
}

TEST(a_small_link_waits_until_ipv6_is_shut)
{
    struct request_link link = {.mtu = 600};

    begin_default_route();
    CHECK(netfacts_ipv6(&facts, &ipv6, &end));
    CHECK(facts.ipv6.present);
    netcfg.applied[NETCFG_IPV6].n_op = 0; /* so that there is something to add that may fail */
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -12; /* ENOMEM */
    CHECK(!netfacts_link(&facts, &link, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(recorder.acts, "MTU 600") == NULL);
    CHECK_EQ(facts.plan_options.mtu, 1400u);
    begin_default_route(); /* a host that has no IPv6, and had none in the tunnel */
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -95; /* EOPNOTSUPP */
    end.reason = END_NONE;
    CHECK(netfacts_link(&facts, &link, &end));
    CHECK_EQ(end.reason, END_NONE); /* or the worker would be told of it */
    CHECK(strstr(recorder.acts, "MTU 600") != NULL);
}

TEST(a_refusal_is_passed_on)
{
    begin();
    recorder.fail_add = 1;
    recorder.fail_error = -1;
    CHECK(!netfacts_ipv4(&facts, &ipv4, &end));
    CHECK_EQ(end.reason, END_NOT_PERMITTED);
}

TEST(hook_values_tell_what_was_negotiated)
{
    struct request_link link = {.mtu = 1400};
    struct hook_values values = {0};
    char text[IPPREFIX_STR_LEN];

    begin();
    CHECK(netfacts_link(&facts, &link, &end) && netfacts_ipv4(&facts, &ipv4, &end) &&
          netfacts_ipv6(&facts, &ipv6, &end));
    netfacts_hook_values(&facts, &values);
    CHECK_STR(ipaddr_str(&values.local_ipv4, text), "10.0.0.100");
    CHECK_STR(ipaddr_str(&values.peer_ipv4, text), "10.0.0.1");
    CHECK_EQ(values.n_dns, 2u);
    CHECK_STR(ipaddr_str(&values.dns[0], text), "8.8.8.8");
    CHECK_STR(ipaddr_str(&values.dns[1], text), "2001:db8::53");
    CHECK_EQ(values.n_nbns, 1u);
    CHECK_STR(ipaddr_str(&values.nbns[0], text), "10.0.0.5");
    CHECK_STR(ipaddr_str(&values.link_local, text), "fe80::7");
    CHECK_EQ(values.n_ipv6, 1u); /* only the prefix that addresses may be formed from */
    CHECK_STR(ipprefix_str(&values.ipv6[0], text), "2001:db8:77::7/64");
    CHECK_EQ(values.local_ipv6_id[7], 7);
    CHECK_EQ(values.mtu, 1400u);
}

/* `down` is told what the host had, not what it would not take. */
TEST(what_was_refused_is_no_fact)
{
    static const struct request_ipv4 other4 = {.present = 1, .local = {10, 0, 0, 200}};
    struct request_link link = {.mtu = 1400}, other_link = {.mtu = 1300};
    struct request_ipv6 other6 = ipv6;
    struct hook_values values = {0};
    char text[IPADDR_STR_LEN];

    other6.id[7] = 8;
    for (int told = 0; told < 2; told++) {
        begin();
        if (told)
            CHECK(netfacts_link(&facts, &link, &end) && netfacts_ipv4(&facts, &ipv4, &end) &&
                  netfacts_ipv6(&facts, &ipv6, &end));
        recorder.fail_add = recorder.n_add + 1;
        recorder.fail_error = -95;
        CHECK(!netfacts_link(&facts, &other_link, &end));
        recorder.fail_add = recorder.n_add + 1;
        CHECK(!netfacts_ipv4(&facts, &other4, &end));
        recorder.fail_add = recorder.n_add + 1;
        CHECK(!netfacts_ipv6(&facts, &other6, &end));
        values = (struct hook_values){0};
        netfacts_hook_values(&facts, &values);
        CHECK_EQ(values.mtu, told ? 1400u : 0u);
        CHECK_STR(ipaddr_is_unset(&values.local_ipv4) ? "" : ipaddr_str(&values.local_ipv4, text),
                  told ? "10.0.0.100" : "");
        CHECK_EQ(values.local_ipv6_id ? values.local_ipv6_id[7] : 0, told ? 7 : 0);
    }
}

TEST(hook_values_before_anything_was_told)
{
    struct hook_values values = {0};

    begin();
    netfacts_hook_values(&facts, &values);
    CHECK_EQ(values.mtu, 0u);
    CHECK(ipaddr_is_unset(&values.local_ipv4) && ipaddr_is_unset(&values.link_local));
    CHECK(!values.local_ipv6_id && values.n_dns == 0);
}

CHECK_MAIN()
