/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions keep the order of RFC 2759 section 8 and RFC 3079 section 3.4, and their names where those are short. */
#include "mschap.h"

#include "des.h"
#include "digest.h"
#include "secret.h"

struct bytes mschap_hash_name(struct bytes user)
{
    for (size_t i = user.len; i > 0; i--)
        if (user.data[i - 1] == '\\')
            return bytes_of(user.data + i, user.len - i);
    return user;
}

/* How many bytes a UTF-8 sequence has, by its first one; 0 for what cannot begin one (RFC 3629 section 4). */
static size_t sequence_len(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* Overlong forms, surrogates and what lies beyond Unicode are no UTF-8. */
static bool valid_code_point(uint32_t c, size_t len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    return c >= least[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
}

/* The next character, and how many bytes it takes. */
static size_t next_character(struct bytes text, uint32_t *ret_character)
{
    size_t len = sequence_len(text.data[0]);
    uint32_t c;

    *ret_character = text.data[0]; /* Latin-1, unless it turns out to be UTF-8 */
    if (len < 2 || len > text.len)
        return 1;
    c = text.data[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((text.data[i] & 0xc0) != 0x80)
            return 1;
        c = c << 6 | (text.data[i] & 0x3f);
    }
    if (!valid_code_point(c, len))
        return 1;
    *ret_character = c;
    return len;
}

static void write_unit(struct writer *w, uint32_t unit)
{
    writer_u8(w, (uint8_t)unit);
    writer_u8(w, (uint8_t)(unit >> 8));
}

static void write_utf16le(struct writer *w, uint32_t c)
{
    if (c < 0x10000) {
        write_unit(w, c);
        return;
    }
    c -= 0x10000;
    write_unit(w, 0xd800 | c >> 10);
    write_unit(w, 0xdc00 | (c & 0x3ff));
}

bool mschap_password_hash(struct bytes password, uint8_t ret_hash[static MSCHAP_HASH_LEN])
{
    uint8_t unicode[2 * MSCHAP_PASSWORD_MAX];
    struct writer w = writer_of(unicode, sizeof(unicode));
    uint32_t c = 0;
    struct bytes encoded;

    while (password.len > 0 && writer_ok(&w)) {
        size_t used = next_character(password, &c);

        write_utf16le(&w, c);
        password = bytes_of(password.data + used, password.len - used);
    }
    encoded = writer_view(&w);
    if (writer_ok(&w))
        digest_md4(&encoded, 1, ret_hash);
    secret_wipe(unicode, sizeof(unicode));
    secret_wipe(&c, sizeof(c));
    return writer_ok(&w);
}

void mschap_challenge_hash(const uint8_t peer_challenge[static MSCHAP_CHALLENGE_LEN],
                           const uint8_t challenge[static MSCHAP_CHALLENGE_LEN], struct bytes name,
                           uint8_t ret_hash[static MSCHAP_CHALLENGE_HASH_LEN])
{
    struct bytes parts[] = {
        bytes_of(peer_challenge, MSCHAP_CHALLENGE_LEN),
        bytes_of(challenge, MSCHAP_CHALLENGE_LEN),
        name,
    };
    uint8_t sha[SHA1_LEN];

    digest_sha1(parts, ARRAY_LEN(parts), sha);
    memcpy(ret_hash, sha, MSCHAP_CHALLENGE_HASH_LEN);
}

void mschap_nt_response(const uint8_t challenge_hash[static MSCHAP_CHALLENGE_HASH_LEN],
                        const uint8_t password_hash[static MSCHAP_HASH_LEN],
                        uint8_t ret_response[static MSCHAP_NT_RESPONSE_LEN])
{
    uint8_t key[21] = {0}; /* three DES keys of 7 bytes, the last padded with zero: RFC 2759 8.5 */

    memcpy(key, password_hash, MSCHAP_HASH_LEN);
    for (size_t i = 0; i < 3; i++)
        des_encrypt_block(key + 7 * i, challenge_hash, ret_response + 8 * i);
    secret_wipe(key, sizeof(key));
}

void mschap_authenticator(const uint8_t password_hash[static MSCHAP_HASH_LEN],
                          const uint8_t nt_response[static MSCHAP_NT_RESPONSE_LEN],
                          const uint8_t challenge_hash[static MSCHAP_CHALLENGE_HASH_LEN],
                          uint8_t ret_authenticator[static MSCHAP_AUTHENTICATOR_LEN])
{
    uint8_t hash_hash[MSCHAP_HASH_LEN], digest[SHA1_LEN];
    struct bytes password = bytes_of(password_hash, MSCHAP_HASH_LEN);
    struct bytes first[] = {
        bytes_of(hash_hash, sizeof(hash_hash)),
        bytes_of(nt_response, MSCHAP_NT_RESPONSE_LEN),
        bytes_of_str("Magic server to client signing constant"),
    };
    struct bytes second[] = {
        bytes_of(digest, sizeof(digest)),
        bytes_of(challenge_hash, MSCHAP_CHALLENGE_HASH_LEN),
        bytes_of_str("Pad to make it do more than one iteration"),
    };

    digest_md4(&password, 1, hash_hash);
    digest_sha1(first, ARRAY_LEN(first), digest);
    digest_sha1(second, ARRAY_LEN(second), ret_authenticator);
    secret_wipe(hash_hash, sizeof(hash_hash));
    secret_wipe(digest, sizeof(digest));
}

/* GetMasterKey, RFC 3079 3.4 */
static void master_key(const uint8_t password_hash[static MSCHAP_HASH_LEN],
                       const uint8_t nt_response[static MSCHAP_NT_RESPONSE_LEN],
                       uint8_t ret_key[static MSCHAP_HASH_LEN])
{
    uint8_t hash_hash[MSCHAP_HASH_LEN], digest[SHA1_LEN];
    struct bytes password = bytes_of(password_hash, MSCHAP_HASH_LEN);
    struct bytes parts[] = {
        bytes_of(hash_hash, sizeof(hash_hash)),
        bytes_of(nt_response, MSCHAP_NT_RESPONSE_LEN),
        bytes_of_str("This is the MPPE Master Key"),
    };

    digest_md4(&password, 1, hash_hash);
    digest_sha1(parts, ARRAY_LEN(parts), digest);
    memcpy(ret_key, digest, MSCHAP_HASH_LEN);
    secret_wipe(hash_hash, sizeof(hash_hash));
    secret_wipe(digest, sizeof(digest));
}

/* GetAsymmetricStartKey, RFC 3079 3.4, for 128-bit keys */
static void start_key(const uint8_t master[static MSCHAP_HASH_LEN], const char *magic,
                      uint8_t ret_key[static MSCHAP_HASH_LEN])
{
    uint8_t pad1[40], pad2[40], digest[SHA1_LEN];
    struct bytes parts[] = {
        bytes_of(master, MSCHAP_HASH_LEN),
        bytes_of(pad1, sizeof(pad1)),
        bytes_of_str(magic),
        bytes_of(pad2, sizeof(pad2)),
    };

    memset(pad1, 0x00, sizeof(pad1));
    memset(pad2, 0xf2, sizeof(pad2));
    digest_sha1(parts, ARRAY_LEN(parts), digest);
    memcpy(ret_key, digest, MSCHAP_HASH_LEN);
    secret_wipe(digest, sizeof(digest));
}

void mschap_keys(const uint8_t password_hash[static MSCHAP_HASH_LEN],
                 const uint8_t nt_response[static MSCHAP_NT_RESPONSE_LEN],
                 uint8_t ret_keys[static MSCHAP_KEYS_LEN])
{
    uint8_t master[MSCHAP_HASH_LEN];

    master_key(password_hash, nt_response, master);
    start_key(master, "On the client side, this is the send key; on the server side, it is the receive key.",
              ret_keys);
    start_key(master, "On the client side, this is the receive key; on the server side, it is the send key.",
              ret_keys + MSCHAP_HASH_LEN);
    secret_wipe(master, sizeof(master));
}
