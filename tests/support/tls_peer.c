/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop.h"

#define LIMIT (30 * USEC_PER_SEC) /* nothing takes so long on loopback */

static char dir[] = "/tmp/sstptun-certs-XXXXXX";

static int run(char *const argv[])
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    return status;
}

static void remove_certs(void)
{
    char rm[] = "rm", force[] = "-rf";
    char *argv[] = {rm, force, dir, NULL};

    (void)run(argv);
}

const char *tls_peer_certs(void)
{
    static enum { NOT_MADE, MADE, FAILED } state;
    char script[] = TESTS_DIR "/support/make-certs";
    char *argv[] = {script, dir, NULL};

    if (state == NOT_MADE) {
        state = mkdtemp(dir) && run(argv) == 0 ? MADE : FAILED;
        (void)atexit(remove_certs);
        if (state == FAILED)
            fprintf(stderr, "%s failed: is openssl installed?\n", script);
    }
    return state == MADE ? dir : NULL;
}

const char *tls_peer_path(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];

    (void)tls_peer_certs();
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
    return path;
}

/* An address of loopback for this process alone: a port that was free a moment ago is still free then. */
static uint32_t own_address(void)
{
    static pid_t owner; /* a child that is a client goes where its parent's server is */

    if (owner == 0)
        owner = getpid();
    return INADDR_LOOPBACK + ((uint32_t)owner % 60000 + 10) * 256;
}

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(own_address())};
}

/* A bound socket tells a free port. */
static int bind_free(uint16_t *ret_port)
{
    struct sockaddr_in addr = loopback(0);
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        abort();
    *ret_port = ntohs(addr.sin_port);
    return fd;
}

static size_t split(char *args, char **argv, size_t n, size_t max)
{
    for (char *word = strtok(args, " "); word && n < max - 1; word = strtok(NULL, " "))
        argv[n++] = word;
    argv[n] = NULL;
    return n;
}

static _Noreturn void become_server(const char *args, struct sockaddr_in addr, int in, int out)
{
    char line[512], *argv[48];

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)dup2(in, 0);
    (void)dup2(out, 1);
    (void)dup2(open("/dev/null", O_WRONLY), 2);
    (void)snprintf(line, sizeof(line), "openssl s_server -naccept 1 -accept %s:%u %s",
                   inet_ntoa(addr.sin_addr), ntohs(addr.sin_port), args);
    (void)split(line, argv, 0, ARRAY_LEN(argv));
    if (chdir(dir) == 0)
        (void)execvp(argv[0], argv);
    _exit(127);
}

bool tls_peer_start(struct tls_peer *peer, const char *args)
{
    struct sockaddr_in addr;
    int in[2], out[2];

    if (!tls_peer_certs() || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
        return false;
    close(bind_free(&peer->port));
    addr = loopback(peer->port);
    peer->pid = fork();
    if (peer->pid == 0)
        become_server(args, addr, in[0], out[1]);
    close(in[0]);
    close(out[1]);
    peer->in = in[1];
    peer->out = out[0];
    (void)fcntl(peer->in, F_SETFL, O_NONBLOCK);
    (void)fcntl(peer->out, F_SETFL, O_NONBLOCK);
    return peer->pid > 0;
}

static _Noreturn void become_raw_server(int listener, const void *data, size_t len, bool reset)
{
    char buf[4096];
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    int fd = accept(listener, NULL, NULL);

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!read(fd, buf, sizeof(buf));
    (void)!write(fd, data, len);
    if (reset)
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    close(fd);
    _exit(0);
}

bool tls_peer_start_raw(struct tls_peer *peer, const void *data, size_t len, bool reset)
{
    int listener = bind_free(&peer->port);

    if (listen(listener, 1) < 0)
        abort();
    peer->in = peer->out = -1;
    peer->pid = fork();
    if (peer->pid == 0)
        become_raw_server(listener, data, len, reset);
    close(listener);
    return peer->pid > 0;
}

bool tls_peer_command(struct tls_peer *peer, const char *line)
{
    usec_t limit = loop_now() + LIMIT;
    int unread = 1;

    if (write(peer->in, line, strlen(line)) != (ssize_t)strlen(line))
        return false;
    while (ioctl(peer->in, FIONREAD, &unread) == 0 && unread > 0 && loop_now() < limit)
        usleep(500);
    return unread == 0;
}

bool tls_peer_says(struct tls_peer *peer, const char *text)
{
    static char heard[1 << 16];
    size_t len = 0;
    usec_t limit = loop_now() + LIMIT;

    while (loop_now() < limit && len < sizeof(heard)) {
        struct pollfd p = {.fd = peer->out, .events = POLLIN};
        ssize_t n;

        (void)poll(&p, 1, 100);
        n = read(peer->out, heard + len, sizeof(heard) - len);
        if (n == 0)
            return false;
        len += n > 0 ? (size_t)n : 0;
        if (memmem(heard, len, text, strlen(text)))
            return true;
    }
    return false;
}

void tls_peer_stop(struct tls_peer *peer)
{
    if (peer->in >= 0)
        close(peer->in);
    if (peer->out >= 0)
        close(peer->out);
    peer->in = peer->out = -1;
    if (peer->pid <= 0)
        return;
    (void)kill(peer->pid, SIGKILL);
    (void)waitpid(peer->pid, NULL, 0);
    peer->pid = 0;
}

/* The server listens a moment after it was started. */
static int connect_to(const struct tls_peer *peer)
{
    struct sockaddr_in addr = loopback(peer->port);
    usec_t limit = loop_now() + LIMIT;

    while (loop_now() < limit) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
            (void)fcntl(fd, F_SETFL, O_NONBLOCK);
            return fd;
        }
        close(fd);
        usleep(5000);
    }
    return -1;
}

