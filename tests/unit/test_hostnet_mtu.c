/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The MTU that comes of the user's, the server's and the router's, and router discovery across renegotiations. */
#include "check.h"

#include "hostnet_rig.h"
#include "router.h"

static const uint8_t *ask_for_router(void)
{
    static uint8_t datagram[RA_SOLICIT_LEN];

    CHECK(hostnet_solicitation(&hostnet, datagram, now));
    return datagram;
}

static bool advertise(uint32_t mtu)
{
    struct router_datagram d = router_advert(1800);

    router_put_mtu(&d, mtu);
    now += 3 * USEC_PER_SEC; /* changes are followed every 2 s */
    return hostnet_advertisement(&hostnet, router_sealed(&d), now, &owed_end);
}

TEST(the_mtu_is_the_smallest_of_all)
{
    set_options(true, false);
    begin();
    hostnet_link(&hostnet, 1300);
    CHECK_EQ(hostnet.mtu, 1300u);
    hostnet_link(&hostnet, 4091);
    CHECK_EQ(hostnet.mtu, 1400u);
    hostnet_link(&hostnet, 100);
    CHECK_EQ(hostnet.mtu, 576u);
}

/* The keeper does not raise it again, so its worker must not think so: IPv6 would be told and refused. */
TEST(a_link_that_was_too_small_for_ipv6_stays_so)
{
    set_options(false, false);
    options.n_route = 1;
    options.route[0].addr.family = IP_V6;
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(tell(PPP_EVENT_IPV4_DOWN) && tell(PPP_EVENT_IPV6_DOWN));
    hostnet_link(&hostnet, 600);
    hostnet_prepare(&hostnet);
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(hostnet.ipv6_state, HOSTNET_ABSENT);
    CHECK(tell(PPP_EVENT_IPV4_DOWN) && tell(PPP_EVENT_IPV6_DOWN));
    hostnet_link(&hostnet, 1500);
    CHECK_EQ(hostnet.mtu, 1279u);
    hostnet_prepare(&hostnet);
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(hostnet.mtu, facts.plan_options.mtu);
    CHECK_EQ(hostnet.ipv6_state, HOSTNET_ABSENT);
    CHECK(!facts.ipv6.present);
    CHECK(hostnet_usable(&hostnet));
    hostnet_link(&hostnet, 1000);
    CHECK_EQ(hostnet.mtu, 1000u);
}

TEST(each_small_mtu_is_told_once)
{
    unsigned n = 0;
    struct log_sink log = {.write = count_line, .user = &n, .max = LOG_LEVEL_NOTICE};

    set_options(false, false);
    begin();
    hostnet.log = &log;
    for (int i = 0; i < 100; i++) {
        hostnet_link(&hostnet, 600);
        CHECK(tell(PPP_EVENT_IPV6_UP) && tell(PPP_EVENT_IPV6_DOWN));
    }
    CHECK_EQ(n, 1u);
}

/* Every event of the network computes the link's MTU anew. */
TEST(the_routers_mtu_stays)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(advertise(1300));
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    CHECK_EQ(n_links, 2u);
    hostnet_link(&hostnet, 1500);
    hostnet_prepare(&hostnet);
    CHECK(tell(PPP_EVENT_IPV6_DOWN)); /* what is configured stays meanwhile */
    hostnet_link(&hostnet, 1500);
    hostnet_prepare(&hostnet);
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(n_links, 2u);
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    CHECK(tell(PPP_EVENT_IPV6_FAILED));
    hostnet_link(&hostnet, 1500);
    CHECK_EQ(hostnet.mtu, 1400u);
}

/* A router that thinks better of it is followed at once, up to what user and server allow. */
TEST(the_routers_mtu_grows)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(advertise(1300));
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    CHECK(advertise(1350));
    CHECK_EQ(facts.plan_options.mtu, 1350u);
    CHECK(advertise(1500));
    CHECK_EQ(hostnet.mtu, 1400u);
    CHECK_EQ(facts.plan_options.mtu, 1400u);
    CHECK_EQ(n_links, 4u);
}

