/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hook is a stranger's program that runs with our rights on values that a server chose. Hence: no shell, an
 * environment from scratch, every such value reduced to harmless characters, no descriptor of ours, a process group of
 * its own so that all of it can be killed.
 *
 * Its end is SIGCHLD's to tell, on every kernel: a pidfd is not everywhere, and a pipe that it holds proves nothing,
 * for it may close what it has, and leave a daemon behind that does not. Nothing here waits for it.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

#define TEXT_LEN      16384 /* more than a path and all values at their longest */
#define VARIABLES_MAX 32
#define VALUE_LEN     1024

static const char path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const char *hook_event_name(enum hook_event event)
{
    switch (event) {
    case HOOK_PRE_CONNECT: return "pre-connect";
    case HOOK_UP: return "up";
    case HOOK_DOWN: return "down";
    }
    return "?";
}

void hook_init(struct hook *hook)
{
    *hook = (struct hook){.pid = 0};
}

bool hook_running(const struct hook *hook)
{
    return hook->pid > 0;
}

/* What is executed: both lists are NULL-terminated and point into text. */
struct launch {
    char text[TEXT_LEN];
    size_t len;
    char *argv[4];
    char *variable[VARIABLES_MAX + 1];
    size_t n;
};

/* A string of the launch, NULL when there is no room. */
static char *PRINTF_LIKE(2, 3) keep(struct launch *launch, const char *fmt, ...)
{
    char *at = launch->text + launch->len;
    size_t room = sizeof(launch->text) - launch->len;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(at, room, fmt, args);
    va_end(args);
    if (n < 0 || (size_t)n >= room)
        return NULL;
    launch->len += (size_t)n + 1;
    return at;
}

/* Nothing that a shell takes for more than a letter, even where a script forgets its quotes; but see clean(). */
static bool is_harmless(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".:/,_@%+= -", c));
}

static void add_raw(struct launch *launch, const char *name, const char *value)
{
    char *variable = launch->n < VARIABLES_MAX ? keep(launch, "%s=%s", name, value) : NULL;

    if (variable)
        launch->variable[launch->n++] = variable;
}

/* Without quotes each word is an argument of its own: one that begins with '-' would be taken for an option. */
static void clean(const char *value, char out[static VALUE_LEN])
{
    size_t i;

    for (i = 0; i < VALUE_LEN - 1 && value[i]; i++) {
        bool begins_word = i == 0 || value[i - 1] == ' ';

        out[i] = is_harmless(value[i]) && (value[i] != '-' || !begins_word) ? value[i] : '_';
    }
    out[i] = '\0';
}

static void add(struct launch *launch, const char *name, const char *value)
{
    char text[VALUE_LEN];

    clean(value, text);
    add_raw(launch, name, text);
}

static void add_text(struct launch *launch, const char *name, const char *value)
{
    if (value && value[0])
        add(launch, name, value);
}

static void add_number(struct launch *launch, const char *name, uint32_t value)
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%u", (unsigned)value);
    add(launch, name, text);
}

static void add_address(struct launch *launch, const char *name, const struct ipaddr *address)
{
    if (!ipaddr_is_unset(address)) {
        char text[IPADDR_STR_LEN];

        add(launch, name, ipaddr_str(address, text));
    }
}

/* As pppd writes it: four groups, none shortened. */
static void add_id(struct launch *launch, const char *name, const uint8_t *id)
{
    char text[24];

    if (!id)
        return;
    (void)snprintf(text, sizeof(text), "%02x%02x:%02x%02x:%02x%02x:%02x%02x", id[0], id[1], id[2], id[3],
                   id[4], id[5], id[6], id[7]);
    add(launch, name, text);
}

static void append_word(char list[static VALUE_LEN], const char *word)
{
    size_t len = strlen(list);

    (void)snprintf(list + len, VALUE_LEN - len, "%s%s", len > 0 ? " " : "", word);
}

