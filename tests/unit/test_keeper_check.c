/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one gate: every request at every time, then the values that each may have. */
#include "check.h"

#include "keeper_check.h"

static struct options options;
static struct keeper_rights rights;

/* Everything is allowed by the configuration, three addresses are known, the first was tried. */
static void begin(enum keeper_progress progress)
{
    options = (struct options){
        .mtu = 1400,
        .auth = {PPP_AUTH_MSCHAPV2, PPP_AUTH_EAP_MSCHAPV2, PPP_AUTH_CHAP_MD5, PPP_AUTH_PAP},
        .n_auth = 4,
    };
    rights = (struct keeper_rights){
        .options = &options, .progress = progress, .n_address = 3, .tried = 1, .opened = 1, .has_ipv4 = true};
}

/* A request with values that are right. */
static struct request good(uint32_t type)
{
    struct request request = {.type = type};

    switch (type) {
    case REQUEST_READY: request.ready.sandbox.missing = sandbox_protections(SANDBOX_WORKER); break;
    case REQUEST_LOG: request.log.level = LOG_LEVEL_DEBUG; break;
    case REQUEST_SOCKET: request.address.index = 1; break;
    case REQUEST_CHOSEN: request.address.index = 0; break;
    case REQUEST_AUTH_MD5: request.md5.challenge_len = 16; break;
    case REQUEST_LINK: request.link.mtu = 1400; break;
    case REQUEST_IPV4: request.ipv4 = (struct request_ipv4){.present = 1, .local = {10, 0, 0, 100}}; break;
    case REQUEST_IPV6:
        request.ipv6 = (struct request_ipv6){.present = 1, .id = {1}, .n_prefix = 1};
        request.ipv6.prefix[0] = (struct request_prefix){{0x20, 1, 0xd, 0xb8}, 64, 1, 1, 3600, 1800};
        break;
    case REQUEST_END: request.end.words.reason = END_LOST; break;
    default: break;
    }
    return request;
}

static bool allows(const struct request *request)
{
    return keeper_check(&rights, request, request_len(request->type)) == NULL;
}

/* One letter for each progress from KEEPER_FORKED on: '+' allowed, '-' not. */
TEST(every_request_at_every_time)
{
    static const char *const table[REQUEST_TYPES] = {
        [REQUEST_READY] = "+-------",
        [REQUEST_LOG] = "+++++++-",
        [REQUEST_SOCKET] = "---+----",
        [REQUEST_CHOSEN] = "---+----",
        [REQUEST_AUTH_PAP] = "----+++-",
        [REQUEST_AUTH_MD5] = "----+++-",
        [REQUEST_AUTH_MSCHAPV2] = "----+++-",
        [REQUEST_LINK] = "----+++-",
        [REQUEST_IPV4] = "-----++-",
        [REQUEST_IPV6] = "-----++-",
        [REQUEST_UP] = "-----+--",
        [REQUEST_END] = "+++++++-",
    };

    for (uint32_t type = 0; type < REQUEST_TYPES; type++) {
        char got[KEEPER_ENDED + 2] = "";

        for (int progress = KEEPER_FORKED; progress <= KEEPER_ENDED; progress++) {
            struct request request = good(type);

            begin((enum keeper_progress)progress);
            got[progress] = allows(&request) ? '+' : '-';
        }
        CHECK_STR(got, table[type]);
    }
}

TEST(no_type_and_no_length_but_the_right_ones)
{
    struct request request = {.type = REQUEST_TYPES};

    begin(KEEPER_LINKED);
    CHECK(keeper_check(&rights, &request, sizeof(request)) != NULL);
    request.type = UINT32_MAX;
    CHECK(keeper_check(&rights, &request, sizeof(request)) != NULL);
    for (uint32_t type = 0; type < REQUEST_TYPES; type++) {
        request = good(type);
        begin(type == REQUEST_READY                              ? KEEPER_FORKED
              : type == REQUEST_SOCKET || type == REQUEST_CHOSEN ? KEEPER_ADDRESSED
                                                                 : KEEPER_LINKED);
        for (size_t len = 0; len <= sizeof(request); len++)
            CHECK_EQ(keeper_check(&rights, &request, len) == NULL, len == request_len(type));
    }
}

