/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The worker's questions, with the answers waiting in the channel before they are asked. */
#include "check.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "remote.h"

static struct remote remote;
static int request_fd, order_fd; /* the keeper's ends */

static void begin(void)
{
    int request[2], order[2];

    CHECK_EQ(channel_pair(request), 0);
    CHECK_EQ(channel_pair(order), 0);
    remote = (struct remote){.request_fd = request[0], .order_fd = order[0]};
    request_fd = request[1];
    order_fd = order[1];
}

static void finish(void)
{
    close(remote.request_fd);
    close(remote.order_fd);
    close(request_fd);
    close(order_fd);
}

static void answer(const struct reply *reply, int fd)
{
    CHECK_EQ(channel_send(request_fd, reply, reply_len(reply->type), fd, CHANNEL_NOW), 0);
}

/* What was asked: whole, and of this type. */
static struct request asked(uint32_t type)
{
    struct request request = {.type = REQUEST_TYPES};

    CHECK_EQ(channel_receive(request_fd, &request, sizeof(request), NULL, CHANNEL_NOW), request_len(type));
    CHECK_EQ(request.type, type);
    return request;
}

TEST(lines_are_the_keepers_to_print)
{
    struct log_sink log;
    struct request request;

    begin();
    log = remote_log(&remote, LOG_LEVEL_INFO);
    log_info(&log, "hello %d", 7);
    log_debug(&log, "not wanted");
    request = asked(REQUEST_LOG);
    CHECK_EQ(request.log.level, LOG_LEVEL_INFO);
    CHECK_STR(request.log.line, "hello 7");
    CHECK_EQ(channel_receive(request_fd, &request, sizeof(request), NULL, CHANNEL_NOW), -EAGAIN);
    finish();
}

TEST(what_needs_no_answer)
{
    struct sandbox_report report = {.missing = 1};
    struct end end = end_make(END_LOST, 0, "gone");
    struct request request;

    begin();
    remote_ready(&remote, &report);
    CHECK_EQ(asked(REQUEST_READY).ready.sandbox.missing, 1);
    remote_chosen(&remote, 3);
    CHECK_EQ(asked(REQUEST_CHOSEN).address.index, 3);
    remote_up(&remote);
    (void)asked(REQUEST_UP);
    remote_end(&remote, &end, END_STAGE_UP);
    request = asked(REQUEST_END);
    CHECK_EQ(request.end.stage, END_STAGE_UP);
    CHECK_STR(request.end.words.detail, "gone");
    finish();
}

TEST(a_socket_comes_with_the_answer)
{
    struct reply reply = {.type = REQUEST_SOCKET};
    struct dial_opener opener;
    int fd = -1;

    begin();
    opener = remote_opener(&remote);
    answer(&reply, STDERR_FILENO);
    CHECK_EQ(opener.open(opener.user, 2, &fd), 0);
    CHECK(fd > STDERR_FILENO);
    CHECK_EQ(asked(REQUEST_SOCKET).address.index, 2);
    close(fd);
    fd = -1;
    reply.socket.error = ENETUNREACH;
    answer(&reply, -1);
    CHECK_EQ(opener.open(opener.user, 2, &fd), -ENETUNREACH);
    CHECK_EQ(fd, -1);
    finish();
}

TEST(logins_are_answered_there)
{
    static const uint8_t challenge[16] = {1};
    struct reply reply = {.type = REQUEST_AUTH_MSCHAPV2};
    struct ppp_mschapv2_answer got;
    struct ppp_secret secret;
    struct request request;
    uint8_t md5[PPP_MD5_LEN];

    begin();
    secret = remote_secret(&remote);
    reply.mschapv2.fits = 1;
    reply.mschapv2.peer_challenge[15] = 4;
    reply.mschapv2.nt_response[23] = 5;
    reply.mschapv2.authenticator[19] = 6;
    reply.mschapv2.hlak[31] = 7;
    answer(&reply, -1);
    CHECK_EQ(secret.mschapv2(secret.user, challenge, &got), PPP_SECRET_OK);
    CHECK_EQ(got.peer_challenge[15], 4);
    CHECK_EQ(got.nt_response[23], 5);
    CHECK_EQ(got.authenticator[19], 6);
    CHECK_EQ(got.hlak[31], 7);
    request = asked(REQUEST_AUTH_MSCHAPV2);
    CHECK_MEM(request.mschapv2.challenge, challenge, 16);
    reply = (struct reply){.type = REQUEST_AUTH_MSCHAPV2};
    answer(&reply, -1);
    CHECK_EQ(secret.mschapv2(secret.user, challenge, &got), PPP_SECRET_TOO_LONG);
    (void)asked(REQUEST_AUTH_MSCHAPV2);
    reply = (struct reply){.type = REQUEST_AUTH_MD5};
    reply.md5.value[15] = 9;
    answer(&reply, -1);
    CHECK_EQ(secret.md5(secret.user, 200, bytes_of(challenge, 16), md5), PPP_SECRET_OK);
    CHECK_EQ(md5[15], 9);
    request = asked(REQUEST_AUTH_MD5);
    CHECK_EQ(request.md5.id, 200);
    CHECK_EQ(request.md5.challenge_len, 16);
    finish();
}

