/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * epoll with two descriptors of its own: a timerfd, because epoll_wait() counts in milliseconds and on a clock that
 * stops while the machine sleeps, and a signalfd, so that a signal is an event like any other and interrupts nothing.
 * The timerfd is set to an absolute time and only when the deadline has come nearer: one that moves on with every packet
 * (SSTP's hello) costs nothing, but for one ring in vain when the old time comes.
 */
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS_AT_ONCE = 32 };

#define TAG_TIMER (LOOP_TAG_SIGNAL - 1)

/* Whatever ends a program that says nothing else, but for crashes. SIGSTKFLT is not of every architecture. */
static const int requests[] = {
    SIGINT,    SIGTERM, SIGHUP,    SIGQUIT, SIGALRM, SIGPWR,
    SIGXCPU,   SIGIO,   SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2,
#ifdef SIGSTKFLT
    SIGSTKFLT,
#endif
};
/* A write to a closed pipe or socket, or beyond a limit on files (RLIMIT_FSIZE), shall be an error, not a death. */
static const int ignored[] = {SIGPIPE, SIGXFSZ};

/* Kernels and sandboxes without CLOCK_BOOTTIME exist; both users of the clock must agree on which it is. */
static clockid_t clock_id(void)
{
    static clockid_t id = -1;
    struct timespec ts;

    if (id == -1)
        id = clock_gettime(CLOCK_BOOTTIME, &ts) == 0 ? CLOCK_BOOTTIME : CLOCK_MONOTONIC;
    return id;
}

usec_t loop_now(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(clock_id(), &ts); /* cannot fail with a clock that was probed */
    return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

int64_t loop_calendar(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec;
}

static int add(const struct loop *loop, int op, int fd, uint32_t tag, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = tag};

    return epoll_ctl(loop->epoll_fd, op, fd, &event) < 0 ? -errno : 0;
}

int loop_open(struct loop *loop)
{
    struct loop opened = {.epoll_fd = -1, .timer_fd = -1, .signal_fd = -1, .armed = USEC_NEVER};
    int r = 0;

    opened.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (opened.epoll_fd < 0)
        return -errno;
    opened.timer_fd = timerfd_create(clock_id(), TFD_NONBLOCK | TFD_CLOEXEC);
    if (opened.timer_fd < 0)
        r = -errno;
    else
        r = add(&opened, EPOLL_CTL_ADD, opened.timer_fd, TAG_TIMER, EPOLLIN);
    if (r < 0)
        loop_close(&opened);
    else
        *loop = opened;
    return r;
}

void loop_requests(sigset_t *ret)
{
    sigemptyset(ret);
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        sigaddset(ret, requests[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++) /* those below are the C library's own */
        sigaddset(ret, number);
}

int loop_signals(struct loop *loop)
{
    sigset_t set;
    int fd, r;

    loop_requests(&set);
    sigaddset(&set, SIGCHLD);
    fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = add(loop, EPOLL_CTL_ADD, fd, LOOP_TAG_SIGNAL, EPOLLIN);
    if (r == 0 && sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        r = -errno;
    if (r < 0) {
        close(fd);
        return r;
    }
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)signal(SIGCHLD,
                 SIG_DFL); /* ignored, as whoever started us may have left it, no child can be waited for */
    loop->signal_fd = fd;
    return 0;
}

void loop_signals_reset(void)
{
    sigset_t set, none;

    loop_requests(&set);
    sigaddset(&set, SIGCHLD);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&set, number) == 1)
            (void)signal(number, SIG_DFL);
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        (void)signal(ignored[i], SIG_DFL);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int loop_watch(struct loop *loop, int fd, uint32_t tag, unsigned want)
{
    uint32_t events = ((want & LOOP_READ) != 0 ? (uint32_t)EPOLLIN : 0) |
                      ((want & LOOP_WRITE) != 0 ? (uint32_t)EPOLLOUT : 0);
    int r = add(loop, EPOLL_CTL_MOD, fd, tag, events);

    return r == -ENOENT ? add(loop, EPOLL_CTL_ADD, fd, tag, events) : r;
}

void loop_unwatch(struct loop *loop, int fd)
{
    if (fd >= 0)
        (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

static int arm(struct loop *loop, usec_t deadline)
{
    struct itimerspec when = {0};

    if (deadline >= loop->armed)
        return 0;
    if (deadline != USEC_NEVER) {
        when.it_value.tv_sec = (time_t)(deadline / USEC_PER_SEC);
        when.it_value.tv_nsec = (long)(deadline % USEC_PER_SEC) * 1000;
    }
    if (timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &when, NULL) < 0)
        return -errno;
    loop->armed = deadline;
    return 0;
}

static unsigned ready_of(uint32_t events)
{
    return ((events & EPOLLIN) != 0 ? (unsigned)LOOP_READ : 0) |
           ((events & EPOLLOUT) != 0 ? (unsigned)LOOP_WRITE : 0) |
           ((events & (EPOLLHUP | EPOLLERR)) != 0 ? (unsigned)LOOP_HANGUP : 0);
}

/* False when the signal was taken by somebody else, or when the timer rang: nothing to report. */
static bool translate(struct loop *loop, const struct epoll_event *from, struct loop_event *ret)
{
    struct signalfd_siginfo info;
    uint32_t tag = (uint32_t)from->data.u64;
    uint64_t rings;

    if (tag == TAG_TIMER) {
        (void)!read(loop->timer_fd, &rings, sizeof(rings));
        loop->armed = USEC_NEVER; /* rung once, it is off */
        return false;
    }
    *ret = (struct loop_event){.tag = tag, .ready = ready_of(from->events)};
    if (tag != LOOP_TAG_SIGNAL)
        return true;
    if (read(loop->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return false;
    ret->signal = (int)info.ssi_signo;
    return true;
}

int loop_wait(struct loop *loop, usec_t deadline, struct loop_event *ret_events, size_t n_events)
{
    struct epoll_event events[EVENTS_AT_ONCE];
    int max = n_events < EVENTS_AT_ONCE ? (int)n_events : EVENTS_AT_ONCE;

    for (;;) {
        bool late = deadline != USEC_NEVER && loop_now() >= deadline;
        int n_ready, n = 0, r = late ? 0 : arm(loop, deadline);

        if (r < 0)
            return r;
        n_ready = epoll_wait(loop->epoll_fd, events, max, late ? 0 : -1);
        if (n_ready < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n_ready; i++) {
            if (translate(loop, &events[i], &ret_events[n]))
                n++;
        }
        if (n > 0 || late)
            return n;
    }
}

int loop_fd(const struct loop *loop)
{
    return loop->epoll_fd;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void loop_close(struct loop *loop)
{
    close_one(&loop->signal_fd);
    close_one(&loop->timer_fd);
    close_one(&loop->epoll_fd);
}
