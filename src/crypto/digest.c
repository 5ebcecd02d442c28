/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hashes over wolfCrypt. Its software hashes fail only on arguments that do not occur here; should one fail all the
 * same, the process stops: to go on would mean to authenticate with a hash that nobody computed. Contexts have seen
 * passwords and keys, hence each is wiped.
 */
#include "digest.h"

#include <wolfssl/options.h>

#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/md4.h>
#include <wolfssl/wolfcrypt/md5.h>
#include <wolfssl/wolfcrypt/sha.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include <stdlib.h>

#include "secret.h"

static void must(int wolfcrypt_result)
{
    if (wolfcrypt_result != 0)
        abort();
}

void digest_md4(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static MD4_LEN])
{
    Md4 ctx;

    wc_InitMd4(&ctx);
    for (size_t i = 0; i < n_parts; i++)
        wc_Md4Update(&ctx, parts[i].data, (word32)parts[i].len);
    wc_Md4Final(&ctx, ret_hash);
    secret_wipe(&ctx, sizeof(ctx));
}

void digest_md5(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static MD5_LEN])
{
    wc_Md5 ctx;

    must(wc_InitMd5(&ctx));
    for (size_t i = 0; i < n_parts; i++)
        must(wc_Md5Update(&ctx, parts[i].data, (word32)parts[i].len));
    must(wc_Md5Final(&ctx, ret_hash));
    wc_Md5Free(&ctx);
    secret_wipe(&ctx, sizeof(ctx));
}

void digest_sha1(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static SHA1_LEN])
{
    wc_Sha ctx;

    must(wc_InitSha(&ctx));
    for (size_t i = 0; i < n_parts; i++)
        must(wc_ShaUpdate(&ctx, parts[i].data, (word32)parts[i].len));
    must(wc_ShaFinal(&ctx, ret_hash));
    wc_ShaFree(&ctx);
    secret_wipe(&ctx, sizeof(ctx));
}

void digest_sha256(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static SHA256_LEN])
{
    wc_Sha256 ctx;

    must(wc_InitSha256(&ctx));
    for (size_t i = 0; i < n_parts; i++)
        must(wc_Sha256Update(&ctx, parts[i].data, (word32)parts[i].len));
    must(wc_Sha256Final(&ctx, ret_hash));
    wc_Sha256Free(&ctx);
    secret_wipe(&ctx, sizeof(ctx));
}

static void hmac(int type, struct bytes key, const struct bytes *parts, size_t n_parts, uint8_t *ret_mac)
{
    Hmac ctx;

    must(wc_HmacInit(&ctx, NULL, INVALID_DEVID));
    must(wc_HmacSetKey(&ctx, type, key.data, (word32)key.len));
    for (size_t i = 0; i < n_parts; i++)
        must(wc_HmacUpdate(&ctx, parts[i].data, (word32)parts[i].len));
    must(wc_HmacFinal(&ctx, ret_mac));
    wc_HmacFree(&ctx);
    secret_wipe(&ctx, sizeof(ctx));
}

void digest_hmac_sha1(struct bytes key, const struct bytes *parts, size_t n_parts,
                      uint8_t ret_mac[static SHA1_LEN])
{
    hmac(WC_SHA, key, parts, n_parts, ret_mac);
}

void digest_hmac_sha256(struct bytes key, const struct bytes *parts, size_t n_parts,
                        uint8_t ret_mac[static SHA256_LEN])
{
    hmac(WC_SHA256, key, parts, n_parts, ret_mac);
}
