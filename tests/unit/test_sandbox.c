/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each protection from the inside. seccomp would hide the others, so it is made unavailable where they are tried (its own
 * test is test_sandbox_seccomp.c), and so is whichever else would get in the way.
 */
#include "check.h"
#include "sandbox_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The act's verdict: bit i is set when its i-th try came out wrong, bit 7 for the eighth and all behind it. */
static int wrong;
static int n_tries;

static void try_it(bool right)
{
    if (!right)
        wrong |= 1 << (n_tries < 7 ? n_tries : 7);
    n_tries++;
}

static void only_root(void)
{
    rig_without_landlock();
    rig_without_identity();
    rig_without_seccomp();
}

static int look_around(void)
{
    static const char *const paths[] = {"/", ".", "/etc/passwd", "/proc/self/fdinfo", "/0", "..", "/.."};

    for (size_t i = 0; i < ARRAY_LEN(paths); i++)
        try_it(open(paths[i], O_RDONLY) < 0);
    return wrong;
}

static int make_things(void)
{
    try_it(open("/x", O_WRONLY | O_CREAT, 0600) < 0);
    try_it(mkdir("/x", 0700) < 0);
    try_it(mkdir("x", 0700) < 0);
    try_it(symlink("/", "/x") < 0);
    try_it(mknod("/x", S_IFIFO | 0600, 0) < 0);
    try_it(chdir("/") < 0 || open(".", O_RDONLY) < 0);
    return wrong;
}

TEST(root_is_empty)
{
    struct rig_outcome outcome = rig_worker(only_root, look_around);

    CHECK(rig_has(&outcome, SANDBOX_ROOT));
    CHECK_EQ(outcome.status, 0);
    CHECK_EQ(rig_worker(only_root, make_things).status, 0);
}

/* It says that it was done, and nothing was. */
static void lying_chroot(void)
{
    rig_without_call(SYS_chroot, 0);
    only_root();
}

TEST(root_is_looked_at)
{
    struct rig_outcome outcome = rig_worker(lying_chroot, NULL);

    CHECK(rig_lacks(&outcome, SANDBOX_ROOT, "the new root is not empty"));
}

static void without_proc(void)
{
    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/proc", "tmpfs", 0, NULL) < 0)
        abort();
    only_root();
}

/* Here the directory can be read, but it is a read-only file system of nothing. */
static int look_at_nothing(void)
{
    try_it(open("/etc", O_RDONLY) < 0 && errno == ENOENT);
    try_it(open("/proc", O_RDONLY) < 0 && errno == ENOENT);
    try_it(open("/..", O_RDONLY) >= 0 && open("/../etc", O_RDONLY) < 0);
    try_it(mkdir("/x", 0700) < 0 && errno == EROFS);
    return wrong;
}

TEST(root_without_proc)
{
    struct rig_outcome outcome = rig_worker(without_proc, look_at_nothing);

    CHECK(rig_has(&outcome, SANDBOX_ROOT));
    CHECK_EQ(outcome.status, 0);
}

static int ask_who(void)
{
    uid_t uid[3];
    gid_t gid[3];

    try_it(getresuid(&uid[0], &uid[1], &uid[2]) == 0 && uid[0] != 0 && uid[0] == uid[1] && uid[1] == uid[2]);
    try_it(getresgid(&gid[0], &gid[1], &gid[2]) == 0 && gid[0] != 0 && gid[0] == gid[1] && gid[1] == gid[2]);
    try_it(getgroups(0, NULL) == 0);
    try_it(setuid(0) < 0 && errno == EPERM);
    try_it(setgid(0) < 0 && errno == EPERM);
    try_it(setgroups(0, NULL) < 0 && errno == EPERM);
    try_it(kill(getppid(), 0) < 0 && errno == EPERM);
    return wrong;
}

static void only_identity(void)
{
    static const gid_t groups[] = {4, 27};

    if (setgroups(2, groups) < 0)
        abort();
    rig_without_landlock();
    rig_without_root();
    rig_without_seccomp();
}

TEST(identity)
{
    struct rig_outcome outcome = rig_worker(only_identity, ask_who);

    CHECK(rig_has(&outcome, SANDBOX_IDENTITY));
    CHECK_STR(outcome.report.text[SANDBOX_IDENTITY], "64083");
    CHECK_EQ(outcome.status, 0);
}

/* It says that the groups are gone, and they are not. */
static void lying_setgroups(void)
{
    static const gid_t groups[] = {4, 27};

    if (setgroups(2, groups) < 0)
        abort();
    rig_without_call(SYS_setgroups, 0);
    only_identity();
}

