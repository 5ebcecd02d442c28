/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confines the calling process, for good: what can be done is done, and a report says what could not be and why. Never
 * fatal by itself: whether a missing protection ends the session is the caller's business (--require-sandbox).
 * docs/security.md says what each protection is for.
 */
#ifndef SSTPTUN_SANDBOX_H
#define SSTPTUN_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "macros.h"

enum sandbox_role {
    SANDBOX_WORKER,   /* the network-facing process: works on the descriptors that it has and is handed */
    SANDBOX_RESOLVER, /* getaddrinfo() in a child: sockets, and reading below /etc */
    SANDBOX_ROLE_COUNT
};

/* In the order in which they are taken on. A bit of the report is 1U << value. */
enum sandbox_protection {
    SANDBOX_MEMORY,       /* none of it is swapped out; SANDBOX_WORKER only */
    SANDBOX_ROOT,         /* an empty root directory; SANDBOX_WORKER only */
    SANDBOX_IDENTITY,     /* a user and a group of its own, and no other groups */
    SANDBOX_NO_NEW_PRIVS, /* no program started from here gets more rights */
    SANDBOX_CAPABILITIES, /* none, and none to be had */
    SANDBOX_NOT_DUMPABLE, /* no core dump, no look from a process of the same user */
    SANDBOX_LIMITS,       /* no file, core dump or process; few descriptors, bounded memory */
    SANDBOX_LANDLOCK,     /* no path can be opened, no TCP port reached, no process outside signalled */
    SANDBOX_SECCOMP,      /* the system calls of the role's table (sandbox_policy.h), and no other */
    SANDBOX_DEVICE, /* the kernel follows no advertisement that comes out of the TUN device: the keeper's doing */
    SANDBOX_PROTECTION_COUNT
};

#define SANDBOX_TEXT_LEN 96

/*
 * One flat value, which may be sent from one process to the other. in_force and missing share no bit; a process's together
 * are sandbox_protections(role), the keeper's own has SANDBOX_DEVICE alone. text: why it is missing, what failed and the
 * system's words for it; or "", or a detail of what is in force (the user id, Landlock's ABI).
 */
struct sandbox_report {
    uint32_t in_force;
    uint32_t missing;
    char text[SANDBOX_PROTECTION_COUNT][SANDBOX_TEXT_LEN];
};

#define SANDBOX_LINE_LEN 1024

/*
 * Call with one thread, everything opened that needs a path, and no other descriptors left (sandbox_close_others).
 * Takes about a millisecond. parent is the process that forked the caller: from here on the kernel kills the caller
 * (SIGKILL) as soon as the parent ends. 0, or -ESRCH when it has ended already: then the caller has to exit.
 * After it: a system call that the role's table does not hold kills the process with SIGSYS.
 */
int sandbox_enter(enum sandbox_role role, pid_t parent, struct sandbox_report *ret) MUST_USE;

/* Closes every descriptor but the n_keep named, which may come in any order; -1 among them is nobody's. */
void sandbox_close_others(const int *keep, size_t n_keep);

/* The bits that belong to the role. SANDBOX_DEVICE is no process's: its keeper reports it by itself. */
uint32_t sandbox_protections(enum sandbox_role role);

/* "identity", "seccomp", ...: stable words, for --verbose and for tests. */
const char *sandbox_protection_name(enum sandbox_protection protection);

/*
 * What a report must be that came from another process: bits of the role only, each in one of the two sets, texts
 * terminated and printable ASCII.
 */
bool sandbox_report_is_sane(const struct sandbox_report *report, enum sandbox_role role) MUST_USE;

/*
 * "in force: identity (64083), root, ...; missing: memory (RLIMIT_MEMLOCK is 8 MiB), ..."; without "; missing: ..." when
 * nothing is. SANDBOX_LINE_LEN is enough. Returns out.
 */
const char *sandbox_report_text(const struct sandbox_report *report, char *out, size_t cap);

/* Only what is missing: "memory (...), landlock (...)"; "" for nothing. For the end under --require-sandbox. */
const char *sandbox_missing_text(const struct sandbox_report *report, char *out, size_t cap);

#endif
