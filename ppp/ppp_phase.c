/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layers do not call each other: each leaves signals (up, down, finished, failed), and ppp_phase_settle() turns them
 * into the next phase, into events of other layers and into news for the caller. So no handler runs inside another one.
 *
 * News are a set of pending bits, not a queue: the caller is told what is, not how it came about, and no peer can make
 * it grow.
 */
#include "ppp_phase.h"

#include "auth.h"
#include "ipcp.h"
#include "ipv6cp.h"
#include "lcp.h"
#include "ppp_link.h"
#include "secret.h"

struct family_ids {
    const char *name, *protocol;
    enum ppp_event_type up, down, failed;
};

static const struct family_ids family_ids[PPP_FAMILIES] = {
    [PPP_FAMILY_V4] = {"IPv4", "IPCP", PPP_EVENT_IPV4_UP, PPP_EVENT_IPV4_DOWN, PPP_EVENT_IPV4_FAILED},
    [PPP_FAMILY_V6] = {"IPv6", "IPV6CP", PPP_EVENT_IPV6_UP, PPP_EVENT_IPV6_DOWN, PPP_EVENT_IPV6_FAILED},
};

static struct cp *cp_of(struct ppp *ppp, enum ppp_family_id id)
{
    return id == PPP_FAMILY_V4 ? &ppp->ipcp.cp : &ppp->ipv6cp.cp;
}

unsigned ppp_phase_event_bit(enum ppp_event_type type)
{
    return 1u << type;
}

static void tell(struct ppp *ppp, enum ppp_event_type type)
{
    ppp->pending |= ppp_phase_event_bit(type);
}

static void untell(struct ppp *ppp, enum ppp_event_type type)
{
    ppp->pending &= ~ppp_phase_event_bit(type);
}

static void set_stage(struct ppp *ppp, enum end_stage stage)
{
    if (!ppp->was_up)
        ppp->stage = stage;
}

/* The end */

static bool ending(const struct ppp *ppp)
{
    return ppp->phase == PPP_PHASE_TERMINATE || ppp->phase == PPP_PHASE_ENDED;
}

static void ended(struct ppp *ppp)
{
    ppp->phase = PPP_PHASE_ENDED;
    auth_stop(&ppp->auth);
    tell(ppp, PPP_EVENT_END);
    log_info(ppp_link_log(&ppp->link), "PPP: the link has ended (%s)", end_reason_name(ppp->end.reason));
}

void ppp_phase_end(struct ppp *ppp, struct end end)
{
    struct cp *lcp = &ppp->lcp.cp;

    if (ending(ppp))
        return;
    log_info(ppp_link_log(&ppp->link), "PPP: ending the link: %s%s%s", end_reason_name(end.reason),
             end.detail[0] ? ": " : "", end.detail);
    ppp->end = end;
    ppp->phase = PPP_PHASE_TERMINATE;
    ppp->watchdog = USEC_NEVER;
    ppp->v6_start = USEC_NEVER;
    ppp->auth.deadline = USEC_NEVER;
    cp_fsm_event(lcp, CP_EVENT_CLOSE, NULL);
    if (lcp->state != CP_STATE_CLOSING && lcp->state != CP_STATE_STOPPING)
        ended(ppp);
}

/* Network protocols */

static void family_down(struct ppp *ppp, enum ppp_family_id id)
{
    struct ppp_family *family = &ppp->family[id];

    untell(ppp, family_ids[id].up);
    if (family->told_up)
        tell(ppp, family_ids[id].down);
    if (family->state == PPP_FAMILY_UP)
        family->state = PPP_FAMILY_TRYING;
    log_info(ppp_link_log(&ppp->link), "%s is down", family_ids[id].protocol);
}

static bool lives(const struct ppp_family *family)
{
    return family->state == PPP_FAMILY_TRYING || family->state == PPP_FAMILY_UP;
}

static const char *why_of(const struct ppp_family *family)
{
    return family->why ? family->why : "off";
}

static struct end no_family_end(const struct ppp *ppp)
{
    const char *v4 = why_of(&ppp->family[PPP_FAMILY_V4]), *v6 = why_of(&ppp->family[PPP_FAMILY_V6]);

