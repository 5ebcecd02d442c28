/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all protocols of one link share: the outgoing frames, the time of the call that is being handled, the peer's
 * MRU, identifiers and the log. struct ppp_link is in ppp_state.h.
 */
#ifndef SSTPTUN_PPP_LINK_H
#define SSTPTUN_PPP_LINK_H

#include "ppp.h"

void ppp_link_init(struct ppp_link *link, const struct env *env);

/* A fresh identifier for a request of ours: one counter for all protocols, 0 is left out. */
uint8_t ppp_link_new_id(struct ppp_link *link);

/*
 * One control packet: begin gives a writer that stands behind its header, the caller writes the data, end sets the
 * length and queues it. A packet that finds no room is dropped: whatever matters is retransmitted. One at a time.
 */
struct writer ppp_link_begin(struct ppp_link *link, uint16_t protocol, uint8_t code, uint8_t id);
void ppp_link_end(struct ppp_link *link, struct writer *w);

/* The same for a packet that is complete already. */
void ppp_link_send(struct ppp_link *link, uint16_t protocol, uint8_t code, uint8_t id, struct bytes data);

/* How much data a packet may carry so that the peer can take it: its MRU without the packet's header. */
size_t ppp_link_data_max(const struct ppp_link *link);

/* The protocol of the frame that ppp_link_take() gives next; 0 when there is none. */
uint16_t ppp_link_next_protocol(const struct ppp_link *link);
bool ppp_link_take(struct ppp_link *link, struct writer *out);

const struct log_sink *ppp_link_log(const struct ppp_link *link);
/*
 * The level for a line that the peer can provoke as often as it likes: wanted for the first ones of a link, then
 * LOG_LEVEL_DEBUG, where every packet has its line anyway. A server must not fill the user's log.
 */
enum log_level ppp_link_level(struct ppp_link *link, enum log_level wanted);
/* Whether each packet is logged: asked before its readable form is made. */
bool ppp_link_traces(const struct ppp_link *link);

#endif
