/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wolfSSL puts fragments together in a place that it frees with the end of the handshake; from then on it ends the
 * session (-310) for a ticket that does not come in one record, though we would only drop it. It can be told to keep the
 * place, but then the secrets of the handshake stay there, too. No function of its own wipes the one and keeps the other,
 * so it is done here. (A message's first four bytes must come in one piece all the same: wolfSSL 5.5.4, -404.)
 *
 * The keys of TLS 1.3's Finished (RFC 8446 4.4.4) lie where older versions have the keys of the records' MACs, and stay
 * there. Nothing reads them again: its records are all AEAD, a KeyUpdate starts from the traffic secrets, a ticket is
 * dropped unread, and a Finished after the handshake would make its key anew.
 *
 * What it frees at the end it wipes, but for the key schedules of AES.
 *
 * An installed library, which is for development only, does not show its insides: there it is as wolfSSL has it.
 */
#include "tls_inside.h"

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#ifdef WOLFSSL_USER_SETTINGS
#include <wolfssl/internal.h>

#include "secret.h"

void tls_inside_prepare(struct WOLFSSL *ssl)
{
    wolfSSL_KeepArrays(ssl);
}

static void wipe_arrays(Arrays *arrays)
{
    if (!arrays)
        return;
    if (arrays->preMasterSecret)
        secret_wipe(arrays->preMasterSecret, ENCRYPT_LEN);
    secret_wipe(arrays->secret, sizeof(arrays->secret));
    secret_wipe(arrays->masterSecret, sizeof(arrays->masterSecret));
    secret_wipe(arrays->exporterSecret, sizeof(arrays->exporterSecret));
}

void tls_inside_settle(struct WOLFSSL *ssl)
{
    wipe_arrays(ssl->arrays);
    if (!ssl->options.tls1_3)
        return;
    secret_wipe(ssl->keys.client_write_MAC_secret, sizeof(ssl->keys.client_write_MAC_secret));
    secret_wipe(ssl->keys.server_write_MAC_secret, sizeof(ssl->keys.server_write_MAC_secret));
}

/* All of it: with our options it holds neither memory nor a descriptor that wc_AesFree() would give back. */
static void wipe_aes(Aes *aes)
{
    if (aes)
        secret_wipe(aes, sizeof(*aes));
}

void tls_inside_wipe(struct WOLFSSL *ssl)
{
    if (!ssl)
        return;
    wipe_aes(ssl->encrypt.aes);
    wipe_aes(ssl->decrypt.aes);
}
#else
void tls_inside_prepare(struct WOLFSSL *ssl)
{
    (void)ssl;
}

void tls_inside_settle(struct WOLFSSL *ssl)
{
    (void)ssl;
}

void tls_inside_wipe(struct WOLFSSL *ssl)
{
    (void)ssl;
}
#endif
