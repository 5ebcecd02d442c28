/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ones' complement addition does not care in which byte order words are added, nor how wide they are as long as carries
 * come back in at the bottom (RFC 1071 section 2). So memory is added in its own order and in the widest words at hand, and
 * the result is folded to 16 bits and brought to network order once.
 *
 * The AVX2 variant keeps, for each 64-bit lane, the sum of the upper halves, and the sum of all modulo 2^64. The one tells how
 * much of the other was lost, so no carry is, whatever the length. Variants are called through pointers (musl has no ifunc,
 * so target_clones is out).
 *
 * No sum of something that is not all zero is 0 in either variant, so they agree bit for bit.
 */
#include "checksum.h"

#include <string.h>

#include "ip_wire.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define SHORT 96 /* below, setting up for wide registers costs more than it saves */

typedef uint64_t sum_fn(const uint8_t *data, size_t len);
typedef uint64_t copy_fn(uint8_t *to, const uint8_t *from, size_t len);

struct implementation {
    sum_fn *sum;
    copy_fn *copy;
};

#define ALWAYS_INLINE inline __attribute__((always_inline))

static ALWAYS_INLINE uint64_t add_carry(uint64_t a, uint64_t b)
{
    a += b;
    return a + (a < b);
}

static ALWAYS_INLINE uint64_t take_u64(uint8_t *to, const uint8_t *from)
{
    uint64_t v;

    memcpy(&v, from, sizeof(v));
    if (to != NULL)
        memcpy(to, &v, sizeof(v));
    return v;
}

/* Fewer than 8 bytes. Each piece is added at the place of the lowest word, which is as good as any other. */
static ALWAYS_INLINE uint64_t take_tail(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t sum = 0;
    uint32_t four;
    uint16_t two;
    size_t i = 0;

    if (len & 4) {
        memcpy(&four, from, 4);
        if (to != NULL)
            memcpy(to, &four, 4);
        sum += four;
        i = 4;
    }
    if (len & 2) {
        memcpy(&two, from + i, 2);
        if (to != NULL)
            memcpy(to + i, &two, 2);
        sum += two;
        i += 2;
    }
    if (len & 1) {
        two = 0;
        memcpy(&two, from + i, 1);
        if (to != NULL)
            to[i] = from[i];
        sum += two;
    }
    return sum;
}

/* to is NULL, known at compile time, when nothing is to be copied. */
static ALWAYS_INLINE uint64_t take_scalar(uint8_t *to, const uint8_t *from, size_t len)
{
    uint64_t sum = 0;
    size_t i = 0;

    for (; i + 32 <= len; i += 32) {
        sum = add_carry(sum, take_u64(to ? to + i : NULL, from + i));
        sum = add_carry(sum, take_u64(to ? to + i + 8 : NULL, from + i + 8));
        sum = add_carry(sum, take_u64(to ? to + i + 16 : NULL, from + i + 16));
        sum = add_carry(sum, take_u64(to ? to + i + 24 : NULL, from + i + 24));
    }
    for (; i + 8 <= len; i += 8)
        sum = add_carry(sum, take_u64(to ? to + i : NULL, from + i));
    return add_carry(sum, take_tail(to ? to + i : NULL, from + i, len - i));
}

static uint64_t sum_scalar(const uint8_t *data, size_t len)
{
    return take_scalar(NULL, data, len);
}

static uint64_t copy_scalar(uint8_t *to, const uint8_t *from, size_t len)
{
    return take_scalar(to, from, len);
}

static const struct implementation scalar = {sum_scalar, copy_scalar};

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2")))

/* Two running sums: of 64-bit lanes, with overflow, and of their upper halves, without. */
struct sums {
    __m256i lanes, high;
};

AVX2 static ALWAYS_INLINE void take_block(struct sums *sums, uint8_t *to, const uint8_t *from)
{
    __m256i v = _mm256_loadu_si256((const __m256i_u *)(const void *)from);

    if (to != NULL)
        _mm256_storeu_si256((__m256i_u *)(void *)to, v);
    else
        __asm__("" : "+x"(v)); /* used twice; gcc 12 would load it twice, too */
    sums->lanes = _mm256_add_epi64(sums->lanes, v);
    sums->high = _mm256_add_epi64(sums->high, _mm256_srli_epi64(v, 32));
}

/* The sum of the lower halves is what is missing: below 2^64, so the difference is right modulo 2^64, too. */
AVX2 static ALWAYS_INLINE __m256i both_halves(struct sums sums)
{
    __m256i low = _mm256_sub_epi64(sums.lanes, _mm256_slli_epi64(sums.high, 32));

    return _mm256_add_epi64(low, sums.high);
}

