/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LCP on the wire: the policy table of protocol.md section 9, option by option and code by code. */
#include "lcp.h"

#include "lcp_option.h"
#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(void)
{
    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
}

/* The engine's answer to a Configure-Request with these options. */
static bool answers(const char *options, const char *code, const char *answer)
{
    char request[1100], want[1100];

    (void)snprintf(request, sizeof(request), "ff03c021 0142 %04zx %s", 4 + strlen(options) / 2, options);
    (void)snprintf(want, sizeof(want), "ff03c021 %s42 %04zx %s", code, 4 + strlen(answer) / 2, answer);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, request);
    return ppp_rig_sent(&rig, want);
}

static bool acked(const char *options)
{
    return answers(options, "02", options);
}

static bool rejected(const char *option)
{
    return answers(option, "04", option);
}

static void open_lcp(void)
{
    start();
    ppp_rig_lcp(&rig, "0305c22381");
}

TEST(our_request)
{
    start();
    CHECK(ppp_rig_sent(&rig, "ff03c021 0101 000e 0104 05dc 0506 ........"));
    CHECK(ppp_rig_quiet(&rig));
}

TEST(accepted)
{
    start();
    CHECK(acked(""));
    CHECK(acked("010405dc"));
    CHECK(acked("01040ffb")); /* Windows: 4091 */
    CHECK(acked("0104ffff"));
    CHECK(acked("01040240")); /* 576 */
    CHECK(acked("020600000000"));
    CHECK(acked("0206ffffffff"));
    CHECK(acked("0305c22381"));
    CHECK(acked("0304c227"));
    CHECK(acked("050611223344"));
    CHECK(acked("0702"));
    CHECK(acked("0802"));
    CHECK(acked("13170102030405060708090a0b0c0d0e0f101112131415")); /* Windows' endpoint */
}

TEST(refused_for_good)
{
    start();
    CHECK(rejected("0408c02500000000")); /* Quality-Protocol */
    CHECK(rejected("090301"));
    CHECK(rejected("0a0300"));
    CHECK(rejected("0d0306"));   /* Callback: CBCP */
    CHECK(rejected("1104064e")); /* MRRU 1614 */
    CHECK(rejected("1202"));
    CHECK(rejected("17041234"));
    CHECK(rejected("ff02"));
    CHECK(rejected("0205000000")); /* a length that fits no ACCM */
}

TEST(naked)
{
    start();
    CHECK(answers("01040100", "03", "01040240")); /* MRU 256 */
    CHECK(answers("0103ff", "03", "01040240"));   /* of wrong length */
    CHECK(answers("050600000000", "03", "0506........"));
    CHECK(answers("0304c023", "03", "0305c22381")); /* PAP is not allowed */
}

/* Windows Server 2016: first the rejects alone, then all the rest is fine (protocol.md section 9). */
TEST(windows)
{
    start();
    CHECK(answers("01040ffb0304c2270506112233440702080"
                  "20d03061104064e1317010203040506"
                  "0708090a0b0c0d0e0f101112131415",
                  "04", "0d03061104064e"));
    CHECK(acked("01040ffb0304c22705061122334407020802"
                "13170102030405060708090a0b0c0d0e0f101112131415"));
}

/* Max-Failure Naks of one option, then it is rejected; the login never is. */
TEST(naks_are_bounded)
{
    start();
    for (int i = 0; i < CP_MAX_FAILURE; i++)
        CHECK(answers("01040100", "03", "01040240"));
    CHECK(answers("01040100", "04", "01040100"));
    CHECK(acked(""));
    CHECK(answers("01040100", "03", "01040240")); /* an Ack starts the count afresh */
}

/* accel-ppp's walk: our preference is no order, what is allowed is taken. */
TEST(walk_to_an_allowed_method)
{
    start();
    CHECK(answers("0304c023", "03", "0305c22381"));
    CHECK(answers("0305c22305", "03", "0304c227"));
    CHECK(answers("0305c22380", "03", "0305c22381"));
    CHECK(acked("0304c227"));
}

/* Not even when other options have used up the Naks; and what was refused before an agreement is forgotten with it. */
TEST(login_is_never_rejected)
{
    start();
    for (int i = 0; i < CP_MAX_FAILURE; i++)
        CHECK(answers("01040100", "03", "01040240"));
    CHECK(answers("0304c023", "03", "0305c22381"));
    CHECK(acked("0305c22381"));
    ppp_rig_wait(&rig, 60 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_LCP);
}

