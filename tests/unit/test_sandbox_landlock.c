/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rights that Landlock got one by one, each with something that only it forbids. A kernel without one of them is told
 * of and passed over. Without seccomp, which would be there first.
 */
#include "check.h"
#include "must.h"
#include "sandbox_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#define FILE_OF_ALL "/etc/hosts" /* the resolver may read it; everybody may write to this one */

static bool kernel_has(long abi)
{
    bool has = syscall(444, NULL, 0, 1) >= abi;

    if (!has)
        printf("this kernel has no version %ld of Landlock\n", abi);
    return has;
}

/* An /etc of the test's own, in which there is a device, too; and ports for everybody. */
static void make_host(void)
{
    int fd;

    must(unshare(CLONE_NEWNS | CLONE_NEWNET) == 0, "namespaces (the test needs root)");
    must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0, "private mounts");
    must(mount("none", "/etc", "tmpfs", 0, "mode=0755") == 0, "/etc");
    fd = open(FILE_OF_ALL, O_WRONLY | O_CREAT, 0666);
    must(fd >= 0 && fchmod(fd, 0666) == 0 && write(fd, "text", 4) == 4, FILE_OF_ALL);
    close(fd);
    fd = open("/etc/resolv.conf", O_WRONLY | O_CREAT, 0644);
    must(fd >= 0 && mount("/dev/null", "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0, "the device");
    close(fd);
    fd = open("/proc/sys/net/ipv4/ip_unprivileged_port_start", O_WRONLY);
    must(fd >= 0 && write(fd, "0", 1) == 1, "ports for everybody");
    close(fd);
    rig_without_root();
    rig_without_seccomp();
}

static int tried(enum sandbox_role role, int (*act)(void))
{
    struct rig rig = {.role = role, .before = make_host, .act = act};
    struct rig_outcome outcome = rig_run(&rig);

    CHECK(rig_has(&outcome, SANDBOX_LANDLOCK));
    return outcome.status;
}

static int empty_a_file(void)
{
    return rig_errno(truncate(FILE_OF_ALL, 0));
}

TEST(no_file_is_emptied)
{
    if (!kernel_has(3))
        return;
    CHECK_EQ(tried(SANDBOX_WORKER, empty_a_file), EACCES);
    CHECK_EQ(tried(SANDBOX_RESOLVER, empty_a_file), EACCES);
}

static int serve_dns(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return fd < 0 ? 254 : rig_errno(bind(fd, (struct sockaddr *)&at, sizeof(at)));
}

TEST(no_port_is_taken)
{
    if (!kernel_has(4))
        return;
    CHECK_EQ(tried(SANDBOX_WORKER, serve_dns), EACCES);
    CHECK_EQ(tried(SANDBOX_RESOLVER, serve_dns), EACCES);
}

/* Only the resolver can have a device, where what it may read is one. */
static int control_a_device(void)
{
    int fd = open("/etc/resolv.conf", O_RDONLY | O_CLOEXEC);
    struct termios settings;

    return fd < 0 ? 254 : rig_errno(ioctl(fd, TCGETS, &settings));
}

TEST(no_device_is_controlled)
{
    if (kernel_has(5))
        CHECK_EQ(tried(SANDBOX_RESOLVER, control_a_device), EACCES);
}

static struct sockaddr_un meeting = {.sun_family = AF_UNIX, .sun_path = "\0sstptun-test"};

static int reach_an_abstract_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    return fd < 0 ? 254 : rig_errno(connect(fd, (struct sockaddr *)&meeting, sizeof(meeting)));
}

/* Of somebody else, in the same network namespace. */
static void make_meeting(void)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    must(fd >= 0 && bind(fd, (struct sockaddr *)&meeting, sizeof(meeting)) == 0, "an abstract socket");
    rig_without_root();
    rig_without_seccomp();
}

TEST(no_abstract_socket_is_reached)
{
    struct rig rig = {.before = make_meeting, .act = reach_an_abstract_socket};

    if (!kernel_has(6))
        return;
    for (int role = 0; role < SANDBOX_ROLE_COUNT; role++) {
        rig.role = (enum sandbox_role)role;
        CHECK_EQ(rig_run(&rig).status, EPERM);
    }
}

CHECK_MAIN()
