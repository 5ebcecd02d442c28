/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's door. What goes on inside is in ppp_phase.c; here frames are handed to the protocol they belong to,
 * time to the timers, and events and frames to the caller.
 *
 * Timers of the engine: the restart timer of each automaton (cp_fsm.c), the method's clock (auth_*.c), and two of the
 * link (ppp_phase.c): the watchdog, and the latest start of IPV6CP.
 */
#include "ppp.h"

#include "auth.h"
#include "ipcp.h"
#include "ipv6cp.h"
#include "lcp.h"
#include "ppp_link.h"
#include "ppp_phase.h"
#include "ppp_wire.h"
#include "secret.h"

void ppp_init(struct ppp *ppp, const struct ppp_config *config, const struct env *env)
{
    memset(ppp, 0, sizeof(*ppp));
    ppp->config = config;
    ppp_link_init(&ppp->link, env);
    lcp_init(&ppp->lcp, &ppp->link, config);
    auth_init(&ppp->auth, &ppp->link, config);
    ipcp_init(&ppp->ipcp, &ppp->link, config);
    ipv6cp_init(&ppp->ipv6cp, &ppp->link);
    ppp->phase = PPP_PHASE_DEAD;
    ppp->stage = END_STAGE_LCP;
    ppp->watchdog = USEC_NEVER;
    ppp->v6_start = USEC_NEVER;
}

void ppp_done(struct ppp *ppp)
{
    /* The queue may hold a password (PAP). */
    secret_wipe(ppp, sizeof(*ppp));
}

void ppp_open(struct ppp *ppp, usec_t now)
{
    if (ppp->phase != PPP_PHASE_DEAD)
        return;
    ppp->link.now = now;
    ppp_phase_establish(ppp);
    cp_fsm_event(&ppp->lcp.cp, CP_EVENT_OPEN, NULL);
    cp_fsm_event(&ppp->lcp.cp, CP_EVENT_UP, NULL);
    ppp_phase_settle(ppp);
}

void ppp_close(struct ppp *ppp, usec_t now)
{
    if (ppp->phase == PPP_PHASE_ENDED)
        return;
    ppp->link.now = now;
    ppp_phase_end(ppp, (struct end){.reason = END_REQUESTED});
    ppp_phase_settle(ppp);
}

/*
 * SoftEther challenges as soon as it has our Ack, before its own Ack of our request: keep one such frame for when LCP is
 * Opened, instead of losing the 3 s until it is repeated (protocol.md section 10).
 */
static void keep_early(struct ppp *ppp, uint16_t protocol, struct bytes info)
{
    if (info.len == 0 || info.len > sizeof(ppp->early) || !cp_fsm_negotiating(&ppp->lcp.cp))
        return;
    memcpy(ppp->early, info.data, info.len);
    ppp->early_len = info.len;
    ppp->early_protocol = protocol;
}

static void input_auth(struct ppp *ppp, uint16_t protocol, struct bytes info)
{
    if (ppp->phase == PPP_PHASE_ESTABLISH)
        keep_early(ppp, protocol, info);
    else if (ppp->phase == PPP_PHASE_AUTHENTICATE || ppp->phase == PPP_PHASE_NETWORK)
        auth_input(&ppp->auth, protocol, info);
}

static void input_network(struct ppp *ppp, uint16_t protocol, struct bytes info)
{
    if (ppp->phase == PPP_PHASE_AUTHENTICATE) {
        auth_implied_success(&ppp->auth);
        ppp_phase_settle(ppp);
    }
    if (ppp->phase != PPP_PHASE_NETWORK)
        return;
    if (protocol == PPP_PROTO_IPCP) {
        cp_packet_input(&ppp->ipcp.cp, info);
    } else if (ppp->config->ipv6) {
        ppp_phase_start_ipv6(ppp);
        cp_packet_input(&ppp->ipv6cp.cp, info);
    } else {
        lcp_reject_protocol(&ppp->lcp, protocol, info);
    }
}

/* Only after authentication: SoftEther 5 ends the call at an earlier Protocol-Reject (protocol.md section 9). */
static void input_unknown(struct ppp *ppp, uint16_t protocol, struct bytes info)
{
    if (ppp->phase == PPP_PHASE_NETWORK && protocol != PPP_PROTO_IPV4 && protocol != PPP_PROTO_IPV6)
        lcp_reject_protocol(&ppp->lcp, protocol, info);
}

void ppp_input(struct ppp *ppp, struct bytes frame, usec_t now)
{
    struct ppp_frame parsed;

    ppp->link.now = now;
    if (ppp->phase == PPP_PHASE_DEAD || ppp->phase == PPP_PHASE_ENDED)
        return;
    if (!ppp_wire_read_frame(frame, &parsed))
        return;
    switch (parsed.protocol) {
    case PPP_PROTO_LCP: cp_packet_input(&ppp->lcp.cp, parsed.info); break;
    case PPP_PROTO_PAP:
    case PPP_PROTO_CHAP:
    case PPP_PROTO_EAP: input_auth(ppp, parsed.protocol, parsed.info); break;
    case PPP_PROTO_IPCP:
    case PPP_PROTO_IPV6CP: input_network(ppp, parsed.protocol, parsed.info); break;
    default: input_unknown(ppp, parsed.protocol, parsed.info); break;
    }
    ppp_phase_settle(ppp);
}

