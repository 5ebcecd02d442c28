/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server's certificate: parsed, and asked everything that is asked of one. */
#include <stdlib.h>
#include <string.h>

#include "hostname.h"
#include "x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct x509 cert;
    char name[X509_NAME_TEXT_LEN], names[100];

    if (!x509_parse(bytes_of(data, size), &cert))
        return 0;
    if (cert.spki.data < data || cert.spki.data + cert.spki.len > data + size || cert.spki.len == 0)
        abort();
    x509_name_text(cert.subject, name);
    x509_name_text(cert.issuer, name);
    if (strlen(name) >= sizeof(name))
        abort();
    hostname_list(&cert, names, sizeof(names));
    if (strlen(names) >= sizeof(names) || names[0] == '\0')
        abort();
    (void)!hostname_matches(&cert, "vpn.example.com");
    (void)!hostname_matches(&cert, "192.0.2.1");
    (void)!hostname_permitted(&cert, "vpn.example.com");
    (void)!hostname_permitted(&cert, "2001:db8::1");
    (void)x509_may_issue(&cert);
    return 0;
}
