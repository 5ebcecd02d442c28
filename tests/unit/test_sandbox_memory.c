/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the process may have of memory, and that none of it is swapped out. */
#include "check.h"
#include "sandbox_rig.h"

#include <linux/capability.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void only_limits(void)
{
    rig_without_landlock();
    rig_without_root();
    rig_without_seccomp();
}

/* Read only and never written to, it is no data: page tables alone would grow. */
static int reserve(void)
{
    return mmap(NULL, (size_t)100 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
                   mmap(NULL, (size_t)1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED
               ? 0
               : 1;
}

TEST(address_space_is_limited)
{
    if (RIG_SANITIZED) {
        printf("not under a sanitizer, which maps terabytes\n");
        return;
    }
    for (int role = 0; role < SANDBOX_ROLE_COUNT; role++) {
        struct rig rig = {.role = (enum sandbox_role)role, .act = reserve};

        CHECK_EQ(rig_run(&rig).status, 0);
    }
}

/* 20 MiB in small and large blocks, given back and taken again. */
static int use_memory(void)
{
    for (int round = 0; round < 3; round++) {
        void *block[200];

        for (size_t i = 0; i < ARRAY_LEN(block); i++) {
            block[i] = malloc(i % 2 ? 200000 : 50);
            if (!block[i])
                return 1;
            memset(block[i], 1, i % 2 ? 200000 : 50);
        }
        for (size_t i = 0; i < ARRAY_LEN(block); i++)
            free(block[i]);
    }
    return 0;
}

static bool may_exceed_limits(void)
{
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

    return setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

static int unlocked_kib(void)
{
    char line[256];
    long size = 0, locked = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file && fgets(line, sizeof(line), file)) {
        if (strncmp(line, "VmSize:", 7) == 0)
            size = strtol(line + 7, NULL, 10);
        if (strncmp(line, "VmLck:", 6) == 0)
            locked = strtol(line + 6, NULL, 10);
    }
    if (file)
        (void)fclose(file);
    return size > 0 && size - locked <= 200 ? 0 : 1; /* the kernel's own pages (vvar) are not locked */
}

TEST(memory)
{
    struct rig_outcome outcome = rig_worker(only_limits, unlocked_kib);

    if (RIG_SANITIZED) {
        CHECK(rig_lacks(&outcome, SANDBOX_MEMORY, "not under a sanitizer"));
        return;
    }
    if (!rig_has(&outcome, SANDBOX_MEMORY)) {
        printf("RLIMIT_MEMLOCK is too low here: only what the report says is tested\n");
        CHECK(strncmp(outcome.report.text[SANDBOX_MEMORY], "RLIMIT_MEMLOCK is ", 18) == 0);
        return;
    }
    CHECK_EQ(outcome.status, 0);
    if (may_exceed_limits())
        CHECK_EQ(rig_worker(NULL, use_memory).status, 0);
}

static void tight(void)
{
    struct rlimit limit = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};

    rig_capabilities(1U << CAP_IPC_LOCK);
    if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        abort();
}

static void usual_limit(void)
{
    struct rlimit limit = {.rlim_cur = 8 << 20, .rlim_max = 8 << 20};

    rig_capabilities(0);
    if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0)
        abort();
}

TEST(memory_within_the_usual_limit)
{
    struct rig_outcome outcome = rig_worker(usual_limit, NULL);
    const char *needed = strstr(outcome.report.text[SANDBOX_MEMORY], "KiB, ");

    if (RIG_SANITIZED)
        return;
    CHECK_EQ(outcome.status, 0);
    CHECK(needed == NULL ||
          strtol(needed + 5, NULL, 10) > 8 << 10); /* under a larger C library, and says so */
}

/* CAP_IPC_LOCK would let mlockall() pass, and the next malloc() after it fail. */
TEST(memory_without_room)
{
    struct rig_outcome outcome = rig_worker(tight, use_memory);

    CHECK_EQ(outcome.status, 0);
    CHECK((outcome.report.missing & 1U << SANDBOX_MEMORY) != 0);
    if (!RIG_SANITIZED)
        CHECK(strncmp(outcome.report.text[SANDBOX_MEMORY], "RLIMIT_MEMLOCK is 1024 KiB, ", 28) == 0);
}

CHECK_MAIN()
