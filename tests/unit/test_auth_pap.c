/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PAP, with the answers that servers really send (protocol.md section 11). */
#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(void)
{
    ppp_rig_init(&rig);
    rig.config.user = bytes_of_str("bob");
    rig.secret.password = bytes_of_str("pwd");
    rig.config.auth[0] = PPP_AUTH_PAP;
    rig.config.n_auth = 1;
    ppp_rig_start(&rig);
    ppp_rig_acknowledge(&rig);
    ppp_rig_hex(&rig, "ff03c021 0164 0008 0304c023");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0264 0008 0304c023"));
}

static bool authenticated(void)
{
    const struct ppp_event *event = ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0);

    return event && event->auth.method == PPP_AUTH_PAP && memcmp(event->auth.hlak, (uint8_t[32]){0}, 32) == 0;
}

TEST(request)
{
    start();
    CHECK(ppp_rig_sent(&rig, "ff03c023 0102 000c 03 626f62 03 707764"));
    CHECK(ppp_rig_quiet(&rig));
}

static bool engine_holds(const void *secret, size_t len)
{
    return memmem(&rig.ppp, sizeof(rig.ppp), secret, len) != NULL;
}

/* The password is in the engine from the moment the request is made until the caller has taken it. */
TEST(password_leaves_with_the_request)
{
    ppp_rig_init(&rig);
    rig.secret.password = bytes_of_str("a password to look for");
    rig.config.auth[0] = PPP_AUTH_PAP;
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c023");
    CHECK_EQ(rig.secret.n_asked, 1);
    CHECK(!engine_holds("a password", 10));
    rig.now += 3 * USEC_PER_SEC;
    ppp_tick(&rig.ppp, rig.now); /* again, and nobody takes it */
    CHECK_EQ(rig.secret.n_asked, 2);
    CHECK(engine_holds("a password", 10));
    ppp_rig_hex(&rig, "ff03c023 0202 0004");
    CHECK(!engine_holds("a password", 10));
    CHECK(authenticated());
}

TEST(acks)
{
    static const char *const acks[] = {
        "ff03c023 0202 0005 00",
        "ff03c023 0202 0004",                     /* SoftEther: no message length */
        "ff03c023 0202 0004 08 4c6f67696e206f6b", /* RouterOS: the message lies behind Length */
        "ff03c023 0202 000d 08 4c6f67696e206f6b",
        "ff03c023 0202 0007 08 4c6f", /* a message cut short */
        "ff03c023 0299 0005 00",      /* an identifier of its own */
        "c023 0202 0004",
    };

    for (size_t i = 0; i < ARRAY_LEN(acks); i++) {
        start();
        ppp_rig_hex(&rig, acks[i]);
        CHECK(authenticated());
        CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    }
}

TEST(repeated_ack)
{
    start();
    ppp_rig_hex(&rig, "ff03c023 0202 0004");
    ppp_rig_hex(&rig, "ff03c023 0202 0004");
    ppp_rig_hex(&rig, "ff03c023 0302 0004"); /* a late Nak */
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

TEST(naks)
{
    static const char *const naks[][2] = {
        {"ff03c023 0302 0004", "PAP"},
        {"ff03c023 0302 0005 00", "PAP"},
        {"ff03c023 0302 000d 08 4e6f2077 61791b21", "PAP: \"No way?!\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(naks); i++) {
        start();
        ppp_rig_hex(&rig, naks[i][0]);
        ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
        CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_REFUSED);
        CHECK_STR(ppp_rig_detail(&rig), naks[i][1]);
        CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_AUTHENTICATED), 0);
    }
}

TEST(malformed)
{
    start();
    ppp_rig_hex(&rig, "ff03c023 0202 0003");
    ppp_rig_hex(&rig, "ff03c023 0202 00ff 00");
    ppp_rig_hex(&rig, "ff03c023 02");
    ppp_rig_hex(&rig, "ff03c023 0102 0005 00"); /* a request to us */
    ppp_rig_hex(&rig, "ff03c023 0902 0005 00");
    CHECK(!authenticated());
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

/* Ten requests with one identifier, 3 s apart. */
TEST(silence)
{
    start();
    ppp_rig_wait(&rig, 28 * USEC_PER_SEC);
    CHECK_EQ(rig.n_frames, 10);
    while (rig.n_frames > 0)
        CHECK(ppp_rig_sent(&rig, "ff03c023 0102 *"));
    ppp_rig_wait(&rig, 5 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_SILENT);
}

/* Never unless it is allowed, whatever the server says. */
TEST(not_allowed)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    ppp_rig_acknowledge(&rig);
    for (int i = 0; i < 20; i++)
        ppp_rig_hex(&rig, "ff03c021 0164 0008 0304c023");
    ppp_rig_hex(&rig, "ff03c023 0202 0004");
    ppp_rig_wait(&rig, 100 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    for (const struct ppp_rig_frame *frame; (frame = ppp_rig_take(&rig)) != NULL;)
        CHECK(memcmp(frame->data + 2, "\xc0\x23", 2) != 0);
}

CHECK_MAIN()
