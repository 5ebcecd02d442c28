/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits, dumps, and descriptors that were left open. */
#include "sandbox_step.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Two channels, the loops, the device, one socket per address of the server, and what the resolver's library opens. */
#define DESCRIPTORS_MAX 64
#define WITHOUT_LIMIT   1024 /* descriptors, where the kernel has no close_range(2) */

/* An enum of its own in glibc, whose functions take nothing else. */
#ifdef __GLIBC__
#define RESOURCE __rlimit_resource_t
#else
#define RESOURCE int
#endif

struct limit {
    RESOURCE resource;
    rlim_t max;
};

static const struct limit limits[] = {
    {RLIMIT_CORE, 0},
    {RLIMIT_FSIZE, 0},
    {RLIMIT_NPROC, 0},
    {RLIMIT_NOFILE, DESCRIPTORS_MAX},
    {RLIMIT_STACK, SANDBOX_STACK_MAX},
};

/* Never more than it is: that would take CAP_SYS_RESOURCE. */
static bool lower(const struct limit *limit)
{
    struct rlimit now, wanted = {.rlim_cur = limit->max, .rlim_max = limit->max};

    if (getrlimit(limit->resource, &now) == 0 && now.rlim_max < limit->max)
        wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
    return setrlimit(limit->resource, &wanted) == 0;
}

bool sandbox_set_limits(const struct sandbox_room *room, char text[static SANDBOX_TEXT_LEN])
{
    /* RLIMIT_AS for what is mapped but is no data: read only, it takes no page of its own, but page tables all the same. */
    const struct limit memory[] = {{RLIMIT_DATA, room->data + room->growth},
                                   {RLIMIT_AS, room->mapped + room->growth + SANDBOX_STACK_MAX}};

    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        if (!lower(&limits[i]))
            return sandbox_failed(text, "setrlimit");
    }
    for (size_t i = 0; i < ARRAY_LEN(memory) && !SANDBOX_SANITIZED; i++) {
        if (!lower(&memory[i]))
            return sandbox_failed(text, "setrlimit");
    }
    if (getuid() != 0)
        return true;
    (void)snprintf(text, SANDBOX_TEXT_LEN, "RLIMIT_NPROC does not bind user 0");
    return false;
}

bool sandbox_forbid_dumps(char text[static SANDBOX_TEXT_LEN])
{
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || sandbox_failed(text, "prctl");
}

/* Those from first to last. */
static void close_between(unsigned first, unsigned last)
{
    if (first > last)
        return;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, last, 0U) == 0)
        return;
#endif
    for (unsigned fd = first; fd <= last && fd < WITHOUT_LIMIT; fd++)
        close((int)fd);
}

/* The smallest that is kept, from first on; UINT32_MAX: none. */
static unsigned next_kept(const int *keep, size_t n_keep, unsigned first)
{
    unsigned next = UINT32_MAX;

    for (size_t i = 0; i < n_keep; i++) {
        if (keep[i] >= 0 && (unsigned)keep[i] >= first && (unsigned)keep[i] < next)
            next = (unsigned)keep[i];
    }
    return next;
}

void sandbox_close_others(const int *keep, size_t n_keep)
{
    unsigned first = 0, kept;

    while ((kept = next_kept(keep, n_keep, first)) != UINT32_MAX) {
        if (kept > first)
            close_between(first, kept - 1);
        first = kept + 1;
    }
    close_between(first, UINT32_MAX);
}
