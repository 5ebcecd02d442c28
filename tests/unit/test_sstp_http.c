/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sstp_http.h"

#include "check.h"

static void count_up(void *user, uint8_t *out, size_t len)
{
    uint8_t *next = user;

    for (size_t i = 0; i < len; i++)
        out[i] = (*next)++;
}

static const char *request(const char *host, uint16_t port)
{
    static uint8_t buf[1024 + 1];
    struct writer w = writer_of(buf, sizeof(buf) - 1);

    sstp_http_put_request(&w, host, port, "{00000000-0000-4000-8000-000000000000}");
    CHECK(writer_ok(&w));
    buf[w.len] = '\0';
    return (const char *)buf;
}

/* -- request --------------------------------------------------------------------------------------------- */

TEST(request_is_exact)
{
    CHECK_STR(request("vpn.example.com", 443),
              "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1\r\n"
              "SSTPCORRELATIONID: {00000000-0000-4000-8000-000000000000}\r\n"
              "Content-Length: 18446744073709551615\r\n"
              "Host: vpn.example.com\r\n"
              "\r\n");
}

static void check_host(const char *host, uint16_t port, const char *want)
{
    const char *at = strstr(request(host, port), "\r\nHost: ");

    CHECK(at && strncmp(at + 8, want, strlen(want)) == 0 && strcmp(at + 8 + strlen(want), "\r\n\r\n") == 0);
}

TEST(request_host_field)
{
    check_host("a", 443, "a");
    check_host("a", 4443, "a:4443");
    check_host("a", 1, "a:1");
    check_host("a", 65535, "a:65535");
    check_host("a", 10000, "a:10000");
    check_host("192.0.2.1", 443, "192.0.2.1");
    check_host("2001:db8::1", 443, "[2001:db8::1]");
    check_host("2001:db8::1", 8443, "[2001:db8::1]:8443");
    check_host("fe80::1%eth0", 443, "[fe80::1]");
}

TEST(request_hosts_that_may_not_be_sent)
{
    char longest[SSTP_HTTP_HOST_MAX + 2];

    CHECK(sstp_http_host_ok("vpn.example.com"));
    CHECK(!sstp_http_host_ok(""));
    CHECK(!sstp_http_host_ok("a b"));
    CHECK(!sstp_http_host_ok("a\r\nX-Forged: b"));
    CHECK(!sstp_http_host_ok("b\xc3\xbc"
                             "cher.example"));
    memset(longest, 'a', sizeof(longest));
    longest[SSTP_HTTP_HOST_MAX] = '\0';
    CHECK(sstp_http_host_ok(longest));
    CHECK(strlen(request(longest, 65535)) < 1024);
    longest[SSTP_HTTP_HOST_MAX] = 'a';
    longest[SSTP_HTTP_HOST_MAX + 1] = '\0';
    CHECK(!sstp_http_host_ok(longest));
}

TEST(guid_is_a_random_one)
{
    uint8_t next = 0xf0;
    const struct env env = {.random = count_up, .user = &next};
    char guid[SSTP_HTTP_GUID_LEN + 1];

    sstp_http_guid(&env, guid);
    CHECK_STR(guid, "{F0F1F2F3-F4F5-46F7-B8F9-FAFBFCFDFEFF}");
    sstp_http_guid(&env, guid);
    CHECK_STR(guid, "{00010203-0405-4607-8809-0A0B0C0D0E0F}");
}

/* -- response -------------------------------------------------------------------------------------------- */

struct answer {
    enum sstp_http_result result;
    size_t used;
    struct end end;
};

static struct answer respond(struct bytes stream)
{
    struct sstp_http http = {0};
    struct answer a = {0};

    a.result = sstp_http_response(&http, stream, &a.used, &a.end);
    return a;
}

static void check_ok(const char *head)
{
    const struct answer a = respond(bytes_of_str(head));

    if (!CHECK_EQ(a.result, SSTP_HTTP_OK) || !CHECK_EQ(a.used, strlen(head)))
        fprintf(stderr, "    head: %s (%s)\n", head, a.end.detail);
}

TEST(response_ok)
{
    check_ok("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n");
    check_ok("HTTP/1.1 200\r\n\r\n");
    check_ok("HTTP/1.1 200 \r\n\r\n");
    check_ok("HTTP/1.0 200 OK\r\n\r\n");
    check_ok("HTTP/1.9 200 Whatever it is\r\nLocation: nowhere\r\n\r\n");
    check_ok("HTTP/1.1 200 OK\n\n");
    check_ok("HTTP/1.1 200 OK\nServer: x\n\r\n");
}

TEST(response_bytes_behind_the_head_stay)
{
    static const char stream[] = "HTTP/1.1 200 OK\r\n\r\n\x10\x01";
    const struct answer a = respond(bytes_of(stream, sizeof(stream)));

    CHECK_EQ(a.result, SSTP_HTTP_OK);
    CHECK_EQ(a.used, 19);
}

