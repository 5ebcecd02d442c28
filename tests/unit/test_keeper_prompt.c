/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A worker that fails while the user is asked for the password: nobody types one for nothing, and the terminal is as it
 * was. The keeper runs in a child on a terminal of its own, the test at the other end. Needs root and /dev/net/tun.
 */
#include "keeper_rig.h"
#include "terminal.h"

#define PROMPT "Password of me for 127.0.0.1: "

static struct want {
    worker_fn *worker;
    enum end_reason reason;
    const char *text;
} want;

static int sign[2]; /* a byte in it: the worker shall do what it is there for */

static void wait_for_sign(void)
{
    char byte;

    if (read(sign[0], &byte, 1) != 1)
        _exit(9);
}

static void fail(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct end usage = end_make(END_USAGE, 0, "--cafile x: no such file");

    remote_end(&remote, &usage, END_STAGE_START);
}

static int fails_at_once(const struct worker_config *config)
{
    fail(config);
    return 1;
}

static int fails_later(const struct worker_config *config)
{
    wait_for_sign();
    fail(config);
    sleep_for_ever(); /* its word is enough */
}

static int dies_later(const struct worker_config *config)
{
    get_ready(config);
    wait_for_sign();
    return raise(SIGKILL);
}

static int asks_too_early(const struct worker_config *config)
{
    get_ready(config);
    wait_for_sign();
    say_type(config, REQUEST_UP);
    sleep_for_ever();
}

static int leaves_when_started(const struct worker_config *config)
{
    (void)get_started(config);
    return 7;
}

/* In the child: the keeper, and whether it ends as it should. */
static int keep(void)
{
    if (!begin())
        return 1;
    options.password_file = NULL;
    options.require_sandbox = false;
    end = keeper_run(&options, &sink, want.worker, &stage);
    CHECK_EQ(end.reason, want.reason);
    if (!CHECK(strstr(end.detail, want.text) != NULL))
        fprintf(stderr, "    it said: %s\n", end.detail);
    CHECK(no_child_left());
    return check_failures > 0;
}

static pid_t begin_on_terminal(int *ret_master)
{
    return CHECK(pipe(sign) == 0) ? terminal_child(keep, ret_master) : -1;
}

static void is_content(pid_t pid, int master)
{
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    close(master);
    close(sign[0]);
    close(sign[1]);
}

static void ends_at_the_prompt(worker_fn *worker, enum end_reason reason, const char *text, const char *typed)
{
    int master = -1;
    pid_t pid;

    want = (struct want){worker, reason, text};
    pid = begin_on_terminal(&master);
    CHECK_OR_RETURN(pid > 0);
    CHECK(terminal_says(master, PROMPT));
    CHECK(!terminal_echoes(master));
    terminal_type(master, typed);
    CHECK_EQ(write(sign[1], "!", 1), 1);
    is_content(pid, master);
}

TEST(a_worker_that_fails_at_the_prompt)
{
    ends_at_the_prompt(dies_later, END_HOST, "killed by signal 9", "");
    ends_at_the_prompt(dies_later, END_HOST, "killed by signal 9", "half a passw");
    ends_at_the_prompt(asks_too_early, END_WORKER, "may not: UP: out of order", "");
    ends_at_the_prompt(fails_later, END_USAGE, "--cafile x",
                       ""); /* slow to get ready: the prompt did not wait */
}

/* Then there is no prompt at all. */
static void ends_before_the_prompt(worker_fn *worker, enum end_reason reason, const char *text)
{
    int master = -1;
    pid_t pid;

    want = (struct want){worker, reason, text};
    pid = begin_on_terminal(&master);
    CHECK_OR_RETURN(pid > 0);
    CHECK(!terminal_says(master, PROMPT)); /* the terminal is hung up first */
    CHECK_STR(terminal_seen, "");
    CHECK(terminal_child_is_content(pid));
    close(master);
    close(sign[0]);
    close(sign[1]);
}

TEST(a_worker_that_fails_before_the_prompt)
{
    ends_before_the_prompt(fails_at_once, END_USAGE, "--cafile x");
}

TEST(a_worker_that_waits_for_the_password)
{
    int master = -1;
    pid_t pid;

    want = (struct want){leaves_when_started, END_HOST, "without a word (status 7)"};
    pid = begin_on_terminal(&master);
    CHECK_OR_RETURN(pid > 0);
    CHECK(terminal_says(master, PROMPT));
    terminal_type(master, "secret\n");
    is_content(pid, master);
}

CHECK_MAIN()
