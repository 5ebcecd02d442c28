/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Birth, rounds, time and end of one session. */
#include "session_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "session_server.h"

#define ROUNDS_MAX \
    64 /* until nothing is due: what waits inside is bounded; and one for each frame that changes the host */
#define TALK_ROUNDS 8
#define GOODBYE_MAX (8 * USEC_PER_SEC)
#define LIFETIME_MAX \
    (200 * USEC_PER_SEC) /* without a word from outside; the link's watchdog is the longest timer */

struct session_rig rig;
struct call session_call;
struct hostnet session_hostnet;

void session_must(bool held, const char *what, const char *file, int line)
{
    if (held)
        return;
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, what);
    abort();
}

/* -- birth ----------------------------------------------------------------------------------------------- */

static void count_up(void *user, uint8_t *out, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++)
        out[i] = ++rig.chance;
}

static void judge_line(void *user, enum log_level level, const char *line)
{
    size_t len = strlen(line);

    (void)user;
    (void)level;
    if (rig.traces)
        fprintf(stderr, "%10.3f %s\n", (double)rig.now / 1e6, line);
    for (size_t i = 0; i < len; i++)
        MUST(line[i] >= 0x20 && line[i] < 0x7f); /* which rules the password out, too */
}

void session_reset(void)
{
    memset(&rig, 0, sizeof(rig));
    memset(&session_watched, 0, sizeof(session_watched));
    session_host = (struct session_host){.len = 0};
    session_said_reset();
    rig.now = 1000 * USEC_PER_SEC;
    rig.user = "User";
    rig.sink = (struct log_sink){.write = judge_line, .max = LOG_LEVEL_INFO};
    rig.env = (struct env){.random = count_up, .log = &rig.sink};
    rig.tls.status = TLS_AGAIN;
}

void session_begin(void)
{
    static const uint8_t server[4] = {192, 0, 2, 1};
    struct ipaddr address = ipaddr_v4(server);
    struct hostnet_acts acts;
    struct call_config config = {
        .log = &rig.sink,
        .env = &rig.env,
        .tls = &rig.tls,
        .tun = &rig.tun,
        .hostnet = &session_hostnet,
        .options = &rig.options,
        .user = bytes_of_str(rig.user),
    };

    rig.tun =
        (struct tun){.fd = -1, .ifindex = 7, .name = "sstp0", .vnet = rig.vnet, .offloads = rig.offloads};
    acts = session_keeper(&address);
    hostnet_init(&session_hostnet, &rig.options, &acts, &rig.sink);
    hostnet_server(&session_hostnet, &address);
    local_secret_init(&rig.secret, &rig.secret_config, SESSION_PASSWORD);
    rig.secret_config.user = config.user;
    config.secret = rig.secret_config.secret;
    memset(&session_call, 0, sizeof(session_call));
    call_init(&session_call, &config, rig.now);
    session_drive();
}

/* -- what holds after every round ------------------------------------------------------------------------ */

static void check_end(void)
{
    char line[1024];

    if (rig.end.reason == END_NONE && session_call.end.reason != END_NONE) {
        rig.end = session_call.end;
        rig.stage = session_call.stage;
        MUST(rig.end.reason < END_REASON_COUNT && rig.stage < END_STAGE_COUNT);
        MUST(end_exit_status(&rig.end, rig.stage) >= 0 &&
             end_exit_status(&rig.end, rig.stage) < END_STATUS_LIMIT);
        end_describe(&rig.end, rig.stage, line, sizeof(line));
        if (rig.traces)
            fprintf(stderr, "=== %s\n", end_reason_name(rig.end.reason));
        judge_line(NULL, LOG_LEVEL_ERROR, line);
    }
    MUST(session_call.end.reason == rig.end.reason && session_call.end.code == rig.end.code);
    MUST(strcmp(session_call.end.detail, rig.end.detail) == 0);
    MUST(rig.end.reason == END_NONE || session_call.stage == rig.stage);
    MUST(!session_call.over || rig.end.reason != END_NONE);
}

/* The fields are the engines' own; their bounds are everybody's. */
static void check_bounds(void)
{
    const struct ppp *ppp = &session_call.ppp;
    const struct ra *ra = &session_hostnet.ra;

    MUST(ppp->link.queue_len <= sizeof(ppp->link.queue) && ppp->early_len <= sizeof(ppp->early));
    MUST(ppp->lcp.cp.request_len <= CP_REQUEST_MAX && ppp->ipcp.cp.request_len <= CP_REQUEST_MAX);
    MUST(ppp->ipv6cp.cp.request_len <= CP_REQUEST_MAX);
    MUST(ppp->auth.eap.response_len <= AUTH_EAP_RESPONSE_MAX && ppp->auth.chap.answer_len <= 49);
    MUST(ppp->auth.budget.n <= PPP_ANSWERS_MAX);
    MUST(session_call.sstp.n_owed <= SSTP_OWED_MAX && ppp_peer_mru(ppp) <= PPP_FRAME_MAX);
    MUST(session_call.pump.rx_len <= PUMP_RX);
    MUST(ra->n_prefix <= NETPLAN_PREFIXES_MAX && ra->n_dns <= RA_DNS_MAX);
    MUST(ra->mtu == 0 || ra->mtu >= 1280);
    MUST(rig.recorder.present.n_op <= NETPLAN_OPS_MAX);
}

