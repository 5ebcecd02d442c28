/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The response head: the first byte says where the stream is cut for a first look. The cut must not change
 * the answer.
 */
#include "sstp_http.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool held)
{
    if (!held)
        abort();
}

/* Reads heads until one is final; returns how the last one ended, *ret_at what was used. */
static enum sstp_http_result read_heads(struct bytes stream, size_t cut, size_t *ret_at, struct end *ret_end)
{
    struct sstp_http http = {0};
    enum sstp_http_result result;

    *ret_at = 0;
    do {
        const struct bytes rest = bytes_of(stream.data + *ret_at, stream.len - *ret_at);
        size_t used = 0;

        result =
            sstp_http_response(&http, bytes_of(rest.data, cut < rest.len ? cut : rest.len), &used, ret_end);
        if (result == SSTP_HTTP_MORE)
            result = sstp_http_response(&http, rest, &used, ret_end);
        must(used <= rest.len && (result == SSTP_HTTP_CONTINUE) <= (used > 0));
        *ret_at += used;
        must(*ret_at <= SSTP_HTTP_HEAD_MAX);
    } while (result == SSTP_HTTP_CONTINUE);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct end whole = {0}, cut = {0};
    size_t whole_at, cut_at;
    enum sstp_http_result result;

    if (len == 0)
        return 0;
    result = read_heads(bytes_of(data + 1, len - 1), SIZE_MAX, &whole_at, &whole);
    must(read_heads(bytes_of(data + 1, len - 1), data[0], &cut_at, &cut) == result);
    must(whole_at == cut_at && whole.reason == cut.reason && whole.code == cut.code);
    must((result == SSTP_HTTP_END) == (whole.reason != END_NONE));
    for (const char *c = whole.detail; *c; c++)
        must(*c >= 0x20 && *c < 0x7f);
    return 0;
}
