/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of configuration options, RFC 1661 section 6: each protocol is a table of rows, walked here. */
#ifndef SSTPTUN_CP_OPTION_H
#define SSTPTUN_CP_OPTION_H

#include "cp_fsm.h"
#include "ppp_text.h"

#define CP_OPTION_HEADER_LEN 2

enum cp_verdict {
    CP_VERDICT_ACK,
    CP_VERDICT_NAK,
    CP_VERDICT_REJECT
}; /* the worst one decides about a request */

/* One option type. Values are without the option's header; min_len and max_len are with it. */
struct cp_option_row {
    uint8_t type;
    uint8_t min_len, max_len;
    const char *name;
    bool never_reject; /* stays a Nak, however often it was Naked */

    /* The peer's option. judge: no side effects; NULL: acknowledge. */
    enum cp_verdict (*judge)(const struct cp *cp, struct bytes value);
    /* A Nak is being sent: append the value that we would take instead of value. NULL: what is bad is rejected. */
    void (*suggest)(struct cp *cp, struct bytes value, struct writer *w);
    /* It is acknowledged and holds from now on. NULL: without effect on us. */
    void (*apply)(struct cp *cp, struct bytes value);

    /* Our option. ask: append the value, or return false to leave the option out; NULL: never asked for. */
    bool (*ask)(const struct cp *cp, struct writer *w);
    /* The peer wants this value instead. Only called for options that we asked for. */
    void (*naked)(struct cp *cp, struct bytes value);
    void (*rejected)(struct cp *cp);

    /* The value in readable form. NULL: hexadecimal. */
    void (*print)(struct ppp_text *text, struct bytes value);
};

struct cp_option {
    uint8_t type;
    struct bytes whole; /* with its header */
    struct bytes value;
};

/* The next option; false at the end or when it does not fit (then the reader is bad). */
bool cp_option_next(struct reader *r, struct cp_option *ret_option) MUST_USE;

/*
 * Every option lies within the list, and none of those that we know comes twice (RFC 1661 section 6: a list with
 * repetitions could mean two things, so it is treated as malformed).
 */
bool cp_option_list_ok(const struct cp *cp, struct bytes list) MUST_USE;

/* A Configure-Request: the verdict on the whole; unknown options are rejected, then bad values Naked. */
enum cp_verdict cp_option_judge(const struct cp *cp, struct bytes list);
/* The options of our answer: those of this verdict. */
void cp_option_write_refusal(struct cp *cp, enum cp_verdict verdict, struct bytes list, struct writer *w);
/* The request is acknowledged. */
void cp_option_apply(struct cp *cp, struct bytes list);

/* Our own request; and the peer's Nak or Reject of it, for the options that we did ask for. */
void cp_option_write_request(struct cp *cp, struct writer *w);
void cp_option_take_refusal(struct cp *cp, bool reject, struct bytes list);

/* " <mru 1500> <magic 0x01020304>" */
void cp_option_print(const struct cp *cp, struct bytes list, struct ppp_text *text);

#endif
