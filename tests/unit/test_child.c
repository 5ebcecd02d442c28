/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* In a process of its own: this one keeps what it has. */
static bool in_child(bool (*check)(void))
{
    int status = 1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(check() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool forgets(void)
{
    char token[] = "TOKEN=abc", path[] = "PATH=/bin";
    char *list[] = {token, path, NULL};
    const char zero[sizeof(path)] = "";

    environ = list;
    child_forget_environment();
    return !getenv("TOKEN") && !getenv("PATH") && memcmp(token, zero, sizeof(token)) == 0 &&
           memcmp(path, zero, sizeof(path)) == 0;
}

static bool forgets_nothing(void)
{
    environ = NULL;
    child_forget_environment();
    return true;
}

static bool has_a_name(void)
{
    char name[16] = "";

    child_set_name("sstptun-net");
    return prctl(PR_GET_NAME, name, 0, 0, 0) == 0 && strcmp(name, "sstptun-net") == 0;
}

TEST(the_environment_is_gone_from_memory)
{
    CHECK(in_child(forgets));
    CHECK(in_child(forgets_nothing));
}

TEST(a_name_of_its_own)
{
    CHECK(in_child(has_a_name));
}

CHECK_MAIN()
