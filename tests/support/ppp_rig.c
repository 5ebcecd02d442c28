/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ppp_rig.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t ppp_rig_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill_random(void *user, uint8_t *out, size_t len)
{
    struct ppp_rig *rig = user;

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)ppp_rig_random(&rig->seed);
}

static void keep_line(void *user, enum log_level level, const char *line)
{
    struct ppp_rig *rig = user;
    size_t len = strlen(line);

    (void)level;
    if (getenv("PPP_RIG_VERBOSE"))
        fprintf(stderr, "%10.3f %s\n", (double)rig->now / 1e6, line);
    if (rig->log_len + len + 2 > sizeof(rig->log))
        rig->log_len = 0;
    memcpy(rig->log + rig->log_len, line, len);
    rig->log_len += len;
    rig->log[rig->log_len++] = '\n';
    rig->log[rig->log_len] = '\0';
}

void ppp_rig_init(struct ppp_rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    rig->seed = 1;
    rig->now = 1000 * USEC_PER_SEC;
    rig->sink = (struct log_sink){.write = keep_line, .user = rig, .max = LOG_LEVEL_DEBUG};
    rig->env = (struct env){.random = fill_random, .user = rig, .log = &rig->sink};
    rig->config = (struct ppp_config){
        .user = bytes_of_str("User"),
        .auth = {PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2},
        .n_auth = 2,
        .mru = 1500,
        .nbns = true,
    };
    local_secret_init(&rig->secret, &rig->config, "clientPass");
}

static bool is_network(const struct ppp_rig_frame *frame)
{
    return frame->len > 4 && frame->data[2] == 0x80 && (frame->data[3] == 0x21 || frame->data[3] == 0x57);
}

static bool take_output(struct ppp_rig *rig)
{
    struct ppp_rig_frame *frame = &rig->frame[(rig->first_frame + rig->n_frames) % PPP_RIG_FRAMES];
    struct writer w = writer_of(frame->data, sizeof(frame->data));

    if (!ppp_output(&rig->ppp, &w))
        return false;
    frame->len = w.len;
    if (is_network(frame) && !rig->authenticated)
        rig->early_network = true;
    rig->n_sent++;
    rig->n_sent_bytes += frame->len;
    if (rig->n_frames < PPP_RIG_FRAMES)
        rig->n_frames++;
    else
        rig->first_frame = (rig->first_frame + 1) % PPP_RIG_FRAMES;
    return true;
}

static bool take_event(struct ppp_rig *rig)
{
    struct ppp_event *event = &rig->event[rig->n_events % PPP_RIG_EVENTS];

    if (!ppp_event(&rig->ppp, event))
        return false;
    rig->n_events++;
    rig->event_after_end |= rig->ended;
    rig->ended |= event->type == PPP_EVENT_END;
    rig->authenticated |= event->type == PPP_EVENT_AUTHENTICATED;
    if (event->type == PPP_EVENT_LCP_UP)
        rig->authenticated = false;
    return true;
}

static void do_round(struct ppp_rig *rig)
{
    bool again = true;

    while (again) {
        again = false;
        while (take_output(rig))
            ;
        while (take_event(rig))
            again = true;
    }
}

void ppp_rig_start(struct ppp_rig *rig)
{
    ppp_init(&rig->ppp, &rig->config, &rig->env);
    ppp_open(&rig->ppp, rig->now);
    do_round(rig);
}

void ppp_rig_done(struct ppp_rig *rig)
{
    ppp_done(&rig->ppp);
}

/* In memory of exactly this size, so that the sanitizer sees a read behind the end. */
void ppp_rig_input(struct ppp_rig *rig, const uint8_t *frame, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);

    if (!copy)
        abort();
    if (len)
        memcpy(copy, frame, len);
    ppp_input(&rig->ppp, bytes_of(copy, len), rig->now);
    free(copy);
    do_round(rig);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The next two characters that are no blanks; false at the end. */
static bool next_pair(const char **hex, char pair[2])
{
    while (**hex == ' ')
        ++*hex;
    if (!**hex)
        return false;
    pair[0] = *(*hex)++;
    pair[1] = pair[0] == '*' ? '*' : *(*hex)++;
    return true;
}

void ppp_rig_hex(struct ppp_rig *rig, const char *hex)
{
    uint8_t frame[PPP_FRAME_MAX + 1];
    size_t len = 0;
    char pair[2];

    while (next_pair(&hex, pair)) {
        int high = digit(pair[0]), low = digit(pair[1]);

        if (high < 0 || low < 0 || len == sizeof(frame))
            abort();
        frame[len++] = (uint8_t)(high << 4 | low);
    }
    ppp_rig_input(rig, frame, len);
}

void ppp_rig_close(struct ppp_rig *rig)
{
    ppp_close(&rig->ppp, rig->now);
    do_round(rig);
}

void ppp_rig_wait(struct ppp_rig *rig, usec_t span)
{
    usec_t until = rig->now + span;

    while (ppp_deadline(&rig->ppp) <= until) {
        if (ppp_deadline(&rig->ppp) > rig->now)
            rig->now = ppp_deadline(&rig->ppp);
        ppp_tick(&rig->ppp, rig->now);
        do_round(rig);
    }
    rig->now = until;
}

