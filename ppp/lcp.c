/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LCP's codes beyond those of every control protocol: rejects, echo, identification, and what Windows hides in its
 * Terminate-Request. Nothing here decides about the link; it is noted in struct lcp and ppp.c reads it.
 */
#include "lcp.h"

#include "auth.h"
#include "lcp_option.h"
#include "ppp_link.h"
#include "ppp_text.h"

static struct lcp *lcp_of(struct cp *cp)
{
    return (struct lcp *)cp;
}

/*
 * Echo-Reply: the request's data with our magic number in place of the peer's, of the same length (RFC 1661 5.8). One
 * without a whole magic number gets just ours. It leaves only in Opened: the table sees to that.
 */
static void send_echo_reply(struct cp *cp, const struct ppp_packet *packet)
{
    struct lcp *lcp = lcp_of(cp);
    struct reader r = reader_of(packet->data);
    struct bytes rest;
    size_t max = ppp_link_data_max(cp->link) - 4;
    struct writer w;

    if (packet->code != CP_CODE_ECHO_REQUEST)
        return;
    (void)reader_take(&r, 4);
    rest = reader_rest(&r);
    if (rest.len > max)
        rest.len = max;
    w = ppp_link_begin(cp->link, PPP_PROTO_LCP, CP_CODE_ECHO_REPLY, packet->id);
    writer_u32(&w, lcp->ask_magic ? lcp->magic : 0);
    writer_bytes(&w, rest);
    ppp_link_end(cp->link, &w);
    log_debug(ppp_link_log(cp->link), "sent LCP Echo-Reply id %u", packet->id);
}

/* Windows tells its version this way (RFC 1570 2.1): worth a line in the log, no answer. */
static void log_identification(const struct cp *cp, struct bytes data)
{
    struct reader r = reader_of(data);
    char text[128];

    (void)reader_u32(&r);
    log_safe(text, sizeof(text), reader_rest(&r));
    log_printf(ppp_link_log(cp->link), ppp_link_level(cp->link, LOG_LEVEL_INFO),
               "LCP: the server identifies itself: %s", text);
}

/* Only believed in Opened (RFC 1661 5.7). */
static enum cp_event receive_protocol_reject(struct cp *cp, struct bytes data)
{
    struct lcp *lcp = lcp_of(cp);
    struct reader r = reader_of(data);
    uint16_t protocol = reader_u16(&r);

    if (!reader_ok(&r) || cp->state != CP_STATE_OPENED)
        return CP_EVENT_COUNT;
    lcp->rejected_protocol = protocol;
    return CP_EVENT_RXJ_PLUS;
}

/* Codes 12 to 15 are known extensions; SoftEther 5 ends the call at any Code-Reject, so no more of those than needed. */
static enum cp_event receive_extra(struct cp *cp, const struct ppp_packet *packet)
{
    switch (packet->code) {
    case CP_CODE_PROTOCOL_REJECT: return receive_protocol_reject(cp, packet->data);
    case CP_CODE_ECHO_REQUEST:
    case CP_CODE_ECHO_REPLY:
    case CP_CODE_DISCARD_REQUEST: return CP_EVENT_RXR;
    case CP_CODE_IDENTIFICATION: log_identification(cp, packet->data); return CP_EVENT_COUNT;
    case CP_CODE_TIME_REMAINING:
    case 14:
    case 15: return CP_EVENT_COUNT;
    default: return CP_EVENT_RUC;
    }
}

/*
 * Windows sends its magic number, a marker and a RAS error code (protocol.md section 9); pppd and others a text; most
 * nothing.
 */
static bool read_ras_error(struct bytes data, uint32_t *ret_code)
{
    struct reader r = reader_of(data);
    uint32_t marker, code;

    (void)reader_u32(&r);
    marker = reader_u32(&r);
    code = reader_u32(&r);
    if (!reader_done(&r) || marker != 0x003ccd74)
        return false;
    *ret_code = code;
    return true;
}

