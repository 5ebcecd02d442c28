/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that no honest worker sends, each on the rung where only itself is wrong. A name is that of the table below,
 * or MANNER:TYPE:
 *   unready   before READY              early    before its time
 *   after     after END                 again    a second time, what may be sent once
 *   short, long                         one byte less or more than the type has
 */
#include "inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"
#include "keeper_check.h"

#define OVERSIZED 65536

/* On the way */

static void send_bytes(const struct remote *remote, const void *bytes, size_t len)
{
    if (channel_send(remote->request_fd, bytes, len, -1, CHANNEL_WAIT) < 0)
        leave(71);
}

/* Not channel_send()'s: it knows but one. */
static void send_with(const struct remote *remote, const struct request *request, const int *fds, size_t n_fd)
{
    _Alignas(struct cmsghdr) char room[CMSG_SPACE(4 * sizeof(int))] = {0};
    struct request copy = *request;
    struct iovec part = {&copy, request_len(request->type)};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = room,
                            .msg_controllen = (socklen_t)CMSG_LEN(n_fd * sizeof(int))};
    struct cmsghdr *first = CMSG_FIRSTHDR(&header);

    first->cmsg_level = SOL_SOCKET;
    first->cmsg_type = SCM_RIGHTS;
    first->cmsg_len = (socklen_t)CMSG_LEN(n_fd * sizeof(int));
    memcpy(CMSG_DATA(first), fds, n_fd * sizeof(int));
    if (sendmsg(remote->request_fd, &header, MSG_NOSIGNAL) < 0)
        leave(71);
}

/* What an honest worker could say, of each type. */
static struct request honest(uint32_t type)
{
    struct request request = {.type = type};

    switch (type) {
    case REQUEST_READY: request.ready.sandbox.in_force = sandbox_protections(SANDBOX_WORKER); break;
    case REQUEST_LOG: memcpy(request.log.line, "a line", 7); break;
    case REQUEST_AUTH_MD5: request.md5.challenge_len = 16; break;
    case REQUEST_LINK: request.link.mtu = 1400; break;
    case REQUEST_IPV4:
        request.ipv4 = (struct request_ipv4){1, {10, 9, 0, 100}, {10, 9, 0, 1}, {{0}}, {{0}}};
        break;
    case REQUEST_IPV6:
        request.ipv6 =
            (struct request_ipv6){.present = 1,
                                  .id = {0, 0, 0, 0, 0, 0, 0, 7},
                                  .n_prefix = 1,
                                  .prefix = {{{0x20, 1, 0xd, 0xb8, 0, 0x77}, 64, 1, 1, 3600, 1800}}};
        break;
    case REQUEST_END: request.end = (struct request_end){.words = {.reason = END_LOST}}; break;
    default: break;
    }
    return request;
}

/* Where it is in its time. */
static enum rung time_of(uint32_t type)
{
    switch (type) {
    case REQUEST_AUTH_PAP:
    case REQUEST_AUTH_MD5:
    case REQUEST_AUTH_MSCHAPV2:
    case REQUEST_LINK: return RUNG_CHOSEN;
    case REQUEST_IPV4:
    case REQUEST_IPV6: return RUNG_LINKED;
    case REQUEST_UP: return RUNG_IPV4;
    default: return RUNG_ADDRESSED;
    }
}

/* Values */

static void md5_id(struct request *r)
{
    r->md5.id = 256;
}

static void md5_none(struct request *r)
{
    r->md5.challenge_len = 0;
}

static void md5_long(struct request *r)
{
    r->md5.challenge_len = 256;
}

static void index_one(struct request *r)
{
    r->address.index = 1;
}

static void index_far(struct request *r)
{
    r->address.index = 0x80000000u;
}

static void log_level(struct request *r)
{
    r->log.level = LOG_LEVEL_DEBUG + 1;
}

static void log_endless(struct request *r)
{
    memset(r->log.line, 'x', sizeof(r->log.line));
}

static void mtu_high(struct request *r)
{
    r->link.mtu = 1401;
}

static void mtu_low(struct request *r)
{
    r->link.mtu = 100;
}

static void mtu_huge(struct request *r)
{
    r->link.mtu = 0xffffffff;
}

