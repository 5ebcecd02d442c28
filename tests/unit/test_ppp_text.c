/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ppp_text.h"

#include "check.h"

TEST(pieces)
{
    char buf[80];
    struct ppp_text text = ppp_text_of(buf, sizeof(buf));

    CHECK_STR(buf, "");
    ppp_text_str(&text, "n ");
    ppp_text_uint(&text, 0);
    ppp_text_str(&text, " ");
    ppp_text_uint(&text, 4294967295u);
    ppp_text_str(&text, " ");
    ppp_text_hex(&text, bytes_of("\x01\xab", 2));
    ppp_text_str(&text, " ");
    ppp_text_ipv4(&text, (const uint8_t[]){192, 0, 2, 10});
    ppp_text_quoted(&text, bytes_of("a\x1b\n", 3));
    CHECK_STR(buf, "n 0 4294967295 01ab 192.0.2.10\"a??\"");
}

TEST(cut)
{
    char buf[6] = "xxxxx";
    struct ppp_text text = ppp_text_of(buf, 5);

    ppp_text_str(&text, "abcdefgh");
    ppp_text_uint(&text, 12345);
    CHECK_STR(buf, "abcd");
    text = ppp_text_of(buf, 1);
    ppp_text_str(&text, "a");
    CHECK_STR(buf, "");
}

CHECK_MAIN()
