/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names by hand; certificates of openssl's making are in test_tls_judge.c. */
#include "check.h"

#include "hostname.h"

enum { DNS = 0x82, IP = 0x87, MAIL = 0x81 };

/* One certificate with up to two alternative names, or with a common name only. */
struct named {
    uint8_t buf[256];
    size_t len;
    struct x509 cert;
};

static void add_name(struct named *n, uint8_t tag, struct bytes name)
{
    n->buf[n->len++] = tag;
    n->buf[n->len++] = (uint8_t)name.len;
    memcpy(n->buf + n->len, name.data, name.len);
    n->len += name.len;
    n->cert.has_alt_names = true;
    n->cert.alt_names = bytes_of(n->buf, n->len);
}

/* Name { { { commonName, UTF8String } } } */
static void set_common_name(struct named *n, struct bytes cn)
{
    uint8_t l = (uint8_t)cn.len;
    uint8_t head[] = {0x30, (uint8_t)(l + 11),
                      0x31, (uint8_t)(l + 9),
                      0x30, (uint8_t)(l + 7),
                      0x06, 0x03,
                      0x55, 0x04,
                      0x03, 0x0c,
                      l};

    memcpy(n->buf, head, sizeof(head));
    memcpy(n->buf + sizeof(head), cn.data, cn.len);
    n->cert.subject = bytes_of(n->buf, sizeof(head) + cn.len);
}

static bool dns_matches_host(const char *dns, const char *host)
{
    struct named n = {0};

    add_name(&n, DNS, bytes_of_str(dns));
    return hostname_matches(&n.cert, host);
}

TEST(dns_names)
{
    CHECK(dns_matches_host("vpn.example.com", "vpn.example.com"));
    CHECK(dns_matches_host("VPN.Example.com", "vpn.eXample.com"));
    CHECK(dns_matches_host("vpn.example.com", "vpn.example.com."));
    CHECK(dns_matches_host("localhost", "localhost"));
    CHECK(!dns_matches_host("vpn.example.com", "example.com"));
    CHECK(!dns_matches_host("example.com", "vpn.example.com"));
    CHECK(!dns_matches_host("vpn.example.com.", "vpn.example.com"));
    CHECK(!dns_matches_host("", ""));
    CHECK(!dns_matches_host("", "vpn.example.com"));
    CHECK(!dns_matches_host("192.0.2.1", "192.0.2.1")); /* an address is no DNS name */
}

TEST(wildcards)
{
    CHECK(dns_matches_host("*.example.com", "vpn.example.com"));
    CHECK(dns_matches_host("*.Example.com", "vpn.example.COM."));
    CHECK(!dns_matches_host("*.example.com", "example.com"));
    CHECK(!dns_matches_host("*.example.com", ".example.com"));
    CHECK(!dns_matches_host("*.example.com", "a.b.example.com"));
    CHECK(!dns_matches_host("*.com", "example.com"));
    CHECK(!dns_matches_host("*", "example"));
    CHECK(!dns_matches_host("*.", "a."));
    CHECK(!dns_matches_host("**.example.com", "vpn.example.com"));
    CHECK(!dns_matches_host("v*.example.com", "vpn.example.com"));
    CHECK(!dns_matches_host("*n.example.com", "vpn.example.com"));
    CHECK(!dns_matches_host("vpn.*.com", "vpn.example.com"));
    CHECK(!dns_matches_host("*.*.com", "vpn.example.com"));
}

TEST(a_nul_ends_nothing)
{
    struct named n = {0};

    add_name(&n, DNS, bytes_of("vpn.example.com\0.evil.org", 25));
    CHECK(!hostname_matches(&n.cert, "vpn.example.com"));
    n = (struct named){0};
    set_common_name(&n, bytes_of("vpn.example.com\0.evil.org", 25));
    CHECK(!hostname_matches(&n.cert, "vpn.example.com"));
    n = (struct named){0};
    set_common_name(&n, bytes_of("192.0.2.1\0.evil.org", 19));
    CHECK(!hostname_matches(&n.cert, "192.0.2.1"));
}

TEST(addresses)
{
    static const uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    struct named n = {0};

    add_name(&n, MAIL, bytes_of_str("a@b"));
    add_name(&n, IP, bytes_of(v4, 4));
    add_name(&n, IP, bytes_of(v6, 16));
    CHECK(hostname_matches(&n.cert, "192.0.2.1"));
    CHECK(hostname_matches(&n.cert, "2001:db8::1"));
    CHECK(hostname_matches(&n.cert, "2001:db8:0::0:1"));
    CHECK(!hostname_matches(&n.cert, "192.0.2.2"));
    CHECK(!hostname_matches(&n.cert, "2001:db8::2"));
    CHECK(!hostname_matches(&n.cert, "example.com"));
    n = (struct named){0};
    add_name(&n, IP, bytes_of("a.bc", 4)); /* bytes of an address that look like a name */
    CHECK(!hostname_matches(&n.cert, "a.bc"));
    n = (struct named){0};
    add_name(&n, IP, bytes_of(v6, 4));
    CHECK(!hostname_matches(&n.cert, "2001:db8::1"));
}

