/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the user name and the password come from. The password is read byte by byte straight into its one place, which
 * is kept from swap, dumps and children: no buffer of stdio, no line of getline(3) keeps a copy, and standard
 * input is not read beyond the first line.
 *
 * While something is read, the signals that end a program are handled here, so that a terminal whose echo is off gets
 * it back on every way out. They stay blocked but for the moments of waiting in ppoll(2): none can slip in between.
 *
 * Company that has lines of its own to print gets them out before the prompt, which would otherwise be torn apart.
 */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "loop.h"
#include "secret.h"

#define SETTLE_LIMIT USEC_PER_SEC /* the worker needs a tenth of it; a user sees no difference */

/* What is read, and who is heard besides. */
struct source {
    int fd;
    const struct credentials_company *company;
};

static volatile sig_atomic_t interrupted;

/* As in the session: these two mean nothing here (keeper_end.c). */
static void interrupt(int number)
{
    if (number != SIGUSR1 && number != SIGUSR2)
        interrupted = 1;
}

/* What the signals were before: those that would end the program otherwise, and leave the terminal without echo. */
struct signals {
    sigset_t heeded;
    struct sigaction action[_NSIG]; /* by their numbers */
    sigset_t mask;
};

static void signals_take(struct signals *old)
{
    struct sigaction action = {.sa_handler = interrupt}; /* no SA_RESTART */
    sigset_t block;

    interrupted = 0;
    loop_requests(&old->heeded);
    block = old->heeded;
    sigaddset(&block, SIGTSTP); /* a stopped program would leave the terminal without echo */
    (void)sigprocmask(SIG_BLOCK, &block, &old->mask);
    for (int i = 1; i < _NSIG; i++)
        if (sigismember(&old->heeded, i) == 1)
            (void)sigaction(i, &action, &old->action[i]);
}

/* One that is pending, since input was there first, is still ours: the mask goes before the handlers. */
static void signals_give_back(const struct signals *old)
{
    (void)sigprocmask(SIG_SETMASK, &old->mask, NULL);
    for (int i = 1; i < _NSIG; i++)
        if (sigismember(&old->heeded, i) == 1)
            (void)sigaction(i, &old->action[i], NULL);
}

/* Somebody else's descriptors are ready: 0, or -ECANCELED. */
static int hear(const struct credentials_company *company, const struct pollfd *p)
{
    if (company && (p[1].revents != 0 || p[2].revents != 0) && !company->hear(company->user))
        return -ECANCELED;
    return 0;
}

/*
 * Waits until the source (fd -1: nothing) can be read (POLLIN) or takes something (POLLOUT): 1; 0 when the time is up (NULL:
 * never) or somebody else was heard, -EINTR when a signal asked for the end, -ECANCELED when the company did, or -errno.
 */
static int wait_once(const struct source *source, short events, const struct timespec *patience)
{
    const struct credentials_company *company = source->company;
    struct pollfd p[3] = {{.fd = source->fd, .events = events},
                          {.fd = company ? company->fd[0] : -1, .events = POLLIN},
                          {.fd = company ? company->fd[1] : -1, .events = POLLIN}};
    sigset_t heeded, open_mask;
    int r;

    loop_requests(&heeded);
    (void)sigprocmask(SIG_SETMASK, NULL, &open_mask);
    for (int i = 1; i < _NSIG; i++)
        if (sigismember(&heeded, i) == 1)
            sigdelset(&open_mask, i);
    if (interrupted)
        return -EINTR;
    r = ppoll(p, ARRAY_LEN(p), patience, &open_mask);
    if (interrupted)
        return -EINTR;
    if (r < 0)
        return errno == EINTR ? 0 : -errno;
    r = hear(company, p);
    return r < 0 ? r : p[0].revents != 0;
}

/* 0 or an error of wait_once(). */
static int wait_for(const struct source *source, short events)
{
    int r;

    do
        r = wait_once(source, events, NULL);
    while (r == 0);
    return r < 0 ? r : 0;
}

/* Whoever is to be heard says first what there is to say, for a moment: 0 or an error of wait_once(). */
static int let_settle(const struct credentials_company *company)
{
    const struct source nothing = {.fd = -1, .company = company};
    usec_t until = usec_after(loop_now(), SETTLE_LIMIT);
    int r = 0;

    while (r == 0 && company && !company->settled(company->user) && loop_now() < until) {
        usec_t left = until - loop_now();
        struct timespec patience = {.tv_sec = (time_t)(left / USEC_PER_SEC),
                                    .tv_nsec = (long)(left % USEC_PER_SEC) * 1000};

        r = wait_once(&nothing, POLLIN, &patience);
    }
    return r;
}

