/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only the distinguished form is read: a length that could be shorter is an error. A certificate whose bytes can be
 * read in two ways could mean one thing here and another to the code that checks its signature.
 */
#include "der.h"

static size_t read_length(struct reader *r)
{
    uint8_t first = reader_u8(r);
    size_t len = 0;

    if (first < 0x80)
        return first;
    if (first < 0x81 || first > 0x83) {
        r->bad = true;
        return 0;
    }
    for (int left = first - 0x80; left > 0; left--)
        len = len << 8 | reader_u8(r);
    if (len < (first == 0x81 ? 0x80U : 1U << 8 * (first - 0x81)))
        r->bad = true;
    return len;
}

struct der der_next(struct reader *r)
{
    const uint8_t *start = r->pos;
    struct der der = {.tag = reader_u8(r)};
    size_t len;

    if ((der.tag & 0x1f) == 0x1f)
        r->bad = true;
    len = read_length(r);
    der.value = reader_take(r, len);
    if (!reader_ok(r))
        return (struct der){0};
    der.whole = bytes_of(start, (size_t)(der.value.data - start) + len);
    return der;
}

struct bytes der_expect(struct reader *r, unsigned tag)
{
    struct der der = der_next(r);

    if (reader_ok(r) && der.tag == tag)
        return der.value;
    r->bad = true;
    return bytes_of(NULL, 0);
}

bool der_optional(struct reader *r, unsigned tag, struct bytes *ret_value)
{
    struct reader ahead = *r;
    struct der der;

    if (r->bad || r->left == 0)
        return false;
    der = der_next(&ahead);
    if (!reader_ok(&ahead)) {
        r->bad = true;
        return false;
    }
    if (der.tag != tag)
        return false;
    *r = ahead;
    *ret_value = der.value;
    return true;
}

uint32_t der_uint(struct reader *r)
{
    struct bytes value = der_expect(r, DER_INTEGER);
    uint32_t n = 0;

    if (value.len == 0 || (value.data[0] & 0x80) != 0) {
        r->bad = true;
        return 0;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (n > UINT32_MAX >> 8)
            return UINT32_MAX;
        n = n << 8 | value.data[i];
    }
    return n;
}

/* n decimal digits; the reader is bad when there is something else. */
static int digits(struct reader *r, int n)
{
    int value = 0;

    while (n-- > 0) {
        uint8_t c = reader_u8(r);

        if (c < '0' || c > '9')
            r->bad = true;
        value = value * 10 + (c - '0');
    }
    return r->bad ? 0 : value;
}

/* Days from 1970-01-01 in the Gregorian calendar, years counted from March so that the leap day comes last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t m = month <= 2 ? month + 9 : month - 3;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

bool der_time(struct reader *r, int64_t *ret_time)
{
    struct der der = der_next(r);
    struct reader text = reader_of(der.value);
    int year, month, day, hour, minute, second;

    if (der.tag == DER_GENERALIZED_TIME) {
        year = digits(&text, 4);
    } else if (der.tag == DER_UTC_TIME) {
        year = digits(&text, 2);
        year += year < 50 ? 2000 : 1900; /* RFC 5280 4.1.2.5.1 */
    } else {
        return false;
    }
    month = digits(&text, 2);
    day = digits(&text, 2);
    hour = digits(&text, 2);
    minute = digits(&text, 2);
    second = digits(&text, 2);
    if (reader_u8(&text) != 'Z' || !reader_done(&text) || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_time = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    return true;
}
