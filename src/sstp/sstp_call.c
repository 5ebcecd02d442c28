/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * perform() carries an action of the tables out, whoever asked for it: a message, the timer or the caller.
 * Sending means to note what is owed; it is encoded when the caller takes it, and since each message can be
 * owed only once, no peer can make the output grow.
 *
 * blame() keeps the first cause of an end; the goodbye that follows (an abort or a disconnect and its timers)
 * cannot change it. SSTP_EVENT_END comes when the stream may be closed.
 */
#include "sstp_call.h"

#include "sstp.h"

/* [MS-SSTP] appendix A <2>: what Windows does */
#define NAK_RETRIES 3

/* A peer that aborts this soon after CALL_CONNECTED may well have disliked its content (protocol.md 7.7) */
#define BINDING_VERDICT (3 * USEC_PER_SEC)

/* -- notes, causes, timers ------------------------------------------------------------------------------- */

/*
 * Echoes come by the hundred: one of each kind in a row is enough, so that they do not push the others out.
 */
void sstp_call_note(struct sstp *sstp, bool sent, uint16_t type)
{
    if (type == SSTP_MESSAGE_ECHO_REQUEST || type == SSTP_MESSAGE_ECHO_RESPONSE) {
        for (size_t back = 1; back <= 2 && back <= sstp->n_notes; back++) {
            const struct sstp_note *last = &sstp->notes[(sstp->n_notes - back) % SSTP_NOTES];

            if (last->sent == sent && last->type == type)
                return;
        }
    }
    sstp->notes[sstp->n_notes % SSTP_NOTES] = (struct sstp_note){.sent = sent, .type = type};
    sstp->n_notes++;
}

void sstp_call_blame(struct sstp *sstp, struct end end)
{
    if (sstp->end.reason != END_NONE)
        return;
    sstp->end = end;
    log_info(sstp->env->log, "sstp: ends: %s (%s)", end_reason_name(end.reason), end.detail);
}

void sstp_call_start_timer(struct sstp *sstp, enum sstp_timer timer, usec_t now)
{
    sstp->timer = timer;
    sstp->deadline = usec_after(now, timer == SSTP_TIMER_HELLO ? sstp->hello : sstp_timer_span(timer));
}

void sstp_call_owe(struct sstp *sstp, uint16_t type)
{
    for (size_t i = 0; i < sstp->n_owed; i++)
        if (sstp->owed[i] == type)
            return;
    if (sstp->n_owed < SSTP_OWED_MAX)
        sstp->owed[sstp->n_owed++] = (uint8_t)type;
}

static void enter(struct sstp *sstp, enum sstp_state state)
{
    if (sstp->state == state)
        return;
    log_info(sstp->env->log, "sstp: %s", sstp_state_name(state));
    sstp->state = state;
    if (state == SSTP_STATE_CLOSED)
        sstp->events |= SSTP_EVENT_BIT(SSTP_EVENT_END);
}

void sstp_call_perform(struct sstp *sstp, enum sstp_action action, usec_t now)
{
    const struct sstp_effect effect = sstp_fsm_effect(action);

    if (effect.send != 0)
        sstp_call_owe(sstp, effect.send);
    if (effect.timer != SSTP_TIMER_COUNT)
        sstp_call_start_timer(sstp, effect.timer, now);
    if (effect.next != SSTP_STATE_COUNT)
        enter(sstp, effect.next);
}

void sstp_call_abort(struct sstp *sstp, uint8_t attribute, enum sstp_status status, struct end why,
                     usec_t now)
{
    sstp_call_blame(sstp, why);
    sstp->goodbye = (struct sstp_status_info){.attribute = attribute, .status = status};
    sstp_call_perform(sstp, SSTP_ACTION_ABORT, now);
}

void sstp_call_close(struct sstp *sstp, struct end why, usec_t now)
{
    sstp_call_blame(sstp, why);
    sstp->n_owed = 0;
    sstp_call_perform(sstp, SSTP_ACTION_CLOSE, now);
}

/* -- control messages ------------------------------------------------------------------------------------ */

