/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each change is told as the whole state of its family; what differs on the host is found out there. While a family
 * renegotiates nothing is told and its configuration stays: taking routes away for a moment would let traffic leave
 * outside the tunnel.
 *
 * The host needs some hundred microseconds for a change, and the keeper makes it while this process goes on: the link is
 * set up beside IPCP, IPv6 is configured beside the first packets of IPv4. What was told last is pending until
 * its answer was taken, and nothing else is told meanwhile.
 *
 * Timers: settle_deadline (from the first usable family, 3 s for the other one: SoftEther 5 needs up to 4 s for IPV6CP and
 * is not worth more delay), ra_deadline (from IPV6CP's UP, 1 s for the first advertisement), router_deadline (the same,
 * 12 s, after which a link-local address alone is no network), and router discovery's own. Passed ones become USEC_NEVER.
 */
#include "hostnet.h"

#include "hostnet_request.h"

#define SETTLE_LIMIT (3 * USEC_PER_SEC)
#define RA_LIMIT     (1 * USEC_PER_SEC)
#define ROUTER_LIMIT (12 * USEC_PER_SEC) /* three solicitations, 4 s apart (RFC 4861 6.3.7) */
#define QUIET_LIMIT  (10 * USEC_PER_SEC)
#define EARLY_LINES  4    /* told at once while the tunnel comes up: both families, and each once more */
#define MTU_MAX      4087 /* protocol.md 14: 4095 - SSTP header - PPP header */
#define MTU_MIN      576
#define MTU_MIN_IPV6 1280 /* RFC 8200 section 5 */

void hostnet_init(struct hostnet *hostnet, const struct options *options, const struct hostnet_acts *acts,
                  const struct log_sink *log)
{
    *hostnet = (struct hostnet){
        .options = options,
        .log = log,
        .acts = *acts,
        .ipv4_state = HOSTNET_WAITING,
        .ipv6_state = options->disable_ipv6 ? HOSTNET_ABSENT : HOSTNET_WAITING,
        .settle_deadline = USEC_NEVER,
        .router_deadline = USEC_NEVER,
        .ra_deadline = USEC_NEVER,
    };
}

/* 0: none that is to be followed. At least 1280, ra.c has seen to that. */
static uint32_t router_mtu(const struct hostnet *hostnet)
{
    bool refused = hostnet->refused_mtu > 0 && hostnet->ra.mtu == hostnet->refused_mtu;

    return refused ? hostnet->kept_mtu : hostnet->ra.mtu;
}

void hostnet_server(struct hostnet *hostnet, const struct ipaddr *server)
{
    hostnet->server = *server;
}

void hostnet_link(struct hostnet *hostnet, uint16_t peer_mru)
{
    uint32_t mtu = hostnet->options->mtu;
    uint32_t router = router_mtu(hostnet);

    hostnet->peer_mru = peer_mru;
    if (mtu > peer_mru)
        mtu = peer_mru;
    if (mtu > MTU_MAX)
        mtu = MTU_MAX;
    if (router > 0 && mtu > router)
        mtu = router;
    if (hostnet->was_small && mtu >= MTU_MIN_IPV6)
        mtu = MTU_MIN_IPV6 - 1;
    if (mtu < MTU_MIN)
        mtu = MTU_MIN;
    hostnet->mtu = mtu;
}

static bool answer(struct hostnet *hostnet, struct end *ret_end)
{
    return hostnet->acts.answer(hostnet->acts.user, ret_end);
}

static void tell_link(struct hostnet *hostnet)
{
    struct request_link link = {.mtu = hostnet->mtu};

    hostnet->acts.link(hostnet->acts.user, &link);
    hostnet->told_mtu = hostnet->mtu;
    if (hostnet->mtu < MTU_MIN_IPV6)
        hostnet->was_small = true;
}

static bool link_answer(struct hostnet *hostnet, struct end *ret_end)
{
    bool done = answer(hostnet, ret_end);

    if (!done)
        hostnet->told_mtu = 0;
    return done;
}

static bool apply_link(struct hostnet *hostnet, struct end *ret_end)
{
    if (hostnet->told_mtu == hostnet->mtu)
        return true;
    tell_link(hostnet);
    return link_answer(hostnet, ret_end);
}

