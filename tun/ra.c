/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's half of router discovery, for a link with one other end. Everything learnt is kept in small fixed tables with
 * the time at which it runs out; what does not fit is ignored.
 *
 * The peer reached us through an authenticated tunnel, so the two-hour rule of RFC 4862 5.5.3 (e), made against strangers
 * on a shared link, does not apply: a lifetime is taken as it comes. What a hostile peer could do instead is bounded
 * here: it cannot claim more than a site's worth of addresses (RFC 6177) by one prefix, and however often it changes its
 * mind, the plan changes at most once per CHANGE_INTERVAL.
 *
 * Timers: next_solicit (RFC 4861 6.3.7), quiet_until (a change waits), and the lifetimes of prefixes, of the default
 * router and of DNS servers.
 */
#include "ra.h"
#include "ra_wire.h"

#include <string.h>

#define OPTION_PREFIX 3  /* RFC 4861 4.6.2 */
#define OPTION_MTU    5  /* RFC 4861 4.6.4 */
#define OPTION_RDNSS  25 /* RFC 8106 5.1 */
#define FLAG_ON_LINK  0x80
#define FLAG_AUTO     0x40

#define MTU_MIN          1280 /* RFC 8200 5 */
#define ON_LINK_LEN_MIN  48   /* a site: RFC 6177 */
#define SOLICIT_MAX      3    /* MAX_RTR_SOLICITATIONS, RTR_SOLICITATION_INTERVAL: RFC 4861 10 */
#define SOLICIT_INTERVAL (4 * USEC_PER_SEC)
#define CHANGE_INTERVAL  (2 * USEC_PER_SEC)

void ra_start(struct ra *ra, const uint8_t id[static 8], usec_t now)
{
    *ra = (struct ra){.running = true, .next_solicit = now, .solicit_due = true};
    memcpy(ra->id, id, sizeof(ra->id));
}

void ra_stop(struct ra *ra)
{
    *ra = (struct ra){.running = false};
}

void ra_pause(struct ra *ra)
{
    ra->running = false;
}

void ra_resume(struct ra *ra, usec_t now)
{
    ra->running = true;
    ra->seen = false;
    ra->n_solicited = 0;
    ra->next_solicit = now;
    ra->solicit_due = true;
}

/* 0 seconds is now, all ones is never (RFC 4861 4.6.2). */
static usec_t until(uint32_t seconds, usec_t now)
{
    return seconds == UINT32_MAX ? USEC_NEVER : usec_after(now, seconds * USEC_PER_SEC);
}

/* Whether what the plan was told is still near enough: an exact copy would make every advertisement a change. */
static bool drifted(usec_t told, usec_t real, usec_t now)
{
    usec_t told_left = told > now ? told - now : 0;
    usec_t real_left = real > now ? real - now : 0;
    usec_t apart = told_left > real_left ? told_left - real_left : real_left - told_left;
    usec_t longer = told_left > real_left ? told_left : real_left;

    if (told == USEC_NEVER || real == USEC_NEVER)
        return told != real;
    return (told_left == 0) != (real_left == 0) || apart > longer / 4;
}

static struct ra_prefix *find_prefix(struct ra *ra, const struct ipprefix *prefix)
{
    for (size_t i = 0; i < ra->n_prefix; i++)
        if (ipprefix_equal(&ra->prefix[i].prefix, prefix))
            return &ra->prefix[i];
    return NULL;
}

static void remove_prefix(struct ra *ra, size_t i)
{
    ra->n_prefix--;
    memmove(&ra->prefix[i], &ra->prefix[i + 1], (ra->n_prefix - i) * sizeof(ra->prefix[0]));
    ra->changed = true;
}

/* Global unicast 2000::/3 or unique local fc00::/7: nothing else is a prefix to form addresses from. */
static bool prefix_is_usable(const struct ipprefix *prefix)
{
    uint8_t first = prefix->addr.byte[0];

    return prefix->len >= ON_LINK_LEN_MIN && ((first & 0xe0) == 0x20 || (first & 0xfe) == 0xfc);
}

