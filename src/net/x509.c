/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parser goes through a certificate in the order of RFC 5280 4.1 and remembers where things are. Unknown extensions
 * are skipped here, critical or not: wolfSSL refuses the unknown critical ones when it checks the signature.
 */
#include "x509.h"

#include "der.h"
#include "log.h"

#define OID(name, ...) static const uint8_t name[] = {__VA_ARGS__}

OID(oid_common_name, 0x55, 0x04, 0x03);
OID(oid_key_usage, 0x55, 0x1d, 0x0f);
OID(oid_alt_names, 0x55, 0x1d, 0x11);
OID(oid_basic_constraints, 0x55, 0x1d, 0x13);
OID(oid_name_constraints, 0x55, 0x1d, 0x1e);
OID(oid_purposes, 0x55, 0x1d, 0x25);
OID(oid_any_purpose, 0x55, 0x1d, 0x25, 0x00);
OID(oid_server_auth, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01);
OID(oid_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
/* RFC 4055 2.1, 3: RSASSA-PSS is both a key and a signature. */
OID(oid_rsa_pss, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a);
OID(oid_sha256, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01);
OID(oid_sha384, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02);
OID(oid_sha512, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03);
/* RFC 3279 2.2.1, 2.2.3 */
OID(oid_md2_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x02);
OID(oid_md5_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04);
OID(oid_sha1_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05);
OID(oid_sha1_rsa_oiw, 0x2b, 0x0e, 0x03, 0x02, 0x1d);
OID(oid_sha1_ecdsa, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01);

#define IS(oid, known) bytes_equal((oid), bytes_of((known), sizeof(known)))

/* RFC 4055 3.1: [0] hashAlgorithm DEFAULT sha1. What is no SHA-2 counts as the default. */
static enum x509_hash pss_hash_of(struct bytes parameters)
{
    struct reader r = reader_of(parameters), algorithm;
    struct bytes field = {0}, oid;

    (void)der_optional(&r, DER_CONTEXT_CONSTRUCTED(0), &field);
    r = reader_of(field);
    algorithm = reader_of(der_expect(&r, DER_SEQUENCE));
    oid = der_expect(&algorithm, DER_OID);
    return IS(oid, oid_sha256) || IS(oid, oid_sha384) || IS(oid, oid_sha512) ? X509_HASH_OTHER
                                                                             : X509_HASH_SHA1;
}

static enum x509_hash hash_of(struct bytes algorithm)
{
    struct reader r = reader_of(algorithm);
    struct bytes oid = der_expect(&r, DER_OID);

    if (IS(oid, oid_rsa_pss))
        return pss_hash_of(der_expect(&r, DER_SEQUENCE));
    if (IS(oid, oid_md5_rsa) || IS(oid, oid_md2_rsa))
        return X509_HASH_MD5;
    if (IS(oid, oid_sha1_rsa) || IS(oid, oid_sha1_rsa_oiw) || IS(oid, oid_sha1_ecdsa))
        return X509_HASH_SHA1;
    return X509_HASH_OTHER;
}

/* RSAPublicKey (RFC 3279 2.3.1): the bits of the modulus. */
static uint32_t modulus_bits(struct bytes key)
{
    struct reader bits = reader_of(key), rsa, fields;
    struct bytes n;
    uint32_t count;

    if (reader_u8(&bits) != 0) /* unused bits of the BIT STRING */
        return 0;
    rsa = reader_of(reader_rest(&bits));
    fields = reader_of(der_expect(&rsa, DER_SEQUENCE));
    n = der_expect(&fields, DER_INTEGER);
    (void)der_expect(&fields, DER_INTEGER); /* publicExponent */
    if (!reader_done(&fields) || !reader_done(&rsa))
        return 0;
    while (n.len > 0 && n.data[0] == 0)
        n = bytes_of(n.data + 1, n.len - 1);
    if (n.len == 0 || n.len > 8192)
        return 0;
    count = (uint32_t)n.len * 8;
    for (uint8_t top = n.data[0]; (top & 0x80) == 0; top = (uint8_t)(top << 1))
        count--;
    return count;
}

/* Nothing may follow where wolfSSL 5.5.4 stops reading: it would take it for the certificate's extensions. */
static bool parse_key(struct bytes spki, struct x509 *cert)
{
    struct reader r = reader_of(spki), algorithm;
    struct bytes oid, key;
    bool rsa;

    algorithm = reader_of(der_expect(&r, DER_SEQUENCE));
    oid = der_expect(&algorithm, DER_OID);
    rsa = IS(oid, oid_rsa) || IS(oid, oid_rsa_pss);
    if (algorithm.left > 0)
        (void)der_next(&algorithm); /* parameters */
    key = der_expect(&r, DER_BIT_STRING);
    if (!reader_done(&r) || !reader_done(&algorithm))
        return false;
    if (rsa)
        cert->rsa_bits = modulus_bits(key);
    return !rsa || cert->rsa_bits > 0;
}

/* 4.2.1.9: SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
static bool parse_basic_constraints(struct reader *r, struct x509 *cert)
{
    struct reader in = reader_of(der_expect(r, DER_SEQUENCE));
    struct bytes ca = {0};

    if (der_optional(&in, DER_BOOLEAN, &ca))
        cert->is_ca = ca.len == 1 && ca.data[0] != 0;
    if (in.left > 0) {
        cert->has_path_len = true;
        cert->path_len = der_uint(&in);
    }
    return reader_done(&in) && reader_done(r);
}

/* 4.2.1.3: bit 5 is keyCertSign. */
static bool parse_key_usage(struct reader *r, struct x509 *cert)
{
    struct bytes bits = der_expect(r, DER_BIT_STRING);

    cert->has_usage = true;
    cert->may_sign_certs = bits.len >= 2 && (bits.data[1] & 0x04) != 0;
    return reader_done(r);
}

static bool parse_purposes(struct reader *r, struct x509 *cert)
{
    struct reader in = reader_of(der_expect(r, DER_SEQUENCE));

    cert->has_purposes = true;
    while (reader_ok(&in) && in.left > 0) {
        struct bytes oid = der_expect(&in, DER_OID);

        if (IS(oid, oid_server_auth) || IS(oid, oid_any_purpose))
            cert->for_servers = true;
    }
    return reader_ok(&in) && reader_done(r);
}

/* Nothing behind a value either: wolfSSL 5.5.4 reads on to the end of the OCTET STRING. */
static bool parse_extension(struct bytes extension, struct x509 *cert)
{
    struct reader r = reader_of(extension), value;
    struct bytes oid = der_expect(&r, DER_OID), critical;

    (void)der_optional(&r, DER_BOOLEAN, &critical);
    value = reader_of(der_expect(&r, DER_OCTET_STRING));
    if (!reader_done(&r))
        return false;
    if (IS(oid, oid_basic_constraints))
        return parse_basic_constraints(&value, cert);
    if (IS(oid, oid_key_usage))
        return parse_key_usage(&value, cert);
    if (IS(oid, oid_purposes))
        return parse_purposes(&value, cert);
    if (IS(oid, oid_alt_names)) {
        cert->has_alt_names = true;
        cert->alt_names = der_expect(&value, DER_SEQUENCE);
        return reader_done(&value);
    }
    if (IS(oid, oid_name_constraints)) {
        cert->name_constraints = der_expect(&value, DER_SEQUENCE);
        return reader_done(&value);
    }
    return true;
}

static bool parse_extensions(struct reader *tbs, struct x509 *cert)
{
    struct bytes field;
    struct reader r, list;

    (void)der_optional(tbs, DER_CONTEXT(1), &field); /* issuerUniqueID */
    (void)der_optional(tbs, DER_CONTEXT(2), &field); /* subjectUniqueID */
    if (!der_optional(tbs, DER_CONTEXT_CONSTRUCTED(3), &field))
        return reader_done(tbs);
    r = reader_of(field);
    list = reader_of(der_expect(&r, DER_SEQUENCE));
    while (reader_ok(&list) && list.left > 0) {
        if (!parse_extension(der_expect(&list, DER_SEQUENCE), cert))
            return false;
    }
    return reader_ok(&list) && reader_done(&r) && reader_done(tbs);
}

static bool parse_validity(struct reader *tbs, struct x509 *cert)
{
    struct reader validity = reader_of(der_expect(tbs, DER_SEQUENCE));

    return der_time(&validity, &cert->not_before) && der_time(&validity, &cert->not_after) &&
           reader_done(&validity);
}

/* Version DEFAULT v1, as an INTEGER that counts from 0. */
static void parse_version(struct reader *tbs, struct x509 *cert)
{
    struct bytes field;
    struct reader in;

    cert->version = 1;
    if (!der_optional(tbs, DER_CONTEXT_CONSTRUCTED(0), &field))
        return;
    in = reader_of(field);
    cert->version += der_uint(&in);
    if (!reader_done(&in))
        tbs->bad = true;
}

/* An element that is kept whole, tag and all. */
static struct bytes keep(struct reader *r)
{
    struct der der = der_next(r);

    if (der.tag != DER_SEQUENCE)
        r->bad = true;
    return der.whole;
}

/* 4.1.2: TBSCertificate */
static bool parse_tbs(struct reader *tbs, struct x509 *cert)
{
    struct reader key;

    parse_version(tbs, cert);
    (void)der_expect(tbs, DER_INTEGER); /* serialNumber */
    cert->hash = hash_of(der_expect(tbs, DER_SEQUENCE));
    cert->issuer = keep(tbs);
    if (!parse_validity(tbs, cert))
        return false;
    cert->subject = keep(tbs);
    cert->spki = keep(tbs);
    key = reader_of(cert->spki);
    return reader_ok(tbs) && parse_key(der_expect(&key, DER_SEQUENCE), cert) && parse_extensions(tbs, cert);
}

bool x509_parse(struct bytes der, struct x509 *ret)
{
    struct reader outer = reader_of(der);
    struct reader r = reader_of(der_expect(&outer, DER_SEQUENCE));
    struct reader tbs = reader_of(der_expect(&r, DER_SEQUENCE));
    struct bytes algorithm = der_expect(&r, DER_SEQUENCE);
    struct x509 cert = {.whole = der};

    (void)der_expect(&r, DER_BIT_STRING);
    if (!reader_done(&r) || !reader_done(&outer) || !parse_tbs(&tbs, &cert))
        return false;
    if (cert.hash == X509_HASH_OTHER)
        cert.hash = hash_of(algorithm); /* not signed, but where wolfSSL has RSASSA-PSS's hash from */
    *ret = cert;
    return true;
}

bool x509_self_issued(const struct x509 *cert)
{
    return bytes_equal(cert->issuer, cert->subject);
}

/* Name ::= SEQUENCE OF SET OF SEQUENCE { type OID, value }: the last value of the type, or of any when oid is NULL. */
static struct bytes find_attribute(struct bytes name, const struct bytes *oid)
{
    struct reader outer = reader_of(name), list = reader_of(der_expect(&outer, DER_SEQUENCE));
    struct bytes found = {0};

    while (reader_ok(&list) && list.left > 0) {
        struct reader set = reader_of(der_expect(&list, DER_SET));

        while (reader_ok(&set) && set.left > 0) {
            struct reader pair = reader_of(der_expect(&set, DER_SEQUENCE));
            struct bytes type = der_expect(&pair, DER_OID);
            struct der value = der_next(&pair);
            bool text = value.tag == DER_UTF8_STRING || value.tag == DER_PRINTABLE_STRING ||
                        value.tag == DER_T61_STRING || value.tag == DER_IA5_STRING;

            if (text && (!oid || bytes_equal(type, *oid)))
                found = value.value;
        }
    }
    return found;
}

struct bytes x509_common_name(struct bytes name)
{
    struct bytes oid = bytes_of(oid_common_name, sizeof(oid_common_name));

    return find_attribute(name, &oid);
}

void x509_name_text(struct bytes name, char ret_text[static X509_NAME_TEXT_LEN])
{
    struct bytes text = x509_common_name(name);

    if (text.len == 0)
        text = find_attribute(name, NULL);
    if (text.len == 0)
        text = bytes_of_str("(no name)");
    log_safe(ret_text, X509_NAME_TEXT_LEN, text);
}

bool x509_may_issue(const struct x509 *cert)
{
    if (cert->version < 3)
        return x509_self_issued(cert);
    return cert->is_ca && (!cert->has_usage || cert->may_sign_certs);
}