    return end_make(ppp->was_up ? END_PPP_TERMINATED : END_PPP_NO_ADDRESS, 0, "IPv4: %s; IPv6: %s", v4, v6);
}

static void family_failed(struct ppp *ppp, enum ppp_family_id id, const char *why)
{
    struct ppp_family *family = &ppp->family[id];

    if (ppp->phase != PPP_PHASE_NETWORK || family->state == PPP_FAMILY_FAILED)
        return;
    family->state = PPP_FAMILY_FAILED;
    family->why = why ? why : "failed";
    log_info(ppp_link_log(&ppp->link), "%s: no %s: %s", family_ids[id].protocol, family_ids[id].name,
             family->why);
    tell(ppp, family_ids[id].failed);
    if (id == PPP_FAMILY_V4)
        ppp_phase_start_ipv6(ppp);
    if (!lives(&ppp->family[PPP_FAMILY_V4]) && !lives(&ppp->family[PPP_FAMILY_V6]))
        ppp_phase_end(ppp, no_family_end(ppp));
}

/* Our side gives the protocol up: the automaton says so politely and stays closed. */
static void family_give_up(struct ppp *ppp, enum ppp_family_id id, const char *why)
{
    cp_fsm_event(cp_of(ppp, id), CP_EVENT_CLOSE, NULL);
    family_failed(ppp, id, why);
}

static bool usable(const struct ppp *ppp, enum ppp_family_id id)
{
    struct ppp_ipv4 ignored;

    return id == PPP_FAMILY_V4 ? ipcp_result(&ppp->ipcp, &ignored) : !ppp->ipv6cp.refused;
}

static void family_up(struct ppp *ppp, enum ppp_family_id id)
{
    if (!usable(ppp, id)) {
        family_give_up(ppp, id, "the server gave no usable address");
        return;
    }
    ppp->family[id].state = PPP_FAMILY_UP;
    set_stage(ppp, END_STAGE_UP);
    ppp->was_up = true;
    ppp->watchdog = USEC_NEVER;
    untell(ppp, family_ids[id].failed);
    tell(ppp, family_ids[id].up);
    log_info(ppp_link_log(&ppp->link), "%s is up", family_ids[id].protocol);
    if (id == PPP_FAMILY_V4)
        ppp_phase_start_ipv6(ppp);
}

/* From Initial, Starting or Closed alike. */
static void family_start(struct ppp *ppp, enum ppp_family_id id)
{
    ppp->family[id].state = PPP_FAMILY_TRYING;
    ppp->family[id].why = NULL;
    cp_fsm_event(cp_of(ppp, id), CP_EVENT_OPEN, NULL);
    cp_fsm_event(cp_of(ppp, id), CP_EVENT_UP, NULL);
}

void ppp_phase_start_ipv6(struct ppp *ppp)
{
    if (ppp->v6_start == USEC_NEVER)
        return;
    ppp->v6_start = USEC_NEVER;
    family_start(ppp, PPP_FAMILY_V6);
}

static void settle_family(struct ppp *ppp, enum ppp_family_id id)
{
    struct cp *cp = cp_of(ppp, id);
    unsigned signals = cp_fsm_take_signals(cp);
    bool refused = id == PPP_FAMILY_V4 ? ppp->ipcp.refused : ppp->ipv6cp.refused;

    if (signals & CP_SIGNAL_DOWN)
        family_down(ppp, id);
    if (signals & CP_SIGNAL_UP)
        family_up(ppp, id);
    if (signals & CP_SIGNAL_FINISHED)
        family_failed(ppp, id, cp->why);
    if (refused && lives(&ppp->family[id]))
        family_give_up(ppp, id, "the server rejects the option");
}

/* Authentication */

static void network(struct ppp *ppp)
{
    ppp->phase = PPP_PHASE_NETWORK;
    set_stage(ppp, END_STAGE_NETWORK);
    memcpy(ppp->hlak, ppp->auth.hlak, PPP_HLAK_LEN);
    secret_wipe(ppp->auth.hlak, sizeof(ppp->auth.hlak));
    tell(ppp, PPP_EVENT_AUTHENTICATED);
    log_info(ppp_link_log(&ppp->link), "PPP: authenticated by %s", ppp_auth_method_name(ppp->lcp.auth));
    if (ppp->config->ipv6) {
        ppp->v6_start = usec_after(ppp->link.now, PPP_PHASE_V6_DELAY);
        ppp->family[PPP_FAMILY_V6].state = PPP_FAMILY_TRYING;
    }
    family_start(ppp, PPP_FAMILY_V4);
}

