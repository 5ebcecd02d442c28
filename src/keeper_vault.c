/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the password lies and where answers are made of it. Everything with a name is on locked pages that no child
 * inherits; what the arithmetic leaves on the stack is locked while it lasts and wiped behind it.
 *
 * The peer challenge of MS-CHAPv2 is drawn here and not by whoever asks. So the answers that a worker can get, taken over
 * or not, are those that a server could have had from us: never one to two challenges that were both chosen beforehand.
 */
#include <stdio.h>
#include <string.h>

#include "auth_answer.h"
#include "keeper_state.h"
#include "rng.h"
#include "secret.h"

/* What an answer is made on. */
struct keeper_desk {
    struct reply reply;
    struct ppp_mschapv2_answer answer;
};

static bool can_lock_stack(void)
{
    struct secret_stack stack;
    bool locked = secret_lock_stack(&stack);

    if (locked)
        secret_unlock_stack(&stack);
    return locked;
}

#define WHY_UNLOCKED "this host locks no memory for us: raise RLIMIT_MEMLOCK (ulimit -l)"

/* "a, b": what is not there of SECRET_PROTECTED, and why. */
static void list_missing(unsigned protection, char *out, size_t cap)
{
    static const struct {
        unsigned bit;
        const char *text;
    } rows[] = {{SECRET_LOCKED, WHY_UNLOCKED},
                {SECRET_NOT_DUMPED, "not left out of core dumps (Linux 3.4)"},
                {SECRET_NOT_FORKED, "not empty in children (Linux 4.14)"}};

    out[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(out);

        if ((protection & rows[i].bit) == 0)
            (void)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", rows[i].text);
    }
}

/*
 * Swap may keep the password for longer than anybody thinks: the user is told, or does not want it so. The rest has a
 * second line of defence (the process cannot be dumped, the resolver wipes first of all), and is told with -v.
 */
static bool judge(const struct keeper *k, unsigned protection, struct end *ret_end)
{
    char missing[192];

    if (protection == SECRET_PROTECTED)
        return true;
    list_missing(protection, missing, sizeof(missing));
    if (k->options->require_sandbox)
        *ret_end = end_make(END_SANDBOX, 0, "missing: memory (of the password: %s)", missing);
    else if ((protection & SECRET_LOCKED) == 0)
        log_notice(k->log, "the password may be swapped out: %s", WHY_UNLOCKED);
    else
        log_info(k->log, "memory of the password: %s", missing);
    return !k->options->require_sandbox;
}

bool keeper_open_vault(struct keeper *k, struct end *ret_end)
{
    unsigned protection = 0, of_desk = 0;

    k->credentials = credentials_new(&protection);
    k->desk = secret_alloc(sizeof(*k->desk), &of_desk);
    if (!k->credentials || !k->desk) {
        *ret_end = end_make(END_HOST, 0, "out of memory");
        return false;
    }
    protection &= of_desk;
    if ((protection & SECRET_LOCKED) != 0 && !can_lock_stack())
        protection &= ~(unsigned)SECRET_LOCKED;
    return judge(k, protection, ret_end);
}

void keeper_close_vault(struct keeper *k)
{
    credentials_free(k->credentials);
    secret_free(k->desk, sizeof(*k->desk));
    k->credentials = NULL;
    k->desk = NULL;
}

/*
 * Seeded anew each time: no generator's state stays here for the resolver, a child that parses a stranger's packets, to
 * inherit and foretell by.
 */
static bool draw(struct keeper *k, uint8_t *out, size_t len)
{
    struct end end;

    if (rng_open() == 0) {
        rng_fill(NULL, out, len);
        rng_close();
        return true;
    }
    end = end_make(END_HOST, 0, "no source of random numbers: getrandom(2) and /dev/urandom both failed");
    keeper_note_end(k, &end,
                    keeper_check_stage(&k->rights)); /* the worker will only see that there is no answer */
    keeper_fail(k, &end);
    return false;
}

static void answer_pap(const struct credentials *credentials, struct reply_pap *ret)
{
    if (credentials->password_len > PPP_PAP_PASSWORD_MAX)
        return;
    ret->fits = 1;
    ret->password_len = (uint32_t)credentials->password_len;
    memcpy(ret->password, credentials->password, credentials->password_len);
}

static void answer_md5(const struct credentials *credentials, const struct request_md5 *asked,
                       struct reply_md5 *ret)
{
    auth_answer_md5(bytes_of(credentials->password, credentials->password_len), (uint8_t)asked->id,
                    bytes_of(asked->challenge, asked->challenge_len), ret->value);
}

static void answer_mschapv2(struct keeper *k, const struct request_mschapv2 *asked,
                            struct reply_mschapv2 *ret)
{
    struct bytes user = bytes_of(k->credentials->user, k->credentials->user_len);
    struct bytes password = bytes_of(k->credentials->password, k->credentials->password_len);
    struct ppp_mschapv2_answer *answer = &k->desk->answer;
    uint8_t peer_challenge[PPP_MSCHAPV2_CHALLENGE_LEN];

    if (!draw(k, peer_challenge, sizeof(peer_challenge)) ||
        auth_answer_mschapv2(user, password, asked->challenge, peer_challenge, answer) != PPP_SECRET_OK)
        return;
    ret->fits = 1;
    memcpy(ret->peer_challenge, answer->peer_challenge, sizeof(ret->peer_challenge));
    memcpy(ret->nt_response, answer->nt_response, sizeof(ret->nt_response));
    memcpy(ret->authenticator, answer->authenticator, sizeof(ret->authenticator));
    memcpy(ret->hlak, answer->hlak, sizeof(ret->hlak));
}

/* The password itself goes out for PAP alone. */
void keeper_answer(struct keeper *k, const struct request *request)
{
    struct reply *reply = &k->desk->reply;
    struct secret_stack stack;
    bool locked = secret_lock_stack(&stack);

    reply->type = request->type;
    if (request->type == REQUEST_AUTH_PAP)
        answer_pap(k->credentials, &reply->pap);
    else if (request->type == REQUEST_AUTH_MD5)
        answer_md5(k->credentials, &request->md5, &reply->md5);
    else if (request->type == REQUEST_AUTH_MSCHAPV2)
        answer_mschapv2(k, &request->mschapv2, &reply->mschapv2);
    if (k->worker.pid != 0)
        keeper_reply(k, reply, -1);
    secret_wipe_stack();
    if (locked)
        secret_unlock_stack(&stack);
    secret_wipe(k->desk, sizeof(*k->desk));
}
