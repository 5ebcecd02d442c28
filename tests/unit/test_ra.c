/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include "ra.h"

#define S USEC_PER_SEC

static const uint8_t own_id[8] = {0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88};

/* --- what a router sends, built by hand --- */

struct datagram {
    uint8_t byte[1500];
    size_t len;
};

static void put(struct datagram *d, const void *data, size_t len)
{
    memcpy(d->byte + d->len, data, len);
    d->len += len;
}

static void put_u32(struct datagram *d, uint32_t v)
{
    const uint8_t byte[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    put(d, byte, 4);
}

/* From fe80::1 to ff02::1, router lifetime in seconds, no options yet. */
static struct datagram advert(uint16_t lifetime)
{
    static const uint8_t header[40] = {
        0x60, [6] = 58, [7] = 255, [8] = 0xfe, [9] = 0x80, [23] = 1, [24] = 0xff, [25] = 2, [39] = 1};
    struct datagram d = {.len = 0};

    put(&d, header, sizeof(header));
    put(&d, (const uint8_t[]){134, 0, 0, 0, 64, 0, (uint8_t)(lifetime >> 8), (uint8_t)lifetime}, 8);
    put(&d, (const uint8_t[8]){0}, 8);
    return d;
}

#define ON_LINK 0x80
#define AUTO    0x40

/* 2001:db8:0:net::/len */
static void put_prefix(struct datagram *d, uint8_t net, uint8_t len, uint8_t flags, uint32_t valid,
                       uint32_t preferred)
{
    put(d, (const uint8_t[]){3, 4, len, flags}, 4);
    put_u32(d, valid);
    put_u32(d, preferred);
    put_u32(d, 0);
    put(d, (const uint8_t[16]){0x20, 1, 0xd, 0xb8, 0, 0, 0, net}, 16);
}

static void put_mtu(struct datagram *d, uint32_t mtu)
{
    put(d, (const uint8_t[]){5, 1, 0, 0}, 4);
    put_u32(d, mtu);
}

static void put_dns(struct datagram *d, uint32_t lifetime, uint8_t first, uint8_t n)
{
    put(d, (const uint8_t[]){25, (uint8_t)(1 + 2 * n), 0, 0}, 4);
    put_u32(d, lifetime);
    for (uint8_t i = 0; i < n; i++)
        put(d, (const uint8_t[16]){0x20, 1, 0xd, 0xb8, 0x53, [15] = (uint8_t)(first + i)}, 16);
}

static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    return sum;
}

/* Length and checksum, as the last thing. */
static struct bytes sealed(struct datagram *d)
{
    size_t len = d->len - 40;
    uint32_t sum;

    d->byte[4] = (uint8_t)(len >> 8);
    d->byte[5] = (uint8_t)len;
    d->byte[42] = d->byte[43] = 0;
    sum = add_words(add_words((uint32_t)len + 58, d->byte + 8, 32), d->byte + 40, len);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    d->byte[42] = (uint8_t)(sum >> 8);
    d->byte[43] = (uint8_t)sum;
    return bytes_of(d->byte, d->len);
}

static struct ra started(usec_t now)
{
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra;

    ra_start(&ra, own_id, now);
    CHECK(ra_output(&ra, out, now));
    return ra;
}

static struct datagram usual(void)
{
    struct datagram d = advert(1800);

    put_prefix(&d, 1, 64, ON_LINK | AUTO, 7200, 3600);
    put_mtu(&d, 1400);
    put_dns(&d, 600, 1, 2);
    return d;
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
    CHECK_EQ(add_words(add_words(8 + 58, got + 8, 32), got + 40, 8) % 0xffff, 0);
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
    struct datagram d = advert(0);
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra = started(100 * S);

    CHECK(!ra_input(&ra, sealed(&d), 101 * S)); /* it says nothing, but it is one */
    CHECK(ra.seen);
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK(!ra_tick(&ra, 110 * S));
    CHECK(!ra_output(&ra, out, 110 * S));
}

