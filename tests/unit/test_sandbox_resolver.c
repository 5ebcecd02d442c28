/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver's confinement leaves getaddrinfo(3) what it needs: a name server of the test's own answers it, /etc is a
 * folder of the test's own with a linked resolv.conf, in namespaces that end with the child. And nothing besides. This is
 * glibc's half of the table; that of the release's C library: tests/inside/resolver.c.
 */
#include "check.h"
#include "must.h"
#include "sandbox_rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HEADER_LEN 12

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

static void put_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
    close(fd);
}

/* RFC 1035 4.1: to an A question the address 192.0.2.77, to all others an empty answer. */
static size_t answer(uint8_t *packet, size_t len)
{
    static const uint8_t record[] = {0xc0, HEADER_LEN, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 77};
    bool wants_a;
    size_t at = HEADER_LEN;

    while (at < len && packet[at] != 0)
        at += packet[at] + 1U;
    at += 5; /* the root label, type, class */
    if (at > len)
        return 0;
    wants_a = packet[at - 3] == 1;
    packet[2] = 0x81; /* a response; recursion was desired, and is available */
    packet[3] = 0x80;
    packet[6] = packet[8] = packet[9] = packet[10] = packet[11] = 0;
    packet[7] = wants_a;
    if (wants_a)
        memcpy(packet + at, record, sizeof(record));
    return at + (wants_a ? sizeof(record) : 0);
}

/* To a name that starts with 't' the answer by UDP is cut off: the question comes again by TCP, where libc does that. */
static size_t answer_by_udp(uint8_t *packet, size_t len)
{
    bool cut = packet[HEADER_LEN + 1] == 't';
    size_t answer_len = answer(packet, len);

    if (!cut)
        return answer_len;
    packet[2] |= 2;
    packet[7] = 0;
    return len;
}

/* One question and its answer, RFC 1035 4.2.2. False at the end of the connection. */
static bool answer_by_tcp(int fd)
{
    uint8_t packet[600];
    size_t len;

    if (recv(fd, packet, 2, MSG_WAITALL) != 2)
        return false;
    len = (size_t)packet[0] << 8 | packet[1];
    if (len <= HEADER_LEN || len > 512 || recv(fd, packet + 2, len, MSG_WAITALL) != (ssize_t)len)
        return false;
    len = answer(packet + 2, len);
    packet[0] = (uint8_t)(len >> 8);
    packet[1] = (uint8_t)len;
    return send(fd, packet, len + 2, MSG_NOSIGNAL) > 0;
}

/* Both end after two seconds without a question. */
static void serve_tcp(int listener)
{
    int fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        while (answer_by_tcp(fd))
            ;
        close(fd);
    }
    _exit(0);
}

static void serve_udp(int fd)
{
    uint8_t packet[600];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t n;

    while ((n = recvfrom(fd, packet, 512, 0, (struct sockaddr *)&from, &from_len)) > HEADER_LEN) {
        size_t len = answer_by_udp(packet, (size_t)n);

        (void)!sendto(fd, packet, len, 0, (struct sockaddr *)&from, from_len);
        from_len = sizeof(from);
    }
    _exit(0);
}

static void start_server(int type, void (*serve)(int fd))
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 2};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    pid_t pid;

    must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0 &&
             bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0,
         "the name server's socket");
    must(type != SOCK_STREAM || listen(fd, 5) == 0, "listen");
    pid = fork();
    if (pid == 0)
        serve(fd);
    must(pid > 0, "fork");
    close(fd);
}

static void bring_up_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0, "lo");
    close(fd);
}

static void make_host(void)
{
    must(unshare(CLONE_NEWNS | CLONE_NEWNET) == 0, "namespaces (the test needs root)");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
    must(mount("none", "/etc", "tmpfs", 0, "mode=0755") == 0, "/etc");
    must(mount("none", "/run", "tmpfs", 0, "mode=0755") == 0, "/run");
    must(mkdir("/run/elsewhere", 0755) == 0, "/run/elsewhere");
    put_file("/run/elsewhere/stub.conf", "nameserver 127.0.0.1\nnameserver fe80::1%lo\n");
    put_file("/run/secret", "secret");
    put_file("/etc/hosts", "192.0.2.5 by-file.test\n");
    must(symlink("../run/elsewhere/stub.conf", "/etc/resolv.conf") == 0, "the link");
    bring_up_loopback();
    start_server(SOCK_DGRAM, serve_udp);
    start_server(SOCK_STREAM, serve_tcp);
}

static struct rig_outcome run(int (*act)(void))
{
    struct rig rig = {.role = SANDBOX_RESOLVER, .before = make_host, .act = act};

    return rig_run(&rig);
}

/* The last byte of the first IPv4 address, or 0. */
static int resolve(const char *name)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    int byte = 0;

    if (getaddrinfo(name, "443", &hints, &list) != 0)
        return 0;
    if (list->ai_family == AF_INET) {
        struct sockaddr_in addr;

        memcpy(&addr, list->ai_addr, sizeof(addr));
        byte = (int)(ntohl(addr.sin_addr.s_addr) & 0xff);
    }
    freeaddrinfo(list);
    return byte;
}

