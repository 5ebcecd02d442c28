/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the values of options mean. Strict on purpose: a typing error that is taken for something else connects a user to
 * the wrong place or, with a pin, to an impostor.
 */
#include "options_value.h"

#include <string.h>
#include <strings.h>

#include "base64.h"

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* A decimal number without sign or blanks. */
static bool parse_number(const char *text, unsigned min, unsigned max, uint16_t *ret)
{
    size_t n = strlen(text);
    unsigned value = 0;

    if (n == 0 || n > 5 || strspn(text, DIGITS) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    if (value < min || value > max)
        return false;
    *ret = (uint16_t)value;
    return true;
}

/* SERVER */

static const char expect_port[] = "a port from 1 to 65535 behind the colon";
static const char expect_name[] =
    "a host name of letters, digits, dots and hyphens (xn--... for others) or an IP address";

static bool is_family(const char *text, enum ip_family family)
{
    struct ipaddr address;

    return ipaddr_parse(text, &address) && address.family == family;
}

/* RFC 1123 2.1, with the underscore that exists in practice. */
static bool is_name(const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n > 253 || strspn(text, LETTERS DIGITS "-_.") != n)
        return false;
    if (text[0] == '-' || text[0] == '.' || strstr(text, ".."))
        return false;
    /* Digits and dots only: resolvers read "10.1" as an address of their own making. */
    return strspn(text, DIGITS ".") != n || is_family(text, IP_V4);
}

/* An IPv6 literal that could also be read as a shorter one with a port behind it. */
static bool is_ambiguous(const char *literal)
{
    char head[OPTIONS_HOST_LEN];
    const char *colon = strrchr(literal, ':');
    uint16_t port;

    if (!colon || !parse_number(colon + 1, 1, UINT16_MAX, &port))
        return false;
    memcpy(head, literal, (size_t)(colon - literal));
    head[colon - literal] = '\0';
    return is_family(head, IP_V6);
}

/* Cuts host (writable) in two; *ret_port_text is NULL when there is none. */
static const char *split_server(char *host, const char **ret_port_text)
{
    char *end = strchr(host, ']');
    char *colon;

    *ret_port_text = NULL;
    if (host[0] == '[') {
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return "an IPv6 address in brackets, then nothing or a colon and a port";
        if (end[1] == ':')
            *ret_port_text = end + 2;
        *end = '\0';
        memmove(host, host + 1, (size_t)(end - host));
        return is_family(host, IP_V6) ? NULL : "an IPv6 address in the brackets, without a zone";
    }
    if (is_family(host, IP_V6))
        return is_ambiguous(host) ? "brackets around the IPv6 address: the end could be a port" : NULL;
    colon = strchr(host, ':');
    if (colon) {
        if (strchr(colon + 1, ':'))
            return "one colon, or an IPv6 address in brackets";
        *colon = '\0';
        *ret_port_text = colon + 1;
    }
    return is_name(host) ? NULL : expect_name;
}

/* To connect to no address at all is to connect to this host, and a multicast address is many. */
static bool is_no_server(const char *host)
{
    struct ipaddr address;

    if (!ipaddr_parse(host, &address))
        return false;
    address = ipaddr_unmapped(&address);
    return !ipaddr_is_unicast(&address);
}

/* A name that ends in a dot is complete for the resolver, but in TLS and HTTP it is written without (RFC 6066 3). */
static void strip_dot(char *host)
{
    size_t n = strlen(host);

    if (n > 1 && host[n - 1] == '.')
        host[n - 1] = '\0';
}

const char *options_value_server(const char *text, char ret_host[static OPTIONS_HOST_LEN], uint16_t *ret_port)
{
    static const char scheme[] = "https://";
    char host[OPTIONS_HOST_LEN];
    const char *port_text;
    const char *expected;
    uint16_t port = OPTIONS_PORT_DEFAULT;
    bool url = strncasecmp(text, scheme, strlen(scheme)) == 0;
    size_t n;

    if (url)
        text += strlen(scheme);
    else if (strstr(text, "://"))
        return "https:// or no scheme at all";
    n = strlen(text);
    if (url && n > 0 && text[n - 1] == '/')
        n--;
    if (n >= sizeof(host))
        return "a name of at most 253 characters";
    memcpy(host, text, n);
    host[n] = '\0';
    if (strchr(host, '/'))
        return "no path: SSTP has its own";
    expected = split_server(host, &port_text);
    if (expected)
        return expected;
    if (is_no_server(host))
        return "an address that a server has: not 0.0.0.0, :: or a multicast address";
    if (port_text && !parse_number(port_text, 1, UINT16_MAX, &port))
        return expect_port;
    strip_dot(host);
    memcpy(ret_host, host, strlen(host) + 1);
    *ret_port = port;
    return NULL;
}

