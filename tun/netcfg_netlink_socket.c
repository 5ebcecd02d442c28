/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The routing socket (rtnetlink(7)). libnl builds and takes apart the messages; what it does not have, it does not
 * hide either: its error numbers are coarser than the kernel's, and it drops the text that the kernel sends beside an
 * error. So the answers are read here, one by one, into one buffer: nl_recv() asks for the length of each first, and
 * allocates.
 */
#include "netcfg_netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#define ANSWER_TIMEOUT_S 10 /* the kernel answers before send() returns; only a lost answer takes time */
#define REQUEST_MAX      512 /* ours have less than 100; libnl's default is a page, for which musl maps memory */

unsigned char netlink_family(enum ip_family family)
{
    return family == IP_V6 ? AF_INET6 : AF_INET;
}

struct nl_msg *netlink_request(int type, int flags, void *header, size_t header_len)
{
    struct nl_msg *msg = nlmsg_alloc_size(REQUEST_MAX);

    if (msg && (!nlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, type, 0, flags) ||
                nlmsg_append(msg, header, header_len, NLMSG_ALIGNTO) < 0)) {
        nlmsg_free(msg);
        return NULL;
    }
    return msg;
}

int netlink_put_address(struct nl_msg *msg, int attribute, const struct ipaddr *addr)
{
    return nla_put(msg, attribute, ipaddr_len(addr->family), addr->byte);
}

/* The kernel's words: attributes behind the error, which repeats our request, or only its header when capped. */
static void keep_text(struct netlink *netlink, struct nlmsghdr *answer)
{
    const struct nlmsgerr *error = nlmsg_data(answer);
    size_t skip = sizeof(*error);
    struct nlattr *attr;

    if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS))
        return;
    if (!(answer->nlmsg_flags & NLM_F_CAPPED))
        skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
    if (skip > (size_t)nlmsg_datalen(answer))
        return;
    attr = nlmsg_find_attr(answer, (int)skip, NLMSGERR_ATTR_MSG);
    if (attr)
        (void)nla_strlcpy(netlink->text, attr, sizeof(netlink->text));
}

enum verdict { GO_ON, FINISHED };

static enum verdict take_answer(struct netlink *netlink, struct nlmsghdr *answer, netlink_answer_fn *fn,
                                void *user, int *err)
{
    switch (answer->nlmsg_type) {
    case NLMSG_ERROR:
        if (nlmsg_datalen(answer) < (int)sizeof(struct nlmsgerr)) {
            *err = -EPROTO;
            return FINISHED;
        }
        *err = ((struct nlmsgerr *)nlmsg_data(answer))->error;
        keep_text(netlink, answer);
        return FINISHED;
    case NLMSG_DONE: /* of a dump, with its own error */
        *err = nlmsg_datalen(answer) >= (int)sizeof(int) ? *(int *)nlmsg_data(answer) : 0;
        return FINISHED;
    case NLMSG_NOOP: return GO_ON;
    default:
        if (fn)
            fn(user, answer);
        return GO_ON;
    }
}

/* One datagram of answers; what belongs to an earlier request is passed over. */
static enum verdict take_datagram(struct netlink *netlink, unsigned char *data, int len,
                                  netlink_answer_fn *fn, void *user, int *err)
{
    struct nlmsghdr *answer = (struct nlmsghdr *)(void *)data; /* aligned: see struct netlink */

    for (; nlmsg_ok(answer, len); answer = nlmsg_next(answer, &len)) {
        if (answer->nlmsg_seq != netlink->seq)
            continue;
        if (take_answer(netlink, answer, fn, user, err) == FINISHED)
            return FINISHED;
    }
    return GO_ON;
}

/* The length of the next datagram of the kernel's, or -errno. What anybody else sends is passed over. */
static ssize_t next_datagram(struct netlink *netlink)
{
    struct sockaddr_nl from = {.nl_pid = 0};
    struct iovec part = {.iov_base = netlink->answer, .iov_len = sizeof(netlink->answer)};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1, .msg_name = &from};
    ssize_t len;

    do {
        header.msg_namelen = sizeof(from);
        len = recvmsg(nl_socket_get_fd(netlink->socket), &header, 0);
    } while ((len < 0 && errno == EINTR) || (len >= 0 && from.nl_pid != 0));
    if (len < 0)
        return errno == EAGAIN ? -ETIMEDOUT : -errno;
    if (len == 0 || (header.msg_flags & MSG_TRUNC) != 0)
        return -EPROTO;
    return len;
}

static int receive(struct netlink *netlink, netlink_answer_fn *fn, void *user)
{
    int err = 0;
    ssize_t len;

    do {
        len = next_datagram(netlink);
        if (len < 0)
            return (int)len;
    } while (take_datagram(netlink, netlink->answer, (int)len, fn, user, &err) == GO_ON);
    return err;
}

int netlink_exchange(struct netlink *netlink, struct nl_msg *msg, int built, netlink_answer_fn *answer,
                     void *user)
{
    int err = 0;

    netlink->text[0] = '\0';
    if (!msg || built < 0) {
        err = -ENOMEM;
        goto out;
    }
    nl_complete_msg(netlink->socket, msg);
    netlink->seq = nlmsg_hdr(msg)->nlmsg_seq;
    errno = 0;
    if (nl_send(netlink->socket, msg) < 0) {
        err = errno != 0 ? -errno : -EIO;
        goto out;
    }
    err = receive(netlink, answer, user);
out:
    nlmsg_free(msg);
    return err;
}

/* Both are conveniences of newer kernels (4.12, 4.20); without them answers are just shorter or longer. */
static void set_options(struct nl_sock *socket)
{
    struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
    int fd = nl_socket_get_fd(socket);
    int on = 1;

    (void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
    (void)setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
}

int netlink_open(struct netlink **ret_netlink)
{
    struct netlink *netlink = calloc(1, sizeof(*netlink));

    if (!netlink)
        return -ENOMEM;
    netlink->socket = nl_socket_alloc();
    if (!netlink->socket) {
        free(netlink);
        return -ENOMEM;
    }
    errno = 0;
    if (nl_connect(netlink->socket, NETLINK_ROUTE) < 0) {
        int err = errno != 0 ? -errno : -EIO;

        netlink_close(netlink);
        return err;
    }
    set_options(netlink->socket);
    *ret_netlink = netlink;
    return 0;
}

void netlink_close(struct netlink *netlink)
{
    if (!netlink)
        return;
    nl_socket_free(netlink->socket);
    free(netlink);
}
