/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The single protections, for sandbox.c alone. Each is one function: true, the protection is in force, and text is "" or a
 * detail; or false, and text says what failed. What has failed leaves the rest possible.
 */
#ifndef SSTPTUN_SANDBOX_STEP_H
#define SSTPTUN_SANDBOX_STEP_H

#include "sandbox.h"

/* The sanitizers' runtime maps terabytes, opens /proc and ignores mlockall(2): it cannot live under these. */
#if defined(__SANITIZE_ADDRESS__)
#define SANDBOX_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#define SANDBOX_STACK_MAX ((uint64_t)1 << 20)

/* Bytes of address space: what is mapped now, how much of it is data (0: not known), and what may be added. */
struct sandbox_room {
    uint64_t mapped;
    uint64_t data;
    uint64_t growth;
};

struct sandbox_ids {
    uid_t uid;
    gid_t gid;
};

/* text := "what: the words for errno"; false, to be returned. */
bool sandbox_failed(char text[static SANDBOX_TEXT_LEN], const char *what);

/* Reads /proc: before the root is empty. */
void sandbox_measure(struct sandbox_room *ret);

/* May reduce the growth. */
bool sandbox_lock_memory(struct sandbox_room *room, char text[static SANDBOX_TEXT_LEN]);
bool sandbox_empty_root(char text[static SANDBOX_TEXT_LEN]);

/* The account's ids, which /etc/passwd may have; before the root is empty. False: there is no such account. */
bool sandbox_find_account(struct sandbox_ids *ret);

/* account NULL: none. */
bool sandbox_change_identity(const struct sandbox_ids *account, char text[static SANDBOX_TEXT_LEN]);

/* Drops the bounding set, as far as that is allowed; before the identity is changed. */
void sandbox_drop_bounding_set(void);
bool sandbox_drop_capabilities(char text[static SANDBOX_TEXT_LEN]);
bool sandbox_forbid_new_privileges(char text[static SANDBOX_TEXT_LEN]);
bool sandbox_forbid_dumps(char text[static SANDBOX_TEXT_LEN]);
bool sandbox_set_limits(const struct sandbox_room *room, char text[static SANDBOX_TEXT_LEN]);
bool sandbox_landlock(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN]);
bool sandbox_seccomp(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN]);

#endif
