/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One row per system call and condition. Where a call has several rows, one of them must hold. Conditions stand where
 * they take something away from an attacker:
 *   - memory is never executable: no code but ours can be run;
 *   - sockets are neither made nor connected by the worker, MSG_FASTOPEN included: with it, a send to a socket whose
 *     connection has failed would connect it to any address;
 *   - nor can the resolver's TCP connect by MSG_FASTOPEN or as another protocol (MPTCP): Landlock's rule of ports sees
 *     connect(2) and TCP only;
 *   - signals go to the process itself, and the resolver cannot mask the alarm that ends it.
 * The worker has no row for sigreturn: it has no signal handlers, and what returns from none forges registers.
 */
#include "sandbox_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#ifndef MADV_FREE
#define MADV_FREE 8
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT 30
#endif

#define WORKER   (1U << SANDBOX_WORKER)
#define RESOLVER (1U << SANDBOX_RESOLVER)
#define BOTH     (WORKER | RESOLVER)

/* A negative number (SCMP_SYS): this architecture has no such call. */
#define ALLOW(who, libs, call, why)                                                                   \
    {                                                                                                 \
        .name = #call, .number = SCMP_SYS(call), .roles = (who), .libc = POLICY_##libs, .filter = "", \
        .reason = (why)                                                                               \
    }
#define ALLOW_IF(who, libs, call, words, why, ...)                                                         \
    {                                                                                                      \
        .name = #call, .number = SCMP_SYS(call), .roles = (who), .libc = POLICY_##libs, .filter = (words), \
        .reason = (why), .filters = {                                                                      \
            __VA_ARGS__                                                                                    \
        }                                                                                                  \
    }
/* Answered, not carried out. */
#define ANSWER(who, libs, call, err, why)                                                             \
    {                                                                                                 \
        .name = #call, .number = SCMP_SYS(call), .roles = (who), .libc = POLICY_##libs, .filter = "", \
        .reason = (why), .action = POLICY_ANSWER, .error = (err)                                      \
    }
#define ANSWER_IF(who, libs, call, words, err, why, ...)                                                   \
    {                                                                                                      \
        .name = #call, .number = SCMP_SYS(call), .roles = (who), .libc = POLICY_##libs, .filter = (words), \
        .reason = (why), .action = POLICY_ANSWER, .error = (err), .filters = {                             \
            __VA_ARGS__                                                                                    \
        }                                                                                                  \
    }
#define EQUAL(n, val)        \
    {                        \
        POLICY_EQUAL, n, val \
    }
#define WITHOUT(n, val)        \
    {                          \
        POLICY_WITHOUT, n, val \
    }
#define SELF(n)           \
    {                     \
        POLICY_SELF, n, 0 \
    }

#define ANONYMOUS      (MAP_PRIVATE | MAP_ANONYMOUS)
#define MORE_THAN_READ (O_ACCMODE | O_CREAT | O_TRUNC)
#define TO_READ        "flags without O_WRONLY, O_RDWR, O_CREAT, O_TRUNC"
#define DATAGRAM       (SOCK_DGRAM | SOCK_CLOEXEC)
#define DATAGRAM_NOW   (DATAGRAM | SOCK_NONBLOCK)
#define STREAM         (SOCK_STREAM | SOCK_CLOEXEC)
#define STREAM_NOW     (STREAM | SOCK_NONBLOCK)

