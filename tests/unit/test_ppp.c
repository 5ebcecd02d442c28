/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine through its door: frames in, frames and events out; byte by byte where protocol.md gives the bytes. */
#include "ppp.h"

#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

/* protocol.md section 16 (with the NBNS options that we ask for, too) */
TEST(walk_through)
{
    const struct ppp_event *event;

    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0101 000e 0104 05dc 0506 ........"));
    ppp_rig_hex(&rig, "ff03c021 0164 000c 0304c023 010405ac");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0264 000c 0304c023 010405ac"));
    rig.seed = 1;
    ppp_rig_hex(&rig, "ff03c021 0201 000e 0104 05dc 0506 00000000");
    CHECK_EQ(rig.n_events, 0); /* not our magic number: no Ack of our request */
    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c023010405ac");
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_LCP_UP), 1);
    CHECK_EQ(ppp_peer_mru(&rig.ppp), 1452);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_AUTH);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK(ppp_rig_sent(&rig, "ff03c023 0102 000c 03626f62 03707764"));
    ppp_rig_hex(&rig, "ff03c023 0202 0005 00");
    event = ppp_rig_event(&rig, PPP_EVENT_AUTHENTICATED, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_EQ(event->auth.method, PPP_AUTH_PAP);
    CHECK_MEM(event->auth.hlak, (const uint8_t[32]){0}, 32);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_NETWORK);
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 0022 0306 00000000 8106 00000000 8206 00000000 8306 00000000"
                             "8406 00000000"));
    ppp_rig_bring_ipv4_up(&rig);
    CHECK(ppp_rig_sent(&rig, "ff038021 0201 000a 0306 0a000001"));
    CHECK(ppp_rig_sent(&rig, "ff038021 0104 0016 0306 00000000 8106 00000000 8306 00000000"));
    CHECK(ppp_rig_sent(&rig, "ff038021 0105 0016 0306 0a000064 8106 08080808 8306 08080404"));
    event = ppp_rig_event(&rig, PPP_EVENT_IPV4_UP, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_MEM(event->ipv4.local, "\x0a\x00\x00\x64", 4);
    CHECK_MEM(event->ipv4.peer, "\x0a\x00\x00\x01", 4);
    CHECK_MEM(event->ipv4.dns, "\x08\x08\x08\x08\x08\x08\x04\x04", 8);
    CHECK_MEM(event->ipv4.nbns, "\0\0\0\0\0\0\0\0", 8);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_UP);
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(ppp_deadline(&rig.ppp), USEC_NEVER);
}

TEST(close_politely)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_close(&rig);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 1);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0506 0004"));
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_hex(&rig, "ff03c021 0606 0004");
    CHECK_EQ(ppp_rig_reason(&rig), END_REQUESTED);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_UP);
    CHECK_EQ(ppp_deadline(&rig.ppp), USEC_NEVER);
}

/* Two requests a second apart, then the end. */
TEST(close_unanswered)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_close(&rig);
    ppp_rig_wait(&rig, USEC_PER_SEC - 1);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0506 0004"));
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_wait(&rig, 1);
    CHECK(ppp_rig_sent(&rig, "ff03c021 0507 0004"));
    ppp_rig_wait(&rig, USEC_PER_SEC - 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    ppp_rig_wait(&rig, 1);
    CHECK_EQ(ppp_rig_reason(&rig), END_REQUESTED);
    ppp_rig_close(&rig);
    ppp_rig_hex(&rig, "ff03c021 0101 0004");
    ppp_rig_wait(&rig, 100 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_END), 1);
    CHECK(ppp_rig_quiet(&rig));
}

TEST(close_in_every_phase)
{
    ppp_rig_init(&rig);
    ppp_init(&rig.ppp, &rig.config, &rig.env);
    ppp_rig_close(&rig); /* before ppp_open() */
    CHECK_EQ(ppp_rig_reason(&rig), END_REQUESTED);

    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_close(&rig);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_LCP);
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_REQUESTED);

    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c023");
    ppp_rig_close(&rig);
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_AUTH);
    ppp_rig_wait(&rig, 2 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_REQUESTED);
}

TEST(done_takes_anything)
{
    static struct ppp zeroed;

    ppp_done(&zeroed);
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_done(&rig);
}

