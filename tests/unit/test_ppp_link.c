/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of outgoing frames: in order, whole, bounded, and wiped behind what was taken. */
#include "ppp_link.h"

#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;
static struct ppp_link link_;
static uint8_t buf[PPP_FRAME_MAX];

static void setup(void)
{
    ppp_rig_init(&rig);
    ppp_link_init(&link_, &rig.env);
}

static size_t take(void)
{
    struct writer w = writer_of(buf, sizeof(buf));

    return ppp_link_take(&link_, &w) ? w.len : 0;
}

TEST(in_order)
{
    setup();
    CHECK_EQ(ppp_link_next_protocol(&link_), 0);
    ppp_link_send(&link_, 0xc021, 1, 7, bytes_of("ab", 2));
    ppp_link_send(&link_, 0x8021, 2, 8, bytes_of(NULL, 0));
    CHECK_EQ(ppp_link_next_protocol(&link_), 0xc021);
    CHECK_EQ(take(), 10);
    CHECK_MEM(buf,
              "\xff\x03\xc0\x21\x01\x07\x00\x06"
              "ab",
              10);
    CHECK_EQ(ppp_link_next_protocol(&link_), 0x8021);
    CHECK_EQ(take(), 8);
    CHECK_MEM(buf, "\xff\x03\x80\x21\x02\x08\x00\x04", 8);
    CHECK_EQ(take(), 0);
}

TEST(largest_frame)
{
    static uint8_t data[PPP_FRAME_MAX];

    setup();
    ppp_link_send(&link_, 0xc021, 9, 1, bytes_of(data, PPP_FRAME_MAX - 8));
    CHECK_EQ(take(), PPP_FRAME_MAX);
    ppp_link_send(&link_, 0xc021, 9, 1, bytes_of(data, PPP_FRAME_MAX - 7));
    CHECK_EQ(take(), 0);
}

/* What finds no room is dropped as a whole, and there is room again afterwards. */
TEST(full)
{
    size_t n = 0;

    setup();
    for (int i = 0; i < 100000; i++)
        ppp_link_send(&link_, 0xc021, 9, 1, bytes_of("0123456789", 10));
    while (take() == 18)
        n++;
    CHECK(n > 100);
    CHECK_EQ(link_.queue_len, 0);
    ppp_link_send(&link_, 0xc021, 9, 1, bytes_of(NULL, 0));
    CHECK_EQ(take(), 8);
}

TEST(taken_is_wiped)
{
    setup();
    ppp_link_send(&link_, 0xc023, 1, 1, bytes_of("password", 8));
    CHECK_EQ(take(), 16);
    for (size_t i = 0; i < sizeof(link_.queue); i++)
        CHECK_EQ(link_.queue[i], 0);
}

TEST(dropped_is_wiped)
{
    static uint8_t data[PPP_FRAME_MAX];

    setup();
    memset(data, 'x', sizeof(data));
    ppp_link_send(&link_, 0xc023, 1, 1,
                  bytes_of(data, sizeof(data))); /* longer than a frame, shorter than the queue */
    CHECK_EQ(link_.queue_len, 0);
    for (size_t i = 0; i < sizeof(link_.queue); i++)
        CHECK_EQ(link_.queue[i], 0);
}

TEST(identifiers)
{
    setup();
    for (unsigned i = 1; i <= 255; i++)
        CHECK_EQ(ppp_link_new_id(&link_), i);
    CHECK_EQ(ppp_link_new_id(&link_), 1);
}

CHECK_MAIN()
