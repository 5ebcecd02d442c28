/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame around the methods: proposals, what is allowed, and what crosses from one protocol to another. */
#include "auth.h"

#include "ppp_rig.h"

#include "check.h"

#define VALUE(...) bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct ppp_rig rig;

static enum ppp_auth_method method(struct bytes value)
{
    return auth_proposal_method(auth_proposal_find(value));
}

TEST(proposals)
{
    CHECK_EQ(method(VALUE(0xc0, 0x23)), PPP_AUTH_PAP);
    CHECK_EQ(method(VALUE(0xc2, 0x23, 0x05)), PPP_AUTH_CHAP_MD5);
    CHECK_EQ(method(VALUE(0xc2, 0x23, 0x80)), PPP_AUTH_NONE);
    CHECK_EQ(method(VALUE(0xc2, 0x23, 0x81)), PPP_AUTH_MSCHAPV2);
    CHECK_EQ(method(VALUE(0xc2, 0x27)), PPP_AUTH_EAP_MSCHAPV2);
    CHECK_EQ(auth_proposal_find(VALUE(0xc2, 0x23)), -1);
    CHECK_EQ(auth_proposal_find(VALUE(0xc2, 0x23, 0x81, 0)), -1);
    CHECK_EQ(auth_proposal_find(VALUE(0xc0, 0x23, 0)), -1);
    CHECK_EQ(auth_proposal_find(VALUE(0xc0)), -1);
    CHECK_EQ(auth_proposal_find(VALUE(0xc0, 0x25)), -1);
    CHECK_EQ(auth_proposal_find(bytes_of(NULL, 0)), -1);
    CHECK_STR(auth_proposal_name(-1), "unknown");
    CHECK_EQ(auth_proposal_method(-1), PPP_AUTH_NONE);
}

TEST(proposals_written)
{
    static const enum ppp_auth_method all[] = {PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2,
                                               PPP_AUTH_EAP_MSCHAPV2};
    uint8_t buf[8];

    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct writer w = writer_of(buf, sizeof(buf));

        auth_proposal_write(all[i], &w);
        CHECK_EQ(method(writer_view(&w)), all[i]);
    }
}

TEST(allowed)
{
    struct ppp_config config = {.auth = {PPP_AUTH_MSCHAPV2, PPP_AUTH_PAP}, .n_auth = 1};

    CHECK(auth_allowed(&config, PPP_AUTH_MSCHAPV2));
    CHECK(!auth_allowed(&config, PPP_AUTH_PAP));
    CHECK(!auth_allowed(&config, PPP_AUTH_NONE));
    config.n_auth = 0;
    CHECK(!auth_allowed(&config, PPP_AUTH_MSCHAPV2));
}

/* A frame of a protocol that was not agreed leads to nothing: no PAP instead of CHAP. */
TEST(other_protocols_are_ignored)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c023 0201 0004"); /* PAP Ack */
    ppp_rig_hex(&rig, "ff03c227 0301 0004"); /* EAP Success */
    ppp_rig_hex(&rig, "ff03c227 0101 0005 01");
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001"); /* IPCP: no implied success without EAP */
    ppp_rig_hex(&rig, "ff03c223 0101");                    /* too short */
    ppp_rig_hex(&rig, "ff03c223 0101 0100 10");            /* too long */
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

TEST(too_long_for_the_protocols)
{
    static char text[400];

    memset(text, 'x', sizeof(text));
    ppp_rig_init(&rig);
    rig.config.user = bytes_of(text, 256);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_USAGE);

    ppp_rig_init(&rig);
    rig.secret.password = bytes_of(text, 257);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c223 0101 0015 10 000102030405060708090a0b0c0d0e0f");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_USAGE);

    ppp_rig_init(&rig);
    rig.secret.password = bytes_of(text, 257);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c227");
    ppp_rig_hex(&rig, "ff03c227 0105 001a 1a 01 77 0015 10 000102030405060708090a0b0c0d0e0f");
    CHECK(ppp_rig_sent(&rig, "ff03c021 05*")); /* and no response */
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_USAGE);

    ppp_rig_init(&rig);
    rig.secret.password = bytes_of(text, 256);
    rig.config.auth[0] = PPP_AUTH_PAP;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c023");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_USAGE);
}