/* Nothing of the network before the AUTHENTICATED event was taken, whatever the peer does meanwhile. */
TEST(network_waits_for_the_event)
{
    uint8_t buf[PPP_FRAME_MAX];
    struct writer w = writer_of(buf, sizeof(buf));
    struct ppp_event event;
    static const uint8_t ack[] = {0xff, 3, 0xc0, 0x23, 2, 2, 0, 4};
    static const uint8_t ipcp[] = {0xff, 3, 0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 0, 0, 1};

    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c023");
    ppp_input(&rig.ppp, bytes_of(ack, sizeof(ack)), rig.now);
    ppp_input(&rig.ppp, bytes_of(ipcp, sizeof(ipcp)), rig.now);
    CHECK(!ppp_output(&rig.ppp, &w));
    CHECK(ppp_event(&rig.ppp, &event));
    CHECK_EQ(event.type, PPP_EVENT_AUTHENTICATED);
    CHECK(ppp_output(&rig.ppp, &w));
    CHECK(ppp_output(&rig.ppp, &w)); /* our request, and the Ack of the peer's: nothing was lost */
    CHECK(!ppp_output(&rig.ppp, &w));
}

/* What came and went before the caller looked is no news. */
TEST(events_not_taken)
{
    static const uint8_t request[] = {0xff, 3, 0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 0, 0, 1};
    static const uint8_t again[] = {0xff, 3, 0x80, 0x21, 1, 2, 0, 10, 3, 6, 10, 0, 0, 1};
    static const uint8_t ack[] = {0xff, 3, 0x80, 0x21, 2, 5, 0, 10, 3, 6, 10, 0, 0, 100};
    struct ppp_event event;

    ppp_rig_start_network(&rig, false);
    ppp_rig_hex(&rig, "ff038021 0403 001c 8106 00000000 8206 00000000 8306 00000000 8406 00000000");
    ppp_rig_hex(&rig, "ff038021 0304 000a 0306 0a000064");
    ppp_input(&rig.ppp, bytes_of(request, sizeof(request)), rig.now);
    ppp_input(&rig.ppp, bytes_of(ack, sizeof(ack)), rig.now); /* up */
    CHECK_EQ(ppp_stage(&rig.ppp), END_STAGE_UP);
    ppp_input(&rig.ppp, bytes_of(again, sizeof(again)), rig.now); /* and down: it renegotiates */
    CHECK(!ppp_event(&rig.ppp, &event));
}

/* SoftEther 5's challenge overtakes its Ack of our request. */
TEST(early_challenge)
{
    const struct ppp_rig_frame *request;
    struct ppp_rig_frame ack;

    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    request = ppp_rig_take(&rig);
    ack = *request;
    ack.data[4] = 2;
    ppp_rig_hex(&rig, "ff03c021 0100 0009 0305c22381");
    ppp_rig_hex(&rig, "ff03c223 0163 0015 10 000102030405060708090a0b0c0d0e0f");
    ppp_rig_forget(&rig);
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_input(&rig, ack.data, ack.len);
    CHECK(ppp_rig_sent(&rig, "ff03c223 0263 003a 31 *"));
    CHECK(ppp_rig_quiet(&rig));
}

TEST(early_frames_are_bounded)
{
    uint8_t big[PPP_FRAME_MAX] = {0xff, 0x03, 0xc2, 0x23, 1, 1, 0x0f, 0xf7};

    ppp_rig_init(&rig);
    ppp_rig_start(&rig);
    for (int i = 0; i < 100; i++)
        ppp_rig_input(&rig, big, sizeof(big));
    ppp_rig_lcp(&rig, "0305c22381");
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    CHECK(ppp_rig_quiet(&rig));
}

TEST(frames_without_header)
{
    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "c021 0164 0008 0304c023");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0264 0008 0304c023"));
}

