/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What needs a file or a right comes first: random numbers, TLS, trusted certificates. Then the sandbox, then all that
 * can be done without the network, and only then the first byte of it. What the fork has left to it and is not needed goes before all else: the terminal, every
 * descriptor but the two channels, the session of the shell.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "rng.h"
#include "session.h"

/*
 * Descriptors 0 to 2 lead nowhere: to a pipe that nobody reads, for /dev/null need not exist. They must not be free, or
 * the next socket would become standard error, and what a library says in its last moment would go to the server.
 */
static bool leave_terminal(struct end *ret_end)
{
    int nowhere[2];

    (void)setsid(); /* a terminal's keys and hang-ups are not for this process */
    if (pipe2(nowhere, O_CLOEXEC | O_NONBLOCK) == 0 && dup2(nowhere[0], STDIN_FILENO) >= 0 &&
        dup2(nowhere[1], STDOUT_FILENO) >= 0 && dup2(nowhere[1], STDERR_FILENO) >= 0)
        return true;
    *ret_end = end_make(END_HOST, 0, "cannot let go of the terminal: %s", strerror(errno));
    return false;
}

static void close_others(const struct remote *remote)
{
    const int keep[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, remote->request_fd, remote->order_fd};

    sandbox_close_others(keep, ARRAY_LEN(keep));
}

static bool open_tls(struct worker *worker, struct end *ret_end)
{
    const struct options *options = worker->options;
    struct tls_config config = {
        .host = options->host,
        .ca_file = options->ca_file,
        .no_system_trust = options->no_system_trust,
        .n_pin = options->n_pin,
    };

    memcpy(config.pin, options->pin, sizeof(options->pin));
    worker->tls = tls_new(&config, &worker->log, ret_end);
    return worker->tls != NULL;
}

static bool prepare(struct worker *worker, struct end *ret_end)
{
    child_set_name("sstptun-net");
    if (!leave_terminal(ret_end))
        return false;
    close_others(&worker->remote);
    if (rng_open() < 0) {
        *ret_end =
            end_make(END_HOST, 0, "no source of random numbers: getrandom(2) and /dev/urandom both failed");
        return false;
    }
    if (!open_tls(worker, ret_end))
        return false;
    child_forget_environment(); /* SSL_CERT_FILE and SSL_CERT_DIR were the last that was wanted of it */
    return true;
}

/* False when the keeper is gone. */
static bool confine(struct worker *worker, pid_t keeper)
{
    struct sandbox_report report;

    if (sandbox_enter(SANDBOX_WORKER, keeper, &report) < 0)
        return false;
    remote_ready(&worker->remote, &report);
    return true;
}

static bool order_is_sane(const struct order_start *start)
{
    return start->user_len <= sizeof(start->user) &&
           memchr(start->interface, '\0', sizeof(start->interface)) != NULL;
}

/* The first order is START with the device, or STOP. */
static bool wait_for_start(struct worker *worker)
{
    struct order order;
    int fd = -1;

    if (!remote_order(&worker->remote, CHANNEL_WAIT, &order, &fd) || order.type != ORDER_START || fd < 0 ||
        !order_is_sane(&order.start))
        return false;
    worker->start = order.start;
    worker->tun = (struct tun){.fd = fd, .vnet = order.start.vnet, .offloads = order.start.offloads};
    memcpy(worker->tun.name, order.start.interface, sizeof(worker->tun.name));
    return true;
}

bool worker_begin(struct worker *worker, const struct worker_config *config)
{
    struct end end;

    *worker = (struct worker){.options = config->options, .remote = config->remote, .tun = {.fd = -1}};
    worker->log = remote_log(&worker->remote, config->log_max);
    worker->env = (struct env){.random = rng_fill, .user = NULL, .log = &worker->log};
    if (!prepare(worker, &end)) {
        remote_end(&worker->remote, &end, END_STAGE_START);
        return false;
    }
    if (!confine(worker, config->keeper))
        return false;
    tls_prepare(worker->tls); /* while the keeper opens the device: ready before there is a connection */
    return wait_for_start(worker);
}

void worker_serve(struct worker *worker)
{
    enum end_stage stage;
    struct end end = session_run(worker, &stage);

    remote_end(&worker->remote, &end, stage);
}

void worker_done(struct worker *worker)
{
    tls_free(worker->tls);
    tun_close(&worker->tun);
    rng_close();
}

int worker_run(const struct worker_config *config)
{
    struct worker worker;
    bool good = worker_begin(&worker, config);

    if (good)
        worker_serve(&worker);
    worker_done(&worker);
    return good ? 0 : 1;
}
