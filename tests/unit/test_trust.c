/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls_peer.h"
#include "trust.h"

static int add_one(const char *name)
{
    struct trust trust;
    int n;

    trust_init(&trust);
    n = trust_add_file(&trust, tls_peer_path(name));
    CHECK_EQ(trust.n_cert, n > 0 ? n : 0);
    trust_done(&trust);
    return n;
}

static void write_file(const char *path, const char *head, const char *from, const char *tail)
{
    FILE *out = fopen(path, "wb"), *in = fopen(tls_peer_path(from), "rb");
    int c;

    if (!CHECK(out != NULL && in != NULL))
        return;
    fputs(head, out);
    while ((c = getc(in)) != EOF) {
        if (c == '\n')
            putc('\r', out);
        putc(c, out);
    }
    fputs(tail, out);
    fclose(in);
    fclose(out);
}

TEST(files)
{
    CHECK(tls_peer_certs() != NULL);
    CHECK_EQ(add_one("root.pem"), 1);
    CHECK_EQ(add_one("root.der"), 1);
    CHECK_EQ(add_one("full-chain.pem"), 2);
    CHECK_EQ(add_one("root.key"), 0);
    CHECK_EQ(add_one("missing"), -ENOENT);
    CHECK_EQ(add_one("dir"), -EISDIR);
}

TEST(odd_files)
{
    const char *path = tls_peer_path("odd.pem");

    write_file(path,
               "# a comment\r\n-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n"
               "-----BEGIN CERTIFICATE-----\r\n!\r\n-----END CERTIFICATE-----\r\n",
               "root.pem", "-----BEGIN CERTIFICATE-----\r\nMIIB");
    CHECK_EQ(add_one("odd.pem"), 1);
    write_file(path, "-----END CERTIFICATE-----", "root.key", "-----BEGIN CERTIFICATE-----");
    CHECK_EQ(add_one("odd.pem"), 0);
    CHECK_EQ(truncate(path, 0), 0);
    CHECK_EQ(add_one("odd.pem"), 0);
    CHECK_EQ(truncate(path, (off_t)TRUST_FILE_MAX + 1), 0);
    CHECK_EQ(add_one("odd.pem"), -EFBIG);
}

TEST(known_ones_are_not_added_twice)
{
    struct trust trust;

    trust_init(&trust);
    CHECK_EQ(trust_add_file(&trust, tls_peer_path("root.pem")), 1);
    CHECK_EQ(trust_add_file(&trust, tls_peer_path("root.der")), 0);
    CHECK_EQ(trust_add_file(&trust, tls_peer_path("full-chain.pem")), 1);
    CHECK_EQ(trust.n_cert, 2);
    trust_done(&trust);
    CHECK_EQ(trust.n_cert, 0);
}

TEST(directory)
{
    struct trust trust;

    trust_init(&trust);
    CHECK_EQ(trust_add_dir(&trust, tls_peer_path("dir")), 1);
    CHECK_EQ(trust_add_dir(&trust, tls_peer_path("missing")), -ENOENT);
    trust_done(&trust);
}

static bool system_has(size_t n_cert)
{
    struct trust trust;
    bool found;

    trust_init(&trust);
    found = trust_add_system(&trust);
    CHECK_EQ(trust.n_cert, n_cert);
    trust_done(&trust);
    return found;
}

TEST(environment)
{
    char list[300];

    (void)snprintf(list, sizeof(list), ":%s::%s", tls_peer_path("missing"), tls_peer_path("dir"));
    unsetenv("SSL_CERT_DIR");
    setenv("SSL_CERT_FILE", tls_peer_path("other.pem"), 1);
    CHECK(system_has(1));
    setenv("SSL_CERT_DIR", list, 1);
    CHECK(system_has(2));
    setenv("SSL_CERT_FILE", tls_peer_path("missing"), 1);
    CHECK(system_has(1));
    setenv("SSL_CERT_DIR", tls_peer_path("missing"), 1);
    CHECK(!system_has(0));
    unsetenv("SSL_CERT_FILE");
    CHECK(!system_has(0));
    unsetenv("SSL_CERT_DIR");
}

TEST(many_certificates)
{
    struct trust trust;
    int n = -1;

    trust_init(&trust);
    n = trust_add_dir(&trust,
                      tls_peer_certs()); /* all that were made: more than the first allocation holds */
    CHECK(n > 30);
    CHECK_EQ(trust.n_cert, n);
    trust_done(&trust);
}

CHECK_MAIN()
