/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the wire and the automaton: a received packet becomes an event, an action becomes a packet. Replies are
 * matched against our last Configure-Request, each request takes one reply: a second one is a repetition and is
 * dropped (RFC 1661 5.2-5.4: "otherwise the packet is invalid and is silently discarded").
 */
#include "cp_packet.h"

#include "cp_option.h"
#include "ppp_link.h"
#include "ppp_text.h"

static void drop(const struct cp *cp, const char *why)
{
    log_debug(ppp_link_log(cp->link), "%s: packet dropped: %s", cp->ops->name, why);
}

static void sent(struct cp *cp, uint8_t code, uint8_t id, struct bytes data)
{
    struct ppp_packet packet = {.code = code, .id = id, .data = data};

    cp_packet_log(cp, "sent", &packet);
}

static void send_data(struct cp *cp, uint8_t code, uint8_t id, struct bytes data)
{
    ppp_link_send(cp->link, cp->ops->protocol, code, id, data);
    sent(cp, code, id, data);
}

/* A plain retransmission keeps its identifier; new contents or an answered request need a new one (RFC 1661 5.1). */
void cp_packet_send_configure_request(struct cp *cp)
{
    uint8_t buf[CP_REQUEST_MAX];
    struct writer w = writer_of(buf, sizeof(buf));
    struct bytes options;

    cp_option_write_request(cp, &w);
    options = writer_view(&w);
    if (!cp->awaiting || !bytes_equal(options, bytes_of(cp->request, cp->request_len)))
        cp->id = ppp_link_new_id(cp->link);
    if (options.len > 0)
        memcpy(cp->request, options.data, options.len);
    cp->request_len = options.len;
    cp->awaiting = true;
    cp->n_sent++;
    send_data(cp, CP_CODE_CONFIGURE_REQUEST, cp->id, options);
}

static uint8_t code_of_verdict(enum cp_verdict verdict)
{
    switch (verdict) {
    case CP_VERDICT_ACK: return CP_CODE_CONFIGURE_ACK;
    case CP_VERDICT_NAK: return CP_CODE_CONFIGURE_NAK;
    case CP_VERDICT_REJECT: return CP_CODE_CONFIGURE_REJECT;
    }
    return CP_CODE_CONFIGURE_REJECT;
}

void cp_packet_answer_configure_request(struct cp *cp, const struct ppp_packet *request)
{
    enum cp_verdict verdict = cp_option_judge(cp, request->data);
    uint8_t code = code_of_verdict(verdict);
    struct writer w = ppp_link_begin(cp->link, cp->ops->protocol, code, request->id);
    size_t start = w.len;

    if (verdict == CP_VERDICT_ACK) {
        cp->n_naks = 0;
        cp_option_apply(cp, request->data);
        writer_bytes(&w, request->data);
    } else {
        cp_option_write_refusal(cp, verdict, request->data, &w);
        cp->n_refused++; /* only now: the counters take part in the judgement */
        cp->n_naks += verdict == CP_VERDICT_NAK;
    }
    ppp_link_end(cp->link, &w);
    if (writer_ok(&w))
        sent(cp, code, request->id, bytes_of(w.buf + start, w.len - start));
}

void cp_packet_send_terminate_request(struct cp *cp)
{
    cp->id = ppp_link_new_id(cp->link);
    cp->awaiting = false;
    send_data(cp, CP_CODE_TERMINATE_REQUEST, cp->id, bytes_of(NULL, 0));
}

void cp_packet_send_terminate_ack(struct cp *cp, const struct ppp_packet *packet)
{
    send_data(cp, CP_CODE_TERMINATE_ACK, packet->id, bytes_of(NULL, 0));
}

void cp_packet_send_code_reject(struct cp *cp, const struct ppp_packet *packet)
{
    struct bytes copy = packet->whole;
    size_t max = ppp_link_data_max(cp->link);

    if (copy.len > max)
        copy.len = max; /* RFC 1661 5.6: truncated to the peer's MRU */
    send_data(cp, CP_CODE_CODE_REJECT, ppp_link_new_id(cp->link), copy);
}

/* In Closed and Stopped the automaton answers whatever reply comes; Closing and Stopping ignore it. */
static bool replies_matter(const struct cp *cp)
{
    return cp->state >= CP_STATE_REQ_SENT;
}

static bool is_reply(struct cp *cp, const struct ppp_packet *packet)
{
    if (!cp->awaiting || packet->id != cp->id) {
        drop(cp, "it answers no request of ours");
        return false;
    }
    return true;
}

static void receive_request(struct cp *cp, const struct ppp_packet *packet)
{
    if (!cp_option_list_ok(cp, packet->data)) {
        drop(cp, "malformed options");
        return;
    }
    /*
     * The peer was not ready for our request and now is: do not wait for the timer (protocol.md 15, Q4: no traffic
     * passes before IPV6CP is up).
     */
    if (cp->peer_not_ready && cp_fsm_negotiating(cp))
        cp_packet_send_configure_request(cp);
    cp->peer_not_ready = false;
    cp_fsm_event(cp,
                 cp_option_judge(cp, packet->data) == CP_VERDICT_ACK ? CP_EVENT_RCR_PLUS : CP_EVENT_RCR_MINUS,
                 packet);
}

