/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nothing of the worker goes to swap: keys of TLS lie anywhere in its heap, so all of it is locked, now and in future,
 * page by page as it comes into use. An allocation that would exceed RLIMIT_MEMLOCK fails, and the stack cannot grow.
 * Therefore memory is locked only where there is room for what the process may ever have: what it has, its stack, and
 * at least GROWTH_MIN more, and RLIMIT_AS is set to the same. (With a system's trust store loaded the release binary
 * maps 3.4 MiB, and a session adds less than one, whatever the server does: the usual limit of 8 MiB is enough.) With CAP_SYS_RESOURCE, a root's usual case, the limit
 * is lifted for good; CAP_IPC_LOCK alone would not outlive the loss of the capabilities.
 */
#include "sandbox_step.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef MCL_ONFAULT
#define MCL_ONFAULT 4
#endif

#define GROWTH_MAX ((uint64_t)64 << 20)
#define GROWTH_MIN ((uint64_t)3 << 20)

/* size, resident, shared, text, lib, data with stack; in pages, proc(5) */
static bool read_statm(unsigned long ret_pages[static 6])
{
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    char line[160];
    ssize_t len = fd < 0 ? 0 : read(fd, line, sizeof(line) - 1);
    char *at = line;

    if (fd >= 0)
        close(fd);
    line[len > 0 ? len : 0] = '\0';
    for (size_t i = 0; i < 6; i++)
        ret_pages[i] = strtoul(at, &at, 10);
    return ret_pages[0] > 0;
}

void sandbox_measure(struct sandbox_room *ret)
{
    uint64_t page_len = (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned long pages[6];

    *ret = (struct sandbox_room){.growth = GROWTH_MAX};
    if (read_statm(pages)) {
        ret->mapped = pages[0] * page_len;
        ret->data = pages[5] * page_len;
    }
}

/* Shrinks the growth to what the limit has room for. */
static bool fit(struct sandbox_room *room, uint64_t limit, char text[static SANDBOX_TEXT_LEN])
{
    uint64_t need = room->mapped + SANDBOX_STACK_MAX + GROWTH_MIN;

    if (room->mapped == 0) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "RLIMIT_MEMLOCK, and no /proc to measure by");
        return false;
    }
    if (limit < need) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "RLIMIT_MEMLOCK is %llu KiB, %llu are needed",
                       (unsigned long long)limit >> 10, (unsigned long long)need >> 10);
        return false;
    }
    if (room->growth > GROWTH_MIN + (limit - need))
        room->growth = GROWTH_MIN + (limit - need);
    return true;
}

static bool make_room(struct sandbox_room *room, char text[static SANDBOX_TEXT_LEN])
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        return true;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        return sandbox_failed(text, "getrlimit");
    if (!fit(room, limit.rlim_max, text))
        return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || sandbox_failed(text, "setrlimit");
}

bool sandbox_lock_memory(struct sandbox_room *room, char text[static SANDBOX_TEXT_LEN])
{
    if (SANDBOX_SANITIZED) {
        (void)snprintf(text, SANDBOX_TEXT_LEN, "not under a sanitizer");
        return false;
    }
    if (!make_room(room, text))
        return false;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0 || sandbox_failed(text, "mlockall");
}
