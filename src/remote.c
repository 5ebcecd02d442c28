/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every message starts as a zeroed value, so nothing of this process's memory leaves by a gap. A request that has a
 * reply waits for it: the keeper answers at once or not at all, and without the answer there is nothing to go on with.
 */
#include "remote.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "secret.h"

_Static_assert(sizeof(((struct reply_mschapv2 *)0)->hlak) == PPP_HLAK_LEN, "one key");

/* The keeper is gone, or no longer one of ours. */
static _Noreturn void give_up(void)
{
    _exit(1);
}

static void tell(const struct remote *remote, const struct request *request)
{
    if (channel_send(remote->request_fd, request, request_len(request->type), -1, CHANNEL_WAIT) < 0)
        give_up();
}

/* The reply to a request of this type, and in *ret_fd what came with it; ret_fd NULL: nothing may. */
static void receive(const struct remote *remote, uint32_t type, struct reply *ret_reply, int *ret_fd)
{
    ssize_t len = channel_receive(remote->request_fd, ret_reply, sizeof(*ret_reply), ret_fd, CHANNEL_WAIT);

    if (len != (ssize_t)reply_len(type) || ret_reply->type != type)
        give_up();
}

/* Replies come in the order of the requests. */
static void take_owed(struct remote *remote)
{
    struct reply reply;

    if (!remote->owed)
        return;
    receive(remote, remote->owed_type, &reply, NULL);
    remote->owed = false;
    remote->kept = true;
    remote->kept_words = reply.words;
}

static void ask(struct remote *remote, const struct request *request, struct reply *ret_reply, int *ret_fd)
{
    take_owed(remote);
    tell(remote, request);
    receive(remote, request->type, ret_reply, ret_fd);
}

void remote_ready(const struct remote *remote, const struct sandbox_report *report)
{
    struct request request = {.type = REQUEST_READY};

    request.ready.sandbox = *report;
    tell(remote, &request);
}

void remote_chosen(const struct remote *remote, size_t index)
{
    struct request request = {.type = REQUEST_CHOSEN};

    request.address.index = (uint32_t)index;
    tell(remote, &request);
}

void remote_up(const struct remote *remote)
{
    struct request request = {.type = REQUEST_UP};

    tell(remote, &request);
}

void remote_end(const struct remote *remote, const struct end *end, enum end_stage stage)
{
    struct request request = {.type = REQUEST_END};

    request.end.words = request_words_of(end);
    request.end.stage = (uint32_t)stage;
    tell(remote, &request);
}

/* Log */

static void write_line(void *user, enum log_level level, const char *line)
{
    struct request request = {.type = REQUEST_LOG};

    request.log.level = (uint32_t)level;
    memcpy(request.log.line, line, strnlen(line, sizeof(request.log.line) - 1));
    tell(user, &request);
}

struct log_sink remote_log(struct remote *remote, enum log_level max)
{
    return (struct log_sink){.write = write_line, .user = remote, .max = max};
}

/* Dialling */

static int open_socket(void *user, size_t index, int *ret_fd)
{
    struct request request = {.type = REQUEST_SOCKET};
    struct reply reply;
    int fd = -1;

    request.address.index = (uint32_t)index;
    ask(user, &request, &reply, &fd);
    if ((fd < 0) == (reply.socket.error == 0) || reply.socket.error > INT16_MAX)
        give_up();
    if (fd < 0)
        return -(int)reply.socket.error;
    *ret_fd = fd;
    return 0;
}

struct dial_opener remote_opener(struct remote *remote)
{
    return (struct dial_opener){.open = open_socket, .user = remote};
}

/* Logging in */

static enum ppp_secret_status answer_pap(void *user, struct writer *out)
{
    struct request request = {.type = REQUEST_AUTH_PAP};
    enum ppp_secret_status status = PPP_SECRET_TOO_LONG;
    struct reply reply;

    ask(user, &request, &reply, NULL);
    if (reply.pap.fits && reply.pap.password_len <= PPP_PAP_PASSWORD_MAX) {
        writer_u8(out, (uint8_t)reply.pap.password_len);
        writer_put(out, reply.pap.password, reply.pap.password_len);
        status = PPP_SECRET_OK;
    }
    secret_wipe(&reply, sizeof(reply));
    return status;
}

