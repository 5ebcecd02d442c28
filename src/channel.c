/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SOCK_SEQPACKET keeps messages apart, in order, and tells when the other end is gone. The kernel hands over descriptors
 * only as far as the receiver has made room: none by default, so a process that is fed foreign ones never holds them.
 */
#include "channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Room for one descriptor as cmsg(3) wants it. CMSG_SPACE() of one holds two where alignment leaves a gap: CMSG_LEN()
 * is what is told to the kernel. */
union control {
    struct cmsghdr align;
    char room[CMSG_SPACE(sizeof(int))];
};

int channel_pair(int ret_fd[static 2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fd) == 0 ? 0 : -errno;
}

static int flags_of(enum channel_patience patience)
{
    return patience == CHANNEL_NOW ? MSG_DONTWAIT : 0;
}

static void attach(struct msghdr *header, union control *control, int fd)
{
    memset(control, 0, sizeof(*control));
    header->msg_control = control->room;
    header->msg_controllen = CMSG_LEN(sizeof(int));
    control->align.cmsg_level = SOL_SOCKET;
    control->align.cmsg_type = SCM_RIGHTS;
    control->align.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control->align), &fd, sizeof(fd));
}

int channel_send(int fd, const void *message, size_t len, int attached, enum channel_patience patience)
{
    struct iovec part = {.iov_len = len};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    ssize_t n;

    memcpy(&part.iov_base, &message, sizeof(message)); /* an iovec knows no const */
    if (attached >= 0)
        attach(&header, &control, attached);
    do
        n = sendmsg(fd, &header, MSG_NOSIGNAL | flags_of(patience));
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == ECONNRESET ? -EPIPE : -errno;
    return 0; /* a packet goes whole or not at all */
}

/* The descriptor that came, or -1. */
static int attached_fd(struct msghdr *header)
{
    struct cmsghdr *first = CMSG_FIRSTHDR(header);
    int fd = -1;

    if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS &&
        first->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(first), sizeof(fd));
    return fd;
}

ssize_t channel_receive(int fd, void *message, size_t cap, int *ret_fd, enum channel_patience patience)
{
    struct iovec part = {.iov_base = message, .iov_len = cap};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union control control = {.room = {0}};
    int came;
    ssize_t n;

    if (ret_fd) {
        header.msg_control = control.room;
        header.msg_controllen = CMSG_LEN(sizeof(int));
    }
    do /* ECONNRESET: the other end left something unread; said once, ahead of what it wrote */
        n = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | flags_of(patience));
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0)
        return -errno;
    came = attached_fd(&header);
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        if (came >= 0)
            close(came);
        return -EBADMSG;
    }
    if (ret_fd)
        *ret_fd = came;
    return n;
}