/* One byte: 1, 0 at the end of the input, or -errno. */
static int read_byte(const struct source *source, char *ret)
{
    for (;;) {
        int r = wait_for(source, POLLIN);
        ssize_t n;

        if (r < 0)
            return r;
        n = read(source->fd, ret, 1);
        if (n >= 0)
            return (int)n;
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
}

/*
 * The first line without its end (LF or CR LF) into out, which has room for CREDENTIALS_MAX + 1 bytes. 0, -ENODATA
 * when there is not even an empty line, -E2BIG when it is too long, -EILSEQ for a NUL in it, or -errno.
 */
static int read_line(const struct source *source, char *out, size_t *ret_len)
{
    size_t len = 0;

    for (;;) {
        char c = '\0';
        int r = read_byte(source, &c);

        if (r < 0)
            return r;
        if (r == 0 && len == 0)
            return -ENODATA;
        if (r == 0 || c == '\n')
            break;
        if (c == '\0')
            return -EILSEQ;
        if (len > CREDENTIALS_MAX) /* the place of the NUL may hold the CR for a moment */
            return -E2BIG;
        out[len++] = c;
    }
    if (len > 0 && out[len - 1] == '\r')
        len--;
    if (len > CREDENTIALS_MAX)
        return -E2BIG;
    out[len] = '\0';
    *ret_len = len;
    return 0;
}

/* What went wrong with the source of this name, as the session's end. */
static struct end line_end(int error, const char *source)
{
    switch (-error) {
    case ECANCELED: return end_make(END_HOST, 0, "the session has ended meanwhile");
    case EINTR: return end_make(END_REQUESTED, 0, "interrupted before anything was sent");
    case ENODATA: return end_make(END_HOST, 0, "%s is empty: its first line must be the password", source);
    case E2BIG:
        return end_make(END_HOST, 0, "the first line of %s is longer than %d bytes", source, CREDENTIALS_MAX);
    case EILSEQ:
        return end_make(END_HOST, 0, "the first line of %s contains a NUL byte: it must be text", source);
    default: return end_make(END_HOST, 0, "cannot read %s: %s", source, strerror(-error));
    }
}

static bool read_password(struct credentials *c, const struct source *source, const char *name,
                          struct end *ret_end)
{
    int r = read_line(source, c->password, &c->password_len);

    if (r == 0 && c->password_len == 0)
        r = -ENODATA;
    if (r < 0)
        *ret_end = line_end(r, name);
    return r == 0;
}

/* Who can write it chooses the password, or puts a link to another file in its place. */
static void warn_if_open(int fd, const char *path, const struct log_sink *log)
{
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    if (st.st_mode & (S_IRGRP | S_IROTH))
        log_notice(log, "warning: others can read the password in %s; forbid it with: chmod 600 %s", path,
                   path);
    else if (st.st_mode & (S_IWGRP | S_IWOTH))
        log_notice(log, "warning: others can change the password in %s; forbid it with: chmod 600 %s", path,
                   path);
    if (st.st_uid != 0 && st.st_uid != getuid())
        log_notice(log,
                   "warning: %s belongs to another user (%u), who can read and change the password in it",
                   path, (unsigned)st.st_uid);
}

static bool password_from_file(struct credentials *c, const char *path,
                               const struct credentials_company *company, const struct log_sink *log,
                               struct end *ret_end)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a FIFO is waited for in ppoll(2) */
    bool good;

    if (fd < 0) {
        *ret_end = end_make(END_HOST, 0, "cannot open the password file %s: %s; check --password-file", path,
                            strerror(errno));
        return false;
    }
    warn_if_open(fd, path, log);
    good = read_password(c, &(struct source){fd, company}, path, ret_end);
    close(fd);
    return good;
}

/* The terminal, even when the standard streams lead elsewhere; or standard input where /dev is bare. */
static int open_terminal(void)
{
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0 && isatty(STDIN_FILENO))
        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    return fd;
}

