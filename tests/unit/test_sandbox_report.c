/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"
#include "sandbox.h"

static struct sandbox_report some_report(void)
{
    struct sandbox_report report = {.missing = 1U << SANDBOX_MEMORY | 1U << SANDBOX_ROOT};

    report.in_force = sandbox_protections(SANDBOX_WORKER) & ~report.missing;
    strcpy(report.text[SANDBOX_MEMORY], "mlockall: Cannot allocate memory");
    strcpy(report.text[SANDBOX_LANDLOCK], "ABI 3");
    return report;
}

TEST(report_text)
{
    struct sandbox_report report = some_report();
    char out[SANDBOX_LINE_LEN];

    CHECK_STR(
        sandbox_report_text(&report, out, sizeof(out)),
        "in force: identity, no-new-privs, capabilities, not-dumpable, limits, landlock (ABI 3), seccomp; "
        "missing: memory (mlockall: Cannot allocate memory), root");
    CHECK_STR(sandbox_missing_text(&report, out, sizeof(out)),
              "memory (mlockall: Cannot allocate memory), root");
}

TEST(all_or_nothing)
{
    struct sandbox_report all = {.in_force = 1U << SANDBOX_ROOT | 1U << SANDBOX_SECCOMP};
    struct sandbox_report nothing = {.missing = 1U << SANDBOX_ROOT};
    char out[SANDBOX_LINE_LEN];

    CHECK_STR(sandbox_report_text(&all, out, sizeof(out)), "in force: root, seccomp");
    CHECK_STR(sandbox_missing_text(&all, out, sizeof(out)), "");
    CHECK_STR(sandbox_report_text(&nothing, out, sizeof(out)), "missing: root");
}

TEST(short_buffers)
{
    struct sandbox_report report = some_report();

    for (size_t cap = 1; cap < 64; cap++) {
        char out[65];

        memset(out, 'x', sizeof(out));
        (void)sandbox_report_text(&report, out, cap);
        CHECK_EQ(strnlen(out, sizeof(out)), cap - 1);
        CHECK_EQ(out[cap], 'x');
    }
}

TEST(the_longest_line_fits)
{
    struct sandbox_report report = {.missing = sandbox_protections(SANDBOX_WORKER)};
    char out[2 * SANDBOX_LINE_LEN];

    for (size_t i = 0; i < SANDBOX_PROTECTION_COUNT; i++)
        memset(report.text[i], 'x', SANDBOX_TEXT_LEN - 1);
    CHECK(sandbox_report_is_sane(&report, SANDBOX_WORKER));
    CHECK(strlen(sandbox_report_text(&report, out, sizeof(out))) < SANDBOX_LINE_LEN);
}

TEST(sanity)
{
    struct sandbox_report report = some_report();

    CHECK(sandbox_report_is_sane(&report, SANDBOX_WORKER));
    CHECK(!sandbox_report_is_sane(&report, SANDBOX_RESOLVER));
    report.in_force |= 1U << SANDBOX_ROOT;
    CHECK(!sandbox_report_is_sane(&report, SANDBOX_WORKER)); /* both */
    report = some_report();
    report.missing &= ~(1U << SANDBOX_ROOT);
    CHECK(!sandbox_report_is_sane(&report, SANDBOX_WORKER)); /* neither */
    report = some_report();
    report.in_force |= 1U << SANDBOX_PROTECTION_COUNT;
    CHECK(!sandbox_report_is_sane(&report, SANDBOX_WORKER));
    report = some_report();
    memset(report.text[3], 'x', SANDBOX_TEXT_LEN);
    CHECK(!sandbox_report_is_sane(&report, SANDBOX_WORKER));
}

TEST(sanity_of_texts)
{
    static const char wrong[] = {'\n', '\033', '\x7f', '\x80', '\xff'};

    for (size_t i = 0; i < sizeof(wrong); i++) {
        struct sandbox_report report = some_report();

        report.text[SANDBOX_SECCOMP][0] = wrong[i];
        CHECK(!sandbox_report_is_sane(&report, SANDBOX_WORKER));
    }
}

TEST(roles)
{
    CHECK_EQ(sandbox_protections(SANDBOX_WORKER) | 1U << SANDBOX_DEVICE,
             (1U << SANDBOX_PROTECTION_COUNT) - 1);
    CHECK_EQ(sandbox_protections(SANDBOX_WORKER) & 1U << SANDBOX_DEVICE,
             0); /* the keeper's: not to be claimed */
    CHECK_EQ(sandbox_protections(SANDBOX_RESOLVER),
             sandbox_protections(SANDBOX_WORKER) & ~(1U << SANDBOX_ROOT | 1U << SANDBOX_MEMORY));
}

TEST(names_are_distinct)
{
    for (unsigned i = 0; i < SANDBOX_PROTECTION_COUNT; i++) {
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(sandbox_protection_name((enum sandbox_protection)i),
                         sandbox_protection_name((enum sandbox_protection)j)) != 0);
    }
}

CHECK_MAIN()
