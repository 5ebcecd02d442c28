/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker that somebody has taken over: requests in any order, honest ones with spoilt fields, of any length, and between
 * them what the keeper itself notes. What passes the gate is acted upon as keeper_request.c does, on a host that is only
 * remembered (netcfg_recorder.h), and whatever was said before, what then exists is within what the options and the
 * gate's rules allow. The rules stand here once more, in other words.
 *
 * Input: [options, 4 bytes] then steps of [what][how][amount] and amount's bytes, see step().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keeper_check.h"
#include "netcfg_recorder.h"
#include "netfacts.h"
#include "options_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)                                                                     \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #cond); \
            abort();                                                                   \
        }                                                                              \
    } while (0)

#define IFINDEX     5
#define TABLE_MAIN  254u
#define TABLE_OURS  (NETPLAN_TABLE_BASE + IFINDEX)
#define EVENT_START REQUEST_TYPES /* what the keeper does itself */
#define EVENT_LIST  (REQUEST_TYPES + 1)
#define EVENT_KINDS (REQUEST_TYPES + 2)
#define FEW         5

struct host {
    struct options options;
    struct keeper_rights rights;
    struct netcfg_recorder recorder;
    struct netcfg_ops ops;
    struct netcfg netcfg;
    struct netfacts facts;
    bool chosen;
    bool small;        /* the link has been too small for IPv6 */
    bool nearly_spent; /* the answers of a span are but for FEW */
    unsigned n_answers;
};

static const char *const servers[] = {"192.0.2.1", "2001:db8:77::1", "10.9.0.1", "fd00::1"};
static const char *const ways[] = {NULL, "10.0.0.0/9", "2001:db8:77::/64", "fd00::/32"}; /* the host's own */
static const char *const asked[] = {"10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "fd00:1::/48"};

static void init(struct host *h, struct reader *r)
{
    uint8_t flags = reader_u8(r), methods = reader_u8(r), routes = reader_u8(r);

    memset(h, 0, sizeof(*h));
    h->options.mtu = (uint16_t)(OPTIONS_MTU_MIN + reader_u8(r) * 14);
    h->options.default_route = flags & 1;
    h->options.disable_ipv6 = flags >> 1 & 1;
    for (unsigned i = 0; i < PPP_AUTH_METHODS_MAX; i++)
        if (methods >> i & 1)
            h->options.auth[h->options.n_auth++] = (enum ppp_auth_method)i;
    for (size_t i = 0; i < ARRAY_LEN(asked); i++)
        if (routes >> i & 1)
            MUST(ipprefix_parse(asked[i], &h->options.route[h->options.n_route++]));
    h->rights.options = &h->options;
    h->nearly_spent = flags >> 2 & 1;
    h->rights.n_answers = h->nearly_spent ? KEEPER_ANSWERS_MAX - FEW : 0;
    netcfg_recorder_init(&h->recorder);
    netcfg_recorder_ops(&h->recorder, &h->ops);
    netcfg_init(&h->netcfg, &h->ops, IFINDEX, NULL);
    netfacts_init(&h->facts, &h->options, &h->netcfg, IFINDEX);
    if (ways[flags >> 2 & 3])
        MUST(ipprefix_parse(ways[flags >> 2 & 3], &h->recorder.way));
    h->recorder.fail_add = flags >> 4;
    h->recorder.fail_error = -95;
}

/* What an honest worker would say: spoilt fields should not all die at the first check. */
static void honest(struct request *request, uint32_t type)
{
    memset(request, 0, sizeof(*request));
    request->type = type;
    switch (type) {
    case REQUEST_READY: request->ready.sandbox.in_force = sandbox_protections(SANDBOX_WORKER); break;
    case REQUEST_AUTH_MD5: request->md5.challenge_len = 16; break;
    case REQUEST_LINK: request->link.mtu = OPTIONS_MTU_MIN; break;
    case REQUEST_IPV4:
        request->ipv4 = (struct request_ipv4){.present = 1, .local = {10, 9, 0, 100}, .peer = {10, 9, 0, 1}};
        break;
    case REQUEST_IPV6:
        request->ipv6 = (struct request_ipv6){.present = 1, .id = {1}, .n_prefix = 2, .n_dns = 1};
        request->ipv6.prefix[0] =
            (struct request_prefix){{0x20, 1, 0xd, 0xb8, 0, 0x77}, 64, 1, 1, 3600, 1800};
        request->ipv6.prefix[1] = (struct request_prefix){{0xfd, 0, 0, 1}, 48, 1, 0, 3600, 1800};
        break;
    case REQUEST_END: request->end.words.reason = END_LOST; break;
    default: break;
    }
}

/* Texts to their last byte. */
static void fill(struct request *request)
{
    if (request->type == REQUEST_LOG)
        memset(request->log.line, 'x', sizeof(request->log.line));
    if (request->type == REQUEST_END) {
        memset(request->end.words.detail, 'x', sizeof(request->end.words.detail));
        memset(request->end.words.hint, 'x', sizeof(request->end.words.hint));
    }
}

/* Text as a terminal may have it. Not request.c's walk: every byte for itself. */
static void check_text(const char *text, size_t cap)
{
    size_t len = strnlen(text, cap), more = 0;

    MUST(len < cap);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];

        MUST(c >= 0x20 && c != 0x7f);
        if (more > 0) {
            MUST((c & 0xc0) == 0x80);
            MUST(!(i > 0 && (uint8_t)text[i - 1] == 0xc2 && c < 0xa0));
            more--;
        } else if (c >= 0x80) {
            MUST(c >= 0xc2 && c <= 0xf4);
            more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        }
    }
    MUST(more == 0);
}

