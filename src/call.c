/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The round of one wake-up: decrypt and take apart what came, let due timers speak, collect what the engines want to
 * say, then datagrams of the device, and one send. Control goes before data.
 *
 * Back pressure is one rule: while the socket has not taken what was written, the device is not read. What the engines
 * want to say waits inside them, bounded, until TLS has room.
 *
 * Timers: none of its own; the engines' and router discovery's deadlines pass through call_deadline().
 */
#include "call.h"

#include "loop.h"
#include "secret.h"

#define READ_ROUNDS_MAX  2                   /* batches; then the other direction has its turn */
#define WRITE_ROUND      ((size_t)192 << 10) /* one send() of it */
#define WRITE_ROUNDS_MAX 16   /* rounds count, too: what is dropped adds nothing to the bytes */
#define MRU              1500 /* protocol.md 14: avoids a round trip with most servers */

void call_init(struct call *call, const struct call_config *config, usec_t now)
{
    const struct options *options = config->options;

    call->log = config->log;
    call->tls = config->tls;
    call->tun = config->tun;
    call->hostnet = config->hostnet;
    call->sstp_config = (struct sstp_config){.host = options->host, .port = options->port};
    tls_cert_digests(config->tls, call->sstp_config.cert_sha1, call->sstp_config.cert_sha256);
    call->ppp_config = (struct ppp_config){
        .user = config->user,
        .secret = config->secret,
        .n_auth = options->n_auth,
        .mru = MRU,
        .ipv6 = !options->disable_ipv6,
        .nbns = options->hook != NULL, /* nobody else hears of them */
    };
    memcpy(call->ppp_config.auth, options->auth, sizeof(options->auth));
    pump_init(&call->pump, config->tun);
    sstp_init(&call->sstp, &call->sstp_config, config->env, now);
    ppp_init(&call->ppp, &call->ppp_config, config->env);
    log_info(call->log, "HTTP request sent, correlation id %s", sstp_correlation_id(&call->sstp));
}

enum end_stage call_stage(const struct call *call)
{
    enum end_stage stage = call->ppp_started ? ppp_stage(&call->ppp) : sstp_stage(&call->sstp);

    if (call->was_up)
        return END_STAGE_UP;
    return stage < END_STAGE_UP ? stage : END_STAGE_NETWORK; /* PPP is up, this host is not yet */
}

/* The first cause wins: what follows it is only its echo. */
static void note_end(struct call *call, const struct end *end)
{
    if (!end || end->reason == END_NONE || call->end.reason != END_NONE)
        return;
    call->end = *end;
    call->stage = call_stage(call);
    hostnet_close(call->hostnet);
}

/* A stream that is over shows at the next tls_read(), after all that came before: the end is noted there, not here. */
static void write_control(struct call *call, struct bytes out)
{
    if (out.len > 0)
        IGNORE_RESULT(tls_write(call->tls, out));
}

static void send_sstp(struct call *call)
{
    uint8_t buf[SSTP_OUTPUT_MAX];
    struct writer out = writer_of(buf, sizeof(buf));

    while (tls_output_room(call->tls) >= sizeof(buf) && sstp_output(&call->sstp, &out)) {
        write_control(call, writer_view(&out));
        out = writer_of(buf, sizeof(buf));
    }
}

static void send_ppp(struct call *call)
{
    uint8_t buf[SSTP_PACKET_MAX];

    while (sstp_carries_control(&call->sstp) && tls_output_room(call->tls) >= sizeof(buf)) {
        struct writer out = writer_of(buf, sizeof(buf));

        (void)writer_reserve(&out, SSTP_HEADER_LEN);
        if (!ppp_output(&call->ppp, &out) || !writer_ok(&out))
            return;
        sstp_data_header(buf, out.len - SSTP_HEADER_LEN);
        write_control(call, writer_view(&out));
        secret_wipe(buf, out.len); /* PAP's request is the password */
    }
}

static void end_ppp(struct call *call, const struct end *end, usec_t now)
{
    call->ppp_ended = true;
    note_end(call, end);
    send_ppp(call); /* a Terminate-Ack must leave before CALL_DISCONNECT */
    sstp_close(&call->sstp, now);
}

