/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sstp_rig.h"

const char sstp_rig_http_ok[] = "HTTP/1.1 200 OK\r\n"
                                "Content-Length: 18446744073709551615\r\n"
                                "Server: Microsoft-HTTPAPI/2.0\r\n"
                                "Date: Thu, 09 Nov 2006 00:51:09 GMT\r\n"
                                "\r\n";
const char sstp_rig_connect_ack[] = "10010030 00020001 00040028 00000003"
                                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

uint64_t sstp_rig_next(uint64_t *random)
{
    uint64_t x = *random;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *random = x;
    return x;
}

uint32_t sstp_rig_pick(uint64_t *random, uint32_t n)
{
    return (uint32_t)((sstp_rig_next(random) >> 32) % n);
}

static void fill_random(void *user, uint8_t *out, size_t len)
{
    struct sstp_rig *rig = user;

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(sstp_rig_next(&rig->random) >> 24);
}

static void keep_line(void *user, enum log_level level, const char *line)
{
    struct sstp_rig *rig = user;
    size_t len = strlen(line) < sizeof(rig->last_log) ? strlen(line) : sizeof(rig->last_log) - 1;

    (void)level;
    rig->n_log_lines++;
    memcpy(rig->last_log, line, len);
    rig->last_log[len] = '\0';
}

static void promise(struct sstp_rig *rig, bool held, const char *what)
{
    if (!held && !rig->broken)
        rig->broken = what;
}

/* -- the caller's round ---------------------------------------------------------------------------------- */

static void keep_output(struct sstp_rig *rig, struct bytes said)
{
    uint16_t type = 0;

    if (said.len >= 6 && said.data[0] == 0x10) {
        type = (uint16_t)(said.data[4] << 8 | said.data[5]);
        promise(rig, said.data[1] == 1, "only control packets come from the engine");
        promise(rig, (size_t)(said.data[2] << 8 | said.data[3]) == said.len, "the length field is right");
    }
    promise(rig, type < SSTP_RIG_MESSAGE_MAX, "a known message");
    if (type < SSTP_RIG_MESSAGE_MAX)
        rig->n_sent[type]++;
    promise(rig, rig->n_sent[SSTP_MESSAGE_CONNECTED] <= 1, "CALL_CONNECTED at most once");
    promise(rig, rig->authenticated || rig->n_sent[SSTP_MESSAGE_CONNECTED] == 0,
            "no CALL_CONNECTED before authentication");
    if (said.len <= sizeof(rig->sent) - rig->sent_len) {
        memcpy(rig->sent + rig->sent_len, said.data, said.len);
        rig->sent_len += said.len;
    }
}

static void take_output(struct sstp_rig *rig)
{
    uint8_t buf[SSTP_OUTPUT_MAX];
    unsigned int n = 0;

    for (;;) {
        struct writer w = writer_of(buf, sizeof(buf));

        if (!sstp_output(&rig->sstp, &w))
            break;
        promise(rig, writer_ok(&w) && w.len > 0, "SSTP_OUTPUT_MAX suffices");
        promise(rig, rig->n_end == 0, "no output after the end");
        keep_output(rig, writer_view(&w));
        n++;
    }
    promise(rig, n <= SSTP_OWED_MAX, "bounded output");
}

static void keep_frame(struct sstp_rig *rig, struct bytes frame)
{
    promise(rig, rig->n_open == 1, "no frame before OPEN");
    promise(rig, frame.len <= SSTP_PAYLOAD_MAX, "a frame fits");
    promise(rig, frame.data >= rig->inbox && frame.data + frame.len <= rig->inbox + rig->inbox_len,
            "a frame is a view of the input");
    rig->n_frames++;
    rig->frame_len = frame.len;
    memcpy(rig->frame, frame.data, frame.len);
}

static void take_events(struct sstp_rig *rig)
{
    struct sstp_event event;

    while (sstp_event(&rig->sstp, &event)) {
        promise(rig, rig->n_end == 0, "nothing after the end");
        switch (event.type) {
        case SSTP_EVENT_HTTP_OK: rig->n_http_ok++; break;
        case SSTP_EVENT_OPEN:
            promise(rig, rig->n_http_ok == 1, "HTTP_OK before OPEN");
            rig->n_open++;
            break;
        case SSTP_EVENT_FRAME: keep_frame(rig, event.frame); break;
        case SSTP_EVENT_END:
            rig->n_end++;
            rig->end = event.end;
            rig->ended_at = rig->now;
            promise(rig, event.end.reason != END_NONE, "an end has a reason");
            break;
        }
    }
}

static void take_all(struct sstp_rig *rig)
{
    take_output(rig);
    take_events(rig);
    promise(rig, rig->n_http_ok <= 1 && rig->n_open <= 1, "each step once");
    promise(rig, (rig->n_end == 0) == (sstp_deadline(&rig->sstp) != USEC_NEVER), "a deadline until the end");
}

/* -- acts ------------------------------------------------------------------------------------------------ */

void sstp_rig_start(struct sstp_rig *rig)
{
    memset(&rig->sstp, 0xa5, sizeof(rig->sstp)); /* the caller's memory is anything */
    sstp_init(&rig->sstp, &rig->config, &rig->env, rig->now);
    take_all(rig);
}

