#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Buf buf_new(Arena *arena)
{
    return (Buf){.arena = arena};
}

static char *make_room(Buf *buf, size_t more)
{
    if (buf->cap - buf->len < more) {
        size_t cap = buf->cap ? buf->cap * 2 : 64;
        while (cap - buf->len < more)
            cap *= 2;
        buf->data = arena_grow_raw(buf->arena, buf->data, buf->cap, cap);
        buf->cap = cap;
    }
    return buf->data + buf->len;
}

void buf_add(Buf *buf, Str s)
{
    if (!s.len)
        return;
    memcpy(make_room(buf, s.len), s.data, s.len);
    buf->len += s.len;
}

void buf_z(Buf *buf, const char *z)
{
    buf_add(buf, str_from(z));
}

void buf_char(Buf *buf, char c)
{
    *make_room(buf, 1) = c;
    buf->len++;
}

void buf_code(Buf *buf, u32 code)
{
    char bytes[4];
    buf_add(buf, (Str){bytes, utf8_put(bytes, code)});
}

void buf_i64(Buf *buf, i64 n)
{
    char digits[24];
    size_t at = sizeof digits;
    u64 rest = n < 0 ? (u64)0 - (u64)n : (u64)n;
    do
        digits[--at] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (n < 0)
        digits[--at] = '-';
    buf_add(buf, (Str){digits + at, sizeof digits - at});
}

void buf_format(Buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    make_room(buf, 1);
    size_t room = buf->cap - buf->len;
    int len = vsnprintf(buf->data + buf->len, room, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len >= room)
        vsnprintf(make_room(buf, (size_t)len + 1), (size_t)len + 1, format, again);
    va_end(again);
    buf->len += (size_t)len;
}

void buf_html(Buf *buf, Str s)
{
    static const char *const escapes[256] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char *escape = escapes[(u8)s.data[i]];
        if (!escape)
            continue;
        buf_add(buf, str_slice(s, from, i));
        buf_z(buf, escape);
        from = i + 1;
    }
    buf_add(buf, str_slice(s, from, s.len));
}

void buf_json(Buf *buf, Str s)
{
    buf_char(buf, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        u8 c = (u8)s.data[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != 0x7f)
            continue;
        buf_add(buf, str_slice(s, from, i));
        if (c == '"' || c == '\\')
            buf_format(buf, "\\%c", c);
        else if (c == '\n')
            buf_z(buf, "\\n");
        else
            buf_format(buf, "\\u%04x", c);
        from = i + 1;
    }
    buf_add(buf, str_slice(s, from, s.len));
    buf_char(buf, '"');
}

static bool is_plain_in_url(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void buf_url(Buf *buf, Str s)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        u8 byte = (u8)s.data[i];
        if (is_plain_in_url(s.data[i]))
            buf_char(buf, s.data[i]);
        else
            buf_add(buf, (Str){(char[]){'%', digits[byte >> 4], digits[byte & 15]}, 3});
    }
}

Str buf_str(const Buf *buf)
{
    return (Str){buf->data ? buf->data : "", buf->len};
}
