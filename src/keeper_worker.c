/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child's life as its parent sees it. It is forked before anything worth having is in this process's memory, and
 * with every signal blocked: signals are the keeper's. Orders are sent without waiting; a worker whose channel is full has
 * not listened for a hundred messages and never will.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channel.h"
#include "keeper_state.h"

/* The child's ends of the two channels are 0, the keeper's are 1. */
static void close_pair(const int fd[static 2])
{
    close(fd[0]);
    close(fd[1]);
}

static pid_t fork_quietly(sigset_t *ret_before)
{
    sigset_t all;

    sigfillset(&all);
    (void)sigdelset(&all,
                    SIGABRT); /* a failed promise shall end as one, also where a signal may not be let in */
    (void)sigprocmask(SIG_BLOCK, &all, ret_before);
    return fork();
}

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* Close-on-exec by itself. */
static int open_pidfd(pid_t pid)
{
    return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* 0 or -errno. */
static int start(struct keeper *k, worker_fn *run, const int request[static 2], const int order[static 2])
{
    struct worker_config config = {
        .options = k->options,
        .log_max = k->log->max,
        .keeper = getpid(),
        .remote = {.request_fd = request[0], .order_fd = order[0]},
    };
    sigset_t before;
    pid_t pid = fork_quietly(&before);
    int r = pid < 0 ? -errno : 0;

    if (pid == 0) {
        close(request[1]);
        close(order[1]);
        _exit(run(&config));
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (r < 0)
        return r;
    close(request[0]);
    close(order[0]);
    k->worker = (struct keeper_worker){
        .pid = pid, .request_fd = request[1], .order_fd = order[1], .pid_fd = open_pidfd(pid)};
    return 0;
}

/*
 * One way only. What the worker would send against it would never be read; with descriptors in it, those of its own
 * channel, that would not close when the worker dies.
 */
static int order_pair(int ret_fd[static 2])
{
    int r = channel_pair(ret_fd);

    if (r == 0 && shutdown(ret_fd[1], SHUT_RD) < 0) {
        r = -errno;
        close_pair(ret_fd);
    }
    return r;
}

bool keeper_worker_start(struct keeper *k, worker_fn *run, struct end *ret_end)
{
    int request[2], order[2];
    int r = channel_pair(request);

    if (r == 0) {
        r = order_pair(order);
        if (r < 0)
            close_pair(request);
    }
    if (r == 0) {
        r = start(k, run, request, order);
        if (r < 0) {
            close_pair(request);
            close_pair(order);
        }
    }
    if (r < 0)
        *ret_end = end_make(END_HOST, 0, "cannot start the network process: %s", strerror(-r));
    return r == 0;
}

void keeper_worker_order(struct keeper *k, const struct order *order, int attached)
{
    int r = channel_send(k->worker.order_fd, order, order_len(order->type), attached, CHANNEL_NOW);

    if (r < 0)
        keeper_worker_deaf(k, r);
}

void keeper_worker_deaf(struct keeper *k, int error)
{
    /* EAGAIN: a hundred messages are waiting for it. All else is the kernel's trouble. */
    struct end end = end_make(error == -EAGAIN ? END_WORKER : END_HOST, 0,
                              "the network process does not listen: %s", strerror(-error));

    if (error == -EPIPE) /* it is dead already, and the requests' channel will tell */
        return;
    keeper_note_end(k, &end, keeper_check_stage(&k->rights));
    keeper_worker_gone(k);
}

static struct end death(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return end_make(END_WORKER, 0, "by its sandbox: it was about to do what it may not");
    /* SIGKILL comes from outside: memory that ran out, an administrator. Every other signal is blocked, so its own. */
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        return end_make(END_WORKER, 0, "it crashed with signal %d", WTERMSIG(status));
    if (WIFSIGNALED(status))
        return end_make(END_HOST, 0, "the network process was killed by signal %d", SIGKILL);
    return end_make(END_HOST, 0, "the network process ended without a word (status %d)", WEXITSTATUS(status));
}

void keeper_worker_end(struct keeper *k, struct end *ret_end)
{
    /* It can always be killed (sandbox_identity.c sees to that); should it not be, nobody waits for it. */
    int flags = kill(k->worker.pid, SIGKILL) == 0 ? 0 : WNOHANG;
    int status = 0;
    pid_t r;

    do
        r = waitpid(k->worker.pid, &status, flags);
    while (r < 0 && errno == EINTR);
    *ret_end = death(status);
    loop_unwatch(&k->host.loop, k->worker.request_fd);
    if (k->worker.pid_fd >= 0) {
        loop_unwatch(&k->host.loop, k->worker.pid_fd);
        close(k->worker.pid_fd);
    }
    close(k->worker.request_fd);
    close(k->worker.order_fd);
    k->worker = (struct keeper_worker){.pid = 0, .request_fd = -1, .order_fd = -1, .pid_fd = -1};
}
