/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three tables: what each exit status means, what each reason means to the user and to exit(3), and what the numbers of
 * Microsoft's servers mean. The statuses are pppd's where the meaning is the same. Whoever runs sstptun may be a
 * supervisor that only sees the status: 19 tells it to stop trying, 8, 15 and 16 that trying again can help.
 */
#include "end_reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status {
    STATUS_OK = 0,
    STATUS_HOST = 1,
    STATUS_USAGE = 2,
    STATUS_NOT_PERMITTED = 3,
    STATUS_NO_TUN = 4,
    STATUS_CONNECT = 8,
    STATUS_TLS = 9,
    STATUS_NEGOTIATION = 10,
    STATUS_PEER_AUTH = 11,
    STATUS_SILENT = 15,
    STATUS_ENDED = 16,
    STATUS_REFUSED = 19,
    STATUS_OF_STAGE = -1 /* the stage's own: 8, 9 or 10 */
};

static const char *const status_texts[END_STATUS_LIMIT] = {
    [STATUS_OK] = "The tunnel ended because it was asked to, by a signal.",
    [STATUS_HOST] =
        "Something failed on this host, the hook ended the session, or the network process was stopped.",
    [STATUS_USAGE] = "Wrong options.",
    [STATUS_NOT_PERMITTED] = "Not permitted: a right is missing, or a protection that is required.",
    [STATUS_NO_TUN] = "No TUN device is available here.",
    [STATUS_CONNECT] = "The server was not reached: its name, or TCP.",
    [STATUS_TLS] = "TLS failed, or the server is not trusted.",
    [STATUS_NEGOTIATION] = "HTTP, SSTP or PPP could not be negotiated.",
    [STATUS_PEER_AUTH] =
        "The server failed to prove that it knows the password, or asks for no authentication.",
    [STATUS_SILENT] = "The tunnel was up and the peer went silent.",
    [STATUS_ENDED] = "The tunnel was up and the server or the network ended the connection.",
    [STATUS_REFUSED] = "The server refused the credentials: trying again with the same ones will not help.",
};

struct stage_row {
    const char *name;
    enum status status; /* of silence and of a lost connection at this stage */
};

static const struct stage_row stages[END_STAGE_COUNT] = {
    [END_STAGE_START] = {"start", STATUS_CONNECT},
    [END_STAGE_CONNECT] = {"connect", STATUS_CONNECT},
    [END_STAGE_TLS] = {"TLS", STATUS_TLS},
    [END_STAGE_HTTP] = {"HTTP", STATUS_NEGOTIATION},
    [END_STAGE_SSTP] = {"SSTP", STATUS_NEGOTIATION},
    [END_STAGE_LCP] = {"PPP", STATUS_NEGOTIATION},
    [END_STAGE_AUTH] = {"authentication", STATUS_NEGOTIATION},
    [END_STAGE_NETWORK] = {"network", STATUS_NEGOTIATION},
    [END_STAGE_UP] = {"tunnel", STATUS_ENDED},
};

struct reason_row {
    const char *name;
    enum status before; /* exit status until the tunnel is up */
    enum status up;     /* exit status once it was up */
    const char *cause;
    const char *next; /* NULL: there is nothing to be done */
};

#define ASK_ADMIN "ask the server's administrator"

