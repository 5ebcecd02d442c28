/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sandbox_rig.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_ENTERED 255

struct shared {
    bool entered;
    struct sandbox_report report;
};

static _Noreturn void child(const struct rig *rig, pid_t parent, struct shared *shared)
{
    struct sandbox_report report;

    if (rig->before)
        rig->before();
    if (sandbox_enter(rig->role, parent, &report) != 0)
        _exit(NOT_ENTERED);
    shared->report = report;
    shared->entered = true;
    _exit(rig->act ? rig->act() : 0);
}

struct rig_outcome rig_run(const struct rig *rig)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct rig_outcome outcome = {.status = -1};
    pid_t parent = getpid(), pid;
    int status = 0;

    if (shared == MAP_FAILED)
        abort();
    (void)fflush(NULL);
    pid = fork();
    if (pid == 0)
        child(rig, parent, shared);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        abort();
    outcome.entered = shared->entered;
    outcome.report = shared->report;
    if (WIFEXITED(status))
        outcome.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status))
        outcome.signal = WTERMSIG(status);
    (void)munmap(shared, sizeof(*shared));
    return outcome;
}

struct rig_outcome rig_worker(void (*before)(void), int (*act)(void))
{
    struct rig rig = {.role = SANDBOX_WORKER, .before = before, .act = act};

    return rig_run(&rig);
}

int rig_errno(long result)
{
    return result < 0 ? errno : 0;
}

static void must(bool done, const char *what)
{
    if (done)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    _exit(NOT_ENTERED);
}

void rig_plain_user(void)
{
    static const gid_t group = 1234;

    must(setgroups(1, &group) == 0 && setresgid(1234, 1234, 1234) == 0 && setresuid(1234, 1234, 1234) == 0,
         "become a plain user (the test needs root)");
}

void rig_capabilities(uint64_t caps)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

    for (unsigned long cap = 0; cap < 64; cap++) {
        if ((caps & UINT64_C(1) << cap) == 0)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
    data[0].effective = data[0].permitted = (uint32_t)caps;
    data[1].effective = data[1].permitted = (uint32_t)(caps >> 32);
    must(syscall(SYS_capset, &header, data) == 0, "capset");
}

void rig_without_call(int number, int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = code};

    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0, "a filter of the test's");
}

/* Both ways to load a filter; prctl only with its first argument PR_SET_SECCOMP. */
void rig_without_seccomp(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)), /* little-endian */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 7, .filter = code};

    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0, "a filter of the test's");
}

void rig_without_landlock(void)
{
    rig_without_call(444, ENOSYS); /* landlock_create_ruleset */
}

void rig_without_root(void)
{
    rig_without_call(SYS_chroot, EPERM);
}

void rig_without_identity(void)
{
    rig_without_call(SYS_setresuid, EPERM);
    rig_without_call(SYS_setresgid, EPERM);
}

bool rig_has(const struct rig_outcome *outcome, enum sandbox_protection protection)
{
    if (outcome->entered && (outcome->report.in_force & 1U << protection) != 0)
        return true;
    fprintf(stderr, "%s is not in force (%s)\n", sandbox_protection_name(protection),
            outcome->entered ? outcome->report.text[protection] : "not entered");
    return false;
}

bool rig_lacks(const struct rig_outcome *outcome, enum sandbox_protection protection, const char *text)
{
    if (outcome->entered && (outcome->report.missing & 1U << protection) != 0 &&
        strcmp(outcome->report.text[protection], text) == 0)
        return true;
    fprintf(stderr, "%s is not missing for \"%s\" (%s)\n", sandbox_protection_name(protection), text,
            outcome->entered ? outcome->report.text[protection] : "not entered");
    return false;
}
