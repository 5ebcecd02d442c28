/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Base64 (RFC 4648 4), as PEM and public key pins use it. */
#ifndef SSTPTUN_BASE64_H
#define SSTPTUN_BASE64_H

#include "bytes.h"

/* Characters that len bytes make, with the NUL. */
#define BASE64_LEN(len) (((len) + 2) / 3 * 4 + 1)

/* With padding; out has BASE64_LEN(data.len) bytes. */
void base64_encode(struct bytes data, char *out);

/* Decodes text, in which white space may stand anywhere. out has at least text.len / 4 * 3 + 3 bytes and may be the same memory. */
bool base64_decode(struct bytes text, uint8_t *out, size_t *ret_len) MUST_USE;

#endif
