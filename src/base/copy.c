/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * musl copies with `rep movsq`, which moved 14 to 20 GB/s where plain vector code moves 50 to 100, and that was a tenth
 * of a tunnel's CPU time (docs/dataplane.md): TLS copies each byte twice in each direction.
 *
 * Up to a block everything is loaded before anything is stored, the last bytes together with some that were loaded
 * already, so neither the length nor an overlap needs care. Longer copies go block by block from the side that an overlap
 * leaves safe, and end with what is less than a block.
 *
 * In a static binary this runs before anything else does: the C library copies the thread's own memory before there is a
 * canary. So this file is compiled without stack protector, and the variant is a flag that starts as "any CPU".
 */
#include "copy.h"

#include <stdint.h>

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define LINE          64
#define SHORT         128 /* copied at once by copy_short() */

typedef uint64_t narrow __attribute__((vector_size(16)));
typedef uint64_t wide __attribute__((vector_size(32)));

/* Four of the type. The builtin with a constant length is no call but a move. */
#define COPY_FOUR(type, to, from)                                      \
    do {                                                               \
        type a, b, c, d;                                               \
        __builtin_memcpy(&a, (from), sizeof(type));                    \
        __builtin_memcpy(&b, (from) + sizeof(type), sizeof(type));     \
        __builtin_memcpy(&c, (from) + 2 * sizeof(type), sizeof(type)); \
        __builtin_memcpy(&d, (from) + 3 * sizeof(type), sizeof(type)); \
        __builtin_memcpy((to), &a, sizeof(type));                      \
        __builtin_memcpy((to) + sizeof(type), &b, sizeof(type));       \
        __builtin_memcpy((to) + 2 * sizeof(type), &c, sizeof(type));   \
        __builtin_memcpy((to) + 3 * sizeof(type), &d, sizeof(type));   \
    } while (0)

/* One or two of the type, which may overlap each other. */
#define COPY_ENDS(type, to, from, len)                                        \
    do {                                                                      \
        type first, last;                                                     \
        __builtin_memcpy(&first, (from), sizeof(type));                       \
        __builtin_memcpy(&last, (from) + (len) - sizeof(type), sizeof(type)); \
        __builtin_memcpy((to), &first, sizeof(type));                         \
        __builtin_memcpy((to) + (len) - sizeof(type), &last, sizeof(type));   \
    } while (0)

/* Between 4 and 8 narrow ones. */
static ALWAYS_INLINE void copy_four_to_eight(uint8_t *to, const uint8_t *from, size_t len)
{
    narrow w, x, y, z;

    __builtin_memcpy(&w, from + len - 64, 16);
    __builtin_memcpy(&x, from + len - 48, 16);
    __builtin_memcpy(&y, from + len - 32, 16);
    __builtin_memcpy(&z, from + len - 16, 16);
    COPY_FOUR(narrow, to, from);
    __builtin_memcpy(to + len - 64, &w, 16);
    __builtin_memcpy(to + len - 48, &x, 16);
    __builtin_memcpy(to + len - 32, &y, 16);
    __builtin_memcpy(to + len - 16, &z, 16);
}

static ALWAYS_INLINE void copy_two_to_four(uint8_t *to, const uint8_t *from, size_t len)
{
    narrow y, z;

    __builtin_memcpy(&y, from + len - 32, 16);
    __builtin_memcpy(&z, from + len - 16, 16);
    COPY_ENDS(narrow, to, from, 32);
    __builtin_memcpy(to + len - 32, &y, 16);
    __builtin_memcpy(to + len - 16, &z, 16);
}

static ALWAYS_INLINE void copy_short(uint8_t *to, const uint8_t *from, size_t len)
{
    if (len >= 64)
        copy_four_to_eight(to, from, len);
    else if (len >= 32)
        copy_two_to_four(to, from, len);
    else if (len >= 16)
        COPY_ENDS(narrow, to, from, len);
    else if (len >= 8)
        COPY_ENDS(uint64_t, to, from, len);
    else if (len >= 4)
        COPY_ENDS(uint32_t, to, from, len);
    else if (len >= 2)
        COPY_ENDS(uint16_t, to, from, len);
    else if (len == 1)
        *to = *from;
}

/*
 * More than SHORT. Upwards where that is safe: the source lies above, or elsewhere. There it goes on from where the target
 * is at the start of a cache line, for stores across two cost more, unless these bytes would be stored into the source.
 */
#define COPY_LONG(type, to, from, len)                                 \
    do {                                                               \
        const size_t block = 4 * sizeof(type);                         \
        size_t i = 0;                                                  \
                                                                       \
        if ((uintptr_t)(to) - (uintptr_t)(from) >= (len)) {            \
            if ((uintptr_t)(from) - (uintptr_t)(to) >= LINE) {         \
                COPY_FOUR(narrow, to, from);                           \
                i = LINE - (uintptr_t)(to) % LINE;                     \
            }                                                          \
            for (; i + block <= (len); i += block)                     \
                COPY_FOUR(type, (to) + i, (from) + i);                 \
            copy_short((to) + i, (from) + i, (len)-i);                 \
        } else {                                                       \
            for (i = (len); i >= block; i -= block)                    \
                COPY_FOUR(type, (to) + i - block, (from) + i - block); \
            copy_short((to), (from), i);                               \
        }                                                              \
    } while (0)

static void long_scalar(uint8_t *to, const uint8_t *from, size_t len)
{
    COPY_LONG(narrow, to, from, len);
}

#if defined(__x86_64__)

static bool has_avx2;

__attribute__((target("avx2"))) static void long_avx2(uint8_t *to, const uint8_t *from, size_t len)
{
    COPY_LONG(wide, to, from, len);
}

bool copy_use(enum copy_variant variant)
{
    __builtin_cpu_init();
    if (variant == COPY_AVX2 && !__builtin_cpu_supports("avx2"))
        return false;
    has_avx2 = variant == COPY_AVX2;
    return true;
}

__attribute__((constructor)) static void look_at_cpu(void)
{
    IGNORE_RESULT(copy_use(COPY_AVX2)); /* false: the other one it is */
}

#else

#define has_avx2  false
#define long_avx2 long_scalar

bool copy_use(enum copy_variant variant)
{
    return variant == COPY_SCALAR;
}

#endif

void *copy_bytes(void *to, const void *from, size_t len)
{
    if (len <= SHORT)
        copy_short(to, from, len);
    else if (has_avx2)
        long_avx2(to, from, len);
    else
        long_scalar(to, from, len);
    return to;
}

#ifdef COPY_REPLACES_LIBC

#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
    return copy_bytes(to, from, len);
}

void *memmove(void *to, const void *from, size_t len)
{
    return copy_bytes(to, from, len);
}

#endif
