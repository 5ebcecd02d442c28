/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Splitting and merging against the kernel, in network namespaces of the test's own. Needs root and /dev/net/tun.
 *
 *   forwarding:   test --write, virtio header--> [in | kernel splits and sums | out] --read, plain--> test
 *   two hosts:    socket - kernel [a] --read--> split, merge --write--> [b] kernel - socket, and back
 */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ip_packet.h"
#include "tun_gro.h"
#include "tun_gso.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

static bool run_command(const char *command)
{
    return CHECK_EQ(system(command), 0); /* NOLINT(cert-env33-c): the commands are ours */
}

static bool new_namespace(void)
{
    return CHECK(unshare(CLONE_NEWNET) == 0) && run_command("ip link set lo up");
}

static int open_tun(const char *name, bool virtio_header)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | (virtio_header ? IFF_VNET_HDR : 0))};

    memcpy(request.ifr_name, name, strlen(name));
    if (!CHECK(fd >= 0) || !CHECK_EQ(ioctl(fd, TUNSETIFF, &request), 0))
        return -1;
    return fd;
}

static bool write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    if (fd >= 0)
        close(fd);
    return CHECK(done);
}

/* --- forwarding --- */

static int in = -1, out = -1;

static bool has_forwarder(void)
{
    if (in >= 0)
        return true;
    if (!new_namespace() || (in = open_tun("in", true)) < 0 || (out = open_tun("out", false)) < 0)
        return false;
    return run_command(
               "ip link set dev in up mtu 65535 && ip link set dev out mtu 65535 txqueuelen 10000 up &&"
               " ip addr add 10.8.0.1/32 dev in && ip route add 10.9.0.2/32 dev in &&"
               " ip route add 10.9.0.1/32 dev out && ip -6 route add fd09::2/128 dev in &&"
               " ip -6 route add fd09::1/128 dev out") &&
           write_file("/proc/sys/net/ipv4/ip_forward", "1") &&
           write_file("/proc/sys/net/ipv6/conf/all/forwarding", "1");
}

/* What comes out that is ours; the kernel also multicasts of its own. */
static size_t read_forwarded(uint8_t *buf, size_t cap)
{
    struct pollfd ready = {.fd = out, .events = POLLIN};

    while (poll(&ready, 1, 1000) == 1) {
        ssize_t got = read(out, buf, cap);
        if (got > 20 && (buf[0] >> 4 == 4 ? buf[12] == 10 : buf[8] == 0xfd))
            return (size_t)got;
    }
    return 0;
}

/* The kernel's datagrams are those that we make of the same super-segment, had it one hop less to go. */
static bool kernel_agrees(const struct ip_packet *packet, uint16_t gso_size)
{
    static uint8_t super[IP_PACKET_MAX], ours[IP_PACKET_MAX], kernels[IP_PACKET_MAX];
    struct ip_packet later = *packet;
    size_t len = ip_packet_write_super(packet, gso_size, super);
    struct tun_gso gso;

    if (!CHECK_EQ(write(in, super, len), len))
        return false;
    later.ttl--;
    len = ip_packet_write_super(&later, gso_size, super);
    if (!CHECK_EQ(tun_gso_begin(&gso, bytes_of(super, len)), TUN_GSO_OK))
        return false;
    while (tun_gso_next_len(&gso) > 0) {
        size_t got = tun_gso_next(&gso, ours, sizeof(ours));
        if (!CHECK_EQ(read_forwarded(kernels, sizeof(kernels)), got) || !CHECK_MEM(ours, kernels, got))
            return false;
    }
    return true;
}

static bool agrees_on_sizes(const struct ip_packet *shape)
{
    static const uint16_t gso_sizes[] = {1, 7, 535, 1348, 1448, 4000};
    struct ip_packet packet = *shape;

    for (size_t i = 0; i < sizeof(gso_sizes) / sizeof(gso_sizes[0]); i++) {
        size_t size = gso_sizes[i];
        /* (A single segment that claims to be more is refused by the kernel when TCP has options.) */
        const size_t payloads[] = {size + 1, 2 * size, 7 * size + size / 2, 64 * size};
        for (size_t k = 0; k < sizeof(payloads) / sizeof(payloads[0]); k++) {
            packet.payload_len = payloads[k];
            packet.payload_seed++;
            if (payloads[k] + 120 <= 65535 && !kernel_agrees(&packet, gso_sizes[i])) {
                fprintf(stderr, "%zu bytes in %zu, IPv%c, flags %#x\n", payloads[k], size,
                        packet.ipv6 ? '6' : '4', packet.flags);
                return false;
            }
        }
    }
    return true;
}

