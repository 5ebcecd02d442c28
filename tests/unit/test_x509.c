/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates by hand, with what no honest tool would make; openssl's are in test_tls_judge.c. */
#include "check.h"

#include "der.h"
#include "x509.h"

struct element {
    uint8_t buf[600];
    size_t len;
};

static void add(struct element *e, struct bytes more)
{
    if (more.len > 0)
        memcpy(e->buf + e->len, more.data, more.len);
    e->len += more.len;
}

/* One element with what is given inside. */
static struct element wrap(uint8_t tag, struct bytes inside)
{
    struct element e = {.buf = {tag}};

    if (inside.len < 0x80) {
        e.buf[1] = (uint8_t)inside.len;
        e.len = 2;
    } else {
        e.buf[1] = 0x82;
        e.buf[2] = (uint8_t)(inside.len >> 8);
        e.buf[3] = (uint8_t)inside.len;
        e.len = inside.len < 0x100 ? 3 : 4;
        if (e.len == 3) {
            e.buf[1] = 0x81;
            e.buf[2] = (uint8_t)inside.len;
        }
    }
    add(&e, inside);
    return e;
}

static void add_wrapped(struct element *e, uint8_t tag, struct bytes inside)
{
    struct element wrapped = wrap(tag, inside);

    add(e, bytes_of(wrapped.buf, wrapped.len));
}

#define LIT(text) bytes_of(text, sizeof(text) - 1)

/* AlgorithmIdentifier, without its SEQUENCE */
#define SHA256_RSA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
#define SHA1_RSA   "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"
#define PSS        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
#define PSS_SHA256 PSS "\x30\x0f\xa0\x0d\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define PSS_SHA1   PSS "\x30\x0b\xa0\x09\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a"
#define RSA        "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"
#define P256       "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
/* a BIT STRING with RSAPublicKey { 0x00c5..., 3 }, 16 bits of modulus */
#define RSA_KEY "\x00\x30\x08\x02\x03\x00\xc5\x01\x02\x01\x03"
/* trailing bytes that wolfSSL would take for [3] EXPLICIT Extensions */
#define TRAILER "\xa3\x02\x30\x00"

/* What is in the Extensions sequence of the certificates to come, if anything. */
static struct bytes extensions;

static void add_extensions(struct element *tbs)
{
    struct element list = wrap(DER_SEQUENCE, extensions);

    if (extensions.len > 0)
        add_wrapped(tbs, DER_CONTEXT_CONSTRUCTED(3), bytes_of(list.buf, list.len));
}

static bool parse(struct bytes inner, struct bytes outer, struct bytes key_algorithm, struct bytes key,
                  struct x509 *ret)
{
    static struct element whole; /* the result points into it */
    struct element tbs = {.len = 0}, cert = {.len = 0}, spki = {.len = 0};

    add(&tbs, LIT("\xa0\x03\x02\x01\x02\x02\x01\x01")); /* version 3, serial number 1 */
    add_wrapped(&tbs, DER_SEQUENCE, inner);
    add(&tbs, LIT("\x30\x00"));
    add(&tbs, LIT("\x30\x1e\x17\x0d"
                  "200101000000Z\x17\x0d"
                  "400101000000Z"));
    add(&tbs, LIT("\x30\x00"));
    add_wrapped(&spki, DER_SEQUENCE, key_algorithm);
    add_wrapped(&spki, DER_BIT_STRING, key);
    add_wrapped(&tbs, DER_SEQUENCE, bytes_of(spki.buf, spki.len));
    add_extensions(&tbs);
    add_wrapped(&cert, DER_SEQUENCE, bytes_of(tbs.buf, tbs.len));
    add_wrapped(&cert, DER_SEQUENCE, outer);
    add(&cert, LIT("\x03\x02\x00\x01"));
    whole = wrap(DER_SEQUENCE, bytes_of(cert.buf, cert.len));
    return x509_parse(bytes_of(whole.buf, whole.len), ret);
}

static bool hash_is(struct bytes inner, struct bytes outer, enum x509_hash hash)
{
    struct x509 cert;

    return parse(inner, outer, LIT(RSA), LIT(RSA_KEY), &cert) && cert.hash == hash;
}

