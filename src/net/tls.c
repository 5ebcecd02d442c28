/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One wolfSSL session. wolfSSL gets no trusted certificates and so cannot accept a server by itself: it reports every
 * leaf to the verify callback, whose answer is tls_judge()'s, and a handshake that ends without that verdict is a failure.
 * Of wolfSSL's own complaints about a leaf only those are put aside that are about trust and dates, which are judged
 * better in tls_judge.c; with a pin, also those about what the certificate is meant for.
 *
 * OCSP stapling is not asked for. wolfSSL 5.5.4 ends the handshake for every stapled answer that it cannot use (an
 * expired one, a responder's certificate it does not know), without a callback, while an attacker with a stolen key
 * would simply staple nothing: it can only refuse honest servers.
 *
 * There is no session cache and no resumption: the certificate is needed for the crypto binding each time (protocol.md 2).
 * Tickets that come are dropped.
 */
#include "tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "ipaddr.h"
#include "loop.h"
#include "shortage.h"
#include "tls_chain.h"
#include "tls_error.h"
#include "tls_inside.h"
#include "tls_io.h"
#include "tls_judge.h"
#include "trust.h"

enum {
    RECORD_MAX = 16384,   /* plaintext of one record (RFC 8446 5.1) */
    RECORD_OVERHEAD = 96, /* header, IV, MAC and padding of the most talkative cipher, AES-256-CBC-SHA384 */
};

/*
 * AEAD first; then what Windows Server 2012 R2 and old RouterOS have. No null, anonymous or export suites, which a
 * library that was built for everybody would add, and no finite-field Diffie-Hellman, whose group the server picks.
 */
static const char ciphers[] =
    "TLS13-AES256-GCM-SHA384:TLS13-AES128-GCM-SHA256:TLS13-CHACHA20-POLY1305-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:"
    "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256:AES128-SHA256:AES256-SHA:AES128-SHA";

/* The fast ones first: some servers take the client's first. No finite-field groups, see above. */
static const uint16_t groups[] = {WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP384R1,
                                  WOLFSSL_ECC_SECP521R1};

struct tls {
    struct tls_config config;
    const struct log_sink *log;
    struct trust trust;
    WOLFSSL_CTX *ctx;
    WOLFSSL *ssl;
    struct tls_verdict verdict;
    bool up;
    enum tls_status over; /* TLS_OK: it goes on */
    struct end end;
    char description[64];
    struct tls_io io;
};

static bool load_ca_file(struct tls *tls, struct end *ret_end)
{
    int n = trust_add_file(&tls->trust, tls->config.ca_file);

    if (n > 0)
        return true;
    *ret_end = end_make(is_shortage(-n) ? END_HOST : END_USAGE, 0, "--cafile %s: %s", tls->config.ca_file,
                        n < 0 ? strerror(-n) : "no certificate in it");
    return false;
}

static bool load_trust(struct tls *tls, struct end *ret_end)
{
    const struct tls_config *config = &tls->config;

    if (config->n_pin > 0)
        return true;
    if (config->ca_file && !load_ca_file(tls, ret_end))
        return false;
    if (!config->no_system_trust && !trust_add_system(&tls->trust))
        log_info(tls->log, "no trusted certificates of this system were found");
    return true;
}

/*
 * Without a single trusted certificate no server is trusted, but the handshake goes on up to that verdict: only then is
 * there a pin to offer. Nothing but the TLS greeting leaves this host.
 */
static void blame_missing_store(struct tls *tls)
{
    struct end *end = &tls->verdict.end;

    if (end->reason != END_TLS_TRUST || tls->trust.n_cert > 0 || tls->config.no_system_trust)
        return;
    end->reason = END_TLS_NO_STORE;
    (void)snprintf(end->detail, sizeof(end->detail),
                   "looked at $SSL_CERT_FILE, $SSL_CERT_DIR, /etc/ssl, /etc/pki");
}

static int verify_callback(int preverify, WOLFSSL_X509_STORE_CTX *store);

static bool set_algorithms(WOLFSSL_CTX *ctx)
{
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (wolfSSL_CTX_UseSupportedCurve(ctx, groups[i]) != WOLFSSL_SUCCESS)
            return false;
    return wolfSSL_CTX_SetMinVersion(ctx, WOLFSSL_TLSV1_2) == WOLFSSL_SUCCESS &&
           wolfSSL_CTX_set_cipher_list(ctx, ciphers) == WOLFSSL_SUCCESS;
}

static bool make_context(struct tls *tls, struct end *ret_end)
{
    tls->ctx = wolfSSL_CTX_new(wolfSSLv23_client_method());
    if (!tls->ctx || !set_algorithms(tls->ctx)) {
        *ret_end = end_make(END_HOST, 0, "wolfSSL cannot be set up");
        return false;
    }
    wolfSSL_CTX_set_verify(tls->ctx, WOLFSSL_VERIFY_PEER, verify_callback);
    wolfSSL_CTX_SetIORecv(tls->ctx, tls_io_recv);
    wolfSSL_CTX_SetIOSend(tls->ctx, tls_io_send);
    return true;
}

struct tls *tls_new(const struct tls_config *config, const struct log_sink *log, struct end *ret_end)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (!tls || wolfSSL_Init() != WOLFSSL_SUCCESS) {
        free(tls);
        *ret_end = end_make(END_HOST, 0, "out of memory");
        return NULL;
    }
    /* glibc's gmtime_r(3) reads the zone's file at its first use, which would be in the handshake. */
    tzset();
    tls->config = *config;
    tls->log = log;
    tls->io.fd = -1;
    trust_init(&tls->trust);
    if (!load_trust(tls, ret_end) || !make_context(tls, ret_end)) {
        tls_free(tls);
        return NULL;
    }
    return tls;
}

