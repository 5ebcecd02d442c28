/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Workers that ask without end, each time for something that is allowed. What the keeper does for them is bounded, however
 * fast they are and the machine is. Needs root and /dev/net/tun.
 */
#include "keeper_rig.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define LASTS (400 * USEC_PER_MSEC)
#define SLOW  10000 /* microseconds: the price of 2000 lines that are not printed */

/* Written by the worker. */
static struct shared {
    unsigned n;      /* requests that were carried out */
    bool is_crowded; /* a host with so much of a network that every look at it takes long */
} * shared;

/* What is said to the kernel's netlink passes through here. */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    int domain = 0;
    socklen_t len = sizeof(domain);

    if (shared && shared->is_crowded && getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
        domain == AF_NETLINK)
        usleep(SLOW);
    return syscall(SYS_sendmsg, fd, message, flags);
}

static bool more(usec_t until)
{
    shared->n++;
    return loop_now() < until;
}

static void get_linked(struct remote *remote, const struct worker_config *config)
{
    struct hostnet_acts acts = remote_acts(remote);
    struct request_link link = {.mtu = 1300};
    struct end no;

    (void)get_started(config);
    (void)get_connected(remote);
    acts.link(acts.user, &link);
    if (!acts.answer(acts.user, &no))
        _exit(10);
}

static int asks_for_answers(const struct worker_config *config)
{
    static const uint8_t challenge[16] = {1};
    struct remote remote = config->remote;
    struct ppp_secret secret = remote_secret(&remote);
    struct ppp_mschapv2_answer answer;
    usec_t until;

    get_linked(&remote, config);
    until = loop_now() + LASTS;
    while (more(until))
        if (secret.mschapv2(secret.user, challenge, &answer) != PPP_SECRET_OK)
            return 11;
    return 7;
}

static int changes_the_mtu(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_link link = {.mtu = 1300};
    usec_t until;
    struct end no;

    get_linked(&remote, config);
    until = loop_now() + LASTS;
    for (; more(until); link.mtu ^= 1) {
        acts.link(acts.user, &link);
        if (!acts.answer(acts.user, &no))
            return 11;
    }
    return 7;
}

static int changes_its_address(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct hostnet_acts acts = remote_acts(&remote);
    struct request_ipv4 ipv4 = {.present = 1, .local = {10, 0, 0, 100}};
    usec_t until;
    struct end no;

    get_linked(&remote, config);
    until = loop_now() + LASTS;
    for (; more(until); ipv4.local[3] ^= 1) {
        acts.ipv4(acts.user, &ipv4);
        if (!acts.answer(acts.user, &no))
            return 11;
    }
    return 7;
}

static int says_what_is_not_printed(const struct worker_config *config)
{
    struct remote remote = config->remote;
    struct log_sink log = remote_log(&remote, LOG_LEVEL_DEBUG);
    usec_t until;

    get_linked(&remote, config);
    for (until = loop_now() + LASTS; more(until);)
        log_debug(&log, "not even printed");
    return 7;
}

static usec_t processor_time(void)
{
    struct rusage usage = {0};

    (void)getrusage(RUSAGE_SELF, &usage);
    return (usec_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * USEC_PER_SEC +
           (usec_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* As many as the burst and the rate allow in that time, and not many fewer: an honest one is not slowed down. */
static void is_paced(const char *name, worker_fn *worker, unsigned least, unsigned most)
{
    usec_t before = processor_time(), used;

    shared->n = 0;
    ends_with(worker, END_HOST, "without a word (status 7)");
    used = processor_time() - before;
    printf("%s: %u requests, %u ms of a processor\n", name, shared->n, (unsigned)(used / USEC_PER_MSEC));
    CHECK(shared->n >= least);
    if (!CHECK(shared->n <= most))
        fprintf(stderr, "    %u requests\n", shared->n);
}

TEST(floods_of_what_is_allowed)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK_OR_RETURN(shared != MAP_FAILED);
    is_paced("AUTH_MSCHAPV2", asks_for_answers, 100, 320);
    is_paced("LINK", changes_the_mtu, 100, 320);
    CHECK(strstr(logged, "asks for too much at once") != NULL); /* the first of these is told */
    is_paced("IPV4", changes_its_address, 100, 320);
    is_paced("LOG", says_what_is_not_printed, 1000, 16000);
}

/* By its number alone a request could cost any time: four or five of these are a burst, and two a second the rate. */
TEST(time_that_is_used_counts)
{
    CHECK_OR_RETURN(shared != NULL);
    shared->is_crowded = true;
    is_paced("IPV4 on a crowded host", changes_its_address, 1, 12);
    shared->is_crowded = false;
}

CHECK_MAIN()
