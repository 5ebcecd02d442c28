/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the engine remembers, in one place and of fixed size; ppp.h includes it, nobody else. The fields belong to
 * the file named above each struct. A struct ppp holds pointers into itself: it is not moved after ppp_init().
 */
#ifndef SSTPTUN_PPP_STATE_H
#define SSTPTUN_PPP_STATE_H

/* ppp_link.c */
struct ppp_link {
    unsigned n_provoked; /* lines for the user that the peer has caused, ppp_link_level() */
    const struct env *env;
    usec_t now; /* of the call that is being handled */
    uint16_t peer_mru;
    uint8_t last_id;
    size_t queue_len;
    uint8_t queue[2 * (PPP_FRAME_MAX + 2)];
};

/* cp_fsm.c: the states of RFC 1661 section 4.2, with the numbers of its table. */
enum cp_state {
    CP_STATE_INITIAL,
    CP_STATE_STARTING,
    CP_STATE_CLOSED,
    CP_STATE_STOPPED,
    CP_STATE_CLOSING,
    CP_STATE_STOPPING,
    CP_STATE_REQ_SENT,
    CP_STATE_ACK_RCVD,
    CP_STATE_ACK_SENT,
    CP_STATE_OPENED,
    CP_STATE_COUNT
};

#define CP_REQUEST_MAX 64 /* options of our longest Configure-Request: IPCP's five need 30 */

struct cp_ops;

/* One automaton: LCP, IPCP and IPV6CP each begin with one. */
struct cp {
    const struct cp_ops *ops;
    struct ppp_link *link;
    enum cp_state state;
    unsigned signals;    /* this-layer-up, -down, -finished since they were last taken */
    unsigned restart;    /* the restart counter of RFC 1661 4.6 */
    usec_t deadline;     /* the restart timer, USEC_NEVER when it is stopped */
    unsigned n_sent;     /* Configure-Requests since the layer was last up */
    unsigned n_refused;  /* Configure-Naks and -Rejects sent since the layer was last up */
    unsigned n_naks;     /* Configure-Naks sent since our last Configure-Ack */
    bool heard;          /* a valid packet has come since the negotiation began */
    bool peer_not_ready; /* it answered a Configure-Request with Terminate-Ack */
    const char *why;     /* why the layer finished, for the user; NULL when there is nothing to say */

    uint8_t id;    /* of our last request */
    bool awaiting; /* our last Configure-Request has not been answered */
    size_t request_len;
    uint8_t request[CP_REQUEST_MAX]; /* its options: an Ack must repeat them */
};

/* lcp.c, lcp_option.c */
struct lcp {
    struct cp cp;
    const struct ppp_config *config;
    bool ask_mru, ask_magic; /* not rejected so far */
    uint16_t mru;
    uint32_t magic;
    uint16_t peer_mru; /* this and auth: what we acknowledged */
    enum ppp_auth_method auth;
    unsigned n_loops;           /* how often our own magic number came back in a row */
    unsigned n_auth_naks;       /* since a proposal was last accepted */
    unsigned refused_auth;      /* bit set of the peer's proposals that we refused, see lcp_option.c */
    uint16_t refused_protocol;  /* one that is in no table */
    uint16_t rejected_protocol; /* the peer sent Protocol-Reject for it */
    bool terminated;            /* the peer sent Terminate-Request, with: */
    uint32_t terminate_code;
    char terminate_text[128];
    struct end end; /* why the link cannot go on, once reason is set */
};

/* ipcp.c: the addresses asked for, in the order of the request. */
enum ipcp_slot { IPCP_ADDRESS, IPCP_DNS1, IPCP_NBNS1, IPCP_DNS2, IPCP_NBNS2, IPCP_SLOTS };

struct ipcp {
    struct cp cp;
    bool ask[IPCP_SLOTS];
    uint8_t value[IPCP_SLOTS][4];
    uint8_t peer[4];
    bool refused; /* the peer rejected the address itself */
};

/* ipv6cp.c */
struct ipv6cp {
    struct cp cp;
    uint8_t id[PPP_IFID_LEN];
    uint8_t peer_id[PPP_IFID_LEN];
    bool refused;
};

