/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every variant against the slow way: every length, alignment and overlap that a block or its ends could get wrong. */
#include "copy.h"

#include "check.h"

#define LONGEST 600
#define LARGE   (256 * 1024 + 77)
#define GUARD   64

static const enum copy_variant variants[] = {COPY_SCALAR, COPY_AVX2};
static uint8_t memory[LARGE + 16 * GUARD], wanted[sizeof(memory)];

/* Contents that tell places apart. */
static void fill(void)
{
    for (size_t i = 0; i < sizeof(memory); i++)
        memory[i] = wanted[i] = (uint8_t)(i * 167 + (i >> 8) * 13 + 7);
}

/* As the definition of memmove() has it: through a third place. */
static void copy_slowly(size_t to, size_t from, size_t len)
{
    static uint8_t third[sizeof(memory)];
    volatile uint8_t *between = third, *target = wanted;

    for (size_t i = 0; i < len; i++)
        between[i] = wanted[from + i];
    for (size_t i = 0; i < len; i++)
        target[to + i] = between[i];
}

/* All of the memory around the two is compared, too. */
static bool copies(size_t to, size_t from, size_t len)
{
    size_t begin = (to < from ? to : from) - GUARD, end = (to > from ? to : from) + len + GUARD;
    bool held;

    copy_slowly(to, from, len);
    held = CHECK(copy_bytes(memory + to, memory + from, len) == memory + to) &&
           CHECK_MEM(memory + begin, wanted + begin, end - begin);
    if (!held)
        fprintf(stderr, "to %zu, from %zu, length %zu\n", to, from, len);
    return held;
}

static bool every_overlap(size_t len)
{
    const size_t base = 4 * GUARD;

    for (size_t distance = 0; distance <= 2 * GUARD + 3; distance += distance < 40 ? 1 : 9)
        if (!copies(base + len % 37, base + len % 37 + distance, len) ||
            !copies(base + len % 37 + distance, base + len % 37, len))
            return false;
    return true;
}

static bool every_alignment(size_t len)
{
    for (size_t to = 0; to < 65; to += len < 200 ? 3 : 8)
        for (size_t from = 0; from < 33; from += 5)
            if (!copies(GUARD + to, 4 * GUARD + LONGEST + from, len))
                return false;
    return true;
}

static bool use(enum copy_variant variant)
{
    if (!copy_use(variant)) {
        printf("this CPU has no variant %d\n", (int)variant);
        return false;
    }
    fill();
    return true;
}

TEST(every_length_overlap_and_alignment)
{
    for (size_t v = 0; v < ARRAY_LEN(variants); v++)
        for (size_t len = 0; (len > 0 || use(variants[v])) && len <= LONGEST; len++)
            if (!every_overlap(len) || !every_alignment(len))
                return;
}

TEST(large)
{
    for (size_t v = 0; v < ARRAY_LEN(variants); v++) {
        if (!use(variants[v]))
            continue;
        (void)copies(GUARD, 2 * GUARD + 5, LARGE);
        (void)copies(3 * GUARD + 1, GUARD + 9, LARGE);
        (void)copies(GUARD + 3, GUARD + LARGE / 2 + 8, LARGE / 2);
        (void)copies(GUARD + LARGE / 2 + 8, GUARD + 3, LARGE / 2);
    }
}

CHECK_MAIN()