void hostnet_prepare(struct hostnet *hostnet)
{
    if (hostnet->closed || hostnet->pending != HOSTNET_NOTHING || hostnet->told_mtu == hostnet->mtu)
        return;
    tell_link(hostnet);
    hostnet->pending = HOSTNET_LINK;
}

static bool apply_ipv4(struct hostnet *hostnet, struct end *ret_end)
{
    struct request_ipv4 told = hostnet_request_ipv4(hostnet);

    hostnet->acts.ipv4(hostnet->acts.user, &told);
    return answer(hostnet, ret_end);
}

static void tell_ipv6(struct hostnet *hostnet, usec_t now)
{
    struct request_ipv6 told = hostnet_request_ipv6(hostnet, now);

    hostnet->acts.ipv6(hostnet->acts.user, &told);
}

static bool apply_ipv6(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    tell_ipv6(hostnet, now);
    return answer(hostnet, ret_end);
}

/* Did the user name a route of this family? */
static bool wants(const struct hostnet *hostnet, enum ip_family family)
{
    for (size_t i = 0; i < hostnet->options->n_route; i++) {
        if (hostnet->options->route[i].addr.family == family)
            return true;
    }
    return false;
}

/*
 * IPv6 is an extra of the session where no route of it was asked for: a host without it must not cost the IPv4 tunnel,
 * not even with --default-route, because such a host has nothing that could leave past the tunnel.
 */
static bool without_ipv6(struct hostnet *hostnet, struct end *why, usec_t now, struct end *ret_end)
{
    if (wants(hostnet, IP_V6) || hostnet->ipv4_state == HOSTNET_ABSENT) {
        *ret_end = *why;
        return false;
    }
    log_notice(hostnet->log, "no IPv6 in the tunnel: %s", why->detail);
    hostnet->ipv6_state = HOSTNET_ABSENT;
    ra_stop(&hostnet->ra);
    if (!apply_ipv6(hostnet, now, why))
        log_info(hostnet->log, "%s", why->detail);
    return true;
}

/* One line for each MTU: a server may bring IPV6CP up as often as it likes, another MTU takes a login. */
static void require_ipv6_mtu(struct hostnet *hostnet)
{
    if (hostnet->mtu >= MTU_MIN_IPV6 || hostnet->ipv6_state != HOSTNET_UP)
        return;
    if (hostnet->said_mtu != hostnet->mtu)
        log_notice(hostnet->log, "no IPv6 in the tunnel: it needs an MTU of 1280, this one has %u",
                   (unsigned)hostnet->mtu);
    hostnet->said_mtu = hostnet->mtu;
    hostnet->ipv6_state = HOSTNET_ABSENT;
    ra_stop(&hostnet->ra);
}

static bool ipv6_gone(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    struct end end;

    return apply_ipv6(hostnet, now, &end) || without_ipv6(hostnet, &end, now, ret_end);
}

static void log_ipv4(const struct hostnet *hostnet)
{
    char local[IPADDR_STR_LEN], peer[IPADDR_STR_LEN];
    struct ipaddr local_addr = ipaddr_v4(hostnet->ipv4.local);
    struct ipaddr peer_addr = ipaddr_v4(hostnet->ipv4.peer);

    log_notice(hostnet->log, "IPv4: address %s, peer %s, MTU %u", ipaddr_str(&local_addr, local),
               ipaddr_is_unset(&peer_addr) ? "not told" : ipaddr_str(&peer_addr, peer),
               (unsigned)hostnet->mtu);
    for (size_t i = 0; i < 2; i++) {
        struct ipaddr dns = ipaddr_v4(hostnet->ipv4.dns[i]);

        if (!ipaddr_is_unset(&dns))
            log_notice(hostnet->log, "IPv4: name server %s", ipaddr_str(&dns, local));
    }
}

static bool worth_a_line(struct hostnet *hostnet, usec_t now)
{
    if (now < hostnet->quiet_until)
        return false;
    if (hostnet->announced || ++hostnet->n_early >= EARLY_LINES)
        hostnet->quiet_until = usec_after(now, QUIET_LIMIT);
    return true;
}

