/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One option: the interface identifier, of which each side has its own (RFC 5072 4.1). Ours is random with the
 * universal bit clear, so that two links never share one and nothing about this host is told.
 */
#include "ipv6cp.h"

#include "cp_option.h"
#include "ppp_link.h"

static struct ipv6cp *ipv6cp_of(struct cp *cp)
{
    return (struct ipv6cp *)cp;
}

static const struct ipv6cp *ipv6cp_of_const(const struct cp *cp)
{
    return (const struct ipv6cp *)cp;
}

static bool is_zero(const uint8_t id[static PPP_IFID_LEN])
{
    static const uint8_t zero[PPP_IFID_LEN];

    return memcmp(id, zero, PPP_IFID_LEN) == 0;
}

static void random_id(const struct cp *cp, uint8_t ret_id[static PPP_IFID_LEN])
{
    env_random(cp->link->env, ret_id, PPP_IFID_LEN);
    ret_id[0] &= (uint8_t)~2u; /* not universally administered: RFC 5072 4.1 */
    if (is_zero(ret_id))
        ret_id[PPP_IFID_LEN - 1] = 1;
}

static enum cp_verdict judge_id(const struct cp *cp, struct bytes value)
{
    const uint8_t *ours = ipv6cp_of_const(cp)->id;

    return is_zero(value.data) || memcmp(value.data, ours, PPP_IFID_LEN) == 0 ? CP_VERDICT_NAK
                                                                              : CP_VERDICT_ACK;
}

static void suggest_id(struct cp *cp, struct bytes value, struct writer *w)
{
    uint8_t id[PPP_IFID_LEN];

    (void)value;
    random_id(cp, id);
    if (memcmp(id, ipv6cp_of(cp)->id, PPP_IFID_LEN) == 0)
        id[PPP_IFID_LEN - 1] ^= 2; /* a random source that repeats itself must not repeat the collision */
    writer_put(w, id, sizeof(id));
}

static void apply_id(struct cp *cp, struct bytes value)
{
    memcpy(ipv6cp_of(cp)->peer_id, value.data, PPP_IFID_LEN);
}

static bool ask_id(const struct cp *cp, struct writer *w)
{
    const struct ipv6cp *ipv6cp = ipv6cp_of_const(cp);

    writer_put(w, ipv6cp->id, PPP_IFID_LEN);
    return !ipv6cp->refused;
}

/* SoftEther gives the identifier that it wants us to have; zero, or the peer's own, would be no answer. */
static void naked_id(struct cp *cp, struct bytes value)
{
    struct ipv6cp *ipv6cp = ipv6cp_of(cp);

    if (is_zero(value.data) || memcmp(value.data, ipv6cp->peer_id, PPP_IFID_LEN) == 0)
        random_id(cp, ipv6cp->id);
    else
        memcpy(ipv6cp->id, value.data, PPP_IFID_LEN);
}

/* Without an identifier there is no address to start from. */
static void rejected_id(struct cp *cp)
{
    ipv6cp_of(cp)->refused = true;
}

static void print_id(struct ppp_text *text, struct bytes value)
{
    for (size_t i = 0; i < PPP_IFID_LEN; i += 2) {
        ppp_text_str(text, i > 0 ? ":" : "");
        ppp_text_hex(text, bytes_of(value.data + i, 2));
    }
}

static void reset_peer(struct cp *cp)
{
    memset(ipv6cp_of(cp)->peer_id, 0, PPP_IFID_LEN);
}

static const struct cp_option_row rows[] = {
    {.type = 1,
     .min_len = 2 + PPP_IFID_LEN,
     .max_len = 2 + PPP_IFID_LEN,
     .name = "id",
     .judge = judge_id,
     .suggest = suggest_id,
     .apply = apply_id,
     .ask = ask_id,
     .naked = naked_id,
     .rejected = rejected_id,
     .print = print_id},
};

static const struct cp_ops ops = {
    .name = "IPV6CP",
    .protocol = PPP_PROTO_IPV6CP,
    .rows = rows,
    .n_rows = ARRAY_LEN(rows),
    .reset_peer = reset_peer,
    .terminate_refuses = true,
};

void ipv6cp_init(struct ipv6cp *ipv6cp, struct ppp_link *link)
{
    memset(ipv6cp, 0, sizeof(*ipv6cp));
    cp_fsm_init(&ipv6cp->cp, &ops, link);
    random_id(&ipv6cp->cp, ipv6cp->id);
}

void ipv6cp_result(const struct ipv6cp *ipv6cp, struct ppp_ipv6 *ret_ipv6)
{
    memcpy(ret_ipv6->local_id, ipv6cp->id, PPP_IFID_LEN);
    memcpy(ret_ipv6->peer_id, ipv6cp->peer_id, PPP_IFID_LEN);
}
