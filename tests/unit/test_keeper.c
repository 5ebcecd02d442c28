/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keeper with workers that do what no honest one does: every one of them is ended, by its own way or by force, the
 * host is as before, and the keeper has heard signals all the while. Needs root and /dev/net/tun; runs in a network
 * namespace of its own.
 */
#include "check.h"

#include "keeper_rig.h"

#include "keeper_check.h"

/* --- workers that just die --- */

static int leaves(const struct worker_config *config)
{
    (void)config;
    return 7;
}

static int is_killed(const struct worker_config *config)
{
    (void)get_started(config);
    return raise(SIGKILL);
}

static int is_stopped_by_its_sandbox(const struct worker_config *config)
{
    sigset_t none;

    get_ready(config);
    sigemptyset(&none);
    (void)signal(SIGSYS, SIG_DFL);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    return raise(SIGSYS);
}

static int crashes(const struct worker_config *config)
{
    sigset_t none;

    get_ready(config);
    (void)signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would end it in another way */
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    return raise(SIGSEGV);
}

static int hangs_up_and_lives_on(const struct worker_config *config)
{
    close(config->remote.request_fd);
    sleep_for_ever();
}

/* No right is needed for it, only a worker without seccomp. */
static int makes_the_device_permanent(const struct worker_config *config)
{
    return ioctl(get_started(config), TUNSETPERSIST, 1UL) == 0 ? 7 : 8;
}

TEST(a_worker_that_makes_the_device_permanent)
{
    ends_with(makes_the_device_permanent, END_HOST, "without a word (status 7)"); /* run() looks for it */
}

TEST(a_worker_that_dies)
{
    ends_with(leaves, END_HOST, "without a word (status 7)");
    CHECK_EQ(stage, END_STAGE_START);
    ends_with(is_killed, END_HOST, "killed by signal 9");
    CHECK_EQ(stage, END_STAGE_CONNECT);
    ends_with(is_stopped_by_its_sandbox, END_WORKER, "by its sandbox");
    ends_with(crashes, END_WORKER, "crashed with signal 11");
    ends_with(hangs_up_and_lives_on, END_HOST, "killed by signal 9");
}

/* Somebody keeps the channel open: a copy of the worker, or a descriptor under way to nobody. */
static int dies_with_an_heir(const struct worker_config *config)
{
    close(get_started(config)); /* with the device in somebody's hands, the interface would live on */
    if (fork() == 0) {
        (void)sleep(4);
        _exit(0);
    }
    return 7;
}

static int sends_itself_its_channel(const struct worker_config *config)
{
    struct order order = {.type = ORDER_STOP};

    (void)get_started(config);
    return channel_send(config->remote.order_fd, &order, order_len(order.type), config->remote.request_fd,
                        CHANNEL_NOW) == -EPIPE
               ? 7
               : 8;
}

static int says_why_and_dies_with_an_heir(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end lost = end_make(END_LOST, 0, "%s", "");

    (void)dies_with_an_heir(config);
    remote_end(&remote, &lost, END_STAGE_CONNECT);
    return 0;
}

TEST(a_death_cannot_be_hidden)
{
    usec_t start = loop_now();

    ends_with(sends_itself_its_channel, END_HOST, "without a word (status 7)");
    ends_with(dies_with_an_heir, END_HOST, "without a word (status 7)");
    ends_with(says_why_and_dies_with_an_heir, END_LOST, "");
    CHECK(loop_now() - start < 3 * USEC_PER_SEC);
}

/* --- workers that ask for what they may not --- */

static int of_no_type(const struct worker_config *config)
{
    uint32_t type = REQUEST_TYPES;

    say(config, &type, sizeof(type));
    sleep_for_ever();
}

static int too_short(const struct worker_config *config)
{
    say(config, "xy", 2);
    sleep_for_ever();
}

static int too_long(const struct worker_config *config)
{
    char buf[sizeof(struct request) + 1] = "";

    say(config, buf, sizeof(buf));
    sleep_for_ever();
}

