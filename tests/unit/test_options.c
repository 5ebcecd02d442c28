/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line as a whole, and the man page held against the tables of options.c and end_reason.c. */
#include "options.h"

#include "check.h"

#define ARGS_MAX 128
#define TEXT_MAX 65536

static char error[512];

/* Parses a command line whose arguments are separated by blanks. */
static enum options_result parse(const char *line, struct options *ret)
{
    static char text[TEXT_MAX];
    static char program[] = "sstptun";
    char *argv[ARGS_MAX] = {program};
    int argc = 1;

    (void)snprintf(text, sizeof(text), "%s", line);
    for (char *at = strtok(text, " "); at && argc < ARGS_MAX - 1; at = strtok(NULL, " "))
        argv[argc++] = at;
    return options_parse(argc, argv, ret, error, sizeof(error));
}

static bool is_one_line(const char *text)
{
    return text[0] != '\0' && strchr(text, '\n') == NULL;
}

TEST(defaults)
{
    struct options o;

    CHECK_EQ(parse("vpn.example.org", &o), OPTIONS_RUN);
    CHECK_STR(o.host, "vpn.example.org");
    CHECK_EQ(o.port, 443);
    CHECK(!o.user && !o.password_file && !o.interface && !o.ca_file && !o.hook);
    CHECK_EQ(o.mtu, 1400);
    CHECK_EQ(o.n_auth, 2);
    CHECK_EQ(o.auth[0], PPP_AUTH_MSCHAPV2);
    CHECK_EQ(o.auth[1], PPP_AUTH_EAP_MSCHAPV2);
    CHECK(!o.default_route && !o.disable_ipv6 && !o.no_reconnect && !o.no_system_trust &&
          !o.password_on_stdin);
    CHECK(!o.quiet && o.verbose == 0 && o.n_pin == 0 && o.n_route == 0);
}

TEST(every_option)
{
    struct options o;

    CHECK_EQ(
        parse("-u DOM\\me --password-file pw -i vpn0 -m 1280 --cafile ca.pem --no-system-trust "
              "--servercert sha256:00000000000000000000000000000000000000000000000000000000000000ff "
              "--servercert=cert-sha256:0000000000000000000000000000000000000000000000000000000000000001 "
              "--auth pap --route 10.1.2.3/8 --route=2001:db8::/32 --default-route --disable-ipv6 "
              "--no-reconnect --hook ./up.sh -vv --verbose [::1]:444",
              &o),
        OPTIONS_RUN);
    CHECK_STR(o.host, "::1");
    CHECK_EQ(o.port, 444);
    CHECK_STR(o.user, "DOM\\me");
    CHECK_STR(o.password_file, "pw");
    CHECK_STR(o.interface, "vpn0");
    CHECK_EQ(o.mtu, 1280);
    CHECK_STR(o.ca_file, "ca.pem");
    CHECK_STR(o.hook, "./up.sh");
    CHECK_EQ(o.n_pin, 2);
    CHECK_EQ(o.pin[0].kind, TLS_PIN_KEY);
    CHECK_EQ(o.pin[0].sha256[31], 0xff);
    CHECK_EQ(o.pin[1].kind, TLS_PIN_CERT);
    CHECK_EQ(o.n_auth, 1);
    CHECK_EQ(o.n_route, 2);
    CHECK_EQ(o.route[0].len, 8);
    CHECK_EQ(o.route[0].addr.byte[1], 0);
    CHECK_EQ(o.route[1].addr.family, IP_V6);
    CHECK(o.no_system_trust && o.default_route && o.disable_ipv6 && o.no_reconnect);
    CHECK_EQ(o.verbose, 3);
}

TEST(forms_of_options)
{
    struct options o;

    CHECK_EQ(parse("h -ume -q", &o), OPTIONS_RUN);
    CHECK_STR(o.user, "me");
    CHECK(o.quiet);
    CHECK_EQ(parse("-vum=e h", &o), OPTIONS_RUN);
    CHECK_STR(o.user, "m=e");
    CHECK_EQ(o.verbose, 1);
    CHECK_EQ(parse("--user=a=b --passwd-on-stdin -- h", &o), OPTIONS_RUN);
    CHECK_STR(o.user, "a=b");
    CHECK(o.password_on_stdin);
    CHECK_EQ(parse("-u one -u two h", &o), OPTIONS_RUN);
    CHECK_STR(o.user, "two");
    CHECK_EQ(parse("-u -q h", &o), OPTIONS_RUN);
    CHECK_STR(o.user, "-q");
}

