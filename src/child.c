/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nothing here sets variables, so the strings are those that the kernel put on the stack: writable, and the child's own. */
#include "child.h"

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "secret.h"

void child_set_name(const char *name)
{
    (void)prctl(PR_SET_NAME, name, 0, 0, 0); /* without it the parent's name stays */
}

void child_forget_environment(void)
{
    if (!environ)
        return;
    for (char **variable = environ; *variable; variable++) {
        secret_wipe(*variable, strlen(*variable));
        *variable = NULL; /* the list ends where it begins: libraries may have kept its address */
    }
}
