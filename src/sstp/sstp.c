/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door: the stream is cut into steps (the HTTP head, then packets), data packets go straight up, control
 * packets go to sstp_call, which knows what they do. One timer runs at a time (see sstp_fsm.h), so there is
 * one deadline.
 *
 * sstp_data() is the packet path: for a data packet of a standing call it looks at the four bytes of the
 * header, copies nothing and formats nothing.
 */
#include "sstp.h"

#include "secret.h"
#include "sstp_call.h"
#include "sstp_frame.h"

_Static_assert(SSTP_HLAK_LEN == SSTP_BINDING_HLAK_LEN, "one key, two headers");
_Static_assert(SSTP_HEADER_LEN == SSTP_FRAME_HEADER_LEN, "one header, two headers");

/* In the first byte of a PPP protocol number: 0x8000 and above is control, [MS-SSTP] 3.2.7.1 */
#define CONTROL_PROTOCOL 0x80

/* -- input ----------------------------------------------------------------------------------------------- */

/*
 * The row of a PPP frame: by its protocol number, FF 03 and the number's first byte being optional
 * (protocol.md 8).
 */
static enum sstp_received frame_kind(struct bytes frame)
{
    struct reader r = reader_of(frame);

    if (frame.len >= 2 && frame.data[0] == 0xff && frame.data[1] == 0x03)
        (void)reader_take(&r, 2);
    if (r.left < 2 || r.pos[0] & 1) /* a number of one byte is below 0x100 */
        return SSTP_RECEIVED_PPP_DATA;
    return r.pos[0] & CONTROL_PROTOCOL ? SSTP_RECEIVED_PPP_CONTROL : SSTP_RECEIVED_PPP_DATA;
}

static void deliver(struct sstp *sstp, struct bytes frame)
{
    sstp->frame = frame;
    sstp->events |= SSTP_EVENT_BIT(SSTP_EVENT_FRAME);
}

static void input_data_early(struct sstp *sstp, struct bytes frame)
{
    if (sstp_fsm_receive(sstp->state, frame_kind(frame)) == SSTP_ACTION_DELIVER)
        deliver(sstp, frame);
    else
        log_debug(sstp->env->log, "sstp: PPP frame of %zu bytes dropped in state %s", frame.len,
                  sstp_state_name(sstp->state));
}

/* [MS-SSTP] 3.1.2.3: whatever the peer sends proves that it lives. */
static void heard(struct sstp *sstp, usec_t now)
{
    sstp->probed = false;
    sstp->deadline = usec_after(now, sstp->hello);
}

static size_t input_packet(struct sstp *sstp, struct bytes stream, usec_t now)
{
    struct bytes payload;

    switch (sstp_frame_next(stream, &payload)) {
    case SSTP_FRAME_MORE: return 0;
    case SSTP_FRAME_BAD:
        sstp_call_close(sstp,
                        end_make(END_SSTP_BAD, 0, "a packet with version 0x%02x, or shorter than its header",
                                 stream.data[0]),
                        now);
        return 0;
    case SSTP_FRAME_DATA: /* both cells of Client_Call_Connected say "deliver" */
        if (sstp->state == SSTP_STATE_CONNECTED) {
            sstp_heard(sstp, now);
            deliver(sstp, payload);
        } else {
            input_data_early(sstp, payload);
        }
        break;
    case SSTP_FRAME_CONTROL:
        if (sstp->state == SSTP_STATE_CONNECTED)
            heard(sstp, now);
        sstp_call_message(sstp, payload, now);
        break;
    }
    return SSTP_FRAME_HEADER_LEN + payload.len;
}

static size_t input_http(struct sstp *sstp, struct bytes stream, usec_t now)
{
    size_t used = 0;
    struct end why;

    switch (sstp_http_response(&sstp->http, stream, &used, &why)) {
    case SSTP_HTTP_MORE:
    case SSTP_HTTP_CONTINUE: break;
    case SSTP_HTTP_OK:
        log_debug(sstp->env->log, "sstp: received the HTTP response, %zu bytes", used);
        sstp_call_perform(sstp, SSTP_ACTION_REQUEST, now);
        sstp->stage = END_STAGE_SSTP;
        sstp->events |= SSTP_EVENT_BIT(SSTP_EVENT_HTTP_OK);
        break;
    case SSTP_HTTP_END: sstp_call_close(sstp, why, now); break;
    }
    return used;
}

size_t sstp_input(struct sstp *sstp, struct bytes stream, usec_t now)
{
    size_t used;

    sstp->events &= (uint8_t)~SSTP_EVENT_BIT(SSTP_EVENT_FRAME); /* an untaken view is stale now */
    if (sstp->state == SSTP_STATE_CLOSED)
        return 0;
    if (sstp->state == SSTP_STATE_HTTP)
        used = input_http(sstp, stream, now);
    else
        used = input_packet(sstp, stream, now);
    /* what follows an end means nothing; and a result above 0 makes the caller look for the event */
    return sstp->state == SSTP_STATE_CLOSED ? stream.len : used;
}

