/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two halves of the server, ppp_peer.c and ppp_peer_auth.c, know of each other. */
#ifndef PPP_PEER_INTERNAL_H
#define PPP_PEER_INTERNAL_H

#include "ppp_peer.h"

enum {
    LCP = 0xc021,
    PAP = 0xc023,
    CHAP = 0xc223,
    EAP = 0xc227,
    IPCP = 0x8021,
    IPV6CP = 0x8057,
    CCP = 0x80fd
};

#define PEER_AGAIN (3 * USEC_PER_SEC)

void peer_send(struct peer *peer, unsigned protocol, uint8_t code, uint8_t id, const void *data, size_t len);
void peer_send_text(struct peer *peer, unsigned protocol, uint8_t code, uint8_t id, const char *text);
/* Our Configure-Request; anew: with a new identifier. */
void peer_ask(struct peer *peer, unsigned protocol, struct peer_cp *cp, bool anew);
void peer_terminate(struct peer *peer);
/* What is proposed now. */
enum peer_auth peer_auth_of(const struct peer *peer);

/* LCP is open. */
void peer_auth_begin(struct peer *peer);
void peer_auth_challenge(struct peer *peer, bool anew);
void peer_auth_receive_pap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data);
void peer_auth_receive_chap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data);
void peer_auth_receive_eap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data);

#endif