static void judge_network(struct call *call, usec_t now)
{
    const char *why = hostnet_hopeless(call->hostnet);
    struct end end;

    note_end(call, ppp_cause(&call->ppp)); /* where PPP has given up, it knows more */
    if (hostnet_usable(call->hostnet)) {
        call->was_up = true;
        sstp_in_use(&call->sstp);
    }
    if (!why || call->end.reason != END_NONE)
        return;
    end = end_make(END_PPP_NO_ADDRESS, 0, "%s", why);
    call_close(call, &end, now);
}

/* Where the host does not, there is no tunnel. */
static bool follow(struct call *call, bool host_did, const struct end *end, usec_t now)
{
    if (!host_did)
        call_close(call, end, now);
    return host_did;
}

void call_answered(struct call *call, usec_t now)
{
    struct end end = {.reason = END_NONE};

    follow(call, hostnet_answered(call->hostnet, now, &end), &end, now);
}

static void network_event(struct call *call, const struct ppp_event *event, usec_t now)
{
    struct end end = {.reason = END_NONE};

    if (call->end.reason != END_NONE)
        return;
    call->changed = true;
    hostnet_link(call->hostnet, ppp_peer_mru(&call->ppp));
    if (!follow(call, hostnet_event(call->hostnet, event, now, &end), &end, now))
        return;
    if (event->type == PPP_EVENT_IPV4_UP && call->hostnet->ipv4_state == HOSTNET_UP)
        write_control(call, pump_first(&call->pump, &event->ipv4));
    judge_network(call, now);
}

static void handle_ppp_event(struct call *call, struct ppp_event *event, usec_t now)
{
    switch (event->type) {
    case PPP_EVENT_LCP_UP: break;
    case PPP_EVENT_AUTHENTICATED:
        sstp_authenticated(&call->sstp, event->auth.hlak, now);
        secret_wipe(event, sizeof(*event));
        send_sstp(call); /* CALL_CONNECTED before any NCP packet */
        hostnet_link(call->hostnet, ppp_peer_mru(&call->ppp));
        break;
    case PPP_EVENT_IPV4_UP:
    case PPP_EVENT_IPV4_DOWN:
    case PPP_EVENT_IPV4_FAILED:
    case PPP_EVENT_IPV6_UP:
    case PPP_EVENT_IPV6_DOWN:
    case PPP_EVENT_IPV6_FAILED: network_event(call, event, now); break;
    case PPP_EVENT_END: end_ppp(call, &event->end, now); break;
    }
}

static void take_ppp_events(struct call *call, usec_t now)
{
    struct ppp_event event;

    while (ppp_event(&call->ppp, &event))
        handle_ppp_event(call, &event, now);
    note_end(call, ppp_cause(&call->ppp));
}

static void device_gone(struct call *call, usec_t now)
{
    struct end end = end_make(END_HOST, 0, "the interface %s is gone: somebody removed it", call->tun->name);

    call_close(call, &end, now);
}

/*
 * Inner IPv4 and IPv6: to the host, but a router's advertisement to us. Also during our goodbye: the peer had sent it before
 * it could know.
 */
static void receive_datagram(struct call *call, enum ppp_class class, struct bytes datagram, usec_t now)
{
    struct end end = {.reason = END_NONE};
    bool ipv6 = class == PPP_CLASS_IPV6;
    enum hostnet_family_state state = ipv6 ? call->hostnet->ipv6_state : call->hostnet->ipv4_state;

    if (state != HOSTNET_UP) {
        call->pump.stats.rx_unexpected++;
        return;
    }
    if (!pump_check(&call->pump, class, datagram, &datagram))
        return;
    if (ipv6 && ra_claims(datagram)) {
        call->changed = true;
        follow(call, hostnet_advertisement(call->hostnet, datagram, now, &end), &end, now);
        return;
    }
    if (pump_deliver(&call->pump, call->tun, datagram) < 0)
        device_gone(call, now);
}

static void receive_frame(struct call *call, struct bytes frame, usec_t now)
{
    struct bytes datagram;
    enum ppp_class class = ppp_classify(frame, &datagram);

    switch (class) {
    case PPP_CLASS_IPV4:
    case PPP_CLASS_IPV6: receive_datagram(call, class, datagram, now); return;
    case PPP_CLASS_OTHER: call->pump.stats.rx_unexpected++; break;
    case PPP_CLASS_BAD: call->pump.stats.rx_malformed++; return;
    case PPP_CLASS_CONTROL: break;
    }
    if (call->ppp_ended)
        return;
    ppp_input(&call->ppp, frame, now);
    take_ppp_events(call, now);
}

