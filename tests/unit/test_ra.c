/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is asked for, learnt, kept and let go of. The datagrams themselves: test_ra_wire.c. */
#include "check.h"

#include "ra.h"
#include "router.h"

#define S USEC_PER_SEC

static const uint8_t own_id[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};

static struct ra started(usec_t now)
{
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra;

    ra_start(&ra, own_id, now);
    CHECK(ra_output(&ra, out, now));
    return ra;
}

/* --- solicitations --- */

TEST(solicitation)
{
    static const uint8_t want[RA_SOLICIT_LEN] = {
        0x60, 0,    0,    0,    0,    8,    58,   255,  0xfe, 0x80, 0,    0,    0, 0, 0, 0,
        0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0xff, 2,    0,    0,    0, 0, 0, 0,
        0,    0,    0,    0,    0,    0,    0,    2,    133,  0,    0x6c, 0x3b, 0, 0, 0, 0};
    uint8_t got[RA_SOLICIT_LEN];
    struct ra ra;

    ra_start(&ra, own_id, 5 * S);
    CHECK(ra_output(&ra, got, 5 * S));
    CHECK_EQ(router_add_words(router_add_words(8 + 58, got + 8, 32), got + 40, 8) % 0xffff, 0);
    memcpy(got + 42, want + 42, 2);
    CHECK_MEM(got, want, sizeof(want));
    CHECK(!ra_output(&ra, got, 5 * S));
}

TEST(three_solicitations_four_seconds_apart)
{
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra = started(100 * S);

    CHECK_EQ(ra_deadline(&ra), 104 * S);
    CHECK(!ra_tick(&ra, 103 * S));
    CHECK(!ra_output(&ra, out, 103 * S));
    CHECK(!ra_tick(&ra, 104 * S));
    CHECK(ra_output(&ra, out, 104 * S));
    CHECK_EQ(ra_deadline(&ra), 108 * S);
    CHECK(!ra_tick(&ra, 108 * S));
    CHECK(ra_output(&ra, out, 108 * S));
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK(!ra_tick(&ra, 200 * S));
    CHECK(!ra_output(&ra, out, 200 * S));
}

TEST(an_advertisement_ends_soliciting)
{
    struct router_datagram d = router_advert(0);
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra = started(100 * S);

    CHECK(!ra_input(&ra, router_sealed(&d), 101 * S)); /* it says nothing, but it is one */
    CHECK(ra.seen);
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK(!ra_tick(&ra, 110 * S));
    CHECK(!ra_output(&ra, out, 110 * S));
}

TEST(stopped)
{
    struct router_datagram d = router_usual();
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra = {.running = false};

    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK(!ra_input(&ra, router_sealed(&d), 1));
    CHECK(!ra_tick(&ra, 1));
    CHECK(!ra_output(&ra, out, 1));
    ra = started(1);
    CHECK(ra_input(&ra, router_sealed(&d), 1));
    ra_stop(&ra);
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK_EQ(ra.n_prefix, 0);
}

/* --- what is learnt --- */

TEST(everything_in_one)
{
    struct router_datagram d = router_usual();
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    char text[IPPREFIX_STR_LEN];
    struct ra ra = started(0);

    CHECK(ra_input(&ra, router_sealed(&d), 1 * S));
    ra_describe(&ra, 1 * S, &ipv6);
    CHECK_EQ(ipv6.n_prefix, 1);
    CHECK_STR(ipprefix_str(&ipv6.prefix[0].prefix, text), "2001:db8:0:1::/64");
    CHECK(ipv6.prefix[0].on_link && ipv6.prefix[0].autonomous && ipv6.default_router);
    CHECK_EQ(ipv6.prefix[0].valid_s, 7200);
    CHECK_EQ(ipv6.prefix[0].preferred_s, 3600);
    CHECK_EQ(ra.mtu, 1400);
    CHECK_EQ(ra.n_dns, 2);
    CHECK_STR(ipaddr_str(&ra.dns[1], text), "2001:db8:5300::2");
    ra_describe(&ra, 3602 * S + 1, &ipv6);
    CHECK_EQ(ipv6.prefix[0].valid_s, 3599);
    CHECK_EQ(ipv6.prefix[0].preferred_s, 0);
    CHECK(!ipv6.default_router);
}