static void local(struct request *r, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    const uint8_t bytes[4] = {a, b, c, d};

    memcpy(r->ipv4.local, bytes, sizeof(bytes));
}

static void ipv4_loopback(struct request *r)
{
    local(r, 127, 0, 0, 1);
}

static void ipv4_multicast(struct request *r)
{
    local(r, 224, 0, 0, 1);
}

static void ipv4_unset(struct request *r)
{
    local(r, 0, 0, 0, 0);
}

static void ipv4_broadcast(struct request *r)
{
    local(r, 255, 255, 255, 255);
}

static void ipv4_half(struct request *r)
{
    r->ipv4.present = 2;
}

static void ipv4_absent(struct request *r)
{
    r->ipv4.present = 0;
}

static void prefix(struct request *r, uint8_t first, uint8_t second, uint32_t len)
{
    struct request_prefix *p = &r->ipv6.prefix[0];

    memset(p->addr, 0, sizeof(p->addr));
    p->addr[0] = first;
    p->addr[1] = second;
    p->len = len;
    p->autonomous = len == 64;
}

static void prefix_all(struct request *r)
{
    prefix(r, 0, 0, 0);
}

static void prefix_world(struct request *r)
{
    prefix(r, 0x20, 0, 3);
}

static void prefix_half(struct request *r)
{
    prefix(r, 0x20, 0, 47);
}

static void prefix_link_local(struct request *r)
{
    prefix(r, 0xfe, 0x80, 64);
}

static void prefix_multicast(struct request *r)
{
    prefix(r, 0xff, 0x02, 64);
}

static void prefix_mapped(struct request *r)
{
    prefix(r, 0, 0, 96);
    r->ipv6.prefix[0].addr[10] = r->ipv6.prefix[0].addr[11] = 0xff;
}

static void prefix_host_bits(struct request *r)
{
    r->ipv6.prefix[0].addr[15] = 1;
}

static void prefix_length(struct request *r)
{
    r->ipv6.prefix[0].len = 129;
}

static void prefix_idle(struct request *r)
{
    r->ipv6.prefix[0].on_link = r->ipv6.prefix[0].autonomous = 0;
}

static void prefix_lifetimes(struct request *r)
{
    r->ipv6.prefix[0].preferred_s = 3601;
}

static void prefixes_many(struct request *r)
{
    r->ipv6.n_prefix = NETPLAN_PREFIXES_MAX + 1;
}

static void prefixes_hidden(struct request *r)
{
    r->ipv6.n_prefix = 0;
}

static void dns_many(struct request *r)
{
    r->ipv6.n_dns = 0x40000000;
}

static void ipv6_no_id(struct request *r)
{
    memset(r->ipv6.id, 0, sizeof(r->ipv6.id));
}

static void end_reason(struct request *r)
{
    r->end.words.reason = END_REASON_COUNT;
}

static void end_none(struct request *r)
{
    r->end.words.reason = END_NONE;
}

static void end_stage(struct request *r)
{
    r->end.stage = END_STAGE_COUNT;
}

static void end_detail(struct request *r)
{
    memset(r->end.words.detail, 'x', sizeof(r->end.words.detail));
}

static void end_hint(struct request *r)
{
    memset(r->end.words.hint, 'x', sizeof(r->end.words.hint));
}

static void ready_overlap(struct request *r)
{
    r->ready.sandbox.missing = 1;
}

static void type_unknown(struct request *r)
{
    r->type = REQUEST_TYPES;
}

static void type_far(struct request *r)
{
    r->type = 0xffffffff;
}

static void nothing(struct request *r)
{
    (void)r;
}

