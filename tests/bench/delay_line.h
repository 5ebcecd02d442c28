/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One direction of a shaped link: a rate with a drop-tail queue before it, a delay behind it, random loss. Computes only:
 * time comes in.
 */
#ifndef DELAY_LINE_H
#define DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"

#define DELAY_LINE_SLOTS  32768 /* packets under way, at most */
#define DELAY_LINE_PACKET 2048

struct delay_line_config {
    double bits_per_ns; /* 0: unlimited */
    uint64_t delay_ns;  /* one way */
    uint64_t queue_ns;  /* a packet that would wait longer is dropped */
    double loss;        /* 0..1 */
};

struct delay_line_slot {
    uint64_t due;
    size_t len;
    uint8_t data[DELAY_LINE_PACKET];
};

struct delay_line {
    const struct delay_line_config *config;
    uint64_t busy_until; /* the rate's end of the last packet */
    uint64_t random;
    struct delay_line_slot *slot; /* a ring */
    size_t first, n;
    uint64_t passed, passed_bytes, dropped, lost, longest_wait;
};

/* Ends the program when there is no memory. */
void delay_line_init(struct delay_line *line, const struct delay_line_config *config, uint64_t seed);

/* Where the next packet may be put; then delay_line_add() says that it is there. */
uint8_t *delay_line_room(struct delay_line *line);
void delay_line_add(struct delay_line *line, size_t len, uint64_t now);

/* The packet that is due; NULL when none is yet. Then delay_line_drop() it. */
const struct delay_line_slot *delay_line_due(const struct delay_line *line, uint64_t now);
void delay_line_drop(struct delay_line *line);

/* When the next one is due; UINT64_MAX when there is none. */
uint64_t delay_line_next(const struct delay_line *line);

#endif
