/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Apart from the engine, because the engine may run where no password is. Every temporary with a name is wiped where it
 * was made; secret_wipe_stack() is for those that have none: the hashes' message schedules, DES's round keys.
 */
#include "auth_answer.h"

#include "digest.h"
#include "mschap.h"
#include "secret.h"

void auth_answer_md5(struct bytes password, uint8_t id, struct bytes challenge,
                     uint8_t ret_value[static PPP_MD5_LEN])
{
    struct bytes parts[] = {bytes_of(&id, 1), password, challenge};

    digest_md5(parts, ARRAY_LEN(parts), ret_value);
    secret_wipe_stack();
}

enum ppp_secret_status auth_answer_mschapv2(struct bytes user, struct bytes password,
                                            const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                            const uint8_t peer_challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                            struct ppp_mschapv2_answer *ret_answer)
{
    uint8_t password_hash[MSCHAP_HASH_LEN], challenge_hash[MSCHAP_CHALLENGE_HASH_LEN];
    bool fits = mschap_password_hash(password, password_hash);

    if (fits) {
        memcpy(ret_answer->peer_challenge, peer_challenge, sizeof(ret_answer->peer_challenge));
        mschap_challenge_hash(peer_challenge, challenge, mschap_hash_name(user), challenge_hash);
        mschap_nt_response(challenge_hash, password_hash, ret_answer->nt_response);
        mschap_authenticator(password_hash, ret_answer->nt_response, challenge_hash,
                             ret_answer->authenticator);
        mschap_keys(password_hash, ret_answer->nt_response, ret_answer->hlak);
    }
    secret_wipe(password_hash, sizeof(password_hash));
    secret_wipe_stack();
    return fits ? PPP_SECRET_OK : PPP_SECRET_TOO_LONG;
}
