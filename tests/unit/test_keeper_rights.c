/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper remembers of a worker: what it has given, told and taken back. Its clock, its socket options and its
 * words to the kernel's netlink pass through this file, which can move or refuse them. Needs root and /dev/net/tun.
 */
#include "keeper_rig.h"

#include <dirent.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>

#include "keeper_check.h"
#include "line_budget.h"

/* Of both processes. */
static struct shared {
    time_t later;         /* seconds by which every clock is ahead */
    bool refuses_netlink; /* as to somebody without CAP_NET_ADMIN */
} * shared;

static unsigned refuses_congestion_from; /* the n-th time on that it is set; 0: never */

int clock_gettime(clockid_t id, struct timespec *ret)
{
    int r = (int)syscall(SYS_clock_gettime, id, ret);

    if (r == 0 && shared)
        ret->tv_sec += shared->later;
    return r;
}

/* Always to an absolute time. */
int timerfd_settime(int fd, int flags, const struct itimerspec *wanted, struct itimerspec *ret_old)
{
    struct itimerspec at = *wanted;

    if (shared && at.it_value.tv_sec > shared->later)
        at.it_value.tv_sec -= shared->later;
    return (int)syscall(SYS_timerfd_settime, fd, flags, &at, ret_old);
}

static bool is_netlink(int fd)
{
    int domain = 0;
    socklen_t len = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_NETLINK;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (shared && shared->refuses_netlink && is_netlink(fd)) {
        errno = EPERM;
        return -1;
    }
    return syscall(SYS_sendmsg, fd, message, flags);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
    static unsigned n_set;

    if (level == IPPROTO_TCP && name == TCP_CONGESTION && refuses_congestion_from > 0 &&
        ++n_set >= refuses_congestion_from) {
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

static bool begin_anew(void)
{
    if (!shared) {
        void *page = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

        if (!CHECK(page != MAP_FAILED))
            return false;
        shared = page;
    }
    *shared = (struct shared){.later = 0};
    return begin();
}

/* As ends_with(), with the options as they are. */
static void ends_as(worker_fn *worker, enum end_reason reason, const char *text)
{
    end = keeper_run(&options, &sink, worker, &stage);
    CHECK(no_child_left());
    CHECK_EQ(end.reason, reason);
    if (!CHECK(strstr(end.detail, text) != NULL))
        fprintf(stderr, "    it said: %s\n", end.detail);
}

/* --- what acts on the host have left --- */

static bool links(struct remote *remote, uint32_t mtu, struct end *ret_end)
{
    struct hostnet_acts acts = remote_acts(remote);
    struct request_link link = {.mtu = mtu};

    acts.link(acts.user, &link);
    return acts.answer(acts.user, ret_end);
}

static bool has_ipv4(struct remote *remote)
{
    struct hostnet_acts acts = remote_acts(remote);
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}};
    struct end no;

    acts.ipv4(acts.user, &ipv4);
    return acts.answer(acts.user, &no);
}

static int loses_ipv6_by_its_mtu(const struct worker_config *config)
{
    struct request_ipv6 ipv6 = {.present = 1, .id = {1}, .peer_id = {2}};
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct end no;

    (void)get_started(config);
    (void)get_connected(&remote);
    if (!links(&remote, 1300, &no))
        return 10;
    acts.ipv6(acts.user, &ipv6);
    if (!acts.answer(acts.user, &no))
        return 11;
    if (!links(&remote, 1000, &no))
        return 12;
    remote_up(&remote);
    sleep_for_ever();
}

TEST(ipv6_that_an_mtu_took_away_is_no_address)
{
    CHECK_OR_RETURN(begin_anew());
    ends_as(loses_ipv6_by_its_mtu, END_WORKER, "may not: UP: without an address");
}

static int says_what_it_was_told(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end why;

    (void)get_started(config);
    (void)get_connected(&remote);
    shared->refuses_netlink = true;
    if (links(&remote, 1300, &why))
        return 10;
    shared->refuses_netlink = false;
    if (why.reason != END_NOT_PERMITTED)
        return 11;
    remote_end(&remote, &why, END_STAGE_NETWORK);
    return 0;
}

