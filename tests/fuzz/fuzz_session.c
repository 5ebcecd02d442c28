/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole session: src/call.c with both engines, packet path and hostnet, against a server that does everything right
 * (session_server.c) until the input, a script (session_script.h), wants it otherwise. What must hold is checked where it
 * happens: session_rig.c, session_said.c, session_watch.c, session_tun.c. session_mutate.c knows the script's shape.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ppp_peer_internal.h"
#include "session_rig.h"
#include "session_script.h"
#include "session_server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define STEPS_MAX 400 /* instructions carried out, repeated ones included */
#define BULKS_MAX 24  /* of them, batches of datagrams: they take most of the time and tell the least */
#define BIT(n)    (1u << (n))

/* -- the head -------------------------------------------------------------------------------------------- */

/* The client: which methods in which order, what else it wants. */
static void choose_client(uint8_t methods, uint8_t flags, uint8_t sizes)
{
    static const enum ppp_auth_method known[] = {PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2, PPP_AUTH_CHAP_MD5,
                                                 PPP_AUTH_PAP};
    static const uint16_t mtus[] = {1400, 1500, 576, 1280, 4087};

    rig.options.n_auth = 1 + (methods & 3);
    for (size_t i = 0; i < rig.options.n_auth; i++)
        rig.options.auth[i] = known[((methods >> 2) + i) % ARRAY_LEN(known)];
    rig.options.disable_ipv6 = flags & BIT(0);
    rig.options.default_route = flags & BIT(1);
    rig.vnet = flags & BIT(2);
    if (rig.vnet)
        rig.offloads = flags >> 3 & (TUN_GRO_TCP | TUN_GRO_UDP);
    if (flags & BIT(5))
        rig.sink.max = LOG_LEVEL_DEBUG;
    if (flags & BIT(6))
        rig.user = "D\\User";
    rig.options.mtu = mtus[(sizes >> 5) % ARRAY_LEN(mtus)];
    if (flags & BIT(7))
        rig.options.n_route = ipprefix_parse("192.0.2.0/24", &rig.options.route[0]) &&
                                      ipprefix_parse("2001:db8::/32", &rig.options.route[1])
                                  ? 2
                                  : 0;
}

static void choose_login(uint8_t offers, uint8_t flags)
{
    static const enum peer_auth known[] = {PEER_MSCHAPV2, PEER_EAP,     PEER_MD5,
                                           PEER_PAP,      PEER_MSCHAP1, PEER_NO_AUTH};
    struct peer_script *script = &session_server.script;

    script->n_offer = 1 + (offers >> 6);
    for (size_t i = 0; i < script->n_offer; i++)
        script->offer[i] = known[((offers & 7u) + i * (offers >> 3 & 7u)) % ARRAY_LEN(known)];
    script->heeds_hints = flags & BIT(0);
    script->windows = flags & BIT(1);
    script->pppd = flags & BIT(2);
    script->only_mru = flags & BIT(3);
    script->echoes = flags & BIT(4);
    script->refuses_login = flags & BIT(5);
    script->false_proof = flags & BIT(6);
    script->challenges_twice = flags & BIT(7);
    script->user = rig.user;
}

static void choose_network(uint8_t flags, uint8_t v6, uint8_t sizes)
{
    static const uint16_t mrus[] = {1400, 0, 4091, 1500, 128, 65535, 576, 64};
    static const enum peer_v6 known[] = {PEER_V6_ANSWER, PEER_V6_REJECT, PEER_V6_ACTIVE,
                                         PEER_V6_ACCEL,  PEER_V6_REFUSE, PEER_V6_SILENT};
    struct peer_script *script = &session_server.script;

    script->no_eap_success = flags & BIT(0);
    script->mute_after_lcp = flags & BIT(1);
    script->no_ipcp = flags & BIT(2);
    script->ccp = flags & BIT(3);
    if (flags & BIT(4))
        memset(script->dns, 0, sizeof(script->dns));
    script->naks_mru = flags & BIT(5) ? 1300 : 0;
    if (flags & BIT(6))
        memset(script->address, 0, sizeof(script->address));
    script->terminate_code = flags & BIT(7) ? 691 : 0;
    script->v6 = known[(v6 & 7u) % ARRAY_LEN(known)];
    script->mru = mrus[sizes & 7];
}

static void choose_sstp(uint8_t flags, uint8_t verdict)
{
    session_server.hashes = (uint8_t)(~flags & 3);
    session_server.no_echo = flags & BIT(2);
    session_server.no_goodbye = flags & BIT(3);
    session_server.begins = flags & BIT(4);
    session_server.verdict = verdict;
}

