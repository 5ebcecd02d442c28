/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that confines itself and then tries something. What it was before (a plain user, a root with few
 * capabilities, on a kernel that lacks a system call) is set up in the same child.
 */
#ifndef SANDBOX_RIG_H
#define SANDBOX_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox.h"

/* The build's sanitizers rule these out: see sandbox_step.h. Tests of them say so and pass. */
#if defined(__SANITIZE_ADDRESS__)
#define RIG_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RIG_SANITIZED 1
#endif
#endif
#ifndef RIG_SANITIZED
#define RIG_SANITIZED 0
#endif

struct rig {
    enum sandbox_role role;
    void (*before)(void); /* NULL: root with everything */
    int (*act)(void);     /* in the sandbox: its result, 0 to 255, is the child's exit status */
    int foreign_fd;       /* a socket that act() may use */
};

struct rig_outcome {
    bool entered;                 /* sandbox_enter() returned 0 */
    struct sandbox_report report; /* then */
    int status;                   /* act()'s result, or -1 */
    int signal;                   /* that killed it, or 0 */
};

/* One child. */
struct rig_outcome rig_run(const struct rig *rig);

/* The worker's role with everything before it; shorter for the common case. */
struct rig_outcome rig_worker(void (*before)(void), int (*act)(void));

/* For act(): what killed errno away is -1 there. The call's errno, 0 when it worked. */
int rig_errno(long result);

/* For before(): user and group 1234, as a login would. */
void rig_plain_user(void);

/* For before(): root with these capabilities (bits) and no other, as in a container. */
void rig_capabilities(uint64_t caps);

/* For before(): the system calls fail with the error, as on a kernel or in a container without them. */
void rig_without_call(int number, int error);
void rig_without_seccomp(void);
void rig_without_landlock(void);
void rig_without_root(void);     /* chroot */
void rig_without_identity(void); /* setresuid, setresgid */

bool rig_has(const struct rig_outcome *outcome, enum sandbox_protection protection);
bool rig_lacks(const struct rig_outcome *outcome, enum sandbox_protection protection, const char *text);

#endif