/* However it is cut, the answer is the same, and it comes with the last byte, not earlier. */
TEST(response_cut_everywhere)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nServer: x\r\n\r\n";
    const size_t len = sizeof(head) - 1;

    for (size_t cut = 0; cut < len; cut++) {
        struct sstp_http http = {0};
        size_t used = 0;
        struct end end;

        CHECK_EQ(sstp_http_response(&http, bytes_of(head, cut), &used, &end), SSTP_HTTP_MORE);
        CHECK_EQ(sstp_http_response(&http, bytes_of(head, len), &used, &end), SSTP_HTTP_OK);
        CHECK_EQ(used, len);
    }
}

TEST(response_byte_by_byte)
{
    static const char head[] = "HTTP/1.1 404 Not Found\r\n\r\n";
    struct sstp_http http = {0};
    size_t used = 0;
    struct end end;

    for (size_t n = 0; n < sizeof(head) - 1; n++)
        CHECK_EQ(sstp_http_response(&http, bytes_of(head, n), &used, &end), SSTP_HTTP_MORE);
    CHECK_EQ(sstp_http_response(&http, bytes_of(head, sizeof(head) - 1), &used, &end), SSTP_HTTP_END);
    CHECK_EQ(end.code, 404);
}

static void check_status(const char *head, uint32_t code, const char *in_detail)
{
    const struct answer a = respond(bytes_of_str(head));

    CHECK_EQ(a.result, SSTP_HTTP_END);
    CHECK_EQ(a.end.reason, END_HTTP_STATUS);
    CHECK_EQ(a.end.code, code);
    if (!CHECK(strstr(a.end.detail, in_detail) != NULL))
        fprintf(stderr, "    detail: %s\n", a.end.detail);
    CHECK(strlen(a.end.detail) < END_DETAIL_LEN - 1); /* not cut */
}

TEST(response_statuses_are_explained)
{
    check_status("HTTP/1.1 400 Bad Request\r\n\r\n", 400, "HTTP status 400 Bad Request: a proxy");
    check_status("HTTP/1.1 401 Unauthorized\r\n\r\n", 401, "wants a login");
    check_status("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", 407, "proxy on the way wants a login");
    check_status("HTTP/1.1 403 Forbidden\r\n\r\n", 403, "host name (SNI)");
    check_status("HTTP/1.0 404\r\n\r\n", 404, "HTTP status 404: TLS answers");
    check_status("HTTP/1.1 405 Method Not Allowed\r\n\r\n", 405, "ordinary web server");
    check_status("HTTP/1.1 501 Not Implemented\r\n\r\n", 501, "ordinary web server");
    check_status("HTTP/1.1 502 Bad Gateway\r\n\r\n", 502, "behind it");
    check_status("HTTP/1.1 503 Service Unavailable\r\n\r\n", 503, "RemoteAccess");
    check_status("HTTP/1.1 500 Oops\r\n\r\n", 500, "500 Oops");
    check_status("HTTP/1.1 204 No Content\r\n\r\n", 204, "only 200");
    check_status("HTTP/1.1 101 Switching Protocols\r\n\r\n", 101, "only 200");
    check_status("HTTP/1.1 999 ?\r\n\r\n", 999, "only 200");
}

TEST(response_redirection_shows_its_target)
{
    check_status("HTTP/1.1 301 Moved Permanently\r\nServer: x\r\nLocation:  https://www.example.com/\r\n\r\n",
                 301, "Location https://www.example.com/");
    check_status("HTTP/1.1 302 Found\r\nlOCATION:/x\r\n\r\n", 302, "Location /x");
    check_status("HTTP/1.1 302 Found\r\nA: b\r\nLo\r\nLocation: c\r\n\r\n", 302, "Location c:");
    check_status("HTTP/1.1 302 Found\r\nLocation:\t/x\r\n\r\n", 302, "Location /x");
    check_status("HTTP/1.1 302 Found\r\nX-Location: /y\r\n\r\n", 302, "302 Found: it redirects");
    check_status("HTTP/1.1 302 Found\r\nAllocation: /y\r\n\r\n", 302, "302 Found: it redirects");
    check_status("HTTP/1.1 302 Found\r\nVocation: /y\r\nLocation: /x\r\n\r\n", 302, "Location /x");
    check_status("HTTP/1.1 302 Found\r\nLocation: a\033[2Jb\tc\r\n\r\n", 302, "Location a?[2Jb?c:");
    check_status("HTTP/1.1 302 \033]0;Found\r\nLocation:\r\n\r\n", 302, "302 ?]0;Found: it");
}

TEST(response_long_texts_are_cut)
{
    static char long_text[8000];
    size_t at = 0;

    memset(long_text, 0, sizeof(long_text));
    at += (size_t)sprintf(long_text, "HTTP/1.1 301 ");
    memset(long_text + at, 'r', 3000);
    at += 3000;
    at += (size_t)sprintf(long_text + at, "\r\nLocation: ");
    memset(long_text + at, 'l', 3000);
    at += 3000;
    (void)sprintf(long_text + at, "\r\n\r\n");
    check_status(long_text, 301, "llll: it redirects elsewhere");
}

