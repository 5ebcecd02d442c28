/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The resolver's child; what it answers is in test_dial.c. */
#include "check.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "resolve.h"

/* A number that may belong to somebody else already must not be killed. */
TEST(a_dead_child_keeps_its_number_until_it_is_reaped)
{
    struct resolve resolve = {.fd = -1};
    struct resolve_answer answer;
    siginfo_t info = {0};

    (void)signal(SIGCHLD, SIG_IGN);
    CHECK_OR_RETURN(resolve_start(&resolve, "127.0.0.1", 443) == 0);
    CHECK_EQ(waitid(P_PID, (id_t)resolve.pid, &info, WEXITED | WNOWAIT), 0);
    CHECK_EQ(info.si_pid, resolve.pid);
    resolve_finish(&resolve, &answer);
    CHECK_EQ(answer.n_endpoint, 1);
    CHECK_EQ(resolve.pid, 0);
    CHECK_EQ(resolve.fd, -1);
    CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

CHECK_MAIN()
