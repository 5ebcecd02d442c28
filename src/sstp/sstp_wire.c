/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every length on the wire is narrowed into a sub-reader before its fields are read, so no attribute can
 * reach past its own end. The encoders of what only a server sends stand here too: a message is kept whole,
 * and the test servers use them.
 */
#include "sstp_wire.h"

#include "sstp_frame.h"

#define ATTRIBUTE_HEADER_LEN 4
#define LENGTH_MASK          0x0fff /* the upper four bits are reserved, [MS-SSTP] 2.2.4 */
#define RESERVED_LEN         3      /* the reserved bytes that open three of the four attribute bodies */
#define BINDING_REQUEST_LEN  (RESERVED_LEN + 1 + SSTP_NONCE_LEN)
#define BINDING_LEN          (RESERVED_LEN + 1 + SSTP_NONCE_LEN + SSTP_CERT_HASH_LEN + SSTP_COMPOUND_MAC_LEN)

const char *sstp_message_name(uint16_t type)
{
    static const char *const names[] = {
        [SSTP_MESSAGE_CONNECT_REQUEST] = "CALL_CONNECT_REQUEST",
        [SSTP_MESSAGE_CONNECT_ACK] = "CALL_CONNECT_ACK",
        [SSTP_MESSAGE_CONNECT_NAK] = "CALL_CONNECT_NAK",
        [SSTP_MESSAGE_CONNECTED] = "CALL_CONNECTED",
        [SSTP_MESSAGE_ABORT] = "CALL_ABORT",
        [SSTP_MESSAGE_DISCONNECT] = "CALL_DISCONNECT",
        [SSTP_MESSAGE_DISCONNECT_ACK] = "CALL_DISCONNECT_ACK",
        [SSTP_MESSAGE_ECHO_REQUEST] = "ECHO_REQUEST",
        [SSTP_MESSAGE_ECHO_RESPONSE] = "ECHO_RESPONSE",
    };

    return type > 0 && type < ARRAY_LEN(names) ? names[type] : "UNKNOWN";
}

const char *sstp_attribute_name(uint8_t id)
{
    static const char *const names[] = {
        [SSTP_ATTRIBUTE_NO_ERROR] = "NO_ERROR",
        [SSTP_ATTRIBUTE_ENCAPSULATED_PROTOCOL_ID] = "ENCAPSULATED_PROTOCOL_ID",
        [SSTP_ATTRIBUTE_STATUS_INFO] = "STATUS_INFO",
        [SSTP_ATTRIBUTE_CRYPTO_BINDING] = "CRYPTO_BINDING",
        [SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ] = "CRYPTO_BINDING_REQ",
    };

    return id < ARRAY_LEN(names) ? names[id] : "UNKNOWN";
}

const char *sstp_status_name(uint32_t status)
{
    static const char *const names[] = {
        [SSTP_STATUS_NO_ERROR] = "NO_ERROR",
        [SSTP_STATUS_DUPLICATE_ATTRIBUTE] = "DUPLICATE_ATTRIBUTE",
        [SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE] = "UNRECOGNIZED_ATTRIBUTE",
        [SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH] = "INVALID_ATTRIB_VALUE_LENGTH",
        [SSTP_STATUS_VALUE_NOT_SUPPORTED] = "VALUE_NOT_SUPPORTED",
        [SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED] = "UNACCEPTED_FRAME_RECEIVED",
        [SSTP_STATUS_RETRY_COUNT_EXCEEDED] = "RETRY_COUNT_EXCEEDED",
        [SSTP_STATUS_INVALID_FRAME_RECEIVED] = "INVALID_FRAME_RECEIVED",
        [SSTP_STATUS_NEGOTIATION_TIMEOUT] = "NEGOTIATION_TIMEOUT",
        [SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG] = "ATTRIB_NOT_SUPPORTED_IN_MSG",
        [SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING] = "REQUIRED_ATTRIBUTE_MISSING",
        [SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG] = "STATUS_INFO_NOT_SUPPORTED_IN_MSG",
    };

    return status < ARRAY_LEN(names) ? names[status] : "UNKNOWN";
}

/* -- the common head ------------------------------------------------------------------------------------- */

