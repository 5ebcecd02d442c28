/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps down from TSO and USO to TSO alone (kernels before 6.2) to a plain device. Configured with the old ioctl()s: they
 * do all that one device needs.
 */
#include "server_tun.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "bench_util.h"
#include "tun_gro.h"
#include "tun_vnet.h"

/* Linux 6.2; the headers may be older than the kernel. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

/* struct in6_ifreq of linux/ipv6.h, which cannot be included beside the C library's headers. */
struct address6_request {
    struct in6_addr address;
    uint32_t prefix_len;
    int ifindex;
};

static struct ifreq request_for(const char *name)
{
    struct ifreq request = {0};

    if (strlen(name) >= sizeof(request.ifr_name))
        bench_die("%s: too long for an interface", name);
    memcpy(request.ifr_name, name, strlen(name));
    return request;
}

static void set_offloads(struct server_tun *tun)
{
    const unsigned tso = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
    int len = TUN_VNET_LEN;

    if (ioctl(tun->fd, TUNSETVNETHDRSZ, &len) != 0)
        bench_die_errno("TUNSETVNETHDRSZ");
    if (ioctl(tun->fd, TUNSETOFFLOAD, (unsigned long)(tso | TUN_F_USO4 | TUN_F_USO6)) == 0)
        tun->offloads = TUN_GRO_TCP | TUN_GRO_UDP;
    else if (ioctl(tun->fd, TUNSETOFFLOAD, (unsigned long)tso) == 0)
        tun->offloads = TUN_GRO_TCP;
}

static void create(struct server_tun *tun, const struct server_tun_config *config)
{
    struct ifreq request = request_for(config->name);
    int flags = IFF_TUN | IFF_NO_PI;

    tun->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun->fd < 0)
        bench_die_errno("/dev/net/tun");
    tun->vnet = !config->plain;
    request.ifr_flags = (short)(tun->vnet ? flags | IFF_VNET_HDR : flags);
    if (ioctl(tun->fd, TUNSETIFF, &request) != 0)
        bench_die_errno("create %s", config->name);
    if (tun->vnet)
        set_offloads(tun);
}

/* A macro, because the C libraries do not agree on the type of what. */
#define SET(fd, what, request)                                    \
    do {                                                          \
        if (ioctl((fd), (what), (request)) != 0)                  \
            bench_die_errno("configure %s", (request)->ifr_name); \
    } while (0)

static void set_address(int fd, const char *name, struct in_addr address)
{
    struct ifreq request = request_for(name);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = address};

    memcpy(&request.ifr_addr, &at, sizeof(at));
    SET(fd, SIOCSIFADDR, &request);
    at.sin_addr.s_addr = htonl(0xffff0000);
    memcpy(&request.ifr_addr, &at, sizeof(at));
    SET(fd, SIOCSIFNETMASK, &request);
}

static void set_sizes(int fd, const struct server_tun_config *config)
{
    struct ifreq request = request_for(config->name);

    request.ifr_mtu = config->mtu;
    SET(fd, SIOCSIFMTU, &request);
    request.ifr_qlen = config->txqueuelen;
    if (config->txqueuelen > 0)
        SET(fd, SIOCSIFTXQLEN, &request);
}

static void start(int fd, const char *name)
{
    struct ifreq request = request_for(name);

    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
        bench_die_errno("start %s", name);
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP | IFF_RUNNING);
    if (ioctl(fd, SIOCSIFFLAGS, &request) != 0)
        bench_die_errno("start %s", name);
}

static void set_address6(const char *name)
{
    struct address6_request request = {.prefix_len = 64, .ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    request.address.s6_addr[0] = 0xfe;
    request.address.s6_addr[1] = 0x80;
    request.address.s6_addr[15] = 1;
    if (fd < 0 || ioctl(fd, SIOCSIFADDR, &request) != 0)
        bench_die_errno("IPv6 address of %s", name);
    (void)close(fd);
}

struct server_tun server_tun_open(const struct server_tun_config *config)
{
    struct server_tun tun = {.fd = -1};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    create(&tun, config);
    if (fd < 0)
        bench_die_errno("socket");
    set_address(fd, config->name, config->address);
    set_sizes(fd, config);
    start(fd, config->name);
    if (config->ipv6)
        set_address6(config->name);
    (void)close(fd);
    return tun;
}

const char *server_tun_describe(const struct server_tun *tun)
{
    if (!tun->vnet)
        return "plain";
    if (tun->offloads & TUN_GRO_UDP)
        return "vnet tso uso";
    return tun->offloads & TUN_GRO_TCP ? "vnet tso" : "vnet";
}
