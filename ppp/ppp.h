/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PPP engine's door: link phases of RFC 1661 section 3.2, LCP, authentication, IPCP and IPV6CP over any carrier that
 * keeps frame boundaries. It only computes: frames and `now` come in, frames, events and one deadline come out. It
 * allocates nothing and keeps no pointer into its inputs, save to the configuration and its strings.
 *
 * The caller's round, after ppp_open(), ppp_input(), ppp_tick() and ppp_close() alike: take every ppp_output(), take
 * every ppp_event(), again from the start if there was an event, sleep until ppp_deadline(). (An event can release
 * output: no packet of a network protocol is given out before PPP_EVENT_AUTHENTICATED was taken.)
 */
#ifndef SSTPTUN_PPP_H
#define SSTPTUN_PPP_H

#include "bytes.h"
#include "clock.h"
#include "end_reason.h"
#include "env.h"

#define PPP_HLAK_LEN    32 /* higher-layer authentication key, [MS-SSTP] 3.2.5.2.2; protocol.md 7.2 */
#define PPP_IFID_LEN    8
#define PPP_MRU_DEFAULT 1500 /* RFC 1661 6.1 */
#define PPP_FRAME_MAX   4091 /* what one SSTP packet can carry */

enum ppp_auth_method {
    PPP_AUTH_NONE,
    PPP_AUTH_PAP,
    PPP_AUTH_CHAP_MD5,
    PPP_AUTH_MSCHAPV2,
    PPP_AUTH_EAP_MSCHAPV2,
};
#define PPP_AUTH_METHODS_MAX 4

/* "mschapv2", "eap-mschapv2", "chap-md5", "pap": as in --auth. */
const char *ppp_auth_method_name(enum ppp_auth_method method);

#define PPP_PAP_PASSWORD_MAX       255 /* bytes, RFC 1334 2.2.1 */
#define PPP_MD5_LEN                16
#define PPP_MSCHAPV2_CHALLENGE_LEN 16

enum ppp_secret_status {
    PPP_SECRET_OK,
    PPP_SECRET_TOO_LONG, /* the password, for this method */
    PPP_SECRET_NONE,     /* no answer: whoever has the password is gone, or refuses */
};

struct ppp_mschapv2_answer {
    uint8_t peer_challenge[PPP_MSCHAPV2_CHALLENGE_LEN];
    uint8_t nt_response[24];
    uint8_t authenticator[20]; /* what the peer must prove itself with */
    uint8_t hlak[PPP_HLAK_LEN];
};

/*
 * The engine asks for no more answers than this within this time, whatever the peer does: then it ends the link
 * (END_AUTH_ENDLESS). A peer that challenges again every few seconds for days stays below it.
 */
#define PPP_ANSWERS_MAX  100
#define PPP_ANSWERS_SPAN (600 * USEC_PER_SEC)

/*
 * Whoever holds the password: it does not enter the engine, save where PAP sends it. The engine asks for answers, and
 * like env's random this may ask another process. Nothing is written without PPP_SECRET_OK. See auth_answer.h.
 */
struct ppp_secret {
    /* Appends length and password, RFC 1334 2.2.1. */
    enum ppp_secret_status (*pap)(void *user, struct writer *out);
    /* RFC 1994 4.1; the challenge has 1 to 255 bytes. */
    enum ppp_secret_status (*md5)(void *user, uint8_t id, struct bytes challenge,
                                  uint8_t ret_value[static PPP_MD5_LEN]);
    /*
     * RFC 2759 section 8. The peer challenge is drawn there, anew each time: whoever could choose both challenges could
     * have answers made for a table computed beforehand.
     */
    enum ppp_secret_status (*mschapv2)(void *user, const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                       struct ppp_mschapv2_answer *ret_answer);
    void *user;
};

struct ppp_config {
    struct bytes user; /* as typed: "DOMAIN\user", UTF-8 */
    struct ppp_secret secret;
    enum ppp_auth_method auth[PPP_AUTH_METHODS_MAX]; /* allowed, in order of preference */
    size_t n_auth;
    uint16_t mru; /* what we ask for; 1500 avoids a round trip with most servers */
    bool ipv6;    /* negotiate IPV6CP */
    bool nbns;    /* ask for NBNS servers, too: most servers reject that, for which they take a round trip */
};