static size_t message_begin(struct writer *w, uint16_t type, size_t n_attributes)
{
    size_t start = w->len;

    sstp_frame_put_control_header(w);
    writer_u16(w, type);
    writer_u16(w, (uint16_t)n_attributes);
    return start;
}

static void message_end(struct writer *w, size_t start)
{
    writer_patch_u16(w, start + SSTP_FRAME_LENGTH_OFFSET, w->len - start);
}

static void put_attribute_header(struct writer *w, enum sstp_attribute_id id, size_t value_len)
{
    writer_u8(w, 0);
    writer_u8(w, (uint8_t)id);
    writer_u16(w, (uint16_t)(ATTRIBUTE_HEADER_LEN + value_len));
}

bool sstp_wire_message(struct bytes payload, struct sstp_message *ret_message)
{
    struct reader r = reader_of(payload);
    struct sstp_message message;

    message.type = reader_u16(&r);
    message.n_attributes = reader_u16(&r);
    message.attributes = reader_rest(&r);
    if (!reader_ok(&r))
        return false;
    *ret_message = message;
    return true;
}

bool sstp_wire_attribute(struct reader *attributes, struct sstp_attribute *ret_attribute)
{
    struct sstp_attribute attribute;
    size_t len;

    if (attributes->left == 0)
        return false;
    (void)reader_u8(attributes); /* reserved */
    attribute.id = reader_u8(attributes);
    len = reader_u16(attributes) & LENGTH_MASK;
    if (len < ATTRIBUTE_HEADER_LEN)
        attributes->bad = true;
    else
        attribute.value = reader_take(attributes, len - ATTRIBUTE_HEADER_LEN);
    if (!reader_ok(attributes))
        return false;
    *ret_attribute = attribute;
    return true;
}

/*
 * The one attribute `id` of a message that must have it: all attributes are walked, they must be as many as
 * announced and fill the message. Statuses as [MS-SSTP] 2.2.8 and 3.2.5.3 assign them.
 */
static enum sstp_status find_only(const struct sstp_message *message, enum sstp_attribute_id id,
                                  size_t value_len, struct bytes *ret_value)
{
    struct reader r = reader_of(message->attributes);
    struct sstp_attribute attribute;
    size_t n = 0, n_found = 0;
    struct bytes value = {NULL, 0};

    while (sstp_wire_attribute(&r, &attribute)) {
        n++;
        if (attribute.id == id) {
            n_found++;
            value = attribute.value;
        }
    }
    if (!reader_done(&r) || n != message->n_attributes)
        return SSTP_STATUS_INVALID_FRAME_RECEIVED;
    if (n_found == 0)
        return SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG;
    if (n_found > 1)
        return SSTP_STATUS_DUPLICATE_ATTRIBUTE;
    if (value.len != value_len)
        return SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH;
    *ret_value = value;
    return SSTP_STATUS_NO_ERROR;
}

/* -- CALL_CONNECT_REQUEST -------------------------------------------------------------------------------- */

void sstp_wire_put_connect_request(struct writer *w, uint16_t protocol)
{
    size_t start = message_begin(w, SSTP_MESSAGE_CONNECT_REQUEST, 1);

    put_attribute_header(w, SSTP_ATTRIBUTE_ENCAPSULATED_PROTOCOL_ID, 2);
    writer_u16(w, protocol);
    message_end(w, start);
}

bool sstp_wire_get_connect_request(const struct sstp_message *message, uint16_t *ret_protocol)
{
    struct bytes value;
    struct reader r;

    if (find_only(message, SSTP_ATTRIBUTE_ENCAPSULATED_PROTOCOL_ID, 2, &value) != SSTP_STATUS_NO_ERROR)
        return false;
    r = reader_of(value);
    *ret_protocol = reader_u16(&r);
    return true;
}

/* -- CALL_CONNECT_ACK ------------------------------------------------------------------------------------ */

void sstp_wire_put_connect_ack(struct writer *w, const struct sstp_binding_request *request)
{
    size_t start = message_begin(w, SSTP_MESSAGE_CONNECT_ACK, 1);

    put_attribute_header(w, SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ, BINDING_REQUEST_LEN);
    writer_zero(w, RESERVED_LEN);
    writer_u8(w, request->hashes);
    writer_put(w, request->nonce, SSTP_NONCE_LEN);
    message_end(w, start);
}

