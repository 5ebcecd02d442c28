/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server_options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_util.h"

static const char usage[] =
    "usage: sstp_server --cert FILE --key FILE --user NAME:PASSWORD [option...]\n"
    "  --listen ADDRESS:PORT   default 0.0.0.0:443\n"
    "  --ready FILE            is made when it listens\n"
    "  --tun NAME              default srv0\n"
    "  --mtu N                 of the device, default 1400\n"
    "  --txqueuelen N          of the device, default the kernel's\n"
    "  --plain-tun             no segmentation offload\n"
    "  --pool X.Y.0.0          a /16: we are .0.1, clients from .0.2, default 10.9.0.0\n"
    "  --peers X.Y.0.0         each client gets its own address of ours from this /16, which somebody\n"
    "                          must make local (ip route add local X.Y.0.0/16 dev lo)\n"
    "  --auth pap|mschapv2     default mschapv2\n"
    "  --no-ipv6\n"
    "  --records full|packet   packet: one TLS record per packet, default full\n"
    "  --lowat BYTES           TCP_NOTSENT_LOWAT, 0: the kernel's, default 131072\n"
    "  --ciphers LIST          wolfSSL's names\n"
    "  --quiet                 no line for a call that ended badly\n"
    "SIGTERM ends it; then one line of JSON tells CPU seconds and what was moved.\n";

static _Noreturn void wrong(const char *what)
{
    (void)fprintf(stderr, "%s\n%s", what, usage);
    exit(2);
}

static uint32_t network(const char *option, const char *text)
{
    struct in_addr address;

    if (inet_pton(AF_INET, text, &address) != 1 || (ntohl(address.s_addr) & 0xffff) != 0)
        bench_die("--%s: '%s' is no /16", option, text);
    return ntohl(address.s_addr);
}

static void take_user(struct server_options *options, const char *text)
{
    char *colon;

    if (strlen(text) >= sizeof(options->user))
        wrong("--user: too long");
    memcpy(options->user, text, strlen(text) + 1);
    colon = strchr(options->user, ':');
    if (!colon)
        wrong("--user: NAME:PASSWORD");
    *colon = '\0';
    options->script.user = options->user;
    options->script.password = colon + 1;
}

static void take_auth(struct server_options *options, const char *text)
{
    if (strcmp(text, "pap") == 0)
        options->script.offer[0] = PEER_PAP;
    else if (strcmp(text, "mschapv2") == 0)
        options->script.offer[0] = PEER_MSCHAPV2;
    else
        wrong("--auth: pap or mschapv2");
}

static void take_records(struct server_options *options, const char *text)
{
    options->one_per_record = strcmp(text, "packet") == 0;
    if (!options->one_per_record && strcmp(text, "full") != 0)
        wrong("--records: full or packet");
}

static const struct option table[] = {
    {"listen", required_argument, NULL, 'l'},     {"ready", required_argument, NULL, 'r'},
    {"tun", required_argument, NULL, 't'},        {"mtu", required_argument, NULL, 'm'},
    {"txqueuelen", required_argument, NULL, 'q'}, {"plain-tun", no_argument, NULL, 'p'},
    {"pool", required_argument, NULL, 'a'},       {"peers", required_argument, NULL, 'b'},
    {"auth", required_argument, NULL, 'A'},       {"no-ipv6", no_argument, NULL, '4'},
    {"records", required_argument, NULL, 'R'},    {"lowat", required_argument, NULL, 'L'},
    {"ciphers", required_argument, NULL, 'C'},    {"quiet", no_argument, NULL, 'Q'},
    {"cert", required_argument, NULL, 'c'},       {"key", required_argument, NULL, 'k'},
    {"user", required_argument, NULL, 'u'},       {NULL, 0, NULL, 0},
};

static void take(struct server_options *options, int option, const char *value)
{
    switch (option) {
    case 'l': options->listen = value; break;
    case 'r': options->ready = value; break;
    case 't': options->tun.name = value; break;
    case 'm': options->tun.mtu = (int)bench_number("--mtu", value, 576, 4087); break;
    case 'q': options->tun.txqueuelen = (int)bench_number("--txqueuelen", value, 1, 100000); break;
    case 'p': options->tun.plain = true; break;
    case 'a': options->pool = network("pool", value); break;
    case 'b': options->peers = network("peers", value); break;
    case 'A': take_auth(options, value); break;
    case '4': options->tun.ipv6 = false; break;
    case 'R': take_records(options, value); break;
    case 'L': options->lowat = (unsigned)bench_number("--lowat", value, 0, 1 << 30); break;
    case 'C': options->ciphers = value; break;
    case 'Q': options->quiet = true; break;
    case 'c': options->cert = value; break;
    case 'k': options->key = value; break;
    case 'u': take_user(options, value); break;
    default: wrong("what?");
    }
}

void server_options_parse(struct server_options *options, int argc, char **argv)
{
    int option;

    *options = (struct server_options){
        .listen = "0.0.0.0:443",
        .pool = 0x0a090000,
        .lowat = 128 * 1024,
        .tun = {.name = "srv0", .ipv6 = true, .mtu = 1400},
        .script = {.offer = {PEER_MSCHAPV2}, .n_offer = 1, .dns = {192, 0, 2, 53}, .dns2 = {192, 0, 2, 54}},
    };
    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
        take(options, option, optarg);
    if (optind != argc || !options->cert || !options->key || !options->script.user)
        wrong("--cert, --key and --user are needed, and nothing but options");
    options->tun.address.s_addr = htonl(options->pool + 1);
    options->script.mru = 1500;
    options->script.v6 = options->tun.ipv6 ? PEER_V6_ANSWER : PEER_V6_REJECT;
}
