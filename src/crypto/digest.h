/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hashes and HMAC over wolfCrypt. Parts are hashed as if joined; none of these can fail on valid arguments. */
#ifndef SSTPTUN_DIGEST_H
#define SSTPTUN_DIGEST_H

#include "bytes.h"

#define MD4_LEN    16
#define MD5_LEN    16
#define SHA1_LEN   20
#define SHA256_LEN 32

void digest_md4(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static MD4_LEN]);
void digest_md5(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static MD5_LEN]);
void digest_sha1(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static SHA1_LEN]);
void digest_sha256(const struct bytes *parts, size_t n_parts, uint8_t ret_hash[static SHA256_LEN]);

void digest_hmac_sha1(struct bytes key, const struct bytes *parts, size_t n_parts,
                      uint8_t ret_mac[static SHA1_LEN]);
void digest_hmac_sha256(struct bytes key, const struct bytes *parts, size_t n_parts,
                        uint8_t ret_mac[static SHA256_LEN]);

#endif
