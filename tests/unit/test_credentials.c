/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and standard input. (The terminal: test_credentials_terminal.c.) */
#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static struct credentials c;
static struct end end;
static char logged[512];

static void keep_line(void *user, enum log_level level, const char *line)
{
    (void)user;
    if (level <= LOG_LEVEL_NOTICE)
        (void)snprintf(logged, sizeof(logged), "%s", line);
}

static const struct log_sink sink = {.write = keep_line, .max = LOG_LEVEL_DEBUG};

/* credentials_get() from a file with this content. */
static bool from_file(const char *content, size_t len, mode_t mode)
{
    char path[] = "/tmp/test_credentials.XXXXXX";
    struct options options = {.host = "vpn", .user = "me", .password_file = path};
    int fd = mkstemp(path);
    bool good;

    logged[0] = '\0';
    if (!CHECK(fd >= 0))
        return false;
    CHECK(write(fd, content, len) == (ssize_t)len);
    CHECK(fchmod(fd, mode) == 0);
    close(fd);
    good = credentials_get(&c, &options, NULL, &sink, &end);
    (void)unlink(path);
    return good;
}

TEST(first_line_of_a_file)
{
    static const char *const contents[] = {"pass word", "pass word\n", "pass word\r\n",
                                           "pass word\nsecond line\n"};

    for (size_t i = 0; i < ARRAY_LEN(contents); i++) {
        CHECK(from_file(contents[i], strlen(contents[i]), 0600));
        CHECK_STR(c.password, "pass word");
        CHECK_EQ(c.password_len, 9);
        CHECK_STR(c.user, "me");
        CHECK_EQ(c.user_len, 2);
        CHECK_STR(logged, "");
    }
    CHECK(from_file(" p\r\xc3\xa4 \r\n", 8, 0600)); /* only the end of the line is not the password's */
    CHECK_STR(c.password, " p\r\xc3\xa4 ");
    credentials_forget(&c);
}

TEST(files_that_hold_no_password)
{
    CHECK(!from_file("", 0, 0600));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "is empty") != NULL);
    CHECK(!from_file("\nsecond", 7, 0600));
    CHECK(strstr(end.detail, "is empty") != NULL);
    CHECK(!from_file("\r\n", 2, 0600));
    CHECK(strstr(end.detail, "is empty") != NULL);
    CHECK(!from_file("a\0b\n", 4, 0600));
    CHECK(strstr(end.detail, "NUL") != NULL);
}

TEST(length_is_bounded)
{
    char content[300];

    memset(content, 'x', sizeof(content));
    content[CREDENTIALS_MAX] = '\r';
    content[CREDENTIALS_MAX + 1] = '\n';
    CHECK(from_file(content, CREDENTIALS_MAX, 0600));
    CHECK_EQ(c.password_len, CREDENTIALS_MAX);
    CHECK(from_file(content, CREDENTIALS_MAX + 2, 0600));
    CHECK_EQ(c.password_len, CREDENTIALS_MAX);
    CHECK_EQ(strlen(c.password), CREDENTIALS_MAX);
    content[CREDENTIALS_MAX] = 'x';
    CHECK(!from_file(content, CREDENTIALS_MAX + 2, 0600));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "longer than 256 bytes") != NULL);
    CHECK_EQ(c.password[0], '\0'); /* nothing is kept of a failure */
}

TEST(a_file_that_others_can_read)
{
    CHECK(from_file("x\n", 2, 0640));
    CHECK(strstr(logged, "chmod 600") != NULL);
    CHECK(from_file("x\n", 2, 0604));
    CHECK(strstr(logged, "chmod 600") != NULL);
}

TEST(a_file_that_others_can_change)
{
    CHECK(from_file("x\n", 2, 0620));
    CHECK(strstr(logged, "others can change the password") != NULL);
    CHECK(from_file("x\n", 2, 0602));
    CHECK(strstr(logged, "chmod 600") != NULL);
}

TEST(a_file_of_another_user)
{
    char path[] = "/tmp/test_credentials.XXXXXX";
    struct options options = {.host = "vpn", .user = "me", .password_file = path};
    int fd = mkstemp(path);

    if (!CHECK(fd >= 0))
        return;
    CHECK(write(fd, "x\n", 2) == 2);
    logged[0] = '\0';
    if (fchown(fd, 12345, (gid_t)-1) == 0) { /* root alone can give a file away */
        CHECK(credentials_get(&c, &options, NULL, &sink, &end));
        CHECK(strstr(logged, "belongs to another user (12345)") != NULL);
    }
    close(fd);
    (void)unlink(path);
}

