/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The server's side of MS-CHAPv2 for ASCII passwords, independent of the engine's mschap.c. */
#ifndef PPP_PEER_CRYPTO_H
#define PPP_PEER_CRYPTO_H

#include "bytes.h"

/* value: the 49 bytes of the response. True when it is right; then proof is "S=..." and keys the 32 bytes of HLAK. */
bool peer_mschapv2(const char *user, const char *password, const uint8_t challenge[16],
                   const uint8_t value[49], char proof[43], uint8_t keys[32]);

#endif
