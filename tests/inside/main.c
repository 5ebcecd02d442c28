/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "program.h"
#include "sandbox_step.h"

/* By the linker's --wrap: the calls of sandbox.c come here. */
bool __real_sandbox_seccomp(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN]);
bool __wrap_sandbox_seccomp(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN]);

bool __wrap_sandbox_seccomp(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN])
{
    const char *without = getenv("SSTPTUN_WITHOUT");

    if (!without || strcmp(without, "seccomp") != 0)
        return __real_sandbox_seccomp(role, text);
    (void)snprintf(text, SANDBOX_TEXT_LEN, "left out by a test");
    return false;
}

static int inside_run(const struct worker_config *config)
{
    const char *act = getenv("SSTPTUN_ACT");
    const char *name = act ? act : "";
    struct worker worker;
    bool good;

    inside_unready(config, name);
    good = worker_begin(&worker, config);
    if (good) {
        inside_act(&worker, name, config->keeper);
        worker_serve(&worker);
    }
    worker_done(&worker);
    return good ? 0 : 1;
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "--unconfined") == 0)
        return act_unconfined();
    return program_main(argc, argv, inside_run);
}
