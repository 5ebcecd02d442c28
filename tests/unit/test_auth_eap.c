/* SPDX-License-Identifier: GPL-2.0-or-later */
/* EAP with MSCHAPv2 inside: protocol.md section 12. */
#include "mschap.h"
#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(void)
{
    ppp_rig_init(&rig);
    rig.config.user = bytes_of_str("DOM\\User");
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c227");
}

#define CHALLENGE_DATA "10 000102030405060708090a0b0c0d0e0f 737276" /* and the server's name, "srv" */

static void challenge(void)
{
    ppp_rig_hex(&rig, "ff03c227 0105 001d 1a 01 77 0018" CHALLENGE_DATA);
}

/* "S=..." of the server for the response frame, and the keys. */
static void prove(const struct ppp_rig_frame *response, char text[43], uint8_t keys[32])
{
    uint8_t authenticator[20], hash[16], challenge_hash[8], peer[16], own[16], nt_response[24];

    for (size_t i = 0; i < 16; i++)
        own[i] = (uint8_t)i;
    memcpy(peer, response->data + 14, 16);
    memcpy(nt_response, response->data + 38, 24);
    CHECK(mschap_password_hash(rig.secret.password, hash));
    mschap_challenge_hash(peer, own, bytes_of_str("User"), challenge_hash);
    mschap_authenticator(hash, nt_response, challenge_hash, authenticator);
    mschap_keys(hash, nt_response, keys);
    text[0] = 'S';
    text[1] = '=';
    for (size_t i = 0; i < 20; i++)
        (void)snprintf(text + 2 + 2 * i, 3, "%02X", authenticator[i]);
}

/* A Request of MSCHAPv2 with a text; ms_len 0 means the right one. */
static void say(uint8_t id, uint8_t opcode, const char *text, uint16_t ms_len)
{
    size_t len = strlen(text);
    uint8_t frame[300] = {0xff, 0x03, 0xc2, 0x27, 1, id, 0, (uint8_t)(9 + len), 26, opcode, 0x77};

    if (ms_len == 0)
        ms_len = (uint16_t)(4 + len);
    frame[11] = (uint8_t)(ms_len >> 8);
    frame[12] = (uint8_t)ms_len;
    for (size_t i = 0; i < len; i++)
        frame[13 + i] = (uint8_t)text[i];
    ppp_rig_input(&rig, frame, 13 + len);
}

static uint8_t keys[32];

/* Until the server has proved itself: EAP-Success is missing. */
static void prove_it(void)
{
    char text[43];

    start();
    challenge();
    prove(ppp_rig_take(&rig), text, keys);
    say(6, 3, text, 0);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0206 0006 1a03"));
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
}

static void check_authenticated(void)
{
    const struct ppp_event *event = ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0);

    CHECK_OR_RETURN(event != NULL);
    CHECK_EQ(event->auth.method, PPP_AUTH_EAP_MSCHAPV2);
    CHECK_MEM(event->auth.hlak, keys, 32);
}

TEST(identity)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 0005 01");
    CHECK(ppp_rig_sent(&rig, "ff03c227 0203 000d 01 444f4d5c55736572"));
    ppp_rig_hex(&rig, "ff03c227 0104 0009 01 48692100"); /* with a text */
    CHECK(ppp_rig_sent(&rig, "ff03c227 0204 000d 01 444f4d5c55736572"));
}

TEST(notification)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 000a 02 48656c6c6f");
    CHECK(ppp_rig_sent(&rig, "ff03c227 0203 0005 02"));
    CHECK(ppp_rig_logged(&rig, "EAP: message from the server: Hello"));
}

TEST(whole_login)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 0005 01");
    ppp_rig_forget(&rig);
    challenge();
    CHECK(ppp_rig_sent(&rig, "ff03c227 0205 0043 1a 02 77 003e 31 *"));
    prove_it();
    ppp_rig_hex(&rig, "ff03c227 0306 0004");
    check_authenticated();
    ppp_rig_hex(&rig, "ff03c227 0306 0004");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
}

