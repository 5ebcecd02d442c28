/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one danger of a buffer that always accepts is a peer that makes TLS answer (KeyUpdate with update_requested, RFC
 * 8446 4.6.3) and takes none of the answers. So the socket is not read while more than the caller's share waits, and
 * what one full read-ahead buffer can provoke fits into the rest.
 */
#include "tls_io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "log.h"

size_t tls_io_pending(const struct tls_io *io)
{
    return io->out_len - io->out_pos;
}

bool tls_io_may_fill(const struct tls_io *io)
{
    return tls_io_pending(io) <= TLS_IO_OUT_CAP;
}

void tls_io_begin(struct tls_io *io)
{
    io->n_fills = 0;
}

/* A record starts with its type, change_cipher_spec to application_data, and 3 for every version (RFC 8446 5.1). */
static void look_at_greeting(struct tls_io *io)
{
    size_t len = 0;

    io->heard = true;
    if (io->in[0] >= 20 && io->in[0] <= 23 && (io->in_len < 2 || io->in[1] == 3))
        return;
    io->not_tls = true;
    while (len < io->in_len && len < sizeof(io->greeting) - 1 && io->in[len] != '\r' && io->in[len] != '\n')
        len++;
    log_safe(io->greeting, sizeof(io->greeting), bytes_of(io->in, len));
}

/* Reads ahead. wolfSSL's error code when nothing came. */
static int fill(struct tls_io *io)
{
    ssize_t n;

    if (io->fd < 0 || io->drained || !tls_io_may_fill(io) || io->n_fills == TLS_IO_FILLS_MAX) {
        io->drained = false;
        return WOLFSSL_CBIO_ERR_WANT_READ;
    }
    io->n_fills++;
    do
        n = recv(io->fd, io->in, sizeof(io->in), 0);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return WOLFSSL_CBIO_ERR_WANT_READ;
    if (n < 0) {
        io->recv_error = errno;
        return WOLFSSL_CBIO_ERR_CONN_RST;
    }
    if (n == 0) {
        io->eof = true;
        return WOLFSSL_CBIO_ERR_CONN_CLOSE;
    }
    io->in_pos = 0;
    io->in_len = (size_t)n;
    io->drained = (size_t)n < sizeof(io->in);
    if (!io->heard)
        look_at_greeting(io);
    return io->not_tls ? WOLFSSL_CBIO_ERR_GENERAL : 0;
}

int tls_io_recv(struct WOLFSSL *ssl, char *buf, int len, void *ctx)
{
    struct tls_io *io = ctx;
    size_t n = (size_t)len;

    (void)ssl;
    if (io->in_pos == io->in_len) {
        int r = fill(io);

        if (r != 0)
            return r;
    }
    if (n > io->in_len - io->in_pos)
        n = io->in_len - io->in_pos;
    memcpy(buf, io->in + io->in_pos, n);
    io->in_pos += n;
    return (int)n;
}

int tls_io_send(struct WOLFSSL *ssl, char *buf, int len, void *ctx)
{
    struct tls_io *io = ctx;
    size_t n = (size_t)len;

    (void)ssl;
    if (io->send_error != 0)
        return len; /* nobody is there: see tls_io_flush() */
    if (n > sizeof(io->out) - tls_io_pending(io)) {
        io->overflow = true;
        return WOLFSSL_CBIO_ERR_GENERAL;
    }
    if (n > sizeof(io->out) - io->out_len) {
        memmove(io->out, io->out + io->out_pos, tls_io_pending(io));
        io->out_len -= io->out_pos;
        io->out_pos = 0;
    }
    memcpy(io->out + io->out_len, buf, n);
    io->out_len += n;
    return len;
}

bool tls_io_flush(struct tls_io *io)
{
    ssize_t n;

    if (tls_io_pending(io) == 0)
        return true;
    if (io->fd < 0)
        return false;
    do
        n = send(io->fd, io->out + io->out_pos, tls_io_pending(io), MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n < 0) {
        io->send_error = errno;
        io->out_pos = io->out_len;
    } else {
        io->out_pos += (size_t)n;
    }
    if (io->out_pos < io->out_len)
        return false;
    io->out_pos = io->out_len = 0;
    return true;
}
