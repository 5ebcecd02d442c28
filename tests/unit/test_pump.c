/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SOCK_SEQPACKET pair stands in for the TUN device: it keeps boundaries, as the device does. */
#include "check.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "ip_packet.h"
#include "pump.h"

static struct pump pump; /* 80 KiB: not on the stack */

struct wire {
    struct tun tun;
    int host; /* the kernel's side of the device */
};

static bool wire_open(struct wire *wire)
{
    int fds[2];

    memset(&pump, 0, sizeof(pump));
    if (!CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0))
        return false;
    wire->tun = (struct tun){.fd = fds[0], .name = "sstp0"};
    pump_init(&pump, &wire->tun);
    wire->host = fds[1];
    return true;
}

static void wire_close(struct wire *wire)
{
    close(wire->tun.fd);
    close(wire->host);
}

/* A datagram of the given version whose header claims exactly len bytes. */
static void datagram(uint8_t *out, unsigned version, size_t len)
{
    memset(out, 0xab, len);
    out[0] = (uint8_t)(version << 4 | 5);
    if (version == 4) {
        out[2] = (uint8_t)(len >> 8);
        out[3] = (uint8_t)len;
    } else {
        out[4] = (uint8_t)((len - 40) >> 8);
        out[5] = (uint8_t)(len - 40);
    }
}

static const struct pump_families both = {.ipv4 = true, .ipv6 = true};

TEST(collect_frames_each_datagram)
{
    static const uint8_t head4[] = {0x10, 0x00, 0x00, 0x1c + 8, 0xff, 0x03, 0x00, 0x21};
    static const uint8_t head6[] = {0x10, 0x00, 0x00, 0x30 + 8, 0xff, 0x03, 0x00, 0x57};
    struct bytes frames = {0};
    struct wire wire;
    uint8_t d[64];

    CHECK_OR_RETURN(wire_open(&wire));
    datagram(d, 4, 28);
    CHECK_EQ(write(wire.host, d, 28), 28);
    datagram(d, 6, 48);
    CHECK_EQ(write(wire.host, d, 48), 48);
    CHECK_EQ(pump_collect(&pump, &wire.tun, both, &frames), 0); /* it was emptied */
    CHECK_EQ(frames.len, 36u + 56u);
    CHECK_MEM(frames.data, head4, sizeof(head4));
    CHECK_MEM(frames.data + 36, head6, sizeof(head6));
    CHECK_MEM(frames.data + 36 + 8, d, 48);
    CHECK_EQ(pump.stats.tx_packets, 2u);
    CHECK_EQ(pump.stats.tx_bytes, 76u);
    CHECK_EQ(pump_collect(&pump, &wire.tun, both, &frames), 0);
    wire_close(&wire);
}

TEST(collect_drops_what_may_not_leave)
{
    struct bytes frames = {0};
    struct wire wire;
    uint8_t d[64];

    CHECK_OR_RETURN(wire_open(&wire));
    datagram(d, 6, 48);
    CHECK_EQ(write(wire.host, d, 48), 48);
    datagram(d, 4, 28);
    CHECK_EQ(write(wire.host, d, 28), 28);
    CHECK_EQ(write(wire.host, d, 19), 19); /* shorter than a header */
    d[0] = 0x95;
    CHECK_EQ(write(wire.host, d, 28), 28); /* no IP version */
    CHECK_EQ(pump_collect(&pump, &wire.tun, (struct pump_families){.ipv4 = true}, &frames), 0);
    CHECK_EQ(frames.len, 36u);
    CHECK_EQ(pump.stats.tx_dropped, 3u);
    wire_close(&wire);
}

TEST(collect_stays_within_one_record)
{
    struct bytes frames = {0};
    struct wire wire;
    uint8_t d[1400];
    size_t total = 0;
    int more;

    CHECK_OR_RETURN(wire_open(&wire));
    datagram(d, 4, sizeof(d));
    for (int i = 0; i < 30; i++)
        CHECK_EQ(write(wire.host, d, sizeof(d)), (ssize_t)sizeof(d));
    do {
        more = pump_collect(&pump, &wire.tun, both, &frames);
        CHECK(frames.len <= PUMP_RECORD);
        CHECK_EQ(frames.len % 1408, 0u); /* cut at the end of a frame */
        total += frames.len / 1408;
    } while (more > 0);
    CHECK_EQ(total, 30u);
    CHECK_EQ(pump.stats.tx_packets, 30u);
    wire_close(&wire);
}

