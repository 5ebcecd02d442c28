/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LCP's configuration options: the table of protocol.md section 9. */
#ifndef SSTPTUN_LCP_OPTION_H
#define SSTPTUN_LCP_OPTION_H

#include "cp_option.h"
#include "lcp.h"

#define LCP_OPTION_ROWS 7
extern const struct cp_option_row lcp_option_rows[LCP_OPTION_ROWS];

/* Back to what holds when the peer's request is silent about it. */
void lcp_option_reset_peer(struct cp *cp);

/* Our magic number, afresh. */
void lcp_option_new_magic(struct lcp *lcp);

#endif