static enum ppp_secret_status answer_md5(void *user, uint8_t id, struct bytes challenge,
                                         uint8_t ret_value[static PPP_MD5_LEN])
{
    struct request request = {.type = REQUEST_AUTH_MD5};
    struct reply reply;

    if (challenge.len == 0 || challenge.len > REQUEST_CHALLENGE_MAX)
        return PPP_SECRET_NONE;
    request.md5.id = id;
    request.md5.challenge_len = (uint32_t)challenge.len;
    memcpy(request.md5.challenge, challenge.data, challenge.len);
    ask(user, &request, &reply, NULL);
    memcpy(ret_value, reply.md5.value, PPP_MD5_LEN);
    secret_wipe(&reply, sizeof(reply));
    return PPP_SECRET_OK;
}

static enum ppp_secret_status answer_mschapv2(void *user,
                                              const uint8_t challenge[static PPP_MSCHAPV2_CHALLENGE_LEN],
                                              struct ppp_mschapv2_answer *ret_answer)
{
    struct request request = {.type = REQUEST_AUTH_MSCHAPV2};
    enum ppp_secret_status status = PPP_SECRET_TOO_LONG;
    struct reply reply;

    memcpy(request.mschapv2.challenge, challenge, sizeof(request.mschapv2.challenge));
    ask(user, &request, &reply, NULL);
    if (reply.mschapv2.fits) {
        memcpy(ret_answer->peer_challenge, reply.mschapv2.peer_challenge, sizeof(ret_answer->peer_challenge));
        memcpy(ret_answer->nt_response, reply.mschapv2.nt_response, sizeof(ret_answer->nt_response));
        memcpy(ret_answer->authenticator, reply.mschapv2.authenticator, sizeof(ret_answer->authenticator));
        memcpy(ret_answer->hlak, reply.mschapv2.hlak, sizeof(ret_answer->hlak));
        status = PPP_SECRET_OK;
    }
    secret_wipe(&reply, sizeof(reply));
    return status;
}

struct ppp_secret remote_secret(struct remote *remote)
{
    return (struct ppp_secret){
        .pap = answer_pap, .md5 = answer_md5, .mschapv2 = answer_mschapv2, .user = remote};
}

/* The host's network */

static void tell_host(struct remote *remote, const struct request *request)
{
    tell(remote, request);
    remote->owed = true;
    remote->owed_type = request->type;
}

static void set_link(void *user, const struct request_link *link)
{
    struct request request = {.type = REQUEST_LINK};

    request.link = *link;
    tell_host(user, &request);
}

static void set_ipv4(void *user, const struct request_ipv4 *ipv4)
{
    struct request request = {.type = REQUEST_IPV4};

    request.ipv4 = *ipv4;
    tell_host(user, &request);
}

static void set_ipv6(void *user, const struct request_ipv6 *ipv6)
{
    struct request request = {.type = REQUEST_IPV6};

    request.ipv6 = *ipv6;
    tell_host(user, &request);
}

/* True when it was done, else *ret_end has the keeper's words. */
static bool host_answer(void *user, struct end *ret_end)
{
    struct remote *remote = user;
    struct end end;

    take_owed(remote);
    remote->kept = false;
    if (!request_words_read(&remote->kept_words, &end))
        give_up();
    if (end.reason != END_NONE)
        *ret_end = end;
    return end.reason == END_NONE;
}

struct hostnet_acts remote_acts(struct remote *remote)
{
    return (struct hostnet_acts){
        .link = set_link, .ipv4 = set_ipv4, .ipv6 = set_ipv6, .answer = host_answer, .user = remote};
}

/* Orders */

bool remote_order(const struct remote *remote, enum channel_patience patience, struct order *ret_order,
                  int *ret_fd)
{
    ssize_t len = channel_receive(remote->order_fd, ret_order, sizeof(*ret_order), ret_fd, patience);

    if (len == -EAGAIN)
        return false;
    if (len < (ssize_t)sizeof(ret_order->type) || (size_t)len != order_len(ret_order->type))
        give_up();
    return true;
}
