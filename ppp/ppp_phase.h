/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The phases of a link, RFC 1661 section 3.2: what follows from what the layers report. */
#ifndef SSTPTUN_PPP_PHASE_H
#define SSTPTUN_PPP_PHASE_H

#include "ppp.h"

/*
 * A link that has no address by then is given up. All single steps have their bounds; this one is for a peer that
 * answers all of them and starts over each time: LCP 30 s, a login approved on a phone 60 s, SoftEther's DHCP 30 s.
 */
#define PPP_PHASE_WATCHDOG (180 * USEC_PER_SEC)

/*
 * SoftEther 5 does nothing else for 4 s when IPV6CP begins (protocol.md 15, Q3), so IPv4 goes first: IPV6CP begins
 * when IPCP has come to an end, when the peer begins, or after this time.
 */
#define PPP_PHASE_V6_DELAY (3 * USEC_PER_SEC)

/* The bit of an event in ppp->pending. */
unsigned ppp_phase_event_bit(enum ppp_event_type type);

void ppp_phase_establish(struct ppp *ppp);

/* IPV6CP begins, unless it has. Only in the network phase. */
void ppp_phase_start_ipv6(struct ppp *ppp);

/* The link shall end for this reason; only the first one counts. LCP terminates, PPP_EVENT_END follows. */
void ppp_phase_end(struct ppp *ppp, struct end end);

/* The watchdog and the start of IPV6CP. */
void ppp_phase_tick(struct ppp *ppp);

/* After every input: reads what the layers have to report and lets the link follow, until nothing is left. */
void ppp_phase_settle(struct ppp *ppp);

#endif
