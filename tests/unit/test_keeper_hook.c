/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hooks of a keeper on a kernel, or in a sandbox, without pidfd_open(2). Neither what a hook does to its descriptors nor
 * what it leaves behind may matter.
 */
#include "keeper_rig.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define AT_ONCE (10 * USEC_PER_SEC) /* below the hook's limit of 30 s, above what a busy machine needs */

static bool forbid_pidfds(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* seccomp_data.nr */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 &&
           syscall(SYS_pidfd_open, getpid(), 0) < 0 && errno == ENOSYS;
}

static char folder[] = "/tmp/test_keeper_hook.XXXXXX";

/* A script that knows its folder as $D; what it writes to $D/out is what the test compares. */
static void make_hook(const char *body, char path[static 64])
{
    char script[512];
    int len = snprintf(script, sizeof(script), "#!/bin/sh\nD=%s\necho $1 >>$D/out\n%s", folder, body);
    int fd;

    (void)snprintf(path, 64, "%s/hook", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    CHECK(fd >= 0 && write(fd, script, (size_t)len) == len);
    close(fd);
}

static const char *read_file(const char *name)
{
    static char text[512];
    char path[64];
    FILE *file;
    size_t n = 0;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "re");
    if (file) {
        n = fread(text, 1, sizeof(text) - 1, file);
        (void)fclose(file);
    }
    text[n] = '\0';
    return text;
}

/* Each in a process of its own: there is no way back from the filter. */
static void in_child(int (*test)(void))
{
    char command[64];
    int status = 1;
    pid_t pid;

    CHECK_OR_RETURN(begin() && mkdtemp(folder) != NULL);
    pid = fork();
    if (pid == 0) {
        check_failures = 0;
        _exit(forbid_pidfds() ? test() : 77);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    CHECK_EQ(system(command), 0); /* NOLINT(cert-env33-c): ours */
    (void)snprintf(folder, sizeof(folder), "/tmp/test_keeper_hook.XXXXXX");
}

static int goes_up_and_ends(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end lost = end_make(END_LOST, 0, "as planned");

    get_up(config);
    remote_end(&remote, &lost, END_STAGE_UP);
    return 0;
}

static int leave_a_daemon(void)
{
    usec_t begun = loop_now();
    char hook[64];

    make_hook("[ $1 = up ] && { sleep 300 & echo $! >$D/daemon; }\nexit 0\n", hook);
    options.hook = hook;
    end = keeper_run(&options, &sink, goes_up_and_ends, &stage);
    CHECK_EQ(end.reason, END_LOST);
    CHECK(loop_now() - begun < AT_ONCE);
    CHECK_STR(read_file("out"), "pre-connect\nup\ndown\n");
    CHECK(strstr(logged, "hook: at") == NULL);
    CHECK_EQ(kill((pid_t)strtol(read_file("daemon"), NULL, 10), SIGKILL), 0);
    return check_failures > 0;
}

TEST(a_daemon_that_a_hook_leaves_is_not_the_hook)
{
    in_child(leave_a_daemon);
}

static int sleeps(const struct worker_config *config)
{
    get_ready(config);
    sleep_for_ever();
}

/* Signals its keeper once it has nothing open any more, and would go on for ever. */
static int close_everything(void)
{
    usec_t begun = loop_now();
    char hook[64];

    make_hook("exec python3 -c 'import os, time\nos.closerange(0, 256)\nos.kill(os.getppid(), 15)\n"
              "time.sleep(300)'\n",
              hook);
    options.hook = hook;
    end = keeper_run(&options, &sink, sleeps, &stage);
    CHECK_EQ(end.reason, END_REQUESTED);
    CHECK(loop_now() - begun < AT_ONCE);
    CHECK_STR(read_file("out"), "pre-connect\n");
    return check_failures > 0;
}

TEST(a_hook_without_descriptors_freezes_nobody)
{
    in_child(close_everything);
}

static int fail(void)
{
    char hook[64];

    make_hook("exit 5\n", hook);
    options.hook = hook;
    end = keeper_run(&options, &sink, sleeps, &stage);
    CHECK_EQ(end.reason, END_HOOK);
    CHECK_STR(end.detail, "at pre-connect it returned status 5");
    return check_failures > 0;
}

TEST(the_status_of_a_hook_is_known)
{
    in_child(fail);
}

CHECK_MAIN()
