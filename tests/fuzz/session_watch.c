/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between call.c and the engines (ld's --wrap): the promises of sstp.h and ppp.h, whose events call.c would otherwise
 * have for itself. What an engine reads lies in memory that ends where its input ends.
 */
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, len)   ((void)(at), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(at, len) ((void)(at), (void)(len))
#endif

#include "session_rig.h"
#include "session_server.h"

struct session_watched session_watched;

size_t __real_sstp_input(struct sstp *sstp, struct bytes stream, usec_t now) MUST_USE;
size_t __wrap_sstp_input(struct sstp *sstp, struct bytes stream, usec_t now) MUST_USE;
bool __real_sstp_event(struct sstp *sstp, struct sstp_event *ret_event);
bool __wrap_sstp_event(struct sstp *sstp, struct sstp_event *ret_event);
bool __real_sstp_output(struct sstp *sstp, struct writer *out);
bool __wrap_sstp_output(struct sstp *sstp, struct writer *out);
void __real_ppp_input(struct ppp *ppp, struct bytes frame, usec_t now);
void __wrap_ppp_input(struct ppp *ppp, struct bytes frame, usec_t now);
bool __real_ppp_event(struct ppp *ppp, struct ppp_event *ret_event);
bool __wrap_ppp_event(struct ppp *ppp, struct ppp_event *ret_event);
bool __real_ppp_output(struct ppp *ppp, struct writer *out);
bool __wrap_ppp_output(struct ppp *ppp, struct writer *out);

/* -- SSTP ------------------------------------------------------------------------------------------------ */

size_t __wrap_sstp_input(struct sstp *sstp, struct bytes stream, usec_t now)
{
    size_t behind = (size_t)(session_call.pump.rx + sizeof(session_call.pump.rx) - stream.data) - stream.len;
    const uint8_t *end = stream.data + stream.len;
    bool lives = sstp_deadline(sstp) != USEC_NEVER;
    size_t used;

    ASAN_POISON_MEMORY_REGION(end, behind);
    used = __real_sstp_input(sstp, stream, now);
    ASAN_UNPOISON_MEMORY_REGION(end, behind);
    MUST(used <= stream.len);
    MUST(used == 0 || lives);
    MUST(!lives || used > 0 ||
         sstp_deadline(sstp) != USEC_NEVER); /* who looks only after a step sees the end */
    rig.n_steps += used > 0;
    return used;
}

bool __wrap_sstp_event(struct sstp *sstp, struct sstp_event *ret_event)
{
    if (!__real_sstp_event(sstp, ret_event))
        return false;
    MUST(!session_watched.sstp_over);
    switch (ret_event->type) {
    case SSTP_EVENT_HTTP_OK: MUST(!session_call.ppp_started && sstp_stage(sstp) >= END_STAGE_SSTP); break;
    case SSTP_EVENT_OPEN: MUST(!session_call.ppp_started && sstp_stage(sstp) >= END_STAGE_LCP); break;
    case SSTP_EVENT_FRAME:
        MUST(session_call.ppp_started && ret_event->frame.len <= SSTP_PAYLOAD_MAX);
        MUST(ret_event->frame.data >= session_call.pump.rx);
        MUST(ret_event->frame.data + ret_event->frame.len <= session_call.pump.rx + session_call.pump.rx_len);
        break;
    case SSTP_EVENT_END:
        session_watched.sstp_over = true;
        MUST(ret_event->end.reason != END_NONE && sstp_deadline(sstp) == USEC_NEVER);
        MUST(sstp_cause(sstp)->reason == ret_event->end.reason);
        break;
    }
    return true;
}

bool __wrap_sstp_output(struct sstp *sstp, struct writer *out)
{
    bool any = __real_sstp_output(sstp, out);

    MUST(!any || (writer_ok(out) && out->len > 0 && !session_watched.sstp_over));
    return any;
}

/* -- PPP ------------------------------------------------------------------------------------------------- */

/* The server has proved that it knows the password. */
static bool proven(const struct auth *auth)
{
    if (session_call.ppp.lcp.auth == PPP_AUTH_EAP_MSCHAPV2)
        return auth->eap.proven;
    return session_call.ppp.lcp.auth == PPP_AUTH_MSCHAPV2 && auth->state == AUTH_STATE_DONE;
}

static bool holds_digits(struct bytes frame, const uint8_t *value, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t at = 0; at + 2 * len <= frame.len; at++) {
        size_t i = 0;

        while (i < 2 * len &&
               (frame.data[at + i] | 0x20) == digits[i % 2 ? value[i / 2] & 15 : value[i / 2] >> 4])
            i++;
        if (i == 2 * len)
            return true;
    }
    return false;
}

/* Its contract: no pointer into the frame is kept. The frame that proves the server must hold the proof. */
void __wrap_ppp_input(struct ppp *ppp, struct bytes frame, usec_t now)
{
    uint8_t *copy = malloc(frame.len > 0 ? frame.len : 1), proof[20];
    bool before = proven(&ppp->auth);

    MUST(copy != NULL);
    if (frame.len > 0)
        memcpy(copy, frame.data, frame.len);
    memcpy(proof, ppp->auth.mschapv2.authenticator, sizeof(proof));
    __real_ppp_input(ppp, bytes_of(copy, frame.len), now);
    MUST(before || !proven(&ppp->auth) || holds_digits(frame, proof, sizeof(proof)));
    free(copy);
}

