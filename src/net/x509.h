/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is read from a certificate (RFC 5280 4.1, 4.2). Reading is all that happens here: signatures are wolfSSL's
 * (tls_chain.h), names are matched in hostname.h.
 */
#ifndef SSTPTUN_X509_H
#define SSTPTUN_X509_H

#include "bytes.h"

#define X509_NAME_TEXT_LEN 65 /* a common name has 64 characters at most (RFC 5280 A.1 ub-common-name) */

enum x509_hash { X509_HASH_OTHER, X509_HASH_MD5, X509_HASH_SHA1 }; /* of the signature */

/* Views into the DER that was parsed, which must outlive it. */
struct x509 {
    struct bytes whole;
    struct bytes issuer;  /* Name, whole element */
    struct bytes subject; /* Name, whole element */
    struct bytes spki;    /* SubjectPublicKeyInfo, whole element: what a key pin hashes */
    int64_t not_before;   /* seconds since 1970 */
    int64_t not_after;
    enum x509_hash hash;
    uint32_t version;  /* 1, 2, 3 */
    uint32_t rsa_bits; /* 0: no RSA (nor RSASSA-PSS) key */

    bool is_ca; /* basicConstraints (4.2.1.9) */
    bool has_path_len;
    uint32_t path_len;

    bool has_usage; /* keyUsage (4.2.1.3) */
    bool may_sign_certs;

    bool has_purposes; /* extKeyUsage (4.2.1.12) */
    bool for_servers;  /* serverAuth or any */

    bool has_alt_names;
    struct bytes alt_names;        /* GeneralName elements (4.2.1.6) */
    struct bytes name_constraints; /* what is in the NameConstraints sequence (4.2.1.10); empty: none */
};

/* One certificate, nothing behind it. False when it cannot be read; *ret is untouched then. */
bool x509_parse(struct bytes der, struct x509 *ret) MUST_USE;

/* Issuer and subject are the same name. */
bool x509_self_issued(const struct x509 *cert);

/* The last common name of a Name element, an empty view when there is none in 8-bit characters. */
struct bytes x509_common_name(struct bytes name);

/* A short text for a user: the common name, else the last attribute in it, else "(no name)". Harmless characters only. */
void x509_name_text(struct bytes name, char ret_text[static X509_NAME_TEXT_LEN]);

/* May its key sign other certificates? A root of version 1 has no way to say so (RFC 5280 6.1.4 k). */
bool x509_may_issue(const struct x509 *cert);

#endif
