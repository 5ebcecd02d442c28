/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of sandbox_policy.c as a filter in the kernel. Whatever it does not hold ends the process with SIGSYS, as does a
 * call made the way of another architecture (x32, i386). Rows without conditions cost nothing from Linux 5.11 on, which
 * keeps a bitmap of the calls that are allowed whatever their arguments are; so the packet path's have none where that
 * gives nothing away. (A call costs 10 ns more then, one with a condition 30 ns. The order by priority is for older
 * kernels. libseccomp's other order, a binary tree, was no faster.)
 */
#include "sandbox_policy.h"
#include "sandbox_step.h"

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

static struct scmp_arg_cmp condition(const struct policy_filter *filter)
{
    struct scmp_arg_cmp cmp = {.arg = filter->arg, .op = SCMP_CMP_EQ, .datum_a = filter->value};

    if (filter->test == POLICY_SELF)
        cmp.datum_a = (scmp_datum_t)getpid();
    if (filter->test == POLICY_WITHOUT)
        cmp.op = SCMP_CMP_MASKED_EQ; /* argument & datum_a == datum_b, which is 0 */
    return cmp;
}

static uint32_t action(const struct policy_row *row)
{
    return row->action == POLICY_ANSWER ? SCMP_ACT_ERRNO((unsigned)row->error) : SCMP_ACT_ALLOW;
}

/* 0 or -errno. A call that this architecture does not have needs no rule. */
static int add_row(scmp_filter_ctx filter, const struct policy_row *row, uint8_t priority)
{
    struct scmp_arg_cmp conditions[POLICY_FILTERS_MAX];
    unsigned n = 0;
    int r;

    if (row->number < 0)
        return 0;
    r = seccomp_syscall_priority(filter, row->number, priority);
    if (r < 0)
        return r;
    while (n < POLICY_FILTERS_MAX && row->filters[n].test != POLICY_ANYTHING) {
        conditions[n] = condition(&row->filters[n]);
        n++;
    }
    return seccomp_rule_add_exact_array(filter, action(row), row->number, n, conditions);
}

static int add_rows(scmp_filter_ctx filter, enum sandbox_role role)
{
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);
    unsigned libc = (unsigned)sandbox_policy_libc();
    int r = 0;

    for (size_t i = 0; i < n_rows && r == 0; i++) {
        if ((rows[i].roles & 1U << role) != 0 && (rows[i].libc & libc) != 0)
            r = add_row(filter, &rows[i], i < UINT8_MAX ? (uint8_t)(UINT8_MAX - i) : 0);
    }
    return r;
}

/* Linux before 4.14 can only end the thread, of which there is one. */
static scmp_filter_ctx start(uint32_t *ret_otherwise)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);

    *ret_otherwise = SCMP_ACT_KILL_PROCESS;
    if (filter)
        return filter;
    *ret_otherwise = SCMP_ACT_KILL_THREAD;
    return seccomp_init(SCMP_ACT_KILL_THREAD);
}

/* no_new_privs was set before, and is reported on its own. */
static int configure(scmp_filter_ctx filter, uint32_t otherwise)
{
    int r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, otherwise);

    if (r == 0)
        r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
    if (r == 0)
        r = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1); /* the system's error, not ECANCELED */
    return r;
}

bool sandbox_seccomp(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN])
{
    scmp_filter_ctx filter;
    uint32_t otherwise;
    int r;

    if (SANDBOX_SANITIZED) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "not under a sanitizer");
        return false;
    }
    filter = start(&otherwise);
    r = filter ? configure(filter, otherwise) : -ENOMEM;
    if (r == 0)
        r = add_rows(filter, role);
    if (r == 0)
        r = seccomp_load(filter);
    seccomp_release(filter); /* takes NULL, too */
    errno = -r;
    return r == 0 || sandbox_failed(text, "seccomp");
}