TEST(an_end_that_a_reply_has_told)
{
    CHECK_OR_RETURN(begin_anew());
    ends_as(says_what_it_was_told, END_NOT_PERMITTED, "");
    CHECK_EQ(stage, END_STAGE_NETWORK);
}

/* --- sockets --- */

static void get_addresses(struct remote *remote)
{
    struct order order;
    int fd = -1;

    if (!remote_order(remote, CHANNEL_WAIT, &order, &fd) || order.type != ORDER_ADDRESSES ||
        order.addresses.n != 1)
        _exit(5);
}

static int chooses_what_it_was_not_given(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct dial_opener opener = remote_opener(&remote);
    int fd = -1;

    (void)get_started(config);
    get_addresses(&remote);
    if (opener.open(opener.user, 0, &fd) != -ENETUNREACH)
        return 10;
    remote_chosen(&remote, 0);
    sleep_for_ever();
}

TEST(a_socket_that_was_asked_for_in_vain)
{
    CHECK_OR_RETURN(begin_anew());
    (void)snprintf(options.host, sizeof(options.host), "192.0.2.1"); /* there is no way to it */
    ends_as(chooses_what_it_was_not_given, END_WORKER, "may not: CHOSEN: an address without a socket");
}

/* Whether the process has the socket open that *own is. */
static bool has_socket(pid_t pid, const struct stat *own)
{
    char path[300], target[64], wanted[64];
    bool found = false;
    DIR *folder;

    (void)snprintf(wanted, sizeof(wanted), "socket:[%lu]", (unsigned long)own->st_ino);
    (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    if (!folder)
        return true;
    for (struct dirent *each = readdir(folder); each; each = readdir(folder)) {
        ssize_t len;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%s", (int)pid, each->d_name);
        len = readlink(path, target, sizeof(target) - 1);
        target[len < 0 ? 0 : len] = '\0';
        found |= strcmp(target, wanted) == 0;
    }
    (void)closedir(folder);
    return found;
}

static int looks_for_its_socket(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct stat own;
    struct end no;
    int fd;

    (void)get_started(config);
    fd = get_connected(&remote);
    if (!links(&remote, 1300, &no) || fstat(fd, &own) < 0) /* once it answers, SOCKET is behind it */
        return 10;
    if (!has_socket(getpid(), &own))
        return 11;
    return has_socket(config->keeper, &own) ? 12 : 7;
}

TEST(the_outer_socket_leaves_the_keeper)
{
    CHECK_OR_RETURN(begin_anew());
    ends_as(looks_for_its_socket, END_HOST, "without a word (status 7)");
}

static int finds_no_address_that_connects(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct dial_opener opener = remote_opener(&remote);
    struct end failed = end_make(END_CONNECT, 0, "no address would do");
    int fd = -1;

    (void)get_started(config);
    get_addresses(&remote);
    if (opener.open(opener.user, 0, &fd) >= 0)
        return 10;
    remote_end(&remote, &failed, END_STAGE_CONNECT);
    return 0;
}

TEST(a_socket_that_fails_for_a_reason_of_the_host)
{
    CHECK_OR_RETURN(begin_anew());
    options.congestion = "cubic";
    refuses_congestion_from = 2; /* the first is a try before anything else */
    ends_as(finds_no_address_that_connects, END_HOST, "cannot use congestion control cubic");
    refuses_congestion_from = 0;
}

/* --- answers --- */

static int asks_in_two_spans(const struct worker_config *config)
{
    static const uint8_t challenge[16] = {1};
    struct remote remote = config->remote;
    struct ppp_secret secret = remote_secret(&remote);
    struct ppp_mschapv2_answer got;

    (void)get_started(config);
    (void)get_connected(&remote);
    for (unsigned n = 0; n < 2 * KEEPER_ANSWERS_MAX; n++) {
        if (n == KEEPER_ANSWERS_MAX)
            shared->later += (time_t)(PPP_ANSWERS_SPAN / USEC_PER_SEC);
        if (secret.mschapv2(secret.user, challenge, &got) != PPP_SECRET_OK)
            return 10;
    }
    return 7;
}

TEST(a_second_span_has_answers_again)
{
    CHECK_OR_RETURN(begin_anew());
    ends_as(asks_in_two_spans, END_HOST, "without a word (status 7)");
}

static int gets_no_password(const struct worker_config *config)
{
    struct request request = {.type = REQUEST_AUTH_PAP};
    struct remote remote = config->remote;
    uint8_t zero[sizeof(struct reply_pap)] = {0};
    struct reply reply;

    (void)get_started(config);
    (void)get_connected(&remote);
    say(config, &request, request_len(request.type));
    if (channel_receive(remote.request_fd, &reply, sizeof(reply), NULL, CHANNEL_WAIT) !=
        (ssize_t)reply_len(REQUEST_AUTH_PAP))
        return 10;
    return memcmp(&reply.pap, zero, sizeof(zero)) == 0 ? 7 : 11;
}

/* RFC 1334 2.2.1 counts them in one byte. */
TEST(a_password_too_long_for_pap)
{
    char path[] = "/tmp/test_keeper.XXXXXX", password[PPP_PAP_PASSWORD_MAX + 1];
    int fd = mkstemp(path);

    memset(password, 'x', sizeof(password));
    CHECK_OR_RETURN(begin_anew() && fd >= 0 &&
                    write(fd, password, sizeof(password)) == (ssize_t)sizeof(password));
    options.password_file = path;
    options.auth[0] = PPP_AUTH_PAP;
    ends_as(gets_no_password, END_HOST, "without a word (status 7)");
    CHECK_EQ(ftruncate(fd, PPP_PAP_PASSWORD_MAX), 0);
    ends_as(gets_no_password, END_HOST, "without a word (status 11)");
    close(fd);
    (void)unlink(path);
}

/* --- lines --- */

static int says_one_thing_that_matters(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct log_sink log = remote_log(&remote, LOG_LEVEL_DEBUG);

    get_ready(config);
    for (int i = 0; i < 3 * LINE_BUDGET_BURST / 2; i++)
        log_debug(&log, "not even printed");
    log_error(&log, "and this is why");
    return 7;
}

TEST(lines_that_are_not_printed_cost_no_line)
{
    CHECK_OR_RETURN(begin_anew());
    ends_as(says_one_thing_that_matters, END_HOST, "without a word (status 7)");
    CHECK(strstr(logged, "and this is why") != NULL);
    CHECK(strstr(logged, "not even printed") == NULL);
}

/* --- a session that is told to stop --- */

static int is_up_too_late(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end why;
    struct order order = {.type = ORDER_START};
    int fd = -1;

    (void)get_started(config);
    (void)get_connected(&remote);
    if (!links(&remote, 1300, &why) || !has_ipv4(&remote) || kill(config->keeper, SIGTERM) < 0)
        return 10;
    while (order.type != ORDER_STOP)
        if (!remote_order(&remote, CHANNEL_WAIT, &order, &fd))
            return 11;
    remote_up(&remote);
    if (!request_words_read(&order.stop.words, &why))
        return 12;
    remote_end(&remote, &why, END_STAGE_NETWORK);
    return 0;
}

TEST(no_hook_for_a_session_that_is_stopping)
{
    char hook[] = "/tmp/test_keeper.XXXXXX", out[] = "/tmp/test_keeper.XXXXXX", text[256] = "", script[128];
    int fd = mkstemp(out), hook_fd = mkstemp(hook);
    int len = snprintf(script, sizeof(script), "#!/bin/sh\necho $1 >>%s\n", out);
    sigset_t block;

    CHECK_OR_RETURN(begin_anew() && fd >= 0);
    CHECK(hook_fd >= 0 && write(hook_fd, script, (size_t)len) == len && fchmod(hook_fd, 0700) == 0);
    close(hook_fd);
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &block, NULL);
    options.hook = hook;
    ends_as(is_up_too_late, END_REQUESTED, "SIGTERM");
    CHECK_EQ(stage, END_STAGE_NETWORK);
    CHECK(read(fd, text, sizeof(text) - 1) > 0);
    CHECK_STR(text, "pre-connect\n");
    close(fd);
    (void)unlink(out);
    (void)unlink(hook);
}

CHECK_MAIN()