TEST(pap_gets_the_password)
{
    struct reply reply = {.type = REQUEST_AUTH_PAP};
    uint8_t buf[300];
    struct writer out = writer_of(buf, sizeof(buf));
    struct ppp_secret secret;

    begin();
    secret = remote_secret(&remote);
    reply.pap.fits = 1;
    reply.pap.password_len = 6;
    memcpy(reply.pap.password, "secret", 6);
    answer(&reply, -1);
    CHECK_EQ(secret.pap(secret.user, &out), PPP_SECRET_OK);
    CHECK_EQ(out.len, 7);
    CHECK_MEM(buf, "\6secret", 7);
    (void)asked(REQUEST_AUTH_PAP);
    reply.pap.fits = 0;
    answer(&reply, -1);
    CHECK_EQ(secret.pap(secret.user, &out), PPP_SECRET_TOO_LONG);
    CHECK_EQ(out.len, 7);
    finish();
}

TEST(the_host_says_yes_or_why_not)
{
    struct end no = end_make(END_HOST, 0, "cannot add route"), end = {.reason = END_NONE};
    struct reply reply = {.type = REQUEST_IPV4};
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 1}};
    struct hostnet_acts acts;

    begin();
    acts = remote_acts(&remote);
    answer(&reply, -1);
    acts.ipv4(acts.user, &ipv4);
    CHECK(acts.answer(acts.user, &end));
    CHECK_EQ(asked(REQUEST_IPV4).ipv4.local[0], 10);
    reply.words = request_words_of(&no);
    answer(&reply, -1);
    acts.ipv4(acts.user, &ipv4);
    CHECK(!acts.answer(acts.user, &end));
    CHECK_STR(end.detail, "cannot add route");
    finish();
}

/* A login in the middle of a change of the host: replies come in the order of the requests. */
TEST(an_answer_is_kept_until_it_is_asked_for)
{
    struct end no = end_make(END_HOST, 0, "cannot set link"), end = {.reason = END_NONE};
    struct reply refused = {.type = REQUEST_LINK}, digest = {.type = REQUEST_AUTH_MD5, .md5.value = {7}};
    struct request_link link = {.mtu = 1400};
    uint8_t value[PPP_MD5_LEN] = {0};
    struct hostnet_acts acts;
    struct ppp_secret secret;

    begin();
    acts = remote_acts(&remote);
    secret = remote_secret(&remote);
    refused.words = request_words_of(&no);
    answer(&refused, -1);
    answer(&digest, -1);
    acts.link(acts.user, &link);
    CHECK_EQ(secret.md5(secret.user, 1, bytes_of("c", 1), value), PPP_SECRET_OK);
    CHECK_EQ(value[0], 7);
    CHECK(!acts.answer(acts.user, &end));
    CHECK_STR(end.detail, "cannot set link");
    finish();
}

TEST(orders)
{
    struct order order = {.type = ORDER_START}, got;
    int fd = 7;

    begin();
    CHECK(!remote_order(&remote, CHANNEL_NOW, &got, &fd));
    order.start.vnet = 1;
    CHECK_EQ(channel_send(order_fd, &order, order_len(order.type), STDERR_FILENO, CHANNEL_NOW), 0);
    CHECK(remote_order(&remote, CHANNEL_WAIT, &got, &fd));
    CHECK_EQ(got.start.vnet, 1);
    CHECK(fd > STDERR_FILENO);
    close(fd);
    order = (struct order){.type = ORDER_STOP};
    CHECK_EQ(channel_send(order_fd, &order, order_len(order.type), -1, CHANNEL_NOW), 0);
    CHECK(remote_order(&remote, CHANNEL_WAIT, &got, &fd));
    CHECK_EQ(fd, -1);
    finish();
}

/* A keeper that is gone or odd: the worker ends, status 1. */
static void dies(void (*act)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        act();
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

static void tell(void)
{
    remote_up(&remote);
}

static void ask(void)
{
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1400};
    struct end end;

    acts.link(acts.user, &link);
    IGNORE_RESULT(acts.answer(acts.user, &end));
}

static void open_socket(void)
{
    struct dial_opener opener = remote_opener(&remote);
    int fd;

    (void)opener.open(opener.user, 0, &fd);
}

static void take_order(void)
{
    struct order order;
    int fd;

    IGNORE_RESULT(remote_order(&remote, CHANNEL_WAIT, &order, &fd));
}

TEST(without_a_keeper_there_is_no_worker)
{
    struct reply reply = {.type = REQUEST_LINK};
    struct order order = {.type = ORDER_TYPES};

    begin();
    reply.words.reason = END_REASON_COUNT;
    answer(&reply, -1);
    dies(ask);
    reply = (struct reply){.type = REQUEST_IPV4}; /* the answer to another question */
    answer(&reply, -1);
    dies(ask);
    reply.type = REQUEST_SOCKET; /* neither error nor socket */
    answer(&reply, -1);
    dies(open_socket);
    reply.socket.error = 1; /* both */
    answer(&reply, STDERR_FILENO);
    dies(open_socket);
    CHECK_EQ(channel_send(order_fd, &order, sizeof(order), -1, CHANNEL_NOW), 0);
    dies(take_order);
    close(request_fd);
    close(order_fd);
    dies(tell);
    dies(ask);
    dies(take_order);
    request_fd = order_fd = -1;
    finish();
}

CHECK_MAIN()
