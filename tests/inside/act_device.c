/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel makes of datagrams that the worker writes into the device: a router advertisement that offers a default
 * route, a route to a prefix and an address.
 */
#include "inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "tun.h"
#include "tun_vnet.h"

#define ADVERT_LEN 48 /* the message and one option */

/* RFC 4861 4.2, 4.6.2: a router for half an hour, and 2001:db8:bad::/64 on the link, addresses to be made from it. */
static const uint8_t advert[ADVERT_LEN] = {
    134,  0,    0,    0,                       /* type, code, checksum */
    64,   0x08, 0x07, 0x08, [16] = 3,          /* hop limit, M and O and preference, lifetime */
    4,    64,   0xc0, 0,    1,           0, 0, /* prefix information: length, L and A, valid for 65536 s */
    0,    1,    0,    0,    [32] = 0x20,       /* preferred for as long */
    0x01, 0x0d, 0xb8, 0x0b, 0xad,
};

static uint32_t sum_of(const uint8_t *data, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    return sum;
}

/* From fe80::66 to all nodes. */
static void build(uint8_t datagram[static 40 + ADVERT_LEN])
{
    static const uint8_t head[40] = {0x60, [5] = ADVERT_LEN, 58,   255,  0xfe,
                                     0x80, [23] = 0x66,      0xff, 0x02, [39] = 1};
    uint32_t sum;

    memcpy(datagram, head, sizeof(head));
    memcpy(datagram + 40, advert, sizeof(advert));
    sum = sum_of(datagram + 8, 32 + sizeof(advert)) + sizeof(advert) + 58;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    datagram[42] = (uint8_t)(~sum >> 8);
    datagram[43] = (uint8_t)~sum;
}

static void tell(struct worker *worker, const char *text, int number)
{
    struct request line = {.type = REQUEST_LOG, .log = {.level = LOG_LEVEL_ERROR}};

    (void)snprintf(line.log.line, sizeof(line.log.line), "inside: %s: %d", text, number);
    ask_for(worker, &line, NULL);
}

/* Then it waits to be told to stop, so that what has become of it can be looked at. */
static _Noreturn void advertise(struct worker *worker)
{
    uint8_t datagram[TUN_VNET_LEN + 40 + ADVERT_LEN] = {0};
    size_t head = worker->tun.vnet ? TUN_VNET_LEN : 0;
    struct iovec iov = {.iov_base = datagram, .iov_len = head + 40 + ADVERT_LEN};
    struct order order;

    build(datagram + head);
    tell(worker, "advertised", tun_write(&worker->tun, &iov, 1));
    while (remote_order(&worker->remote, CHANNEL_WAIT, &order, NULL) && order.type != ORDER_STOP)
        continue;
    leave(0);
}

static void advertise_up(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    advertise(worker);
}

/* Below 1280 the kernel takes IPv6 off an interface and forgets its settings; above, it begins afresh. */
static void advertise_afresh(struct worker *worker)
{
    struct request link = {.type = REQUEST_LINK, .link = {.mtu = 1000}};

    (void)climb(worker, RUNG_UP);
    ask_for(worker, &link, NULL);
    link.link.mtu = 1400;
    ask_for(worker, &link, NULL);
    advertise(worker);
}

bool act_device(struct worker *worker, const char *name)
{
    if (strcmp(name, "advertise") == 0)
        advertise_up(worker);
    else if (strcmp(name, "advertise-afresh") == 0)
        advertise_afresh(worker);
    else
        return false;
    return true;
}
