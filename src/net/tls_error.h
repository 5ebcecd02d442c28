/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why a TLS session ended, in words for a user. */
#ifndef SSTPTUN_TLS_ERROR_H
#define SSTPTUN_TLS_ERROR_H

#include "end_reason.h"
#include "tls_io.h"

struct WOLFSSL;

/* error: of wolfSSL_get_error(). up: the handshake was done. */
struct end tls_error_end(struct WOLFSSL *ssl, int error, const struct tls_io *io, const char *host, bool up);

/* The peer has said close_notify. */
bool tls_error_was_closed(struct WOLFSSL *ssl);

#endif
