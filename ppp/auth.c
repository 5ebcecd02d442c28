/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame around the methods: which one was agreed, its clock, its result. A method that has succeeded stays at work,
 * because servers may challenge again at any time; only LCP's going down ends it.
 */
#include "auth.h"

#include "mschap.h"
#include "ppp_link.h"
#include "secret.h"

struct proposal {
    uint16_t protocol;
    int algorithm; /* CHAP's, -1: the option has none */
    const char *name;
    enum ppp_auth_method method;
};

/* protocol.md section 9, option 3 */
static const struct proposal proposals[AUTH_PROPOSALS] = {
    {PPP_PROTO_PAP, -1, "PAP", PPP_AUTH_PAP},          {PPP_PROTO_CHAP, 0x05, "CHAP-MD5", PPP_AUTH_CHAP_MD5},
    {PPP_PROTO_CHAP, 0x80, "MS-CHAP", PPP_AUTH_NONE},  {PPP_PROTO_CHAP, 0x81, "MS-CHAPv2", PPP_AUTH_MSCHAPV2},
    {PPP_PROTO_EAP, -1, "EAP", PPP_AUTH_EAP_MSCHAPV2},
};

int auth_proposal_find(struct bytes value)
{
    struct reader r = reader_of(value);
    uint16_t protocol = reader_u16(&r);
    int algorithm = r.left == 1 ? reader_u8(&r) : -1;

    if (!reader_done(&r))
        return -1;
    for (int i = 0; i < AUTH_PROPOSALS; i++)
        if (proposals[i].protocol == protocol && proposals[i].algorithm == algorithm)
            return i;
    return -1;
}

const char *auth_proposal_name(int proposal)
{
    return proposal >= 0 ? proposals[proposal].name : "unknown";
}

enum ppp_auth_method auth_proposal_method(int proposal)
{
    return proposal >= 0 ? proposals[proposal].method : PPP_AUTH_NONE;
}

void auth_proposal_write(enum ppp_auth_method method, struct writer *w)
{
    for (size_t i = 0; i < AUTH_PROPOSALS; i++) {
        if (proposals[i].method != method)
            continue;
        writer_u16(w, proposals[i].protocol);
        if (proposals[i].algorithm >= 0)
            writer_u8(w, (uint8_t)proposals[i].algorithm);
    }
}

bool auth_allowed(const struct ppp_config *config, enum ppp_auth_method method)
{
    if (method == PPP_AUTH_NONE)
        return false;
    for (size_t i = 0; i < config->n_auth; i++)
        if (config->auth[i] == method)
            return true;
    return false;
}

const char *ppp_auth_method_name(enum ppp_auth_method method)
{
    switch (method) {
    case PPP_AUTH_NONE: return "none";
    case PPP_AUTH_PAP: return "pap";
    case PPP_AUTH_CHAP_MD5: return "chap-md5";
    case PPP_AUTH_MSCHAPV2: return "mschapv2";
    case PPP_AUTH_EAP_MSCHAPV2: return "eap-mschapv2";
    }
    return "none";
}

static const struct auth_method *method_of(enum ppp_auth_method id)
{
    static const struct auth_method *const methods[] = {&auth_pap, &auth_chap_md5, &auth_chap_mschapv2,
                                                        &auth_eap_mschapv2};

    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (methods[i]->id == id)
            return methods[i];
    return NULL;
}

/* All but the link, the configuration, and how often we have answered: LCP can be taken down and up without end. */
static void reset(struct auth *auth)
{
    struct ppp_link *link = auth->link;
    const struct ppp_config *config = auth->config;
    struct auth_budget budget = auth->budget;

    secret_wipe(auth, sizeof(*auth));
    auth->link = link;
    auth->config = config;
    auth->budget = budget;
    auth->deadline = USEC_NEVER;
}

void auth_init(struct auth *auth, struct ppp_link *link, const struct ppp_config *config)
{
    auth->link = link;
    auth->config = config;
    auth->budget = (struct auth_budget){.n = 0};
    reset(auth);
}

void auth_start(struct auth *auth, enum ppp_auth_method method)
{
    reset(auth);
    auth->method = method_of(method);
    auth->state = AUTH_STATE_WORKING;
    auth_heard(auth);
    if (auth_credential_name(auth).len > AUTH_NAME_MAX)
        auth_fail(auth, end_make(END_USAGE, 0, "the user name is longer than %d bytes", AUTH_NAME_MAX));
    else if (auth->method)
        auth->method->start(auth);
}

void auth_stop(struct auth *auth)
{
    reset(auth);
}

static bool at_work(const struct auth *auth)
{
    return auth->method && (auth->state == AUTH_STATE_WORKING || auth->state == AUTH_STATE_DONE);
}

