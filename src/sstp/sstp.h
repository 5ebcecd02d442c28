/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SSTP engine's door: the HTTP exchange and the client call of [MS-SSTP] over one ordered byte stream
 * (the inside of a TLS session). It only computes: stream bytes and `now` come in, stream bytes, events and
 * one deadline come out. It allocates nothing.
 *
 * The caller's round, after every call below that is given `now`: take all sstp_output(), take all
 * sstp_event(), sleep until sstp_deadline().
 */
#ifndef SSTPTUN_SSTP_H
#define SSTPTUN_SSTP_H

#include "bytes.h"
#include "clock.h"
#include "end_reason.h"
#include "env.h"
#include "sstp_state.h" /* struct sstp: for its size only, its fields belong to the engine */

#define SSTP_HEADER_LEN  4
#define SSTP_PACKET_MAX  4095 /* 12-bit length that includes the header, [MS-SSTP] 2.2.1 */
#define SSTP_PAYLOAD_MAX (SSTP_PACKET_MAX - SSTP_HEADER_LEN)
#define SSTP_HLAK_LEN    32
#define SSTP_OUTPUT_MAX  1024 /* what sstp_output() may need at most */

struct sstp_config {
    const char *host;      /* as the user typed it, without brackets: for Host: */
    uint16_t port;         /* Host: carries it unless it is 443 */
    uint8_t cert_sha1[20]; /* of the leaf certificate, whole DER as received, [MS-SSTP] 2.2.7 */
    uint8_t cert_sha256[32];
    usec_t hello; /* 0: the specification's 60 s */
};

enum sstp_event_type {
    SSTP_EVENT_HTTP_OK, /* the server took the HTTP request; CALL_CONNECT_REQUEST goes out */
    SSTP_EVENT_OPEN,    /* CALL_CONNECT_ACK: start PPP */
    SSTP_EVENT_FRAME,   /* frame: one PPP frame, a view into the bytes given to sstp_input */
    SSTP_EVENT_END, /* the call is over: after the remaining output, close the stream. The last event, once.
                           end is the first cause, however long the goodbye took; its detail names numbers */
};

struct sstp_event {
    enum sstp_event_type type;
    union {
        struct bytes frame;
        struct end end;
    };
};

/* The stream stands (TLS is done): queues the HTTP request. config and env must outlive sstp. */
void sstp_init(struct sstp *sstp, const struct sstp_config *config, const struct env *env, usec_t now);

/*
 * Takes as many bytes of the stream as make one step (the HTTP head, or one packet) and says how many: drop
 * these, then call again with the rest until it says 0, which means that it needs more bytes than were given
 * (or that the call was over before; the step that ends it takes all). A caller's buffer of 16 KiB +
 * SSTP_PACKET_MAX always suffices. After each call with a result above 0 take the events: a FRAME's view is
 * valid only until the next call.
 */
size_t sstp_input(struct sstp *sstp, struct bytes stream, usec_t now) MUST_USE;

/*
 * The packet path, beside sstp_input(): true when the stream begins with a whole data packet of a call that stands, whose
 * PPP frame is then *ret_frame, SSTP_HEADER_LEN bytes behind the beginning. Changes nothing: what is taken this way is
 * reported with sstp_heard(), once for many. Whatever else comes is for sstp_input().
 */
bool sstp_data(const struct sstp *sstp, struct bytes stream, struct bytes *ret_frame) MUST_USE;
void sstp_heard(struct sstp *sstp, usec_t now);

/*
 * Packets flow, which only the caller can know: the server has accepted the binding, and an abort without a word about it
 * (accel-ppp and sorz send status 7 for everything) is an abort like any other.
 */
void sstp_in_use(struct sstp *sstp);

/*
 * Appends one message that we want to say to out (SSTP_OUTPUT_MAX must be free); false when there is nothing.
 */
bool sstp_output(struct sstp *sstp, struct writer *out);

bool sstp_event(struct sstp *sstp, struct sstp_event *ret_event);

usec_t sstp_deadline(const struct sstp *sstp);
void sstp_tick(struct sstp *sstp, usec_t now);

/*
 * PPP authentication succeeded: CALL_CONNECTED with the crypto binding, the first time only. Take the output
 * before any PPP frame of the next phase is sent. protocol.md 1, rules 4 and 5; 7.
 */
void sstp_authenticated(struct sstp *sstp, const uint8_t hlak[static SSTP_HLAK_LEN], usec_t now);

/*
 * Ends the call politely in any state: CALL_DISCONNECT, its acknowledgement or 5 s; SSTP_EVENT_END follows,
 * at once when there is no call yet. Does nothing when the call is ending already.
 */
void sstp_close(struct sstp *sstp, usec_t now);

/* May PPP control frames / user data be sent now? protocol.md 1, rule 3. */
bool sstp_carries_control(const struct sstp *sstp);
bool sstp_carries_data(const struct sstp *sstp);

/*
 * The first cause of the end as soon as it is known (CALL_ABORT from the server, ...), before SSTP_EVENT_END
 * follows the goodbye; NULL while the call goes on. A connection that breaks during the goodbye must not hide
 * it.
 */
const struct end *sstp_cause(const struct sstp *sstp);

/*
 * How far it has come: HTTP, SSTP, or LCP once PPP may start (the PPP engine knows more then). Never goes
 * back.
 */
enum end_stage sstp_stage(const struct sstp *sstp);

/* "{XXXXXXXX-XXXX-...}": the SSTPCORRELATIONID that the server's administrator can search for. */
const char *sstp_correlation_id(const struct sstp *sstp);

/*
 * The last control messages of both directions, for the line that explains an end: "sent CALL_CONNECTED, got
 * CALL_ABORT".
 */
void sstp_last_messages(const struct sstp *sstp, char *out, size_t cap);

void sstp_done(struct sstp *sstp);

/*
 * The header of one data packet (C = 0) that carries payload_len bytes (at most SSTP_PAYLOAD_MAX) of PPP
 * frame.
 */
static inline void sstp_data_header(uint8_t out[static SSTP_HEADER_LEN], size_t payload_len)
{
    size_t len = payload_len + SSTP_HEADER_LEN;

    out[0] = 0x10;
    out[1] = 0x00;
    out[2] = (uint8_t)(len >> 8);
    out[3] = (uint8_t)len;
}

#endif
