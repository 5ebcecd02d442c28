/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test server's TUN device: one for all clients, with segmentation offload where the kernel has it. */
#ifndef SERVER_TUN_H
#define SERVER_TUN_H

#include <netinet/in.h>
#include <stdbool.h>

struct server_tun_config {
    const char *name;
    struct in_addr address; /* the server's; the pool is its /16 */
    bool ipv6;              /* fe80::1/64 as well */
    int mtu;
    int txqueuelen; /* 0: the kernel's */
    bool plain;     /* no offload, no virtio header */
};

struct server_tun {
    int fd;            /* does not block */
    bool vnet;         /* each datagram has a virtio header */
    unsigned offloads; /* for tun_gro_init() */
};

/* Creates, configures and starts the device, or ends the program. */
struct server_tun server_tun_open(const struct server_tun_config *config);

/* "plain", "vnet", "vnet tso", "vnet tso uso" */
const char *server_tun_describe(const struct server_tun *tun);

#endif
