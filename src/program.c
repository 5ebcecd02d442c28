/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options, the keeper, exit status; nothing else. */
#include "program.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "console.h"
#include "keeper.h"
#include "version.h"

static enum log_level wanted_level(const struct options *options)
{
    if (options->quiet)
        return LOG_LEVEL_ERROR;
    if (options->verbose == 0)
        return LOG_LEVEL_NOTICE;
    return options->verbose == 1 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
}

static void print_version(void)
{
    printf("sstptun %s\nwolfSSL %s (%s)\n", SSTPTUN_VERSION, SSTPTUN_WOLFSSL_ORIGIN, tls_library());
    printf("libnl %s\nlibseccomp %s\n", SSTPTUN_LIBNL_ORIGIN, SSTPTUN_LIBSECCOMP_ORIGIN);
}

/*
 * Started with descriptors 0 to 2 closed, the first socket would become standard error and take every log line. "/" as a
 * path exists everywhere, also where /dev/null does not.
 */
static void keep_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
        if (fd < 0)
            fd = open("/", O_PATH);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/*
 * Memory holds the password: no core dump, no look from other processes of the same user. (Not RLIMIT_CORE: hooks and
 * what they start would inherit it.)
 */
static void forbid_inspection(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int report(const struct log_sink *log, const struct end *end, enum end_stage stage)
{
    char text[END_DETAIL_LEN * 3];

    end_describe(end, stage, text, sizeof(text));
    log_printf(log, end->reason == END_REQUESTED ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "%s", text);
    return end_exit_status(end, stage);
}

static int run(const struct options *options, const struct log_sink *log, worker_fn *worker)
{
    struct console *console = log->user;
    enum end_stage stage;
    struct end end;

    forbid_inspection();
    (void)signal(SIGCHLD,
                 SIG_DFL); /* whoever started us may have ignored it: then no child could be waited for */
    /* From here on, not only in the loop: at a prompt it would leave no echo. */
    (void)signal(SIGPIPE, SIG_IGN);
    end = keeper_run(options, log, worker, &stage);
    console->patience_ms = CONSOLE_LAST_PATIENCE_MS;
    return report(log, &end, stage);
}

int program_main(int argc, char *argv[], worker_fn *worker)
{
    struct console console;
    struct log_sink log = {.write = console_write, .user = &console, .max = LOG_LEVEL_ERROR};
    struct options options;
    char error[512];

    keep_standard_descriptors();
    console_init(&console, STDERR_FILENO);
    switch (options_parse(argc, argv, &options, error, sizeof(error))) {
    case OPTIONS_RUN: log.max = wanted_level(&options); return run(&options, &log, worker);
    case OPTIONS_HELP: options_print_help(stdout); return EXIT_SUCCESS;
    case OPTIONS_VERSION: print_version(); return EXIT_SUCCESS;
    case OPTIONS_WRONG: break;
    }
    log_error(&log, "%s", error);
    return 2;
}