static bool is_asked(const struct host *h, const struct ipprefix *to)
{
    for (size_t i = 0; i < h->options.n_route; i++)
        if (ipprefix_equal(&h->options.route[i], to))
            return true;
    return to->len == 0 && h->options.default_route;
}

static bool is_taken(const struct host *h, const struct ipprefix *to)
{
    const struct ipprefix *way = &h->recorder.way;

    return ipprefix_contains(way, &to->addr) || ipprefix_contains(to, &way->addr);
}

/* A route that nobody asked for by name: the link's own, the peer alone, or a site's prefix at most. */
static bool is_implied(const struct ipprefix *to)
{
    const uint8_t *byte = to->addr.byte;

    if (to->addr.family == IP_V4)
        return to->len == 32 && byte[0] != 0 && byte[0] != 127 && byte[0] < 224;
    if (byte[0] == 0xfe && byte[1] == 0x80)
        return to->len == 64;
    return to->len >= 48 && to->len <= 128 && (byte[0] >> 5 == 1 || byte[0] >> 1 == 0x7e);
}

static void check_route(const struct host *h, const struct netop *op)
{
    const struct ipaddr *server = &h->facts.plan_options.server;
    const struct ipprefix *to = &op->route.to;

    MUST(op->route.table == TABLE_MAIN || op->route.table == TABLE_OURS);
    switch (op->route.kind) {
    case NETROUTE_THROW:
        MUST(op->route.table == TABLE_OURS && ipaddr_equal(&to->addr, server));
        MUST(to->len == ipaddr_len(server->family) * 8);
        break;
    case NETROUTE_UNREACHABLE: MUST(h->options.default_route && to->len == 0); break;
    case NETROUTE_DEVICE:
        MUST(is_asked(h, to) ||
             (is_implied(to) && !is_taken(h, to) && op->route.metric == NETPLAN_METRIC_IMPLIED));
        if (op->route.table == TABLE_MAIN) /* or the tunnel would be carried through itself */
            MUST(to->len > 0 && !ipprefix_contains(to, server));
        break;
    }
}

static void check_address(const struct host *h, const struct netop *op)
{
    const struct ipaddr *local = &op->address.local;

    MUST(ipaddr_is_host(local) && !ipaddr_equal(local, &h->facts.plan_options.server));
    MUST(op->address.prefix_len == ipaddr_len(local->family) * 8);
    MUST(op->address.preferred_s <= op->address.valid_s);
    MUST(op->address.peer.family == IP_NONE || ipaddr_is_host(&op->address.peer));
    MUST(local->family == IP_V4 || !h->options.disable_ipv6);
}

