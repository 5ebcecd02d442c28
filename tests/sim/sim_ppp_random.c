/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ten thousand seeded conversations over a line that is unkind for a minute, with a random server and a random client;
 * whatever happens, the invariants hold. A run that fails names its number, and PPP_SIM_RUN=number runs it alone
 * (PPP_RIG_VERBOSE=1 shows what is said).
 */
#include <stdlib.h>

#include "ppp_sim.h"

#include "check.h"

#define N_RUNS     10000u
#define CHAOS_TIME (60 * USEC_PER_SEC)
#define RUN_TIME   (900 * USEC_PER_SEC)

static bool one_in(unsigned n)
{
    return ppp_rig_random(&ppp_sim.seed) % n == 0;
}

static void random_script(void)
{
    struct peer_script *script = &ppp_sim.script;

    script->n_offer = 1 + ppp_rig_random(&ppp_sim.seed) % 5;
    for (size_t i = 0; i < script->n_offer; i++) {
        unsigned kinds = one_in(20) ? 6 : 5;

        script->offer[i] = (enum peer_auth)(ppp_rig_random(&ppp_sim.seed) % kinds);
    }
    script->heeds_hints = one_in(2);
    script->mru = one_in(3) ? 0 : (uint16_t)(100 + ppp_rig_random(&ppp_sim.seed) % 4000);
    script->windows = one_in(4);
    script->pppd = one_in(4);
    script->only_mru = one_in(4);
    script->naks_mru = one_in(4) ? 1452 : 0;
    script->echoes = one_in(4);
    script->refuses_login = one_in(10);
    script->terminate_code = one_in(2) ? 691 : 0;
    script->false_proof = one_in(20);
    script->challenges_twice = one_in(6);
    script->no_eap_success = one_in(4);
    script->mute_after_lcp = one_in(40);
    script->no_ipcp = one_in(12);
    script->ccp = one_in(3);
    script->v6 = (enum peer_v6)(ppp_rig_random(&ppp_sim.seed) % 6);
    if (one_in(20))
        memset(script->address, 0, 4);
    if (one_in(3))
        memset(script->dns, 0, 4);
    if (one_in(2))
        memcpy(script->dns2, script->address, 4);
}

static void random_config(void)
{
    static const enum ppp_auth_method methods[] = {PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2,
                                                   PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP};
    struct ppp_config *config = &ppp_sim.rig.config;
    size_t first = ppp_rig_random(&ppp_sim.seed) % 4;

    config->n_auth = 1 + ppp_rig_random(&ppp_sim.seed) % 4;
    for (size_t i = 0; i < config->n_auth; i++)
        config->auth[i] = methods[(first + i) % 4];
    config->ipv6 = one_in(2);
    config->nbns = one_in(2);
    if (one_in(10))
        ppp_sim.rig.secret.password = bytes_of_str("wrong");
}

static bool pap_allowed(void)
{
    for (size_t i = 0; i < ppp_sim.rig.config.n_auth; i++)
        if (ppp_sim.rig.config.auth[i] == PPP_AUTH_PAP)
            return true;
    return false;
}

/* UP and DOWN of a family take turns, and END is the last of all. */
static bool events_in_order(void)
{
    bool up[2] = {false, false};

    for (size_t i = 0; i < ppp_sim.rig.n_events && i < PPP_RIG_EVENTS; i++) {
        enum ppp_event_type type = ppp_sim.rig.event[i].type;
        bool v6 = type == PPP_EVENT_IPV6_UP || type == PPP_EVENT_IPV6_DOWN;

        if (type == PPP_EVENT_IPV4_UP || type == PPP_EVENT_IPV6_UP) {
            if (up[v6])
                return false;
            up[v6] = true;
        } else if (type == PPP_EVENT_IPV4_DOWN || type == PPP_EVENT_IPV6_DOWN) {
            if (!up[v6])
                return false;
            up[v6] = false;
        }
    }
    return !ppp_sim.rig.event_after_end && !(ppp_sim.rig.ended && (up[0] || up[1]));
}

/* What counts as proved is what the server accepted, with its keys; methods without a proof can be told anything. */
static bool login_is_true(void)
{
    const struct ppp_event *auth = ppp_rig_event(&ppp_sim.rig, PPP_EVENT_AUTHENTICATED, 0);
    bool mutual =
        auth && (auth->auth.method == PPP_AUTH_MSCHAPV2 || auth->auth.method == PPP_AUTH_EAP_MSCHAPV2);

    if (auth && mutual && ppp_sim.script.false_proof)
        return false;
    return !auth || (ppp_sim.spoiled && !mutual) || peer_knows_keys(&ppp_sim.peer, auth->auth.hlak);
}

