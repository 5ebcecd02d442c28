/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver's child and what its parent believes. The file itself is included, for children that lie. No name server
 * is asked: the names are literals, which the child passes to getaddrinfo() like any other.
 */
#include "check.h"

#include "resolve.c"

#include <linux/capability.h>
#include <poll.h>

#include "secret.h"

static struct resolve resolve;
static struct resolve_answer answer;

static bool no_child_left(void)
{
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static void wait_for_answer(void)
{
    struct pollfd p = {.fd = resolve.fd, .events = POLLIN};

    CHECK_EQ(poll(&p, 1, 20000), 1);
    CHECK_EQ(resolve_finish(&resolve, &answer), 0);
    CHECK_EQ(resolve.pid, 0);
    CHECK_EQ(resolve.fd, -1);
    CHECK(no_child_left());
}

static const char *text_of(size_t i)
{
    static char text[IPADDR_STR_LEN];
    struct ipaddr addr = endpoint_ipaddr(&answer.endpoint[i]);

    return ipaddr_str(&addr, text);
}

TEST(literal)
{
    CHECK(resolve_literal("192.0.2.1", 4443, &answer));
    CHECK_EQ(answer.n_endpoint, 1);
    CHECK_STR(text_of(0), "192.0.2.1");
    CHECK_EQ(endpoint_port(&answer.endpoint[0]), 4443);
    CHECK(resolve_literal("2001:db8::1", 443, &answer));
    CHECK_STR(text_of(0), "2001:db8::1");
    CHECK(resolve_literal("::ffff:192.0.2.1", 443, &answer));
    CHECK_STR(text_of(0), "192.0.2.1");
    answer.n_endpoint = 77;
    CHECK(!resolve_literal("vpn.example", 443, &answer));
    CHECK(!resolve_literal("10.1", 443, &answer));
    CHECK_EQ(answer.n_endpoint, 77);
}

TEST(child)
{
    CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 4443, NULL, NULL) == 0);
    wait_for_answer();
    CHECK_EQ(answer.n_endpoint, 1);
    CHECK_STR(text_of(0), "127.0.0.1");
    CHECK_EQ(endpoint_port(&answer.endpoint[0]), 4443);
}

TEST(bad_name)
{
    CHECK_OR_RETURN(resolve_start(&resolve, "no..such", 443, NULL, NULL) == 0);
    wait_for_answer();
    CHECK_EQ(answer.n_endpoint, 0);
    CHECK(strlen(answer.text) > 0);
    CHECK(strcmp(answer.text, "the resolver process died") != 0);
}

/* A number that may belong to somebody else already must not be killed. */
TEST(a_dead_child_keeps_its_number_until_it_is_reaped)
{
    siginfo_t info = {0};

    (void)signal(SIGCHLD, SIG_IGN);
    CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443, NULL, NULL) == 0);
    CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_EQ(info.si_pid, resolve.pid);
    wait_for_answer();
    CHECK_EQ(answer.n_endpoint, 1);
}

/* A child that does as told instead of resolving. */
static void stage(const void *say, size_t len, bool stay)
{
    int fd[2];
    pid_t pid;

    CHECK_EQ(pipe2(fd, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0) {
        if (len > 0)
            (void)!write(fd[1], say, len);
        while (stay)
            pause();
        _exit(0);
    }
    close(fd[1]);
    resolve = (struct resolve){.pid = pid, .fd = fd[0], .port = 443};
}

TEST(one_that_hangs_is_killed)
{
    stage("", 0, true);
    CHECK_EQ(resolve_stop(&resolve), 0);
    CHECK_EQ(resolve.pid, 0);
    CHECK_EQ(resolve.fd, -1);
    CHECK(no_child_left());
    CHECK_EQ(resolve_stop(&resolve), 0); /* nothing left to do */
}

/* Another user's, under a keeper without capabilities; its alarm ends it after all. */
static _Noreturn void keep_one_that_cannot_be_killed(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    int ready[2];
    char byte;

    if (pipe2(ready, O_CLOEXEC) < 0)
        _exit(2);
    resolve.pid = fork();
    if (resolve.pid == 0) {
        alarm(3);
        if (setresuid(1234, 1234, 1234) == 0)
            (void)!write(ready[1], "x", 1);
        for (;;)
            pause();
    }
    if (read(ready[0], &byte, 1) != 1 || syscall(SYS_capset, &header, none) < 0 ||
        kill(resolve.pid, SIGKILL) == 0)
        _exit(3);
    resolve_stop(&resolve);
    _exit(waitpid(-1, NULL, WNOHANG) == 0 && resolve.pid == 0 ? 0 : 4); /* it is still there */
}

TEST(one_that_cannot_be_killed_is_not_waited_for)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        keep_one_that_cannot_be_killed();
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
}

static struct resolve_answer said(uint32_t n, sa_family_t family)
{
    struct resolve_answer a;

