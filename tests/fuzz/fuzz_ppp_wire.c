/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parsers that stand alone: frames of any shape, packet headers, and passwords in no or any encoding. */
#include <stdlib.h>

#include "mschap.h"
#include "ppp.h"
#include "ppp_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_inside(struct bytes part, struct bytes whole)
{
    if (part.len > whole.len ||
        (part.len > 0 && (part.data < whole.data || part.data + part.len > whole.data + whole.len)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes input = bytes_of(data, len), datagram = bytes_of(NULL, 0);
    struct ppp_frame frame;
    struct ppp_packet packet;
    uint8_t hash[MSCHAP_HASH_LEN];

    (void)ppp_classify(input, &datagram);
    check_inside(datagram, input);
    if (ppp_wire_read_frame(input, &frame))
        check_inside(frame.info, input);
    if (ppp_wire_read_packet(input, &packet)) {
        check_inside(packet.whole, input);
        check_inside(packet.data, packet.whole);
    }
    check_inside(mschap_hash_name(input), input);
    if (!mschap_password_hash(input, hash) && len <= MSCHAP_PASSWORD_MAX)
        abort();
    return 0;
}
