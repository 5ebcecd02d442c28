/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole conversations: the engine with each dialect of protocol.md section 15, over a line that is kind. */
#include "ppp_sim.h"

#include "check.h"

static void check_up(enum ppp_auth_method method)
{
    const struct ppp_event *auth = ppp_rig_event(&ppp_sim.rig, PPP_EVENT_AUTHENTICATED, 0);
    const struct ppp_event *ipv4 = ppp_rig_event(&ppp_sim.rig, PPP_EVENT_IPV4_UP, 0);

    CHECK_OR_RETURN(auth != NULL && ipv4 != NULL);
    CHECK_EQ(auth->auth.method, method);
    CHECK(peer_knows_keys(&ppp_sim.peer, auth->auth.hlak));
    CHECK_MEM(ipv4->ipv4.local, ppp_sim.script.address, 4);
    CHECK_MEM(ipv4->ipv4.peer, ppp_sim.script.own, 4);
    CHECK_MEM(ipv4->ipv4.dns[0], ppp_sim.script.dns, 4);
    CHECK_EQ(ppp_stage(&ppp_sim.rig.ppp), END_STAGE_UP);
    CHECK_EQ(ppp_rig_reason(&ppp_sim.rig), END_NONE);
    CHECK(!ppp_sim.rig.early_network);
}

TEST(accel_ppp)
{
    ppp_sim_prepare();
    ppp_sim.script.offer[0] = PEER_MSCHAPV2;
    ppp_sim.script.naks_mru = 1452;
    ppp_sim.script.v6 = PEER_V6_ACCEL;
    ppp_sim.script.ccp = true;
    ppp_sim.rig.config.ipv6 = true;
    ppp_sim.rig.config.user = bytes_of_str("User");
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC); /* without waiting for any timer */
    check_up(PPP_AUTH_MSCHAPV2);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV6_UP), 1);
    CHECK_EQ(ppp_peer_mru(&ppp_sim.rig.ppp), 1400);
}

TEST(accel_ppp_walks_to_pap)
{
    ppp_sim_prepare();
    memcpy(ppp_sim.script.offer, (enum peer_auth[]){PEER_MSCHAPV2, PEER_MSCHAP1, PEER_MD5, PEER_PAP},
           4 * sizeof(enum peer_auth));
    ppp_sim.script.n_offer = 4;
    ppp_sim.rig.config.auth[0] = PPP_AUTH_PAP;
    ppp_sim.rig.config.n_auth = 1;
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_PAP);
}

static void softether5(void)
{
    ppp_sim_prepare();
    memcpy(ppp_sim.script.offer, (enum peer_auth[]){PEER_EAP, PEER_MSCHAPV2, PEER_PAP},
           3 * sizeof(enum peer_auth));
    ppp_sim.script.n_offer = 3;
    ppp_sim.script.heeds_hints = true;
    ppp_sim.script.mru = 0;
    ppp_sim.script.only_mru = true;
    ppp_sim.script.echoes = true;
    ppp_sim.script.v6 = PEER_V6_ANSWER;
}

TEST(softether_5_by_eap)
{
    softether5();
    ppp_sim_begin(false);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_EAP_MSCHAPV2);
    CHECK_EQ(ppp_peer_mru(&ppp_sim.rig.ppp), 1500);
}

TEST(softether_5_by_chap)
{
    softether5();
    ppp_sim.rig.config.n_auth = 1;
    ppp_sim.script.challenges_twice = true; /* RADIUS behind it */
    ppp_sim_begin(false);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_MSCHAPV2);
}

TEST(softether_4)
{
    softether5();
    memcpy(ppp_sim.script.offer, (enum peer_auth[]){PEER_PAP, PEER_MSCHAPV2}, 2 * sizeof(enum peer_auth));
    ppp_sim.script.n_offer = 2;
    ppp_sim.script.echoes = false;
    ppp_sim.script.v6 = PEER_V6_REJECT;
    ppp_sim.rig.config.ipv6 = true;
    ppp_sim_begin(false);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_MSCHAPV2);
    CHECK(!ppp_sim.peer.saw_pap);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV6_FAILED), 1);
}

TEST(windows)
{
    ppp_sim_prepare();
    ppp_sim.script.offer[0] = PEER_EAP;
    ppp_sim.script.mru = 4091;
    ppp_sim.script.windows = true;
    ppp_sim.script.ccp = true;
    ppp_sim.script.no_eap_success = true;
    ppp_sim.script.v6 = PEER_V6_ACTIVE;
    ppp_sim.rig.config.ipv6 = true;
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_EAP_MSCHAPV2);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV6_UP), 1);
    CHECK_EQ(ppp_peer_mru(&ppp_sim.rig.ppp), 4091);
}

