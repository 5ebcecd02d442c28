/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The byte stream as packets with the 4-byte header of [MS-SSTP] 2.2.1: Version | Reserved, C | R, Length.
 * TLS records mean nothing: a packet may span several, and one may hold several.
 */
#ifndef SSTPTUN_SSTP_FRAME_H
#define SSTPTUN_SSTP_FRAME_H

#include "bytes.h"
#include "macros.h"

#define SSTP_VERSION             0x10
#define SSTP_FRAME_HEADER_LEN    4
#define SSTP_FRAME_LENGTH_OFFSET 2

enum sstp_frame {
    SSTP_FRAME_MORE,    /* not all of it is here yet */
    SSTP_FRAME_BAD,     /* not SSTP: close without a message, [MS-SSTP] 3.1.5.1 */
    SSTP_FRAME_DATA,    /* C = 0: a PPP frame */
    SSTP_FRAME_CONTROL, /* C = 1 */
};

/*
 * The first packet of the stream: for DATA and CONTROL *ret_payload is a view of what follows the header, and
 * the packet took SSTP_FRAME_HEADER_LEN bytes more than it has. A bad version is seen with the first byte, a
 * bad length with the fourth.
 */
enum sstp_frame sstp_frame_next(struct bytes stream, struct bytes *ret_payload) MUST_USE;

/* The header of a control packet, its length (at SSTP_FRAME_LENGTH_OFFSET) left to be patched. */
void sstp_frame_put_control_header(struct writer *w);

#endif