static void choose_host(uint8_t which)
{
    static const char *const hosts[] = {"vpn.example.com", "2001:db8::1", "fe80::1%eth0", "192.0.2.1"};

    (void)snprintf(rig.options.host, sizeof(rig.options.host), "%s", hosts[which & 3]);
    rig.options.port = which & 4 ? 8443 : OPTIONS_PORT_DEFAULT;
}

/* True when the session is to end by silence. */
static bool choose(struct reader *head)
{
    bool silently;

    uint8_t methods = reader_u8(head), flags = reader_u8(head), offers = reader_u8(head);
    uint8_t login = reader_u8(head), network = reader_u8(head), v6 = reader_u8(head);
    uint8_t sizes = reader_u8(head), sstp = reader_u8(head), verdict = reader_u8(head);

    rig.chance = reader_u8(head);
    silently = reader_u8(head) & 1;
    choose_host(reader_u8(head));
    choose_client(methods, flags, sizes);
    choose_login(offers, login);
    choose_network(network, v6, sizes);
    choose_sstp(sstp, verdict);
    return silently;
}

/* -- the conversation ------------------------------------------------------------------------------------ */

static void hear(size_t n)
{
    while (n-- > 0 && session_server_hear())
        ;
}

static void give_damaged(struct reader *r)
{
    struct session_piece *piece = session_queue_take(&session_said_back);

    if (piece)
        session_give(bytes_of(piece->data, session_edit(piece->data, piece->len, sizeof(piece->data), r)));
}

static void give_twice(void)
{
    const struct session_piece *piece = &session_said_back.piece[session_said_back.first];

    if (session_said_back.n > 0)
        session_give(bytes_of(piece->data, piece->len));
}

static void put_later(void)
{
    const struct session_piece *piece = session_queue_take(&session_said_back);

    if (piece)
        session_server_say_raw(bytes_of(piece->data, piece->len));
}

static void ask(uint8_t what)
{
    struct peer *peer = &session_server.peer;

    peer->now = rig.now;
    switch (what & 7) {
    case 0: peer_ask(peer, LCP, &peer->lcp, true); break;
    case 1: peer_ask(peer, LCP, &peer->lcp, false); break;
    case 2: peer_ask(peer, IPCP, &peer->ipcp, true); break;
    case 3: peer_ask(peer, IPV6CP, &peer->ipv6cp, true); break;
    case 4: peer_auth_challenge(peer, true); break;
    case 5: peer_auth_challenge(peer, false); break;
    case 6: peer_auth_begin(peer); break;
    default: peer_terminate(peer); break;
    }
    session_server_collect();
}

/* -- the world ------------------------------------------------------------------------------------------- */

static void cut(struct reader *r)
{
    rig.n_piece = r->left < sizeof(rig.piece) ? r->left : sizeof(rig.piece);
    rig.at_piece = 0;
    reader_copy(r, rig.piece, rig.n_piece);
    rig.holds = rig.piece[0] == 0xff && rig.n_piece == 1;
    session_drive();
}

static void pass(struct reader *r)
{
    static const usec_t spans[] = {1,         100,       3000,      1000000,  2999999,  3000000,
                                   4800000,   9000000,   1000000,   30000000, 31000000, 60000000,
                                   120000001, 181000000, 600000000, 5000000};
    uint8_t span = reader_u8(r);

    session_pass(spans[span % ARRAY_LEN(spans)], !(span & 0x80));
}

static void tick(struct reader *r)
{
    uint8_t how = reader_u8(r);
    usec_t deadline = session_call.over ? USEC_NEVER : call_deadline(&session_call);

    if (deadline == USEC_NEVER || deadline <= rig.now)
        return;
    session_pass(deadline - rig.now - (how & 1), how & 2);
}

/* full: so little room is left for what we have to say */
static void socket_event(uint8_t what, uint8_t full)
{
    rig.tls.blocked = (what & 3) == 0;
    if (rig.tls.blocked && full > 0)
        rig.tls.waits = SESSION_OUTPUT_MAX - full * (size_t)64;
    if (what & 2) {
        rig.tls.status = what & 1 ? TLS_FAILED : TLS_CLOSED;
        rig.tls.end = end_make(END_LOST, 0, "the stream is over");
    }
    session_drive();
}

static void refuse(struct reader *r)
{
    static const int errors[] = {EPERM, EAFNOSUPPORT, EACCES, EEXIST, ENODEV, EAGAIN, EBADFD, EINVAL};
    uint8_t what = reader_u8(r), after = reader_u8(r);
    int error = errors[what >> 3 & 7];

    switch (what & 3) {
    case 0:
        rig.recorder.fail_add = rig.recorder.n_add + 1 + (after & 0x1f);
        rig.recorder.fail_error = -error;
        break;
    case 1: session_host.write_error = what & 4 ? 0 : error; break;
    case 2:
        session_host.read_error = error == EAGAIN ? 0 : error;
        call_tun_ready(&session_call);
        break;
    default: session_host.refuses_merged = !(what & 4); break;
    }
    session_drive();
}

