/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rate is a time until which the link is busy, the queue a limit on how far that may lie ahead: no packet is moved
 * between queues, each gets its time of delivery when it comes.
 */
#include "delay_line.h"

#include <sys/mman.h>

#include "bench_util.h"

void delay_line_init(struct delay_line *line, const struct delay_line_config *config, uint64_t seed)
{
    void *memory = mmap(NULL, (DELAY_LINE_SLOTS + 1) * sizeof(struct delay_line_slot), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (memory == MAP_FAILED)
        bench_die_errno("mmap");
    *line = (struct delay_line){.config = config, .random = seed, .slot = memory};
}

/* xorshift64*: the same losses for the same seed. */
static double random_unit(struct delay_line *line)
{
    line->random ^= line->random >> 12;
    line->random ^= line->random << 25;
    line->random ^= line->random >> 27;
    return (double)(line->random * 0x2545f4914f6cdd1du >> 11) / 9007199254740992.0;
}

static struct delay_line_slot *free_slot(struct delay_line *line)
{
    /* when the ring is full, the one behind it takes what is going to be dropped */
    size_t at = line->n < DELAY_LINE_SLOTS ? (line->first + line->n) % DELAY_LINE_SLOTS : DELAY_LINE_SLOTS;

    return &line->slot[at];
}

uint8_t *delay_line_room(struct delay_line *line)
{
    return free_slot(line)->data;
}

void delay_line_add(struct delay_line *line, size_t len, uint64_t now)
{
    const struct delay_line_config *config = line->config;
    struct delay_line_slot *slot = free_slot(line);
    uint64_t start = line->busy_until > now ? line->busy_until : now;

    if ((config->bits_per_ns > 0 && start - now > config->queue_ns) || line->n == DELAY_LINE_SLOTS) {
        line->dropped++;
        return;
    }
    if (config->bits_per_ns > 0)
        line->busy_until = start + (uint64_t)((double)len * 8 / config->bits_per_ns);
    else
        line->busy_until = start;
    if (start - now > line->longest_wait)
        line->longest_wait = start - now;
    if (config->loss > 0 && random_unit(line) < config->loss) { /* on the wire, behind the queue */
        line->lost++;
        return;
    }
    slot->len = len;
    slot->due = line->busy_until + config->delay_ns;
    line->n++;
}

const struct delay_line_slot *delay_line_due(const struct delay_line *line, uint64_t now)
{
    return delay_line_next(line) <= now ? &line->slot[line->first] : NULL;
}

void delay_line_drop(struct delay_line *line)
{
    line->passed++;
    line->passed_bytes += line->slot[line->first].len;
    line->first = (line->first + 1) % DELAY_LINE_SLOTS;
    line->n--;
}

uint64_t delay_line_next(const struct delay_line *line)
{
    return line->n > 0 ? line->slot[line->first].due : UINT64_MAX;
}
