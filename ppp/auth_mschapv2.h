/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What CHAP and EAP have in common when they carry MS-CHAPv2: RFC 2759 sections 4 to 6. */
#ifndef SSTPTUN_AUTH_MSCHAPV2_H
#define SSTPTUN_AUTH_MSCHAPV2_H

#include "auth.h"

#define AUTH_MSCHAPV2_VALUE_LEN 49

/* A challenge has come: auth->mschapv2.value is our answer, under a peer challenge of its own. */
bool auth_mschapv2_answer(struct auth *auth, const uint8_t challenge[static 16]) MUST_USE;

/*
 * The peer claims success with this text; our answer is forgotten. True: it has proved that it knows the password. False:
 * it has not, or we never answered a challenge; auth has failed with END_AUTH_SERVER.
 */
bool auth_mschapv2_verify(struct auth *auth, struct bytes text) MUST_USE;

/* The peer refuses with this text, "E=691 R=0 ...": END_AUTH_REFUSED with all it tells. */
void auth_mschapv2_refuse(struct auth *auth, struct bytes text);

#endif