TEST(no_common_method)
{
    start();
    for (int i = 0; i < CP_MAX_FAILURE; i++)
        ppp_rig_hex(&rig, i % 2 ? "ff03c021 0142 0009 0305c22380" : "ff03c021 0142 0008 0304c023");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    CHECK_STR(ppp_rig_detail(&rig), "the server wants PAP, MS-CHAP; --auth pap would allow it");
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_LCP);
}

TEST(only_unsupported_methods)
{
    start();
    for (int i = 0; i < CP_MAX_FAILURE; i++)
        ppp_rig_hex(&rig, i % 2 ? "ff03c021 0142 0009 0305c22380" : "ff03c021 0142 000a 0306c0291234");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    CHECK_STR(ppp_rig_detail(&rig),
              "the server wants MS-CHAP, an unknown method, which is not supported here");
}

/* The order of --auth: PAP though allowed is taken only from a server that insists. */
TEST(a_one_sided_method_is_the_second_choice)
{
    ppp_rig_init(&rig);
    rig.config.auth[0] = PPP_AUTH_MSCHAPV2;
    rig.config.auth[1] = PPP_AUTH_PAP;
    rig.config.n_auth = 2;
    ppp_rig_start(&rig);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff03c021 0142 0008 0304c023");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0342 0009 0305c22381"));
    ppp_rig_hex(&rig, "ff03c021 0143 0008 0304c023");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0243 0008 0304c023"));
}

/* The server gives up before we do: the cause is the same. */
TEST(server_gives_up_on_methods)
{
    start();
    ppp_rig_hex(&rig, "ff03c021 0142 0008 0304c023");
    ppp_rig_hex(&rig, "ff03c021 0543 0004");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    start();
    ppp_rig_hex(&rig, "ff03c021 0142 0009 0305c22305");
    ppp_rig_wait(&rig, 60 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_AUTH_METHOD);
    CHECK_STR(ppp_rig_detail(&rig), "the server wants CHAP-MD5; --auth chap-md5 would allow it");
}

/* Whatever is rejected is not asked for again: Keenetic, SoftEther (protocol.md section 15). */
TEST(rejected_options)
{
    start();
    CHECK(ppp_rig_sent(&rig, "ff03c021 0101 *"));
    ppp_rig_hex(&rig, "ff03c021 0401 000a 0506 00000000");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0102 0008 0104 05dc"));
    ppp_rig_hex(&rig, "ff03c021 0402 0008 0104 05dc");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0103 0004"));
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0103 0004")); /* the same again */
    ppp_rig_hex(&rig, "ff03c021 0203 0004");
    ppp_rig_hex(&rig, "ff03c021 0142 0009 0305c22381");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 1);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff03c021 0901 0008 00000000"); /* magic 0 from now on */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0a01 0008 00000000"));
}

TEST(naked_mru)
{
    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff03c021 0301 0008 0104 05ac");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0102 000e 0104 05ac 0506 *"));
    ppp_rig_hex(&rig, "ff03c021 0302 0008 0104 0001"); /* no value to live with */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0103 000e 0104 05ac 0506 *"));
    ppp_rig_hex(&rig, "ff03c021 0303 0007 0103 00"); /* none at all */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0104 000e 0104 05ac 0506 *"));
    ppp_rig_hex(&rig, "ff03c021 0304 000d 0104 0578 0305c22381"); /* a wish that is not ours to fulfil */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0105 000e 0104 0578 0506 *"));
}

TEST(peer_mru)
{
    static const struct {
        const char *options;
        unsigned mru;
    } cases[] = {
        {"0305c22381", 1500},
        {"0305c2238101040578", 1400},
        {"0305c223810104ffff", 4091},
        {"0305c2238101040240", 576},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        start();
        ppp_rig_lcp(&rig, cases[i].options);
        CHECK_EQ(ppp_peer_mru(&rig.ppp), cases[i].mru);
    }
}