TEST(what_a_request_changes)
{
    struct request request = good(REQUEST_READY);

    begin(KEEPER_FORKED);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_READY);
    rights.progress = KEEPER_ADDRESSED;
    request = good(REQUEST_SOCKET);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.tried, 3);
    CHECK_EQ(rights.opened, 1); /* given it is by the keeper */
    CHECK(!allows(&request));   /* once */
    request = good(REQUEST_CHOSEN);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_CHOSEN);
    request = good(REQUEST_LINK);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_LINKED);
    request = good(REQUEST_IPV6);
    keeper_check_note(&rights, &request);
    CHECK(rights.has_ipv6);
    request = good(REQUEST_UP);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_UP);
    request = good(REQUEST_LINK);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_UP); /* never back */
    request = good(REQUEST_END);
    keeper_check_note(&rights, &request);
    CHECK_EQ(rights.progress, KEEPER_ENDED);
}

TEST(sockets_to_addresses_of_the_list_only)
{
    struct request request = good(REQUEST_SOCKET);

    begin(KEEPER_ADDRESSED);
    for (uint32_t i = 0; i < 40; i++) {
        request.address.index = i;
        CHECK_EQ(allows(&request), i == 1 || i == 2);
    }
    request.address.index = UINT32_MAX;
    CHECK(!allows(&request));
    request = good(REQUEST_CHOSEN);
    for (uint32_t i = 0; i < 40; i++) {
        request.address.index = i;
        CHECK_EQ(allows(&request), i == 0);
    }
}

TEST(login_methods_of_the_configuration_only)
{
    struct request pap = good(REQUEST_AUTH_PAP), md5 = good(REQUEST_AUTH_MD5),
                   mschapv2 = good(REQUEST_AUTH_MSCHAPV2);

    begin(KEEPER_CHOSEN);
    for (enum ppp_auth_method only = PPP_AUTH_PAP; only <= PPP_AUTH_EAP_MSCHAPV2; only++) {
        options.n_auth = 1;
        options.auth[0] = only;
        CHECK_EQ(allows(&pap), only == PPP_AUTH_PAP);
        CHECK_EQ(allows(&md5), only == PPP_AUTH_CHAP_MD5);
        CHECK_EQ(allows(&mschapv2), only == PPP_AUTH_MSCHAPV2 || only == PPP_AUTH_EAP_MSCHAPV2);
    }
}

/* All methods together; an honest worker's engine has given up long before. */
TEST(answers_are_numbered)
{
    static const uint32_t types[] = {REQUEST_AUTH_PAP, REQUEST_AUTH_MD5, REQUEST_AUTH_MSCHAPV2};

    _Static_assert(KEEPER_ANSWERS_MAX > 2 * PPP_ANSWERS_MAX,
                   "two spans of the engine's can touch one of the keeper's");
    begin(KEEPER_CHOSEN);
    rights.now = 5;
    for (unsigned n = 0; n < KEEPER_ANSWERS_MAX; n++) {
        struct request request = good(types[n % 3]);

        CHECK(allows(&request));
        keeper_check_note(&rights, &request);
        rights.now++;
    }
    for (size_t i = 0; i < 3; i++) {
        struct request request = good(types[i]);

        rights.now = 5 + PPP_ANSWERS_SPAN - 1;
        CHECK(!allows(&request));
        rights.now++;
        CHECK(allows(&request));
    }
}

TEST(challenges_of_possible_lengths)
{
    static const struct {
        uint32_t id, len;
        bool good;
    } cases[] = {{0, 1, true},  {255, 255, true}, {256, 16, false},
                 {1, 0, false}, {1, 256, false},  {1, UINT32_MAX, false}};
    struct request request = good(REQUEST_AUTH_MD5);

    begin(KEEPER_CHOSEN);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        request.md5.id = cases[i].id;
        request.md5.challenge_len = cases[i].len;
        CHECK_EQ(allows(&request), cases[i].good);
    }
}

