/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sstp_script.h"

#include <string.h>

#include "digest.h"

#define HEADER_LEN    4
#define CONNECTED_LEN 112

void sstp_script_init(struct sstp_script *script)
{
    memset(script, 0, sizeof(*script));
    script->http = "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\nServer: script\r\n\r\n";
    script->hashes = 3;
}

static void say_bytes(struct sstp_script *script, const void *data, size_t len)
{
    if (len > sizeof(script->out) - script->out_len)
        return;
    memcpy(script->out + script->out_len, data, len);
    script->out_len += len;
}

void sstp_script_say(struct sstp_script *script, bool control, const uint8_t *payload, size_t len)
{
    const size_t total = len + HEADER_LEN;
    const uint8_t header[HEADER_LEN] = {0x10, control ? 1 : 0, (uint8_t)(total >> 8), (uint8_t)total};

    say_bytes(script, header, sizeof(header));
    say_bytes(script, payload, len);
}

void sstp_script_say_bare(struct sstp_script *script, uint8_t type)
{
    const uint8_t payload[] = {0, type, 0, 0};

    sstp_script_say(script, true, payload, sizeof(payload));
}

static void say_status(struct sstp_script *script, uint8_t type, uint8_t attribute, uint8_t status)
{
    const uint8_t payload[] = {0, type, 0, 1, 0, 2, 0, 12, 0, 0, 0, attribute, 0, 0, 0, status};

    sstp_script_say(script, true, payload, sizeof(payload));
}

static void say_ack(struct sstp_script *script)
{
    uint8_t payload[44] = {0, 2, 0, 1, 0, 4, 0, 40, 0, 0, 0, script->hashes};

    for (size_t i = 0; i < 32; i++)
        payload[12 + i] = (uint8_t)i;
    sstp_script_say(script, true, payload, sizeof(payload));
}

/* protocol.md 7.4, done here once more: the offsets are those of the packet. */
static bool binding_holds(const struct sstp_script *script, const uint8_t packet[static CONNECTED_LEN])
{
    const bool sha1 = packet[15] == 1;
    const uint8_t tail[] = {sha1 ? 0x14 : 0x20, 0x00, 0x01};
    const struct bytes seed[] = {bytes_of_str("SSTP inner method derived CMK"), bytes_of(tail, sizeof(tail))};
    const struct bytes hlak = bytes_of(script->hlak, sizeof(script->hlak));
    uint8_t cmk[32], mac[32] = {0}, cert[32] = {0}, zeroed[CONNECTED_LEN];
    const struct bytes whole = bytes_of(zeroed, sizeof(zeroed));

    memcpy(zeroed, packet, sizeof(zeroed));
    memset(zeroed + 80, 0, 32);
    memcpy(cert, sha1 ? script->cert_sha1 : script->cert_sha256, sha1 ? 20 : 32);
    if (sha1) {
        digest_hmac_sha1(hlak, seed, 2, cmk);
        digest_hmac_sha1(bytes_of(cmk, 20), &whole, 1, mac);
    } else {
        digest_hmac_sha256(hlak, seed, 2, cmk);
        digest_hmac_sha256(bytes_of(cmk, 32), &whole, 1, mac);
    }
    for (size_t i = 0; i < 32; i++)
        if (packet[16 + i] != (uint8_t)i)
            return false;
    return (packet[15] & script->hashes) == packet[15] && memcmp(packet + 48, cert, 32) == 0 &&
           memcmp(packet + 80, mac, 32) == 0;
}

static void on_connect_request(struct sstp_script *script)
{
    if (script->mute)
        return;
    if (script->n_naks > 0) {
        script->n_naks--;
        say_status(script, 3, 1, 4);
        return;
    }
    say_ack(script);
}

static void on_connected(struct sstp_script *script, const uint8_t *packet, size_t len)
{
    script->binding_holds = len == CONNECTED_LEN && binding_holds(script, packet);
    if (script->verdict)
        say_status(script, 5, 3, script->verdict);
}

static void on_message(struct sstp_script *script, const uint8_t *packet, size_t len)
{
    const uint8_t type = packet[5];

    if (packet[1] != 1 || len < 8 || packet[4] != 0 || type == 0 || type > 9) {
        script->broken = true;
        return;
    }
    script->n_seen[type]++;
    switch (type) {
    case 1: on_connect_request(script); break;
    case 4: on_connected(script, packet, len); break;
    case 5:
        if (!script->no_goodbye && script->n_seen[5] == 1)
            say_status(script, 5, 2, 0);
        break;
    case 6:
        if (!script->no_goodbye)
            sstp_script_say_bare(script, 7);
        break;
    case 8:
        if (!script->no_echo)
            sstp_script_say_bare(script, 9);
        break;
    default: break;
    }
}

/* Drops len bytes from the front of what came. */
static void consume(struct sstp_script *script, size_t len)
{
    script->in_len -= len;
    memmove(script->in, script->in + len, script->in_len);
}

static bool take_request(struct sstp_script *script)
{
    for (size_t i = 3; i < script->in_len; i++) {
        if (memcmp(script->in + i - 3, "\r\n\r\n", 4) != 0)
            continue;
        script->seen_request = true;
        script->pipelined = i + 1 < script->in_len;
        consume(script, i + 1);
        if (script->http)
            say_bytes(script, script->http, strlen(script->http));
        return true;
    }
    return false;
}

static bool take_packet(struct sstp_script *script)
{
    size_t len;

    if (script->in_len < HEADER_LEN)
        return false;
    len = (size_t)(script->in[2] << 8 | script->in[3]);
    if (script->in[0] != 0x10 || len < 8 || len > 4095) {
        script->broken = true;
        return false;
    }
    if (script->in_len < len)
        return false;
    on_message(script, script->in, len);
    consume(script, len);
    return true;
}

void sstp_script_hear(struct sstp_script *script, const uint8_t *data, size_t len)
{
    if (len > sizeof(script->in) - script->in_len) {
        script->broken = true;
        return;
    }
    memcpy(script->in + script->in_len, data, len);
    script->in_len += len;
    while (!script->broken && (script->seen_request ? take_packet(script) : take_request(script)))
        ;
}