static void settle_auth(struct ppp *ppp)
{
    if (ending(ppp))
        return;
    if (ppp->auth.state == AUTH_STATE_FAILED)
        ppp_phase_end(ppp, ppp->auth.end);
    else if (ppp->auth.state == AUTH_STATE_DONE && ppp->phase == PPP_PHASE_AUTHENTICATE)
        network(ppp);
}

static void authenticate(struct ppp *ppp)
{
    uint16_t early = ppp->early_protocol;

    ppp->phase = PPP_PHASE_AUTHENTICATE;
    set_stage(ppp, END_STAGE_AUTH);
    if (ppp->lcp.auth == PPP_AUTH_NONE) {
        struct end end =
            lcp_refused_auth(&ppp->lcp) ? lcp_auth_method_end(&ppp->lcp) : (struct end){.code = 0};

        end.reason =
            END_AUTH_NONE; /* what it asked for before is the way out for those who accept its risk */
        ppp_phase_end(ppp, end);
        return;
    }
    auth_start(&ppp->auth, ppp->lcp.auth);
    ppp->early_protocol = 0;
    if (early)
        auth_input(&ppp->auth, early, bytes_of(ppp->early, ppp->early_len));
}

/* LCP */

void ppp_phase_establish(struct ppp *ppp)
{
    ppp->phase = PPP_PHASE_ESTABLISH;
    set_stage(ppp, END_STAGE_LCP);
    if (ppp->watchdog == USEC_NEVER) /* a peer that starts over before that gets no more time */
        ppp->watchdog = usec_after(ppp->link.now, PPP_PHASE_WATCHDOG);
    ppp->early_protocol = 0;
    log_info(ppp_link_log(&ppp->link), "PPP: negotiating the link (LCP)");
}

static void lcp_up(struct ppp *ppp)
{
    if (ending(ppp))
        return;
    ppp->link.peer_mru = ppp->lcp.peer_mru;
    tell(ppp, PPP_EVENT_LCP_UP);
    log_info(ppp_link_log(&ppp->link), "PPP: the link is up, MRU %u, login by %s", ppp->link.peer_mru,
             ppp_auth_method_name(ppp->lcp.auth));
    authenticate(ppp);
}

/* The peer negotiates afresh, or the link ends: everything above LCP goes down with it. */
static void lcp_down(struct ppp *ppp)
{
    untell(ppp, PPP_EVENT_LCP_UP);
    untell(ppp, PPP_EVENT_AUTHENTICATED);
    secret_wipe(ppp->hlak, sizeof(ppp->hlak));
    auth_stop(&ppp->auth);
    ppp->v6_start = USEC_NEVER;
    for (int id = 0; id < PPP_FAMILIES; id++) {
        cp_fsm_event(cp_of(ppp, (enum ppp_family_id)id), CP_EVENT_DOWN, NULL);
        settle_family(ppp, (enum ppp_family_id)id);
        ppp->family[id].state = PPP_FAMILY_OFF;
        if (!ending(ppp))
            untell(ppp, family_ids[id].failed);
    }
    if (!ending(ppp))
        ppp_phase_establish(ppp);
}

/* LCP has given up by itself. */
static struct end lcp_gave_up_end(const struct ppp *ppp)
{
    if (ppp->lcp.n_auth_naks > 0)
        return lcp_auth_method_end(&ppp->lcp);
    if (!ppp->lcp.cp.heard)
        return end_make(END_SILENT, 0, "LCP: no answer");
    return end_make(END_PPP_LCP, 0, "%s", ppp->lcp.cp.why ? ppp->lcp.cp.why : "");
}

static void lcp_finished(struct ppp *ppp)
{
    if (!ending(ppp))
        ppp_phase_end(ppp, lcp_gave_up_end(ppp));
    if (ppp->phase != PPP_PHASE_ENDED)
        ended(ppp);
}

