/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lengths, and texts that cross between the processes. */
#include "check.h"

#include "request.h"

TEST(every_type_has_a_length_and_no_other)
{
    for (uint32_t type = 0; type < REQUEST_TYPES; type++) {
        CHECK(request_len(type) >= sizeof(uint32_t) && request_len(type) <= sizeof(struct request));
        CHECK(reply_len(type) <= sizeof(struct reply));
        CHECK(strcmp(request_name(type), "?") != 0);
    }
    for (uint32_t type = 0; type < ORDER_TYPES; type++)
        CHECK(order_len(type) > sizeof(uint32_t) && order_len(type) <= sizeof(struct order));
    CHECK_EQ(request_len(REQUEST_TYPES), 0);
    CHECK_EQ(request_len(UINT32_MAX), 0);
    CHECK_EQ(reply_len(UINT32_MAX), 0);
    CHECK_EQ(order_len(ORDER_TYPES), 0);
    CHECK_STR(request_name(UINT32_MAX), "?");
}

TEST(only_those_with_an_answer_have_a_reply)
{
    static const uint32_t without[] = {REQUEST_READY, REQUEST_LOG, REQUEST_CHOSEN, REQUEST_UP, REQUEST_END};
    size_t n = 0;

    for (uint32_t type = 0; type < REQUEST_TYPES; type++)
        n += reply_len(type) > 0;
    CHECK_EQ(n, REQUEST_TYPES - ARRAY_LEN(without));
    for (size_t i = 0; i < ARRAY_LEN(without); i++)
        CHECK_EQ(reply_len(without[i]), 0);
}

/* A message is made by naming its type: every other byte that leaves the process is zero. */
TEST(nothing_old_is_in_a_new_message)
{
    struct request request;
    struct reply reply;
    struct order order;
    static const uint8_t zero[sizeof(struct request)];

    memset(&request, 0xa5, sizeof(request));
    memset(&reply, 0xa5, sizeof(reply));
    memset(&order, 0xa5, sizeof(order));
    request = (struct request){.type = REQUEST_LOG};
    reply = (struct reply){.type = REQUEST_LINK};
    order = (struct order){.type = ORDER_STOP};
    CHECK_MEM(request.raw, zero, sizeof(request.raw));
    CHECK_MEM(reply.raw, zero, sizeof(reply.raw));
    CHECK_MEM(order.raw, zero, sizeof(order.raw));
}

TEST(an_end_survives_the_way)
{
    struct end end = end_make(END_AUTH_REFUSED, 691, "E=691 %s", "wrong");
    struct end got;
    struct request_words words;

    (void)snprintf(end.hint, sizeof(end.hint), "or --servercert pin-sha256:AAAA");
    words = request_words_of(&end);
    CHECK(request_words_read(&words, &got));
    CHECK_EQ(got.reason, END_AUTH_REFUSED);
    CHECK_EQ(got.code, 691);
    CHECK_STR(got.detail, "E=691 wrong");
    CHECK_STR(got.hint, end.hint);
}

TEST(words_behind_the_text_do_not_travel)
{
    struct end end = {.reason = END_LOST};
    struct request_words words;

    memset(end.detail, 'x', sizeof(end.detail));
    memset(end.hint, 'y', sizeof(end.hint));
    end.detail[3] = end.hint[0] = '\0';
    words = request_words_of(&end);
    CHECK_STR(words.detail, "xxx");
    CHECK_EQ(words.detail[4], 0);
    CHECK_EQ(words.hint[1], 0);
}

TEST(words_that_cannot_be_are_refused)
{
    struct end end = end_make(END_LOST, 0, "x"), got = {.reason = END_NONE};
    struct request_words words = request_words_of(&end);

    words.reason = END_REASON_COUNT;
    CHECK(!request_words_read(&words, &got));
    words = request_words_of(&end);
    memset(words.detail, 'x', sizeof(words.detail));
    CHECK(!request_words_read(&words, &got));
    words = request_words_of(&end);
    memset(words.hint, 'x', sizeof(words.hint));
    CHECK(!request_words_read(&words, &got));
    CHECK_EQ(got.reason, END_NONE);
}

static void check_clean(const char *text, const char *want)
{
    char copy[64];

    (void)snprintf(copy, sizeof(copy), "%s", text);
    request_clean(copy);
    CHECK_STR(copy, want);
}

TEST(text_is_fit_for_a_terminal)
{
    check_clean("", "");
    check_clean("plain text, 100 %", "plain text, 100 %");
    check_clean("two\nlines\r\x1b[2Jand\x7f more\t", "two?lines??[2Jand? more?");
    check_clean("/etc/sch\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x98\x80",
                "/etc/sch\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x98\x80");
    check_clean("\x9b"
                "2J",
                "?2J"); /* the control sequence introducer of 8 bits */
    check_clean("\xc2\x9b"
                "2J",
                "??2J");                     /* the same in UTF-8 */
    check_clean("\xc0\x9b\xff\xfe", "????"); /* no UTF-8 at all */
    check_clean("cut \xe2\x82", "cut ??");   /* a sequence that is cut off */
    check_clean("cut \xe2\x82\n", "cut ???");
    check_clean("\xc2\xa0", "\xc2\xa0");
}

TEST(text_in_forms_that_are_no_utf8)
{
    check_clean("\xe0\x82\x9b|\xf0\x80\x82\x9b|\xc1\x9b", "???|????|??"); /* U+009B, too long */
    check_clean("\xe0\x9f\xbf|\xe0\xa0\x80", "???|\xe0\xa0\x80");
    check_clean("\xf0\x8f\xbf\xbf|\xf0\x90\x80\x80", "????|\xf0\x90\x80\x80");
    check_clean("\xed\x9f\xbf|\xed\xa0\x80|\xed\xbf\xbf", "\xed\x9f\xbf|???|???"); /* surrogates */
    check_clean("\xf4\x8f\xbf\xbd|\xf4\x90\x80\x80|\xf5\x80\x80\x80", "\xf4\x8f\xbf\xbd|????|????");
}

TEST(text_that_turns_the_order_or_ends_a_line)
{
    check_clean("\xe2\x80\x8d|\xe2\x80\x8e|\xe2\x80\x8f|\xe2\x80\x90", "\xe2\x80\x8d|???|???|\xe2\x80\x90");
    check_clean("\xe2\x80\xa7|\xe2\x80\xa8|\xe2\x80\xae|\xe2\x80\xaf", "\xe2\x80\xa7|???|???|\xe2\x80\xaf");
    check_clean("\xe2\x81\xa5|\xe2\x81\xa6|\xe2\x81\xa9|\xe2\x81\xaa", "\xe2\x81\xa5|???|???|\xe2\x81\xaa");
    check_clean("\xd8\x9b|\xd8\x9c", "\xd8\x9b|??");
}

CHECK_MAIN()