enum sstp_status sstp_wire_get_connect_ack(const struct sstp_message *message,
                                           struct sstp_binding_request *ret_request)
{
    struct bytes value;
    struct reader r;
    enum sstp_status status =
        find_only(message, SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ, BINDING_REQUEST_LEN, &value);

    if (status != SSTP_STATUS_NO_ERROR)
        return status;
    r = reader_of(value);
    (void)reader_take(&r, RESERVED_LEN);
    ret_request->hashes = reader_u8(&r);
    reader_copy(&r, ret_request->nonce, SSTP_NONCE_LEN);
    return SSTP_STATUS_NO_ERROR;
}

/* -- CALL_CONNECTED -------------------------------------------------------------------------------------- */

void sstp_wire_put_connected(struct writer *w, const struct sstp_binding *binding)
{
    size_t start = message_begin(w, SSTP_MESSAGE_CONNECTED, 1);

    put_attribute_header(w, SSTP_ATTRIBUTE_CRYPTO_BINDING, BINDING_LEN);
    writer_zero(w, RESERVED_LEN);
    writer_u8(w, binding->hash);
    writer_put(w, binding->nonce, SSTP_NONCE_LEN);
    writer_put(w, binding->cert_hash, SSTP_CERT_HASH_LEN);
    writer_put(w, binding->mac, SSTP_COMPOUND_MAC_LEN);
    message_end(w, start);
}

bool sstp_wire_get_connected(const struct sstp_message *message, struct sstp_binding *ret_binding)
{
    struct bytes value;
    struct reader r;

    if (find_only(message, SSTP_ATTRIBUTE_CRYPTO_BINDING, BINDING_LEN, &value) != SSTP_STATUS_NO_ERROR)
        return false;
    r = reader_of(value);
    (void)reader_take(&r, RESERVED_LEN);
    ret_binding->hash = reader_u8(&r);
    reader_copy(&r, ret_binding->nonce, SSTP_NONCE_LEN);
    reader_copy(&r, ret_binding->cert_hash, SSTP_CERT_HASH_LEN);
    reader_copy(&r, ret_binding->mac, SSTP_COMPOUND_MAC_LEN);
    return true;
}

/* -- CALL_CONNECT_NAK, CALL_ABORT, CALL_DISCONNECT ------------------------------------------------------- */

void sstp_wire_put_status(struct writer *w, uint16_t type, const struct sstp_status_info *infos,
                          size_t n_infos)
{
    size_t start = message_begin(w, type, n_infos);

    for (size_t i = 0; i < n_infos; i++) {
        put_attribute_header(w, SSTP_ATTRIBUTE_STATUS_INFO, RESERVED_LEN + 1 + 4 + infos[i].value.len);
        writer_zero(w, RESERVED_LEN);
        writer_u8(w, infos[i].attribute);
        writer_u32(w, infos[i].status);
        writer_bytes(w, infos[i].value);
    }
    message_end(w, start);
}

/* One Status Info body, whole or in sorz's short form: see the header. */
static bool get_status_info(const struct sstp_attribute *attribute, struct sstp_status_info *ret_info)
{
    struct reader r = reader_of(attribute->value);
    struct sstp_status_info info = {.present = true, .attribute = SSTP_ATTRIBUTE_NO_ERROR};

    if (attribute->id != SSTP_ATTRIBUTE_STATUS_INFO && attribute->id != SSTP_ATTRIBUTE_NO_ERROR)
        return false;
    if (r.left >= RESERVED_LEN + 1 + 4) {
        (void)reader_take(&r, RESERVED_LEN);
        info.attribute = reader_u8(&r);
    }
    info.status = reader_u32(&r);
    info.value = reader_rest(&r);
    if (!reader_ok(&r))
        return false;
    *ret_info = info;
    return true;
}

struct sstp_status_info sstp_wire_get_status(const struct sstp_message *message)
{
    struct reader r = reader_of(message->attributes);
    struct sstp_status_info info = {.present = false};
    struct sstp_attribute attribute;

    while (sstp_wire_attribute(&r, &attribute))
        if (get_status_info(&attribute, &info))
            break;
    return info;
}

/* -- CALL_DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE ---------------------------------------------------- */

void sstp_wire_put_bare(struct writer *w, uint16_t type)
{
    message_end(w, message_begin(w, type, 0));
}