/* Any identifier on Success, and a frame of the network protocols instead of it. */
TEST(liberal_success)
{
    prove_it();
    ppp_rig_hex(&rig, "ff03c227 0399 0004");
    check_authenticated();
    prove_it();
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
    check_authenticated();
    CHECK(ppp_rig_sent(&rig, "ff038021 01.. 0022 *"));
    CHECK(ppp_rig_sent(&rig, "ff038021 0201 000a 0306 0a000001"));
    CHECK(!rig.early_network);
}

TEST(no_implied_success_before_the_proof)
{
    start();
    challenge();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
}

static void check_no_proof(void)
{
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_SERVER);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
}

TEST(success_without_proof)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0303 0004");
    check_no_proof();
    start();
    challenge();
    ppp_rig_hex(&rig, "ff03c227 0305 0004");
    check_no_proof();
}

/* No response to a false proof: the draft says so. */
TEST(false_proof)
{
    static const char *const texts[] = {"S=0000000000000000000000000000000000000000", "S=", ""};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        start();
        challenge();
        ppp_rig_forget(&rig);
        say(6, 3, texts[i], 0);
        CHECK(ppp_rig_sent(&rig, "ff03c021 05.. 0004"));
        CHECK(ppp_rig_quiet(&rig));
        check_no_proof();
    }
    start();
    say(6, 3, "S=0000000000000000000000000000000000000000", 0); /* unasked */
    check_no_proof();
}

TEST(failure)
{
    start();
    challenge();
    ppp_rig_forget(&rig);
    say(6, 4, "E=691 R=1 C=00 V=3 M=No", 0);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0206 0006 1a04"));
    CHECK(ppp_rig_sent(&rig, "ff03c021 05.. 0004"));
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_EQ(ppp_rig_event(&rig, PPP_EVENT_END, 0)->end.code, 691);
}

/* XP SP1's way, and NPS's after a success of the method. */
TEST(plain_failure)
{
    start();
    challenge();
    ppp_rig_hex(&rig, "ff03c227 0405 0004");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_STR(ppp_rig_detail(&rig), "EAP-Failure");
    prove_it();
    ppp_rig_hex(&rig, "ff03c227 0406 0004");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
}

TEST(unknown_methods)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 0006 19 20"); /* PEAP */
    CHECK(ppp_rig_sent(&rig, "ff03c227 0203 0006 03 1a"));
    ppp_rig_hex(&rig, "ff03c227 0104 0016 04 10 000102030405060708090a0b0c0d0e0f"); /* MD5 */
    CHECK(ppp_rig_sent(&rig, "ff03c227 0204 0006 03 1a"));
    ppp_rig_hex(&rig, "ff03c227 0105 000c fe 000137 00000022");
    CHECK(ppp_rig_sent(&rig, "ff03c227 0205 0006 03 1a"));
    challenge();
    CHECK(ppp_rig_sent(&rig, "ff03c227 0205 0043 1a *"));
}

TEST(only_unknown_methods)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 0006 19 20");
    ppp_rig_hex(&rig, "ff03c227 0403 0004");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    CHECK_STR(ppp_rig_detail(&rig), "the server wants EAP type 25 (PEAP), which is not supported here");
}

/* The user learns which one it was that the server wanted last. */
TEST(unknown_methods_by_name)
{
    static const struct {
        const char *request, *wanted;
    } types[] = {{"ff03c227 0103 0006 06 20", "EAP type 6 (GTC)"},
                 {"ff03c227 0103 0006 0d 20", "EAP type 13 (TLS)"},
                 {"ff03c227 0103 0006 15 20", "EAP type 21 (TTLS)"},
                 {"ff03c227 0103 0006 c8 20", "EAP type 200 (unknown type)"}};

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        start();
        ppp_rig_hex(&rig, types[i].request);
        ppp_rig_hex(&rig, "ff03c227 0403 0004");
        ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
        CHECK(strstr(ppp_rig_detail(&rig), types[i].wanted) != NULL);
    }
}