static int resolve_by_dns(void)
{
    return resolve("by-dns.test");
}

static int resolve_by_tcp(void)
{
    return resolve("tcp.test");
}

static int resolve_by_file(void)
{
    return resolve("by-file.test");
}

static int resolve_nothing(void)
{
    return resolve("");
}

/* As resolve.c asks first. */
static int resolve_as_configured(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV}, *list;

    if (getaddrinfo("by-dns.test", "443", &hints, &list) == 0)
        freeaddrinfo(list);
    return 0;
}

TEST(resolves)
{
    struct rig_outcome outcome = run(resolve_by_dns);

    CHECK_EQ(outcome.report.in_force | outcome.report.missing, sandbox_protections(SANDBOX_RESOLVER));
    CHECK(rig_has(&outcome, SANDBOX_IDENTITY));
    CHECK(rig_has(&outcome, SANDBOX_CAPABILITIES));
    CHECK(rig_has(&outcome, SANDBOX_LIMITS));
    if (!RIG_SANITIZED)
        CHECK(rig_has(&outcome, SANDBOX_SECCOMP));
    CHECK_EQ(outcome.status, 77);
    CHECK_EQ(run(resolve_by_file).status, 5);
    CHECK_EQ(run(resolve_by_tcp).status, 77);
    CHECK_EQ(run(resolve_nothing).status, 0);
    CHECK_EQ(run(resolve_as_configured).status, 0);
}

static int read_file(const char *path)
{
    int fd = open(path, O_RDONLY);

    return fd < 0 ? errno : 0;
}

static int read_secret(void)
{
    return read_file("/run/secret");
}

static int read_configuration(void)
{
    return read_file("/etc/resolv.conf") == 0 && read_file("/etc/hosts") == 0 ? 0 : 1;
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? errno : 0;
}

static int connect_to_web(void)
{
    return connect_to(80);
}

static int connect_to_dns(void)
{
    return connect_to(53);
}

TEST(landlock_leaves_the_way_open)
{
    struct rig_outcome outcome = run(read_configuration);
    long abi = syscall(444, NULL, 0, 1);

    CHECK_EQ(outcome.status, 0);
    if (abi < 1) {
        printf("this kernel has no Landlock\n");
        return;
    }
    CHECK(rig_has(&outcome, SANDBOX_LANDLOCK));
    CHECK_EQ(run(read_secret).status, EACCES);
    if (abi >= 4) {
        CHECK_EQ(run(connect_to_web).status, EACCES);
        CHECK(run(connect_to_dns).status != EACCES);
    }
}

static int write_configuration(void)
{
    return rig_errno(open("/etc/hosts", O_WRONLY));
}

static int truncate_configuration(void)
{
    return rig_errno(open("/etc/hosts", O_RDONLY | O_TRUNC));
}

static int raw_socket(void)
{
    return rig_errno(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int packet_socket(void)
{
    return rig_errno(socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int interface_flags(void)
{
    struct ifreq request = {.ifr_name = "lo"};

    return rig_errno(ioctl(0, SIOCSIFFLAGS, &request));
}

/* The ways around Landlock's rule of ports. */
static int connect_by_sending(void)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return rig_errno(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&addr, sizeof(addr)));
}

static int connect_by_other_protocol(void)
{
    return rig_errno(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_MPTCP));
}

static int connect_by_many_messages(void)
{
    struct mmsghdr message = {.msg_len = 0};

    return rig_errno(sendmmsg(0, &message, 1, MSG_FASTOPEN));
}

static int have_child(void)
{
    return rig_errno(fork());
}

static int listen_for_others(void)
{
    return rig_errno(listen(0, 1));
}

static int start_program(void)
{
    return rig_errno(execl("/bin/true", "true", NULL));
}

TEST(resolver_may_not)
{
    static int (*const forbidden[])(void) = {write_configuration,
                                             truncate_configuration,
                                             raw_socket,
                                             packet_socket,
                                             interface_flags,
                                             have_child,
                                             connect_by_sending,
                                             connect_by_other_protocol,
                                             connect_by_many_messages,
                                             listen_for_others,
                                             start_program};

    for (size_t i = 0; i < ARRAY_LEN(forbidden) && !RIG_SANITIZED; i++) {
        struct rig rig = {.role = SANDBOX_RESOLVER, .act = forbidden[i]};

        if (!CHECK_EQ(rig_run(&rig).signal, SIGSYS))
            fprintf(stderr, "number %zu passes\n", i);
    }
}

/* SIGABRT stands for SIGALRM here: it is the one that it may send itself. The worker's would stay masked. */
static int mask_a_signal(void)
{
    sigset_t all;

    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
        return 1;
    raise(SIGABRT);
    return 2;
}

TEST(resolver_cannot_put_off_its_end)
{
    if (!RIG_SANITIZED) {
        struct rig rig = {.role = SANDBOX_RESOLVER, .act = mask_a_signal};

        CHECK_EQ(rig_run(&rig).signal, SIGABRT);
    }
}

CHECK_MAIN()
