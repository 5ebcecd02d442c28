/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPV6CP on the wire. IPCP is refused first, so that IPV6CP begins and is all there is. */
#include "ipv6cp.h"

#include "ppp_rig.h"

#include "check.h"

static struct ppp_rig rig;

static void start(void)
{
    ppp_rig_init(&rig);
    rig.config.auth[0] = PPP_AUTH_PAP;
    rig.config.n_auth = 1;
    rig.config.ipv6 = true;
    ppp_rig_start(&rig);
    ppp_rig_network(&rig);
    ppp_rig_hex(&rig, "ff038021 0501 0004");
    CHECK(ppp_rig_sent(&rig, "ff038021 0103 *"));
    CHECK(ppp_rig_sent(&rig, "ff038021 0601 0004"));
}

/* Our request's identifier option, as hex; the request is taken. */
static struct ppp_rig_frame our_request(void)
{
    const struct ppp_rig_frame *frame = ppp_rig_take(&rig);

    if (!CHECK(frame != NULL && frame->len == 18 && frame->data[4] == 1))
        return (struct ppp_rig_frame){.len = 0};
    return *frame;
}

TEST(both_acknowledge)
{
    struct ppp_rig_frame request;
    const struct ppp_event *event;

    start();
    request = our_request();
    CHECK(memcmp(request.data + 10, "\0\0\0\0\0\0\0\0", 8) != 0);
    CHECK_EQ(request.data[10] & 2, 0);
    request.data[4] = 2;
    ppp_rig_input(&rig, request.data, request.len);
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0201 000e 010a 0000000000000001"));
    event = ppp_rig_event(&rig, PPP_EVENT_IPV6_UP, 0);
    CHECK_OR_RETURN(event != NULL);
    CHECK_MEM(event->ipv6.local_id, request.data + 10, 8);
    CHECK_MEM(event->ipv6.peer_id, "\0\0\0\0\0\0\0\1", 8);
}

TEST(zero_and_collision)
{
    struct ppp_rig_frame request;

    start();
    request = our_request();
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000000");
    CHECK(ppp_rig_sent(&rig, "ff038057 0301 000e 010a ................"));
    ppp_rig_input(&rig, request.data, request.len); /* the same as ours */
    CHECK(ppp_rig_sent(&rig, "ff038057 0304 000e 010a ................"));
    ppp_rig_hex(&rig, "ff038057 0101 000d 0109 00000000000001"); /* seven bytes */
    CHECK(ppp_rig_sent(&rig, "ff038057 0301 000e 010a ................"));
    ppp_rig_hex(&rig, "ff038057 0102 0012 0204 004f 010a 0000000000000001"); /* compression */
    CHECK(ppp_rig_sent(&rig, "ff038057 0402 0008 0204 004f"));
    ppp_rig_hex(&rig, "ff038057 0103 0004"); /* none: nothing to insist on */
    CHECK(ppp_rig_sent(&rig, "ff038057 0203 0004"));
}

TEST(naked)
{
    start();
    (void)our_request();
    ppp_rig_hex(&rig, "ff038057 0304 000e 010a 5905cafeff5905c8"); /* SoftEther */
    CHECK(ppp_rig_sent(&rig, "ff038057 0105 000e 010a 5905cafeff5905c8"));
    ppp_rig_hex(&rig, "ff038057 0305 000e 010a 0000000000000000"); /* no suggestion: another one of ours */
    CHECK(ppp_rig_sent(&rig, "ff038057 0106 000e 010a ................"));
    CHECK(memcmp(rig.ppp.ipv6cp.id, "\0\0\0\0\0\0\0\0", 8) != 0);
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0201 *"));
    ppp_rig_hex(&rig, "ff038057 0306 000e 010a 0000000000000001"); /* the peer's own */
    CHECK(ppp_rig_sent(&rig, "ff038057 0107 000e 010a ................"));
    CHECK(memcmp(rig.ppp.ipv6cp.id, "\0\0\0\0\0\0\0\1", 8) != 0);
}

TEST(rejected)
{
    struct ppp_rig_frame request;

    start();
    request = our_request();
    request.data[4] = 4;
    ppp_rig_input(&rig, request.data, request.len);
    CHECK_EQ(ppp_rig_count(&rig, PPP_EVENT_IPV6_FAILED), 1);
    ppp_rig_wait(&rig, 3 * USEC_PER_SEC);
    CHECK_EQ(ppp_rig_reason(&rig), END_PPP_NO_ADDRESS);
}

/* protocol.md 15, Q4: Terminate-Ack, then its own request; ours must follow at once. */
TEST(accel)
{
    start();
    (void)our_request();
    ppp_rig_hex(&rig, "ff038057 0604 0004");
    CHECK(ppp_rig_quiet(&rig));
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0104 000e *"));
    CHECK(ppp_rig_sent(&rig, "ff038057 0201 000e *"));
    CHECK(ppp_rig_quiet(&rig));
}

/* A source of chance that has run dry must not make us send zeros, or the peer's own identifier back. */
static void no_random(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 0, len);
}

TEST(poor_random)
{
    start();
    rig.env.random = no_random;
    (void)our_request();
    ppp_rig_hex(&rig, "ff038057 0304 000e 010a 0000000000000000");
    CHECK(ppp_rig_sent(&rig, "ff038057 0105 000e 010a 0000000000000001"));
    ppp_rig_hex(&rig, "ff038057 0101 000e 010a 0000000000000001");
    CHECK(ppp_rig_sent(&rig, "ff038057 0301 000e 010a 0000000000000003"));
}

CHECK_MAIN()
