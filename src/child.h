/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a child without exec has from its parent and shall not keep: its name, and the environment. */
#ifndef SSTPTUN_CHILD_H
#define SSTPTUN_CHILD_H

/* For ps(1) and the kernel's log, 15 bytes at most. It takes a system call that the sandbox forbids. */
void child_set_name(const char *name);

/*
 * Zeroes the environment in this process's memory: paths, names and at times tokens of the user who started us. getenv(3)
 * finds nothing any more.
 */
void child_forget_environment(void);

#endif
