/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "router.h"

#include <string.h>

void router_put(struct router_datagram *d, const void *data, size_t len)
{
    memcpy(d->byte + d->len, data, len);
    d->len += len;
}

static void put_u32(struct router_datagram *d, uint32_t v)
{
    const uint8_t byte[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};

    router_put(d, byte, 4);
}

struct router_datagram router_advert(uint16_t lifetime)
{
    static const uint8_t header[40] = {
        0x60, [6] = 58, [7] = 255, [8] = 0xfe, [9] = 0x80, [23] = 1, [24] = 0xff, [25] = 2, [39] = 1};
    struct router_datagram d = {.len = 0};

    router_put(&d, header, sizeof(header));
    router_put(&d, (const uint8_t[]){134, 0, 0, 0, 64, 0, (uint8_t)(lifetime >> 8), (uint8_t)lifetime}, 8);
    router_put(&d, (const uint8_t[8]){0}, 8);
    return d;
}

void router_put_prefix(struct router_datagram *d, uint8_t net, uint8_t len, uint8_t flags, uint32_t valid,
                       uint32_t preferred)
{
    router_put(d, (const uint8_t[]){3, 4, len, flags}, 4);
    put_u32(d, valid);
    put_u32(d, preferred);
    put_u32(d, 0);
    router_put(d, (const uint8_t[16]){0x20, 1, 0xd, 0xb8, 0, 0, 0, net}, 16);
}

void router_put_mtu(struct router_datagram *d, uint32_t mtu)
{
    router_put(d, (const uint8_t[]){5, 1, 0, 0}, 4);
    put_u32(d, mtu);
}

void router_put_dns(struct router_datagram *d, uint32_t lifetime, uint8_t first, uint8_t n)
{
    router_put(d, (const uint8_t[]){25, (uint8_t)(1 + 2 * n), 0, 0}, 4);
    put_u32(d, lifetime);
    for (uint8_t i = 0; i < n; i++)
        router_put(d, (const uint8_t[16]){0x20, 1, 0xd, 0xb8, 0x53, [15] = (uint8_t)(first + i)}, 16);
}

uint32_t router_add_words(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i += 2)
        sum += (uint32_t)data[i] << 8 | data[i + 1];
    return sum;
}

struct bytes router_sealed(struct router_datagram *d)
{
    size_t len = d->len - 40;
    uint32_t sum;

    d->byte[4] = (uint8_t)(len >> 8);
    d->byte[5] = (uint8_t)len;
    d->byte[42] = d->byte[43] = 0;
    sum = router_add_words(router_add_words((uint32_t)len + 58, d->byte + 8, 32), d->byte + 40, len);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    d->byte[42] = (uint8_t)(sum >> 8);
    d->byte[43] = (uint8_t)sum;
    return bytes_of(d->byte, d->len);
}

struct router_datagram router_usual(void)
{
    struct router_datagram d = router_advert(1800);

    router_put_prefix(&d, 1, 64, ROUTER_ON_LINK | ROUTER_AUTO, 7200, 3600);
    router_put_mtu(&d, 1400);
    router_put_dns(&d, 600, 1, 2);
    return d;
}
