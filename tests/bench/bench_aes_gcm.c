/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast is the AES-256-GCM that this build of wolfSSL brings? One thread, records of 16 KiB as TLS makes
 * them, the best of five rounds. With an argument, exit status 1 when it is less than that many GB/s: the
 * tests use it to notice a wolfSSL that lost its assembly (0.1 to 0.2 GB/s instead of several).
 */
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RECORD_LEN 16384
#define N_ROUNDS   5

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Encrypts for a fifth of a second; GB/s. */
static double run_round(Aes *aes)
{
    static uint8_t plain[RECORD_LEN], sealed[RECORD_LEN];
    const uint8_t nonce[12] = {0}, header[5] = {0};
    uint8_t tag[16];
    double begun = seconds(), took;
    size_t n_records = 0;

    do {
        if (wc_AesGcmEncrypt(aes, sealed, plain, sizeof plain, nonce, sizeof nonce, tag, sizeof tag, header,
                             sizeof header) != 0)
            return 0;
        n_records++;
        took = seconds() - begun;
    } while (took < 0.2);
    return (double)(n_records * RECORD_LEN) / took / 1e9;
}

int main(int argc, char **argv)
{
    const uint8_t key[32] = {0};
    double best = 0;
    Aes aes;

    if (wc_AesInit(&aes, NULL, INVALID_DEVID) != 0 || wc_AesGcmSetKey(&aes, key, sizeof key) != 0)
        return 1;
    for (int i = 0; i < N_ROUNDS; i++) {
        double speed = run_round(&aes);
        best = speed > best ? speed : best;
    }
    wc_AesFree(&aes);
    printf("AES-256-GCM: %.2f GB/s\n", best);
    return argc > 1 && best < strtod(argv[1], NULL) ? 1 : 0;
}
