/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The response is first searched for its end, byte by byte and never twice, with every bound checked on the
 * way: what cannot become an HTTP head is refused at its first wrong byte instead of after 60 s. Only a
 * complete head is looked into, and only its status line and Location matter. A lone LF ends a line, too (RFC
 * 9112 2.2).
 */
#include "sstp_http.h"

#define CRLF               "\r\n"
#define VERSION_PREFIX     "HTTP/1."
#define VERSION_PREFIX_LEN (sizeof(VERSION_PREFIX) - 1)
#define DEFAULT_PORT       443
#define TEXT_LEN           64  /* of a server's text in a message */
#define LOCATION_LEN       128 /* of a redirection's target in a message */

/* -- request --------------------------------------------------------------------------------------------- */

/* RFC 9562 5.4 */
void sstp_http_guid(const struct env *env, char ret_guid[static SSTP_HTTP_GUID_LEN + 1])
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t byte[16];
    char *p = ret_guid;

    env_random(env, byte, sizeof(byte));
    byte[6] = (uint8_t)((byte[6] & 0x0f) | 0x40);
    byte[8] = (uint8_t)((byte[8] & 0x3f) | 0x80);
    *p++ = '{';
    for (size_t i = 0; i < sizeof(byte); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = hex[byte[i] >> 4];
        *p++ = hex[byte[i] & 0x0f];
    }
    *p++ = '}';
    *p = '\0';
}

bool sstp_http_host_ok(const char *host)
{
    size_t len = strlen(host);

    for (size_t i = 0; i < len; i++)
        if (host[i] <= 0x20 || host[i] >= 0x7f)
            return false;
    return len > 0 && len <= SSTP_HTTP_HOST_MAX;
}

static void put_str(struct writer *w, const char *s)
{
    writer_bytes(w, bytes_of_str(s));
}

static void put_decimal(struct writer *w, uint16_t value)
{
    char digits[5];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (n > 0)
        writer_put(w, &digits[--n], 1);
}

static void put_host(struct writer *w, const char *host, uint16_t port)
{
    if (strchr(host, ':')) { /* an IPv6 literal, RFC 3986 3.2.2 */
        put_str(w, "[");
        writer_put(w, host, strcspn(host, "%"));
        put_str(w, "]");
    } else {
        put_str(w, host);
    }
    if (port != DEFAULT_PORT) {
        put_str(w, ":");
        put_decimal(w, port);
    }
}

/*
 * protocol.md 3.1: case matters in the method, and some servers compare the whole URI; hence nothing is added
 * to it.
 */
void sstp_http_put_request(struct writer *w, const char *host, uint16_t port, const char *guid)
{
    put_str(w, "SSTP_DUPLEX_POST /sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/ HTTP/1.1" CRLF
               "SSTPCORRELATIONID: ");
    put_str(w, guid);
    put_str(w, CRLF "Content-Length: 18446744073709551615" CRLF "Host: ");
    put_host(w, host, port);
    put_str(w, CRLF CRLF);
}

/* -- response: where its head ends ----------------------------------------------------------------------- */

static enum sstp_http_result bad_head(struct bytes stream, const char *why, struct end *ret_end)
{
    char start[TEXT_LEN];

    log_safe(start, sizeof(start), stream);
    *ret_end = end_make(END_HTTP_BAD, 0, "%s; it begins \"%s\"", why, start);
    return SSTP_HTTP_END;
}

/* What is wrong with byte i of a head, NULL if nothing. */
static const char *fault_at(const struct sstp_http *http, struct bytes stream, size_t i)
{
    uint8_t c = stream.data[i];

    if (i < VERSION_PREFIX_LEN && c != (uint8_t)VERSION_PREFIX[i])
        return "the answer is not HTTP/1.x";
    if (c == '\0')
        return "a NUL in the HTTP head";
    if (http->line > SSTP_HTTP_LINE_MAX)
        return "an HTTP header line without end";
    if (http->passed + i >= SSTP_HTTP_HEAD_MAX)
        return "an HTTP head without end";
    return NULL;
}

/*
 * Scans on from where the last call stopped: MORE, OK (*ret_used is the head's length) or END (a bound was
 * broken).
 */
static enum sstp_http_result find_head(struct sstp_http *http, struct bytes stream, size_t *ret_used,
                                       struct end *ret_end)
{
    for (; http->scanned < stream.len; http->scanned++) {
        size_t i = http->scanned;
        const char *fault = fault_at(http, stream, i);

        if (fault)
            return bad_head(stream, fault, ret_end);
        http->line++;
        if (stream.data[i] != '\n')
            continue;
        if (http->line == 1 || (http->line == 2 && stream.data[i - 1] == '\r')) {
            *ret_used = i + 1;
            return SSTP_HTTP_OK;
        }
        http->line = 0;
    }
    return SSTP_HTTP_MORE;
}

/* -- response: what it says ------------------------------------------------------------------------------ */

