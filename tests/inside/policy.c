/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sandbox's table as this build has it, one row a line, for tests/netns/lib/trace.py:
 * ROLE CALL CONDITION[,CONDITION...]|- | words; a condition is =ARG:VALUE, without ~ARG:VALUE, or self @ARG.
 */
#include "inside.h"

#include <stdio.h>

#include "sandbox_policy.h"

static void print_conditions(const struct policy_row *row)
{
    const char *before = "";

    for (size_t i = 0; i < POLICY_FILTERS_MAX; i++) {
        const struct policy_filter *f = &row->filters[i];

        switch (f->test) {
        case POLICY_ANYTHING: continue;
        case POLICY_EQUAL: printf("%s=%u:%#llx", before, f->arg, (unsigned long long)f->value); break;
        case POLICY_WITHOUT: printf("%s~%u:%#llx", before, f->arg, (unsigned long long)f->value); break;
        case POLICY_SELF: printf("%s@%u:0", before, f->arg); break;
        }
        before = ",";
    }
    if (before[0] == '\0')
        printf("-");
}

int print_policy(void)
{
    size_t n;
    const struct policy_row *rows = sandbox_policy_list(&n);

    for (unsigned role = 0; role < SANDBOX_ROLE_COUNT; role++) {
        for (size_t i = 0; i < n; i++) {
            if ((rows[i].roles & 1U << role) == 0 || (rows[i].libc & (unsigned)sandbox_policy_libc()) == 0 ||
                rows[i].number < 0)
                continue;
            printf("%s %s ", role == SANDBOX_WORKER ? "worker" : "resolver", rows[i].name);
            print_conditions(&rows[i]);
            printf(" | %s | %s\n", rows[i].filter, rows[i].reason);
        }
    }
    return 0;
}
