/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole messages or none, and no descriptor that was not asked for. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"

static int end[2];

static void begin(void)
{
    CHECK_EQ(channel_pair(end), 0);
}

static void finish(void)
{
    close(end[0]);
    close(end[1]);
}

/* How many descriptors are open: none may be left behind. */
static int n_open(void)
{
    int n = 0;

    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* What channel_send() never does: several descriptors, or ancillary data of any length. */
static void send_descriptors(size_t n)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(4 * sizeof(int))];
    } control = {.room = {0}};
    char text[] = "hello";
    struct iovec part = {.iov_base = text, .iov_len = 5};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = CMSG_SPACE(n * sizeof(int))};
    int fds[4] = {STDERR_FILENO, STDERR_FILENO, STDERR_FILENO, STDERR_FILENO};

    control.align.cmsg_level = SOL_SOCKET;
    control.align.cmsg_type = SCM_RIGHTS;
    control.align.cmsg_len = CMSG_LEN(n * sizeof(int));
    memcpy(CMSG_DATA(&control.align), fds, n * sizeof(int));
    CHECK_EQ(sendmsg(end[0], &header, 0), 5);
}

TEST(a_message_arrives_whole)
{
    char buf[16] = "";
    int fd = 7;

    begin();
    CHECK_EQ(channel_send(end[0], "hello", 5, -1, CHANNEL_WAIT), 0);
    CHECK_EQ(channel_send(end[0], "you", 3, -1, CHANNEL_NOW), 0);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), &fd, CHANNEL_WAIT), 5);
    CHECK_MEM(buf, "hello", 5);
    CHECK_EQ(fd, -1);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), 3);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), -EAGAIN);
    finish();
}

TEST(a_longer_one_than_there_is_room_for_is_refused)
{
    char buf[5];

    begin();
    CHECK_EQ(channel_send(end[0], "hello you", 9, -1, CHANNEL_WAIT), 0);
    CHECK_EQ(channel_send(end[0], "hello", 5, -1, CHANNEL_WAIT), 0);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), -EBADMSG);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), 5); /* and gone as a whole */
    finish();
}

TEST(one_descriptor_goes_with_a_message)
{
    int before, pipe_fd[2], fd = -1;
    char buf[8];

    begin();
    before = n_open();
    CHECK_EQ(pipe(pipe_fd), 0);
    CHECK_EQ(channel_send(end[0], "hello", 5, pipe_fd[1], CHANNEL_WAIT), 0);
    close(pipe_fd[1]);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), &fd, CHANNEL_WAIT), 5);
    CHECK(fd >= 0);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    CHECK_EQ(write(fd, "x", 1), 1);
    CHECK_EQ(read(pipe_fd[0], buf, sizeof(buf)), 1);
    close(fd);
    close(pipe_fd[0]);
    CHECK_EQ(n_open(), before);
    finish();
}

TEST(a_descriptor_that_nobody_wants_is_refused_and_not_held)
{
    char buf[8];
    int before;

    begin();
    before = n_open();
    CHECK_EQ(channel_send(end[0], "hello", 5, STDERR_FILENO, CHANNEL_WAIT), 0);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), -EBADMSG);
    CHECK_EQ(n_open(), before);
    finish();
}

TEST(several_descriptors_are_refused_and_not_held)
{
    char buf[8];
    int before;

    begin();
    before = n_open();
    for (size_t n = 2; n <= 4; n++) {
        int fd = 7;

        send_descriptors(n);
        CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), &fd, CHANNEL_NOW), -EBADMSG);
        CHECK_EQ(fd, 7);
        send_descriptors(n);
        CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), -EBADMSG);
        CHECK_EQ(n_open(), before);
    }
    finish();
}

TEST(the_end_is_told_behind_what_was_said)
{
    char buf[8];

    begin();
    CHECK_EQ(channel_send(end[0], "bye", 3, -1, CHANNEL_WAIT), 0);
    close(end[0]);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_WAIT), 3);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_WAIT), 0);
    CHECK_EQ(channel_send(end[1], "x", 1, -1, CHANNEL_NOW), -EPIPE); /* and no signal */
    close(end[1]);
}

/* The kernel then reports a reset, ahead of what is still to be read. */
TEST(the_end_of_one_who_left_something_unread)
{
    char buf[8];

    begin();
    CHECK_EQ(channel_send(end[1], "answer", 6, -1, CHANNEL_NOW), 0);
    CHECK_EQ(channel_send(end[0], "bye", 3, -1, CHANNEL_NOW), 0);
    close(end[0]);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), 3);
    CHECK_EQ(channel_receive(end[1], buf, sizeof(buf), NULL, CHANNEL_NOW), 0);
    close(end[1]);
}

TEST(a_full_channel_is_not_waited_for)
{
    char line[1024] = "";
    int n = 0, r;

    begin();
    do
        r = channel_send(end[0], line, sizeof(line), -1, CHANNEL_NOW);
    while (r == 0 && ++n < 100000);
    CHECK_EQ(r, -EAGAIN);
    CHECK(n > 16);
    finish();
}

TEST(no_socket_no_message)
{
    char buf[8];

    CHECK_EQ(channel_send(-1, "x", 1, -1, CHANNEL_NOW), -EBADF);
    CHECK_EQ(channel_receive(-1, buf, sizeof(buf), NULL, CHANNEL_NOW), -EBADF);
}

CHECK_MAIN()
