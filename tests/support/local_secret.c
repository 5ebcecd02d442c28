/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "local_secret.h"

#include "auth_answer.h"

static struct local_secret *ask(void *user)
{
    struct local_secret *secret = user;

    secret->n_asked++;
    return secret->gone ? NULL : secret;
}

static enum ppp_secret_status pap(void *user, struct writer *out)
{
    const struct local_secret *secret = ask(user);

    if (!secret || secret->password.len > PPP_PAP_PASSWORD_MAX)
        return secret ? PPP_SECRET_TOO_LONG : PPP_SECRET_NONE;
    writer_u8(out, (uint8_t)secret->password.len); /* RFC 1334 2.2.1 */
    writer_bytes(out, secret->password);
    return PPP_SECRET_OK;
}

static enum ppp_secret_status md5(void *user, uint8_t id, struct bytes challenge,
                                  uint8_t ret_value[static PPP_MD5_LEN])
{
    const struct local_secret *secret = ask(user);

    if (!secret)
        return PPP_SECRET_NONE;
    auth_answer_md5(secret->password, id, challenge, ret_value);
    return PPP_SECRET_OK;
}

static enum ppp_secret_status mschapv2(void *user, const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                       struct ppp_mschapv2_answer *ret_answer)
{
    const struct local_secret *secret = ask(user);
    uint8_t peer_challenge[PPP_MSCHAPV2_CHALLENGE_LEN] = {0x5e, 0xc1};

    if (secret && secret->peer_challenge)
        memcpy(peer_challenge, secret->peer_challenge, sizeof(peer_challenge));
    else if (secret)
        memcpy(peer_challenge + 4, &secret->n_asked, sizeof(secret->n_asked));
    return secret ? auth_answer_mschapv2(secret->config->user, secret->password, challenge, peer_challenge,
                                         ret_answer)
                  : PPP_SECRET_NONE;
}

void local_secret_init(struct local_secret *secret, struct ppp_config *config, const char *password)
{
    *secret = (struct local_secret){.password = bytes_of_str(password), .config = config};
    config->secret = (struct ppp_secret){.pap = pap, .md5 = md5, .mschapv2 = mschapv2, .user = secret};
}