static int with_a_descriptor(const struct worker_config *config)
{
    struct request request = {.type = REQUEST_LOG};

    IGNORE_RESULT(channel_send(config->remote.request_fd, &request, request_len(request.type), STDERR_FILENO,
                               CHANNEL_WAIT));
    sleep_for_ever();
}

static int with_an_end_that_nobody_asked_for(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end requested = end_make(END_REQUESTED, 0, "SIGTERM");

    (void)get_started(config);
    remote_end(&remote, &requested, END_STAGE_CONNECT);
    sleep_for_ever();
}

static int before_its_time(const struct worker_config *config)
{
    say_type(config, REQUEST_AUTH_PAP);
    sleep_for_ever();
}

static int with_another_method(const struct worker_config *config)
{
    struct remote remote = config->remote;

    (void)get_started(config);
    (void)get_connected(&remote);
    say_type(config, REQUEST_AUTH_PAP); /* --auth has MS-CHAPv2 alone */
    sleep_for_ever();
}

TEST(a_worker_that_asks_for_what_it_may_not)
{
    ends_with(of_no_type, END_WORKER, "may not: ?: no such request");
    ends_with(too_short, END_WORKER, "may not: ?: no such request");
    ends_with(too_long, END_WORKER, "may not: a message: too long");
    ends_with(with_a_descriptor, END_WORKER, "may not: a message: too long, or with a descriptor");
    ends_with(before_its_time, END_WORKER, "may not: AUTH_PAP: out of order");
    ends_with(with_another_method, END_WORKER, "may not: AUTH_PAP: a login method that is not allowed");
    CHECK_EQ(stage, END_STAGE_TLS);
    ends_with(with_an_end_that_nobody_asked_for, END_WORKER, "may not: END: an end that nobody told it of");
}

/* --- workers that do not stop --- */

/* Signals at these times, in milliseconds, from another process. */
static pid_t signal_later(unsigned first, unsigned second)
{
    pid_t target = getpid(), pid = fork();

    if (pid == 0) {
        usleep(first * 1000);
        (void)kill(target, SIGTERM);
        usleep((second - first) * 1000);
        (void)kill(target, SIGTERM);
        _exit(0);
    }
    return pid;
}

/* It is ended by the second signal, soon, and the end is the user's. */
static void ends_on_signals(worker_fn *worker)
{
    static const struct timespec at_once;
    usec_t start = loop_now();
    sigset_t block;
    pid_t helper;

    CHECK_OR_RETURN(begin());
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &block, NULL);
    helper = signal_later(300, 600);
    end = keeper_run(&options, &sink, worker, &stage);
    CHECK_EQ(end.reason, END_REQUESTED);
    CHECK(loop_now() - start < 5 * USEC_PER_SEC);
    CHECK(waitpid(helper, NULL, 0) == helper);
    (void)sigtimedwait(&block, NULL, &at_once); /* one that came too late */
    CHECK(no_child_left());
}

static int floods_the_log(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct log_sink log = remote_log(&remote, LOG_LEVEL_DEBUG);

    (void)get_started(config);
    for (int i = 0; i < 100000000; i++)
        log_debug(&log, "not even printed");
    return 0;
}

static int hears_nothing(const struct worker_config *config)
{
    (void)get_started(config);
    sleep_for_ever();
}

static int never_gets_ready(const struct worker_config *config)
{
    (void)config;
    sleep_for_ever();
}

TEST(a_worker_that_does_not_stop)
{
    ends_on_signals(floods_the_log);
    CHECK(n_lines < 50);
    ends_on_signals(hears_nothing);
    ends_on_signals(never_gets_ready);
}

static int floods_the_user(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct log_sink log = remote_log(&remote, LOG_LEVEL_DEBUG);

    (void)get_started(config);
    for (int i = 0; i < 10000; i++)
        log_notice(&log, "buy now");
    return 7;
}

TEST(a_worker_that_talks_too_much)
{
    ends_with(floods_the_user, END_HOST, "without a word");
    CHECK(n_lines >= 200 && n_lines < 1000);
    CHECK(strstr(logged, " lines dropped: too many at once") != NULL);
}

