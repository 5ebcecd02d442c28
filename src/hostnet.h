/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the negotiated network means for this host: keeps the host in step with IPCP, IPV6CP and the router
 * advertisements, and knows when the tunnel is usable and when everything that may still come has come. It has no right
 * to change anything itself: it tells facts to whoever has (in production the keeper, netfacts.h).
 */
#ifndef SSTPTUN_HOSTNET_H
#define SSTPTUN_HOSTNET_H

#include "log.h"
#include "options.h"
#include "ppp.h"
#include "ra.h"
#include "request.h"

enum hostnet_family_state {
    HOSTNET_WAITING, /* its NCP has not said yet */
    HOSTNET_UP,
    HOSTNET_PAUSED, /* renegotiating: what is configured stays, so that nothing leaks past the tunnel meanwhile */
    HOSTNET_ABSENT, /* refused, failed or disabled */
};

/* Each makes the host follow, and returns before it has: the answer is to be taken before the next one. */
struct hostnet_acts {
    void (*link)(void *user, const struct request_link *link);
    void (*ipv4)(void *user, const struct request_ipv4 *ipv4);
    void (*ipv6)(void *user, const struct request_ipv6 *ipv6);
    bool (*answer)(void *user, struct end *ret_end); /* waits; false with *ret_end when the host refuses */
    void *user;
};

/* What was told and not answered yet. */
enum hostnet_pending { HOSTNET_NOTHING, HOSTNET_LINK, HOSTNET_IPV6 };

struct hostnet {
    const struct options *options;
    const struct log_sink *log;
    struct hostnet_acts acts;
    struct ipaddr server; /* outside; unset: not known yet */
    uint16_t peer_mru;
    uint32_t mtu;
    uint32_t told_mtu;    /* 0: not told yet */
    uint32_t refused_mtu; /* the router's, which the host did not take; 0: none */
    uint32_t kept_mtu;    /* and what the router had wanted before, which stays; 0: nothing */
    uint32_t said_mtu;    /* the log has it that this one is too small for IPv6 */
    bool was_small;       /* a link without IPv6 was told: it stays so (netfacts.h) */
    enum hostnet_pending pending;
    enum hostnet_family_state ipv4_state;
    enum hostnet_family_state ipv6_state;
    struct ppp_ipv4 ipv4;
    struct ppp_ipv6 ipv6;
    bool ipv6_is_new; /* the log has not seen this identifier yet */
    struct ra ra;
    usec_t settle_deadline; /* when waiting for the other family and for an advertisement ends */
    usec_t router_deadline; /* with IPv6 alone: when its link-local address has waited in vain */
    usec_t ra_deadline;
    usec_t quiet_until; /* a server that changes addresses all the time must not fill the log */
    unsigned n_early;   /* how often they were told before announced */
    bool announced;     /* settled, and said so */
    bool closed;        /* hostnet_close() */
};

void hostnet_init(struct hostnet *hostnet, const struct options *options, const struct hostnet_acts *acts,
                  const struct log_sink *log);

/* The server's address outside, as soon as there is a connection: it cannot be ours inside. */
void hostnet_server(struct hostnet *hostnet, const struct ipaddr *server);

/* The peer's MRU: known once LCP is up. The link's MTU is the smallest of that, the user's and the router's. */
void hostnet_link(struct hostnet *hostnet, uint16_t peer_mru);

/*
 * After hostnet_link(), which is for when the login has succeeded: lets the host set the link up while the addresses are
 * still being negotiated. The answer is taken when it is needed.
 */
void hostnet_prepare(struct hostnet *hostnet);

/*
 * Takes the answer that is outstanding, if there is one, and waits for it: for when it is there. All that follows does so
 * by itself where it must. False with *ret_end when the host refuses.
 */
bool hostnet_answered(struct hostnet *hostnet, usec_t now, struct end *ret_end) MUST_USE;

/*
 * The session ends: from here on the host is not changed any more, only restored by whoever changed it. Nothing is due, and
 * what hostnet_answered() takes is forgotten.
 */
void hostnet_close(struct hostnet *hostnet);

/* Takes an answer that is outstanding and does nothing about it. */
void hostnet_forget(struct hostnet *hostnet);

/* Engine events of the families. False with *ret_end when the host refuses. */
bool hostnet_event(struct hostnet *hostnet, const struct ppp_event *event, usec_t now,
                   struct end *ret_end) MUST_USE;

/* An inner datagram that ra_claims(): an advertisement, kept from the kernel. False as above. */
bool hostnet_advertisement(struct hostnet *hostnet, struct bytes datagram, usec_t now,
                           struct end *ret_end) MUST_USE;

/* A router solicitation to send, when one is due. */
bool hostnet_solicitation(struct hostnet *hostnet, uint8_t ret_datagram[static RA_SOLICIT_LEN], usec_t now);

usec_t hostnet_deadline(const struct hostnet *hostnet);
bool hostnet_tick(struct hostnet *hostnet, usec_t now, struct end *ret_end) MUST_USE; /* false as above */

/* At least one family has an address that leads somewhere: IPv6 needs a router's advertisement for that. */
bool hostnet_usable(const struct hostnet *hostnet);

/*
 * There will be no usable address: both families are out of the question, or IPv4 is and no router answers for IPv6,
 * whose link-local address reaches nothing but the peer. NULL, or why.
 */
const char *hostnet_hopeless(const struct hostnet *hostnet);

/* True once, when it is usable and nothing more is worth waiting for: time for the `up` hook. */
bool hostnet_settled(struct hostnet *hostnet);

#endif