TEST(groups_are_looked_at)
{
    struct rig_outcome outcome = rig_worker(lying_setgroups, NULL);

    CHECK(outcome.entered);
    CHECK((outcome.report.missing & 1U << SANDBOX_IDENTITY) != 0);
}

/* A file system of the test's own for /etc, in a namespace that ends with the child. */
static void with_account(const char *line)
{
    int fd;

    if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", "/etc", "tmpfs", 0, NULL) < 0)
        abort();
    fd = open("/etc/passwd", O_WRONLY | O_CREAT, 0644);
    if (fd < 0 || write(fd, line, strlen(line)) < 0)
        abort();
    close(fd);
    only_identity();
}

static void account_of_its_own(void)
{
    with_account("root:x:0:0::/:/bin/sh\nsstptun:x:777:778::/nonexistent:/usr/sbin/nologin\n");
}

static int is_777(void)
{
    return getuid() == 777 && getgid() == 778 ? 0 : 1;
}

static void account_of_root(void)
{
    with_account("sstptun:x:0:0::/:/bin/sh\n");
}

TEST(account)
{
    struct rig_outcome outcome = rig_worker(account_of_its_own, is_777);

    CHECK(rig_has(&outcome, SANDBOX_IDENTITY));
    CHECK_STR(outcome.report.text[SANDBOX_IDENTITY], "777");
    CHECK_EQ(outcome.status, 0);
    outcome = rig_worker(account_of_root, ask_who);
    CHECK(rig_has(&outcome, SANDBOX_IDENTITY));
    CHECK_STR(outcome.report.text[SANDBOX_IDENTITY], "64083");
    CHECK_EQ(outcome.status, 0);
}

/* What it keeps of root's rights when the user id stays 0. */
static void only_capabilities(void)
{
    rig_without_landlock();
    rig_without_root();
    rig_without_identity();
    rig_without_seccomp();
}

static int count_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{.effective = 1}};

    try_it(syscall(SYS_capget, &header, data) == 0 && !data[0].effective && !data[1].effective &&
           !data[0].permitted && !data[1].permitted && !data[0].inheritable && !data[1].inheritable);
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        wrong |= prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0;
    try_it(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
    try_it(chown("/tmp", 1, 1) < 0 && errno == EPERM);
    try_it(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0 && errno == EPERM);
    try_it(open("/etc/shadow", O_WRONLY) >=
           0); /* still root's own file: what identity and Landlock are for */
    return wrong;
}

TEST(capabilities)
{
    struct rig_outcome outcome = rig_worker(only_capabilities, count_capabilities);

    CHECK(rig_has(&outcome, SANDBOX_CAPABILITIES));
    CHECK(rig_has(&outcome, SANDBOX_NO_NEW_PRIVS));
    CHECK(rig_lacks(&outcome, SANDBOX_IDENTITY, "user and group: Operation not permitted"));
    CHECK(rig_lacks(&outcome, SANDBOX_ROOT, "chroot: Operation not permitted"));
    CHECK_EQ(outcome.status, 0);
}

static void only_landlock(void)
{
    rig_without_root();
    rig_without_identity();
    rig_without_seccomp();
}

static int try_landlock(void)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    try_it(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    try_it(open("/", O_RDONLY | O_DIRECTORY) < 0 && errno == EACCES);
    try_it(open("/tmp/sandbox-test-file", O_WRONLY | O_CREAT, 0600) < 0 && errno == EACCES);
    try_it(mkdir("/tmp/sandbox-test-folder", 0700) < 0 && errno == EACCES);
    (void)unlink("/tmp/sandbox-test-file"); /* where it was allowed */
    (void)rmdir("/tmp/sandbox-test-folder");
    try_it(execl("/bin/false", "false", NULL) < 0 && errno == EACCES);
    try_it(connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 && errno == EACCES); /* ABI 4 */
    try_it(kill(getppid(), 0) < 0 && errno == EPERM);                                   /* ABI 6 */
    return wrong;
}

/* This kernel's Landlock, by what it says: older ones take on less. */
static int landlock_abi(void)
{
    return (int)syscall(444, NULL, 0, 1);
}