TEST(an_mtu_up_to_what_was_asked_for)
{
    static const uint32_t cases[][3] = {/* --mtu, requested, allowed */
                                        {1400, 1400, 1}, {1400, 1401, 0},      {1400, 576, 1},
                                        {1400, 575, 0},  {1400, 0, 0},         {4087, 4087, 1},
                                        {4087, 4088, 0}, {1400, UINT32_MAX, 0}};
    struct request request = good(REQUEST_LINK);

    begin(KEEPER_CHOSEN);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        options.mtu = (uint16_t)cases[i][0];
        request.link.mtu = cases[i][1];
        CHECK_EQ(allows(&request), cases[i][2]);
    }
}

TEST(an_ipv4_address_that_a_host_can_have)
{
    static const struct {
        uint8_t local[4];
        bool good;
    } cases[] = {{{10, 0, 0, 1}, true},   {{192, 0, 2, 1}, true},       {{0, 0, 0, 0}, false},
                 {{0, 1, 2, 3}, false},   {{127, 0, 0, 1}, false},      {{224, 0, 0, 1}, false},
                 {{240, 0, 0, 1}, false}, {{255, 255, 255, 255}, false}};
    struct request request = good(REQUEST_IPV4);

    begin(KEEPER_LINKED);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        memcpy(request.ipv4.local, cases[i].local, 4);
        CHECK_EQ(allows(&request), cases[i].good);
    }
}

TEST(absence_may_come_before_the_link_and_says_nothing_else)
{
    struct request ipv4 = {.type = REQUEST_IPV4}, ipv6 = {.type = REQUEST_IPV6};

    begin(KEEPER_CHOSEN);
    options.disable_ipv6 = true;
    CHECK(allows(&ipv4) && allows(&ipv6));
    ipv4.ipv4.dns[1][3] = 1;
    ipv6.ipv6.dns[RA_DNS_MAX - 1][15] = 1;
    CHECK(!allows(&ipv4) && !allows(&ipv6));
    ipv4 = good(REQUEST_IPV4);
    ipv4.ipv4.present = 2;
    begin(KEEPER_LINKED);
    CHECK(!allows(&ipv4));
}

TEST(no_ipv6_where_it_is_disabled)
{
    struct request request = good(REQUEST_IPV6);

    begin(KEEPER_LINKED);
    CHECK(allows(&request));
    options.disable_ipv6 = true;
    CHECK(!allows(&request));
}

TEST(counts_of_ipv6_within_their_tables)
{
    struct request request = good(REQUEST_IPV6);

    begin(KEEPER_LINKED);
    memset(request.ipv6.id, 0, sizeof(request.ipv6.id));
    CHECK(!allows(&request));
    request = good(REQUEST_IPV6);
    request.ipv6.n_prefix = 0; /* and one behind the end */
    CHECK(!allows(&request));
    request.ipv6.prefix[0] = (struct request_prefix){.len = 0};
    CHECK(allows(&request));
    request.ipv6.n_prefix = NETPLAN_PREFIXES_MAX + 1;
    CHECK(!allows(&request));
    request.ipv6.n_prefix = UINT32_MAX;
    CHECK(!allows(&request));
    request = good(REQUEST_IPV6);
    request.ipv6.n_dns = RA_DNS_MAX;
    CHECK(allows(&request));
    request.ipv6.n_dns = RA_DNS_MAX + 1;
    CHECK(!allows(&request));
    request = good(REQUEST_IPV6);
    request.ipv6.default_router = 2;
    CHECK(!allows(&request));
}

