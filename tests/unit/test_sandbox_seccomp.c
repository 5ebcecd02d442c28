/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the filter lets through, and that nothing else passes: every system call that the table does not name, and every call
 * that it names with other arguments. Of the role's table for this build's C library. Under the address sanitizer there
 * is no filter to be tested: the one test then says so.
 */
#include "check.h"
#include "sandbox_policy.h"
#include "sandbox_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS_END 500 /* behind the last call that exists */

static int pair[2]; /* a stream, made before */
static int message_pair[2];
static int poll_fd, timer_fd;
static int number; /* of the call to be tried */

static void make_descriptors(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 ||
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, message_pair) < 0)
        abort();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (poll_fd < 0 || timer_fd < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, timer_fd, &event) < 0)
        abort();
}

static struct rig_outcome run(enum sandbox_role role, int (*act)(void))
{
    struct rig rig = {.role = role, .before = make_descriptors, .act = act};

    return rig_run(&rig);
}

static bool named(const char *name, enum sandbox_role role, const struct policy_row *row)
{
    return strcmp(row->name, name) == 0 && (row->roles & 1U << role) != 0 &&
           (row->libc & (unsigned)sandbox_policy_libc()) != 0;
}

static bool number_is_named(int wanted, enum sandbox_role role)
{
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);

    for (size_t i = 0; i < n_rows; i++) {
        if (rows[i].number == wanted && named(rows[i].name, role, &rows[i]))
            return true;
    }
    return false;
}

/* uretprobe and uprobe: Linux lets them through any filter; a probe that somebody has set calls them, else they fail. */
static bool passes_any_filter(int wanted)
{
#ifdef __x86_64__
    return wanted == 335 || wanted == 336;
#else
    return false;
#endif
}

static int call_number(void)
{
    (void)syscall(number, 0, 0, 0, 0, 0, 0);
    return 1;
}

static void check_numbers(enum sandbox_role role)
{
    int n_named = 0;

    for (number = 0; number < NUMBERS_END; number++) {
        struct rig rig = {.role = role, .act = call_number};
        int got;

        if (number_is_named(number, role)) {
            n_named++;
            continue;
        }
        if (passes_any_filter(number))
            continue;
        got = rig_run(&rig).signal;
        if (!CHECK_EQ(got, SIGSYS))
            fprintf(stderr, "system call %d passes\n", number);
    }
    CHECK(n_named >= 20 && n_named <= 50);
}

static const int no_filter = RIG_SANITIZED;

TEST(there_is_a_filter)
{
    struct rig_outcome outcome = run(SANDBOX_WORKER, NULL);

    if (no_filter) {
        printf("built with the address sanitizer: there is no filter to be tested\n");
        CHECK(rig_lacks(&outcome, SANDBOX_SECCOMP, "not under a sanitizer"));
        return;
    }
    CHECK(rig_has(&outcome, SANDBOX_SECCOMP));
    CHECK_EQ(outcome.status, 0);
}

TEST(worker_calls_nothing_else)
{
    if (!no_filter)
        check_numbers(SANDBOX_WORKER);
}

TEST(resolver_calls_nothing_else)
{
    if (!no_filter)
        check_numbers(SANDBOX_RESOLVER);
}

/* Each does one thing and returns its errno; none is to return. */