/* A frame is sent for a frame received, or for a timer; neither may multiply. */
static bool talk_is_bounded(void)
{
    size_t seconds = (size_t)((ppp_sim.rig.now - ppp_sim.begin) / USEC_PER_SEC);

    return ppp_sim.rig.n_sent <= 4 * ppp_sim.n_to_engine + seconds + 60;
}

static bool settled(void)
{
    return ppp_sim.rig.ended || ppp_stage(&ppp_sim.rig.ppp) == END_STAGE_UP;
}

#define INVARIANT(held)                                                                        \
    do {                                                                                       \
        if (!(held)) {                                                                         \
            fprintf(stderr, "run %u: %s (%s)\n", number, #held, ppp_rig_detail(&ppp_sim.rig)); \
            return false;                                                                      \
        }                                                                                      \
    } while (0)

static struct {
    unsigned up, reason[END_REASON_COUNT];
} tally;

static bool random_run(unsigned number)
{
    ppp_sim_prepare();
    ppp_sim.rig.sink.max = LOG_LEVEL_ERROR;
    if (getenv("PPP_RIG_VERBOSE"))
        ppp_sim.rig.sink.max = LOG_LEVEL_DEBUG;
    ppp_sim.seed = number;
    ppp_sim.rig.seed = number + 1000000;
    random_script();
    random_config();
    ppp_sim.loss = one_in(2) ? 0 : ppp_sim_percent() / 3;
    ppp_sim.dup = one_in(2) ? 0 : ppp_sim_percent() / 3;
    ppp_sim.delay = one_in(2) ? 0 : ppp_sim_percent() / 2;
    ppp_sim.corrupt = one_in(2) ? 0 : ppp_sim_percent() / 10;
    ppp_sim.invent = one_in(2) ? 0 : ppp_sim_percent() / 5;
    ppp_sim.chaos_until = ppp_sim.rig.now + CHAOS_TIME;
    ppp_sim_begin(one_in(2));
    ppp_sim_run(RUN_TIME);

    INVARIANT(!ppp_sim.rig.early_network);
    INVARIANT(events_in_order());
    INVARIANT(login_is_true());
    INVARIANT(pap_allowed() || !ppp_sim.peer.saw_pap || ppp_sim.spoiled);
    INVARIANT(pap_allowed() || ppp_rig_count(&ppp_sim.rig, PPP_EVENT_AUTHENTICATED) == 0 ||
              ppp_rig_event(&ppp_sim.rig, PPP_EVENT_AUTHENTICATED, 0)->auth.method != PPP_AUTH_PAP);
    INVARIANT(talk_is_bounded());
    INVARIANT(settled());
    ppp_rig_close(&ppp_sim.rig);
    ppp_rig_wait(&ppp_sim.rig, 2 * USEC_PER_SEC);
    INVARIANT(ppp_sim.rig.ended);
    INVARIANT(ppp_deadline(&ppp_sim.rig.ppp) == USEC_NEVER);
    INVARIANT(events_in_order());
    tally.up += ppp_sim_count(PPP_EVENT_IPV4_UP) + ppp_sim_count(PPP_EVENT_IPV6_UP) > 0;
    tally.reason[ppp_rig_reason(&ppp_sim.rig)]++;
    return true;
}

TEST(ten_thousand_lines)
{
    const char *only = getenv("PPP_SIM_RUN");
    unsigned n_failed = 0;

    for (unsigned i = 0; i < N_RUNS && n_failed < 10; i++)
        if (!only || (unsigned)strtoul(only, NULL, 10) == i)
            n_failed += !random_run(i);
    CHECK_EQ(n_failed, 0);
    if (only)
        return;
    printf("%u of %u runs came up; ends:", tally.up, N_RUNS);
    for (int i = 0; i < END_REASON_COUNT; i++)
        if (tally.reason[i])
            printf(" %s %u", end_reason_name((enum end_reason)i), tally.reason[i]);
    printf("\n");
    CHECK(tally.up > N_RUNS / 10); /* chaos must not hide that it works */
}

CHECK_MAIN()
