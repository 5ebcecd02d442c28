/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header that a TUN with IFF_VNET_HDR puts before each datagram, in both directions and before every kind of it: the
 * virtio 1.2 specification's (5.1.6) without num_buffers, 10 bytes, in this host's byte order (the kernel's struct
 * virtio_net_hdr; here because not every libc has the kernel's headers).
 */
#ifndef SSTPTUN_TUN_VNET_H
#define SSTPTUN_TUN_VNET_H

#include <stdint.h>

#define TUN_VNET_LEN 10

#define TUN_VNET_NEEDS_CHECKSUM \
    1 /* flags: the field at csum_start + csum_offset holds the pseudo header's sum only */
#define TUN_VNET_DATA_VALID 2 /* flags: the checksum was verified */

#define TUN_VNET_GSO_NONE   0
#define TUN_VNET_GSO_TCPV4  1
#define TUN_VNET_GSO_TCPV6  4
#define TUN_VNET_GSO_UDP_L4 5    /* datagrams of gso_size each, the last may be shorter; Linux 6.2 */
#define TUN_VNET_GSO_ECN    0x80 /* beside a TCP type: CWR belongs to the first segment only */

struct tun_vnet {
    uint8_t flags;
    uint8_t gso_type;
    uint16_t
        hdr_len; /* what the kernel says here cannot be relied on; what we say is used to lay out memory */
    uint16_t gso_size;   /* payload of each segment */
    uint16_t csum_start; /* from the start of the datagram: where the transport header is */
    uint16_t csum_offset;
};

_Static_assert(sizeof(struct tun_vnet) == TUN_VNET_LEN, "the kernel's layout has no padding");

#endif