TEST(check_cuts_padding_and_refuses_lies)
{
    struct bytes got = {0};
    uint8_t d[100];

    datagram(d, 4, 60);
    CHECK(pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 60), &got));
    CHECK_EQ(got.len, 60u);
    CHECK(pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 100), &got));
    CHECK_EQ(got.len, 60u);
    memset(&pump.stats, 0, sizeof(pump.stats));
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 59), &got)); /* claims more than there is */
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 19), &got));
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 0), &got));
    CHECK(!pump_check(&pump, PPP_CLASS_IPV6, bytes_of(d, 60), &got)); /* the protocol field says otherwise */
    d[2] = 0;
    d[3] = 19;
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, 60), &got)); /* shorter than its own header */
    datagram(d, 6, 60);
    CHECK(!pump_check(&pump, PPP_CLASS_IPV6, bytes_of(d, 39), &got));
    CHECK_EQ(pump.stats.rx_malformed, 6u);
    CHECK(pump_check(&pump, PPP_CLASS_IPV6, bytes_of(d, 80), &got));
    CHECK_EQ(got.len, 60u);
    CHECK(got.data == d);
}

TEST(deliver_hands_over_and_notices_a_missing_device)
{
    struct wire wire;
    uint8_t d[60], got[100];

    CHECK_OR_RETURN(wire_open(&wire));
    datagram(d, 4, sizeof(d));
    CHECK_EQ(pump_deliver(&pump, &wire.tun, bytes_of(d, sizeof(d))), 0);
    CHECK_EQ(pump_flush(&pump, &wire.tun), 0);
    CHECK_EQ(read(wire.host, got, sizeof(got)), (ssize_t)sizeof(d));
    CHECK_MEM(got, d, sizeof(d));
    CHECK_EQ(pump.stats.rx_packets, 1u);
    close(wire.tun.fd);
    CHECK(pump_deliver(&pump, &wire.tun, bytes_of(d, sizeof(d))) < 0 || pump_flush(&pump, &wire.tun) < 0);
    close(wire.host);
}

TEST(frame_wraps_our_own_datagram)
{
    struct bytes frame;
    uint8_t d[28];

    datagram(d, 4, sizeof(d));
    frame = pump_frame(&pump, bytes_of(d, sizeof(d)));
    CHECK_EQ(frame.len, 36u);
    CHECK_EQ(frame.data[3], 36);
    CHECK_MEM(frame.data + 8, d, sizeof(d));
}

/* -- with segmentation offload -------------------------------------------------------------------------- */

/* A device with a virtio header, of which the kernel takes merged TCP and UDP. */
static bool offload_open(struct wire *wire)
{
    if (!wire_open(wire))
        return false;
    wire->tun.vnet = true;
    wire->tun.offloads = TUN_GRO_TCP | TUN_GRO_UDP;
    memset(&pump, 0, sizeof(pump));
    pump_init(&pump, &wire->tun);
    return true;
}

TEST(collect_splits_a_super_segment)
{
    static uint8_t super[IP_PACKET_MAX], want[2048];
    struct ip_packet packet = ip_packet_default(true, false);
    struct bytes frames = {0};
    struct wire wire;
    size_t len, at = 0, n = 0;
    int more = 1;

    packet.payload_len = 40000;
    CHECK_OR_RETURN(offload_open(&wire));
    len = ip_packet_write_super(&packet, 1340, super);
    CHECK_EQ(write(wire.host, super, len), (ssize_t)len);
    while (more > 0) { /* it goes on in the next record */
        more = pump_collect(&pump, &wire.tun, both, &frames);
        CHECK(frames.len <= PUMP_RECORD);
        for (at = 0; at < frames.len; n++) {
            struct ip_packet segment = ip_packet_segment(&packet, 1340, n);

            len = ip_packet_write(&segment, want);
            CHECK_OR_RETURN(CHECK_EQ(frames.data[at + 2] << 8 | frames.data[at + 3], 8 + len));
            CHECK_OR_RETURN(CHECK_MEM(frames.data + at + 8, want, len));
            at += 8 + len;
        }
    }
    CHECK_EQ(n, ip_packet_n_segments(&packet, 1340));
    CHECK_EQ(pump.stats.tx_super, 1u);
    CHECK_EQ(pump.stats.tx_records, 3u);
    CHECK(!pump.pending);
    wire_close(&wire);
}

