/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a server's certificate to something that is trusted here (RFC 5280 6.1), by whatever way there is. */
#ifndef SSTPTUN_TLS_CHAIN_H
#define SSTPTUN_TLS_CHAIN_H

#include "trust.h"
#include "x509.h"

#define TLS_CHAIN_MAX          10   /* certificates that a server may send, and that a path may have */
#define TLS_CHAIN_RSA_BITS_MIN 2048 /* of every certificate in a path */

/* What was wrong at the place where the best attempt came to its end. */
enum tls_chain_fault {
    TLS_CHAIN_OK,
    TLS_CHAIN_NO_ISSUER,   /* at: its issuer was neither sent nor is it trusted here */
    TLS_CHAIN_SELF_SIGNED, /* at: signed by itself and not trusted here */
    TLS_CHAIN_EXPIRED,     /* at: a CA that is no longer valid */
    TLS_CHAIN_NOT_YET,     /* at: a CA that is not valid yet */
    TLS_CHAIN_NOT_A_CA,    /* at: signed something and may not */
    TLS_CHAIN_TOO_LONG,    /* at: a CA that allows fewer CAs below it */
    TLS_CHAIN_PURPOSE,     /* at: a CA whose extended key usage leaves servers out */
    TLS_CHAIN_CONSTRAINED, /* at: a CA that may not vouch for this host */
    TLS_CHAIN_WEAK_HASH,   /* at: its signature rests on MD5 or SHA-1 */
    TLS_CHAIN_WEAK_KEY,    /* at: its RSA key is shorter than TLS_CHAIN_RSA_BITS_MIN */
    TLS_CHAIN_SIGNATURE,   /* at: wolfSSL refused it under its issuer, see error */
};

struct tls_chain_result {
    enum tls_chain_fault fault;
    const struct x509 *at; /* NULL with TLS_CHAIN_OK */
    const char *error;     /* wolfSSL's words, with TLS_CHAIN_SIGNATURE */
};

/* sent[0] is the server's own certificate, whose dates the caller has judged. now: seconds since 1970. */
struct tls_chain_result tls_chain_verify(const struct trust *trust, const struct x509 *sent, size_t n_sent,
                                         const char *host, int64_t now);

#endif
