/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's TUN driver (Documentation/networking/tuntap.rst): one open file is one interface, which lives as long as
 * the file. IFF_TUN_EXCL makes "create, never attach" one atomic act, so that neither a persistent device of somebody
 * else nor a name taken in the meantime can be mistaken for ours.
 */
#include "tun.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

#include "tun_gro.h"

/* Newer than the headers of some systems that this builds on. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define DEVICE        "/dev/net/tun"
#define NAME_PREFIX   "sstp"
#define NUMBERED_MAX  1024 /* sstp0 ... sstp1023 */
#define IFF_TUN_FLAGS (IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL)

/* What the kernel would refuse or, for '%', take as a pattern (dev_valid_name). */
static bool name_is_valid(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len >= TUN_NAME_LEN || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~' || strchr("/:%", name[i]))
            return false;
    return true;
}

static struct end open_failed(int error)
{
    const char *text = strerror(error);

    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENODEV:
    case ENXIO: return end_make(END_NO_TUN, 0, "cannot open %s: %s", DEVICE, text);
    case EACCES:
    case EPERM:
        return end_make(END_NOT_PERMITTED, 0,
                        "cannot open %s: %s; a container needs the device allowed (--device %s)", DEVICE,
                        text, DEVICE);
    default: return end_make(END_HOST, 0, "cannot open %s: %s", DEVICE, text);
    }
}

static struct end create_failed(int error, const char *name)
{
    const char *text = strerror(error);

    switch (error) {
    case EPERM:
    case EACCES: return end_make(END_NOT_PERMITTED, 0, "cannot create interface %s: %s", name, text);
    case ENOTTY:
    case EBADFD:
        return end_make(END_NO_TUN, 0, "%s is not the TUN device: %s; recreate it with `mknod %s c 10 200`",
                        DEVICE, text, DEVICE);
    case EBUSY:
    case EEXIST:
        return end_make(END_HOST, 0,
                        "cannot create interface %s: there is one of that name; choose another with "
                        "--interface",
                        name);
    default: return end_make(END_HOST, 0, "cannot create interface %s: %s", name, text);
    }
}

/* 0 or an errno. */
static int create(int fd, const char *name, int flags)
{
    struct ifreq request = {.ifr_flags = (short)flags};

    memcpy(request.ifr_name, name, strlen(name)); /* shorter than the field, which is zero behind it */
    return ioctl(fd, TUNSETIFF, &request) == 0 ? 0 : errno;
}

/* 0 or an errno; name says which one was created, or tried last. */
static int create_first_free(int fd, char name[static TUN_NAME_LEN], int flags)
{
    int error = EBUSY;

    for (unsigned i = 0; i < NUMBERED_MAX && (error == EBUSY || error == EEXIST); i++) {
        (void)snprintf(name, TUN_NAME_LEN, NAME_PREFIX "%u", i);
        error = create(fd, name, flags);
    }
    return error;
}

/*
 * What to ask for, best first. A kernel refuses a whole set for one flag that it does not know: USO came with Linux 6.2.
 * Without TUN_F_CSUM nothing else is taken.
 */
static const struct {
    unsigned flags;
    unsigned offloads;
} offload_sets[] = {
    {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN | TUN_F_USO4 | TUN_F_USO6,
     TUN_GRO_TCP | TUN_GRO_UDP},
    {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, TUN_GRO_TCP},
    {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, TUN_GRO_TCP},
};

static void take_offloads(struct tun *tun)
{
    int header_len = TUN_VNET_LEN;

    if (ioctl(tun->fd, TUNSETVNETHDRSZ, &header_len) != 0)
        return; /* the default is the same */
    for (size_t i = 0; i < ARRAY_LEN(offload_sets); i++) {
        if (ioctl(tun->fd, TUNSETOFFLOAD, offload_sets[i].flags) == 0) {
            tun->offloads = offload_sets[i].offloads;
            return;
        }
    }
}

/* 0 or an errno. */
static int create_named(struct tun *tun, const char *wanted, int flags)
{
    if (!wanted)
        return create_first_free(tun->fd, tun->name, flags);
    memcpy(tun->name, wanted, strlen(wanted) + 1);
    return create(tun->fd, wanted, flags);
}

static bool create_device(const char *wanted, bool offload, struct tun *tun, struct end *ret_end)
{
    int error = create_named(tun, wanted, IFF_TUN_FLAGS | (offload ? IFF_VNET_HDR : 0));

    tun->vnet = offload;
    if (error == EINVAL && offload) { /* no such header here: plain, then */
        tun->vnet = false;
        error = create_named(tun, wanted, IFF_TUN_FLAGS);
    }
    if (error != 0) {
        *ret_end = create_failed(error, tun->name);
        return false;
    }
    tun->ifindex = (int)if_nametoindex(tun->name);
    if (tun->ifindex == 0) {
        *ret_end = end_make(END_HOST, 0, "interface %s vanished as soon as it was created: %s", tun->name,
                            strerror(errno));
        return false;
    }
    if (tun->vnet)
        take_offloads(tun);
    return true;
}

bool tun_open(const char *wanted, bool offload, struct tun *ret_tun, struct end *ret_end)
{
    struct tun tun = {.fd = -1};

    if (wanted && !name_is_valid(wanted)) {
        *ret_end = end_make(
            END_USAGE, 0,
            "not a name for an interface; use 1 to %d printable characters without '/', ':' and '%%'",
            TUN_NAME_LEN - 1);
        return false;
    }
    tun.fd = open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun.fd < 0) {
        *ret_end = open_failed(errno);
        return false;
    }
    if (!create_device(wanted, offload, &tun, ret_end)) {
        tun_close(&tun);
        return false;
    }
    *ret_tun = tun;
    return true;
}

ssize_t tun_read(const struct tun *tun, uint8_t *buf, size_t cap)
{
    ssize_t n = read(tun->fd, buf, cap);

    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int tun_write(const struct tun *tun, const struct iovec *iov, int n_iov)
{
    ssize_t n = writev(tun->fd, iov, n_iov);

    return n >= 0 ? 0 : -errno;
}

void tun_remove(struct tun *tun)
{
    if (tun->fd >= 0)
        (void)ioctl(tun->fd, TUNSETPERSIST, 0UL);
    tun_close(tun);
}

void tun_close(struct tun *tun)
{
    if (!tun || tun->fd < 0)
        return;
    (void)close(tun->fd);
    tun->fd = -1;
}
