/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Out: one read of the device, up to 64 KB, is split straight into the record, behind the room for each frame's two
 * headers (SSTP, PPP), checksums finished on the way. A record is cut at frame boundaries and never waited for: what is
 * there, goes. A super-segment that does not fit goes on in the next record.
 *
 * In: datagrams are merged per flow while they lie in the plaintext, and written with one writev() for each merged one.
 * A kernel that refuses a merged write (some 6.6 ones do, EINVAL) gets its datagrams one by one, and no merged ones of
 * that kind any more: no packet is lost to finding out.
 */
#include "pump.h"

#include <errno.h>

#include "ra.h"

#define READS_MAX       512 /* what may not leave takes no room, but time */
#define HEADERS_LEN     (SSTP_HEADER_LEN + PPP_DATA_HEADER_LEN)
#define DATAGRAM_MAX    (SSTP_PAYLOAD_MAX - PPP_DATA_HEADER_LEN)
#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_LEN 40
#define ICMP            1
#define ICMP_REDIRECT   5 /* RFC 792 */

void pump_init(struct pump *pump, const struct tun *tun)
{
    pump->offloads = tun->offloads;
    tun_gro_init(&pump->gro, pump->offloads);
}

/* The version nibble, RFC 791 3.1, RFC 8200 3. */
static unsigned ip_version(const uint8_t *datagram)
{
    return datagram[0] >> 4;
}

static void write_headers(uint8_t *at, size_t datagram_len)
{
    sstp_data_header(at, PPP_DATA_HEADER_LEN + datagram_len);
    ppp_data_header(at + SSTP_HEADER_LEN, ip_version(at + HEADERS_LEN) == 6);
}

/* Router discovery is ours (ra.h): the kernel, which never sees an answer, would solicit for ever. */
static bool may_leave(const uint8_t *datagram, size_t len, struct pump_families allowed)
{
    if (len < IPV4_HEADER_MIN)
        return false;
    if (ip_version(datagram) == 4)
        return allowed.ipv4;
    return ip_version(datagram) == 6 && len >= IPV6_HEADER_LEN && allowed.ipv6 &&
           !ra_claims(bytes_of(datagram, len));
}

static bool device_is_gone(int r)
{
    return r == -EBADF || r == -EBADFD || r == -ENODEV;
}

/*
 * One read of the device. 1: gso may have something; 0: nothing there; -errno. EINVAL is about one packet, which is gone
 * with it: segmentation that the header cannot tell (of a tunnel, say, on a host that forwards). A device that says nothing
 * else is of no use.
 */
static int read_device(struct pump *pump, const struct tun *tun, struct pump_families allowed)
{
    size_t skip =
        tun->vnet ? 0 : TUN_VNET_LEN; /* where there is no header, zeroes say the same: nothing to do */
    ssize_t got = tun_read(tun, pump->device + skip, sizeof(pump->device) - skip);
    struct bytes read;

    if (got == -EINVAL) {
        pump->stats.tx_malformed++;
        return ++pump->n_untold > READS_MAX ? -EINVAL : 1;
    }
    if (got <= 0)
        return (int)got;
    pump->n_untold = 0;
    read = bytes_of(pump->device, (size_t)got + skip);
    pump->stats.tx_reads++;
    if (read.len <= TUN_VNET_LEN || !may_leave(read.data + TUN_VNET_LEN, read.len - TUN_VNET_LEN, allowed)) {
        pump->stats.tx_dropped++;
        return 1;
    }
    if (tun_gso_begin(&pump->gso, read) != TUN_GSO_OK) {
        pump->stats.tx_malformed++;
        return 1;
    }
    if (tun_gso_next_len(&pump->gso) > DATAGRAM_MAX) {
        pump->stats.tx_dropped++;
        return 1;
    }
    pump->pending = true;
    pump->stats.tx_super += tun_gso_next_len(&pump->gso) < read.len - TUN_VNET_LEN;
    return 1;
}

/* Moves what gso still has into the record. False when the record is full. */
static bool fill_record(struct pump *pump, size_t *used)
{
    size_t len;

    while ((len = tun_gso_next_len(&pump->gso)) > 0) {
        uint8_t *at = pump->tx + *used;

        if (*used + HEADERS_LEN + len > sizeof(pump->tx))
            return false;
        len = tun_gso_next(&pump->gso, at + HEADERS_LEN, len);
        write_headers(at, len);
        *used += HEADERS_LEN + len;
        pump->stats.tx_packets++;
        pump->stats.tx_bytes += len;
    }
    pump->pending = false;
    return true;
}

