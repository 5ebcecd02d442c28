/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control messages and attributes of [MS-SSTP] 2.2, one encode and decode pair each. Encoders append a
 * whole packet, header included, to a writer; decoders read the views that sstp_frame and sstp_wire_message
 * made. No state.
 */
#ifndef SSTPTUN_SSTP_WIRE_H
#define SSTPTUN_SSTP_WIRE_H

#include "bytes.h"
#include "macros.h"

/* [MS-SSTP] 2.2.2; protocol.md 4.1 */
enum sstp_message_type {
    SSTP_MESSAGE_CONNECT_REQUEST = 1,
    SSTP_MESSAGE_CONNECT_ACK,
    SSTP_MESSAGE_CONNECT_NAK,
    SSTP_MESSAGE_CONNECTED,
    SSTP_MESSAGE_ABORT,
    SSTP_MESSAGE_DISCONNECT,
    SSTP_MESSAGE_DISCONNECT_ACK,
    SSTP_MESSAGE_ECHO_REQUEST,
    SSTP_MESSAGE_ECHO_RESPONSE,
};

/* [MS-SSTP] 2.2.4 */
enum sstp_attribute_id {
    SSTP_ATTRIBUTE_NO_ERROR = 0,
    SSTP_ATTRIBUTE_ENCAPSULATED_PROTOCOL_ID = 1,
    SSTP_ATTRIBUTE_STATUS_INFO = 2,
    SSTP_ATTRIBUTE_CRYPTO_BINDING = 3,
    SSTP_ATTRIBUTE_CRYPTO_BINDING_REQ = 4,
};

/* [MS-SSTP] 2.2.8; protocol.md 4.3 */
enum sstp_status {
    SSTP_STATUS_NO_ERROR = 0x00,
    SSTP_STATUS_DUPLICATE_ATTRIBUTE = 0x01,
    SSTP_STATUS_UNRECOGNIZED_ATTRIBUTE = 0x02,
    SSTP_STATUS_INVALID_ATTRIB_VALUE_LENGTH = 0x03,
    SSTP_STATUS_VALUE_NOT_SUPPORTED = 0x04,
    SSTP_STATUS_UNACCEPTED_FRAME_RECEIVED = 0x05,
    SSTP_STATUS_RETRY_COUNT_EXCEEDED = 0x06,
    SSTP_STATUS_INVALID_FRAME_RECEIVED = 0x07,
    SSTP_STATUS_NEGOTIATION_TIMEOUT = 0x08,
    SSTP_STATUS_ATTRIB_NOT_SUPPORTED_IN_MSG = 0x09,
    SSTP_STATUS_REQUIRED_ATTRIBUTE_MISSING = 0x0a,
    SSTP_STATUS_STATUS_INFO_NOT_SUPPORTED_IN_MSG = 0x0b,
};

/*
 * The hash of the crypto binding: a bit in the request's mask, the value in CALL_CONNECTED. [MS-SSTP] 2.2.6,
 * 2.2.7
 */
enum sstp_hash { SSTP_HASH_NONE = 0, SSTP_HASH_SHA1 = 1, SSTP_HASH_SHA256 = 2 };

#define SSTP_PROTOCOL_PPP         0x0001
#define SSTP_NONCE_LEN            32
#define SSTP_CERT_HASH_LEN        32
#define SSTP_COMPOUND_MAC_LEN     32
#define SSTP_CONNECTED_LEN        112 /* CALL_CONNECTED, header included: always, for either hash */
#define SSTP_CONNECTED_MAC_OFFSET 80  /* of the Compound MAC in it */
#define SSTP_STATUS_VALUE_MAX     64  /* AttribValue in a Status Info, [MS-SSTP] 2.2.8 */

struct sstp_message {
    uint16_t type;
    uint16_t n_attributes;   /* as announced */
    struct bytes attributes; /* as they came */
};

struct sstp_attribute {
    uint8_t id;
    struct bytes value;
};

struct sstp_binding_request {
    uint8_t hashes; /* bits of enum sstp_hash; others may be set and mean nothing */
    uint8_t nonce[SSTP_NONCE_LEN];
};

struct sstp_binding {
    uint8_t hash;
    uint8_t nonce[SSTP_NONCE_LEN];
    uint8_t cert_hash[SSTP_CERT_HASH_LEN]; /* SHA-1 form: 20 bytes, then zeros */
    uint8_t mac[SSTP_COMPOUND_MAC_LEN];
};

struct sstp_status_info {
    bool present;
    uint8_t attribute;
    uint32_t status;
    struct bytes value; /* only in CALL_CONNECT_NAK */
};

/* "CALL_CONNECT_ACK", "STATUS_INFO", "VALUE_NOT_SUPPORTED"; "UNKNOWN" where the number has no name. */
const char *sstp_message_name(uint16_t type);
const char *sstp_attribute_name(uint8_t id);
const char *sstp_status_name(uint32_t status);

/*
 * The head of a control message from a packet's payload; false when it has not even that (packet length below
 * 8).
 */
bool sstp_wire_message(struct bytes payload, struct sstp_message *ret_message) MUST_USE;

/*
 * The next attribute; false at the end, and then reader_done() tells a proper end from an attribute that does
 * not fit (length below 4 or beyond what is left).
 */
bool sstp_wire_attribute(struct reader *attributes, struct sstp_attribute *ret_attribute) MUST_USE;

/* CALL_CONNECT_REQUEST, [MS-SSTP] 2.2.9. Reading it is for tests: here and below, the server's half is none of the client's. */
void sstp_wire_put_connect_request(struct writer *w, uint16_t protocol);
bool sstp_wire_get_connect_request(const struct sstp_message *message, uint16_t *ret_protocol) MUST_USE;

/*
 * CALL_CONNECT_ACK, [MS-SSTP] 2.2.10. The decoder is strict: NO_ERROR, or the status that the CALL_ABORT
 * should carry. Attributes that it does not know are skipped. Whether a hash fits is not its question. Writing it is for tests.
 */
void sstp_wire_put_connect_ack(struct writer *w, const struct sstp_binding_request *request);
enum sstp_status sstp_wire_get_connect_ack(const struct sstp_message *message,
                                           struct sstp_binding_request *ret_request) MUST_USE;

/* CALL_CONNECTED, [MS-SSTP] 2.2.12. Reading it is for tests. */
void sstp_wire_put_connected(struct writer *w, const struct sstp_binding *binding);
bool sstp_wire_get_connected(const struct sstp_message *message, struct sstp_binding *ret_binding) MUST_USE;

/*
 * CALL_CONNECT_NAK, CALL_ABORT, CALL_DISCONNECT with n (0 or more) Status Infos, [MS-SSTP] 2.2.11, 2.2.13,
 * 2.2.14
 */
void sstp_wire_put_status(struct writer *w, uint16_t type, const struct sstp_status_info *infos,
                          size_t n_infos);

/*
 * The first status of such a message. Liberal, as servers need it (protocol.md 4.3): no attribute at all
 * (SoftEther), the four status bytes alone, or the same under attribute 0 (sorz); a broken tail means no
 * status, not a broken message.
 */
struct sstp_status_info sstp_wire_get_status(const struct sstp_message *message);

/* CALL_DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE: no attributes, [MS-SSTP] 2.2.15 to 2.2.17 */
void sstp_wire_put_bare(struct writer *w, uint16_t type);

#endif
