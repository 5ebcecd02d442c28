/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as values. The text forms are those of inet_pton(3) and inet_ntop(3); a value of the wrong family or with
 * stray bits cannot be made here, so comparing the bytes is comparing the addresses.
 */
#include "ipaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

struct ipaddr ipaddr_v4(const uint8_t byte[static 4])
{
    struct ipaddr a = {.family = IP_V4};

    memcpy(a.byte, byte, 4);
    return a;
}

struct ipaddr ipaddr_v6(const uint8_t byte[static 16])
{
    struct ipaddr a = {.family = IP_V6};

    memcpy(a.byte, byte, 16);
    return a;
}

struct ipaddr ipaddr_link_local(const uint8_t id[static 8])
{
    struct ipaddr a = {.family = IP_V6, .byte = {0xfe, 0x80}};

    memcpy(a.byte + 8, id, 8);
    return a;
}

static bool all_zero(const uint8_t *byte, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (byte[i] != 0)
            return false;
    return true;
}

bool ipaddr_is_unset(const struct ipaddr *a)
{
    return a->family == IP_NONE || all_zero(a->byte, sizeof(a->byte));
}

bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b)
{
    return a->family == b->family && memcmp(a->byte, b->byte, ipaddr_len(a->family)) == 0;
}

/* RFC 1122 3.2.1.3: "this network", loopback; RFC 5771 multicast; RFC 1112 4: class E with the broadcast address. */
static bool v4_is_host(const uint8_t byte[static 4])
{
    return byte[0] != 0 && byte[0] != 127 && byte[0] < 224;
}

/* RFC 4291: ::/96 (2.5.3 loopback, 2.5.5.1 deprecated), IPv4-mapped (2.5.5.2), multicast (2.7). */
static bool v6_is_host(const uint8_t byte[static 16])
{
    bool embeds_v4 =
        all_zero(byte, 10) && ((byte[10] == 0 && byte[11] == 0) || (byte[10] == 0xff && byte[11] == 0xff));

    return !embeds_v4 && byte[0] != 0xff;
}

bool ipaddr_is_host(const struct ipaddr *a)
{
    switch (a->family) {
    case IP_V4: return v4_is_host(a->byte);
    case IP_V6: return v6_is_host(a->byte);
    case IP_NONE: break;
    }
    return false;
}

bool ipaddr_is_unicast(const struct ipaddr *a)
{
    if (ipaddr_is_unset(a))
        return false;
    return a->family == IP_V4 ? a->byte[0] < 224 || a->byte[0] > 239 : a->byte[0] != 0xff;
}

struct ipaddr ipaddr_unmapped(const struct ipaddr *a)
{
    bool is_mapped =
        a->family == IP_V6 && all_zero(a->byte, 10) && a->byte[10] == 0xff && a->byte[11] == 0xff;

    return is_mapped ? ipaddr_v4(a->byte + 12) : *a;
}

uint8_t ipaddr_len(enum ip_family family)
{
    switch (family) {
    case IP_V4: return 4;
    case IP_V6: return 16;
    case IP_NONE: break;
    }
    return 0;
}

bool ipaddr_parse(const char *text, struct ipaddr *ret)
{
    uint8_t byte[16];

    if (inet_pton(AF_INET, text, byte) == 1)
        *ret = ipaddr_v4(byte);
    else if (inet_pton(AF_INET6, text, byte) == 1)
        *ret = ipaddr_v6(byte);
    else
        return false;
    return true;
}

/* One to three digits, nothing else: no sign, no blank, no octal. */
static bool parse_len(const char *text, unsigned max, uint8_t *ret)
{
    unsigned value = 0;
    size_t n = strlen(text);

    if (n == 0 || n > 3 || strspn(text, "0123456789") != n)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    if (value > max)
        return false;
    *ret = (uint8_t)value;
    return true;
}

bool ipprefix_parse(const char *text, struct ipprefix *ret)
{
    char addr_text[IPADDR_STR_LEN];
    const char *slash = strchr(text, '/');
    size_t n = slash ? (size_t)(slash - text) : strlen(text);
    struct ipaddr addr;
    uint8_t len;

    if (n >= sizeof(addr_text))
        return false;
    memcpy(addr_text, text, n);
    addr_text[n] = '\0';
    if (!ipaddr_parse(addr_text, &addr))
        return false;
    len = (uint8_t)(ipaddr_len(addr.family) * 8);
    if (slash && !parse_len(slash + 1, len, &len))
        return false;
    *ret = ipprefix_of(&addr, len);
    return true;
}

const char *ipaddr_str(const struct ipaddr *a, char out[static IPADDR_STR_LEN])
{
    int af = a->family == IP_V4 ? AF_INET : AF_INET6;

    if (a->family == IP_NONE || !inet_ntop(af, a->byte, out, IPADDR_STR_LEN))
        memcpy(out, "none", sizeof("none"));
    return out;
}

const char *ipprefix_str(const struct ipprefix *p, char out[static IPPREFIX_STR_LEN])
{
    char addr[IPADDR_STR_LEN];

    ipaddr_str(&p->addr, addr);
    if (p->addr.family == IP_NONE)
        memcpy(out, addr, sizeof("none"));
    else
        (void)snprintf(out, IPPREFIX_STR_LEN, "%s/%u", addr, (unsigned)p->len);
    return out;
}

/* The bits of byte number i that a prefix of len bits covers. */
static uint8_t mask_byte(size_t i, uint8_t len)
{
    if (len >= (i + 1) * 8)
        return 0xff;
    if (len <= i * 8)
        return 0;
    return (uint8_t)(0xff << (8 - (len - i * 8)));
}

struct ipprefix ipprefix_of(const struct ipaddr *a, uint8_t len)
{
    struct ipprefix p = {.addr = *a, .len = len};
    uint8_t bits = (uint8_t)(ipaddr_len(a->family) * 8);

    if (p.len > bits)
        p.len = bits;
    for (size_t i = 0; i < sizeof(p.addr.byte); i++)
        p.addr.byte[i] &= mask_byte(i, p.len);
    return p;
}

bool ipprefix_contains(const struct ipprefix *p, const struct ipaddr *a)
{
    struct ipprefix other = ipprefix_of(a, p->len);

    return a->family != IP_NONE && ipprefix_equal(p, &other);
}

bool ipprefix_equal(const struct ipprefix *a, const struct ipprefix *b)
{
    return a->len == b->len && ipaddr_equal(&a->addr, &b->addr);
}
