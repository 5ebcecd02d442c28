/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The input is one read of a TUN: whatever it says, the datagrams that come of it hold its payload, once and in order, and
 * the IPv4 headers of those that were split have right checksums. Each is written to memory of exactly its size.
 */
#include <stdlib.h>

#include "checksum.h"
#include "ip_wire.h"
#include "tun_gso.h"
#include "tun_vnet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void expect(bool held)
{
    if (!held)
        abort();
}

static void expect_segment(const struct tun_gso *gso, struct bytes payload, const uint8_t *out, size_t len)
{
    expect(gso->header_len + payload.len == len);
    expect(payload.len == 0 || memcmp(out + gso->header_len, payload.data, payload.len) == 0);
    expect(memcmp(out, gso->data, 2) == 0);
    if (gso->ipv6)
        expect(ip_wire_u16(out + IP6_AT_LEN) == len - IP6_HEADER_LEN);
    else
        expect(ip_wire_u16(out + IP4_AT_LEN) == len && checksum_sum(out, gso->transport) == 0xffff);
}

static bool next(struct tun_gso *gso)
{
    size_t want = tun_gso_next_len(gso), at = gso->next;
    bool split = gso->kind == TUN_GSO_SPLIT_TCP || gso->kind == TUN_GSO_SPLIT_UDP;
    uint8_t *out;

    if (want == 0)
        return false;
    out = malloc(want);
    expect(out != NULL && tun_gso_next(gso, out, want - 1) == 0 && gso->next == at);
    expect(tun_gso_next(gso, out, want) == want && gso->next > at);
    if (split)
        expect_segment(gso, bytes_of(gso->data + at, gso->next - at), out, want);
    else
        expect(want == gso->len && gso->next == gso->len);
    free(out);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct tun_gso gso;

    if (tun_gso_begin(&gso, bytes_of(data, len)) != TUN_GSO_OK)
        return 0;
    expect(tun_gso_next_len(&gso) > 0);
    while (next(&gso))
        ;
    expect(gso.next == gso.len && gso.data + gso.len == data + len);
    return 0;
}
