/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MS-CHAPv2's arithmetic, RFC 2759 section 8 and RFC 3079 section 3: pure functions. All results but names are secret. */
#ifndef SSTPTUN_MSCHAP_H
#define SSTPTUN_MSCHAP_H

#include "bytes.h"

#define MSCHAP_CHALLENGE_LEN      16
#define MSCHAP_CHALLENGE_HASH_LEN 8
#define MSCHAP_HASH_LEN           16
#define MSCHAP_NT_RESPONSE_LEN    24
#define MSCHAP_AUTHENTICATOR_LEN  20
#define MSCHAP_KEYS_LEN           32
#define MSCHAP_PASSWORD_MAX       256 /* UTF-16 units: RFC 2759 section 8.9's limit, and Windows' */

/* The part of "DOMAIN\user" that is hashed: behind the last backslash (RFC 2759 section 4; protocol.md 11.1). */
struct bytes mschap_hash_name(struct bytes user);

/*
 * NtPasswordHash of a UTF-8 password. It is hashed as UTF-16LE, with surrogates where Unicode needs them; a byte above
 * 0x7f that is no part of valid UTF-8 is taken for a character of Latin-1, so that a password typed on an old terminal
 * still works. False when it is longer than MSCHAP_PASSWORD_MAX.
 */
bool mschap_password_hash(struct bytes password, uint8_t ret_hash[static MSCHAP_HASH_LEN]) MUST_USE;

/* name: as mschap_hash_name() gives it. */
void mschap_challenge_hash(const uint8_t peer_challenge[static MSCHAP_CHALLENGE_LEN],
                           const uint8_t challenge[static MSCHAP_CHALLENGE_LEN], struct bytes name,
                           uint8_t ret_hash[static MSCHAP_CHALLENGE_HASH_LEN]);

void mschap_nt_response(const uint8_t challenge_hash[static MSCHAP_CHALLENGE_HASH_LEN],
                        const uint8_t password_hash[static MSCHAP_HASH_LEN],
                        uint8_t ret_response[static MSCHAP_NT_RESPONSE_LEN]);

/* The 20 bytes whose hexadecimal form the peer must send behind "S=". */
void mschap_authenticator(const uint8_t password_hash[static MSCHAP_HASH_LEN],
                          const uint8_t nt_response[static MSCHAP_NT_RESPONSE_LEN],
                          const uint8_t challenge_hash[static MSCHAP_CHALLENGE_HASH_LEN],
                          uint8_t ret_authenticator[static MSCHAP_AUTHENTICATOR_LEN]);

/* MasterSendKey and MasterReceiveKey as the client sees them: the HLAK of protocol.md 7.2. */
void mschap_keys(const uint8_t password_hash[static MSCHAP_HASH_LEN],
                 const uint8_t nt_response[static MSCHAP_NT_RESPONSE_LEN],
                 uint8_t ret_keys[static MSCHAP_KEYS_LEN]);

#endif
