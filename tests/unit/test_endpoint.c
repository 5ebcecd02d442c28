/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoint.h"

#include <arpa/inet.h>

#include "check.h"

static union endpoint at(const char *text, uint16_t port)
{
    struct ipaddr addr = {0};

    CHECK(ipaddr_parse(text, &addr));
    return endpoint_of(&addr, port);
}

TEST(both_families)
{
    static const char *const text[] = {"192.0.2.1", "2001:db8::1"};
    char out[IPADDR_STR_LEN];

    for (size_t i = 0; i < ARRAY_LEN(text); i++) {
        union endpoint endpoint = at(text[i], 4443);
        struct ipaddr addr = endpoint_ipaddr(&endpoint);

        CHECK_STR(ipaddr_str(&addr, out), text[i]);
        CHECK_EQ(endpoint_port(&endpoint), 4443);
        CHECK_EQ(endpoint_len(&endpoint), i == 0 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    }
}

/* RFC 4291 2.5.5.2: the kernel would speak IPv4 to it. */
TEST(mapped)
{
    union endpoint want = at("192.0.2.1", 443), got = at("::ffff:192.0.2.1", 443), theirs;

    CHECK_MEM(&got, &want, sizeof(want));
    memset(&theirs, 0xee, sizeof(theirs));
    theirs.v6.sin6_family = AF_INET6;
    CHECK_EQ(inet_pton(AF_INET6, "::ffff:192.0.2.1", &theirs.v6.sin6_addr), 1);
    CHECK(endpoint_adopt(&theirs, 443, &got));
    CHECK_MEM(&got, &want, sizeof(want));
}

TEST(none)
{
    struct ipaddr unset = {.family = IP_NONE};
    union endpoint endpoint = endpoint_of(&unset, 443), other = {.any.sa_family = AF_UNIX}, out;

    CHECK_EQ(endpoint.any.sa_family, AF_UNSPEC);
    CHECK_EQ(endpoint_ipaddr(&endpoint).family, IP_NONE);
    CHECK_EQ(endpoint_port(&endpoint), 0);
    CHECK_EQ(endpoint_len(&endpoint), 0);
    CHECK(!endpoint_adopt(&endpoint, 443, &out));
    CHECK_EQ(endpoint_ipaddr(&other).family, IP_NONE);
    CHECK_EQ(endpoint_len(&other), 0);
    CHECK(!endpoint_adopt(&other, 443, &out));
}

/* All that is not address or the scope of a link-local one is ours. */
TEST(adopted)
{
    union endpoint want = at("192.0.2.1", 443), want6 = at("2001:db8::1", 443), local = at("fe80::1", 443);
    union endpoint theirs, got;

    memset(&theirs, 0xee, sizeof(theirs));
    theirs.v4.sin_family = AF_INET;
    theirs.v4.sin_addr = want.v4.sin_addr;
    CHECK(endpoint_adopt(&theirs, 443, &got));
    CHECK_MEM(&got, &want, sizeof(want));

    memset(&theirs, 0xee, sizeof(theirs));
    theirs.v6.sin6_family = AF_INET6;
    theirs.v6.sin6_addr = want6.v6.sin6_addr;
    CHECK(endpoint_adopt(&theirs, 443, &got));
    CHECK_MEM(&got, &want6, sizeof(want6));

    theirs.v6.sin6_addr = local.v6.sin6_addr;
    theirs.v6.sin6_scope_id = local.v6.sin6_scope_id = 7;
    CHECK(endpoint_adopt(&theirs, 443, &got));
    CHECK_MEM(&got, &local, sizeof(local));
}

CHECK_MAIN()