TEST(help_and_version_need_no_server)
{
    struct options o;

    CHECK_EQ(parse("-h", &o), OPTIONS_HELP);
    CHECK_EQ(parse("--help --nonsense", &o), OPTIONS_HELP);
    CHECK_EQ(parse("-vV", &o), OPTIONS_VERSION);
    CHECK_EQ(parse("--version", &o), OPTIONS_VERSION);
}

TEST(errors_name_option_value_and_what_is_expected)
{
    static const struct {
        const char *line;
        const char *error;
    } cases[] = {
        {"", "SERVER is missing: expected sstptun [options] SERVER[:PORT], see sstptun --help"},
        {"a b", "SERVER: 'b': expected only one, and 'a' is the first"},
        {"h:0", "SERVER: 'h:0': expected a port from 1 to 65535 behind the colon"},
        {"-x h", "option -x: not known: expected one of those that --help shows"},
        {"--user-name=me h", "option --user-name: not known: expected one of those that --help shows"},
        {"--use me h", "option --use: not known: expected one of those that --help shows"},
        {"h -u", "option --user: the value is missing: expected NAME"},
        {"h --mtu", "option --mtu: the value is missing: expected N"},
        {"h --user=", "option --user: '': expected a name of 1 to 255 bytes"},
        {"h --quiet=yes", "option --quiet: 'yes': expected no value"},
        {"h -m 99", "option --mtu: '99': expected a number from 576 to 4087"},
        {"h --route 10.0.0.0/33",
         "option --route: '10.0.0.0/33': expected an IPv4 or IPv6 prefix like 10.0.0.0/8 or 2001:db8::/32"},
        {"h --auth mschap",
         "option --auth: 'mschap': expected a list of mschapv2, eap-mschapv2, chap-md5 and pap, separated by commas"},
        {"h --servercert x",
         "option --servercert: 'x': expected pin-sha256:BASE64, sha256:HEX or cert-sha256:HEX"},
        {"h -i a/b", "option --interface: 'a/b': expected a name of 1 to 15 letters, digits and - _ . + @"},
        {"h --password-file p --passwd-on-stdin",
         "option --password-file: 'p': expected either this or --passwd-on-stdin"},
        {"h -qv", "option --quiet: expected either this or --verbose"},
        {"h --hook=", "option --hook: '': expected a file name"},
        {"-",
         "SERVER: '-': expected a host name of letters, digits, dots and hyphens (xn--... for others) or an IP "
         "address"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct options o = {.mtu = 7};

        CHECK_EQ(parse(cases[i].line, &o), OPTIONS_WRONG);
        CHECK_STR(error, cases[i].error);
        CHECK_EQ(o.mtu, 7);
    }
}

TEST(errors_stay_on_one_line)
{
    char program[] = "sstptun";
    char value[] = "--mtu=1\n2\x1b[2J";
    char *argv[] = {program, value, NULL};
    struct options o;

    CHECK_EQ(options_parse(2, argv, &o, error, sizeof(error)), OPTIONS_WRONG);
    CHECK(is_one_line(error));
    CHECK(strchr(error, '\x1b') == NULL);
    CHECK_EQ(options_parse(2, argv, &o, error, 10), OPTIONS_WRONG);
    CHECK_EQ(strlen(error), 9);
}

/* n times option, then a server. */
static enum options_result parse_many(const char *option, size_t n)
{
    static char line[TEXT_MAX];
    struct options o;
    size_t len = 0;

    for (size_t i = 0; i < n; i++)
        len += (size_t)snprintf(line + len, sizeof(line) - len, "%s ", option);
    (void)snprintf(line + len, sizeof(line) - len, "h");
    return parse(line, &o);
}

TEST(lists_are_bounded)
{
    static const char pin[] =
        "--servercert=sha256:00000000000000000000000000000000000000000000000000000000000000ff";

    CHECK_EQ(parse_many(pin, TLS_PINS_MAX), OPTIONS_RUN);
    CHECK_EQ(parse_many(pin, TLS_PINS_MAX + 1), OPTIONS_WRONG);
    CHECK(strstr(error, "at most 16 of these") != NULL);
    CHECK_EQ(parse_many("--route=10.0.0.0/8", NETPLAN_ROUTES_MAX), OPTIONS_RUN);
    CHECK_EQ(parse_many("--route=10.0.0.0/8", NETPLAN_ROUTES_MAX + 1), OPTIONS_WRONG);
    CHECK(strstr(error, "at most 64 of these") != NULL);
}

TEST(user_names_are_bounded)
{
    char line[400] = "h -u ";
    struct options o;

    memset(line + 5, 'x', 255);
    CHECK_EQ(parse(line, &o), OPTIONS_RUN);
    line[5 + 255] = 'x';
    CHECK_EQ(parse(line, &o), OPTIONS_WRONG);
}

/* The man page */

static char man[TEXT_MAX];
static char help[TEXT_MAX];

static bool load_man(void)
{
    FILE *in = fopen(SOURCE_DIR "/docs/sstptun.8", "r");
    size_t n;

    if (!CHECK(in != NULL))
        return false;
    n = fread(man, 1, sizeof(man) - 1, in);
    man[n] = '\0';
    (void)fclose(in);
    return CHECK(n > 0 && n < sizeof(man) - 1);
}

static bool load_help(void)
{
    FILE *out = fmemopen(help, sizeof(help), "w");

    if (!CHECK(out != NULL))
        return false;
    options_print_help(out);
    return CHECK(fclose(out) == 0);
}

/* The next line of *at without macro, fonts and escapes; false at the end of the text or at the next section. */
static bool man_line(const char **at, char *out, size_t cap)
{
    size_t len = 0;

    if (**at == '\0' || strncmp(*at, ".SH", 3) == 0)
        return false;
    if (strncmp(*at, ".B ", 3) == 0)
        *at += 3;
    for (; **at != '\0' && **at != '\n' && len < cap - 1; (*at)++) {
        if (strncmp(*at, "\\f", 2) == 0) {
            *at += 2;
            continue;
        }
        if (**at == '\\')
            (*at)++;
        out[len++] = strncmp(*at - 1, "\\e", 2) == 0 ? '\\' : **at;
    }
    out[len] = '\0';
    *at += strcspn(*at, "\n");
    *at += **at == '\n';
    return true;
}

/* Behind the heading of a section. */
static const char *man_section(const char *heading)
{
    char line[64];
    const char *at;

    (void)snprintf(line, sizeof(line), "\n.SH %s\n", heading);
    at = strstr(man, line);
    return CHECK(at != NULL) ? at + strlen(line) : man + strlen(man);
}

/* The next paragraph tag: the line behind .TP. */
static bool man_tag(const char **at, char *out, size_t cap)
{
    while (man_line(at, out, cap))
        if (strcmp(out, ".TP") == 0)
            return man_line(at, out, cap);
    return false;
}

/* The next option of the help: "-u, --user NAME". */
static bool help_option(const char **at, char *out, size_t cap)
{
    for (; **at != '\0'; *at += strcspn(*at, "\n"), *at += **at == '\n') {
        const char *start = *at + strspn(*at, " ");
        const char *end = strstr(start, "  ");

        if (strncmp(*at, "  ", 2) != 0 || *start != '-' || !end)
            continue;
        (void)snprintf(out, cap, "%.*s", (int)(end - start), start);
        *at = end + strcspn(end, "\n");
        return true;
    }
    return false;
}

TEST(man_page_has_the_options_of_the_help)
{
    const char *man_at;
    const char *help_at = help;
    char in_man[128];
    char in_help[128];
    size_t n = 0;

    CHECK_OR_RETURN(load_man() && load_help());
    man_at = man_section("OPTIONS");
    while (help_option(&help_at, in_help, sizeof(in_help))) {
        if (!man_tag(&man_at, in_man, sizeof(in_man)))
            in_man[0] = '\0';
        CHECK_STR(in_man, in_help);
        n++;
    }
    CHECK(!man_tag(&man_at, in_man, sizeof(in_man)));
    CHECK_EQ(n, 21);
}

TEST(man_page_has_the_exit_statuses)
{
    const char *at;
    char tag[64];
    char text[256];
    char number[16];

    CHECK_OR_RETURN(load_man());
    at = man_section("EXIT STATUS");
    for (int status = 0; status < END_STATUS_LIMIT; status++) {
        if (!end_status_text(status))
            continue;
        if (!CHECK(man_tag(&at, tag, sizeof(tag)) && man_line(&at, text, sizeof(text))))
            return;
        (void)snprintf(number, sizeof(number), "%d", status);
        CHECK_STR(tag, number);
        CHECK_STR(text, end_status_text(status));
    }
    CHECK(!man_tag(&at, tag, sizeof(tag)));
}

TEST(help_fits_a_terminal)
{
    CHECK_OR_RETURN(load_help());
    for (const char *at = help; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n')
        CHECK(strcspn(at, "\n") < 80);
}

CHECK_MAIN()
