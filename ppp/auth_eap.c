/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EAP, RFC 3748, with one method: MSCHAPv2 (type 26, draft-kamath-pppext-eap-mschapv2). The peer asks, we answer; a
 * Request that comes again is answered by the same bytes again. EAP-Success counts only behind the method's own
 * success; a peer that leaves it out and goes on to the network protocols means the same (auth_implied_success).
 */
#include "auth.h"
#include "auth_mschapv2.h"
#include "digest.h"
#include "ppp_link.h"
#include "secret.h"

enum { EAP_REQUEST = 1, EAP_RESPONSE = 2, EAP_SUCCESS = 3, EAP_FAILURE = 4 };
enum { TYPE_IDENTITY = 1, TYPE_NOTIFICATION = 2, TYPE_NAK = 3, TYPE_MSCHAPV2 = 26 };
enum { OP_CHALLENGE = 1, OP_RESPONSE = 2, OP_SUCCESS = 3, OP_FAILURE = 4 };

#define MSCHAPV2_HEADER_LEN 4 /* OpCode, MS-CHAPv2-ID, MS-Length */

static const char *type_name(uint8_t type)
{
    switch (type) {
    case TYPE_IDENTITY: return "Identity";
    case TYPE_NOTIFICATION: return "Notification";
    case TYPE_NAK: return "Nak";
    case 4: return "MD5-Challenge";
    case 6: return "GTC";
    case 13: return "TLS";
    case 21: return "TTLS";
    case 25: return "PEAP";
    case TYPE_MSCHAPV2: return "MSCHAPv2";
    case 254: return "Expanded";
    default: return "unknown type";
    }
}

static void start(struct auth *auth)
{
    log_info(ppp_link_log(auth->link), "EAP: waiting for the server's request");
}

static void send_response(struct auth *auth, uint8_t id)
{
    const struct auth_eap_state *eap = &auth->eap;

    ppp_link_send(auth->link, PPP_PROTO_EAP, EAP_RESPONSE, id, bytes_of(eap->response, eap->response_len));
    auth_log(auth, "sent", "Response", id, type_name(eap->response[0]));
}

/* The response begins with its type; the caller writes the rest and calls finish_response(). Nothing is left of the last one. */
static struct writer begin_response(struct auth *auth, uint8_t type)
{
    struct writer w = writer_of(auth->eap.response, sizeof(auth->eap.response));

    secret_wipe(auth->eap.response, sizeof(auth->eap.response));
    writer_u8(&w, type);
    return w;
}

static void finish_response(struct auth *auth, const struct writer *w, uint8_t id)
{
    auth->eap.response_len = writer_view(w).len;
    if (auth->eap.response_len > 0)
        send_response(auth, id);
}

static void respond_identity(struct auth *auth, uint8_t id)
{
    struct writer w = begin_response(auth, TYPE_IDENTITY);

    writer_bytes(&w, auth_credential_name(auth));
    finish_response(auth, &w, id);
}

/* A message for the user (RFC 3748 5.2), answered without data. */
static void respond_notification(struct auth *auth, uint8_t id, struct bytes message)
{
    struct writer w = begin_response(auth, TYPE_NOTIFICATION);
    char text[160];

    log_safe(text, sizeof(text), message);
    log_printf(ppp_link_log(auth->link), ppp_link_level(auth->link, LOG_LEVEL_NOTICE),
               "EAP: message from the server: %s", text);
    finish_response(auth, &w, id);
}

/* We have one method to offer instead (RFC 3748 5.3.1). */
static void respond_nak(struct auth *auth, uint8_t id, uint8_t type)
{
    struct writer w = begin_response(auth, TYPE_NAK);

    auth->eap.refused_type = type;
    writer_u8(&w, TYPE_MSCHAPV2);
    finish_response(auth, &w, id);
}

static void receive_challenge(struct auth *auth, uint8_t id, uint8_t ms_id, struct reader r)
{
    struct bytes name = auth_credential_name(auth);
    uint8_t len = reader_u8(&r);
    struct bytes challenge = reader_take(&r, len);
    struct writer w;

    if (!reader_ok(&r) || len != 16) {
        log_debug(ppp_link_log(auth->link), "EAP: MSCHAPv2 Challenge of impossible length dropped");
        return;
    }
    auth->eap.challenged = true;
    auth->eap.proven = false;
    if (!auth_mschapv2_answer(auth, challenge.data))
        return;
    w = begin_response(auth, TYPE_MSCHAPV2);
    writer_u8(&w, OP_RESPONSE);
    writer_u8(&w, ms_id);
    writer_u16(&w, (uint16_t)(MSCHAPV2_HEADER_LEN + 1 + AUTH_MSCHAPV2_VALUE_LEN + name.len));
    writer_u8(&w, AUTH_MSCHAPV2_VALUE_LEN);
    writer_put(&w, auth->mschapv2.value, AUTH_MSCHAPV2_VALUE_LEN);
    writer_bytes(&w, name);
    finish_response(auth, &w, id);
}

