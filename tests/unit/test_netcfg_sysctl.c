/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a real kernel is told of an interface, and what is said where it cannot be told. Needs root. */
#include "check.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>

#include "netcfg.h"
#include "netns.h"

static char why[96];

static bool quiet(const struct netns *host, bool no_ipv6)
{
    why[0] = '\0';
    return netcfg_quiet(host->tun.name, no_ipv6, why, sizeof(why));
}

/* "RA REDIRECTS DISABLED" */
static const char *settings(void)
{
    static char out[64];

    netns_run("cd /proc/sys/net/ipv6/conf/sstp0 && echo $(cat accept_ra accept_redirects disable_ipv6)", out,
              sizeof(out));
    return out;
}

static bool open_host(struct netns *host)
{
    char out[256];

    if (!netns_open(host))
        return false;
    netns_run("cd /proc/sys/net/ipv6/conf/sstp0 && echo 1 >accept_ra && echo 1 >accept_redirects", out,
              sizeof(out));
    return CHECK_STR(settings(), "1 1 0\n");
}

TEST(told)
{
    struct netns host;

    CHECK_OR_RETURN(open_host(&host));
    CHECK(quiet(&host, false));
    CHECK_STR(settings(), "0 0 0\n");
    CHECK(quiet(&host, true));
    CHECK_STR(settings(), "0 0 1\n");
    CHECK_STR(why, "");
    netns_close(&host);
}

/* Somebody has turned it on again, before the interface goes up. */
TEST(told_again_with_the_link)
{
    struct netns host;
    struct netplan plan;

    CHECK_OR_RETURN(open_host(&host));
    netplan_link(&host.options, &plan);
    CHECK(netns_set(&host, NETCFG_LINK, &plan));
    CHECK_STR(settings(), "0 0 0\n");
    host.options.no_ipv6 = true;
    netplan_link(&host.options, &plan);
    CHECK(netns_set(&host, NETCFG_LINK, &plan));
    CHECK_STR(settings(), "0 0 1\n");
    netns_close(&host);
}

/* No settings, for there is no IPv6: below 1280. */
TEST(no_ipv6_on_the_interface)
{
    struct netns host;
    char out[64];

    CHECK_OR_RETURN(open_host(&host));
    netns_run("ip link set sstp0 mtu 1000", out, sizeof(out));
    CHECK_OR_RETURN(netns_shows("ls /proc/sys/net/ipv6/conf/sstp0 2>&1", "No such file"));
    CHECK(quiet(&host, false));
    CHECK(quiet(&host, true));
    CHECK_STR(why, "");
    netns_close(&host);
}

/* /proc/sys as a container has it: what counts is what is so. */
TEST(read_only)
{
    struct netns host;

    CHECK_OR_RETURN(open_host(&host));
    CHECK_OR_RETURN(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK_OR_RETURN(mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL) == 0 &&
                    mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
    CHECK(!quiet(&host, false));
    CHECK_STR(why, "net.ipv6.conf.sstp0.accept_ra is 1: Read-only file system");
    CHECK(!quiet(&host, true));
    CHECK_STR(settings(), "1 1 0\n");
    CHECK(!netcfg_quiet(host.tun.name, false, NULL, 0));
    CHECK_EQ(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL), 0);
    CHECK(quiet(&host, false));
    CHECK_EQ(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), 0);
    CHECK(quiet(&host, false));
    CHECK_EQ(umount2("/proc/sys", MNT_DETACH), 0);
    netns_close(&host);
}

TEST(no_proc)
{
    struct netns host;

    CHECK_OR_RETURN(open_host(&host));
    CHECK_OR_RETURN(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    CHECK_OR_RETURN(mount("none", "/proc", "tmpfs", 0, NULL) == 0);
    CHECK(!quiet(&host, false));
    CHECK_STR(why, "cannot see net.ipv6.conf.sstp0.accept_ra: No such file or directory");
    CHECK_EQ(umount2("/proc", MNT_DETACH), 0);
    netns_close(&host);
}

/* Settings of other interfaces cannot be meant: nothing can have these names. */
TEST(names_that_are_no_interface)
{
    struct netns host;

    CHECK_OR_RETURN(open_host(&host));
    CHECK(netns_shows("ip tuntap add all mode tun 2>&1 || echo refused", "refused"));
    CHECK(netns_shows("ip tuntap add default mode tun 2>&1 || echo refused", "refused"));
    netns_close(&host);
}

CHECK_MAIN()
