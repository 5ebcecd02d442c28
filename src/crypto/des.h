/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SSTPTUN_DES_H
#define SSTPTUN_DES_H

#include <stdint.h>

/*
 * One block of single DES in ECB mode under a 56-bit key given as 7 bytes: the parity bits are inserted here
 * (RFC 2759 section 8.6). Only MS-CHAPv2 needs it.
 */
void des_encrypt_block(const uint8_t key[static 7], const uint8_t clear[static 8],
                       uint8_t ret_cipher[static 8]);

#endif