static int map_code(void)
{
    return rig_errno((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int map_file(void)
{
    return rig_errno((long)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, pair[0], 0));
}

static int map_shared(void)
{
    return rig_errno((long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

static int make_code(void)
{
    static _Alignas(4096) char page[4096];

    return rig_errno(mprotect(page, sizeof(page), PROT_READ | PROT_EXEC));
}

static int move_map(void)
{
    return rig_errno((long)mremap(pair, 4096, 4096, MREMAP_MAYMOVE));
}

static int send_fast_open(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};

    return rig_errno(sendto(pair[0], "x", 1, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof(to)));
}

static int send_message_fast_open(void)
{
    struct msghdr message = {.msg_iovlen = 0};

    return rig_errno(sendmsg(pair[0], &message, MSG_FASTOPEN | MSG_NOSIGNAL));
}

static int close_reading(void)
{
    return rig_errno(shutdown(pair[0], SHUT_RD));
}

static int get_peer_credentials(void)
{
    char buf[64];
    socklen_t len = sizeof(buf);

    return rig_errno(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, buf, &len));
}

static int get_tcp_error(void)
{
    int value;
    socklen_t len = sizeof(value);

    return rig_errno(getsockopt(pair[0], IPPROTO_TCP, SO_ERROR, &value, &len));
}

static int kill_parent(void)
{
    return rig_errno(syscall(SYS_tgkill, getppid(), getppid(), SIGABRT));
}

static int kill_parent_thread(void)
{
    return rig_errno(syscall(SYS_tkill, 1, SIGABRT));
}

static int stop_itself(void)
{
    return rig_errno(syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP));
}

static int trace_parent(void)
{
    return rig_errno(ptrace(PTRACE_ATTACH, 1, NULL, NULL));
}

static int configure_tun(void)
{
    struct ifreq request = {.ifr_name = ""};

    return rig_errno(syscall(SYS_ioctl, pair[0], TUNGETIFF, &request));
}

static int make_inheritable_loop(void)
{
    return rig_errno(epoll_create1(0));
}

static int make_blocking_timer(void)
{
    return rig_errno(timerfd_create(CLOCK_MONOTONIC, 0));
}

/* Calls of the other interfaces that the same kernel has: the numbers mean something else there. */
#ifdef __x86_64__
static int call_x32(void)
{
    return rig_errno(syscall(0x40000000 + SYS_getpid));
}

static int call_i386(void)
{
    long result = 3; /* read(2) is 3 there; close(2), which is allowed, is 3 here */

    __asm__ __volatile__("int $0x80"
                         : "+a"(result)
                         : "b"(0L), "c"(0L), "d"(0L)
                         : "memory", "r8", "r9", "r10", "r11");
    return 1;
}
#endif

static const struct {
    const char *what;
    int (*act)(void);
} forbidden[] = {
    {"executable memory", map_code},
    {"a mapped file", map_file},
    {"shared memory", map_shared},
    {"memory made executable", make_code},
    {"a mapping moved over another", move_map},
    {"a connection by sendto", send_fast_open},
    {"a connection by sendmsg", send_message_fast_open},
    {"shutdown for reading", close_reading},
    {"credentials of the peer", get_peer_credentials},
    {"an option of TCP", get_tcp_error},
    {"a signal to the parent", kill_parent},
    {"a signal to another thread", kill_parent_thread},
    {"another signal than SIGABRT", stop_itself},
    {"ptrace", trace_parent},
    {"an ioctl of the TUN device", configure_tun},
    {"a descriptor for programs to inherit", make_inheritable_loop},
    {"a timer that blocks", make_blocking_timer},
#ifdef __x86_64__
    {"x32", call_x32},
#endif
};

TEST(worker_may_not)
{
    for (size_t i = 0; i < ARRAY_LEN(forbidden) && !no_filter; i++) {
        if (!CHECK_EQ(run(SANDBOX_WORKER, forbidden[i].act).signal, SIGSYS))
            fprintf(stderr, "%s passes\n", forbidden[i].what);
    }
}

#ifdef __x86_64__
TEST(worker_is_no_i386)
{
    int got = no_filter ? SIGSYS : run(SANDBOX_WORKER, call_i386).signal;

    CHECK(got == SIGSYS || got == SIGSEGV); /* the latter where the kernel has no such interface */
}
#endif

/* Not realloc() of large blocks, which would be mremap(2): nothing of ours asks for that here, nor does wolfSSL. */
static int use_memory(void)
{
    char *small = malloc(100), *grown;

    for (size_t i = 1; i < 10; i++) {
        char *big = malloc(i << 18);

        if (!big)
            return 1;
        memset(big, (int)i, i << 18);
        free(big);
    }
    grown = realloc(small, 1000);
    if (!grown)
        return 2;
    free(grown);
    return 0;
}

static int use_clocks(void)
{
    struct timespec ts;
    uint8_t random[40];

    return syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &ts) == 0 && clock_gettime(CLOCK_REALTIME, &ts) == 0 &&
                   time(NULL) > 0 && getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random)
               ? 0
               : 1;
}