/* What a packet or a timer makes us say is bounded, and so is its size: nothing multiplies. */
static void check_talk(void)
{
    size_t causes = rig.n_steps + rig.n_ticks;

    MUST(session_said_control() <= 4 * causes + 12);
    MUST(session_said_len() <= 2 * rig.n_given + 700 * causes + 8192);
}

static void check(void)
{
    check_end();
    check_bounds();
    check_talk();
    rig.recorder.acts[0] = '\0';
    if (!session_call.over && session_call.end.reason == END_NONE && hostnet_settled(&session_hostnet)) {
        MUST(++rig.n_settled == 1);
        session_keeper_up();
    }
    if (session_call.end.reason != END_NONE)
        MUST(call_tun_wants(&session_call) == 0);
}

void session_drive(void)
{
    size_t frames = (session_call.pump.rx_len + rig.tls.in_len - rig.tls.in_at) / SSTP_HEADER_LEN;

    for (size_t n = 0; !session_call.over; n++) {
        MUST(n < ROUNDS_MAX + frames);
        call_drive(&session_call, rig.now);
        check();
        if (rig.n_steps % 2 == 0) /* at times the answer is there before anything else happens */
            call_answered(&session_call, rig.now);
        if (call_deadline(&session_call) > rig.now)
            break;
    }
}

/* -- stream and time ------------------------------------------------------------------------------------- */

static size_t next_piece(size_t len)
{
    size_t piece = rig.n_piece > 0 ? rig.piece[rig.at_piece++ % rig.n_piece] : 0;

    return piece > 0 && piece < len ? piece : len;
}

void session_give(struct bytes stream)
{
    while (stream.len > 0 && !session_call.over) {
        size_t room = SESSION_STREAM_MAX - rig.tls.in_len;
        size_t n = next_piece(stream.len < room ? stream.len : room);

        memcpy(session_stream + rig.tls.in_len, stream.data, n);
        rig.tls.in_len += n;
        rig.n_given += n;
        stream = bytes_of(stream.data + n, stream.len - n);
        if (!rig.holds || rig.tls.in_len == SESSION_STREAM_MAX)
            session_drive();
    }
}

void session_talk(size_t rounds)
{
    const struct session_piece *piece;

    for (size_t i = 0; i < rounds && session_heard.n + session_said_back.n > 0; i++) {
        for (size_t n = 0; n < SESSION_QUEUE && session_server_hear(); n++)
            ;
        while ((piece = session_queue_take(&session_said_back)) != NULL)
            session_give(bytes_of(piece->data, piece->len));
    }
}

static usec_t next_deadline(bool server_lives)
{
    usec_t deadline = session_call.over ? USEC_NEVER : call_deadline(&session_call);

    return server_lives && !session_call.over ? usec_min(deadline, session_server_deadline()) : deadline;
}

void session_pass(usec_t span, bool server_lives)
{
    usec_t until = rig.now + span;
    size_t n_max = 64 + 16 * (size_t)(span / USEC_PER_SEC); /* deadlines may not come ever faster */

    for (size_t n = 0; next_deadline(server_lives) <= until; n++) {
        MUST(n < n_max);
        if (next_deadline(server_lives) > rig.now)
            rig.now = next_deadline(server_lives);
        rig.n_ticks++;
        session_drive();
        if (server_lives) {
            session_server_tick();
            session_talk(TALK_ROUNDS);
        }
    }
    rig.now = until;
    session_drive();
}

/* -- end ------------------------------------------------------------------------------------------------- */

void session_close(void)
{
    const struct end end = end_make(END_REQUESTED, 0, "%s", "");

    call_close(&session_call, &end, rig.now);
    session_drive();
}

static void check_wiped(const void *memory, size_t len)
{
    static const uint8_t zero[sizeof(struct ppp)];

    MUST(len <= sizeof(zero) && memcmp(memory, zero, len) == 0);
}

void session_finish(bool politely)
{
    size_t said;

    if (politely)
        session_close();
    session_pass(politely ? GOODBYE_MAX : LIFETIME_MAX, false);
    MUST(session_call.over);
    said = session_said_len();
    session_close(); /* too late for anything */
    session_watch_rest();
    MUST(session_said_len() == said);
    call_log_last(&session_call);
    call_done(&session_call);
    check_wiped(&session_call.sstp, sizeof(session_call.sstp));
    check_wiped(&session_call.ppp, sizeof(session_call.ppp));
    rig.recorder.fail_add = 0;
    rig.recorder.fail_del = 0;
    netcfg_undo(&rig.netcfg);
    MUST(rig.recorder.present.n_op == 0);
}
