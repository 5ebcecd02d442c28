/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop.h"

#define FOREVER (loop_now() + 20 * USEC_PER_SEC) /* only a broken loop waits for it */

TEST(clock_goes_forward)
{
    usec_t before = loop_now();

    usleep(2000);
    CHECK(loop_now() >= before + 2000);
}

TEST(deadline)
{
    struct loop loop;
    struct loop_event event[4];
    usec_t start;

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_wait(&loop, 0, event, 4), 0);
    start = loop_now();
    CHECK_EQ(loop_wait(&loop, start - 1, event, 4), 0);
    CHECK_EQ(loop_wait(&loop, start + 3000, event, 4), 0);
    CHECK(loop_now() >= start + 3000);
    /* the same loop again, later and earlier than before, with room for one event only */
    start = loop_now();
    CHECK_EQ(loop_wait(&loop, start + 2500, event, 1), 0);
    CHECK(loop_now() >= start + 2500);
    CHECK_EQ(loop_wait(&loop, loop_now(), event, 1), 0);
    loop_close(&loop);
    CHECK_EQ(loop.epoll_fd, -1);
}

TEST(earlier_timer_does_not_cut_a_wait_short)
{
    struct loop loop;
    struct loop_event event[4];
    int pair[2];
    usec_t start = loop_now();

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_EQ(loop_watch(&loop, pair[0], 7, LOOP_WRITE), 0);
    CHECK_EQ(loop_wait(&loop, start + 2000, event, 4), 1);
    CHECK_EQ(loop_watch(&loop, pair[0], 7, LOOP_READ), 0);
    CHECK_EQ(loop_wait(&loop, start + 8000, event, 4), 0);
    CHECK(loop_now() >= start + 8000);
    close(pair[0]);
    close(pair[1]);
    loop_close(&loop);
}

TEST(descriptors_and_tags)
{
    struct loop loop;
    struct loop_event event[8];
    int a[2], b[2];

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
    CHECK_EQ(loop_watch(&loop, a[0], 11, LOOP_READ), 0);
    CHECK_EQ(loop_watch(&loop, b[0], 0, LOOP_READ | LOOP_WRITE), 0);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 8), 1);
    CHECK_EQ(event[0].tag, 0);
    CHECK_EQ(event[0].ready, LOOP_WRITE);
    CHECK_EQ(event[0].signal, 0);

    CHECK_EQ(write(a[1], "x", 1), 1);
    CHECK_EQ(write(b[1], "x", 1), 1);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 8), 2);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 1), 1);

    loop_unwatch(&loop, b[0]);
    loop_unwatch(&loop, b[0]);
    loop_unwatch(&loop, -1);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 8), 1);
    CHECK_EQ(event[0].tag, 11);
    CHECK_EQ(event[0].ready, LOOP_READ);

    /* wanting nothing still tells that the other side has gone */
    CHECK_EQ(loop_watch(&loop, a[0], 12, 0), 0);
    CHECK_EQ(loop_wait(&loop, loop_now(), event, 8), 0);
    close(a[1]);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 8), 1);
    CHECK_EQ(event[0].tag, 12);
    CHECK_EQ(event[0].ready, LOOP_HANGUP);
    close(a[0]);
    CHECK_EQ(loop_wait(&loop, loop_now() + 1000, event, 8), 0);
    CHECK_EQ(loop_watch(&loop, a[0], 12, LOOP_READ), -EBADF);
    close(b[0]);
    close(b[1]);
    loop_close(&loop);
}

