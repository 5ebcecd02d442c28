/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "secret.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false /* it replaces mlock(2) by nothing */
#endif

TEST(wipe_zeroes_exactly_its_range)
{
    uint8_t mem[4] = {1, 2, 3, 4};

    secret_wipe(mem + 1, 2);
    CHECK_MEM(mem, ((uint8_t[]){1, 0, 0, 4}), sizeof(mem));
    secret_wipe(NULL, 0);
}

TEST(equal_looks_at_every_byte)
{
    static const uint8_t a[20] = {1, 2, 3};

    CHECK(secret_equal(a, a, sizeof(a)));
    CHECK(secret_equal(a, "", 0));
    for (size_t i = 0; i < sizeof(a) * 8; i++) {
        uint8_t b[sizeof(a)];

        memcpy(b, a, sizeof(a));
        b[i / 8] = (uint8_t)(b[i / 8] ^ (1 << (i % 8)));
        CHECK(!secret_equal(a, b, sizeof(a)));
    }
}

TEST(memory_is_zero_whole_and_writable)
{
    static const size_t lens[] = {0, 1, 4096, 4097, 70000};

    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        unsigned protection = ~0u;
        uint8_t *data = secret_alloc(lens[i], &protection);

        CHECK_OR_RETURN(data != NULL);
        CHECK_EQ((uintptr_t)data % 4096, 0);
        CHECK_EQ(protection & ~(unsigned)SECRET_PROTECTED, 0);
        for (size_t at = 0; at < lens[i]; at++) {
            CHECK_OR_RETURN(data[at] == 0);
            data[at] = 0xa5;
        }
        secret_free(data, lens[i]);
    }
    secret_free(NULL, 7);
}

/* The lines of /proc/self/smaps about the mapping that begins at data: "Locked:", "VmFlags:" and the like. */
static bool smaps_say(const void *data, const char *field, const char *what)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    char line[512];
    bool here = false, found = false;

    if (!file)
        return false;
    while (fgets(line, sizeof(line), file)) {
        char *end;
        unsigned long long start = strtoull(line, &end, 16);

        if (*end == '-')
            here = start == (uintptr_t)data;
        else if (here && strncmp(line, field, strlen(field)) == 0)
            found = strstr(line, what) != NULL;
    }
    (void)fclose(file);
    return found;
}

TEST(the_kernel_agrees)
{
    unsigned protection = 0;
    uint8_t *data = secret_alloc(100, &protection);

    CHECK_OR_RETURN(data != NULL);
    if (!smaps_say(data, "VmFlags:", " rd ")) { /* no VmFlags here, or the mapping was merged */
        fprintf(stderr, "the_kernel_agrees: skipped: /proc/self/smaps does not tell\n");
    } else {
        if (!SANITIZED)
            CHECK_EQ(smaps_say(data, "VmFlags:", " lo "), (protection & SECRET_LOCKED) != 0);
        CHECK_EQ(smaps_say(data, "VmFlags:", " dd "), (protection & SECRET_NOT_DUMPED) != 0);
        CHECK_EQ(smaps_say(data, "VmFlags:", " wf "), (protection & SECRET_NOT_FORKED) != 0);
    }
    secret_free(data, 100);
}

/* Of the mapping that address lies in, whatever its start. */
static bool is_locked(const void *address)
{
    FILE *file = fopen("/proc/self/smaps", "re");
    char line[512];
    bool here = false, locked = false;

    while (file && fgets(line, sizeof(line), file)) {
        unsigned long long start, end;

        if (sscanf(line, "%llx-%llx ", &start, &end) ==
            2) /* NOLINT(cert-err34-c): the kernel's own numbers */
            here = (uintptr_t)address >= start && (uintptr_t)address < end;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            locked = strstr(line, " lo ") != NULL;
    }
    if (file)
        (void)fclose(file);
    return locked;
}

/* While a secret is computed with, and no longer. */
TEST(the_stack_below_is_locked_for_a_while)
{
    uint8_t here = 0;
    struct secret_stack stack;

    if (SANITIZED || !secret_lock_stack(&stack)) {
        fprintf(stderr, "the_stack_below_is_locked_for_a_while: skipped: nothing may be locked here\n");
        return;
    }
    CHECK((uint8_t *)stack.start <= &here - SECRET_STACK_LEN);
    CHECK(stack.len <= 4 * (size_t)sysconf(_SC_PAGESIZE));
    CHECK(is_locked(stack.start));
    CHECK(is_locked((uint8_t *)stack.start + stack.len - 1));
    secret_unlock_stack(&stack);
    CHECK(!is_locked(stack.start));
    CHECK(!is_locked(&here));
}

/* 0: all zero, 1: as it was written, 2: anything else. */
static int state_of(const uint8_t *data, size_t len)
{
    size_t n_zero = 0, n_kept = 0;

    for (size_t i = 0; i < len; i++) {
        n_zero += data[i] == 0;
        n_kept += data[i] == 0x5a;
    }
    return n_zero == len ? 0 : n_kept == len ? 1 : 2;
}

TEST(a_child_does_not_get_it)
{
    unsigned protection = 0;
    uint8_t *data = secret_alloc(5000, &protection);
    int status = -1;
    pid_t pid;

    CHECK_OR_RETURN(data != NULL);
    memset(data, 0x5a, 5000);
    pid = fork();
    if (pid == 0)
        _exit(state_of(data, 5000));
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    if (!(protection & SECRET_NOT_FORKED))
        fprintf(stderr, "a_child_does_not_get_it: skipped: no MADV_WIPEONFORK (Linux 4.14) here\n");
    CHECK_EQ(WEXITSTATUS(status), protection & SECRET_NOT_FORKED ? 0 : 1);
    CHECK_EQ(state_of(data, 5000), 1);
    secret_free(data, 5000);
}

/* Where nothing may be locked, there is memory all the same, and the report says so. */
TEST(without_the_right_to_lock)
{
    int status = -1;
    pid_t pid = SANITIZED ? -1 : fork();

    if (pid == 0) {
        struct rlimit none = {0, 0};
        unsigned protection = 0;
        struct secret_stack stack;
        void *data;

        if (setrlimit(RLIMIT_MEMLOCK, &none) < 0 || (geteuid() == 0 && seteuid(65534) < 0))
            _exit(77);
        data = secret_alloc(10, &protection);
        _exit(data && !(protection & SECRET_LOCKED) && !secret_lock_stack(&stack) ? 0 : 1);
    }
    if (pid < 0) {
        fprintf(stderr, "without_the_right_to_lock: skipped: no child, or no mlock(2) under the sanitizer\n");
        return;
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        fprintf(stderr, "without_the_right_to_lock: skipped: the limit cannot be set here\n");
    else
        CHECK_EQ(WEXITSTATUS(status), 0);
}

CHECK_MAIN()