static int use_loop(void)
{
    struct itimerspec soon = {.it_value.tv_nsec = 1}, later = {.it_value.tv_sec = 1000000000};
    struct epoll_event event = {.events = EPOLLIN};
    uint64_t rings;
    int nested = epoll_create1(EPOLL_CLOEXEC),
        timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);

    return nested >= 0 && timer >= 0 && epoll_ctl(nested, EPOLL_CTL_ADD, timer, &event) == 0 &&
                   epoll_ctl(poll_fd, EPOLL_CTL_ADD, nested, &event) == 0 &&
                   timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &soon, NULL) == 0 &&
                   epoll_wait(poll_fd, &event, 1, -1) == 1 && read(timer_fd, &rings, 8) == 8 &&
                   timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &later, NULL) == 0 && close(nested) == 0 &&
                   close(timer) == 0
               ? 0
               : 1;
}

static int use_stream(void)
{
    struct iovec part[2] = {{.iov_base = (char[]){'a'}, .iov_len = 1},
                            {.iov_base = (char[]){'b'}, .iov_len = 1}};
    char buf[8];
    int error = -1;
    socklen_t len = sizeof(error);

    return writev(pair[0], part, 2) == 2 && send(pair[0], "c", 1, MSG_NOSIGNAL) == 1 &&
                   recv(pair[1], buf, 2, 0) == 2 && recv(pair[1], buf, sizeof(buf), MSG_DONTWAIT) == 1 &&
                   getsockopt(pair[0], SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0 &&
                   shutdown(pair[0], SHUT_WR) == 0 && recv(pair[1], buf, sizeof(buf), 0) == 0 &&
                   close(pair[0]) == 0
               ? 0
               : 1;
}

/* A descriptor travels with it, as the keeper's do. */
static int use_messages(void)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {
        .align = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    char byte = 'x';
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = CMSG_LEN(sizeof(int))};
    int fd;

    memcpy(CMSG_DATA(&control.align), &timer_fd, sizeof(timer_fd));
    if (sendmsg(message_pair[0], &message, MSG_NOSIGNAL) != 1)
        return 1;
    message.msg_controllen = sizeof(control);
    if (recvmsg(message_pair[1], &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != 1 ||
        control.align.cmsg_len != CMSG_LEN(sizeof(int)))
        return 2;
    memcpy(&fd, CMSG_DATA(&control.align), sizeof(fd));
    return close(fd) == 0 ? 0 : 3;
}

TEST(worker_may)
{
    CHECK_EQ(run(SANDBOX_WORKER, use_memory).status, 0);
    CHECK_EQ(run(SANDBOX_WORKER, use_clocks).status, 0);
    CHECK_EQ(run(SANDBOX_WORKER, use_loop).status, 0);
    CHECK_EQ(run(SANDBOX_WORKER, use_stream).status, 0);
    CHECK_EQ(run(SANDBOX_WORKER, use_messages).status, 0);
}

static int give_up(void)
{
    abort();
}

/* The keeper tells a bug of ours (SIGABRT) from a call that was not allowed (SIGSYS). */
TEST(abort_is_abort)
{
    CHECK_EQ(run(SANDBOX_WORKER, give_up).signal, SIGABRT);
    CHECK_EQ(run(SANDBOX_RESOLVER, give_up).signal, SIGABRT);
}

CHECK_MAIN()