static bool agrees_on_tcp(bool ipv6)
{
    static const uint8_t flags[] = {0x10, 0x18, 0x19, 0x90, 0xd9, 0x50, 0x11};
    struct ip_packet packet = ip_packet_default(ipv6, false);

    packet.ttl = 9;
    for (size_t i = 0; i < sizeof(flags); i++) {
        packet.flags = flags[i];
        packet.options_len = (uint8_t)(i * 4);
        memset(packet.options, 1, packet.options_len);
        packet.tos = (uint8_t)(i * 3);
        packet.dont_fragment = (i & 1) == 0;
        packet.id = (uint16_t)(0xffff - i);
        if (!agrees_on_sizes(&packet))
            return false;
    }
    return true;
}

TEST(kernel_splits_tcp_the_same)
{
    CHECK_OR_RETURN(has_forwarder());
    CHECK(agrees_on_tcp(false));
    CHECK(agrees_on_tcp(true));
}

static bool kernel_splits_udp(void)
{
    if (ioctl(in, TUNSETOFFLOAD, (unsigned long)(OFFLOADS | TUN_F_USO4 | TUN_F_USO6)) != 0) {
        printf("this kernel does not split UDP\n");
        return false;
    }
    return ioctl(in, TUNSETOFFLOAD, 0UL) == 0;
}

TEST(kernel_splits_udp_the_same)
{
    CHECK_OR_RETURN(has_forwarder());
    if (!kernel_splits_udp())
        return;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        struct ip_packet packet = ip_packet_default(ipv6, true);
        CHECK(agrees_on_sizes(&packet));
        packet.dont_fragment = false;
        packet.tos = 0xb8;
        CHECK(agrees_on_sizes(&packet));
    }
}

TEST(kernel_finishes_checksums_the_same)
{
    CHECK_OR_RETURN(has_forwarder());
    for (int kind = 0; kind < 4; kind++) {
        struct ip_packet packet = ip_packet_default(kind & 1, kind & 2);
        for (size_t len = 1; len < 300; len++) {
            packet.payload_len = len;
            packet.payload_seed = len;
            CHECK_OR_RETURN(kernel_agrees(&packet, 0));
        }
    }
}

TEST(kernel_splits_extension_headers_the_same)
{
    struct ip_packet packet = ip_packet_default(true, false);

    CHECK_OR_RETURN(has_forwarder());
    packet.between_len = 8;
    packet.between_first = 60;
    memcpy(packet.between, "\x06\x00\x01\x04\x00\x00\x00\x00", 8);
    CHECK(agrees_on_sizes(&packet));
}

/* n datagrams of one flow: merged, written, split by the kernel, and the same again. */
static bool survives_merging(struct ip_packet packet, size_t n)
{
    static uint8_t batch[64][5000], kernels[IP_PACKET_MAX];
    static struct tun_gro gro;
    struct tun_gro_write write;
    size_t len = 0;

    tun_gro_init(&gro, TUN_GRO_TCP | TUN_GRO_UDP);
    for (size_t i = 0; i < n; i++) {
        len = ip_packet_write(&packet, batch[i]);
        if (!CHECK(tun_gro_add(&gro, bytes_of(batch[i], len))))
            return false;
        packet.ttl--;
        len = ip_packet_write(&packet, batch[i] + 2500);
        packet.ttl++;
        packet.payload_at += packet.payload_len;
        packet.seq += (uint32_t)packet.payload_len;
        packet.id++;
    }
    tun_gro_flush(&gro);
    if (!CHECK(tun_gro_take(&gro, &write)) || !CHECK_EQ(write.n_packets, n) ||
        !CHECK_EQ(writev(in, write.iov, write.n_iov), write.len))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!CHECK_EQ(read_forwarded(kernels, sizeof(kernels)), len) ||
            !CHECK_MEM(kernels, batch[i] + 2500, len))
            return false;
    }
    return true;
}

TEST(kernel_takes_what_is_merged)
{
    CHECK_OR_RETURN(has_forwarder());
    for (int kind = 0; kind < 4; kind++) {
        struct ip_packet packet = ip_packet_default(kind & 1, kind & 2);
        if (packet.udp && !kernel_splits_udp())
            continue;
        for (size_t size = 1; size < 1500; size += 131) {
            packet.payload_len = size;
            CHECK_OR_RETURN(survives_merging(packet, 2));
            CHECK_OR_RETURN(survives_merging(packet, 40));
        }
    }
}