static void update_prefix(struct ra *ra, const struct ra_prefix *heard, usec_t now)
{
    struct ra_prefix *known = find_prefix(ra, &heard->prefix);

    if (!known && (heard->valid_until <= now || ra->n_prefix == NETPLAN_PREFIXES_MAX))
        return;
    if (!known) {
        known = &ra->prefix[ra->n_prefix++];
        *known = *heard;
        ra->changed = true;
        return;
    }
    if (heard->valid_until <= now) { /* withdrawn: RFC 4861 6.3.4 */
        remove_prefix(ra, (size_t)(known - ra->prefix));
        return;
    }
    if (known->on_link != heard->on_link || known->autonomous != heard->autonomous ||
        drifted(known->told_valid_until, heard->valid_until, now) ||
        drifted(known->told_preferred_until, heard->preferred_until, now))
        ra->changed = true;
    known->on_link = heard->on_link;
    known->autonomous = heard->autonomous;
    known->valid_until = heard->valid_until;
    known->preferred_until = heard->preferred_until;
}

/* RFC 4861 4.6.2; what is ignored: RFC 4861 6.3.4, RFC 4862 5.5.3 (a) to (d). */
static void take_prefix(struct ra *ra, struct reader *r, usec_t now)
{
    struct ra_prefix heard = {.on_link = false};
    uint8_t len = reader_u8(r);
    uint8_t flags = reader_u8(r);
    uint32_t valid = reader_u32(r);
    uint32_t preferred = reader_u32(r);
    struct ipaddr addr = {.family = IP_V6};

    (void)reader_u32(r); /* reserved */
    reader_copy(r, addr.byte, sizeof(addr.byte));
    if (!reader_done(r) || len > 128 || preferred > valid)
        return;
    heard.prefix = ipprefix_of(&addr, len);
    heard.on_link = (flags & FLAG_ON_LINK) != 0;
    heard.autonomous = (flags & FLAG_AUTO) != 0 && len == 64;
    heard.valid_until = until(valid, now);
    heard.preferred_until = until(preferred, now);
    if (prefix_is_usable(&heard.prefix) && (heard.on_link || heard.autonomous))
        update_prefix(ra, &heard, now);
}

static void remove_dns(struct ra *ra, size_t i)
{
    ra->n_dns--;
    memmove(&ra->dns[i], &ra->dns[i + 1], (ra->n_dns - i) * sizeof(ra->dns[0]));
    memmove(&ra->dns_until[i], &ra->dns_until[i + 1], (ra->n_dns - i) * sizeof(ra->dns_until[0]));
    ra->changed = true;
}

static void update_dns(struct ra *ra, const struct ipaddr *addr, usec_t valid_until, usec_t now)
{
    size_t i = 0;

    while (i < ra->n_dns && !ipaddr_equal(&ra->dns[i], addr))
        i++;
    if (i < ra->n_dns && valid_until <= now) {
        remove_dns(ra, i);
    } else if (i < ra->n_dns) {
        ra->dns_until[i] = valid_until;
    } else if (valid_until > now && ra->n_dns < RA_DNS_MAX) {
        ra->dns[i] = *addr;
        ra->dns_until[i] = valid_until;
        ra->n_dns++;
        ra->changed = true;
    }
}

/* RFC 8106 5.1. A link-local server would need the interface's name beside it, and is left out. */
static void take_dns(struct ra *ra, struct reader *r, usec_t now)
{
    uint32_t lifetime;

    (void)reader_u16(r); /* reserved */
    lifetime = reader_u32(r);
    while (reader_ok(r) && r->left >= 16) {
        struct ipaddr addr = {.family = IP_V6};
        bool is_link_local;

        reader_copy(r, addr.byte, sizeof(addr.byte));
        is_link_local = addr.byte[0] == 0xfe && (addr.byte[1] & 0xc0) == 0x80;
        if (ipaddr_is_host(&addr) && !is_link_local)
            update_dns(ra, &addr, until(lifetime, now), now);
    }
}

static void take_mtu(struct ra *ra, struct reader *r)
{
    uint32_t mtu;

    (void)reader_u16(r); /* reserved */
    mtu = reader_u32(r);
    if (!reader_done(r) || mtu < MTU_MIN || mtu > UINT16_MAX || mtu == ra->mtu)
        return;
    ra->mtu = mtu;
    ra->changed = true;
}

static void take_option(struct ra *ra, uint8_t type, struct reader *r, usec_t now)
{
    if (type == OPTION_PREFIX)
        take_prefix(ra, r, now);
    else if (type == OPTION_MTU)
        take_mtu(ra, r);
    else if (type == OPTION_RDNSS)
        take_dns(ra, r, now);
}

static void take_router_lifetime(struct ra *ra, uint16_t seconds, usec_t now)
{
    usec_t valid_until = seconds == 0 ? 0 : usec_after(now, seconds * USEC_PER_SEC);

    if ((valid_until == 0) != (ra->default_until == 0))
        ra->changed = true;
    ra->default_until = valid_until;
}