/* --interface: what the kernel takes as a name (dev_valid_name), less '%', which makes it a pattern. */
const char *options_value_interface(const char *text)
{
    size_t n = strlen(text);

    if (n == 0 || n >= TUN_NAME_LEN || strcmp(text, ".") == 0 || strcmp(text, "..") == 0 ||
        strspn(text, LETTERS DIGITS "-_.+@") != n || text[0] == '-')
        return "a name of 1 to 15 letters, digits and - _ . + @";
    return NULL;
}

const char *options_value_mtu(const char *text, uint16_t *ret_mtu)
{
    return parse_number(text, OPTIONS_MTU_MIN, OPTIONS_MTU_MAX, ret_mtu) ? NULL : "a number from 576 to 4087";
}

/* --servercert */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Exactly 32 bytes, written together or with one colon between any two. */
static bool parse_hex(const char *text, uint8_t out[static 32])
{
    bool colons = strchr(text, ':') != NULL;

    for (size_t i = 0; i < 32; i++) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
        text += 2;
        if (colons && i < 31 && *text++ != ':')
            return false;
    }
    return *text == '\0';
}

/* What base64_encode() makes of 32 bytes, no white space, no stray bits; the padding may be missing. */
static bool parse_base64(const char *text, uint8_t out[static 32])
{
    uint8_t decoded[48];
    char padded[BASE64_LEN(32)] = "", again[BASE64_LEN(sizeof(decoded))];
    size_t text_len = strlen(text), len;

    if (text_len != sizeof(padded) - 1 && text_len != sizeof(padded) - 2)
        return false;
    memset(padded, '=', sizeof(padded) - 1);
    memcpy(padded, text, text_len);
    if (!base64_decode(bytes_of_str(padded), decoded, &len) || len != 32)
        return false;
    base64_encode(bytes_of(decoded, len), again);
    if (strcmp(again, padded) != 0)
        return false;
    memcpy(out, decoded, 32);
    return true;
}

struct pin_row {
    const char *prefix;
    enum tls_pin_kind kind;
    bool (*parse)(const char *text, uint8_t *out);
    const char *expected;
};

static const struct pin_row pin_kinds[] = {
    {"pin-sha256:", TLS_PIN_KEY, parse_base64, "pin-sha256: and 44 characters of base64"},
    {"sha256:", TLS_PIN_KEY, parse_hex, "sha256: and 64 hexadecimal digits"},
    {"cert-sha256:", TLS_PIN_CERT, parse_hex, "cert-sha256: and 64 hexadecimal digits"},
};

const char *options_value_pin(const char *text, struct tls_pin *ret_pin)
{
    for (size_t i = 0; i < ARRAY_LEN(pin_kinds); i++) {
        const struct pin_row *row = &pin_kinds[i];
        struct tls_pin pin = {.kind = row->kind};

        if (strncmp(text, row->prefix, strlen(row->prefix)) != 0)
            continue;
        if (!row->parse(text + strlen(row->prefix), pin.sha256))
            return row->expected;
        *ret_pin = pin;
        return NULL;
    }
    return "pin-sha256:BASE64, sha256:HEX or cert-sha256:HEX";
}

/* --auth */

static enum ppp_auth_method find_method(const char *name, size_t len)
{
    static const enum ppp_auth_method methods[PPP_AUTH_METHODS_MAX] = {
        PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const char *known = ppp_auth_method_name(methods[i]);

        if (strlen(known) == len && memcmp(known, name, len) == 0)
            return methods[i];
    }
    return PPP_AUTH_NONE;
}

static bool is_in(const enum ppp_auth_method *list, size_t n, enum ppp_auth_method method)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == method)
            return true;
    return false;
}

const char *options_value_auth(const char *text, enum ppp_auth_method ret_auth[static PPP_AUTH_METHODS_MAX],
                               size_t *ret_n)
{
    enum ppp_auth_method list[PPP_AUTH_METHODS_MAX] = {PPP_AUTH_NONE};
    size_t n = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        enum ppp_auth_method method = find_method(text, len);

        if (method == PPP_AUTH_NONE)
            return "a list of mschapv2, eap-mschapv2, chap-md5 and pap, separated by commas";
        if (is_in(list, n, method))
            return "each method at most once";
        list[n++] = method; /* no method twice, so there is room for all */
        if (text[len] == '\0')
            break;
        text += len + 1;
    }
    memcpy(ret_auth, list, sizeof(list));
    *ret_n = n;
    return NULL;
}
