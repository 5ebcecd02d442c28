/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines that nobody takes cost no time and are counted. */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "console.h"
#include "loop.h"

static int end[2]; /* of a pipe of one page */
static struct console console;

static bool begin(void)
{
    CHECK(pipe2(end, O_CLOEXEC) == 0 && fcntl(end[1], F_SETPIPE_SZ, 4096) >= 0);
    console_init(&console, end[1]);
    CHECK_EQ(console.fd, end[1]);
    return true;
}

static void finish(void)
{
    close(end[0]);
    close(end[1]);
}

static void write_line(const char *line)
{
    console_write(&console, LOG_LEVEL_NOTICE, line);
}

static void reads(const char *want)
{
    char got[4096] = "";

    CHECK(read(end[0], got, sizeof(got) - 1) >= 0);
    CHECK_STR(got, want);
}

/* Until a blocking write would wait. */
static unsigned fill(void)
{
    char line[1001] = "";
    unsigned n = 0;

    memset(line, 'x', sizeof(line) - 1);
    for (; n < 1000 && console.n_dropped == 0; n++)
        write_line(line);
    return n;
}

TEST(a_line)
{
    CHECK_OR_RETURN(begin());
    write_line("hello");
    reads("sstptun: hello\n");
    finish();
}

TEST(a_pipe_that_nobody_reads)
{
    usec_t start = loop_now();
    char rest[65536];

    CHECK_OR_RETURN(begin());
    CHECK(fill() < 1000);
    write_line("lost");
    CHECK_EQ(console.n_dropped, 2);
    CHECK(loop_now() - start < USEC_PER_SEC);
    CHECK(read(end[0], rest, sizeof(rest)) > 0);
    write_line("here again");
    reads("sstptun: (2 lines dropped: nobody took them)\nsstptun: here again\n");
    CHECK_EQ(console.n_dropped, 0);
    finish();
}

/* Its buffer ends in the middle of a line. */
TEST(a_terminal_that_nobody_reads)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), slave;
    usec_t start = loop_now();

    CHECK_OR_RETURN(CHECK(master >= 0 && unlockpt(master) == 0));
    slave =
        open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC); /* NOLINT(concurrency-mt-unsafe): one thread */
    CHECK_OR_RETURN(CHECK(slave >= 0));
    console_init(&console, slave);
    CHECK(console.fd != slave);
    CHECK(fill() < 1000);
    CHECK((fcntl(slave, F_GETFL) & O_NONBLOCK) == 0);
    CHECK(loop_now() - start < 2 * USEC_PER_SEC);
    close(console.fd);
    close(slave);
    close(master);
}

TEST(the_last_line_waits_a_little)
{
    usec_t start;

    CHECK_OR_RETURN(begin());
    (void)fill();
    console.patience_ms = 200;
    start = loop_now();
    write_line("the end");
    CHECK(loop_now() - start >= 200 * USEC_PER_MSEC && loop_now() - start < 2 * USEC_PER_SEC);
    finish();
}

TEST(a_pipe_without_a_reader_and_no_descriptor_at_all)
{
    CHECK_OR_RETURN(begin());
    close(end[0]);
    write_line("no SIGPIPE");
    CHECK_EQ(console.n_dropped, 1);
    console.fd = open("/", O_PATH | O_CLOEXEC);
    write_line("to a path");
    CHECK_EQ(console.n_dropped, 2);
    close(console.fd);
    close(end[1]);
}

TEST(a_line_that_is_too_long_is_cut_and_still_a_line)
{
    char line[3000] = "", got[4096] = "";

    CHECK_OR_RETURN(begin());
    memset(line, 'x', sizeof(line) - 1);
    write_line(line);
    CHECK(read(end[0], got, sizeof(got) - 1) > 1000);
    CHECK(strlen(got) < 2000 && strchr(got, '\n') == got + strlen(got) - 1);
    finish();
}

CHECK_MAIN()
