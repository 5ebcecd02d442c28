/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CHAP with MD5 and with MS-CHAPv2: the exchange, the proof of the server, and all ways to get it wrong. */
#include "auth_mschapv2.h"
#include "mschap.h"
#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(const char *option)
{
    ppp_rig_init(&rig);
    rig.config.user = bytes_of_str("DOM\\User");
    rig.config.auth[1] = PPP_AUTH_CHAP_MD5;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, option);
}

#define ZERO_TO_F "000102030405060708090a0b0c0d0e0f"
#define F_TO_ZERO "0f0e0d0c0b0a09080706050403020100"

static void challenge(uint8_t id, const char *value)
{
    char frame[80];

    (void)snprintf(frame, sizeof(frame), "ff03c223 01%02x 0015 10 %s", id, value);
    ppp_rig_hex(&rig, frame);
}

/* The server's side of one response: what it would say to prove itself, and the keys. */
struct proof {
    char text[43];
    uint8_t keys[32];
};

static struct proof prove(const struct ppp_rig_frame *response, const char *value)
{
    struct proof proof = {.text = "S="};
    uint8_t authenticator[20], hash[16], challenge_hash[8], peer[16], own[16], nt_response[24];

    for (size_t i = 0; i < 16; i++)
        own[i] = (uint8_t)(value[1] == '0' ? i : 15 - i);
    memcpy(peer, response->data + 9, 16);
    memcpy(nt_response, response->data + 33, 24);
    CHECK(mschap_password_hash(rig.secret.password, hash));
    mschap_challenge_hash(peer, own, bytes_of_str("User"), challenge_hash);
    mschap_authenticator(hash, nt_response, challenge_hash, authenticator);
    mschap_keys(hash, nt_response, proof.keys);
    for (size_t i = 0; i < 20; i++)
        (void)snprintf(proof.text + 2 + 2 * i, 3, "%02X", authenticator[i]);
    return proof;
}

static void say(uint8_t code, uint8_t id, const char *text)
{
    size_t len = strlen(text);
    uint8_t frame[300] = {0xff, 0x03, 0xc2, 0x23, code, id, 0, (uint8_t)(4 + len)};

    for (size_t i = 0; i < len; i++)
        frame[8 + i] = (uint8_t)text[i];
    ppp_rig_input(&rig, frame, 8 + len);
}

static const struct ppp_rig_frame *answered(uint8_t id)
{
    char want[64];
    const struct ppp_rig_frame *frame = &rig.frame[rig.first_frame];

    (void)snprintf(want, sizeof(want), "ff03c223 02%02x 003e 31 *", id);
    return ppp_rig_sent(&rig, want) ? frame : NULL;
}

TEST(mschapv2)
{
    const struct ppp_rig_frame *response;
    const struct ppp_event *event;
    struct proof proof;

    start("0305c22381");
    CHECK(ppp_rig_quiet(&rig));
    challenge(9, ZERO_TO_F);
    response = answered(9);
    CHECK_OR_RETURN(response != NULL);
    CHECK_EQ(response->len, 4 + 4 + 1 + 49 + 8);
    CHECK_MEM(response->data + 25, "\0\0\0\0\0\0\0\0", 8);
    CHECK_EQ(response->data[57], 0);
    proof = prove(response, ZERO_TO_F);
    say(3, 9, proof.text);
    event = ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_EQ(event->auth.method, PPP_AUTH_MSCHAPV2);
    CHECK_MEM(event->auth.hlak, proof.keys, 32);
}

/* RFC 2759 9.2: the peer challenge is whatever the password's holder says it is. */
TEST(mschapv2_published)
{
    static const uint8_t peer[16] = {0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a,
                                     0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e};

    start("0305c22381");
    rig.secret.peer_challenge = peer;
    challenge(9, "5b5d7c7d7b3f2f3e3c2c602132262628");
    CHECK(ppp_rig_sent(&rig, "ff03c223 0209 003e 31 21402324255e262a28295f2b3a337c7e 0000000000000000"
                             "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df 00 444f4d5c55736572"));
    say(3, 9, "S=407A5589115FD0D6209F510FE9C04566932CDA56");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
}

