/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection from its first check to the last thing put back: hook, dial, TLS, call, goodbye, hook, undo. */
#ifndef SSTPTUN_SESSION_H
#define SSTPTUN_SESSION_H

#include "credentials.h"
#include "end_reason.h"
#include "env.h"
#include "options.h"

/* Runs until it ends and says how: the reason, and in *ret_stage how far it had come. Everything is undone then. */
struct end session_run(const struct options *options, const struct credentials *credentials,
                       const struct env *env, enum end_stage *ret_stage);

#endif
