/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an engine is handed at birth: the world outside bytes and time. */
#ifndef SSTPTUN_ENV_H
#define SSTPTUN_ENV_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"

struct env {
    void (*random)(void *user, uint8_t *out,
                   size_t len); /* cryptographically strong in production, fixed in tests */
    void *user;
    const struct log_sink *log; /* may be NULL */
};

static inline void env_random(const struct env *env, uint8_t *out, size_t len)
{
    env->random(env->user, out, len);
}

#endif