TEST(common_name_is_the_last_resort)
{
    struct named n = {0};

    set_common_name(&n, bytes_of_str("vpn.example.com"));
    CHECK(hostname_matches(&n.cert, "vpn.example.com"));
    CHECK(!hostname_matches(&n.cert, "other.example.com"));
    n.cert.has_alt_names = true; /* there, but empty */
    CHECK(!hostname_matches(&n.cert, "vpn.example.com"));
    n = (struct named){0};
    set_common_name(&n, bytes_of_str("192.0.2.1"));
    CHECK(hostname_matches(&n.cert, "192.0.2.1"));
    n = (struct named){0};
    CHECK(!hostname_matches(&n.cert, "vpn.example.com"));
    CHECK(!hostname_matches(&n.cert, ""));
}

/* GeneralSubtree as [0] permitted or [1] excluded */
static bool permits(bool excluded, uint8_t tag, struct bytes base, const char *host)
{
    uint8_t buf[128] = {(uint8_t)(excluded ? 0xa1 : 0xa0),
                        (uint8_t)(base.len + 4),
                        0x30,
                        (uint8_t)(base.len + 2),
                        tag,
                        (uint8_t)base.len};
    struct x509 ca = {.name_constraints = bytes_of(buf, 6 + base.len)};

    memcpy(buf + 6, base.data, base.len);
    return hostname_permitted(&ca, host);
}

TEST(name_constraints)
{
    struct bytes base = bytes_of_str("example.com"), below = bytes_of_str(".example.com");
    struct bytes net = bytes_of("\xc0\x00\x02\x00\xff\xff\xff\x00", 8);
    struct x509 none = {0};

    CHECK(hostname_permitted(&none, "vpn.example.com"));
    CHECK(permits(false, DNS, base, "vpn.example.com"));
    CHECK(permits(false, DNS, base, "EXAMPLE.com"));
    CHECK(!permits(false, DNS, base, "vpnexample.com"));
    CHECK(!permits(false, DNS, base, "example.org"));
    CHECK(!permits(false, DNS, base, "com"));
    CHECK(permits(false, DNS, below, "vpn.example.com"));
    CHECK(!permits(false, DNS, below, "example.com"));
    CHECK(permits(false, DNS, bytes_of_str(""), "example.org"));
    CHECK(!permits(true, DNS, base, "vpn.example.com"));
    CHECK(permits(true, DNS, base, "example.org"));
    CHECK(!permits(true, DNS, bytes_of_str(""), "example.org"));
    CHECK(permits(false, DNS, base, "192.0.2.1")); /* says nothing about addresses */
    CHECK(permits(false, IP, net, "192.0.2.77"));
    CHECK(!permits(false, IP, net, "192.0.3.77"));
    CHECK(!permits(true, IP, net, "192.0.2.77"));
    CHECK(!permits(false, IP, net, "2001:db8::1"));
    CHECK(permits(false, MAIL, base, "example.org"));
}

/* What cannot be read permits nothing and excludes everything. */
TEST(broken_name_constraints)
{
    static const uint8_t no_subtree[] = {0xa1, 0x03, 0x31, 0x01, 'a'};
    static const uint8_t no_name[] = {0xa1, 0x04, 0x30, 0x02, 0x82, 0x05};
    static const uint8_t broken_later[] = {0xa0, 0x07, 0x30, 0x03, 0x81, 0x01, 'a', 0x30, 0x05};
    struct x509 ca = {.name_constraints = bytes_of(no_subtree, sizeof(no_subtree))};

    CHECK(!hostname_permitted(&ca, "vpn.example.com"));
    ca.name_constraints = bytes_of(no_name, sizeof(no_name));
    CHECK(!hostname_permitted(&ca, "vpn.example.com"));
    ca.name_constraints = bytes_of(broken_later, sizeof(broken_later));
    CHECK(!hostname_permitted(&ca, "vpn.example.com"));
}

TEST(list_for_the_user)
{
    static const uint8_t v4[] = {192, 0, 2, 1};
    struct named n = {0};
    char text[64], small[24];

    hostname_list(&n.cert, text, sizeof(text));
    CHECK_STR(text, "no host");
    add_name(&n, MAIL, bytes_of_str("a@b"));
    hostname_list(&n.cert, text, sizeof(text));
    CHECK_STR(text, "no host");
    add_name(&n, DNS, bytes_of_str("\x1b[31mred"));
    add_name(&n, IP, bytes_of(v4, 4));
    hostname_list(&n.cert, text, sizeof(text));
    CHECK_STR(text, "?[31mred, 192.0.2.1");
    hostname_list(&n.cert, small, sizeof(small));
    CHECK_STR(small, "?[31mred, ...");
    n = (struct named){0};
    set_common_name(&n, bytes_of_str("vpn.example.com"));
    hostname_list(&n.cert, text, sizeof(text));
    CHECK_STR(text, "vpn.example.com");
}

CHECK_MAIN()
