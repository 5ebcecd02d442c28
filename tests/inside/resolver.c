/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other process that is confined: what somebody would do who has taken the resolver over, in the release's own build,
 * whose C library has rows of its own in the table. Each try is a child's: one with all rights, where it works, or its
 * failure would prove nothing, and one in the resolver's sandbox.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define AT(pointer)  ((long)(pointer))
#define ARG_SELF     (-70001L)
#define ARG_UDP      (-70002L) /* a socket that leads nowhere */
#define ARG_TCP      (-70003L)
#define ARG_FILE     (-70004L)
#define ARG_PAGE     (-70005L) /* of the process's own memory */
#define MPTCP        262
#define IO_URING     425
#define CLONE3       435
#define LANDLOCK_NEW 444
#define TFO_CONNECT  30 /* TCP_FASTOPEN_CONNECT */
#define DATAGRAM     (SOCK_DGRAM | SOCK_CLOEXEC)
#define STREAM       (SOCK_STREAM | SOCK_CLOEXEC)
#define NONBLOCKING  (STREAM | SOCK_NONBLOCK)
#define ANONYMOUS    (MAP_PRIVATE | MAP_ANONYMOUS)
#define MAY          (-1) /* it is what the resolver does */

static const char nothing[] = "/nonexistent", device[] = "/dev/null", hosts[] = "/etc/hosts";
static struct ifreq interface = {.ifr_name = "lo"};
static const int one = 1;
static char byte;
static struct iovec piece = {.iov_base = &byte, .iov_len = 1};
static struct sockaddr_in nowhere = {.sin_family = AF_INET};
static struct msghdr message = {
    .msg_name = &nowhere, .msg_namelen = sizeof(nowhere), .msg_iov = &piece, .msg_iovlen = 1};
static struct timespec no_time;
static int pair[2];
static struct itimerval no_timer;
static char set[8];

/*
 * want: 0 when the filter ends it, MAY, or the errno that it gets in the sandbox. also: an errno that is as good as
 * success outside.
 */
