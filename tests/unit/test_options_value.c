/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "options_value.h"

#include "check.h"

TEST(servers)
{
    static const struct {
        const char *text;
        const char *host;
        uint16_t port;
    } cases[] = {
        {"vpn.example.org", "vpn.example.org", 443},
        {"vpn.example.org:8443", "vpn.example.org", 8443},
        {"vpn.example.org.:8443", "vpn.example.org", 8443},
        {"https://vpn.example.org", "vpn.example.org", 443},
        {"https://vpn.example.org/", "vpn.example.org", 443},
        {"HTTPS://vpn.example.org:1/", "vpn.example.org", 1},
        {"https://[2001:db8::1]:65535/", "2001:db8::1", 65535},
        {"[2001:db8::1]", "2001:db8::1", 443},
        {"[2001:db8::1:443]:444", "2001:db8::1:443", 444},
        {"2001:db8::1", "2001:db8::1", 443},
        {"::1", "::1", 443},
        {"fe80::a:b", "fe80::a:b", 443},
        {"2001:db8:0:0:0:0:0:443", "2001:db8:0:0:0:0:0:443", 443},
        {"::ffff:192.0.2.1", "::ffff:192.0.2.1", 443},
        {"192.0.2.1", "192.0.2.1", 443},
        {"192.0.2.1:4433", "192.0.2.1", 4433},
        {"localhost", "localhost", 443},
        {"my_host-1.lan", "my_host-1.lan", 443},
        {"xn--bcher-kva.example", "xn--bcher-kva.example", 443},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char host[OPTIONS_HOST_LEN] = "";
        uint16_t port = 0;

        CHECK_STR(options_value_server(cases[i].text, host, &port), NULL);
        CHECK_STR(host, cases[i].host);
        CHECK_EQ(port, cases[i].port);
    }
}

TEST(wrong_servers)
{
    static const char *const texts[] = {
        "",
        "/",
        "https://",
        "https:///",
        "http://h",
        "ftp://h",
        "h:",
        "h:0",
        "h:65536",
        "h:+1",
        "h: 1",
        "h:443x",
        "h:1:2",
        ":443",
        "[::1",
        "::1]",
        "[::1]443",
        "[::1]x",
        "[h]",
        "[]",
        "[192.0.2.1]",
        "[::1]:",
        "[::1%lo]",
        "fe80::1%lo",
        "2001:db8::1:443",
        "::1:2",
        "h/path",
        "https://h/sra",
        "https://h//",
        "-h",
        ".h",
        "a..b",
        "a b",
        "user@h",
        "h?x",
        "m\xc3\xbcll.example",
        "1.2.3",
        "256.1.1.1",
        "127.1",
        ".",
        "h\n",
        "0",
        "1:2:3:4:5:6:7:8:443",
        "0.0.0.0",
        "224.0.0.1:443",
        "::",
        "[ff02::1]",
        "[::ffff:0.0.0.0]",
        "[::ffff:224.0.0.1]:443",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        char host[OPTIONS_HOST_LEN] = "untouched";
        uint16_t port = 7;

        if (!CHECK(options_value_server(texts[i], host, &port) != NULL))
            fprintf(stderr, "    '%s' was taken\n", texts[i]);
        CHECK_STR(host, "untouched");
        CHECK_EQ(port, 7);
    }
}

TEST(server_lengths)
{
    char text[600];
    char host[OPTIONS_HOST_LEN];
    uint16_t port;

    for (size_t n = 1; n < sizeof(text); n++) {
        memset(text, 'a', n);
        text[n] = '\0';
        CHECK_EQ(options_value_server(text, host, &port) == NULL, n <= 253);
        text[0] = '[';
        CHECK(options_value_server(text, host, &port) != NULL);
        text[0] = ':';
        CHECK(options_value_server(text, host, &port) != NULL);
    }
}

