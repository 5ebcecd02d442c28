/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ppp_peer_crypto.h"

#include <stdio.h>

#include "des.h"
#include "digest.h"

/* Joins up to five parts and hashes them at one go. */
static void sha1_of(uint8_t out[20], size_t n, const struct bytes *parts)
{
    uint8_t joined[512];
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(joined + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    digest_sha1(&(struct bytes){joined, len}, 1, out);
}

static void hash_password(const char *password, uint8_t hash[16], uint8_t hash_hash[16])
{
    uint8_t wide[512];
    size_t len = strlen(password);

    for (size_t i = 0; i < len; i++) {
        wide[2 * i] = (uint8_t)password[i];
        wide[2 * i + 1] = 0;
    }
    digest_md4(&(struct bytes){wide, 2 * len}, 1, hash);
    digest_md4(&(struct bytes){hash, 16}, 1, hash_hash);
}

static void challenge_response(const uint8_t hash[16], const uint8_t challenge[8], uint8_t response[24])
{
    uint8_t last[7] = {hash[14], hash[15]};

    des_encrypt_block(hash, challenge, response);
    des_encrypt_block(hash + 7, challenge, response + 8);
    des_encrypt_block(last, challenge, response + 16);
}

static void make_key(const uint8_t master[16], const char *magic, uint8_t key[16])
{
    uint8_t sha[20], zero[40] = {0}, f2[40];

    memset(f2, 0xf2, sizeof(f2));
    sha1_of(sha, 4, (struct bytes[]){{master, 16}, {zero, 40}, bytes_of_str(magic), {f2, 40}});
    memcpy(key, sha, 16);
}

bool peer_mschapv2(const char *user, const char *password, const uint8_t challenge[16],
                   const uint8_t value[49], char proof[43], uint8_t keys[32])
{
    uint8_t hash[16], hash_hash[16], sha[20], digest[20], master[20], expected[24];
    const char *name = strrchr(user, '\\');

    name = name ? name + 1 : user;
    hash_password(password, hash, hash_hash);
    sha1_of(sha, 3, (struct bytes[]){{value, 16}, {challenge, 16}, bytes_of_str(name)});
    challenge_response(hash, sha, expected);
    if (memcmp(expected, value + 24, 24) != 0 || value[48] != 0)
        return false;
    sha1_of(digest, 3,
            (struct bytes[]){
                {hash_hash, 16}, {expected, 24}, bytes_of_str("Magic server to client signing constant")});
    sha1_of(
        digest, 3,
        (struct bytes[]){{digest, 20}, {sha, 8}, bytes_of_str("Pad to make it do more than one iteration")});
    proof[0] = 'S';
    proof[1] = '=';
    for (size_t i = 0; i < 20; i++)
        (void)snprintf(proof + 2 + 2 * i, 3, "%02X", digest[i]);
    sha1_of(master, 3,
            (struct bytes[]){{hash_hash, 16}, {expected, 24}, bytes_of_str("This is the MPPE Master Key")});
    make_key(master, "On the client side, this is the send key; on the server side, it is the receive key.",
             keys);
    make_key(master, "On the client side, this is the receive key; on the server side, it is the send key.",
             keys + 16);
    return true;
}