/* A server that renegotiates all the time has the keeper change the host, and say so. */
static int changes_its_mind(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct log_sink log = remote_log(&remote, LOG_LEVEL_DEBUG);
    struct request_link link = {.mtu = 1300};
    struct end end_of_it;

    (void)get_started(config);
    (void)get_connected(&remote);
    for (int i = 0; i < 1000; i++)
        log_notice(&log, "buy now");
    acts.link(acts.user, &link);
    IGNORE_RESULT(acts.answer(acts.user, &end_of_it));
    for (int i = 0; i < 400; i++) {
        struct request_ipv4 ipv4 = {.present = 1,
                                    .local = {10, 0, (uint8_t)(1 + i / 200), (uint8_t)(1 + i % 200)}};

        acts.ipv4(acts.user, &ipv4);
        IGNORE_RESULT(acts.answer(acts.user, &end_of_it));
    }
    return 7;
}

TEST(a_server_that_changes_its_mind)
{
    ends_with(changes_its_mind, END_HOST, "without a word");
    CHECK(n_lines >= 400 && n_lines < 900);
    CHECK(strstr(logged, "10.0.1.1") != NULL); /* whatever the worker had to say before */
}

static int reads_no_replies(const struct worker_config *config)
{
    struct remote remote = config->remote;

    (void)get_started(config);
    (void)get_connected(&remote);
    for (int i = 0; i < 100000000; i++)
        say_type(config, REQUEST_IPV4); /* absent: allowed, and harmless */
    return 0;
}

TEST(a_worker_that_reads_no_replies)
{
    ends_with(reads_no_replies, END_WORKER, "does not listen");
}

static int says_up_without_an_address(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1300};
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}};
    struct end end_of_it;

    (void)get_started(config);
    (void)get_connected(&remote);
    acts.link(acts.user, &link);
    if (!acts.answer(acts.user, &end_of_it))
        return 10;
    if (system("ip link del sstp0") != 0) /* NOLINT(cert-env33-c): ours */
        return 11;
    acts.ipv4(acts.user, &ipv4);
    if (acts.answer(acts.user, &end_of_it))
        return 12;
    remote_up(&remote);
    sleep_for_ever();
}

TEST(an_address_counts_only_once_the_host_has_taken_it)
{
    ends_with(says_up_without_an_address, END_WORKER, "may not: UP: without an address");
    CHECK_EQ(stage, END_STAGE_NETWORK);
}

static int asks_for_answers(const struct worker_config *config)
{
    static const uint8_t challenge[16] = {1};
    struct remote remote = config->remote;
    struct ppp_secret secret = remote_secret(&remote);
    struct ppp_mschapv2_answer got;

    (void)get_started(config);
    (void)get_connected(&remote);
    for (unsigned n = 0; n < KEEPER_ANSWERS_MAX; n++)
        if (secret.mschapv2(secret.user, challenge, &got) != PPP_SECRET_OK)
            return 10;
    (void)secret.mschapv2(secret.user, challenge, &got);
    return 11;
}

TEST(a_worker_that_collects_answers)
{
    ends_with(asks_for_answers, END_WORKER, "may not: AUTH_MSCHAPV2: more answers than a login needs");
}

/* --- an honest one --- */

static bool configures(const struct hostnet_acts *acts, const struct request_link *link,
                       const struct request_ipv4 *ipv4)
{
    struct end no;

    acts->link(acts->user, link);
    if (!acts->answer(acts->user, &no))
        return false;
    acts->ipv4(acts->user, ipv4);
    return acts->answer(acts->user, &no);
}