static void check_bad(struct bytes stream, const char *in_detail)
{
    const struct answer a = respond(stream);

    CHECK_EQ(a.result, SSTP_HTTP_END);
    CHECK_EQ(a.end.reason, END_HTTP_BAD);
    if (!CHECK(strstr(a.end.detail, in_detail) != NULL))
        fprintf(stderr, "    detail: %s\n", a.end.detail);
}

TEST(response_that_is_not_http)
{
    check_bad(bytes_of_str("SSH-2.0-OpenSSH_9.2p1"), "\"SSH-2.0-OpenSSH_9.2p1\"");
    check_bad(bytes_of_str("HTTP/2 200\r\n\r\n"), "not HTTP/1.x");
    check_bad(bytes_of_str("HTTP/0.9 200 OK\r\n\r\n"), "not HTTP/1.x");
    check_bad(bytes_of_str("http/1.1 200 OK\r\n\r\n"), "not HTTP/1.x");
    check_bad(bytes_of_str("\r\nHTTP/1.1 200 OK\r\n\r\n"), "not HTTP/1.x");
    check_bad(bytes_of_str("<"), "not HTTP/1.x"); /* with its first byte */
    check_bad(bytes_of("\x10\x01\x00\x08", 4), "not HTTP/1.x");
    check_bad(bytes_of("\0", 1), "not HTTP/1.x");
}

TEST(response_with_a_bad_status_line)
{
    check_bad(bytes_of_str("HTTP/1.1\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1 20\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1 2000 OK\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1 2000\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1 20a OK\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1  200 OK\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.x 200 OK\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.\r\n\r\n"), "malformed");
    check_bad(bytes_of_str("HTTP/1.1200 OK\r\n\r\n"), "malformed");
}

TEST(response_with_a_nul)
{
    check_bad(bytes_of("HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n", 25), "NUL");
    check_bad(bytes_of("HTTP/1.1 \0", 10), "NUL"); /* at once */
}

static char head[40000];

/* "HTTP/1.1 200 OK\r\n", then lines of `line_len` bytes with their ends, until it is len bytes long. */
static struct bytes long_head(size_t len, size_t line_len)
{
    size_t at = (size_t)sprintf(head, "HTTP/1.1 200 OK\r\n");

    for (size_t column = 1; at < len; at++, column++)
        head[at] = column % line_len == 0 ? '\n' : 'h';
    return bytes_of(head, len);
}

TEST(response_bounds)
{
    CHECK_EQ(respond(long_head(SSTP_HTTP_HEAD_MAX, 100)).result, SSTP_HTTP_MORE);
    check_bad(long_head(SSTP_HTTP_HEAD_MAX + 1, 100), "head without end");
    CHECK_EQ(respond(long_head(17 + SSTP_HTTP_LINE_MAX, 100000)).result, SSTP_HTTP_MORE);
    check_bad(long_head(17 + SSTP_HTTP_LINE_MAX + 2, 100000), "line without end");
}

TEST(response_largest_head_that_is_taken)
{
    static const char end[] = {'\r', '\n', '\r', '\n'};
    const struct bytes stream = long_head(SSTP_HTTP_HEAD_MAX, 100);

    memcpy(head + SSTP_HTTP_HEAD_MAX - sizeof(end), end, sizeof(end));
    CHECK_EQ(respond(stream).result, SSTP_HTTP_OK);
}

TEST(response_skips_informational_heads)
{
    static const char stream[] = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                                 "HTTP/1.1 200 OK\r\n\r\n";
    struct sstp_http http = {0};
    size_t used, at = 0;
    struct end end;

    for (int i = 0; i < 2; i++) {
        CHECK_EQ(sstp_http_response(&http, bytes_of_str(stream + at), &used, &end), SSTP_HTTP_CONTINUE);
        at += used;
    }
    CHECK_EQ(sstp_http_response(&http, bytes_of_str(stream + at), &used, &end), SSTP_HTTP_OK);
    CHECK_EQ(at + used, sizeof(stream) - 1);
}

TEST(response_of_noise_after_an_informational_head)
{
    static const char stream[] = "HTTP/1.1 100\r\n\r\nXTTP/1.1 200\r\n\r\n";
    struct sstp_http http = {0};
    size_t used = 0;
    struct end end;

    CHECK_EQ(sstp_http_response(&http, bytes_of_str(stream), &used, &end), SSTP_HTTP_CONTINUE);
    CHECK_EQ(sstp_http_response(&http, bytes_of_str(stream + used), &used, &end), SSTP_HTTP_END);
    CHECK_EQ(end.reason, END_HTTP_BAD);
}

TEST(response_informational_heads_are_bounded)
{
    struct sstp_http http = {0};
    enum sstp_http_result result;
    size_t used = 0, total = 0;
    struct end end;

    do {
        result = sstp_http_response(&http, bytes_of_str("HTTP/1.1 100\r\n\r\n"), &used, &end);
        total += used;
    } while (result == SSTP_HTTP_CONTINUE && total < 100000);
    CHECK_EQ(result, SSTP_HTTP_END);
    CHECK_EQ(end.reason, END_HTTP_BAD);
    CHECK(total <= SSTP_HTTP_HEAD_MAX + 16);
}

CHECK_MAIN()
