/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prompts on a real terminal: a child on a pseudo-terminal of its own, the test at the other end. */
#include <sched.h>
#include <signal.h>

#include "check.h"
#include "credentials.h"
#include "terminal.h"

static struct credentials c;
static struct end end;
static const struct log_sink sink = {.write = NULL, .max = LOG_LEVEL_NOTICE};

static int prompted(void)
{
    struct options options = {.host = "vpn.example.org"};

    if (!CHECK(credentials_get(&c, &options, NULL, &sink, &end)))
        return 1;
    CHECK_STR(c.user, "me");
    CHECK_STR(c.password, "secret");
    return check_failures > 0;
}

static int given_up(void)
{
    struct options options = {.host = "vpn", .user = "me"};
    struct sigaction action;

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_REQUESTED);
    CHECK(sigaction(SIGINT, NULL, &action) == 0);
    CHECK(action.sa_handler == SIG_DFL);
    return check_failures > 0;
}

static int typed_on_stdin(void)
{
    struct options options = {.host = "vpn", .user = "me", .password_on_stdin = true};

    if (!CHECK(dup2(open("/dev/tty", O_RDWR), STDIN_FILENO) == STDIN_FILENO) ||
        !CHECK(credentials_get(&c, &options, NULL, &sink, &end)))
        return 1;
    CHECK_STR(c.password, "secret");
    return check_failures > 0;
}

static int nothing_typed(void)
{
    struct options options = {.host = "vpn", .user = "me"};

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_USAGE);
    return check_failures > 0;
}

TEST(prompts)
{
    int master = -1;
    pid_t pid = terminal_child(prompted, &master);

    CHECK(terminal_says(master, "User name for vpn.example.org: "));
    CHECK(terminal_echoes(master));
    terminal_type(master, "me\n");
    CHECK(terminal_says(master, "Password of me for vpn.example.org: "));
    CHECK(!terminal_echoes(master));
    terminal_type(master, "secreX\x7ft\n"); /* with a correction */
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    CHECK(strstr(terminal_seen, "secre") == NULL);
    close(master);
}

TEST(standard_input_is_a_terminal)
{
    int master = -1;
    pid_t pid = terminal_child(typed_on_stdin, &master);

    CHECK(terminal_says(master, "Password of me for vpn: "));
    CHECK(!terminal_echoes(master));
    CHECK(kill(pid, SIGUSR1) == 0); /* means nothing, as in the session */
    terminal_type(master, "secret\n");
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    close(master);
}

/* Typed or sent: the terminal echoes again. */
static void interrupt_prompt(terminal_fn *fn, const char *keys, int signal_number)
{
    int master = -1;
    pid_t pid = terminal_child(fn, &master);

    CHECK(terminal_says(master, "Password of me for vpn: "));
    CHECK(!terminal_echoes(master));
    if (keys)
        terminal_type(master, keys);
    else
        CHECK(kill(pid, signal_number) == 0);
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    close(master);
}

TEST(interrupted_prompts)
{
    interrupt_prompt(given_up, "half\x03", 0);
    interrupt_prompt(given_up, "\x1a\x03", 0);     /* Ctrl-Z does not stop it in the middle */
    interrupt_prompt(given_up, "half\x04\x03", 0); /* Ctrl-D hands over an unfinished line */
    interrupt_prompt(given_up, NULL, SIGTERM);
    interrupt_prompt(given_up, NULL, SIGHUP);
    interrupt_prompt(given_up, NULL, SIGALRM);
    interrupt_prompt(given_up, NULL, SIGIO);
    interrupt_prompt(given_up, NULL, SIGVTALRM);
    interrupt_prompt(given_up, NULL, SIGPROF);
    interrupt_prompt(given_up, NULL, SIGSTKFLT);
    interrupt_prompt(given_up, NULL, SIGRTMIN);
    interrupt_prompt(given_up, NULL, SIGRTMAX);
    interrupt_prompt(nothing_typed, "\x04", 0);
    interrupt_prompt(nothing_typed, "\n", 0);
}

/* The terminal's user has typed Ctrl-S. */
static void wait_until_held(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY);
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    while (poll(&p, 1, 0) == 1)
        sched_yield();
    close(fd);
}

static int held_and_given_up(void)
{
    wait_until_held();
    return given_up();
}

static int password_prompted(void)
{
    struct options options = {.host = "vpn", .user = "me"};

    wait_until_held();
    if (!CHECK(credentials_get(&c, &options, NULL, &sink, &end)))
        return 1;
    CHECK_STR(c.password, "secret");
    return check_failures > 0;
}

/* Comes back when the prompt is due, and nothing takes it. */
static pid_t on_held_terminal(terminal_fn *fn, int *ret_master)
{
    pid_t pid = terminal_child(fn, ret_master);

    terminal_type(*ret_master, "\x13");
    while (terminal_echoes(*ret_master))
        sched_yield();
    return pid;
}

TEST(a_held_terminal_holds_no_signal)
{
    int master = -1;
    pid_t pid = on_held_terminal(held_and_given_up, &master);

    CHECK(kill(pid, SIGTERM) == 0);
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    close(master);
}

TEST(a_held_terminal_is_waited_for)
{
    int master = -1;
    pid_t pid = on_held_terminal(password_prompted, &master);

    terminal_type(master, "\x11");
    CHECK(terminal_says(master, "Password of me for vpn: "));
    terminal_type(master, "secret\n");
    CHECK(terminal_child_is_content(pid));
    CHECK(terminal_echoes(master));
    close(master);
}

CHECK_MAIN()
