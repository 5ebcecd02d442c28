/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host in a network namespace of its own, with the real acts, seen through ip(8), which shares no code with them.
 * Needs root. The outer network is a TUN device, too ("up0"), so that nothing beyond /dev/net/tun is needed. What
 * returns false has said why on stderr.
 */
#ifndef NETNS_H
#define NETNS_H

#include "netcfg.h"
#include "tun.h"

#define NETNS_SERVER4 "192.0.2.1"
#define NETNS_SERVER6 "2001:db8:5::1"

struct netns {
    struct tun uplink;
    struct tun tun;
    struct netlink *netlink;
    struct netcfg_ops ops;
    struct netcfg netcfg;
    struct netplan_options options;
    char before[65536]; /* netns_everything() once it was open; the test may take it anew */
};

/*
 * Moves the process into a new namespace: a host with an uplink and default routes of both families, and a tunnel
 * without addresses. netcfg points into *host; a copy needs netns_open_tunnel(), for a second tunnel of the same host.
 */
bool netns_open(struct netns *host) MUST_USE;
void netns_close(struct netns *host);
/* A tunnel's device and the door to it, ready for plans; name NULL: the first free one. */
bool netns_open_tunnel(struct netns *host, const char *name) MUST_USE;

/* netcfg_set(). */
bool netns_set(struct netns *host, enum netcfg_group group, const struct netplan *plan) MUST_USE;
struct netplan_ipv4 netns_some_ipv4(void);
struct netplan_ipv6 netns_some_ipv6(void);
/* Link, some IPv4 and some IPv6, as the options say. */
bool netns_bring_up(struct netns *host) MUST_USE;
/* netcfg_undo(); true when everything then is as before. */
bool netns_undo(struct netns *host) MUST_USE;

/* Runs a shell command; out takes what it prints, cut to cap - 1 bytes. */
void netns_run(const char *command, char *out, size_t cap);
/* The command prints the needle, or it does not. */
bool netns_shows(const char *command, const char *needle) MUST_USE;
bool netns_hides(const char *command, const char *needle) MUST_USE;
/* Addresses, routes and rules, without what counts down. Valid until the next call. */
const char *netns_everything(void);

/* From text that is right: aborts when it is not. */
struct ipaddr netns_address(const char *text);
struct ipprefix netns_prefix(const char *text);

#endif