static void take_sstp_events(struct call *call, usec_t now)
{
    struct sstp_event event;

    while (sstp_event(&call->sstp, &event)) {
        switch (event.type) {
        case SSTP_EVENT_HTTP_OK: log_info(call->log, "HTTP: the server accepts SSTP"); break;
        case SSTP_EVENT_OPEN:
            log_info(call->log, "SSTP: the call is accepted, starting PPP");
            call->ppp_started = true;
            ppp_open(&call->ppp, now);
            break;
        case SSTP_EVENT_FRAME: receive_frame(call, event.frame, now); break;
        case SSTP_EVENT_END:
            note_end(call, &event.end);
            call->over = true;
            break;
        }
    }
}

static void answer(struct call *call)
{
    send_sstp(call);
    if (call->ppp_started)
        send_ppp(call);
}

static struct bytes unparsed(const struct pump *pump, size_t used)
{
    return bytes_of(pump->rx + used, pump->rx_len - used);
}

/* Nearly all there is: datagrams of a call that stands, up to whatever else comes. The end of what they took. */
static size_t parse_data(struct call *call, size_t used, usec_t now)
{
    size_t begun = used;
    struct bytes frame, datagram;

    while (!call->changed && sstp_data(&call->sstp, unparsed(&call->pump, used), &frame)) {
        enum ppp_class class = ppp_classify(frame, &datagram);

        if (class != PPP_CLASS_IPV4 && class != PPP_CLASS_IPV6)
            break;
        receive_datagram(call, class, datagram, now);
        used += SSTP_HEADER_LEN + frame.len;
    }
    if (used > begun)
        sstp_heard(&call->sstp, now);
    return used;
}

/*
 * Up to a change of the host, which may take its time: a batch that is full of them would keep orders and timers waiting.
 */
static void parse(struct call *call, usec_t now)
{
    struct pump *pump = &call->pump;
    size_t used = 0;

    call->changed = false;
    while (!call->over && !call->changed) {
        size_t n;

        used = parse_data(call, used, now);
        n = sstp_input(&call->sstp, unparsed(pump, used), now);
        if (n == 0)
            break;
        used += n;
        take_sstp_events(call, now);
        answer(call); /* at once: what the engines keep for later is little, and a flood would fill it */
    }
    note_end(call, sstp_cause(&call->sstp));
    if (pump_flush(pump, call->tun) < 0)
        device_gone(call, now);
    if (used > 0) {
        pump->rx_len -= used;
        memmove(pump->rx, pump->rx + used, pump->rx_len);
    }
}

/* Decrypts until the batch is full or nothing is left for now: what is merged is merged within one batch. */
static enum tls_status fill_batch(struct call *call)
{
    struct pump *pump = &call->pump;
    enum tls_status status = TLS_OK;

    tls_read_begin(call->tls);
    while (status == TLS_OK && pump->rx_len < sizeof(pump->rx)) {
        size_t len = 0;

        status = tls_read(call->tls, pump->rx + pump->rx_len, sizeof(pump->rx) - pump->rx_len, &len);
        pump->rx_len += status == TLS_OK ? len : 0;
    }
    return status;
}

static void receive(struct call *call, usec_t now)
{
    call->more = false;
    for (int round = 1; !call->over && !call->more; round++) {
        enum tls_status status = fill_batch(call);

        parse(call, now);
        call->more = call->changed || (status == TLS_OK && round == READ_ROUNDS_MAX);
        if (call->more || status == TLS_OK)
            continue;
        if (status != TLS_AGAIN) {
            note_end(call, tls_end(call->tls));
            call->over = true;
        }
        return;
    }
}