/* SNI is for names (RFC 6066 3), without the dot that ends a complete one. */
static bool set_server_name(struct tls *tls)
{
    const char *host = tls->config.host;
    struct ipaddr literal;
    size_t len = strlen(host);

    if (ipaddr_parse(host, &literal))
        return true;
    if (len > 1 && host[len - 1] == '.')
        len--;
    return len <= UINT16_MAX &&
           wolfSSL_UseSNI(tls->ssl, WOLFSSL_SNI_HOST_NAME, host, (unsigned short)len) == WOLFSSL_SUCCESS;
}

void tls_prepare(struct tls *tls)
{
    tls->ssl = wolfSSL_new(tls->ctx);
    if (!tls->ssl || !set_server_name(tls)) {
        tls->over = TLS_FAILED;
        tls->end = end_make(END_HOST, 0, "wolfSSL cannot start a session");
        return;
    }
    tls_inside_prepare(tls->ssl);
    wolfSSL_SetIOReadCtx(tls->ssl, &tls->io);
    wolfSSL_SetIOWriteCtx(tls->ssl, &tls->io);
    wolfSSL_SetCertCbCtx(tls->ssl, tls);
    /* Without a socket it comes no further than the ClientHello; tls->over tells of failure. */
    IGNORE_RESULT(tls_handshake(tls));
}

bool tls_start(struct tls *tls, int fd)
{
    tls->io.fd = fd;
    (void)tls_io_flush(&tls->io);
    return tls->over == TLS_OK;
}

/* Complaints of wolfSSL that our own judgement replaces. */
static bool is_ours_to_judge(const struct tls *tls, int error)
{
    switch (error) {
    case 0:
    case ASN_NO_SIGNER_E:
    case ASN_SELF_SIGNED_E:
    case ASN_BEFORE_DATE_E:
    case ASN_AFTER_DATE_E: return true;
#ifdef OPENSSL_COMPATIBLE_DEFAULTS /* Debian's library speaks OpenSSL's numbers for some */
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD:
    case X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD: return true;
#endif
    case EXTKEYUSE_AUTH_E: return true; /* the purpose is judged, too */
    case KEYUSE_SIGNATURE_E:
    case KEYUSE_ENCIPHER_E: return tls->config.n_pin > 0;
    default: return false;
    }
}

static void judge(struct tls *tls, const WOLFSSL_X509_STORE_CTX *store)
{
    struct bytes cert[TLS_CHAIN_MAX];
    size_t n = 0;

    for (int i = 0; i < store->totalCerts && n < ARRAY_LEN(cert); i++)
        cert[n++] = bytes_of(store->certs[i].buffer, store->certs[i].length);
    tls_judge(&tls->config, &tls->trust, cert, n, loop_calendar(), &tls->verdict);
    blame_missing_store(tls);
    if (!tls->verdict.accepted || is_ours_to_judge(tls, store->error))
        return;
    tls->verdict.accepted = false;
    tls->verdict.end = end_make(END_TLS, 0, "the server's certificate: %s (wolfSSL %d)",
                                wolfSSL_ERR_reason_error_string((unsigned long)store->error), store->error);
}

/* Called for certificates that wolfSSL cannot verify, which are all, the leaf last. 1 accepts. */
static int verify_callback(int preverify, WOLFSSL_X509_STORE_CTX *store)
{
    struct tls *tls = store->userCtx;

    (void)preverify;
    if (store->error_depth > 0)
        return 1; /* whether it helps is seen when the leaf's path is searched */
    judge(tls, store);
    return tls->verdict.accepted;
}

/* wolfSSL stopped with r: to be continued, or over. */
static enum tls_status stop(struct tls *tls, int r)
{
    int error = wolfSSL_get_error(tls->ssl, r);

    if (error == WOLFSSL_ERROR_WANT_READ || error == WOLFSSL_ERROR_WANT_WRITE)
        return TLS_AGAIN;
    tls->over = tls_error_was_closed(tls->ssl) || tls->io.eof ? TLS_CLOSED : TLS_FAILED;
    if (tls->verdict.reached && !tls->verdict.accepted)
        tls->end = tls->verdict.end;
    else
        tls->end = tls_error_end(tls->ssl, error, &tls->io, tls->config.host, tls->up);
    return tls->over;
}

