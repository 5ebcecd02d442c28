/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where less is permitted: plain users, containers, old kernels. What can be done is done, and the report tells the truth. */
#include "check.h"
#include "sandbox_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALWAYS                                                                              \
    (1U << SANDBOX_CAPABILITIES | 1U << SANDBOX_NO_NEW_PRIVS | 1U << SANDBOX_NOT_DUMPABLE | \
     1U << SANDBOX_LIMITS)

/* Depends on RLIMIT_MEMLOCK, the kernel, and the sanitizer. */
#define VARIES (1U << SANDBOX_MEMORY | 1U << SANDBOX_LANDLOCK | 1U << SANDBOX_SECCOMP)

#define SET(protection) (1U << (protection))

static uint32_t in_force(const struct rig_outcome *outcome)
{
    return outcome->report.in_force & ~VARIES;
}

static uint32_t missing(const struct rig_outcome *outcome)
{
    return outcome->report.missing & ~VARIES;
}

static int still_works(void)
{
    return getppid() > 0 ? 0 : 1;
}

TEST(root)
{
    struct rig_outcome outcome = rig_worker(rig_without_seccomp, still_works);

    CHECK_EQ(in_force(&outcome), ALWAYS | SET(SANDBOX_ROOT) | SET(SANDBOX_IDENTITY));
    CHECK_EQ(missing(&outcome), 0);
    CHECK(rig_lacks(&outcome, SANDBOX_SECCOMP,
                    RIG_SANITIZED ? "not under a sanitizer" : "seccomp: Invalid argument"));
    CHECK_EQ(outcome.status, 0);
}

static int open_passwd(void)
{
    return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static void plain_user_without_seccomp(void)
{
    rig_plain_user();
    rig_without_seccomp();
}

TEST(plain_user)
{
    struct rig_outcome outcome = rig_worker(plain_user_without_seccomp, open_passwd);

    CHECK_EQ(in_force(&outcome), ALWAYS);
    CHECK_EQ(missing(&outcome), SET(SANDBOX_ROOT) | SET(SANDBOX_IDENTITY));
    CHECK(rig_lacks(&outcome, SANDBOX_ROOT, "chroot: Operation not permitted"));

    CHECK(rig_lacks(&outcome, SANDBOX_IDENTITY, "user and group: Operation not permitted"));
    if ((outcome.report.in_force & SET(SANDBOX_LANDLOCK)) != 0)
        CHECK_EQ(outcome.status, EACCES); /* the door that chroot would have closed */
}

TEST(plain_user_is_still_filtered)
{
    struct rig_outcome outcome = rig_worker(rig_plain_user, open_passwd);

    if (!RIG_SANITIZED)
        CHECK_EQ(outcome.signal, SIGSYS);
}

static void only_net_admin(void)
{
    rig_capabilities(UINT64_C(1) << CAP_NET_ADMIN);
    rig_without_seccomp();
}

/* Docker's --cap-drop ALL --cap-add NET_ADMIN. */
TEST(net_admin_only)
{
    struct rig_outcome outcome = rig_worker(only_net_admin, open_passwd);

    CHECK_EQ(in_force(&outcome), ALWAYS & ~SET(SANDBOX_LIMITS));
    CHECK_EQ(missing(&outcome), SET(SANDBOX_ROOT) | SET(SANDBOX_IDENTITY) | SET(SANDBOX_LIMITS));
    CHECK(rig_lacks(&outcome, SANDBOX_LIMITS, "RLIMIT_NPROC does not bind user 0"));
    if ((outcome.report.in_force & SET(SANDBOX_LANDLOCK)) != 0)
        CHECK_EQ(outcome.status, EACCES);
}

/* Capabilities are gone although the bounding set, which takes CAP_SETPCAP, could not be emptied. */
static int gains_nothing(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 1}};

    return syscall(SYS_capget, &header, data) == 0 && !data[0].effective && !data[0].permitted &&
                   prctl(PR_CAPBSET_READ, CAP_NET_ADMIN, 0, 0, 0) == 1 &&
                   prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1
               ? 0
               : 1;
}

TEST(bounding_set_that_stays)
{
    struct rig_outcome outcome = rig_worker(only_net_admin, gains_nothing);

    CHECK(rig_has(&outcome, SANDBOX_CAPABILITIES));
    CHECK_EQ(outcome.status, 0);
}

static void net_admin_and_chroot(void)
{
    rig_capabilities(UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_SYS_CHROOT);
    rig_without_seccomp();
}

