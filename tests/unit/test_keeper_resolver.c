/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper makes of its resolver: it is confined, says so, is judged by --require-sandbox, and has no password,
 * neither from a kernel that keeps secrets out of children nor from one that does not. Each keeper is a child whose host
 * has one name server, which is silent. Needs root and /dev/net/tun.
 */
#include "keeper_rig.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "memory_look.h"
#include "must.h"
#include "sandbox_rig.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

/* Namespaces of the child's own, /etc in them as well. */
static void make_host(void)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    FILE *file;
    int fd;

    must(begin(), "a namespace");
    must(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0,
         "private mounts");
    must(mount("none", "/etc", "tmpfs", 0, "mode=0755") == 0, "/etc");
    file = fopen("/etc/resolv.conf", "we");
    must(file && fputs("nameserver 127.0.0.1\n", file) >= 0 && fclose(file) == 0, "/etc/resolv.conf");
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0, "the silent name server");
    (void)snprintf(options.host, sizeof(options.host), "vpn.test");
}

/* A kernel of another time: no Landlock, and if it is older yet secrets are forked like anything else. */
static void forget_progress(bool older)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, older ? SYS_madvise : UINT32_MAX, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_WIPEONFORK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

    must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
             prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0,
         "the filter");
}

static int waits_for_its_end(const struct worker_config *config)
{
    struct sandbox_report report = {.in_force = sandbox_protections(SANDBOX_WORKER)};
    struct remote remote = config->remote;
    struct order order;
    int fd = -1;

    remote_ready(&remote, &report);
    while (remote_order(&remote, CHANNEL_WAIT, &order, &fd) && order.type != ORDER_STOP)
        ;
    return 7;
}

/* --- somebody who looks on --- */

/* A sanitizer keeps a copy of the environment. */
static bool has_mark(pid_t pid)
{
    return memory_look_environ(pid, MEMORY_LOOK_MARK) != 0 ||
           (!RIG_SANITIZED && memory_look(pid, MEMORY_LOOK_MARK) != 0);
}

/*
 * Looks into both, and ends the keeper. The exit status: bit 0 for the keeper's password, 1 for the resolver's, 2 and 3
 * for the mark in their environments.
 */
static pid_t look_on(pid_t keeper)
{
    pid_t pid = fork();

    if (pid == 0) {
        pid_t resolver = memory_look_child(keeper, "sstptun-dns");
        int seen = resolver ? memory_look(keeper, PASSWORD) | memory_look(resolver, PASSWORD) << 1 : 255;

        if (resolver)
            seen |= has_mark(keeper) << 2 | has_mark(resolver) << 3;
        (void)kill(keeper, SIGTERM);
        _exit(seen & 255);
    }
    return pid;
}

/* --- a resolver that lies --- */

static void (*spoil)(struct sandbox_report *report); /* NULL: what it says is what it is */

static void claim_both(struct sandbox_report *report)
{
    report->missing |= report->in_force & (0 - report->in_force);
}

static void claim_nothing(struct sandbox_report *report)
{
    report->in_force = report->missing = 0;
}

static void claim_without_end(struct sandbox_report *report)
{
    memset(report->text[SANDBOX_IDENTITY], 'x', sizeof(report->text[0]));
}

/* Everything that is written passes through here; a report is the only thing of its length. */
ssize_t write(int fd, const void *data, size_t len)
{
    struct sandbox_report report;

    if (!spoil || len != sizeof(report))
        return syscall(SYS_write, fd, data, len);
    memcpy(&report, data, sizeof(report));
    spoil(&report);
    return syscall(SYS_write, fd, &report, sizeof(report));
}

/* --- keepers --- */

/* In a child: 0 when what it checks holds. */
static bool in_a_child(void (*keep)(void))
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0) {
        must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "PR_SET_PDEATHSIG");
        make_host();
        keep();
        _exit(check_failures > 0);
    }
    return waitpid(pid, &status, 0) == pid && status == 0;
}

static void keep_while_somebody_looks_on(void)
{
    pid_t other;
    sigset_t block;
    int status = -1;

    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &block, NULL);
    other = look_on(getpid());
    end = keeper_run(&options, &sink, waits_for_its_end, &stage);
    CHECK_EQ(end.reason, END_REQUESTED);
    CHECK_EQ(waitpid(other, &status, 0), other);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 1 | 4); /* the keeper has both, the resolver neither */
    if (!CHECK(strstr(logged, "\nsandbox of the resolver: in force: ") != NULL))
        fprintf(stderr, "%s", logged);
}