void sstp_rig_init(struct sstp_rig *rig, uint64_t seed)
{
    memset(rig, 0, sizeof(*rig));
    rig->random = seed * 0x9e3779b97f4a7c15u + 1;
    rig->now = 1000 * USEC_PER_SEC;
    rig->sink = (struct log_sink){.write = keep_line, .user = rig, .max = LOG_LEVEL_DEBUG};
    rig->env = (struct env){.random = fill_random, .user = rig, .log = &rig->sink};
    rig->config = (struct sstp_config){.host = "vpn.example.com", .port = 443};
    /* of "example certificate DER", protocol.md 7.5 (c) */
    (void)sstp_rig_hex("16447485f7ec615136cf8e3d56c4c616cc61bcc4", rig->config.cert_sha1, 20);
    (void)sstp_rig_hex("9a2664f509c91cbde8035505ef382b9b5587064378c151f07ba10b3339060210",
                       rig->config.cert_sha256, 32);
    sstp_rig_start(rig);
}

void sstp_rig_feed(struct sstp_rig *rig, struct bytes stream)
{
    size_t used;

    do {
        size_t n = sizeof(rig->inbox) - rig->inbox_len;

        n = n < stream.len ? n : stream.len;
        if (n > 0)
            memcpy(rig->inbox + rig->inbox_len, stream.data, n);
        rig->inbox_len += n;
        stream.data += n;
        stream.len -= n;
        used = sstp_input(&rig->sstp, bytes_of(rig->inbox, rig->inbox_len), rig->now);
        promise(rig, used <= rig->inbox_len, "no more is used than was given");
        promise(rig, rig->n_end > 0 || sstp_deadline(&rig->sstp) != USEC_NEVER || used > 0,
                "an end comes with a result above 0");
        take_all(rig);
        memmove(rig->inbox, rig->inbox + used, rig->inbox_len - used);
        rig->inbox_len -= used;
    } while (used > 0);
    promise(rig, rig->n_end > 0 || (stream.len == 0 && rig->inbox_len < sizeof(rig->inbox)),
            "the promised buffer suffices");
}

void sstp_rig_feed_str(struct sstp_rig *rig, const char *text)
{
    sstp_rig_feed(rig, bytes_of_str(text));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t sstp_rig_hex(const char *hex, uint8_t *out, size_t cap)
{
    size_t n_digits = 0;

    for (; *hex && n_digits / 2 < cap; hex++) {
        int digit = hex_digit(*hex);

        if (digit < 0)
            continue;
        out[n_digits / 2] = (uint8_t)(n_digits % 2 ? out[n_digits / 2] << 4 | digit : digit);
        n_digits++;
    }
    return n_digits / 2;
}

void sstp_rig_feed_hex(struct sstp_rig *rig, const char *hex)
{
    uint8_t buf[SSTP_PACKET_MAX];

    sstp_rig_feed(rig, bytes_of(buf, sstp_rig_hex(hex, buf, sizeof(buf))));
}

void sstp_rig_pass(struct sstp_rig *rig, usec_t span)
{
    const usec_t until = rig->now + span;

    while (sstp_deadline(&rig->sstp) <= until) {
        promise(rig, sstp_deadline(&rig->sstp) >= rig->now, "a deadline that was kept is gone");
        rig->now = sstp_deadline(&rig->sstp);
        sstp_tick(&rig->sstp, rig->now);
        take_all(rig);
        if (sstp_deadline(&rig->sstp) <= rig->now) {
            promise(rig, false, "a tick moves the deadline on");
            break;
        }
    }
    rig->now = until;
    sstp_tick(&rig->sstp, rig->now); /* too early is harmless */
    take_all(rig);
}

void sstp_rig_authenticated(struct sstp_rig *rig, const uint8_t hlak[static SSTP_HLAK_LEN])
{
    rig->authenticated = true;
    sstp_authenticated(&rig->sstp, hlak, rig->now);
    take_all(rig);
}

void sstp_rig_close(struct sstp_rig *rig)
{
    sstp_close(&rig->sstp, rig->now);
    take_all(rig);
}

bool sstp_rig_sent_is(const struct sstp_rig *rig, const char *hex)
{
    uint8_t want[SSTP_RIG_SENT_MAX];
    size_t len = sstp_rig_hex(hex, want, sizeof(want));

    return bytes_equal(bytes_of(want, len), bytes_of(rig->sent, rig->sent_len));
}

void sstp_rig_forget(struct sstp_rig *rig)
{
    rig->sent_len = 0;
}

/* -- ways ------------------------------------------------------------------------------------------------ */

void sstp_rig_to_request_sent(struct sstp_rig *rig)
{
    sstp_rig_init(rig, 1);
    sstp_rig_feed_str(rig, sstp_rig_http_ok);
    sstp_rig_forget(rig);
}

void sstp_rig_to_ack_received(struct sstp_rig *rig)
{
    sstp_rig_to_request_sent(rig);
    sstp_rig_feed_hex(rig, sstp_rig_connect_ack);
    sstp_rig_forget(rig);
}

void sstp_rig_to_connected(struct sstp_rig *rig)
{
    static const uint8_t hlak[SSTP_HLAK_LEN];

    sstp_rig_to_ack_received(rig);
    sstp_rig_authenticated(rig, hlak);
    sstp_rig_forget(rig);
}
