/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One table says what options there are; the parser walks it, --help prints it, and a test holds the man page against
 * it. The parser is our own because getopt_long(3) keeps global state, words its errors itself (and differently in
 * each C library) and accepts abbreviations, which break scripts when an option is added.
 */
#include "options.h"

#include <stdarg.h>
#include <string.h>

#include "credentials.h"
#include "options_value.h"

struct parse {
    struct options options;
    enum options_result result;
    bool has_server;
    char *error;
    size_t error_cap;
};

/* Stores a value (NULL for an option that takes none). NULL when it is fine, else what is expected. */
typedef const char *take_fn(struct parse *p, const char *value);

struct option_row {
    char letter; /* '\0': none */
    const char *name;
    const char *value; /* its name in the help, NULL: takes none */
    const char *help;
    take_fn *take;
};

static const char *take_user(struct parse *p, const char *value)
{
    size_t len = strlen(value);

    p->options.user = value;
    return len > 0 && len < CREDENTIALS_MAX ? NULL : "a name of 1 to 255 bytes";
}

static const char *take_password_file(struct parse *p, const char *value)
{
    p->options.password_file = value;
    return value[0] ? NULL : "a file name";
}

static const char *take_passwd_on_stdin(struct parse *p, const char *value)
{
    (void)value;
    p->options.password_on_stdin = true;
    return NULL;
}

static const char *take_interface(struct parse *p, const char *value)
{
    p->options.interface = value;
    return options_value_interface(value);
}

static const char *take_mtu(struct parse *p, const char *value)
{
    return options_value_mtu(value, &p->options.mtu);
}

static const char *take_cafile(struct parse *p, const char *value)
{
    p->options.ca_file = value;
    return value[0] ? NULL : "a file name";
}

static const char *take_no_system_trust(struct parse *p, const char *value)
{
    (void)value;
    p->options.no_system_trust = true;
    return NULL;
}

#define TEXT_OF(number)     TEXT_OF_ARG(number)
#define TEXT_OF_ARG(number) #number

static const char *take_servercert(struct parse *p, const char *value)
{
    if (p->options.n_pin == TLS_PINS_MAX)
        return "at most " TEXT_OF(TLS_PINS_MAX) " of these";
    return options_value_pin(value, &p->options.pin[p->options.n_pin++]);
}

static const char *take_auth(struct parse *p, const char *value)
{
    return options_value_auth(value, p->options.auth, &p->options.n_auth);
}

static const char *take_route(struct parse *p, const char *value)
{
    if (p->options.n_route == NETPLAN_ROUTES_MAX)
        return "at most " TEXT_OF(NETPLAN_ROUTES_MAX) " of these";
    if (!ipprefix_parse(value, &p->options.route[p->options.n_route]))
        return "an IPv4 or IPv6 prefix like 10.0.0.0/8 or 2001:db8::/32";
    p->options.n_route++;
    return NULL;
}

static const char *take_default_route(struct parse *p, const char *value)
{
    (void)value;
    p->options.default_route = true;
    return NULL;
}

static const char *take_disable_ipv6(struct parse *p, const char *value)
{
    (void)value;
    p->options.disable_ipv6 = true;
    return NULL;
}

static const char *take_no_reconnect(struct parse *p, const char *value)
{
    (void)value;
    p->options.no_reconnect = true;
    return NULL;
}

static const char *take_congestion(struct parse *p, const char *value)
{
    p->options.congestion = value;
    return value[0] && strlen(value) < OPTIONS_CONGESTION_LEN
               ? NULL
               : "the name of a congestion control like cubic or bbr";
}

static const char *take_no_offload(struct parse *p, const char *value)
{
    (void)value;
    p->options.no_offload = true;
    return NULL;
}

static const char *take_hook(struct parse *p, const char *value)
{
    p->options.hook = value;
    return value[0] ? NULL : "a file name";
}

