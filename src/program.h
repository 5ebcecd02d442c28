/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program as a function, for main() and for that of a test, whose worker misbehaves. */
#ifndef SSTPTUN_PROGRAM_H
#define SSTPTUN_PROGRAM_H

#include "worker.h"

/* The exit status. worker: what the network-facing process runs, see keeper_run(). */
int program_main(int argc, char *argv[], worker_fn *worker);

#endif
