/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ppp_peer_internal.h"

/* Frames out */

void peer_send(struct peer *peer, unsigned protocol, uint8_t code, uint8_t id, const void *data, size_t len)
{
    struct peer_frame *frame = &peer->queue[(peer->first + peer->n) % PEER_QUEUE];

    if (peer->n == PEER_QUEUE || len > PEER_FRAME_MAX - 8)
        return;
    frame->data[0] = 0xff;
    frame->data[1] = 0x03;
    frame->data[2] = (uint8_t)(protocol >> 8);
    frame->data[3] = (uint8_t)protocol;
    frame->data[4] = code;
    frame->data[5] = id;
    frame->data[6] = (uint8_t)((4 + len) >> 8);
    frame->data[7] = (uint8_t)(4 + len);
    if (len)
        memcpy(frame->data + 8, data, len);
    frame->len = 8 + len;
    peer->n++;
}

void peer_send_text(struct peer *peer, unsigned protocol, uint8_t code, uint8_t id, const char *text)
{
    peer_send(peer, protocol, code, id, text, strlen(text));
}

const struct peer_frame *peer_output(struct peer *peer)
{
    const struct peer_frame *frame = &peer->queue[peer->first];

    if (peer->n == 0)
        return NULL;
    peer->first = (peer->first + 1) % PEER_QUEUE;
    peer->n--;
    return frame;
}

/* Our requests */

static const struct {
    uint8_t len, bytes[5];
} auth_options[] = {
    [PEER_PAP] = {4, {3, 4, 0xc0, 0x23}},           [PEER_MD5] = {5, {3, 5, 0xc2, 0x23, 0x05}},
    [PEER_MSCHAP1] = {5, {3, 5, 0xc2, 0x23, 0x80}}, [PEER_MSCHAPV2] = {5, {3, 5, 0xc2, 0x23, 0x81}},
    [PEER_EAP] = {4, {3, 4, 0xc2, 0x27}},           [PEER_NO_AUTH] = {0, {0}},
};

enum peer_auth peer_auth_of(const struct peer *peer)
{
    return peer->script->offer[peer->offer];
}

static size_t append(uint8_t *out, size_t len, const void *data, size_t n)
{
    memcpy(out + len, data, n);
    return len + n;
}

static size_t lcp_options(const struct peer *peer, uint8_t *out)
{
    const struct peer_script *script = peer->script;
    uint8_t mru[4] = {1, 4, (uint8_t)(script->mru >> 8), (uint8_t)script->mru};
    size_t len = append(out, 0, auth_options[peer_auth_of(peer)].bytes, auth_options[peer_auth_of(peer)].len);

    if (script->mru)
        len = append(out, len, mru, 4);
    if (script->pppd)
        len = append(out, len, "\x02\x06\0\0\0\0\x05\x06\x12\x34\x56\x78\x07\x02\x08\x02", 16);
    if (script->windows && peer->lcp.reject_count == 0)
        len = append(out, len, "\x0d\x03\x06\x11\x04\x06\x4e\x13\x09\x01GGGGGG", 16);
    return len;
}

void peer_ask(struct peer *peer, unsigned protocol, struct peer_cp *cp, bool anew)
{
    uint8_t options[64];
    size_t len = 0;

    if (protocol == LCP)
        len = lcp_options(peer, options);
    else if (protocol == IPCP)
        len = append(options, append(options, 0, "\x03\x06", 2), peer->script->own, 4);
    else if (protocol == IPV6CP)
        len = append(options, 0, "\x01\x0a\0\0\0\0\0\0\0\x01", 10);
    if (anew)
        cp->id = peer->next_id++;
    cp->started = true;
    cp->acked = false;
    cp->resend = peer->now + PEER_AGAIN;
    peer_send(peer, protocol, 1, cp->id, options, len);
}

bool peer_lcp_open(const struct peer *peer)
{
    return peer->lcp.acked && peer->lcp.acks && !peer->terminated;
}

bool peer_ipv4_open(const struct peer *peer)
{
    return peer->ipcp.acked && peer->ipcp.acks && peer_lcp_open(peer);
}

void peer_terminate(struct peer *peer)
{
    uint8_t data[12] = {0x11, 0x22, 0x33, 0x44, 0x00, 0x3c, 0xcd, 0x74};

    data[10] = (uint8_t)(peer->script->terminate_code >> 8);
    data[11] = (uint8_t)peer->script->terminate_code;
    peer_send(peer, LCP, 5, peer->next_id++, data, peer->script->terminate_code ? 12 : 0);
    peer->terminated = true;
}

/* The client's requests: each option is judged by a function of its own protocol */

