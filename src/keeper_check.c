/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per request: from when to when it is allowed, and what its values must be. The rules for values are those by
 * which the engines accept what a server says, so an honest worker passes with whatever a server has sent it.
 */
#include "keeper_check.h"

#include <string.h>

#include "options_value.h"

#define PREFIX_LEN_MIN 48

/* Looks at the values: NULL, or what is wrong. */
typedef const char *check_fn(const struct keeper_rights *rights, const struct request *request);

/* Bytes that shall be text. */
static bool is_text(const char *text, size_t cap)
{
    return memchr(text, '\0', cap) != NULL;
}

static const char *check_ready(const struct keeper_rights *rights, const struct request *request)
{
    (void)rights;
    return sandbox_report_is_sane(&request->ready.sandbox, SANDBOX_WORKER) ? NULL : "a report that cannot be";
}

static const char *check_log(const struct keeper_rights *rights, const struct request *request)
{
    (void)rights;
    if (request->log.level > LOG_LEVEL_DEBUG)
        return "no such level";
    return is_text(request->log.line, sizeof(request->log.line)) ? NULL : "a line without end";
}

_Static_assert(ENDPOINTS_MAX <= 32, "one bit each in `tried` and `opened`");

static bool holds(uint32_t set, uint32_t index)
{
    return (set >> index & 1u) != 0;
}

/* Each address once: no more connections than there are addresses. */
static const char *check_socket(const struct keeper_rights *rights, const struct request *request)
{
    uint32_t index = request->address.index;

    if (index >= rights->n_address)
        return "an address that is not in the list";
    return holds(rights->tried, index) ? "an address for the second time" : NULL;
}

static const char *check_chosen(const struct keeper_rights *rights, const struct request *request)
{
    uint32_t index = request->address.index;

    return index < rights->n_address && holds(rights->opened, index) ? NULL : "an address without a socket";
}

static const char *check_method(const struct keeper_rights *rights, enum ppp_auth_method method)
{
    for (size_t i = 0; i < rights->options->n_auth; i++)
        if (rights->options->auth[i] == method)
            return NULL;
    return "a login method that is not allowed";
}

static bool span_is_over(const struct keeper_rights *rights)
{
    return rights->n_answers == 0 || rights->now - rights->answers_since >= PPP_ANSWERS_SPAN;
}

static void note_answer(struct keeper_rights *rights)
{
    if (span_is_over(rights)) {
        rights->answers_since = rights->now;
        rights->n_answers = 0;
    }
    rights->n_answers++;
}

/* What is allowed of every method. */
static const char *check_answers(const struct keeper_rights *rights)
{
    return span_is_over(rights) || rights->n_answers < KEEPER_ANSWERS_MAX ? NULL
                                                                          : "more answers than a login needs";
}

static const char *check_pap(const struct keeper_rights *rights, const struct request *request)
{
    const char *wrong = check_method(rights, PPP_AUTH_PAP);

    (void)request;
    return wrong ? wrong : check_answers(rights);
}

static const char *check_md5(const struct keeper_rights *rights, const struct request *request)
{
    const char *wrong = check_method(rights, PPP_AUTH_CHAP_MD5);

    if (request->md5.id > UINT8_MAX)
        return "no such identifier";
    if (request->md5.challenge_len == 0 || request->md5.challenge_len > REQUEST_CHALLENGE_MAX)
        return "a challenge of no possible length";
    return wrong ? wrong : check_answers(rights);
}

static const char *check_mschapv2(const struct keeper_rights *rights, const struct request *request)
{
    const char *wrong =
        check_method(rights, PPP_AUTH_MSCHAPV2) ? check_method(rights, PPP_AUTH_EAP_MSCHAPV2) : NULL;

    (void)request;
    return wrong ? wrong : check_answers(rights);
}

static const char *check_link(const struct keeper_rights *rights, const struct request *request)
{
    uint32_t mtu = request->link.mtu;

    return mtu >= OPTIONS_MTU_MIN && mtu <= OPTIONS_MTU_MAX && mtu <= rights->options->mtu
               ? NULL
               : "an MTU that is not allowed";
}

static bool all_zero(const void *data, size_t len)
{
    const uint8_t *byte = data;

    while (len > 0 && byte[len - 1] == 0)
        len--;
    return len == 0;
}