/* The first rows are looked at first (sandbox_seccomp.c): the packet path. */
static const struct policy_row rows[] = {
    ALLOW(WORKER, ANY, read, "a packet from the TUN device; the timer's ring"),
    ALLOW(WORKER, ANY, writev, "packets to the TUN device"),
    ALLOW(WORKER, ANY, recvfrom, "TLS records from the server"),
    ALLOW_IF(WORKER, ANY, sendto, "flags without MSG_FASTOPEN",
             "TLS records to the server; a socket that is not connected stays so", WITHOUT(3, MSG_FASTOPEN)),
    ALLOW(WORKER, MUSL, epoll_pwait, "the loop waits"),
    ALLOW(WORKER, GLIBC, epoll_wait, "the loop waits"),
    ALLOW_IF(WORKER, ANY, timerfd_settime, "flags = TFD_TIMER_ABSTIME", "the loop's next deadline",
             EQUAL(1, TFD_TIMER_ABSTIME)),
    ALLOW(BOTH, ANY, clock_gettime, "the time, where the kernel does not lend its clock (vDSO)"),
    ALLOW(WORKER, ANY, epoll_ctl, "what the loop waits for"),

    /* the keeper */
    ALLOW_IF(WORKER, ANY, sendmsg, "flags without MSG_FASTOPEN", "requests to the keeper",
             WITHOUT(2, MSG_FASTOPEN)),
    ALLOW(WORKER, ANY, recvmsg, "the keeper's replies and orders, and the descriptors that come with them"),

    /* the outer connection */
    ALLOW_IF(WORKER, ANY, getsockopt, "SOL_SOCKET, SO_ERROR", "whether a connection came about",
             EQUAL(1, SOL_SOCKET), EQUAL(2, SO_ERROR)),
    ALLOW_IF(WORKER, ANY, epoll_create1, "flags = EPOLL_CLOEXEC",
             "a loop of its own for the attempts to connect", EQUAL(0, EPOLL_CLOEXEC)),
    ALLOW_IF(WORKER, ANY, timerfd_create, "flags = TFD_NONBLOCK + TFD_CLOEXEC", "that loop's timer",
             EQUAL(1, TFD_NONBLOCK | TFD_CLOEXEC)),
    ALLOW_IF(WORKER, ANY, shutdown, "how = SHUT_WR",
             "the end of our side of the stream, before the server's is awaited", EQUAL(1, SHUT_WR)),
    ALLOW(BOTH, ANY, close, "what is no longer needed"),

    /* memory, random numbers, the end */
    ALLOW(BOTH, ANY, brk, "malloc"),
    ALLOW_IF(BOTH, ANY, mmap, "prot without PROT_EXEC, flags = MAP_PRIVATE + MAP_ANONYMOUS", "malloc",
             WITHOUT(2, PROT_EXEC), EQUAL(3, ANONYMOUS)),
    ALLOW_IF(BOTH, MUSL, mmap, "prot = PROT_NONE, flags = MAP_PRIVATE + MAP_ANONYMOUS + MAP_FIXED",
             "malloc's guard page below its own records", EQUAL(2, PROT_NONE),
             EQUAL(3, ANONYMOUS | MAP_FIXED)),
    ALLOW(BOTH, ANY, munmap, "free"),
    ALLOW_IF(BOTH, MUSL, madvise, "advice = MADV_FREE", "free gives pages back", EQUAL(2, MADV_FREE)),
    ALLOW_IF(WORKER, MUSL, mprotect, "prot without PROT_EXEC",
             "malloc's own records, guarded until they are used", WITHOUT(2, PROT_EXEC)),
    ALLOW_IF(RESOLVER, ANY, mprotect, "prot without PROT_EXEC",
             "malloc's own records; in development builds, modules", WITHOUT(2, PROT_EXEC)),
    ALLOW(WORKER, ANY, getrandom, "the generator's seed, renewed now and then"),
    ALLOW(WORKER, ANY, rt_sigprocmask, "abort: no random numbers, or memory found corrupt"),
    ANSWER(RESOLVER, ANY, rt_sigprocmask, 0,
           "abort; answered with 0 and not carried out: it cannot mask SIGALRM, which ends it after 31 s"),
    ALLOW_IF(BOTH, MUSL, tkill, "itself, SIGABRT", "abort", SELF(0), EQUAL(1, SIGABRT)),
    ALLOW_IF(BOTH, GLIBC, tgkill, "itself, SIGABRT", "abort", SELF(0), SELF(1), EQUAL(2, SIGABRT)),
    ALLOW(BOTH, GLIBC, getpid, "abort"),
    ALLOW(BOTH, GLIBC, gettid, "abort"),
    ALLOW(BOTH, ANY, exit_group, "the end"),

    /* the resolver: configuration */
    ALLOW_IF(RESOLVER, MUSL, open, TO_READ,
             "`/etc/resolv.conf`, `/etc/hosts`: Landlock lets it see no other file",
             WITHOUT(1, MORE_THAN_READ)),
    ALLOW_IF(RESOLVER, GLIBC, openat, TO_READ, "files below `/etc`, modules below `/lib`",
             WITHOUT(2, MORE_THAN_READ)),
    ALLOW_IF(RESOLVER, MUSL, fcntl, "F_SETFD, FD_CLOEXEC", "on the two files", EQUAL(1, F_SETFD),
             EQUAL(2, FD_CLOEXEC)),
    ALLOW(RESOLVER, ANY, read, "the files; in development builds, answers by TCP"),
    ALLOW(RESOLVER, GLIBC, newfstatat, "whether a file has changed"),
    ALLOW(RESOLVER, GLIBC, lseek, "`/etc/hosts` from its start again"),
    ALLOW(RESOLVER, GLIBC, pread64, "the head of a module"),
    ALLOW(RESOLVER, GLIBC, mmap, "modules, whose code is mapped executable"),
    ALLOW(RESOLVER, GLIBC, futex, "what is done once"),
    ALLOW(RESOLVER, GLIBC, uname, "the default of the search domain"),

    /* the resolver: sockets */
    ALLOW_IF(RESOLVER, ANY, socket, "AF_INET, SOCK_DGRAM",
             "which of our addresses the kernel would use (AI_ADDRCONFIG, RFC 6724)", EQUAL(0, AF_INET),
             EQUAL(1, DATAGRAM)),
    ALLOW_IF(RESOLVER, ANY, socket, "AF_INET6, SOCK_DGRAM", "the same", EQUAL(0, AF_INET6),
             EQUAL(1, DATAGRAM)),
    ALLOW_IF(RESOLVER, ANY, socket, "AF_INET, SOCK_DGRAM + SOCK_NONBLOCK", "questions by UDP",
             EQUAL(0, AF_INET), EQUAL(1, DATAGRAM_NOW)),
    ALLOW_IF(RESOLVER, ANY, socket, "AF_INET6, SOCK_DGRAM + SOCK_NONBLOCK", "the same", EQUAL(0, AF_INET6),
             EQUAL(1, DATAGRAM_NOW)),
    ALLOW_IF(RESOLVER, MUSL, socket, "AF_INET, SOCK_STREAM + SOCK_NONBLOCK, protocol 0",
             "a question by TCP, after a truncated answer (musl from 1.2.4 on)", EQUAL(0, AF_INET),
             EQUAL(1, STREAM_NOW), EQUAL(2, 0)),
    ALLOW_IF(RESOLVER, MUSL, socket, "AF_INET6, SOCK_STREAM + SOCK_NONBLOCK, protocol 0", "the same",
             EQUAL(0, AF_INET6), EQUAL(1, STREAM_NOW), EQUAL(2, 0)),
    ALLOW_IF(RESOLVER, GLIBC, socket, "AF_INET, SOCK_STREAM, protocol 0", "the same", EQUAL(0, AF_INET),
             EQUAL(1, STREAM), EQUAL(2, 0)),
    ALLOW_IF(RESOLVER, GLIBC, socket, "AF_INET6, SOCK_STREAM, protocol 0", "the same", EQUAL(0, AF_INET6),
             EQUAL(1, STREAM), EQUAL(2, 0)),
    ALLOW_IF(RESOLVER, MUSL, socket, "AF_UNIX, SOCK_DGRAM",
             "to ask for the index of eth0 in `nameserver fe80::1%eth0`", EQUAL(0, AF_UNIX),
             EQUAL(1, DATAGRAM)),
    ALLOW_IF(RESOLVER, GLIBC, socket, "AF_UNIX", "nscd; the index of an interface", EQUAL(0, AF_UNIX)),
    ALLOW_IF(RESOLVER, GLIBC, socket, "AF_NETLINK, NETLINK_ROUTE", "our addresses (AI_ADDRCONFIG)",
             EQUAL(0, AF_NETLINK), EQUAL(2, NETLINK_ROUTE)),
    ALLOW_IF(RESOLVER, ANY, ioctl, "SIOCGIFINDEX", "that index", EQUAL(1, SIOCGIFINDEX)),
    ALLOW_IF(RESOLVER, GLIBC, ioctl, "FIONREAD", "the size of an answer", EQUAL(1, FIONREAD)),
    ALLOW(RESOLVER, ANY, bind, "a port of our own for the questions"),
    ALLOW(RESOLVER, ANY, connect, "to a name server, or to learn which of our addresses would be used"),
    ALLOW(RESOLVER, ANY, getsockname, "that address"),
    ALLOW_IF(RESOLVER, MUSL, setsockopt, "IPPROTO_IPV6, IPV6_V6ONLY",
             "one socket for name servers of both families", EQUAL(1, IPPROTO_IPV6), EQUAL(2, IPV6_V6ONLY)),
    ANSWER_IF(
        RESOLVER, MUSL, setsockopt, "IPPROTO_TCP, TCP_FASTOPEN_CONNECT", ENOPROTOOPT,
        "answered with ENOPROTOOPT: a question in TCP's first packet; musl (from 1.2.4 on) then connects",
        EQUAL(1, IPPROTO_TCP), EQUAL(2, TCP_FASTOPEN_CONNECT)),
    ALLOW_IF(RESOLVER, GLIBC, setsockopt, "IPPROTO_IP, IP_RECVERR", "errors on the way to the name server",
             EQUAL(1, IPPROTO_IP), EQUAL(2, IP_RECVERR)),
    ALLOW_IF(RESOLVER, GLIBC, setsockopt, "IPPROTO_IPV6, IPV6_RECVERR", "the same", EQUAL(1, IPPROTO_IPV6),
             EQUAL(2, IPV6_RECVERR)),
    ALLOW_IF(RESOLVER, ANY, sendto, "flags without MSG_FASTOPEN", "questions", WITHOUT(3, MSG_FASTOPEN)),
    ALLOW_IF(RESOLVER, MUSL, sendmsg, "flags without MSG_FASTOPEN", "questions by TCP (musl from 1.2.4 on)",
             WITHOUT(2, MSG_FASTOPEN)),
    ALLOW_IF(RESOLVER, GLIBC, sendmmsg, "flags without MSG_FASTOPEN", "two questions at once",
             WITHOUT(3, MSG_FASTOPEN)),
    ALLOW(RESOLVER, GLIBC, writev, "questions by TCP"),
    ALLOW(RESOLVER, ANY, poll, "waiting for answers"),
    ALLOW(RESOLVER, ANY, restart_syscall, "the same, after a stop and a continuation"),
    ALLOW(RESOLVER, ANY, recvfrom, "answers"),
    ALLOW(RESOLVER, ANY, recvmsg, "answers; in musl from 1.2.4 on"),
    ALLOW(RESOLVER, ANY, write, "the result, to the keeper"),
    ALLOW(RESOLVER, GLIBC, getrandom, "numbers of questions"),
#ifndef __NR_open
    /* architectures without the older calls */
    ALLOW_IF(RESOLVER, MUSL, openat, TO_READ, "as open", WITHOUT(2, MORE_THAN_READ)),
    ALLOW(RESOLVER, ANY, ppoll, "as poll"),
    ALLOW(WORKER, GLIBC, epoll_pwait, "as epoll_wait"),
#endif
};

const struct policy_row *sandbox_policy_list(size_t *ret_n_rows)
{
    *ret_n_rows = ARRAY_LEN(rows);
    return rows;
}

enum policy_libc sandbox_policy_libc(void)
{
#ifdef __GLIBC__
    return POLICY_GLIBC;
#else
    return POLICY_MUSL;
#endif
}