TEST(lifetimes_run_out)
{
    struct router_datagram d = router_usual();
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    struct ra ra = started(0);

    CHECK(ra_input(&ra, router_sealed(&d), 0));
    CHECK_EQ(ra_deadline(&ra), 600 * S);
    CHECK(!ra_tick(&ra, 599 * S));
    CHECK(ra_tick(&ra, 600 * S));
    CHECK_EQ(ra.n_dns, 0);
    CHECK_EQ(ra_deadline(&ra), 1800 * S);
    CHECK(ra_tick(&ra, 1800 * S));
    CHECK_EQ(ra_deadline(&ra), 7200 * S);
    ra_describe(&ra, 7200 * S - 1, &ipv6);
    CHECK_EQ(ipv6.prefix[0].valid_s, 1); /* 0 would mean that it has run out */
    CHECK(ra_tick(&ra, 7200 * S));
    CHECK_EQ(ra.n_prefix, 0);
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
}

TEST(infinite_lifetimes)
{
    struct router_datagram d = router_advert(0);
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    struct ra ra = started(0);

    router_put_prefix(&d, 1, 64, ROUTER_AUTO, UINT32_MAX, UINT32_MAX);
    CHECK(ra_input(&ra, router_sealed(&d), 0));
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    ra_describe(&ra, 1000000 * S, &ipv6);
    CHECK_EQ(ipv6.prefix[0].valid_s, UINT32_MAX);
    CHECK(!ra_input(&ra, router_sealed(&d), 100 * S));
}

TEST(withdrawn)
{
    struct router_datagram d = router_usual();
    struct router_datagram none = router_advert(0);
    struct ra ra = started(0);

    CHECK(ra_input(&ra, router_sealed(&d), 0));
    router_put_prefix(&none, 1, 64, ROUTER_ON_LINK | ROUTER_AUTO, 0, 0);
    router_put_dns(&none, 0, 1, 1);
    CHECK(ra_input(&ra, router_sealed(&none), 10 * S));
    CHECK_EQ(ra.n_prefix, 0);
    CHECK_EQ(ra.n_dns, 1);
    CHECK_EQ(ra.dns[0].byte[15], 2);
    CHECK_EQ(ra.default_until, 0);
    CHECK(!ra_input(&ra, router_sealed(&none), 20 * S));
}

/* --- what is ignored --- */

static bool takes_prefix(uint8_t first, uint8_t len, uint8_t flags, uint32_t valid, uint32_t preferred)
{
    struct router_datagram d = router_advert(0);
    struct ra ra = started(0);

    router_put_prefix(&d, 1, len, flags, valid, preferred);
    d.byte[56 + 16] = first;
    return ra_input(&ra, router_sealed(&d), 0) && ra.n_prefix == 1;
}

TEST(prefixes_that_are_ignored)
{
    CHECK(takes_prefix(0x20, 64, ROUTER_ON_LINK, 10, 10));
    CHECK(takes_prefix(0xfd, 64, ROUTER_AUTO, 10, 0));
    CHECK(takes_prefix(0x20, 48, ROUTER_ON_LINK, 10, 10));
    CHECK(takes_prefix(0x20, 128, ROUTER_ON_LINK, 10, 10));
    CHECK(!takes_prefix(0x20, 129, ROUTER_ON_LINK, 10, 10));
    CHECK(!takes_prefix(0x20, 47, ROUTER_ON_LINK, 10,
                        10)); /* half the Internet by a tunnel nobody gave it to */
    CHECK(!takes_prefix(0x20, 0, ROUTER_ON_LINK, 10, 10));
    CHECK(!takes_prefix(0xfe, 64, ROUTER_AUTO, 10, 10)); /* fe01: and fe80: alike */
    CHECK(!takes_prefix(0xff, 64, ROUTER_AUTO, 10, 10));
    CHECK(!takes_prefix(0x00, 64, ROUTER_AUTO, 10, 10));
    CHECK(!takes_prefix(0x40, 64, ROUTER_AUTO, 10, 10));
    CHECK(!takes_prefix(0x20, 64, 0, 10, 10));
    CHECK(!takes_prefix(0x20, 63, ROUTER_AUTO, 10, 10));
    CHECK(!takes_prefix(0x20, 64, ROUTER_AUTO, 10, 11));
    CHECK(!takes_prefix(0x20, 64, ROUTER_AUTO, 0, 0));
}

TEST(host_bits_of_a_prefix_are_ignored)
{
    struct router_datagram d = router_advert(0);
    char text[IPPREFIX_STR_LEN];
    struct ra ra = started(0);

    router_put_prefix(&d, 1, 64, ROUTER_AUTO, 10, 10);
    d.byte[d.len - 1] = 99;
    CHECK(ra_input(&ra, router_sealed(&d), 0));
    CHECK_STR(ipprefix_str(&ra.prefix[0].prefix, text), "2001:db8:0:1::/64");
}