TEST(interfaces)
{
    static const char *const good[] = {"sstp0", "a", "tun-x.y_z", "abcdefghijklmno", "vpn@home"};
    static const char *const bad[] = {"",    "abcdefghijklmnop", ".",   "..", "a/b",
                                      "a b", "sstp%d",           "a:b", "-a", "a\n"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        CHECK_STR(options_value_interface(good[i]), NULL);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(options_value_interface(bad[i]) != NULL);
}

TEST(mtus)
{
    static const char *const bad[] = {"",      "575",   "4088",  "65536", "99999999999",
                                      "1400x", " 1400", "-1400", "0x578"};
    uint16_t mtu = 7;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(options_value_mtu(bad[i], &mtu) != NULL);
    CHECK_EQ(mtu, 7);
    CHECK_STR(options_value_mtu("576", &mtu), NULL);
    CHECK_EQ(mtu, 576);
    CHECK_STR(options_value_mtu("4087", &mtu), NULL);
    CHECK_EQ(mtu, 4087);
}

/* SHA-256 of the empty text, in each form. */
#define HEX    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define BASE64 "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
static const uint8_t sha256[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4,
                                   0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b,
                                   0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

TEST(pins)
{
    static const struct {
        const char *text;
        enum tls_pin_kind kind;
    } cases[] = {
        {"pin-sha256:" BASE64, TLS_PIN_KEY},
        {"pin-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", TLS_PIN_KEY},
        {"sha256:" HEX, TLS_PIN_KEY},
        {"cert-sha256:" HEX, TLS_PIN_CERT},
        {"sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855", TLS_PIN_KEY},
        {"cert-sha256:e3:b0:c4:42:98:fc:1c:14:9a:fb:f4:c8:99:6f:b9:24:27:ae:41:e4:64:9b:93:4c:a4:95:99:1b:78:52:b8:55",
         TLS_PIN_CERT},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_pin pin = {.kind = TLS_PIN_KEY};

        CHECK_STR(options_value_pin(cases[i].text, &pin), NULL);
        CHECK_EQ(pin.kind, cases[i].kind);
        CHECK_MEM(pin.sha256, sha256, sizeof(sha256));
    }
}

TEST(wrong_pins)
{
    static const char *const texts[] = {
        "",
        HEX,
        "sha256:",
        "sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "SHA256:" HEX,
        "sha256:" HEX "0",
        "sha256:" HEX ":",
        "sha256:e3b0",
        "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:e3:b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:e3:b0:c4:42:98:fc:1c:14:9a:fb:f4:c8:99:6f:b9:24:27:ae:41:e4:64:9b:93:4c:a4:95:99:1b:78:52:b8:",
        "pin-sha256:" HEX,
        "pin-sha256:" BASE64 "=",
        "pin-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=", /* a bit behind the end is set */
        "pin-sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF",
        "pin-sha256:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        "cert-sha256:" BASE64,
    };
    struct tls_pin pin = {.kind = TLS_PIN_CERT, .sha256 = {7}};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        CHECK(options_value_pin(texts[i], &pin) != NULL);
    CHECK_EQ(pin.kind, TLS_PIN_CERT);
    CHECK_EQ(pin.sha256[0], 7);
}

TEST(auth_lists)
{
    enum ppp_auth_method auth[PPP_AUTH_METHODS_MAX];
    size_t n = 0;

    CHECK_STR(options_value_auth("pap", auth, &n), NULL);
    CHECK_EQ(n, 1);
    CHECK_EQ(auth[0], PPP_AUTH_PAP);
    CHECK_STR(options_value_auth("chap-md5,pap,eap-mschapv2,mschapv2", auth, &n), NULL);
    CHECK_EQ(n, 4);
    CHECK_EQ(auth[0], PPP_AUTH_CHAP_MD5);
    CHECK_EQ(auth[1], PPP_AUTH_PAP);
    CHECK_EQ(auth[2], PPP_AUTH_EAP_MSCHAPV2);
    CHECK_EQ(auth[3], PPP_AUTH_MSCHAPV2);
}

TEST(wrong_auth_lists)
{
    static const char *const texts[] = {"",
                                        ",",
                                        "pap,",
                                        ",pap",
                                        "pap,,mschapv2",
                                        "PAP",
                                        "mschap",
                                        "mschapv22",
                                        "pap,pap",
                                        "pap mschapv2",
                                        "none",
                                        "pap, mschapv2",
                                        "pap,chap-md5,mschapv2,eap-mschapv2,pap"};
    enum ppp_auth_method auth[PPP_AUTH_METHODS_MAX] = {PPP_AUTH_PAP};
    size_t n = 7;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        CHECK(options_value_auth(texts[i], auth, &n) != NULL);
    CHECK_EQ(n, 7);
    CHECK_EQ(auth[0], PPP_AUTH_PAP);
}

CHECK_MAIN()
