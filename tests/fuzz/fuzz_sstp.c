/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole engine: the input is a little program of what the peer says and the caller does. The rig checks
 * the door's promises after each step; at the end the call must be over within the time that the timers
 * allow.
 *
 *     00..7f  the peer says the next 1..128 bytes      c0..df  time passes, 0 to 240 s
 *     80..9f  a control packet of 0..31 bytes           e0 authenticated  e1 close
 *     a0..bf  a data packet of 0..31 bytes              e3 a good HTTP response  e4 a good CALL_CONNECT_ACK
 */
#include "sstp_rig.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define LIFETIME_MAX (125 * USEC_PER_SEC)
#define STEPS_MAX    512

static const uint8_t zero_hlak[SSTP_HLAK_LEN];
static struct sstp_rig rig;

static void say_packet(struct reader *program, size_t len, bool control)
{
    uint8_t packet[SSTP_HEADER_LEN + 32];
    struct bytes payload;

    if (len > program->left)
        len = program->left;
    payload = reader_take(program, len);
    sstp_data_header(packet, len);
    packet[1] = control;
    if (len > 0)
        memcpy(packet + SSTP_HEADER_LEN, payload.data, len);
    sstp_rig_feed(&rig, bytes_of(packet, SSTP_HEADER_LEN + len));
}

static void say_raw(struct reader *program, size_t len)
{
    sstp_rig_feed(&rig, reader_take(program, len <= program->left ? len : program->left));
}

static void pass(uint8_t ticks)
{
    sstp_rig_pass(&rig, (usec_t)ticks * ticks * 250 * USEC_PER_MSEC);
}

static void act(uint8_t op)
{
    switch (op) {
    case 0xe0: sstp_rig_authenticated(&rig, zero_hlak); break;
    case 0xe1: sstp_rig_close(&rig); break;
    case 0xe3: sstp_rig_feed_str(&rig, sstp_rig_http_ok); break;
    case 0xe4: sstp_rig_feed_hex(&rig, sstp_rig_connect_ack); break;
    default: break;
    }
}

static void step(struct reader *program)
{
    uint8_t op = reader_u8(program);

    if (op < 0x80)
        say_raw(program, op + 1u);
    else if (op < 0xc0)
        say_packet(program, op & 0x1f, op < 0xa0);
    else if (op < 0xe0)
        pass(op & 0x1f);
    else
        act(op);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct reader program = reader_of(bytes_of(data, len));

    sstp_rig_init(&rig, 1);
    for (int n = 0; n < STEPS_MAX && program.left > 0 && !rig.broken; n++)
        step(&program);
    sstp_rig_pass(&rig, LIFETIME_MAX);
    if (rig.broken || rig.n_end != 1) {
        fprintf(stderr, "broken promise: %s\n", rig.broken ? rig.broken : "it ends in time");
        abort();
    }
    return 0;
}