static const struct reason_row reasons[END_REASON_COUNT] = {
    [END_NONE] = {"NONE", STATUS_OK, STATUS_OK, "nothing ended", NULL},
    [END_REQUESTED] = {"REQUESTED", STATUS_OK, STATUS_OK, "ended on request", NULL},

    [END_HOST] = {"HOST", STATUS_HOST, STATUS_HOST, "an operation on this host failed",
                  "put that right, or run again with -v to see each step"},
    [END_HOOK] = {"HOOK", STATUS_HOST, STATUS_HOST, "the hook program ended the session",
                  "run the hook by hand, or connect without --hook"},
    [END_USAGE] = {"USAGE", STATUS_USAGE, STATUS_USAGE, "wrong options", "see sstptun --help"},
    [END_NOT_PERMITTED] = {"NOT_PERMITTED", STATUS_NOT_PERMITTED, STATUS_NOT_PERMITTED, "not permitted",
                           "run as root, or with the capability CAP_NET_ADMIN"},
    [END_SANDBOX] = {"SANDBOX", STATUS_NOT_PERMITTED, STATUS_NOT_PERMITTED,
                     "this host does not give every protection that is required",
                     "allow what it needs (see SECURITY in the manual), or leave out --require-sandbox"},
    [END_WORKER] = {"WORKER", STATUS_HOST, STATUS_HOST, "the network process was stopped",
                    "this should not happen: do not connect to this server again before it is understood, "
                    "and please report it with the output of -vv"},
    [END_NO_TUN] = {"NO_TUN", STATUS_NO_TUN, STATUS_NO_TUN, "no TUN device here",
                    "load the kernel module tun (modprobe tun), or give the container /dev/net/tun"},

    [END_NAME] = {"NAME", STATUS_CONNECT, STATUS_ENDED, "the server's name has no address",
                  "check the name for a typing error and /etc/resolv.conf for a working name server"},
    [END_CONNECT] = {"CONNECT", STATUS_CONNECT, STATUS_ENDED, "the server could not be reached",
                     "check the name and the port, and whether a firewall blocks the way"},

    [END_TLS] = {"TLS", STATUS_TLS, STATUS_ENDED, "the secure connection could not be set up",
                 "check that the server speaks TLS 1.2 or 1.3 on this port"},
    [END_TLS_TRUST] = {"TLS_TRUST", STATUS_TLS, STATUS_TLS,
                       "the server's certificate does not lead to a trusted authority",
                       "give the authority's certificate with --cafile, or pin the server with --servercert"},
    [END_TLS_NAME] = {"TLS_NAME", STATUS_TLS, STATUS_TLS, "the server's certificate is for another name",
                      "use a name that is in the certificate, or pin the server with --servercert"},
    [END_TLS_DATE] = {"TLS_DATE", STATUS_TLS, STATUS_TLS,
                      "the server's certificate has expired or is not valid yet",
                      "check this host's clock, or " ASK_ADMIN " to renew it"},
    [END_TLS_USAGE] = {"TLS_USAGE", STATUS_TLS, STATUS_TLS,
                       "the server's certificate is not meant for servers",
                       ASK_ADMIN " for a server certificate, or pin it with --servercert"},
    [END_TLS_PIN] = {"TLS_PIN", STATUS_TLS, STATUS_TLS,
                     "the server's certificate matches none of the given --servercert",
                     ASK_ADMIN " whether the certificate was renewed; if not, somebody is in between"},
    [END_TLS_NO_STORE] = {"TLS_NO_STORE", STATUS_TLS, STATUS_TLS,
                          "this host has no list of trusted authorities",
                          "install the package ca-certificates, or give --cafile or --servercert"},
    [END_TLS_BROKEN] =
        {"TLS_BROKEN", STATUS_NEGOTIATION, STATUS_ENDED, "the server sent TLS that cannot be accepted",
         "connect again; if it happens often, look for what damages the connection, and " ASK_ADMIN},

    [END_HTTP_STATUS] = {"HTTP_STATUS", STATUS_NEGOTIATION, STATUS_ENDED,
                         "the web server there refuses to speak SSTP",
                         "check the server's name and port, and that SSTP is enabled there"},
    [END_HTTP_BAD] = {"HTTP_BAD", STATUS_NEGOTIATION, STATUS_ENDED,
                      "the answer is not that of an SSTP server",
                      "check the server's name and port, and that SSTP is enabled there"},

    [END_SSTP_BAD] =
        {"SSTP_BAD", STATUS_NEGOTIATION, STATUS_ENDED, "the server sent data that is not SSTP",
         "check that the server is an SSTP server; if it is, report this with the output of -vv"},
    [END_SSTP_UNEXPECTED] = {"SSTP_UNEXPECTED", STATUS_NEGOTIATION, STATUS_ENDED,
                             "the server sent an SSTP message out of turn",
                             "report this with the output of -vv"},
    [END_SSTP_NAK] = {"SSTP_NAK", STATUS_NEGOTIATION, STATUS_ENDED, "the server refused the call",
                      ASK_ADMIN " whether SSTP connections are allowed"},
    [END_SSTP_ABORT] = {"SSTP_ABORT", STATUS_NEGOTIATION, STATUS_ENDED, "the server aborted the call",
                        ASK_ADMIN " what its log says about this connection"},
    [END_SSTP_BINDING] =
        {"SSTP_BINDING", STATUS_NEGOTIATION, STATUS_NEGOTIATION,
         "the server rejected the proof that TLS and login belong together (crypto binding)",
         "look for a TLS proxy or load balancer in between; after a change of its certificate "
         "the server must restart its SSTP service"},
    [END_SSTP_NO_HASH] = {"SSTP_NO_HASH", STATUS_NEGOTIATION, STATUS_ENDED,
                          "the server offers neither SHA-256 nor SHA-1 for the crypto binding", ASK_ADMIN},
    [END_SSTP_DISCONNECT] = {"SSTP_DISCONNECT", STATUS_NEGOTIATION, STATUS_ENDED, "the server hung up",
                             ASK_ADMIN " what its log says about this connection"},

    [END_PPP_LCP] = {"PPP_LCP", STATUS_NEGOTIATION, STATUS_ENDED, "the PPP link could not be set up",
                     "run again with -vv to see what each side asked for"},
    [END_PPP_LOOP] = {"PPP_LOOP", STATUS_NEGOTIATION, STATUS_ENDED, "our own PPP packets come back",
                      "check the server: it sends back what it receives"},
    [END_PPP_TERMINATED] = {"PPP_TERMINATED", STATUS_NEGOTIATION, STATUS_ENDED,
                            "the server ended the PPP link",
                            ASK_ADMIN " what its log says about this connection"},
    [END_PPP_REJECTED] = {"PPP_REJECTED", STATUS_NEGOTIATION, STATUS_ENDED,
                          "the server rejects a protocol that is needed",
                          "run again with -vv to see which one"},
    [END_AUTH_METHOD] = {"AUTH_METHOD", STATUS_NEGOTIATION, STATUS_ENDED,
                         "the server wants a login method that is not allowed here",
                         "allow it with --auth if you accept its risk, or " ASK_ADMIN " for MS-CHAPv2"},
    [END_AUTH_NONE] = {"AUTH_NONE", STATUS_PEER_AUTH, STATUS_PEER_AUTH,
                       "the server asks for no authentication, so it cannot be told from an impostor",
                       "check the server's name and its certificate, and " ASK_ADMIN},
    [END_AUTH_SERVER] = {"AUTH_SERVER", STATUS_PEER_AUTH, STATUS_PEER_AUTH,
                         "the server failed to prove that it knows your password",
                         "do not trust this server until its administrator has explained it"},
    [END_AUTH_ENDLESS] = {"AUTH_ENDLESS", STATUS_NEGOTIATION, STATUS_ENDED,
                          "the server asks for the login over and over",
                          ASK_ADMIN " why: the answers help whoever wants to guess the password"},
    [END_AUTH_REFUSED] = {"AUTH_REFUSED", STATUS_REFUSED, STATUS_REFUSED,
                          "the server refused the user name or the password",
                          "check both, and whether the user name needs a domain (DOMAIN\\user)"},
    [END_PPP_NO_ADDRESS] = {"PPP_NO_ADDRESS", STATUS_NEGOTIATION, STATUS_ENDED,
                            "the server gave no usable IP address",
                            ASK_ADMIN " whether its pool of addresses is used up"},

    [END_SILENT] =
        {"SILENT", STATUS_OF_STAGE, STATUS_SILENT, "the server stopped answering",
         "check that the server speaks SSTP on this port, and whether a firewall drops the traffic"},
    [END_LOST] = {"LOST", STATUS_OF_STAGE, STATUS_ENDED,
                  "the connection was closed by the server or the network",
                  "check that the server speaks SSTP on this port; its log may say why it closed"},
};

