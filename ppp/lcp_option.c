/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What we ask for: MRU and magic number, each until it is rejected; an empty request is legal, too. What we take: see
 * the table at the end; what has no row there is rejected, among it Callback, MRRU and Link-Discriminator of Windows.
 *
 * The authentication protocol is the one option that is never rejected: Windows answers a rejection by ending the call
 * (RAS error 919), and accel-ppp walks on through its list at every Nak, whatever it says. So we Nak with the methods
 * that are allowed, best first, and give up when Max-Failure proposals were refused.
 */
#include "lcp_option.h"

#include "auth.h"
#include "ppp_link.h"

enum { OPTION_MRU = 1, OPTION_ACCM = 2, OPTION_AUTH = 3, OPTION_MAGIC = 5, OPTION_PFC = 7, OPTION_ACFC = 8 };
#define OPTION_ENDPOINT 19

/* struct cp is the first member of struct lcp. */
static struct lcp *lcp_of(struct cp *cp)
{
    return (struct lcp *)cp;
}

static const struct lcp *lcp_of_const(const struct cp *cp)
{
    return (const struct lcp *)cp;
}

static uint16_t read_u16(struct bytes value)
{
    struct reader r = reader_of(value);

    return reader_u16(&r);
}

static uint32_t read_u32(struct bytes value)
{
    struct reader r = reader_of(value);

    return reader_u32(&r);
}

static uint32_t random_magic(const struct cp *cp)
{
    uint8_t random[4];
    uint32_t magic;

    env_random(cp->link->env, random, sizeof(random));
    magic = read_u32(bytes_of(random, sizeof(random)));
    return magic ? magic : 1; /* zero means "none": RFC 1661 6.4 */
}

/* MRU: what the peer can take */

static enum cp_verdict judge_mru(const struct cp *cp, struct bytes value)
{
    (void)cp;
    return read_u16(value) >= LCP_MRU_MIN ? CP_VERDICT_ACK : CP_VERDICT_NAK;
}

static void suggest_mru(struct cp *cp, struct bytes value, struct writer *w)
{
    (void)cp;
    (void)value;
    writer_u16(w, LCP_MRU_MIN);
}

static void apply_mru(struct cp *cp, struct bytes value)
{
    uint16_t mru = read_u16(value);

    lcp_of(cp)->peer_mru = mru < PPP_FRAME_MAX ? mru : PPP_FRAME_MAX;
}

static bool ask_mru(const struct cp *cp, struct writer *w)
{
    const struct lcp *lcp = lcp_of_const(cp);

    writer_u16(w, lcp->mru);
    return lcp->ask_mru;
}

static void naked_mru(struct cp *cp, struct bytes value)
{
    uint16_t mru = read_u16(value);

    if (mru >= 128 && mru <= PPP_FRAME_MAX) /* below that no option list of a peer fits: keep ours */
        lcp_of(cp)->mru = mru;
}

static void rejected_mru(struct cp *cp)
{
    lcp_of(cp)->ask_mru = false;
}

static void print_mru(struct ppp_text *text, struct bytes value)
{
    ppp_text_uint(text, read_u16(value));
}

/* Authentication-Protocol: how we have to prove who we are */

/* PAP gives the password away, and after CHAP-MD5 the peer has proved nothing: the order of --auth counts most here. */
static bool is_one_sided(enum ppp_auth_method method)
{
    return method == PPP_AUTH_PAP || method == PPP_AUTH_CHAP_MD5;
}

/* The user prefers another method that was not suggested yet, see suggest_auth(). */
static bool is_second_choice(const struct lcp *lcp, enum ppp_auth_method method)
{
    const struct ppp_config *config = lcp->config;

    for (size_t i = 0; i < config->n_auth && config->auth[i] != method; i++)
        if (i >= lcp->n_auth_naks && !is_one_sided(config->auth[i]))
            return true;
    return false;
}

/*
 * What is allowed is taken as it is offered, because a Nak costs a round trip and some peers end the link when their only
 * method is Nak'd (protocol.md 9); but SoftEther 4 offers PAP first and has MS-CHAPv2, so there the preference is said once.
 */
static enum cp_verdict judge_auth(const struct cp *cp, struct bytes value)
{
    const struct lcp *lcp = lcp_of_const(cp);
    enum ppp_auth_method method = auth_proposal_method(auth_proposal_find(value));

    if (!auth_allowed(lcp->config, method))
        return CP_VERDICT_NAK;
    return is_one_sided(method) && is_second_choice(lcp, method) ? CP_VERDICT_NAK : CP_VERDICT_ACK;
}

static void note_refused(struct lcp *lcp, struct bytes value)
{
    int proposal = auth_proposal_find(value);

    if (proposal >= 0)
        lcp->refused_auth |= 1u << proposal;
    else
        lcp->refused_protocol = read_u16(value);
}

