/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of the steps, which is what each of them still needs:
 *   1. the account, the memory in use: they stand in files;
 *   2. memory: raising its limit takes CAP_SYS_RESOURCE;
 *   3. the empty root: CAP_SYS_CHROOT, and /proc;
 *   4. the bounding set (CAP_SETPCAP), the ids (CAP_SETGID, CAP_SETUID), then what is left of the capabilities;
 *   5. not dumpable, and death with the parent: a change of ids resets both (credentials(7), prctl(2));
 *   6. limits, Landlock, which need nothing but no_new_privs;
 *   7. seccomp last: its table holds none of the calls above.
 * Everything is tried, whatever failed before it: the layers do not lean on each other.
 */
#include "sandbox.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sandbox_step.h"

bool sandbox_failed(char text[static SANDBOX_TEXT_LEN], const char *what)
{
    (void)snprintf(text, SANDBOX_TEXT_LEN, "%s: %s", what, strerror(errno));
    return false;
}

static void note(struct sandbox_report *report, enum sandbox_protection protection, bool in_force)
{
    if (in_force)
        report->in_force |= 1U << protection;
    else
        report->missing |= 1U << protection;
}

/* What the worker alone has: it works on memory and descriptors, so it needs neither paths nor swap. */
static void seclude(struct sandbox_room *room, struct sandbox_report *report)
{
    note(report, SANDBOX_MEMORY, sandbox_lock_memory(room, report->text[SANDBOX_MEMORY]));
    note(report, SANDBOX_ROOT, sandbox_empty_root(report->text[SANDBOX_ROOT]));
}

static void give_up_rights(const struct sandbox_ids *account, struct sandbox_report *report)
{
    sandbox_drop_bounding_set();
    note(report, SANDBOX_IDENTITY, sandbox_change_identity(account, report->text[SANDBOX_IDENTITY]));
    note(report, SANDBOX_NO_NEW_PRIVS, sandbox_forbid_new_privileges(report->text[SANDBOX_NO_NEW_PRIVS]));
    note(report, SANDBOX_CAPABILITIES, sandbox_drop_capabilities(report->text[SANDBOX_CAPABILITIES]));
    note(report, SANDBOX_NOT_DUMPABLE, sandbox_forbid_dumps(report->text[SANDBOX_NOT_DUMPABLE]));
}

static void shrink(enum sandbox_role role, const struct sandbox_room *room, struct sandbox_report *report)
{
    note(report, SANDBOX_LIMITS, sandbox_set_limits(room, report->text[SANDBOX_LIMITS]));
    note(report, SANDBOX_LANDLOCK, sandbox_landlock(role, report->text[SANDBOX_LANDLOCK]));
    note(report, SANDBOX_SECCOMP, sandbox_seccomp(role, report->text[SANDBOX_SECCOMP]));
}

int sandbox_enter(enum sandbox_role role, pid_t parent, struct sandbox_report *ret)
{
    struct sandbox_report report = {0};
    struct sandbox_ids account;
    struct sandbox_room room;
    bool has_account = sandbox_find_account(&account);

    sandbox_measure(&room);
    if (role == SANDBOX_WORKER)
        seclude(&room, &report);
    give_up_rights(has_account ? &account : NULL, &report);
    /* A parent that ended before the request took effect will never send the signal. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || getppid() != parent)
        return -ESRCH;
    shrink(role, &room, &report);
    *ret = report;
    return 0;
}