/* What a note in tun_gro.c says; if kernels change their mind, verifying single datagrams early could pay. */
TEST(kernel_does_not_trust_data_valid)
{
    struct ip_packet packet = ip_packet_default(false, true);
    uint8_t buf[200] = {TUN_VNET_DATA_VALID};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(443)};
    int s;

    CHECK_OR_RETURN(has_forwarder());
    s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK_OR_RETURN(run_command("ip addr add 10.9.0.3/32 dev in"));
    CHECK_EQ(bind(s, (struct sockaddr *)&address, sizeof(address)), 0);
    packet.destination = 3;
    size_t len = 10 + ip_packet_write(&packet, buf + 10);
    CHECK_EQ(write(in, buf, len), len);
    CHECK_EQ(recv(s, buf + 100, 100, 0), 100);
    buf[60] ^= 1;
    CHECK_EQ(write(in, buf, len), len);
    if (recv(s, buf + 100, 100, 0) >= 0)
        printf("this kernel trusts DATA_VALID\n");
    close(s);
}

/* --- two hosts --- */

#define TOTAL (12 * 1024 * 1024)

struct host {
    int tun;
    int sock;
    struct tun_gro gro;
};

static struct host hosts[2]; /* a sends, b receives */
static uint8_t incoming[10 + 65536], frames[256 * 1024];
static size_t n_supers, n_merged;
static bool udp_works;

static bool write_all(struct host *to)
{
    struct tun_gro_write write;

    while (tun_gro_take(&to->gro, &write)) {
        n_merged += write.n_packets > 1;
        if (!CHECK_EQ(writev(to->tun, write.iov, write.n_iov), write.len))
            return false;
    }
    return true;
}

/* Splits one read into frames, the used part of which is returned; 0 when there was nothing to read. */
static size_t carry(const struct host *from, struct host *to, size_t used)
{
    ssize_t got = read(from->tun, incoming, sizeof(incoming));
    struct tun_gso gso;

    if (got <= 0)
        return 0;
    if (!CHECK_EQ(tun_gso_begin(&gso, bytes_of(incoming, (size_t)got)), TUN_GSO_OK))
        return 0;
    n_supers += incoming[1] != 0;
    for (size_t len; (len = tun_gso_next(&gso, frames + used, sizeof(frames) - used)) > 0; used += len) {
        if (!CHECK(tun_gro_add(&to->gro, bytes_of(frames + used, len))) || !write_all(to))
            return 0;
    }
    CHECK_EQ(tun_gso_next_len(&gso), 0);
    return used;
}

static void carry_all(const struct host *from, struct host *to)
{
    size_t used = 0, more;

    while (used < 128 * 1024 && (more = carry(from, to, used)) > used)
        used = more;
    tun_gro_flush(&to->gro);
    CHECK(write_all(to));
}

static bool open_host(struct host *host, const char *commands)
{
    unsigned long offloads = OFFLOADS | TUN_F_USO4 | TUN_F_USO6;

    if (!new_namespace() || (host->tun = open_tun("t", true)) < 0)
        return false;
    udp_works = ioctl(host->tun, TUNSETOFFLOAD, offloads) == 0;
    if (!udp_works && !CHECK_EQ(ioctl(host->tun, TUNSETOFFLOAD, (unsigned long)OFFLOADS), 0))
        return false;
    return run_command(commands);
}

static socklen_t address_of(bool ipv6, const char *text, struct sockaddr_storage *ret)
{
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)ret;
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)ret;

    memset(ret, 0, sizeof(*ret));
    ret->ss_family = ipv6 ? AF_INET6 : AF_INET;
    four->sin_port = htons(5001); /* in the same place in both */
    CHECK_EQ(inet_pton(ret->ss_family, text, ipv6 ? (void *)&six->sin6_addr : (void *)&four->sin_addr), 1);
    return ipv6 ? sizeof(*six) : sizeof(*four);
}