/* auth.c */
enum auth_state {
    AUTH_STATE_IDLE,
    AUTH_STATE_WORKING,
    AUTH_STATE_DONE, /* the peer may still authenticate us again */
    AUTH_STATE_FAILED,
};

/* auth_mschapv2.c: one challenge and our answer; the same in CHAP and in EAP. */
struct auth_mschapv2_state {
    bool answered;
    uint8_t value[49];          /* RFC 2759 section 4 */
    uint8_t authenticator[20];  /* what the peer must say; secret until it has */
    uint8_t hlak[PPP_HLAK_LEN]; /* secret */
};

/* auth_chap.c */
#define AUTH_CHALLENGE_MAX 255

struct auth_chap_state {
    bool answered;   /* and the peer has not said yet what it thinks of it */
    bool has_answer; /* until Success: id, challenge and answer are valid, a repetition gets the same one */
    uint8_t id;
    uint8_t challenge[AUTH_CHALLENGE_MAX];
    size_t challenge_len;
    uint8_t answer[49];
    size_t answer_len;
};

/* auth_eap.c */
#define AUTH_EAP_RESPONSE_MAX 320 /* the longest is MSCHAPv2's: 4 + 1 + 4 + 1 + 49 + 255 */

struct auth_eap_state {
    bool proven;              /* the method has succeeded: EAP-Success may come */
    bool challenged;          /* MSCHAPv2 was proposed at all */
    uint8_t refused_type;     /* the type that we last refused by Nak */
    uint8_t request_hash[20]; /* of the last Request, to know its repetition */
    uint8_t response[AUTH_EAP_RESPONSE_MAX];
    size_t response_len;
};

/* auth.c: how often the password's holder was asked; it outlives the methods. */
struct auth_budget {
    unsigned n;
    usec_t since; /* when the first of them was asked for */
};

struct auth_method;

struct auth {
    struct ppp_link *link;
    const struct ppp_config *config;
    const struct auth_method *method; /* NULL: none */
    struct auth_budget budget;
    enum auth_state state;
    usec_t deadline;
    unsigned n_sent;            /* PAP's requests */
    uint8_t id;                 /* of PAP's request */
    uint8_t hlak[PPP_HLAK_LEN]; /* secret, once the state is DONE */
    struct end end;             /* once the state is FAILED */
    struct auth_mschapv2_state mschapv2;
    struct auth_chap_state chap;
    struct auth_eap_state eap;
};

/* ppp.c */
enum ppp_phase { /* RFC 1661 section 3.2 */
                 PPP_PHASE_DEAD,
                 PPP_PHASE_ESTABLISH,
                 PPP_PHASE_AUTHENTICATE,
                 PPP_PHASE_NETWORK,
                 PPP_PHASE_TERMINATE,
                 PPP_PHASE_ENDED,
};

enum ppp_family_id { PPP_FAMILY_V4, PPP_FAMILY_V6, PPP_FAMILIES };

enum ppp_family_state {
    PPP_FAMILY_OFF, /* not wanted, or not yet its turn */
    PPP_FAMILY_TRYING,
    PPP_FAMILY_UP,
    PPP_FAMILY_FAILED,
};

struct ppp_family {
    enum ppp_family_state state;
    bool told_up;    /* the caller knows that it is up */
    const char *why; /* it failed */
};

#define PPP_EARLY_MAX 1024

struct ppp {
    const struct ppp_config *config;
    struct ppp_link link;
    struct lcp lcp;
    struct auth auth;
    struct ipcp ipcp;
    struct ipv6cp ipv6cp;

    enum ppp_phase phase;
    enum end_stage stage; /* for ppp_stage(): frozen when the end begins */
    struct ppp_family family[PPP_FAMILIES];
    bool was_up;
    usec_t watchdog; /* by then a family must be up */
    usec_t v6_start; /* IPV6CP begins then at the latest */
    struct end end;  /* the first cause, once phase is TERMINATE */

    unsigned pending;           /* bit set of events that the caller has not taken */
    uint8_t hlak[PPP_HLAK_LEN]; /* secret: until the AUTHENTICATED event is taken */

    uint16_t early_protocol; /* an authentication frame that came before LCP was Opened; 0: none */
    size_t early_len;
    uint8_t early[PPP_EARLY_MAX];
};

#endif