/* What holds for both families; payload begins with the flag `present`. */
static const char *check_presence(const struct keeper_rights *rights, uint32_t present, const void *payload,
                                  size_t len)
{
    if (present > 1)
        return "neither present nor absent";
    if (present == 0)
        return all_zero(payload, len) ? NULL : "absent and yet with values";
    return rights->progress >= KEEPER_LINKED ? NULL : "addresses before the link";
}

/* The peer's address is any (ipcp.c); netplan makes a route of it only where that is harmless. */
static const char *check_ipv4(const struct keeper_rights *rights, const struct request *request)
{
    const struct request_ipv4 *ipv4 = &request->ipv4;
    struct ipaddr local = ipaddr_v4(ipv4->local);
    const char *wrong = check_presence(rights, ipv4->present, ipv4, sizeof(*ipv4));

    if (wrong || ipv4->present == 0)
        return wrong;
    return ipaddr_is_host(&local) ? NULL : "an address that no host can have";
}

/* As ra.c takes them: global unicast or unique local, and no more than a site's worth (RFC 6177). */
static bool prefix_is_usable(const struct ipprefix *prefix)
{
    uint8_t first = prefix->addr.byte[0];

    return prefix->len >= PREFIX_LEN_MIN && ((first & 0xe0) == 0x20 || (first & 0xfe) == 0xfc);
}

static const char *check_prefix(const struct request_prefix *wire)
{
    struct ipaddr addr = ipaddr_v6(wire->addr);
    struct ipprefix prefix;

    if (wire->on_link > 1 || wire->autonomous > 1 || wire->on_link + wire->autonomous == 0)
        return "a prefix for nothing";
    if (wire->len > 128 || (wire->autonomous && wire->len != 64))
        return "a prefix of the wrong length";
    prefix = ipprefix_of(&addr, (uint8_t)wire->len);
    if (!ipaddr_equal(&prefix.addr, &addr) || !prefix_is_usable(&prefix))
        return "a prefix that is not allowed";
    return wire->preferred_s <= wire->valid_s ? NULL
                                              : "a prefix that is preferred for longer than it is valid";
}

static const char *check_prefixes(const struct request_ipv6 *ipv6)
{
    for (size_t i = 0; i < ipv6->n_prefix; i++) {
        const char *wrong = check_prefix(&ipv6->prefix[i]);

        if (wrong)
            return wrong;
    }
    return all_zero(&ipv6->prefix[ipv6->n_prefix],
                    (NETPLAN_PREFIXES_MAX - ipv6->n_prefix) * sizeof(ipv6->prefix[0]))
               ? NULL
               : "more prefixes than it says";
}

static const char *check_ipv6(const struct keeper_rights *rights, const struct request *request)
{
    const struct request_ipv6 *ipv6 = &request->ipv6;
    const char *wrong = check_presence(rights, ipv6->present, ipv6, sizeof(*ipv6));

    if (wrong || ipv6->present == 0)
        return wrong;
    if (rights->options->disable_ipv6)
        return "IPv6 despite --disable-ipv6";
    if (all_zero(ipv6->id, sizeof(ipv6->id)))
        return "no interface identifier";
    if (ipv6->default_router > 1 || ipv6->n_prefix > NETPLAN_PREFIXES_MAX || ipv6->n_dns > RA_DNS_MAX)
        return "numbers that cannot be";
    return check_prefixes(ipv6);
}

static const char *check_up(const struct keeper_rights *rights, const struct request *request)
{
    (void)request;
    return rights->has_ipv4 || rights->has_ipv6 ? NULL : "without an address";
}

/* Ends that only this process can find: from the worker they are an echo, or an excuse. */
static bool is_ours_to_say(uint32_t reason)
{
    return reason == END_REQUESTED || reason == END_HOOK || reason == END_NOT_PERMITTED ||
           reason == END_SANDBOX || reason == END_WORKER;
}

_Static_assert(END_REASON_COUNT <= 64, "one bit each in `told`");