static enum tls_status finish_handshake(struct tls *tls)
{
    tls_inside_settle(tls->ssl);
    if (!tls->verdict.accepted) { /* fail closed, whatever way wolfSSL has found around the callback */
        tls->over = TLS_FAILED;
        tls->end = end_make(END_TLS, 0, "the server showed no certificate");
        return TLS_FAILED;
    }
    tls->up = true;
    (void)snprintf(tls->description, sizeof(tls->description), "%s %s", wolfSSL_get_version(tls->ssl),
                   wolfSSL_get_cipher(tls->ssl));
    log_info(tls->log, "%s", tls->description);
    return TLS_OK;
}

enum tls_status tls_handshake(struct tls *tls)
{
    enum tls_status status;
    int r;

    if (tls->over != TLS_OK || tls->up)
        return tls->over;
    tls_io_begin(&tls->io);
    r = wolfSSL_connect(tls->ssl);
    status = r == WOLFSSL_SUCCESS ? finish_handshake(tls) : stop(tls, r);
    (void)tls_io_flush(&tls->io); /* on failure the alert, as far as it goes */
    return status;
}

void tls_read_begin(struct tls *tls)
{
    tls_io_begin(&tls->io);
}

enum tls_status tls_read(struct tls *tls, uint8_t *buf, size_t cap, size_t *ret_len)
{
    int r;

    if (tls->over != TLS_OK)
        return tls->over;
    r = wolfSSL_read(tls->ssl, buf, cap > INT32_MAX ? INT32_MAX : (int)cap);
    if (r <= 0)
        return stop(tls, r);
    *ret_len = (size_t)r;
    return TLS_OK;
}

size_t tls_output_room(const struct tls *tls)
{
    size_t pending = tls_io_pending(&tls->io);
    size_t room = pending < TLS_IO_OUT_CAP ? TLS_IO_OUT_CAP - pending : 0;
    size_t records = room / (RECORD_MAX + RECORD_OVERHEAD);
    size_t rest = room % (RECORD_MAX + RECORD_OVERHEAD);

    return records * RECORD_MAX + (rest > RECORD_OVERHEAD ? rest - RECORD_OVERHEAD : 0);
}

bool tls_write(struct tls *tls, struct bytes data)
{
    if (tls->over != TLS_OK || data.len > tls_output_room(tls))
        return false;
    while (data.len > 0) {
        size_t n = data.len < RECORD_MAX ? data.len : RECORD_MAX;
        int r = wolfSSL_write(tls->ssl, data.data, (int)n);

        if (r != (int)n) {
            if (stop(tls, r) == TLS_AGAIN) { /* cannot be: the output accepts everything */
                tls->over = TLS_FAILED;
                tls->end = end_make(END_HOST, 0, "wolfSSL did not take what was to be sent");
            }
            return false;
        }
        data = bytes_of(data.data + n, data.len - n);
    }
    return true;
}

enum tls_status tls_flush(struct tls *tls)
{
    return tls_io_flush(&tls->io) ? TLS_OK : TLS_AGAIN;
}

bool tls_wants_write(const struct tls *tls)
{
    return tls_io_pending(&tls->io) > 0;
}

bool tls_wants_read(const struct tls *tls)
{
    return tls_io_may_fill(&tls->io);
}

void tls_shutdown(struct tls *tls)
{
    if (tls->ssl && tls->up && tls->over != TLS_FAILED)
        (void)wolfSSL_shutdown(tls->ssl); /* "not done yet" is the expected answer: the peer's turn */
}

void tls_cert_digests(const struct tls *tls, uint8_t ret_sha1[static 20], uint8_t ret_sha256[static 32])
{
    memcpy(ret_sha1, tls->verdict.cert_sha1, 20);
    memcpy(ret_sha256, tls->verdict.cert_sha256, 32);
}

const char *tls_description(const struct tls *tls)
{
    return tls->description;
}

const struct end *tls_end(const struct tls *tls)
{
    return &tls->end;
}

const char *tls_library(void)
{
    static char text[48];
#if defined(WOLFSSL_AESNI) && defined(__x86_64__)
    const char *aes =
        __builtin_cpu_supports("aes") ? "AES in hardware" : "AES in software: the CPU has no AES-NI";
#else
    const char *aes = "AES in software";
#endif

    (void)snprintf(text, sizeof(text), "%s, %s", wolfSSL_lib_version(), aes);
    return text;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    tls_inside_wipe(tls->ssl);
    wolfSSL_free(tls->ssl);
    wolfSSL_CTX_free(tls->ctx);
    (void)wolfSSL_Cleanup();
    trust_done(&tls->trust);
    free(tls);
}