static bool method_allowed(enum ppp_auth_method method)
{
    for (size_t i = 0; i < rig.options.n_auth; i++)
        if (rig.options.auth[i] == method)
            return true;
    return false;
}

/* Where the server has to prove itself, only one that knows the password and has judged our answer can have done so. */
static void watch_login(const struct ppp_event *event)
{
    static const uint8_t zero[PPP_HLAK_LEN];
    bool mutual = event->auth.method == PPP_AUTH_MSCHAPV2 || event->auth.method == PPP_AUTH_EAP_MSCHAPV2;

    MUST(session_watched.lcp_up && !session_watched.authenticated && method_allowed(event->auth.method));
    if (mutual)
        MUST(session_server_knows(event->auth.hlak));
    else
        MUST(memcmp(event->auth.hlak, zero, sizeof(zero)) == 0);
    session_watched.authenticated = true;
    session_watched.method = event->auth.method;
    memcpy(session_watched.hlak, event->auth.hlak, sizeof(session_watched.hlak));
}

/* UP and DOWN of a family take turns. */
static void watch_family(bool ipv6, bool up)
{
    MUST(session_watched.up[ipv6] != up && (!up || session_watched.authenticated));
    MUST(!ipv6 || !rig.options.disable_ipv6);
    session_watched.up[ipv6] = up;
}

static void watch_ppp(const struct ppp *ppp, const struct ppp_event *event)
{
    struct ipaddr local;

    switch (event->type) {
    case PPP_EVENT_LCP_UP:
        MUST(!session_watched.up[0] && !session_watched.up[1]);
        session_watched.lcp_up = true;
        session_watched.authenticated = false;
        break;
    case PPP_EVENT_AUTHENTICATED: watch_login(event); break;
    case PPP_EVENT_IPV4_UP:
        watch_family(false, true);
        local = ipaddr_v4(event->ipv4.local);
        MUST(ipaddr_is_host(&local));
        break;
    case PPP_EVENT_IPV6_UP: watch_family(true, true); break;
    case PPP_EVENT_IPV4_DOWN: watch_family(false, false); break;
    case PPP_EVENT_IPV6_DOWN: watch_family(true, false); break;
    case PPP_EVENT_IPV4_FAILED: MUST(!session_watched.up[0]); break;
    case PPP_EVENT_IPV6_FAILED: MUST(!session_watched.up[1]); break;
    case PPP_EVENT_END:
        session_watched.ppp_over = true;
        MUST(!session_watched.up[0] && !session_watched.up[1]);
        MUST(event->end.reason != END_NONE && ppp_deadline(ppp) == USEC_NEVER);
        MUST(ppp_cause(ppp)->reason == event->end.reason);
        break;
    }
}

bool __wrap_ppp_event(struct ppp *ppp, struct ppp_event *ret_event)
{
    if (!__real_ppp_event(ppp, ret_event))
        return false;
    MUST(!session_watched.ppp_over);
    watch_ppp(ppp, ret_event);
    return true;
}

bool __wrap_ppp_output(struct ppp *ppp, struct writer *out)
{
    bool any = __real_ppp_output(ppp, out);

    MUST(!any || writer_ok(out));
    return any;
}

/* -- rest ------------------------------------------------------------------------------------------------ */

static const uint8_t anything[] = {0x10, 0x01, 0x00, 0x08, 0x00, 0x08, 0x00, 0x00, 0x10, 0x00, 0x00, 0x0e,
                                   0xff, 0x03, 0xc0, 0x21, 0x01, 0x01, 0x00, 0x0a, 0x03, 0x06, 0xc2, 0x23};

static void rest_sstp(struct sstp *sstp)
{
    static struct sstp before;
    struct sstp_event event;
    uint8_t buf[SSTP_OUTPUT_MAX];
    struct writer out = writer_of(buf, sizeof(buf));
    usec_t later = rig.now + 3600 * USEC_PER_SEC;

    while (__real_sstp_output(sstp, &out)) /* a CALL_DISCONNECT for which there was no room */
        out = writer_of(buf, sizeof(buf));
    memcpy(&before, sstp, sizeof(before));
    MUST(__real_sstp_input(sstp, bytes_of(anything, sizeof(anything)), later) == 0);
    sstp_tick(sstp, later);
    sstp_authenticated(sstp, session_watched.hlak, later);
    sstp_close(sstp, later);
    MUST(!__real_sstp_event(sstp, &event) && !__real_sstp_output(sstp, &out));
    MUST(memcmp(&before, sstp, sizeof(before)) == 0);
}

static void rest_ppp(struct ppp *ppp)
{
    struct ppp_event event;
    uint8_t buf[PPP_FRAME_MAX];
    struct writer out = writer_of(buf, sizeof(buf));
    usec_t later = rig.now + 3600 * USEC_PER_SEC;

    while (__real_ppp_output(ppp, &out)) /* a Terminate-Ack for which there was no room */
        out = writer_of(buf, sizeof(buf));
    for (size_t at = 0; at < sizeof(anything); at++)
        __real_ppp_input(ppp, bytes_of(anything + at, sizeof(anything) - at), later);
    ppp_tick(ppp, later);
    ppp_close(ppp, later);
    ppp_open(ppp, later);
    MUST(!__real_ppp_event(ppp, &event) && !__real_ppp_output(ppp, &out));
    MUST(ppp_deadline(ppp) == USEC_NEVER);
}

void session_watch_rest(void)
{
    if (session_watched.sstp_over)
        rest_sstp(&session_call.sstp);
    if (session_watched.ppp_over)
        rest_ppp(&session_call.ppp);
}