static void receive_terminate(struct cp *cp, struct bytes data)
{
    struct lcp *lcp = lcp_of(cp);
    struct ppp_text text = ppp_text_of(lcp->terminate_text, sizeof(lcp->terminate_text));
    uint32_t code = 0;
    bool known = read_ras_error(data, &code);

    lcp->terminated = true;
    lcp->terminate_code = code;
    if (known) {
        const char *words = end_ras_text(code);

        ppp_text_str(&text, "RAS error ");
        ppp_text_uint(&text, code);
        ppp_text_str(&text, words ? ": " : "");
        ppp_text_str(&text, words ? words : "");
    } else if (data.len > 0) {
        ppp_text_quoted(&text, data);
    }
}

static void note_code_rejected(struct cp *cp, uint8_t code)
{
    lcp_of(cp)->end = end_make(END_PPP_REJECTED, 0, "LCP code %u", code);
}

static const struct cp_ops ops = {
    .name = "LCP",
    .protocol = PPP_PROTO_LCP,
    .rows = lcp_option_rows,
    .n_rows = LCP_OPTION_ROWS,
    .reset_peer = lcp_option_reset_peer,
    .extra = receive_extra,
    .echo = send_echo_reply,
    .terminated = receive_terminate,
    .code_rejected = note_code_rejected,
};

void lcp_init(struct lcp *lcp, struct ppp_link *link, const struct ppp_config *config)
{
    memset(lcp, 0, sizeof(*lcp));
    cp_fsm_init(&lcp->cp, &ops, link);
    lcp->config = config;
    lcp->ask_mru = true;
    lcp->ask_magic = true;
    lcp->mru = config->mru;
    lcp_option_new_magic(lcp);
    lcp_option_reset_peer(&lcp->cp);
}

void lcp_reject_protocol(struct lcp *lcp, uint16_t protocol, struct bytes info)
{
    size_t max = ppp_link_data_max(lcp->cp.link) - 2;
    struct writer w =
        ppp_link_begin(lcp->cp.link, PPP_PROTO_LCP, CP_CODE_PROTOCOL_REJECT, ppp_link_new_id(lcp->cp.link));

    writer_u16(&w, protocol);
    writer_bytes(&w, bytes_of(info.data, info.len < max ? info.len : max));
    ppp_link_end(lcp->cp.link, &w);
    log_debug(ppp_link_log(lcp->cp.link), "sent LCP Protocol-Reject of %s 0x%04x",
              ppp_wire_protocol_name(protocol), protocol);
}

uint16_t lcp_take_rejected_protocol(struct lcp *lcp)
{
    uint16_t protocol = lcp->rejected_protocol;

    lcp->rejected_protocol = 0;
    return protocol;
}

/* "PAP, MS-CHAP": all that was proposed in vain. */
static void list_refused(const struct lcp *lcp, struct ppp_text *text)
{
    const char *separator = "";

    for (int i = 0; i < AUTH_PROPOSALS; i++) {
        if (!(lcp->refused_auth & 1u << i))
            continue;
        ppp_text_str(text, separator);
        ppp_text_str(text, auth_proposal_name(i));
        separator = ", ";
    }
    if (lcp->refused_protocol == 0 && *separator)
        return;
    ppp_text_str(text, separator);
    ppp_text_str(text, "an unknown method");
}

/* "pap,chap-md5": what --auth would have to allow. */
static void list_remedies(const struct lcp *lcp, struct ppp_text *text)
{
    for (int i = 0; i < AUTH_PROPOSALS; i++) {
        enum ppp_auth_method method = auth_proposal_method(i);

        if (!(lcp->refused_auth & 1u << i) || method == PPP_AUTH_NONE)
            continue;
        ppp_text_str(text, text->len > 0 ? "," : "");
        ppp_text_str(text, ppp_auth_method_name(method));
    }
}

bool lcp_refused_auth(const struct lcp *lcp)
{
    return lcp->refused_auth != 0;
}

struct end lcp_auth_method_end(const struct lcp *lcp)
{
    char wanted[80], remedy[64];
    struct ppp_text wanted_text = ppp_text_of(wanted, sizeof(wanted));
    struct ppp_text remedy_text = ppp_text_of(remedy, sizeof(remedy));

    list_refused(lcp, &wanted_text);
    list_remedies(lcp, &remedy_text);
    if (remedy_text.len == 0)
        return end_make(END_AUTH_METHOD, 0, "the server wants %s, which is not supported here", wanted);
    return end_make(END_AUTH_METHOD, 0, "the server wants %s; --auth %s would allow it", wanted, remedy);
}
