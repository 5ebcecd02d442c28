/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which keys are still there after the handshake and at the end, looked at where wolfSSL has them. The file that knows the
 * session itself is included. (The memory of the whole process: tests/netns.)
 */
#include "check.h"

#include "tls.c"

#include "tls_peer.h"

#ifdef WOLFSSL_USER_SETTINGS
#include <wolfssl/internal.h>

static bool start(struct tls_peer *peer, struct tls_client *client, const char *args)
{
    struct tls_config config = {
        .host = "vpn.example.com", .ca_file = tls_peer_path("root.pem"), .no_system_trust = true};
    char line[256];

    (void)snprintf(line, sizeof(line), "-cert good.pem -key good.key -rev %s", args);
    return CHECK(tls_peer_start(peer, line)) && CHECK(tls_client_connect(client, peer, &config));
}

/* Both ways: it does not live on what was wiped. */
static void talks(struct tls_client *client)
{
    char echo[6] = "";

    CHECK(tls_client_write(client, "hello\n", 6));
    CHECK(tls_client_read(client, echo, 6));
    CHECK_MEM(echo, "olleh\n", 6);
}

static bool all_zero(const void *data, size_t len)
{
    const uint8_t *byte = data;
    uint8_t bits = 0;

    for (size_t i = 0; i < len; i++)
        bits |= byte[i];
    return bits == 0;
}

static void has_mac_keys(const char *args, bool wanted)
{
    struct tls_peer peer;
    struct tls_client client;
    const Keys *keys;

    if (start(&peer, &client, args)) {
        keys = &client.tls->ssl->keys;
        CHECK_EQ(!all_zero(keys->client_write_MAC_secret, sizeof(keys->client_write_MAC_secret)), wanted);
        CHECK_EQ(!all_zero(keys->server_write_MAC_secret, sizeof(keys->server_write_MAC_secret)), wanted);
        talks(&client);
    }
    tls_client_close(&client);
    tls_peer_stop(&peer);
}

/* TLS 1.3's Finished has its keys in their place; TLS 1.2 without AEAD needs them. */
TEST(keys_of_the_finished_messages)
{
    has_mac_keys("-tls1_3", false);
    has_mac_keys("-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256", false);
    has_mac_keys("-tls1_2", false);
    has_mac_keys("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA", true);
}

static const Aes *watched[2];
static size_t n_wiped, n_left;

static void watch_free(void *data)
{
    for (size_t i = 0; data && i < ARRAY_LEN(watched); i++) {
        if (data == watched[i] && all_zero(data, sizeof(*watched[i])))
            n_wiped++;
        else if (data == watched[i])
            n_left++;
    }
    free(data);
}

static void wipes_at_the_end(const char *args)
{
    struct tls_peer peer;
    struct tls_client client;

    n_wiped = n_left = 0;
    if (start(&peer, &client, args)) {
        watched[0] = client.tls->ssl->encrypt.aes;
        watched[1] = client.tls->ssl->decrypt.aes;
        CHECK(!all_zero(watched[0]->key, 16) && !all_zero(watched[1]->key, 16));
        talks(&client);
    }
    CHECK_EQ(wolfSSL_SetAllocators(malloc, watch_free, realloc), 0);
    tls_client_close(&client);
    CHECK_EQ(wolfSSL_SetAllocators(malloc, free, realloc), 0);
    watched[0] = watched[1] = NULL;
    tls_peer_stop(&peer);
    CHECK_EQ(n_wiped, 2);
    CHECK_EQ(n_left, 0);
}

TEST(traffic_keys_at_the_end)
{
    wipes_at_the_end("-tls1_3");
    wipes_at_the_end("-tls1_2");
    wipes_at_the_end("-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA");
}
#else
TEST(an_installed_library_does_not_show_its_insides)
{
    fprintf(stderr, "skipped: there is nothing to be seen\n");
}
#endif

CHECK_MAIN()
