/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outgoing frames wait in one fixed buffer, each behind its 16-bit length, until the caller takes them. Nothing that a
 * peer sends can make it grow: a frame that does not fit is dropped, which a link may do at any time.
 */
#include "ppp_link.h"

#include "ppp_wire.h"
#include "secret.h"

#define PREFIX_LEN 2 /* the length before each queued frame */
#define LENGTH_AT  (PPP_FRAME_HEADER_LEN + 2)

#define PROVOKED_MAX 20 /* lines of a link */

void ppp_link_init(struct ppp_link *link, const struct env *env)
{
    memset(link, 0, sizeof(*link));
    link->env = env;
    link->peer_mru = PPP_MRU_DEFAULT;
}

uint8_t ppp_link_new_id(struct ppp_link *link)
{
    if (++link->last_id == 0)
        link->last_id = 1;
    return link->last_id;
}

struct writer ppp_link_begin(struct ppp_link *link, uint16_t protocol, uint8_t code, uint8_t id)
{
    size_t room = sizeof(link->queue) - link->queue_len;
    struct writer w = writer_of(link->queue + link->queue_len, room);

    writer_u16(&w, 0); /* the prefix */
    writer_u16(&w, 0xff03);
    writer_u16(&w, protocol);
    writer_u8(&w, code);
    writer_u8(&w, id);
    writer_u16(&w, 0);
    return w;
}

void ppp_link_end(struct ppp_link *link, struct writer *w)
{
    size_t frame_len = w->len - PREFIX_LEN;

    if (!writer_ok(w) || frame_len > PPP_FRAME_MAX) {
        log_debug(ppp_link_log(link), "PPP: no room for a packet, dropped");
        secret_wipe(w->buf, w->len); /* PAP's name may have found room, or more of it */
        return;
    }
    writer_patch_u16(w, 0, frame_len);
    writer_patch_u16(w, PREFIX_LEN + LENGTH_AT, frame_len - PPP_FRAME_HEADER_LEN);
    link->queue_len += w->len;
}

void ppp_link_send(struct ppp_link *link, uint16_t protocol, uint8_t code, uint8_t id, struct bytes data)
{
    struct writer w = ppp_link_begin(link, protocol, code, id);

    writer_bytes(&w, data);
    ppp_link_end(link, &w);
}

size_t ppp_link_data_max(const struct ppp_link *link)
{
    return (size_t)link->peer_mru - PPP_PACKET_HEADER_LEN;
}

static struct bytes next_frame(const struct ppp_link *link)
{
    struct reader r = reader_of(bytes_of(link->queue, link->queue_len));
    uint16_t len = reader_u16(&r);

    return reader_take(&r, len);
}

uint16_t ppp_link_next_protocol(const struct ppp_link *link)
{
    struct reader r = reader_of(next_frame(link));

    (void)reader_u16(&r);
    return reader_u16(&r);
}

bool ppp_link_take(struct ppp_link *link, struct writer *out)
{
    struct bytes frame = next_frame(link);
    size_t used = PREFIX_LEN + frame.len;

    if (frame.len == 0)
        return false;
    writer_bytes(out, frame);
    link->queue_len -= used;
    memmove(link->queue, link->queue + used, link->queue_len);
    secret_wipe(link->queue + link->queue_len, used); /* it may have been PAP */
    return writer_ok(out);
}

const struct log_sink *ppp_link_log(const struct ppp_link *link)
{
    return link->env->log;
}

bool ppp_link_traces(const struct ppp_link *link)
{
    return link->env->log && link->env->log->max >= LOG_LEVEL_DEBUG;
}

enum log_level ppp_link_level(struct ppp_link *link, enum log_level wanted)
{
    if (link->n_provoked == PROVOKED_MAX)
        return LOG_LEVEL_DEBUG;
    link->n_provoked++;
    return wanted;
}
