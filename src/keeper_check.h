/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the worker may ask for, and when. Pure: a request is held against how far the session has come and against the
 * configuration. Refused by default: a type without a row is not allowed at any time. A refusal is no error to be
 * handled: an honest worker never causes one, so the keeper ends it.
 */
#ifndef SSTPTUN_KEEPER_CHECK_H
#define SSTPTUN_KEEPER_CHECK_H

#include "options.h"
#include "ppp.h"
#include "request.h"

/* Answers of any method in PPP_ANSWERS_SPAN. An honest worker's engine, whose time begins at another moment, gives up first. */
#define KEEPER_ANSWERS_MAX (3 * PPP_ANSWERS_MAX)

/* How far the session has come, in this order and never back. */
enum keeper_progress {
    KEEPER_FORKED,
    KEEPER_READY,     /* the worker said so */
    KEEPER_STARTED,   /* it was told to start */
    KEEPER_ADDRESSED, /* it has the list of addresses */
    KEEPER_CHOSEN,    /* it talks to one of them */
    KEEPER_LINKED,    /* the interface has its MTU */
    KEEPER_UP,        /* `up` was announced */
    KEEPER_ENDED,     /* it has said why it ends */
};

struct keeper_rights {
    const struct options *options;
    enum keeper_progress progress;
    uint32_t n_address; /* of the list */
    uint32_t tried;     /* bit i: a socket to address i was asked for */
    uint32_t opened;    /* bit i: and given */
    bool has_ipv4;      /* present now */
    bool has_ipv6;
    usec_t now; /* of the request: set before each check */
    uint32_t n_answers;
    usec_t answers_since; /* when the first of them was given */
    uint64_t told;        /* bit END_X: the worker was told of such an end, in an order or in a reply */
};

/*
 * A packet as it came: len bytes in *request. NULL when it may be done, else what is wrong with it, in words that follow
 * the request's name.
 */
const char *keeper_check(const struct keeper_rights *rights, const struct request *request,
                         size_t len) MUST_USE;

/*
 * A request that keeper_check() let pass: notes what it changes, LINK, IPV4 and IPV6 once they have succeeded. (STARTED,
 * ADDRESSED, what is given and told are the keeper's own to note.)
 */
void keeper_check_note(struct keeper_rights *rights, const struct request *request);
void keeper_check_tell(struct keeper_rights *rights, enum end_reason reason);

/* For messages and exit status, when the worker cannot say itself how far it had come. */
enum end_stage keeper_check_stage(const struct keeper_rights *rights);

#endif