/* -- the script ------------------------------------------------------------------------------------------ */

bool session_script_next(struct reader *script, struct session_line *ret_line)
{
    size_t n;

    if (script->left == 0)
        return false;
    ret_line->op = (enum session_op)(reader_u8(script) % SESSION_OPS);
    n = script->left > 0 ? reader_u8(script) : 0;
    ret_line->operands = reader_take(script, n < script->left ? n : script->left);
    return true;
}

static void carry_out(const struct session_line *line)
{
    struct reader r = reader_of(line->operands);
    uint8_t first = line->operands.len > 0 ? line->operands.data[0] : 0;

    switch (line->op) {
    case SESSION_TALK: session_talk(first ? first & 0x3f : 12); break;
    case SESSION_HEAR: hear(1 + (size_t)first); break;
    case SESSION_DEAF:
        for (int n = 0; n <= first % SESSION_QUEUE; n++)
            (void)session_queue_take(&session_heard);
        break;
    case SESSION_GIVE: give_damaged(&r); break;
    case SESSION_LOSE: (void)session_queue_take(&session_said_back); break;
    case SESSION_TWICE: give_twice(); break;
    case SESSION_LATER: put_later(); break;
    case SESSION_ASK: ask(first); break;
    case SESSION_HTTP: session_say_http(&r); break;
    case SESSION_SSTP: session_say_sstp(&r); break;
    case SESSION_PPP: session_say_ppp(&r); break;
    case SESSION_OPTIONS: session_say_options(&r); break;
    case SESSION_REPLY: session_say_reply(&r); break;
    case SESSION_RAW: session_give(line->operands); break;
    case SESSION_DATA: session_say_data(&r); break;
    case SESSION_RADV: session_say_advert(&r); break;
    case SESSION_UPLOAD: session_upload(&r); break;
    case SESSION_PIECES: cut(&r); break;
    case SESSION_PASS: pass(&r); break;
    case SESSION_TICK: tick(&r); break;
    case SESSION_CLOSE: session_close(); break;
    case SESSION_SOCKET: socket_event(first, line->operands.len > 1 ? line->operands.data[1] : 0); break;
    case SESSION_REFUSE: refuse(&r); break;
    case SESSION_AGAIN:
    case SESSION_OPS: break;
    }
}

static void print_line(const struct session_line *line)
{
    static const char *const names[SESSION_OPS] = {"talk",  "hear", "deaf",  "give",   "lose",   "twice",
                                                   "later", "ask",  "http",  "sstp",   "ppp",    "options",
                                                   "reply", "raw",  "data",  "radv",   "upload", "pieces",
                                                   "pass",  "tick", "close", "socket", "refuse", "again"};

    if (!rig.traces)
        return;
    fprintf(stderr, "--- %s", names[line->op]);
    for (size_t i = 0; i < line->operands.len; i++)
        fprintf(stderr, " %02x", line->operands.data[i]);
    fprintf(stderr, "\n");
}

static void run_script(struct reader *script)
{
    struct session_line last = {.op = SESSION_TALK}, line;
    int n = 0, n_bulks = 0;

    while (n < STEPS_MAX && n_bulks < BULKS_MAX && !session_call.over && session_script_next(script, &line)) {
        int times = 1;

        print_line(&line);
        if (line.op == SESSION_AGAIN)
            times = line.operands.len > 0 ? line.operands.data[0] & 0x3f : 1;
        else
            last = line;
        for (int i = 0; i < times && n < STEPS_MAX && n_bulks < BULKS_MAX; i++, n++) {
            n_bulks += last.op == SESSION_DATA || last.op == SESSION_UPLOAD;
            carry_out(&last);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader script = reader_of(bytes_of(data, len));
    uint8_t head[SESSION_HEAD_LEN] = {0};
    struct reader r = reader_of(bytes_of(head, sizeof(head)));
    struct bytes given = reader_take(&script, len < sizeof(head) ? len : sizeof(head));
    bool silently;

    if (given.len > 0)
        memcpy(head, given.data, given.len);
    session_reset();
    session_server_reset();
    rig.traces = getenv("SESSION_TRACE") != NULL;
    silently = choose(&r);
    if (rig.traces)
        rig.sink.max = LOG_LEVEL_DEBUG;
    session_server_begin();
    session_begin();
    run_script(&script);
    session_finish(!silently);
    return 0;
}
