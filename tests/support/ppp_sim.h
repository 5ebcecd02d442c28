/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine and the server of ppp_peer.h at the two ends of a line, under virtual time. Until chaos_until the line
 * loses, doubles, delays, corrupts and invents frames, as many percent of them as it is told.
 */
#ifndef PPP_SIM_H
#define PPP_SIM_H

#include "ppp_peer.h"
#include "ppp_rig.h"

#define PPP_SIM_LINE 256

struct line_frame {
    usec_t at; /* arrives */
    bool to_engine;
    size_t len;
    uint8_t data[PPP_FRAME_MAX];
};

struct ppp_sim {
    struct ppp_rig rig;
    struct peer peer;
    struct peer_script script;
    struct line_frame line[PPP_SIM_LINE];
    size_t n_line;
    uint64_t seed;
    usec_t begin, chaos_until;
    unsigned loss, dup, delay, corrupt, invent; /* percent */
    size_t n_to_engine;
    bool spoiled; /* the peer may have been told, or have said, something else than it believes */
};

extern struct ppp_sim ppp_sim;

/* A kind line, a plain server with MS-CHAPv2, ppp_rig_init()'s client: to be changed before begin. */
void ppp_sim_prepare(void);
void ppp_sim_begin(bool server_begins);
/* So much time; ends early only on the inside, when nothing is left to happen. */
void ppp_sim_run(usec_t span);

size_t ppp_sim_count(enum ppp_event_type type);
/* 0 to 99 */
unsigned ppp_sim_percent(void);

#endif