TEST(loops_nest)
{
    struct loop outer, inner;
    struct loop_event event[4];
    int pair[2];

    CHECK_EQ(loop_open(&outer), 0);
    CHECK_EQ(loop_open(&inner), 0);
    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    CHECK_EQ(loop_watch(&inner, pair[0], 1, LOOP_READ), 0);
    CHECK_EQ(loop_watch(&outer, loop_fd(&inner), 2, LOOP_READ), 0);
    CHECK_EQ(loop_wait(&outer, loop_now(), event, 4), 0);
    CHECK_EQ(write(pair[1], "x", 1), 1);
    CHECK_EQ(loop_wait(&outer, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].tag, 2);
    CHECK_EQ(loop_wait(&inner, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].tag, 1);
    loop_close(&inner);
    CHECK_EQ(loop_wait(&outer, loop_now(), event, 4), 0);
    loop_close(&outer);
    close(pair[0]);
    close(pair[1]);
}

TEST(signals_are_events)
{
    struct loop loop;
    struct loop_event event[4];

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_signals(&loop), 0);
    CHECK_EQ(raise(SIGTERM), 0);
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(raise(SIGPIPE), 0);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].tag, LOOP_TAG_SIGNAL);
    CHECK_EQ(event[0].signal, SIGUSR1);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].signal, SIGTERM);
    CHECK_EQ(loop_wait(&loop, loop_now(), event, 4), 0);
    loop_close(&loop);
}

/* All that would end the program by itself, but for crashes. */
static const int default_is_the_end[] = {SIGINT, SIGTERM, SIGHUP,    SIGQUIT, SIGALRM,   SIGPWR,  SIGXCPU,
                                         SIGIO,  SIGPROF, SIGVTALRM, SIGUSR1, SIGSTKFLT, SIGUSR2, SIGCHLD};

static void comes_as_an_event(struct loop *loop, int number)
{
    struct loop_event event[4];

    CHECK_EQ(raise(number), 0);
    CHECK_EQ(loop_wait(loop, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].tag, LOOP_TAG_SIGNAL);
    CHECK_EQ(event[0].signal, number);
}

TEST(no_signal_but_a_crash_or_sigkill_ends_it)
{
    struct loop loop;

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_signals(&loop), 0);
    for (size_t i = 0; i < ARRAY_LEN(default_is_the_end); i++)
        comes_as_an_event(&loop, default_is_the_end[i]);
    for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
        comes_as_an_event(&loop, number);
    loop_close(&loop);
}

/* A limit on processor time is a request to end; one on files is an error of write(2) like any other. */
TEST(limits_of_the_host_kill_nobody)
{
    struct loop loop;
    struct loop_event event[4];
    char path[] = "/tmp/test_loop.XXXXXX";
    struct rlimit before, small;
    int fd = mkstemp(path);

    CHECK_OR_RETURN(fd >= 0 && getrlimit(RLIMIT_FSIZE, &before) == 0);
    (void)unlink(path);
    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_signals(&loop), 0);
    CHECK_EQ(raise(SIGXCPU), 0);
    CHECK_EQ(loop_wait(&loop, FOREVER, event, 4), 1);
    CHECK_EQ(event[0].signal, SIGXCPU);
    small = (struct rlimit){.rlim_cur = 1, .rlim_max = before.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_EQ(write(fd, "xy", 2), 1);
    CHECK(write(fd, "y", 1) < 0 && errno == EFBIG);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    CHECK_EQ(loop_wait(&loop, loop_now(), event, 4), 0);
    loop_close(&loop);
    close(fd);
}

static int signal_that_ends(int number)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        loop_signals_reset();
        raise(number);
        _exit(0);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(a_child_gets_its_signals_back)
{
    const int numbers[] = {SIGTERM, SIGPIPE, SIGXFSZ, SIGXCPU, SIGIO, SIGSTKFLT, SIGRTMIN, SIGRTMAX};
    struct loop loop;

    CHECK_EQ(loop_open(&loop), 0);
    CHECK_EQ(loop_signals(&loop), 0);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) /* as whoever started us may have left them */
        CHECK(signal(numbers[i], SIG_IGN) != SIG_ERR);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        CHECK_EQ(signal_that_ends(numbers[i]), numbers[i]);
    loop_close(&loop);
}

CHECK_MAIN()
