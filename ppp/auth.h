/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Authentication of ourselves to the peer: which methods there are, the one at work, and its result. The protocols
 * stand behind one small table each (auth_pap.c, auth_chap.c, auth_eap.c); struct auth is in ppp_state.h.
 */
#ifndef SSTPTUN_AUTH_H
#define SSTPTUN_AUTH_H

#include "ppp.h"
#include "ppp_text.h"
#include "ppp_wire.h"

/* How long a peer may be silent: as long as SSTP's own negotiation timer. Approval on a phone takes its time. */
#define AUTH_SILENCE (60 * USEC_PER_SEC)

/* The longest name that PAP can carry; nobody has a longer one. */
#define AUTH_NAME_MAX 255

/* LCP's option 3: the proposals that have a name, known by their index. */
#define AUTH_PROPOSALS 5
/* Of the option's value; -1 for one that has no name here. */
int auth_proposal_find(struct bytes value);
const char *auth_proposal_name(int proposal);
/* PPP_AUTH_NONE for MS-CHAP version 1 and for -1. */
enum ppp_auth_method auth_proposal_method(int proposal);
/* The option's value that asks for the method. */
void auth_proposal_write(enum ppp_auth_method method, struct writer *w);

bool auth_allowed(const struct ppp_config *config, enum ppp_auth_method method);

void auth_init(struct auth *auth, struct ppp_link *link, const struct ppp_config *config);

/* LCP is Opened and this is agreed; it is over with LCP. */
void auth_start(struct auth *auth, enum ppp_auth_method method);
void auth_stop(struct auth *auth);

/* The information field of a frame of PAP, CHAP or EAP; ignored if another protocol was agreed. */
void auth_input(struct auth *auth, uint16_t protocol, struct bytes info);

/* A network protocol's frame has come: some EAP servers leave out the final Success (protocol.md section 12). */
void auth_implied_success(struct auth *auth);

void auth_tick(struct auth *auth);

/* For the methods. */

struct auth_method {
    enum ppp_auth_method id;
    uint16_t protocol;
    void (*start)(struct auth *auth);
    void (*input)(struct auth *auth, const struct ppp_packet *packet);
    void (*tick)(struct auth *auth);          /* the deadline has passed */
    bool (*implied)(const struct auth *auth); /* NULL: never */
};

extern const struct auth_method auth_pap, auth_chap_md5, auth_chap_mschapv2, auth_eap_mschapv2;

/* hlak is NULL where the method makes no keys. Authenticated a second time, nothing changes. */
void auth_succeed(struct auth *auth, const uint8_t *hlak);
void auth_fail(struct auth *auth, struct end end);
/* The peer is alive and at work: it gets the whole time again. */
void auth_heard(struct auth *auth);
/* One line per packet: "received CHAP Challenge id 1" with more behind it. */
void auth_log(const struct auth *auth, const char *verb, const char *what, uint8_t id, const char *more);

/*
 * The credentials. Only these functions reach them, through struct ppp_secret. False: there is no answer, nothing was
 * written, and auth has failed: END_USAGE (the password is too long for the method), END_HOST (nobody has it) or
 * END_AUTH_ENDLESS (the peer has had PPP_ANSWERS_MAX of them).
 */
struct bytes auth_credential_name(const struct auth *auth);
bool auth_credential_pap(struct auth *auth,
                         struct writer *w) MUST_USE; /* length and password, RFC 1334 2.2.1 */
bool auth_credential_md5(struct auth *auth, uint8_t id, struct bytes challenge,
                         uint8_t ret_value[static PPP_MD5_LEN]) MUST_USE;
bool auth_credential_mschapv2(struct auth *auth, const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                              struct ppp_mschapv2_answer *ret_answer) MUST_USE;

#endif