/* Data of a call that stands: both cells of Client_Call_Connected say "deliver". */
bool sstp_data(const struct sstp *sstp, struct bytes stream, struct bytes *ret_frame)
{
    return sstp->state == SSTP_STATE_CONNECTED && sstp_frame_next(stream, ret_frame) == SSTP_FRAME_DATA;
}

void sstp_in_use(struct sstp *sstp)
{
    sstp->in_use = true;
}

void sstp_heard(struct sstp *sstp, usec_t now)
{
    heard(sstp, now);
    sstp->heard_ppp = true;
}

/* -- output ---------------------------------------------------------------------------------------------- */

static void put_message(const struct sstp *sstp, uint16_t type, struct writer *out)
{
    static const struct sstp_status_info no_error = {.attribute = SSTP_ATTRIBUTE_NO_ERROR};

    switch (type) {
    case SSTP_MESSAGE_CONNECT_REQUEST: sstp_wire_put_connect_request(out, SSTP_PROTOCOL_PPP); break;
    case SSTP_MESSAGE_CONNECTED: writer_put(out, sstp->connected, sizeof(sstp->connected)); break;
    case SSTP_MESSAGE_ABORT: sstp_wire_put_status(out, type, &sstp->goodbye, 1); break;
    case SSTP_MESSAGE_DISCONNECT: sstp_wire_put_status(out, type, &no_error, 1); break;
    default: sstp_wire_put_bare(out, type); break;
    }
}

bool sstp_output(struct sstp *sstp, struct writer *out)
{
    uint8_t type;

    if (sstp->n_owed == 0)
        return false;
    type = sstp->owed[0];
    sstp->n_owed--;
    memmove(sstp->owed, sstp->owed + 1, sstp->n_owed);
    if (type == SSTP_OWED_HTTP_REQUEST) {
        sstp_http_put_request(out, sstp->config->host, sstp->config->port, sstp->guid);
        log_debug(sstp->env->log, "sstp: sent the HTTP request, SSTPCORRELATIONID %s", sstp->guid);
        return true;
    }
    put_message(sstp, type, out);
    sstp_call_note(sstp, true, type);
    if (type == SSTP_MESSAGE_ABORT)
        log_debug(sstp->env->log, "sstp: sent CALL_ABORT, status %u %s about %s", sstp->goodbye.status,
                  sstp_status_name(sstp->goodbye.status), sstp_attribute_name(sstp->goodbye.attribute));
    else
        log_debug(sstp->env->log, "sstp: sent %s", sstp_message_name(type));
    return true;
}

bool sstp_event(struct sstp *sstp, struct sstp_event *ret_event)
{
    enum sstp_event_type type = SSTP_EVENT_HTTP_OK;

    if (sstp->events == 0)
        return false;
    while (!(sstp->events & SSTP_EVENT_BIT(type)))
        type++;
    sstp->events &= (uint8_t)~SSTP_EVENT_BIT(type);
    ret_event->type = type;
    if (type == SSTP_EVENT_FRAME)
        ret_event->frame = sstp->frame;
    else if (type == SSTP_EVENT_END)
        ret_event->end = sstp->end;
    return true;
}

/* -- time ------------------------------------------------------------------------------------------------ */

usec_t sstp_deadline(const struct sstp *sstp)
{
    return sstp->deadline;
}

/* The time as whole seconds, for messages. */
static unsigned int seconds(usec_t span)
{
    return (unsigned int)(span / USEC_PER_SEC);
}

static void on_hello(struct sstp *sstp, usec_t now)
{
    if (sstp->probed) {
        sstp_call_close(sstp,
                        end_make(END_SILENT, 0,
                                 "nothing was received for %u s, not even after an SSTP ECHO_REQUEST",
                                 seconds(2 * sstp->hello)),
                        now);
        return;
    }
    sstp_call_perform(sstp, SSTP_ACTION_PROBE, now);
    sstp->probed = true;
}

static void on_negotiation(struct sstp *sstp, usec_t now)
{
    const char *missing = sstp->state == SSTP_STATE_REQUEST_SENT ? "no answer to CALL_CONNECT_REQUEST"
                                                                 : "PPP did not authenticate";

    sstp_call_abort(
        sstp, SSTP_ATTRIBUTE_STATUS_INFO, SSTP_STATUS_NEGOTIATION_TIMEOUT,
        end_make(END_SILENT, 0, "%s within %u s", missing, seconds(sstp_timer_span(SSTP_TIMER_NEGOTIATION))),
        now);
}

