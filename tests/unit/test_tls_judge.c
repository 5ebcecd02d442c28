/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which server is accepted, and what the user is told about the others: each with a real handshake. */
#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base64.h"
#include "tls_peer.h"

#define HOST "vpn.example.com"

struct row {
    const char *cert;  /* NAME.pem and NAME.key in the server */
    const char *chain; /* what it sends besides, NULL: nothing */
    const char *store; /* the client's --cafile */
    const char *host;
    enum end_reason reason; /* END_NONE: accepted */
    const char *detail;     /* must be in it */
};

static bool connect_row(const struct row *row, struct tls_config *config, struct tls_client *client)
{
    struct tls_peer peer;
    char line[256];
    bool done;

    (void)snprintf(line, sizeof(line), "-quiet -cert %s.pem -key %s.key -cipher ALL:@SECLEVEL=0 %s %s",
                   row->cert, row->cert, row->chain ? "-cert_chain" : "", row->chain ? row->chain : "");
    CHECK(tls_peer_start(&peer, line));
    done = tls_client_connect(client, &peer, config);
    tls_peer_stop(&peer);
    return done;
}

static void check_row(const struct row *row)
{
    struct tls_config config = {
        .host = row->host, .ca_file = tls_peer_path(row->store), .no_system_trust = true};
    struct tls_client client;
    bool done = connect_row(row, &config, &client);
    bool right = CHECK_EQ(done, row->reason == END_NONE) &&
                 CHECK_STR(end_reason_name(client.end.reason), end_reason_name(row->reason)) &&
                 CHECK(row->detail == NULL || strstr(client.end.detail, row->detail) != NULL);

    if (row->reason == END_TLS_TRUST || row->reason == END_TLS_NAME || row->reason == END_TLS_DATE ||
        row->reason == END_TLS_USAGE)
        right &= CHECK(strstr(client.end.hint, "--servercert pin-sha256:") != NULL);
    if (!right)
        fprintf(stderr, "    server %s, store %s, host %s: %s: \"%s\"\n", row->cert, row->store, row->host,
                end_reason_name(client.end.reason), client.end.detail);
    tls_client_close(&client);
}

#define CHECK_ROWS(rows)                             \
    do {                                             \
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) \
            check_row(&(rows)[i]);                   \
    } while (0)

TEST(accepted)
{
    static const struct row row[] = {
        {"good", NULL, "root.pem", HOST, END_NONE, NULL},
        {"good", NULL, "root.der", HOST, END_NONE, NULL},
        {"good", "root.pem", "root.pem", HOST, END_NONE, NULL},
        {"good", "other.pem", "root.pem", HOST, END_NONE,
         NULL}, /* something that has nothing to do with it */
        {"below", "inter.pem", "root.pem", HOST, END_NONE, NULL},
        {"below", "full-chain.pem", "root.pem", HOST, END_NONE, NULL},
        {"below", "cross-chain.pem", "full-chain.pem", HOST, END_NONE,
         NULL},                                             /* the store has the intermediate */
        {"below", NULL, "inter.pem", HOST, END_NONE, NULL}, /* and nothing above it */
        {"good", NULL, "good.pem", HOST, END_NONE, NULL},   /* the certificate itself is trusted */
        {"self", NULL, "self.pem", HOST, END_NONE, NULL},
        {"nopurpose", NULL, "root.pem", HOST, END_NONE, NULL},
        {"rsa", NULL, "root.pem", HOST, END_NONE, NULL},
        {"psssha256", "rsaca.pem", "root.pem", HOST, END_NONE, NULL},
    };

    CHECK_ROWS(row);
}

TEST(there_is_more_than_one_way)
{
    static const struct row row[] = {
        {"crossleaf", "cross-chain.pem", "newroot.pem", HOST, END_NONE, NULL},
        {"crossleaf", "cross-chain.pem", "cross-store.pem", HOST, END_NONE, NULL}, /* expired root first */
        {"crossleaf", "cross-chain.pem", "oldroot.pem", HOST, END_TLS_DATE,
         "the CA \"Old Root\" expired on 2021-01-01"},
        {"good", NULL, "renewed-store.pem", HOST, END_NONE, NULL},
        {"good", NULL, "twins-store.pem", HOST, END_NONE, NULL},
        {"evilleaf", NULL, "twins-store.pem", HOST, END_NONE, NULL},
    };

    CHECK_ROWS(row);
}

