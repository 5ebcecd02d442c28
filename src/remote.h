/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's side of the requests: what needs a right or the password is asked of the keeper. Each function is one
 * message, and one answer where it returns something; for changes of the host the answer is a function of its own. A keeper that is gone, or that says what cannot be, has nothing left
 * to answer to: the process ends there and then (_exit(2)).
 */
#ifndef SSTPTUN_REMOTE_H
#define SSTPTUN_REMOTE_H

#include "channel.h"
#include "dial.h"
#include "hostnet.h"
#include "log.h"
#include "ppp.h"
#include "request.h"

struct remote {
    int request_fd; /* requests and their replies, blocking */
    int order_fd;   /* orders; readable when remote_order() has one */
    bool owed;      /* an answer of remote_acts() is outstanding: request_fd becomes readable with it */
    uint32_t owed_type;
    bool kept; /* it came before another reply, and waits here until it is asked for */
    struct request_words kept_words;
};

void remote_ready(const struct remote *remote, const struct sandbox_report *report);
void remote_chosen(const struct remote *remote, size_t index);
void remote_up(const struct remote *remote);
void remote_end(const struct remote *remote, const struct end *end, enum end_stage stage);

/* A log sink whose lines the keeper prints. remote must outlive it. */
struct log_sink remote_log(struct remote *remote, enum log_level max);

/* What dialling, logging in and configuring the host ask for. remote must outlive them. */
struct dial_opener remote_opener(struct remote *remote);
struct ppp_secret remote_secret(struct remote *remote);
struct hostnet_acts remote_acts(struct remote *remote);

/*
 * An order: true with *ret_order, and in *ret_fd the descriptor that came with it or -1. False when there is none, which
 * cannot be with CHANNEL_WAIT.
 */
bool remote_order(const struct remote *remote, enum channel_patience patience, struct order *ret_order,
                  int *ret_fd) MUST_USE;

#endif