/* Once the tunnel was up, host and server are known to be right: the other steps of the table would mislead. */
static const char next_when_up[] = "connect again; if it happens often, " ASK_ADMIN;

/* accel-ppp with http-error=deny, and balancers that know the name only (protocol.md 3.2). */
static const char next_when_shown_the_door[] =
    "check that SSTP is enabled there and that the name is the one the server expects: some close without a word";

/* Of a network process that had not heard the server yet: the server has not done it. */
static const char next_when_nobody_was_asked[] =
    "this should not happen: no server was contacted, so look for the cause on this host, and please report "
    "it with the output of -vv";
static const char next_when_not_connected[] =
    "this should not happen: please report it with the output of -vv";

struct ras_row {
    uint32_t code;
    bool refuses;
    const char *text;
    const char *next; /* NULL: the reason's own */
};

/* E= of RFC 2759 section 6 and RAS error codes; protocol.md sections 9 and 11.1. */
static const struct ras_row ras_codes[] = {
    {619, false, "disconnected", NULL},
    {629, false, "the remote computer closed the connection", NULL},
    {631, false, "disconnected by the user or the administrator", NULL},
    {646, true, "the account may not log on at this time of day", "try again within the permitted hours"},
    {647, true, "the account is disabled", ASK_ADMIN " to enable it"},
    {648, true, "the password has expired", "change it by another way, then connect again"},
    {649, true, "the account may not dial in", ASK_ADMIN " for the permission to connect remotely"},
    {691, true, "wrong user name or password, or the account is locked", NULL},
    {709, true, "the change of the password was refused",
     "choose another password; " ASK_ADMIN " for the rules"},
    {718, false, "the server waited too long for an answer", NULL},
    {720, false, "no PPP control protocols are configured", NULL},
    {734, false, "the PPP link control protocol was terminated", NULL},
    {735, false, "the server rejected the requested address", NULL},
    {741, false, "the required PPP encryption is not supported at one end", NULL},
    {742, false, "the required PPP encryption is not supported at the other end", NULL},
    {812, true, "a policy of the server forbids this connection or its login method",
     ASK_ADMIN " which login method is allowed and choose it with --auth"},
    {919, false, "the server's login method was refused here", NULL},
};