static void receive_ack(struct cp *cp, const struct ppp_packet *packet)
{
    if (replies_matter(cp)) {
        if (!is_reply(cp, packet))
            return;
        if (!bytes_equal(packet->data, bytes_of(cp->request, cp->request_len))) {
            drop(cp, "it acknowledges something else than our request");
            return;
        }
        cp->awaiting = false;
    }
    cp_fsm_event(cp, CP_EVENT_RCA, packet);
}

static void receive_refusal(struct cp *cp, const struct ppp_packet *packet)
{
    if (replies_matter(cp)) {
        if (!is_reply(cp, packet))
            return;
        if (!cp_option_list_ok(cp, packet->data)) {
            drop(cp, "malformed options");
            return;
        }
        cp->awaiting = false;
        cp_option_take_refusal(cp, packet->code == CP_CODE_CONFIGURE_REJECT, packet->data);
    }
    cp_fsm_event(cp, CP_EVENT_RCN, packet);
}

static void receive_terminate_request(struct cp *cp, const struct ppp_packet *packet)
{
    if (cp->ops->terminated)
        cp->ops->terminated(cp, packet->data);
    if (cp->state >= CP_STATE_REQ_SENT)
        cp->why = "the server terminated it";
    cp_fsm_event(cp, CP_EVENT_RTR, packet);
    if (cp_fsm_negotiating(cp) && cp->ops->terminate_refuses)
        cp_fsm_event(cp, CP_EVENT_RXJ_MINUS, NULL);
}

static void receive_terminate_ack(struct cp *cp, const struct ppp_packet *packet)
{
    cp->peer_not_ready = cp_fsm_negotiating(cp);
    cp_fsm_event(cp, CP_EVENT_RTA, packet);
}

/* Codes 1-7 are what the automaton is made of: a peer without them cannot be talked to (RFC 1661 5.6). */
static void receive_code_reject(struct cp *cp, const struct ppp_packet *packet)
{
    struct reader r = reader_of(packet->data);
    uint8_t code = reader_u8(&r);
    bool essential = reader_ok(&r) && code >= CP_CODE_CONFIGURE_REQUEST && code <= CP_CODE_CODE_REJECT;

    if (essential && cp->state >= CP_STATE_CLOSED) {
        cp->why = "the server does not know its packets";
        if (cp->ops->code_rejected)
            cp->ops->code_rejected(cp, code);
    }
    cp_fsm_event(cp, essential ? CP_EVENT_RXJ_MINUS : CP_EVENT_RXJ_PLUS, packet);
}

static void receive_extra(struct cp *cp, const struct ppp_packet *packet)
{
    enum cp_event event = cp->ops->extra ? cp->ops->extra(cp, packet) : CP_EVENT_RUC;

    if (event != CP_EVENT_COUNT)
        cp_fsm_event(cp, event, packet);
}

static void receive(struct cp *cp, const struct ppp_packet *packet)
{
    switch (packet->code) {
    case CP_CODE_CONFIGURE_REQUEST: receive_request(cp, packet); break;
    case CP_CODE_CONFIGURE_ACK: receive_ack(cp, packet); break;
    case CP_CODE_CONFIGURE_NAK:
    case CP_CODE_CONFIGURE_REJECT: receive_refusal(cp, packet); break;
    case CP_CODE_TERMINATE_REQUEST: receive_terminate_request(cp, packet); break;
    case CP_CODE_TERMINATE_ACK: receive_terminate_ack(cp, packet); break;
    case CP_CODE_CODE_REJECT: receive_code_reject(cp, packet); break;
    default: receive_extra(cp, packet); break;
    }
}

void cp_packet_input(struct cp *cp, struct bytes info)
{
    struct ppp_packet packet;

    if (cp->state == CP_STATE_INITIAL || cp->state == CP_STATE_STARTING)
        return;
    if (!ppp_wire_read_packet(info, &packet)) {
        drop(cp, "its length does not fit");
        return;
    }
    cp->heard = true;
    cp_packet_log(cp, "received", &packet);
    receive(cp, &packet);
    cp_fsm_check_rounds(cp);
}

static const char *code_name(uint8_t code)
{
    static const char *const names[] = {
        NULL,
        "Configure-Request",
        "Configure-Ack",
        "Configure-Nak",
        "Configure-Reject",
        "Terminate-Request",
        "Terminate-Ack",
        "Code-Reject",
        "Protocol-Reject",
        "Echo-Request",
        "Echo-Reply",
        "Discard-Request",
        "Identification",
        "Time-Remaining",
    };

    return code < ARRAY_LEN(names) && names[code] ? names[code] : "packet of unknown code";
}

void cp_packet_log(const struct cp *cp, const char *verb, const struct ppp_packet *packet)
{
    char buf[400];
    struct ppp_text text;

    if (!ppp_link_traces(cp->link))
        return;
    text = ppp_text_of(buf, sizeof(buf));
    if (packet->code >= CP_CODE_CONFIGURE_REQUEST && packet->code <= CP_CODE_CONFIGURE_REJECT) {
        cp_option_print(cp, packet->data, &text);
    } else if (packet->data.len > 0) {
        ppp_text_str(&text, " ");
        ppp_text_hex(&text, packet->data);
    }
    log_debug(ppp_link_log(cp->link), "%s %s %s id %u%s", verb, cp->ops->name, code_name(packet->code),
              packet->id, buf);
}