static void add_addresses(struct launch *launch, const char *name, const struct ipaddr *list, size_t n)
{
    char text[VALUE_LEN] = "";
    char word[IPADDR_STR_LEN];

    for (size_t i = 0; i < n; i++)
        append_word(text, ipaddr_str(&list[i], word));
    add_text(launch, name, text);
}

static void add_prefixes(struct launch *launch, const char *name, const struct ipprefix *list, size_t n)
{
    char text[VALUE_LEN] = "";
    char word[IPPREFIX_STR_LEN];

    for (size_t i = 0; i < n; i++)
        append_word(text, ipprefix_str(&list[i], word));
    add_text(launch, name, text);
}

static void add_end(struct launch *launch, const struct hook_values *values)
{
    add_text(launch, "SSTP_END_REASON", values->end_reason);
    add_text(launch, "SSTP_END_TEXT", values->end_text);
    if (values->end_status >= 0)
        add_number(launch, "SSTP_END_STATUS", (uint32_t)values->end_status);
}

static void build_environment(struct launch *launch, enum hook_event event, const struct hook_values *values)
{
    add_raw(launch, "PATH", path);
    add_text(launch, "SSTP_EVENT", hook_event_name(event));
    add_text(launch, "SSTP_INTERFACE", values->interface);
    add_text(launch, "SSTP_SERVER", values->server);
    add_address(launch, "SSTP_SERVER_ADDRESS", &values->server_address);
    if (values->port)
        add_number(launch, "SSTP_SERVER_PORT", values->port);
    if (values->user) /* the user's own and not a server's: it keeps the backslash of DOMAIN\\user */
        add_raw(launch, "SSTP_USER", values->user);
    add_address(launch, "SSTP_LOCAL_IPV4", &values->local_ipv4);
    add_address(launch, "SSTP_PEER_IPV4", &values->peer_ipv4);
    add_id(launch, "SSTP_LOCAL_IPV6_ID", values->local_ipv6_id);
    add_id(launch, "SSTP_PEER_IPV6_ID", values->peer_ipv6_id);
    add_address(launch, "SSTP_IPV6_LINK_LOCAL", &values->link_local);
    add_prefixes(launch, "SSTP_IPV6_ADDRESSES", values->ipv6, values->n_ipv6);
    add_addresses(launch, "SSTP_DNS", values->dns, values->n_dns);
    add_addresses(launch, "SSTP_NBNS", values->nbns, values->n_nbns);
    if (values->mtu)
        add_number(launch, "SSTP_MTU", values->mtu);
    if (event == HOOK_DOWN)
        add_end(launch, values);
}

/* The child, between fork and exec: only async-signal-safe calls */

/* Input that ends at once: /dev/null, or an empty pipe where there is none. */
static int empty_input(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int ends[2];

    if (fd >= 0)
        return fd;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    close(ends[1]);
    return ends[0];
}

