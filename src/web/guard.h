/* guard.h - the strict look at a raw request head, before any library parses it.
 *
 * Two programs that read one request differently are how requests are smuggled past a proxy. So
 * what RFC 9112 calls an error is refused here instead of being mended: the head is judged as
 * bytes, and only a head with one possible meaning goes on.
 *
 * Pure: bytes in, verdict out; no memory, no clock.
 */
#ifndef WEB_GUARD_H
#define WEB_GUARD_H

#include "base/base.h"

enum {
    GUARD_HEAD_MAX = 16 * 1024,  /* Bytes of a whole head. */
    GUARD_TARGET_MAX = 8 * 1024, /* Bytes of the request target. */
    GUARD_HEADERS_MAX = 64,      /* Header lines. */
};

typedef enum GuardVerdict {
    GUARD_MORE,   /* Good so far; the head has not ended. */
    GUARD_OK,     /* A whole head with one meaning. */
    GUARD_REFUSE, /* Answer status and close. */
} GuardVerdict;

typedef struct Guard {
    GuardVerdict verdict;
    int status;         /* 400, 405, 414, 417, 431 or 505 when refused. */
    const char *reason; /* Static English text when refused. */
    size_t head_len;    /* Bytes up to and with the empty line, when OK. */
    Str method;         /* Slices of the bytes given; set when OK. */
    Str target;
    int minor;    /* HTTP/1.minor. */
    i64 body_len; /* Content-Length; -1 when chunked; 0 when there is no body. */
} Guard;

/* Judges the bytes received so far of one connection's first request. */
Guard guard_head(Str bytes);

/* What can still be judged of a head that a library has taken apart already: call guard_begin, then
 * guard_header for each header in any order, then guard_end. Each gives NULL or the reason, and
 * ret_status is then set. `value` begins behind the blanks. guard_head uses the same three. */
typedef struct GuardHeaders {
    int count;
    size_t bytes; /* Of names and values so far. */
    int host_count;
    int length_count;
    int coding_count;
    int minor;
    i64 body_len;
} GuardHeaders;

/* Before the first header; `minor` is that of HTTP/1.minor. */
GuardHeaders guard_begin(int minor);
/* One header. NULL, or why it is refused, with *ret_status set. */
const char *guard_header(GuardHeaders *headers, Str name, Str value, int *ret_status);
/* After the last: what only all of them together show. */
const char *guard_end(const GuardHeaders *headers, int *ret_status);

/* A target in origin form (/path?query) of visible ASCII without a fragment. */
bool guard_target(Str target);

/* A method this program knows: GET HEAD POST PUT PATCH DELETE OPTIONS. */
bool guard_method(Str method);

#endif
