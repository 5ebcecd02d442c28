/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A password in the same process, for engines under test: what a keeper answers, without the keeper. */
#ifndef LOCAL_SECRET_H
#define LOCAL_SECRET_H

#include "ppp.h"

struct local_secret {
    struct bytes password;           /* UTF-8; may be changed at any time */
    const struct ppp_config *config; /* of the engine: whose user it is */
    const uint8_t *peer_challenge;   /* 16 bytes; NULL: another one each time */
    bool gone;                       /* nobody answers any more */
    unsigned n_asked;
};

/* Sets config->secret. secret and config must outlive the engine and stay where they are. */
void local_secret_init(struct local_secret *secret, struct ppp_config *config, const char *password);

#endif