/* Protocol-Reject of what we do not speak: only after authentication, cut to the peer's MRU. */
TEST(unknown_protocols)
{
    uint8_t big[2000] = {0xff, 0x03, 0x80, 0xfd, 1, 1};
    const struct ppp_rig_frame *reject;

    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff0380fd 0101 0004");
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_init_pap(&rig);
    ppp_rig_start(&rig);
    ppp_rig_lcp(&rig, "0304c02301040400"); /* MRU 1024 */
    ppp_rig_hex(&rig, "ff0380fd 0101 0004");
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_hex(&rig, "ff03c023 0202 0005 00");
    ppp_rig_forget(&rig);
    ppp_rig_hex(&rig, "ff0380fd 0101 0004");
    CHECK(ppp_rig_sent(&rig, "ff03c021 0804 000a 80fd 01010004"));
    ppp_rig_hex(&rig, "2d 4500"); /* compressed data in a short frame */
    CHECK(ppp_rig_sent(&rig, "ff03c021 0805 0008 002d 4500"));
    ppp_rig_input(&rig, big, sizeof(big));
    reject = ppp_rig_take(&rig);
    CHECK_EQ(reject->len, 4 + 1024);
    ppp_rig_hex(&rig, "ff030021 4500"); /* data before IPCP is up: dropped */
    ppp_rig_hex(&rig, "ff03c223 0101 0005 00");
    ppp_rig_hex(&rig, "ff03c227 0101 0005 01"); /* never these */
    CHECK(ppp_rig_quiet(&rig));
}

TEST(garbage_is_dropped)
{
    ppp_rig_start_ipv4_up(&rig, false);
    ppp_rig_hex(&rig, "");
    ppp_rig_hex(&rig, "ff03");
    ppp_rig_hex(&rig, "ff03c0");
    ppp_rig_hex(&rig, "ff03c021");
    ppp_rig_hex(&rig, "ff03c021 01");
    ppp_rig_hex(&rig, "ff03c021 0101 0003");
    ppp_rig_hex(&rig, "ff03c021 0101 0009 0304"); /* Length beyond the frame */
    ppp_rig_hex(&rig, "ff03c021 0101 0006 0301"); /* an option of length 1 */
    ppp_rig_hex(&rig, "ff03c021 0101 0006 0305"); /* an option beyond the packet */
    ppp_rig_hex(&rig, "ff03c021 0101 0005 03");
    ppp_rig_hex(&rig, "ff038021 0101 0006 0300");
    CHECK(ppp_rig_quiet(&rig));
    CHECK_EQ(ppp_rig_reason(&rig), END_NONE);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV4_DOWN), 0);
}

/* A caller that takes nothing loses frames, never memory; what it takes then is whole. */
TEST(queue_is_bounded)
{
    static const uint8_t echo[] = {0xff, 3, 0xc0, 0x21, 9, 1, 0, 20, 0, 0,  0,  0,
                                   1,    2, 3,    4,    5, 6, 7, 8,  9, 10, 11, 12};
    uint8_t buf[PPP_FRAME_MAX];
    size_t n = 0;

    ppp_rig_start_ipv4_up(&rig, false);
    for (int i = 0; i < 100000; i++)
        ppp_input(&rig.ppp, bytes_of(echo, sizeof(echo)), rig.now);
    for (;;) {
        struct writer w = writer_of(buf, sizeof(buf));

        if (!ppp_output(&rig.ppp, &w))
            break;
        CHECK_EQ(w.len, 24);
        n++;
    }
    CHECK(n > 10 && n < 500);
}

TEST(method_names)
{
    CHECK_STR(ppp_auth_method_name(PPP_AUTH_MSCHAPV2), "mschapv2");
    CHECK_STR(ppp_auth_method_name(PPP_AUTH_EAP_MSCHAPV2), "eap-mschapv2");
    CHECK_STR(ppp_auth_method_name(PPP_AUTH_CHAP_MD5), "chap-md5");
    CHECK_STR(ppp_auth_method_name(PPP_AUTH_PAP), "pap");
}

/* No log level may show a password or what proves that one knows it. */
TEST(no_secret_in_the_log)
{
    ppp_rig_init_pap(&rig);
    rig.secret.password = bytes_of_str("Geheimnis");
    ppp_rig_start(&rig);
    ppp_rig_network(&rig);
    CHECK(ppp_rig_logged(&rig, "sent PAP Authenticate-Request id 2"));
    CHECK(strstr(rig.log, "Geheimnis") == NULL);
    CHECK(strstr(rig.log, "47656865") == NULL);
}

TEST(readable_log)
{
    ppp_rig_start_ipv4_up(&rig, false);
    CHECK(ppp_rig_logged(&rig, "sent LCP Configure-Request id 1 <mru 1500> <magic 0x"));
    CHECK(ppp_rig_logged(&rig, "received LCP Configure-Request id 100 <auth PAP>"));
    CHECK(ppp_rig_logged(&rig,
                         "received IPCP Configure-Nak id 4 <addr 10.0.0.100> <dns1 8.8.8.8> <dns2 8.8.4.4>"));
}

CHECK_MAIN()