/* The next line without its end; an empty view at the head's end. */
static struct bytes take_line(struct reader *head)
{
    size_t len = 0;
    struct bytes line;

    while (len < head->left && head->pos[len] != '\n')
        len++;
    line = reader_take(head, len);
    (void)reader_u8(head);
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* "HTTP/1.1 200 OK", RFC 9112 4; the reason phrase and the blank before it may be missing. */
static bool parse_status_line(struct bytes line, uint16_t *ret_status, struct bytes *ret_text)
{
    struct reader r = reader_of(line);
    uint16_t status = 0;
    uint8_t minor;

    (void)reader_take(&r, VERSION_PREFIX_LEN); /* compared while scanning */
    minor = reader_u8(&r);
    if (minor < '0' || minor > '9' || reader_u8(&r) != ' ')
        return false;
    for (int i = 0; i < 3; i++) {
        uint8_t digit = reader_u8(&r);

        if (digit < '0' || digit > '9')
            return false;
        status = (uint16_t)(status * 10 + (digit - '0'));
    }
    if (r.left > 0 && reader_u8(&r) != ' ')
        return false;
    *ret_status = status;
    *ret_text = reader_rest(&r);
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool begins_with(struct bytes line, const char *lower_prefix, size_t prefix_len)
{
    if (line.len < prefix_len)
        return false;
    for (size_t i = 0; i < prefix_len; i++)
        if (lower(line.data[i]) != (uint8_t)lower_prefix[i])
            return false;
    return true;
}

/* The value of Location, empty if there is none. */
static struct bytes find_location(struct reader head)
{
    static const char name[] = "location:";
    const size_t name_len = sizeof(name) - 1;
    struct bytes line;

    while (line = take_line(&head), line.len > 0) {
        if (!begins_with(line, name, name_len))
            continue;
        line.data += name_len;
        line.len -= name_len;
        while (line.len > 0 && (line.data[0] == ' ' || line.data[0] == '\t')) {
            line.data++;
            line.len--;
        }
        break;
    }
    return line;
}

/* What a status usually means here and what to do about it, protocol.md 3.2. */
static const char *status_hint(uint16_t status)
{
    static const struct {
        uint16_t from, to;
        const char *hint;
    } hints[] = {
        {300, 399, "it redirects elsewhere: not an SSTP server, or not under this host name"},
        {400, 400, "a proxy on the way may have mangled the request"},
        {401, 401, "a proxy on the way wants a login"},
        {403, 404,
         "TLS answers, but nothing speaks SSTP here: wrong host name (SNI) or port, or SSTP is disabled"},
        {405, 405, "an ordinary web server or a reverse proxy answers: it does not know SSTP's method"},
        {407, 407, "a proxy on the way wants a login"},
        {501, 501, "an ordinary web server or a reverse proxy answers: it does not know SSTP's method"},
        {502, 502, "a reverse proxy answers, the SSTP server behind it does not"},
        {503, 503, "the server is full, or its RemoteAccess service is stopped"},
        {504, 504, "a reverse proxy answers, the SSTP server behind it does not"},
    };

    for (size_t i = 0; i < ARRAY_LEN(hints); i++)
        if (status >= hints[i].from && status <= hints[i].to)
            return hints[i].hint;
    return "only 200 opens an SSTP stream";
}

static struct end status_end(uint16_t status, struct bytes text, struct bytes location)
{
    char safe_text[TEXT_LEN], safe_location[LOCATION_LEN];

    log_safe(safe_text, sizeof(safe_text), text);
    log_safe(safe_location, sizeof(safe_location), location);
    return end_make(END_HTTP_STATUS, status, "HTTP status %u%s%s%s%s: %s", status, text.len > 0 ? " " : "",
                    safe_text, location.len > 0 ? ", Location " : "", safe_location, status_hint(status));
}

static enum sstp_http_result judge_head(struct bytes head, struct end *ret_end)
{
    struct reader r = reader_of(head);
    struct bytes text;
    uint16_t status;

    if (!parse_status_line(take_line(&r), &status, &text))
        return bad_head(head, "the HTTP status line is malformed", ret_end);
    if (status == 200)
        return SSTP_HTTP_OK;
    if (status >= 100 && status <= 199 && status != 101) /* 101 is final: the protocol would be another one */
        return SSTP_HTTP_CONTINUE;
    *ret_end = status_end(status, text, find_location(r));
    return SSTP_HTTP_END;
}

enum sstp_http_result sstp_http_response(struct sstp_http *http, struct bytes stream, size_t *ret_used,
                                         struct end *ret_end)
{
    size_t used = 0;
    enum sstp_http_result result = find_head(http, stream, &used, ret_end);

    if (result != SSTP_HTTP_OK)
        return result;
    *ret_used = used;
    result = judge_head(bytes_of(stream.data, used), ret_end);
    http->passed += used;
    http->scanned = 0;
    http->line = 0;
    return result;
}