void sstp_tick(struct sstp *sstp, usec_t now)
{
    enum sstp_action action;

    if (now < sstp->deadline)
        return;
    log_debug(sstp->env->log, "sstp: the %s timer ran out", sstp_timer_name(sstp->timer));
    action = sstp_fsm_expire(sstp->timer);
    if (action == SSTP_ACTION_PROBE)
        on_hello(sstp, now);
    else if (action == SSTP_ACTION_ABORT)
        on_negotiation(sstp, now);
    else if (action == SSTP_ACTION_CLOSE) /* a goodbye has its cause already: this one is for HTTP */
        sstp_call_close(sstp,
                        end_make(END_SILENT, 0, "no complete HTTP response within %u s",
                                 seconds(sstp_timer_span(SSTP_TIMER_HTTP))),
                        now);
}

/* -- what the caller asks for ---------------------------------------------------------------------------- */

void sstp_init(struct sstp *sstp, const struct sstp_config *config, const struct env *env, usec_t now)
{
    memset(sstp, 0, sizeof(*sstp));
    sstp->config = config;
    sstp->env = env;
    sstp->hello = config->hello ? config->hello : sstp_timer_span(SSTP_TIMER_HELLO);
    sstp->stage = END_STAGE_HTTP;
    memcpy(sstp->facts.cert_sha1, config->cert_sha1, sizeof(config->cert_sha1));
    memcpy(sstp->facts.cert_sha256, config->cert_sha256, sizeof(config->cert_sha256));
    sstp_http_guid(env, sstp->guid);
    if (!sstp_http_host_ok(config->host)) {
        sstp_call_close(sstp, end_make(END_USAGE, 0, "the server's name cannot stand in an HTTP request"),
                        now);
        return;
    }
    sstp_call_owe(sstp, SSTP_OWED_HTTP_REQUEST);
    sstp_call_start_timer(sstp, SSTP_TIMER_HTTP, now);
}

void sstp_authenticated(struct sstp *sstp, const uint8_t hlak[static SSTP_HLAK_LEN], usec_t now)
{
    if (sstp->state != SSTP_STATE_ACK_RECEIVED)
        return;
    sstp_binding_message(&sstp->facts, hlak, sstp->connected);
    sstp->was_connected = true;
    sstp->connected_at = now;
    sstp_call_perform(sstp, SSTP_ACTION_CONNECT, now);
}

void sstp_close(struct sstp *sstp, usec_t now)
{
    const struct end requested = end_make(END_REQUESTED, 0, "%s", "");

    if (sstp_call_ending(sstp))
        return;
    if (sstp->state == SSTP_STATE_HTTP) { /* there is no call yet */
        sstp_call_close(sstp, requested, now);
        return;
    }
    sstp_call_blame(sstp, requested);
    sstp_call_perform(sstp, SSTP_ACTION_DISCONNECT, now);
}

bool sstp_carries_control(const struct sstp *sstp)
{
    return sstp->state == SSTP_STATE_ACK_RECEIVED || sstp->state == SSTP_STATE_CONNECTED;
}

bool sstp_carries_data(const struct sstp *sstp)
{
    return sstp->state == SSTP_STATE_CONNECTED;
}

const struct end *sstp_cause(const struct sstp *sstp)
{
    return sstp->end.reason == END_NONE ? NULL : &sstp->end;
}

enum end_stage sstp_stage(const struct sstp *sstp)
{
    return sstp->stage;
}

const char *sstp_correlation_id(const struct sstp *sstp)
{
    return sstp->guid;
}

/* One entry, whole or not at all. */
static void put_note(struct writer *w, const struct sstp_note *note)
{
    size_t start = w->len;

    if (start > 0)
        writer_bytes(w, bytes_of_str(", "));
    writer_bytes(w, bytes_of_str(note->sent ? "sent " : "got "));
    writer_bytes(w, bytes_of_str(sstp_message_name(note->type)));
    if (!writer_ok(w))
        w->len = start;
}

void sstp_last_messages(const struct sstp *sstp, char *out, size_t cap)
{
    struct writer w = writer_of((uint8_t *)out, cap > 0 ? cap - 1 : 0);
    size_t n = sstp->n_notes < SSTP_NOTES ? sstp->n_notes : SSTP_NOTES;

    if (cap == 0)
        return;
    for (size_t i = sstp->n_notes - n; i < sstp->n_notes; i++)
        put_note(&w, &sstp->notes[i % SSTP_NOTES]);
    out[w.len] = '\0';
}

void sstp_done(struct sstp *sstp)
{
    secret_wipe(sstp, sizeof(*sstp));
}