TEST(collect_drops_what_contradicts_itself)
{
    static uint8_t super[IP_PACKET_MAX];
    struct ip_packet packet = ip_packet_default(false, false);
    struct bytes frames = {0};
    struct wire wire;
    size_t len;

    CHECK_OR_RETURN(offload_open(&wire));
    packet.payload_len = 4000;
    len = ip_packet_write_super(&packet, 1340, super);
    super[1] = 77; /* gso_type */
    CHECK_EQ(write(wire.host, super, len), (ssize_t)len);
    packet.payload_len = 5000; /* no super-segment, and too long for a frame */
    len = ip_packet_write_super(&packet, 0, super);
    CHECK_EQ(write(wire.host, super, len), (ssize_t)len);
    CHECK_EQ(write(wire.host, super, TUN_VNET_LEN), TUN_VNET_LEN); /* nothing behind the header */
    packet.payload_len = 100;
    len = ip_packet_write_super(&packet, 0, super);
    CHECK_EQ(write(wire.host, super, len), (ssize_t)len);
    CHECK_EQ(pump_collect(&pump, &wire.tun, both, &frames), 0);
    CHECK_EQ(frames.len, 8u + 140u); /* only the last one */
    CHECK_EQ(pump.stats.tx_malformed, 1u);
    CHECK_EQ(pump.stats.tx_dropped, 2u);
    CHECK_EQ(pump.stats.tx_super, 0u);
    wire_close(&wire);
}

/* Of all ICMP only that one, with options before it, too, but not in a later fragment, where the type is somebody's data. */
TEST(check_takes_no_redirect)
{
    struct bytes got = {0};
    uint8_t d[60];

    memset(&pump.stats, 0, sizeof(pump.stats));
    datagram(d, 4, sizeof(d));
    d[6] = d[7] = 0;
    d[9] = 1;
    d[20] = 5;
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, sizeof(d)), &got));
    d[6] = 0x20; /* the first fragment of several */
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, sizeof(d)), &got));
    d[7] = 1;
    CHECK(pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, sizeof(d)), &got));
    d[6] = d[7] = 0;
    d[20] = 3;
    CHECK(pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, sizeof(d)), &got));
    d[0] = 0x46;
    d[24] = 5;
    CHECK(!pump_check(&pump, PPP_CLASS_IPV4, bytes_of(d, sizeof(d)), &got));
    CHECK_EQ(pump.stats.rx_unexpected, 3u);
    CHECK_EQ(pump.stats.rx_malformed, 0u);
}

/* What a kernel says of a packet that its header cannot describe; it is gone then, and the next one is good. */
TEST(collect_survives_a_packet_that_cannot_be_told)
{
    struct bytes frames = {0};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct tun tun = {.fd = epoll}; /* read(2) of it is EINVAL */
    struct wire wire;
    uint8_t d[28];

    CHECK_OR_RETURN(wire_open(&wire));
    CHECK_EQ(pump_collect(&pump, &tun, both, &frames), 1); /* not for ever: the loop comes back */
    CHECK_EQ(frames.len, 0u);
    CHECK(pump.stats.tx_malformed > 0);
    datagram(d, 4, sizeof(d));
    CHECK_EQ(write(wire.host, d, sizeof(d)), (ssize_t)sizeof(d));
    CHECK_EQ(pump_collect(&pump, &wire.tun, both, &frames), 0);
    CHECK_EQ(frames.len, 8u + 28u);
    CHECK_EQ(pump_collect(&pump, &tun, both, &frames), 1);
    CHECK_EQ(pump_collect(&pump, &tun, both, &frames), -EINVAL); /* but then it is the device */
    wire_close(&wire);
    close(epoll);
}

