/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each datagram is read from the device to its final place, behind the room for its two headers (SSTP, PPP), so nothing
 * is copied on the way to TLS. A record is cut at frame boundaries and never waited for: what is there, goes.
 */
#include "pump.h"

#include <errno.h>

#include "ra.h"

#define HEADERS_LEN     (SSTP_HEADER_LEN + PPP_DATA_HEADER_LEN)
#define READS_MAX       512 /* what may not leave takes no room, but time */
#define DATAGRAM_MAX    (SSTP_PAYLOAD_MAX - PPP_DATA_HEADER_LEN)
#define IPV4_HEADER_MIN 20
#define IPV6_HEADER_LEN 40

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
    if (ip_version(datagram) == 4)
        return len >= IPV4_HEADER_MIN && allowed.ipv4;
    return ip_version(datagram) == 6 && len >= IPV6_HEADER_LEN && allowed.ipv6 &&
           !ra_claims(bytes_of(datagram, len));
}

int pump_collect(struct pump *pump, const struct tun *tun, struct pump_families allowed,
                 struct bytes *ret_frames)
{
    size_t used = 0;
    int n = 0;

    while (n < READS_MAX && used + HEADERS_LEN + DATAGRAM_MAX <= sizeof(pump->tx)) {
        uint8_t *at = pump->tx + used;
        ssize_t got = tun_read(tun, at + HEADERS_LEN, DATAGRAM_MAX);

        if (got < 0 && n == 0)
            return (int)got;
        if (got <= 0)
            break;
        n++;
        if (!may_leave(at + HEADERS_LEN, (size_t)got, allowed)) {
            pump->stats.tx_dropped++;
            continue;
        }
        write_headers(at, (size_t)got);
        used += HEADERS_LEN + (size_t)got;
        pump->stats.tx_packets++;
        pump->stats.tx_bytes += (size_t)got;
    }
    *ret_frames = bytes_of(pump->tx, used);
    return n;
}

struct bytes pump_frame(struct pump *pump, struct bytes datagram)
{
    memcpy(pump->tx + HEADERS_LEN, datagram.data, datagram.len);
    write_headers(pump->tx, datagram.len);
    return bytes_of(pump->tx, HEADERS_LEN + datagram.len);
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

bool pump_check(struct pump *pump, enum ppp_class class, struct bytes datagram, struct bytes *ret_datagram)
{
    size_t len = claimed_len(class, datagram);

    if (len == 0 || len > datagram.len) {
        pump->stats.rx_malformed++;
        return false;
    }
    *ret_datagram = bytes_of(datagram.data, len); /* RFC 1661 section 5: what follows is padding */
    return true;
}

int pump_deliver(struct pump *pump, const struct tun *tun, struct bytes datagram)
{
    int r = tun_write(tun, datagram);

    if (r == -EBADF || r == -EBADFD || r == -ENODEV)
        return r;
    if (r < 0) {
        pump->stats.rx_refused++;
        return 0;
    }
    pump->stats.rx_packets++;
    pump->stats.rx_bytes += datagram.len;
    return 0;
}

void pump_log_stats(const struct pump *pump, const struct log_sink *log)
{
    const struct pump_stats *stats = &pump->stats;

    log_info(log, "sent %llu packets, %llu bytes; received %llu packets, %llu bytes",
             (unsigned long long)stats->tx_packets, (unsigned long long)stats->tx_bytes,
             (unsigned long long)stats->rx_packets, (unsigned long long)stats->rx_bytes);
    log_info(log, "dropped: %llu to send; received %llu malformed, %llu unexpected, %llu refused by the host",
             (unsigned long long)stats->tx_dropped, (unsigned long long)stats->rx_malformed,
             (unsigned long long)stats->rx_unexpected, (unsigned long long)stats->rx_refused);
}
