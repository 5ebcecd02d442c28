/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Router discovery on the inside of the tunnel (RFC 4861, 4862, 8106), in the process and kept from the kernel, so that
 * it works where /proc/sys is read-only. Pure: datagrams and `now` in, datagrams and values out; one deadline.
 */
#ifndef SSTPTUN_RA_H
#define SSTPTUN_RA_H

#include "bytes.h"
#include "clock.h"
#include "netplan.h"

#define RA_DNS_MAX     4
#define RA_SOLICIT_LEN 48 /* IPv6 header and Router Solicitation without options */

struct ra_prefix {
    struct ipprefix prefix;
    bool on_link;
    bool autonomous;
    usec_t valid_until; /* USEC_NEVER: for ever */
    usec_t preferred_until;
    usec_t told_valid_until; /* what the plan was last told */
    usec_t told_preferred_until;
};

struct ra {
    uint8_t id[8]; /* our interface identifier */
    bool running;
    unsigned n_solicited;
    usec_t next_solicit;
    bool solicit_due;
    bool seen; /* an advertisement came */
    struct ra_prefix prefix[NETPLAN_PREFIXES_MAX];
    size_t n_prefix;
    usec_t default_until; /* 0: not a default router */
    struct ipaddr dns[RA_DNS_MAX];
    usec_t dns_until[RA_DNS_MAX];
    size_t n_dns;
    uint32_t mtu;       /* 0: not told */
    bool changed;       /* since the last change that was reported */
    usec_t quiet_until; /* changes are reported every 2 s at most, whatever the peer sends */
    uint64_t n_malformed;
};

/* IPV6CP is open: solicit at once, then every 4 s, 3 in all (RFC 4861 6.3.7). */
void ra_start(struct ra *ra, const uint8_t id[static 8], usec_t now);
void ra_stop(struct ra *ra);

/* The link renegotiates: what is known stays known and goes on ageing; then solicit afresh. */
void ra_pause(struct ra *ra);
void ra_resume(struct ra *ra, usec_t now);

/*
 * Is this datagram one of router discovery (Router Advertisement, Redirect, Router Solicitation), which concerns ra alone?
 * To be asked in both directions: the kernel must not see an advertisement, and the peer need not hear the solicitations
 * that the kernel, left without one, repeats for ever (RFC 7559). Cheap for everything else: looks at the next header
 * first, walks extension headers only when there are some.
 */
bool ra_claims(struct bytes datagram);

/* Takes an advertisement (checks of RFC 4861 6.1.2 included). True when something that matters for the plan changed. */
bool ra_input(struct ra *ra, struct bytes datagram, usec_t now);

/* Writes a Router Solicitation when one is due. */
bool ra_output(struct ra *ra, uint8_t ret_datagram[static RA_SOLICIT_LEN], usec_t now);

usec_t ra_deadline(const struct ra *ra);
/* Expires what has run out and schedules solicitations. True when something that matters for the plan changed. */
bool ra_tick(struct ra *ra, usec_t now);

/* What is known at now, for the plan: prefixes and default router; the identifiers are not touched. */
void ra_describe(const struct ra *ra, usec_t now, struct netplan_ipv6 *ret_ipv6);

#endif