TEST(chroot_alone)
{
    struct rig_outcome outcome = rig_worker(net_admin_and_chroot, still_works);

    CHECK(rig_has(&outcome, SANDBOX_ROOT));
    CHECK_EQ(missing(&outcome), SET(SANDBOX_IDENTITY) | SET(SANDBOX_LIMITS));
}

static void setuid_without_groups(void)
{
    rig_capabilities(UINT64_C(1) << CAP_SETUID);
    rig_without_seccomp();
}

/* The user id alone would be a new one; that is not the whole of it, and the report does not say so. */
TEST(setuid_alone)
{
    struct rig_outcome outcome = rig_worker(setuid_without_groups, still_works);

    CHECK((missing(&outcome) & SET(SANDBOX_IDENTITY)) != 0);
}

static void change_without_kill(void)
{
    rig_capabilities(UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID);
    rig_without_seccomp();
}

static int is_still_root(void)
{
    return getuid() == 0 && geteuid() == 0 && getgid() == 0 ? 0 : 1;
}

/* Of another user, it could be killed neither by its parent nor at its parent's death. */
TEST(no_identity_that_cannot_be_killed)
{
    struct rig rig = {.before = change_without_kill, .act = is_still_root};

    for (int role = 0; role < SANDBOX_ROLE_COUNT; role++) {
        struct rig_outcome outcome;

        rig.role = (enum sandbox_role)role;
        outcome = rig_run(&rig);
        CHECK(rig_lacks(&outcome, SANDBOX_IDENTITY, "no CAP_KILL to end it"));
        CHECK_EQ(outcome.status, 0);
    }
}

static void change_with_kill(void)
{
    rig_capabilities(UINT64_C(1) << CAP_KILL | UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID);
    rig_without_seccomp();
}

TEST(identity_that_can_be_killed)
{
    struct rig_outcome outcome = rig_worker(change_with_kill, still_works);

    CHECK(rig_has(&outcome, SANDBOX_IDENTITY));
}

static void old_kernel(void)
{
    rig_without_landlock();
    rig_without_seccomp();
}

TEST(old_kernel)
{
    struct rig_outcome outcome = rig_worker(old_kernel, still_works);

    CHECK_EQ(in_force(&outcome), ALWAYS | SET(SANDBOX_ROOT) | SET(SANDBOX_IDENTITY));
    CHECK(rig_lacks(&outcome, SANDBOX_LANDLOCK, "landlock: Function not implemented"));
    CHECK_EQ(outcome.status, 0);
}

static void nothing_at_all(void)
{
    rig_plain_user();
    rig_without_call(SYS_capset, EPERM);
    rig_without_call(SYS_prlimit64, EPERM);
    rig_without_landlock();
    rig_without_call(SYS_seccomp, ENOSYS);
    rig_without_call(SYS_mlockall, EPERM);
}

TEST(a_hostile_host)
{
    struct rig_outcome outcome = rig_worker(nothing_at_all, NULL);
    char out[SANDBOX_LINE_LEN];

    CHECK(outcome.entered);
    CHECK(sandbox_report_is_sane(&outcome.report, SANDBOX_WORKER));
    CHECK(rig_lacks(&outcome, SANDBOX_CAPABILITIES, "capset: Operation not permitted"));
    CHECK(rig_lacks(&outcome, SANDBOX_LIMITS, "setrlimit: Operation not permitted"));
    CHECK(strlen(sandbox_report_text(&outcome.report, out, sizeof(out))) < sizeof(out) - 1);
}

/* Neither how much is mapped nor a root to go to is known. */
static void without_proc(void)
{
    struct rlimit limit = {.rlim_cur = 4 << 20, .rlim_max = 4 << 20};

    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) < 0 || setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        _exit(255);
    rig_capabilities(UINT64_C(1) << CAP_NET_ADMIN | UINT64_C(1) << CAP_SYS_CHROOT);
}

TEST(no_proc_in_a_container)
{
    struct rig_outcome outcome = rig_worker(without_proc, NULL);

    CHECK(rig_lacks(&outcome, SANDBOX_ROOT, "no /proc; tmpfs: Operation not permitted"));
    CHECK(rig_lacks(&outcome, SANDBOX_MEMORY,
                    RIG_SANITIZED ? "not under a sanitizer" : "RLIMIT_MEMLOCK, and no /proc to measure by"));
}

CHECK_MAIN()
