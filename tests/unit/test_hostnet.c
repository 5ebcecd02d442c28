/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What IPCP and IPV6CP do to a host that is only remembered, and when it has settled. (MTUs, routers: test_hostnet_mtu.c.) */
#include "check.h"

#include "hostnet_rig.h"

TEST(ipv4_alone_settles_at_once)
{
    set_options(true, false);
    begin();
    CHECK(!hostnet_usable(&hostnet));
    CHECK(!hostnet_settled(&hostnet));
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(hostnet_usable(&hostnet));
    CHECK(hostnet_settled(&hostnet));
    CHECK(!hostnet_settled(&hostnet)); /* once */
    CHECK_EQ(hostnet_deadline(&hostnet), USEC_NEVER);
    CHECK(strstr(recorder.acts, "10.0.0.100") != NULL);
    netcfg_undo(&netcfg);
    CHECK_EQ(recorder.present.n_op, 0u);
}

TEST(settling_waits_for_ipv6_but_not_for_ever)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(!hostnet_settled(&hostnet));
    CHECK_EQ(hostnet_deadline(&hostnet), now + 3 * USEC_PER_SEC);
    now += 3 * USEC_PER_SEC;
    CHECK(hostnet_tick(&hostnet, now, &owed_end));
    CHECK(hostnet_settled(&hostnet));
}

TEST(settling_waits_for_an_advertisement_one_second)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(!hostnet_settled(&hostnet));
    now += USEC_PER_SEC;
    CHECK(hostnet_tick(&hostnet, now, &owed_end));
    CHECK(hostnet_settled(&hostnet));
    CHECK(strstr(recorder.acts, "fe80::7") != NULL);
}

/* Before the tunnel has settled as well as after: a server that never comes to rest does not fill the log. */
TEST(addresses_that_change_all_the_time_are_told_now_and_then)
{
    unsigned n = 0;
    struct log_sink log = {.write = count_line, .user = &n, .max = LOG_LEVEL_INFO};
    struct ppp_event event = {.type = PPP_EVENT_IPV4_UP, .ipv4 = ipv4};
    struct end end;

    begin();
    hostnet.log = &log;
    for (int i = 0; i < 1000; i++) {
        event.ipv4.local[2] = (uint8_t)i;
        CHECK(hostnet_event(&hostnet, &event, now + (usec_t)i * USEC_PER_MSEC, &end));
        if (i == 0)
            CHECK(n >= 1); /* a user who waits sees what there is */
    }
    CHECK(n <= 16);
    CHECK(!hostnet_settled(&hostnet)); /* IPv6 is still waited for */
}

TEST(a_refused_family_ends_the_wait)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(tell(PPP_EVENT_IPV6_FAILED));
    CHECK(hostnet_settled(&hostnet));
}

TEST(renegotiation_keeps_what_is_configured)
{
    struct netplan before;

    set_options(true, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    before = recorder.present;
    recorder.acts[0] = '\0';
    CHECK(tell(PPP_EVENT_IPV4_DOWN));
    CHECK(!hostnet_usable(&hostnet));
    CHECK_STR(recorder.acts, "");
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(hostnet_usable(&hostnet));
    CHECK_STR(recorder.acts, ""); /* the same address again: nothing to do */
    CHECK_EQ(recorder.present.n_op, before.n_op);
}

TEST(default_route_covers_the_family_that_the_tunnel_lacks)
{
    set_options(true, true);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(strstr(recorder.acts, "unreachable") != NULL);
    CHECK(strstr(recorder.acts, "throw") != NULL);
    netcfg_undo(&netcfg);
    CHECK_EQ(recorder.present.n_op, 0u);
}

TEST(a_host_without_ipv6_keeps_its_ipv4_tunnel)
{
    unsigned before;

    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    before = recorder.n_add;
    recorder.fail_add = before + 1;
    recorder.fail_error = -95; /* EOPNOTSUPP */
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(hostnet.ipv6_state, HOSTNET_ABSENT);
    CHECK(hostnet_usable(&hostnet));
}

TEST(a_host_that_refuses_ipv4_ends_it)
{
    set_options(true, false);
    begin();
    recorder.fail_add = 2; /* 1 is the link */
    recorder.fail_error = -1;
    CHECK(!tell(PPP_EVENT_IPV4_UP));
    netcfg_undo(&netcfg);
    CHECK_EQ(recorder.present.n_op, 0u);
}

TEST(a_link_local_address_alone_is_no_network)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(!hostnet_usable(&hostnet));
    CHECK(hostnet_hopeless(&hostnet) == NULL); /* IPCP has not said yet */
    CHECK(tell(PPP_EVENT_IPV4_FAILED));
    CHECK(hostnet_hopeless(&hostnet) == NULL); /* a router may still answer */
    now += 12 * USEC_PER_SEC;
    CHECK(hostnet_deadline(&hostnet) <= now);
    CHECK(hostnet_tick(&hostnet, now, &owed_end));
    CHECK(hostnet_hopeless(&hostnet) != NULL);
    CHECK(hostnet_deadline(&hostnet) > now); /* nothing is left to spin on */
}

TEST(no_family_is_hopeless_at_once)
{
    set_options(true, false);
    begin();
    CHECK(hostnet_hopeless(&hostnet) == NULL);
    CHECK(tell(PPP_EVENT_IPV4_FAILED));
    CHECK(hostnet_hopeless(&hostnet) != NULL);
}

