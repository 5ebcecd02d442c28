/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PAP, RFC 1334 section 2: the password itself crosses the tunnel, so this runs only where the user allowed it. Timers:
 * the request is repeated every 3 s, ten times in all.
 *
 * The message of an answer is optional in every way: SoftEther leaves even its length out, and RouterOS counts neither
 * into Length, so that they lie in what is padding for us (protocol.md section 11).
 */
#include "auth.h"
#include "cp_fsm.h"
#include "ppp_link.h"
#include "secret.h"

enum { PAP_REQUEST = 1, PAP_ACK = 2, PAP_NAK = 3 };

static void send_request(struct auth *auth)
{
    struct bytes name = auth_credential_name(auth);
    struct writer w = ppp_link_begin(auth->link, PPP_PROTO_PAP, PAP_REQUEST, auth->id);

    writer_u8(&w, (uint8_t)name.len);
    writer_bytes(&w, name);
    if (!auth_credential_pap(auth, &w))
        return;
    ppp_link_end(auth->link, &w);
    auth_log(auth, "sent", "Authenticate-Request", auth->id, "");
    auth->n_sent++;
    auth->deadline = usec_after(auth->link->now, CP_RESTART_TIME);
}

static void start(struct auth *auth)
{
    auth->id = ppp_link_new_id(auth->link);
    send_request(auth);
}

/* What the message field holds, as far as it is there. */
static struct bytes read_message(struct bytes data)
{
    struct reader r = reader_of(data);
    uint8_t len = reader_u8(&r);

    return reader_take(&r, len < r.left ? len : r.left);
}

static void refuse(struct auth *auth, struct bytes message)
{
    char buf[200];
    struct ppp_text text = ppp_text_of(buf, sizeof(buf));

    if (message.len > 0)
        ppp_text_quoted(&text, message);
    auth_fail(auth, end_make(END_AUTH_REFUSED, 0, "PAP%s%s", message.len > 0 ? ": " : "", buf));
}

static void input(struct auth *auth, const struct ppp_packet *packet)
{
    struct bytes message = read_message(packet->data);

    if (packet->code == PAP_ACK) {
        auth_log(auth, "received", "Authenticate-Ack", packet->id, "");
        auth_succeed(auth, NULL);
    } else if (packet->code == PAP_NAK && auth->state == AUTH_STATE_WORKING) {
        auth_log(auth, "received", "Authenticate-Nak", packet->id, "");
        refuse(auth, message);
    }
}

static void tick(struct auth *auth)
{
    if (auth->n_sent >= CP_MAX_CONFIGURE)
        auth_fail(auth, end_make(END_SILENT, 0, "PAP: no answer to %u requests", auth->n_sent));
    else
        send_request(auth);
}

const struct auth_method auth_pap = {
    .id = PPP_AUTH_PAP,
    .protocol = PPP_PROTO_PAP,
    .start = start,
    .input = input,
    .tick = tick,
};
