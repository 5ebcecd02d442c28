/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is this the server that was meant? The decision about its certificates, made inside the handshake. */
#ifndef SSTPTUN_TLS_JUDGE_H
#define SSTPTUN_TLS_JUDGE_H

#include "digest.h"
#include "tls.h"
#include "trust.h"

struct tls_verdict {
    bool reached;  /* the certificates were looked at */
    bool accepted; /* else end says why not */
    uint8_t cert_sha1[SHA1_LEN];
    uint8_t cert_sha256[SHA256_LEN];
    struct end end;
};

/*
 * cert[0] is the server's own certificate, the rest what it sent to support it. With pins only a pin counts; else the
 * path to something trusted, the dates, the name and the purpose, and every fault found is named in the verdict.
 * now: seconds since 1970.
 */
void tls_judge(const struct tls_config *config, const struct trust *trust, const struct bytes *cert,
               size_t n_cert, int64_t now, struct tls_verdict *ret_verdict);

#endif
