/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which act it is, and the ladder of requests that leads to the state in which it is tried. */
#include "inside.h"

#include <string.h>
#include <unistd.h>

#include "channel.h"

_Noreturn void leave(int status)
{
    _exit(status);
}

void ask_for(const struct worker *worker, const struct request *request, int *ret_fd)
{
    struct reply reply;
    int fd = -1;

    if (channel_send(worker->remote.request_fd, request, request_len(request->type), -1, CHANNEL_WAIT) < 0)
        leave(71);
    if (reply_len(request->type) == 0)
        return;
    if (channel_receive(worker->remote.request_fd, &reply, sizeof(reply), &fd, CHANNEL_WAIT) <= 0)
        leave(72);
    if (ret_fd)
        *ret_fd = fd;
    else if (fd >= 0)
        close(fd);
}

int climb(const struct worker *worker, enum rung rung)
{
    static const struct request steps[] = {
        {.type = REQUEST_CHOSEN},
        {.type = REQUEST_LINK, .link = {.mtu = 1400}},
        {.type = REQUEST_IPV4, .ipv4 = {.present = 1, .local = {10, 9, 0, 100}, .peer = {10, 9, 0, 1}}},
        {.type = REQUEST_UP},
        {.type = REQUEST_END, .end = {.words = {.reason = END_LOST}, .stage = END_STAGE_UP}},
    };
    const struct request socket = {.type = REQUEST_SOCKET};
    struct order order;
    int fd = -1;

    if (!remote_order(&worker->remote, CHANNEL_WAIT, &order, &fd) || order.type != ORDER_ADDRESSES)
        leave(73);
    if (rung == RUNG_ADDRESSED)
        return -1;
    ask_for(worker, &socket, &fd);
    for (size_t i = 0; i < rung; i++)
        ask_for(worker, &steps[i], NULL);
    return fd;
}

void inside_act(struct worker *worker, const char *name, pid_t keeper)
{
    if (strcmp(name, "every-call") == 0)
        act_every_call(worker, keeper);
    else if (name[0] != '\0' && !act_call(worker, name, keeper) && !act_request(worker, name) &&
             !act_life(worker, name) && !act_device(worker, name))
        leave(70);
}
