/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device, in place of tun/tun.c's reads and writes: whatever is written to it must be what a kernel takes. */
#include <errno.h>

#include "ip_wire.h"
#include "ra.h"
#include "session_rig.h"
#include "tun_vnet.h"

struct session_host session_host;

int __real_pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram);
int __wrap_pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram);

ssize_t tun_read(const struct tun *tun, uint8_t *buf, size_t cap)
{
    MUST(tun == &rig.tun);
    if (session_host.read_error != 0)
        return -session_host.read_error;
    if (session_host.n == 0)
        return 0;
    session_host.n--;
    MUST(session_host.len <= cap); /* a kernel cuts; our buffer holds the longest there is */
    memcpy(buf, session_host.data, session_host.len);
    return (ssize_t)session_host.len;
}

static size_t claimed_len(const uint8_t *datagram, size_t len)
{
    if (datagram[0] >> 4 == 4)
        return len < 20 ? 0 : ip_wire_u16(datagram + IP4_AT_LEN);
    return len < IP6_HEADER_LEN ? 0 : (size_t)ip_wire_u16(datagram + IP6_AT_LEN) + IP6_HEADER_LEN;
}

static void check_datagram(const uint8_t *datagram, size_t len)
{
    bool ipv6;

    MUST(len > 0 && (datagram[0] >> 4 == 4 || datagram[0] >> 4 == 6));
    ipv6 = datagram[0] >> 4 == 6;
    MUST(claimed_len(datagram, len) == len);
    MUST(!ipv6 || !ra_claims(bytes_of(datagram, len)));
}

/*
 * Only what came while its family was up. It is asked for where the datagram comes, not where it is written: what is held
 * back for merging goes out at the end of the batch, and the family may have gone down in it.
 */
int __wrap_pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram)
{
    MUST(session_watched.authenticated);
    if (datagram.data[0] >> 4 == 6)
        MUST(session_hostnet.ipv6_state == HOSTNET_UP);
    else
        MUST(session_hostnet.ipv4_state == HOSTNET_UP);
    return __real_pump_deliver(pump, tun, datagram);
}

/* As the kernel's virtio_net_hdr_to_skb() looks at it. */
static void check_header(const struct tun_vnet *header, size_t len, bool merged)
{
    MUST((header->flags & ~(TUN_VNET_NEEDS_CHECKSUM | TUN_VNET_DATA_VALID)) == 0);
    if (header->flags & TUN_VNET_NEEDS_CHECKSUM)
        MUST((size_t)header->csum_start + header->csum_offset + 2u <= len);
    MUST(merged == (header->gso_type != TUN_VNET_GSO_NONE));
    if (!merged)
        return;
    MUST(header->flags & TUN_VNET_NEEDS_CHECKSUM);
    MUST(header->gso_size > 0 && header->hdr_len < len && header->csum_start < header->hdr_len);
    MUST(header->gso_type == TUN_VNET_GSO_UDP_L4 ? rig.offloads & TUN_GRO_UDP : rig.offloads & TUN_GRO_TCP);
}

static void check_write(const uint8_t *data, size_t len, bool merged)
{
    struct tun_vnet header;
    size_t skip = rig.tun.vnet ? sizeof(header) : 0;

    MUST(len > skip);
    if (rig.tun.vnet) {
        memcpy(&header, data, sizeof(header));
        check_header(&header, len - skip, merged);
    }
    check_datagram(data + skip, len - skip);
}

int tun_write(const struct tun *tun, const struct iovec *iov, int n_iov)
{
    static uint8_t flat[TUN_VNET_LEN + 65536];
    bool merged = n_iov > (tun->vnet ? 2 : 1);
    size_t len = 0;

    for (int i = 0; i < n_iov; i++) {
        MUST(iov[i].iov_len <= sizeof(flat) - len);
        memcpy(flat + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    check_write(flat, len, merged);
    if (merged && session_host.refuses_merged)
        return -EINVAL;
    return -session_host.write_error;
}
