/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PPP server for the simulation, written from the RFCs and without a line of the engine: it knows what it demands,
 * answers, repeats itself every 3 s and judges the login. It can be told to behave like the servers of protocol.md
 * section 15, and to misbehave.
 */
#ifndef PPP_PEER_H
#define PPP_PEER_H

#include "bytes.h"
#include "clock.h"

enum peer_auth { PEER_PAP, PEER_MD5, PEER_MSCHAP1, PEER_MSCHAPV2, PEER_EAP, PEER_NO_AUTH };

enum peer_v6 {
    PEER_V6_REJECT, /* Protocol-Reject */
    PEER_V6_ANSWER, /* answers when asked */
    PEER_V6_ACTIVE, /* begins by itself */
    PEER_V6_ACCEL,  /* Terminate-Ack first, then begins */
    PEER_V6_REFUSE, /* Terminate-Request */
    PEER_V6_SILENT,
};

struct peer_script {
    enum peer_auth offer[5]; /* in this order, one further at every Nak */
    size_t n_offer;
    bool heeds_hints; /* a Nak's proposal is taken if it is among the offers */
    const char *user, *password;

    uint16_t mru;      /* 0: not mentioned */
    bool windows;      /* callback, MRRU and endpoint, too */
    bool pppd;         /* ACCM, PFC, ACFC */
    bool only_mru;     /* rejects all our options but MRU (SoftEther) */
    uint16_t naks_mru; /* 0: takes any */
    bool echoes;       /* LCP echo every 4.8 s from the start */

    bool refuses_login, false_proof, challenges_twice, no_eap_success, mute_after_lcp;
    uint16_t terminate_code; /* with refuses_login: ends by RAS error instead of a failure message */

    uint8_t address[4]; /* for the client */
    uint8_t own[4];
    uint8_t dns[4];  /* 0.0.0.0: rejects the option */
    uint8_t dns2[4]; /* the same */
    bool no_ipcp;    /* Protocol-Reject */
    bool ccp;        /* asks for CCP */
    enum peer_v6 v6;
};

#define PEER_FRAME_MAX 2048
#define PEER_QUEUE     64
#define PEER_LOGINS    64

struct peer_frame {
    size_t len;
    uint8_t data[PEER_FRAME_MAX];
};

struct peer_cp {
    bool started, acked, acks; /* we asked; our request was acknowledged; we acknowledged the client's */
    uint8_t id, reject_count;
    usec_t resend;
};

struct peer {
    const struct peer_script *script;
    usec_t now;
    size_t first, n;
    uint8_t next_id;

    struct peer_cp lcp, ipcp, ipv6cp;
    size_t offer;       /* index of what is proposed now */
    usec_t auth_resend; /* the challenge again; USEC_NEVER when there is none outstanding */
    usec_t echo_at;
    uint8_t auth_id;
    uint8_t challenge[16];
    unsigned n_challenges;
    bool logged_in;  /* the client has authenticated itself */
    bool terminated; /* we, or the client, ended the link */
    bool v6_ready;
    uint8_t keys[PEER_LOGINS]
                [32]; /* of each right answer, the latest ones; zero where the method makes none */
    size_t n_logins;

    bool saw_pap; /* the client sent a password in clear */
    unsigned n_reject_of_v6;

    struct peer_frame queue[PEER_QUEUE]; /* the last: peer_init() leaves it as it is */
};

void peer_init(struct peer *peer, const struct peer_script *script, usec_t now);
/* Begins by itself with LCP (not SoftEther, which waits for the client). */
void peer_start(struct peer *peer);
void peer_input(struct peer *peer, const uint8_t *frame, size_t len, usec_t now);
const struct peer_frame *peer_output(struct peer *peer);
usec_t peer_deadline(const struct peer *peer);
void peer_tick(struct peer *peer, usec_t now);

bool peer_lcp_open(const struct peer *peer);
bool peer_ipv4_open(const struct peer *peer);
/* One of the logins had these keys. */
bool peer_knows_keys(const struct peer *peer, const uint8_t keys[32]);

#endif
