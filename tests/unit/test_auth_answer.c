/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The answers (vectors of RFC 2759 9.2 and protocol.md 11), and that computing them leaves nothing behind. */
#include "auth_answer.h"

#include <pthread.h>
#include <sys/mman.h>

#include "check.h"
#include "mschap.h"
#include "secret.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const uint8_t challenge[16] = {0x5b, 0x5d, 0x7c, 0x7d, 0x7b, 0x3f, 0x2f, 0x3e,
                                      0x3c, 0x2c, 0x60, 0x21, 0x32, 0x26, 0x26, 0x28};
static const uint8_t peer_challenge[16] = {0x21, 0x40, 0x23, 0x24, 0x25, 0x5e, 0x26, 0x2a,
                                           0x28, 0x29, 0x5f, 0x2b, 0x3a, 0x33, 0x7c, 0x7e};

TEST(md5)
{
    static const uint8_t want[16] = {0x74, 0x0e, 0x86, 0x46, 0x3b, 0xda, 0x3a, 0x4d,
                                     0x70, 0x17, 0xd6, 0xe0, 0xfb, 0xa0, 0x69, 0x9d};
    uint8_t counted[16], got[16];

    for (size_t i = 0; i < sizeof(counted); i++)
        counted[i] = (uint8_t)i;
    auth_answer_md5(bytes_of_str("secret"), 1, bytes_of(counted, sizeof(counted)), got);
    CHECK_MEM(got, want, sizeof(want));
}

TEST(mschapv2)
{
    static const uint8_t response[24] = {0x82, 0x30, 0x9e, 0xcd, 0x8d, 0x70, 0x8b, 0x5e,
                                         0xa0, 0x8f, 0xaa, 0x39, 0x81, 0xcd, 0x83, 0x54,
                                         0x42, 0x33, 0x11, 0x4a, 0x3d, 0x85, 0xd6, 0xdf};
    static const uint8_t authenticator[20] = {0x40, 0x7a, 0x55, 0x89, 0x11, 0x5f, 0xd0, 0xd6, 0x20, 0x9f,
                                              0x51, 0x0f, 0xe9, 0xc0, 0x45, 0x66, 0x93, 0x2c, 0xda, 0x56};
    static const uint8_t hlak[32] = {0xd5, 0xf0, 0xe9, 0x52, 0x1e, 0x3e, 0xa9, 0x58, 0x96, 0x45, 0xe8,
                                     0x60, 0x51, 0xc8, 0x22, 0x26, 0x8b, 0x7c, 0xdc, 0x14, 0x9b, 0x99,
                                     0x3a, 0x1b, 0xa1, 0x18, 0xcb, 0x15, 0x3f, 0x56, 0xdc, 0xcb};
    static const char *const users[] = {"User", "DOMAIN\\User"};

    for (size_t i = 0; i < ARRAY_LEN(users); i++) {
        struct ppp_mschapv2_answer got;

        CHECK_EQ(auth_answer_mschapv2(bytes_of_str(users[i]), bytes_of_str("clientPass"), challenge,
                                      peer_challenge, &got),
                 PPP_SECRET_OK);
        CHECK_MEM(got.peer_challenge, peer_challenge, sizeof(peer_challenge));
        CHECK_MEM(got.nt_response, response, sizeof(response));
        CHECK_MEM(got.authenticator, authenticator, sizeof(authenticator));
        CHECK_MEM(got.hlak, hlak, sizeof(hlak));
    }
}

TEST(too_long_writes_nothing)
{
    struct ppp_mschapv2_answer got, before;
    char text[257];

    memset(text, 'x', sizeof(text));
    memset(&got, 0x77, sizeof(got));
    before = got;
    CHECK_EQ(auth_answer_mschapv2(bytes_of_str("u"), bytes_of(text, 257), challenge, peer_challenge, &got),
             PPP_SECRET_TOO_LONG);
    CHECK_MEM(&got, &before, sizeof(got));
    CHECK_EQ(auth_answer_mschapv2(bytes_of_str("u"), bytes_of(text, 256), challenge, peer_challenge, &got),
             PPP_SECRET_OK);
}

/* On a stack of its own, which can be looked at afterwards. */
#define STACK_LEN ((size_t)256 << 10)
#define PAINT     0xa5

static uint8_t *stack;
static uint8_t seen[STACK_LEN]; /* what was on it */
static void (*to_run)(void);
static const char password[] = "correct horse battery";
static struct ppp_mschapv2_answer answer;
static uint8_t md5_value[16];

/* The end of the thread would write over what the function has left: first of all, take it. */
static void *body(void *unused)
{
    to_run();
    memcpy(seen, stack, STACK_LEN);
    return unused;
}