/* Each lane is below 2^33 times the number of blocks: they can be added for any length that memory can hold. */
AVX2 static ALWAYS_INLINE uint64_t add_lanes(struct sums a, struct sums b)
{
    __m256i four = _mm256_add_epi64(both_halves(a), both_halves(b));
    __m128i two = _mm_add_epi64(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));

    return (uint64_t)_mm_cvtsi128_si64(two) + (uint64_t)_mm_extract_epi64(two, 1);
}

AVX2 static ALWAYS_INLINE uint64_t take_avx2(uint8_t *to, const uint8_t *from, size_t len)
{
    struct sums a = {_mm256_setzero_si256(), _mm256_setzero_si256()};
    struct sums b = a;
    size_t i = 0;

    for (; i + 128 <= len; i += 128) {
        take_block(&a, to ? to + i : NULL, from + i);
        take_block(&b, to ? to + i + 32 : NULL, from + i + 32);
        take_block(&a, to ? to + i + 64 : NULL, from + i + 64);
        take_block(&b, to ? to + i + 96 : NULL, from + i + 96);
    }
    for (; i + 32 <= len; i += 32)
        take_block(&a, to ? to + i : NULL, from + i);
    return add_carry(add_lanes(a, b), take_scalar(to ? to + i : NULL, from + i, len - i));
}

AVX2 static uint64_t sum_avx2(const uint8_t *data, size_t len)
{
    return take_avx2(NULL, data, len);
}

AVX2 static uint64_t copy_avx2(uint8_t *to, const uint8_t *from, size_t len)
{
    return take_avx2(to, from, len);
}

static const struct implementation avx2 = {sum_avx2, copy_avx2};

#endif

/* The variant, or NULL when this CPU does not have it. */
static const struct implementation *implementation_of(enum checksum_variant variant)
{
    switch (variant) {
    case CHECKSUM_SCALAR: return &scalar;
    case CHECKSUM_AVX2:
#if defined(__x86_64__)
        return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
#else
        return NULL;
#endif
    }
    return NULL;
}

static uint64_t sum_first(const uint8_t *data, size_t len);
static uint64_t copy_first(uint8_t *to, const uint8_t *from, size_t len);

/* Until the first use has looked at the CPU. */
static const struct implementation unresolved = {sum_first, copy_first};
static const struct implementation *chosen = &unresolved;

static const struct implementation *choose(void)
{
    const struct implementation *best = implementation_of(CHECKSUM_AVX2);

    chosen = best != NULL ? best : &scalar;
    return chosen;
}

static uint64_t sum_first(const uint8_t *data, size_t len)
{
    return choose()->sum(data, len);
}

static uint64_t copy_first(uint8_t *to, const uint8_t *from, size_t len)
{
    return choose()->copy(to, from, len);
}

bool checksum_use(enum checksum_variant variant)
{
    const struct implementation *wanted = implementation_of(variant);

    if (wanted == NULL)
        return false;
    chosen = wanted;
    return true;
}

const char *checksum_variant_name(enum checksum_variant variant)
{
    switch (variant) {
    case CHECKSUM_SCALAR: return "scalar";
    case CHECKSUM_AVX2: return "AVX2";
    }
    return "?";
}

/* From memory's order to the network's, and to 16 bits. */
static inline uint32_t to_network(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return be16toh((uint16_t)sum);
}

uint32_t checksum_sum(const uint8_t *data, size_t len)
{
    return to_network(len < SHORT ? take_scalar(NULL, data, len) : chosen->sum(data, len));
}

uint32_t checksum_copy(uint8_t *to, const uint8_t *from, size_t len)
{
    return to_network(len < SHORT ? take_scalar(to, from, len) : chosen->copy(to, from, len));
}

uint32_t checksum_pseudo_ipv4(const uint8_t addresses[static 8], uint8_t protocol, size_t len)
{
    return to_network(take_scalar(NULL, addresses, IP4_ADDRESSES_LEN)) + protocol + (uint32_t)(len >> 16) +
           (uint32_t)(len & 0xffff);
}

uint32_t checksum_pseudo_ipv6(const uint8_t addresses[static 32], uint8_t protocol, size_t len)
{
    return to_network(take_scalar(NULL, addresses, IP6_ADDRESSES_LEN)) + protocol + (uint32_t)(len >> 16) +
           (uint32_t)(len & 0xffff);
}
