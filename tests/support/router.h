/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a router sends, built by hand: advert, options, seal. Lifetimes in seconds. */
#ifndef ROUTER_H
#define ROUTER_H

#include "bytes.h"

struct router_datagram {
    uint8_t byte[1500];
    size_t len;
};

/* The flags of a Prefix Information option (RFC 4861 4.6.2). */
#define ROUTER_ON_LINK 0x80
#define ROUTER_AUTO    0x40

/* From fe80::1 to ff02::1, no options yet. */
struct router_datagram router_advert(uint16_t lifetime);
/* A lifetime of 1800 with a prefix, an MTU and two DNS servers. Not sealed. */
struct router_datagram router_usual(void);

void router_put(struct router_datagram *d, const void *data, size_t len);
/* 2001:db8:0:net::/len */
void router_put_prefix(struct router_datagram *d, uint8_t net, uint8_t len, uint8_t flags, uint32_t valid,
                       uint32_t preferred);
void router_put_mtu(struct router_datagram *d, uint32_t mtu);
/* n servers, 2001:db8:5300::first and those after it */
void router_put_dns(struct router_datagram *d, uint32_t lifetime, uint8_t first, uint8_t n);

/* Length and checksum, as the last thing. The bytes are d's own. */
struct bytes router_sealed(struct router_datagram *d);

/* The Internet checksum's sum (RFC 1071), not yet folded; an odd last byte is left out. */
uint32_t router_add_words(uint32_t sum, const uint8_t *data, size_t len);

#endif
