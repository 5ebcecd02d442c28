/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker may write any datagram into the device, also a router advertisement: the kernel would make a default route,
 * routes and addresses of it, which the worker may not even ask for. Advertisements are taken by ra.c and the keeper's
 * check alone, so the kernel is told to leave them. There is no other door to these settings than /proc/sys: it may be
 * read-only, as in a container, or missing. Then what counts is what the settings are already.
 *
 * "all" and "default" would be settings of other interfaces, but no interface can have these names (the kernel's
 * sysctl_dev_name_is_allowed()).
 */
#include "netcfg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATH_LEN 96

/* RFC 4861 6.3.4; RFC 4861 8.3. */
static const char *const followed[] = {"accept_ra", "accept_redirects"};

static int open_setting(const char *family, const char *ifname, const char *name, int flags)
{
    char path[PATH_LEN];
    int fd;

    (void)snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, ifname, name);
    fd = open(path, flags | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* The character that a setting of one digit is; 0 when it cannot be read. */
static char get(const char *ifname, const char *name)
{
    char text[2] = "";
    int fd = open_setting("ipv6", ifname, name, O_RDONLY);

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof(text)) != 2 || text[1] != '\n')
        text[0] = '?';
    close(fd);
    return text[0];
}

/* 0 or -errno; only what is not so already is written. */
static int put(const char *ifname, const char *name, char value)
{
    int fd, r = 0;

    if (get(ifname, name) == value)
        return 0;
    fd = open_setting("ipv6", ifname, name, O_WRONLY);
    if (fd < 0)
        return fd;
    if (write(fd, &value, 1) != 1)
        r = -errno;
    close(fd);
    return r;
}

/* No IPv6 in this kernel, or none on this interface (an MTU below 1280). */
static bool has_no_ipv6(const char *ifname)
{
    int fd = open_setting("ipv4", ifname, "forwarding", O_RDONLY);
    bool is_listed = fd >= 0; /* so /proc/sys is there, and what it lacks there is not */

    if (!is_listed)
        fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno == EAFNOSUPPORT;
    close(fd);
    return is_listed;
}

bool netcfg_quiet(const char *ifname, bool no_ipv6, char *ret_why, size_t cap)
{
    if (no_ipv6)
        (void)put(ifname, "disable_ipv6", '1'); /* seen below */
    for (size_t i = 0; i < ARRAY_LEN(followed); i++) {
        int r = put(ifname, followed[i], '0');
        char is = get(ifname, followed[i]);

        if (is == '0' || get(ifname, "disable_ipv6") == '1' || (r == -ENOENT && has_no_ipv6(ifname)))
            continue;
        if (is == 0)
            (void)snprintf(ret_why, cap, "cannot see net.ipv6.conf.%s.%s: %s", ifname, followed[i],
                           strerror(-r));
        else
            (void)snprintf(ret_why, cap, "net.ipv6.conf.%s.%s is %c: %s", ifname, followed[i], is,
                           strerror(-r));
        return false;
    }
    return true;
}