TEST(the_link_is_told_once)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(n_links, 1u);
    hostnet_link(&hostnet, 1300);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(n_links, 2u);
    CHECK_EQ(facts.plan_options.mtu, 1300u);
}

TEST(the_link_is_set_up_beside_the_negotiation)
{
    set_options(true, false);
    begin();
    hostnet_prepare(&hostnet);
    hostnet_prepare(&hostnet); /* the answer is still to come */
    CHECK_EQ(n_links, 1u);
    CHECK_EQ(n_owed, 1u);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(n_owed, 0u);
    CHECK_EQ(n_links, 1u);
    CHECK(hostnet_settled(&hostnet));
    hostnet_prepare(&hostnet);
    CHECK_EQ(n_links, 1u);
}

/* LCP may begin again while the first link is still being set up. */
TEST(a_link_that_was_told_too_early_is_told_again)
{
    set_options(true, false);
    begin();
    hostnet_prepare(&hostnet);
    hostnet_link(&hostnet, 1300);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(n_links, 2u);
    CHECK_EQ(facts.plan_options.mtu, 1300u);
}

TEST(a_link_that_the_host_refuses_ends_it_when_it_is_needed)
{
    set_options(true, false);
    begin();
    recorder.fail_add = 1;
    recorder.fail_error = -1;
    hostnet_prepare(&hostnet);
    CHECK(!tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(owed_end.reason, END_NOT_PERMITTED);
}

/* What comes first, the answer or something that needs it. */
TEST(ipv6_does_not_hold_up_what_flows)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(n_owed, 1u);
    CHECK(!hostnet_settled(&hostnet));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(n_owed, 0u);
    CHECK(hostnet_answered(&hostnet, now, &owed_end)); /* nothing is owed: nothing is waited for */
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(n_owed, 1u);
    CHECK(hostnet_deadline(&hostnet) <= now + USEC_PER_SEC); /* or else it is taken then */
    now += USEC_PER_SEC;
    CHECK(hostnet_tick(&hostnet, now, &owed_end));
    CHECK_EQ(n_owed, 0u);
    CHECK(hostnet_settled(&hostnet));
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(tell(PPP_EVENT_IPV6_FAILED));
    CHECK_EQ(n_owed, 0u);
    CHECK_EQ(rights.has_ipv6, false);
}

TEST(a_refused_ipv6_that_was_asked_for_ends_it)
{
    set_options(false, false);
    options.n_route = 1;
    options.route[0].addr.family = IP_V6;
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -95; /* EOPNOTSUPP */
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(!hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(owed_end.reason, END_HOST);
}

/* When the call is over, a refusal makes nobody change the host. */
TEST(an_answer_that_comes_too_late_is_forgotten)
{
    size_t acts;

    set_options(false, true);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    recorder.fail_add = recorder.n_add + 2; /* something is there that would be taken back */
    recorder.fail_error = -95;              /* EOPNOTSUPP */
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(n_owed, 1u);
    acts = strlen(recorder.acts);
    hostnet_forget(&hostnet);
    CHECK_EQ(n_owed, 0u);
    CHECK_EQ(hostnet.pending, HOSTNET_NOTHING);
    CHECK_EQ(strlen(recorder.acts), acts);
    hostnet_forget(&hostnet); /* nothing is owed: nothing is waited for */
    CHECK_EQ(n_owed, 0u);
}

/* It cannot be this host's, too: no address, and no "connected" without one. */
TEST(the_servers_own_address_is_none)
{
    struct ppp_event event = {.type = PPP_EVENT_IPV4_UP, .ipv4 = ipv4};
    struct ipaddr server = ipaddr_v4(ipv4.local);
    size_t acts;

    set_options(false, true);
    begin();
    hostnet_server(&hostnet, &server);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(!hostnet_usable(&hostnet));
    CHECK(strstr(recorder.acts, "10.0.0.100") == NULL);
    CHECK(tell(PPP_EVENT_IPV6_FAILED));
    CHECK(hostnet_hopeless(&hostnet) != NULL);
    event.ipv4.local[3]++; /* it thinks better of it */
    CHECK(hostnet_event(&hostnet, &event, now, &owed_end));
    CHECK(hostnet_usable(&hostnet));
    acts = strlen(recorder.acts);
    CHECK(tell(PPP_EVENT_IPV4_UP)); /* and worse: with --default-route nothing may leave outside */
    CHECK(!hostnet_usable(&hostnet));
    CHECK(strstr(recorder.acts + acts, "unreachable") != NULL);
}

/* Whatever the log said last about IPv4 is how it is. */
TEST(an_address_that_comes_back_is_news)
{
    unsigned n = 0;
    struct log_sink log = {.write = count_line, .user = &n, .max = LOG_LEVEL_INFO};
    struct ppp_event event = {.type = PPP_EVENT_IPV4_UP, .ipv4 = ipv4};
    struct ipaddr server = ipaddr_v4(ipv4.peer);

    set_options(true, false);
    begin();
    hostnet.log = &log;
    hostnet_server(&hostnet, &server);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    memcpy(event.ipv4.local, ipv4.peer, sizeof(event.ipv4.local));
    CHECK(hostnet_event(&hostnet, &event, now, &owed_end));
    CHECK(!hostnet_usable(&hostnet));
    n = 0;
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK(hostnet_usable(&hostnet));
    CHECK(n >= 1);
}

CHECK_MAIN()
