/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the process is: a user and a group that own nothing and run nothing else, no capabilities, and no way to either. The
 * account "sstptun" is used where an administrator has made one; no package has to, for the numbers below do as well.
 */
#include "sandbox_step.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ACCOUNT    "sstptun"
#define NOBODY     65534 /* what a user namespace that maps few ids is most likely to map */
#define CAPS_LIMIT 64
#define CAP_BITS   32 /* of one word of capget(2) */

/* Nobody's on Debian (Policy 9.2.2: given out to packages one by one) or elsewhere. */
#define OWN_ID 64083

/* Not getpwnam(3): under glibc it would load modules and ask daemons. */
bool sandbox_find_account(struct sandbox_ids *ret)
{
    FILE *file = fopen("/etc/passwd", "re");
    const struct passwd *entry;
    bool found = false;

    if (!file)
        return false;
    while (!found && (entry = fgetpwent(file)) != NULL) {
        if (strcmp(entry->pw_name, ACCOUNT) == 0 && entry->pw_uid != 0 && entry->pw_gid != 0) {
            *ret = (struct sandbox_ids){.uid = entry->pw_uid, .gid = entry->pw_gid};
            found = true;
        }
    }
    (void)fclose(file);
    return found;
}

/* False with errno; EINVAL: the user namespace does not map the id. */
static bool become(const struct sandbox_ids *ids)
{
    return setresgid(ids->gid, ids->gid, ids->gid) == 0 && setresuid(ids->uid, ids->uid, ids->uid) == 0;
}

static bool become_any(const struct sandbox_ids *account)
{
    static const struct sandbox_ids own = {.uid = OWN_ID, .gid = OWN_ID};
    static const struct sandbox_ids nobody = {.uid = NOBODY, .gid = NOBODY};

    if (account)
        return become(account);
    return become(&own) || (errno == EINVAL && become(&nobody));
}

/* What it came to, as the kernel sees it. */
static bool is_own(uid_t old_uid, gid_t old_gid)
{
    uid_t uid[3];
    gid_t gid[3];

    return getresuid(&uid[0], &uid[1], &uid[2]) == 0 && getresgid(&gid[0], &gid[1], &gid[2]) == 0 &&
           uid[0] == uid[1] && uid[1] == uid[2] && gid[0] == gid[1] && gid[1] == gid[2] && uid[0] != 0 &&
           gid[0] != 0 && uid[0] != old_uid && gid[0] != old_gid && getgroups(0, NULL) == 0;
}

static bool has_effective(unsigned cap)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    return syscall(SYS_capget, &header, data) == 0 &&
           (data[cap / CAP_BITS].effective & 1U << cap % CAP_BITS) != 0;
}

/*
 * The parent's rights are still ours. Without CAP_KILL it could not end a process of another user, and neither would the
 * kernel at its death: PR_SET_PDEATHSIG's signal is sent with the rights of the one who dies. Without CAP_SETUID only
 * ids that the parent has, too, can be taken.
 */
static bool would_be_immortal(void)
{
    return has_effective(CAP_SETUID) && !has_effective(CAP_KILL);
}

bool sandbox_change_identity(const struct sandbox_ids *account, char text[static SANDBOX_TEXT_LEN])
{
    uid_t old_uid = getuid();
    gid_t old_gid = getgid();
    bool no_groups = setgroups(0, NULL) == 0 || getgroups(0, NULL) == 0;

    if (!no_groups)
        (void)sandbox_failed(text, "setgroups");
    if (would_be_immortal()) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "no CAP_KILL to end it");
        return false;
    }
    if (!become_any(account))
        return sandbox_failed(text, "user and group");
    if (!no_groups)
        return false;
    (void)snprintf(text, SANDBOX_TEXT_LEN, "%u", (unsigned)getuid());
    if (is_own(old_uid, old_gid))
        return true;
    (void)snprintf(text, SANDBOX_TEXT_LEN, "user %u is whoever started it", (unsigned)getuid());
    return false;
}

void sandbox_drop_bounding_set(void)
{
    for (unsigned long cap = 0; cap < CAPS_LIMIT; cap++)
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* EINVAL: no such capability; EPERM: see below */
}

static bool bounding_set_is_empty(void)
{
    for (unsigned long cap = 0; cap < CAPS_LIMIT; cap++) {
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            return false;
    }
    return true;
}

static bool holds_none(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = ~0U}};

    if (syscall(SYS_capget, &header, data) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(data); i++) {
        if ((data[i].effective | data[i].permitted | data[i].inheritable) != 0)
            return false;
    }
    return true;
}

/*
 * A bounding set that could not be dropped (no CAP_SETPCAP) says which capabilities a started program could get from its
 * file; under no_new_privs it gets none. The ambient set cannot hold what the permitted set does not (capabilities(7)).
 */
bool sandbox_drop_capabilities(char text[static SANDBOX_TEXT_LEN])
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

    if (syscall(SYS_capset, &header, none) < 0)
        return sandbox_failed(text, "capset");
    if (!holds_none() || (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 && !bounding_set_is_empty())) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "some are left");
        return false;
    }
    return true;
}

bool sandbox_forbid_new_privileges(char text[static SANDBOX_TEXT_LEN])
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || sandbox_failed(text, "prctl");
}
