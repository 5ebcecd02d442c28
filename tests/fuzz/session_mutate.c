/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutations that keep the script's shape: whole instructions come, go, change places or are damaged inside, which libFuzzer's
 * own mutators, blind to the lengths, seldom manage. One time in eight those work on the whole input all the same.
 */
#include <stdlib.h>

#include "session_script.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                                 uint8_t *out, size_t max_size, unsigned seed);

#define LINES_MAX 512
#define LINE_MAX  257

struct lines {
    size_t n, at[LINES_MAX + 1]; /* where each begins; the last one is the end */
};

static uint32_t pick(uint32_t *chance, size_t n)
{
    *chance = *chance * 1664525u + 1013904223u;
    return n > 0 ? (uint32_t)((*chance >> 8) % n) : 0;
}

static void find_lines(struct bytes script, struct lines *lines)
{
    struct reader r = reader_of(script);
    struct session_line line;

    lines->n = 0;
    lines->at[0] = 0;
    while (lines->n < LINES_MAX && session_script_next(&r, &line))
        lines->at[++lines->n] = script.len - r.left;
}

/* Replaces len bytes at a place by others; the new size, or the old one where there is no room. */
static size_t replace(uint8_t *script, size_t size, size_t max, size_t at, size_t len, struct bytes by)
{
    if (size - len + by.len > max)
        return size;
    memmove(script + at + by.len, script + at + len, size - at - len);
    if (by.len > 0)
        memcpy(script + at, by.data, by.len);
    return size - len + by.len;
}

/* One instruction with operands that are mostly small numbers, as most operands are. */
static size_t invent(uint8_t *line, uint32_t *chance)
{
    size_t n = pick(chance, 4) ? pick(chance, 8) : pick(chance, 48);

    line[0] = (uint8_t)pick(chance, SESSION_OPS);
    line[1] = (uint8_t)n;
    for (size_t i = 0; i < n; i++)
        line[2 + i] = (uint8_t)(pick(chance, 2) ? pick(chance, 16) : pick(chance, 256));
    return 2 + n;
}

static size_t damage(uint8_t *script, size_t size, size_t max, size_t at, size_t len)
{
    uint8_t line[LINE_MAX] = {0};
    size_t n = len > 2 ? len - 2 : 0;

    memcpy(line, script + at, len);
    n = LLVMFuzzerMutate(line + 2, n, sizeof(line) - 2);
    line[1] = (uint8_t)n;
    return replace(script, size, max, at, len, bytes_of(line, 2 + n));
}

static size_t swap(uint8_t *script, size_t size, const struct lines *lines, size_t i)
{
    uint8_t first[LINE_MAX];
    size_t at = lines->at[i], next = lines->at[i + 1], end = lines->at[i + 2], len = next - at;

    memcpy(first, script + at, len);
    memmove(script + at, script + next, end - next);
    memcpy(script + at + (end - next), first, len);
    return size;
}

static size_t mutate_lines(uint8_t *script, size_t size, size_t max, uint32_t *chance)
{
    static struct lines lines;
    uint8_t line[LINE_MAX];
    size_t i, at, len;

    find_lines(bytes_of(script, size), &lines);
    i = pick(chance, lines.n + 1);
    at = lines.at[i];
    if (i == lines.n || pick(chance, 4) == 0)
        return replace(script, size, max, at, 0, bytes_of(line, invent(line, chance)));
    len = lines.at[i + 1] - at;
    memcpy(line, script + at, len);
    switch (pick(chance, 8)) {
    case 0: return replace(script, size, max, at, len, bytes_of(NULL, 0));
    case 1: return replace(script, size, max, lines.at[pick(chance, lines.n + 1)], 0, bytes_of(line, len));
    case 2: return i + 2 <= lines.n ? swap(script, size, &lines, i) : size;
    case 3: script[at] = (uint8_t)pick(chance, SESSION_OPS); return size;
    default: return damage(script, size, max, at, len);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint32_t chance = seed;
    size_t n = 1 + pick(&chance, 3);

    if (size < SESSION_HEAD_LEN || pick(&chance, 8) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    if (pick(&chance, 8) == 0)
        data[pick(&chance, SESSION_HEAD_LEN)] ^= (uint8_t)(1u << pick(&chance, 8));
    while (n-- > 0)
        size = SESSION_HEAD_LEN + mutate_lines(data + SESSION_HEAD_LEN, size - SESSION_HEAD_LEN,
                                               max_size - SESSION_HEAD_LEN, &chance);
    return size;
}

/* The head and the first instructions of one, the last instructions of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data1, size_t size1, const uint8_t *data2, size_t size2,
                                 uint8_t *out, size_t max_size, unsigned seed)
{
    static struct lines one, two;
    uint32_t chance = seed;
    size_t first, second;

    if (size1 < SESSION_HEAD_LEN || size2 < SESSION_HEAD_LEN)
        return 0;
    find_lines(bytes_of(data1 + SESSION_HEAD_LEN, size1 - SESSION_HEAD_LEN), &one);
    find_lines(bytes_of(data2 + SESSION_HEAD_LEN, size2 - SESSION_HEAD_LEN), &two);
    first = SESSION_HEAD_LEN + one.at[pick(&chance, one.n + 1)];
    second = SESSION_HEAD_LEN + two.at[pick(&chance, two.n + 1)];
    if (first > max_size)
        return 0;
    if (size2 - second > max_size - first)
        size2 = second + max_size - first;
    memcpy(out, data1, first);
    memcpy(out + first, data2 + second, size2 - second);
    return first + size2 - second;
}