TEST(stopped)
{
    struct datagram d = usual();
    uint8_t out[RA_SOLICIT_LEN];
    struct ra ra = {.running = false};

    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK(!ra_input(&ra, sealed(&d), 1));
    CHECK(!ra_tick(&ra, 1));
    CHECK(!ra_output(&ra, out, 1));
    ra = started(1);
    CHECK(ra_input(&ra, sealed(&d), 1));
    ra_stop(&ra);
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    CHECK_EQ(ra.n_prefix, 0);
}

/* --- what is learnt --- */

TEST(everything_in_one)
{
    struct datagram d = usual();
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    char text[IPPREFIX_STR_LEN];
    struct ra ra = started(0);

    CHECK(ra_input(&ra, sealed(&d), 1 * S));
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
    struct datagram d = usual();
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    struct ra ra = started(0);

    CHECK(ra_input(&ra, sealed(&d), 0));
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
    struct datagram d = advert(0);
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    struct ra ra = started(0);

    put_prefix(&d, 1, 64, AUTO, UINT32_MAX, UINT32_MAX);
    CHECK(ra_input(&ra, sealed(&d), 0));
    CHECK_EQ(ra_deadline(&ra), USEC_NEVER);
    ra_describe(&ra, 1000000 * S, &ipv6);
    CHECK_EQ(ipv6.prefix[0].valid_s, UINT32_MAX);
    CHECK(!ra_input(&ra, sealed(&d), 100 * S));
}

TEST(withdrawn)
{
    struct datagram d = usual();
    struct datagram none = advert(0);
    struct ra ra = started(0);

    CHECK(ra_input(&ra, sealed(&d), 0));
    put_prefix(&none, 1, 64, ON_LINK | AUTO, 0, 0);
    put_dns(&none, 0, 1, 1);
    CHECK(ra_input(&ra, sealed(&none), 10 * S));
    CHECK_EQ(ra.n_prefix, 0);
    CHECK_EQ(ra.n_dns, 1);
    CHECK_EQ(ra.dns[0].byte[15], 2);
    CHECK_EQ(ra.default_until, 0);
    CHECK(!ra_input(&ra, sealed(&none), 20 * S));
}

/* --- what is ignored --- */

static bool takes_prefix(uint8_t first, uint8_t len, uint8_t flags, uint32_t valid, uint32_t preferred)
{
    struct datagram d = advert(0);
    struct ra ra = started(0);

    put_prefix(&d, 1, len, flags, valid, preferred);
    d.byte[56 + 16] = first;
    return ra_input(&ra, sealed(&d), 0) && ra.n_prefix == 1;
}

TEST(prefixes_that_are_ignored)
{
    CHECK(takes_prefix(0x20, 64, ON_LINK, 10, 10));
    CHECK(takes_prefix(0xfd, 64, AUTO, 10, 0));
    CHECK(takes_prefix(0x20, 48, ON_LINK, 10, 10));
    CHECK(takes_prefix(0x20, 128, ON_LINK, 10, 10));
    CHECK(!takes_prefix(0x20, 129, ON_LINK, 10, 10));
    CHECK(!takes_prefix(0x20, 47, ON_LINK, 10, 10)); /* half the Internet by a tunnel nobody gave it to */
    CHECK(!takes_prefix(0x20, 0, ON_LINK, 10, 10));
    CHECK(!takes_prefix(0xfe, 64, AUTO, 10, 10)); /* fe01: and fe80: alike */
    CHECK(!takes_prefix(0xff, 64, AUTO, 10, 10));
    CHECK(!takes_prefix(0x00, 64, AUTO, 10, 10));
    CHECK(!takes_prefix(0x40, 64, AUTO, 10, 10));
    CHECK(!takes_prefix(0x20, 64, 0, 10, 10));
    CHECK(!takes_prefix(0x20, 63, AUTO, 10, 10));
    CHECK(!takes_prefix(0x20, 64, AUTO, 10, 11));
    CHECK(!takes_prefix(0x20, 64, AUTO, 0, 0));
}

TEST(host_bits_of_a_prefix_are_ignored)
{
    struct datagram d = advert(0);
    char text[IPPREFIX_STR_LEN];
    struct ra ra = started(0);

    put_prefix(&d, 1, 64, AUTO, 10, 10);
    d.byte[d.len - 1] = 99;
    CHECK(ra_input(&ra, sealed(&d), 0));
    CHECK_STR(ipprefix_str(&ra.prefix[0].prefix, text), "2001:db8:0:1::/64");
}

