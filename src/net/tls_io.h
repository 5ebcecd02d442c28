/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between wolfSSL and the socket: one recv() fills a read-ahead buffer for many records, and sending appends to a buffer that
 * always accepts, because a write that wolfSSL could not finish must be repeated with the same arguments.
 */
#ifndef SSTPTUN_TLS_IO_H
#define SSTPTUN_TLS_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"

#define TLS_IO_IN_CAP  ((size_t)128 << 10)
#define TLS_IO_OUT_CAP ((size_t)256 << 10) /* for what the caller writes */
#define TLS_IO_OUT_MORE \
    ((size_t)192 << 10) /* on top, for what TLS says by itself: answers to one buffer of input */
#define TLS_IO_GREETING 48

struct tls_io {
    int fd; /* the caller's; -1: not yet, as if it were silent and full */
    size_t in_pos, in_len;
    size_t out_pos, out_len;
    bool drained;     /* the last recv() took all there was: say so once before asking again */
    unsigned n_fills; /* of the present turn, see tls_io_begin() */
    bool heard;       /* at least one byte came */
    bool eof;         /* the peer will send no more */
    int recv_error;   /* errno, 0: none */
    int send_error;
    bool overflow;                  /* the peer made TLS answer more than there is room for */
    bool not_tls;                   /* the first bytes cannot be TLS */
    char greeting[TLS_IO_GREETING]; /* what they were, harmless characters */
    uint8_t in[TLS_IO_IN_CAP];
    uint8_t out[TLS_IO_OUT_CAP + TLS_IO_OUT_MORE];
};

/* wolfSSL's callbacks (CallbackIORecv, CallbackIOSend) without its types; ctx is the struct tls_io. */
struct WOLFSSL;
int tls_io_recv(struct WOLFSSL *ssl, char *buf, int len, void *ctx);
int tls_io_send(struct WOLFSSL *ssl, char *buf, int len, void *ctx);

/*
 * wolfSSL's turn begins: a handshake's step, or a batch of reads. It may fill the buffer TLS_IO_FILLS_MAX times and then gets
 * nothing more, as if the socket were empty. wolfSSL goes on by itself through records that carry no data (KeyUpdate,
 * tickets): without a bound a peer that sends little else would keep us from our timers and signals.
 */
#define TLS_IO_FILLS_MAX 4
void tls_io_begin(struct tls_io *io);

/* One send(). True when nothing is left to send, also because nobody is there any more (send_error). */
bool tls_io_flush(struct tls_io *io);

size_t tls_io_pending(const struct tls_io *io); /* bytes to send */
bool tls_io_may_fill(
    const struct tls_io *io); /* the socket may be read: not too much is waiting to be sent */

#endif