TEST(rest_of_a_family_that_has_gone)
{
    static uint8_t super[IP_PACKET_MAX];
    struct ip_packet packet = ip_packet_default(false, false);
    struct bytes frames = {0};
    struct wire wire;
    size_t len;

    CHECK_OR_RETURN(offload_open(&wire));
    packet.payload_len = 40000;
    len = ip_packet_write_super(&packet, 1340, super);
    CHECK_EQ(write(wire.host, super, len), (ssize_t)len);
    CHECK_EQ(pump_collect(&pump, &wire.tun, both, &frames), 1);
    CHECK(frames.len > 0);
    CHECK(pump.pending);
    pump_withhold(&pump, (struct pump_families){.ipv4 = true});
    CHECK(pump.pending);
    pump_withhold(&pump, (struct pump_families){.ipv6 = true});
    CHECK_EQ(pump_collect(&pump, &wire.tun, (struct pump_families){.ipv6 = true}, &frames), 0);
    CHECK_EQ(frames.len, 0u);
    CHECK_EQ(pump.stats.tx_dropped, 1u);
    wire_close(&wire);
}

TEST(collect_notices_a_missing_device)
{
    struct bytes frames = {0};
    struct wire wire;

    CHECK_OR_RETURN(offload_open(&wire));
    close(wire.tun.fd);
    CHECK(pump_collect(&pump, &wire.tun, both, &frames) < 0);
    CHECK_EQ(frames.len, 0u);
    close(wire.host);
}

/* n datagrams of a flow; they stay where they are until the batch is flushed. */
static void deliver_train(const struct tun *tun, bool udp, size_t n)
{
    static uint8_t at[8][256];
    struct ip_packet packet = ip_packet_default(false, udp);

    for (size_t i = 0; i < n; i++) {
        size_t len = ip_packet_write(&packet, at[i]);

        CHECK_EQ(pump_deliver(&pump, tun, bytes_of(at[i], len)), 0);
        packet.seq += (uint32_t)packet.payload_len;
        packet.payload_at += packet.payload_len;
        packet.id++;
    }
    CHECK_EQ(pump_flush(&pump, tun), 0);
}

TEST(deliver_merges_within_a_batch)
{
    uint8_t got[4096];
    struct wire wire;

    CHECK_OR_RETURN(offload_open(&wire));
    deliver_train(&wire.tun, false, 5);
    CHECK_EQ(read(wire.host, got, sizeof(got)), TUN_VNET_LEN + 40 + 500);
    CHECK_EQ(got[1], TUN_VNET_GSO_TCPV4);
    deliver_train(&wire.tun, true, 4);
    CHECK_EQ(read(wire.host, got, sizeof(got)), TUN_VNET_LEN + 28 + 400);
    CHECK_EQ(got[1], TUN_VNET_GSO_UDP_L4);
    CHECK(read(wire.host, got, sizeof(got)) < 0);
    CHECK_EQ(pump.stats.rx_packets, 9u);
    CHECK_EQ(pump.stats.rx_bytes, 5u * 140 + 4u * 128);
    CHECK_EQ(pump.stats.rx_merged, 9u);
    CHECK_EQ(pump.stats.rx_writes, 2u);
    wire_close(&wire);
}

/* Some kernels refuse merged writes of a kind: what came goes one by one, and that kind is merged no more. */
TEST(deliver_stops_merging_what_the_kernel_refuses)
{
    struct wire wire;
    int socket;

    CHECK_OR_RETURN(offload_open(&wire));
    socket = wire.tun.fd;
    wire.tun.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); /* every write is EINVAL */
    deliver_train(&wire.tun, true, 4);
    CHECK_EQ(pump.stats.rx_split, 1u);
    CHECK_EQ(pump.stats.rx_refused, 4u);
    CHECK_EQ(pump.offloads, (unsigned)TUN_GRO_TCP);
    deliver_train(&wire.tun, true, 4);
    CHECK_EQ(pump.stats.rx_split, 1u);
    CHECK_EQ(pump.stats.rx_refused, 8u);
    CHECK_EQ(pump.stats.rx_writes, 5u);
    deliver_train(&wire.tun, false, 4);
    CHECK_EQ(pump.stats.rx_split, 2u);
    CHECK_EQ(pump.offloads, 0u);
    close(socket);
    wire_close(&wire);
}