static const char *take_require_sandbox(struct parse *p, const char *value)
{
    (void)value;
    p->options.require_sandbox = true;
    return NULL;
}

static const char *take_verbose(struct parse *p, const char *value)
{
    (void)value;
    p->options.verbose++;
    return NULL;
}

static const char *take_quiet(struct parse *p, const char *value)
{
    (void)value;
    p->options.quiet = true;
    return NULL;
}

static const char *take_version(struct parse *p, const char *value)
{
    (void)value;
    p->result = OPTIONS_VERSION;
    return NULL;
}

static const char *take_help(struct parse *p, const char *value)
{
    (void)value;
    p->result = OPTIONS_HELP;
    return NULL;
}

static const struct option_row table[] = {
    {'u', "user", "NAME", "user name, DOMAIN\\user too", take_user},
    {0, "password-file", "FILE", "the password is the file's first line", take_password_file},
    {0, "passwd-on-stdin", NULL, "read the password from standard input", take_passwd_on_stdin},
    {'i', "interface", "IFNAME", "name of the tunnel (default: a free sstpN)", take_interface},
    {'m', "mtu", "N", "MTU of the tunnel, 576..4087 (default 1400)", take_mtu},
    {0, "cafile", "FILE", "trust the authorities in this file, too", take_cafile},
    {0, "no-system-trust", NULL, "do not trust the system's authorities", take_no_system_trust},
    {0, "servercert", "PIN", "trust this server only, see sstptun(8)", take_servercert},
    {0, "auth", "LIST", "allowed: mschapv2,eap-mschapv2,chap-md5,pap", take_auth},
    {0, "route", "PREFIX", "route this prefix into the tunnel", take_route},
    {0, "default-route", NULL, "route everything into the tunnel", take_default_route},
    {0, "disable-ipv6", NULL, "no IPv6 inside the tunnel", take_disable_ipv6},
    {0, "no-reconnect", NULL, "end when the connection ends", take_no_reconnect},
    {0, "congestion", "NAME", "congestion control (default: route's, or bbr)", take_congestion},
    {0, "no-offload", NULL, "no segmentation offload on the interface", take_no_offload},
    {0, "hook", "PROGRAM", "run at pre-connect, up and down", take_hook},
    {0, "require-sandbox", NULL, "end if this host lacks a protection", take_require_sandbox},
    {'v', "verbose", NULL, "say each step; twice: each message", take_verbose},
    {'q', "quiet", NULL, "say errors only", take_quiet},
    {'V', "version", NULL, "print the version, also of libraries, and exit", take_version},
    {'h', "help", NULL, "print this help and exit", take_help},
};

/* One line, whatever the values contain. */
static void PRINTF_LIKE(2, 3) fail(struct parse *p, const char *fmt, ...)
{
    va_list args;

    p->result = OPTIONS_WRONG;
    va_start(args, fmt);
    (void)vsnprintf(p->error, p->error_cap, fmt, args);
    va_end(args);
    for (char *c = p->error; p->error_cap > 0 && *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static const struct option_row *find_name(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strlen(table[i].name) == len && memcmp(table[i].name, name, len) == 0)
            return &table[i];
    return NULL;
}

static const struct option_row *find_letter(char letter)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (letter != '\0' && table[i].letter == letter)
            return &table[i];
    return NULL;
}

static void take(struct parse *p, const struct option_row *row, const char *value)
{
    const char *expected;

    if (row->value && !value) {
        fail(p, "option --%s: the value is missing: expected %s", row->name, row->value);
        return;
    }
    expected = row->take(p, value);
    if (expected)
        fail(p, "option --%s: '%s': expected %s", row->name, value, expected);
}

