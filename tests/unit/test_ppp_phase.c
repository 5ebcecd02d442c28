/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of a link: what follows from what, the two families side by side, and every way to the end. */
#include "ppp.h"

#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

TEST(silence)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_wait(&rig, 29 * USEC_PER_SEC);
    CHECK_EQ(rig.n_sent, 10);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_SILENT);
    CHECK_EQ(rig.n_sent, 10);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_LCP);
}

TEST(lcp_never_agrees)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_hex(&rig, "ff03c021 0100 0009 0305c22381"); /* never an Ack of ours */
    ppp_rig_wait(&rig, 31 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_LCP);
}

TEST(auth_silence)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_wait(&rig, 59 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, 4 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_SILENT);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_AUTH);
}

TEST(no_authentication)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "010405dc");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_NONE);
    CHECK(!rig.early_network);
}

/* A renegotiation takes everything down and brings it up again; CALL_CONNECTED is not this engine's business. */
TEST(renegotiation)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_hex(&rig, "ff03c021 0165 0008 0304c023");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 1);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0106 000e *"));
    CHECK(ppp_rig_sent(&rig, "ff03c021 0265 0008 0304c023"));
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_hex(&rig, "ff038021 0109 000a 0306 0a000001"); /* the network protocols are shut */
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    ppp_rig_acknowledge(&rig);
    CHECK(ppp_rig_sent(&rig, "ff03c023 0107 *"));
    ppp_rig_hex(&rig, "ff03c023 0207 0004");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 2);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 2);
    CHECK(ppp_rig_sent(&rig, "ff038021 0108 0016 0306 0a000064 8106 08080808 8306 08080404"));
    ppp_rig_hex(&rig, "ff038021 010a 000a 0306 0a000001");
    ppp_rig_hex(&rig, "ff038021 0208 0016 0306 0a000064 8106 08080808 8306 08080404");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_UP), 2);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_UP);
}

/* No LCP Configure-Request once Opened, however long it takes (SoftEther 4 ends the call at one). */
TEST(no_lcp_request_when_opened)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_wait(&rig, 3600 * USEC_PER_SEC);
    CHECK(ppp_rig_quiet(&rig));
}

TEST(peer_terminates)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_hex(&rig, "ff03c021 0577 0004");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0677 0004"));
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_TERMINATED);
    CHECK(ppp_rig_quiet(&rig));
}

TEST(peer_terminates_with_ras_error)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c021 0577 0010 11223344 003ccd74 000002b3");
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, 691);
    CHECK(strstr(ppp_rig_detail(&rig), "RAS error 691: ") != NULL);

    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_hex(&rig, "ff03c021 0577 0010 11223344 003ccd74 00000275"); /* 629 */
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_TERMINATED);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, 629);
}

/* During LCP a code says nothing about credentials that were never sent. */
TEST(peer_terminates_during_lcp)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_hex(&rig, "ff03c021 0577 0010 11223344 003ccd74 000002b3");
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_TERMINATED);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, 691);
}

TEST(peer_terminates_with_text)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c021 0501 000b 4279651b5b3241"); /* "Bye", and an escape sequence */
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_TERMINATED);
    CHECK_STR(ppp_rig_detail(&rig), "\"Bye?[2A\"");
}

/* The failure of the login is the cause, not the Terminate-Request that follows at once. */
TEST(first_cause_is_kept)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c223 0101 0015 10 000102030405060708090a0b0c0d0e0f");
    ppp_rig_forget(&rig);
    CHECK(ppp_cause(&rig.ppp) == NULL);
    ppp_rig_hex(&rig, "ff03c223 0401 0011 453d363438 20523d30 20563d33"); /* E=648 R=0 V=3 */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0502 0004"));
    CHECK_OR_RETURN(ppp_cause(&rig.ppp) != NULL); /* known before the goodbye is over */
    CHECK_EQ(ppp_cause(&rig.ppp)->reason, END_AUTH_REFUSED);
    ppp_rig_hex(&rig, "ff03c021 0577 0010 11223344 003ccd74 000002b3");
    ppp_rig_hex(&rig, "ff03c021 0602 0004");
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, 648);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_AUTH);
}

TEST(ipv6cp_unwanted)
{
    ppp_rig_start_network(&rig, false);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0804 0014 8057 0101 000e 010a 0000000000000001"));
}

TEST(protocol_reject_of_ipcp_only)
{
    ppp_rig_start_network(&rig, false);
    ppp_rig_hex(&rig, "ff03c021 0808 0008 8021 0101");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_FAILED), 1);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_NO_ADDRESS);
    CHECK(strstr(ppp_rig_detail(&rig), "IPv4: the server does not speak it") != NULL);
}

TEST(protocol_reject_of_ipv6cp)
{
    ppp_rig_start_ipv4_up(&rig, true);
    ppp_rig_hex(&rig, "ff03c021 0808 0008 8057 0101");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV6_FAILED), 1);
    ppp_rig_wait(&rig, 100 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 0);
}

