/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "linger.h"

#include <errno.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define READS_AT_ONCE \
    64 /* a server that goes on talking must not keep us here: the deadline is looked at in between */

void linger_start(int fd)
{
    (void)shutdown(fd, SHUT_WR);
}

bool linger_over(int fd)
{
    uint8_t scrap[4096];

    for (int i = 0; i < READS_AT_ONCE; i++) {
        ssize_t n = recv(fd, scrap, sizeof(scrap), MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return true;
        if (n < 0)
            return false;
    }
    return false;
}