/* Ours are close-on-exec by rule; whoever started us may have left others open. */
static void close_others(void)
{
    if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
            (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static _Noreturn void run_child(const struct launch *launch, int error_fd)
{
    int input;
    int error;

    (void)setpgid(0, 0);
    loop_signals_reset();
    input = empty_input();
    if (input >= 0 && dup2(input, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
        close_others();
        (void)execve(launch->argv[0], launch->argv, launch->variable);
    }
    error = errno;
    if (write(error_fd, &error, sizeof(error)) < 0)
        _exit(126);
    _exit(127);
}

/* The parent: a pipe tells the errno of a failed exec */

/* Blocks until the exec has worked or failed: 0 or -errno. */
static int wait_for_exec(int fd)
{
    int error = 0;
    ssize_t n;

    do
        n = read(fd, &error, sizeof(error));
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof(error) ? -error : 0;
}

/* 0, pid, or -1 where there is no such child (any more). */
static pid_t reap(pid_t pid, int flags, int *ret_status)
{
    pid_t r;

    do
        r = waitpid(pid, ret_status, flags);
    while (r < 0 && errno == EINTR);
    return r;
}

/* 0 with *ret_pid, or -errno. */
static int launch_child(const struct launch *launch, pid_t *ret_pid)
{
    int error[2], status, r;
    pid_t pid;

    if (pipe2(error, O_CLOEXEC) < 0)
        return -errno;
    (void)signal(SIGCHLD, SIG_DFL); /* whoever started us may have ignored it: then nothing could be reaped */
    pid = fork();
    if (pid == 0)
        run_child(launch, error[1]);
    r = pid < 0 ? -errno : 0;
    close(error[1]);
    if (r == 0)
        r = wait_for_exec(error[0]);
    close(error[0]);
    if (r < 0 && pid > 0)
        (void)reap(pid, 0, &status); /* it has told why, and is on its way out */
    if (r == 0)
        *ret_pid = pid;
    return r;
}

static const char *advice(int error)
{
    switch (error) {
    case EACCES: return "; make it executable with chmod +x";
    case ENOEXEC: return "; a script must begin with a line like #!/bin/sh";
    case ENOENT: return "; check the path and, for a script, the program in its first line";
    default: return "";
    }
}

bool hook_start(struct hook *hook, const char *program, enum hook_event event,
                const struct hook_values *values, usec_t now, struct end *ret_end)
{
    const char *interface = values->interface ? values->interface : "";
    struct launch launch = {.len = 0};
    pid_t pid = 0;
    int r = -ENAMETOOLONG;

    launch.argv[0] = keep(&launch, "%s", program);
    launch.argv[1] = keep(&launch, "%s", hook_event_name(event));
    launch.argv[2] = keep(&launch, "%s", interface);
    build_environment(&launch, event, values);
    if (launch.argv[0] && launch.argv[1] && launch.argv[2])
        r = launch_child(&launch, &pid);
    if (r < 0) {
        *ret_end = end_make(END_HOOK, 0, "cannot run %s: %s%s", program, strerror(-r), advice(-r));
        return false;
    }
    *hook = (struct hook){.pid = pid, .event = event, .deadline = usec_after(now, HOOK_LIMIT)};
    return true;
}

/* Asked again after a yes, there is no such child: what it was stays known. */
bool hook_ended(struct hook *hook)
{
    int status = 0;

    if (!hook_running(hook))
        return false;
    if (!hook->ended && reap(hook->pid, WNOHANG, &status) != 0) {
        hook->ended = true;
        hook->status = status;
    }
    return hook->ended;
}

bool hook_finish(struct hook *hook, struct end *ret_end)
{
    const char *event = hook_event_name(hook->event);
    bool killed = hook->killed;
    bool timed_out = hook->timed_out;
    int status;

    IGNORE_RESULT(hook_ended(hook)); /* no: a killed one that is left behind */
    status = hook->status;
    hook_init(hook);
    if (timed_out)
        *ret_end = end_make(END_HOOK, 0, "at %s it was killed: it had not finished (limit %u s)", event,
                            (unsigned)(HOOK_LIMIT / USEC_PER_SEC));
    else if (killed)
        *ret_end = end_make(END_HOOK, 0, "at %s it was killed: the end was asked for", event);
    else if (WIFSIGNALED(status))
        *ret_end = end_make(END_HOOK, 0, "at %s it was ended by signal %d", event, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        *ret_end = end_make(END_HOOK, 0, "at %s it returned status %d", event, WEXITSTATUS(status));
    else
        return true;
    return false;
}

void hook_kill(struct hook *hook, usec_t now)
{
    if (!hook_running(hook))
        return;
    hook->killed = true;
    hook->deadline = usec_after(now, HOOK_GRACE);
    if (hook->ended) /* its number may be another's by now */
        return;
    (void)kill(-hook->pid, SIGKILL);
    (void)kill(hook->pid, SIGKILL); /* it may have left its group */
}

bool hook_overdue(struct hook *hook, usec_t now)
{
    if (!hook_running(hook) || now < hook->deadline)
        return false;
    if (hook->killed)
        return true;
    hook->timed_out = true;
    hook_kill(hook, now);
    return false;
}
