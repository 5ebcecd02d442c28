/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child is a fork without exec: the one static binary must work in an empty root. It keeps nothing but the pipe,
 * dies with its parent, and hands over one message that fits the pipe's atomic write. The parent believes none of it:
 * counts and families are checked, ports and padding are its own, text is made harmless. The parent never waits for it
 * to end unless it has killed it; an alarm, which the child's confinement keeps it from masking, ends one that could not
 * be killed.
 *
 * glibc and musl differ in what AI_ADDRCONFIG means and in how they take a name server that fails on AAAA only, so
 * several questions are asked until one is answered:
 *   1. both families, as far as this host has them: the usual case;
 *   2. both families regardless, after "no such name": a host whose only address is odd (a container with nothing but
 *      loopback yet) gets the addresses, and the attempt to connect says better what is missing;
 *   3. IPv4 alone, after a failure of the server: broken AAAA answers must not hide a good A.
 */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"

/* POSIX guarantees 512, Linux gives 4096. */
_Static_assert(sizeof(struct resolve_answer) <= 4096, "an answer is one atomic write to a pipe");

static bool name_unknown(int error)
{
    return error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY || error == EAI_FAMILY;
}

static int ask(const char *host, const char *service, struct addrinfo **ret_list)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    int error;

    hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
    error = getaddrinfo(host, service, &hints, ret_list);
    if (error == 0)
        return 0;
    hints.ai_flags = AI_NUMERICSERV;
    if (!name_unknown(error))
        hints.ai_family = AF_INET;
    /* The first answer is the one to report: the second question may be beside the point. */
    return getaddrinfo(host, service, &hints, ret_list) == 0 ? 0 : error;
}

static void collect(const struct addrinfo *list, struct resolve_answer *answer)
{
    for (; list && answer->n_endpoint < ENDPOINTS_MAX; list = list->ai_next) {
        if ((list->ai_family == AF_INET || list->ai_family == AF_INET6) &&
            list->ai_addrlen <= sizeof(union endpoint))
            memcpy(&answer->endpoint[answer->n_endpoint++], list->ai_addr, list->ai_addrlen);
    }
}

static void close_all_but(int fd)
{
#ifdef SYS_close_range
    if ((fd == 0 || syscall(SYS_close_range, 0U, (unsigned)fd - 1, 0U) == 0) &&
        syscall(SYS_close_range, (unsigned)fd + 1, ~0U, 0U) == 0)
        return;
#endif
    for (int other = 0; other < 1024; other++)
        if (other != fd)
            close(other);
}

struct question {
    const char *host;
    uint16_t port;
    void (*confine)(void *user, int fd);
    void *user;
};

/* Whatever is said here can be forged by whoever takes the child over. */
static void find_answer(const struct question *question, struct resolve_answer *answer)
{
    struct addrinfo *list = NULL;
    char service[8];
    int error;

    (void)snprintf(service, sizeof(service), "%u", (unsigned)question->port);
    error = ask(question->host, service, &list);
    if (error == 0)
        collect(list, answer);
    if (answer->n_endpoint == 0) {
        const char *text = error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error);

        (void)snprintf(answer->text, sizeof(answer->text), "%s", error ? text : "No IPv4 or IPv6 address");
    }
}

static _Noreturn void child(int fd, pid_t parent, const struct question *question)
{
    struct resolve_answer answer = {0};

    /* A parent that was killed before the request took effect will never send the signal. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(1);
    loop_signals_reset();
    close_all_but(fd);
    (void)signal(SIGALRM, SIG_DFL); /* whoever started us may have had it ignored */
    alarm((unsigned)(RESOLVE_LIMIT / USEC_PER_SEC) + 1);
    if (question->confine)
        question->confine(question->user, fd);
    find_answer(question, &answer);
    (void)!write(fd, &answer, sizeof(answer));
    _exit(0);
}

bool resolve_literal(const char *host, uint16_t port, struct resolve_answer *ret_answer)
{
    struct ipaddr addr;

    if (!ipaddr_parse(host, &addr))
        return false;
    *ret_answer = (struct resolve_answer){.n_endpoint = 1};
    ret_answer->endpoint[0] = endpoint_of(&addr, port);
    return true;
}

