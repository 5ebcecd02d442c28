/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk through option lists: whole lists, broken lists, and how a table of rows becomes a verdict and an answer. */
#include "cp_option.h"

#include "ppp_link.h"
#include "ppp_rig.h"

#include "check.h"

#define LIST(...) bytes_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static struct ppp_rig rig;
static struct ppp_link link_;
static struct cp cp;
static unsigned n_applied, n_reset, n_suggested;
static bool ask_five;
static uint8_t five;

static enum cp_verdict judge_seven(const struct cp *self, struct bytes value)
{
    (void)self;
    return value.data[0] == 7 ? CP_VERDICT_ACK : CP_VERDICT_NAK;
}

static void suggest_seven(struct cp *self, struct bytes value, struct writer *w)
{
    (void)self;
    (void)value;
    n_suggested++;
    writer_u8(w, 7);
}

static void apply(struct cp *self, struct bytes value)
{
    (void)self;
    (void)value;
    n_applied++;
}

static bool ask(const struct cp *self, struct writer *w)
{
    (void)self;
    writer_u8(w, five);
    return ask_five;
}

static void naked(struct cp *self, struct bytes value)
{
    (void)self;
    five = value.data[0];
}

static void rejected(struct cp *self)
{
    (void)self;
    ask_five = false;
}

static void reset_peer(struct cp *self)
{
    (void)self;
    n_reset++;
}

/* 1: must be 7, Naked; 2: the same, never rejected; 3: any value; 5: ours. */
static const struct cp_option_row rows[] = {
    {.type = 1,
     .min_len = 3,
     .max_len = 3,
     .name = "one",
     .judge = judge_seven,
     .suggest = suggest_seven,
     .apply = apply},
    {.type = 2,
     .min_len = 3,
     .max_len = 3,
     .name = "two",
     .never_reject = true,
     .judge = judge_seven,
     .suggest = suggest_seven},
    {.type = 3, .min_len = 2, .max_len = 4, .name = "three"},
    {.type = 5, .min_len = 3, .max_len = 3, .name = "five", .ask = ask, .naked = naked, .rejected = rejected},
};
static const struct cp_ops ops = {
    .name = "TEST", .protocol = 0x80ff, .rows = rows, .n_rows = ARRAY_LEN(rows), .reset_peer = reset_peer};

static void setup(void)
{
    ppp_rig_init(&rig);
    ppp_link_init(&link_, &rig.env);
    cp_fsm_init(&cp, &ops, &link_);
    n_applied = n_reset = n_suggested = 0;
    ask_five = true;
    five = 5;
}

static struct bytes refusal(enum cp_verdict verdict, struct bytes list)
{
    static uint8_t buf[512];
    struct writer w = writer_of(buf, sizeof(buf));

    cp_option_write_refusal(&cp, verdict, list, &w);
    return writer_view(&w);
}

TEST(iterator)
{
    struct reader r = reader_of(LIST(1, 3, 9, 4, 2, 255, 4, 8, 8));
    struct cp_option option;

    CHECK(cp_option_next(&r, &option));
    CHECK_EQ(option.type, 1);
    CHECK_EQ(option.value.len, 1);
    CHECK_EQ(option.value.data[0], 9);
    CHECK(cp_option_next(&r, &option));
    CHECK_EQ(option.type, 4);
    CHECK_EQ(option.value.len, 0);
    CHECK_EQ(option.whole.len, 2);
    CHECK(cp_option_next(&r, &option));
    CHECK_EQ(option.type, 255);
    CHECK(!cp_option_next(&r, &option));
    CHECK(reader_done(&r));
}

TEST(broken_lists)
{
    setup();
    CHECK(cp_option_list_ok(&cp, bytes_of(NULL, 0)));
    CHECK(cp_option_list_ok(&cp, LIST(1, 3, 7)));
    CHECK(!cp_option_list_ok(&cp, LIST(1)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 0)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 1)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 4, 7)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 3, 7, 2)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 3, 7, 2, 0)));
    CHECK(!cp_option_list_ok(&cp, LIST(1, 255)));
}