TEST(hash_of_the_signature)
{
    CHECK(hash_is(LIT(SHA256_RSA), LIT(SHA256_RSA), X509_HASH_OTHER));
    CHECK(hash_is(LIT(SHA1_RSA), LIT(SHA1_RSA), X509_HASH_SHA1));
    CHECK(hash_is(LIT(PSS_SHA256), LIT(PSS_SHA256), X509_HASH_OTHER));
    CHECK(hash_is(LIT(PSS_SHA1), LIT(PSS_SHA1), X509_HASH_SHA1));
    CHECK(hash_is(LIT(PSS "\x30\x00"), LIT(PSS "\x30\x00"), X509_HASH_SHA1)); /* the default */
    CHECK(hash_is(LIT(PSS), LIT(PSS), X509_HASH_SHA1));
}

TEST(the_weaker_of_both_hashes)
{
    CHECK(hash_is(LIT(PSS_SHA256), LIT(PSS_SHA1), X509_HASH_SHA1));
    CHECK(hash_is(LIT(PSS_SHA1), LIT(PSS_SHA256), X509_HASH_SHA1));
    CHECK(hash_is(LIT(SHA256_RSA), LIT(SHA1_RSA), X509_HASH_SHA1));
}

TEST(rsa_bits)
{
    struct x509 cert;

    CHECK(parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(RSA), LIT(RSA_KEY), &cert));
    CHECK_EQ(cert.rsa_bits, 16);
    CHECK(parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(PSS), LIT(RSA_KEY), &cert));
    CHECK_EQ(cert.rsa_bits, 16);
    CHECK(parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(P256), LIT("\x00\x04\x05"), &cert));
    CHECK_EQ(cert.rsa_bits, 0);
}

TEST(nothing_hides_in_the_key)
{
    struct x509 cert;

    CHECK(!parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(RSA), LIT(RSA_KEY TRAILER), &cert));
    CHECK(!parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(RSA),
                 LIT("\x00\x30\x0c\x02\x03\x00\xc5\x01\x02\x01\x03" TRAILER), &cert));
    CHECK(!parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(P256 "\x03\x03\x00\x04\x05" TRAILER),
                 LIT("\x00\x04\x05"), &cert));
}

static bool extension_is_read(uint8_t last_of_oid, struct bytes value, struct x509 *ret)
{
    struct element one = {.len = 0}, list = {.len = 0};
    uint8_t oid[] = {0x06, 0x03, 0x55, 0x1d, last_of_oid};
    bool done;

    add(&one, bytes_of(oid, sizeof(oid)));
    add_wrapped(&one, DER_OCTET_STRING, value);
    add_wrapped(&list, DER_SEQUENCE, bytes_of(one.buf, one.len));
    extensions = bytes_of(list.buf, list.len);
    done = parse(LIT(SHA256_RSA), LIT(SHA256_RSA), LIT(RSA), LIT(RSA_KEY), ret);
    extensions.len = 0;
    return done;
}

TEST(nothing_behind_an_extension)
{
    struct x509 cert;

    CHECK(extension_is_read(0x13, LIT("\x30\x06\x01\x01\xff\x02\x01\x02"), &cert));
    CHECK(cert.is_ca && cert.has_path_len && cert.path_len == 2);
    CHECK(!extension_is_read(0x13, LIT("\x30\x03\x01\x01\xff\x02\x01\x02"), &cert));
    CHECK(extension_is_read(0x0f, LIT("\x03\x02\x02\x04"), &cert));
    CHECK(cert.has_usage && cert.may_sign_certs);
    CHECK(!extension_is_read(0x0f, LIT("\x03\x02\x02\x04\x00"), &cert));
    CHECK(extension_is_read(0x25, LIT("\x30\x06\x06\x04\x55\x1d\x25\x00"), &cert));
    CHECK(cert.has_purposes && cert.for_servers);
    CHECK(!extension_is_read(0x25, LIT("\x30\x00\x06\x04\x55\x1d\x25\x00"), &cert));
    CHECK(!extension_is_read(0x11, LIT("\x30\x00\x30\x00"), &cert));
    CHECK(!extension_is_read(0x1e, LIT("\x30\x00\x30\x00"), &cert));
}

CHECK_MAIN()
