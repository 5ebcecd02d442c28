/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The session itself, against OpenSSL's server: versions, ends, key updates, big transfers. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "tls_io.h"
#include "tls_peer.h"

static struct tls_config trusting(const char *host)
{
    return (struct tls_config){.host = host, .ca_file = tls_peer_path("root.pem"), .no_system_trust = true};
}

/* A server with the good certificate and a client that trusts it. */
static bool start(struct tls_peer *peer, struct tls_client *client, const char *args)
{
    struct tls_config config = trusting("vpn.example.com");
    char line[256];

    (void)snprintf(line, sizeof(line), "-cert good.pem -key good.key %s", args);
    return CHECK(tls_peer_start(peer, line)) && tls_client_connect(client, peer, &config);
}

static void stop(struct tls_peer *peer, struct tls_client *client)
{
    tls_client_close(client);
    tls_peer_stop(peer);
}

static void check_file(const char *name, const uint8_t *want, size_t len)
{
    uint8_t buf[64] = {0};
    FILE *f = fopen(tls_peer_path(name), "rb");

    if (!CHECK(f != NULL))
        return;
    CHECK_EQ(fread(buf, 1, sizeof(buf), f), len);
    CHECK_MEM(buf, want, len);
    fclose(f);
}

TEST(versions_and_ciphers)
{
    static const struct {
        const char *args;
        const char *want;
    } row[] = {
        {"-tls1_3", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
        {"-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256", "TLSv1.3 TLS_AES_128_GCM_SHA256"},
        {"-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", "TLSv1.3 TLS_CHACHA20_POLY1305_SHA256"},
        {"-tls1_3 -groups P-384", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
        {"-tls1_3 -groups X25519", "TLSv1.3 TLS_AES_256_GCM_SHA384"},
        {"-tls1_2", "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
        {"-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", "TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct tls_peer peer;
        struct tls_client client;
        uint8_t sha1[20], sha256[32];

        if (CHECK(start(&peer, &client, row[i].args))) {
            CHECK_STR(tls_description(client.tls), row[i].want);
            tls_cert_digests(client.tls, sha1, sha256);
            check_file("good.sha1", sha1, 20);
            check_file("good.sha256", sha256, 32);
        } else {
            fprintf(stderr, "%s: %s\n", row[i].args, client.end.detail);
        }
        stop(&peer, &client);
    }
}

TEST(rsa_key_exchange_of_old_servers)
{
    struct tls_config config = trusting("vpn.example.com");
    struct tls_peer peer;
    struct tls_client client;

    CHECK(tls_peer_start(&peer, "-cert rsa.pem -key rsa.key -tls1_2 -cipher AES128-SHA"));
    if (CHECK(tls_client_connect(&client, &peer, &config)))
        CHECK_STR(tls_description(client.tls), "TLSv1.2 TLS_RSA_WITH_AES_128_CBC_SHA");
    stop(&peer, &client);
}

/* RFC 6066 3: no address literals in SNI. This server refuses every name but its own, and takes silence. */
TEST(server_name_is_sent_for_names_only)
{
    static const char args[] = "-cert good.pem -key good.key -servername vpn.example.com -servername_fatal "
                               "-cert2 good.pem -key2 good.key";
    static const struct {
        const char *host;
        enum end_reason reason;
    } row[] = {{"127.0.0.1", END_NONE}, {"vpn.example.com.", END_NONE}, {"a.wild.example.com", END_TLS}};

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct tls_config config = trusting(row[i].host);
        struct tls_peer peer;
        struct tls_client client;

        CHECK(tls_peer_start(&peer, args));
        CHECK_EQ(tls_client_connect(&client, &peer, &config), row[i].reason == END_NONE);
        CHECK_EQ(client.end.reason, row[i].reason);
        stop(&peer, &client);
    }
}

static void check_failure(const struct tls_client *client, enum end_reason reason, const char *detail)
{
    CHECK(client->status == TLS_FAILED || client->status == TLS_CLOSED);
    CHECK_STR(end_reason_name(client->end.reason), end_reason_name(reason));
    if (!strstr(client->end.detail, detail))
        CHECK_STR(client->end.detail, detail);
}

TEST(server_that_refuses)
{
    static const struct {
        const char *args;
        const char *detail;
    } row[] = {
        {"-tls1_1 -cipher ALL:@SECLEVEL=0",
         "alert 70 protocol_version for vpn.example.com: it speaks neither"},
        {"-tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8", "alert 40 handshake_failure"},
        {"-servername other.example -servername_fatal -cert2 good.pem -key2 good.key",
         "alert 112 unrecognized_name for vpn.example.com: it does not know itself by this name"},
        {"-tls1_2 -Verify 1", "a client certificate is wanted"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct tls_peer peer;
        struct tls_client client;

        CHECK(!start(&peer, &client, row[i].args));
        check_failure(&client, END_TLS, row[i].detail);
        stop(&peer, &client);
    }
}

TEST(server_that_wants_a_client_certificate_in_tls_1_3)
{
    struct tls_peer peer;
    struct tls_client client;

    CHECK(start(&peer, &client, "-tls1_3 -Verify 1")); /* it says no behind our Finished */
    (void)tls_client_drain(&client);
    check_failure(&client, END_LOST, "a client certificate is wanted");
    stop(&peer, &client);
}

TEST(port_that_speaks_something_else)
{
    static const struct {
        const char *says;
        bool reset;
        enum end_reason reason;
        const char *detail;
    } row[] = {
        {"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", false, END_TLS,
         "the port does not speak TLS: it says \"HTTP/1.1 400 Bad Request\""},
        {"SSH-2.0-OpenSSH\r\n", false, END_TLS, "does not speak TLS: it says \"SSH-2.0-OpenSSH\""},
        {"\x1b[2J\xff", false, END_TLS, "does not speak TLS: it says \"?[2J?\""},
        {"", false, END_LOST, "the server closed the connection before it answered in TLS"},
        {"", true, END_LOST, "the connection failed before it answered in TLS: Connection reset by peer"},
        {"\x16\x03\x03\x00\x10", false, END_LOST,
         "the server closed the connection during the TLS handshake"},
        {"\x16\x03\x03\x00\x04\x02\x00\x00\x00", false, END_TLS, "wolfSSL"},
        {"\x15\x03\x03\x00\x02\x02\x50", false, END_TLS, "alert 80 internal_error"},
        {"\x15\x03\x03\x00\x02\x02\x46", false, END_TLS, "it speaks neither TLS 1.2 nor 1.3"},
        {"\x15\x03\x03\x00\x02\x02\x63", false, END_TLS, "alert 99 unknown"},
        {"\x15\x03\x03\x00\x02\x01\x70", false, END_LOST, "closed the connection during the TLS handshake"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        struct tls_config config = trusting("vpn.example.com");
        struct tls_peer peer;
        struct tls_client client;
        size_t len = strlen(row[i].says);

        if (row[i].says[0] == 0x15)
            len = 7;
        if (row[i].says[0] == 0x16)
            len = row[i].says[4] == 4 ? 9 : 5;
        CHECK(tls_peer_certs() != NULL);
        CHECK(tls_peer_start_raw(&peer, row[i].says, len, row[i].reset));
        CHECK(!tls_client_connect(&client, &peer, &config));
        check_failure(&client, row[i].reason, row[i].detail);
        stop(&peer, &client);
    }
}

TEST(closed_properly)
{
    struct tls_peer peer;
    struct tls_client client;
    char buf[5];

    CHECK(start(&peer, &client, "-rev"));
    CHECK(tls_client_write(&client, "last\nCLOSE\n", 11));
    CHECK(tls_client_read(&client, buf, 5));
    CHECK_MEM(buf, "tsal\n", 5);
    CHECK_EQ(tls_client_drain(&client), TLS_CLOSED);
    check_failure(&client, END_LOST, "closed with close_notify");
    CHECK_EQ(tls_client_drain(&client), TLS_CLOSED);
    CHECK(!tls_write(client.tls, bytes_of_str("x")));
    tls_shutdown(client.tls);
    stop(&peer, &client);
}

TEST(closed_without_a_word)
{
    struct tls_peer peer;
    struct tls_client client;

    CHECK(start(&peer, &client, ""));
    CHECK(tls_peer_says(&peer,
                        "CIPHER is")); /* it has read our Finished: nothing unread that would make a reset */
    kill(peer.pid, SIGKILL);
    CHECK_EQ(tls_client_drain(&client), TLS_CLOSED);
    check_failure(&client, END_LOST, "closed without close_notify");
    stop(&peer, &client);
}

TEST(reset)
{
    struct tls_peer peer;
    struct tls_client client;
    char data[1000] = {0};

    CHECK(start(&peer, &client, ""));
    CHECK(tls_peer_says(&peer, "CIPHER is"));
    kill(peer.pid, SIGSTOP);
    CHECK(tls_client_write(&client, data, sizeof(data)));
    kill(peer.pid, SIGKILL);
    CHECK_EQ(tls_client_drain(&client), TLS_FAILED);
    check_failure(&client, END_LOST, "Connection reset by peer");
    stop(&peer, &client);
}

/* Waits a moment for it. */
static bool was_reset(int fd)
{
    struct pollfd p = {.fd = fd};

    return poll(&p, 1, 1) == 1 && (p.revents & POLLERR) != 0;
}

TEST(writing_to_one_who_has_gone)
{
    struct tls_peer peer;
    struct tls_client client;
    char data[1000] = {0};

    CHECK(start(&peer, &client, ""));
    CHECK(tls_peer_says(&peer, "CIPHER is"));
    CHECK(tls_peer_command(&peer, "farewell\n"));
    CHECK(tls_peer_command(&peer, "q\n"));
    tls_peer_stop(&peer);
    for (int i = 0; i < 5000 && !was_reset(client.fd); i++) /* the first is answered by a reset */
        CHECK(tls_client_write(&client, data, sizeof(data)));
    CHECK(was_reset(client.fd));
    CHECK(tls_client_write(&client, data, sizeof(data))); /* and this one finds it */
    CHECK(tls_client_read(&client, data, 8));             /* what it said last is heard nevertheless */
    CHECK_MEM(data, "farewell", 8);
    (void)tls_client_drain(&client);
    check_failure(&client, END_LOST, "close");
    stop(&peer, &client);
}

TEST(we_say_close_notify)
{
    struct tls_peer peer;
    struct tls_client client;

    CHECK(start(&peer, &client, "-msg"));
    tls_shutdown(client.tls);
    CHECK(tls_wants_write(client.tls));
    CHECK_EQ(tls_flush(client.tls), TLS_OK);
    CHECK(!tls_wants_write(client.tls));
    CHECK(tls_peer_says(&peer, "close_notify"));
    stop(&peer, &client);
}

/* RFC 8446 4.6.3, both kinds, several times, with data in both directions in between. */
TEST(key_updates)
{
    struct tls_peer peer;
    struct tls_client client;
    char buf[8], word[32];

    CHECK(start(&peer, &client, "-tls1_3 -msg"));
    for (int i = 0; i < 6; i++) {
        CHECK(tls_peer_command(&peer, i % 2 ? "k\n" : "K\n"));
        CHECK(tls_peer_says(&peer, "KeyUpdate"));
        CHECK(tls_peer_command(&peer, "hello\n"));
        CHECK(tls_client_read(&client, buf, 6));
        CHECK_MEM(buf, "hello\n", 6);
        if (i % 2 == 0)
            CHECK(tls_peer_says(&peer, "<<< TLS 1.3, Handshake [length 0005], KeyUpdate"));
        (void)snprintf(word, sizeof(word), "word%d\n", i);
        CHECK(tls_client_write(&client, word, strlen(word)));
        CHECK(tls_peer_says(&peer, word));
    }
    CHECK_EQ(client.status, TLS_OK);
    stop(&peer, &client);
}

/* A HelloRequest must not bring us to negotiate again; whether the server then goes on is its affair. */
TEST(no_renegotiation)
{
    struct tls_peer peer;
    struct tls_client client;
    char buf[6];

    CHECK(start(&peer, &client, "-tls1_2 -msg"));
    CHECK(tls_peer_command(&peer, "r\n"));
    (void)tls_client_read(&client, buf, 6);
    check_failure(&client, END_LOST, "alert 40 handshake_failure");
    stop(&peer, &client);
}

static uint8_t pattern(size_t at)
{
    return (uint8_t)(at * 2654435761U >> 11);
}

struct flow {
    size_t sent, got, wrong;
};

/* Moves what can be moved between a descriptor of the peer's and the pattern. */
static void peer_in(int fd, struct flow *flow, size_t total)
{
    uint8_t buf[1 << 16];
    size_t n = total - flow->sent < sizeof(buf) ? total - flow->sent : sizeof(buf);
    ssize_t done;

    for (size_t i = 0; i < n; i++)
        buf[i] = pattern(flow->sent + i);
    done = n > 0 ? write(fd, buf, n) : 0;
    flow->sent += done > 0 ? (size_t)done : 0;
}

static void check_pattern(const uint8_t *buf, size_t len, struct flow *flow)
{
    for (size_t i = 0; i < len; i++)
        flow->wrong += buf[i] != pattern(flow->got + i);
    flow->got += len;
}

static void peer_out(int fd, struct flow *flow)
{
    static uint8_t buf[1 << 16];
    ssize_t n = read(fd, buf, sizeof(buf));

    if (n > 0)
        check_pattern(buf, (size_t)n, flow);
}

static void client_in(struct tls *tls, struct flow *flow, size_t total)
{
    static uint8_t buf[1 << 18];
    size_t n = tls_output_room(tls);

    if (n > sizeof(buf))
        n = sizeof(buf);
    if (n > total - flow->sent)
        n = total - flow->sent;
    for (size_t i = 0; i < n; i++)
        buf[i] = pattern(flow->sent + i);
    if (n > 0 && CHECK(tls_write(tls, bytes_of(buf, n))))
        flow->sent += n;
    (void)!tls_flush(tls);
}

static enum tls_status client_out(struct tls *tls, struct flow *flow)
{
    static uint8_t buf[1 << 16];
    enum tls_status status;
    size_t n;

    tls_read_begin(tls);
    while ((status = tls_read(tls, buf, sizeof(buf), &n)) == TLS_OK)
        check_pattern(buf, n, flow);
    return status;
}

static void both_ways(const char *args, size_t total)
{
    struct tls_peer peer;
    struct tls_client client;
    struct flow up = {0}, down = {0};

    if (!CHECK(start(&peer, &client, args)))
        return;
    CHECK(tls_output_room(client.tls) > 200000);
    while (up.got < total || down.got < total) {
        struct pollfd p[3] = {
            {.fd = client.fd, .events = POLLIN}, {.fd = peer.out, .events = POLLIN}, {.fd = peer.in}};

        client_in(client.tls, &up, total);
        peer_in(peer.in, &down, total);
        if (tls_wants_write(client.tls))
            p[0].events = POLLIN | POLLOUT;
        if (down.sent < total)
            p[2].events = POLLOUT;
        if (!CHECK(poll(p, 3, 20000) > 0))
            break;
        peer_out(peer.out, &up);
        if (!CHECK_EQ(client_out(client.tls, &down), TLS_AGAIN))
            break;
    }
    CHECK_EQ(up.got, total);
    CHECK_EQ(down.got, total);
    CHECK_EQ(up.wrong + down.wrong, 0);
    stop(&peer, &client);
}

TEST(much_data_both_ways)
{
    both_ways("-quiet -tls1_3", 8 << 20);
    both_ways("-quiet -tls1_2", 8 << 20);
    both_ways("-quiet -tls1_2 -cipher ECDHE-ECDSA-AES256-SHA384", 2 << 20);
    both_ways("-quiet -tls1_3 -max_send_frag 512", 2 << 20);
}

/* A peer that mixes a little data into much that is none must not keep us reading. */
TEST(one_batch_is_not_fed_for_ever)
{
    static uint8_t buf[1 << 16];
    struct tls_peer peer;
    struct tls_client client;
    struct flow down = {0};
    size_t n, got = 0;

    CHECK_OR_RETURN(start(&peer, &client, "-quiet -tls1_2"));
    tls_read_begin(client.tls);
    for (int n_again = 0; n_again < 3; n_again++) { /* once is no more than: recv() took all there was */
        struct pollfd p = {.fd = client.fd, .events = POLLIN};

        peer_in(peer.in, &down, 4 << 20);
        CHECK_OR_RETURN(CHECK_EQ(poll(&p, 1, 20000), 1));
        for (; tls_read(client.tls, buf, sizeof(buf), &n) == TLS_OK; got += n)
            n_again = 0;
    }
    CHECK(got > 0 && got <= TLS_IO_FILLS_MAX * TLS_IO_IN_CAP);
    tls_read_begin(client.tls);
    CHECK_EQ(tls_read(client.tls, buf, sizeof(buf), &n), TLS_OK);
    stop(&peer, &client);
}

TEST(output_is_bounded)
{
    struct tls_peer peer;
    struct tls_client client;
    uint8_t *big = calloc(1, 1 << 20);
    size_t room;

    CHECK(start(&peer, &client, "-quiet"));
    room = tls_output_room(client.tls);
    CHECK(!tls_write(client.tls, bytes_of(big, room + 1)));
    CHECK(tls_write(client.tls, bytes_of(big, room)));
    CHECK(tls_output_room(client.tls) < 16384);
    CHECK(tls_write(client.tls, bytes_of(big, tls_output_room(client.tls))));
    CHECK_EQ(tls_output_room(client.tls), 0);
    CHECK(tls_write(client.tls, bytes_of(big, 0)));
    CHECK(!tls_write(client.tls, bytes_of(big, 1)));
    tls_shutdown(client.tls);
    free(big);
    stop(&peer, &client);
}

TEST(library_is_named)
{
    CHECK(strchr(tls_library(), '.') != NULL);
    CHECK(strstr(tls_library(), "AES in ") != NULL);
}

TEST(nothing_started)
{
    struct tls_config config = trusting("vpn.example.com");
    struct end end;
    struct tls *tls;

    CHECK(tls_peer_certs() != NULL);
    tls = tls_new(&config, NULL, &end);
    CHECK(tls != NULL);
    tls_shutdown(tls);
    tls_free(tls);
    tls_free(NULL);
}

CHECK_MAIN()
