/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ten thousand seeded runs of a server that is scripted at random, of a stream that is cut, damaged and
 * dropped at random, and of a caller that acts at random moments. What must hold in every run (at most one
 * CALL_CONNECTED, none before authentication, nothing after the end, bounded output, a deadline until the end
 * ...) the rig checks after each step; and each run must end within a bounded time once nothing more comes
 * in.
 */
#include "sstp.h"

#include "check.h"
#include "sstp_rig.h"
#include "sstp_script.h"

#define N_RUNS       10000
#define LIFETIME_MAX (125 * USEC_PER_SEC) /* without input: hello twice is the longest */

static const uint8_t zero_hlak[SSTP_HLAK_LEN];
static struct sstp_rig rig;
static struct sstp_script server;

static void begin(uint64_t seed)
{
    sstp_rig_init(&rig, seed);
    sstp_script_init(&server);
    memcpy(server.cert_sha1, rig.config.cert_sha1, sizeof(server.cert_sha1));
    memcpy(server.cert_sha256, rig.config.cert_sha256, sizeof(server.cert_sha256));
}

static unsigned int n_ends[END_REASON_COUNT];
static bool stream_is_gone;

static void random_script(uint64_t *random)
{
    static const char *const heads[] = {
        "HTTP/1.1 404 Not Found\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n",
        "HTTP/1.0 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\n",
        "SSH-2.0-x\r\n",
        NULL,
    };

    if (sstp_rig_pick(random, 8) == 0)
        server.http = heads[sstp_rig_pick(random, ARRAY_LEN(heads))];
    if (sstp_rig_pick(random, 8) == 0)
        server.n_naks = sstp_rig_pick(random, 6);
    if (sstp_rig_pick(random, 8) == 0)
        server.hashes = (uint8_t)sstp_rig_next(random);
    server.mute = sstp_rig_pick(random, 16) == 0;
    server.no_echo = sstp_rig_pick(random, 4) == 0;
    server.no_goodbye = sstp_rig_pick(random, 4) == 0;
    server.verdict = sstp_rig_pick(random, 8) == 0 ? (uint8_t)(1 + sstp_rig_pick(random, 11)) : 0;
}

/* A message that looks like one: any type, any bytes behind it. */
static void say_random_message(uint64_t *random)
{
    uint8_t payload[64];
    size_t len = sstp_rig_pick(random, sizeof(payload));

    for (size_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(sstp_rig_pick(random, 2) ? sstp_rig_pick(random, 13) : sstp_rig_next(random));
    if (len >= 2)
        payload[0] = 0;
    sstp_script_say(&server, true, payload, len);
}

static void say_random_frame(uint64_t *random)
{
    uint8_t payload[SSTP_PAYLOAD_MAX] = {0xff, 0x03};
    size_t len = sstp_rig_pick(random, sstp_rig_pick(random, 8) ? 32 : sizeof(payload) + 1);

    for (size_t i = 2; i < len; i++)
        payload[i] = (uint8_t)sstp_rig_next(random);
    sstp_script_say(&server, false, payload, len);
}

/* Carries some of what the server has said, now and then damaged. */
static void carry_some(uint64_t *random)
{
    size_t len = server.out_len;

    if (len == 0 || stream_is_gone)
        return;
    if (sstp_rig_pick(random, 2))
        len = 1 + sstp_rig_pick(random, (uint32_t)len);
    if (sstp_rig_pick(random, 50) == 0)
        server.out[sstp_rig_pick(random, (uint32_t)len)] ^= (uint8_t)(1u << sstp_rig_pick(random, 8));
    sstp_rig_feed(&rig, bytes_of(server.out, len));
    server.out_len -= len;
    memmove(server.out, server.out + len, server.out_len);
    sstp_script_hear(&server, rig.sent, rig.sent_len);
    sstp_rig_forget(&rig);
}

static void random_step(uint64_t *random)
{
    switch (sstp_rig_pick(random, 32)) {
    case 0: say_random_message(random); break;
    case 1: sstp_script_say_bare(&server, (uint8_t)sstp_rig_pick(random, 12)); break;
    case 2:
    case 3: say_random_frame(random); break;
    case 4: sstp_rig_pass(&rig, sstp_rig_pick(random, 70000000)); break;
    case 5:
    case 6: sstp_rig_pass(&rig, sstp_rig_pick(random, 2000000)); break;
    case 7:
    case 8: sstp_rig_authenticated(&rig, zero_hlak); break;
    case 9:
        if (sstp_rig_pick(random, 6) == 0)
            sstp_rig_close(&rig);
        break;
    case 10:
        if (sstp_rig_pick(random, 12) == 0)
            stream_is_gone = true; /* what the caller would notice; without it the timers must do */
        break;
    default: carry_some(random); break;
    }
}

static void random_run(uint64_t seed)
{
    uint64_t random = seed * 0xd1342543de82ef95u + 1;

    begin(seed);
    stream_is_gone = false;
    random_script(&random);
    sstp_script_hear(&server, rig.sent, rig.sent_len);
    sstp_rig_forget(&rig);
    for (int step = 0; step < 150; step++)
        random_step(&random);
    sstp_rig_pass(&rig, LIFETIME_MAX);
}

TEST(random_runs)
{
    static const enum end_reason expected[] = {END_REQUESTED,       END_HTTP_STATUS,     END_HTTP_BAD,
                                               END_SSTP_BAD,        END_SSTP_UNEXPECTED, END_SSTP_NAK,
                                               END_SSTP_ABORT,      END_SSTP_BINDING,    END_SSTP_NO_HASH,
                                               END_SSTP_DISCONNECT, END_SILENT};

    for (uint64_t seed = 1; seed <= N_RUNS; seed++) {
        random_run(seed);
        n_ends[rig.end.reason]++;
        if (!CHECK_STR(rig.broken, NULL) || !CHECK_EQ(rig.n_end, 1) ||
            !CHECK(!server.broken && !server.pipelined))
            fprintf(stderr, "    seed %" PRIu64 "\n", seed);
    }
    for (size_t i = 0; i < ARRAY_LEN(expected); i++)
        if (!CHECK(n_ends[expected[i]] > 0)) /* the runs really go everywhere */
            fprintf(stderr, "    no run ended with %s\n", end_reason_name(expected[i]));
}

TEST(random_runs_repeat_exactly)
{
    static struct sstp_rig first;

    for (uint64_t seed = 1; seed <= 50; seed++) {
        random_run(seed);
        first = rig;
        random_run(seed);
        CHECK_EQ(rig.end.reason, first.end.reason);
        CHECK_EQ(rig.ended_at, first.ended_at);
        CHECK_EQ(rig.n_frames, first.n_frames);
        CHECK_MEM(rig.n_sent, first.n_sent, sizeof(first.n_sent));
        CHECK_STR(sstp_correlation_id(&rig.sstp), sstp_correlation_id(&first.sstp));
    }
}

CHECK_MAIN()