TEST(mtu_that_is_none)
{
    static const uint32_t wrong[] = {0, 1279, 65536, UINT32_MAX};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct router_datagram d = router_advert(0);
        struct ra ra = started(0);

        router_put_mtu(&d, wrong[i]);
        CHECK(!ra_input(&ra, router_sealed(&d), 0));
        CHECK_EQ(ra.mtu, 0);
    }
}

TEST(dns_that_is_none)
{
    static const uint8_t first[] = {0x00, 0xfe, 0xff};

    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        struct router_datagram d = router_advert(0);
        struct ra ra = started(0);

        router_put_dns(&d, 100, 1, 1);
        memset(d.byte + 64, 0, 16);
        d.byte[64] = first[i];
        d.byte[65] = first[i] == 0xfe ? 0x80 : 0;
        CHECK(!ra_input(&ra, router_sealed(&d), 0));
        CHECK_EQ(ra.n_dns, 0);
    }
}

TEST(tables_are_bounded)
{
    struct router_datagram d = router_advert(0);
    struct ra ra = started(0);

    for (uint8_t i = 0; i < 30; i++)
        router_put_prefix(&d, i, 64, ROUTER_AUTO, 100, 100);
    router_put_dns(&d, 100, 1, 10);
    CHECK(ra_input(&ra, router_sealed(&d), 0));
    CHECK_EQ(ra.n_prefix, NETPLAN_PREFIXES_MAX);
    CHECK_EQ(ra.n_dns, RA_DNS_MAX);
    CHECK_EQ(ra.prefix[0].prefix.addr.byte[7], 0);
}

/* --- a peer that will not be quiet --- */

TEST(repeating_is_no_change_and_lifetimes_follow_slowly)
{
    unsigned n_changes = 0;
    struct ra ra = started(0);

    for (unsigned second = 0; second < 36000; second += 10) {
        struct router_datagram d = router_usual();

        n_changes += ra_input(&ra, router_sealed(&d), second * S);
        n_changes += ra_tick(&ra, second * S);
    }
    CHECK(n_changes >= 36000 / 3600);
    CHECK(n_changes <= 1 + 36000 / (3600 / 4));
}

/* Told lifetimes never run out while advertisements come. */
TEST(what_was_told_stays_valid)
{
    struct netplan_ipv6 told = {.n_prefix = 0};
    usec_t told_at = 0;
    struct ra ra = started(0);

    for (unsigned second = 0; second < 36000; second += 200) {
        struct router_datagram d = router_usual();

        if (ra_input(&ra, router_sealed(&d), second * S)) {
            ra_describe(&ra, second * S, &told);
            told_at = second * S;
        }
        CHECK(told.n_prefix == 1 && told_at + told.prefix[0].preferred_s * S > (second + 200) * S);
    }
}

TEST(storm_changes_the_plan_every_two_seconds_at_most)
{
    unsigned n_changes = 0;
    usec_t now = 0;
    struct ra ra = started(0);

    for (unsigned i = 0; i < 100000; i++) {
        struct router_datagram d = router_advert((uint16_t)(i % 2));

        router_put_prefix(&d, (uint8_t)i, 64, ROUTER_ON_LINK | ROUTER_AUTO, i % 3 * 1000, 0);
        router_put_dns(&d, i % 5, (uint8_t)i, 3);
        now += 100; /* microseconds: 10 seconds in all */
        n_changes += ra_input(&ra, router_sealed(&d), now);
        n_changes += ra_tick(&ra, now);
        CHECK(ra_deadline(&ra) > now);
    }
    CHECK(n_changes >= 4 && n_changes <= 6);
}

TEST(a_change_that_waited_is_reported)
{
    struct router_datagram first = router_usual();
    struct router_datagram second = router_usual();
    struct ra ra = started(0);

    router_put_prefix(&second, 2, 64, ROUTER_AUTO, 7200, 3600);
    CHECK(ra_input(&ra, router_sealed(&first), 10 * S));
    CHECK(!ra_input(&ra, router_sealed(&second), 11 * S));
    CHECK_EQ(ra_deadline(&ra), 12 * S);
    CHECK(ra_tick(&ra, 12 * S));
    CHECK_EQ(ra.n_prefix, 2);
    CHECK(!ra_tick(&ra, 13 * S));
}

CHECK_MAIN()
