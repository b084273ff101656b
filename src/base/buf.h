/* buf.h - text that grows, in an arena. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

typedef struct Buf {
    Arena *arena;
    char *data;
    size_t len;
    size_t cap;
} Buf;

Buf buf_new(Arena *arena);
void buf_add(Buf *buf, Str s);
void buf_z(Buf *buf, const char *z);
void buf_char(Buf *buf, char c);
void buf_code(Buf *buf, u32 code); /* One code point as UTF-8. */
void buf_i64(Buf *buf, i64 n);
void buf_format(Buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_html(Buf *buf, Str s); /* With & < > " ' escaped. */
void buf_json(Buf *buf, Str s); /* A quoted JSON string. */
void buf_url(Buf *buf, Str s);  /* Percent-encoded for one query value. */
Str buf_str(const Buf *buf);    /* What is in it; valid until it grows. */

#endif
