/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hostnet over a host that is only remembered. The keeper's half stands behind it as in production, and each fact passes the
 * keeper's check on its way. Include it after check.h, in one .c file per executable.
 */
#ifndef HOSTNET_RIG_H
#define HOSTNET_RIG_H

#include "check.h"
#include "hostnet.h"
#include "keeper_check.h"
#include "netcfg_recorder.h"
#include "netfacts.h"

static struct options options;
static struct netcfg_recorder recorder;
static struct netcfg_ops ops;
static struct netcfg netcfg;
static struct netfacts facts;
static struct keeper_rights rights;
static struct hostnet hostnet;
static unsigned n_links; /* how often the link was set */
static usec_t now;

static const struct ppp_ipv4 ipv4 = {.local = {10, 0, 0, 100},
                                     .peer = {10, 0, 0, 1},
                                     .dns = {{8, 8, 8, 8}, {0}},
                                     .nbns = {{0}, {10, 0, 0, 5}}};
static const struct ppp_ipv6 ipv6 = {.local_id = {0, 0, 0, 0, 0, 0, 0, 7},
                                     .peer_id = {0, 0, 0, 0, 0, 0, 0, 1}};

static inline bool passes(const struct request *request)
{
    const char *wrong = keeper_check(&rights, request, request_len(request->type));

    CHECK_STR(wrong ? wrong : "", "");
    keeper_check_note(&rights, request);
    return !wrong;
}

/* The host acts at once, but says so only when it is asked. */
static unsigned n_owed;
static bool owed;
static struct end owed_end;

static inline bool answer(void *user, struct end *ret_end)
{
    (void)user;
    CHECK_EQ(n_owed--, 1u);
    if (!owed)
        *ret_end = owed_end;
    return owed;
}

static inline void set_link(void *user, const struct request_link *link)
{
    struct request request = {.type = REQUEST_LINK};

    n_links++;
    CHECK_EQ(n_owed++, 0u);
    request.link = *link;
    owed = passes(&request) && netfacts_link(user, link, &owed_end);
}

static inline void set_ipv4(void *user, const struct request_ipv4 *told)
{
    struct request request = {.type = REQUEST_IPV4};

    CHECK_EQ(n_owed++, 0u);
    request.ipv4 = *told;
    owed = passes(&request) && netfacts_ipv4(user, told, &owed_end);
}

static inline void set_ipv6(void *user, const struct request_ipv6 *told)
{
    struct request request = {.type = REQUEST_IPV6};

    CHECK_EQ(n_owed++, 0u);
    request.ipv6 = *told;
    owed = passes(&request) && netfacts_ipv6(user, told, &owed_end);
}

static inline void begin(void)
{
    struct hostnet_acts acts = {
        .link = set_link, .ipv4 = set_ipv4, .ipv6 = set_ipv6, .answer = answer, .user = &facts};
    struct ipaddr server;

    now = 1000 * USEC_PER_SEC;
    n_links = n_owed = 0;
    netcfg_recorder_init(&recorder);
    netcfg_recorder_ops(&recorder, &ops);
    netcfg_init(&netcfg, &ops, 5, NULL);
    netfacts_init(&facts, &options, &netcfg, 5);
    rights = (struct keeper_rights){.options = &options, .progress = KEEPER_CHOSEN};
    hostnet_init(&hostnet, &options, &acts, NULL);
    CHECK(ipaddr_parse("192.0.2.1", &server));
    netfacts_server(&facts, &server);
    hostnet_link(&hostnet, 1500);
}

static inline void set_options(bool disable_ipv6, bool default_route)
{
    memset(&options, 0, sizeof(options));
    options.mtu = OPTIONS_MTU_DEFAULT;
    options.disable_ipv6 = disable_ipv6;
    options.default_route = default_route;
}

static inline bool tell(enum ppp_event_type type)
{
    struct ppp_event event = {.type = type};
    struct end end;

    if (type == PPP_EVENT_IPV4_UP)
        event.ipv4 = ipv4;
    if (type == PPP_EVENT_IPV6_UP)
        event.ipv6 = ipv6;
    return hostnet_event(&hostnet, &event, now, &end);
}

static inline void count_line(void *user, enum log_level level, const char *line)
{
    unsigned *n = user;

    (void)level;
    (void)line;
    ++*n;
}

#endif