static int logs_in_and_configures(const struct worker_config *config)
{
    static const uint8_t challenge[16] = {1}, zero[16];
    struct remote remote = config->remote;
    struct ppp_secret secret = remote_secret(&remote);
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1300};
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}, .peer = {10, 0, 0, 1}};
    struct end lost = end_make(END_LOST, 0, "as planned\n");
    struct ppp_mschapv2_answer first, got, want;
    struct ifreq request = {.ifr_flags = 0};
    int tun = get_started(config), outer = get_connected(&remote);
    struct bytes user = bytes_of_str("me"), password = bytes_of_str(PASSWORD);

    if (ioctl(tun, TUNGETIFF, &request) != 0 || strcmp(request.ifr_name, "sstp0") != 0 || outer < 0)
        return 10;
    if (secret.mschapv2(secret.user, challenge, &first) != PPP_SECRET_OK ||
        secret.mschapv2(secret.user, challenge, &got) != PPP_SECRET_OK ||
        auth_answer_mschapv2(user, password, challenge, got.peer_challenge, &want) != PPP_SECRET_OK ||
        memcmp(&got, &want, sizeof(got)) != 0)
        return 11;
    if (memcmp(got.peer_challenge, zero, sizeof(zero)) == 0 ||
        memcmp(got.peer_challenge, first.peer_challenge, sizeof(zero)) == 0)
        return 13;
    if (!configures(&acts, &link, &ipv4))
        return 12;
    remote_up(&remote);
    usleep(200000);
    remote_end(&remote, &lost, END_STAGE_UP);
    return 0;
}

/* "EVENT ADDRESS MTU REASON" for each event. */
static void make_hook(char *path, const char *out)
{
    int fd = mkstemp(path);
    char script[256];
    int len = snprintf(
        script, sizeof(script),
        "#!/bin/sh\necho $1 $SSTP_LOCAL_IPV4 $SSTP_MTU $SSTP_SERVER_ADDRESS $SSTP_END_REASON >>%s\n", out);

    CHECK(fd >= 0 && write(fd, script, (size_t)len) == len && fchmod(fd, 0700) == 0);
    close(fd);
}

TEST(an_honest_worker)
{
    char hook[] = "/tmp/test_keeper.XXXXXX", out[] = "/tmp/test_keeper.XXXXXX", text[512] = "";
    int fd = mkstemp(out);

    CHECK_OR_RETURN(begin() && fd >= 0);
    make_hook(hook, out);
    options.hook = hook;
    end = keeper_run(&options, &sink, logs_in_and_configures, &stage);
    CHECK_EQ(end.reason, END_LOST);
    CHECK_STR(end.detail, "as planned?");
    CHECK_EQ(stage, END_STAGE_UP);
    CHECK(read(fd, text, sizeof(text) - 1) > 0);
    CHECK_STR(text, "pre-connect\nup 10.0.0.100 1300 127.0.0.1\ndown 10.0.0.100 1300 127.0.0.1 LOST\n");
    CHECK(no_child_left());
    close(fd);
    (void)unlink(out);
    (void)unlink(hook);
}

static int dies_when_up(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1300};
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}};

    (void)get_started(config);
    (void)get_connected(&remote);
    if (!configures(&acts, &link, &ipv4))
        return 12;
    remote_up(&remote);
    return raise(SIGKILL);
}

TEST(the_down_hook_runs_for_a_worker_that_was_killed)
{
    char hook[] = "/tmp/test_keeper.XXXXXX", out[] = "/tmp/test_keeper.XXXXXX", text[512] = "";
    int fd = mkstemp(out);

    CHECK_OR_RETURN(begin() && fd >= 0);
    make_hook(hook, out);
    options.hook = hook;
    options.default_route = true;
    end = keeper_run(&options, &sink, dies_when_up, &stage);
    CHECK_EQ(end.reason, END_HOST);
    CHECK_EQ(stage, END_STAGE_UP);
    CHECK(read(fd, text, sizeof(text) - 1) > 0);
    CHECK_STR(text, "pre-connect\nup 10.0.0.100 1300 127.0.0.1\ndown 10.0.0.100 1300 127.0.0.1 HOST\n");
    CHECK_EQ(system("! ip rule show | grep -q 5300"), 0); /* NOLINT(cert-env33-c): ours */
    close(fd);
    (void)unlink(out);
    (void)unlink(hook);
}

TEST(a_sandbox_that_is_required_and_missing)
{
    CHECK_OR_RETURN(begin());
    options.require_sandbox = true;
    end = keeper_run(&options, &sink, hears_nothing, &stage);
    CHECK_EQ(end.reason, END_SANDBOX);
    CHECK(strstr(end.detail, "seccomp") != NULL);
    CHECK(no_child_left());
}

CHECK_MAIN()