TEST(repetitions)
{
    setup();
    CHECK(!cp_option_list_ok(&cp, LIST(3, 2, 3, 2)));
    CHECK(cp_option_list_ok(&cp, LIST(99, 2, 99, 2))); /* will be rejected anyway, both */
    CHECK_EQ(refusal(CP_VERDICT_REJECT, LIST(99, 2, 3, 2, 99, 2)).len, 4);
}

TEST(verdicts)
{
    setup();
    CHECK_EQ(cp_option_judge(&cp, bytes_of(NULL, 0)), CP_VERDICT_ACK);
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 3, 7, 3, 4, 0, 0)), CP_VERDICT_ACK);
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 3, 8, 3, 4, 0, 0)), CP_VERDICT_NAK);
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 3, 8, 9, 2)), CP_VERDICT_REJECT);
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 2)), CP_VERDICT_NAK);       /* too short: what we would take */
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 4, 7, 7)), CP_VERDICT_NAK); /* too long */
    CHECK_EQ(cp_option_judge(&cp, LIST(3, 5, 0, 0, 0)), CP_VERDICT_REJECT); /* nothing to suggest */
}

/* Rejects first, alone, unmodified and in order; then the Naks. */
TEST(refusals)
{
    struct bytes list = LIST(9, 3, 1, 1, 3, 8, 3, 2, 8, 2, 2, 3, 8);
    struct bytes got;

    setup();
    got = refusal(CP_VERDICT_REJECT, list);
    CHECK_EQ(got.len, 5);
    CHECK_MEM(got.data, "\x09\x03\x01\x08\x02", 5);
    CHECK_EQ(n_suggested, 0);
    got = refusal(CP_VERDICT_NAK, list);
    CHECK_EQ(got.len, 6);
    CHECK_MEM(got.data, "\x01\x03\x07\x02\x03\x07", 6);
    CHECK_EQ(n_suggested, 2);
}

TEST(max_failure)
{
    setup();
    cp.n_naks = CP_MAX_FAILURE - 1;
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 3, 8)), CP_VERDICT_NAK);
    cp.n_naks = CP_MAX_FAILURE;
    CHECK_EQ(cp_option_judge(&cp, LIST(1, 3, 8)), CP_VERDICT_REJECT);
    CHECK_EQ(cp_option_judge(&cp, LIST(2, 3, 8)), CP_VERDICT_NAK);
}

TEST(applied)
{
    setup();
    cp_option_apply(&cp, LIST(1, 3, 7, 3, 2));
    CHECK_EQ(n_reset, 1);
    CHECK_EQ(n_applied, 1);
}

static void request(void)
{
    struct writer w = writer_of(cp.request, sizeof(cp.request));

    cp_option_write_request(&cp, &w);
    cp.request_len = w.len;
}

TEST(our_request)
{
    setup();
    request();
    CHECK_EQ(cp.request_len, 3);
    CHECK_MEM(cp.request, "\x05\x03\x05", 3);
    cp_option_take_refusal(&cp, false,
                           LIST(5, 3, 6, 1, 3, 9, 77, 2)); /* what we did not ask for is no matter */
    request();
    CHECK_MEM(cp.request, "\x05\x03\x06", 3);
    cp_option_take_refusal(&cp, false, LIST(5, 2)); /* of a wrong length: no value to take */
    cp_option_take_refusal(&cp, true, LIST(1, 3, 9, 77, 2));
    CHECK(ask_five);
    cp_option_take_refusal(&cp, true, LIST(5, 3, 6));
    request();
    CHECK_EQ(cp.request_len, 0);
    cp_option_take_refusal(&cp, false, LIST(5, 3, 9)); /* not asked for any more */
    CHECK_EQ(five, 6);
}

TEST(readable)
{
    char buf[80];
    struct ppp_text text = ppp_text_of(buf, sizeof(buf));

    setup();
    cp_option_print(&cp, LIST(1, 3, 7, 3, 2, 200, 4, 0xab, 0xcd), &text);
    CHECK_STR(buf, " <one 07> <three> <option 200 abcd>");
}

CHECK_MAIN()