TEST(landlock)
{
    struct rig_outcome outcome = rig_worker(only_landlock, try_landlock);
    int abi = landlock_abi(), expected = (abi < 4 ? 1 << 5 : 0) | (abi < 6 ? 1 << 6 : 0);
    char text[32];

    if (abi < 1) {
        printf("this kernel has no Landlock; only its absence is tested\n");
        CHECK((outcome.report.missing & 1U << SANDBOX_LANDLOCK) != 0);
        return;
    }
    CHECK(rig_has(&outcome, SANDBOX_LANDLOCK));
    (void)snprintf(text, sizeof(text), "ABI %d", abi);
    CHECK_STR(outcome.report.text[SANDBOX_LANDLOCK], text);
    CHECK_EQ(outcome.status, expected);
}

static void only_limits(void)
{
    rig_without_landlock();
    rig_without_root();
    rig_without_seccomp();
}

static int exceed(void)
{
    struct rlimit limit;
    int fd = open("/dev/null", O_RDONLY);
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    try_it(pid < 0 && errno == EAGAIN);
    while (fd >= 0 && fd < 1000)
        fd = dup(fd);
    try_it(fd < 0 && errno == EMFILE);
    try_it(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max == 0);
    try_it(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_max <= 1 << 20);
    try_it(RIG_SANITIZED || (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_max <= 100 << 20));
    limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
    try_it(setrlimit(RLIMIT_CORE, &limit) < 0 && errno == EPERM);
    try_it(RIG_SANITIZED || mmap(NULL, (size_t)66 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0) == MAP_FAILED);
    try_it(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
    return wrong;
}

static int write_file(void)
{
    int fd = open("/tmp", O_WRONLY | O_TMPFILE, 0600);

    return fd < 0 || write(fd, "x", 1) == 1 ? 1 : 2; /* SIGXFSZ comes first */
}

TEST(limits)
{
    struct rig_outcome outcome = rig_worker(only_limits, exceed);

    CHECK(rig_has(&outcome, SANDBOX_LIMITS));
    CHECK(rig_has(&outcome, SANDBOX_NOT_DUMPABLE));
    CHECK_EQ(outcome.status, 0);
    CHECK_EQ(rig_worker(only_limits, write_file).signal, SIGXFSZ);
}

/* Between the test and the sandboxed process, so that it can end. */
static _Noreturn void middle(enum sandbox_role role, void (*before)(void), int gone)
{
    struct sandbox_report report;
    pid_t self = getpid(), pid;
    char byte;
    int ready[2];

    if (before)
        before();
    if (pipe(ready) < 0 || (pid = fork()) < 0)
        _exit(1);
    if (pid == 0) {
        if (sandbox_enter(role, self, &report) == 0)
            (void)!read(ready[0], &byte, 1); /* nobody writes */
        _exit(0);
    }
    close(gone);
    (void)usleep(20000); /* either side of it will do: dead before, or killed after */
    _exit(0);
}

static void check_death(enum sandbox_role role, void (*before)(void))
{
    int gone[2];
    char byte;
    pid_t pid;

    CHECK_OR_RETURN(pipe(gone) == 0);
    pid = fork();
    if (pid == 0)
        middle(role, before, gone[1]);
    close(gone[1]);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    (void)alarm(20);
    CHECK_EQ(read(gone[0], &byte, 1), 0); /* the last holder of the other end is gone */
    (void)alarm(0);
    close(gone[0]);
}

static void without_kill(void)
{
    rig_capabilities(UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID);
}

TEST(dies_with_its_parent)
{
    for (int role = 0; role < SANDBOX_ROLE_COUNT; role++) {
        check_death((enum sandbox_role)role, NULL);
        check_death((enum sandbox_role)role, without_kill);
    }
}

TEST(parent_is_gone)
{
    struct sandbox_report report;
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(sandbox_enter(SANDBOX_WORKER, getpid(), &report) == -ESRCH ? 0 : 1);
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static int close_some(void)
{
    static const int keep[] = {40, -1, 7, 3};

    for (int fd = 3; fd <= 41; fd++)
        (void)dup2(2, fd);
    sandbox_close_others(keep, ARRAY_LEN(keep));
    for (int fd = 0; fd <= 41; fd++)
        try_it(is_open(fd) == (fd == 40 || fd == 7 || fd == 3));
    sandbox_close_others(NULL, 0);
    try_it(!is_open(40) && !is_open(3));
    return wrong;
}

static void old_kernel(void)
{
    rig_without_call(436, ENOSYS); /* close_range */
}

TEST(closes_descriptors)
{
    for (int old = 0; old < 2; old++) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
            if (old)
                old_kernel();
            _exit(close_some());
        }
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 0);
    }
}

CHECK_MAIN()
