/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine may want nothing of libc beyond mem* and str*, hence these few lines instead of snprintf. */
#include "ppp_text.h"

#include "log.h"

struct ppp_text ppp_text_of(char *buf, size_t cap)
{
    buf[0] = '\0';
    return (struct ppp_text){.buf = buf, .cap = cap, .len = 0};
}

static void put(struct ppp_text *text, char c)
{
    if (text->len + 1 >= text->cap)
        return;
    text->buf[text->len++] = c;
    text->buf[text->len] = '\0';
}

void ppp_text_str(struct ppp_text *text, const char *s)
{
    for (; *s; s++)
        put(text, *s);
}

void ppp_text_uint(struct ppp_text *text, uint32_t number)
{
    char digits[10];
    size_t n = 0;

    do {
        digits[n++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (n > 0)
        put(text, digits[--n]);
}

void ppp_text_hex(struct ppp_text *text, struct bytes b)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < b.len; i++) {
        put(text, digits[b.data[i] >> 4]);
        put(text, digits[b.data[i] & 15]);
    }
}

void ppp_text_ipv4(struct ppp_text *text, const uint8_t addr[static 4])
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            put(text, '.');
        ppp_text_uint(text, addr[i]);
    }
}

void ppp_text_quoted(struct ppp_text *text, struct bytes b)
{
    char safe[160];

    log_safe(safe, sizeof(safe), b);
    put(text, '"');
    ppp_text_str(text, safe);
    put(text, '"');
}
