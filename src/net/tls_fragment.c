/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolfSSL puts fragments together in a place that it frees with the end of the handshake; from then on it ends the
 * session (-310) for a ticket that does not come in one record, though we would only drop it. It can be told to keep the
 * place, but then the secrets of the handshake stay there, too. No function of its own wipes the one and keeps the other,
 * so it is done here. (A message's first four bytes must come in one piece all the same: wolfSSL 5.5.4, -404.)
 *
 * An installed library, which is for development only, does not show its insides: there it is as wolfSSL has it.
 */
#include "tls_fragment.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#ifdef WOLFSSL_USER_SETTINGS
#include <wolfssl/internal.h>

#include "secret.h"

void tls_fragment_keep(struct WOLFSSL *ssl)
{
    wolfSSL_KeepArrays(ssl);
}

void tls_fragment_wipe(struct WOLFSSL *ssl)
{
    Arrays *arrays = ssl->arrays;

    if (!arrays)
        return;
    if (arrays->preMasterSecret)
        secret_wipe(arrays->preMasterSecret, ENCRYPT_LEN);
    secret_wipe(arrays->secret, sizeof(arrays->secret));
    secret_wipe(arrays->masterSecret, sizeof(arrays->masterSecret));
    secret_wipe(arrays->exporterSecret, sizeof(arrays->exporterSecret));
}
#else
void tls_fragment_keep(struct WOLFSSL *ssl)
{
    (void)ssl;
}

void tls_fragment_wipe(struct WOLFSSL *ssl)
{
    (void)ssl;
}
#endif
