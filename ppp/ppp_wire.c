/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a frame is. We ask for neither address-and-control nor protocol field compression, but servers on pppd send both
 * all the same (protocol.md 15, Q8), so every shape is read; only one is ever sent.
 */
#include "ppp_wire.h"

#include "ppp.h"

/* FF is no valid first byte of a protocol, so FF 03 can be nothing but the address and control fields. */
static bool has_address_control(struct bytes frame)
{
    return frame.len >= 2 && frame.data[0] == 0xff && frame.data[1] == 0x03;
}

bool ppp_wire_read_frame(struct bytes frame, struct ppp_frame *ret_frame)
{
    struct reader r = reader_of(frame);
    uint16_t protocol;

    if (has_address_control(frame))
        (void)reader_take(&r, 2);
    protocol = reader_u8(&r);
    if (!(protocol & 1)) /* an odd first byte is the last one: RFC 1661 section 2 */
        protocol = (uint16_t)(protocol << 8 | reader_u8(&r));
    if (!reader_ok(&r))
        return false;
    *ret_frame = (struct ppp_frame){.protocol = protocol, .info = reader_rest(&r)};
    return true;
}

bool ppp_wire_read_packet(struct bytes info, struct ppp_packet *ret_packet)
{
    struct reader r = reader_of(info);
    struct ppp_packet packet;
    uint16_t len;

    packet.code = reader_u8(&r);
    packet.id = reader_u8(&r);
    len = reader_u16(&r);
    if (!reader_ok(&r) || len < PPP_PACKET_HEADER_LEN || len > info.len)
        return false;
    packet.data = reader_take(&r, (size_t)len - PPP_PACKET_HEADER_LEN);
    packet.whole = bytes_of(info.data, len);
    *ret_packet = packet;
    return true;
}

const char *ppp_wire_protocol_name(uint16_t protocol)
{
    switch (protocol) {
    case PPP_PROTO_IPV4: return "IPv4";
    case PPP_PROTO_IPV6: return "IPv6";
    case PPP_PROTO_IPCP: return "IPCP";
    case PPP_PROTO_IPV6CP: return "IPV6CP";
    case PPP_PROTO_LCP: return "LCP";
    case PPP_PROTO_PAP: return "PAP";
    case PPP_PROTO_CHAP: return "CHAP";
    case PPP_PROTO_EAP: return "EAP";
    case 0x80fd: return "CCP";
    case 0x8053: return "ECP";
    case 0x8031: return "BCP";
    case 0x8281: return "MPLSCP";
    case 0xc025: return "LQR";
    case 0xc029: return "CBCP";
    default: return "protocol";
    }
}

enum ppp_class ppp_classify(struct bytes frame, struct bytes *ret_datagram)
{
    struct ppp_frame parsed;

    if (!ppp_wire_read_frame(frame, &parsed))
        return PPP_CLASS_BAD;
    if (parsed.protocol >= PPP_PROTO_CONTROL_FIRST)
        return PPP_CLASS_CONTROL;
    if (parsed.protocol != PPP_PROTO_IPV4 && parsed.protocol != PPP_PROTO_IPV6)
        return PPP_CLASS_OTHER;
    *ret_datagram = parsed.info;
    return parsed.protocol == PPP_PROTO_IPV4 ? PPP_CLASS_IPV4 : PPP_CLASS_IPV6;
}