TEST(windows_refuses_by_terminating)
{
    ppp_sim_prepare();
    ppp_sim.script.refuses_login = true;
    ppp_sim.script.terminate_code = 812;
    ppp_sim_begin(true);
    ppp_sim_run(10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&ppp_sim.rig), END_AUTH_REFUSED);
    CHECK_EQ(ppp_rig_event(&ppp_sim.rig, PPP_EVENT_END, 0)->end.code, 812);
}

TEST(sorz_on_pppd)
{
    ppp_sim_prepare();
    ppp_sim.script.pppd = true;
    ppp_sim.script.ccp = true;
    ppp_sim.script.v6 = PEER_V6_ACTIVE;
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_MSCHAPV2);
}

TEST(mikrotik_md5)
{
    ppp_sim_prepare();
    memcpy(ppp_sim.script.offer, (enum peer_auth[]){PEER_MSCHAP1, PEER_MD5}, 2 * sizeof(enum peer_auth));
    ppp_sim.script.n_offer = 2;
    ppp_sim.rig.config.auth[1] = PPP_AUTH_CHAP_MD5;
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_CHAP_MD5);
}

TEST(domain_user)
{
    ppp_sim_prepare();
    ppp_sim.script.user = "CORP\\User";
    ppp_sim.rig.config.user = bytes_of_str("CORP\\User");
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    check_up(PPP_AUTH_MSCHAPV2);
}

static void expect_end(enum end_reason reason, usec_t within)
{
    ppp_sim_begin(true);
    ppp_sim_run(within);
    CHECK_EQ(ppp_rig_reason(&ppp_sim.rig), reason);
    CHECK(!ppp_sim.rig.event_after_end);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_END), 1);
}

TEST(ends)
{
    ppp_sim_prepare();
    ppp_sim.script.password = "another";
    expect_end(END_AUTH_REFUSED, 5 * USEC_PER_SEC);
    ppp_sim_prepare();
    ppp_sim.script.refuses_login = true;
    expect_end(END_AUTH_REFUSED, 5 * USEC_PER_SEC);
    ppp_sim_prepare();
    ppp_sim.script.false_proof = true;
    expect_end(END_AUTH_SERVER, 5 * USEC_PER_SEC);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_AUTHENTICATED), 0);
    ppp_sim_prepare();
    ppp_sim.script.offer[0] = PEER_NO_AUTH;
    expect_end(END_AUTH_NONE, 5 * USEC_PER_SEC);
    ppp_sim_prepare();
    ppp_sim.script.offer[0] = PEER_PAP;
    expect_end(END_AUTH_METHOD, 5 * USEC_PER_SEC);
    CHECK(!ppp_sim.peer.saw_pap);
    ppp_sim_prepare();
    ppp_sim.script.no_ipcp = true;
    expect_end(END_PPP_NO_ADDRESS, 5 * USEC_PER_SEC);
    ppp_sim_prepare();
    memset(ppp_sim.script.address, 0, 4);
    expect_end(END_PPP_NO_ADDRESS, 5 * USEC_PER_SEC);
    ppp_sim_prepare();
    ppp_sim.script.mute_after_lcp = true;
    expect_end(END_SILENT, 70 * USEC_PER_SEC);
}

TEST(ipv6_alone)
{
    ppp_sim_prepare();
    ppp_sim.script.no_ipcp = true;
    ppp_sim.script.v6 = PEER_V6_ANSWER;
    ppp_sim.rig.config.ipv6 = true;
    ppp_sim_begin(true);
    ppp_sim_run(USEC_PER_SEC);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV4_FAILED), 1);
    CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV6_UP), 1);
    ppp_sim_run(3600 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&ppp_sim.rig), END_NONE);
}

/* IPv4 stays, whatever IPv6 does. */
TEST(ipv6_fails_alone)
{
    static const enum peer_v6 ways[] = {PEER_V6_REJECT, PEER_V6_REFUSE, PEER_V6_SILENT};

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        ppp_sim_prepare();
        ppp_sim.script.v6 = ways[i];
        ppp_sim.rig.config.ipv6 = true;
        ppp_sim_begin(true);
        ppp_sim_run(3600 * USEC_PER_SEC);
        check_up(PPP_AUTH_MSCHAPV2);
        CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV6_FAILED), 1);
        CHECK_EQ(ppp_sim_count(PPP_EVENT_IPV4_DOWN), 0);
    }
}

CHECK_MAIN()
