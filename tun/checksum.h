/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The internet checksum (RFC 1071) in one pass, alone or together with a copy.
 *
 * A "sum" is a ones' complement sum of big-endian 16-bit words that is not complemented yet; sums of parts are added with
 * + and folded at the end, as long as every part but the last has an even length and fewer than 65536 of them are added.
 */
#ifndef SSTPTUN_CHECKSUM_H
#define SSTPTUN_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"

enum checksum_variant {
    CHECKSUM_SCALAR, /* any CPU */
    CHECKSUM_AVX2,
};

/* The sum of len bytes, 0..0xffff; 0 only when all are zero. An odd last byte counts as if a zero followed. */
uint32_t checksum_sum(const uint8_t *data, size_t len) MUST_USE;

/* Copies len bytes to where they may not overlap, and returns their sum. */
uint32_t checksum_copy(uint8_t *to, const uint8_t *from, size_t len) MUST_USE;

/* The pseudo headers of RFC 9293 3.1 and RFC 8200 8.1: addresses are source and destination as they stand in the header. */
uint32_t checksum_pseudo_ipv4(const uint8_t addresses[static 8], uint8_t protocol, size_t len) MUST_USE;
uint32_t checksum_pseudo_ipv6(const uint8_t addresses[static 32], uint8_t protocol, size_t len) MUST_USE;

/* 16 bits that stand for the same sum. */
static inline uint16_t checksum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

/* What belongs into a checksum field. */
static inline uint16_t checksum_finish(uint32_t sum)
{
    return (uint16_t)~checksum_fold(sum);
}

/* For UDP, where 0 in the field means that there is none (RFC 768). */
static inline uint16_t checksum_finish_udp(uint32_t sum)
{
    uint16_t checksum = checksum_finish(sum);

    return checksum != 0 ? checksum : 0xffff;
}

/*
 * The best variant of this CPU is chosen at the first use. This picks one instead, for tests and measurements; false when
 * the CPU does not have it. Not to be called while another thread computes sums.
 */
bool checksum_use(enum checksum_variant variant) MUST_USE;
const char *checksum_variant_name(enum checksum_variant variant); /* for the same */

#endif
