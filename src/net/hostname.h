/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is a certificate for this host? RFC 9525 6 (RFC 6125), RFC 5280 4.2.1.10. host: a name or an address literal. */
#ifndef SSTPTUN_HOSTNAME_H
#define SSTPTUN_HOSTNAME_H

#include "x509.h"

/*
 * A DNS alternative name equals the host, or has "*" as its whole first label and equals it behind the first dot. An
 * address literal equals an IP alternative name. The common name counts only where there is no alternative name at all.
 */
bool hostname_matches(const struct x509 *cert, const char *host) MUST_USE;

/* May this CA, by its name constraints, vouch for the host? */
bool hostname_permitted(const struct x509 *ca, const char *host) MUST_USE;

/* The names that the certificate is for, "a.example, *.b.example, 192.0.2.1", as far as they fit; harmless characters. */
void hostname_list(const struct x509 *cert, char *ret_text, size_t cap);

#endif
