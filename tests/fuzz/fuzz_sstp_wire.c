/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stream of packets through the framing and every decoder; what decodes must encode to the same again. */
#include "sstp_frame.h"
#include "sstp_wire.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool held)
{
    if (!held)
        abort();
}

static struct sstp_message reread(const struct writer *w)
{
    struct sstp_message message = {0};
    struct bytes payload;

    must(writer_ok(w));
    must(sstp_frame_next(writer_view(w), &payload) == SSTP_FRAME_CONTROL);
    must(payload.len + SSTP_FRAME_HEADER_LEN == w->len);
    must(sstp_wire_message(payload, &message));
    return message;
}

static void try_connect_request(const struct sstp_message *message)
{
    uint8_t buf[SSTP_CONNECTED_LEN];
    struct writer w = writer_of(buf, sizeof(buf));
    uint16_t protocol, again;
    struct sstp_message copy;

    if (!sstp_wire_get_connect_request(message, &protocol))
        return;
    sstp_wire_put_connect_request(&w, protocol);
    copy = reread(&w);
    must(sstp_wire_get_connect_request(&copy, &again) && again == protocol);
}

static void try_connect_ack(const struct sstp_message *message)
{
    uint8_t buf[SSTP_CONNECTED_LEN];
    struct writer w = writer_of(buf, sizeof(buf));
    struct sstp_binding_request request, again;
    struct sstp_message copy;

    if (sstp_wire_get_connect_ack(message, &request) != SSTP_STATUS_NO_ERROR)
        return;
    sstp_wire_put_connect_ack(&w, &request);
    copy = reread(&w);
    must(sstp_wire_get_connect_ack(&copy, &again) == SSTP_STATUS_NO_ERROR);
    must(memcmp(&request, &again, sizeof(request)) == 0);
}

static void try_connected(const struct sstp_message *message)
{
    uint8_t buf[SSTP_CONNECTED_LEN];
    struct writer w = writer_of(buf, sizeof(buf));
    struct sstp_binding binding, again;
    struct sstp_message copy;

    if (!sstp_wire_get_connected(message, &binding))
        return;
    sstp_wire_put_connected(&w, &binding);
    copy = reread(&w);
    must(sstp_wire_get_connected(&copy, &again) && memcmp(&binding, &again, sizeof(binding)) == 0);
}

static void try_status(const struct sstp_message *message)
{
    uint8_t buf[8192];
    struct writer w = writer_of(buf, sizeof(buf));
    struct sstp_status_info info = sstp_wire_get_status(message), again;
    struct sstp_message copy;

    if (!info.present || info.value.len > SSTP_STATUS_VALUE_MAX)
        return;
    sstp_wire_put_status(&w, message->type, &info, 1);
    copy = reread(&w);
    again = sstp_wire_get_status(&copy);
    must(again.present && again.attribute == info.attribute && again.status == info.status);
    must(bytes_equal(again.value, info.value));
}

static void walk(const struct sstp_message *message)
{
    struct reader r = reader_of(message->attributes);
    struct sstp_attribute attribute;
    size_t n = 0;

    while (sstp_wire_attribute(&r, &attribute)) {
        must(attribute.value.len <= message->attributes.len);
        n++;
    }
    must(n <= message->attributes.len / 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bytes stream = bytes_of(data, len), payload;
    enum sstp_frame frame;

    while (frame = sstp_frame_next(stream, &payload),
           frame == SSTP_FRAME_DATA || frame == SSTP_FRAME_CONTROL) {
        struct sstp_message message;

        must(payload.len + SSTP_FRAME_HEADER_LEN <= stream.len);
        if (sstp_wire_message(payload, &message)) {
            walk(&message);
            try_connect_request(&message);
            try_connect_ack(&message);
            try_connected(&message);
            try_status(&message);
        }
        stream = bytes_of(payload.data + payload.len, stream.len - payload.len - SSTP_FRAME_HEADER_LEN);
    }
    return 0;
}