/*
 * With --default-route a family that the tunnel lacks is made unreachable as soon as the other one carries traffic: what
 * the user wants inside must not leave outside.
 */
static bool cover_missing_families(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    if (!hostnet->options->default_route || !hostnet_usable(hostnet))
        return true;
    if (hostnet->ipv4_state != HOSTNET_UP && hostnet->ipv4_state != HOSTNET_PAUSED &&
        !apply_ipv4(hostnet, ret_end))
        return false;
    if (hostnet->ipv6_state == HOSTNET_UP || hostnet->ipv6_state == HOSTNET_PAUSED)
        return true;
    if (!apply_ipv6(hostnet, now, ret_end))
        log_notice(hostnet->log, "IPv6 cannot be kept from leaving outside the tunnel: %s", ret_end->detail);
    return true; /* a host without IPv6 has nothing that could leave */
}

static bool ipv4_gone(struct hostnet *hostnet, struct end *ret_end)
{
    hostnet->ipv4_state = HOSTNET_ABSENT;
    hostnet->ipv4 = (struct ppp_ipv4){.local = {0}}; /* a good one is news again, also the one there was */
    return apply_ipv4(hostnet, ret_end);
}

/* As an address of this host it would catch the connection that carries the tunnel. */
static bool ipv4_is_servers(struct hostnet *hostnet, const struct ipaddr *local, usec_t now,
                            struct end *ret_end)
{
    char text[IPADDR_STR_LEN];

    if (worth_a_line(hostnet, now))
        log_notice(hostnet->log,
                   "no IPv4 in the tunnel: %s, which the server gives, is its own address outside",
                   ipaddr_str(local, text));
    return ipv4_gone(hostnet, ret_end);
}

static bool ipv4_up(struct hostnet *hostnet, const struct ppp_ipv4 *ipv4, usec_t now, struct end *ret_end)
{
    struct ipaddr local = ipaddr_v4(ipv4->local);
    bool changed = memcmp(&hostnet->ipv4, ipv4, sizeof(*ipv4)) != 0;

    if (ipaddr_equal(&local, &hostnet->server))
        return ipv4_is_servers(hostnet, &local, now, ret_end);
    hostnet->ipv4 = *ipv4;
    hostnet->ipv4_state = HOSTNET_UP;
    if (!apply_link(hostnet, ret_end) || !apply_ipv4(hostnet, ret_end))
        return false;
    if (changed && worth_a_line(hostnet, now))
        log_ipv4(hostnet);
    return cover_missing_families(hostnet, now, ret_end);
}

/* The host has it, or not. */
static bool ipv6_answer(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    struct ipaddr link_local = ipaddr_link_local(hostnet->ipv6.local_id);
    char text[IPADDR_STR_LEN];
    struct end end;

    if (!answer(hostnet, &end))
        return without_ipv6(hostnet, &end, now, ret_end);
    if (hostnet->ipv6_state != HOSTNET_UP)
        return true;
    if (hostnet->ipv6_is_new && worth_a_line(hostnet, now))
        log_notice(hostnet->log, "IPv6: link-local address %s", ipaddr_str(&link_local, text));
    return cover_missing_families(hostnet, now, ret_end);
}

void hostnet_close(struct hostnet *hostnet)
{
    hostnet->closed = true;
}

void hostnet_forget(struct hostnet *hostnet)
{
    struct end end;

    if (hostnet->pending != HOSTNET_NOTHING)
        IGNORE_RESULT(answer(hostnet, &end));
    hostnet->pending = HOSTNET_NOTHING;
}

bool hostnet_answered(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    enum hostnet_pending pending = hostnet->pending;

    if (hostnet->closed) {
        hostnet_forget(hostnet);
        return true;
    }
    hostnet->pending = HOSTNET_NOTHING;
    switch (pending) {
    case HOSTNET_NOTHING: break;
    case HOSTNET_LINK: return link_answer(hostnet, ret_end);
    case HOSTNET_IPV6: return ipv6_answer(hostnet, now, ret_end);
    }
    return true;
}