/* The same Request again, the same bytes again: no new peer challenge. */
TEST(repeated_requests)
{
    struct ppp_rig_frame first;
    char text[43];

    start();
    challenge();
    first = *ppp_rig_take(&rig);
    challenge();
    CHECK_MEM(ppp_rig_take(&rig)->data, first.data, first.len);
    prove(&first, text, keys);
    say(6, 3, text, 0);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0206 0006 1a03"));
    say(6, 3, text, 0);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0206 0006 1a03"));
    say(7, 3, text, 0); /* under another identifier */
    CHECK(ppp_rig_sent(&rig, "ff03c227 0207 0006 1a03"));
    ppp_rig_hex(&rig, "ff03c227 0307 0004");
    check_authenticated();
}

/* A challenge with the length of a CHAP packet, or with none that fits. */
TEST(ms_length)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0105 001d 1a 01 77 0000" CHALLENGE_DATA);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0205 0043 1a *"));
    ppp_rig_hex(&rig, "ff03c227 0105 001d 1a 01 77 ffff" CHALLENGE_DATA);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0205 0043 1a *"));
    ppp_rig_hex(&rig,
                "ff03c227 0105 001d 1a 01 77 0008" CHALLENGE_DATA); /* the challenge does not fit into it */
    CHECK(ppp_rig_quiet(&rig));
}

TEST(malformed)
{
    start();
    ppp_rig_hex(&rig, "ff03c227 0103 0004");
    ppp_rig_hex(&rig, "ff03c227 0103 0005 00");
    ppp_rig_hex(&rig, "ff03c227 0103 0006 03 1a");
    ppp_rig_hex(&rig, "ff03c227 0103 0005 1a");
    ppp_rig_hex(&rig, "ff03c227 0103 0008 1a 010203");
    ppp_rig_hex(&rig, "ff03c227 0103 0009 1a 0102 0004");
    ppp_rig_hex(&rig, "ff03c227 0103 000a 1a 0102 0005 10");
    ppp_rig_hex(&rig, "ff03c227 0103 0009 1a 0902 0004"); /* an unknown OpCode */
    ppp_rig_hex(&rig, "ff03c227 0203 0005 01");
    ppp_rig_hex(&rig, "ff03c227 0903 0004");
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

static bool engine_holds(const void *secret, size_t len)
{
    return memmem(&rig.ppp, sizeof(rig.ppp), secret, len) != NULL;
}

/* Whoever has the response can guess at the password: it goes with the Success. */
TEST(response_leaves_with_success)
{
    struct ppp_rig_frame first;
    char text[43];

    start();
    challenge();
    first = *ppp_rig_take(&rig);
    prove(&first, text, keys);
    CHECK(engine_holds(first.data + 38, 24));
    say(6, 3, text, 0);
    CHECK(!engine_holds(first.data + 38, 24));
}

/* Authenticated again in the network phase: answered, and no event. */
TEST(again_when_up)
{
    char text[43];
    size_t n_events;

    prove_it();
    ppp_rig_hex(&rig, "ff03c227 0306 0004");
    ppp_rig_forget(&rig);
    n_events = rig.n_events;
    ppp_rig_hex(&rig, "ff03c227 0107 001d 1a 01 77 0018" CHALLENGE_DATA);
    prove(ppp_rig_take(&rig), text, keys);
    say(8, 3, text, 0);
    CHECK(ppp_rig_sent(&rig, "ff03c227 0208 0006 1a03"));
    ppp_rig_hex(&rig, "ff03c227 0308 0004");
    CHECK_EQ(rig.n_events, n_events);
}

CHECK_MAIN()