/* Advice that the host does not take costs a line, and no tunnel. */
TEST(a_routers_mtu_that_the_host_refuses_is_left)
{
    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -22; /* EINVAL */
    CHECK(advertise(1300));
    CHECK_EQ(n_links, 2u);
    CHECK_EQ(hostnet.mtu, 1400u);
    CHECK_EQ(facts.plan_options.mtu, 1400u);
    hostnet_prepare(&hostnet);
    hostnet_link(&hostnet, 1500);
    hostnet_prepare(&hostnet);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(n_links, 2u); /* neither that one again nor the one that is in force */
    CHECK(advertise(1320));
    CHECK_EQ(facts.plan_options.mtu, 1320u);
}

/* What the router had wanted before stays, and is no more than it wants now. */
TEST(a_refused_mtu_does_not_raise_the_one_there_is)
{
    set_options(false, false);
    options.mtu = 1500;
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK(advertise(1300));
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -12; /* ENOMEM */
    CHECK(advertise(1290));
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    CHECK(advertise(1290));
    hostnet_link(&hostnet, 1500);
    CHECK(tell(PPP_EVENT_IPV4_UP));
    CHECK_EQ(facts.plan_options.mtu, 1300u);
    CHECK(advertise(1400));
    CHECK_EQ(facts.plan_options.mtu, 1400u);
}

/* What is left of router discovery after a failure is not what it was. */
TEST(ipv6_that_failed_begins_anew)
{
    static const uint8_t link_local[16] = {0xfe, 0x80, [15] = 7};

    set_options(false, false);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP) && tell(PPP_EVENT_IPV6_UP));
    CHECK_MEM(ask_for_router() + 8, link_local, sizeof(link_local));
    CHECK(tell(PPP_EVENT_IPV6_FAILED) && tell(PPP_EVENT_IPV6_UP));
    CHECK_MEM(ask_for_router() + 8, link_local, sizeof(link_local));
    CHECK(advertise(1300) && tell(PPP_EVENT_IPV6_DOWN) && tell(PPP_EVENT_IPV6_UP));
    CHECK_MEM(ask_for_router() + 8, link_local, sizeof(link_local));
    CHECK_EQ(hostnet.ra.mtu, 1300u); /* a pause forgets nothing */
    recorder.fail_add = recorder.n_add + 1;
    recorder.fail_error = -95; /* EOPNOTSUPP */
    netcfg.applied[NETCFG_IPV6].n_op = 0;
    CHECK(tell(PPP_EVENT_IPV6_DOWN) && tell(PPP_EVENT_IPV6_UP));
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(hostnet.ipv6_state, HOSTNET_ABSENT); /* refused by the host */
    CHECK(tell(PPP_EVENT_IPV6_DOWN) && tell(PPP_EVENT_IPV6_UP));
    CHECK_MEM(ask_for_router() + 8, link_local, sizeof(link_local));
}

/* On the way out: neither an answer nor a timer nor a router moves anything. */
TEST(a_closed_one_changes_nothing)
{
    size_t acts;

    set_options(false, true);
    begin();
    CHECK(tell(PPP_EVENT_IPV4_UP));
    recorder.fail_add = recorder.n_add + 2;
    recorder.fail_error = -95; /* EOPNOTSUPP: would be answered by an 'unreachable' */
    CHECK(tell(PPP_EVENT_IPV6_UP));
    CHECK_EQ(n_owed, 1u);
    acts = strlen(recorder.acts);
    hostnet_close(&hostnet);
    CHECK_EQ(hostnet_deadline(&hostnet), USEC_NEVER);
    CHECK(advertise(1300));
    CHECK_EQ(n_owed, 1u);
    CHECK(hostnet_answered(&hostnet, now, &owed_end));
    CHECK_EQ(n_owed, 0u);
    hostnet_link(&hostnet, 1280);
    hostnet_prepare(&hostnet);
    CHECK_EQ(n_owed, 0u);
    CHECK_EQ(strlen(recorder.acts), acts);
}

CHECK_MAIN()
