/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of system calls: sound in itself, and the one that docs/security.md shows. */
#include "check.h"
#include "sandbox_policy.h"

#include <stdlib.h>

#define DOCUMENT SOURCE_DIR "/docs/security.md"
#define LINE_LEN 512

static bool is_in_role(const struct policy_row *row, enum sandbox_role role)
{
    return (row->roles & 1U << role) != 0;
}

static bool is_same_rule(const struct policy_row *a, const struct policy_row *b)
{
    return a->number == b->number && (a->roles & b->roles) != 0 && (a->libc & b->libc) != 0 &&
           strcmp(a->filter, b->filter) == 0;
}

TEST(rows_are_sound)
{
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);

    for (size_t i = 0; i < n_rows; i++) {
        bool has_condition = rows[i].filters[0].test != POLICY_ANYTHING;

        CHECK(rows[i].number >= 0);
        CHECK(rows[i].roles != 0 && rows[i].roles < 1U << SANDBOX_ROLE_COUNT);
        CHECK(rows[i].libc >= POLICY_MUSL && rows[i].libc <= POLICY_ANY);
        CHECK(rows[i].reason && strlen(rows[i].reason) >= 4);
        CHECK_EQ(has_condition, rows[i].filter[0] != '\0');
        CHECK(!strchr(rows[i].reason, '|') && !strchr(rows[i].filter, '|'));
        for (size_t j = 0; j < i; j++) {
            if (!CHECK(!is_same_rule(&rows[i], &rows[j])))
                fprintf(stderr, "twice: %s %s\n", rows[i].name, rows[i].filter);
        }
    }
}

TEST(conditions_are_sound)
{
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);

    for (size_t i = 0; i < n_rows; i++) {
        for (size_t j = 0; j < POLICY_FILTERS_MAX; j++) {
            const struct policy_filter *filter = &rows[i].filters[j];

            CHECK(filter->arg < 6);
            CHECK(filter->test != POLICY_WITHOUT || filter->value != 0);
            if (j > 0 && filter->test != POLICY_ANYTHING)
                CHECK(rows[i].filters[j - 1].test != POLICY_ANYTHING &&
                      rows[i].filters[j - 1].arg < filter->arg);
        }
    }
}

/* What must never be in it, whatever a later change needs. */
TEST(never_allowed)
{
    static const char *const never[] = {"socket", "connect",      "open",       "openat", "ioctl",
                                        "fcntl",  "clone",        "fork",       "execve", "prctl",
                                        "kill",   "rt_sigreturn", "setsockopt", "write"};
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);

    for (size_t i = 0; i < n_rows; i++) {
        for (size_t j = 0; j < ARRAY_LEN(never); j++)
            CHECK(!is_in_role(&rows[i], SANDBOX_WORKER) || strcmp(rows[i].name, never[j]) != 0);
    }
}

/* The document's rows of a section: lines that start with "| `". */
struct section {
    FILE *file;
    bool inside;
};

static struct section section_open(const char *heading)
{
    struct section section = {.file = fopen(DOCUMENT, "r")};
    char line[LINE_LEN];

    while (section.file && !section.inside && fgets(line, sizeof(line), section.file)) {
        line[strcspn(line, "\n")] = '\0';
        section.inside = strcmp(line, heading) == 0;
    }
    if (!section.inside)
        fprintf(stderr, "%s has no section \"%s\"\n", DOCUMENT, heading);
    return section;
}

/* The next one, without its newline; "" behind the last. */
static const char *section_next(struct section *section, char line[static LINE_LEN])
{
    while (section->inside && fgets(line, LINE_LEN, section->file)) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "## ", 3) == 0 || strncmp(line, "### ", 4) == 0)
            break;
        if (strncmp(line, "| `", 3) == 0)
            return line;
    }
    section->inside = false;
    return "";
}

static void section_close(struct section *section)
{
    if (section->file)
        (void)fclose(section->file);
}

static const char *build_of(const struct policy_row *row)
{
    if (row->libc == POLICY_ANY)
        return "both";
    return row->libc == POLICY_MUSL ? "release" : "development";
}

static void check_document(enum sandbox_role role, const char *heading)
{
    struct section section = section_open(heading);
    char line[LINE_LEN], expected[LINE_LEN];
    size_t n_rows;
    const struct policy_row *rows = sandbox_policy_list(&n_rows);

    CHECK(section.inside);
    for (size_t i = 0; i < n_rows; i++) {
        if (!is_in_role(&rows[i], role))
            continue;
        (void)snprintf(expected, sizeof(expected), "| `%s` | %s%s%s | %s |", rows[i].name, rows[i].filter,
                       rows[i].filter[0] ? " | " : "| ", build_of(&rows[i]), rows[i].reason);
        CHECK_STR(section_next(&section, line), expected);
    }
    CHECK_STR(section_next(&section, line), ""); /* and nothing that is not allowed */
    section_close(&section);
}

TEST(document_shows_the_worker)
{
    check_document(SANDBOX_WORKER, "### The worker's system calls");
}

TEST(document_shows_the_resolver)
{
    check_document(SANDBOX_RESOLVER, "### The resolver's system calls");
}

TEST(document_shows_the_protections)
{
    struct section section = section_open("## Protections");
    char line[LINE_LEN], expected[64];

    for (unsigned i = 0; i < SANDBOX_PROTECTION_COUNT; i++) {
        (void)snprintf(expected, sizeof(expected), "| `%s` |",
                       sandbox_protection_name((enum sandbox_protection)i));
        CHECK(strncmp(section_next(&section, line), expected, strlen(expected)) == 0);
    }
    CHECK_STR(section_next(&section, line), "");
    section_close(&section);
}

CHECK_MAIN()
