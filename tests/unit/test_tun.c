/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real device, in a network namespace of the test's own. Needs root and /dev/net/tun. */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tun.h"

static bool new_namespace(int flags)
{
    if (unshare(flags) == 0)
        return true;
    fprintf(stderr, "this test needs root and namespaces: %s\n", strerror(errno));
    return CHECK(false);
}

static bool run_command(const char *command)
{
    return system(command) == 0; /* NOLINT(cert-env33-c): the commands are ours */
}

static bool open_device(const char *wanted, struct tun *tun)
{
    struct end end = {.reason = END_NONE};

    if (tun_open(wanted, false, tun, &end))
        return true;
    fprintf(stderr, "%s\n", end.detail);
    return false;
}

static bool is_refused(const char *wanted, enum end_reason reason)
{
    struct tun tun = {.fd = -77};
    struct end end = {.reason = END_NONE};

    return CHECK(!tun_open(wanted, false, &tun, &end)) && CHECK_EQ(end.reason, reason) &&
           CHECK(end.detail[0] != '\0') && CHECK_EQ(tun.fd, -77);
}

static int write_datagram(const struct tun *tun, const void *data, size_t len)
{
    struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};

    return tun_write(tun, &iov, 1);
}

TEST(first_free_name)
{
    struct tun tun[3];

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(open_device(NULL, &tun[0]));
    CHECK_OR_RETURN(open_device(NULL, &tun[1]));
    CHECK_STR(tun[0].name, "sstp0");
    CHECK_STR(tun[1].name, "sstp1");
    CHECK_EQ(tun[0].ifindex, if_nametoindex("sstp0"));
    CHECK((fcntl(tun[0].fd, F_GETFL) & O_NONBLOCK) != 0);
    CHECK((fcntl(tun[0].fd, F_GETFD) & FD_CLOEXEC) != 0);
    tun_close(&tun[0]);
    CHECK_EQ(tun[0].fd, -1);
    CHECK_EQ(if_nametoindex("sstp0"), 0);
    CHECK_OR_RETURN(open_device(NULL, &tun[2]));
    CHECK_STR(tun[2].name, "sstp0");
    tun_close(&tun[2]);
    tun_close(&tun[1]);
    tun_close(&tun[1]);
    tun_close(NULL);
}

TEST(removed_though_somebody_made_it_permanent)
{
    struct tun tun;

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(open_device(NULL, &tun));
    CHECK_EQ(ioctl(tun.fd, TUNSETPERSIST, 1UL), 0);
    tun_remove(&tun);
    CHECK_EQ(tun.fd, -1);
    CHECK_EQ(if_nametoindex("sstp0"), 0);
    tun_remove(&tun);
}

TEST(wanted_name)
{
    struct tun tun;
    struct tun longest;

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(open_device("work", &tun));
    CHECK_STR(tun.name, "work");
    CHECK_OR_RETURN(open_device("fifteen-letters", &longest));
    CHECK_STR(longest.name, "fifteen-letters");
    is_refused("work", END_HOST);
    is_refused("lo", END_HOST);
    tun_close(&longest);
    tun_close(&tun);
}

TEST(names_that_are_none)
{
    static const char *const wrong[] = {
        "", ".", "..", "a/b", "a b", "a:1", "sstp%d", "a\tb", "sixteen-letters-", "\xc3\xa9"};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        is_refused(wrong[i], END_USAGE);
}

/* A persistent device that somebody made beforehand is not taken over. */
TEST(persistent_device_is_left_alone)
{
    struct tun tun;

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(run_command("ip tuntap add sstp0 mode tun"));
    is_refused("sstp0", END_HOST);
    CHECK_OR_RETURN(open_device(NULL, &tun));
    CHECK_STR(tun.name, "sstp1");
    tun_close(&tun);
    CHECK(if_nametoindex("sstp0") != 0);
}

