/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The certificates that a chain may end at. Files are read and parsed once; nothing is verified here, and wolfSSL sees only
 * those that a path needs (tls_chain.h), so that one odd certificate in a bundle spoils nothing and 150 cost nothing.
 */
#ifndef SSTPTUN_TRUST_H
#define SSTPTUN_TRUST_H

#include "x509.h"

#define TRUST_FILE_MAX  ((size_t)8 << 20) /* bytes of one file */
#define TRUST_CERTS_MAX 4096

struct trust_file;

struct trust {
    struct x509 *cert;
    size_t n_cert;
    size_t cap;
    struct trust_file *files; /* the memory that the certificates point into */
};

void trust_init(struct trust *trust);

/* PEM, with any text between the certificates, or one DER certificate. How many were new, or -errno (-EFBIG: too big). */
int trust_add_file(struct trust *trust, const char *path) MUST_USE;

/* All files of a directory that hold certificates. How many were new, or -errno. */
int trust_add_dir(struct trust *trust, const char *path) MUST_USE;

/*
 * What this host trusts: $SSL_CERT_FILE and $SSL_CERT_DIR where one is set, else the first of the usual places that
 * holds a certificate (protocol.md 2). False when there is none.
 */
bool trust_add_system(struct trust *trust) MUST_USE;

void trust_done(struct trust *trust);

#endif
