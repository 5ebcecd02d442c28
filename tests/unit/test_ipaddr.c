/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipaddr.h"

#include "check.h"

static struct ipaddr addr(const char *text)
{
    struct ipaddr a = {.family = IP_NONE};

    CHECK(ipaddr_parse(text, &a));
    return a;
}

TEST(parse_and_print_both_families)
{
    static const char *const texts[] = {
        "192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "fe80::1", "2001:db8:1:2:3:4:5:6"};
    char out[IPADDR_STR_LEN];

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct ipaddr a = addr(texts[i]);

        CHECK_STR(ipaddr_str(&a, out), texts[i]);
        CHECK_EQ(a.family, strchr(texts[i], ':') ? IP_V6 : IP_V4);
    }
}

TEST(parse_refuses_what_is_no_address)
{
    static const char *const texts[] = {"",         "1",        "1.2.3",     "1.2.3.4.5",   "256.1.1.1",
                                        "1.2.3.4 ", " 1.2.3.4", "1.2.3.04x", "::1%lo",      "[::1]",
                                        ":::",      "12345::",  "1.2.3.4/8", "example.org", "0x1.2.3.4"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct ipaddr a = {.family = IP_NONE};

        CHECK(!ipaddr_parse(texts[i], &a));
        CHECK_EQ(a.family, IP_NONE);
    }
}

TEST(prefix_clears_host_bits)
{
    static const char *const cases[][2] = {
        {"10.1.2.3/8", "10.0.0.0/8"},
        {"10.1.2.3", "10.1.2.3/32"},
        {"192.168.255.255/23", "192.168.254.0/23"},
        {"0.0.0.0/0", "0.0.0.0/0"},
        {"255.255.255.255/1", "128.0.0.0/1"},
        {"2001:db8::1/32", "2001:db8::/32"},
        {"2001:db8::1", "2001:db8::1/128"},
        {"ffff:ffff::/17", "ffff:8000::/17"},
        {"::1/0", "::/0"},
    };
    char out[IPPREFIX_STR_LEN];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ipprefix p;

        CHECK(ipprefix_parse(cases[i][0], &p));
        CHECK_STR(ipprefix_str(&p, out), cases[i][1]);
    }
}

TEST(prefix_refuses_bad_lengths)
{
    static const char *const texts[] = {
        "10.0.0.0/33", "10.0.0.0/",    "10.0.0.0/-1",
        "10.0.0.0/8 ", "10.0.0.0/+8",  "10.0.0.0/0008",
        "::/129",      "::/1e1",       "/8",
        "10.0.0/8",    "10.0.0.0/8/8", "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa/8"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct ipprefix p = {.len = 77};

        CHECK(!ipprefix_parse(texts[i], &p));
        CHECK_EQ(p.len, 77);
    }
}

TEST(prefix_contains)
{
    struct ipprefix p;
    struct ipaddr in = addr("10.1.255.3");
    struct ipaddr out = addr("10.2.0.0");
    struct ipaddr v6 = addr("0a01::");
    struct ipaddr none = {.family = IP_NONE};

    CHECK(ipprefix_parse("10.1.0.0/16", &p));
    CHECK(ipprefix_contains(&p, &in));
    CHECK(!ipprefix_contains(&p, &out));
    CHECK(!ipprefix_contains(&p, &v6));
    CHECK(!ipprefix_contains(&p, &none));
    CHECK(ipprefix_parse("0.0.0.0/0", &p));
    CHECK(ipprefix_contains(&p, &out));
    CHECK(!ipprefix_contains(&p, &v6));
}

TEST(none_is_printed_as_none)
{
    struct ipaddr none = {.family = IP_NONE};
    struct ipprefix p = {.addr = none};
    char a[IPADDR_STR_LEN];
    char b[IPPREFIX_STR_LEN];

    CHECK_STR(ipaddr_str(&none, a), "none");
    CHECK_STR(ipprefix_str(&p, b), "none");
}