TEST(names)
{
    static const struct row row[] = {
        {"good", NULL, "root.pem", "VPN.example.COM.", END_NONE, NULL},
        {"good", NULL, "root.pem", "a.wild.example.com", END_NONE, NULL},
        {"good", NULL, "root.pem", "127.0.0.1", END_NONE, NULL},
        {"good", NULL, "root.pem", "2001:db8::1", END_NONE, NULL},
        {"cnonly", NULL, "root.pem", HOST, END_NONE, NULL},
        {"cnip", NULL, "root.pem", "127.0.0.1", END_NONE, NULL},
        {"good", NULL, "root.pem", "127.0.0.2", END_TLS_NAME,
         "it is for vpn.example.com, *.wild.example.com, 127.0.0.1, 2001:db8::1 and not for 127.0.0.2"},
        {"good", NULL, "root.pem", "wild.example.com", END_TLS_NAME, "and not for wild.example.com"},
        {"good", NULL, "root.pem", "a.b.wild.example.com", END_TLS_NAME, "and not for a.b.wild.example.com"},
        {"othersan", NULL, "root.pem", HOST, END_TLS_NAME,
         "it is for mail.example.net, 192.0.2.9 and not for vpn.example.com"}, /* its CN does not count */
        {"cnonly", NULL, "root.pem", "other.example.com", END_TLS_NAME,
         "it is for vpn.example.com and not for"},
    };

    CHECK_ROWS(row);
}

TEST(dates_and_purposes)
{
    static const struct row row[] = {
        {"expired", NULL, "root.pem", HOST, END_TLS_DATE,
         "the certificate expired on 2021-01-01 00:00 UTC (the clock here says 20"},
        {"future", NULL, "root.pem", HOST, END_TLS_DATE, "the certificate is not valid before 20"},
        {"client", NULL, "root.pem", HOST, END_TLS_USAGE,
         "its extended key usage does not include server authentication"},
        {"selfold", NULL, "root.pem", HOST, END_TLS_TRUST,
         "\"old.example.com\" has signed its own certificate; the certificate expired on 2021-01-01 00:00 UTC"},
        {"selfold", NULL, "root.pem", HOST, END_TLS_TRUST,
         "it is for old.example.com and not for vpn.example.com"},
    };

    CHECK_ROWS(row);
}

