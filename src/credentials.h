/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User name and password, asked for before anything is dialled: a server's clock is running from the first byte on. */
#ifndef SSTPTUN_CREDENTIALS_H
#define SSTPTUN_CREDENTIALS_H

#include "end_reason.h"
#include "log.h"
#include "options.h"

#define CREDENTIALS_MAX \
    256 /* bytes of a user name or password: the longest that MS-CHAPv2 admits in UTF-16 fits */

struct credentials {
    char user[CREDENTIALS_MAX + 1];
    char password[CREDENTIALS_MAX + 1];
    size_t user_len;
    size_t password_len;
};

/*
 * From --password-file, standard input, or a prompt on the terminal. False with *ret_end: END_USAGE (no source, no terminal), END_HOST (file), END_REQUESTED (interrupted at the prompt). Memory is locked where that
 * is allowed.
 */
bool credentials_get(struct credentials *credentials, const struct options *options,
                     const struct log_sink *log, struct end *ret_end) MUST_USE;

/* Wipes. */
void credentials_done(struct credentials *credentials);

#endif