static void tick(struct call *call, usec_t now)
{
    struct end end = {.reason = END_NONE};

    if (sstp_deadline(&call->sstp) <= now)
        sstp_tick(&call->sstp, now);
    take_sstp_events(call, now);
    note_end(call, sstp_cause(&call->sstp));
    if (call->ppp_started && !call->ppp_ended) {
        if (ppp_deadline(&call->ppp) <= now)
            ppp_tick(&call->ppp, now);
        take_ppp_events(call, now);
    }
    if (hostnet_deadline(call->hostnet) <= now)
        follow(call, hostnet_tick(call->hostnet, now, &end), &end, now);
    judge_network(call, now);
}

static struct pump_families open_families(const struct call *call)
{
    bool flows = !call->over && call->end.reason == END_NONE && sstp_carries_data(&call->sstp);

    return (struct pump_families){
        .ipv4 = flows && call->hostnet->ipv4_state == HOSTNET_UP,
        .ipv6 = flows && call->hostnet->ipv6_state == HOSTNET_UP,
    };
}

static void send_solicitation(struct call *call, usec_t now)
{
    uint8_t datagram[RA_SOLICIT_LEN];

    if (open_families(call).ipv6 && hostnet_solicitation(call->hostnet, datagram, now))
        write_control(call, pump_frame(&call->pump, bytes_of(datagram, sizeof(datagram))));
}

/* Datagrams of the host, as long as the socket keeps up. */
static void send_data(struct call *call, usec_t now)
{
    struct pump_families allowed = open_families(call);
    size_t total = 0;

    pump_withhold(&call->pump, allowed);
    if ((!allowed.ipv4 && !allowed.ipv6) || !(call->tun_ready || call->pump.pending))
        return;
    for (int round = 0;
         round < WRITE_ROUNDS_MAX && total < WRITE_ROUND && tls_output_room(call->tls) >= PUMP_RECORD;
         round++) {
        struct bytes frames = {.data = NULL, .len = 0};
        int r = pump_collect(&call->pump, call->tun, allowed, &frames);

        write_control(call, frames);
        total += frames.len;
        if (r < 0)
            device_gone(call, now);
        call->tun_ready = r > 0;
        if (r <= 0)
            return;
    }
    call->more = true;
}

/* How often there was something to wait for, not how often it was looked. */
static void count_wait(struct call *call)
{
    bool waits = tls_wants_write(call->tls);

    call->pump.stats.waits += waits && !call->waits;
    call->waits = waits;
}

void call_drive(struct call *call, usec_t now)
{
    receive(call, now);
    tick(call, now);
    answer(call);
    send_solicitation(call, now);
    if (!tls_wants_write(call->tls) || tls_flush(call->tls) == TLS_OK)
        send_data(call, now);
    (void)!tls_flush(call->tls);
    if (!call->over)
        hostnet_prepare(call->hostnet); /* after what the server waits for has left */
    count_wait(call);
}

/* Only sets it going: what the engines then say and report is taken by the round, which may be the caller. */
void call_close(struct call *call, const struct end *end, usec_t now)
{
    note_end(call, end);
    if (call->over)
        return;
    if (call->ppp_started && !call->ppp_ended)
        ppp_close(&call->ppp, now);
    else
        sstp_close(&call->sstp, now);
}

void call_tun_ready(struct call *call)
{
    call->tun_ready = true;
}

usec_t call_deadline(const struct call *call)
{
    usec_t deadline = usec_min(sstp_deadline(&call->sstp), hostnet_deadline(call->hostnet));

    if (call->more)
        return 0;
    if (call->ppp_started && !call->ppp_ended)
        deadline = usec_min(deadline, ppp_deadline(&call->ppp));
    return deadline;
}

unsigned call_tun_wants(const struct call *call)
{
    struct pump_families allowed = open_families(call);

    return (allowed.ipv4 || allowed.ipv6) && !tls_wants_write(call->tls) ? LOOP_READ : 0u;
}

void call_log_last(const struct call *call)
{
    char text[256];

    sstp_last_messages(&call->sstp, text, sizeof(text));
    log_info(call->log, "SSTP: the last messages: %s", text);
    if (call->was_up)
        pump_log_stats(&call->pump, call->log);
    if (call->hostnet->ra.n_malformed > 0)
        log_info(call->log, "%llu router advertisements were malformed",
                 (unsigned long long)call->hostnet->ra.n_malformed);
}

void call_done(struct call *call)
{
    ppp_done(&call->ppp);
    sstp_done(&call->sstp);
}
