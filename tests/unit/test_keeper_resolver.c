/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper makes of its resolver: it is confined, says so, is judged by --require-sandbox, and has no password,
 * neither from a kernel that keeps secrets out of children nor from one that does not. Each keeper is a child whose host
 * has one name server, which is silent. Needs root and /dev/net/tun.
 */
#include "keeper_rig.h"

#include <dirent.h>
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

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define LARGE (1UL << 28) /* bytes of a mapping that is none of ours: a sanitizer's */

static void must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    _exit(255);
}

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

/* In what it can write to: elsewhere stand the test's own words. */
static bool holds_password(const char *maps_line, int mem)
{
    unsigned long from, to;
    char rights[8];
    bool found = false;
    char *copy;
    ssize_t n;

    if (sscanf(maps_line, "%lx-%lx %7s", &from, &to, rights) != 3 || strncmp(rights, "rw", 2) != 0)
        return false;
    if (to - from > LARGE)
        return false;
    copy = malloc(to - from);
    n = copy ? pread(mem, copy, to - from, (off_t)from) : 0;
    found = n > 0 && memmem(copy, (size_t)n, PASSWORD, strlen(PASSWORD)) != NULL;
    free(copy);
    return found;
}

/* 1, 0, or -1 when it cannot be seen. */
static int password_in(pid_t pid)
{
    char path[64], line[512];
    int mem, found = 0;
    FILE *maps;

    (void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    mem = open(path, O_RDONLY | O_CLOEXEC);
    (void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    maps = fopen(path, "re");
    if (mem < 0 || !maps)
        return -1;
    while (fgets(line, sizeof(line), maps))
        found |= holds_password(line, mem);
    (void)fclose(maps);
    close(mem);
    return found;
}

/* Its parent, and whether it has the resolver's name. */
static bool is_resolver_of(pid_t keeper, const char *pid)
{
    char path[300], line[256] = "", name[32] = "";
    int parent = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    file = fopen(path, "re");
    if (!file)
        return false;
    if (fgets(line, sizeof(line), file))
        (void)sscanf(line, "%*d (%31[^)]) %*c %d", name, &parent);
    (void)fclose(file);
    return parent == keeper && strcmp(name, "sstptun-dns") == 0;
}

static pid_t find_resolver(pid_t keeper)
{
    for (int i = 0; i < 5000; i++) {
        DIR *proc = opendir("/proc");
        pid_t found = 0;

        for (struct dirent *each = proc ? readdir(proc) : NULL; each; each = readdir(proc))
            if (is_resolver_of(keeper, each->d_name))
                found = (pid_t)strtol(each->d_name, NULL, 10);
        (void)closedir(proc);
        if (found > 0)
            return found;
        (void)usleep(2000);
    }
    return 0;
}

/* Looks into both, and ends the keeper. The exit status: bit 0 for the keeper's password, 1 for the resolver's. */
static pid_t look_on(pid_t keeper)
{
    pid_t pid = fork();

    if (pid == 0) {
        pid_t resolver = find_resolver(keeper);
        int seen = resolver ? password_in(keeper) | password_in(resolver) << 1 : 255;

        (void)kill(keeper, SIGTERM);
        _exit(seen & 255);
    }
    return pid;
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
    CHECK_EQ(WEXITSTATUS(status), 1);
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
        must(kill(find_resolver(getpid()), crash) == 0, "kill");
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

CHECK_MAIN()
