/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A depth-first search from the leaf, trusted issuers before sent ones. It goes its own way because wolfSSL 5.5.4's check of a
 * chain finds an issuer by key identifier or name and takes the first (an expired or foreign one hides the good one),
 * knows only the direct issuer's name constraints, accepts MD5 and SHA-1, and does not say what was missing. Every
 * step's signature is wolfSSL's, as is its own opinion of that step: one certificate manager that holds nothing but
 * the issuer is asked about the certificate below it.
 *
 * A server chooses what it sends: the number of signatures that are looked at is bounded, whatever the names say.
 */
#include "tls_chain.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "hostname.h"

enum { SIGNATURES_MAX = 64 };

struct search {
    const struct trust *trust;
    const struct x509 *sent;
    size_t n_sent;
    const char *host;
    int64_t now;
    unsigned n_signatures;

    const struct x509 *path[TLS_CHAIN_MAX + 1]; /* from the leaf upwards */
    size_t n_path;

    struct tls_chain_result best; /* the fault found farthest from the leaf */
    size_t best_depth;
};

/* A missing issuer is what is assumed at each step; anything that was found there says more. */
static bool fail(struct search *search, enum tls_chain_fault fault, const struct x509 *at)
{
    enum tls_chain_fault best = search->best.fault;
    bool vague = best == TLS_CHAIN_OK || best == TLS_CHAIN_NO_ISSUER || best == TLS_CHAIN_SELF_SIGNED;

    if (search->n_path > search->best_depth || (search->n_path == search->best_depth && vague)) {
        search->best = (struct tls_chain_result){.fault = fault, .at = at};
        search->best_depth = search->n_path;
    }
    return false;
}

/* 0 when wolfSSL finds that issuer has signed cert, and has nothing else against it; else its error. */
static int check_signature(const struct x509 *cert, const struct x509 *issuer)
{
    WOLFSSL_CERT_MANAGER *cm = wolfSSL_CertManagerNew();
    int r;

    if (!cm)
        return MEMORY_E;
    r = wolfSSL_CertManagerLoadCABuffer(cm, issuer->whole.data, (long)issuer->whole.len,
                                        WOLFSSL_FILETYPE_ASN1);
    if (r == WOLFSSL_SUCCESS)
        r = wolfSSL_CertManagerVerifyBuffer(cm, cert->whole.data, (long)cert->whole.len,
                                            WOLFSSL_FILETYPE_ASN1);
    wolfSSL_CertManagerFree(cm);
    return r == WOLFSSL_SUCCESS ? 0 : r;
}

/* CAs between the leaf and the next one; those that are issued to themselves do not count (RFC 5280 4.2.1.9). */
static size_t intermediates(const struct search *search)
{
    size_t n = 0;

    for (size_t i = 1; i < search->n_path; i++)
        n += !x509_self_issued(search->path[i]);
    return n;
}

static enum tls_chain_fault judge_issuer(const struct search *search, const struct x509 *issuer)
{
    if (!x509_may_issue(issuer))
        return TLS_CHAIN_NOT_A_CA;
    if (search->now > issuer->not_after)
        return TLS_CHAIN_EXPIRED;
    if (search->now < issuer->not_before)
        return TLS_CHAIN_NOT_YET;
    if (issuer->has_path_len && intermediates(search) > issuer->path_len)
        return TLS_CHAIN_TOO_LONG;
    /* Not in RFC 5280, but what all others do: a CA for mail is not watched over as one for servers. */
    if (issuer->has_purposes && !issuer->for_servers)
        return TLS_CHAIN_PURPOSE;
    if (!hostname_permitted(issuer, search->host))
        return TLS_CHAIN_CONSTRAINED;
    if (issuer->rsa_bits > 0 && issuer->rsa_bits < TLS_CHAIN_RSA_BITS_MIN)
        return TLS_CHAIN_WEAK_KEY;
    return TLS_CHAIN_OK;
}

/* May the path go from its end to this issuer? */
static bool step(struct search *search, const struct x509 *issuer)
{
    const struct x509 *cert = search->path[search->n_path - 1];
    enum tls_chain_fault fault = judge_issuer(search, issuer);
    int r;

    if (fault != TLS_CHAIN_OK)
        return fail(search, fault, issuer);
    if (cert->hash != X509_HASH_OTHER)
        return fail(search, TLS_CHAIN_WEAK_HASH, cert);
    if (search->n_signatures == SIGNATURES_MAX)
        return fail(search, TLS_CHAIN_NO_ISSUER, cert);
    search->n_signatures++;
    r = check_signature(cert, issuer);
    if (r == 0)
        return true;
    if (x509_self_issued(cert)) /* a root, and the trusted one is but a namesake: no news */
        return false;
    (void)fail(search, TLS_CHAIN_SIGNATURE, cert);
    if (search->best.at == cert)
        search->best.error = wc_GetErrorString(r);
    return false;
}

static bool is_in_path(const struct search *search, const struct x509 *cert)
{
    for (size_t i = 0; i < search->n_path; i++)
        if (bytes_equal(search->path[i]->whole, cert->whole))
            return true;
    return false;
}

/* The end of the path is itself trusted: a root, a CA, or the server's own certificate in --cafile. */
static bool is_trusted(const struct search *search, const struct x509 *cert)
{
    for (size_t i = 0; i < search->trust->n_cert; i++)
        if (bytes_equal(search->trust->cert[i].whole, cert->whole))
            return true;
    return false;
}

static bool reaches_trusted(struct search *search)
{
    const struct x509 *cert = search->path[search->n_path - 1];

    for (size_t i = 0; i < search->trust->n_cert; i++) {
        const struct x509 *issuer = &search->trust->cert[i];

        if (bytes_equal(issuer->subject, cert->issuer) && step(search, issuer))
            return true;
    }
    return false;
}

/* Recursion: as deep as a path is long, which is bounded. */
static bool find(struct search *search) /* NOLINT(misc-no-recursion) */
{
    const struct x509 *cert = search->path[search->n_path - 1];
    bool self_signed = x509_self_issued(cert);

    if (is_trusted(search, cert))
        return true;
    (void)fail(search, self_signed ? TLS_CHAIN_SELF_SIGNED : TLS_CHAIN_NO_ISSUER, cert);
    if (reaches_trusted(search))
        return true;
    for (size_t i = 1; i < search->n_sent && search->n_path < TLS_CHAIN_MAX; i++) {
        const struct x509 *issuer = &search->sent[i];

        if (!bytes_equal(issuer->subject, cert->issuer) || is_in_path(search, issuer) ||
            !step(search, issuer))
            continue;
        search->path[search->n_path++] = issuer;
        if (find(search))
            return true;
        search->n_path--;
    }
    return false;
}

struct tls_chain_result tls_chain_verify(const struct trust *trust, const struct x509 *sent, size_t n_sent,
                                         const char *host, int64_t now)
{
    struct search search = {.trust = trust, .sent = sent, .n_sent = n_sent, .host = host, .now = now};

    search.path[search.n_path++] = &sent[0];
    if (find(&search))
        return (struct tls_chain_result){.fault = TLS_CHAIN_OK};
    return search.best;
}