TEST(prefixes_that_a_router_may_advertise)
{
    static const struct {
        struct request_prefix prefix;
        bool good;
    } cases[] = {
        {{{0x20, 1, 0xd, 0xb8}, 64, 1, 1, 3600, 1800}, true},
        {{{0x3f, 0xff}, 48, 1, 0, 0, 0}, true},
        {{{0xfd, 1}, 128, 1, 0, UINT32_MAX, UINT32_MAX}, true},
        {{{0x20, 1}, 47, 1, 0, 3600, 1800}, false},    /* more than a site */
        {{{0x20, 1}, 0, 1, 0, 3600, 1800}, false},     /* everything */
        {{{0}, 64, 1, 0, 3600, 1800}, false},          /* ::/64 */
        {{{0xfe, 0x80}, 64, 1, 0, 3600, 1800}, false}, /* link-local */
        {{{0xff, 2}, 64, 1, 0, 3600, 1800}, false},    /* multicast */
        {{{0x20, 1}, 129, 1, 0, 3600, 1800}, false},
        {{{0x20, 1}, UINT32_MAX, 1, 0, 3600, 1800}, false},
        {{{0x20, 1}, 256 + 64, 1, 0, 3600, 1800}, false},
        {{{0x20, 1}, 48, 0, 1, 3600, 1800}, false}, /* addresses from 64 alone */
        {{{0x20, 1}, 64, 0, 0, 3600, 1800}, false}, /* for nothing */
        {{{0x20, 1}, 64, 2, 1, 3600, 1800}, false},
        {{{0x20, 1}, 64, 1, 256, 3600, 1800}, false},
        {{{0x20, 1}, 64, 1, 1, 1800, 3600}, false},           /* preferred for longer */
        {{{0x20, 1, [15] = 1}, 64, 1, 1, 3600, 1800}, false}, /* bits behind its length */
    };
    struct request request = good(REQUEST_IPV6);

    begin(KEEPER_LINKED);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        request.ipv6.prefix[0] = cases[i].prefix;
        if (allows(&request) != cases[i].good)
            CHECK_EQ(i, SIZE_MAX); /* says which */
    }
    request = good(REQUEST_IPV6);
    request.ipv6.n_prefix = 2; /* the second is all zero */
    CHECK(!allows(&request));
}

TEST(up_needs_an_address)
{
    struct request request = good(REQUEST_UP);

    begin(KEEPER_LINKED);
    rights.has_ipv4 = false;
    CHECK(!allows(&request));
    rights.has_ipv6 = true;
    CHECK(allows(&request));
}

TEST(texts_end_and_numbers_are_in_range)
{
    struct request request = good(REQUEST_LOG);

    begin(KEEPER_STARTED);
    request.log.level = LOG_LEVEL_DEBUG + 1;
    CHECK(!allows(&request));
    request = good(REQUEST_LOG);
    memset(request.log.line, 'x', sizeof(request.log.line));
    CHECK(!allows(&request));
    request = good(REQUEST_END);
    request.end.words.reason = END_NONE;
    CHECK(!allows(&request));
    request.end.words.reason = END_REASON_COUNT;
    CHECK(!allows(&request));
    request = good(REQUEST_END);
    request.end.stage = END_STAGE_COUNT;
    CHECK(!allows(&request));
    request = good(REQUEST_END);
    memset(request.end.words.detail, 'x', sizeof(request.end.words.detail));
    CHECK(!allows(&request));
    request = good(REQUEST_END);
    memset(request.end.words.hint, 'x', sizeof(request.end.words.hint));
    CHECK(!allows(&request));
    begin(KEEPER_FORKED);
    request = good(REQUEST_READY);
    request.ready.sandbox.in_force = 1; /* in force and missing */
    CHECK(!allows(&request));
}

TEST(ends_of_the_keeper_only_after_it_has_told_them)
{
    static const enum end_reason ours[] = {END_REQUESTED, END_HOOK, END_NOT_PERMITTED, END_SANDBOX,
                                           END_WORKER};
    struct request request = good(REQUEST_END);

    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        begin(KEEPER_UP);
        request.end.words.reason = ours[i];
        CHECK(!allows(&request));
        keeper_check_tell(&rights, END_LOST);
        CHECK(!allows(&request));
        keeper_check_tell(&rights, ours[i]);
        CHECK(allows(&request));
    }
}

TEST(stages)
{
    static const enum end_stage stages[] = {END_STAGE_START,   END_STAGE_START, END_STAGE_CONNECT,
                                            END_STAGE_CONNECT, END_STAGE_TLS,   END_STAGE_NETWORK,
                                            END_STAGE_UP,      END_STAGE_UP};

    for (int progress = KEEPER_FORKED; progress <= KEEPER_ENDED; progress++) {
        begin((enum keeper_progress)progress);
        CHECK_EQ(keeper_check_stage(&rights), stages[progress]);
    }
}

CHECK_MAIN()
