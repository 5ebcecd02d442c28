/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pure: from what was negotiated and what the user asked for to the list of things that shall exist on the host. Values
 * only, fixed layout, so that a plan can cross a process boundary and be checked there.
 */
#ifndef SSTPTUN_NETPLAN_H
#define SSTPTUN_NETPLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

/* Our mark on routes and rules: what a killed process left is known by it. Not used by any daemon of rtnetlink.h's list. */
#define NETPLAN_PROTOCOL 83
/* Routing table of the interface with index i: NETPLAN_TABLE_BASE + i. */
#define NETPLAN_TABLE_BASE 0x53000000u

/* Routes that nobody asked for by name (peer, link, advertised prefix): they stand beside and behind those of others. */
#define NETPLAN_METRIC_IMPLIED 1024u
/* What is unreachable, behind everything else of its table. */
#define NETPLAN_METRIC_LAST 0x7fffffffu

#define NETPLAN_ROUTES_MAX   64
#define NETPLAN_PREFIXES_MAX 8
#define NETPLAN_OPS_MAX      (NETPLAN_ROUTES_MAX + 2 * NETPLAN_PREFIXES_MAX + 16)

enum netop_type {
    NETOP_LINK,    /* MTU, transmit queue length, no kernel-made link-local address, up */
    NETOP_ADDRESS, /* an address of the interface, without the prefix route the kernel would add */
    NETOP_ROUTE,   /* to the interface, or "throw" / "unreachable" */
    NETOP_RULE,    /* a policy rule */
};

enum netroute_kind { NETROUTE_DEVICE, NETROUTE_THROW, NETROUTE_UNREACHABLE };

struct netop {
    enum netop_type type;
    union {
        struct {
            uint32_t mtu;
            uint32_t txqueuelen;
            bool no_ipv6;
        } link;
        struct {
            struct ipaddr local;
            struct ipaddr peer; /* IP_NONE: none */
            uint8_t prefix_len;
            uint32_t valid_s; /* UINT32_MAX: for ever */
            uint32_t preferred_s;
        } address;
        struct {
            enum netroute_kind kind;
            struct ipprefix to;
            uint32_t table; /* 254: main */
            uint32_t metric;
        } route;
        struct {
            enum ip_family family;
            uint32_t table;           /* lookup this table */
            int suppress_prefix_len;  /* ignore routes of this length or shorter; -1: none */
            uint32_t priority_offset; /* below the block of priorities that netcfg picks for this process */
        } rule;
    };
};

struct netplan {
    struct netop op[NETPLAN_OPS_MAX]; /* in the order of application; undone in reverse */
    size_t n_op;
};

/* What the user asked for, for the whole session. */
struct netplan_options {
    struct ipprefix route[NETPLAN_ROUTES_MAX];
    size_t n_route;
    bool default_route;
    struct ipaddr server; /* the address that the outer connection really uses */
    uint32_t mtu;
    uint32_t txqueuelen;
    int ifindex;
    bool no_ipv6; /* --disable-ipv6: the interface shall have none */
};

struct netplan_ipv4 {
    struct ipaddr local;
    struct ipaddr peer;     /* IP_NONE: not told */
    bool peer_is_elsewhere; /* this host has a way to that address already: no route to it */
};

/* A prefix learnt from a router advertisement (RFC 4861 4.6.2). */
struct netplan_prefix {
    struct ipprefix prefix;
    bool on_link;
    bool autonomous; /* form an address from it (RFC 4862): only when prefix.len is 64 */
    uint32_t valid_s;
    uint32_t preferred_s;
};

struct netplan_ipv6 {
    uint8_t id[8]; /* our interface identifier */
    uint8_t peer_id[8];
    struct netplan_prefix prefix[NETPLAN_PREFIXES_MAX];
    size_t n_prefix;
    bool default_router; /* the peer offers itself as default router */
};

/*
 * Whether the plan would have a route to the peer that nobody asked for, and which: for the caller to find out whether it
 * is elsewhere. (For advertised prefixes on_link says both.)
 */
bool netplan_peer_route(const struct netplan_options *options, const struct netplan_ipv4 *ip,
                        struct ipprefix *ret_to) MUST_USE;

/* The link itself, wanted before any address. */
void netplan_link(const struct netplan_options *options, struct netplan *ret_plan);

/* Everything of one family. ip may be NULL: the family is not there (with --default-route it is made unreachable, not leaked). */
void netplan_ipv4(const struct netplan_options *options, const struct netplan_ipv4 *ip,
                  struct netplan *ret_plan);
void netplan_ipv6(const struct netplan_options *options, const struct netplan_ipv6 *ip,
                  struct netplan *ret_plan);

bool netop_equal(const struct netop *a, const struct netop *b);

/* "route 10.0.0.0/8", "address 10.0.0.2/32 peer 10.0.0.1", for logs and errors. Always NUL-terminated when cap > 0. */
void netop_describe(const struct netop *op, char *out, size_t cap);

#endif