TEST(files_that_cannot_be_read)
{
    struct options options = {.host = "vpn", .user = "me", .password_file = "/nonexistent/password"};

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "/nonexistent/password: No such file") != NULL);
    options.password_file = "/tmp";
    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_HOST);
}

TEST(forgets_the_password_and_keeps_the_name)
{
    static const char zero[CREDENTIALS_MAX + 1];

    CHECK(from_file("secret\n", 7, 0600));
    credentials_forget(&c);
    CHECK_MEM(c.password, zero, sizeof(c.password));
    CHECK_EQ(c.password_len, 0);
    CHECK_STR(c.user, "me"); /* the `down` hook is told */
}

/* MADV_WIPEONFORK: what a hook or the resolver could find in its copy of our memory. */
TEST(children_do_not_inherit_it)
{
    unsigned protection = 0;
    struct credentials *held = credentials_new(&protection);
    int status = 0;
    pid_t pid;

    CHECK_OR_RETURN(held != NULL);
    memcpy(held->password, "secret", 7);
    pid = fork();
    if (pid == 0)
        _exit(held->password[0] != '\0');
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
    CHECK_STR(held->password, "secret");
    credentials_free(held);
    credentials_free(NULL);
}

/* A child whose standard input is ours to write. What it does is told by its exit status: 0 when all its checks held. */
typedef int child_fn(void);

static pid_t with_input(child_fn *fn, int *ret_input)
{
    int ends[2];
    pid_t pid;

    if (!CHECK(pipe(ends) == 0))
        return -1;
    pid = fork();
    if (pid == 0) {
        close(ends[1]);
        (void)setsid(); /* no terminal */
        (void)dup2(ends[0], STDIN_FILENO);
        _exit(fn());
    }
    close(ends[0]);
    *ret_input = ends[1];
    return pid;
}

static bool child_is_content(pid_t pid)
{
    int status = 1;

    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int password_from_stdin(void)
{
    struct options options = {.host = "vpn", .user = "me", .password_on_stdin = true};
    char rest[8] = "";

    if (!CHECK(credentials_get(&c, &options, NULL, &sink, &end)))
        return 1;
    CHECK_STR(c.password, "first");
    CHECK_EQ(read(STDIN_FILENO, rest, sizeof(rest) - 1), 6); /* the rest was left alone */
    CHECK_STR(rest, "second");
    return check_failures > 0;
}

static int nothing_on_stdin(void)
{
    struct options options = {.host = "vpn", .user = "me", .password_on_stdin = true};

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "standard input is empty") != NULL);
    return check_failures > 0;
}

static int no_terminal(void)
{
    struct options options = {.host = "vpn", .user = "me"};

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_USAGE);
    CHECK(strstr(end.detail, "--password-file") != NULL);
    options = (struct options){.host = "vpn", .password_on_stdin = true};
    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_USAGE);
    CHECK(strstr(end.detail, "--user") != NULL);
    return check_failures > 0;
}

static int interrupted_at_stdin(void)
{
    struct options options = {.host = "vpn", .user = "me", .password_on_stdin = true};

    CHECK(!credentials_get(&c, &options, NULL, &sink, &end));
    CHECK_EQ(end.reason, END_REQUESTED);
    return check_failures > 0;
}

TEST(standard_input)
{
    int input = -1;
    pid_t pid = with_input(password_from_stdin, &input);

    CHECK(write(input, "first\nsecond", 12) == 12);
    CHECK(child_is_content(pid));
    close(input);
    pid = with_input(nothing_on_stdin, &input);
    close(input);
    CHECK(child_is_content(pid));
    pid = with_input(no_terminal, &input);
    CHECK(child_is_content(pid));
    close(input);
}

/* The child has reached its wait: the kernel says that it sleeps. */
static bool until_it_sleeps(pid_t pid)
{
    char path[64], line[256], state = 0;

    (void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    for (int i = 0; i < 1000 && state != 'S'; i++) {
        FILE *f = fopen(path, "re");
        const char *at = f && fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;

        state = at && at[1] ? at[2] : 0;
        if (f)
            (void)fclose(f);
        (void)usleep(1000);
    }
    return state == 'S';
}

TEST(a_signal_ends_the_wait_for_input)
{
    int input = -1;
    pid_t pid = with_input(interrupted_at_stdin, &input);

    CHECK(until_it_sleeps(pid));
    CHECK(write(input, "par", 3) == 3);
    CHECK(kill(pid, SIGTERM) == 0);
    CHECK(child_is_content(pid));
    close(input);
}

CHECK_MAIN()