int pump_collect(struct pump *pump, const struct tun *tun, struct pump_families allowed,
                 struct bytes *ret_frames)
{
    size_t used = 0;
    int r = 1;

    for (int i = 0; i < READS_MAX && r > 0; i++) {
        if (pump->pending && !fill_record(pump, &used))
            break;
        r = read_device(pump, tun, allowed);
    }
    if (r <= 0 && used > 0)
        r = 0; /* an error shows again at the next read */
    pump->stats.tx_records += used > 0;
    *ret_frames = bytes_of(pump->tx, used);
    return r;
}

void pump_withhold(struct pump *pump, struct pump_families allowed)
{
    bool ipv6 = ip_version(pump->device + TUN_VNET_LEN) == 6;

    if (!pump->pending || (ipv6 ? allowed.ipv6 : allowed.ipv4))
        return;
    pump->pending = false;
    pump->stats.tx_dropped++;
}

struct bytes pump_frame(struct pump *pump, struct bytes datagram)
{
    memcpy(pump->tx + HEADERS_LEN, datagram.data, datagram.len);
    write_headers(pump->tx, datagram.len);
    return bytes_of(pump->tx, HEADERS_LEN + datagram.len);
}

struct bytes pump_first(struct pump *pump, const struct ppp_ipv4 *ip)
{
    uint8_t buf[28];
    struct writer w = writer_of(buf, sizeof(buf));
    struct ipaddr peer = ipaddr_v4(ip->peer);
    const uint8_t *to = ipaddr_is_unset(&peer) ? ip->dns[0] : ip->peer;
    uint32_t sum = 0;

    writer_u32(&w, 0x45000000u | sizeof(buf)); /* version 4, 20-byte header, total length */
    writer_u32(&w, 0);
    writer_u32(&w, 0x40110000u); /* TTL 64, UDP; the checksum follows */
    writer_put(&w, ip->local, 4);
    writer_put(&w, to, 4);
    writer_u32(&w, 9u << 16 | 9u);
    writer_u32(&w, 8u << 16); /* UDP length; checksum 0: none (RFC 768) */
    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)buf[i] << 8 | buf[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~((sum & 0xffff) + (sum >> 16));
    buf[10] = (uint8_t)(sum >> 8);
    buf[11] = (uint8_t)sum;
    return pump_frame(pump, writer_view(&w));
}

/* The length that the datagram claims for itself, 0 when its header is none. */
static size_t claimed_len(enum ppp_class class, struct bytes datagram)
{
    struct reader r = reader_of(datagram);
    bool ipv4 = class == PPP_CLASS_IPV4;
    size_t minimum = ipv4 ? IPV4_HEADER_MIN : IPV6_HEADER_LEN;
    size_t len;

    if (datagram.len < minimum || ip_version(datagram.data) != (ipv4 ? 4 : 6))
        return 0;
    (void)reader_take(&r, ipv4 ? 2 : 4); /* IPv4 total length, IPv6 payload length */
    len = reader_u16(&r);
    if (!ipv4)
        len += IPV6_HEADER_LEN;
    return reader_ok(&r) && len >= minimum ? len : 0;
}

/* Of IPv4, with a header that is there (RFC 791 3.1). In a fragment that is not the first one the type is none. */
static bool is_redirect(struct bytes datagram)
{
    const uint8_t *byte = datagram.data;
    size_t header_len = (size_t)(byte[0] & 0x0f) * 4;
    bool begins = (byte[6] & 0x1f) == 0 && byte[7] == 0;

    return byte[9] == ICMP && begins && datagram.len > header_len && byte[header_len] == ICMP_REDIRECT;
}

bool pump_check(struct pump *pump, enum ppp_class class, struct bytes datagram, struct bytes *ret_datagram)
{
    size_t len = claimed_len(class, datagram);

    if (len == 0 || len > datagram.len) {
        pump->stats.rx_malformed++;
        return false;
    }
    if (class == PPP_CLASS_IPV4 && is_redirect(bytes_of(datagram.data, len))) {
        pump->stats.rx_unexpected++;
        return false;
    }
    *ret_datagram = bytes_of(datagram.data, len); /* RFC 1661 section 5: what follows is padding */
    return true;
}