static const struct ras_row *find_ras(uint32_t code)
{
    for (size_t i = 0; i < ARRAY_LEN(ras_codes); i++)
        if (ras_codes[i].code == code)
            return &ras_codes[i];
    return NULL;
}

bool end_code_refuses_credentials(uint32_t code)
{
    const struct ras_row *row = find_ras(code);

    return row && row->refuses;
}

const char *end_ras_text(uint32_t code)
{
    const struct ras_row *row = find_ras(code);

    return row ? row->text : NULL;
}

struct end end_make(enum end_reason reason, uint32_t code, const char *fmt, ...)
{
    struct end end = {.reason = reason, .code = code};
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(end.detail, sizeof(end.detail), fmt, args); /* a detail that is cut still helps */
    va_end(args);
    return end;
}

/* The number in code is an E= or a RAS error code. */
static bool has_ras_code(const struct end *end)
{
    return end->reason == END_AUTH_REFUSED || end->reason == END_PPP_TERMINATED;
}

int end_exit_status(const struct end *end, enum end_stage stage)
{
    const struct reason_row *row = &reasons[end->reason];
    enum status status = stage == END_STAGE_UP ? row->up : row->before;

    /* Windows refuses credentials in a Terminate-Request, too (RAS 812, 919 ...): the number decides. */
    if (has_ras_code(end) && end_code_refuses_credentials(end->code))
        return STATUS_REFUSED;
    return status == STATUS_OF_STAGE ? (int)stages[stage].status : (int)status;
}

const char *end_status_text(int status)
{
    return status >= 0 && status < END_STATUS_LIMIT ? status_texts[status] : NULL;
}

const char *end_reason_name(enum end_reason reason)
{
    return reasons[reason].name;
}

const char *end_stage_name(enum end_stage stage)
{
    return stages[stage].name;
}

/* Adds " (a, b)", where each part may be missing. */
static void append_detail(char *out, size_t cap, const char *text, const char *detail)
{
    size_t len = strlen(out);

    if (text && strstr(detail, text))
        text = NULL; /* the engine has said it already */
    if (text && detail[0])
        (void)snprintf(out + len, cap - len, " (%s; %s)", text, detail);
    else if (text || detail[0])
        (void)snprintf(out + len, cap - len, " (%s)", text ? text : detail);
}

static const char *next_step(const struct end *end, enum end_stage stage, const struct ras_row *ras)
{
    int status = end_exit_status(end, stage);

    if (ras && ras->next)
        return ras->next;
    if (end->reason == END_LOST && stage == END_STAGE_HTTP)
        return next_when_shown_the_door;
    if (end->reason == END_WORKER && stage <= END_STAGE_CONNECT)
        return stage == END_STAGE_START ? next_when_nobody_was_asked : next_when_not_connected;
    return status == STATUS_SILENT || status == STATUS_ENDED ? next_when_up : reasons[end->reason].next;
}

void end_describe(const struct end *end, enum end_stage stage, char *out, size_t cap)
{
    const struct ras_row *ras = has_ras_code(end) ? find_ras(end->code) : NULL;
    const char *next = next_step(end, stage, ras);
    size_t len;

    if (cap == 0)
        return;
    (void)snprintf(out, cap, "%s: %s", stages[stage].name, reasons[end->reason].cause);
    append_detail(out, cap, ras ? ras->text : NULL, end->detail);
    len = strlen(out);
    if (next)
        (void)snprintf(out + len, cap - len, "; %s", next);
    len = strlen(out);
    if (end->hint[0])
        (void)snprintf(out + len, cap - len, "; %s", end->hint);
}