/* What we say comes back (sorz #44): new numbers, then the end. */
TEST(loop)
{
    start();
    for (int i = 0; i < 100 && !rig.ended; i++) {
        struct ppp_rig_frame frame;
        const struct ppp_rig_frame *next = ppp_rig_take(&rig);

        if (!next)
            break;
        frame = *next;
        ppp_rig_input(&rig, frame.data, frame.len);
    }
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_LOOP);
}

/* By chance the same number: one Nak, and on it goes. */
TEST(same_magic_once)
{
    struct ppp_rig_frame frame;

    start();
    frame = *ppp_rig_take(&rig);
    ppp_rig_input(&rig, frame.data, frame.len);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0301 000a 0506 *"));
    CHECK(acked("050611223344"));
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
}

TEST(echo)
{
    open_lcp();
    ppp_rig_hex(&rig, "ff03c021 0907 0008 11223344");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0a07 0008 ........"));
    /* SoftEther 5, with its zeros where the magic number belongs */
    ppp_rig_hex(&rig, "ff03c021 0908 0018 00000000 41686f2042616b61204d616e756b6500");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0a08 0018 ........ 41686f2042616b61204d616e756b6500"));
    ppp_rig_hex(&rig, "ff03c021 0909 0004");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0a09 0008 ........"));
    ppp_rig_hex(&rig, "ff03c021 0909 0006 1122");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0a09 0008 ........"));
    ppp_rig_hex(&rig, "ff03c021 0a09 0008 11223344"); /* a reply, a Discard-Request */
    ppp_rig_hex(&rig, "ff03c021 0b09 0008 11223344");
    CHECK(ppp_rig_quiet(&rig));
}

TEST(echo_keeps_to_the_mru)
{
    uint8_t big[3000] = {0xff, 0x03, 0xc0, 0x21, 9, 1, 0x0b, 0xb0};

    open_lcp();
    ppp_rig_input(&rig, big, sizeof(big));
    CHECK_EQ(ppp_rig_take(&rig)->len, 4 + 1500);
}

TEST(no_echo_before_opened)
{
    start();
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff03c021 0900 0018 00000000 41686f2042616b61204d616e756b6500");
    CHECK(ppp_rig_quiet(&rig));
}

/* Extensions are never Code-Rejected: SoftEther 5 hangs up at one. */
TEST(other_codes)
{
    open_lcp();
    ppp_rig_hex(&rig, "ff03c021 0c01 0012 11223344 4d5352415356352e3230");
    CHECK(ppp_rig_logged(&rig, "LCP: the server identifies itself: MSRASV5.20"));
    ppp_rig_hex(&rig, "ff03c021 0c01 0004");
    ppp_rig_hex(&rig, "ff03c021 0d01 000c 11223344 00000000");
    ppp_rig_hex(&rig, "ff03c021 0e01 0004");
    ppp_rig_hex(&rig, "ff03c021 0f01 0004");
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_hex(&rig, "ff03c021 1001 0006 abcd 99");
    CHECK(ppp_rig_sent(&rig, "ff03c021 07.. 000a 10010006abcd"));
}

/* RFC 1661 5.6: the rejected packet is cut to the peer's MRU. */
TEST(code_reject_keeps_to_the_mru)
{
    uint8_t big[3000] = {0xff, 0x03, 0xc0, 0x21, 16, 1, 0x0b, 0xb0};
    const struct ppp_rig_frame *frame;

    open_lcp();
    ppp_rig_input(&rig, big, sizeof(big));
    frame = ppp_rig_take(&rig);
    CHECK_OR_RETURN(frame != NULL);
    CHECK_EQ(frame->len, 4 + 1500);
    CHECK_EQ(frame->data[4], 7);
    CHECK_MEM(frame->data + 8, big + 4, 1496);
}

TEST(code_reject_of_the_essentials)
{
    open_lcp();
    ppp_rig_hex(&rig, "ff03c021 0701 0008 09010004");
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_hex(&rig, "ff03c021 0701 0008 01010004");
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_REJECTED);
}

/* An Ack must repeat what we asked for. */
TEST(false_ack)
{
    start();
    ppp_rig_hex(&rig, "ff03c021 0142 0009 0305c22381");
    ppp_rig_hex(&rig, "ff03c021 0201 0004");
    ppp_rig_hex(&rig, "ff03c021 0201 0008 0104 05dc");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 0);
    ppp_rig_acknowledge(&rig);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 1);
}

CHECK_MAIN()
