/* server_parts.h - a multipart/form-data body, taken apart as it arrives (RFC 7578).
 *
 * Fed with pieces of any size; keeps no more than a part's head and one boundary. Text parts become
 * fields of request->form, files go to the sink. Strict: what has two readings is refused.
 */
#ifndef WEB_SERVER_PARTS_H
#define WEB_SERVER_PARTS_H

#include "web/server.h"

enum {
    PARTS_MAX = 1000,             /* Parts of one form. */
    PARTS_HEAD_MAX = 4 * 1024,    /* Bytes of a part's head. */
    PARTS_TEXT_MAX = 1024 * 1024, /* Bytes of all text parts together. */
};

typedef struct Parts Parts;

/* `content_type` is the whole header value. NULL when it is multipart without a sound boundary.
 * `sink` may be NULL: a file is then refused with 415. */
Parts *parts_begin(Request *request, Str content_type, const UploadSink *sink);

/* 0, or the status to refuse with. After a refusal nothing more may be fed. */
int parts_feed(Parts *parts, Str bytes);

/* The body has ended: 0, or 400 when the form has not. */
int parts_end(Parts *parts);

#endif
