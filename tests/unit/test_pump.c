/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A SOCK_SEQPACKET pair stands in for the TUN device: it keeps boundaries, as the device does. */
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>

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

CHECK_MAIN()
