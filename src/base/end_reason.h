/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every way a session can end: one table with its name, the sentence for the user, the next step and the exit status.
 * Engines and helpers report an end as a value; only main turns it into an exit status.
 */
#ifndef SSTPTUN_END_REASON_H
#define SSTPTUN_END_REASON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"

enum end_reason {
    END_NONE,      /* it goes on */
    END_REQUESTED, /* a signal asked for it */

    /* this host */
    END_HOST,          /* an operation of the host failed */
    END_HOOK,          /* the hook said no, or did not finish in time */
    END_USAGE,         /* wrong options */
    END_NOT_PERMITTED, /* a right is missing */
    END_SANDBOX,       /* a protection is missing that was required */
    END_WORKER,        /* the network process did what no honest one does */
    END_NO_TUN,        /* no TUN device here */

    /* reaching the server */
    END_NAME,    /* the name has no address */
    END_CONNECT, /* no address could be reached by TCP */

    /* TLS */
    END_TLS,          /* the handshake failed */
    END_TLS_TRUST,    /* the chain does not lead to a trusted CA */
    END_TLS_NAME,     /* the certificate is for another name */
    END_TLS_DATE,     /* expired or not yet valid */
    END_TLS_USAGE,    /* not a certificate for servers */
    END_TLS_PIN,      /* none of the given pins matches */
    END_TLS_NO_STORE, /* no trust store on this host */
    END_TLS_BROKEN,   /* after the handshake: damaged, or nothing that can be accepted */

    /* HTTP */
    END_HTTP_STATUS, /* an answer that is not 200; code is the status */
    END_HTTP_BAD,    /* not HTTP, or a head that breaks the bounds */

    /* SSTP */
    END_SSTP_BAD,        /* a frame that cannot be SSTP */
    END_SSTP_UNEXPECTED, /* a message that its state forbids */
    END_SSTP_NAK,        /* the call request was refused; code is the status */
    END_SSTP_ABORT,      /* CALL_ABORT; code is the status */
    END_SSTP_BINDING,    /* CALL_ABORT that rejects the crypto binding */
    END_SSTP_NO_HASH,    /* no hash protocol in common */
    END_SSTP_DISCONNECT, /* CALL_DISCONNECT */

    /* PPP */
    END_PPP_LCP,        /* LCP did not come up */
    END_PPP_LOOP,       /* our own magic number comes back */
    END_PPP_TERMINATED, /* LCP Terminate-Request; code is the RAS error, 0 if none */
    END_PPP_REJECTED,   /* the peer rejects a protocol that we cannot do without */
    END_AUTH_METHOD,    /* no authentication method in common */
    END_AUTH_NONE,      /* the server asks for no authentication */
    END_AUTH_SERVER,    /* the server did not prove that it knows the password */
    END_AUTH_ENDLESS,   /* the server asks for one proof after the other */
    END_AUTH_REFUSED,   /* our credentials were refused; code is E= or the RAS error, 0 if none */
    END_PPP_NO_ADDRESS, /* no usable address in either family */

    /* at any stage */
    END_SILENT, /* nothing was heard within the stage's time */
    END_LOST,   /* the connection was closed or reset by the server or the network */
    END_REASON_COUNT
};

/* How far the session had come; decides the exit status of END_SILENT and END_LOST. */
enum end_stage {
    END_STAGE_START,
    END_STAGE_CONNECT,
    END_STAGE_TLS,
    END_STAGE_HTTP,
    END_STAGE_SSTP,
    END_STAGE_LCP,
    END_STAGE_AUTH,
    END_STAGE_NETWORK,
    END_STAGE_UP,
    END_STAGE_COUNT
};

#define END_DETAIL_LEN 320
#define END_HINT_LEN   112

struct end {
    enum end_reason reason;
    uint32_t code; /* the server's own number, see the reason */
    char detail
        [END_DETAIL_LEN]; /* numbers and text for the user; text of a server already made harmless (log_safe) */
    char hint
        [END_HINT_LEN]; /* the last words of the line, to be copied: an option that would help; "" if none */
};

/* An end with its detail, printf-like; fmt may be "". */
struct end end_make(enum end_reason reason, uint32_t code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The status for exit(3): see the man page's EXIT STATUS. */
int end_exit_status(const struct end *end, enum end_stage stage);

/*
 * What an exit status means, in the man page's words; NULL when no session ends with it. Statuses are below
 * END_STATUS_LIMIT. For tests, which hold the man page against it.
 */
#define END_STATUS_LIMIT 20
const char *end_status_text(int status);

/* "SSTP_ABORT", for logs, hooks and tests. */
const char *end_reason_name(enum end_reason reason);

/* "TLS", "authentication": what end_describe() begins with. From outside, for tests. */
const char *end_stage_name(enum end_stage stage);

/* The one line a user sees: stage, cause, the server's numbers and text, next step. Always NUL-terminated. */
void end_describe(const struct end *end, enum end_stage stage, char *out, size_t cap);

/* True for RAS error codes and E= codes that mean that these credentials will not do (646-649, 691, 709, 812). */
bool end_code_refuses_credentials(uint32_t code);

/* Plain words for an E= or RAS error code ("password expired"), NULL when it is not known. protocol.md 9, 11.1. */
const char *end_ras_text(uint32_t code);

#endif