/*
 * In force as soon as it is told, but for packets of the host, which has no address before. What router discovery knows is
 * good for the same identifier only, and nothing of it is left (ra_stop()) after IPv6 was out of the question.
 */
static bool ipv6_up(struct hostnet *hostnet, const struct ppp_ipv6 *ipv6, usec_t now, struct end *ret_end)
{
    bool again = memcmp(hostnet->ra.id, ipv6->local_id, sizeof(ipv6->local_id)) == 0;

    hostnet->ipv6 = *ipv6;
    hostnet->ipv6_is_new = !again;
    hostnet->ipv6_state = HOSTNET_UP;
    if (again)
        ra_resume(&hostnet->ra, now);
    else
        ra_start(&hostnet->ra, ipv6->local_id, now);
    if (!apply_link(hostnet, ret_end))
        return false;
    require_ipv6_mtu(hostnet);
    tell_ipv6(hostnet, now);
    hostnet->pending = HOSTNET_IPV6;
    hostnet->ra_deadline = usec_after(now, RA_LIMIT); /* by then the answer is taken at the latest */
    hostnet->router_deadline = usec_after(now, ROUTER_LIMIT);
    return true;
}

static bool family_event(struct hostnet *hostnet, const struct ppp_event *event, usec_t now,
                         struct end *ret_end)
{
    switch (event->type) {
    case PPP_EVENT_IPV4_UP: return ipv4_up(hostnet, &event->ipv4, now, ret_end);
    case PPP_EVENT_IPV4_DOWN: hostnet->ipv4_state = HOSTNET_PAUSED; return true;
    case PPP_EVENT_IPV4_FAILED: return ipv4_gone(hostnet, ret_end);
    case PPP_EVENT_IPV6_UP: return ipv6_up(hostnet, &event->ipv6, now, ret_end);
    case PPP_EVENT_IPV6_DOWN:
        hostnet->ipv6_state = HOSTNET_PAUSED;
        ra_pause(&hostnet->ra);
        return true;
    case PPP_EVENT_IPV6_FAILED:
        hostnet->ipv6_state = HOSTNET_ABSENT;
        ra_stop(&hostnet->ra);
        return ipv6_gone(hostnet, now, ret_end);
    case PPP_EVENT_LCP_UP:
    case PPP_EVENT_AUTHENTICATED:
    case PPP_EVENT_END: break;
    }
    return true;
}

/* The first family is usable: the wait for the other one begins. */
static void note_usable(struct hostnet *hostnet, bool was_usable, usec_t now)
{
    if (!was_usable && hostnet_usable(hostnet) && !hostnet->announced)
        hostnet->settle_deadline = usec_after(now, SETTLE_LIMIT);
}

bool hostnet_event(struct hostnet *hostnet, const struct ppp_event *event, usec_t now, struct end *ret_end)
{
    bool was_usable = hostnet_usable(hostnet);

    if (!hostnet_answered(hostnet, now, ret_end) || !family_event(hostnet, event, now, ret_end))
        return false;
    note_usable(hostnet, was_usable, now);
    return true;
}

/*
 * Both ways: ra.c tells a change every 2 s at most. Refused, it is not asked for again: an advertisement is advice, and what
 * the host had is still there.
 */
static void follow_router_mtu(struct hostnet *hostnet)
{
    uint32_t before = hostnet->mtu;
    uint32_t told = hostnet->told_mtu;
    struct end end;

    hostnet_link(hostnet, hostnet->peer_mru);
    if (hostnet->mtu == before || apply_link(hostnet, &end)) {
        hostnet->kept_mtu = router_mtu(hostnet);
        return;
    }
    log_notice(hostnet->log, "IPv6: the router's MTU cannot be set: %s", end.detail);
    hostnet->refused_mtu = hostnet->ra.mtu;
    hostnet->mtu = before;
    hostnet->told_mtu = told;
}

static void plan_changed(struct hostnet *hostnet, usec_t now)
{
    struct end end;

    follow_router_mtu(hostnet);
    if (hostnet->ipv6_state == HOSTNET_UP && !apply_ipv6(hostnet, now, &end))
        log_notice(hostnet->log, "IPv6: the router's advertisement cannot be followed: %s", end.detail);
}