/* Lower case, and a message behind it. */
TEST(success_texts)
{
    for (int i = 0; i < 2; i++) {
        struct proof proof;
        char text[100];

        start("0305c22381");
        challenge(9, ZERO_TO_F);
        proof = prove(answered(9), ZERO_TO_F);
        (void)snprintf(text, sizeof(text), "%s M=Access granted", proof.text);
        for (char *c = text + 2; i == 1 && *c != ' '; c++)
            if (*c >= 'A' && *c <= 'F')
                *c = (char)(*c + 32);
        say(3, 9, text);
        CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
    }
}

static void false_success(const char *text, const char *detail)
{
    start("0305c22381");
    challenge(9, ZERO_TO_F);
    ppp_rig_forget(&rig);
    say(3, 9, text);
    CHECK(ppp_rig_sent(&rig, "ff03c021 05.. 0004")); /* LCP ends; nothing more of CHAP */
    challenge(10, F_TO_ZERO);
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
    CHECK_STR(ppp_rig_detail(&rig), detail);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
}

TEST(false_successes)
{
    false_success("S=0000000000000000000000000000000000000000", "its S= value is wrong");
    false_success("", "its success message has no S= value");
    false_success("M=hello", "its success message has no S= value");
    false_success("S=000000000000000000000000000000000000000", "its success message has no S= value");
    false_success("S=000000000000000000000000000000000000000g", "its success message has no S= value");
    false_success("s=0000000000000000000000000000000000000000", "its success message has no S= value");
}

TEST(one_wrong_digit)
{
    struct proof proof;

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    proof = prove(answered(9), ZERO_TO_F);
    proof.text[41] = proof.text[41] == '0' ? '1' : '0';
    say(3, 9, proof.text);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
}

TEST(success_without_challenge)
{
    static const char *const options[] = {"0305c22381", "0305c22305"};

    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        ppp_rig_init(&rig);
        rig.config.auth[0] = i == 0 ? PPP_AUTH_MSCHAPV2 : PPP_AUTH_CHAP_MD5;
        ppp_rig_start(&rig);
        ppp_rig_lcp(&rig, options[i]);
        say(3, 9, "S=0000000000000000000000000000000000000000");
        ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
        CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
        CHECK_STR(ppp_rig_detail(&rig), "it claims success without having asked for a proof");
    }
}

static void failure(const char *text, unsigned code, const char *detail)
{
    start("0305c22381");
    challenge(9, ZERO_TO_F);
    ppp_rig_forget(&rig);
    say(4, 9, text);
    CHECK(ppp_rig_sent(&rig, "ff03c021 05.. 0004"));
    CHECK(ppp_rig_quiet(&rig)); /* R=1 or not: the same password is not tried again */
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_OR_RETURN(rig.ended);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, code);
    CHECK_STR(ppp_rig_detail(&rig), detail);
}

#define WRONG "wrong user name or password, or the account is locked"

/* Servers' own texts, protocol.md 11.1. */
TEST(failures)
{
    failure("E=691 R=0 V=3 M=Authentication failure", 691, "E=691: " WRONG ": \"Authentication failure\"");
    failure("E=691 R=1 C=00112233445566778899aabbccddeeff V=0 M=Access denied", 691,
            "E=691: " WRONG ": \"Access denied\"");
    failure("E=691 R=0 C=00112233445566778899AABBCCDDEEFF V=3", 691, "E=691: " WRONG);
    failure("V=3 M=no E=1 here", 0, "\"no E=1 here\"");
    failure("R=0 E=648", 648, "E=648: the password has expired");
    failure("E=709 R=0 M=policy", 709, "E=709: the change of the password was refused: \"policy\"");
    failure("E=99999999999999999999", 999999999, "E=999999999");
    failure("E= R=0", 0, "");
    failure("E=x", 0, "");
    failure("", 0, "");
    failure("Login incorrect", 0, "\"Login incorrect\"");
    failure("\x1b[31m", 0, "\"?[31m\"");
}