static void check_host(struct host *h)
{
    const struct netplan *present = &h->recorder.present;

    MUST(present->n_op <= NETPLAN_OPS_MAX);
    for (size_t i = 0; i < present->n_op; i++) {
        const struct netop *op = &present->op[i];

        switch (op->type) {
        case NETOP_LINK:
            MUST(op->link.mtu >= OPTIONS_MTU_MIN && op->link.mtu <= OPTIONS_MTU_MAX);
            MUST(op->link.mtu <= h->options.mtu);
            MUST(op->link.no_ipv6 == h->options.disable_ipv6);
            MUST(!h->small || op->link.mtu < 1280);
            h->small = op->link.mtu < 1280;
            break;
        case NETOP_ADDRESS: check_address(h, op); break;
        case NETOP_ROUTE: check_route(h, op); break;
        case NETOP_RULE: MUST(op->rule.table == TABLE_MAIN || op->rule.table == TABLE_OURS); break;
        }
    }
}

static void check_hook_values(const struct host *h)
{
    struct hook_values values = {0};

    netfacts_hook_values(&h->facts, &values);
    MUST(values.n_dns <= HOOK_LIST_MAX && values.n_nbns <= HOOK_LIST_MAX && values.n_ipv6 <= HOOK_LIST_MAX);
    MUST(values.mtu <= h->options.mtu);
    MUST(values.local_ipv4.family == IP_NONE || ipaddr_is_host(&values.local_ipv4));
    for (size_t i = 0; i < values.n_dns; i++)
        MUST(values.dns[i].family != IP_NONE);
}

/* The acts, as in keeper_request.c */

static void act_on_text(struct request *request)
{
    char text[END_DETAIL_LEN * 3];
    struct end end;

    if (request->type == REQUEST_LOG) {
        request_clean(request->log.line);
        check_text(request->log.line, sizeof(request->log.line));
        return;
    }
    MUST(request_words_read(&request->end.words, &end));
    check_text(end.detail, sizeof(end.detail));
    check_text(end.hint, sizeof(end.hint));
    end_describe(&end, (enum end_stage)request->end.stage, text, sizeof(text));
    check_text(text, sizeof(text));
    MUST(end_exit_status(&end, (enum end_stage)request->end.stage) >= 0 &&
         end_exit_status(&end, (enum end_stage)request->end.stage) < 256);
    MUST(end_reason_name(end.reason) != NULL);
}

static bool allows(const struct host *h, enum ppp_auth_method method)
{
    for (size_t i = 0; i < h->options.n_auth; i++)
        if (h->options.auth[i] == method)
            return true;
    return false;
}

/* As in keeper_request.c: what the host refuses has not happened. */
static void act_on_host(struct host *h, const struct request *request)
{
    struct end end = {.reason = END_NONE};
    bool done;

    if (request->type == REQUEST_LINK)
        done = netfacts_link(&h->facts, &request->link, &end);
    else if (request->type == REQUEST_IPV4)
        done = netfacts_ipv4(&h->facts, &request->ipv4, &end);
    else
        done = netfacts_ipv6(&h->facts, &request->ipv6, &end);
    MUST(done == (end.reason == END_NONE));
    if (done)
        keeper_check_note(&h->rights, request);
    h->rights.has_ipv6 &= h->facts.ipv6.present;
    MUST(h->facts.ipv6.n_prefix <= NETPLAN_PREFIXES_MAX && h->facts.ipv6.n_dns <= RA_DNS_MAX);
    check_host(h);
    check_hook_values(h);
}

static void choose(struct host *h, uint32_t index)
{
    struct ipaddr server;

    MUST(!h->chosen && index < h->rights.n_address && (h->rights.opened >> index & 1));
    MUST(ipaddr_parse(servers[index % ARRAY_LEN(servers)], &server));
    netfacts_server(&h->facts, &server);
    h->chosen = true;
}

static void count_answer(struct host *h)
{
    h->n_answers++;
    MUST(!h->nearly_spent || h->rights.now >= PPP_ANSWERS_SPAN || h->n_answers <= FEW);
    MUST(h->rights.n_answers > 0 && h->rights.n_answers <= KEEPER_ANSWERS_MAX);
}

