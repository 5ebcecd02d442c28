/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "end_reason.h"

#include "check.h"

static int status(enum end_reason reason, enum end_stage stage)
{
    struct end end = end_make(reason, 0, "%s", "");

    return end_exit_status(&end, stage);
}

static int status_of_code(enum end_reason reason, uint32_t code, enum end_stage stage)
{
    struct end end = end_make(reason, code, "%s", "");

    return end_exit_status(&end, stage);
}

TEST(every_reason_has_a_row)
{
    char line[1024];

    for (int r = END_NONE; r < END_REASON_COUNT; r++) {
        CHECK(end_reason_name((enum end_reason)r) != NULL);
        for (int s = END_STAGE_START; s < END_STAGE_COUNT; s++) {
            struct end end = end_make((enum end_reason)r, 0, "the detail");
            int st = end_exit_status(&end, (enum end_stage)s);

            CHECK(end_status_text(st) != NULL);
            CHECK(r <= END_REQUESTED ? st == 0 : st > 0);
            end_describe(&end, (enum end_stage)s, line, sizeof(line));
            CHECK(strncmp(line, end_stage_name((enum end_stage)s),
                          strlen(end_stage_name((enum end_stage)s))) == 0);
            CHECK(strstr(line, ": ") != NULL);
            CHECK(strstr(line, "(the detail)") != NULL);
            CHECK(strchr(line, '\n') == NULL);
        }
    }
}

TEST(names_are_distinct_and_upper_case)
{
    for (int a = END_NONE; a < END_REASON_COUNT; a++) {
        const char *name = end_reason_name((enum end_reason)a);

        CHECK_EQ(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"), strlen(name));
        for (int b = END_NONE; b < a; b++)
            CHECK(strcmp(name, end_reason_name((enum end_reason)b)) != 0);
    }
}

TEST(silence_and_loss_give_the_stage_until_the_tunnel_is_up)
{
    static const int expected[END_STAGE_COUNT] = {8, 8, 9, 10, 10, 10, 10, 10, 0};

    for (int s = END_STAGE_START; s < END_STAGE_UP; s++) {
        CHECK_EQ(status(END_SILENT, (enum end_stage)s), expected[s]);
        CHECK_EQ(status(END_LOST, (enum end_stage)s), expected[s]);
    }
    CHECK_EQ(status(END_SILENT, END_STAGE_UP), 15);
    CHECK_EQ(status(END_LOST, END_STAGE_UP), 16);
}

TEST(statuses_15_and_16_only_once_up)
{
    for (int r = END_NONE; r < END_REASON_COUNT; r++)
        for (int s = END_STAGE_START; s < END_STAGE_UP; s++) {
            int st = status((enum end_reason)r, (enum end_stage)s);

            CHECK(st != 15 && st != 16);
        }
}

TEST(statuses_that_no_stage_changes)
{
    for (int s = END_STAGE_START; s < END_STAGE_COUNT; s++) {
        CHECK_EQ(status(END_REQUESTED, (enum end_stage)s), 0);
        CHECK_EQ(status(END_HOST, (enum end_stage)s), 1);
        CHECK_EQ(status(END_HOOK, (enum end_stage)s), 1);
        CHECK_EQ(status(END_USAGE, (enum end_stage)s), 2);
        CHECK_EQ(status(END_NOT_PERMITTED, (enum end_stage)s), 3);
        CHECK_EQ(status(END_SANDBOX, (enum end_stage)s), 3);
        CHECK_EQ(status(END_WORKER, (enum end_stage)s), 1);
        CHECK_EQ(status(END_NO_TUN, (enum end_stage)s), 4);
        CHECK_EQ(status(END_SSTP_BINDING, (enum end_stage)s), 10);
        CHECK_EQ(status(END_AUTH_NONE, (enum end_stage)s), 11);
        CHECK_EQ(status(END_AUTH_SERVER, (enum end_stage)s), 11);
        CHECK_EQ(status(END_AUTH_REFUSED, (enum end_stage)s), 19);
    }
}

TEST(statuses_before_and_after_up)
{
    static const enum end_reason ended[] = {END_SSTP_BAD,        END_SSTP_UNEXPECTED, END_SSTP_ABORT,
                                            END_SSTP_DISCONNECT, END_PPP_LCP,         END_PPP_TERMINATED};

    for (size_t i = 0; i < ARRAY_LEN(ended); i++) {
        CHECK_EQ(status(ended[i], END_STAGE_SSTP), 10);
        CHECK_EQ(status(ended[i], END_STAGE_UP), 16);
    }
    CHECK_EQ(status(END_NAME, END_STAGE_CONNECT), 8);
    CHECK_EQ(status(END_CONNECT, END_STAGE_CONNECT), 8);
    CHECK_EQ(status(END_TLS_TRUST, END_STAGE_TLS), 9);
    CHECK_EQ(status(END_HTTP_STATUS, END_STAGE_HTTP), 10);
    CHECK_EQ(status(END_PPP_NO_ADDRESS, END_STAGE_NETWORK), 10);
}

TEST(codes_that_refuse_credentials)
{
    static const uint32_t refused[] = {646, 647, 648, 649, 691, 709, 812};
    static const uint32_t other[] = {0, 619, 645, 650, 690, 720, 919, UINT32_MAX};

    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        CHECK(end_code_refuses_credentials(refused[i]));
        CHECK(end_ras_text(refused[i]) != NULL);
        CHECK_EQ(status_of_code(END_PPP_TERMINATED, refused[i], END_STAGE_AUTH), 19);
        /* The same number from another protocol means something else. */
        CHECK_EQ(status_of_code(END_SSTP_ABORT, refused[i], END_STAGE_AUTH), 10);
    }
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        CHECK(!end_code_refuses_credentials(other[i]));
        CHECK_EQ(status_of_code(END_PPP_TERMINATED, other[i], END_STAGE_AUTH), 10);
    }
    CHECK(end_ras_text(0) == NULL);
    CHECK(end_ras_text(919) != NULL);
}