TEST(failure_without_challenge)
{
    start("0305c22381");
    say(4, 9, "E=649 R=0 V=3");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
}

/* The same challenge again gets the same bytes again; the same identifier with another one does not. */
TEST(repeated_challenge)
{
    struct ppp_rig_frame first, second;

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    first = *ppp_rig_take(&rig);
    challenge(9, ZERO_TO_F);
    second = *ppp_rig_take(&rig);
    CHECK_EQ(first.len, second.len);
    CHECK_MEM(first.data, second.data, first.len);
    challenge(9, F_TO_ZERO);
    second = *ppp_rig_take(&rig);
    CHECK(memcmp(first.data, second.data, first.len) != 0);
    CHECK(memcmp(first.data + 9, second.data + 9, 16) != 0); /* a fresh peer challenge */
}

/* SoftEther with RADIUS: the second one counts. */
TEST(double_challenge)
{
    struct proof first, second;

    start("0305c22381");
    challenge(99, ZERO_TO_F);
    first = prove(answered(99), ZERO_TO_F);
    challenge(100, F_TO_ZERO);
    second = prove(answered(100), F_TO_ZERO);
    CHECK(strcmp(first.text, second.text) != 0);
    say(3, 100, second.text);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
    CHECK_MEM(ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0)->auth.hlak, second.keys, 32);

    start("0305c22381");
    challenge(99, ZERO_TO_F);
    first = prove(answered(99), ZERO_TO_F);
    challenge(100, F_TO_ZERO);
    say(3, 99, first.text); /* the first one does not */
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
}

static void log_in(void)
{
    struct proof proof;

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    proof = prove(answered(9), ZERO_TO_F);
    say(3, 9, proof.text);
    say(3, 9, proof.text); /* twice */
    ppp_rig_forget(&rig);
}

static bool engine_holds(const void *secret, size_t len)
{
    const uint8_t *memory = (const uint8_t *)&rig.ppp;

    for (size_t i = 0; i + len <= sizeof(rig.ppp); i++)
        if (memcmp(memory + i, secret, len) == 0)
            return true;
    return false;
}

/* Once the caller has the keys, the engine has them no longer; and an event that nobody took does not keep them. */
TEST(keys_leave_with_the_event)
{
    static const uint8_t renegotiate[] = {0xff, 3, 0xc0, 0x21, 1, 1, 0, 9, 3, 5, 0xc2, 0x23, 0x81};
    struct proof proof;
    uint8_t success[8 + 42] = {0xff, 3, 0xc2, 0x23, 3, 9, 0, 46};

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    proof = prove(answered(9), ZERO_TO_F);
    CHECK(engine_holds(proof.keys, 32));
    say(3, 9, proof.text);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
    CHECK(!engine_holds(proof.keys, 32));

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    proof = prove(answered(9), ZERO_TO_F);
    memcpy(success + 8, proof.text, 42);
    ppp_input(&rig.ppp, bytes_of(success, sizeof(success)), rig.now);
    CHECK(engine_holds(proof.keys, 32));
    ppp_input(&rig.ppp, bytes_of(renegotiate, sizeof(renegotiate)), rig.now);
    CHECK(!engine_holds(proof.keys, 32));
}

