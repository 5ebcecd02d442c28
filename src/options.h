/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line as values. One table in options.c drives the parser and --help, and a test holds the man page against it. Names are openconnect's where the thing exists there.
 */
#ifndef SSTPTUN_OPTIONS_H
#define SSTPTUN_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "netplan.h"
#include "ppp.h"
#include "tls.h"
#include "tun.h"

#define OPTIONS_HOST_LEN       256
#define OPTIONS_CONGESTION_LEN 16 /* TCP_CA_NAME_MAX, with the NUL */
#define OPTIONS_PORT_DEFAULT   443
#define OPTIONS_MTU_DEFAULT    1400 /* what Windows uses inside SSTP */

struct options {
    char host[OPTIONS_HOST_LEN]; /* name or address literal, without brackets */
    uint16_t port;
    const char *user;          /* NULL: to be asked for; strings point into argv */
    const char *password_file; /* NULL: not given */
    bool password_on_stdin;
    const char *interface; /* NULL: the first free sstpN */
    uint16_t mtu;
    const char *ca_file;
    bool no_system_trust;
    struct tls_pin pin[TLS_PINS_MAX];
    size_t n_pin;
    enum ppp_auth_method auth[PPP_AUTH_METHODS_MAX];
    size_t n_auth;
    struct ipprefix route[NETPLAN_ROUTES_MAX];
    size_t n_route;
    bool default_route;
    bool disable_ipv6;
    bool no_reconnect;      /* accepted; there is no reconnection yet */
    const char *congestion; /* of the outer connection, NULL: the kernel's default */
    bool no_offload;        /* no segmentation offload on the TUN device */
    const char *hook;       /* NULL: none */
    bool require_sandbox;   /* a protection that this host does not give is fatal */
    unsigned verbose;       /* how often -v was given */
    bool quiet;
};

enum options_result {
    OPTIONS_RUN,     /* go on with *ret_options */
    OPTIONS_HELP,    /* print the help, exit 0 */
    OPTIONS_VERSION, /* print the version, exit 0 */
    OPTIONS_WRONG,   /* error holds one line that names the option, the value and what is expected; exit 2 */
};

enum options_result options_parse(int argc, char *argv[], struct options *ret_options, char *error,
                                  size_t error_cap);

void options_print_help(FILE *out);

#endif
