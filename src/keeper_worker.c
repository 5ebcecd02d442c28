/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child's life as its parent sees it. It is forked before anything worth having is in this process's memory, and
 * with every signal blocked: signals are the keeper's. Orders are sent without waiting; a worker whose channel is full has
 * not listened for a hundred messages and never will.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
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
    (void)sigprocmask(SIG_BLOCK, &all, ret_before);
    return fork();
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
    k->worker = (struct keeper_worker){.pid = pid, .request_fd = request[1], .order_fd = order[1]};
    return 0;
}

bool keeper_worker_start(struct keeper *k, worker_fn *run, struct end *ret_end)
{
    int request[2], order[2];
    int r = channel_pair(request);

    if (r == 0) {
        r = channel_pair(order);
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
    struct end end = end_make(END_HOST, 0, "the network process does not listen: %s", strerror(-error));

    if (error == -EPIPE) /* it is dead already, and the requests' channel will tell */
        return;
    keeper_note_end(k, &end, keeper_check_stage(&k->rights));
    keeper_worker_gone(k);
}

static struct end death(int status)
{
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return end_make(
            END_HOST, 0,
            "the network process was stopped by its sandbox: a bug, please report it with the output of -vv");
    if (WIFSIGNALED(status))
        return end_make(END_HOST, 0, "the network process was killed by signal %d", WTERMSIG(status));
    return end_make(END_HOST, 0, "the network process ended without a word (status %d)", WEXITSTATUS(status));
}

void keeper_worker_end(struct keeper *k, struct end *ret_end)
{
    /* Without CAP_KILL a worker of another user cannot be killed; it ends by itself when its channels close. */
    int flags = kill(k->worker.pid, SIGKILL) == 0 ? 0 : WNOHANG;
    int status = 0;
    pid_t r;

    do
        r = waitpid(k->worker.pid, &status, flags);
    while (r < 0 && errno == EINTR);
    *ret_end = death(status);
    loop_unwatch(&k->host.loop, k->worker.request_fd);
    close(k->worker.request_fd);
    close(k->worker.order_fd);
    k->worker = (struct keeper_worker){.pid = 0, .request_fd = -1, .order_fd = -1};
}
