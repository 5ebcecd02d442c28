/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The client call: what the control messages, the timers and the caller do to it. Inside the engine only;
 * sstp.c is its caller.
 */
#ifndef SSTPTUN_SSTP_CALL_H
#define SSTPTUN_SSTP_CALL_H

#include "sstp_state.h"

#define SSTP_OWED_HTTP_REQUEST 0 /* beside the message types */
#define SSTP_EVENT_BIT(type)   ((uint8_t)(1u << (type)))

/* To be sent, once, however often it is owed. */
void sstp_call_owe(struct sstp *sstp, uint16_t type);

void sstp_call_start_timer(struct sstp *sstp, enum sstp_timer timer, usec_t now);

/* Sends, goes and starts what the tables say. Statuses that a message will carry are set before. */
void sstp_call_perform(struct sstp *sstp, enum sstp_action action, usec_t now);

/* The cause of the end, if there is none yet. */
void sstp_call_blame(struct sstp *sstp, struct end end);

/*
 * The abort procedure, [MS-SSTP] 3.1.5.2: CALL_ABORT with this status about this attribute, then its timers.
 */
void sstp_call_abort(struct sstp *sstp, uint8_t attribute, enum sstp_status status, struct end why,
                     usec_t now);

/* The end without any message: the stream is no SSTP, is gone, or has been silent. */
void sstp_call_close(struct sstp *sstp, struct end why, usec_t now);

/* A goodbye is under way or done: nothing may be added to it. */
bool sstp_call_ending(const struct sstp *sstp);

/* One control packet came. */
void sstp_call_message(struct sstp *sstp, struct bytes payload, usec_t now);

/* For sstp_last_messages(). */
void sstp_call_note(struct sstp *sstp, bool sent, uint16_t type);

#endif