/* The answers to Success and Failure are the OpCode alone: six bytes as a whole. */
static void respond_opcode(struct auth *auth, uint8_t id, uint8_t opcode)
{
    struct writer w = begin_response(auth, TYPE_MSCHAPV2);

    writer_u8(&w, opcode);
    finish_response(auth, &w, id);
}

static void receive_method_success(struct auth *auth, uint8_t id, struct bytes text)
{
    bool again = auth->eap.proven && !auth->mschapv2.answered; /* said once more, under a new identifier */

    if (!again && !auth_mschapv2_verify(auth, text))
        return; /* no response: the draft's section 2.3, and nothing else to say to an impostor */
    auth->eap.proven = true;
    respond_opcode(auth, id, OP_SUCCESS);
}

static void receive_method_failure(struct auth *auth, uint8_t id, struct bytes text)
{
    respond_opcode(auth, id, OP_FAILURE);
    auth_mschapv2_refuse(auth, text);
}

/*
 * MS-Length repeats what EAP's length says already; where both disagree (SoftEther puts a CHAP packet in there) the
 * shorter one is believed.
 */
static void receive_mschapv2(struct auth *auth, uint8_t id, struct bytes data)
{
    struct reader r = reader_of(data);
    uint8_t opcode = reader_u8(&r);
    uint8_t ms_id = reader_u8(&r);
    uint16_t ms_len = reader_u16(&r);
    struct reader body = r;

    if (!reader_ok(&r))
        return;
    if (ms_len >= MSCHAPV2_HEADER_LEN && (size_t)ms_len - MSCHAPV2_HEADER_LEN < r.left)
        body = reader_sub(&r, (size_t)ms_len - MSCHAPV2_HEADER_LEN);
    if (opcode == OP_CHALLENGE)
        receive_challenge(auth, id, ms_id, body);
    else if (opcode == OP_SUCCESS)
        receive_method_success(auth, id, reader_rest(&body));
    else if (opcode == OP_FAILURE)
        receive_method_failure(auth, id, reader_rest(&body));
}

static bool is_repetition(struct auth *auth, const struct ppp_packet *packet)
{
    struct auth_eap_state *eap = &auth->eap;
    uint8_t hash[SHA1_LEN];
    bool same;

    digest_sha1(&packet->whole, 1, hash);
    same = eap->response_len > 0 && memcmp(hash, eap->request_hash, sizeof(hash)) == 0;
    memcpy(eap->request_hash, hash, sizeof(hash));
    return same;
}

static void receive_request(struct auth *auth, const struct ppp_packet *packet)
{
    struct reader r = reader_of(packet->data);
    uint8_t type = reader_u8(&r);
    struct bytes data = reader_rest(&r);

    if (!reader_ok(&r))
        return;
    auth_log(auth, "received", "Request", packet->id, type_name(type));
    auth_heard(auth);
    if (is_repetition(auth, packet)) {
        send_response(auth, packet->id);
        return;
    }
    auth->eap.response_len = 0; /* a Request that gets no response has none to repeat */
    switch (type) {
    case 0:
    case TYPE_NAK: break; /* only allowed in responses */
    case TYPE_IDENTITY: respond_identity(auth, packet->id); break;
    case TYPE_NOTIFICATION: respond_notification(auth, packet->id, data); break;
    case TYPE_MSCHAPV2: receive_mschapv2(auth, packet->id, data); break;
    default: respond_nak(auth, packet->id, type); break;
    }
}

static void receive_success(struct auth *auth)
{
    if (auth->state == AUTH_STATE_DONE && !auth->mschapv2.answered)
        return;
    if (auth->eap.proven)
        auth_succeed(auth, auth->mschapv2.hlak);
    else
        auth_fail(auth, end_make(END_AUTH_SERVER, 0, "EAP-Success without a proof"));
}

static void receive_failure(struct auth *auth)
{
    const struct auth_eap_state *eap = &auth->eap;

    if (auth->state == AUTH_STATE_DONE && !auth->mschapv2.answered)
        return;
    if (!eap->challenged && eap->refused_type)
        auth_fail(auth, end_make(END_AUTH_METHOD, 0,
                                 "the server wants EAP type %u (%s), which is not supported here",
                                 eap->refused_type, type_name(eap->refused_type)));
    else
        auth_fail(auth, end_make(END_AUTH_REFUSED, 0, "EAP-Failure"));
}

static void input(struct auth *auth, const struct ppp_packet *packet)
{
    switch (packet->code) {
    case EAP_REQUEST: receive_request(auth, packet); break;
    case EAP_SUCCESS:
        auth_log(auth, "received", "Success", packet->id, "");
        receive_success(auth);
        break;
    case EAP_FAILURE:
        auth_log(auth, "received", "Failure", packet->id, "");
        receive_failure(auth);
        break;
    default: break;
    }
}

static void tick(struct auth *auth)
{
    auth_fail(auth, end_make(END_SILENT, 0, "EAP: the server fell silent"));
}

static bool implied(const struct auth *auth)
{
    return auth->eap.proven;
}

const struct auth_method auth_eap_mschapv2 = {
    .id = PPP_AUTH_EAP_MSCHAPV2,
    .protocol = PPP_PROTO_EAP,
    .start = start,
    .input = input,
    .tick = tick,
    .implied = implied,
};
