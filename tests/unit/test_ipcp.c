/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPCP on the wire, in the network phase of a link that was opened with PAP: identifiers go on from there. */
#include "ipcp.h"

#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(void)
{
    ppp_rig_init(&rig);
    rig.config.auth[0] = PPP_AUTH_PAP;
    rig.config.n_auth = 1;
    ppp_rig_start(&rig);
    ppp_rig_network(&rig);
}

static bool failed_for_good(void)
{
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    return ppp_rig_count(&rig, PPP_EVENT_IPV4_UP) == 0 && ppp_rig_count(&rig, PPP_EVENT_IPV4_FAILED) == 1 &&
           ppp_rig_reason(&rig) == END_PPP_NO_ADDRESS;
}

#define FIVE_ZEROS "0306 00000000 8106 00000000 8206 00000000 8306 00000000 8406 00000000"

TEST(all_that_can_be_had)
{
    const struct ppp_event *event;

    start();
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 0022 " FIVE_ZEROS));
    ppp_rig_hex(&rig,
                "ff038021 0303 0022 0306 c0a80105 8106 01010101 8206 02020202 8306 03030303 8406 04040404");
    CHECK(ppp_rig_sent(
        &rig, "ff038021 0104 0022 0306 c0a80105 8106 01010101 8206 02020202 8306 03030303 8406 04040404"));
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 c0a80101");
    CHECK(ppp_rig_sent(&rig, "ff038021 0201 000a 0306 c0a80101"));
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_UP), 0);
    ppp_rig_hex(&rig,
                "ff038021 0204 0022 0306 c0a80105 8106 01010101 8206 02020202 8306 03030303 8406 04040404");
    event = ppp_rig_event(&rig, PPP_EVENT_IPV4_UP, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_MEM(event->ipv4.local, "\xc0\xa8\x01\x05", 4);
    CHECK_MEM(event->ipv4.peer, "\xc0\xa8\x01\x01", 4);
    CHECK_MEM(event->ipv4.dns, "\1\1\1\1\3\3\3\3", 8);
    CHECK_MEM(event->ipv4.nbns, "\2\2\2\2\4\4\4\4", 8);
}

/* A server that has none need not reject them first, which would take a round trip. */
TEST(nbns_servers_only_when_somebody_wants_them)
{
    ppp_rig_init_pap(&rig);
    rig.config.nbns = false;
    ppp_rig_start(&rig);
    ppp_rig_network(&rig);
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 0016 0306 00000000 8106 00000000 8306 00000000"));
}

/* SoftEther without DHCP options: everything but the address is rejected. */
TEST(only_an_address)
{
    const struct ppp_event *event;

    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038021 0403 001c 8106 00000000 8206 00000000 8306 00000000 8406 00000000");
    CHECK(ppp_rig_sent(&rig, "ff038021 0104 000a 0306 00000000"));
    ppp_rig_hex(&rig, "ff038021 0304 000a 0306 c0a81e0a");
    CHECK(ppp_rig_sent(&rig, "ff038021 0105 000a 0306 c0a81e0a"));
    ppp_rig_hex(&rig, "ff038021 0205 000a 0306 c0a81e0a");
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 01000001"); /* 1.0.0.1 */
    event = ppp_rig_event(&rig, PPP_EVENT_IPV4_UP, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_MEM(event->ipv4.dns, "\0\0\0\0\0\0\0\0", 8);
    CHECK_MEM(event->ipv4.peer, "\1\0\0\1", 4);
}

/* A Nak with 0.0.0.0 for a name server means that there is none. */
TEST(no_name_server)
{
    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig,
                "ff038021 0303 0022 0306 c0a80105 8106 01010101 8206 00000000 8306 00000000 8406 00000000");
    CHECK(ppp_rig_sent(&rig, "ff038021 0104 0010 0306 c0a80105 8106 01010101"));
}

TEST(peer_without_address)
{
    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig,
                "ff038021 0303 0022 0306 c0a80105 8106 00000000 8206 00000000 8306 00000000 8406 00000000");
    ppp_rig_hex(&rig, "ff038021 0204 000a 0306 c0a80105");
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038021 0107 0004"); /* no option at all: no reason to insist */
    CHECK(ppp_rig_sent(&rig, "ff038021 0207 0004"));
    CHECK_OR_RETURN(ppp_rig_count(&rig, PPP_EVENT_IPV4_UP) == 1);
    CHECK_MEM(ppp_rig_event(&rig, PPP_EVENT_IPV4_UP, 0)->ipv4.peer, "\0\0\0\0", 4);
}

