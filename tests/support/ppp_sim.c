/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ppp_sim.h"

struct ppp_sim ppp_sim;

unsigned ppp_sim_percent(void)
{
    return (unsigned)(ppp_rig_random(&ppp_sim.seed) % 100);
}

static bool chaos(void)
{
    return ppp_sim.rig.now < ppp_sim.chaos_until;
}

/* The line */

static void put_on_line(const uint8_t *data, size_t len, bool to_engine)
{
    struct line_frame *frame = &ppp_sim.line[ppp_sim.n_line];

    if (ppp_sim.n_line == PPP_SIM_LINE)
        return;
    frame->at = ppp_sim.rig.now + 10 * USEC_PER_MSEC;
    frame->to_engine = to_engine;
    frame->len = len;
    memcpy(frame->data, data, len);
    if (chaos() && ppp_sim_percent() < ppp_sim.delay)
        frame->at += ppp_rig_random(&ppp_sim.seed) % (5 * USEC_PER_SEC);
    if (chaos() && len > 0 && ppp_sim_percent() < ppp_sim.corrupt) {
        size_t at = ppp_rig_random(&ppp_sim.seed) % len;

        frame->data[at] ^= (uint8_t)(1u << ppp_rig_random(&ppp_sim.seed) % 8);
        ppp_sim.spoiled = true;
    }
    ppp_sim.n_line++;
}

static void transmit(const uint8_t *data, size_t len, bool to_engine)
{
    if (chaos() && ppp_sim_percent() < ppp_sim.loss)
        return;
    put_on_line(data, len, to_engine);
    if (chaos() && ppp_sim_percent() < ppp_sim.dup)
        put_on_line(data, len, to_engine);
}

/* A frame out of thin air: a likely protocol, a likely code, any content. */
static void invent(void)
{
    static const uint16_t protocols[] = {0xc021, 0xc021, 0xc023, 0xc223, 0xc227,
                                         0x8021, 0x8057, 0x80fd, 0x0021, 0xc02d};
    uint8_t data[64];
    uint16_t protocol = protocols[ppp_rig_random(&ppp_sim.seed) % ARRAY_LEN(protocols)];
    size_t len = 8 + ppp_rig_random(&ppp_sim.seed) % 56;

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)ppp_rig_random(&ppp_sim.seed);
    data[0] = 0xff;
    data[1] = 0x03;
    data[2] = (uint8_t)(protocol >> 8);
    data[3] = (uint8_t)protocol;
    data[4] = (uint8_t)(ppp_rig_random(&ppp_sim.seed) % 17);
    data[5] = (uint8_t)(ppp_rig_random(&ppp_sim.seed) % 8);
    data[6] = 0;
    data[7] = (uint8_t)(ppp_sim_percent() < 90 ? len - 4 : data[7]);
    ppp_sim.spoiled = true;
    put_on_line(data, len, true);
}

static void collect(void)
{
    const struct ppp_rig_frame *sent;
    const struct peer_frame *said;

    while ((sent = ppp_rig_take(&ppp_sim.rig)) != NULL)
        transmit(sent->data, sent->len, false);
    while ((said = peer_output(&ppp_sim.peer)) != NULL) {
        transmit(said->data, said->len, true);
        if (chaos() && ppp_sim_percent() < ppp_sim.invent)
            invent();
    }
}

static void deliver_due(void)
{
    for (size_t i = 0; i < ppp_sim.n_line;) {
        struct line_frame frame = ppp_sim.line[i];

        if (frame.at > ppp_sim.rig.now) {
            i++;
            continue;
        }
        memmove(&ppp_sim.line[i], &ppp_sim.line[i + 1], (--ppp_sim.n_line - i) * sizeof(ppp_sim.line[0]));
        if (frame.to_engine) {
            ppp_sim.n_to_engine++;
            ppp_rig_input(&ppp_sim.rig, frame.data, frame.len);
        } else {
            peer_input(&ppp_sim.peer, frame.data, frame.len, ppp_sim.rig.now);
        }
        collect();
        i = 0;
    }
}

static usec_t next_time(void)
{
    usec_t next = usec_min(ppp_deadline(&ppp_sim.rig.ppp), peer_deadline(&ppp_sim.peer));

    for (size_t i = 0; i < ppp_sim.n_line; i++)
        next = usec_min(next, ppp_sim.line[i].at);
    return next;
}

/* Until the time is over or nothing is left to happen. */
void ppp_sim_run(usec_t span)
{
    usec_t until = ppp_sim.rig.now + span;

    while (next_time() <= until) {
        ppp_sim.rig.now = next_time() > ppp_sim.rig.now ? next_time() : ppp_sim.rig.now;
        deliver_due();
        ppp_rig_wait(&ppp_sim.rig, 0);
        if (peer_deadline(&ppp_sim.peer) <= ppp_sim.rig.now)
            peer_tick(&ppp_sim.peer, ppp_sim.rig.now);
        collect();
    }
    ppp_sim.rig.now = until;
}

static const struct peer_script plain = {
    .offer = {PEER_MSCHAPV2},
    .n_offer = 1,
    .user = "User",
    .password = "clientPass",
    .mru = 1400,
    .address = {10, 0, 0, 100},
    .own = {10, 0, 0, 1},
    .dns = {8, 8, 8, 8},
};

void ppp_sim_prepare(void)
{
    memset(&ppp_sim, 0, sizeof(ppp_sim));
    ppp_sim.script = plain;
    ppp_rig_init(&ppp_sim.rig);
}

void ppp_sim_begin(bool server_begins)
{
    ppp_sim.begin = ppp_sim.rig.now;
    peer_init(&ppp_sim.peer, &ppp_sim.script, ppp_sim.rig.now);
    ppp_rig_start(&ppp_sim.rig);
    if (server_begins)
        peer_start(&ppp_sim.peer);
    collect();
}

size_t ppp_sim_count(enum ppp_event_type type)
{
    return ppp_rig_count(&ppp_sim.rig, type);
}
