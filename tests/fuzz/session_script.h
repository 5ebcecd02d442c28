/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_session's input: SESSION_HEAD_LEN bytes that choose client, server and device, then instructions, each
 *
 *     op, n, n bytes of operands
 *
 * What is missing of the operands is zero, what is left over means nothing, so that every input is a script and every part
 * of one fits every other. All zeroes choose a client and a server that understand each other by MS-CHAPv2.
 */
#ifndef SESSION_SCRIPT_H
#define SESSION_SCRIPT_H

#include "bytes.h"

#define SESSION_HEAD_LEN 12

enum session_op {
    /* the conversation */
    SESSION_TALK,  /* rounds: both sides hear and answer, undamaged, until all is said */
    SESSION_HEAR,  /* n: the server hears so many messages and one */
    SESSION_DEAF,  /* n: so many of our messages and one are lost */
    SESSION_GIVE,  /* edits: the server's oldest message reaches us, damaged so */
    SESSION_LOSE,  /* the server's oldest message does not */
    SESSION_TWICE, /* it does, and stays */
    SESSION_LATER, /* it goes behind the others */
    SESSION_ASK,   /* what: a request or challenge of the server, by the book, whenever that is */

    /* what no server of ours would say */
    SESSION_HTTP,    /* which, text */
    SESSION_SSTP,    /* type, how, attributes */
    SESSION_PPP,     /* protocol, code, identifier, how, data */
    SESSION_OPTIONS, /* protocol, code, identifier, options by their kind */
    SESSION_REPLY,   /* protocol, code, edits: our last request comes back */
    SESSION_RAW,     /* bytes */

    /* inside the tunnel */
    SESSION_DATA,   /* flow, flags, length, times, edits */
    SESSION_RADV,   /* flags, lifetime, options */
    SESSION_UPLOAD, /* flow, flags, length, segment, times, edits */

    /* the world */
    SESSION_PIECES, /* lengths: how the stream is cut from now on; ff alone: it piles up */
    SESSION_PASS,   /* span, whether the server's timers run */
    SESSION_TICK,   /* to the next deadline, or just before it */
    SESSION_CLOSE,
    SESSION_SOCKET, /* blocked, free, closed, failed; room that is left */
    SESSION_REFUSE, /* what this host does not take any more */
    SESSION_AGAIN,  /* n: the last instruction once more, n times */
    SESSION_OPS
};

/* One instruction; false at the end. */
struct session_line {
    enum session_op op;
    struct bytes operands;
};
bool session_script_next(struct reader *script, struct session_line *ret_line) MUST_USE;

/* session_words.c: what is said or sent for an instruction, carried out at once. */
void session_say_http(struct reader *r);
void session_say_sstp(struct reader *r);
void session_say_ppp(struct reader *r);
void session_say_options(struct reader *r);
void session_say_reply(struct reader *r);
/* Damages a packet (cap bytes of room) as the rest of r says: its new length. */
size_t session_edit(uint8_t *packet, size_t len, size_t cap, struct reader *r);

/* session_data.c */
void session_say_data(struct reader *r);
void session_say_advert(struct reader *r);
void session_upload(struct reader *r);

#endif