/* Whoever has the password does not answer: no packet leaves, and the end says what is the matter. */
TEST(nobody_answers)
{
    static const struct {
        enum ppp_auth_method method;
        const char *option, *challenge;
    } row[] = {
        {PPP_AUTH_PAP, "0304c023", NULL},
        {PPP_AUTH_CHAP_MD5, "0305c22305", "ff03c223 0101 0015 10 000102030405060708090a0b0c0d0e0f"},
        {PPP_AUTH_MSCHAPV2, "0305c22381", "ff03c223 0101 0015 10 000102030405060708090a0b0c0d0e0f"},
        {PPP_AUTH_EAP_MSCHAPV2, "0304c227",
         "ff03c227 0105 001a 1a 01 77 0015 10 000102030405060708090a0b0c0d0e0f"},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++) {
        ppp_rig_init(&rig);
        rig.secret.gone = true;
        rig.config.auth[0] = row[i].method;
        ppp_rig_start(&rig);
        ppp_rig_lcp(&rig, row[i].option);
        if (row[i].challenge)
            ppp_rig_hex(&rig, row[i].challenge);
        CHECK_EQ(rig.secret.n_asked, 1);
        for (const struct ppp_rig_frame *frame; (frame = ppp_rig_take(&rig)) != NULL;)
            CHECK_MEM(frame->data, "\xff\x03\xc0\x21\x05", 5); /* LCP Terminate-Request */
        ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
        CHECK_EQ(ppp_rig_reason(&rig), END_HOST);
        CHECK_EQ(rig.secret.n_asked, 1);
    }
}

/* Challenge number n, each another one. */
static void challenge(unsigned n)
{
    char frame[80];

    (void)snprintf(frame, sizeof(frame), "ff03c223 01%02x 0015 10 %032x", n & 0xff, n);
    ppp_rig_hex(&rig, frame);
}

static void start_chap(void)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
}

/* What a server gets out of us is bounded, and it is the server's fault. */
TEST(challenges_without_end)
{
    start_chap();
    for (unsigned n = 0; n < PPP_ANSWERS_MAX; n++) {
        challenge(n);
        CHECK(ppp_rig_sent(&rig, "ff03c223 02*"));
        challenge(n); /* again, answered again; nobody is asked */
        CHECK(ppp_rig_sent(&rig, "ff03c223 02*"));
    }
    CHECK_EQ(rig.secret.n_asked, PPP_ANSWERS_MAX);
    challenge(PPP_ANSWERS_MAX);
    CHECK(ppp_rig_sent(&rig, "ff03c021 05*")); /* and no response */
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_ENDLESS);
    CHECK_STR(ppp_rig_detail(&rig), "100 answers within 10 minutes");
    CHECK_EQ(rig.secret.n_asked, PPP_ANSWERS_MAX);
}

/* In a tunnel that is up, one every seven seconds is the server's habit and goes on for ever. */
TEST(challenges_that_take_their_time)
{
    bool all = true;

    ppp_rig_init(&rig);
    rig.config.auth[0] = PPP_AUTH_CHAP_MD5;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22305");
    challenge(0);
    ppp_rig_hex(&rig, "ff03c223 0300 0004");
    ppp_rig_hex(&rig, "ff038021 0101 000a 0306 0a000001");
    ppp_rig_hex(&rig, "ff038021 0402 0010 8206 00000000 8406 00000000");
    ppp_rig_hex(&rig, "ff038021 0303 0016 0306 0a000064 8106 08080808 8306 08080404");
    ppp_rig_hex(&rig, "ff038021 0204 0016 0306 0a000064 8106 08080808 8306 08080404");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_UP), 1);
    for (unsigned n = 1; n < 5 * PPP_ANSWERS_MAX && all; n++) {
        ppp_rig_wait(&rig, 7 * USEC_PER_SEC);
        ppp_rig_forget(&rig);
        challenge(n);
        all = CHECK(ppp_rig_sent(&rig, "ff03c223 02*"));
    }
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    CHECK_EQ(rig.secret.n_asked, 5 * PPP_ANSWERS_MAX);
}

/* Nor does a new login start from nothing. */
TEST(logins_without_end)
{
    start_chap();
    for (unsigned n = 0; n < PPP_ANSWERS_MAX; n++) {
        challenge(n);
        ppp_rig_hex(&rig, "ff03c021 0165 0009 0305c22381");
        CHECK(ppp_rig_sent(&rig, "ff03c223 02*"));
        ppp_rig_acknowledge(&rig);
        ppp_rig_forget(&rig);
    }
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 1 + PPP_ANSWERS_MAX);
    challenge(PPP_ANSWERS_MAX);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_ENDLESS);
}

TEST(the_first_failure_counts)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    auth_fail(&rig.ppp.auth, end_make(END_AUTH_REFUSED, 691, "first"));
    auth_fail(&rig.ppp.auth, end_make(END_AUTH_SERVER, 0, "second"));
    ppp_rig_hex(&rig, "ff03c021 0901 0008 00000000"); /* whatever comes next */
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
    CHECK_STR(ppp_rig_detail(&rig), "first");
}

/* What a stopped method knew is gone. */
TEST(secrets_are_wiped)
{
    static const uint8_t zero[sizeof(rig.ppp.auth.hlak)];

    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0305c22381");
    ppp_rig_hex(&rig, "ff03c223 0101 0015 10 000102030405060708090a0b0c0d0e0f");
    CHECK(memcmp(rig.ppp.auth.mschapv2.hlak, zero, 32) != 0);
    ppp_rig_close(&rig);
    CHECK_MEM(rig.ppp.auth.mschapv2.hlak, zero, 32);
    CHECK_MEM(rig.ppp.auth.mschapv2.authenticator, zero, 20);
}

CHECK_MAIN()