TEST(mtu_that_is_none)
{
    static const uint32_t wrong[] = {0, 1279, 65536, UINT32_MAX};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct datagram d = advert(0);
        struct ra ra = started(0);

        put_mtu(&d, wrong[i]);
        CHECK(!ra_input(&ra, sealed(&d), 0));
        CHECK_EQ(ra.mtu, 0);
    }
}

TEST(dns_that_is_none)
{
    static const uint8_t first[] = {0x00, 0xfe, 0xff};

    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        struct datagram d = advert(0);
        struct ra ra = started(0);

        put_dns(&d, 100, 1, 1);
        memset(d.byte + 64, 0, 16);
        d.byte[64] = first[i];
        d.byte[65] = first[i] == 0xfe ? 0x80 : 0;
        CHECK(!ra_input(&ra, sealed(&d), 0));
        CHECK_EQ(ra.n_dns, 0);
    }
}

TEST(tables_are_bounded)
{
    struct datagram d = advert(0);
    struct ra ra = started(0);

    for (uint8_t i = 0; i < 30; i++)
        put_prefix(&d, i, 64, AUTO, 100, 100);
    put_dns(&d, 100, 1, 10);
    CHECK(ra_input(&ra, sealed(&d), 0));
    CHECK_EQ(ra.n_prefix, NETPLAN_PREFIXES_MAX);
    CHECK_EQ(ra.n_dns, RA_DNS_MAX);
    CHECK_EQ(ra.prefix[0].prefix.addr.byte[7], 0);
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
        struct datagram d = usual();

        d.byte[wrong[i].at] = wrong[i].value;
        if (!CHECK(is_malformed(sealed(&d))))
            fprintf(stderr, "byte %zu\n", wrong[i].at);
    }
}

TEST(checksum)
{
    struct datagram d = usual();
    struct bytes datagram = sealed(&d);

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
    struct datagram whole = usual();
    struct bytes datagram = sealed(&whole);

    for (size_t len = 0; len < datagram.len; len++)
        CHECK(is_malformed(bytes_of(datagram.data, len))); /* shorter than its header says */
    for (size_t len = 40; len < whole.len; len++) {
        struct datagram d = usual();
        bool at_option = len == 56 || len == 88 || len == 96;

        d.len = len;
        CHECK_EQ(is_malformed(sealed(&d)), !at_option);
    }
    whole.len += 7; /* padding behind the payload */
    CHECK(!is_malformed(bytes_of(whole.byte, whole.len)));
}

TEST(unknown_options_are_passed_over)
{
    struct datagram d = advert(0);
    struct ra ra = started(0);

    put(&d, (const uint8_t[8]){200, 1}, 8);
    put(&d, (const uint8_t[8]){3, 1, 64, ON_LINK}, 8);        /* a prefix too short for one */
    put(&d, (const uint8_t[16]){5, 2, 0, 0, 0, 0, 6, 0}, 16); /* an MTU too long for one */
    put_prefix(&d, 1, 64, AUTO, 10, 10);
    CHECK(ra_input(&ra, sealed(&d), 0));
    CHECK_EQ(ra.n_prefix, 1);
    CHECK_EQ(ra.mtu, 0);
}

/* --- a peer that will not be quiet --- */