/* Without a header on the device, the first piece of a single datagram, which is nothing but it, is left out. */
static int write_device(const struct tun *tun, const struct iovec *iov, int n_iov)
{
    return tun->vnet ? tun_write(tun, iov, n_iov) : tun_write(tun, iov + 1, n_iov - 1);
}

/* The kernel did not like the merged one: its datagrams as they came, and no more of the kind. */
static int write_originals(struct pump *pump, const struct tun *tun, const struct tun_gro_write *write)
{
    static const struct tun_vnet plain = {.gso_type = TUN_VNET_GSO_NONE};
    const struct tun_vnet *header = write->iov[0].iov_base;
    int r = 0;

    pump->stats.rx_split++;
    pump->offloads &=
        header->gso_type == TUN_VNET_GSO_UDP_L4 ? ~(unsigned)TUN_GRO_UDP : ~(unsigned)TUN_GRO_TCP;
    for (size_t i = 0; i < write->n_packets && !device_is_gone(r); i++) {
        struct bytes datagram = tun_gro_original(write, i);
        struct iovec iov[2] = {tun_gro_piece(&plain, sizeof(plain)),
                               tun_gro_piece(datagram.data, datagram.len)};

        r = write_device(tun, iov, 2);
        pump->stats.rx_refused += r < 0;
    }
    return r;
}

static int write_merged(struct pump *pump, const struct tun *tun, const struct tun_gro_write *write)
{
    int r = write_device(tun, write->iov, write->n_iov);

    pump->stats.rx_writes++;
    pump->stats.rx_packets += write->n_packets;
    pump->stats.rx_bytes += write->n_packets > 1
                                ? write->len - TUN_VNET_LEN + (write->n_packets - 1) * write->header_len
                                : write->len - TUN_VNET_LEN;
    pump->stats.rx_merged += write->n_packets > 1 ? write->n_packets : 0;
    if (r == -EINVAL && write->n_packets > 1)
        r = write_originals(pump, tun, write);
    else if (r < 0)
        pump->stats.rx_refused += write->n_packets;
    return device_is_gone(r) ? r : 0;
}

static int write_all(struct pump *pump, const struct tun *tun)
{
    struct tun_gro_write write;
    int r = 0;

    while (r == 0 && tun_gro_take(&pump->gro, &write))
        r = write_merged(pump, tun, &write);
    return r;
}

int pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram)
{
    if (!tun_gro_add(&pump->gro, datagram)) /* false only while writes wait, and none do between calls */
        pump->stats.rx_refused++;
    return write_all(pump, tun);
}

int pump_flush(struct pump *pump, const struct tun *tun)
{
    int r;

    tun_gro_flush(&pump->gro);
    r = write_all(pump, tun);
    pump->stats.rx_bad_checksums += pump->gro.n_bad;
    pump->gro.n_bad = 0;
    if (r != 0 || pump->offloads != pump->gro.offloads)
        tun_gro_init(&pump->gro, pump->offloads);
    return r;
}

void pump_log_stats(const struct pump *pump, const struct log_sink *log)
{
    const struct pump_stats *stats = &pump->stats;

    log_info(log, "sent %llu packets, %llu bytes in %llu records; received %llu packets, %llu bytes",
             (unsigned long long)stats->tx_packets, (unsigned long long)stats->tx_bytes,
             (unsigned long long)stats->tx_records, (unsigned long long)stats->rx_packets,
             (unsigned long long)stats->rx_bytes);
    log_info(log,
             "device: %llu reads, %llu of them super-segments; %llu writes, %llu packets merged, %llu split; "
             "waited %llu times for the socket",
             (unsigned long long)stats->tx_reads, (unsigned long long)stats->tx_super,
             (unsigned long long)stats->rx_writes, (unsigned long long)stats->rx_merged,
             (unsigned long long)stats->rx_split, (unsigned long long)stats->waits);
    log_info(log,
             "dropped: %llu to send, %llu of them malformed; received %llu malformed, %llu unexpected, %llu "
             "refused by the host; passed on with a wrong checksum: %llu",
             (unsigned long long)(stats->tx_dropped + stats->tx_malformed),
             (unsigned long long)stats->tx_malformed, (unsigned long long)stats->rx_malformed,
             (unsigned long long)stats->rx_unexpected, (unsigned long long)stats->rx_refused,
             (unsigned long long)stats->rx_bad_checksums);
}
