/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CHAP, RFC 1994, with MD5 and with MS-CHAPv2 (RFC 2759). The peer asks, we answer, so there is nothing to retransmit:
 * a Challenge that comes again (same identifier, same value) gets the same Response again, another one a new Response.
 * After Success there is no Response left to repeat, which whoever read it here could guess the password from: over a
 * stream nothing comes late, so a Challenge then wants a new one (RFC 1994 4.1 asks for one, not for the same).
 * SoftEther before a RADIUS server challenges twice and counts the second; others challenge again hours later. So the
 * method never closes. Identifiers of Success and Failure are not compared: S= binds more than they could.
 */
#include "auth.h"
#include "auth_mschapv2.h"
#include "ppp_link.h"
#include "secret.h"

enum { CHAP_CHALLENGE = 1, CHAP_RESPONSE = 2, CHAP_SUCCESS = 3, CHAP_FAILURE = 4 };

static bool is_mschapv2(const struct auth *auth)
{
    return auth->method->id == PPP_AUTH_MSCHAPV2;
}

static void start(struct auth *auth)
{
    log_info(ppp_link_log(auth->link), "CHAP: waiting for the server's challenge");
}

static void send_answer(struct auth *auth)
{
    const struct auth_chap_state *chap = &auth->chap;
    struct writer w = ppp_link_begin(auth->link, PPP_PROTO_CHAP, CHAP_RESPONSE, chap->id);

    writer_u8(&w, (uint8_t)chap->answer_len);
    writer_put(&w, chap->answer, chap->answer_len);
    writer_bytes(&w, auth_credential_name(auth));
    ppp_link_end(auth->link, &w);
    auth_log(auth, "sent", "Response", chap->id, "");
}

static bool make_answer(struct auth *auth)
{
    struct auth_chap_state *chap = &auth->chap;

    if (is_mschapv2(auth)) {
        if (!auth_mschapv2_answer(auth, chap->challenge))
            return false;
        memcpy(chap->answer, auth->mschapv2.value, AUTH_MSCHAPV2_VALUE_LEN);
        chap->answer_len = AUTH_MSCHAPV2_VALUE_LEN;
    } else {
        if (!auth_credential_md5(auth, chap->id, bytes_of(chap->challenge, chap->challenge_len),
                                 chap->answer))
            return false;
        chap->answer_len = PPP_MD5_LEN;
    }
    return true;
}

static bool is_repetition(const struct auth_chap_state *chap, uint8_t id, struct bytes challenge)
{
    return chap->has_answer && chap->id == id &&
           bytes_equal(challenge, bytes_of(chap->challenge, chap->challenge_len));
}

static void receive_challenge(struct auth *auth, const struct ppp_packet *packet)
{
    struct auth_chap_state *chap = &auth->chap;
    struct reader r = reader_of(packet->data);
    uint8_t len = reader_u8(&r);
    struct bytes challenge = reader_take(&r, len);

    if (!reader_ok(&r) || len == 0 || (is_mschapv2(auth) && len != 16)) {
        log_debug(ppp_link_log(auth->link), "CHAP: Challenge of impossible length dropped");
        return;
    }
    auth_heard(auth);
    if (!is_repetition(chap, packet->id, challenge)) {
        chap->id = packet->id;
        chap->challenge_len = len;
        memcpy(chap->challenge, challenge.data, len);
        chap->has_answer = make_answer(auth);
        chap->answered = chap->has_answer;
    }
    if (chap->has_answer)
        send_answer(auth);
}

static void forget_answer(struct auth_chap_state *chap)
{
    chap->answered = chap->has_answer = false;
    secret_wipe(chap->answer, sizeof(chap->answer));
}

static void receive_success(struct auth *auth, const struct ppp_packet *packet)
{
    /* A repeated Success says nothing new; it must not count as one without an answer. */
    if (auth->state == AUTH_STATE_DONE && !auth->chap.answered)
        return;
    if (is_mschapv2(auth)) {
        if (auth_mschapv2_verify(auth, packet->data))
            auth_succeed(auth, auth->mschapv2.hlak);
    } else if (auth->chap.answered) {
        auth_succeed(auth, NULL);
    } else {
        auth_fail(auth, end_make(END_AUTH_SERVER, 0, "it claims success without having asked for a proof"));
    }
    forget_answer(&auth->chap);
}

static void receive_failure(struct auth *auth, const struct ppp_packet *packet)
{
    if (auth->state == AUTH_STATE_DONE && !auth->chap.answered)
        return;
    auth_mschapv2_refuse(auth, packet->data); /* MD5's text is free: it comes out as a message */
}

/* S= is an authenticator and goes into no log. */
static void log_received(const struct auth *auth, const struct ppp_packet *packet, const char *what)
{
    char buf[200];
    struct ppp_text text;

    if (!ppp_link_traces(auth->link))
        return;
    text = ppp_text_of(buf, sizeof(buf));
    if (packet->code == CHAP_FAILURE)
        ppp_text_quoted(&text, packet->data);
    auth_log(auth, "received", what, packet->id, buf);
}

static void input(struct auth *auth, const struct ppp_packet *packet)
{
    switch (packet->code) {
    case CHAP_CHALLENGE:
        log_received(auth, packet, "Challenge");
        receive_challenge(auth, packet);
        break;
    case CHAP_SUCCESS:
        log_received(auth, packet, "Success");
        receive_success(auth, packet);
        break;
    case CHAP_FAILURE:
        log_received(auth, packet, "Failure");
        receive_failure(auth, packet);
        break;
    default: /* a Response would ask us to authenticate the peer, which nobody agreed on */ break;
    }
}

static void tick(struct auth *auth)
{
    auth_fail(auth,
              end_make(END_SILENT, 0,
                       auth->chap.has_answer ? "CHAP: no answer to our response" : "CHAP: no challenge"));
}

const struct auth_method auth_chap_md5 = {
    .id = PPP_AUTH_CHAP_MD5,
    .protocol = PPP_PROTO_CHAP,
    .start = start,
    .input = input,
    .tick = tick,
};

const struct auth_method auth_chap_mschapv2 = {
    .id = PPP_AUTH_MSCHAPV2,
    .protocol = PPP_PROTO_CHAP,
    .start = start,
    .input = input,
    .tick = tick,
};
