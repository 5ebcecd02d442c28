/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole engine. The first byte chooses how far the link has come and what is allowed; then follow frames, each behind
 * a 16-bit length; a length of zero lets time pass until the next deadline. Besides crashes it looks for output before
 * its time, output without end, and events after the last one.
 */
#include <stdlib.h>

#include "local_secret.h"
#include "ppp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct {
    struct ppp ppp;
    struct ppp_config config;
    struct local_secret secret;
    struct env env;
    usec_t now;
    uint8_t counter; /* chance, the same in every run */
    bool authenticated, ended;
    uint8_t first[PPP_FRAME_MAX]; /* our first Configure-Request */
    size_t first_len;
} run;

static void count_up(void *user, uint8_t *out, size_t len)
{
    (void)user;
    for (size_t i = 0; i < len; i++)
        out[i] = ++run.counter;
}

static void check(bool held)
{
    if (!held)
        abort();
}

static void check_frame(const struct writer *w)
{
    check(w->len >= 8 && w->len <= PPP_FRAME_MAX);
    check(run.authenticated || w->buf[2] != 0x80);
    check(w->buf[2] != 0xc0 || w->buf[3] != 0x23 || run.config.auth[0] == PPP_AUTH_PAP);
    if (run.first_len == 0) {
        memcpy(run.first, w->buf, w->len);
        run.first_len = w->len;
    }
}

static bool take_events(void)
{
    struct ppp_event event;
    bool any = false;

    while (ppp_event(&run.ppp, &event)) {
        check(!run.ended);
        any = true;
        run.ended = event.type == PPP_EVENT_END;
        if (event.type == PPP_EVENT_LCP_UP)
            run.authenticated = false;
        if (event.type == PPP_EVENT_AUTHENTICATED)
            run.authenticated = true;
    }
    return any;
}

static void take_all(void)
{
    uint8_t buf[PPP_FRAME_MAX];
    size_t n = 0;

    do {
        for (;;) {
            struct writer w = writer_of(buf, sizeof(buf));

            if (!ppp_output(&run.ppp, &w))
                break;
            check_frame(&w);
            check(++n < 20);
        }
    } while (take_events());
}

/* In memory of its own, so that a read behind the end is seen. */
static void give(const uint8_t *frame, size_t len)
{
    uint8_t *copy = malloc(len + 1);

    check(copy != NULL);
    memcpy(copy, frame, len);
    ppp_input(&run.ppp, bytes_of(copy, len), run.now);
    free(copy);
    take_all();
}

static void give_hex(const char *hex)
{
    uint8_t frame[64];
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        frame[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    give(frame, len);
}

/* mode: bits 0-1 how far, 2-3 the method, 4 IPv6. */
static void begin(uint8_t mode)
{
    static const enum ppp_auth_method methods[] = {PPP_AUTH_PAP, PPP_AUTH_CHAP_MD5, PPP_AUTH_MSCHAPV2,
                                                   PPP_AUTH_EAP_MSCHAPV2};
    static const char *const requests[] = {"ff03c021010100080304c023", "ff03c021010100090305c22305",
                                           "ff03c021010100090305c22381", "ff03c021010100080304c227"};
    unsigned method = mode >> 2 & 3, far = mode & 3;

    memset(&run, 0, sizeof(run));
    run.env = (struct env){.random = count_up};
    run.config = (struct ppp_config){.user = bytes_of_str("D\\user"), .mru = 1500, .nbns = true};
    local_secret_init(&run.secret, &run.config, "password");
    run.config.n_auth = 1;
    run.config.auth[0] = far >= 2 ? PPP_AUTH_PAP : methods[method];
    run.config.ipv6 = mode >> 4 & 1;
    ppp_init(&run.ppp, &run.config, &run.env);
    ppp_open(&run.ppp, run.now);
    take_all();
    if (far == 0)
        return;
    run.first[4] = 2;
    give(run.first, run.first_len);
    give_hex(requests[far >= 2 ? 0 : method]);
    if (far >= 2)
        give_hex("ff03c02302020004");
    if (far == 3)
        give_hex("ff0380210101000a03060a000001");
}

static void pass_time(void)
{
    if (ppp_deadline(&run.ppp) == USEC_NEVER)
        return;
    if (ppp_deadline(&run.ppp) > run.now)
        run.now = ppp_deadline(&run.ppp);
    ppp_tick(&run.ppp, run.now);
    check(ppp_deadline(&run.ppp) > run.now);
    take_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader r = reader_of(bytes_of(data, len));

    begin(reader_u8(&r));
    while (r.left >= 2) {
        size_t want = reader_u16(&r);
        struct bytes frame = reader_take(&r, want < r.left ? want : r.left);

        if (want == 0)
            pass_time();
        else
            give(frame.data, frame.len);
    }
    /* However it stands: a close ends it within its time. */
    ppp_close(&run.ppp, run.now);
    take_all();
    for (int i = 0; i < 3; i++)
        pass_time();
    check(run.ended);
    ppp_done(&run.ppp);
    return 0;
}
