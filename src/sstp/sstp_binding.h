/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The crypto binding: proof that the client that authenticated inside PPP is the one at this end of the TLS
 * session. Pure. [MS-SSTP] 3.2.5.2; protocol.md 7.
 */
#ifndef SSTPTUN_SSTP_BINDING_H
#define SSTPTUN_SSTP_BINDING_H

#include "bytes.h"
#include "sstp_wire.h"

#define SSTP_BINDING_HLAK_LEN 32
#define SSTP_CMK_MAX          32 /* 20 for SHA-1 */

/* What both ends must agree on, besides the key. */
struct sstp_binding_facts {
    enum sstp_hash hash; /* not NONE */
    uint8_t nonce[SSTP_NONCE_LEN];
    uint8_t cert_sha1[20]; /* of the leaf certificate's whole DER */
    uint8_t cert_sha256[32];
};

/* SHA-256 if offered, else SHA-1, else NONE; unknown bits are ignored. */
enum sstp_hash sstp_binding_choose(uint8_t hashes);

/* Bytes of a hash: 20 or 32. */
size_t sstp_binding_hash_len(enum sstp_hash hash);

/*
 * The Compound MAC Key; its first sstp_binding_hash_len() bytes count, the rest is zero. Secret: the caller
 * wipes it.
 */
void sstp_binding_cmk(enum sstp_hash hash, const uint8_t hlak[static SSTP_BINDING_HLAK_LEN],
                      uint8_t ret_cmk[static SSTP_CMK_MAX]);

/* The whole CALL_CONNECTED packet. */
void sstp_binding_message(const struct sstp_binding_facts *facts,
                          const uint8_t hlak[static SSTP_BINDING_HLAK_LEN],
                          uint8_t ret_message[static SSTP_CONNECTED_LEN]);

#endif