static void run(void (*function)(void))
{
    pthread_attr_t attr;
    pthread_t thread;

    to_run = function;
    memset(stack, PAINT, STACK_LEN);
    CHECK_EQ(pthread_attr_init(&attr), 0);
    CHECK_EQ(pthread_attr_setstack(&attr, stack, STACK_LEN), 0);
    CHECK_OR_RETURN(pthread_create(&thread, &attr, body, NULL) == 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(pthread_attr_destroy(&attr), 0);
}

static bool get_stack(void)
{
    void *p = mmap(NULL, STACK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    stack = p == MAP_FAILED ? NULL : p;
    return stack != NULL;
}

static size_t depth(void)
{
    size_t at = 0;

    while (at < STACK_LEN && seen[at] == PAINT)
        at++;
    return STACK_LEN - at;
}

static void nothing(void)
{
}

static void compute_mschapv2(void)
{
    uint8_t hash[16], challenge_hash[8];

    CHECK(mschap_password_hash(bytes_of_str(password), hash));
    mschap_challenge_hash(peer_challenge, challenge, bytes_of_str("User"), challenge_hash);
    mschap_nt_response(challenge_hash, hash, answer.nt_response);
    mschap_authenticator(hash, answer.nt_response, challenge_hash, answer.authenticator);
    mschap_keys(hash, answer.nt_response, answer.hlak);
}

/* The wiped part must reach deeper than the arithmetic does. */
TEST(the_wiped_stack_is_deep_enough)
{
    size_t bottom;

    if (SANITIZED || !get_stack()) {
        fprintf(stderr, "the_wiped_stack_is_deep_enough: skipped: the sanitizer's frames are larger\n");
        return;
    }
    run(nothing);
    bottom = depth();
    run(compute_mschapv2);
    printf("MS-CHAPv2 uses %zu bytes of the stack\n", depth() - bottom);
    CHECK(depth() - bottom + 512 < SECRET_STACK_LEN);
    (void)munmap(stack, STACK_LEN);
}

static void answer_all(void)
{
    uint8_t id_challenge[16] = {1};

    CHECK_EQ(auth_answer_mschapv2(bytes_of_str("User"), bytes_of_str(password), challenge, peer_challenge,
                                  &answer),
             PPP_SECRET_OK);
    auth_answer_md5(bytes_of_str(password), 1, bytes_of(id_challenge, 16), md5_value);
}

/* Any eight bytes of it in a row, also with each 32-bit word turned round, as SHA-1 keeps its input. */
static bool left_behind(const uint8_t *secret, size_t len)
{
    for (size_t at = 0; at + 8 <= len; at++) {
        uint8_t turned[8];

        for (size_t i = 0; i < 8; i++)
            turned[i] = secret[at + (i ^ 3)];
        if (memmem(seen, STACK_LEN, secret + at, 8) || memmem(seen, STACK_LEN, turned, 8))
            return true;
    }
    return false;
}

TEST(nothing_is_left_on_the_stack)
{
    uint8_t hash[16], utf16[2 * sizeof(password)], des_key[24];

    if (SANITIZED || !get_stack()) {
        fprintf(stderr, "nothing_is_left_on_the_stack: skipped: the sanitizer's frames are larger\n");
        return;
    }
    CHECK(mschap_password_hash(bytes_of_str(password), hash));
    for (size_t i = 0; i < sizeof(password); i++) {
        utf16[2 * i] = (uint8_t)password[i];
        utf16[2 * i + 1] = 0;
    }
    for (size_t i = 0; i < 24; i++) { /* 7 bits of key in each byte, RFC 2759 8.6 */
        size_t bit = i / 8 * 56 + i % 8 * 7, byte = bit / 8, shift = bit % 8;
        unsigned two = (byte < 16 ? hash[byte] : 0u) << 8 | (byte + 1 < 16 ? hash[byte + 1] : 0u);

        des_key[i] = (uint8_t)(two << shift >> 8 & 0xfe);
    }
    run(answer_all);
    CHECK(!left_behind((const uint8_t *)password, sizeof(password) - 1));
    CHECK(!left_behind(utf16, sizeof(utf16) - 2));
    CHECK(!left_behind(hash, sizeof(hash)));
    CHECK(!left_behind(des_key, 16));
    CHECK(!left_behind(answer.hlak, sizeof(answer.hlak)));
    CHECK(!left_behind(answer.authenticator, sizeof(answer.authenticator)));
    run(compute_mschapv2); /* wipes nothing of its own: the test would have seen it */
    CHECK(left_behind(hash, sizeof(hash)));
    (void)munmap(stack, STACK_LEN);
}

CHECK_MAIN()
