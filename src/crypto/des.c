/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One block of DES. CBC over one block with a zero vector is ECB, so wolfCrypt's ECB entry points (a build option of
 * their own) are not needed.
 */
#include "des.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/des3.h>

#include <stdlib.h>

#include "secret.h"

/* Each byte of a DES key holds seven bits of key above one of parity, which DES ignores (RFC 2759 8.6). */
static void expand_key(const uint8_t key[static 7], uint8_t out[static 8])
{
    uint64_t bits = 0;

    for (size_t i = 0; i < 7; i++)
        bits = bits << 8 | key[i];
    for (size_t i = 0; i < 8; i++)
        out[i] = (uint8_t)((bits >> (49 - 7 * i) & 0x7f) << 1);
    secret_wipe(&bits, sizeof(bits));
}

void des_encrypt_block(const uint8_t key[static 7], const uint8_t clear[static 8],
                       uint8_t ret_cipher[static 8])
{
    static const uint8_t zero_iv[8];
    uint8_t expanded[8];
    Des ctx;

    expand_key(key, expanded);
    if (wc_Des_SetKey(&ctx, expanded, zero_iv, DES_ENCRYPTION) != 0 ||
        wc_Des_CbcEncrypt(&ctx, ret_cipher, clear, 8) != 0)
        abort(); /* as in digest.c: never go on with a value that nobody computed */
    secret_wipe(&ctx, sizeof(ctx));
    secret_wipe(expanded, sizeof(expanded));
}
