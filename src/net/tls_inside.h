/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wolfSSL has no function of its own for: messages in several records after the handshake, and wiping keys in time. */
#ifndef SSTPTUN_TLS_INSIDE_H
#define SSTPTUN_TLS_INSIDE_H

struct WOLFSSL;

/* Before the handshake: its later messages, tickets above all, may be spread over several records (RFC 8446 5.1). */
void tls_inside_prepare(struct WOLFSSL *ssl);

/* Right after it: wipes what the traffic keys were made of, and what only the handshake needed. */
void tls_inside_settle(struct WOLFSSL *ssl);

/* Right before wolfSSL_free(): wipes the traffic keys that it would leave in freed memory. Takes NULL. */
void tls_inside_wipe(struct WOLFSSL *ssl);

#endif
