/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>

#include "linger.h"

TEST(is_over_when_the_peer_has_closed)
{
    int fds[2];
    char c;

    CHECK_OR_RETURN(CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0));
    linger_start(fds[0]);
    CHECK_EQ(read(fds[1], &c, 1), 0); /* the peer sees our end of stream */
    CHECK(!linger_over(fds[0]));
    CHECK_EQ(write(fds[1], "still talking", 13), 13);
    CHECK(!linger_over(fds[0]));
    close(fds[1]);
    CHECK(linger_over(fds[0]));
    close(fds[0]);
}

TEST(is_over_when_the_descriptor_is_none)
{
    CHECK(linger_over(-1));
}

CHECK_MAIN()