static const struct {
    const char *name;
    uint32_t type;
    enum rung rung;
    void (*spoil)(struct request *request);
} values[] = {
    {"type-unknown", REQUEST_LINK, RUNG_UP, type_unknown},
    {"type-far", REQUEST_LINK, RUNG_UP, type_far},
    {"log-level", REQUEST_LOG, RUNG_ADDRESSED, log_level},
    {"log-endless", REQUEST_LOG, RUNG_ADDRESSED, log_endless},
    {"socket-one", REQUEST_SOCKET, RUNG_ADDRESSED, index_one},
    {"socket-far", REQUEST_SOCKET, RUNG_ADDRESSED, index_far},
    {"chosen-unopened", REQUEST_CHOSEN, RUNG_ADDRESSED, nothing},
    {"chosen-far", REQUEST_CHOSEN, RUNG_ADDRESSED, index_far},
    {"auth-pap", REQUEST_AUTH_PAP, RUNG_CHOSEN, nothing},
    {"auth-md5", REQUEST_AUTH_MD5, RUNG_CHOSEN, nothing},
    {"auth-mschapv2", REQUEST_AUTH_MSCHAPV2, RUNG_CHOSEN, nothing},
    {"md5-id", REQUEST_AUTH_MD5, RUNG_CHOSEN, md5_id},
    {"md5-none", REQUEST_AUTH_MD5, RUNG_CHOSEN, md5_none},
    {"md5-long", REQUEST_AUTH_MD5, RUNG_CHOSEN, md5_long},
    {"mtu-high", REQUEST_LINK, RUNG_CHOSEN, mtu_high},
    {"mtu-low", REQUEST_LINK, RUNG_CHOSEN, mtu_low},
    {"mtu-huge", REQUEST_LINK, RUNG_UP, mtu_huge},
    {"ipv4-loopback", REQUEST_IPV4, RUNG_LINKED, ipv4_loopback},
    {"ipv4-multicast", REQUEST_IPV4, RUNG_UP, ipv4_multicast},
    {"ipv4-unset", REQUEST_IPV4, RUNG_LINKED, ipv4_unset},
    {"ipv4-broadcast", REQUEST_IPV4, RUNG_LINKED, ipv4_broadcast},
    {"ipv4-half", REQUEST_IPV4, RUNG_LINKED, ipv4_half},
    {"ipv4-absent", REQUEST_IPV4, RUNG_LINKED, ipv4_absent},
    {"ipv6", REQUEST_IPV6, RUNG_LINKED, nothing},
    {"ipv6-no-id", REQUEST_IPV6, RUNG_LINKED, ipv6_no_id},
    {"prefix-all", REQUEST_IPV6, RUNG_LINKED, prefix_all},
    {"prefix-world", REQUEST_IPV6, RUNG_UP, prefix_world},
    {"prefix-half", REQUEST_IPV6, RUNG_LINKED, prefix_half},
    {"prefix-link-local", REQUEST_IPV6, RUNG_LINKED, prefix_link_local},
    {"prefix-multicast", REQUEST_IPV6, RUNG_LINKED, prefix_multicast},
    {"prefix-mapped", REQUEST_IPV6, RUNG_LINKED, prefix_mapped},
    {"prefix-host-bits", REQUEST_IPV6, RUNG_LINKED, prefix_host_bits},
    {"prefix-length", REQUEST_IPV6, RUNG_LINKED, prefix_length},
    {"prefix-idle", REQUEST_IPV6, RUNG_LINKED, prefix_idle},
    {"prefix-lifetimes", REQUEST_IPV6, RUNG_LINKED, prefix_lifetimes},
    {"prefixes-many", REQUEST_IPV6, RUNG_LINKED, prefixes_many},
    {"prefixes-hidden", REQUEST_IPV6, RUNG_LINKED, prefixes_hidden},
    {"dns-many", REQUEST_IPV6, RUNG_LINKED, dns_many},
    {"up-without-address", REQUEST_UP, RUNG_LINKED, nothing},
    {"end-reason", REQUEST_END, RUNG_UP, end_reason},
    {"end-none", REQUEST_END, RUNG_UP, end_none},
    {"end-stage", REQUEST_END, RUNG_UP, end_stage},
    {"end-detail", REQUEST_END, RUNG_UP, end_detail},
    {"end-hint", REQUEST_END, RUNG_ADDRESSED, end_hint},
};

/* Manners */

static void times(const struct worker *worker, const struct request *request, unsigned n)
{
    (void)climb(worker, time_of(request->type));
    if (request->type == REQUEST_CHOSEN) {
        const struct request socket = {.type = REQUEST_SOCKET};

        ask_for(worker, &socket, NULL);
    }
    while (n-- > 0)
        ask_for(worker, request, NULL);
}