const struct ppp_rig_frame *ppp_rig_take(struct ppp_rig *rig)
{
    const struct ppp_rig_frame *frame = &rig->frame[rig->first_frame];

    if (rig->n_frames == 0)
        return NULL;
    rig->first_frame = (rig->first_frame + 1) % PPP_RIG_FRAMES;
    rig->n_frames--;
    return frame;
}

static bool matches(const struct ppp_rig_frame *frame, const char *hex)
{
    size_t at = 0;
    char pair[2];

    while (next_pair(&hex, pair)) {
        if (pair[0] == '*')
            return true;
        if (at == frame->len)
            return false;
        if (pair[0] != '.' && frame->data[at] != (uint8_t)(digit(pair[0]) * 16 + digit(pair[1])))
            return false;
        at++;
    }
    return at == frame->len;
}

static void print_frame(const struct ppp_rig_frame *frame)
{
    for (size_t i = 0; frame && i < frame->len; i++)
        fprintf(stderr, "%02x", frame->data[i]);
    fprintf(stderr, frame ? "\n" : "nothing\n");
}

bool ppp_rig_sent(struct ppp_rig *rig, const char *hex)
{
    const struct ppp_rig_frame *frame = ppp_rig_take(rig);

    if (frame && matches(frame, hex))
        return true;
    fprintf(stderr, "    want %s\n    sent ", hex);
    print_frame(frame);
    return false;
}

bool ppp_rig_quiet(struct ppp_rig *rig)
{
    const struct ppp_rig_frame *frame = ppp_rig_take(rig);

    if (!frame)
        return true;
    fprintf(stderr, "    want silence\n    sent ");
    print_frame(frame);
    return false;
}

void ppp_rig_forget(struct ppp_rig *rig)
{
    rig->n_frames = 0;
}

const struct ppp_event *ppp_rig_event(const struct ppp_rig *rig, enum ppp_event_type type, size_t nth)
{
    for (size_t i = 0; i < rig->n_events && i < PPP_RIG_EVENTS; i++)
        if (rig->event[i].type == type && nth-- == 0)
            return &rig->event[i];
    return NULL;
}

size_t ppp_rig_count(const struct ppp_rig *rig, enum ppp_event_type type)
{
    size_t n = 0;

    for (size_t i = 0; i < rig->n_events && i < PPP_RIG_EVENTS; i++)
        n += rig->event[i].type == type;
    return n;
}

enum end_reason ppp_rig_reason(const struct ppp_rig *rig)
{
    const struct ppp_event *event = ppp_rig_event(rig, PPP_EVENT_END, 0);

    return event ? event->end.reason : END_NONE;
}

const char *ppp_rig_detail(const struct ppp_rig *rig)
{
    const struct ppp_event *event = ppp_rig_event(rig, PPP_EVENT_END, 0);

    return event ? event->end.detail : "(no end)";
}

bool ppp_rig_logged(const struct ppp_rig *rig, const char *text)
{
    if (strstr(rig->log, text))
        return true;
    fprintf(stderr, "    not in the log: %s\n", text);
    return false;
}

void ppp_rig_acknowledge(struct ppp_rig *rig)
{
    struct ppp_rig_frame frame = *ppp_rig_take(rig);

    frame.data[4] = 2;
    ppp_rig_input(rig, frame.data, frame.len);
}

void ppp_rig_lcp(struct ppp_rig *rig, const char *auth)
{
    char request[64];

    ppp_rig_acknowledge(rig);
    (void)snprintf(request, sizeof(request), "ff03c021 0164 %04zx %s", 4 + strlen(auth) / 2, auth);
    ppp_rig_hex(rig, request);
    ppp_rig_forget(rig);
}

void ppp_rig_network(struct ppp_rig *rig)
{
    ppp_rig_lcp(rig, "0304c023");
    ppp_rig_hex(rig, "ff03c023 0202 0005 00");
}

void ppp_rig_init_pap(struct ppp_rig *rig)
{
    ppp_rig_init(rig);
    rig->config.user = bytes_of_str("bob");
    rig->secret.password = bytes_of_str("pwd");
    rig->config.auth[0] = PPP_AUTH_PAP;
    rig->config.n_auth = 1;
}

void ppp_rig_start_network(struct ppp_rig *rig, bool ipv6)
{
    ppp_rig_init_pap(rig);
    rig->config.ipv6 = ipv6;
    ppp_rig_start(rig);
    ppp_rig_network(rig);
}

void ppp_rig_bring_ipv4_up(struct ppp_rig *rig)
{
    ppp_rig_hex(rig, "ff038021 0101 000a 0306 0a000001");
    ppp_rig_hex(rig, "ff038021 0403 0010 8206 00000000 8406 00000000");
    ppp_rig_hex(rig, "ff038021 0304 0016 0306 0a000064 8106 08080808 8306 08080404");
    ppp_rig_hex(rig, "ff038021 0205 0016 0306 0a000064 8106 08080808 8306 08080404");
}

void ppp_rig_start_ipv4_up(struct ppp_rig *rig, bool ipv6)
{
    ppp_rig_start_network(rig, ipv6);
    ppp_rig_bring_ipv4_up(rig);
    ppp_rig_forget(rig);
}
