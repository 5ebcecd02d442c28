/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HLAK -> CMK -> Compound MAC. The PRF+ of [MS-SSTP] 3.2.5.2.3 never needs more than its first block, because
 * CMK is as long as the hash; what is left of it is one HMAC. The MAC covers the whole 112-byte packet with
 * its own field zero.
 */
#include "sstp_binding.h"

#include "digest.h"
#include "secret.h"

/* [MS-SSTP] 3.2.5.2.3: the seed, without a NUL */
static const char cmk_seed[] = "SSTP inner method derived CMK";

enum sstp_hash sstp_binding_choose(uint8_t hashes)
{
    if (hashes & SSTP_HASH_SHA256)
        return SSTP_HASH_SHA256;
    if (hashes & SSTP_HASH_SHA1)
        return SSTP_HASH_SHA1;
    return SSTP_HASH_NONE;
}

size_t sstp_binding_hash_len(enum sstp_hash hash)
{
    return hash == SSTP_HASH_SHA1 ? SHA1_LEN : SHA256_LEN;
}

/* ret_mac: 32 bytes, of which SHA-1 fills 20 and leaves 12 as they are. */
static void hmac(enum sstp_hash hash, struct bytes key, const struct bytes *parts, size_t n_parts,
                 uint8_t *ret_mac)
{
    if (hash == SSTP_HASH_SHA1)
        digest_hmac_sha1(key, parts, n_parts, ret_mac);
    else
        digest_hmac_sha256(key, parts, n_parts, ret_mac);
}

void sstp_binding_cmk(enum sstp_hash hash, const uint8_t hlak[static SSTP_BINDING_HLAK_LEN],
                      uint8_t ret_cmk[static SSTP_CMK_MAX])
{
    /* LEN is little-endian, alone in this protocol (protocol.md 7.4); then the block counter */
    const uint8_t tail[] = {(uint8_t)sstp_binding_hash_len(hash), 0x00, 0x01};
    const struct bytes parts[] = {bytes_of(cmk_seed, sizeof(cmk_seed) - 1), bytes_of(tail, sizeof(tail))};

    memset(ret_cmk, 0, SSTP_CMK_MAX);
    hmac(hash, bytes_of(hlak, SSTP_BINDING_HLAK_LEN), parts, ARRAY_LEN(parts), ret_cmk);
}

void sstp_binding_message(const struct sstp_binding_facts *facts,
                          const uint8_t hlak[static SSTP_BINDING_HLAK_LEN],
                          uint8_t ret_message[static SSTP_CONNECTED_LEN])
{
    struct sstp_binding binding = {.hash = (uint8_t)facts->hash};
    struct writer w = writer_of(ret_message, SSTP_CONNECTED_LEN);
    const struct bytes whole = bytes_of(ret_message, SSTP_CONNECTED_LEN);
    uint8_t cmk[SSTP_CMK_MAX];

    memcpy(binding.nonce, facts->nonce, SSTP_NONCE_LEN);
    if (facts->hash == SSTP_HASH_SHA1)
        memcpy(binding.cert_hash, facts->cert_sha1, sizeof(facts->cert_sha1));
    else
        memcpy(binding.cert_hash, facts->cert_sha256, sizeof(facts->cert_sha256));
    sstp_wire_put_connected(&w, &binding);

    sstp_binding_cmk(facts->hash, hlak, cmk);
    hmac(facts->hash, bytes_of(cmk, sstp_binding_hash_len(facts->hash)), &whole, 1, binding.mac);
    memcpy(ret_message + SSTP_CONNECTED_MAC_OFFSET, binding.mac, SSTP_COMPOUND_MAC_LEN);
    secret_wipe(cmk, sizeof(cmk));
    secret_wipe_stack(); /* HMAC's pads hold the keys */
}
