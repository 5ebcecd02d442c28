/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Landlock: every right that the kernel's version of it knows is taken on, and what is not given back by a rule is denied.
 * The worker gets no rule at all. The resolver may read what getaddrinfo(3) reads, and reach port 53 by TCP. Rules hold
 * for what is opened from now on; descriptors that are open, or are handed over later, keep what they can do.
 *
 * The kernel's header is not used: the one of an older system does not know the rights that a newer kernel has.
 */
#include "sandbox_step.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SYSCALL_CREATE_RULESET 444 /* the same on every architecture */
#define SYSCALL_ADD_RULE       445
#define SYSCALL_RESTRICT_SELF  446

#define CREATE_RULESET_VERSION 1U
#define RULE_PATH_BENEATH      1
#define RULE_NET_PORT          2

#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_ALL_ABI1    ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* ABI 3 */
#define NET_BIND_TCP   (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT    (UINT64_C(1) << 1)
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* ABI 5 */
#define SCOPE_ABSTRACT (UINT64_C(1) << 0)  /* ABI 6: abstract UNIX sockets, signals */
#define SCOPE_SIGNAL   (UINT64_C(1) << 1)

#define PORT_DNS 53

/* struct landlock_ruleset_attr and the rules' attributes. */
struct ruleset {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

struct rule_path {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

struct rule_port {
    uint64_t allowed;
    uint64_t port;
};

/*
 * Files, because they may be links to anywhere (/run/systemd/resolve/stub-resolv.conf): the rule is for what is behind the
 * link. glibc looks at more files, and loads modules; only development builds are made with it.
 */
static const char *const readable[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
#ifdef __GLIBC__
    "/etc",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/run/systemd/resolve",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/gai.conf",
#endif
};

static struct ruleset rights_of(long abi)
{
    struct ruleset ruleset = {.fs = FS_ALL_ABI1};

    if (abi >= 2)
        ruleset.fs |= FS_REFER;
    if (abi >= 3)
        ruleset.fs |= FS_TRUNCATE;
    if (abi >= 4)
        ruleset.net = NET_BIND_TCP | NET_CONNECT;
    if (abi >= 5)
        ruleset.fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        ruleset.scoped = SCOPE_ABSTRACT | SCOPE_SIGNAL;
    return ruleset;
}

/* A path that does not exist needs no rule. */
static bool allow_reading(int ruleset_fd, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    struct rule_path rule = {.allowed = FS_READ_FILE, .parent_fd = fd};
    struct stat st;
    bool done;

    if (fd < 0)
        return true;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        rule.allowed |= FS_READ_DIR;
    done = syscall(SYSCALL_ADD_RULE, ruleset_fd, RULE_PATH_BENEATH, &rule, 0U) == 0;
    close(fd);
    return done;
}

static bool allow_resolver(int ruleset_fd, const struct ruleset *rights)
{
    const struct rule_port dns = {.allowed = NET_CONNECT, .port = PORT_DNS};

    for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
        if (!allow_reading(ruleset_fd, readable[i]))
            return false;
    }
    return rights->net == 0 || syscall(SYSCALL_ADD_RULE, ruleset_fd, RULE_NET_PORT, &dns, 0U) == 0;
}

bool sandbox_landlock(enum sandbox_role role, char text[static SANDBOX_TEXT_LEN])
{
    long abi = syscall(SYSCALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    struct ruleset rights = rights_of(abi);
    bool done;
    int fd;

    if (abi < 1)
        return sandbox_failed(text, "landlock");
    fd = (int)syscall(SYSCALL_CREATE_RULESET, &rights, sizeof(rights), 0U);
    if (fd < 0)
        return sandbox_failed(text, "landlock");
    done = (role != SANDBOX_RESOLVER || allow_resolver(fd, &rights)) &&
           syscall(SYSCALL_RESTRICT_SELF, fd, 0U) == 0;
    if (done)
        (void)snprintf(text, SANDBOX_TEXT_LEN, "ABI %ld", abi);
    else
        (void)sandbox_failed(text, "landlock");
    close(fd);
    return done;
}