static void by_length(const struct worker *worker, const struct request *request, bool longer)
{
    char bytes[sizeof(*request) + 1] = {0};
    size_t len = request_len(request->type);

    memcpy(bytes, request, len);
    (void)climb(worker, time_of(request->type));
    send_bytes(&worker->remote, bytes, longer ? len + 1 : len - 1);
}

static bool in_manner(const struct worker *worker, const char *manner, size_t len, uint32_t type)
{
    const struct request request = honest(type);

    if (strncmp(manner, "early", len) == 0) {
        (void)climb(worker, RUNG_ADDRESSED);
        ask_for(worker, &request, NULL);
    } else if (strncmp(manner, "after", len) == 0) {
        (void)climb(worker, RUNG_ENDED);
        ask_for(worker, &request, NULL);
    } else if (strncmp(manner, "again", len) == 0) {
        times(worker, &request, 2);
    } else if (strncmp(manner, "often", len) == 0) {
        times(worker, &request, KEEPER_ANSWERS_MAX);
    } else if (strncmp(manner, "endless", len) == 0) {
        times(worker, &request, KEEPER_ANSWERS_MAX + 1);
    } else if (strncmp(manner, "short", len) == 0) {
        by_length(worker, &request, false);
    } else if (strncmp(manner, "long", len) == 0) {
        by_length(worker, &request, true);
    } else {
        return false;
    }
    return true;
}

static uint32_t type_named(const char *name)
{
    uint32_t type = 0;

    while (type < REQUEST_TYPES && strcmp(request_name(type), name) != 0)
        type++;
    return type;
}

/* As messages */

static bool as_message(const struct worker *worker, const char *name)
{
    const struct request line = honest(REQUEST_LOG);
    const int fds[] = {worker->tun.fd, worker->remote.order_fd};

    if (strcmp(name, "message-empty") == 0) {
        (void)send(worker->remote.request_fd, "", 0, MSG_NOSIGNAL);
    } else if (strcmp(name, "message-stub") == 0) {
        send_bytes(&worker->remote, "\1\0\0", 3);
    } else if (strcmp(name, "message-oversized") == 0) {
        char *bytes = calloc(1, OVERSIZED);

        send_bytes(&worker->remote, bytes, OVERSIZED);
        free(bytes);
    } else if (strcmp(name, "descriptor") == 0) {
        send_with(&worker->remote, &line, fds, 1);
    } else if (strcmp(name, "descriptors") == 0) {
        send_with(&worker->remote, &line, fds, 2);
    } else {
        return false;
    }
    return true;
}

static bool as_value(const struct worker *worker, const char *name)
{
    struct request request;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        size_t len = request_len(values[i].type);

        if (strcmp(values[i].name, name) != 0)
            continue;
        request = honest(values[i].type);
        values[i].spoil(&request);
        (void)climb(worker, values[i].rung);
        if (request.type == values[i].type)
            ask_for(worker, &request, NULL);
        else
            send_bytes(&worker->remote, &request, len);
        return true;
    }
    return false;
}

/* Nobody answers what is refused. What is not refused ends the session in a way that the test can tell. */
static void let_through(const struct worker *worker)
{
    struct request end = honest(REQUEST_END);

    end.end.words.reason = END_PPP_LOOP;
    ask_for(worker, &end, NULL);
    leave(0);
}

void inside_unready(const struct worker_config *config, const char *name)
{
    uint32_t type = strncmp(name, "unready:", 8) == 0 ? type_named(name + 8) : REQUEST_TYPES;
    const struct worker worker = {.remote = config->remote};
    struct request request;

    if (type == REQUEST_TYPES)
        return;
    request = honest(type);
    if (type == REQUEST_READY)
        ready_overlap(&request);
    ask_for(&worker, &request, NULL);
    let_through(&worker);
}

bool act_request(struct worker *worker, const char *name)
{
    const char *colon = strchr(name, ':');
    uint32_t type = colon ? type_named(colon + 1) : REQUEST_TYPES;
    bool known = type < REQUEST_TYPES ? in_manner(worker, name, (size_t)(colon - name), type)
                                      : as_message(worker, name) || as_value(worker, name);

    if (known)
        let_through(worker);
    return known;
}
