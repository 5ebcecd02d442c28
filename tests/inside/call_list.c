/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What whoever has taken a process over would try next. Harmless arguments, for the run without confinement. */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef TCP_ULP
#define TCP_ULP 31
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif
#ifndef SO_MARK
#define SO_MARK 36
#endif

#define AT(pointer)  ((long)(pointer))
#define NOBODYS_FD   (-1L)
#define GROW         16384
#define CLONE3       435
#define OPENAT2      437
#define PIDFD_OPEN   434
#define PIDFD_SIGNAL 424
#define PIDFD_GETFD  438
#define IO_URING     425
#define OPEN_TREE    428
#define FSOPEN       430
#define LANDLOCK_NEW 444
#define OPEN_HOW_LEN 24

static struct stat st;
static char memory[4096];
static char name[] = "act";
static struct iovec own = {memory, 1}, theirs = {memory, 1};
static char *no_words[] = {name, NULL};
static uint64_t open_how[3], clone_how[8];
static int pair[2], one = 1;
static uint32_t group = 0;
static struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = 0xbb01, .sin_addr = {0x010200c0}};
static struct sockaddr_in any_port = {.sin_family = AF_INET};
static struct sockaddr unspec = {.sa_family = AF_UNSPEC};
static struct msghdr message = {
    .msg_name = &server, .msg_namelen = sizeof(server), .msg_iov = &own, .msg_iovlen = 1};
static struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
static struct ifreq fresh = {.ifr_name = "act%d", .ifr_flags = IFF_TUN | IFF_NO_PI};
static struct __user_cap_header_struct cap_header = {.version = _LINUX_CAPABILITY_VERSION_3};
static struct __user_cap_data_struct caps[2], net_admin[2] = {{1U << CAP_NET_ADMIN, 1U << CAP_NET_ADMIN, 0}};
static uint8_t ring[120];
static union bpf_attr map = {
    .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
static struct perf_event_attr counter = {
    .type = PERF_TYPE_SOFTWARE, .size = sizeof(counter), .config = PERF_COUNT_SW_TASK_CLOCK};
static struct sched_param ordinary;
static struct rlimit limit;
static struct itimerspec spec;
static siginfo_t info = {.si_code = SI_QUEUE};
static struct timespec moment = {0, 1};
static sigset_t set;
static int action = SECCOMP_RET_KILL_THREAD;
static char stack[GROW] __attribute__((aligned(16)));

/* One that returns at once in the child, which ends there. */
static int end_child(void *unused)
{
    (void)unused;
    _exit(0);
}

static long act_vfork(const struct stage *s)
{
    (void)s;
    return clone(end_child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
}

static int return_at_once(void *unused)
{
    (void)unused;
    return 0;
}

static long act_thread(const struct stage *s)
{
    (void)s;
    return clone(return_at_once, stack + sizeof(stack),
                 CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, NULL);
}

/* Writable first, executable later: what a loader of foreign code does. */
static long act_mprotect(const struct stage *s)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)s;
    return page == MAP_FAILED ? -1 : mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

struct route {
    struct nlmsghdr header;
    struct rtmsg route;
    struct rtattr to;
    uint32_t addr;
};

/* 203.0.113.77/32 is unreachable from now on: a route of its own. */
static long act_route(const struct stage *s)
{
    struct route route = {
        .header = {.nlmsg_len = sizeof(route),
                   .nlmsg_type = RTM_NEWROUTE,
                   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE},
        .route = {.rtm_family = AF_INET,
                  .rtm_dst_len = 32,
                  .rtm_table = RT_TABLE_MAIN,
                  .rtm_protocol = RTPROT_STATIC,
                  .rtm_type = RTN_UNREACHABLE},
        .to = {.rta_len = 8, .rta_type = RTA_DST},
        .addr = 0x4d7100cb,
    };
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[256];
    } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

    (void)s;
    if (fd < 0 || send(fd, &route, sizeof(route), 0) < 0 || recv(fd, &answer, sizeof(answer), 0) < 0)
        return -1;
    errno = -answer.error.error;
    route.header.nlmsg_type = RTM_DELROUTE;
    if (answer.error.error == 0 && send(fd, &route, sizeof(route), 0) < 0)
        return -1;
    close(fd);
    return answer.error.error == 0 ? 0 : -1;
}

