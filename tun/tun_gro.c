/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of flows, each with one merged datagram in the making. A datagram continues its flow's, or closes it and begins
 * the next, or cannot be merged and goes alone, after what came before it in its flow. Nothing is held back beyond a batch.
 *
 * Checksums are verified when a second datagram shows that there is something to merge, not before: to vouch for a merged
 * datagram is our business, but a single one keeps its checksum, the kernel verifies that itself (it does not look at
 * DATA_VALID of what is written to a TUN, tried on Linux 6.18) or, forwarding, leaves it to the end point.
 *
 * What is malformed or has a wrong checksum is passed on untouched and without DATA_VALID, as a router would: the end point
 * judges, drops and counts it where its owner looks for it (nstat's InCsumErrors, InHdrErrors). To drop it here would hide
 * the trouble, and could be wrong for what we do not understand. It also ends merging, so a bad one taints no good one.
 */
#include "tun_gro.h"

#include "ip_wire.h"

#define SINGLE TUN_GRO_PLACES

static const struct tun_vnet plain;
static const struct tun_vnet valid = {.flags = TUN_VNET_DATA_VALID};

void tun_gro_init(struct tun_gro *gro, unsigned offloads)
{
    gro->offloads = offloads;
    gro->active = 0;
    gro->n_ready = 0;
    gro->n_taken = 0;
    gro->recent = 0;
    gro->victim = 0;
    gro->n_bad = 0;
    memset(gro->hash, 0, sizeof(gro->hash));
}

static void make_ready(struct tun_gro *gro, unsigned place)
{
    gro->ready[gro->n_ready++] = (uint8_t)place;
}

static void close_flow(struct tun_gro *gro, unsigned place)
{
    gro->active &= ~(1U << place);
    make_ready(gro, place);
}

static void pass_single(struct tun_gro *gro, struct bytes datagram, bool verified)
{
    gro->single = datagram;
    gro->single_verified = verified;
    make_ready(gro, SINGLE);
}

static bool is_at(const struct tun_gro *gro, unsigned place, const struct tun_gro_packet *packet)
{
    return (gro->active & 1U << place) != 0 && tun_gro_packet_same_flow(&gro->flow[place].first, packet);
}

/* The place of the packet's flow, or TUN_GRO_PLACES. */
static unsigned find_flow(struct tun_gro *gro, const struct tun_gro_packet *packet)
{
    if (is_at(gro, gro->recent, packet))
        return gro->recent;
    for (unsigned place = 0; place < TUN_GRO_PLACES; place++) {
        if (gro->hash[place] == packet->hash && is_at(gro, place, packet)) {
            gro->recent = place;
            return place;
        }
    }
    return TUN_GRO_PLACES;
}

/* The flow is not known: close all that it could be. */
static void close_between(struct tun_gro *gro, const struct tun_gro_packet *packet)
{
    for (uint32_t left = gro->active; left != 0; left &= left - 1) {
        unsigned place = (unsigned)__builtin_ctz(left);

        if (tun_gro_packet_same_addresses(&gro->flow[place].first, packet))
            close_flow(gro, place);
    }
}

static void put_payload(struct tun_gro_flow *flow, const struct tun_gro_packet *packet)
{
    flow->iov[1 + flow->n_packets++] = tun_gro_piece(packet->data + packet->header_len, packet->payload_len);
    flow->next_seq = packet->seq + packet->payload_len;
    flow->push = packet->push;
}

/* A place for a flow that is new. With all of them used one is closed, each in turn. */
static void begin_flow(struct tun_gro *gro, const struct tun_gro_packet *packet, bool verified)
{
    const uint32_t all = (1U << TUN_GRO_PLACES) - 1;
    uint32_t waiting = gro->n_ready > 0 ? 1U << gro->ready[0] : 0;
    struct tun_gro_flow *flow;
    unsigned place;

    if (__builtin_popcount(gro->active) == TUN_GRO_FLOWS) {
        while ((gro->active & 1U << gro->victim) == 0)
            gro->victim = (gro->victim + 1) % TUN_GRO_PLACES;
        waiting |= 1U << gro->victim;
        close_flow(gro, gro->victim);
        gro->victim = (gro->victim + 1) % TUN_GRO_PLACES;
    }
    place = (unsigned)__builtin_ctz(all & ~gro->active & ~waiting);
    flow = &gro->flow[place];
    gro->active |= 1U << place;
    gro->hash[place] = packet->hash;
    gro->recent = place;
    flow->first = *packet;
    flow->n_packets = 0;
    flow->verified = verified;
    flow->len = packet->len;
    put_payload(flow, packet);
}

/* Behind a packet that pushes nothing is merged: it need not wait for the end of the batch. */
static void begin_or_pass(struct tun_gro *gro, const struct tun_gro_packet *packet, bool verified)
{
    if (packet->push)
        pass_single(gro, bytes_of(packet->data, packet->len), verified);
    else
        begin_flow(gro, packet, verified);
}

/*
 * Is packet what comes next in flow, checksums aside? A shorter one may be the last, a longer one never. (That there is a
 * piece left for it is append()'s care.)
 */
static bool continues(const struct tun_gro_flow *flow, const struct tun_gro_packet *packet)
{
    return packet->payload_len <= flow->first.payload_len &&
           flow->len + packet->payload_len <= IP_DATAGRAM_MAX &&
           (packet->udp || packet->seq == flow->next_seq) &&
           tun_gro_packet_same_headers(&flow->first, packet, flow->n_packets - 1U);
}

static bool verify(struct tun_gro *gro, const struct tun_gro_packet *packet)
{
    if (tun_gro_packet_verify(packet))
        return true;
    gro->n_bad++;
    return false;
}

static void append(struct tun_gro *gro, unsigned place, const struct tun_gro_packet *packet)
{
    struct tun_gro_flow *flow = &gro->flow[place];

    put_payload(flow, packet);
    flow->len += packet->payload_len;
    if (packet->push || packet->payload_len < flow->first.payload_len || flow->n_packets == TUN_GRO_SEGMENTS)
        close_flow(gro, place);
}

static void merge(struct tun_gro *gro, const struct tun_gro_packet *packet)
{
    unsigned place = find_flow(gro, packet);
    struct tun_gro_flow *flow;

    if (place == TUN_GRO_PLACES) {
        begin_or_pass(gro, packet, false);
        return;
    }
    flow = &gro->flow[place];
    if (!continues(flow, packet)) {
        close_flow(gro, place);
        begin_or_pass(gro, packet, false);
        return;
    }
    if (!verify(gro, packet)) {
        close_flow(gro, place);
        pass_single(gro, bytes_of(packet->data, packet->len), false);
        return;
    }
    if (!flow->verified && !verify(gro, &flow->first)) {
        close_flow(gro, place);
        begin_or_pass(gro, packet, true);
        return;
    }
    flow->verified = true;
    append(gro, place, packet);
}

static bool may_merge(const struct tun_gro *gro, const struct tun_gro_packet *packet)
{
    return (gro->offloads & (packet->udp ? TUN_GRO_UDP : TUN_GRO_TCP)) != 0;
}

bool tun_gro_add(struct tun_gro *gro, struct bytes datagram)
{
    struct tun_gro_packet packet;
    enum tun_gro_class class;

    if (gro->n_taken < gro->n_ready)
        return false;
    gro->n_ready = 0;
    gro->n_taken = 0;
    class = gro->offloads != 0 ? tun_gro_packet_read(&packet, datagram) : TUN_GRO_CLASS_APART;
    switch (class) {
    case TUN_GRO_CLASS_MERGE:
        if (may_merge(gro, &packet)) {
            merge(gro, &packet);
            return true;
        }
        break;
    case TUN_GRO_CLASS_ALONE: {
        unsigned place = find_flow(gro, &packet);

        if (place != TUN_GRO_PLACES)
            close_flow(gro, place);
        break;
    }
    case TUN_GRO_CLASS_BETWEEN: close_between(gro, &packet); break;
    case TUN_GRO_CLASS_APART: break;
    }
    pass_single(gro, datagram, false);
    return true;
}

void tun_gro_flush(struct tun_gro *gro)
{
    if (gro->n_taken == gro->n_ready) {
        gro->n_ready = 0;
        gro->n_taken = 0;
    }
    for (uint32_t left = gro->active; left != 0; left &= left - 1)
        make_ready(gro, (unsigned)__builtin_ctz(left));
    gro->active = 0;
}

static void take_single(struct tun_gro *gro, struct bytes datagram, bool verified,
                        struct tun_gro_write *ret_write)
{
    const struct tun_vnet *vnet = verified ? &valid : &plain;

    gro->single_iov[0] = tun_gro_piece(vnet, TUN_VNET_LEN);
    gro->single_iov[1] = tun_gro_piece(datagram.data, datagram.len);
    *ret_write = (struct tun_gro_write){
        .iov = gro->single_iov, .n_iov = 2, .len = TUN_VNET_LEN + datagram.len, .n_packets = 1};
}

static void take_merged(struct tun_gro_flow *flow, struct tun_gro_write *ret_write)
{
    size_t header_len = flow->first.header_len;

    flow->iov[0].iov_base = flow->head;
    flow->iov[0].iov_len =
        tun_gro_packet_write_headers(&flow->first, flow->len - header_len, flow->push, flow->head);
    *ret_write = (struct tun_gro_write){
        .iov = flow->iov,
        .n_iov = 1 + flow->n_packets,
        .len = TUN_VNET_LEN + flow->len,
        .n_packets = flow->n_packets,
        .header_len = header_len,
    };
}

bool tun_gro_take(struct tun_gro *gro, struct tun_gro_write *ret_write)
{
    struct tun_gro_flow *flow;
    unsigned place;

    if (gro->n_taken == gro->n_ready)
        return false;
    place = gro->ready[gro->n_taken++];
    if (place == SINGLE) {
        take_single(gro, gro->single, gro->single_verified, ret_write);
        return true;
    }
    flow = &gro->flow[place];
    if (flow->n_packets == 1)
        take_single(gro, bytes_of(flow->first.data, flow->first.len), flow->verified, ret_write);
    else
        take_merged(flow, ret_write);
    return true;
}

struct bytes tun_gro_original(const struct tun_gro_write *write, size_t i)
{
    const struct iovec *iov = &write->iov[1 + i];

    return bytes_of((const uint8_t *)iov->iov_base - write->header_len, iov->iov_len + write->header_len);
}
