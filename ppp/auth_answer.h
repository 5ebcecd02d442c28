/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What whoever holds the password answers to the engine (struct ppp_secret in ppp.h): password in, answer out, nothing
 * remembered and nothing left behind, not even on the stack. (PAP's answer is the password: there is nothing to compute.)
 */
#ifndef SSTPTUN_AUTH_ANSWER_H
#define SSTPTUN_AUTH_ANSWER_H

#include "ppp.h"

/* RFC 1994 4.1 */
void auth_answer_md5(struct bytes password, uint8_t id, struct bytes challenge,
                     uint8_t ret_value[static PPP_MD5_LEN]);

/* RFC 2759 section 8; user as typed, with its domain. *ret_answer is secret, but for the peer challenge. */
enum ppp_secret_status auth_answer_mschapv2(struct bytes user, struct bytes password,
                                            const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                            const uint8_t peer_challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                            struct ppp_mschapv2_answer *ret_answer) MUST_USE;

#endif
