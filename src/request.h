/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything that the two processes ever say to each other. The worker (which talks to the network) sends requests; some
 * have a reply, for which it waits. The keeper (which has the rights) sends orders on a channel of their own, at any
 * time. A message is its type and a payload of fixed layout, and exactly as long as the type says.
 *
 * Payloads hold bytes and 32-bit numbers only: no padding that could carry old memory, no pointer, no enum or bool that
 * could hold a value it cannot have. What a message says is checked after it has arrived whole: keeper_check.h.
 */
#ifndef SSTPTUN_REQUEST_H
#define SSTPTUN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "end_reason.h"
#include "endpoint.h"
#include "log.h"
#include "netplan.h"
#include "ra.h"
#include "sandbox.h"
#include "tun.h"

#define REQUEST_LINE_LEN      1024 /* of a log line, with its NUL */
#define REQUEST_NAME_MAX      256  /* bytes of a user name or a password */
#define REQUEST_CHALLENGE_MAX 255  /* RFC 1994 4.1: the length is one byte */

enum request_type {
    REQUEST_READY,         /* set up and confined; nothing of the network was touched yet */
    REQUEST_LOG,           /* a line for the user */
    REQUEST_SOCKET,        /* reply: a TCP socket on its way to an address of the list */
    REQUEST_CHOSEN,        /* the socket that is used: what the routes must spare */
    REQUEST_AUTH_PAP,      /* reply: what the method sends; the password itself with this one alone */
    REQUEST_AUTH_MD5,      /* reply */
    REQUEST_AUTH_MSCHAPV2, /* reply */
    REQUEST_LINK,          /* reply: the MTU of the interface, and that it is up */
    REQUEST_IPV4,          /* reply: what was negotiated, or that there is none */
    REQUEST_IPV6,          /* reply */
    REQUEST_UP,            /* traffic flows: time for the `up` hook */
    REQUEST_END,           /* why it is over; the last one */
    REQUEST_TYPES
};

/* struct end as it travels. */
struct request_words {
    uint32_t reason; /* END_NONE in a reply: done */
    uint32_t code;
    char detail[END_DETAIL_LEN];
    char hint[END_HINT_LEN];
};

struct request_ready {
    struct sandbox_report sandbox;
};

struct request_log {
    uint32_t level;
    char line[REQUEST_LINE_LEN];
};

/* SOCKET and CHOSEN. */
struct request_address {
    uint32_t index; /* in the list of ORDER_ADDRESSES */
};

struct request_md5 {
    uint32_t id;
    uint32_t challenge_len;
    uint8_t challenge[REQUEST_CHALLENGE_MAX + 1];
};

struct request_mschapv2 {
    uint8_t challenge[16];
};

struct request_link {
    uint32_t mtu;
};

struct request_ipv4 {
    uint32_t present; /* 0: everything else is zero */
    uint8_t local[4];
    uint8_t peer[4]; /* 0.0.0.0: not told, here and below */
    uint8_t dns[2][4];
    uint8_t nbns[2][4];
};

/* One that a router has advertised (RFC 4861 4.6.2). */
struct request_prefix {
    uint8_t addr[16];
    uint32_t len;
    uint32_t on_link;
    uint32_t autonomous;
    uint32_t valid_s;
    uint32_t preferred_s;
};

struct request_ipv6 {
    uint32_t present; /* 0: everything else is zero */
    uint8_t id[8];
    uint8_t peer_id[8];
    uint32_t default_router;
    uint32_t n_prefix;
    struct request_prefix prefix[NETPLAN_PREFIXES_MAX];
    uint32_t n_dns;
    uint8_t dns[RA_DNS_MAX][16];
};

struct request_end {
    struct request_words words;
    uint32_t stage;
};

/* raw, here and below: the first member and the largest, so that naming a type alone zeroes every byte behind it. */
struct request {
    uint32_t type; /* enum request_type */
    union {
        uint8_t raw[sizeof(struct request_log)];
        struct request_ready ready;
        struct request_log log;
        struct request_address address;
        struct request_md5 md5;
        struct request_mschapv2 mschapv2;
        struct request_link link;
        struct request_ipv4 ipv4;
        struct request_ipv6 ipv6;
        struct request_end end;
    };
};

/* Replies. fits: 0 when the password is too long for the method, and the rest is then zero. */

struct reply_socket {
    uint32_t error; /* an errno; 0: the socket is attached */
};

struct reply_pap {
    uint32_t fits;
    uint32_t password_len;
    uint8_t password[REQUEST_NAME_MAX];
};

struct reply_md5 {
    uint8_t value[16];
};

struct reply_mschapv2 {
    uint32_t fits;
    uint8_t peer_challenge[16]; /* the keeper's own choice */
    uint8_t nt_response[24];
    uint8_t authenticator[20];
    uint8_t hlak[32];
};

struct reply {
    uint32_t type; /* that of the request */
    union {
        uint8_t raw[sizeof(struct request_words)];
        struct reply_socket socket;
        struct reply_pap pap;
        struct reply_md5 md5;
        struct reply_mschapv2 mschapv2;
        struct request_words words; /* of LINK, IPV4 and IPV6 */
    };
};

/* Orders */

enum order_type {
    ORDER_START,     /* the TUN device is attached; the server may be contacted */
    ORDER_ADDRESSES, /* of the server */
    ORDER_STOP,      /* say goodbye and end; hard: without waiting for anybody */
    ORDER_TYPES
};

struct order_start {
    uint32_t user_len;
    char user[REQUEST_NAME_MAX];
    char interface[TUN_NAME_LEN];
    uint32_t vnet;
    uint32_t offloads;
};

struct order_addresses {
    uint32_t n;
    union endpoint endpoint[ENDPOINTS_MAX]; /* in the resolver's order of preference */
};

struct order_stop {
    struct request_words words;
    uint32_t hard;
};

struct order {
    uint32_t type; /* enum order_type */
    union {
        uint8_t raw[sizeof(struct order_addresses)];
        struct order_start start;
        struct order_addresses addresses;
        struct order_stop stop;
    };
};

/* "IPV4", for messages about requests; "?" for no type at all. */
const char *request_name(uint32_t type);

/* Lengths of whole messages. 0: there is no such type, or a request of this type has no reply. */
size_t request_len(uint32_t type);
size_t reply_len(uint32_t type);
size_t order_len(uint32_t type);

/* An end for the way, and back. False when no end says such a thing, or a text is not terminated. */
struct request_words request_words_of(const struct end *end);
bool request_words_read(const struct request_words *words, struct end *ret_end) MUST_USE;

/*
 * Makes text that the other process sent fit for a terminal, in place: what is no well-formed UTF-8 and every control
 * character, those of U+0080 to U+009F and of bidirectional text and the line separators too, becomes '?'. text is NUL-terminated.
 */
void request_clean(char *text);

#endif
