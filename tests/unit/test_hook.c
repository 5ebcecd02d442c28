/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Real small scripts in a folder of their own, and the man page's list of variables. */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define TEXT_MAX 65536

static char folder[64];
static char text[TEXT_MAX];

static const char *in_folder(const char *name, char out[static 128])
{
    if (!folder[0]) {
        (void)snprintf(folder, sizeof(folder), "/tmp/test_hook.XXXXXX");
        CHECK(mkdtemp(folder) != NULL);
    }
    (void)snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

__attribute__((destructor)) static void remove_folder(void)
{
    static const char *const names[] = {"hook", "out"};
    char path[128];

    for (size_t i = 0; folder[0] && i < ARRAY_LEN(names); i++)
        (void)unlink(in_folder(names[i], path));
    if (folder[0])
        (void)rmdir(folder);
}

/* A script; "@" in it is the file that read_out() reads. */
static const char *script(const char *body, mode_t mode)
{
    static char path[128];
    char out[128];
    FILE *f;

    in_folder("out", out);
    (void)unlink(out);
    (void)unlink(in_folder("hook", path));
    f = fopen(path, "w");
    if (!CHECK(f != NULL))
        return path;
    for (const char *c = body; *c; c++)
        if (*c == '@')
            (void)fputs(out, f);
        else
            (void)fputc(*c, f);
    (void)fclose(f);
    CHECK(chmod(path, mode) == 0);
    return path;
}

static const char *read_out(void)
{
    char path[128];
    FILE *f = fopen(in_folder("out", path), "r");
    size_t n = 0;

    if (f) {
        n = fread(text, 1, sizeof(text) - 1, f);
        (void)fclose(f);
    }
    text[n] = '\0';
    return text;
}

static bool ended(struct hook *hook, int timeout_ms)
{
    while (!hook_ended(hook) && timeout_ms-- > 0)
        (void)usleep(1000);
    return hook_ended(hook);
}

/* Runs to the end: true when the hook succeeded. */
static bool run(const char *program, enum hook_event event, const struct hook_values *values,
                struct end *ret_end)
{
    struct hook hook;

    hook_init(&hook);
    if (!hook_start(&hook, program, event, values, 0, ret_end))
        return false;
    CHECK(hook_running(&hook));
    CHECK_EQ(hook.deadline, 30 * USEC_PER_SEC);
    CHECK(ended(&hook, 10000));
    return hook_finish(&hook, ret_end);
}

static const struct hook_values nothing = {.interface = "sstp0", .end_status = -1};

static struct ipaddr addr(const char *from)
{
    struct ipaddr a = {.family = IP_NONE};

    CHECK(ipaddr_parse(from, &a));
    return a;
}

static struct hook_values everything(void)
{
    static const uint8_t id[8] = {0x02, 0x11, 0x22, 0xff, 0xfe, 0x33, 0x44, 0x55};
    static const uint8_t peer_id[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    struct hook_values v = {
        .interface = "sstp0",
        .server = "vpn.example.org",
        .port = 443,
        .server_address = addr("2001:db8::5"),
        .user = "DOMAIN\\me",
        .local_ipv4 = addr("10.0.0.2"),
        .peer_ipv4 = addr("10.0.0.1"),
        .local_ipv6_id = id,
        .peer_ipv6_id = peer_id,
        .link_local = addr("fe80::211:22ff:fe33:4455"),
        .dns = {addr("10.0.0.53"), addr("10.0.0.54")},
        .n_dns = 2,
        .nbns = {addr("10.0.0.42")},
        .n_nbns = 1,
        .mtu = 1400,
        .end_reason = "LOST",
        .end_text = "tunnel: gone ($(reboot)`x`; \"y\"\n\x1b)",
        .end_status = 16,
    };

    CHECK(ipprefix_parse("2001:db8:1::/64", &v.ipv6[0]));
    v.ipv6[0].addr.byte[15] = 7;
    CHECK(ipprefix_parse("fd00::/64", &v.ipv6[1]));
    v.n_ipv6 = 2;
    return v;
}

static const char list_environment[] = "#!/bin/sh\ntr '\\000' '\\n' < /proc/$$/environ > @\n";

TEST(environment_at_down)
{
    struct hook_values v = everything();
    struct end end;

    CHECK(run(script(list_environment, 0700), HOOK_DOWN, &v, &end));
    CHECK_STR(read_out(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                          "SSTP_EVENT=down\n"
                          "SSTP_INTERFACE=sstp0\n"
                          "SSTP_SERVER=vpn.example.org\n"
                          "SSTP_SERVER_ADDRESS=2001:db8::5\n"
                          "SSTP_SERVER_PORT=443\n"
                          "SSTP_USER=DOMAIN\\me\n"
                          "SSTP_LOCAL_IPV4=10.0.0.2\n"
                          "SSTP_PEER_IPV4=10.0.0.1\n"
                          "SSTP_LOCAL_IPV6_ID=0211:22ff:fe33:4455\n"
                          "SSTP_PEER_IPV6_ID=0000:0000:0000:0001\n"
                          "SSTP_IPV6_LINK_LOCAL=fe80::211:22ff:fe33:4455\n"
                          "SSTP_IPV6_ADDRESSES=2001:db8:1::7/64 fd00::/64\n"
                          "SSTP_DNS=10.0.0.53 10.0.0.54\n"
                          "SSTP_NBNS=10.0.0.42\n"
                          "SSTP_MTU=1400\n"
                          "SSTP_END_REASON=LOST\n"
                          "SSTP_END_TEXT=tunnel: gone ___reboot__x__ _y____\n"
                          "SSTP_END_STATUS=16\n");
}

TEST(environment_without_values)
{
    struct end end;

    CHECK(setenv("LD_PRELOAD_CANARY", "1", 1) == 0);
    CHECK(run(script(list_environment, 0700), HOOK_PRE_CONNECT, &nothing, &end));
    CHECK_STR(read_out(), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                          "SSTP_EVENT=pre-connect\n"
                          "SSTP_INTERFACE=sstp0\n");
}

/* Where a script forgets its quotes, each word is an argument, and none of them shall be taken for an option. */
TEST(no_word_of_a_value_looks_like_an_option)
{
    struct hook_values v = nothing;
    struct end end;

    v.server = "-vpn-1.example.org";
    v.user = "-me"; /* the user's own word */
    v.end_text = "-o x --exec=y a-b -  -\t-z \n-q";
    CHECK(run(script(list_environment, 0700), HOOK_DOWN, &v, &end));
    CHECK(strstr(read_out(), "\nSSTP_SERVER=_vpn-1.example.org\n") != NULL);
    CHECK(strstr(text, "\nSSTP_USER=-me\n") != NULL);
    CHECK(strstr(text, "\nSSTP_END_TEXT=_o x _-exec=y a-b _  __-z _-q\n") != NULL);
}

TEST(end_is_told_at_down_only)
{
    struct hook_values v = everything();
    struct end end;

    CHECK(run(script(list_environment, 0700), HOOK_UP, &v, &end));
    CHECK(strstr(read_out(), "SSTP_EVENT=up\n") != NULL);
    CHECK(strstr(text, "SSTP_MTU=") != NULL);
    CHECK(strstr(text, "SSTP_END") == NULL);
}

static const char *man_page(void)
{
    static char man[TEXT_MAX];
    FILE *in = fopen(SOURCE_DIR "/docs/sstptun.8", "r");

    if (CHECK(in != NULL)) {
        man[fread(man, 1, sizeof(man) - 1, in)] = '\0';
        (void)fclose(in);
    }
    return man;
}

/* A word by itself: TLS is not told by TLS_PIN. */
static bool tells_word(const char *page, const char *word)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    size_t len = strlen(word);

    for (const char *at = page; (at = strstr(at, word)) != NULL; at++)
        if (!strchr(letters, at[-1]) && (at[len] == '\0' || !strchr(letters, at[len])))
            return true;
    return false;
}

TEST(man_page_lists_the_reasons)
{
    const char *from = strstr(man_page(), ".B SSTP_END_REASON"), *to = from ? strstr(from, "\n.TP") : NULL;
    char text_of_it[4096];

    CHECK_OR_RETURN(to != NULL);
    (void)snprintf(text_of_it, sizeof(text_of_it), "%.*s", (int)(to - from), from);
    for (int i = END_NONE + 1; i < END_REASON_COUNT; i++)
        if (!CHECK(tells_word(text_of_it, end_reason_name((enum end_reason)i))))
            fprintf(stderr, "    %s\n", end_reason_name((enum end_reason)i));
}

TEST(man_page_lists_the_variables)
{
    const char *man = man_page();
    struct hook_values v = everything();
    struct end end;
    size_t n_run = 0, n_man = 0;

    CHECK(run(script(list_environment, 0700), HOOK_DOWN, &v, &end));
    (void)read_out();
    for (const char *at = text; (at = strstr(at, "SSTP_")) != NULL; at += strcspn(at, "\n")) {
        char tag[96];

        (void)snprintf(tag, sizeof(tag), "\n.TP\n.B %.*s\n", (int)strcspn(at, "="), at);
        CHECK(strstr(man, tag) != NULL);
        n_run++;
    }
    for (const char *at = man; (at = strstr(at, "\n.TP\n.B SSTP_")) != NULL; at++)
        n_man++;
    CHECK_EQ(n_man, n_run);
}

TEST(arguments_streams_and_group)
{
    struct end end;

    CHECK(run(script("#!/bin/sh\necho \"$# $1 $2\" > @\ncat >> @\n"
                     "[ /proc/$$/fd/1 -ef /proc/$$/fd/2 ] && echo same >> @\n"
                     "[ \"$(cut -d' ' -f5 /proc/$$/stat)\" = $$ ] && echo leader >> @\n",
                     0700),
              HOOK_UP, &nothing, &end));
    CHECK_STR(read_out(), "2 up sstp0\nsame\nleader\n");
}

TEST(no_descriptor_of_ours_is_passed_on)
{
    struct end end;
    int leak = dup2(STDERR_FILENO, 77); /* not close-on-exec, as if it came from whoever started us */

    CHECK(leak == 77);
    /* The shell itself reads the script from a descriptor above 9. */
    CHECK(run(
        script(
            "#!/bin/sh\nfor fd in 3 4 5 6 7 8 9 77; do [ -e /proc/$$/fd/$fd ] && echo $fd; done > @\ntrue\n",
            0700),
        HOOK_UP, &nothing, &end));
    CHECK_STR(read_out(), "");
    close(leak);
}

TEST(signals_are_as_new)
{
    struct end end;
    sigset_t block;
    sigset_t before;

    sigfillset(&block);
    CHECK(sigprocmask(SIG_BLOCK, &block, &before) == 0);
    CHECK(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    CHECK(signal(SIGCHLD, SIG_IGN) != SIG_ERR); /* must not keep us from the exit status */
    CHECK(run(script("#!/bin/sh\ngrep -E 'SigBlk|SigIgn' /proc/self/status > @\n", 0700), HOOK_UP, &nothing,
              &end));
    CHECK_STR(read_out(), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(!run(script("#!/bin/sh\nexit 3\n", 0700), HOOK_UP, &nothing, &end));
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    CHECK(sigprocmask(SIG_SETMASK, &before, NULL) == 0);
}

TEST(failures_are_told)
{
    struct end end;

    CHECK(!run(script("#!/bin/sh\nexit 3\n", 0700), HOOK_UP, &nothing, &end));
    CHECK_EQ(end.reason, END_HOOK);
    CHECK_STR(end.detail, "at up it returned status 3");
    CHECK(!run(script("#!/bin/sh\nkill -9 $$\n", 0700), HOOK_DOWN, &nothing, &end));
    CHECK_EQ(end.reason, END_HOOK);
    CHECK_STR(end.detail, "at down it was ended by signal 9");
}

TEST(what_cannot_be_run)
{
    struct end end;

    CHECK(!run("/nonexistent/hook", HOOK_UP, &nothing, &end));
    CHECK_EQ(end.reason, END_HOOK);
    CHECK(strstr(end.detail, "/nonexistent/hook") && strstr(end.detail, "check the path"));
    CHECK(!run(script("#!/bin/sh\n", 0600), HOOK_UP, &nothing, &end));
    CHECK(strstr(end.detail, "chmod +x") != NULL);
    CHECK(!run(script("echo no first line\n", 0700), HOOK_UP, &nothing, &end));
    CHECK(strstr(end.detail, "#!/bin/sh") != NULL);
    CHECK(!run(folder, HOOK_UP, &nothing, &end));
}

TEST(names_that_are_too_long)
{
    static char name[20000];
    struct end end;

    memset(name, 'x', sizeof(name) - 1);
    CHECK(!run(name, HOOK_UP, &nothing, &end));
    CHECK_EQ(end.reason, END_HOOK);
}

TEST(the_whole_group_is_killed)
{
    struct hook hook;
    struct end end;
    int survivor = 0;

    hook_init(&hook);
    CHECK(!hook_running(&hook));
    hook_kill(&hook, 0); /* nothing to kill */
    CHECK_OR_RETURN(hook_start(&hook,
                               script("#!/bin/sh\nsleep 300 &\necho $! > @.new\nmv @.new @\nwait\n", 0700),
                               HOOK_UP, &nothing, 5, &end));
    for (int i = 0; i < 500 && !read_out()[0]; i++)
        (void)usleep(10000);
    survivor = (int)strtol(text, NULL, 10);
    CHECK(survivor > 1);
    CHECK(!ended(&hook, 0));
    CHECK(!hook_overdue(&hook, 5 + HOOK_LIMIT - 1));
    CHECK(!hook_overdue(&hook, 5 + HOOK_LIMIT)); /* killed now, and given time to be gone */
    CHECK_EQ(hook.deadline, 5 + HOOK_LIMIT + HOOK_GRACE);
    CHECK(hook_overdue(&hook, 5 + HOOK_LIMIT + HOOK_GRACE));
    CHECK(ended(&hook, 10000));
    CHECK(!hook_finish(&hook, &end));
    CHECK_STR(end.detail, "at up it was killed: it had not finished (limit 30 s)");
    CHECK(!hook_running(&hook));
    CHECK(!hook_ended(&hook));
    /* The grandchild is init's to reap; until then it is a zombie, which no longer has a command line. */
    for (int i = 0; i < 500 && survivor > 0 && kill(survivor, 0) == 0; i++) {
        char path[64];
        char byte;
        FILE *f;

        (void)snprintf(path, sizeof(path), "/proc/%d/cmdline", survivor);
        f = fopen(path, "r");
        if (!f || fread(&byte, 1, 1, f) == 0)
            survivor = 0;
        if (f)
            (void)fclose(f);
        (void)usleep(10000);
    }
    CHECK(survivor == 0 || kill(survivor, 0) < 0);
}

/* It holds every descriptor that the hook had. */
TEST(a_process_left_in_the_background_is_not_waited_for)
{
    struct hook hook;
    struct end end;
    pid_t daemon;

    hook_init(&hook);
    CHECK_OR_RETURN(
        hook_start(&hook, script("#!/bin/sh\nsleep 300 &\necho $! > @\n", 0700), HOOK_UP, &nothing, 0, &end));
    CHECK(ended(&hook, 10000));
    CHECK(hook_finish(&hook, &end));
    daemon = (pid_t)strtol(read_out(), NULL, 10);
    CHECK(daemon > 1 && kill(daemon, SIGKILL) == 0);
}

/* To be without descriptors is not to have ended. */
TEST(a_hook_that_closes_everything_is_still_running)
{
    struct hook hook;
    struct end end;
    char path[128];

    hook_init(&hook);
    CHECK_OR_RETURN(
        hook_start(&hook,
                   script("#!/bin/sh\nexec python3 -c 'import os, time\nos.closerange(0, 256)\n"
                          "os.close(os.open(\"@\", os.O_CREAT | os.O_WRONLY))\ntime.sleep(300)'\n",
                          0700),
                   HOOK_UP, &nothing, 0, &end));
    for (int i = 0; i < 500 && access(in_folder("out", path), F_OK) != 0; i++)
        (void)usleep(10000);
    CHECK(!ended(&hook, 50));
    CHECK(hook_running(&hook));
    hook_kill(&hook, 0);
    CHECK(ended(&hook, 10000));
    CHECK(!hook_finish(&hook, &end));
}

/* From here on pidfd_open(2) and close_range(2) do not exist, as on old kernels and in some sandboxes. */
static bool forbid_new_calls(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), /* seccomp_data.nr */
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int check_without_new_calls(void)
{
    unsigned long before = check_failures;
    struct hook hook;
    struct end end;

    CHECK(forbid_new_calls());
    CHECK(run(script("#!/bin/sh\nsleep 0.1; echo done > @\n", 0700), HOOK_UP, &nothing, &end));
    CHECK_STR(read_out(), "done\n");
    CHECK(!run(script("#!/bin/sh\nexit 4\n", 0700), HOOK_UP, &nothing, &end));
    CHECK_STR(end.detail, "at up it returned status 4");
    CHECK(!run("/nonexistent/hook", HOOK_UP, &nothing, &end));
    hook_init(&hook);
    CHECK(hook_start(&hook, script("#!/bin/sh\nsleep 300\n", 0700), HOOK_UP, &nothing, 0, &end));
    CHECK(!ended(&hook, 50));
    hook_kill(&hook, 0);
    CHECK(ended(&hook, 10000));
    CHECK(!hook_finish(&hook, &end));
    CHECK_STR(end.detail, "at up it was killed: the end was asked for");
    return check_failures == before ? 0 : 1;
}

TEST(without_pidfd_and_close_range)
{
    char path[128];
    pid_t pid;
    int status = 1;

    (void)in_folder("out", path); /* the folder is this process's to remove */
    pid = fork();
    CHECK_OR_RETURN(pid >= 0);
    if (pid == 0)
        _exit(check_without_new_calls());
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_EQ(status, 0);
}

CHECK_MAIN()
