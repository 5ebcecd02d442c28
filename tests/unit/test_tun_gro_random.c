/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random interleavings of up to 40 flows, with all that happens to packets: order and contents of each flow are kept. */
#include "check.h"

#include "gro_rig.h"

#define FLOWS 40

static uint64_t state;

static uint32_t pick(uint32_t n)
{
    return (uint32_t)((ip_packet_random(&state) >> 33) % n);
}

static void begin_flows(struct ip_packet *flows, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        flows[i] = ip_packet_default(pick(2), pick(3) == 0);
        flows[i].source = (uint8_t)(2 + pick(3));
        flows[i].source_port = (uint16_t)(1000 + i);
        flows[i].seq = (uint32_t)ip_packet_random(&state);
        flows[i].payload_len = 1 + pick(1400);
        flows[i].payload_seed = i;
        flows[i].dont_fragment = pick(2);
        flows[i].options_len = (uint8_t)(pick(11) * 4);
    }
}

/*
 * One more of the flow: most often the plain next one, sometimes anything else. False when a bit was flipped where it may
 * have made it another flow's.
 */
static bool next_of(struct ip_packet *flow)
{
    struct ip_packet packet = *flow;
    uint8_t *at;

    switch (pick(40)) {
    case 0: packet.flags = (uint8_t)pick(256); break;
    case 1: packet.flags |= 8; break;
    case 2: packet.payload_len = 1 + pick((uint32_t)packet.payload_len); break;
    case 3: packet.payload_len = 0; break;
    case 4: packet.seq -= 500; break;
    case 5: flow->ack += 1000; break;
    case 6: flow->tos = (uint8_t)pick(4); break;
    case 7: flow->id = (uint16_t)pick(65536); break;
    case 8: flow->payload_len = 1 + pick(1400); break;
    case 9: flow->window = (uint16_t)pick(65536); break;
    case 10: packet.between_len = packet.ipv6 ? 0 : 4; break;
    default: break;
    }
    at = arrive(&packet);
    flow->seq = packet.seq + (uint32_t)packet.payload_len;
    flow->payload_at += packet.payload_len;
    flow->id++;
    if (pick(50) == 0) {
        size_t flipped = pick((uint32_t)datagrams[n_datagrams - 1].len);
        at[flipped] ^= (uint8_t)(1 << pick(8));
        return flipped >= ip_packet_transport(&packet) + 4;
    }
    return true;
}

/* What may differ: the identification, and with it the checksum, where DF says that it means nothing. */
static void blank_identification(uint8_t *copy, struct bytes datagram)
{
    memcpy(copy, datagram.data, datagram.len);
    if (datagram.len >= 20 && copy[0] >> 4 == 4 && copy[6] == 0x40) {
        memset(copy + 4, 0, 2);
        memset(copy + 10, 0, 2);
    }
}

static bool equal(struct bytes a, struct bytes b)
{
    static uint8_t x[65536], y[65536];

    if (a.len != b.len)
        return false;
    if (memcmp(a.data, b.data, a.len) == 0)
        return true;
    blank_identification(x, a);
    blank_identification(y, b);
    return memcmp(x, y, a.len) == 0;
}

/* The first arrival of the flow, from at on, that has not come out yet. */
static size_t first_left(const uint8_t *flow_of, const bool *seen, unsigned flow, size_t at)
{
    while (at < n_datagrams && (flow_of[at] != flow || seen[at]))
        at++;
    return at;
}

/* The arrival that this result is, if the order allows it; BATCH_MAX otherwise. */
static size_t place_of(struct bytes datagram, const uint8_t *flow_of, const bool *seen)
{
    for (unsigned f = 0; f < FLOWS; f++) {
        size_t at = first_left(flow_of, seen, f, 0);
        if (at < n_datagrams && equal(datagram, datagrams[at]))
            return at;
    }
    for (size_t at = 0; (at = first_left(flow_of, seen, FLOWS, at)) < n_datagrams; at++) {
        if (equal(datagram, datagrams[at]))
            return at;
    }
    return BATCH_MAX;
}

/* Each result is the earliest arrival of its flow that has not come out yet; flow FLOWS has no order. */
static bool flows_in_order(const uint8_t *flow_of)
{
    static bool seen[BATCH_MAX];

    memset(seen, 0, sizeof(seen));
    for (size_t r = 0; r < n_results; r++) {
        size_t at = place_of(results[r], flow_of, seen);
        if (!CHECK(at < BATCH_MAX)) {
            fprintf(stderr, "result %zu of %zu bytes has no place\n", r, results[r].len);
            return false;
        }
        seen[at] = true;
    }
    return true;
}

TEST(random_interleavings)
{
    static uint8_t flow_of[BATCH_MAX];
    size_t total = 0, merged = 0;

    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct ip_packet flows[FLOWS];
        uint32_t n_flows = 1 + (uint32_t)(seed % FLOWS), burst = 1 + (uint32_t)(seed % 7) * 4, f = 0;

        state = seed * 0x9e3779b97f4a7c15U;
        reset(TUN_GRO_TCP | TUN_GRO_UDP);
        begin_flows(flows, n_flows);
        for (size_t i = 0; i < 200; i++) {
            if (pick(burst) == 0)
                f = pick(n_flows);
            flow_of[i] = (uint8_t)(next_of(&flows[f]) ? f : FLOWS);
        }
        if (!CHECK(run() && flows_in_order(flow_of))) {
            fprintf(stderr, "seed %" PRIu64 "\n", seed);
            return;
        }
        total += n_datagrams;
        merged += n_datagrams - n_writes;
    }
    CHECK(merged * 3 > total); /* or it would prove little */
}

CHECK_MAIN()
