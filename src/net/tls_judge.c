/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All faults are collected before the answer: who is about to pin a certificate should see everything that is wrong
 * with it. The first fault gives the reason; the option that would accept this very server comes last and alone, to be
 * copied, because that line is the way out for the many who run a server without a public certificate.
 */
#include "tls_judge.h"

#include <stdio.h>
#include <time.h>

#include "base64.h"
#include "hostname.h"
#include "secret.h"
#include "text.h"
#include "tls_chain.h"

enum { RSA_BITS_MIN_PINNED = 1024, NAMES_LEN = 100 };

#define PIN_OPTION "to accept this server as it is: --servercert pin-sha256:"
#define PIN_LEN    BASE64_LEN(SHA256_LEN)

struct faults {
    enum end_reason reason; /* of the first one, END_NONE: none yet */
    struct text text;
    char buf[END_DETAIL_LEN];
};

struct name {
    char str[X509_NAME_TEXT_LEN];
};

static struct name name_of(struct bytes dn)
{
    struct name name = {""};

    x509_name_text(dn, name.str);
    return name;
}

struct date {
    char str[24];
};

static struct date date_of(int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;
    struct date date = {"?"};

    if (gmtime_r(&t, &tm))
        (void)strftime(date.str, sizeof(date.str), "%Y-%m-%d %H:%M UTC", &tm);
    return date;
}

/* Where the text of the next fault goes. */
static struct text *fault(struct faults *faults, enum end_reason reason)
{
    if (faults->reason == END_NONE)
        faults->reason = reason;
    else
        text_add(&faults->text, "; ");
    return &faults->text;
}

static void check_dates(struct faults *faults, const struct x509 *cert, const char *whose, int64_t now)
{
    if (now > cert->not_after)
        text_add(fault(faults, END_TLS_DATE), "%s expired on %s (the clock here says %s)", whose,
                 date_of(cert->not_after).str, date_of(now).str);
    else if (now < cert->not_before)
        text_add(fault(faults, END_TLS_DATE), "%s is not valid before %s (the clock here says %s)", whose,
                 date_of(cert->not_before).str, date_of(now).str);
}

static void name_missing_issuer(struct text *text, const struct x509 *leaf, const struct x509 *at,
                                size_t n_cert)
{
    struct name subject = name_of(leaf->subject), issuer = name_of(at->issuer);

    if (at != leaf)
        text_add(text, "the chain of \"%s\" ends at \"%s\", whose issuer \"%s\" is not known here",
                 subject.str, name_of(at->subject).str, issuer.str);
    else if (n_cert == 1)
        text_add(text,
                 "the server sent only its own certificate \"%s\"; its issuer \"%s\" is not known here "
                 "(incomplete chain, or a private CA)",
                 subject.str, issuer.str);
    else
        text_add(text, "the issuer \"%s\" of \"%s\" was not sent and is not known here", issuer.str,
                 subject.str);
}

static void name_self_signed(struct text *text, const struct x509 *leaf, const struct x509 *at)
{
    if (at == leaf)
        text_add(text, "\"%s\" has signed its own certificate", name_of(at->subject).str);
    else
        text_add(text, "the chain of \"%s\" ends at \"%s\", which signed itself and is not trusted here",
                 name_of(leaf->subject).str, name_of(at->subject).str);
}

/* What is wrong with a link of the chain, to stand behind the name of its certificate. */
static const char *chain_text(enum tls_chain_fault fault)
{
    switch (fault) {
    case TLS_CHAIN_NOT_A_CA: return "is no CA and has signed a certificate";
    case TLS_CHAIN_TOO_LONG: return "is a CA that allows fewer CAs below it";
    case TLS_CHAIN_PURPOSE: return "is a CA for other purposes than server authentication";
    case TLS_CHAIN_CONSTRAINED: return "is a CA that may not vouch for this name";
    case TLS_CHAIN_WEAK_HASH: return "is signed with MD5 or SHA-1, which is no proof any more";
    case TLS_CHAIN_WEAK_KEY: return "is a CA with an RSA key of less than 2048 bits";
    case TLS_CHAIN_SIGNATURE: return "was not accepted as signed by its issuer";
    case TLS_CHAIN_OK:
    case TLS_CHAIN_NO_ISSUER:
    case TLS_CHAIN_SELF_SIGNED:
    case TLS_CHAIN_EXPIRED:
    case TLS_CHAIN_NOT_YET: break;
    }
    return "";
}

static void name_chain_fault(struct faults *faults, const struct tls_chain_result *result,
                             const struct x509 *leaf, size_t n_cert, int64_t now)
{
    struct name at = name_of(result->at->subject);
    char whose[sizeof(at) + 16];
    struct text text = text_init(whose, sizeof(whose)), *to;

    if (result->fault == TLS_CHAIN_EXPIRED || result->fault == TLS_CHAIN_NOT_YET) {
        text_add(&text, "the CA \"%s\"", at.str);
        check_dates(faults, result->at, whose, now);
        return;
    }
    to = fault(faults, END_TLS_TRUST);
    if (result->fault == TLS_CHAIN_NO_ISSUER)
        name_missing_issuer(to, leaf, result->at, n_cert);
    else if (result->fault == TLS_CHAIN_SELF_SIGNED)
        name_self_signed(to, leaf, result->at);
    else
        text_add(to, "\"%s\" %s%s%s", at.str, chain_text(result->fault), result->error ? ": " : "",
                 result->error ? result->error : "");
}