int resolve_start(struct resolve *resolve, const char *host, uint16_t port,
                  void (*confine)(void *user, int fd), void *user)
{
    const struct question question = {.host = host, .port = port, .confine = confine, .user = user};
    int fd[2], r;
    pid_t parent = getpid(), pid;

    if (pipe2(fd, O_CLOEXEC) < 0)
        return -errno;
    /* Ignored by whoever started us, a dead child's number would be free for another process, which we would kill. */
    (void)signal(SIGCHLD, SIG_DFL);
    pid = fork();
    if (pid == 0)
        child(fd[1], parent, &question);
    r = pid < 0 ? -errno : 0;
    close(fd[1]);
    if (r < 0) {
        close(fd[0]);
        return r;
    }
    *resolve = (struct resolve){.pid = pid, .fd = fd[0], .port = port};
    return 0;
}

/*
 * What no server has: filters answer 0.0.0.0 for a name that they do not want to be found. To connect there would be to
 * connect to this host, and a multicast address is many.
 */
static bool takes(const union endpoint *endpoint, struct resolve_answer *answer)
{
    struct ipaddr addr = endpoint_ipaddr(endpoint);
    char text[IPADDR_STR_LEN];

    if (ipaddr_is_unicast(&addr))
        return true;
    (void)snprintf(answer->text, sizeof(answer->text),
                   "%s is an address that no server has: see /etc/hosts and the name server",
                   ipaddr_str(&addr, text));
    return false;
}

/* What a child said, as far as it makes sense. False when it makes none. */
static bool adopt(const struct resolve_answer *said, uint16_t port, struct resolve_answer *ret_answer)
{
    uint32_t n = 0;

    if (said->n_endpoint > ENDPOINTS_MAX || (said->n_endpoint == 0 && said->text[0] == '\0'))
        return false;
    if (said->n_endpoint == 0)
        log_safe(ret_answer->text, sizeof(ret_answer->text),
                 bytes_of(said->text, strnlen(said->text, sizeof(said->text))));
    for (size_t i = 0; i < said->n_endpoint; i++) {
        union endpoint endpoint;

        if (!endpoint_adopt(&said->endpoint[i], port, &endpoint))
            return false;
        if (takes(&endpoint, ret_answer))
            ret_answer->endpoint[n++] = endpoint;
    }
    ret_answer->n_endpoint = n;
    return true;
}

int resolve_finish(struct resolve *resolve, struct resolve_answer *ret_answer)
{
    struct resolve_answer said = {0};
    ssize_t len;
    int crash;

    *ret_answer = (struct resolve_answer){0};
    do
        len = read(resolve->fd, &said, sizeof(said));
    while (len < 0 && errno == EINTR);
    crash = resolve_stop(resolve);
    if (crash != 0 || len != (ssize_t)sizeof(said) || !adopt(&said, resolve->port, ret_answer)) {
        *ret_answer = (struct resolve_answer){0};
        (void)snprintf(ret_answer->text, sizeof(ret_answer->text), "the resolver process died");
    }
    return crash;
}

/* Others send SIGKILL (memory that ran out, an administrator, we ourselves) and SIGTERM; SIGALRM is its time. */
static int crash_of(int status)
{
    static const int crashes[] = {SIGSYS, SIGSEGV, SIGBUS, SIGABRT, SIGILL, SIGFPE, SIGTRAP};

    for (size_t i = 0; WIFSIGNALED(status) && i < ARRAY_LEN(crashes); i++)
        if (WTERMSIG(status) == crashes[i])
            return crashes[i];
    return 0;
}

int resolve_stop(struct resolve *resolve)
{
    int options, status = 0;
    pid_t r;

    if (resolve->fd >= 0)
        close(resolve->fd);
    resolve->fd = -1;
    if (resolve->pid <= 0)
        return 0;
    /* One that may not be killed is left to its alarm, and to init if it is still there when we end. */
    options = kill(resolve->pid, SIGKILL) < 0 ? WNOHANG : 0;
    do
        r = waitpid(resolve->pid, &status, options);
    while (r < 0 && errno == EINTR);
    resolve->pid = 0;
    return r > 0 ? crash_of(status) : 0;
}