TEST(describe_explains_a_code_once)
{
    struct end end = end_make(END_AUTH_REFUSED, 648, "E=%d", 648);
    char line[512];

    end_describe(&end, END_STAGE_AUTH, line, sizeof(line));
    CHECK_STR(line,
              "authentication: the server refused the user name or the password (the password has expired; "
              "E=648); change it by another way, then connect again");
    end = end_make(END_AUTH_REFUSED, 648, "E=648, %s", end_ras_text(648));
    end_describe(&end, END_STAGE_AUTH, line, sizeof(line));
    CHECK_STR(line,
              "authentication: the server refused the user name or the password (E=648, the password has "
              "expired); change it by another way, then connect again");
    end = end_make(END_PPP_TERMINATED, 0, "%s", "");
    end_describe(&end, END_STAGE_UP, line, sizeof(line));
    CHECK_STR(line,
              "tunnel: the server ended the PPP link; connect again; if it happens often, ask the server's "
              "administrator");
}

/* What the next step blames must have been heard: nobody, name servers, the server. */
TEST(the_network_process_and_who_may_have_stopped_it)
{
    static const char again[] = "do not connect to this server again";
    struct end end = end_make(END_WORKER, 0, "%s", "it crashed with signal 11");
    char line[1024];

    end_describe(&end, END_STAGE_START, line, sizeof(line));
    CHECK_STR(
        line,
        "start: the network process was stopped (it crashed with signal 11); this should not happen: no "
        "server was contacted, so look for the cause on this host, and please report it with the "
        "output of -vv");
    end_describe(&end, END_STAGE_CONNECT, line, sizeof(line));
    CHECK(strstr(line, again) == NULL);
    CHECK(strstr(line, "please report it") != NULL);
    for (int s = END_STAGE_TLS; s < END_STAGE_COUNT; s++) {
        end_describe(&end, (enum end_stage)s, line, sizeof(line));
        CHECK(strstr(line, again) != NULL);
    }
}

TEST(describe_is_always_terminated)
{
    struct end end = end_make(END_TLS_TRUST, 0, "%s", "a detail");
    char line[600];

    for (size_t cap = 1; cap < sizeof(line); cap++) {
        memset(line, 'x', sizeof(line));
        end_describe(&end, END_STAGE_TLS, line, cap);
        CHECK(memchr(line, '\0', cap) != NULL);
        CHECK(cap == sizeof(line) || line[cap] == 'x');
    }
    line[0] = 'x';
    end_describe(&end, END_STAGE_TLS, line, 0);
    CHECK_EQ(line[0], 'x');
}

TEST(make_cuts_a_long_detail)
{
    struct end end = end_make(END_LOST, 7, "%1000d", 1);

    CHECK_EQ(strlen(end.detail), END_DETAIL_LEN - 1);
    CHECK_EQ(end.code, 7);
}

TEST(status_texts_are_exactly_the_statuses)
{
    static const int with_text[] = {0, 1, 2, 3, 4, 8, 9, 10, 11, 15, 16, 19};
    size_t n = 0;

    for (int s = -1; s <= END_STATUS_LIMIT; s++)
        n += end_status_text(s) != NULL;
    CHECK_EQ(n, ARRAY_LEN(with_text));
    for (size_t i = 0; i < ARRAY_LEN(with_text); i++)
        CHECK(end_status_text(with_text[i]) != NULL);
}

/* What is to be copied stands alone at the end of the line: no bracket or comma may stick to it. */
TEST(the_hint_is_the_last_word)
{
    struct end end = end_make(END_TLS_TRUST, 0, "its issuer is not known");
    static const char hint[] = "to accept this server as it is: --servercert pin-sha256:AAAA=";
    char text[1024];

    memcpy(end.hint, hint, sizeof(hint));
    end_describe(&end, END_STAGE_TLS, text, sizeof(text));
    CHECK(strlen(text) > sizeof(hint));
    CHECK_STR(text + strlen(text) - strlen(hint), hint);
}

CHECK_MAIN()
