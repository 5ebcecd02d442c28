/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and pins are public: nothing here needs to take the same time for every value. */
#include "base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct bytes data, char *out)
{
    while (data.len > 0) {
        bool second = data.len > 1, third = data.len > 2;
        uint32_t v = (uint32_t)data.data[0] << 16;

        if (second)
            v |= (uint32_t)data.data[1] << 8;
        if (third)
            v |= data.data[2];
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = second ? alphabet[v >> 6 & 63] : '=';
        *out++ = third ? alphabet[v & 63] : '=';
        if (!third)
            break;
        data = bytes_of(data.data + 3, data.len - 3);
    }
    *out = '\0';
}

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool base64_decode(struct bytes text, uint8_t *out, size_t *ret_len)
{
    uint32_t bits = 0;
    size_t n_chars = 0, n_pads = 0, len = 0;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];

        if (is_space(c))
            continue;
        if (c == '=' && n_chars % 4 >= 2) {
            n_pads++;
        } else if (n_pads > 0 || value_of(c) < 0) {
            return false;
        }
        bits = bits << 6 | (c == '=' ? 0 : (uint32_t)value_of(c));
        if (++n_chars % 4 == 0) {
            out[len++] = (uint8_t)(bits >> 16);
            out[len++] = (uint8_t)(bits >> 8);
            out[len++] = (uint8_t)bits;
        }
    }
    if (n_chars % 4 != 0 || n_pads > 2 || n_pads > len)
        return false;
    *ret_len = len - n_pads;
    return true;
}