bool hostnet_advertisement(struct hostnet *hostnet, struct bytes datagram, usec_t now, struct end *ret_end)
{
    bool was_usable = hostnet_usable(hostnet);

    if (hostnet->closed)
        return true;
    if (!hostnet_answered(hostnet, now, ret_end))
        return false;
    if (ra_input(&hostnet->ra, datagram, now))
        plan_changed(hostnet, now);
    note_usable(hostnet, was_usable, now);
    return true;
}

bool hostnet_solicitation(struct hostnet *hostnet, uint8_t ret_datagram[static RA_SOLICIT_LEN], usec_t now)
{
    return hostnet->ipv6_state == HOSTNET_UP && ra_output(&hostnet->ra, ret_datagram, now);
}

usec_t hostnet_deadline(const struct hostnet *hostnet)
{
    usec_t waiting = usec_min(hostnet->settle_deadline, hostnet->ra_deadline);

    if (hostnet->closed)
        return USEC_NEVER;
    return usec_min(usec_min(waiting, hostnet->router_deadline), ra_deadline(&hostnet->ra));
}

bool hostnet_tick(struct hostnet *hostnet, usec_t now, struct end *ret_end)
{
    if (!hostnet_answered(hostnet, now, ret_end))
        return false;
    if (ra_deadline(&hostnet->ra) <= now && ra_tick(&hostnet->ra, now))
        plan_changed(hostnet, now);
    if (hostnet->ra_deadline <= now)
        hostnet->ra_deadline = USEC_NEVER;
    if (hostnet->settle_deadline <= now)
        hostnet->settle_deadline = USEC_NEVER;
    if (hostnet->router_deadline <= now)
        hostnet->router_deadline = USEC_NEVER;
    return true;
}

bool hostnet_usable(const struct hostnet *hostnet)
{
    return hostnet->ipv4_state == HOSTNET_UP || (hostnet->ipv6_state == HOSTNET_UP && hostnet->ra.seen);
}

const char *hostnet_hopeless(const struct hostnet *hostnet)
{
    if (hostnet->ipv4_state != HOSTNET_ABSENT)
        return NULL;
    if (hostnet->ipv6_state == HOSTNET_ABSENT)
        return "neither IPv4 nor IPv6 can be used";
    if (hostnet->ipv6_state == HOSTNET_UP && !hostnet->ra.seen && hostnet->router_deadline == USEC_NEVER)
        return "no IPv4, and no router answers for IPv6";
    return NULL;
}

/* A route that was asked for and leads nowhere is worth a line: its traffic leaves outside the tunnel. */
static void warn_of_missing_family(const struct hostnet *hostnet, enum ip_family family,
                                   enum hostnet_family_state state)
{
    if (state != HOSTNET_UP && wants(hostnet, family))
        log_notice(
            hostnet->log,
            "the tunnel carries no IPv%d: its --route are without effect, their traffic does not go through the tunnel",
            family == IP_V4 ? 4 : 6);
}

/* Deadlines that have passed are USEC_NEVER, see hostnet_tick(). */
static bool still_waits(const struct hostnet *hostnet)
{
    bool waiting = hostnet->ipv4_state == HOSTNET_WAITING || hostnet->ipv6_state == HOSTNET_WAITING;
    bool unadvertised = hostnet->ipv6_state == HOSTNET_UP && !hostnet->ra.seen;

    return hostnet->pending != HOSTNET_NOTHING || (waiting && hostnet->settle_deadline != USEC_NEVER) ||
           (unadvertised && hostnet->ra_deadline != USEC_NEVER);
}

bool hostnet_settled(struct hostnet *hostnet)
{
    if (hostnet->announced || !hostnet_usable(hostnet) || still_waits(hostnet))
        return false;
    hostnet->announced = true;
    hostnet->settle_deadline = hostnet->ra_deadline = USEC_NEVER;
    warn_of_missing_family(hostnet, IP_V4, hostnet->ipv4_state);
    warn_of_missing_family(hostnet, IP_V6, hostnet->ipv6_state);
    return true;
}