    memset(&a, 0xde, sizeof(a));
    a.n_endpoint = n;
    for (size_t i = 0; i < ENDPOINTS_MAX; i++)
        a.endpoint[i].any.sa_family = family;
    return a;
}

TEST(one_that_dies_or_lies)
{
    struct resolve_answer too_many = said(ENDPOINTS_MAX + 1, AF_INET), max = said(UINT32_MAX, AF_INET),
                          no_family = said(1, AF_UNSPEC), unix_family = said(1, AF_UNIX),
                          one_of_two = said(2, AF_INET), silent = {0};
    struct {
        const void *say;
        size_t len;
    } row[] = {
        {"", 0},
        {"x", 1},
        {&too_many, sizeof(too_many)},
        {&max, sizeof(max)},
        {&too_many, sizeof(too_many) - 1},
        {&no_family, sizeof(no_family)},
        {&unix_family, sizeof(unix_family)},
        {&one_of_two, sizeof(one_of_two)},
        {&silent, sizeof(silent)},
    };

    one_of_two.endpoint[1].any.sa_family = AF_PACKET;
    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        stage(row[i].say, row[i].len, false);
        wait_for_answer();
        CHECK_EQ(answer.n_endpoint, 0);
        CHECK_STR(answer.text, "the resolver process died");
    }
}

/* As it is told to, by a signal: in a sanitizer's build, too, whose handlers would end it in another way. */
static void die_by(void *number, int fd)
{
    const struct ipaddr addr = ipaddr_v4((const uint8_t[]){192, 0, 2, 1});
    const struct resolve_answer a = {.n_endpoint = 1, .endpoint[0] = endpoint_of(&addr, 443)};
    sigset_t none;

    (void)signal(*(int *)number, SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)!write(fd, &a, sizeof(a));
    (void)raise(*(int *)number);
}

/* Nothing counts of what it had said. SIGKILL, SIGTERM and SIGALRM are others' doing: it is just gone. */
TEST(one_that_crashes)
{
    int crashes[] = {SIGSYS, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP};
    int others[] = {SIGKILL, SIGTERM, SIGALRM};
    siginfo_t info = {0};

    for (size_t i = 0; i < ARRAY_LEN(crashes); i++) {
        CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443, die_by, &crashes[i]) == 0);
        CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
        CHECK_EQ(resolve_finish(&resolve, &answer), crashes[i]);
        CHECK_EQ(answer.n_endpoint, 0);
        CHECK_STR(answer.text, "the resolver process died");
        CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443, die_by, &crashes[i]) == 0);
        CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
        CHECK_EQ(resolve_stop(&resolve), crashes[i]);
        CHECK(no_child_left());
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443, die_by, &others[i]) == 0);
        CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
        CHECK_EQ(resolve_finish(&resolve, &answer), 0);
        CHECK_EQ(answer.n_endpoint, 1);
    }
}

/* Only addresses come through: no port, no scope of a global address, nothing behind the count, no raw text. */
TEST(one_that_says_more_than_it_was_asked)
{
    static const union endpoint zero[ENDPOINTS_MAX];
    struct resolve_answer a = said(2, AF_INET6);

    a.endpoint[1].any.sa_family = AF_INET;
    stage(&a, sizeof(a), false);
    wait_for_answer();
    CHECK_EQ(answer.n_endpoint, 2);
    CHECK_EQ(endpoint_port(&answer.endpoint[0]), 443);
    CHECK_EQ(endpoint_port(&answer.endpoint[1]), 443);
    CHECK_EQ(answer.endpoint[0].v6.sin6_flowinfo, 0);
    CHECK_EQ(answer.endpoint[0].v6.sin6_scope_id, 0);
    CHECK_STR(text_of(1), "222.222.222.222");
    CHECK_MEM(&answer.endpoint[2], zero, sizeof(zero) - 2 * sizeof(zero[0]));
    CHECK_STR(answer.text, "");
    a = said(0, AF_INET);
    stage(&a, sizeof(a), false);
    wait_for_answer();
    CHECK_EQ(strnlen(answer.text, RESOLVE_TEXT_LEN), RESOLVE_TEXT_LEN - 1);
    for (size_t i = 0; i + 1 < RESOLVE_TEXT_LEN; i++)
        CHECK_EQ(answer.text[i], '?');
    (void)snprintf(a.text, sizeof(a.text), "\x1b[2Jno");
    stage(&a, sizeof(a), false);
    wait_for_answer();
    CHECK_STR(answer.text, "?[2Jno");
}

