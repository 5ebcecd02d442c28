/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Assertions and a main() for one test executable.
 *
 *     #include "check.h"
 *     TEST(reads_a_number) { CHECK_EQ(parse("7"), 7); }
 *     CHECK_MAIN()
 *
 * A check that fails prints one line with its place and the test goes on, so that one run shows all that is
 * wrong; CHECK_OR_RETURN leaves the test where going on would crash. Every macro is also an expression: true
 * when the check held. Arguments select tests whose name contains one of them. Exit status 0 only when there
 * was at least one test and every check held. Include it in one .c file per executable.
 */
#ifndef CHECK_H
#define CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

static struct check_test *check_first;
static struct check_test **check_last = &check_first;
static const char *check_name = "?"; /* the test that is running */
static unsigned long check_failures;

/* TEST(name) { ... }: a constructor puts it on the list, in the file's order. */
#define TEST(id)                                                     \
    static void check_run_##id(void);                                \
    __attribute__((constructor)) static void check_add_##id(void)    \
    {                                                                \
        static struct check_test test = {#id, check_run_##id, NULL}; \
        *check_last = &test;                                         \
        check_last = &test.next;                                     \
    }                                                                \
    static void check_run_##id(void)

#define CHECK(cond) check_true((cond), #cond, __FILE__, __LINE__)
#define CHECK_OR_RETURN(cond) \
    do {                      \
        if (!CHECK(cond))     \
            return;           \
    } while (0)

/* Integers of any type, enums and bools: compared as 64 bits, printed as signed and in hex. */
#define CHECK_EQ(got, want)       check_eq((intmax_t)(got), (intmax_t)(want), #got " == " #want, __FILE__, __LINE__)
#define CHECK_STR(got, want)      check_str((got), (want), #got " == " #want, __FILE__, __LINE__)
#define CHECK_MEM(got, want, len) check_mem((got), (want), (len), #got " == " #want, __FILE__, __LINE__)

/* For helpers that report on behalf of their caller: FILE and LINE are the caller's. */
__attribute__((unused)) static bool check_true(bool held, const char *what, const char *file, int line)
{
    if (!held) {
        fprintf(stderr, "%s:%d: %s: failed: %s\n", file, line, check_name, what);
        check_failures++;
    }
    return held;
}

__attribute__((unused)) static bool check_eq(intmax_t got, intmax_t want, const char *what, const char *file,
                                             int line)
{
    if (got == want)
        return true;
    fprintf(stderr,
            "%s:%d: %s: failed: %s: got %" PRIdMAX " (%#" PRIxMAX "), want %" PRIdMAX " (%#" PRIxMAX ")\n",
            file, line, check_name, what, got, (uintmax_t)got, want, (uintmax_t)want);
    check_failures++;
    return false;
}

__attribute__((unused)) static bool check_str(const char *got, const char *want, const char *what,
                                              const char *file, int line)
{
    if (got != NULL && want != NULL ? strcmp(got, want) == 0 : got == want)
        return true;
    fprintf(stderr, "%s:%d: %s: failed: %s:\n    got  \"%s\"\n    want \"%s\"\n", file, line, check_name,
            what, got != NULL ? got : "(null)", want != NULL ? want : "(null)");
    check_failures++;
    return false;
}

/* One row of sixteen bytes, those that differ from the other side in brackets. */
static void check_hex_row(const char *label, const uint8_t *row, const uint8_t *other, size_t n)
{
    fprintf(stderr, "    %s", label);
    for (size_t i = 0; i < n; i++)
        fprintf(stderr, row[i] == other[i] ? " %02x " : "[%02x]", row[i]);
    fputc('\n', stderr);
}

__attribute__((unused)) static bool check_mem(const void *got, const void *want, size_t len, const char *what,
                                              const char *file, int line)
{
    const uint8_t *g = got, *w = want;

    if (len == 0 || memcmp(g, w, len) == 0)
        return true;
    fprintf(stderr, "%s:%d: %s: failed: %s, %zu bytes:\n", file, line, check_name, what, len);
    for (size_t at = 0; at < len; at += 16) {
        size_t n = len - at < 16 ? len - at : 16;
        if (memcmp(g + at, w + at, n) == 0)
            continue;
        fprintf(stderr, "  at %zu\n", at);
        check_hex_row("got ", g + at, w + at, n);
        check_hex_row("want", w + at, g + at, n);
    }
    check_failures++;
    return false;
}

static bool check_selected(const char *name, int n_args, char **args)
{
    for (int i = 1; i < n_args; i++) {
        if (strstr(name, args[i]) != NULL)
            return true;
    }
    return n_args < 2;
}

static int check_main(int argc, char **argv)
{
    unsigned long n_run = 0, n_failed = 0;

    for (const struct check_test *test = check_first; test != NULL; test = test->next) {
        unsigned long before = check_failures;
        if (!check_selected(test->name, argc, argv))
            continue;
        check_name = test->name;
        test->run();
        n_run++;
        n_failed += check_failures != before;
    }
    if (n_run == 0)
        fprintf(stderr, "%s: no test was run\n", argv[0]);
    printf("%lu tests, %lu failed\n", n_run, n_failed);
    return n_run > 0 && n_failed == 0 ? 0 : 1;
}

#define CHECK_MAIN()                   \
    int main(int argc, char **argv)    \
    {                                  \
        return check_main(argc, argv); \
    }

#endif