TEST(not_trusted)
{
    static const struct row row[] = {
        {"good", NULL, "other.pem", HOST, END_TLS_TRUST,
         "the server sent only its own certificate \"vpn.example.com\"; its issuer \"Test Root\" is not known here"},
        {"below", NULL, "root.pem", HOST, END_TLS_TRUST,
         "the server sent only its own certificate \"vpn.example.com\"; its issuer \"Test Intermediate\" is not known here"},
        {"below", "other.pem", "root.pem", HOST, END_TLS_TRUST,
         "the issuer \"Test Intermediate\" of \"vpn.example.com\" was not sent and is not known here"},
        {"below", "inter.pem", "other.pem", HOST, END_TLS_TRUST,
         "the chain of \"vpn.example.com\" ends at \"Test Intermediate\", whose issuer \"Test Root\" is not known here"},
        {"below", "full-chain.pem", "other.pem", HOST, END_TLS_TRUST,
         "the chain of \"vpn.example.com\" ends at \"Test Root\", which signed itself and is not trusted here"},
        {"self", NULL, "root.pem", HOST, END_TLS_TRUST, "\"vpn.example.com\" has signed its own certificate"},
        {"notca", "good.pem", "root.pem", HOST, END_TLS_TRUST,
         "\"vpn.example.com\" is no CA and has signed a certificate"},
        {"notca", NULL, "good.pem", HOST, END_TLS_TRUST,
         "\"vpn.example.com\" is no CA and has signed a certificate"},
        {"belowold", "interold.pem", "root.pem", HOST, END_TLS_DATE,
         "the CA \"Old Intermediate\" expired on 2021-01-01"},
        {"sha1", NULL, "root.pem", HOST, END_TLS_TRUST, "\"vpn.example.com\" is signed with MD5 or SHA-1"},
        {"short", NULL, "root.pem", HOST, END_TLS_TRUST, "its RSA key has only 1024 bits"},
        {"evilleaf", NULL, "root.pem", HOST, END_TLS_TRUST,
         "\"vpn.example.com\" was not accepted as signed by its issuer: "},
        {"evilleaf", "evil.pem", "root.pem", HOST, END_TLS_TRUST,
         "which signed itself and is not trusted here"},
        {"outside", "names-chain.pem", "root.pem", HOST, END_TLS_TRUST,
         "\"Names CA\" is a CA that may not vouch for this name"},
        {"outside", "names-chain.pem", "root.pem", "127.0.0.1", END_TLS_TRUST,
         "\"Names CA\" is a CA that may not vouch"},
        {"toolong", "long-chain.pem", "root.pem", HOST, END_TLS_TRUST,
         "\"Length CA\" is a CA that allows fewer CAs below it"},
        {"belowmail", "mailca.pem", "root.pem", HOST, END_TLS_TRUST,
         "\"Mail CA\" is a CA for other purposes than server authentication"},
        {"psssha1", "rsaca.pem", "root.pem", HOST, END_TLS_TRUST,
         "\"vpn.example.com\" is signed with MD5 or SHA-1"},
        {"psskey", NULL, "root.pem", HOST, END_TLS_TRUST, "its RSA key has only 1024 bits"},
        {"critical", NULL, "root.pem", HOST, END_TLS_TRUST, "was not accepted as signed by its issuer: "},
    };

    CHECK_ROWS(row);
}

static void read_pin(const char *name, uint8_t ret_sha256[static 32])
{
    FILE *f = fopen(tls_peer_path(name), "rb");

    CHECK(f != NULL && fread(ret_sha256, 1, 32, f) == 32);
    if (f)
        fclose(f);
}

static struct tls_config pinned(enum tls_pin_kind kind, const char *file)
{
    struct tls_config config = {.host = "whatever.example.org", .no_system_trust = true, .n_pin = 2};

    memset(config.pin[0].sha256, 0xaa, 32);
    config.pin[1].kind = kind;
    read_pin(file, config.pin[1].sha256);
    return config;
}