static void log_received(const struct sstp *sstp, const struct sstp_message *message)
{
    const struct sstp_status_info info = sstp_wire_get_status(message);

    if (info.present)
        log_debug(sstp->env->log, "sstp: received %s (type %u), status %u %s about %s",
                  sstp_message_name(message->type), message->type, info.status, sstp_status_name(info.status),
                  sstp_attribute_name(info.attribute));
    else
        log_debug(sstp->env->log, "sstp: received %s (type %u), %u attributes, %zu bytes of them",
                  sstp_message_name(message->type), message->type, message->n_attributes,
                  message->attributes.len);
}

static void on_connect_ack(struct sstp *sstp, const struct sstp_message *message, usec_t now)
{
    struct sstp_binding_request request;
    enum sstp_status status = sstp_wire_get_connect_ack(message, &request);
    enum sstp_hash hash;

    if (status != SSTP_STATUS_NO_ERROR) {
        sstp_call_abort(
            sstp, SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ, status,
            end_make(END_SSTP_BAD, 0, "a malformed CALL_CONNECT_ACK: %s", sstp_status_name(status)), now);
        return;
    }
    hash = sstp_binding_choose(request.hashes);
    if (hash == SSTP_HASH_NONE) {
        sstp_call_abort(sstp, SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ, SSTP_STATUS_VALUE_NOT_SUPPORTED,
                        end_make(END_SSTP_NO_HASH, request.hashes, "hash bits 0x%02x", request.hashes), now);
        return;
    }
    log_debug(sstp->env->log, "sstp: hash bits 0x%02x on offer, using %s", request.hashes,
              hash == SSTP_HASH_SHA256 ? "SHA-256" : "SHA-1");
    sstp->facts.hash = hash;
    memcpy(sstp->facts.nonce, request.nonce, sizeof(request.nonce));
    sstp_call_perform(sstp, SSTP_ACTION_ACCEPT, now);
    sstp->stage = END_STAGE_LCP;
    sstp->events |= SSTP_EVENT_BIT(SSTP_EVENT_OPEN);
}

/* Asking again cannot help, version 1 has only one request; but a server that is busy may change its mind. */
static void on_connect_nak(struct sstp *sstp, const struct sstp_message *message, usec_t now)
{
    const struct sstp_status_info info = sstp_wire_get_status(message);

    if (sstp->n_naks == 0)
        sstp->nak_status = info.status;
    if (sstp->n_naks < NAK_RETRIES) {
        sstp->n_naks++;
        sstp_call_perform(sstp, SSTP_ACTION_RETRY, now);
        return;
    }
    sstp_call_abort(sstp, SSTP_ATTRIBUTE_STATUS_INFO, SSTP_STATUS_RETRY_COUNT_EXCEEDED,
                    end_make(END_SSTP_NAK, sstp->nak_status,
                             "CALL_CONNECT_NAK %d times, status %u %s about %s", NAK_RETRIES + 1,
                             sstp->nak_status, sstp_status_name(sstp->nak_status),
                             sstp_attribute_name(info.attribute)),
                    now);
}

/*
 * Is a CALL_ABORT a verdict on our CALL_CONNECTED? Windows says so in attribute and status; accel-ppp and
 * sorz send status 7 for everything, and accel-ppp's first IPCP frame may overtake its verdict, hence the
 * time (protocol.md 7.6, 7.7).
 */
static bool rejects_binding(const struct sstp *sstp, const struct sstp_status_info *info, usec_t now)
{
    bool in_time = now < usec_after(sstp->connected_at, BINDING_VERDICT);

    if (!sstp->was_connected)
        return false;
    if (info->present && info->attribute == SSTP_ATTRIBUTE_CRYPTO_BINDING)
        return true;
    if (info->present && info->status == SSTP_STATUS_VALUE_NOT_SUPPORTED)
        return in_time || !sstp->in_use;
    if (sstp->in_use)
        return false;
    return !sstp->heard_ppp || (info->status == SSTP_STATUS_INVALID_FRAME_RECEIVED && in_time);
}

/* protocol.md 7.7 */
static struct end binding_end(uint32_t status)
{
    return end_make(
        END_SSTP_BINDING, status,
        "CALL_ABORT, status %u %s, after CALL_CONNECTED; usual causes: TLS is intercepted or ends at "
        "a proxy, the server's certificate was changed without a restart of SSTP, or its RADIUS "
        "server sends no MPPE keys",
        status, sstp_status_name(status));
}