static void check_all(struct faults *faults, const struct tls_config *config, const struct trust *trust,
                      const struct x509 *cert, size_t n_cert, int64_t now)
{
    struct tls_chain_result result = tls_chain_verify(trust, cert, n_cert, config->host, now);
    bool in_time = now >= cert[0].not_before && now <= cert[0].not_after;

    /* Out of its time, a certificate has no valid signature for wolfSSL: that says nothing about its issuer. */
    if (result.fault != TLS_CHAIN_OK && (in_time || result.fault != TLS_CHAIN_SIGNATURE))
        name_chain_fault(faults, &result, &cert[0], n_cert, now);
    check_dates(faults, &cert[0], "the certificate", now);
    if (!hostname_matches(&cert[0], config->host)) {
        char names[NAMES_LEN];

        hostname_list(&cert[0], names, sizeof(names));
        text_add(fault(faults, END_TLS_NAME), "it is for %s and not for %s", names, config->host);
    }
    if (cert[0].has_purposes && !cert[0].for_servers)
        text_add(fault(faults, END_TLS_USAGE),
                 "its extended key usage does not include server authentication");
    if (cert[0].rsa_bits > 0 && cert[0].rsa_bits < TLS_CHAIN_RSA_BITS_MIN)
        text_add(fault(faults, END_TLS_TRUST), "its RSA key has only %u bits", cert[0].rsa_bits);
}

static bool is_pinned(const struct tls_config *config, const uint8_t *cert_sha256, const uint8_t *key_sha256)
{
    for (size_t i = 0; i < config->n_pin; i++) {
        const struct tls_pin *pin = &config->pin[i];

        if (secret_equal(pin->sha256, pin->kind == TLS_PIN_CERT ? cert_sha256 : key_sha256, SHA256_LEN))
            return true;
    }
    return false;
}

static void check_pins(struct faults *faults, const struct tls_config *config, const struct x509 *cert,
                       const uint8_t *cert_sha256, const uint8_t *key_sha256)
{
    if (!is_pinned(config, cert_sha256, key_sha256))
        text_add(fault(faults, END_TLS_PIN), "the server showed \"%s\"", name_of(cert->subject).str);
    else if (cert->rsa_bits > 0 && cert->rsa_bits < RSA_BITS_MIN_PINNED)
        text_add(fault(faults, END_TLS), "its RSA key has only %u bits", cert->rsa_bits);
}

static struct end end_of(const struct faults *faults, const uint8_t *key_sha256)
{
    struct end end = end_make(faults->reason, 0, "%s", faults->buf);
    char pin[PIN_LEN];

    if (faults->reason == END_TLS)
        return end;
    base64_encode(bytes_of(key_sha256, SHA256_LEN), pin);
    (void)snprintf(end.hint, sizeof(end.hint), PIN_OPTION "%s", pin);
    return end;
}

/* The certificates that can be read; the first one must be. */
static size_t parse_all(const struct bytes *der, size_t n_der, struct x509 *ret_cert)
{
    size_t n = 0;

    for (size_t i = 0; i < n_der && n < TLS_CHAIN_MAX; i++) {
        if (x509_parse(der[i], &ret_cert[n]))
            n++;
        else if (i == 0)
            return 0;
    }
    return n;
}

void tls_judge(const struct tls_config *config, const struct trust *trust, const struct bytes *cert,
               size_t n_cert, int64_t now, struct tls_verdict *ret_verdict)
{
    struct x509 parsed[TLS_CHAIN_MAX];
    size_t n = parse_all(cert, n_cert, parsed);
    struct tls_verdict verdict = {.reached = true};
    struct faults faults = {.reason = END_NONE};

    if (n > 0) {
        uint8_t key_sha256[SHA256_LEN];

        faults.text = text_init(faults.buf, sizeof(faults.buf));
        digest_sha1(&cert[0], 1, verdict.cert_sha1);
        digest_sha256(&cert[0], 1, verdict.cert_sha256);
        digest_sha256(&parsed[0].spki, 1, key_sha256);
        if (config->n_pin > 0)
            check_pins(&faults, config, &parsed[0], verdict.cert_sha256, key_sha256);
        else
            check_all(&faults, config, trust, parsed, n, now);
        verdict.accepted = faults.reason == END_NONE;
        if (!verdict.accepted)
            verdict.end = end_of(&faults, key_sha256);
    } else {
        verdict.end = end_make(END_TLS, 0, "the server's certificate cannot be read");
    }
    *ret_verdict = verdict;
}