static const struct attempt {
    const char *name;
    long number;
    long arg[6];
    int want;
    int also;
} attempts[] = {
    /* what it is there for */
    {"open", SYS_open, {AT(hosts), O_RDONLY | O_CLOEXEC}, MAY, 0},
    {"fcntl", SYS_fcntl, {ARG_FILE, F_SETFD, FD_CLOEXEC}, MAY, 0},
    {"socket-udp", SYS_socket, {AF_INET, DATAGRAM | SOCK_NONBLOCK}, MAY, 0},
    {"socket-tcp", SYS_socket, {AF_INET, NONBLOCKING}, MAY, 0},
    {"socket-unix", SYS_socket, {AF_UNIX, DATAGRAM}, MAY, 0},
    {"read", SYS_read, {ARG_FILE, AT(&byte), 1}, MAY, 0},
    {"open-other", SYS_open, {AT(device), O_RDONLY}, EACCES, 0}, /* Landlock's */
    {"fast-open-connect", SYS_setsockopt, {ARG_TCP, IPPROTO_TCP, TFO_CONNECT, AT(&one), 4}, ENOPROTOOPT, 0},

    /* files */
    {"open-write", SYS_open, {AT(device), O_WRONLY}, 0, 0},
    {"open-both", SYS_open, {AT(device), O_RDWR}, 0, 0},
    {"open-create", SYS_open, {AT(device), O_RDONLY | O_CREAT, 0600}, 0, 0},
    {"open-truncate", SYS_open, {AT(device), O_RDONLY | O_TRUNC}, 0, 0},
    {"open-below", SYS_openat, {AT_FDCWD, AT(device), O_RDONLY}, 0, 0},
    {"create", SYS_creat, {AT(device), 0600}, 0, 0},
    {"truncate", SYS_truncate, {AT(nothing), 0}, 0, ENOENT},
    {"unlink", SYS_unlink, {AT(nothing)}, 0, ENOENT},
    {"rename", SYS_rename, {AT(nothing), AT(nothing)}, 0, ENOENT},
    {"mkdir", SYS_mkdir, {AT("/nonexistent/x"), 0700}, 0, ENOENT},
    {"chdir", SYS_chdir, {AT("/")}, 0, 0},
    {"stat", SYS_newfstatat, {AT_FDCWD, AT(nothing), AT(&byte), 0}, 0, ENOENT},
    {"seek", SYS_lseek, {ARG_FILE, 0, SEEK_SET}, 0, 0},
    {"read-at", SYS_pread64, {ARG_FILE, AT(&byte), 1, 0}, 0, 0},
    {"list", SYS_getdents64, {ARG_FILE, AT(&byte), 1}, 0, ENOTDIR},

    /* descriptors */
    {"fcntl-dup", SYS_fcntl, {ARG_FILE, F_DUPFD, 0}, 0, 0},
    {"fcntl-dup-cloexec", SYS_fcntl, {ARG_FILE, F_DUPFD_CLOEXEC, 0}, 0, 0},
    {"fcntl-keep", SYS_fcntl, {ARG_FILE, F_SETFD, 0}, 0, 0},
    {"fcntl-flags", SYS_fcntl, {ARG_FILE, F_SETFL, O_NONBLOCK}, 0, 0},
    {"fcntl-owner", SYS_fcntl, {ARG_UDP, F_SETOWN, ARG_SELF}, 0, 0},
    {"dup", SYS_dup, {ARG_FILE}, 0, 0},
    {"pipe", SYS_pipe2, {AT(pair), 0}, 0, 0},
    {"epoll", SYS_epoll_create1, {0}, 0, 0},
    {"timerfd", SYS_timerfd_create, {CLOCK_MONOTONIC, 0}, 0, 0},
    {"writev", SYS_writev, {ARG_UDP, AT(&piece), 0}, 0, EDESTADDRREQ},

    /* sockets */
    {"mptcp", SYS_socket, {AF_INET, NONBLOCKING, MPTCP}, 0, EPROTONOSUPPORT},
    {"mptcp-6", SYS_socket, {AF_INET6, NONBLOCKING, MPTCP}, 0, EPROTONOSUPPORT},
    {"socket-tcp-waiting", SYS_socket, {AF_INET, STREAM, 0}, 0, 0},
    {"socket-tcp-inherited", SYS_socket, {AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0}, 0, 0},
    {"socket-unix-stream", SYS_socket, {AF_UNIX, STREAM, 0}, 0, 0},
    {"socket-unix-seqpacket", SYS_socket, {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0}, 0, 0},
    {"socket-raw", SYS_socket, {AF_INET, SOCK_RAW, IPPROTO_ICMP}, 0, 0},
    {"socket-raw-6", SYS_socket, {AF_INET6, SOCK_RAW, IPPROTO_ICMPV6}, 0, 0},
    {"socket-netlink", SYS_socket, {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE}, 0, 0},
    {"socket-packet", SYS_socket, {AF_PACKET, DATAGRAM, 0}, 0, 0},
    {"socketpair", SYS_socketpair, {AF_UNIX, STREAM, 0, AT(pair)}, 0, 0},
    {"listen", SYS_listen, {ARG_TCP, 1}, 0, 0},
    {"accept", SYS_accept4, {ARG_TCP, 0, 0, 0}, 0, EINVAL},
    {"shutdown", SYS_shutdown, {ARG_TCP, SHUT_WR}, 0, ENOTCONN},
    {"interface-flags", SYS_ioctl, {ARG_UDP, SIOCGIFFLAGS, AT(&interface)}, 0, 0},
    {"ioctl-unread", SYS_ioctl, {ARG_UDP, FIONREAD, AT(pair)}, 0, 0},
    {"option-mark", SYS_setsockopt, {ARG_UDP, SOL_SOCKET, SO_MARK, AT(&one), 4}, 0, 0},
    {"option-device", SYS_setsockopt, {ARG_UDP, SOL_SOCKET, SO_BINDTODEVICE, AT("lo"), 3}, 0, 0},
    {"option-tcp", SYS_setsockopt, {ARG_TCP, IPPROTO_TCP, TCP_NODELAY, AT(&one), 4}, 0, 0},
    {"option-errors", SYS_setsockopt, {ARG_UDP, IPPROTO_IP, IP_RECVERR, AT(&one), 4}, 0, 0},
    {"fast-open", SYS_sendto, {-1, AT(&byte), 1, MSG_FASTOPEN, AT(&nowhere), sizeof(nowhere)}, 0, EBADF},
    {"fast-open-message", SYS_sendmsg, {-1, AT(&message), MSG_FASTOPEN}, 0, EBADF},
    {"many-messages", SYS_sendmmsg, {-1, AT(&message), 1, 0}, 0, EBADF},
    {"many-answers", SYS_recvmmsg, {-1, AT(&message), 1, 0, 0}, 0, EBADF},

    /* memory */
    {"mmap-exec", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, ANONYMOUS, -1}, 0, 0},
    {"mmap-shared", SYS_mmap, {0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1}, 0, 0},
    {"mmap-file", SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE, ARG_FILE}, 0, 0},
    {"mmap-fixed", SYS_mmap, {0x10000000, 4096, PROT_READ, ANONYMOUS | MAP_FIXED, -1}, 0, 0},
    {"mprotect-exec", SYS_mprotect, {ARG_PAGE, 4096, PROT_READ | PROT_EXEC}, 0, 0},
    {"mremap", SYS_mremap, {ARG_PAGE, 4096, 8192, MREMAP_MAYMOVE}, 0, 0},
    {"madvise-dump", SYS_madvise, {ARG_PAGE, 4096, MADV_DODUMP}, 0, 0},
    {"memfd", SYS_memfd_create, {AT("x"), 0}, 0, 0},

    /* processes, and its own end */
    {"fork", SYS_fork, {0}, 0, 0},
    {"clone", SYS_clone, {SIGCHLD}, 0, 0},
    {"clone3", CLONE3, {0, 0}, 0, EINVAL},
    {"exec", SYS_execve, {AT(nothing), 0, 0}, 0, ENOENT},
    {"kill", SYS_kill, {ARG_SELF, 0}, 0, 0},
    {"tkill-other-signal", SYS_tkill, {ARG_SELF, 0}, 0, 0},
    {"tkill-another", SYS_tkill, {-1, SIGABRT}, 0, EINVAL},
    {"tgkill", SYS_tgkill, {ARG_SELF, ARG_SELF, 0}, 0, 0},
    {"ptrace", SYS_ptrace, {PTRACE_TRACEME}, 0, 0},
    {"alarm", SYS_alarm, {0}, 0, 0},
    {"timer", SYS_setitimer, {ITIMER_REAL, AT(&no_timer), 0}, 0, 0},
    {"handler", SYS_rt_sigaction, {SIGALRM, 0, 0, 8}, 0, 0},
    {"wait-for-signal", SYS_rt_sigtimedwait, {AT(set), 0, AT(&no_time), 8}, 0, EAGAIN},
    {"prctl", SYS_prctl, {PR_SET_PDEATHSIG, 0}, 0, 0},
    {"setuid", SYS_setuid, {0}, 0, 0},
    {"setrlimit", SYS_prlimit64, {0, 0, 0, 0}, 0, 0},
    {"io-uring", IO_URING, {1, 0}, 0, EFAULT},
    {"landlock", LANDLOCK_NEW, {0, 0, 1}, 0, 0},
};