/* Sockets are of the namespace that they are made in: b's before a's namespace is entered. */
static bool open_hosts(bool ipv6, int type)
{
    struct sockaddr_storage address;
    socklen_t len = address_of(ipv6, ipv6 ? "fd09::2" : "10.9.0.2", &address);
    int listener, room = 4 * 1024 * 1024;

    if (!open_host(&hosts[1], "ip addr add 10.9.0.2/24 dev t && ip addr add fd09::2/64 dev t nodad &&"
                              " ip link set dev t up mtu 1400 txqueuelen 10000"))
        return false;
    listener = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(listener, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
    hosts[1].sock = listener;
    if (!CHECK_EQ(bind(listener, (struct sockaddr *)&address, len), 0) ||
        (type == SOCK_STREAM && !CHECK_EQ(listen(listener, 1), 0)))
        return false;
    if (!open_host(&hosts[0], "ip addr add 10.9.0.1/24 dev t && ip addr add fd09::1/64 dev t nodad &&"
                              " ip link set dev t up mtu 1400 txqueuelen 10000"))
        return false;
    hosts[0].sock = socket(address.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connect(hosts[0].sock, (struct sockaddr *)&address, len) != 0 && !CHECK_EQ(errno, EINPROGRESS))
        return false;
    for (int i = 0; type == SOCK_STREAM && i < 1000 && hosts[1].sock == listener; i++) {
        int s;
        carry_all(&hosts[0], &hosts[1]);
        carry_all(&hosts[1], &hosts[0]);
        s = accept(listener, NULL, NULL);
        if (s >= 0) {
            CHECK_EQ(fcntl(s, F_SETFL, O_NONBLOCK), 0);
            hosts[1].sock = s;
            close(listener);
        }
    }
    return CHECK(type != SOCK_STREAM || hosts[1].sock != listener);
}

static uint8_t stream_byte(size_t at)
{
    return (uint8_t)(at * 2654435761U >> 13);
}

static uint8_t sent[TOTAL + 65536], received[65536];

static size_t receive(size_t at)
{
    ssize_t got = recv(hosts[1].sock, received, sizeof(received), 0);

    return got > 0 && CHECK_MEM(received, sent + at, (size_t)got) ? (size_t)got : 0;
}

/* What a sends in pieces, of at most piece bytes, is what b gets. */
static bool transfers(size_t piece)
{
    size_t n_sent = 0, n_received = 0, idle = 0;

    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = stream_byte(i);
    while (n_received < TOTAL && idle < 100000) {
        ssize_t got = n_sent < TOTAL ? send(hosts[0].sock, sent + n_sent, piece, 0) : 0;
        size_t before = n_received, more;

        n_sent += got > 0 ? (size_t)got : 0;
        carry_all(&hosts[0], &hosts[1]);
        while ((more = receive(n_received)) > 0)
            n_received += more;
        carry_all(&hosts[1], &hosts[0]);
        idle = n_received > before ? 0 : idle + 1;
    }
    return CHECK(n_received >= TOTAL) && CHECK_EQ(hosts[0].gro.n_bad, 0) && CHECK_EQ(hosts[1].gro.n_bad, 0);
}

static void close_hosts(void)
{
    for (int i = 0; i < 2; i++) {
        close(hosts[i].sock);
        close(hosts[i].tun);
    }
}

static void transfer(bool ipv6, int type, unsigned offloads)
{
    int segment = 1300;

    n_supers = n_merged = 0;
    for (int i = 0; i < 2; i++)
        tun_gro_init(&hosts[i].gro, offloads);
    CHECK_OR_RETURN(open_hosts(ipv6, type));
    if (type == SOCK_DGRAM && !udp_works) {
        close_hosts();
        return;
    }
    if (type == SOCK_DGRAM)
        CHECK_EQ(setsockopt(hosts[0].sock, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
    CHECK(transfers(type == SOCK_DGRAM ? 1300 * 40 : 65536));
    CHECK(n_supers > 100);
    CHECK_EQ(n_merged > 100, offloads != 0);
    close_hosts();
}

/* Merged, and not: then the kernel verifies each checksum of ours itself. */
TEST(tcp_between_hosts)
{
    for (unsigned offloads = 0; offloads <= TUN_GRO_TCP; offloads++) {
        transfer(false, SOCK_STREAM, offloads);
        transfer(true, SOCK_STREAM, offloads);
    }
}

TEST(udp_between_hosts)
{
    for (unsigned offloads = 0; offloads <= TUN_GRO_UDP; offloads += TUN_GRO_UDP) {
        transfer(false, SOCK_DGRAM, offloads);
        transfer(true, SOCK_DGRAM, offloads);
    }
}

CHECK_MAIN()