/* Waits for a terminal that is held (^S). 0 or an error of wait_once(); a prompt that is not seen is no reason to fail. */
static int put(const struct source *source, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        int r = wait_for(source, POLLOUT);
        ssize_t n;

        if (r < 0)
            return r;
        n = write(source->fd, text, len);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            return 0;
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* If there is room at once: whoever interrupted it does not wait. */
static void end_line(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    if (poll(&p, 1, 0) == 1 && p.revents == POLLOUT)
        (void)!write(fd, "\n", 1);
}

/* What was typed before it counts is dropped, as with TCSAFLUSH, which would also wait for a terminal that is held. */
static int set_mode(int fd, const struct termios *mode)
{
    (void)tcflush(fd, TCIFLUSH);
    return tcsetattr(fd, TCSANOW, mode) < 0 ? -errno : 0;
}

/* Asks on the terminal; without echo when hide. 0 or an error of read_line(). */
static int ask(const struct source *source, const char *prompt, bool hide, char *out, size_t *ret_len)
{
    struct termios before;
    struct termios quiet;
    int r = let_settle(source->company);

    if (r < 0)
        return r;
    if (tcgetattr(source->fd, &before) < 0)
        return -errno;
    quiet = before;
    quiet.c_lflag |= ICANON | ISIG;
    if (hide) {
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        quiet.c_lflag |= ECHONL;
    }
    r = set_mode(source->fd, &quiet);
    if (r < 0)
        return r;
    r = put(source, prompt);
    if (r == 0)
        r = read_line(source, out, ret_len);
    if (r < 0)
        end_line(source->fd);
    (void)set_mode(source->fd, &before);
    return r;
}

static bool ask_user(struct credentials *c, const struct source *terminal, const struct options *options,
                     struct end *ret_end)
{
    char prompt[OPTIONS_HOST_LEN + 32];
    int r;

    (void)snprintf(prompt, sizeof(prompt), "User name for %s: ", options->host);
    r = ask(terminal, prompt, false, c->user, &c->user_len);
    if (r == 0 && c->user_len > 0)
        return true;
    if (r == 0 || r == -ENODATA)
        *ret_end = end_make(END_USAGE, 0, "no user name was given: give it with --user");
    else
        *ret_end = line_end(r, "the terminal");
    return false;
}

static bool ask_password(struct credentials *c, const struct source *terminal, const struct options *options,
                         struct end *ret_end)
{
    char prompt[OPTIONS_HOST_LEN + CREDENTIALS_MAX + 32];
    int r;

    (void)snprintf(prompt, sizeof(prompt), "Password of %s for %s: ", c->user, options->host);
    r = ask(terminal, prompt, true, c->password, &c->password_len);
    if (r == 0 && c->password_len > 0)
        return true;
    if (r == 0 || r == -ENODATA)
        *ret_end = end_make(END_USAGE, 0, "no password was given");
    else
        *ret_end = line_end(r, "the terminal");
    return false;
}

static void copy_user(struct credentials *c, const char *user)
{
    c->user_len = strnlen(user, CREDENTIALS_MAX); /* options.c admits no longer one */
    memcpy(c->user, user, c->user_len);
    c->user[c->user_len] = '\0';
}

static bool get_user(struct credentials *c, const struct source *terminal, const struct options *options,
                     struct end *ret_end)
{
    if (options->user) {
        copy_user(c, options->user);
        return true;
    }
    if (terminal->fd >= 0)
        return ask_user(c, terminal, options, ret_end);
    *ret_end = end_make(END_USAGE, 0,
                        "the user name is missing: give it with --user, for there is no terminal to ask on");
    return false;
}

static bool get_password(struct credentials *c, const struct source *terminal, const struct options *options,
                         const struct log_sink *log, struct end *ret_end)
{
    if (options->password_file)
        return password_from_file(c, options->password_file, terminal->company, log, ret_end);
    if (options->password_on_stdin) {
        const struct source input = {STDIN_FILENO, terminal->company};

        if (isatty(STDIN_FILENO)) /* a user who types it, and whom it shall not be shown to */
            return ask_password(c, &input, options, ret_end);
        return read_password(c, &input, "standard input", ret_end);
    }
    if (terminal->fd >= 0)
        return ask_password(c, terminal, options, ret_end);
    *ret_end = end_make(
        END_USAGE, 0,
        "the password is missing: give --password-file or --passwd-on-stdin, for there is no terminal "
        "to ask on");
    return false;
}

bool credentials_get(struct credentials *credentials, const struct options *options,
                     const struct credentials_company *company, const struct log_sink *log,
                     struct end *ret_end)
{
    bool must_ask = !options->user || (!options->password_file && !options->password_on_stdin);
    struct source terminal = {.fd = must_ask ? open_terminal() : -1, .company = company};
    struct signals before;
    bool good;

    memset(credentials, 0, sizeof(*credentials));
    signals_take(&before);
    good = get_user(credentials, &terminal, options, ret_end) &&
           get_password(credentials, &terminal, options, log, ret_end);
    signals_give_back(&before);
    if (good && interrupted) {
        *ret_end = line_end(-EINTR, "");
        good = false;
    }
    if (terminal.fd >= 0)
        close(terminal.fd);
    if (!good)
        secret_wipe(credentials, sizeof(*credentials));
    return good;
}

struct credentials *credentials_new(unsigned *ret_protection)
{
    return secret_alloc(sizeof(struct credentials), ret_protection);
}

void credentials_forget(struct credentials *credentials)
{
    secret_wipe(credentials->password, sizeof(credentials->password));
    credentials->password_len = 0;
}

void credentials_free(struct credentials *credentials)
{
    secret_free(credentials, sizeof(*credentials));
}