static const char *check_end(const struct keeper_rights *rights, const struct request *request)
{
    const struct request_words *words = &request->end.words;

    if (request->end.stage >= END_STAGE_COUNT || words->reason >= END_REASON_COUNT ||
        words->reason == END_NONE)
        return "no such end";
    if (is_ours_to_say(words->reason) && (rights->told >> words->reason & 1u) == 0)
        return "an end that nobody told it of";
    return is_text(words->detail, sizeof(words->detail)) && is_text(words->hint, sizeof(words->hint))
               ? NULL
               : "a text without end";
}

static const struct row {
    enum keeper_progress from;
    enum keeper_progress to;
    check_fn *check; /* NULL: not allowed */
} rows[REQUEST_TYPES] = {
    [REQUEST_READY] = {KEEPER_FORKED, KEEPER_FORKED, check_ready},
    [REQUEST_LOG] = {KEEPER_FORKED, KEEPER_UP, check_log},
    [REQUEST_SOCKET] = {KEEPER_ADDRESSED, KEEPER_ADDRESSED, check_socket},
    [REQUEST_CHOSEN] = {KEEPER_ADDRESSED, KEEPER_ADDRESSED, check_chosen},
    [REQUEST_AUTH_PAP] = {KEEPER_CHOSEN, KEEPER_UP, check_pap},
    [REQUEST_AUTH_MD5] = {KEEPER_CHOSEN, KEEPER_UP, check_md5},
    [REQUEST_AUTH_MSCHAPV2] = {KEEPER_CHOSEN, KEEPER_UP, check_mschapv2},
    [REQUEST_LINK] = {KEEPER_CHOSEN, KEEPER_UP, check_link},
    [REQUEST_IPV4] = {KEEPER_CHOSEN, KEEPER_UP, check_ipv4},
    [REQUEST_IPV6] = {KEEPER_CHOSEN, KEEPER_UP, check_ipv6},
    [REQUEST_UP] = {KEEPER_LINKED, KEEPER_LINKED, check_up},
    [REQUEST_END] = {KEEPER_FORKED, KEEPER_UP, check_end},
};

const char *keeper_check(const struct keeper_rights *rights, const struct request *request, size_t len)
{
    const struct row *row;

    if (len < sizeof(request->type) || request->type >= REQUEST_TYPES || !rows[request->type].check)
        return "no such request";
    row = &rows[request->type];
    if (len != request_len(request->type))
        return "the wrong length";
    if (rights->progress < row->from || rights->progress > row->to)
        return "out of order";
    return row->check(rights, request);
}

void keeper_check_note(struct keeper_rights *rights, const struct request *request)
{
    switch ((enum request_type)request->type) {
    case REQUEST_READY: rights->progress = KEEPER_READY; break;
    case REQUEST_SOCKET: rights->tried |= 1u << request->address.index; break;
    case REQUEST_CHOSEN: rights->progress = KEEPER_CHOSEN; break;
    case REQUEST_LINK:
        if (rights->progress < KEEPER_LINKED)
            rights->progress = KEEPER_LINKED;
        break;
    case REQUEST_IPV4: rights->has_ipv4 = request->ipv4.present; break;
    case REQUEST_IPV6: rights->has_ipv6 = request->ipv6.present; break;
    case REQUEST_UP: rights->progress = KEEPER_UP; break;
    case REQUEST_END: rights->progress = KEEPER_ENDED; break;
    case REQUEST_AUTH_PAP:
    case REQUEST_AUTH_MD5:
    case REQUEST_AUTH_MSCHAPV2: note_answer(rights); break;
    case REQUEST_LOG:
    case REQUEST_TYPES: break;
    }
}

void keeper_check_tell(struct keeper_rights *rights, enum end_reason reason)
{
    rights->told |= UINT64_C(1) << reason;
}

enum end_stage keeper_check_stage(const struct keeper_rights *rights)
{
    switch (rights->progress) {
    case KEEPER_FORKED:
    case KEEPER_READY: return END_STAGE_START;
    case KEEPER_STARTED:
    case KEEPER_ADDRESSED: return END_STAGE_CONNECT;
    case KEEPER_CHOSEN: return END_STAGE_TLS;
    case KEEPER_LINKED: return END_STAGE_NETWORK;
    case KEEPER_UP:
    case KEEPER_ENDED: break;
    }
    return END_STAGE_UP;
}
