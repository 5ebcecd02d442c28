/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The SSTP engine's memory. Public for its size only: outside the engine no field is read or written. */
#ifndef SSTPTUN_SSTP_STATE_H
#define SSTPTUN_SSTP_STATE_H

#include "bytes.h"
#include "clock.h"
#include "end_reason.h"
#include "env.h"
#include "sstp_binding.h"
#include "sstp_fsm.h"
#include "sstp_http.h"
#include "sstp_wire.h"

/* A control message that was sent or received, for sstp_last_messages(). */
struct sstp_note {
    bool sent;
    uint16_t type;
};
#define SSTP_NOTES 8

/* One of each message that we ever send, and the HTTP request: what is owed twice is owed once. */
#define SSTP_OWED_MAX 8

struct sstp {
    const struct sstp_config *config;
    const struct env *env;

    enum sstp_state state;
    enum sstp_timer timer;
    usec_t deadline; /* of the timer */
    usec_t hello;

    /*
     * events that wait to be taken: bit n is enum sstp_event_type n, and that order is the order of delivery
     */
    uint8_t events;
    struct bytes frame;
    struct end end; /* the first cause; reported when the state is CLOSED */

    uint8_t owed
        [SSTP_OWED_MAX]; /* messages to be sent, in order: enum sstp_message_type, 0 is the HTTP request */
    uint8_t n_owed;
    struct sstp_status_info goodbye; /* of our CALL_ABORT */

    struct sstp_http http;
    char guid[SSTP_HTTP_GUID_LEN + 1];
    uint8_t n_naks;
    uint32_t nak_status; /* of the first CALL_CONNECT_NAK */

    struct sstp_binding_facts facts;
    uint8_t connected[SSTP_CONNECTED_LEN]; /* CALL_CONNECTED, ready to be sent; holds no secret */
    usec_t connected_at;
    bool was_connected; /* CALL_CONNECTED was sent */
    bool heard_ppp;     /* a PPP frame has come since */
    bool in_use;        /* sstp_in_use() */
    bool probed;        /* an ECHO_REQUEST is out and nothing has come since */

    enum end_stage stage;
    struct sstp_note notes[SSTP_NOTES]; /* a ring; n_notes counts on */
    size_t n_notes;
};

#endif
