/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways to be a nuisance with what is allowed, and ways to end. */
#include "inside.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "channel.h"

static void hang(struct worker *worker)
{
    char byte;

    for (;;)
        (void)recv(worker->remote.request_fd, &byte, 1, 0);
}

/* Up, then deaf and dumb. */
static void hang_up(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    hang(worker);
}

static void spin(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    for (volatile unsigned i = 0;; i++)
        continue;
}

static struct request line(enum log_level level, const char *text)
{
    struct request request = {.type = REQUEST_LOG, .log = {.level = (uint32_t)level}};

    memcpy(request.log.line, text, strlen(text));
    return request;
}

static void flood(struct worker *worker, enum log_level level)
{
    struct request request = line(level, "");

    memset(request.log.line, 'x', sizeof(request.log.line) - 1);
    (void)climb(worker, RUNG_UP);
    for (;;)
        ask_for(worker, &request, NULL);
}

static void flood_log(struct worker *worker)
{
    flood(worker, LOG_LEVEL_ERROR);
}

static void flood_debug(struct worker *worker)
{
    flood(worker, LOG_LEVEL_DEBUG);
}

/* Addresses that come and go as fast as the kernel can. */
static void flood_ipv4(struct worker *worker)
{
    struct request request = {.type = REQUEST_IPV4, .ipv4 = {.present = 1, .peer = {10, 9, 0, 1}}};

    (void)climb(worker, RUNG_UP);
    for (uint32_t i = 0;; i++) {
        const uint8_t local[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i | 1};

        memcpy(request.ipv4.local, local, sizeof(local));
        ask_for(worker, &request, NULL);
    }
}

/* Answers that nobody reads. */
static void deaf(struct worker *worker)
{
    struct request request = {.type = REQUEST_AUTH_MSCHAPV2};

    (void)climb(worker, RUNG_UP);
    while (channel_send(worker->remote.request_fd, &request, request_len(request.type), -1, CHANNEL_WAIT) ==
           0)
        continue;
    hang(worker);
}

/* What a terminal would obey: colours, a title, its own answer as input, C1 alone and in UTF-8, half a character. */
#define ESCAPES                          \
    "\033[2J\033]0;owned\007\033[6n\x9b" \
    "31m \xc2\x9b"                       \
    "31m\r\b\x7f\t\n \xe2\x82 \xff \xc0\x80 end"

static void escape_log(struct worker *worker)
{
    struct request request = line(LOG_LEVEL_ERROR, ESCAPES);
    struct request end = {.type = REQUEST_END, .end = {.words = {.reason = END_LOST}, .stage = END_STAGE_UP}};

    memcpy(end.end.words.detail, ESCAPES, sizeof(ESCAPES));
    memcpy(end.end.words.hint, ESCAPES, sizeof(ESCAPES));
    (void)climb(worker, RUNG_UP);
    ask_for(worker, &request, NULL);
    ask_for(worker, &end, NULL);
    leave(0);
}

static void close_request(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    close(worker->remote.request_fd);
    for (struct order order; remote_order(&worker->remote, CHANNEL_WAIT, &order, NULL);)
        continue;
}

static void close_order(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    close(worker->remote.order_fd);
    hang(worker);
}

static void close_tun(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    close(worker->tun.fd);
    hang(worker);
}

static void end_hang(struct worker *worker)
{
    (void)climb(worker, RUNG_ENDED);
    hang(worker);
}

static void end_alone(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    leave(0);
}

static void end_status(struct worker *worker)
{
    (void)climb(worker, RUNG_CHOSEN);
    leave(77);
}

static void crash(struct worker *worker)
{
    volatile char *volatile nowhere = NULL;

    (void)climb(worker, RUNG_UP);
    *nowhere = 1;
}

static void crash_abort(struct worker *worker)
{
    (void)climb(worker, RUNG_UP);
    abort();
}

/* Recursion without end: the stack's limit, and no handler to run on another one. */
static unsigned dive(volatile unsigned *above)
{
    volatile unsigned here[1024] = {*above + 1};

    return here[0] == 0 ? 0 : dive(here) + here[0];
}

static void crash_stack(struct worker *worker)
{
    volatile unsigned top = 0;

    (void)climb(worker, RUNG_UP);
    (void)dive(&top);
}

/* All the memory that there is for it; then it says how much, and ends. */
static void gorge(struct worker *worker)
{
    struct request request = line(LOG_LEVEL_NOTICE, "");
    struct request end = {.type = REQUEST_END, .end = {.words = {.reason = END_LOST}, .stage = END_STAGE_UP}};
    unsigned n = 0;
    char *block;

    (void)climb(worker, RUNG_UP);
    while (n < 1024 && (block = malloc(1 << 20)) != NULL) {
        memset(block, 1, 1 << 20);
        n++;
    }
    (void)snprintf(request.log.line, sizeof(request.log.line), "inside: gorge: %u MiB", n);
    ask_for(worker, &request, NULL);
    ask_for(worker, &end, NULL);
    leave(0);
}

static const struct {
    const char *name;
    void (*live)(struct worker *worker);
} lives[] = {
    {"hang", hang_up},
    {"spin", spin},
    {"flood-log", flood_log},
    {"flood-debug", flood_debug},
    {"flood-ipv4", flood_ipv4},
    {"deaf", deaf},
    {"escapes", escape_log},
    {"close-request", close_request},
    {"close-order", close_order},
    {"close-tun", close_tun},
    {"end-hang", end_hang},
    {"end-alone", end_alone},
    {"end-status", end_status},
    {"crash", crash},
    {"abort", crash_abort},
    {"crash-stack", crash_stack},
    {"gorge", gorge},
};

bool act_life(struct worker *worker, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        if (strcmp(lives[i].name, name) == 0) {
            lives[i].live(worker);
            return true;
        }
    }
    return false;
}