TEST(pins)
{
    static const struct {
        const char *server;
        enum tls_pin_kind kind;
        const char *file;
        bool match;
    } pin[] = {
        {"good", TLS_PIN_KEY, "good.key-sha256", true},  {"self", TLS_PIN_KEY, "self.key-sha256", true},
        {"good", TLS_PIN_CERT, "good.sha256", true},     {"self", TLS_PIN_CERT, "self.sha256", true},
        {"good", TLS_PIN_KEY, "self.key-sha256", false}, {"good", TLS_PIN_CERT, "self.sha256", false},
        {"good", TLS_PIN_KEY, "good.sha256", false},     {"good", TLS_PIN_CERT, "good.key-sha256", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(pin); i++) {
        struct row row = {.cert = pin[i].server};
        struct tls_config config = pinned(pin[i].kind, pin[i].file);
        struct tls_client client;

        CHECK_EQ(connect_row(&row, &config, &client), pin[i].match);
        CHECK_EQ(client.end.reason, pin[i].match ? END_NONE : END_TLS_PIN);
        if (!pin[i].match)
            CHECK(strstr(client.end.detail, "the server showed \"vpn.example.com\"") != NULL);
        tls_client_close(&client);
    }
}

TEST(a_pin_replaces_every_other_check_but_the_key)
{
    static const char *const server[] = {"selfold",  "expired", "client", "sha1",
                                         "critical", "notca",   "short"};

    for (size_t i = 0; i < ARRAY_LEN(server); i++) {
        struct row row = {.cert = server[i], .store = "other.pem", .host = HOST, .reason = END_TLS_TRUST};
        struct tls_config config = {
            .host = HOST, .ca_file = tls_peer_path("other.pem"), .no_system_trust = true};
        struct tls_client client;
        uint8_t decoded[36] = {0};
        const char *line;
        size_t len = 0;

        /* what the refusal proposes is what is done next */
        CHECK(!connect_row(&row, &config, &client));
        line = strstr(client.end.hint, "--servercert pin-sha256:");
        CHECK_OR_RETURN(line != NULL);
        line += strlen("--servercert pin-sha256:");
        CHECK_EQ(strlen(line), 44);
        config = (struct tls_config){.host = HOST, .no_system_trust = true, .n_pin = 1};
        CHECK(base64_decode(bytes_of(line, 44), decoded, &len) && len == 32);
        memcpy(config.pin[0].sha256, decoded, 32);
        tls_client_close(&client);
        if (!CHECK(connect_row(&row, &config, &client)))
            fprintf(stderr, "    %s: %s\n", server[i], client.end.detail);
        tls_client_close(&client);
    }
}

TEST(what_is_trusted_here)
{
    struct row row = {.cert = "good"};
    struct tls_config config = {.host = HOST};
    struct tls_client client;

    unsetenv("SSL_CERT_DIR");
    setenv("SSL_CERT_FILE", tls_peer_path("root.pem"), 1);
    CHECK(connect_row(&row, &config, &client));
    tls_client_close(&client);
    /* --cafile adds */
    config.ca_file = tls_peer_path("other.pem");
    CHECK(connect_row(&row, &config, &client));
    tls_client_close(&client);
    /* and stands alone with --no-system-trust */
    config.no_system_trust = true;
    CHECK(!connect_row(&row, &config, &client));
    CHECK_EQ(client.end.reason, END_TLS_TRUST);
    tls_client_close(&client);
    unsetenv("SSL_CERT_FILE");
}

static void check_new(const struct tls_config *config, enum end_reason reason, const char *detail)
{
    struct end end = {0};
    struct tls *tls = tls_new(config, NULL, &end);

    CHECK_EQ(tls == NULL, reason != END_NONE);
    CHECK_STR(end_reason_name(end.reason), end_reason_name(reason));
    if (!strstr(end.detail, detail))
        CHECK_STR(end.detail, detail);
    tls_free(tls);
}

TEST(a_cafile_that_is_none)
{
    struct tls_config config = {.host = HOST, .no_system_trust = true};

    config.ca_file = tls_peer_path("root.pem");
    check_new(&config, END_NONE, "");
    config.ca_file = tls_peer_path("missing.pem");
    check_new(&config, END_USAGE, "missing.pem: No such file or directory");
    config.ca_file = tls_peer_path("root.key");
    check_new(&config, END_USAGE, "root.key: no certificate in it");
}

/* Nobody is trusted then, but the user is told the pin of the server that was met. */
TEST(nothing_to_trust)
{
    struct row row = {.cert = "good"};
    struct tls_config config = {.host = HOST};
    struct tls_client client;

    unsetenv("SSL_CERT_DIR");
    setenv("SSL_CERT_FILE", tls_peer_path("root.key"), 1);
    CHECK(!connect_row(&row, &config, &client));
    CHECK_EQ(client.end.reason, END_TLS_NO_STORE);
    CHECK(strstr(client.end.detail, "$SSL_CERT_FILE") != NULL);
    CHECK(strstr(client.end.hint, "--servercert pin-sha256:") != NULL);
    tls_client_close(&client);
    config.no_system_trust = true;
    CHECK(!connect_row(&row, &config, &client));
    CHECK_EQ(client.end.reason, END_TLS_TRUST);
    CHECK(strstr(client.end.hint, "--servercert pin-sha256:") != NULL);
    tls_client_close(&client);
    unsetenv("SSL_CERT_FILE");
}

CHECK_MAIN()
