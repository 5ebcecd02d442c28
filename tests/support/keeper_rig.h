/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stage of test_keeper*.c: a keeper in a network namespace of its own, what it logs, how it ends, and the words that every
 * worker needs, honest or not.
 */
#ifndef KEEPER_RIG_H
#define KEEPER_RIG_H

#include "check.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth_answer.h"
#include "keeper.h"
#include "loop.h"

#define PORT     4433
#define PASSWORD "open sesame"

static struct options options;
static char password_file[] = "/tmp/test_keeper.XXXXXX";
static char logged[65536];
static size_t n_lines;
static struct end end;
static enum end_stage stage;

static inline void keep_line(void *user, enum log_level level, const char *line)
{
    size_t len = strlen(logged);

    (void)user;
    (void)level;
    n_lines++;
    (void)snprintf(logged + len, sizeof(logged) - len, "%s\n", line);
}

static const struct log_sink sink = {.write = keep_line, .max = LOG_LEVEL_INFO};

/* Once: a namespace with a loopback, a server that accepts TCP, a password. */
static inline bool begin(void)
{
    static bool begun;
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int server, fd;

    options = (struct options){.host = "127.0.0.1",
                               .port = PORT,
                               .user = "me",
                               .password_file = password_file,
                               .mtu = 1400,
                               .auth = {PPP_AUTH_MSCHAPV2},
                               .n_auth = 1};
    logged[0] = '\0';
    n_lines = 0;
    if (begun)
        return true;
    fd = mkstemp(password_file);
    server = unshare(CLONE_NEWNET) == 0 ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    begun = CHECK(fd >= 0 && server >= 0) && CHECK_EQ(write(fd, PASSWORD "\n", strlen(PASSWORD) + 1), 12) &&
            CHECK_EQ(system("ip link set lo up"), 0) && /* NOLINT(cert-env33-c): ours */
            CHECK_EQ(bind(server, (struct sockaddr *)&at, sizeof(at)), 0) && CHECK_EQ(listen(server, 64), 0);
    close(fd);
    return begun;
}

__attribute__((destructor)) static void remove_file(void)
{
    (void)unlink(password_file);
}

static inline bool no_child_left(void)
{
    return waitpid(-1, NULL, WNOHANG) < 0;
}

/* Runs it and looks at what must hold whatever the worker was. */
static inline bool run(worker_fn *worker)
{
    if (!begin())
        return false;
    end = keeper_run(&options, &sink, worker, &stage);
    CHECK(no_child_left());
    CHECK_EQ(if_nametoindex("sstp0"), 0); /* the interface is gone */
    return true;
}

static inline void ends_with(worker_fn *worker, enum end_reason reason, const char *text)
{
    CHECK_OR_RETURN(run(worker));
    CHECK_EQ(end.reason, reason);
    if (!CHECK(strstr(end.detail, text) != NULL))
        fprintf(stderr, "    it said: %s\n", end.detail);
}

/* --- an honest beginning --- */

static inline void say(const struct worker_config *config, const void *message, size_t len)
{
    if (channel_send(config->remote.request_fd, message, len, -1, CHANNEL_WAIT) < 0)
        _exit(3);
}

static inline void say_type(const struct worker_config *config, uint32_t type)
{
    struct request request = {.type = type};

    say(config, &request, request_len(type));
}

static inline void get_ready(const struct worker_config *config)
{
    struct sandbox_report report = {.missing = sandbox_protections(SANDBOX_WORKER)};

    remote_ready(&config->remote, &report);
}

/* The device. */
static inline int get_started(const struct worker_config *config)
{
    struct order order;
    int fd = -1;

    get_ready(config);
    if (!remote_order(&config->remote, CHANNEL_WAIT, &order, &fd) || order.type != ORDER_START)
        _exit(4);
    return fd;
}

/* The outer socket. */
static inline int get_connected(struct remote *remote)
{
    struct dial_opener opener = remote_opener(remote);
    struct order order;
    int fd = -1;

    if (!remote_order(remote, CHANNEL_WAIT, &order, &fd) || order.type != ORDER_ADDRESSES ||
        order.addresses.n != 1 || opener.open(opener.user, 0, &fd) < 0)
        _exit(5);
    remote_chosen(remote, 0);
    return fd;
}

/* All the way: the link, an address, and UP. */
static inline void get_up(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1300};
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}};
    struct end refused;

    (void)get_started(config);
    (void)get_connected(&remote);
    acts.link(acts.user, &link);
    if (!acts.answer(acts.user, &refused))
        _exit(12);
    acts.ipv4(acts.user, &ipv4);
    if (!acts.answer(acts.user, &refused))
        _exit(12);
    remote_up(&remote);
}

static inline _Noreturn void sleep_for_ever(void)
{
    for (;;)
        pause();
}

#endif
