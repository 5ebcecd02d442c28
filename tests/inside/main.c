/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "inside.h"
#include "program.h"

/*
 * What the kernel says to a filter from here on is no, as one without seccomp would. (A kernel's own means, so that the
 * product needs no door for it; it takes CAP_SYS_ADMIN, which is the worker's before it is confined.)
 */
static void refuse_filters(void)
{
    static struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        leave(74);
}

static int inside_run(const struct worker_config *config)
{
    const char *act = getenv("SSTPTUN_ACT"), *without = getenv("SSTPTUN_WITHOUT");
    const char *name = act ? strdup(act) : ""; /* the worker wipes its environment */
    struct worker worker;
    bool good;

    inside_unready(config, name);
    if (without && strcmp(without, "seccomp") == 0)
        refuse_filters();
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
    if (argc == 2 && strcmp(argv[1], "--policy") == 0)
        return print_policy();
    if (argc == 2 && strcmp(argv[1], "--resolver") == 0)
        return act_resolver();
    return program_main(argc, argv, inside_run);
}
