/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lengths of all messages, in one table each, and texts that cross between the processes. */
#include "request.h"

#include <string.h>

#define END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))
#define TYPE_ALONE           sizeof(uint32_t)

static const struct {
    const char *name;
    size_t len;
    size_t reply_len;
} requests[REQUEST_TYPES] = {
    [REQUEST_READY] = {"READY", END_OF(struct request, ready), 0},
    [REQUEST_LOG] = {"LOG", END_OF(struct request, log), 0},
    [REQUEST_SOCKET] = {"SOCKET", END_OF(struct request, address), END_OF(struct reply, socket)},
    [REQUEST_CHOSEN] = {"CHOSEN", END_OF(struct request, address), 0},
    [REQUEST_AUTH_PAP] = {"AUTH_PAP", TYPE_ALONE, END_OF(struct reply, pap)},
    [REQUEST_AUTH_MD5] = {"AUTH_MD5", END_OF(struct request, md5), END_OF(struct reply, md5)},
    [REQUEST_AUTH_MSCHAPV2] = {"AUTH_MSCHAPV2", END_OF(struct request, mschapv2),
                               END_OF(struct reply, mschapv2)},
    [REQUEST_LINK] = {"LINK", END_OF(struct request, link), END_OF(struct reply, words)},
    [REQUEST_IPV4] = {"IPV4", END_OF(struct request, ipv4), END_OF(struct reply, words)},
    [REQUEST_IPV6] = {"IPV6", END_OF(struct request, ipv6), END_OF(struct reply, words)},
    [REQUEST_UP] = {"UP", TYPE_ALONE, 0},
    [REQUEST_END] = {"END", END_OF(struct request, end), 0},
};

static const size_t orders[ORDER_TYPES] = {
    [ORDER_START] = END_OF(struct order, start),
    [ORDER_ADDRESSES] = END_OF(struct order, addresses),
    [ORDER_STOP] = END_OF(struct order, stop),
};

/* No padding behind the last payload byte of any type: the length of a message is the sum of its fields. */
_Static_assert(sizeof(struct request_ipv6) ==
                   4 + 8 + 8 + 4 + 4 + NETPLAN_PREFIXES_MAX * 36 + 4 + RA_DNS_MAX * 16,
               "");
_Static_assert(sizeof(struct request_ipv4) == 4 + 6 * 4, "");
_Static_assert(sizeof(struct request_md5) == 8 + REQUEST_CHALLENGE_MAX + 1, "");
_Static_assert(sizeof(struct request_words) == 8 + END_DETAIL_LEN + END_HINT_LEN, "");
_Static_assert(sizeof(struct request_mschapv2) == 16, "");
_Static_assert(sizeof(struct reply_mschapv2) == 4 + 16 + 24 + 20 + 32, "");
_Static_assert(sizeof(struct order_start) == 4 + REQUEST_NAME_MAX + TUN_NAME_LEN + 8, "");
_Static_assert(sizeof(struct order_addresses) == 4 + ENDPOINTS_MAX * sizeof(union endpoint), "");

/* Nothing is larger than raw. */
_Static_assert(sizeof(struct request) == sizeof(uint32_t) + sizeof(((struct request *)0)->raw), "");
_Static_assert(sizeof(struct reply) == sizeof(uint32_t) + sizeof(((struct reply *)0)->raw), "");
_Static_assert(sizeof(struct order) == sizeof(uint32_t) + sizeof(((struct order *)0)->raw), "");

const char *request_name(uint32_t type)
{
    return type < REQUEST_TYPES ? requests[type].name : "?";
}

size_t request_len(uint32_t type)
{
    return type < REQUEST_TYPES ? requests[type].len : 0;
}

size_t reply_len(uint32_t type)
{
    return type < REQUEST_TYPES ? requests[type].reply_len : 0;
}

size_t order_len(uint32_t type)
{
    return type < ORDER_TYPES ? orders[type] : 0;
}

struct request_words request_words_of(const struct end *end)
{
    struct request_words words = {.reason = (uint32_t)end->reason, .code = end->code};

    memcpy(words.detail, end->detail, strnlen(end->detail, sizeof(words.detail) - 1));
    memcpy(words.hint, end->hint, strnlen(end->hint, sizeof(words.hint) - 1));
    return words;
}

bool request_words_read(const struct request_words *words, struct end *ret_end)
{
    if (words->reason >= END_REASON_COUNT || !memchr(words->detail, '\0', sizeof(words->detail)) ||
        !memchr(words->hint, '\0', sizeof(words->hint)))
        return false;
    *ret_end = (struct end){.reason = (enum end_reason)words->reason, .code = words->code};
    memcpy(ret_end->detail, words->detail, sizeof(words->detail));
    memcpy(ret_end->hint, words->hint, sizeof(words->hint));
    request_clean(ret_end->detail);
    request_clean(ret_end->hint);
    return true;
}

/* Bytes of the UTF-8 sequence that begins with lead, by its form alone; 0: none does. */
static size_t sequence_len(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if ((lead & 0xf0) == 0xe0)
        return 3;
    return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/* RFC 3629 4: after these four the second byte has less room, else there would be overlong forms, surrogates and more
 * than U+10FFFF. The NUL at the end of a text is never good, and stops whoever goes on only after a good one. */
static bool second_is_good(uint8_t lead, uint8_t second)
{
    switch (lead) {
    case 0xe0: return second >= 0xa0 && second < 0xc0;
    case 0xed: return second >= 0x80 && second < 0xa0;
    case 0xf0: return second >= 0x90 && second < 0xc0;
    case 0xf4: return second >= 0x80 && second < 0x90;
    default: return second >= 0x80 && second < 0xc0;
    }
}

static bool is_well_formed(const uint8_t *text, size_t len)
{
    if (len > 1 && !second_is_good(text[0], text[1]))
        return false;
    for (size_t i = 2; i < len; i++)
        if ((text[i] & 0xc0) != 0x80)
            return false;
    return len > 0;
}

static uint32_t code_point(const uint8_t *text, size_t len)
{
    uint32_t code = len > 1 ? text[0] & (0xffu >> (len + 1)) : text[0];

    for (size_t i = 1; i < len; i++)
        code = code << 6 | (text[i] & 0x3fu);
    return code;
}

/* What moves a cursor, ends a line or turns the order of what is read around (Unicode's Bidi_Control). */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e ||
           code == 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* The length of a printable character at text, 0 when there is none. */
static size_t character(const uint8_t *text)
{
    size_t len = sequence_len(text[0]);

    return is_well_formed(text, len) && !is_control(code_point(text, len)) ? len : 0;
}

void request_clean(char *text)
{
    uint8_t *at = (uint8_t *)text;

    while (*at != '\0') {
        size_t len = character(at);

        if (len == 0)
            *at = '?';
        at += len > 0 ? len : 1;
    }
}
