/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Known answers: RFC 1320 A.5 (MD4), RFC 1321 A.5 (MD5), FIPS 180 (SHA), RFC 2202 and RFC 4231 (HMAC). */
#include "digest.h"

#include "check.h"

#define HEX_LEN (2 * SHA256_LEN + 1)

static const char *hex(const uint8_t *data, size_t len, char out[static HEX_LEN])
{
    out[0] = '\0';
    for (size_t i = 0; i < len; i++)
        (void)snprintf(out + 2 * i, 3, "%02x", data[i]);
    return out;
}

typedef void digest_fn(const struct bytes *parts, size_t n_parts, uint8_t *ret_hash);

static const struct {
    digest_fn *fn;
    size_t len;
    const char *text;
    const char *hash;
} vectors[] = {
    {digest_md4, MD4_LEN, "", "31d6cfe0d16ae931b73c59d7e0c089c0"},
    {digest_md4, MD4_LEN, "abc", "a448017aaf21d8525fc10ae87aa6729d"},
    {digest_md4, MD4_LEN, "abcdefghijklmnopqrstuvwxyz", "d79e1c308aa5bbcdeea8ed63df412da9"},
    {digest_md4, MD4_LEN, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "e33b4ddc9c38f2199c3e7b164fcc0536"},
    {digest_md5, MD5_LEN, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {digest_md5, MD5_LEN, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    {digest_md5, MD5_LEN, "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
    {digest_sha1, SHA1_LEN, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
    {digest_sha1, SHA1_LEN, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {digest_sha1, SHA1_LEN, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {digest_sha256, SHA256_LEN, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {digest_sha256, SHA256_LEN, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {digest_sha256, SHA256_LEN, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

TEST(known_answers)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct bytes part = bytes_of_str(vectors[i].text);
        uint8_t hash[SHA256_LEN];
        char out[HEX_LEN];

        vectors[i].fn(&part, 1, hash);
        CHECK_STR(hex(hash, vectors[i].len, out), vectors[i].hash);
    }
}

TEST(parts_are_hashed_as_if_joined)
{
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        size_t len = strlen(vectors[i].text);
        struct bytes parts[] = {bytes_of(vectors[i].text, len / 3), bytes_of(NULL, 0),
                                bytes_of(vectors[i].text + len / 3, len - len / 3)};
        uint8_t hash[SHA256_LEN];
        char out[HEX_LEN];

        vectors[i].fn(parts, ARRAY_LEN(parts), hash);
        CHECK_STR(hex(hash, vectors[i].len, out), vectors[i].hash);
    }
}

TEST(no_parts_are_the_empty_text)
{
    uint8_t hash[SHA1_LEN];
    char out[HEX_LEN];

    digest_sha1(NULL, 0, hash);
    CHECK_STR(hex(hash, sizeof(hash), out), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(hmac_known_answers)
{
    struct bytes key = bytes_of_str("Jefe");
    struct bytes parts[] = {bytes_of_str("what do ya want "), bytes_of_str("for nothing?")};
    uint8_t mac[SHA256_LEN];
    char out[HEX_LEN];

    digest_hmac_sha1(key, parts, ARRAY_LEN(parts), mac);
    CHECK_STR(hex(mac, SHA1_LEN, out), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    digest_hmac_sha256(key, parts, ARRAY_LEN(parts), mac);
    CHECK_STR(hex(mac, SHA256_LEN, out), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 2202 case 6 and RFC 4231 case 6: a key longer than a block is hashed first. */
TEST(hmac_with_a_long_key)
{
    uint8_t key[131];
    struct bytes part = bytes_of_str("Test Using Larger Than Block-Size Key - Hash Key First");
    uint8_t mac[SHA256_LEN];
    char out[HEX_LEN];

    memset(key, 0xaa, sizeof(key));
    digest_hmac_sha1(bytes_of(key, 80), &part, 1, mac);
    CHECK_STR(hex(mac, SHA1_LEN, out), "aa4ae5e15272d00e95705637ce8a3b55ed402112");
    digest_hmac_sha256(bytes_of(key, sizeof(key)), &part, 1, mac);
    CHECK_STR(hex(mac, SHA256_LEN, out), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

CHECK_MAIN()