static void keep_in_another_time(void)
{
    forget_progress(true);
    keep_while_somebody_looks_on();
    CHECK(strstr(logged, "memory of the password: not empty in children") != NULL);
    CHECK(strstr(logged, "; missing: landlock (") != NULL);
}

static void keep_and_require(void)
{
    forget_progress(false);
    options.require_sandbox = true;
    end = keeper_run(&options, &sink, waits_for_its_end, &stage);
    CHECK_EQ(end.reason, END_SANDBOX);
    CHECK(strncmp(end.detail, "missing of the resolver: ", 25) == 0);
    CHECK(strstr(end.detail, "landlock (") != NULL);
}

/* What an old kernel leaves to every child, before there is a password. */
static void keep_and_require_in_another_time(void)
{
    forget_progress(true);
    options.require_sandbox = true;
    options.password_file = "/nonexistent"; /* would be another end */
    end = keeper_run(&options, &sink, waits_for_its_end, &stage);
    CHECK_EQ(end.reason, END_SANDBOX);
    CHECK(strncmp(end.detail, "missing: memory (of the password: ", 34) == 0);
    CHECK(strstr(end.detail, "not empty in children") != NULL);
}

/* --- a resolver that crashes --- */

static int crash;

/* Confined, and not answered yet. */
static void crash_the_resolver(void *user, enum log_level level, const char *line)
{
    keep_line(user, level, line);
    if (strncmp(line, "sandbox of the resolver: ", 25) == 0)
        must(kill(memory_look_child(getpid(), "sstptun-dns"), crash) == 0, "kill");
}

static void keep_a_resolver_that_crashes(void)
{
    static const struct log_sink crashing = {.write = crash_the_resolver, .max = LOG_LEVEL_INFO};

    end = keeper_run(&options, &crashing, waits_for_its_end, &stage);
    CHECK_EQ(end.reason, END_WORKER);
    CHECK_EQ(stage, END_STAGE_CONNECT);
    if (!CHECK(strstr(end.detail, crash == SIGSYS
                                      ? "the resolver process, by its sandbox with signal 31"
                                      : "the resolver process, which crashed with signal 6") != NULL))
        fprintf(stderr, "    it said: %s\n", end.detail);
    CHECK(strstr(end.hint, "address") != NULL);
}

static void keep_a_resolver_that_is_killed(void)
{
    static const struct log_sink crashing = {.write = crash_the_resolver, .max = LOG_LEVEL_INFO};

    end = keeper_run(&options, &crashing, waits_for_its_end, &stage);
    CHECK_EQ(end.reason, END_NAME);
    CHECK_STR(end.detail, "vpn.test: the resolver process died");
}

TEST(a_resolver_that_crashes_is_no_typing_error)
{
    crash = SIGSYS;
    CHECK(in_a_child(keep_a_resolver_that_crashes));
    crash = SIGABRT;
    CHECK(in_a_child(keep_a_resolver_that_crashes));
    crash = SIGKILL;
    CHECK(in_a_child(keep_a_resolver_that_is_killed));
}

static void keep_with_a_liar(void)
{
    static void (*const lies[])(struct sandbox_report *) = {claim_both, claim_nothing, claim_without_end};

    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        spoil = lies[i];
        logged[0] = '\0';
        end = keeper_run(&options, &sink, waits_for_its_end, &stage);
        CHECK_EQ(end.reason, END_HOST);
        CHECK_STR(end.detail, "the resolver process could not be confined");
        CHECK(strstr(logged, "sandbox of the resolver") == NULL);
    }
}

TEST(the_resolver_says_how_it_is_confined_and_has_no_password)
{
    CHECK(in_a_child(keep_while_somebody_looks_on));
}

TEST(the_resolver_wipes_what_an_old_kernel_left_to_it)
{
    CHECK(in_a_child(keep_in_another_time));
}

TEST(a_resolver_that_misses_what_is_required)
{
    CHECK(in_a_child(keep_and_require));
}

TEST(memory_that_misses_what_is_required)
{
    CHECK(in_a_child(keep_and_require_in_another_time));
}

TEST(a_resolver_whose_report_cannot_be)
{
    CHECK(in_a_child(keep_with_a_liar));
}

CHECK_MAIN()
