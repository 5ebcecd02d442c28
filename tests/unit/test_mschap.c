/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 2759 section 9.2, RFC 3079 section 3.5.3, and what protocol.md 7.5c and 11.1 computed from them. */
#include "mschap.h"

#include "check.h"

static const uint8_t challenge[16] = {0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e,
                                      0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28};
static const uint8_t peer_challenge[16] = {0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a,
                                           0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e};
static const uint8_t challenge_hash[8] = {0xd0, 0x2e, 0x43, 0x86, 0xbc, 0xe9, 0x12, 0x26};
static const uint8_t password_hash[16] = {0x44, 0xeb, 0xba, 0x8d, 0x53, 0x12, 0xb8, 0xd6,
                                          0x11, 0x47, 0x44, 0x11, 0xf5, 0x69, 0x89, 0xae};
static const uint8_t nt_response[24] = {0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e,
                                        0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83, 0x54,
                                        0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf};

TEST(rfc2759_challenge_hash)
{
    uint8_t hash[8];

    mschap_challenge_hash(peer_challenge, challenge, bytes_of_str("User"), hash);
    CHECK_MEM(hash, challenge_hash, 8);
}

TEST(rfc2759_password_hash)
{
    uint8_t hash[16];

    CHECK(mschap_password_hash(bytes_of_str("clientPass"), hash));
    CHECK_MEM(hash, password_hash, 16);
}

TEST(rfc2759_nt_response)
{
    uint8_t response[24];

    mschap_nt_response(challenge_hash, password_hash, response);
    CHECK_MEM(response, nt_response, 24);
}

TEST(rfc2759_authenticator)
{
    static const uint8_t expected[20] = {0x40, 0x7a, 0x55, 0x89, 0x11, 0x5f, 0xd0, 0xd6, 0x20, 0x9f,
                                         0x51, 0x0f, 0xe9, 0xc0, 0x45, 0x66, 0x93, 0x2c, 0xda, 0x56};
    uint8_t authenticator[20];

    mschap_authenticator(password_hash, nt_response, challenge_hash, authenticator);
    CHECK_MEM(authenticator, expected, 20);
}

/* The second half is RFC 3079's SendStartKey128, which is the server's view. */
TEST(rfc3079_keys)
{
    static const uint8_t expected[32] = {0xd5, 0xf0, 0xe9, 0x52, 0x1e, 0x3e, 0xa9, 0x58, 0x96, 0x45, 0xe8,
                                         0x60, 0x51, 0xc8, 0x22, 0x26, 0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99,
                                         0x3a, 0x1b, 0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb};
    uint8_t keys[32];

    mschap_keys(password_hash, nt_response, keys);
    CHECK_MEM(keys, expected, 32);
}

/* pässwörd€: pppd, which only widens bytes, gets this one wrong. */
TEST(password_beyond_ascii)
{
    static const uint8_t expected[16] = {0x7f, 0x20, 0xbf, 0x6e, 0x69, 0xd9, 0x73, 0x71,
                                         0x91, 0x4a, 0x88, 0x07, 0x57, 0x9c, 0xab, 0x5c};
    uint8_t hash[16];

    CHECK(mschap_password_hash(bytes_of_str("p\xc3\xa4ssw\xc3\xb6rd\xe2\x82\xac"), hash));
    CHECK_MEM(hash, expected, 16);
}

/* What is no UTF-8 counts as Latin-1: the same characters, typed in two encodings. */
TEST(password_in_latin1)
{
    uint8_t utf8[16], latin1[16];

    CHECK(mschap_password_hash(bytes_of_str("p\xc3\xa4ss"), utf8));
    CHECK(mschap_password_hash(bytes_of_str("p\xe4ss"), latin1));
    CHECK_MEM(latin1, utf8, 16);
}

/* U+1F511 takes two units, D83D DD11 (the hash is MD4 of 3D D8 11 DD, computed elsewhere). */
TEST(password_with_surrogates)
{
    static const uint8_t expected[16] = {0x5f, 0x7b, 0x3f, 0xf4, 0x74, 0xe4, 0x23, 0x7a,
                                         0xfd, 0x6a, 0x07, 0x8f, 0x3c, 0x4d, 0x86, 0x32};
    uint8_t hash[16];

    CHECK(mschap_password_hash(bytes_of_str("\xf0\x9f\x94\x91"), hash));
    CHECK_MEM(hash, expected, 16);
}

/* Overlong, surrogate, beyond Unicode, cut: each byte by itself. All are four bytes, hence four characters. */
TEST(password_with_broken_utf8)
{
    static const char *const broken[] = {"\xf0\x80\x80\xaf", "\xed\xa0\x80x", "\xf4\x90\x80\x80",
                                         "abc\xe2",          "ab\xe2\x82",    "\xff\xfe\x80\xc0"};
    uint8_t hash[16], first[16] = {0};

    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        CHECK(mschap_password_hash(bytes_of_str(broken[i]), hash));
        CHECK(memcmp(hash, first, 16) != 0);
        memcpy(first, hash, 16);
    }
}

TEST(password_lengths)
{
    static const uint8_t empty[16] = {0x31, 0xd6, 0xcf, 0xe0, 0xd1, 0x6a, 0xe9, 0x31,
                                      0xb7, 0x3c, 0x59, 0xd7, 0xe0, 0xc0, 0x89, 0xc0};
    uint8_t hash[16];
    char text[258];

    CHECK(mschap_password_hash(bytes_of(NULL, 0), hash));
    CHECK_MEM(hash, empty, 16);
    memset(text, 'x', sizeof(text));
    CHECK(mschap_password_hash(bytes_of(text, 256), hash));
    CHECK(!mschap_password_hash(bytes_of(text, 257), hash));
    for (size_t i = 0; i < 4; i++)
        text[254 + i] = "\xf0\x9f\x94\x91"[i]; /* 256 units, in 258 bytes */
    CHECK(mschap_password_hash(bytes_of(text, 258), hash));
}

TEST(domain_is_stripped)
{
    static const struct {
        const char *user, *name;
    } cases[] = {
        {"User", "User"},
        {"DOMAIN\\User", "User"},
        {"a\\b\\User", "User"},
        {"User@hub", "User@hub"},
        {"DOMAIN\\", ""},
        {"\\User", "User"},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK(bytes_equal(mschap_hash_name(bytes_of_str(cases[i].user)), bytes_of_str(cases[i].name)));
}

CHECK_MAIN()