static int open_in_place_of_device(const char *command)
{
    if (!new_namespace(CLONE_NEWNET | CLONE_NEWNS) ||
        !CHECK_EQ(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0) ||
        !CHECK_EQ(mount("tmpfs", "/dev/net", "tmpfs", 0, NULL), 0) || !CHECK(run_command(command)))
        return 1;
    return is_refused(NULL, END_NO_TUN) ? 0 : 1;
}

TEST(no_device)
{
    static const char *const place[] = {
        "true",                        /* nothing there */
        "mknod /dev/net/tun c 10 254", /* no such driver */
        "touch /dev/net/tun",          /* something else */

    };

    for (size_t i = 0; i < ARRAY_LEN(place); i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0)
            _exit(open_in_place_of_device(place[i]));
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        if (!CHECK_EQ(status, 0))
            fprintf(stderr, "%s\n", place[i]);
    }
}

static bool give_address(const char *name)
{
    char command[192];

    (void)snprintf(command, sizeof(command),
                   "ip link set %s addrgenmode none && ip link set %s up && "
                   "ip addr add 10.9.0.1 peer 10.9.0.2 dev %s",
                   name, name, name);
    return CHECK(run_command(command));
}

static bool send_datagram(int fd, const char *text)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7), .sin_addr = {htonl(0x0a090002)}};

    return sendto(fd, text, strlen(text), 0, (struct sockaddr *)(void *)&to, sizeof(to)) ==
           (ssize_t)strlen(text);
}

/* 10.9.0.2:7 -> 10.9.0.1:port, UDP without a checksum */
static size_t build_answer(uint8_t *out, size_t cap, uint16_t port)
{
    struct writer w = writer_of(out, cap);

    writer_u32(&w, 0x4500001d); /* 29 bytes */
    writer_u32(&w, 0);
    writer_u32(&w, 0x401166bc); /* TTL 64, UDP, checksum of the header */
    writer_u32(&w, 0x0a090002);
    writer_u32(&w, 0x0a090001);
    writer_u16(&w, 7);
    writer_u16(&w, port);
    writer_u16(&w, 9);
    writer_u16(&w, 0);
    writer_u8(&w, '!');
    return w.len;
}

TEST(datagrams)
{
    uint8_t buf[2048] = {0x45};
    struct sockaddr_in me = {.sin_family = AF_INET};
    socklen_t me_len = sizeof(me);
    char answer[8];
    struct tun tun;
    int fd;

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(open_device(NULL, &tun));
    CHECK_EQ(write_datagram(&tun, buf, 20), -EIO); /* down */
    CHECK_OR_RETURN(give_address(tun.name));
    CHECK_EQ(tun_read(&tun, buf, sizeof(buf)), 0);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_OR_RETURN(send_datagram(fd, "hello"));
    CHECK_EQ(tun_read(&tun, buf, sizeof(buf)), 33);
    CHECK_EQ(buf[0], 0x45); /* no header before it */
    CHECK_MEM(buf + 28, "hello", 5);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)(void *)&me, &me_len), 0);
    CHECK_EQ(write_datagram(&tun, buf, build_answer(buf, sizeof(buf), ntohs(me.sin_port))), 0);
    CHECK_EQ(recv(fd, answer, sizeof(answer), MSG_DONTWAIT), 1);
    CHECK_EQ(answer[0], '!');
    CHECK(write_datagram(&tun, "\x10", 1) < 0); /* neither IPv4 nor IPv6 */
    (void)close(fd);
    tun_close(&tun);
}

/* The interface is taken away under us: an error, not silence. */
TEST(device_vanishes)
{
    uint8_t buf[64] = {0x45};
    struct tun tun;
    char command[64];

    CHECK_OR_RETURN(new_namespace(CLONE_NEWNET));
    CHECK_OR_RETURN(open_device(NULL, &tun));
    (void)snprintf(command, sizeof(command), "ip link del %s", tun.name);
    CHECK_OR_RETURN(run_command(command));
    CHECK(tun_read(&tun, buf, sizeof(buf)) < 0);
    CHECK(write_datagram(&tun, buf, 20) < 0);
    tun_close(&tun);
}

CHECK_MAIN()