TEST(deliver_ends_with_the_device)
{
    uint8_t d[60];
    struct wire wire;

    CHECK_OR_RETURN(offload_open(&wire));
    datagram(d, 4, sizeof(d));
    close(wire.tun.fd);
    CHECK(pump_deliver(&pump, &wire.tun, bytes_of(d, sizeof(d))) == -EBADF ||
          pump_flush(&pump, &wire.tun) == -EBADF);
    CHECK_EQ(pump.stats.rx_refused, 1u);
    close(wire.host);
}

/* Writes that nobody took any more are dropped, and do not stand in the way of what follows. */
TEST(deliver_after_the_device_is_gone)
{
    static uint8_t first[256], fragment[256];
    struct ip_packet packet = ip_packet_default(false, true);
    struct wire wire;
    size_t len;
    int fd;

    CHECK_OR_RETURN(offload_open(&wire));
    len = ip_packet_write(&packet, first);
    CHECK_EQ(ip_packet_write(&packet, fragment), len);
    fragment[7] = 100; /* of the same flow: both go now, one after the other */
    fd = wire.tun.fd;
    wire.tun.fd = -1;
    CHECK_EQ(pump_deliver(&pump, &wire.tun, bytes_of(first, len)), 0); /* held back */
    CHECK_EQ(pump_deliver(&pump, &wire.tun, bytes_of(fragment, len)), -EBADF);
    CHECK_EQ(pump.stats.rx_refused, 1u);
    CHECK_EQ(pump_deliver(&pump, &wire.tun, bytes_of(first, len)), -EBADF);
    CHECK_EQ(pump.stats.rx_refused, 3u); /* this one, and the fragment */
    IGNORE_RESULT(pump_flush(&pump, &wire.tun));
    wire.tun.fd = fd;
    memset(&pump.stats, 0, sizeof(pump.stats));
    deliver_train(&wire.tun, true, 4);
    CHECK_EQ(pump.stats.rx_merged, 4u);
    CHECK_EQ(pump.stats.rx_refused, 0u);
    wire_close(&wire);
}

/* -- what is told at the end ------------------------------------------------------------------------------ */

static char told[1024];

static void tell(void *user, enum log_level level, const char *line)
{
    (void)user;
    CHECK_EQ(level, LOG_LEVEL_INFO);
    (void)snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s\n", line);
}

TEST(stats_are_told)
{
    const struct log_sink sink = {.write = tell, .max = LOG_LEVEL_INFO};

    memset(&pump, 0, sizeof(pump));
    pump.stats = (struct pump_stats){.tx_packets = 1,
                                     .tx_bytes = 2,
                                     .tx_records = 3,
                                     .rx_packets = 4,
                                     .rx_bytes = 5,
                                     .tx_reads = 6,
                                     .tx_super = 7,
                                     .rx_writes = 8,
                                     .rx_merged = 9,
                                     .rx_split = 10,
                                     .waits = 11,
                                     .tx_dropped = 12,
                                     .tx_malformed = 13,
                                     .rx_malformed = 14,
                                     .rx_unexpected = 15,
                                     .rx_refused = 16,
                                     .rx_bad_checksums = 17};
    pump_log_stats(&pump, &sink);
    CHECK_STR(told,
              "sent 1 packets, 2 bytes in 3 records; received 4 packets, 5 bytes\n"
              "device: 6 reads, 7 of them super-segments; 8 writes, 9 packets merged, 10 split; waited 11 "
              "times for the socket\n"
              "dropped: 25 to send, 13 of them malformed; received 14 malformed, 15 unexpected, 16 refused "
              "by the host; passed on with a wrong checksum: 17\n");
}

CHECK_MAIN()
