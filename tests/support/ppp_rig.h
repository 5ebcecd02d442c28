/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One PPP engine on a bench: the clock is an integer, chance is a seed, and all that the engine says is kept to be
 * looked at. After every stimulus the rig does the caller's round as ppp.h describes it.
 */
#ifndef PPP_RIG_H
#define PPP_RIG_H

#include "local_secret.h"
#include "ppp.h"

#define PPP_RIG_FRAMES 256
#define PPP_RIG_EVENTS 256
#define PPP_RIG_LOG    65536

struct ppp_rig_frame {
    size_t len;
    uint8_t data[PPP_FRAME_MAX];
};

struct ppp_rig {
    struct ppp ppp;
    struct ppp_config config;
    struct local_secret secret; /* config's */
    struct env env;
    struct log_sink sink;
    uint64_t seed;
    usec_t now;

    struct ppp_rig_frame frame[PPP_RIG_FRAMES]; /* what was sent and not yet taken by the test, a ring */
    size_t first_frame, n_frames, n_sent;
    size_t n_sent_bytes;

    struct ppp_event event[PPP_RIG_EVENTS]; /* all of them */
    size_t n_events;
    bool ended;         /* the last event was END */
    bool authenticated; /* that event was taken */
    bool early_network; /* a network protocol's packet came before it */
    bool event_after_end;

    char log[PPP_RIG_LOG];
    size_t log_len;
};

/* user "User", password "clientPass", MS-CHAPv2 and EAP, MRU 1500, no IPv6, seed 1: to be changed before start. */
void ppp_rig_init(struct ppp_rig *rig);
/* ppp_init() and ppp_open() */
void ppp_rig_start(struct ppp_rig *rig);
void ppp_rig_done(struct ppp_rig *rig);

void ppp_rig_input(struct ppp_rig *rig, const uint8_t *frame, size_t len);
/* The same in hexadecimal, blanks allowed; a wrong digit aborts. */
void ppp_rig_hex(struct ppp_rig *rig, const char *hex);
void ppp_rig_close(struct ppp_rig *rig);
/* Lets time pass, ticking at each deadline on the way. */
void ppp_rig_wait(struct ppp_rig *rig, usec_t span);

/* The next frame that was sent; NULL when there is none. */
const struct ppp_rig_frame *ppp_rig_take(struct ppp_rig *rig);
/*
 * Takes the next frame and compares it with hex, where ".." stands for any byte and "*" at the end for any rest;
 * prints both when they differ.
 */
bool ppp_rig_sent(struct ppp_rig *rig, const char *hex);
/* Nothing more was sent. */
bool ppp_rig_quiet(struct ppp_rig *rig);
void ppp_rig_forget(struct ppp_rig *rig);

/* The nth event of the type (0 is the first); NULL when there are fewer. */
const struct ppp_event *ppp_rig_event(const struct ppp_rig *rig, enum ppp_event_type type, size_t nth);
size_t ppp_rig_count(const struct ppp_rig *rig, enum ppp_event_type type);
/* The END event's reason; END_NONE while there is none. */
enum end_reason ppp_rig_reason(const struct ppp_rig *rig);
const char *ppp_rig_detail(const struct ppp_rig *rig);
bool ppp_rig_logged(const struct ppp_rig *rig, const char *text);

/*
 * Shortcuts, for MS-CHAPv2 unless the configuration says otherwise. auth is LCP's option 3 in hex ("0305c22381").
 * lcp: until LCP_UP; all frames on the way are forgotten.
 */
void ppp_rig_lcp(struct ppp_rig *rig, const char *auth);
/* Acknowledges the Configure-Request that is the oldest frame. */
void ppp_rig_acknowledge(struct ppp_rig *rig);
/* LCP with PAP, Ack and AUTHENTICATED: the shortest way to the network phase. Needs PAP to be allowed. */
void ppp_rig_network(struct ppp_rig *rig);

/* As ppp_rig_init(), for bob with the password pwd, by PAP alone. */
void ppp_rig_init_pap(struct ppp_rig *rig);
/* From there into the network phase. */
void ppp_rig_start_network(struct ppp_rig *rig, bool ipv6);
/* IPCP until the address is agreed: 10.0.0.100, peer 10.0.0.1, name servers 8.8.8.8 and 8.8.4.4, no NBNS. */
void ppp_rig_bring_ipv4_up(struct ppp_rig *rig);
/* All of it, and the frames on the way are forgotten. */
void ppp_rig_start_ipv4_up(struct ppp_rig *rig, bool ipv6);

uint64_t ppp_rig_random(uint64_t *seed);

#endif