void auth_input(struct auth *auth, uint16_t protocol, struct bytes info)
{
    struct ppp_packet packet;

    if (!at_work(auth) || auth->method->protocol != protocol || !ppp_wire_read_packet(info, &packet)) {
        log_debug(ppp_link_log(auth->link), "%s: packet dropped: malformed, or not what was agreed",
                  ppp_wire_protocol_name(protocol));
        return;
    }
    auth->method->input(auth, &packet);
}

void auth_implied_success(struct auth *auth)
{
    if (auth->state == AUTH_STATE_WORKING && auth->method && auth->method->implied &&
        auth->method->implied(auth))
        auth_succeed(auth, auth->mschapv2.hlak);
}

void auth_tick(struct auth *auth)
{
    if (auth->state == AUTH_STATE_WORKING && auth->deadline <= auth->link->now)
        auth->method->tick(auth);
}

void auth_succeed(struct auth *auth, const uint8_t *hlak)
{
    if (auth->state == AUTH_STATE_WORKING) {
        auth->state = AUTH_STATE_DONE;
        auth->deadline = USEC_NEVER;
        if (hlak)
            memcpy(auth->hlak, hlak, PPP_HLAK_LEN);
        else
            memset(auth->hlak, 0, PPP_HLAK_LEN); /* protocol.md 7.2 */
    }
    secret_wipe(auth->mschapv2.hlak, sizeof(auth->mschapv2.hlak)); /* where hlak may have pointed */
}

void auth_fail(struct auth *auth, struct end end)
{
    if (auth->state == AUTH_STATE_FAILED)
        return;
    auth->state = AUTH_STATE_FAILED;
    auth->deadline = USEC_NEVER;
    auth->end = end;
}

void auth_heard(struct auth *auth)
{
    if (auth->state == AUTH_STATE_WORKING)
        auth->deadline = usec_after(auth->link->now, AUTH_SILENCE);
}

void auth_log(const struct auth *auth, const char *verb, const char *what, uint8_t id, const char *more)
{
    log_debug(ppp_link_log(auth->link), "%s %s %s id %u%s%s", verb,
              ppp_wire_protocol_name(auth->method->protocol), what, id, *more ? " " : "", more);
}

struct bytes auth_credential_name(const struct auth *auth)
{
    return auth->config->user;
}

/* Whether there is an answer; auth has failed when there is none. max: of the password, in characters. */
static bool have_answer(struct auth *auth, enum ppp_secret_status status, unsigned max)
{
    switch (status) {
    case PPP_SECRET_OK: return true;
    case PPP_SECRET_TOO_LONG:
        auth_fail(auth,
                  end_make(END_USAGE, 0, "the password is longer than the %u characters that %s can carry",
                           max, ppp_auth_method_name(auth->method->id)));
        break;
    case PPP_SECRET_NONE:
        auth_fail(auth, end_make(END_HOST, 0, "nobody here has the password any more"));
        break;
    }
    return false;
}

/* Whether the password's holder may be asked once more; auth has failed when not. */
static bool within_budget(struct auth *auth)
{
    struct auth_budget *budget = &auth->budget;
    usec_t now = auth->link->now;

    if (budget->n == 0 || now - budget->since >= PPP_ANSWERS_SPAN)
        *budget = (struct auth_budget){.since = now};
    if (budget->n >= PPP_ANSWERS_MAX) {
        auth_fail(auth, end_make(END_AUTH_ENDLESS, 0, "%d answers within %u minutes", PPP_ANSWERS_MAX,
                                 (unsigned)(PPP_ANSWERS_SPAN / (60 * USEC_PER_SEC))));
        return false;
    }
    budget->n++;
    return true;
}

bool auth_credential_pap(struct auth *auth, struct writer *w)
{
    const struct ppp_secret *secret = &auth->config->secret;

    return within_budget(auth) && have_answer(auth, secret->pap(secret->user, w), PPP_PAP_PASSWORD_MAX);
}

bool auth_credential_md5(struct auth *auth, uint8_t id, struct bytes challenge,
                         uint8_t ret_value[static PPP_MD5_LEN])
{
    const struct ppp_secret *secret = &auth->config->secret;

    return within_budget(auth) &&
           have_answer(auth, secret->md5(secret->user, id, challenge, ret_value), UINT32_MAX);
}

bool auth_credential_mschapv2(struct auth *auth, const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                              struct ppp_mschapv2_answer *ret_answer)
{
    const struct ppp_secret *secret = &auth->config->secret;

    return within_budget(auth) &&
           have_answer(auth, secret->mschapv2(secret->user, challenge, ret_answer), MSCHAP_PASSWORD_MAX);
}