enum verdict { TAKE, NAK, REJECT };

static enum verdict judge_lcp(const struct peer *peer, const uint8_t *option, uint8_t *wanted)
{
    const struct peer_script *script = peer->script;

    if (option[0] == 1 && script->naks_mru && (option[2] << 8 | option[3]) > script->naks_mru) {
        wanted[2] = (uint8_t)(script->naks_mru >> 8);
        wanted[3] = (uint8_t)script->naks_mru;
        return NAK;
    }
    if (option[0] == 1 || (option[0] == 5 && !script->only_mru))
        return TAKE;
    return REJECT;
}

static enum verdict judge_ipcp(const struct peer *peer, const uint8_t *option, uint8_t *wanted)
{
    const struct peer_script *script = peer->script;
    const uint8_t *right = option[0] == 3     ? script->address
                           : option[0] == 129 ? script->dns
                           : option[0] == 131 ? script->dns2
                                              : NULL;

    if (!right || (option[0] != 3 && memcmp(right, "\0\0\0\0", 4) == 0))
        return REJECT;
    memcpy(wanted + 2, right, 4);
    return memcmp(option + 2, right, 4) == 0 ? TAKE : NAK;
}

static enum verdict judge(const struct peer *peer, unsigned protocol, const uint8_t *option, uint8_t *wanted)
{
    memcpy(wanted, option, option[1]);
    if (protocol == LCP)
        return judge_lcp(peer, option, wanted);
    return protocol == IPCP ? judge_ipcp(peer, option, wanted) : TAKE;
}

/* One pass collects the rejected options, the next one the Naks; what has neither is acknowledged. */
static void answer(struct peer *peer, unsigned protocol, struct peer_cp *cp, uint8_t id, struct bytes data)
{
    uint8_t out[2][256], wanted[256];
    size_t len[2] = {0, 0};

    if (data.len > 200)
        return;
    for (size_t at = 0; at < data.len; at += data.data[at + 1]) {
        enum verdict verdict;

        if (data.len - at < 2 || data.data[at + 1] < 2 || data.data[at + 1] > data.len - at)
            return; /* malformed */
        if (protocol == IPCP && data.data[at + 1] != 6)
            return;
        verdict = judge(peer, protocol, data.data + at, wanted);
        if (verdict != TAKE)
            len[verdict - NAK] = append(out[verdict - NAK], len[verdict - NAK], wanted, wanted[1]);
    }
    cp->acks = len[0] == 0 && len[1] == 0;
    if (len[1])
        peer_send(peer, protocol, 4, id, out[1], len[1]);
    else if (len[0])
        peer_send(peer, protocol, 3, id, out[0], len[0]);
    else
        peer_send(peer, protocol, 2, id, data.data, data.len);
}

static void take_hint(struct peer *peer, struct bytes data)
{
    const struct peer_script *script = peer->script;

    for (size_t i = 0; script->heeds_hints && i < script->n_offer; i++) {
        if (data.len >= auth_options[script->offer[i]].len &&
            memcmp(data.data, auth_options[script->offer[i]].bytes, auth_options[script->offer[i]].len) ==
                0) {
            peer->offer = i;
            return;
        }
    }
    if (peer->offer + 1 < script->n_offer)
        peer->offer++;
    else
        peer_terminate(peer);
}

static void receive_cp(struct peer *peer, unsigned protocol, struct peer_cp *cp, uint8_t code, uint8_t id,
                       struct bytes data)
{
    bool was_open = cp->acked && cp->acks;

    switch (code) {
    case 1:
        if (was_open || !cp->started)
            peer_ask(peer, protocol, cp, true);
        answer(peer, protocol, cp, id, data);
        break;
    case 2: cp->acked |= cp->started && id == cp->id; break;
    case 3:
        if (id == cp->id && protocol == LCP && data.len >= 2 && data.data[0] == 3)
            take_hint(peer, data);
        if (id == cp->id && !peer->terminated)
            peer_ask(peer, protocol, cp, true);
        break;
    case 4:
        if (id == cp->id && cp->reject_count++ < 5)
            peer_ask(peer, protocol, cp, true);
        break;
    case 5:
        peer_send(peer, protocol, 6, id, NULL, 0);
        cp->acked = cp->acks = false;
        if (protocol == LCP)
            peer->terminated = true;
        break;
    default: break;
    }
    if (protocol == LCP && !was_open && peer_lcp_open(peer))
        peer_auth_begin(peer);
}

