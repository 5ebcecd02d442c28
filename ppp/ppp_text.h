/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small texts for log lines and messages, put together piece by piece in the caller's buffer; what does not fit is cut. */
#ifndef SSTPTUN_PPP_TEXT_H
#define SSTPTUN_PPP_TEXT_H

#include "bytes.h"

struct ppp_text {
    char *buf; /* always NUL-terminated */
    size_t cap;
    size_t len;
};

/* cap must not be 0. */
struct ppp_text ppp_text_of(char *buf, size_t cap);

void ppp_text_str(struct ppp_text *text, const char *s);
void ppp_text_uint(struct ppp_text *text, uint32_t number);
void ppp_text_hex(struct ppp_text *text, struct bytes b);
void ppp_text_ipv4(struct ppp_text *text, const uint8_t addr[static 4]);
/* Text of the peer, in quotes and made harmless. */
void ppp_text_quoted(struct ppp_text *text, struct bytes b);

#endif