/* "--name", "--name=value" or "--name value". How many further arguments were used. */
static int take_long(struct parse *p, const char *arg, const char *following)
{
    const char *equals = strchr(arg, '=');
    size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
    const struct option_row *row = find_name(arg, len);

    if (!row) {
        fail(p, "option --%.*s: not known: expected one of those that --help shows", (int)len, arg);
        return 0;
    }
    if (equals && !row->value) {
        fail(p, "option --%s: '%s': expected no value", row->name, equals + 1);
        return 0;
    }
    take(p, row, equals ? equals + 1 : following);
    return row->value && !equals ? 1 : 0;
}

/* "-vv", "-uNAME" or "-u NAME". How many further arguments were used. */
static int take_letters(struct parse *p, const char *letters, const char *following)
{
    for (; *letters && p->result == OPTIONS_RUN; letters++) {
        const struct option_row *row = find_letter(*letters);

        if (!row) {
            fail(p, "option -%c: not known: expected one of those that --help shows", *letters);
            return 0;
        }
        if (row->value) {
            take(p, row, letters[1] ? letters + 1 : following);
            return letters[1] ? 0 : 1;
        }
        take(p, row, NULL);
    }
    return 0;
}

static void take_server(struct parse *p, const char *text)
{
    const char *expected;

    if (p->has_server) {
        fail(p, "SERVER: '%s': expected only one, and '%s' is the first", text, p->options.host);
        return;
    }
    p->has_server = true;
    expected = options_value_server(text, p->options.host, &p->options.port);
    if (expected)
        fail(p, "SERVER: '%s': expected %s", text, expected);
}

static void take_all(struct parse *p, int argc, char *argv[])
{
    bool only_operands = false;

    for (int i = 1; i < argc && p->result == OPTIONS_RUN; i++) {
        const char *arg = argv[i];
        const char *following = i + 1 < argc ? argv[i + 1] : NULL;

        if (only_operands || arg[0] != '-' || arg[1] == '\0')
            take_server(p, arg);
        else if (strcmp(arg, "--") == 0)
            only_operands = true;
        else if (arg[1] == '-')
            i += take_long(p, arg + 2, following);
        else
            i += take_letters(p, arg + 1, following);
    }
}

static void check_together(struct parse *p)
{
    const struct options *o = &p->options;

    if (!p->has_server)
        fail(p, "SERVER is missing: expected sstptun [options] SERVER[:PORT], see sstptun --help");
    else if (o->password_file && o->password_on_stdin)
        fail(p, "option --password-file: '%s': expected either this or --passwd-on-stdin", o->password_file);
    else if (o->quiet && o->verbose > 0)
        fail(p, "option --quiet: expected either this or --verbose");
}

enum options_result options_parse(int argc, char *argv[], struct options *ret_options, char *error,
                                  size_t error_cap)
{
    struct parse p = {
        .options = {.mtu = OPTIONS_MTU_DEFAULT,
                    .auth = {PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2},
                    .n_auth = 2,
                    .port = OPTIONS_PORT_DEFAULT},
        .result = OPTIONS_RUN,
        .error = error,
        .error_cap = error_cap,
    };

    if (error_cap > 0)
        error[0] = '\0';
    take_all(&p, argc, argv);
    if (p.result == OPTIONS_RUN)
        check_together(&p);
    if (p.result == OPTIONS_RUN)
        *ret_options = p.options;
    return p.result;
}

void options_print_help(FILE *out)
{
    fputs("Usage: sstptun [options] SERVER[:PORT]\n"
          "Connects to an SSTP server and stays in the foreground until the tunnel ends.\n\n"
          "Options:\n",
          out);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct option_row *row = &table[i];
        char letter[] = {'-', row->letter, ',', '\0'};
        char name[32];

        (void)snprintf(name, sizeof(name), "--%s%s%s", row->name, row->value ? " " : "",
                       row->value ? row->value : "");
        fprintf(out, "  %3s %-24s %s\n", row->letter ? letter : "", name, row->help);
    }
    fputs("\nWithout --password-file and --passwd-on-stdin the password is asked for on the\n"
          "terminal. Pins, exit status and the hook's environment: see sstptun(8).\n",
          out);
}
