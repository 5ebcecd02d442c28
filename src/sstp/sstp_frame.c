/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * On receipt only bit 0 of the second byte and the low twelve bits of the length count, the rest is reserved
 * and masked; we send zeros there, since accel-ppp compares the whole byte and rejects lengths above 4095
 * (protocol.md 4). sstp.h has the header of data packets, which the packet path writes itself.
 */
#include "sstp_frame.h"

#define CONTROL_BIT 0x01
#define LENGTH_MASK 0x0fff

enum sstp_frame sstp_frame_next(struct bytes stream, struct bytes *ret_payload)
{
    size_t len;

    if (stream.len > 0 && stream.data[0] != SSTP_VERSION)
        return SSTP_FRAME_BAD;
    if (stream.len < SSTP_FRAME_HEADER_LEN)
        return SSTP_FRAME_MORE;
    len = (size_t)(stream.data[2] << 8 | stream.data[3]) & LENGTH_MASK;
    if (len < SSTP_FRAME_HEADER_LEN)
        return SSTP_FRAME_BAD;
    if (stream.len < len)
        return SSTP_FRAME_MORE;
    *ret_payload = bytes_of(stream.data + SSTP_FRAME_HEADER_LEN, len - SSTP_FRAME_HEADER_LEN);
    return stream.data[1] & CONTROL_BIT ? SSTP_FRAME_CONTROL : SSTP_FRAME_DATA;
}

void sstp_frame_put_control_header(struct writer *w)
{
    writer_u8(w, SSTP_VERSION);
    writer_u8(w, CONTROL_BIT);
    writer_u16(w, 0);
}