enum { NOT_CONFINED = 201 }; /* an exit status beside the numbers of errno */

struct ground {
    int udp, tcp, file;
    void *page;
};

static struct ground open_ground(void)
{
    return (struct ground){
        .udp = socket(AF_INET, DATAGRAM, 0),
        .tcp = socket(AF_INET, NONBLOCKING, 0),
        .file = open(hosts, O_RDONLY | O_CLOEXEC),
        .page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, ANONYMOUS, -1, 0),
    };
}

static long argument(const struct ground *ground, long arg)
{
    switch (arg) {
    case ARG_SELF: return syscall(SYS_gettid);
    case ARG_UDP: return ground->udp;
    case ARG_TCP: return ground->tcp;
    case ARG_FILE: return ground->file;
    case ARG_PAGE: return AT(ground->page);
    default: return arg;
    }
}

/* In a child: its exit status is the errno. */
static _Noreturn void perform(const struct attempt *attempt, bool confined, pid_t parent)
{
    struct ground ground = open_ground();
    struct sandbox_report report;
    long arg[6], r;

    for (size_t i = 0; i < ARRAY_LEN(arg); i++)
        arg[i] = argument(&ground, attempt->arg[i]);
    if (confined && (sandbox_enter(SANDBOX_RESOLVER, parent, &report) < 0 || report.missing != 0))
        leave(NOT_CONFINED);
    r = syscall(attempt->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
    leave(r < 0 ? errno : 0); /* of fork and clone both */
}

/* What became of it, as a word. */
static const char *try_it(const struct attempt *attempt, bool confined, char text[static 32])
{
    pid_t self = getpid(), pid = fork();
    int status = 0;

    if (pid == 0)
        perform(attempt, confined, self);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return "no child";
    if (WIFSIGNALED(status))
        return WTERMSIG(status) == SIGSYS ? "SIGSYS" : "another signal";
    if (WEXITSTATUS(status) == NOT_CONFINED)
        return "not confined";
    if (WEXITSTATUS(status) == 0 || (!confined && WEXITSTATUS(status) == attempt->also))
        return "done";
    (void)snprintf(text, 32, "errno %d", WEXITSTATUS(status));
    return text;
}

static const char *wanted(const struct attempt *attempt, char text[static 32])
{
    if (attempt->want == 0)
        return "SIGSYS";
    if (attempt->want == MAY)
        return "done";
    (void)snprintf(text, 32, "errno %d", attempt->want);
    return text;
}

int act_resolver(void)
{
    char text[3][32];
    int bad = 0;

    for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
        const char *outside = try_it(&attempts[i], false, text[0]);
        const char *inside = try_it(&attempts[i], true, text[1]), *want = wanted(&attempts[i], text[2]);
        bool good = strcmp(outside, "done") == 0 && strcmp(inside, want) == 0;

        printf("%s: %s, %s%s%s\n", attempts[i].name, outside, inside, good ? "" : ", expected: done, ",
               good ? "" : want);
        (void)fflush(stdout);
        bad |= !good;
    }
    return bad;
}
