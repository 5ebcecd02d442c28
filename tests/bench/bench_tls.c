/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bench_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>

#include "bench_util.h"
#include "digest.h"

static const char default_ciphers[] = "TLS13-AES256-GCM-SHA384:TLS13-AES128-GCM-SHA256:"
                                      "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

static WOLFSSL_CTX *make_context(WOLFSSL_METHOD *method, const char *ciphers)
{
    WOLFSSL_CTX *ctx;

    if (wolfSSL_Init() != WOLFSSL_SUCCESS)
        bench_die("wolfSSL cannot be set up");
    ctx = wolfSSL_CTX_new(method);
    if (!ctx || wolfSSL_CTX_SetMinVersion(ctx, WOLFSSL_TLSV1_2) != WOLFSSL_SUCCESS ||
        wolfSSL_CTX_set_cipher_list(ctx, ciphers ? ciphers : default_ciphers) != WOLFSSL_SUCCESS)
        bench_die("wolfSSL cannot be set up");
    wolfSSL_CTX_SetIORecv(ctx, tls_io_recv);
    wolfSSL_CTX_SetIOSend(ctx, tls_io_send);
    return ctx;
}

/* wolfSSL is built without files. The memory is static: one file at a time. */
static struct bytes read_file(const char *path)
{
    static uint8_t data[262144];
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(data, 1, sizeof(data), file) : 0;

    if (file)
        (void)fclose(file);
    return bytes_of(data, len);
}

struct WOLFSSL_CTX *bench_tls_server(const char *cert, const char *key, const char *ciphers)
{
    WOLFSSL_CTX *ctx = make_context(wolfSSLv23_server_method(), ciphers);
    struct bytes pem = read_file(cert);

    if (wolfSSL_CTX_use_certificate_chain_buffer(ctx, pem.data, (long)pem.len) != WOLFSSL_SUCCESS)
        bench_die("%s: not a certificate", cert);
    pem = read_file(key);
    if (wolfSSL_CTX_use_PrivateKey_buffer(ctx, pem.data, (long)pem.len, WOLFSSL_FILETYPE_PEM) !=
        WOLFSSL_SUCCESS)
        bench_die("%s: not a private key", key);
    return ctx;
}

struct WOLFSSL_CTX *bench_tls_client(const char *ca_file, const char *ciphers)
{
    WOLFSSL_CTX *ctx = make_context(wolfSSLv23_client_method(), ciphers);
    struct bytes pem = read_file(ca_file);

    wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
    if (wolfSSL_CTX_load_verify_buffer(ctx, pem.data, (long)pem.len, WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS)
        bench_die("%s: no certificate of an authority", ca_file);
    /* the share that the server wants at the first attempt, as the client does */
    if (wolfSSL_CTX_UseSupportedCurve(ctx, WOLFSSL_ECC_SECP256R1) != WOLFSSL_SUCCESS)
        bench_die("wolfSSL cannot be set up");
    return ctx;
}

void bench_tls_digests(const char *cert, uint8_t ret_sha1[static 20], uint8_t ret_sha256[static 32])
{
    static uint8_t der[65536];
    struct bytes pem = read_file(cert), whole;
    int n = wc_CertPemToDer(pem.data, (int)pem.len, der, sizeof(der), CERT_TYPE);

    if (n <= 0)
        bench_die("%s: not a certificate", cert);
    whole = bytes_of(der, (size_t)n);
    digest_sha1(&whole, 1, ret_sha1);
    digest_sha256(&whole, 1, ret_sha256);
}

bool bench_tls_start(struct bench_tls *tls, struct WOLFSSL_CTX *ctx, int fd, bool is_server)
{
    tls->io.fd = fd;
    tls->ssl = wolfSSL_new(ctx);
    if (!tls->ssl)
        return false;
    wolfSSL_SetIOReadCtx(tls->ssl, &tls->io);
    wolfSSL_SetIOWriteCtx(tls->ssl, &tls->io);
    tls->is_server = is_server;
    return true;
}

static enum bench_tls_status status_of(struct bench_tls *tls, int r)
{
    int error;

    if (r > 0)
        return BENCH_TLS_OK;
    error = wolfSSL_get_error(tls->ssl, r);
    return error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE ? BENCH_TLS_AGAIN
                                                                                 : BENCH_TLS_OVER;
}

enum bench_tls_status bench_tls_handshake(struct bench_tls *tls)
{
    enum bench_tls_status status;

    tls_io_begin(&tls->io);
    status = status_of(tls, tls->is_server ? wolfSSL_accept(tls->ssl) : wolfSSL_connect(tls->ssl));

    (void)tls_io_flush(&tls->io);
    return status;
}

enum bench_tls_status bench_tls_read(struct bench_tls *tls, uint8_t *buf, size_t cap, size_t *ret_len)
{
    int r;

    tls_io_begin(&tls->io);
    r = wolfSSL_read(tls->ssl, buf, (int)cap);
    if (r > 0)
        *ret_len = (size_t)r;
    return status_of(tls, r);
}

bool bench_tls_write(struct bench_tls *tls, const uint8_t *data, size_t len)
{
    return wolfSSL_write(tls->ssl, data, (int)len) == (int)len;
}

bool bench_tls_has_room(const struct bench_tls *tls)
{
    return tls_io_pending(&tls->io) + BENCH_TLS_RECORD + BENCH_TLS_OVERHEAD <= TLS_IO_OUT_CAP;
}

enum bench_tls_status bench_tls_flush(struct bench_tls *tls)
{
    if (!tls_io_flush(&tls->io))
        return BENCH_TLS_AGAIN;
    return tls->io.send_error ? BENCH_TLS_OVER : BENCH_TLS_OK;
}

void bench_tls_close(struct bench_tls *tls)
{
    wolfSSL_free(tls->ssl);
    tls->ssl = NULL;
}
