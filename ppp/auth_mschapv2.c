/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Success is believed only with the right S= behind an answer of ours: it is the server's proof that it knows the
 * password, too (RFC 2759 section 5). A failure is final even with R=1: the same password again would only help to lock
 * the account.
 */
#include "auth_mschapv2.h"

#include "ppp_link.h"
#include "secret.h"

#define AUTHENTICATOR_LEN 20

bool auth_mschapv2_answer(struct auth *auth, const uint8_t challenge[static 16])
{
    struct auth_mschapv2_state *state = &auth->mschapv2;
    struct ppp_mschapv2_answer answer;
    bool ok = auth_credential_mschapv2(auth, challenge, &answer);
    struct writer w;

    if (ok) {
        state->answered = true;
        w = writer_of(state->value, sizeof(state->value));
        writer_put(&w, answer.peer_challenge, sizeof(answer.peer_challenge));
        writer_zero(&w, 8);
        writer_put(&w, answer.nt_response, sizeof(answer.nt_response));
        writer_u8(&w, 0);
        memcpy(state->authenticator, answer.authenticator, sizeof(state->authenticator));
        memcpy(state->hlak, answer.hlak, sizeof(state->hlak));
    }
    secret_wipe(&answer, sizeof(answer));
    return ok;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20; /* RFC 2759 wants upper case, not every server does */
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "S=" and 40 digits, at the start of the text. */
static bool read_authenticator(struct bytes text, uint8_t ret_authenticator[static AUTHENTICATOR_LEN])
{
    struct reader r = reader_of(text);
    uint16_t key = reader_u16(&r);

    for (size_t i = 0; i < AUTHENTICATOR_LEN; i++) {
        int high = hex_digit(reader_u8(&r));
        int low = hex_digit(reader_u8(&r));

        if (high < 0 || low < 0)
            return false;
        ret_authenticator[i] = (uint8_t)(high << 4 | low);
    }
    return reader_ok(&r) && key == ('S' << 8 | '=');
}

bool auth_mschapv2_verify(struct auth *auth, struct bytes text)
{
    struct auth_mschapv2_state *state = &auth->mschapv2;
    uint8_t received[AUTHENTICATOR_LEN] = {0};
    const char *why = NULL;

    if (!state->answered)
        why = "it claims success without having asked for a proof";
    else if (!read_authenticator(text, received))
        why = "its success message has no S= value";
    else if (!secret_equal(received, state->authenticator, sizeof(received)))
        why = "its S= value is wrong";
    secret_wipe(state->authenticator, sizeof(state->authenticator));
    secret_wipe(state->value, sizeof(state->value));
    state->answered = false;
    if (why)
        auth_fail(auth, end_make(END_AUTH_SERVER, 0, "%s", why));
    return !why;
}

/* One "K=value" of a failure message; M= takes all that follows. */
struct field {
    uint8_t key;
    struct bytes value;
};

static bool next_field(struct reader *r, struct field *ret_field)
{
    struct bytes rest;
    size_t end = 0;

    while (r->left > 0 && *r->pos == ' ')
        (void)reader_u8(r);
    if (r->left < 2 || r->pos[1] != '=')
        return false;
    ret_field->key = reader_u8(r);
    (void)reader_u8(r);
    rest = bytes_of(r->pos, r->left);
    while (end < rest.len && (rest.data[end] != ' ' || ret_field->key == 'M'))
        end++;
    ret_field->value = reader_take(r, end);
    return true;
}

static uint32_t read_number(struct bytes text)
{
    uint32_t number = 0;

    for (size_t i = 0; i < text.len && i < 9 && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        number = number * 10 + (uint32_t)(text.data[i] - '0');
    return number;
}

/* Any order, any of them missing: servers differ (protocol.md 11.1). A text of another shape is a message as a whole. */
static void read_failure(struct bytes text, uint32_t *ret_code, struct bytes *ret_message)
{
    struct reader r = reader_of(text);
    struct field field;
    bool any = false;

    *ret_code = 0;
    *ret_message = bytes_of(NULL, 0);
    while (next_field(&r, &field)) {
        any = true;
        if (field.key == 'E')
            *ret_code = read_number(field.value);
        else if (field.key == 'M')
            *ret_message = field.value;
    }
    if (!any)
        *ret_message = text;
}

void auth_mschapv2_refuse(struct auth *auth, struct bytes text)
{
    char buf[END_DETAIL_LEN];
    struct ppp_text out = ppp_text_of(buf, sizeof(buf));
    struct bytes message;
    const char *words;
    uint32_t code;

    read_failure(text, &code, &message);
    words = end_ras_text(code);
    if (code) {
        ppp_text_str(&out, "E=");
        ppp_text_uint(&out, code);
    }
    if (words) {
        ppp_text_str(&out, ": ");
        ppp_text_str(&out, words);
    }
    if (message.len > 0) {
        ppp_text_str(&out, out.len > 0 ? ": " : "");
        ppp_text_quoted(&out, message);
    }
    auth_fail(auth, end_make(END_AUTH_REFUSED, code, "%s", buf));
}
