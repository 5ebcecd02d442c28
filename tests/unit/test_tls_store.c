/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of certificates that cannot be loaded: whose fault that is. Limits of the test's own. */
#include "check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tls_peer.h"
#include "trust.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false /* it has an address space of its own making */
#endif

enum limit { OF_DESCRIPTORS, OF_MEMORY };

/* The soft limit, which is returned as it was. */
static rlim_t change_limit(enum limit which, rlim_t value)
{
    struct rlimit limit = {0};
    rlim_t before;

    CHECK_EQ(which == OF_MEMORY ? getrlimit(RLIMIT_AS, &limit) : getrlimit(RLIMIT_NOFILE, &limit), 0);
    before = limit.rlim_cur;
    limit.rlim_cur = value;
    CHECK_EQ(which == OF_MEMORY ? setrlimit(RLIMIT_AS, &limit) : setrlimit(RLIMIT_NOFILE, &limit), 0);
    return before;
}

/* How tls_new() fails with the file. */
static struct end failure(const char *name)
{
    struct tls_config config = {.host = "vpn.test", .ca_file = tls_peer_path(name), .no_system_trust = true};
    struct end end = {.reason = END_NONE};
    struct tls *tls = tls_new(&config, NULL, &end);

    CHECK(tls == NULL);
    tls_free(tls);
    return end;
}

static struct end failure_under(enum limit which, rlim_t value, const char *name)
{
    rlim_t before = change_limit(which, value);
    struct end end = failure(name);

    (void)change_limit(which, before);
    return end;
}

TEST(a_file_that_is_not_there)
{
    struct end end;

    CHECK_OR_RETURN(tls_peer_certs() != NULL);
    end = failure("missing");
    CHECK_EQ(end.reason, END_USAGE);
    CHECK(strstr(end.detail, "--cafile ") != NULL && strstr(end.detail, "No such file") != NULL);
    CHECK_EQ(failure("root.key").reason, END_USAGE);
}

TEST(no_descriptor_for_it)
{
    struct end end;

    CHECK_OR_RETURN(tls_peer_certs() != NULL);
    end = failure_under(OF_DESCRIPTORS, 0, "root.pem");
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "--cafile ") != NULL && strstr(end.detail, "Too many open files") != NULL);
}

/* Bytes. */
static rlim_t address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    CHECK(file && fscanf(file, "%lu", &pages) == 1); /* NOLINT(cert-err34-c): the kernel's own number */
    if (file)
        (void)fclose(file);
    return (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

TEST(no_memory_for_it)
{
    struct end end;
    int fd;

    if (SANITIZED) {
        fprintf(stderr, "no_memory_for_it: skipped: the sanitizer wants all there is\n");
        return;
    }
    CHECK_OR_RETURN(tls_peer_certs() != NULL);
    fd = open(tls_peer_path("large.pem"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(fd >= 0 && ftruncate(fd, TRUST_FILE_MAX - 1) == 0);
    close(fd);
    end = failure_under(OF_MEMORY, address_space() + TRUST_FILE_MAX / 2, "large.pem");
    CHECK_EQ(end.reason, END_HOST);
    CHECK(strstr(end.detail, "--cafile ") != NULL && strstr(end.detail, "memory") != NULL);
}

CHECK_MAIN()
