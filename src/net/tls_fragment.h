/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of the handshake's kind that come after it, spread over several records (RFC 8446 5.1): tickets above all. */
#ifndef SSTPTUN_TLS_FRAGMENT_H
#define SSTPTUN_TLS_FRAGMENT_H

struct WOLFSSL;

/* Before the handshake. */
void tls_fragment_keep(struct WOLFSSL *ssl);

/* Right after it: wipes what the traffic keys were made of. */
void tls_fragment_wipe(struct WOLFSSL *ssl);

#endif
