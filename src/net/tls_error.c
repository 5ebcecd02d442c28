/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts in the order of how much they say: what the peer sent instead of TLS, what it said in an alert, what the network
 * did, and wolfSSL's own opinion last. An alert of the peer while the tunnel is up is its way to end the connection.
 */
#include "tls_error.h"

#include <errno.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>

struct alert_row {
    int code;
    const char *name;
    const char *meaning; /* NULL: the name says it */
};

/* RFC 8446 6 */
static const struct alert_row alerts[] = {
    {10, "unexpected_message", NULL},
    {20, "bad_record_mac", NULL},
    {22, "record_overflow", NULL},
    {40, "handshake_failure", "no cipher, curve or signature in common, or a client certificate is wanted"},
    {42, "bad_certificate", "a client certificate is wanted"},
    {43, "unsupported_certificate", NULL},
    {44, "certificate_revoked", NULL},
    {45, "certificate_expired", NULL},
    {46, "certificate_unknown", NULL},
    {47, "illegal_parameter", NULL},
    {48, "unknown_ca", NULL},
    {49, "access_denied", NULL},
    {50, "decode_error", NULL},
    {51, "decrypt_error", NULL},
    {70, "protocol_version", "it speaks neither TLS 1.2 nor 1.3"},
    {71, "insufficient_security", "it wants other ciphers"},
    {80, "internal_error", "a fault of the server"},
    {86, "inappropriate_fallback", NULL},
    {90, "user_canceled", NULL},
    {109, "missing_extension", NULL},
    {110, "unsupported_extension", NULL},
    {112, "unrecognized_name", "it does not know itself by this name"},
    {116, "certificate_required", "a client certificate is wanted"},
    {120, "no_application_protocol", NULL},
};

enum { CLOSE_NOTIFY = 0 };

/*
 * The alert with which the peer ended it, -1: none. A warning ends nothing (RFC 5246 7.2), and is old news by then; but for
 * decrypt_error, after which wolfSSL does not go on.
 */
static int received_alert(struct WOLFSSL *ssl)
{
    WOLFSSL_ALERT_HISTORY history = {{-1, -1}, {-1, -1}};

    (void)wolfSSL_get_alert_history(ssl, &history);
    if (history.last_rx.level == alert_fatal || history.last_rx.code == CLOSE_NOTIFY ||
        history.last_rx.code == decrypt_error)
        return history.last_rx.code;
    return -1;
}

bool tls_error_was_closed(struct WOLFSSL *ssl)
{
    return received_alert(ssl) == CLOSE_NOTIFY;
}

static struct end alert_end(enum end_reason reason, int code, const char *host)
{
    static const struct alert_row unknown = {-1, "unknown", NULL};
    const struct alert_row *row = &unknown;

    for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
        if (alerts[i].code == code)
            row = &alerts[i];
    return end_make(reason, (uint32_t)code, "TLS alert %d %s for %s%s%s", code, row->name, host,
                    row->meaning ? ": " : "", row->meaning ? row->meaning : "");
}

/* Nobody acknowledged anything for minutes (TCP_USER_TIMEOUT, keep-alive): that is silence, not a closed connection. */
static enum end_reason reason_of(int error)
{
    return error == ETIMEDOUT ? END_SILENT : END_LOST;
}

static struct end lost(const struct tls_io *io, bool up)
{
    const char *when = up ? "" : io->heard ? " during the TLS handshake" : " before it answered in TLS";
    int error = io->recv_error != 0 ? io->recv_error : io->send_error;

    if (error != 0 && error != EPIPE) /* EPIPE only says that it had closed before */
        return end_make(reason_of(error), 0, "the connection failed%s: %s", when, strerror(error));
    return end_make(END_LOST, 0, up ? "closed without close_notify" : "the server closed the connection%s",
                    when);
}

static bool is_version_error(int error)
{
    return error == VERSION_ERROR;
}

struct end tls_error_end(struct WOLFSSL *ssl, int error, const struct tls_io *io, const char *host, bool up)
{
    int alert = received_alert(ssl);
    enum end_reason reason = up ? END_TLS_BROKEN : END_TLS;

    if (io->not_tls)
        return end_make(END_TLS, 0, "the port does not speak TLS: it says \"%s\"", io->greeting);
    if (alert == CLOSE_NOTIFY)
        return end_make(END_LOST, 0, up ? "closed with close_notify" : "the server ended the TLS handshake");
    if (alert > 0)
        return alert_end(up ? END_LOST : END_TLS, alert, host);
    if (io->eof || io->recv_error != 0)
        return lost(io, up);
    if (io->overflow)
        return end_make(reason, 0, "it does not take what it asks for");
    if (is_version_error(error))
        return end_make(END_TLS, 0, "the server speaks no TLS newer than 1.1");
    if (error == MEMORY_E)
        reason = END_HOST;
    return end_make(reason, 0, "%s (wolfSSL %d)", wolfSSL_ERR_reason_error_string((unsigned long)error),
                    error);
}