static void act(struct host *h, struct request *request, uint32_t tried_before)
{
    switch ((enum request_type)request->type) {
    case REQUEST_LOG:
    case REQUEST_END: act_on_text(request); break;
    case REQUEST_SOCKET:
        MUST(request->address.index < h->rights.n_address && !(tried_before >> request->address.index & 1));
        if (request->address.index % 3 != 2) /* some have no route */
            h->rights.opened |= 1u << request->address.index;
        break;
    case REQUEST_CHOSEN: choose(h, request->address.index); break;
    case REQUEST_AUTH_PAP:
        MUST(h->chosen && allows(h, PPP_AUTH_PAP));
        count_answer(h);
        break;
    case REQUEST_AUTH_MD5:
        count_answer(h);
        MUST(h->chosen && allows(h, PPP_AUTH_CHAP_MD5) && request->md5.id < 256);
        MUST(request->md5.challenge_len - 1 < REQUEST_CHALLENGE_MAX);
        break;
    case REQUEST_AUTH_MSCHAPV2:
        count_answer(h);
        MUST(h->chosen && (allows(h, PPP_AUTH_MSCHAPV2) || allows(h, PPP_AUTH_EAP_MSCHAPV2)));
        break;
    case REQUEST_LINK:
    case REQUEST_IPV4:
    case REQUEST_IPV6:
        MUST(h->chosen);
        act_on_host(h, request);
        break;
    case REQUEST_UP: MUST(h->facts.ipv4.present || h->facts.ipv6.present); break;
    case REQUEST_READY: MUST(sandbox_report_is_sane(&request->ready.sandbox, SANDBOX_WORKER)); break;
    case REQUEST_TYPES: abort();
    }
}

static void ask(struct host *h, const struct request *request, size_t len)
{
    enum keeper_progress before = h->rights.progress;
    uint32_t tried = h->rights.tried;
    struct request copy = *request;

    if (keeper_check(&h->rights, &copy, len) != NULL)
        return; /* the keeper ends the worker here; another one that lives on finds more */
    MUST(copy.type < REQUEST_TYPES && len == request_len(copy.type) && before != KEEPER_ENDED);
    if (copy.type != REQUEST_LINK && copy.type != REQUEST_IPV4 && copy.type != REQUEST_IPV6)
        keeper_check_note(&h->rights, &copy);
    act(h, &copy, tried);
    MUST(h->rights.progress >= before);
    MUST(keeper_check_stage(&h->rights) < END_STAGE_COUNT);
}

/* what: the type, by which the keeper's own acts are reached, too; how: spoilt fields, raw bytes, or another length. */
static void step(struct host *h, struct reader *r)
{
    uint32_t type = reader_u8(r) % EVENT_KINDS;
    uint8_t how = reader_u8(r);
    struct bytes part = {.len = reader_u8(r)};
    struct request request;
    size_t len = request_len(type);

    h->rights.now += part.len * USEC_PER_SEC;
    part = reader_take(r, part.len < r->left ? part.len : r->left);
    if (type == EVENT_START && h->rights.progress == KEEPER_READY)
        h->rights.progress = KEEPER_STARTED;
    if (type == EVENT_LIST && h->rights.progress == KEEPER_STARTED) {
        h->rights.progress = KEEPER_ADDRESSED;
        h->rights.n_address = how % (ENDPOINTS_MAX + 1);
    }
    honest(&request, type);
    if (how >> 5 & 1)
        fill(&request);
    if ((how & 3) == 1 && part.len > 0)
        memcpy(request.raw, part.data, part.len);
    for (size_t i = 0; (how & 3) >= 2 && i + 3 <= part.len; i += 3)
        request.raw[((size_t)part.data[i] << 8 | part.data[i + 1]) % sizeof(request.raw)] = part.data[i + 2];
    if ((how & 3) == 3)
        len = len + (how >> 2 & 15) - 8;
    if (how >> 6 == 3)
        request.type = (uint32_t)how << 24 | type;
    ask(h, &request, len < sizeof(request) ? len : sizeof(request));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader r = reader_of(bytes_of(data, size));
    struct host *h = malloc(sizeof(*h));

    MUST(h != NULL);
    init(h, &r);
    for (unsigned n = 0; r.left >= 3 && n < 200; n++)
        step(h, &r);
    h->recorder.fail_del = 0;
    netcfg_undo(&h->netcfg);
    MUST(h->recorder.present.n_op == 0);
    free(h);
    return 0;
}