static void say_addresses(const char *const *text, uint32_t n)
{
    struct resolve_answer a = said(n, AF_INET6);

    for (uint32_t i = 0; i < n; i++) {
        struct ipaddr addr = {.family = IP_NONE};

        CHECK(ipaddr_parse(text[i], &addr));
        a.endpoint[i].any.sa_family = addr.family == IP_V6 ? AF_INET6 : AF_INET;
        if (addr.family == IP_V6)
            memcpy(&a.endpoint[i].v6.sin6_addr, addr.byte, 16);
        else
            memcpy(&a.endpoint[i].v4.sin_addr, addr.byte, 4);
    }
    stage(&a, sizeof(a), false);
    wait_for_answer();
}

/* What a filter answers, a group, and IPv4 in IPv6's clothes. */
TEST(addresses_that_no_server_has)
{
    static const char *const some[] = {"0.0.0.0", "::ffff:192.0.2.1", "ff02::1", "2001:db8::1"};
    static const char *const none[] = {"::", "::ffff:0.0.0.0", "224.0.0.1"};

    say_addresses(some, ARRAY_LEN(some));
    CHECK_EQ(answer.n_endpoint, 2);
    CHECK_STR(text_of(0), "192.0.2.1");
    CHECK_STR(text_of(1), "2001:db8::1");
    CHECK_STR(answer.text, "ff02::1 is an address that no server has: see /etc/hosts and the name server");
    say_addresses(none, ARRAY_LEN(none));
    CHECK_EQ(answer.n_endpoint, 0);
    CHECK_STR(answer.text, "224.0.0.1 is an address that no server has: see /etc/hosts and the name server");
}

/* What the child is when it is told to confine itself; the exit status is its parent's only way to know. */
struct view {
    int fd; /* one that was open in the parent */
    const uint8_t *secret;
    bool wiped_on_fork;
};

static void look_around(void *user, int pipe_fd)
{
    const struct view *view = user;
    int n_open = 0, signal_number = 0;
    uint8_t bits = 0;

    for (int fd = 0; fd < 1024; fd++)
        n_open += fcntl(fd, F_GETFD) >= 0;
    for (size_t i = 0; i < 100; i++)
        bits |= view->secret[i];
    if (n_open != 1 || fcntl(pipe_fd, F_GETFD) < 0 || fcntl(view->fd, F_GETFD) >= 0)
        _exit(2);
    if (prctl(PR_GET_PDEATHSIG, &signal_number) < 0 || signal_number != SIGKILL)
        _exit(3);
    if (alarm(0) == 0)
        _exit(4);
    if (signal(SIGPIPE, SIG_DFL) != SIG_DFL) /* its parent ignores it */
        _exit(6);
    if (view->wiped_on_fork && bits != 0)
        _exit(5);
    _exit(42);
}

TEST(confined_with_nothing_but_its_pipe)
{
    unsigned protection = 0;
    uint8_t *secret = secret_alloc(100, &protection);
    struct view view = {.fd = 99, .secret = secret, .wiped_on_fork = protection & SECRET_NOT_FORKED};
    siginfo_t info = {0};

    CHECK_OR_RETURN(secret != NULL);
    memset(secret, 'p', 100);
    CHECK_EQ(dup2(0, 99), 99);
    (void)signal(SIGPIPE, SIG_IGN);
    CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443, look_around, &view) == 0);
    CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_EQ(info.si_code, CLD_EXITED);
    CHECK_EQ(info.si_status, 42);
    wait_for_answer();
    CHECK_STR(answer.text, "the resolver process died");
    close(99);
    secret_free(secret, 100);
}

/* The pipe may then be descriptor 0, which is no reason to close it. */
TEST(works_with_closed_standard_descriptors)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        for (int i = 0; i < 3; i++)
            close(i);
        if (resolve_start(&resolve, "127.0.0.1", 443, NULL, NULL) < 0)
            _exit(1);
        _exit(resolve_finish(&resolve, &answer) == 0 && answer.n_endpoint == 1 ? 0 : 2);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
}

TEST(dies_with_its_parent)
{
    int pipe_fd[2], status = 0;
    pid_t middle, orphan = 0;

    CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    CHECK_EQ(pipe2(pipe_fd, O_CLOEXEC), 0);
    middle = fork();
    if (middle == 0) {
        struct resolve mine = {.fd = -1};

        if (resolve_start(&mine, "127.0.0.1", 1, NULL, NULL) == 0)
            kill(mine.pid, SIGSTOP);
        (void)!write(pipe_fd[1], &mine.pid, sizeof(mine.pid));
        _exit(0);
    }
    CHECK_EQ(read(pipe_fd[0], &orphan, sizeof(orphan)), sizeof(orphan));
    CHECK_EQ(waitpid(middle, NULL, 0), middle);
    kill(orphan, SIGCONT); /* it was stopped before or after it had asked for the signal: both must end it */
    CHECK_EQ(waitpid(orphan, &status, 0), orphan); /* returns only if something ended it */
    CHECK(no_child_left());
    close(pipe_fd[0]);
    close(pipe_fd[1]);
}

CHECK_MAIN()