static void take_advert(struct ra *ra, const struct ra_advert *advert, usec_t now)
{
    struct reader options = reader_of(advert->options);
    struct reader body;
    uint8_t type;

    take_router_lifetime(ra, advert->router_lifetime, now);
    while (ra_wire_option(&options, &type, &body))
        take_option(ra, type, &body, now);
}

/* True when there is a change and it is time to say so. What is said from now on is what the plan knows. */
static bool report(struct ra *ra, usec_t now)
{
    if (!ra->changed || now < ra->quiet_until)
        return false;
    ra->changed = false;
    ra->quiet_until = usec_after(now, CHANGE_INTERVAL);
    for (size_t i = 0; i < ra->n_prefix; i++) {
        ra->prefix[i].told_valid_until = ra->prefix[i].valid_until;
        ra->prefix[i].told_preferred_until = ra->prefix[i].preferred_until;
    }
    return true;
}

bool ra_input(struct ra *ra, struct bytes datagram, usec_t now)
{
    struct ra_advert advert;

    if (!ra->running)
        return false;
    if (!ra_wire_advert(datagram, &advert)) {
        ra->n_malformed++;
        return false;
    }
    ra->seen = true;
    ra->solicit_due = false;
    ra->next_solicit = USEC_NEVER;
    take_advert(ra, &advert, now);
    return report(ra, now);
}

bool ra_output(struct ra *ra, uint8_t ret_datagram[static RA_SOLICIT_LEN], usec_t now)
{
    if (!ra->running || !ra->solicit_due)
        return false;
    ra_wire_solicit(ra->id, ret_datagram);
    ra->solicit_due = false;
    ra->n_solicited++;
    ra->next_solicit = ra->n_solicited < SOLICIT_MAX ? usec_after(now, SOLICIT_INTERVAL) : USEC_NEVER;
    return true;
}

usec_t ra_deadline(const struct ra *ra)
{
    usec_t deadline = USEC_NEVER;

    if (!ra->running)
        return USEC_NEVER;
    if (!ra->solicit_due)
        deadline = ra->next_solicit;
    if (ra->changed)
        deadline = usec_min(deadline, ra->quiet_until);
    if (ra->default_until != 0)
        deadline = usec_min(deadline, ra->default_until);
    for (size_t i = 0; i < ra->n_prefix; i++)
        deadline = usec_min(deadline, ra->prefix[i].valid_until);
    for (size_t i = 0; i < ra->n_dns; i++)
        deadline = usec_min(deadline, ra->dns_until[i]);
    return deadline;
}

static void expire(struct ra *ra, usec_t now)
{
    for (size_t i = ra->n_prefix; i-- > 0;)
        if (ra->prefix[i].valid_until <= now)
            remove_prefix(ra, i);
    for (size_t i = ra->n_dns; i-- > 0;)
        if (ra->dns_until[i] <= now)
            remove_dns(ra, i);
    if (ra->default_until != 0 && ra->default_until <= now) {
        ra->default_until = 0;
        ra->changed = true;
    }
}

bool ra_tick(struct ra *ra, usec_t now)
{
    if (!ra->running)
        return false;
    if (ra->next_solicit <= now && !ra->seen && ra->n_solicited < SOLICIT_MAX)
        ra->solicit_due = true;
    expire(ra, now);
    return report(ra, now);
}

/* Rounded up: what has not run out yet is not told as 0, which would mean that it has. */
static uint32_t seconds_left(usec_t valid_until, usec_t now)
{
    usec_t left = valid_until > now ? (valid_until - now - 1) / USEC_PER_SEC + 1 : 0;

    return valid_until == USEC_NEVER || left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

void ra_describe(const struct ra *ra, usec_t now, struct netplan_ipv6 *ret_ipv6)
{
    ret_ipv6->n_prefix = ra->n_prefix;
    for (size_t i = 0; i < ra->n_prefix; i++) {
        ret_ipv6->prefix[i].prefix = ra->prefix[i].prefix;
        ret_ipv6->prefix[i].on_link = ra->prefix[i].on_link;
        ret_ipv6->prefix[i].autonomous = ra->prefix[i].autonomous;
        ret_ipv6->prefix[i].valid_s = seconds_left(ra->prefix[i].valid_until, now);
        ret_ipv6->prefix[i].preferred_s = seconds_left(ra->prefix[i].preferred_until, now);
    }
    ret_ipv6->default_router = ra->default_until > now;
}
