/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which datagrams are taken for advertisements, which are kept from the kernel, and any bytes at all. */
#include "check.h"

#include "ra.h"
#include "router.h"

static const uint8_t own_id[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};

static struct ra started(usec_t now)
{
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra;

    ra_start(&ra, own_id, now);
    CHECK(ra_output(&ra, out, now));
    return ra;
}

/* --- RFC 4861 6.1.2 --- */

static bool is_malformed(struct bytes datagram)
{
    struct ra ra = started(0);

    return !ra_input(&ra, datagram, 0) && ra.n_malformed == 1 && !ra.seen && ra.n_prefix == 0 &&
           ra.n_dns == 0;
}

TEST(every_check_of_an_advertisement)
{
    static const struct {
        size_t at;
        uint8_t value;
    } wrong[] = {
        {0, 0x40},            /* IPv4 */
        {6, 0},               /* behind hop-by-hop options */
        {7, 254},             /* forwarded */
        {8, 0x20},            /* not from a link-local address */
        {9, 0xc0}, {40, 133}, /* another message */
        {41, 1},              /* code */
        {57, 0},              /* an option of length 0 */
        {57, 255},            /* an option that is longer than the message */
    };

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct router_datagram d = router_usual();

        d.byte[wrong[i].at] = wrong[i].value;
        if (!CHECK(is_malformed(router_sealed(&d))))
            fprintf(stderr, "byte %zu\n", wrong[i].at);
    }
}

TEST(checksum)
{
    struct router_datagram d = router_usual();
    struct bytes datagram = router_sealed(&d);

    for (size_t i = 40; i < d.len; i++) {
        d.byte[i] ^= 0x10;
        if (!CHECK(is_malformed(datagram)))
            fprintf(stderr, "byte %zu\n", i);
        d.byte[i] ^= 0x10;
    }
    CHECK(!is_malformed(datagram));
}

TEST(every_length)
{
    struct router_datagram whole = router_usual();
    struct bytes datagram = router_sealed(&whole);

    for (size_t len = 0; len < datagram.len; len++)
        CHECK(is_malformed(bytes_of(datagram.data, len))); /* shorter than its header says */
    for (size_t len = 40; len < whole.len; len++) {
        struct router_datagram d = router_usual();
        bool at_option = len == 56 || len == 88 || len == 96;

        d.len = len;
        CHECK_EQ(is_malformed(router_sealed(&d)), !at_option);
    }
    whole.len += 7; /* padding behind the payload */
    CHECK(!is_malformed(bytes_of(whole.byte, whole.len)));
}

TEST(unknown_options_are_passed_over)
{
    struct router_datagram d = router_advert(0);
    struct ra ra = started(0);

    router_put(&d, (const uint8_t[8]){200, 1}, 8);
    router_put(&d, (const uint8_t[8]){3, 1, 64, ROUTER_ON_LINK}, 8); /* a prefix too short for one */
    router_put(&d, (const uint8_t[16]){5, 2, 0, 0, 0, 0, 6, 0}, 16); /* an MTU too long for one */
    router_put_prefix(&d, 1, 64, ROUTER_AUTO, 10, 10);
    CHECK(ra_input(&ra, router_sealed(&d), 0));
    CHECK_EQ(ra.n_prefix, 1);
    CHECK_EQ(ra.mtu, 0);
}

/* --- what the kernel does not see --- */

static struct router_datagram ipv6(uint8_t next)
{
    struct router_datagram d = {.len = 40};

    d.byte[0] = 0x60;
    d.byte[6] = next;
    return d;
}

static void put_extension(struct router_datagram *d, uint8_t next, uint8_t units)
{
    uint8_t byte[264] = {next, units};

    router_put(d, byte, ((size_t)units + 1) * 8);
}

static bool claims(struct router_datagram *d)
{
    return ra_claims(bytes_of(d->byte, d->len));
}

TEST(claims_by_type)
{
    for (unsigned type = 0; type < 256; type++) {
        struct router_datagram d = ipv6(58);
        uint8_t icmp[8] = {(uint8_t)type};

        router_put(&d, icmp, sizeof(icmp));
        CHECK_EQ(claims(&d), type == 133 || type == 134 || type == 137);
    }
}

TEST(claims_nothing_else)
{
    static const uint8_t next[] = {6, 17, 50, 59, 4, 41, 132, 255};

    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        struct router_datagram d = ipv6(next[i]);

        router_put(&d, (const uint8_t[8]){134}, 8);
        CHECK(!claims(&d));
    }
    for (size_t len = 0; len <= 40; len++) {
        struct router_datagram d = ipv6(58);

        d.len = len;
        CHECK(!claims(&d));
    }
    CHECK(!ra_claims(bytes_of(
        "\x45\0\0\0\0\0\x3a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x86", 41)));
}

TEST(claims_behind_extension_headers)
{
    static const uint8_t extension[] = {0, 43, 60, 135, 139, 140};

    for (size_t i = 0; i < ARRAY_LEN(extension); i++) {
        for (uint8_t units = 0; units < 20; units += 3) {
            struct router_datagram d = ipv6(extension[i]);
            struct router_datagram other = ipv6(extension[i]);

            put_extension(&d, 60, units);
            put_extension(&d, 58, 0);
            put_extension(&other, 60, units);
            put_extension(&other, 17, 0);
            router_put(&other, (const uint8_t[8]){134}, 8);
            for (size_t len = 41; len <= d.len; len++)
                CHECK(ra_claims(bytes_of(d.byte, len))); /* cut off */
            router_put(&d, (const uint8_t[8]){134}, 8);
            CHECK(claims(&d));
            d.byte[d.len - 8] = 128;
            CHECK(!claims(&d));
            CHECK(!claims(&other));
        }
    }
}

TEST(claims_behind_authentication)
{
    struct router_datagram d = ipv6(51);

    router_put(&d, (const uint8_t[24]){58, 4}, 24);
    router_put(&d, (const uint8_t[8]){134}, 8);
    CHECK(claims(&d));
    d.byte[d.len - 8] = 129;
    CHECK(!claims(&d));
}

TEST(claims_first_fragments)
{
    struct router_datagram d = ipv6(44);

    router_put(&d, (const uint8_t[8]){58, 0, 0, 1}, 8); /* offset 0, more to come */
    CHECK(claims(&d));                                  /* hides what it carries */
    router_put(&d, (const uint8_t[8]){134}, 8);
    CHECK(claims(&d));
    d.byte[48] = 128;
    CHECK(!claims(&d));
    d.byte[48] = 134;
    d.byte[43] = 8; /* a later one: nothing can be known, and nothing comes of it */
    CHECK(!claims(&d));
    d.byte[43] = 6; /* reserved bits are no offset */
    CHECK(claims(&d));
}

TEST(any_bytes)
{
    unsigned seed = 7;
    usec_t now = 0;
    struct ra ra = started(0);

    for (unsigned i = 0; i < 20000; i++, now += 1000) {
        struct router_datagram d = router_usual();

        (void)router_sealed(&d);
        for (unsigned k = 0; k < 4; k++) {
            seed = seed * 1103515245u + 12345u;
            d.byte[(seed >> 16) % d.len] = (uint8_t)(seed >> 8);
        }
        (void)ra_claims(bytes_of(d.byte, d.len));
        (void)ra_input(&ra, i % 2 ? router_sealed(&d) : bytes_of(d.byte, (seed >> 16) % d.len), now);
        (void)ra_tick(&ra, now);
        CHECK(ra.n_prefix <= NETPLAN_PREFIXES_MAX && ra.n_dns <= RA_DNS_MAX);
    }
}

CHECK_MAIN()
