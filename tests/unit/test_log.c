/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include "check.h"

struct kept {
    int n_lines;
    enum log_level level;
    char line[2048];
};

static void keep(void *user, enum log_level level, const char *line)
{
    struct kept *kept = user;

    kept->n_lines++;
    kept->level = level;
    (void)snprintf(kept->line, sizeof(kept->line), "%s", line);
}

TEST(log_formats_and_filters)
{
    struct kept kept = {0};
    struct log_sink sink = {.write = keep, .user = &kept, .max = LOG_LEVEL_INFO};

    log_info(&sink, "%s %d", "step", 7);
    CHECK_EQ(kept.n_lines, 1);
    CHECK_EQ(kept.level, LOG_LEVEL_INFO);
    CHECK_STR(kept.line, "step 7");
    log_debug(&sink, "not wanted");
    CHECK_EQ(kept.n_lines, 1);
    log_error(&sink, "wanted");
    CHECK_EQ(kept.n_lines, 2);
    CHECK_EQ(kept.level, LOG_LEVEL_ERROR);
}

TEST(log_into_nothing)
{
    log_error(NULL, "%d", 1); /* must not crash */
}

TEST(log_cuts_a_long_line)
{
    struct kept kept = {0};
    struct log_sink sink = {.write = keep, .user = &kept, .max = LOG_LEVEL_ERROR};

    log_error(&sink, "%4000d", 1);
    CHECK_EQ(kept.n_lines, 1);
    CHECK_EQ(strlen(kept.line), 1023);
}

TEST(log_safe_disarms_text)
{
    char out[32];

    log_safe(out, sizeof(out), bytes_of_str("plain text ~!"));
    CHECK_STR(out, "plain text ~!");
    log_safe(out, sizeof(out), bytes_of("a\x1b[2J\n\0\x7f\xc3\xa4z", 11));
    CHECK_STR(out, "a?[2J?????z");
}

TEST(log_safe_cuts)
{
    char out[4] = "###";

    log_safe(out, sizeof(out), bytes_of_str("abcdef"));
    CHECK_STR(out, "abc");
    log_safe(out, 1, bytes_of_str("abcdef"));
    CHECK_STR(out, "");
    out[0] = '#';
    log_safe(out, 0, bytes_of_str("abcdef"));
    CHECK_EQ(out[0], '#');
    log_safe(out, sizeof(out), bytes_of(NULL, 0));
    CHECK_STR(out, "");
}

CHECK_MAIN()
