/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The HTTP exchange that opens the stream: SSTP_DUPLEX_POST and the head of its response. [MS-SSTP] 3.2.4.1,
 * protocol.md 3. Incremental and bounded; the 60 s are the engine's.
 */
#ifndef SSTPTUN_SSTP_HTTP_H
#define SSTPTUN_SSTP_HTTP_H

#include "bytes.h"
#include "end_reason.h"
#include "env.h"
#include "macros.h"

#define SSTP_HTTP_HEAD_MAX 16384 /* of all response heads together, 1xx ones included */
#define SSTP_HTTP_LINE_MAX 8192  /* of one line of it */
#define SSTP_HTTP_HOST_MAX 255   /* longest host name or address in a request */
#define SSTP_HTTP_GUID_LEN 38    /* "{" 8-4-4-4-12 "}" */

/* A fresh random (version 4) GUID, upper case, in braces, NUL-terminated. */
void sstp_http_guid(const struct env *env, char ret_guid[static SSTP_HTTP_GUID_LEN + 1]);

/* Can this stand in a Host: field? Not empty, not too long, nothing but printable ASCII without blanks. */
bool sstp_http_host_ok(const char *host) MUST_USE;

/*
 * Appends the whole request head. IPv6 literals come without brackets and leave with them; a zone ("%eth0")
 * is dropped.
 */
void sstp_http_put_request(struct writer *w, const char *host, uint16_t port, const char *guid);

enum sstp_http_result {
    SSTP_HTTP_MORE,     /* the head is not complete */
    SSTP_HTTP_CONTINUE, /* a 1xx head was passed over: the next one follows */
    SSTP_HTTP_OK,       /* 200: what follows the head is SSTP */
    SSTP_HTTP_END,      /* anything else: see the end */
};

/* A response being read: zero it before the first call. */
struct sstp_http {
    size_t passed;  /* bytes of the 1xx heads passed over */
    size_t scanned; /* bytes at the start of the stream that need no second look */
    size_t line;    /* how many of them belong to the line that is not complete */
};

/*
 * Looks at the stream from the start of a head; call again with the same bytes and more behind them.
 * CONTINUE, OK and END (after a complete head) set *ret_used to the head's length; END sets *ret_end
 * (HTTP_STATUS or HTTP_BAD).
 */
enum sstp_http_result sstp_http_response(struct sstp_http *http, struct bytes stream, size_t *ret_used,
                                         struct end *ret_end) MUST_USE;

#endif
