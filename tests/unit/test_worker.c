/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real worker from outside, while a server keeps it waiting; and what the keeper holds once it is gone. Needs root and
 * /dev/net/tun.
 */
#include "keeper_rig.h"

#include <sys/mman.h>

#include "memory_look.h"
#include "sandbox_rig.h"
#include "worker.h"

/* What somebody who looks on has to say. */
static struct shared {
    bool looked;
    int keeper_has_mark, worker_has_mark;     /* in memory */
    int keeper_shows_mark, worker_shows_mark; /* in /proc/PID/environ */
    int has_password,
        has_password_later; /* the keeper: while the worker is there, and when it is gone and `down` runs */
    pid_t worker, worker_session;
    unsigned long worker_blocks; /* signals, bit n - 1 */
} * shared;

static bool begin_anew(void)
{
    sigset_t block;

    if (!shared) {
        void *page = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (!CHECK(page != MAP_FAILED))
            return false;
        shared = page;
    }
    memset(shared, 0, sizeof(*shared));
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &block, NULL);
    return begin();
}

static unsigned long blocked_by(pid_t pid)
{
    char path[64], line[256];
    unsigned long blocked = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        (void)sscanf(line, "SigBlk: %lx", &blocked);
    if (file)
        (void)fclose(file);
    return blocked;
}

static _Noreturn void look(pid_t keeper)
{
    pid_t worker = memory_look_child(keeper, "sstptun-net");

    if (worker) {
        shared->keeper_has_mark = memory_look(keeper, MEMORY_LOOK_MARK);
        shared->worker_has_mark = memory_look(worker, MEMORY_LOOK_MARK);
        shared->keeper_shows_mark = memory_look_environ(keeper, MEMORY_LOOK_MARK);
        shared->worker_shows_mark = memory_look_environ(worker, MEMORY_LOOK_MARK);
        shared->worker_blocks = blocked_by(worker);
        shared->worker_session = getsid(worker);
        shared->worker = worker;
        shared->looked = true;
    }
    (void)kill(keeper, SIGTERM);
    _exit(0);
}

TEST(what_a_worker_leaves_behind)
{
    unsigned long all = 0x7fffffff, never = 1UL << (SIGKILL - 1) | 1UL << (SIGSTOP - 1);
    pid_t keeper = getpid(), other;

    CHECK_OR_RETURN(begin_anew());
    other = fork();
    if (other == 0)
        look(keeper);
    options.no_system_trust = true;
    options.n_pin = 1;
    end = keeper_run(&options, &sink, worker_run, &stage);
    CHECK_EQ(end.reason, END_REQUESTED);
    CHECK_EQ(waitpid(other, NULL, 0), other);
    CHECK(shared->looked);
    CHECK_EQ(shared->keeper_has_mark, 1);
    CHECK_EQ(shared->keeper_shows_mark, 1);
    if (!RIG_SANITIZED) /* which keeps a copy of the environment */
        CHECK_EQ(shared->worker_has_mark, 0);
    CHECK_EQ(shared->worker_shows_mark, 0);
    CHECK_EQ(shared->worker_session, shared->worker);
    CHECK_EQ(shared->worker_blocks & all, all & ~(never | 1UL << (SIGABRT - 1)));
}

/* --- a hook that lasts --- */

static char folder[] = "/tmp/test_worker.XXXXXX";

static bool exists(const char *name)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return access(path, F_OK) == 0;
}

static void put_file(const char *name, const char *text, mode_t mode)
{
    char path[64];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "we");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, mode) == 0);
}

static void wait_for(const char *name)
{
    for (int i = 0; i < 5000 && !exists(name); i++)
        (void)usleep(2000);
}

/* Each event waits until somebody has looked. */
static void make_hook(char path[static 64])
{
    char script[256];

    (void)snprintf(script, sizeof(script),
                   "#!/bin/sh\ncd %s\n>$1\nwhile [ -d . ] && ! [ -e $1.seen ]; do sleep 0.01; done\n",
                   folder);
    put_file("hook", script, 0700);
    put_file("pre-connect.seen", "", 0600);
    (void)snprintf(path, 64, "%s/hook", folder);
}

static int goes_up_and_ends(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end lost = end_make(END_LOST, 0, "as planned");

    get_up(config);
    wait_for("up.seen");
    remote_end(&remote, &lost, END_STAGE_UP);
    return 0;
}

static _Noreturn void look_at_the_password(pid_t keeper)
{
    wait_for("up");
    shared->has_password = memory_look(keeper, PASSWORD);
    put_file("up.seen", "", 0600);
    wait_for("down");
    shared->looked = exists("down");
    shared->has_password_later = memory_look(keeper, PASSWORD);
    put_file("down.seen", "", 0600);
    _exit(0);
}

TEST(the_password_goes_with_the_worker)
{
    char hook[64], command[64];
    pid_t keeper = getpid(), other;

    CHECK_OR_RETURN(begin_anew() && mkdtemp(folder) != NULL);
    make_hook(hook);
    options.hook = hook;
    other = fork();
    if (other == 0)
        look_at_the_password(keeper);
    end = keeper_run(&options, &sink, goes_up_and_ends, &stage);
    CHECK_EQ(end.reason, END_LOST);
    CHECK_EQ(waitpid(other, NULL, 0), other);
    CHECK(shared->looked);
    CHECK_EQ(shared->has_password, 1);
    CHECK_EQ(shared->has_password_later, 0);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    CHECK_EQ(system(command), 0); /* NOLINT(cert-env33-c): ours */
}

CHECK_MAIN()
