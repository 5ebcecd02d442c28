/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one cursor through which every byte of the wire is read and written.
 *
 * Both cursors fail stickily: after the first access that does not fit, every further read gives zero (an empty view)
 * and every further write does nothing, so a parser reads its fields in the order of the specification and asks once
 * at the end. All integers are big-endian, as on the wire. Nothing here allocates; a reader or a view points into
 * memory that the caller keeps alive.
 */
#ifndef SSTPTUN_BYTES_H
#define SSTPTUN_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "macros.h"

/* A view of memory that somebody else owns. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){.data = data, .len = len};
}

/* The view of a NUL-terminated string, without its NUL. */
static inline struct bytes bytes_of_str(const char *s)
{
    return bytes_of(s, strlen(s));
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct reader {
    const uint8_t *pos;
    size_t left;
    bool bad;
};

static inline struct reader reader_of(struct bytes b)
{
    return (struct reader){.pos = b.data, .left = b.len, .bad = false};
}

/* The next len bytes as a view; an empty view and a bad reader when fewer are left. */
static inline struct bytes reader_take(struct reader *r, size_t len)
{
    struct bytes taken = {.data = r->pos, .len = len};

    if (r->bad || len > r->left) {
        r->bad = true;
        r->left = 0;
        return (struct bytes){.data = NULL, .len = 0};
    }
    if (len > 0) /* an empty reader may stand at NULL, which even + 0 may not move */
        r->pos += len;
    r->left -= len;
    return taken;
}

/* A reader over the next len bytes only: whatever a length field announces, the fields inside cannot leave it. */
static inline struct reader reader_sub(struct reader *r, size_t len)
{
    struct bytes b = reader_take(r, len);

    return (struct reader){.pos = b.data, .left = b.len, .bad = r->bad};
}

/* All that is left. */
static inline struct bytes reader_rest(struct reader *r)
{
    return reader_take(r, r->left);
}

static inline uint8_t reader_u8(struct reader *r)
{
    struct bytes b = reader_take(r, 1);

    return b.len == 1 ? b.data[0] : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
    struct bytes b = reader_take(r, 2);

    return b.len == 2 ? (uint16_t)((unsigned)b.data[0] << 8 | b.data[1]) : (uint16_t)0;
}

static inline uint32_t reader_u32(struct reader *r)
{
    struct bytes b = reader_take(r, 4);

    return b.len == 4
               ? (uint32_t)b.data[0] << 24 | (uint32_t)b.data[1] << 16 | (uint32_t)b.data[2] << 8 | b.data[3]
               : 0;
}

/* Copies exactly len bytes, or marks the reader bad and leaves out zeroed. */
static inline void reader_copy(struct reader *r, uint8_t *out, size_t len)
{
    struct bytes b = reader_take(r, len);

    if (b.len == len && len > 0)
        memcpy(out, b.data, len);
    else
        memset(out, 0, len);
}

static inline bool reader_ok(const struct reader *r)
{
    return !r->bad;
}

/* Everything was read and nothing is left over. */
static inline bool reader_done(const struct reader *r)
{
    return !r->bad && r->left == 0;
}

struct writer {
    uint8_t *buf; /* owned by the caller */
    size_t cap;
    size_t len;
    bool bad;
};

static inline struct writer writer_of(uint8_t *buf, size_t cap)
{
    return (struct writer){.buf = buf, .cap = cap, .len = 0, .bad = false};
}

/* Room for len bytes, to be filled by the caller; NULL and a bad writer when there is none. */
static inline uint8_t *writer_reserve(struct writer *w, size_t len)
{
    uint8_t *at = w->buf + w->len;

    if (w->bad || len > w->cap - w->len) {
        w->bad = true;
        return NULL;
    }
    w->len += len;
    return at;
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
    uint8_t *p = writer_reserve(w, 1);

    if (p)
        p[0] = v;
}

static inline void writer_u16(struct writer *w, uint16_t v)
{
    uint8_t *p = writer_reserve(w, 2);

    if (p) {
        p[0] = (uint8_t)(v >> 8);
        p[1] = (uint8_t)v;
    }
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
    writer_u16(w, (uint16_t)(v >> 16));
    writer_u16(w, (uint16_t)v);
}

static inline void writer_put(struct writer *w, const void *data, size_t len)
{
    uint8_t *p = writer_reserve(w, len);

    if (p && len > 0)
        memcpy(p, data, len);
}

static inline void writer_bytes(struct writer *w, struct bytes b)
{
    writer_put(w, b.data, b.len);
}

static inline void writer_zero(struct writer *w, size_t len)
{
    uint8_t *p = writer_reserve(w, len);

    if (p && len > 0)
        memset(p, 0, len);
}

/* Fills a 16-bit length at a place that was written before, once the length is known. */
static inline void writer_patch_u16(struct writer *w, size_t at, size_t value)
{
    if (w->bad || at + 2 > w->len || value > UINT16_MAX) {
        w->bad = true;
        return;
    }
    w->buf[at] = (uint8_t)(value >> 8);
    w->buf[at + 1] = (uint8_t)value;
}

static inline bool writer_ok(const struct writer *w)
{
    return !w->bad;
}

static inline struct bytes writer_view(const struct writer *w)
{
    return bytes_of(w->buf, w->bad ? 0 : w->len);
}

#endif