/* Whoever has the response can guess at the password: it goes with the Success, and then comes another one. */
TEST(response_leaves_with_success)
{
    struct ppp_rig_frame first;
    struct proof proof;

    start("0305c22381");
    challenge(9, ZERO_TO_F);
    first = *answered(9);
    proof = prove(&first, ZERO_TO_F);
    CHECK(engine_holds(first.data + 33, 24));
    say(3, 9, proof.text);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
    CHECK(!engine_holds(first.data + 33, 24));
    ppp_rig_forget(&rig);
    challenge(9, ZERO_TO_F);
    proof = prove(answered(9), ZERO_TO_F);
    say(3, 9, proof.text);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

/* accel-ppp's interval: answered, and nothing else happens. */
TEST(challenge_when_up)
{
    struct proof proof;
    size_t n_events;

    log_in();
    n_events = rig.n_events;
    challenge(10, F_TO_ZERO);
    proof = prove(answered(10), F_TO_ZERO);
    say(3, 10, proof.text);
    say(3, 10, proof.text);
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(rig.n_events, n_events);
}

TEST(challenge_when_up_fails)
{
    log_in();
    challenge(10, F_TO_ZERO);
    say(4, 10, "E=647 R=0");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    log_in();
    challenge(10, F_TO_ZERO);
    say(3, 10, "S=0000000000000000000000000000000000000000");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
}

/* A Failure or Success that belongs to nothing. */
TEST(stray_results_when_up)
{
    log_in();
    say(4, 10, "E=691 R=0");
    say(3, 10, "S=0000000000000000000000000000000000000000");
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

TEST(malformed_challenges)
{
    start("0305c22381");
    ppp_rig_hex(&rig, "ff03c223 0101 0004");
    ppp_rig_hex(&rig, "ff03c223 0101 0005 00");
    ppp_rig_hex(&rig, "ff03c223 0101 0005 10");
    ppp_rig_hex(&rig, "ff03c223 0101 0014 10 000102030405060708090a0b0c0d0e");
    ppp_rig_hex(&rig, "ff03c223 0101 0014 0f 000102030405060708090a0b0c0d0e");
    ppp_rig_hex(&rig, "ff03c223 0101 0016 11 000102030405060708090a0b0c0d0e0f10");
    ppp_rig_hex(&rig, "ff03c223 0201 0015 10 " ZERO_TO_F); /* a response */
    ppp_rig_hex(&rig, "ff03c223 0701 0015 10 " ZERO_TO_F);
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_hex(&rig, "ff03c223 0101 0019 10 " ZERO_TO_F "73727631"); /* with a name */
    CHECK(answered(1) != NULL);
}

TEST(time_to_think)
{
    start("0305c22381");
    ppp_rig_wait(&rig, 50 * USEC_PER_SEC);
    challenge(9, ZERO_TO_F);
    ppp_rig_wait(&rig, 55 * USEC_PER_SEC); /* somebody looks for his phone */
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, 10 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_SILENT);
}

/* protocol.md section 11: id 1, "secret", challenge 00..0F */
TEST(md5)
{
    ppp_rig_init(&rig);
    rig.config.user = bytes_of_str("bob");
    rig.secret.password = bytes_of_str("secret");
    rig.config.auth[0] = PPP_AUTH_CHAP_MD5;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22305");
    ppp_rig_hex(&rig, "ff03c223 0101 0017 10 " ZERO_TO_F "7372");
    CHECK(ppp_rig_sent(&rig, "ff03c223 0201 0018 10 740e86463bda3a4d7017d6e0fba0699d 626f62"));
    CHECK(engine_holds("\x74\x0e\x86\x46\x3b\xda\x3a\x4d", 8));
    ppp_rig_hex(&rig, "ff03c223 0301 0006 4f4b");
    CHECK(!engine_holds("\x74\x0e\x86\x46\x3b\xda\x3a\x4d", 8));
    CHECK_OR_RETURN(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED) == 1);
    CHECK_MEM(ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0)->auth.hlak, ((uint8_t[32]){0}), 32);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff03c223 0102 0006 01 aa"); /* again, with a challenge of one byte */
    CHECK(ppp_rig_sent(&rig, "ff03c223 0202 0018 10 *"));
    ppp_rig_hex(&rig, "ff03c223 0302 0004");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
}

TEST(md5_failure)
{
    ppp_rig_init(&rig);
    rig.config.auth[0] = PPP_AUTH_CHAP_MD5;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22305");
    ppp_rig_hex(&rig, "ff03c223 0101 0015 10 " ZERO_TO_F);
    ppp_rig_hex(&rig, "ff03c223 0401 0007 4e6f21");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_STR(ppp_rig_detail(&rig), "\"No!\"");
}

CHECK_MAIN()