static void wait_for(struct tls_client *client)
{
    struct pollfd p = {.fd = client->fd};

    p.events =
        (short)((tls_wants_read(client->tls) ? POLLIN : 0) | (tls_wants_write(client->tls) ? POLLOUT : 0));
    if (poll(&p, 1, (int)(LIMIT / USEC_PER_MSEC)) == 0)
        fprintf(stderr, "tls_peer: nothing happened for a long time\n");
    if (p.revents & POLLOUT)
        (void)!tls_flush(client->tls);
}

bool tls_client_open(struct tls_client *client, const struct tls_peer *peer, const struct tls_config *config)
{
    *client = (struct tls_client){.fd = -1, .status = TLS_FAILED};
    client->tls = tls_new(config, NULL, &client->end);
    if (!client->tls)
        return false;
    client->fd = connect_to(peer);
    return client->fd >= 0;
}

bool tls_client_handshake(struct tls_client *client)
{
    usec_t limit = loop_now() + LIMIT;

    tls_prepare(client->tls);
    if (!tls_start(client->tls, client->fd))
        return false;
    while ((client->status = tls_handshake(client->tls)) == TLS_AGAIN && loop_now() < limit)
        wait_for(client);
    client->end = *tls_end(client->tls);
    return client->status == TLS_OK;
}

bool tls_client_connect(struct tls_client *client, const struct tls_peer *peer,
                        const struct tls_config *config)
{
    return tls_client_open(client, peer, config) && tls_client_handshake(client);
}

bool tls_client_read(struct tls_client *client, void *buf, size_t n)
{
    usec_t limit = loop_now() + LIMIT;
    size_t have = 0, len;

    while (have < n && loop_now() < limit) {
        tls_read_begin(client->tls);
        client->status = tls_read(client->tls, (uint8_t *)buf + have, n - have, &len);
        (void)!tls_flush(client->tls);
        if (client->status == TLS_OK)
            have += len;
        else if (client->status == TLS_AGAIN)
            wait_for(client);
        else
            break;
    }
    client->end = *tls_end(client->tls);
    return have == n;
}

enum tls_status tls_client_drain(struct tls_client *client)
{
    uint8_t byte;

    while (tls_client_read(client, &byte, 1))
        continue;
    return client->status;
}

bool tls_client_write(struct tls_client *client, const void *data, size_t len)
{
    if (!tls_write(client->tls, bytes_of(data, len)))
        return false;
    while (tls_flush(client->tls) == TLS_AGAIN)
        wait_for(client);
    return true;
}

void tls_client_close(struct tls_client *client)
{
    tls_free(client->tls);
    if (client->fd >= 0)
        close(client->fd);
    *client = (struct tls_client){.fd = -1};
}
