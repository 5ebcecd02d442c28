/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * We ask for an address, name servers and, when somebody wants them, NBNS servers, all as 0.0.0.0, and repeat what the
 * peer's Nak says; what it rejects is not asked for again. Its own address is acknowledged whatever it is (SoftEther
 * says 1.0.0.1): it is only the far end of a point-to-point link.
 */
#include "ipcp.h"

#include "cp_option.h"
#include "ipaddr.h"

static struct ipcp *ipcp_of(struct cp *cp)
{
    return (struct ipcp *)cp;
}

static bool is_zero(const uint8_t addr[static 4])
{
    return (addr[0] | addr[1] | addr[2] | addr[3]) == 0;
}

static bool ask(const struct cp *cp, enum ipcp_slot slot, struct writer *w)
{
    const struct ipcp *ipcp = (const struct ipcp *)cp;

    writer_put(w, ipcp->value[slot], 4);
    return ipcp->ask[slot];
}

static void naked(struct cp *cp, enum ipcp_slot slot, struct bytes value)
{
    struct ipcp *ipcp = ipcp_of(cp);

    memcpy(ipcp->value[slot], value.data, 4);
    if (slot != IPCP_ADDRESS && is_zero(ipcp->value[slot]))
        ipcp->ask[slot] = false; /* "use none instead" */
}

static void rejected(struct cp *cp, enum ipcp_slot slot)
{
    struct ipcp *ipcp = ipcp_of(cp);

    ipcp->ask[slot] = false;
    memset(ipcp->value[slot], 0, 4);
    if (slot == IPCP_ADDRESS)
        ipcp->refused = true;
}

/* One set of handlers per slot: a row's handlers do not know which row called them. */
#define SLOT_HANDLERS(name, slot)                                 \
    static bool ask_##name(const struct cp *cp, struct writer *w) \
    {                                                             \
        return ask(cp, slot, w);                                  \
    }                                                             \
    static void naked_##name(struct cp *cp, struct bytes value)   \
    {                                                             \
        naked(cp, slot, value);                                   \
    }                                                             \
    static void rejected_##name(struct cp *cp)                    \
    {                                                             \
        rejected(cp, slot);                                       \
    }

SLOT_HANDLERS(address, IPCP_ADDRESS)
SLOT_HANDLERS(dns1, IPCP_DNS1)
SLOT_HANDLERS(nbns1, IPCP_NBNS1)
SLOT_HANDLERS(dns2, IPCP_DNS2)
SLOT_HANDLERS(nbns2, IPCP_NBNS2)

/* A peer without an address of its own wants one from us, and we have none to give: it may do without. */
static enum cp_verdict judge_address(const struct cp *cp, struct bytes value)
{
    (void)cp;
    return is_zero(value.data) ? CP_VERDICT_REJECT : CP_VERDICT_ACK;
}

static void apply_address(struct cp *cp, struct bytes value)
{
    memcpy(ipcp_of(cp)->peer, value.data, 4);
}

/* We are no server: a peer that asks us for name servers gets no. */
static enum cp_verdict judge_server(const struct cp *cp, struct bytes value)
{
    (void)cp;
    (void)value;
    return CP_VERDICT_REJECT;
}

static void print_address(struct ppp_text *text, struct bytes value)
{
    ppp_text_ipv4(text, value.data);
}

static void reset_peer(struct cp *cp)
{
    memset(ipcp_of(cp)->peer, 0, sizeof(ipcp_of(cp)->peer));
}

#define SERVER_ROW(option, text, slot)                                                                 \
    {                                                                                                  \
        .type = (option), .min_len = 6, .max_len = 6, .name = (text), .judge = judge_server,           \
        .ask = ask_##slot, .naked = naked_##slot, .rejected = rejected_##slot, .print = print_address, \
    }

static const struct cp_option_row rows[] = {
    {.type = 3,
     .min_len = 6,
     .max_len = 6,
     .name = "addr",
     .judge = judge_address,
     .apply = apply_address,
     .ask = ask_address,
     .naked = naked_address,
     .rejected = rejected_address,
     .print = print_address},
    /* RFC 1877 */
    SERVER_ROW(129, "dns1", dns1),
    SERVER_ROW(130, "nbns1", nbns1),
    SERVER_ROW(131, "dns2", dns2),
    SERVER_ROW(132, "nbns2", nbns2),
};

static const struct cp_ops ops = {
    .name = "IPCP",
    .protocol = PPP_PROTO_IPCP,
    .rows = rows,
    .n_rows = ARRAY_LEN(rows),
    .reset_peer = reset_peer,
    .terminate_refuses = true,
};

void ipcp_init(struct ipcp *ipcp, struct ppp_link *link, const struct ppp_config *config)
{
    memset(ipcp, 0, sizeof(*ipcp));
    cp_fsm_init(&ipcp->cp, &ops, link);
    for (size_t i = 0; i < IPCP_SLOTS; i++)
        ipcp->ask[i] = config->nbns || (i != IPCP_NBNS1 && i != IPCP_NBNS2);
}

bool ipcp_result(const struct ipcp *ipcp, struct ppp_ipv4 *ret_ipv4)
{
    struct ipaddr local = ipaddr_v4(ipcp->value[IPCP_ADDRESS]);

    if (!ipcp->ask[IPCP_ADDRESS] || !ipaddr_is_host(&local))
        return false;
    memcpy(ret_ipv4->local, ipcp->value[IPCP_ADDRESS], 4);
    memcpy(ret_ipv4->peer, ipcp->peer, 4);
    memcpy(ret_ipv4->dns[0], ipcp->value[IPCP_DNS1], 4);
    memcpy(ret_ipv4->dns[1], ipcp->value[IPCP_DNS2], 4);
    memcpy(ret_ipv4->nbns[0], ipcp->value[IPCP_NBNS1], 4);
    memcpy(ret_ipv4->nbns[1], ipcp->value[IPCP_NBNS2], 4);
    return true;
}