TEST(protocol_reject_of_the_rest)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_hex(&rig, "ff03c021 0808 0006 80fd");
    ppp_rig_hex(&rig, "ff03c021 0808 0005 80"); /* too short to say */
    ppp_rig_wait(&rig, 10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_hex(&rig, "ff03c021 0808 0006 c223");
    ppp_rig_wait(&rig, 10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_REJECTED);
    CHECK_STR(ppp_rig_detail(&rig), "CHAP");
}

/* IPv6 after IPv4; its end alone ends nothing. */
TEST(families)
{
    ppp_rig_start_network(&rig, true);
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 *"));
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_bring_ipv4_up(&rig);
    while (rig.n_frames > 1)
        (void)ppp_rig_take(&rig);
    CHECK(ppp_rig_sent(&rig, "ff038057 0106 000e 010a ................"));
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0201 000e 010a 0000000000000001"));
    ppp_rig_hex(&rig, "ff038057 0306 000e 010a 1122334455667788");
    ppp_rig_hex(&rig, "ff038057 0207 000e 010a 1122334455667788");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV6_UP), 1);
    CHECK_MEM(ppp_rig_event(&rig, PPP_EVENT_IPV6_UP, 0)->ipv6.local_id, "\x11\x22\x33\x44\x55\x66\x77\x88",
              8);
    CHECK_MEM(ppp_rig_event(&rig, PPP_EVENT_IPV6_UP, 0)->ipv6.peer_id, "\0\0\0\0\0\0\0\1", 8);
    ppp_rig_hex(&rig, "ff038021 0509 0004"); /* IPCP ends */
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 1);
    ppp_rig_wait(&rig, 10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_FAILED), 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_hex(&rig, "ff038057 0509 0004"); /* IPV6CP, too: nothing is left */
    ppp_rig_wait(&rig, 10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_TERMINATED);
    CHECK(strstr(ppp_rig_detail(&rig), "IPv6: the server terminated it") != NULL);
}

/* A family that was given up comes back when the peer asks for it. */
TEST(failed_family_revives)
{
    ppp_rig_start_ipv4_up(&rig, true);
    ppp_rig_hex(&rig, "ff038057 0501 0004"); /* refuses */
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV6_FAILED), 1);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038057 0102 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 01.. 000e *"));
    CHECK(ppp_rig_sent(&rig, "ff038057 0202 000e *"));
}

/* IPV6CP does not wait for an IPCP that does not come to an end. */
TEST(ipv6_without_ipv4)
{
    ppp_rig_start_network(&rig, true);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC - 1);
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 *"));
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_wait(&rig, 1);
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 *"));
    CHECK(ppp_rig_sent(&rig, "ff038057 0104 *"));
}

TEST(ipv6_when_the_peer_begins)
{
    ppp_rig_start_network(&rig, true);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0104 *"));
    CHECK(ppp_rig_sent(&rig, "ff038057 0201 *"));
}

TEST(no_address_at_all)
{
    ppp_rig_start_network(&rig, true);
    ppp_rig_wait(&rig, 60 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_FAILED), 1);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV6_FAILED), 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_NO_ADDRESS);
    CHECK_STR(ppp_rig_detail(&rig), "IPv4: the server does not answer; IPv6: the server does not answer");
}

/* Acknowledges our requests of LCP and PAP, and nothing else. */
static void acknowledge_all(void)
{
    while (rig.n_frames > 0) {
        struct ppp_rig_frame frame = *ppp_rig_take(&rig);

        if (frame.data[2] == 0xc0 && frame.data[4] == 1) {
            frame.data[4] = 2;
            ppp_rig_input(&rig, frame.data, frame.len);
        }
    }
}

static void start_over_for_ever(const char *request, usec_t pause)
{
    usec_t until = rig.now + 400 * USEC_PER_SEC;

    ppp_rig_start(&rig);
    while (!rig.ended && rig.now < until) {
        ppp_rig_hex(&rig, request);
        acknowledge_all();
        ppp_rig_wait(&rig, pause);
    }
    CHECK(rig.ended);
}

/* A peer that starts over and over again is not a way to keep us for ever. */
TEST(watchdog)
{
    ppp_rig_init(&rig);
    start_over_for_ever("ff03c021 0101 0009 0305c22381", USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_LCP);
    CHECK(strstr(ppp_rig_detail(&rig), "the link did not come up within 180 s") != NULL);
}

/* Nor is one that logs us in each time and gives no address. */
TEST(watchdog_behind_the_login)
{
    ppp_rig_init_pap(&rig);
    start_over_for_ever("ff03c021 0101 0008 0304c023", 7 * USEC_PER_SEC);
    CHECK(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED) > 20);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_NO_ADDRESS);
    CHECK_STR(ppp_rig_detail(&rig), "no address within 180 s");
}

CHECK_MAIN()
