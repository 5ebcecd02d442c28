/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the command line: each function takes one text and stores what it means. NULL when it is fine, else what is
 * expected instead, in words that follow "expected"; the result is then untouched.
 */
#ifndef SSTPTUN_OPTIONS_VALUE_H
#define SSTPTUN_OPTIONS_VALUE_H

#include "options.h"

#define OPTIONS_MTU_MIN 576  /* every IPv4 host takes it, RFC 791 3.1; IPv6 needs 1280, RFC 8200 5 */
#define OPTIONS_MTU_MAX 4087 /* an SSTP packet of 4095 less its header and that of PPP */

const char *options_value_server(const char *text, char ret_host[static OPTIONS_HOST_LEN],
                                 uint16_t *ret_port) MUST_USE;
const char *options_value_interface(const char *text) MUST_USE;
const char *options_value_mtu(const char *text, uint16_t *ret_mtu) MUST_USE;
const char *options_value_pin(const char *text, struct tls_pin *ret_pin) MUST_USE;
const char *options_value_auth(const char *text, enum ppp_auth_method ret_auth[static PPP_AUTH_METHODS_MAX],
                               size_t *ret_n) MUST_USE;

#endif
