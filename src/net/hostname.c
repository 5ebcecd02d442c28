/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names are compared as bytes with a length, so that a NUL or a dot too many in a certificate makes a name that no host
 * has. Constraints are applied to the host that is wanted, at every CA of the path, and not to all names of the leaf:
 * one name is relied upon, and wolfSSL 5.5.4 looks at the direct issuer's constraints only.
 */
#include "hostname.h"

#include <stdio.h>
#include <string.h>

#include "der.h"
#include "ipaddr.h"
#include "log.h"

/* GeneralName (RFC 5280 4.2.1.6) */
enum { NAME_DNS = DER_CONTEXT(2), NAME_IP = DER_CONTEXT(7) };

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool equal_name(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

/* The last len bytes; len <= name.len */
static struct bytes tail(struct bytes name, size_t len)
{
    return bytes_of(name.data + (name.len - len), len);
}

/* The host without a trailing dot, which only says that the name is complete. */
static struct bytes host_name(const char *host)
{
    struct bytes name = bytes_of_str(host);

    if (name.len > 1 && name.data[name.len - 1] == '.')
        name.len--;
    return name;
}

/* Behind the first dot: an empty view when there is none. */
static struct bytes parent_of(struct bytes name)
{
    const uint8_t *dot = name.len > 0 ? memchr(name.data, '.', name.len) : NULL;

    return dot ? tail(name, (size_t)(name.data + name.len - dot) - 1) : bytes_of(NULL, 0);
}

/* RFC 9525 6.3: "*" stands for exactly one label, the first. "*.com" is for no one. */
static bool dns_matches(struct bytes pattern, struct bytes name)
{
    struct bytes parent;

    if (pattern.len < 2 || pattern.data[0] != '*' || pattern.data[1] != '.')
        return pattern.len > 0 && equal_name(pattern, name);
    parent = parent_of(name);
    return parent.len > 0 && parent.len + 1 < name.len && parent_of(parent).len > 0 &&
           equal_name(tail(pattern, pattern.len - 2), parent);
}

static struct bytes ip_bytes(const struct ipaddr *ip)
{
    return bytes_of(ip->byte, ipaddr_len(ip->family));
}

static bool common_name_matches(const struct x509 *cert, const char *host, const struct ipaddr *ip)
{
    struct bytes cn = x509_common_name(cert->subject);
    struct ipaddr named;
    char text[IPADDR_STR_LEN] = "";

    if (!ip)
        return dns_matches(cn, host_name(host));
    if (cn.len >= sizeof(text))
        return false;
    if (cn.len > 0)
        memcpy(text, cn.data, cn.len);
    return strlen(text) == cn.len && ipaddr_parse(text, &named) && ipaddr_equal(&named, ip);
}

bool hostname_matches(const struct x509 *cert, const char *host)
{
    struct reader names = reader_of(cert->alt_names);
    struct bytes name = host_name(host);
    struct ipaddr ip;
    bool literal = ipaddr_parse(host, &ip);

    if (!cert->has_alt_names)
        return common_name_matches(cert, host, literal ? &ip : NULL);
    while (reader_ok(&names) && names.left > 0) {
        struct der alt = der_next(&names);

        if (literal && alt.tag == NAME_IP && bytes_equal(alt.value, ip_bytes(&ip)))
            return true;
        if (!literal && alt.tag == NAME_DNS && dns_matches(alt.value, name))
            return true;
    }
    return false;
}

/* 4.2.1.10: the name itself or anything under it; ".example.com" means only what is under it; "" means all. */
static bool dns_within(struct bytes name, struct bytes base)
{
    if (base.len == 0)
        return true;
    if (name.len <= base.len)
        return equal_name(name, base);
    return equal_name(tail(name, base.len), base) &&
           (base.data[0] == '.' || name.data[name.len - base.len - 1] == '.');
}

/* 4.2.1.10: address and mask, of the family's size each. */
static bool ip_within(struct bytes ip, struct bytes base)
{
    if (base.len != 2 * ip.len)
        return false;
    for (size_t i = 0; i < ip.len; i++)
        if ((ip.data[i] & base.data[ip.len + i]) != (base.data[i] & base.data[ip.len + i]))
            return false;
    return true;
}

enum found { NONE_OF_THE_KIND, OUTSIDE, WITHIN, UNREADABLE };

/* Where the host is in the subtrees of its own kind. */
static enum found look_up(struct bytes subtrees, const char *host)
{
    struct reader list = reader_of(subtrees);
    struct ipaddr ip;
    bool literal = ipaddr_parse(host, &ip);
    enum found found = NONE_OF_THE_KIND;

    while (list.left > 0) {
        struct reader subtree = reader_of(der_expect(&list, DER_SEQUENCE));
        struct der base = der_next(&subtree);

        if (!reader_ok(&list) || !reader_ok(&subtree))
            return UNREADABLE;
        if (base.tag != (literal ? NAME_IP : NAME_DNS))
            continue;
        if (literal ? ip_within(ip_bytes(&ip), base.value) : dns_within(host_name(host), base.value))
            return WITHIN;
        found = OUTSIDE;
    }
    return found;
}

bool hostname_permitted(const struct x509 *ca, const char *host)
{
    struct reader r = reader_of(ca->name_constraints);
    struct bytes permitted = {0}, excluded = {0};
    enum found in, out;

    (void)der_optional(&r, DER_CONTEXT_CONSTRUCTED(0), &permitted);
    (void)der_optional(&r, DER_CONTEXT_CONSTRUCTED(1), &excluded);
    in = look_up(permitted, host);
    out = look_up(excluded, host);
    return reader_done(&r) && (in == WITHIN || in == NONE_OF_THE_KIND) &&
           (out == OUTSIDE || out == NONE_OF_THE_KIND);
}

/* One alternative name as text; "" for the kinds that name no host. */
static void alt_name_text(const struct der *alt, char *out, size_t cap)
{
    struct ipaddr ip;

    out[0] = '\0';
    if (alt->tag == NAME_DNS) {
        log_safe(out, cap, alt->value);
    } else if (alt->tag == NAME_IP && cap >= IPADDR_STR_LEN &&
               (alt->value.len == 4 || alt->value.len == 16)) {
        ip = alt->value.len == 4 ? ipaddr_v4(alt->value.data) : ipaddr_v6(alt->value.data);
        (void)ipaddr_str(&ip, out);
    }
}

void hostname_list(const struct x509 *cert, char *ret_text, size_t cap)
{
    struct reader names = reader_of(cert->alt_names);
    char one[128];
    size_t len = 0;

    ret_text[0] = '\0';
    if (!cert->has_alt_names)
        log_safe(ret_text, cap, x509_common_name(cert->subject));
    while (reader_ok(&names) && names.left > 0) {
        struct der alt = der_next(&names);

        alt_name_text(&alt, one, sizeof(one));
        if (one[0] == '\0')
            continue;
        if (len + strlen(one) + sizeof(", ...") > cap - 2) {
            (void)snprintf(ret_text + len, cap - len, len ? ", ..." : "...");
            return;
        }
        len += (size_t)snprintf(ret_text + len, cap - len, "%s%s", len ? ", " : "", one);
    }
    if (ret_text[0] == '\0')
        (void)snprintf(ret_text, cap, "no host");
}