static void on_abort(struct sstp *sstp, const struct sstp_message *message, enum sstp_action action,
                     usec_t now)
{
    const struct sstp_status_info info = sstp_wire_get_status(message);

    if (rejects_binding(sstp, &info, now))
        sstp_call_blame(sstp, binding_end(info.status));
    else if (info.present)
        sstp_call_blame(sstp, end_make(END_SSTP_ABORT, info.status, "CALL_ABORT, status %u %s about %s",
                                       info.status, sstp_status_name(info.status),
                                       sstp_attribute_name(info.attribute)));
    else
        sstp_call_blame(sstp, end_make(END_SSTP_ABORT, 0, "CALL_ABORT without a status"));
    if (action == SSTP_ACTION_ABORT_ANSWER) /* else ours may be waiting to be sent */
        sstp->goodbye = (struct sstp_status_info){.attribute = SSTP_ATTRIBUTE_NO_ERROR};
    sstp_call_perform(sstp, action, now);
}

static void on_disconnect(struct sstp *sstp, const struct sstp_message *message, enum sstp_action action,
                          usec_t now)
{
    const struct sstp_status_info info = sstp_wire_get_status(message);

    sstp_call_blame(sstp, end_make(END_SSTP_DISCONNECT, info.status, "CALL_DISCONNECT, status %u %s",
                                   info.status, sstp_status_name(info.status)));
    sstp_call_perform(sstp, action, now);
}

static void on_unexpected(struct sstp *sstp, const struct sstp_message *message, usec_t now)
{
    sstp_call_abort(sstp, SSTP_ATTRIBUTE_STATUS_INFO, SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED,
                    end_make(END_SSTP_UNEXPECTED, message->type, "%s in state %s",
                             sstp_message_name(message->type), sstp_state_name(sstp->state)),
                    now);
}

static void on_message(struct sstp *sstp, const struct sstp_message *message, usec_t now)
{
    enum sstp_action action = sstp_fsm_receive(sstp->state, sstp_received_of(message->type));

    switch (action) {
    case SSTP_ACTION_ACCEPT: on_connect_ack(sstp, message, now); break;
    case SSTP_ACTION_RETRY: on_connect_nak(sstp, message, now); break;
    case SSTP_ACTION_REFUSE: on_unexpected(sstp, message, now); break;
    case SSTP_ACTION_ABORT_ANSWER:
    case SSTP_ACTION_ABORT_MET: on_abort(sstp, message, action, now); break;
    case SSTP_ACTION_DISCONNECT_ANSWER: on_disconnect(sstp, message, action, now); break;
    case SSTP_ACTION_IGNORE:
        log_debug(sstp->env->log, "sstp: %s (type %u) ignored in state %s", sstp_message_name(message->type),
                  message->type, sstp_state_name(sstp->state));
        break;
    case SSTP_ACTION_ECHO:
    case SSTP_ACTION_ALIVE:
    case SSTP_ACTION_CLOSE: sstp_call_perform(sstp, action, now); break;
    case SSTP_ACTION_DELIVER: /* no cell of a control message holds these */
    case SSTP_ACTION_REQUEST:
    case SSTP_ACTION_CONNECT:
    case SSTP_ACTION_PROBE:
    case SSTP_ACTION_ABORT:
    case SSTP_ACTION_DISCONNECT:
    case SSTP_ACTION_COUNT: break;
    }
}

bool sstp_call_ending(const struct sstp *sstp)
{
    return sstp->state >= SSTP_STATE_ABORT_PENDING;
}

void sstp_call_message(struct sstp *sstp, struct bytes payload, usec_t now)
{
    struct sstp_message message;

    if (!sstp_wire_message(payload, &message)) {
        if (!sstp_call_ending(sstp))
            sstp_call_abort(sstp, SSTP_ATTRIBUTE_STATUS_INFO, SSTP_STATUS_INVALID_FRAME_RECEIVED,
                            end_make(END_SSTP_BAD, 0, "a control message of %zu bytes", payload.len), now);
        return;
    }
    sstp_call_note(sstp, false, message.type);
    log_received(sstp, &message);
    on_message(sstp, &message, now);
}