/* The peer ended the link; during and after the login it may be the way in which it refuses us (RAS 691, 812 ...). */
static struct end terminated_end(const struct ppp *ppp)
{
    const struct lcp *lcp = &ppp->lcp;
    bool before_login = ppp->phase == PPP_PHASE_ESTABLISH;

    if (!before_login && end_code_refuses_credentials(lcp->terminate_code))
        return end_make(END_AUTH_REFUSED, lcp->terminate_code, "%s", lcp->terminate_text);
    if (before_login && lcp->n_auth_naks > 0)
        return lcp_auth_method_end(lcp);
    return end_make(END_PPP_TERMINATED, lcp->terminate_code, "%s", lcp->terminate_text);
}

/* RFC 1661 5.7. What we could do without is not worth a word: CCP, say, was never sent. */
static void protocol_rejected(struct ppp *ppp, uint16_t protocol)
{
    struct cp *cp = protocol == PPP_PROTO_IPCP ? &ppp->ipcp.cp : &ppp->ipv6cp.cp;
    const char *name = ppp_wire_protocol_name(protocol);

    log_printf(ppp_link_log(&ppp->link), ppp_link_level(&ppp->link, LOG_LEVEL_INFO),
               "LCP: the server rejects %s (0x%04x)", name, protocol);
    switch (protocol) {
    case PPP_PROTO_IPCP:
    case PPP_PROTO_IPV6CP:
        cp->why = "the server does not speak it";
        cp_fsm_event(cp, CP_EVENT_RXJ_MINUS, NULL);
        break;
    case PPP_PROTO_LCP:
    case PPP_PROTO_PAP:
    case PPP_PROTO_CHAP:
    case PPP_PROTO_EAP: ppp_phase_end(ppp, end_make(END_PPP_REJECTED, 0, "%s", name)); break;
    default: break;
    }
}

static void settle_lcp(struct ppp *ppp)
{
    struct lcp *lcp = &ppp->lcp;
    unsigned signals = cp_fsm_take_signals(&lcp->cp);
    uint16_t rejected = lcp_take_rejected_protocol(lcp);

    if (lcp->end.reason != END_NONE && !ending(ppp))
        ppp_phase_end(ppp, lcp->end);
    if (lcp->terminated && !ending(ppp))
        ppp_phase_end(ppp, terminated_end(ppp));
    lcp->terminated = false;
    if (signals & CP_SIGNAL_DOWN)
        lcp_down(ppp);
    if (signals & CP_SIGNAL_UP)
        lcp_up(ppp);
    if (signals & CP_SIGNAL_FINISHED)
        lcp_finished(ppp);
    if (rejected)
        protocol_rejected(ppp, rejected);
}

static struct end watchdog_end(const struct ppp *ppp)
{
    if (ppp->phase == PPP_PHASE_NETWORK)
        return end_make(END_PPP_NO_ADDRESS, 0, "no address within %u s",
                        (unsigned)(PPP_PHASE_WATCHDOG / USEC_PER_SEC));
    return end_make(END_PPP_LCP, 0, "the link did not come up within %u s",
                    (unsigned)(PPP_PHASE_WATCHDOG / USEC_PER_SEC));
}

void ppp_phase_tick(struct ppp *ppp)
{
    if (ppp->v6_start <= ppp->link.now)
        ppp_phase_start_ipv6(ppp);
    if (ppp->watchdog <= ppp->link.now)
        ppp_phase_end(ppp, watchdog_end(ppp));
}

/* Each step may have left signals for another one. */
static bool unsettled(const struct ppp *ppp)
{
    bool auth = ppp->auth.state == AUTH_STATE_FAILED ||
                (ppp->auth.state == AUTH_STATE_DONE && ppp->phase == PPP_PHASE_AUTHENTICATE);

    return ppp->lcp.cp.signals || ppp->ipcp.cp.signals || ppp->ipv6cp.cp.signals || (auth && !ending(ppp));
}

void ppp_phase_settle(struct ppp *ppp)
{
    do {
        settle_lcp(ppp);
        settle_auth(ppp);
        settle_family(ppp, PPP_FAMILY_V4);
        settle_family(ppp, PPP_FAMILY_V6);
    } while (unsettled(ppp));
}
