/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address and prefix values of both families: parse, print, compare. No resolver, no socket. */
#ifndef SSTPTUN_IPADDR_H
#define SSTPTUN_IPADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "macros.h"

enum ip_family { IP_NONE = 0, IP_V4 = 4, IP_V6 = 6 };

struct ipaddr {
    enum ip_family family;
    uint8_t byte[16]; /* network order; the first 4 for IPv4, the rest zero */
};

struct ipprefix {
    struct ipaddr addr; /* bits behind len are zero */
    uint8_t len;        /* bits */
};

#define IPADDR_STR_LEN   46 /* longest text of an address with its NUL */
#define IPPREFIX_STR_LEN 50 /* with "/128" */

struct ipaddr ipaddr_v4(const uint8_t byte[static 4]);
struct ipaddr ipaddr_v6(const uint8_t byte[static 16]);

/* fe80::/64 with the given interface identifier (RFC 5072 section 5). */
struct ipaddr ipaddr_link_local(const uint8_t id[static 8]);

/* 0.0.0.0, :: or no address at all. */
bool ipaddr_is_unset(const struct ipaddr *a);
bool ipaddr_equal(const struct ipaddr *a, const struct ipaddr *b);

/* Usable as the address of a host: not unset, loopback, multicast, 0/8, or 240/4 (IPv4) and their IPv6 likes. */
bool ipaddr_is_host(const struct ipaddr *a);

/* One host's, or a loopback or broadcast address: neither unset nor multicast. */
bool ipaddr_is_unicast(const struct ipaddr *a);

/* The IPv4 address that an IPv4-mapped one stands for (RFC 4291 2.5.5.2); any other as it is. */
struct ipaddr ipaddr_unmapped(const struct ipaddr *a);

/* Bytes of an address of the family: 4, 16, or 0. */
uint8_t ipaddr_len(enum ip_family family);

/* Text forms; false and *ret untouched when it is none. A prefix without "/len" is a single address. */
bool ipaddr_parse(const char *text, struct ipaddr *ret) MUST_USE;
bool ipprefix_parse(const char *text, struct ipprefix *ret) MUST_USE;

/* Print into out and return it; "none" for IP_NONE. */
const char *ipaddr_str(const struct ipaddr *a, char out[static IPADDR_STR_LEN]);
const char *ipprefix_str(const struct ipprefix *p, char out[static IPPREFIX_STR_LEN]);

/* The prefix of len bits that holds the address: host bits are cleared. */
struct ipprefix ipprefix_of(const struct ipaddr *a, uint8_t len);
bool ipprefix_contains(const struct ipprefix *p, const struct ipaddr *a);
bool ipprefix_equal(const struct ipprefix *a, const struct ipprefix *b);

#endif
