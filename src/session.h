/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's part of one connection, from the server's addresses to the last byte: dial, TLS, call, goodbye. */
#ifndef SSTPTUN_SESSION_H
#define SSTPTUN_SESSION_H

#include "worker.h"

/* Runs until it ends and says how: the reason, never END_NONE, and in *ret_stage how far it had come. */
struct end session_run(struct worker *worker, enum end_stage *ret_stage);

#endif