bool ppp_output(struct ppp *ppp, struct writer *out)
{
    uint16_t protocol = ppp_link_next_protocol(&ppp->link);
    bool network = protocol == PPP_PROTO_IPCP || protocol == PPP_PROTO_IPV6CP;

    /* The caller sends CALL_CONNECTED at this event, and that comes first ([MS-SSTP] 3.2.5.2; protocol.md section 1). */
    if (network && (ppp->pending & ppp_phase_event_bit(PPP_EVENT_AUTHENTICATED)))
        return false;
    return ppp_link_take(&ppp->link, out);
}

/* In this order, whatever the order in which they came about; a family's DOWN is never about an UP still pending. */
static const enum ppp_event_type event_order[] = {
    PPP_EVENT_IPV4_DOWN,     PPP_EVENT_IPV6_DOWN,   PPP_EVENT_LCP_UP,
    PPP_EVENT_AUTHENTICATED, PPP_EVENT_IPV4_UP,     PPP_EVENT_IPV4_FAILED,
    PPP_EVENT_IPV6_UP,       PPP_EVENT_IPV6_FAILED, PPP_EVENT_END,
};

static void fill_authenticated(struct ppp *ppp, struct ppp_event *event)
{
    event->auth.method = ppp->lcp.auth;
    memcpy(event->auth.hlak, ppp->hlak, PPP_HLAK_LEN);
    secret_wipe(ppp->hlak, sizeof(ppp->hlak));
}

static void fill_event(struct ppp *ppp, struct ppp_event *event)
{
    switch (event->type) {
    case PPP_EVENT_AUTHENTICATED: fill_authenticated(ppp, event); break;
    case PPP_EVENT_IPV4_UP:
        (void)ipcp_result(&ppp->ipcp, &event->ipv4);
        ppp->family[PPP_FAMILY_V4].told_up = true;
        break;
    case PPP_EVENT_IPV6_UP:
        ipv6cp_result(&ppp->ipv6cp, &event->ipv6);
        ppp->family[PPP_FAMILY_V6].told_up = true;
        break;
    case PPP_EVENT_IPV4_DOWN: ppp->family[PPP_FAMILY_V4].told_up = false; break;
    case PPP_EVENT_IPV6_DOWN: ppp->family[PPP_FAMILY_V6].told_up = false; break;
    case PPP_EVENT_END: event->end = ppp->end; break;
    case PPP_EVENT_LCP_UP:
    case PPP_EVENT_IPV4_FAILED:
    case PPP_EVENT_IPV6_FAILED: break;
    }
}

bool ppp_event(struct ppp *ppp, struct ppp_event *ret_event)
{
    for (size_t i = 0; i < ARRAY_LEN(event_order); i++) {
        unsigned bit = ppp_phase_event_bit(event_order[i]);

        if (!(ppp->pending & bit))
            continue;
        ppp->pending &= ~bit;
        memset(ret_event, 0, sizeof(*ret_event));
        ret_event->type = event_order[i];
        fill_event(ppp, ret_event);
        return true;
    }
    return false;
}

usec_t ppp_deadline(const struct ppp *ppp)
{
    usec_t deadline = usec_min(ppp->lcp.cp.deadline, ppp->auth.deadline);

    if (ppp->phase == PPP_PHASE_DEAD || ppp->phase == PPP_PHASE_ENDED)
        return USEC_NEVER;
    deadline = usec_min(deadline, usec_min(ppp->ipcp.cp.deadline, ppp->ipv6cp.cp.deadline));
    return usec_min(deadline, usec_min(ppp->watchdog, ppp->v6_start));
}

void ppp_tick(struct ppp *ppp, usec_t now)
{
    ppp->link.now = now;
    if (ppp->phase == PPP_PHASE_DEAD || ppp->phase == PPP_PHASE_ENDED)
        return;
    cp_fsm_tick(&ppp->lcp.cp);
    auth_tick(&ppp->auth);
    cp_fsm_tick(&ppp->ipcp.cp);
    cp_fsm_tick(&ppp->ipv6cp.cp);
    ppp_phase_tick(ppp);
    ppp_phase_settle(ppp);
}

uint16_t ppp_peer_mru(const struct ppp *ppp)
{
    return ppp->link.peer_mru;
}

const struct end *ppp_cause(const struct ppp *ppp)
{
    return ppp->end.reason == END_NONE ? NULL : &ppp->end;
}

enum end_stage ppp_stage(const struct ppp *ppp)
{
    return ppp->stage;
}
