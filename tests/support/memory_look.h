/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What another process's memory holds, as root sees it. For tests that are root. */
#ifndef MEMORY_LOOK_H
#define MEMORY_LOOK_H

#include <sys/types.h>

/*
 * Whether the text stands in what the process can write to: 1, 0, or -1 when that cannot be seen. A literal of a test's
 * lies where nobody writes, and is not found.
 */
int memory_look(pid_t pid, const char *text);

/* The same of the environment that it was started with, as /proc/PID/environ shows it now. */
int memory_look_environ(pid_t pid, const char *text);

/* A test that is linked with this has this variable in its own. */
#define MEMORY_LOOK_VARIABLE "MEMORY_LOOK"
#define MEMORY_LOOK_MARK     "a mark that nothing else has"

/*
 * A child of the parent that goes by this name, once it has a user of its own: it has then left behind what it shall.
 * 0: there is none after ten seconds.
 */
pid_t memory_look_child(pid_t parent, const char *name);

#endif