enum ppp_event_type {
    PPP_EVENT_LCP_UP,        /* LCP is Opened (again): authentication follows */
    PPP_EVENT_AUTHENTICATED, /* hlak, method; before any NCP packet is sent */
    PPP_EVENT_IPV4_UP,       /* ipv4 */
    PPP_EVENT_IPV4_DOWN,
    PPP_EVENT_IPV4_FAILED, /* IPCP was refused or did not converge: no IPv4 in this session unless UP follows */
    PPP_EVENT_IPV6_UP,     /* ipv6 */
    PPP_EVENT_IPV6_DOWN,
    PPP_EVENT_IPV6_FAILED,
    PPP_EVENT_END, /* the link has terminated; the last event, once */
};

struct ppp_ipv4 {
    uint8_t local[4];
    uint8_t peer[4];   /* 0.0.0.0 when the peer told none */
    uint8_t dns[2][4]; /* 0.0.0.0 when not given */
    uint8_t nbns[2][4];
};

struct ppp_ipv6 {
    uint8_t local_id[PPP_IFID_LEN];
    uint8_t peer_id[PPP_IFID_LEN];
};

struct ppp_event {
    enum ppp_event_type type;
    union {
        struct {
            enum ppp_auth_method method;
            uint8_t hlak[PPP_HLAK_LEN]; /* secret: wipe the event after use */
        } auth;
        struct ppp_ipv4 ipv4;
        struct ppp_ipv6 ipv6;
        struct end end;
    };
};

/* The engine's state is visible for its size only: its fields are its own. */
#include "ppp_state.h"

/* config, its strings and env must outlive ppp, which must not be moved from now on. Sends nothing yet. */
void ppp_init(struct ppp *ppp, const struct ppp_config *config, const struct env *env);

/* The carrier is up: speak first (protocol.md Q1: SoftEther waits for us). */
void ppp_open(struct ppp *ppp, usec_t now);

/* One frame from the peer, with or without FF 03, any protocol but user data (see ppp_classify). */
void ppp_input(struct ppp *ppp, struct bytes frame, usec_t now);

/* Appends one frame (FF 03, protocol, information) to out; false when there is none. out must have PPP_FRAME_MAX free. */
bool ppp_output(struct ppp *ppp, struct writer *out);

bool ppp_event(struct ppp *ppp, struct ppp_event *ret_event);

usec_t ppp_deadline(const struct ppp *ppp);
void ppp_tick(struct ppp *ppp, usec_t now);

/* Ends the link politely: LCP Terminate-Request, at most two of them a second apart; PPP_EVENT_END follows. */
void ppp_close(struct ppp *ppp, usec_t now);

/* The peer's MRU as negotiated (default 1500): no datagram larger than this may be sent. */
uint16_t ppp_peer_mru(const struct ppp *ppp);

/*
 * How far the link is, for messages and exit status: LCP, AUTH, NETWORK, or UP from the first IPVx_UP on, whatever
 * follows. When the link ends it stays at the stage where the cause of the end arose.
 */
enum end_stage ppp_stage(const struct ppp *ppp);

/*
 * The first cause of the end as soon as it is known (authentication refused, terminated by the peer, ...), before
 * PPP_EVENT_END follows the goodbye; NULL while the link goes on. A connection that breaks during the goodbye must not hide it.
 */
const struct end *ppp_cause(const struct ppp *ppp);

/* Wipes what was secret. Takes a zeroed ppp, too. */
void ppp_done(struct ppp *ppp);

/* What a frame of the peer is, without touching the engine: the packet path asks this for each frame. */
enum ppp_class {
    PPP_CLASS_CONTROL, /* give it to ppp_input */
    PPP_CLASS_IPV4,    /* ret_datagram is the IPv4 datagram (unchecked) */
    PPP_CLASS_IPV6,
    PPP_CLASS_OTHER, /* user data that we do not speak (VJ, compressed, ...): count and drop; ppp_input protocol-rejects it */
    PPP_CLASS_BAD, /* too short to have a protocol field */
};
enum ppp_class ppp_classify(struct bytes frame, struct bytes *ret_datagram);

/* FF 03 00 21 / FF 03 00 57: the header of each datagram that we send (protocol.md 8: always uncompressed). */
#define PPP_DATA_HEADER_LEN 4
static inline void ppp_data_header(uint8_t out[static PPP_DATA_HEADER_LEN], bool ipv6)
{
    out[0] = 0xff;
    out[1] = 0x03;
    out[2] = 0x00;
    out[3] = ipv6 ? 0x57 : 0x21;
}

#endif