TEST(unset_and_equal)
{
    struct ipaddr none = {.family = IP_NONE};
    struct ipaddr zero4 = addr("0.0.0.0");
    struct ipaddr zero6 = addr("::");
    struct ipaddr one = addr("0.0.0.1");

    CHECK(ipaddr_is_unset(&none));
    CHECK(ipaddr_is_unset(&zero4));
    CHECK(ipaddr_is_unset(&zero6));
    CHECK(!ipaddr_is_unset(&one));
    CHECK(!ipaddr_equal(&zero4, &zero6));
    CHECK(!ipaddr_equal(&zero4, &one));
    CHECK(ipaddr_equal(&one, &one));
}

TEST(host_addresses)
{
    static const char *const good[] = {"10.0.0.1", "192.168.0.0", "223.255.255.255", "169.254.1.1",
                                       "fe80::1",  "2001:db8::",  "fd00::1",         "64:ff9b::1"};
    static const char *const bad[] = {
        "0.0.0.0",         "0.1.2.3", "127.0.0.1", "224.0.0.1", "239.1.1.1",       "240.0.0.1",
        "255.255.255.255", "::",      "::1",       "ff02::1",   "::ffff:10.0.0.1", "::10.0.0.1"};
    struct ipaddr none = {.family = IP_NONE};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK(ipaddr_is_host(&(struct ipaddr[]){addr(good[i])}[0]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!ipaddr_is_host(&(struct ipaddr[]){addr(bad[i])}[0]));
    CHECK(!ipaddr_is_host(&none));
}

TEST(link_local_of_an_interface_identifier)
{
    static const uint8_t id[8] = {0x02, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55};
    struct ipaddr a = ipaddr_link_local(id);
    char out[IPADDR_STR_LEN];

    CHECK_STR(ipaddr_str(&a, out), "fe80::211:22ff:fe33:4455");
}

TEST(constructors_leave_no_stray_bytes)
{
    static const uint8_t four[4] = {192, 0, 2, 7};
    struct ipaddr a = ipaddr_v4(four);
    struct ipaddr b = addr("192.0.2.7");
    struct ipaddr c = addr("2001:db8::9");
    struct ipaddr d = ipaddr_v6(c.byte);

    CHECK_MEM(&a, &b, sizeof(a));
    CHECK(ipaddr_equal(&c, &d));
    CHECK_EQ(ipaddr_len(IP_V4), 4);
    CHECK_EQ(ipaddr_len(IP_V6), 16);
    CHECK_EQ(ipaddr_len(IP_NONE), 0);
}

TEST(unicast)
{
    static const char *const good[] = {"192.0.2.1", "127.0.0.1", "223.255.255.255",  "240.0.0.1",
                                       "::1",       "fe80::1",   "::ffff:224.0.0.1", "fec0::1"};
    static const char *const bad[] = {"0.0.0.0", "224.0.0.1", "239.255.255.255", "::", "ff02::1", "ffff::"};
    struct ipaddr none = {.family = IP_NONE};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK(ipaddr_is_unicast(&(struct ipaddr[]){addr(good[i])}[0]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(!ipaddr_is_unicast(&(struct ipaddr[]){addr(bad[i])}[0]));
    CHECK(!ipaddr_is_unicast(&none));
}

TEST(unmapped)
{
    static const char *const cases[][2] = {{"::ffff:192.0.2.1", "192.0.2.1"},
                                           {"::ffff:0.0.0.0", "0.0.0.0"},
                                           {"192.0.2.1", "192.0.2.1"},
                                           {"2001:db8::1", "2001:db8::1"},
                                           {"::fffe:c000:201", "::fffe:c000:201"},
                                           {"::192.0.2.1", "::192.0.2.1"},
                                           {"64:ff9b::c000:201", "64:ff9b::c000:201"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ipaddr mapped = addr(cases[i][0]), got = ipaddr_unmapped(&mapped);
        char text[IPADDR_STR_LEN];

        CHECK_STR(ipaddr_str(&got, text), cases[i][1]);
    }
}

CHECK_MAIN()
