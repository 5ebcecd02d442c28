/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <errno.h>
#include <fcntl.h>

#include "tls_io.h"

enum { WANT_READ = -2, GENERAL = -1, RESET = -3, CLOSED = -5 }; /* wolfSSL's IOerrors */

static struct tls_io *open_io(int *ret_peer)
{
    struct tls_io *io = calloc(1, sizeof(*io));
    int pair[2] = {-1, -1};

    CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    io->fd = pair[0];
    *ret_peer = pair[1];
    return io;
}

static void close_io(struct tls_io *io, int peer)
{
    close(io->fd);
    if (peer >= 0)
        close(peer);
    free(io);
}

TEST(one_recv_serves_many_reads)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    char buf[8];

    CHECK_EQ(tls_io_recv(NULL, buf, 5, io), WANT_READ);
    CHECK_EQ(write(peer,
                   "\x17\x03\x03\x00\x03"
                   "abc\x17",
                   9),
             9);
    CHECK_EQ(tls_io_recv(NULL, buf, 5, io), 5);
    CHECK_EQ(tls_io_recv(NULL, buf, 3, io), 3);
    CHECK_MEM(buf, "abc", 3);
    CHECK_EQ(tls_io_recv(NULL, buf, 5, io), 1); /* what there is */
    CHECK_EQ(tls_io_recv(NULL, buf, 4, io), WANT_READ);
    tls_io_begin(io);
    CHECK_EQ(write(peer, "x", 1), 1);
    close(peer);
    CHECK_EQ(tls_io_recv(NULL, buf, 4, io), 1); /* data before the end */
    CHECK(!io->eof);
    CHECK_EQ(tls_io_recv(NULL, buf, 4, io), WANT_READ); /* it took all there was: the loop is asked first */
    CHECK_EQ(tls_io_recv(NULL, buf, 4, io), CLOSED);
    CHECK(io->eof);
    close_io(io, -1);
}

/* The ClientHello is made before there is a connection. */
TEST(what_is_written_before_there_is_a_socket_waits)
{
    char buf[8];
    int peer;
    struct tls_io *io = open_io(&peer);
    int fd = io->fd;

    io->fd = -1;
    CHECK_EQ(tls_io_recv(NULL, buf, 5, io), WANT_READ);
    CHECK(io->recv_error == 0);
    CHECK_EQ(tls_io_send(NULL, memcpy(buf, "hello", 5), 5, io), 5);
    CHECK(!tls_io_flush(io));
    CHECK_EQ(tls_io_pending(io), 5u);
    io->fd = fd;
    CHECK(tls_io_flush(io));
    CHECK_EQ(read(peer, buf, sizeof(buf)), 5);
    CHECK_MEM(buf, "hello", 5);
    close_io(io, peer);
}

TEST(one_call_is_not_fed_for_ever)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    char buf[8];

    for (int i = 0; i < TLS_IO_FILLS_MAX; i++) {
        CHECK_EQ(write(peer, "\x17", 1), 1);
        CHECK_EQ(tls_io_recv(NULL, buf, 1, io), 1);
        CHECK_EQ(tls_io_recv(NULL, buf, 1, io), WANT_READ); /* it took all there was */
    }
    CHECK_EQ(write(peer, "\x17", 1), 1);
    CHECK_EQ(tls_io_recv(NULL, buf, 1, io), WANT_READ);
    tls_io_begin(io);
    CHECK_EQ(tls_io_recv(NULL, buf, 1, io), 1);
    close_io(io, peer);
}

TEST(a_greeting_that_is_no_tls)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    char buf[8];

    CHECK_EQ(write(peer, "220 mail ESMTP\r\n", 16), 16);
    CHECK_EQ(tls_io_recv(NULL, buf, 5, io), GENERAL);
    CHECK(io->not_tls);
    CHECK_STR(io->greeting, "220 mail ESMTP");
    close_io(io, peer);
}

TEST(sending_always_works_within_bounds)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    char *block = calloc(1, 1 << 14), buf[8];

    CHECK(tls_io_may_fill(io));
    for (size_t i = 0; i < TLS_IO_OUT_CAP >> 14; i++)
        CHECK_EQ(tls_io_send(NULL, block, 1 << 14, io), 1 << 14);
    CHECK_EQ(tls_io_pending(io), TLS_IO_OUT_CAP);
    CHECK(tls_io_may_fill(io));
    CHECK_EQ(tls_io_send(NULL, block, 1, io), 1);
    CHECK(!tls_io_may_fill(io));
    /* now the socket is left alone, so that nobody can make us answer without end */
    CHECK_EQ(write(peer, "\x17\x03", 2), 2);
    CHECK_EQ(tls_io_recv(NULL, buf, 2, io), WANT_READ);
    while (!io->overflow && tls_io_pending(io) < 1 << 20)
        (void)tls_io_send(NULL, block, 1 << 10, io);
    CHECK(io->overflow);
    CHECK(tls_io_pending(io) <= TLS_IO_OUT_CAP + TLS_IO_OUT_MORE);
    free(block);
    close_io(io, peer);
}

TEST(what_is_sent_arrives_in_order)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    static uint8_t in[1 << 16];
    uint8_t chunk[1000];
    size_t sent = 0, got = 0, wrong = 0;

    while (got < 3 << 20) {
        while (sent < 3 << 20 && tls_io_pending(io) < TLS_IO_OUT_CAP) {
            for (size_t i = 0; i < sizeof(chunk); i++)
                chunk[i] = (uint8_t)((sent + i) * 7 >> 3);
            CHECK_EQ(tls_io_send(NULL, (char *)chunk, sizeof(chunk), io), sizeof(chunk));
            sent += sizeof(chunk);
        }
        (void)tls_io_flush(io);
        for (ssize_t n; (n = read(peer, in, sizeof(in))) > 0; got += (size_t)n)
            for (size_t i = 0; i < (size_t)n; i++)
                wrong += in[i] != (uint8_t)((got + i) * 7 >> 3);
    }
    CHECK_EQ(wrong, 0);
    close_io(io, peer);
}

TEST(nobody_listens)
{
    int peer;
    struct tls_io *io = open_io(&peer);
    char word[] = "hello", buf[8];

    CHECK_EQ(write(peer, "\x17\x03", 2), 2);
    close(peer);
    CHECK_EQ(tls_io_send(NULL, word, 5, io), 5);
    CHECK(tls_io_flush(io));
    CHECK_EQ(io->send_error, EPIPE);
    CHECK_EQ(tls_io_send(NULL, word, 5, io), 5); /* dropped */
    CHECK_EQ(tls_io_pending(io), 0);
    CHECK_EQ(tls_io_recv(NULL, buf, 8, io), 2); /* what it said last */
    CHECK_EQ(tls_io_recv(NULL, buf, 8, io), WANT_READ);
    CHECK_EQ(tls_io_recv(NULL, buf, 8, io), CLOSED);
    close_io(io, -1);
}

CHECK_MAIN()