/* Whoever may: everybody's root again. */
static long act_chroot(const struct stage *s)
{
    (void)s;
    return chroot(".") < 0 || chdir("/") < 0 ? -1 : 0;
}

#ifdef __x86_64__
/* getpid() as a program of i386 asks for it. */
static long act_int80(const struct stage *s)
{
    long result;

    (void)s;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    errno = (int)-result;
    return result > 0 ? 0 : -1;
}
#endif

/* The call, its arguments; then what is to be known of it. */
#define CALL(label, nr, ...)                                    \
    {                                                           \
        .name = (label), .number = (nr), .arg = { __VA_ARGS__ } \
    }
#define CALL_AS(label, nr, note, ...)                                 \
    {                                                                 \
        .name = (label), .number = (nr), note, .arg = { __VA_ARGS__ } \
    }
#define ACT(label, act, note)                    \
    {                                            \
        .name = (label), note, .function = (act) \
    }

static const struct call list[] = {
    /* files */
    CALL("open-absolute", SYS_openat, AT_FDCWD, AT("/etc/passwd"), O_RDONLY),
    CALL("open-relative", SYS_openat, AT_FDCWD, AT("."), O_RDONLY | O_DIRECTORY),
    CALL("open-path", SYS_openat, AT_FDCWD, AT("/"), O_PATH),
    CALL("open-own-memory", SYS_openat, AT_FDCWD, AT("/proc/self/mem"), O_RDWR),
    CALL("open-keepers-memory", SYS_openat, AT_FDCWD, AT("/proc/1/mem"), O_RDWR),
    CALL("open-tun", SYS_openat, AT_FDCWD, AT("/dev/net/tun"), O_RDWR),
    CALL("open-new", SYS_openat, AT_FDCWD, AT("/run"), O_TMPFILE | O_RDWR, 0600),
    CALL("openat2", OPENAT2, AT_FDCWD, AT("/"), AT(open_how), OPEN_HOW_LEN),
#ifdef SYS_open
    CALL("open", SYS_open, AT("/etc/passwd"), O_RDONLY),
    CALL("stat", SYS_stat, AT("/"), AT(&st)),
#endif
    CALL("fstatat", SYS_newfstatat, AT_FDCWD, AT("/"), AT(&st)),
    CALL("faccessat", SYS_faccessat, AT_FDCWD, AT("/"), F_OK),
    CALL("getcwd", SYS_getcwd, AT(memory), sizeof(memory)),
    CALL("chdir", SYS_chdir, AT("/")),
    CALL("memfd", SYS_memfd_create, AT(name)),
    CALL("inotify", SYS_inotify_init1, 0),
    CALL("fanotify", SYS_fanotify_init, 0, O_RDONLY),
    CALL_AS("mkdir", SYS_mkdirat, .also = EEXIST, AT_FDCWD, AT("/"), 0700),

/* processes */
#ifdef SYS_fork
    CALL_AS("fork", SYS_fork, .kind = CALL_CHILD, 0),
#endif
    ACT("vfork", act_vfork, .kind = CALL_PLAIN),
    CALL_AS("clone", SYS_clone, .kind = CALL_CHILD, SIGCHLD),
    ACT("clone-thread", act_thread, .kind = CALL_ONCE),
    CALL_AS("clone3", CLONE3, .kind = CALL_CHILD, AT(clone_how), sizeof(clone_how)),
    CALL_AS("exec", SYS_execve, .kind = CALL_ONCE, AT("/bin/true"), AT(no_words), AT(no_words + 1)),
    {"execveat",
     SYS_execveat,
     {AT_FDCWD, AT("/bin/true"), AT(no_words), AT(no_words + 1)},
     .kind = CALL_ONCE},
    CALL("getppid", SYS_getppid, 0),
    CALL_AS("wait", SYS_wait4, .also = ECHILD, -1, 0, WNOHANG),

    /* other processes, of which the keeper holds the password */
    CALL("ptrace-keeper", SYS_ptrace, PTRACE_SEIZE, ARG_KEEPER),
    CALL_AS("ptrace-traceme", SYS_ptrace, .kind = CALL_ONCE, PTRACE_TRACEME),
    CALL("read-keeper", SYS_process_vm_readv, ARG_KEEPER, AT(&own), 1, AT(&theirs), 1),
    CALL("write-keeper", SYS_process_vm_writev, ARG_KEEPER, AT(&own), 1, AT(&theirs), 1),
    CALL("kill-keeper", SYS_kill, ARG_KEEPER, SIGKILL),
    CALL("kill-all", SYS_kill, -1, 0),
    CALL("kill-parents-group", SYS_kill, 0, SIGWINCH),
    CALL_AS("stop-self", SYS_kill, .kind = CALL_GRIM, ARG_SELF, SIGSTOP),
    CALL("tkill-keeper", SYS_tkill, ARG_KEEPER, SIGABRT),
    CALL("tkill-self-otherwise", SYS_tkill, ARG_SELF, SIGWINCH),
    CALL("tgkill-keeper", SYS_tgkill, ARG_KEEPER, ARG_KEEPER, SIGABRT),
    CALL("sigqueue-keeper", SYS_rt_sigqueueinfo, ARG_KEEPER, SIGTERM, AT(&info)),
    CALL("pidfd", PIDFD_OPEN, ARG_KEEPER),
    CALL_AS("pidfd-signal", PIDFD_SIGNAL, .kind = CALL_GRIM, NOBODYS_FD, SIGKILL),
    CALL_AS("pidfd-getfd", PIDFD_GETFD, .kind = CALL_GRIM, NOBODYS_FD, 0),
    CALL("prlimit-keeper", SYS_prlimit64, ARG_KEEPER, RLIMIT_NOFILE, 0, AT(&limit)),
    CALL("setpriority", SYS_setpriority, PRIO_PROCESS, 0, -5),
    CALL("setpriority-keeper", SYS_setpriority, PRIO_PROCESS, ARG_KEEPER, 5),
    CALL("sched", SYS_sched_setscheduler, 0, SCHED_BATCH, AT(&ordinary)),
    CALL("sched-keeper", SYS_sched_setscheduler, ARG_KEEPER, SCHED_BATCH, AT(&ordinary)),
    CALL_AS("affinity", SYS_sched_setaffinity, .also = EINVAL, 0, sizeof(memory), AT(stack)),
    CALL_AS("setpgid", SYS_setpgid, .also = EPERM, 0, 0),

    /* sockets */
    CALL("socket-inet", SYS_socket, AF_INET, SOCK_STREAM),
    CALL("socket-inet6", SYS_socket, AF_INET6, SOCK_STREAM),
    CALL("socket-udp", SYS_socket, AF_INET, SOCK_DGRAM),
    CALL("socket-raw", SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP),
    CALL("socket-packet", SYS_socket, AF_PACKET, SOCK_RAW, 0x0300),
    CALL("socket-unix", SYS_socket, AF_UNIX, SOCK_STREAM),
    CALL("socket-netlink", SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE),
    CALL("socketpair", SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, AT(pair)),
    ACT("route", act_route, .kind = CALL_PLAIN),
    {"fastopen-send",
     SYS_sendto,
     {ARG_TCP, AT(memory), 1, MSG_FASTOPEN | MSG_NOSIGNAL, AT(&server), sizeof(server)},
     .also = EINPROGRESS},
    {"fastopen-sendmsg",
     SYS_sendmsg,
     {ARG_TCP, AT(&message), MSG_FASTOPEN | MSG_NOSIGNAL},
     .also = EINPROGRESS},
    CALL_AS("connect", SYS_connect, .also = EINPROGRESS, ARG_TCP, AT(&server), sizeof(server)),
    CALL("connect-nowhere", SYS_connect, ARG_TCP, AT(&unspec), sizeof(unspec)),
    CALL("bind", SYS_bind, ARG_TCP, AT(&any_port), sizeof(any_port)),
    CALL("listen", SYS_listen, ARG_TCP, 1),
    CALL_AS("accept", SYS_accept4, .also = EINVAL, ARG_TCP),
    CALL("sendmmsg", SYS_sendmmsg, ARG_TCP, AT(&message), 0),
    CALL_AS("shutdown-read", SYS_shutdown, .also = ENOTCONN, ARG_TCP, SHUT_RD),
    CALL("mark", SYS_setsockopt, ARG_TCP, SOL_SOCKET, SO_MARK, AT(&one), sizeof(one)),
    CALL("bind-to-device", SYS_setsockopt, ARG_TCP, SOL_SOCKET, SO_BINDTODEVICE, AT("lo"), 3),
    CALL("keepalive", SYS_setsockopt, ARG_TCP, SOL_SOCKET, SO_KEEPALIVE, AT(&one), sizeof(one)),
    CALL_AS("ulp", SYS_setsockopt, .also = ENOENT, ARG_TCP, IPPROTO_TCP, TCP_ULP, AT("tls"), 4),
    CALL("tcp-info", SYS_getsockopt, ARG_TCP, IPPROTO_TCP, TCP_INFO, AT(memory), AT(&group)),
    CALL("getsockname", SYS_getsockname, ARG_TCP, AT(memory), AT(&group)),

    /* devices and descriptors */
    CALL("tun-attach", SYS_ioctl, ARG_FRESH_TUN, TUNSETIFF, AT(&fresh)),
    CALL("tun-persist", SYS_ioctl, ARG_TUN, TUNSETPERSIST, 1),
    CALL("tun-owner", SYS_ioctl, ARG_TUN, TUNSETOWNER, 0),
    CALL("tun-name", SYS_ioctl, ARG_TUN, TUNGETIFF, AT(&fresh)),
    CALL("link-up", SYS_ioctl, ARG_TCP, SIOCSIFFLAGS, AT(&loopback)),
    CALL_AS("terminal-input", SYS_ioctl, .kind = CALL_GRIM, 0, TIOCSTI, AT(name)),
    CALL_AS("write", SYS_write, .also = EINVAL, ARG_TUN, AT(memory), 64),
    CALL("fcntl", SYS_fcntl, ARG_TCP, F_DUPFD, 50),
    CALL("fcntl-signals", SYS_fcntl, ARG_TCP, F_SETOWN, ARG_KEEPER),
    CALL("dup", SYS_dup, ARG_TCP),
    CALL("pipe", SYS_pipe2, AT(pair)),
    CALL("eventfd", SYS_eventfd2, 0),
    CALL_AS("splice", SYS_vmsplice, .kind = CALL_GRIM, NOBODYS_FD, AT(&own), 1),
    CALL("epoll-otherwise", SYS_epoll_create1, 0),
    CALL("timerfd-otherwise", SYS_timerfd_create, CLOCK_MONOTONIC, 0),
    CALL_AS("timerfd-relative", SYS_timerfd_settime, .also = EBADF, NOBODYS_FD, 0, AT(&spec)),

    /* memory */
    CALL("mmap-exec", SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1),
    CALL("mmap-shared", SYS_mmap, 0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1),
    CALL("mmap-fixed", SYS_mmap, 0x10000000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1),
    ACT("mprotect-exec", act_mprotect, .kind = CALL_PLAIN),
    CALL_AS("mremap-fixed", SYS_mremap, .also = EFAULT, 0, 0, 4096, MREMAP_MAYMOVE | MREMAP_FIXED,
            0x10000000),
    CALL("madvise-dump", SYS_madvise, 0, 0, MADV_DODUMP),
    CALL("munlockall", SYS_munlockall, 0),
    CALL("userfaultfd", SYS_userfaultfd, 1),
    CALL("shm", SYS_shmget, 0, 4096, 0600),

    /* power */
    CALL("dumpable", SYS_prctl, PR_SET_DUMPABLE, 1),
    CALL("outlive-keeper", SYS_prctl, PR_SET_PDEATHSIG, 0),
    CALL("rename", SYS_prctl, PR_SET_NAME, AT(name)),
    CALL("setuid", SYS_setuid, 0),
    CALL("setresuid", SYS_setresuid, 0, 0, 0),
    CALL("setgid", SYS_setgid, 0),
    CALL("setgroups", SYS_setgroups, 1, AT(&group)),
    CALL("capget", SYS_capget, AT(&cap_header), AT(caps)),
    CALL("capset", SYS_capset, AT(&cap_header), AT(net_admin)),
    CALL("setrlimit", SYS_prlimit64, 0, RLIMIT_CORE, 0, AT(&limit)),
    CALL_AS("unshare-user", SYS_unshare, .kind = CALL_ONCE, CLONE_NEWUSER),
    CALL_AS("unshare-net", SYS_unshare, .kind = CALL_ONCE, CLONE_NEWNET),
    CALL_AS("setns", SYS_setns, .kind = CALL_GRIM, NOBODYS_FD, 0),
    ACT("chroot", act_chroot, .kind = CALL_PLAIN),
    CALL_AS("mount", SYS_mount, .kind = CALL_ONCE, AT("none"), AT("/run"), AT("tmpfs")),
    CALL_AS("umount", SYS_umount2, .kind = CALL_ONCE, AT("/run"), MNT_DETACH),
    CALL_AS("pivot-root", SYS_pivot_root, .kind = CALL_GRIM, AT("."), AT(".")),
    CALL("open-tree", OPEN_TREE, AT_FDCWD, AT("/"), 1),
    CALL("fsopen", FSOPEN, AT("tmpfs")),
    CALL("seccomp", SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, AT(&action)),
    CALL("landlock", LANDLOCK_NEW, 0, 0, 1),
    CALL_AS("sethostname", SYS_sethostname, .kind = CALL_GRIM, AT(memory), 0),
    CALL_AS("settime", SYS_clock_settime, .kind = CALL_GRIM, CLOCK_REALTIME, AT(&moment)),
    CALL_AS("reboot", SYS_reboot, .kind = CALL_GRIM, 0, 0, 0),
    CALL_AS("module", SYS_init_module, .kind = CALL_GRIM, 0, 0, AT("")),
    CALL_AS("swapoff", SYS_swapoff, .kind = CALL_GRIM, AT("/")),
    CALL("kernel-log", SYS_syslog, 10),

    /* what kernels had holes in */
    CALL("io-uring", IO_URING, 1, AT(ring)),
    CALL("bpf", SYS_bpf, BPF_MAP_CREATE, AT(&map), sizeof(map)),
    CALL("perf", SYS_perf_event_open, AT(&counter), 0, -1, -1, 0),
    CALL("keyctl", SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1),
    CALL("add-key", SYS_add_key, AT("user"), AT(name), AT(memory), 1, KEY_SPEC_PROCESS_KEYRING),
    CALL("futex", SYS_futex, AT(&pair), FUTEX_WAKE, 1),
    CALL("timer", SYS_timer_create, CLOCK_MONOTONIC, 0, AT(&pair)),
    CALL("nanosleep", SYS_nanosleep, AT(&moment)),
    CALL("sigaction", SYS_rt_sigaction, SIGUSR1, 0, 0, 8),
    CALL_AS("sigreturn", SYS_rt_sigreturn, .kind = CALL_GRIM, 0),
    CALL("sigpending", SYS_rt_sigpending, AT(&set), 8),
    CALL("uname", SYS_uname, AT(memory)),
    CALL("set-robust-list", SYS_set_robust_list, 0, 24),
    CALL_AS("no-such-call", 4000, .also = ENOSYS, 0),
#ifdef __x86_64__
    CALL("modify-ldt", SYS_modify_ldt, 0, AT(memory), sizeof(memory)),
    CALL_AS("iopl", SYS_iopl, .also = ENOSYS, 0),
    CALL("arch-prctl", SYS_arch_prctl, 0x1004, AT(memory)),
    CALL_AS("x32", 0x40000000L | 39, .also = ENOSYS, 0),
    ACT("int80", act_int80, .kind = CALL_PLAIN),
#endif
};

const struct call *calls(size_t *ret_n)
{
    *ret_n = ARRAY_LEN(list);
    return list;
}
