/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One system call after the other. Confined, each ends the process before it says anything; without the filter the log
 * tells what the other layers make of it; with all rights, and nobody else harmed, each works: otherwise its failure
 * in the sandbox would prove nothing.
 */
#include "call.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long argument(const struct stage *s, long arg)
{
    switch (arg) {
    case ARG_KEEPER: return s->keeper;
    case ARG_TUN: return s->tun;
    case ARG_FRESH_TUN: return s->fresh_tun;
    case ARG_TCP: return s->tcp;
    case ARG_SELF: return getpid();
    default: return arg;
    }
}

/* 0, or the errno. */
static int perform(const struct call *call, const struct stage *s)
{
    long arg[6], r;

    if (call->function) {
        r = call->function(s);
    } else {
        for (size_t i = 0; i < ARRAY_LEN(arg); i++)
            arg[i] = argument(s, call->arg[i]);
        r = syscall(call->number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
        if (call->kind == CALL_CHILD && r == 0)
            leave(0);
    }
    return r < 0 && errno != call->also ? errno : 0;
}

/* In the worker */

static struct stage stage_of(struct worker *worker, pid_t keeper)
{
    return (struct stage){.keeper = keeper,
                          .tun = worker->tun.fd,
                          .fresh_tun = worker->tun.fd,
                          .tcp = climb(worker, RUNG_CHOSEN)};
}

static void tell(struct worker *worker, const struct call *call, int error)
{
    if (error == 0)
        log_notice(&worker->log, "inside: %s: done", call->name);
    else
        log_notice(&worker->log, "inside: %s: errno %d", call->name, error);
}

static void say_goodbye(const struct worker *worker)
{
    const struct request end = {.type = REQUEST_END,
                                .end = {.words = {.reason = END_LOST}, .stage = END_STAGE_UP}};

    ask_for(worker, &end, NULL);
    leave(0);
}

bool act_call(struct worker *worker, const char *name, pid_t keeper)
{
    struct stage stage;
    size_t n;
    const struct call *list = calls(&n);

    for (size_t i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) != 0)
            continue;
        stage = stage_of(worker, keeper);
        tell(worker, &list[i], perform(&list[i], &stage));
        say_goodbye(worker);
    }
    return false;
}

void act_every_call(struct worker *worker, pid_t keeper)
{
    struct stage stage = stage_of(worker, keeper);
    size_t n;
    const struct call *list = calls(&n);

    for (size_t i = 0; i < n; i++)
        if (list[i].kind == CALL_PLAIN || list[i].kind == CALL_CHILD)
            tell(worker, &list[i], perform(&list[i], &stage));
    (void)ioctl(stage.tun, TUNSETPERSIST, 0);
    say_goodbye(worker);
}

/* With all rights */

static int open_tun(void)
{
    struct ifreq request = {.ifr_name = "inside%d", .ifr_flags = IFF_TUN | IFF_NO_PI};
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

    return fd >= 0 && ioctl(fd, TUNSETIFF, &request) == 0 ? fd : -1;
}

/* Somebody in the keeper's place. */
static pid_t sacrifice(void)
{
    pid_t pid = fork();

    while (pid == 0)
        pause();
    return pid;
}

static int try(const struct call *call, int tun)
{
    struct stage stage = {.keeper = sacrifice(),
                          .tun = tun,
                          .fresh_tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC),
                          .tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        leave(perform(call, &stage));
    if (waitpid(pid, &status, 0) < 0)
        status = -1;
    (void)kill(stage.keeper, SIGKILL);
    (void)waitpid(stage.keeper, NULL, 0);
    close(stage.fresh_tun);
    close(stage.tcp);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int act_unconfined(void)
{
    int tun = open_tun(), bad = 0;
    size_t n;
    const struct call *list = calls(&n);

    for (size_t i = 0; i < n; i++) {
        int error = list[i].kind == CALL_GRIM ? 0 : try(&list[i], tun);

        if (list[i].kind == CALL_GRIM)
            printf("%s: not tried\n", list[i].name);
        else if (error == 0)
            printf("%s: done\n", list[i].name);
        else
            printf("%s: errno %d\n", list[i].name, error);
        fflush(stdout);
        bad |= error;
    }
    (void)ioctl(tun, TUNSETPERSIST, 0);
    return bad == 0 ? 0 : 1;
}
