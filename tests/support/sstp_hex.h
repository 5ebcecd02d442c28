/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets in hex for sstp_rig_feed_hex() and sstp_rig_sent_is(), written by hand from protocol.md 4. */
#ifndef SSTP_HEX_H
#define SSTP_HEX_H

/* attribute and status: two digits each, as strings */
#define SSTP_HEX_ABORT(attribute, status) "10010014 00050001 0002000c 000000" attribute "000000" status
#define SSTP_HEX_BARE_ABORT               "10010008 00050000"
#define SSTP_HEX_DISCONNECT               "10010014 00060001 0002000c 00000000 00000000"
#define SSTP_HEX_DISCONNECT_ACK           "10010008 00070000"
#define SSTP_HEX_ECHO_REQUEST             "10010008 00080000"
#define SSTP_HEX_ECHO_RESPONSE            "10010008 00090000"
#define SSTP_HEX_CONNECT_REQUEST          "1001000e 00010001 00010006 0001"
#define SSTP_HEX_NAK                      "10010014 00030001 0002000c 00000001 00000004"
#define SSTP_HEX_LCP_FRAME                "10000008 ff03 c021"
#define SSTP_HEX_IPV4_FRAME               "10000008 ff03 0021"

#endif
