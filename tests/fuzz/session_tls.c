/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of tls.h that call.c uses, in place of src/net/tls.c: a stream in memory, without records or keys. */
#include "session_rig.h"

uint8_t session_stream[SESSION_STREAM_MAX];

void tls_read_begin(struct tls *tls)
{
    (void)tls;
}

enum tls_status tls_read(struct tls *tls, uint8_t *buf, size_t cap, size_t *ret_len)
{
    size_t n = tls->in_len - tls->in_at;

    if (n == 0) {
        tls->over = tls->status != TLS_AGAIN;
        return tls->status;
    }
    if (n > cap)
        n = cap;
    memcpy(buf, session_stream + tls->in_at, n);
    tls->in_at += n;
    if (tls->in_at == tls->in_len)
        tls->in_at = tls->in_len = 0;
    *ret_len = n;
    return TLS_OK;
}

bool tls_write(struct tls *tls, struct bytes data)
{
    MUST(data.len > 0);
    if (tls->over || data.len > tls_output_room(tls))
        return false;
    tls->waits += data.len;
    session_said(data);
    return true;
}

size_t tls_output_room(const struct tls *tls)
{
    return SESSION_OUTPUT_MAX - tls->waits;
}

enum tls_status tls_flush(struct tls *tls)
{
    if (tls->blocked)
        return tls->waits > 0 ? TLS_AGAIN : TLS_OK;
    tls->waits = 0;
    return TLS_OK;
}

bool tls_wants_write(const struct tls *tls)
{
    return tls->waits > 0;
}

void tls_cert_digests(const struct tls *tls, uint8_t ret_sha1[static 20], uint8_t ret_sha256[static 32])
{
    (void)tls;
    memset(ret_sha1, 0x51, 20);
    memset(ret_sha256, 0x52, 32);
}

const struct end *tls_end(const struct tls *tls)
{
    return &tls->end;
}