/* Our methods in turn: a server that does take hints may not have our first one. */
static void suggest_auth(struct cp *cp, struct bytes value, struct writer *w)
{
    struct lcp *lcp = lcp_of(cp);
    const struct ppp_config *config = lcp->config;

    note_refused(lcp, value);
    if (config->n_auth > 0)
        auth_proposal_write(config->auth[lcp->n_auth_naks % config->n_auth], w);
    lcp->n_auth_naks++;
    if (lcp->n_auth_naks >= CP_MAX_FAILURE || config->n_auth == 0)
        lcp->end = lcp_auth_method_end(lcp);
}

static void apply_auth(struct cp *cp, struct bytes value)
{
    lcp_of(cp)->auth = auth_proposal_method(auth_proposal_find(value));
    lcp_of(cp)->n_auth_naks = 0;
}

static void print_auth(struct ppp_text *text, struct bytes value)
{
    int proposal = auth_proposal_find(value);

    if (proposal >= 0)
        ppp_text_str(text, auth_proposal_name(proposal));
    else
        ppp_text_hex(text, value);
}

/* Magic-Number: RFC 1661 6.4 */

static enum cp_verdict judge_magic(const struct cp *cp, struct bytes value)
{
    const struct lcp *lcp = lcp_of_const(cp);
    uint32_t magic = read_u32(value);

    return magic == 0 || (lcp->ask_magic && magic == lcp->magic) ? CP_VERDICT_NAK : CP_VERDICT_ACK;
}

static void suggest_magic(struct cp *cp, struct bytes value, struct writer *w)
{
    struct lcp *lcp = lcp_of(cp);

    writer_u32(w, random_magic(cp));
    if (read_u32(value) == 0)
        return;
    if (++lcp->n_loops >= LCP_MAX_LOOPS)
        lcp->end = end_make(END_PPP_LOOP, 0, "our magic number came back %u times", lcp->n_loops);
}

/* Of no further use: what the peer echoes is not compared. */
static void apply_magic(struct cp *cp, struct bytes value)
{
    (void)value;
    lcp_of(cp)->n_loops = 0;
}

static bool ask_magic(const struct cp *cp, struct writer *w)
{
    const struct lcp *lcp = lcp_of_const(cp);

    writer_u32(w, lcp->magic);
    return lcp->ask_magic;
}

/* The peer's number is the same as ours, or this is our own Nak coming back: in both cases a fresh one helps. */
static void naked_magic(struct cp *cp, struct bytes value)
{
    (void)value;
    lcp_option_new_magic(lcp_of(cp));
}

static void rejected_magic(struct cp *cp)
{
    lcp_of(cp)->ask_magic = false;
}

static void print_magic(struct ppp_text *text, struct bytes value)
{
    ppp_text_str(text, "0x");
    ppp_text_hex(text, value);
}

/* clang-format off */
const struct cp_option_row lcp_option_rows[LCP_OPTION_ROWS] = {
    {.type = OPTION_MRU, .min_len = 4, .max_len = 4, .name = "mru",
     .judge = judge_mru, .suggest = suggest_mru, .apply = apply_mru,
     .ask = ask_mru, .naked = naked_mru, .rejected = rejected_mru, .print = print_mru},
    /* Without meaning where bytes are not stuffed: any value will do. */
    {.type = OPTION_ACCM, .min_len = 6, .max_len = 6, .name = "accm"},
    {.type = OPTION_AUTH, .min_len = 4, .max_len = UINT8_MAX, .name = "auth", .never_reject = true,
     .judge = judge_auth, .suggest = suggest_auth, .apply = apply_auth, .print = print_auth},
    {.type = OPTION_MAGIC, .min_len = 6, .max_len = 6, .name = "magic",
     .judge = judge_magic, .suggest = suggest_magic, .apply = apply_magic,
     .ask = ask_magic, .naked = naked_magic, .rejected = rejected_magic, .print = print_magic},
    /* They permit us to compress headers, which we never do. */
    {.type = OPTION_PFC, .min_len = 2, .max_len = 2, .name = "pfc"},
    {.type = OPTION_ACFC, .min_len = 2, .max_len = 2, .name = "acfc"},
    /* Only a name without multilink (RFC 1990 5.1.3). */
    {.type = OPTION_ENDPOINT, .min_len = 3, .max_len = UINT8_MAX, .name = "endpoint"},
};
/* clang-format on */

void lcp_option_reset_peer(struct cp *cp)
{
    struct lcp *lcp = lcp_of(cp);

    lcp->peer_mru = PPP_MRU_DEFAULT;
    lcp->auth = PPP_AUTH_NONE;
}

void lcp_option_new_magic(struct lcp *lcp)
{
    lcp->magic = random_magic(&lcp->cp);
}