TEST(repeating_is_no_change_and_lifetimes_follow_slowly)
{
    unsigned n_changes = 0;
    struct ra ra = started(0);

    for (unsigned second = 0; second < 36000; second += 10) {
        struct datagram d = usual();

        n_changes += ra_input(&ra, sealed(&d), second * S);
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
        struct datagram d = usual();

        if (ra_input(&ra, sealed(&d), second * S)) {
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
        struct datagram d = advert((uint16_t)(i % 2));

        put_prefix(&d, (uint8_t)i, 64, ON_LINK | AUTO, i % 3 * 1000, 0);
        put_dns(&d, i % 5, (uint8_t)i, 3);
        now += 100; /* microseconds: 10 seconds in all */
        n_changes += ra_input(&ra, sealed(&d), now);
        n_changes += ra_tick(&ra, now);
        CHECK(ra_deadline(&ra) > now);
    }
    CHECK(n_changes >= 4 && n_changes <= 6);
}

TEST(a_change_that_waited_is_reported)
{
    struct datagram first = usual();
    struct datagram second = usual();
    struct ra ra = started(0);

    put_prefix(&second, 2, 64, AUTO, 7200, 3600);
    CHECK(ra_input(&ra, sealed(&first), 10 * S));
    CHECK(!ra_input(&ra, sealed(&second), 11 * S));
    CHECK_EQ(ra_deadline(&ra), 12 * S);
    CHECK(ra_tick(&ra, 12 * S));
    CHECK_EQ(ra.n_prefix, 2);
    CHECK(!ra_tick(&ra, 13 * S));
}

/* --- what the kernel does not see --- */

static struct datagram ipv6(uint8_t next)
{
    struct datagram d = {.len = 40};

    d.byte[0] = 0x60;
    d.byte[6] = next;
    return d;
}

static void put_extension(struct datagram *d, uint8_t next, uint8_t units)
{
    uint8_t byte[264] = {next, units};

    put(d, byte, ((size_t)units + 1) * 8);
}

static bool claims(struct datagram *d)
{
    return ra_claims(bytes_of(d->byte, d->len));
}

TEST(claims_by_type)
{
    for (unsigned type = 0; type < 256; type++) {
        struct datagram d = ipv6(58);
        uint8_t icmp[8] = {(uint8_t)type};

        put(&d, icmp, sizeof(icmp));
        CHECK_EQ(claims(&d), type == 133 || type == 134 || type == 137);
    }
}

TEST(claims_nothing_else)
{
    static const uint8_t next[] = {6, 17, 50, 59, 4, 41, 132, 255};

    for (size_t i = 0; i < ARRAY_LEN(next); i++) {
        struct datagram d = ipv6(next[i]);

        put(&d, (const uint8_t[8]){134}, 8);
        CHECK(!claims(&d));
    }
    for (size_t len = 0; len <= 40; len++) {
        struct datagram d = ipv6(58);

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
            struct datagram d = ipv6(extension[i]);
            struct datagram other = ipv6(extension[i]);

            put_extension(&d, 60, units);
            put_extension(&d, 58, 0);
            put_extension(&other, 60, units);
            put_extension(&other, 17, 0);
            put(&other, (const uint8_t[8]){134}, 8);
            for (size_t len = 41; len <= d.len; len++)
                CHECK(ra_claims(bytes_of(d.byte, len))); /* cut off */
            put(&d, (const uint8_t[8]){134}, 8);
            CHECK(claims(&d));
            d.byte[d.len - 8] = 128;
            CHECK(!claims(&d));
            CHECK(!claims(&other));
        }
    }
}

TEST(claims_behind_authentication)
{
    struct datagram d = ipv6(51);

    put(&d, (const uint8_t[24]){58, 4}, 24);
    put(&d, (const uint8_t[8]){134}, 8);
    CHECK(claims(&d));
    d.byte[d.len - 8] = 129;
    CHECK(!claims(&d));
}

TEST(claims_first_fragments)
{
    struct datagram d = ipv6(44);

    put(&d, (const uint8_t[8]){58, 0, 0, 1}, 8); /* offset 0, more to come */
    CHECK(claims(&d));                           /* hides what it carries */
    put(&d, (const uint8_t[8]){134}, 8);
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
        struct datagram d = usual();

        (void)sealed(&d);
        for (unsigned k = 0; k < 4; k++) {
            seed = seed * 1103515245u + 12345u;
            d.byte[(seed >> 16) % d.len] = (uint8_t)(seed >> 8);
        }
        (void)ra_claims(bytes_of(d.byte, d.len));
        (void)ra_input(&ra, i % 2 ? sealed(&d) : bytes_of(d.byte, (seed >> 16) % d.len), now);
        (void)ra_tick(&ra, now);
        CHECK(ra.n_prefix <= NETPLAN_PREFIXES_MAX && ra.n_dns <= RA_DNS_MAX);
    }
}

CHECK_MAIN()
