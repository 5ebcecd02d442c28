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
 * In memory of its own that is not swapped out, dumped or forked, as far as this host allows it: *ret_protection, see
 * secret_alloc(). NULL when there is no memory. credentials_free() wipes it and takes NULL.
 */
struct credentials *credentials_new(unsigned *ret_protection) MUST_USE;
void credentials_free(struct credentials *credentials);

/* Who else is heard while a user is waited for: nobody shall type a password for a session that has ended already. */
struct credentials_company {
    int fd[2];                /* -1: none */
    bool (*hear)(void *user); /* one of them can be read or was hung up. False: the wait is over */
    bool (*settled)(
        void *user); /* it has said what it had to: time for the prompt, which else is put off a little */
    void *user;
};

/*
 * From --password-file, standard input, or a prompt on the terminal; company NULL: alone. False with *ret_end: END_USAGE
 * (no source, no terminal), END_HOST (file; or company, which knows better why), END_REQUESTED (interrupted at the
 * prompt). Nothing is left in *credentials then, and the terminal is as it was.
 */
bool credentials_get(struct credentials *credentials, const struct options *options,
                     const struct credentials_company *company, const struct log_sink *log,
                     struct end *ret_end) MUST_USE;

/* Wipes the password: nobody will ask for it any more. */
void credentials_forget(struct credentials *credentials);

#endif
