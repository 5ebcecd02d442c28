/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Datagrams of a hostile peer, one after another: each input is a list of [length, 2 bytes][seconds since the last,
 * 1 byte][datagram]. The checksum is set right, or no input would pass it. Whatever comes, the tables keep their bounds,
 * deadlines lie ahead once served, and what is learnt makes a plan.
 */
#include <stdlib.h>

#include "ra.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(cond)   \
    do {             \
        if (!(cond)) \
            abort(); \
    } while (0)

static uint32_t add_words(uint32_t sum, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint32_t)data[i] << 8 : data[i];
    return sum;
}

static void set_checksum(uint8_t *datagram, size_t len)
{
    uint32_t sum;

    if (len < 44)
        return;
    datagram[4] = (uint8_t)((len - 40) >> 8);
    datagram[5] = (uint8_t)(len - 40);
    datagram[42] = datagram[43] = 0;
    sum = add_words((uint32_t)(len - 40) + 58, datagram + 8, 32);
    sum = add_words(sum, datagram + 40, len - 40);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    datagram[42] = (uint8_t)(sum >> 8);
    datagram[43] = (uint8_t)sum;
}

static void check_state(const struct ra *ra, usec_t now)
{
    struct netplan_options options = {.default_route = true, .ifindex = 1};
    struct netplan_ipv6 ipv6 = {.n_prefix = 0};
    static struct netplan plan;

    MUST(ra->n_prefix <= NETPLAN_PREFIXES_MAX && ra->n_dns <= RA_DNS_MAX);
    MUST(ra_deadline(ra) > now);
    MUST(ra->mtu == 0 || ra->mtu >= 1280);
    ra_describe(ra, now, &ipv6);
    for (size_t i = 0; i < ipv6.n_prefix; i++) {
        MUST(ipv6.prefix[i].valid_s > 0 && ipv6.prefix[i].preferred_s <= ipv6.prefix[i].valid_s);
        MUST(ipv6.prefix[i].prefix.len >= 48 && ipv6.prefix[i].prefix.len <= 128);
    }
    netplan_ipv6(&options, &ipv6, &plan);
    MUST(plan.n_op >= 5 && plan.n_op <= NETPLAN_OPS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t id[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct reader r = reader_of(bytes_of(data, size));
    uint8_t solicit[RA_SOLICIT_LEN];
    usec_t now = 1;
    struct ra ra;

    ra_start(&ra, id, now);
    while (r.left > 3) {
        size_t len = reader_u16(&r) % 2048;
        usec_t wait = reader_u8(&r);
        struct bytes part = reader_take(&r, len < r.left ? len : r.left);
        uint8_t *datagram =
            malloc(part.len ? part.len : 1); /* of its exact size, so that one byte more is noticed */
        bool claimed;

        MUST(datagram != NULL);
        if (part.len > 0)
            memcpy(datagram, part.data, part.len);
        now += wait * USEC_PER_SEC;
        claimed = ra_claims(bytes_of(datagram, part.len));
        set_checksum(datagram, part.len);
        MUST(!ra_input(&ra, bytes_of(datagram, part.len), now) || claimed);
        (void)ra_tick(&ra, now);
        (void)ra_output(&ra, solicit, now);
        check_state(&ra, now);
        free(datagram);
    }
    return 0;
}
