/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the server lets a client in: challenges, answers judged, proofs, and lies when the script wants them. */
#include "digest.h"
#include "ppp_peer_crypto.h"
#include "ppp_peer_internal.h"

void peer_auth_challenge(struct peer *peer, bool anew)
{
    uint8_t data[32] = {16};
    enum peer_auth auth = peer_auth_of(peer);

    if (anew) {
        peer->auth_id = peer->next_id++;
        for (size_t i = 0; i < 16; i++)
            peer->challenge[i] = (uint8_t)((size_t)peer->auth_id * 7 + i * 31);
    }
    peer->auth_resend = peer->now + PEER_AGAIN;
    memcpy(data + 1, peer->challenge, 16);
    if (auth == PEER_MD5 || auth == PEER_MSCHAPV2) {
        peer_send(peer, CHAP, 1, peer->auth_id, data, 17);
    } else if (auth == PEER_EAP && peer->n_challenges == 0) {
        peer_send(peer, EAP, 1, peer->auth_id, "\x01Welcome", 8);
    } else if (auth == PEER_EAP) {
        uint8_t eap[32] = {26, 1, peer->auth_id, 0, 21, 16};

        memcpy(eap + 6, peer->challenge, 16);
        peer_send(peer, EAP, 1, peer->auth_id, eap, 22);
    }
}

static void network(struct peer *peer)
{
    if (peer->logged_in)
        return;
    peer->logged_in = true;
    peer->auth_resend = USEC_NEVER;
    if (!peer->script->no_ipcp)
        peer_ask(peer, IPCP, &peer->ipcp, true);
    if (peer->script->ccp)
        peer_send(peer, CCP, 1, peer->next_id++, NULL, 0);
    if (peer->script->v6 == PEER_V6_ACTIVE)
        peer_ask(peer, IPV6CP, &peer->ipv6cp, true);
}

void peer_auth_begin(struct peer *peer)
{
    enum peer_auth auth = peer_auth_of(peer);

    peer->logged_in = false;
    peer->n_challenges = 0;
    memset(&peer->ipcp, 0, sizeof(peer->ipcp));
    memset(&peer->ipv6cp, 0, sizeof(peer->ipv6cp));
    peer->ipcp.resend = peer->ipv6cp.resend = USEC_NEVER;
    if (peer->script->mute_after_lcp)
        return;
    if (auth == PEER_NO_AUTH)
        network(peer);
    else if (auth != PEER_PAP)
        peer_auth_challenge(peer, true);
}

/* SoftEther's double login: the first right response only earns another challenge. */
static bool challenge_again(struct peer *peer)
{
    if (!peer->script->challenges_twice || peer->n_challenges++ > 0)
        return false;
    peer_auth_challenge(peer, true);
    return true;
}

static bool refused(struct peer *peer, unsigned protocol, uint8_t id)
{
    if (!peer->script->refuses_login)
        return false;
    if (peer->script->terminate_code == 0 && protocol == CHAP)
        peer_send_text(peer, CHAP, 4, id, "E=691 R=1 C=00000000000000000000000000000000 V=3 M=no");
    else if (peer->script->terminate_code == 0 && protocol == PAP)
        peer_send_text(peer, PAP, 3, id, "\x02no");
    else if (peer->script->terminate_code == 0)
        peer_send(peer, EAP, 4, id, NULL, 0);
    peer_terminate(peer);
    return true;
}

static void remember(struct peer *peer, const uint8_t *keys)
{
    uint8_t *slot = peer->keys[peer->n_logins++ % PEER_LOGINS];

    if (keys)
        memcpy(slot, keys, 32);
    else
        memset(slot, 0, 32);
}

bool peer_knows_keys(const struct peer *peer, const uint8_t keys[32])
{
    for (size_t i = 0; i < peer->n_logins && i < PEER_LOGINS; i++)
        if (memcmp(peer->keys[i], keys, 32) == 0)
            return true;
    return false;
}

void peer_auth_receive_pap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data)
{
    const char *user = peer->script->user, *password = peer->script->password;
    size_t user_len = strlen(user), password_len = strlen(password);

    peer->saw_pap = true;
    if (code != 1 || peer_auth_of(peer) != PEER_PAP || !peer_lcp_open(peer) || refused(peer, PAP, id))
        return;
    if (data.len != 2 + user_len + password_len || memcmp(data.data + 1, user, user_len) != 0 ||
        memcmp(data.data + 2 + user_len, password, password_len) != 0) {
        peer_send_text(peer, PAP, 3, id, "");
        return;
    }
    peer_send_text(peer, PAP, 2, id, "");
    remember(peer, NULL);
    network(peer);
}

static bool check_md5(struct peer *peer, uint8_t id, struct bytes data)
{
    uint8_t md5[16];
    struct bytes parts[] = {{&id, 1}, bytes_of_str(peer->script->password), {peer->challenge, 16}};

    digest_md5(parts, 3, md5);
    remember(peer, NULL);
    return data.len >= 17 && memcmp(md5, data.data + 1, 16) == 0;
}

static bool check_mschapv2(struct peer *peer, struct bytes value, char proof[43])
{
    uint8_t keys[32];

    if (value.len < 49 ||
        !peer_mschapv2(peer->script->user, peer->script->password, peer->challenge, value.data, proof, keys))
        return false;
    remember(peer, keys);
    if (peer->script->false_proof)
        proof[5] = proof[5] == '0' ? '1' : '0';
    return true;
}

void peer_auth_receive_chap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data)
{
    char proof[43] = "welcome";
    bool md5 = peer_auth_of(peer) == PEER_MD5, right;

    if (code != 2 || id != peer->auth_id || !peer_lcp_open(peer) || data.len < 1 || refused(peer, CHAP, id))
        return;
    if (md5)
        right = check_md5(peer, id, data);
    else
        right = check_mschapv2(peer, bytes_of(data.data + 1, data.len - 1), proof);
    if (!right) {
        peer_send_text(peer, CHAP, 4, id, "E=691 R=0 V=3");
        peer_terminate(peer);
        return;
    }
    if (!peer->logged_in && challenge_again(peer))
        return;
    peer_send_text(peer, CHAP, 3, id, proof);
    network(peer);
}

static void eap_success_request(struct peer *peer, const char *proof)
{
    uint8_t data[64] = {26, 3, peer->auth_id, 0, 46};

    peer->n_challenges = 3;
    peer->auth_id = peer->next_id++;
    peer->auth_resend = USEC_NEVER;
    memcpy(data + 5, proof, 42);
    peer_send(peer, EAP, 1, peer->auth_id, data, 47);
}

void peer_auth_receive_eap(struct peer *peer, uint8_t code, uint8_t id, struct bytes data)
{
    char proof[43];

    if (code != 2 || id != peer->auth_id || !peer_lcp_open(peer) || data.len < 1)
        return;
    if (peer->n_challenges == 0) { /* Identity */
        peer->n_challenges = 1;
        peer_auth_challenge(peer, true);
    } else if (peer->n_challenges == 1 && data.data[0] == 26 && data.len > 6) {
        if (refused(peer, EAP, id))
            return;
        if (check_mschapv2(peer, bytes_of(data.data + 6, data.len - 6), proof))
            eap_success_request(peer, proof);
        else
            peer_send(peer, EAP, 4, id, NULL, 0);
    } else if (peer->n_challenges == 3 && data.len == 2 && data.data[1] == 3) {
        if (!peer->script->no_eap_success)
            peer_send(peer, EAP, 3, id, NULL, 0);
        network(peer);
    }
}
