/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Router advertisements and solicitations as datagrams; not a door: ra.c alone uses it. ra_claims() lives beside it. */
#ifndef SSTPTUN_RA_WIRE_H
#define SSTPTUN_RA_WIRE_H

#include "ra.h"

struct ra_advert {
    uint16_t router_lifetime; /* seconds; 0: not a default router */
    struct bytes options;     /* all within bounds: to be read with ra_wire_option() */
};

/* The checks of RFC 4861 6.1.2, and that nothing stands between the IPv6 header and the message. */
bool ra_wire_advert(struct bytes datagram, struct ra_advert *ret_advert) MUST_USE;

/* The type of one option and a reader over its body; false at the end and at an option that breaks the bounds. */
bool ra_wire_option(struct reader *r, uint8_t *ret_type, struct reader *ret_body) MUST_USE;

/* RFC 4861 4.1, to all routers, without a link-layer address: there is none. */
void ra_wire_solicit(const uint8_t id[static 8], uint8_t ret_datagram[static RA_SOLICIT_LEN]);

#endif
