/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request is judged twice with the same result: once to know the event (RCR+ or RCR-), once when the automaton sends
 * the answer. Judging therefore changes nothing; counting happens in suggest(), when a Nak really goes out.
 */
#include "cp_option.h"

bool cp_option_next(struct reader *r, struct cp_option *ret_option)
{
    struct reader header = *r;
    uint8_t type = reader_u8(&header);
    uint8_t len = reader_u8(&header);
    struct bytes whole;

    if (r->left == 0)
        return false;
    whole = reader_take(r, len);
    if (!reader_ok(&header) || len < CP_OPTION_HEADER_LEN)
        r->bad = true;
    if (!reader_ok(r))
        return false;
    *ret_option = (struct cp_option){
        .type = type,
        .whole = whole,
        .value = bytes_of(whole.data + CP_OPTION_HEADER_LEN, whole.len - CP_OPTION_HEADER_LEN),
    };
    return true;
}

static const struct cp_option_row *find_row(const struct cp *cp, uint8_t type)
{
    for (size_t i = 0; i < cp->ops->n_rows; i++)
        if (cp->ops->rows[i].type == type)
            return &cp->ops->rows[i];
    return NULL;
}

bool cp_option_list_ok(const struct cp *cp, struct bytes list)
{
    struct reader r = reader_of(list);
    struct cp_option option;
    bool seen[256] = {false};

    while (cp_option_next(&r, &option)) {
        if (seen[option.type] && find_row(cp, option.type))
            return false;
        seen[option.type] = true;
    }
    return reader_done(&r);
}

static bool length_fits(const struct cp_option_row *row, const struct cp_option *option)
{
    return option->whole.len >= row->min_len && option->whole.len <= row->max_len;
}

static enum cp_verdict judge_option(const struct cp *cp, const struct cp_option *option)
{
    const struct cp_option_row *row = find_row(cp, option->type);
    enum cp_verdict verdict = CP_VERDICT_ACK;

    if (!row)
        return CP_VERDICT_REJECT;
    if (!length_fits(row, option))
        verdict = CP_VERDICT_NAK;
    else if (row->judge)
        verdict = row->judge(cp, option->value);
    if (verdict != CP_VERDICT_NAK || row->never_reject)
        return verdict;
    /* RFC 1661 4.6: after Max-Failure Naks the negotiation does not converge this way. */
    return row->suggest && cp->n_naks < CP_MAX_FAILURE ? CP_VERDICT_NAK : CP_VERDICT_REJECT;
}

enum cp_verdict cp_option_judge(const struct cp *cp, struct bytes list)
{
    struct reader r = reader_of(list);
    struct cp_option option;
    enum cp_verdict worst = CP_VERDICT_ACK;

    while (cp_option_next(&r, &option)) {
        enum cp_verdict verdict = judge_option(cp, &option);

        if (verdict > worst)
            worst = verdict;
    }
    return worst;
}

static void write_suggestion(struct cp *cp, const struct cp_option *option, struct writer *w)
{
    const struct cp_option_row *row = find_row(cp, option->type);
    uint8_t buf[UINT8_MAX];
    struct writer value = writer_of(buf, sizeof(buf) - CP_OPTION_HEADER_LEN);

    row->suggest(cp, option->value, &value);
    writer_u8(w, option->type);
    writer_u8(w, (uint8_t)(value.len + CP_OPTION_HEADER_LEN));
    writer_bytes(w, writer_view(&value));
}

void cp_option_write_refusal(struct cp *cp, enum cp_verdict verdict, struct bytes list, struct writer *w)
{
    struct reader r = reader_of(list);
    struct cp_option option;

    while (cp_option_next(&r, &option)) {
        if (judge_option(cp, &option) != verdict)
            continue;
        if (verdict == CP_VERDICT_NAK)
            write_suggestion(cp, &option, w);
        else
            writer_bytes(w, option.whole);
    }
}

void cp_option_apply(struct cp *cp, struct bytes list)
{
    struct reader r = reader_of(list);
    struct cp_option option;

    cp->ops->reset_peer(cp);
    while (cp_option_next(&r, &option)) {
        const struct cp_option_row *row = find_row(cp, option.type);

        if (row && row->apply)
            row->apply(cp, option.value);
    }
}

void cp_option_write_request(struct cp *cp, struct writer *w)
{
    for (size_t i = 0; i < cp->ops->n_rows; i++) {
        const struct cp_option_row *row = &cp->ops->rows[i];
        uint8_t buf[UINT8_MAX];
        struct writer value = writer_of(buf, sizeof(buf) - CP_OPTION_HEADER_LEN);

        if (!row->ask || !row->ask(cp, &value))
            continue;
        writer_u8(w, row->type);
        writer_u8(w, (uint8_t)(value.len + CP_OPTION_HEADER_LEN));
        writer_bytes(w, writer_view(&value));
    }
}

/* An option that we did not ask for may be a wish (RFC 1661 5.3): we have none to fulfil. */
static bool was_asked(const struct cp *cp, uint8_t type)
{
    struct reader r = reader_of(bytes_of(cp->request, cp->request_len));
    struct cp_option option;

    while (cp_option_next(&r, &option))
        if (option.type == type)
            return true;
    return false;
}

void cp_option_take_refusal(struct cp *cp, bool reject, struct bytes list)
{
    struct reader r = reader_of(list);
    struct cp_option option;

    while (cp_option_next(&r, &option)) {
        const struct cp_option_row *row = find_row(cp, option.type);

        if (!row || !was_asked(cp, option.type))
            continue;
        if (reject)
            row->rejected(cp);
        else if (length_fits(row, &option))
            row->naked(cp, option.value);
    }
}

static void print_option(const struct cp *cp, const struct cp_option *option, struct ppp_text *text)
{
    const struct cp_option_row *row = find_row(cp, option->type);

    ppp_text_str(text, " <");
    if (row) {
        ppp_text_str(text, row->name);
    } else {
        ppp_text_str(text, "option ");
        ppp_text_uint(text, option->type);
    }
    if (option->value.len > 0)
        ppp_text_str(text, " ");
    if (row && row->print && length_fits(row, option))
        row->print(text, option->value);
    else
        ppp_text_hex(text, option->value);
    ppp_text_str(text, ">");
}

void cp_option_print(const struct cp *cp, struct bytes list, struct ppp_text *text)
{
    struct reader r = reader_of(list);
    struct cp_option option;

    while (cp_option_next(&r, &option))
        print_option(cp, &option, text);
}