static void receive_ipv6cp(struct peer *peer, uint8_t code, uint8_t id, struct bytes data)
{
    switch (peer->script->v6) {
    case PEER_V6_REJECT: peer_send(peer, LCP, 8, peer->next_id++, "\x80\x57\x01", 3); return;
    case PEER_V6_SILENT: return;
    case PEER_V6_REFUSE:
        if (code == 1)
            peer_send(peer, IPV6CP, 5, peer->next_id++, NULL, 0);
        return;
    case PEER_V6_ACCEL:
        if (code == 1 && !peer->ipv6cp.started) {
            peer_send(peer, IPV6CP, 6, id, NULL, 0);
            peer_ask(peer, IPV6CP, &peer->ipv6cp, true);
            return;
        }
        break;
    case PEER_V6_ANSWER:
    case PEER_V6_ACTIVE: break;
    }
    receive_cp(peer, IPV6CP, &peer->ipv6cp, code, id, data);
}

static void receive_network(struct peer *peer, unsigned protocol, uint8_t code, uint8_t id, struct bytes data)
{
    if (!peer_lcp_open(peer) || !peer->logged_in)
        return;
    if (protocol == IPV6CP)
        receive_ipv6cp(peer, code, id, data);
    else if (peer->script->no_ipcp)
        peer_send(peer, LCP, 8, peer->next_id++, "\x80\x21\x01", 3);
    else
        receive_cp(peer, IPCP, &peer->ipcp, code, id, data);
}

void peer_input(struct peer *peer, const uint8_t *frame, size_t len, usec_t now)
{
    unsigned protocol;
    size_t packet_len;
    struct bytes data;

    peer->now = now;
    if (len < 8 || frame[0] != 0xff || frame[1] != 0x03)
        return;
    protocol = (unsigned)frame[2] << 8 | frame[3];
    packet_len = (size_t)frame[6] << 8 | frame[7];
    if (packet_len < 4 || packet_len > len - 4)
        return;
    data = bytes_of(frame + 8, packet_len - 4);
    if (protocol == LCP && (!peer->terminated || frame[4] >= 5))
        receive_cp(peer, LCP, &peer->lcp, frame[4], frame[5], data);
    else if (protocol == PAP)
        peer_auth_receive_pap(peer, frame[4], frame[5], data);
    else if (protocol == CHAP)
        peer_auth_receive_chap(peer, frame[4], frame[5], data);
    else if (protocol == EAP)
        peer_auth_receive_eap(peer, frame[4], frame[5], data);
    else if (protocol == IPCP || protocol == IPV6CP)
        receive_network(peer, protocol, frame[4], frame[5], data);
}

/* Time */

void peer_init(struct peer *peer, const struct peer_script *script, usec_t now)
{
    memset(peer, 0, offsetof(struct peer, queue));
    peer->script = script;
    peer->now = now;
    peer->next_id = 100;
    peer->lcp.resend = peer->ipcp.resend = peer->ipv6cp.resend = USEC_NEVER;
    peer->auth_resend = USEC_NEVER;
    peer->echo_at = script->echoes ? now : USEC_NEVER;
}

void peer_start(struct peer *peer)
{
    peer_ask(peer, LCP, &peer->lcp, true);
}

static usec_t cp_deadline(const struct peer_cp *cp)
{
    return cp->started && !cp->acked ? cp->resend : USEC_NEVER;
}

usec_t peer_deadline(const struct peer *peer)
{
    usec_t deadline = usec_min(cp_deadline(&peer->lcp), peer->echo_at);

    if (peer->terminated)
        return USEC_NEVER;
    if (!peer_lcp_open(peer))
        return deadline;
    deadline = usec_min(deadline, peer->auth_resend);
    return usec_min(deadline, usec_min(cp_deadline(&peer->ipcp), cp_deadline(&peer->ipv6cp)));
}

static void tick_cp(struct peer *peer, unsigned protocol, struct peer_cp *cp)
{
    if (cp_deadline(cp) <= peer->now)
        peer_ask(peer, protocol, cp, false);
}

void peer_tick(struct peer *peer, usec_t now)
{
    peer->now = now;
    if (peer->terminated)
        return;
    tick_cp(peer, LCP, &peer->lcp);
    if (peer->echo_at <= now) {
        peer_send(peer, LCP, 9, 0, "\0\0\0\0Aho Baka Manuke", 20);
        peer->echo_at = now + 4800 * USEC_PER_MSEC;
    }
    if (!peer_lcp_open(peer))
        return;
    if (peer->auth_resend <= now)
        peer_auth_challenge(peer, false);
    tick_cp(peer, IPCP, &peer->ipcp);
    tick_cp(peer, IPV6CP, &peer->ipv6cp);
}
