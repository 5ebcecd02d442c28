/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DER elements (X.690 8, 10.1) over the cursor: enough for certificates, no allocation. */
#ifndef SSTPTUN_DER_H
#define SSTPTUN_DER_H

#include "bytes.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
};
#define DER_CONTEXT(n)             (0x80U | (n))
#define DER_CONTEXT_CONSTRUCTED(n) (0xa0U | (n))

struct der {
    uint8_t tag; /* 0 when there is none */
    struct bytes value;
    struct bytes whole; /* with tag and length */
};

/* The next element; the reader is bad afterwards when there is none that fits. Lengths of more than three bytes and tags above 30 are refused. */
struct der der_next(struct reader *r);

/* The next element, which must have this tag: else the reader is bad and the result empty. */
struct bytes der_expect(struct reader *r, unsigned tag);

/* If the next element has this tag, takes it. False, and nothing is taken, when it is another or the end. */
bool der_optional(struct reader *r, unsigned tag, struct bytes *ret_value);

/* A small non-negative INTEGER; UINT32_MAX for all that is greater. The reader is bad when it is none. */
uint32_t der_uint(struct reader *r);

/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 allows them, in seconds since 1970 (before: negative). */
bool der_time(struct reader *r, int64_t *ret_time) MUST_USE;

#endif
