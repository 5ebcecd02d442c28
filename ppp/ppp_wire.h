/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PPP frames and the header that all control packets share: RFC 1661 sections 2 and 5, protocol.md section 8. */
#ifndef SSTPTUN_PPP_WIRE_H
#define SSTPTUN_PPP_WIRE_H

#include "bytes.h"

enum {
    PPP_PROTO_IPV4 = 0x0021,
    PPP_PROTO_IPV6 = 0x0057,
    PPP_PROTO_IPCP = 0x8021,
    PPP_PROTO_IPV6CP = 0x8057,
    PPP_PROTO_LCP = 0xc021,
    PPP_PROTO_PAP = 0xc023,
    PPP_PROTO_CHAP = 0xc223,
    PPP_PROTO_EAP = 0xc227,
};

/* Protocol numbers from here on are control protocols ([MS-SSTP] 3.2.7.1, RFC 1661 section 2). */
#define PPP_PROTO_CONTROL_FIRST 0x8000

#define PPP_FRAME_HEADER_LEN  4 /* FF 03 and two bytes of protocol: what we send, always */
#define PPP_PACKET_HEADER_LEN 4 /* code, identifier, length */

struct ppp_frame {
    uint16_t protocol;
    struct bytes info;
};

/* Takes frames with and without FF 03 and with protocols of one byte; false when there is no whole protocol field. */
bool ppp_wire_read_frame(struct bytes frame, struct ppp_frame *ret_frame) MUST_USE;

struct ppp_packet {
    uint8_t code;
    uint8_t id;
    struct bytes data;
    struct bytes whole; /* header and data, without the padding that may follow */
};

/* False when the length is below 4 or beyond the frame; bytes behind it are padding (RFC 1661 section 5). */
bool ppp_wire_read_packet(struct bytes info, struct ppp_packet *ret_packet) MUST_USE;

/* "LCP"; "protocol" for those without a name here. */
const char *ppp_wire_protocol_name(uint16_t protocol);

#endif
