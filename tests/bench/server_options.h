/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SERVER_OPTIONS_H
#define SERVER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ppp_peer.h"
#include "server_tun.h"

struct server_options {
    const char *listen, *cert, *key, *ciphers, *ready;
    struct server_tun_config tun;
    uint32_t pool, peers; /* host order */
    struct peer_script script;
    char user[257]; /* with its password behind the NUL: script points here */
    bool one_per_record;
    bool quiet;
    unsigned lowat;
};

/* Ends the program with the usage when they are wrong. options stays where it is: it points into itself. */
void server_options_parse(struct server_options *options, int argc, char **argv);

#endif