TEST(what_the_peer_may_ask)
{
    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038021 0107 000a 0306 00000000"); /* an address of us */
    CHECK(ppp_rig_sent(&rig, "ff038021 0407 000a 0306 00000000"));
    ppp_rig_hex(&rig, "ff038021 0108 0016 0206 002d0f01 0306 0a000001 8106 00000000"); /* VJ, name server */
    CHECK(ppp_rig_sent(&rig, "ff038021 0408 0010 0206 002d0f01 8106 00000000"));
    ppp_rig_hex(&rig, "ff038021 0109 000e 010a 0a000001 0a000002"); /* IP-Addresses, obsolete */
    CHECK(ppp_rig_sent(&rig, "ff038021 0409 000e 010a 0a000001 0a000002"));
    ppp_rig_hex(&rig, "ff038021 010a 0009 0305 0a0000"); /* of wrong length */
    CHECK(ppp_rig_sent(&rig, "ff038021 040a 0009 0305 0a0000"));
    ppp_rig_hex(&rig, "ff038021 010b 000a 0306 c0000008"); /* SoftEther 5: 192.0.0.8 */
    CHECK(ppp_rig_sent(&rig, "ff038021 020b 000a 0306 c0000008"));
}

TEST(address_rejected)
{
    start();
    ppp_rig_hex(&rig, "ff038021 0403 000a 0306 00000000");
    CHECK(failed_for_good());
}

TEST(zero_acknowledged)
{
    start();
    ppp_rig_hex(&rig, "ff038021 0203 0022 " FIVE_ZEROS);
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
    CHECK(failed_for_good());
    CHECK(strstr(ppp_rig_detail(&rig), "IPv4: the server gave no usable address") != NULL);
}

TEST(unusable_addresses)
{
    static const char *const addresses[] = {"7f000001", "e0000001", "ffffffff", "00000001"};

    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        char nak[64], ack[64];

        start();
        ppp_rig_hex(&rig, "ff038021 0403 001c 8106 00000000 8206 00000000 8306 00000000 8406 00000000");
        (void)snprintf(nak, sizeof(nak), "ff038021 0304 000a 0306 %s", addresses[i]);
        (void)snprintf(ack, sizeof(ack), "ff038021 0205 000a 0306 %s", addresses[i]);
        ppp_rig_hex(&rig, nak);
        ppp_rig_hex(&rig, ack);
        ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
        CHECK(failed_for_good());
    }
}

/* Every Nak names another address. */
TEST(naks_for_ever)
{
    start();
    ppp_rig_forget(&rig);
    for (unsigned i = 0; i < 100 && !rig.ended; i++) {
        char nak[64];

        (void)snprintf(nak, sizeof(nak), "ff038021 03%02x 000a 0306 0a0000%02x", 3 + i, 1 + i);
        ppp_rig_hex(&rig, nak);
    }
    CHECK(failed_for_good());
    CHECK(rig.n_sent < 50);
}

/* SoftEther's DHCP takes its time: ten requests in 30 s. */
TEST(slow_server)
{
    start();
    ppp_rig_wait(&rig, 28 * USEC_PER_SEC);
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
    ppp_rig_hex(&rig, "ff038021 0403 001c 8106 00000000 8206 00000000 8306 00000000 8406 00000000");
    ppp_rig_hex(&rig, "ff038021 0304 000a 0306 0a000002");
    ppp_rig_hex(&rig, "ff038021 0205 000a 0306 0a000002");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_UP), 1);
}

TEST(no_answer)
{
    start();
    ppp_rig_wait(&rig, 29 * USEC_PER_SEC);
    CHECK_EQ(rig.n_frames, 10);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, 4 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_NO_ADDRESS);
    CHECK_STR(ppp_rig_detail(&rig), "IPv4: the server does not answer; IPv6: off");
}

TEST(terminated_during_negotiation)
{
    start();
    ppp_rig_hex(&rig, "ff038021 0501 0004");
    CHECK(failed_for_good());
    CHECK(strstr(ppp_rig_detail(&rig), "IPv4: the server terminated it") != NULL);
}

CHECK_MAIN()
