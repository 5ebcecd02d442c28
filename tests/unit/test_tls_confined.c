/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Once tls_new() has returned, TLS needs its socket, memory, the clock and randomness, and opens nothing: handshakes of
 * both versions, good and bad ones, in a child that any other system call would kill.
 */
#include "check.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_peer.h"

static const int allowed[] = {
    SYS_read,          SYS_write,     SYS_recvfrom,     SYS_sendto, /* the socket; write: what the child reports */
    SYS_ppoll,         SYS_mmap,      SYS_munmap,       SYS_mremap,     SYS_brk, SYS_madvise, /* malloc */
    SYS_clock_gettime, SYS_getrandom, SYS_rt_sigreturn, SYS_exit_group,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_time
    SYS_time, /* where the vDSO has none */
#endif
#ifdef SYS_gettimeofday
    SYS_gettimeofday,
#endif
};

/* 0 or -1: the kernel has no filters. */
static int confine(void)
{
    struct sock_filter code[2 * ARRAY_LEN(allowed) + 2];
    struct sock_fprog program = {.filter = code};
    unsigned short n = 0;

    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    program.len = n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

struct row {
    const char *args;
    const char *ca_file; /* NULL: $SSL_CERT_DIR */
    enum end_reason reason;
};

enum { AS_WANTED, OTHERWISE, NO_FILTER };

/* The client's half of one conversation: a handshake, a few bytes each way, close_notify. */
static int talk(const struct tls_peer *peer, const struct row *row)
{
    struct tls_config config = {.host = "vpn.example.com",
                                .ca_file = row->ca_file ? tls_peer_path(row->ca_file) : NULL,
                                .no_system_trust = row->ca_file != NULL};
    struct tls_client client;
    char echo[6] = "";

    if (setenv("SSL_CERT_DIR", tls_peer_certs(), 1) < 0 || unsetenv("SSL_CERT_FILE") < 0 ||
        !tls_client_open(&client, peer, &config))
        return OTHERWISE;
    if (confine() < 0)
        return NO_FILTER;
    if (tls_client_handshake(&client) != (row->reason == END_NONE) || client.end.reason != row->reason)
        return OTHERWISE;
    if (row->reason != END_NONE)
        return AS_WANTED;
    if (!tls_client_write(&client, "hello\n", 6) || !tls_client_read(&client, echo, 6) ||
        memcmp(echo, "olleh\n", 6) != 0)
        return OTHERWISE;
    tls_shutdown(client.tls);
    return tls_flush(client.tls) == TLS_OK ? AS_WANTED : OTHERWISE;
}

static void check_row(const struct row *row)
{
    struct tls_peer peer;
    int status = -1;
    pid_t pid;

    if (!CHECK(tls_peer_start(&peer, row->args)))
        return;
    pid = fork();
    if (pid == 0)
        (void)syscall(SYS_exit_group, talk(&peer, row)); /* for _exit() a sanitizer makes calls of its own */
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        fprintf(stderr, "skipped: no system call filters here\n");
    else if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == AS_WANTED))
        fprintf(stderr, "%s: %s %d\n", row->args, WIFEXITED(status) ? "exit status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    tls_peer_stop(&peer);
}

TEST(handshakes)
{
    static const struct row row[] = {
        {"-rev -tls1_3 -cert good.pem -key good.key", "root.pem", END_NONE},
        {"-rev -tls1_3 -groups P-521 -cert good.pem -key good.key", "root.pem", END_NONE},
        {"-rev -tls1_3 -groups X25519 -cert rsa.pem -key rsa.key", "root.pem", END_NONE},
        {"-rev -tls1_2 -cert good.pem -key good.key", "root.pem", END_NONE},
        {"-rev -tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305 -cert good.pem -key good.key", "root.pem",
         END_NONE},
        {"-rev -tls1_2 -cipher AES128-SHA -cert rsa.pem -key rsa.key", "root.pem", END_NONE},
        {"-rev -tls1_3 -cert good.pem -key good.key", NULL, END_NONE},
        {"-rev -tls1_2 -cert below.pem -key below.key -cert_chain inter.pem", NULL, END_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        check_row(&row[i]);
}

/* What is told of a certificate that is refused: names and dates. */
TEST(refusals)
{
    static const struct row row[] = {
        {"-rev -tls1_3 -cert expired.pem -key expired.key", "root.pem", END_TLS_DATE},
        {"-rev -tls1_2 -cert expired.pem -key expired.key", "root.pem", END_TLS_DATE},
        {"-rev -tls1_3 -cert self.pem -key self.key", "root.pem", END_TLS_TRUST},
        {"-rev -tls1_3 -cert othersan.pem -key othersan.key", "root.pem", END_TLS_NAME},
        {"-rev -tls1_2 -cipher ECDHE-ECDSA-AES128-CCM8 -cert good.pem -key good.key", "root.pem", END_TLS},
    };

    for (size_t i = 0; i < ARRAY_LEN(row); i++)
        check_row(&row[i]);
}

CHECK_MAIN()
