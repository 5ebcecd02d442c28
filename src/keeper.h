/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that was started, and that holds what is worth holding: the rights, the password, the TUN device, the
 * routes, the hooks, the signals, the user's terminal. It parses nothing from the network; what the worker asks for is
 * checked by keeper_check.h and refused by default. It outlives the worker, whatever becomes of that, and puts the host
 * back in order.
 */
#ifndef SSTPTUN_KEEPER_H
#define SSTPTUN_KEEPER_H

#include "end_reason.h"
#include "log.h"
#include "options.h"
#include "worker.h"

/*
 * One connection from its first check to the last thing put back. worker is what the child runs: worker_run(), or a
 * test's. Says how it ended: the reason, and in *ret_stage how far it had come. Everything is undone then.
 */
struct end keeper_run(const struct options *options, const struct log_sink *log, worker_fn *worker,
                      enum end_stage *ret_stage);

#endif
