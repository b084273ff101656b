#include "base/base.h"

enum { BAD_CODE = 0xfffd };

/* Length of the sequence at s[at], and its code; 0 when the bytes are no sequence. */
static size_t decode(Str s, size_t at, u32 *ret_code)
{
    const u8 *p = (const u8 *)s.data + at;
    size_t left = s.len - at;
    if (p[0] < 0x80) {
        *ret_code = p[0];
        return 1;
    }
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
        return 0;
    u32 code = p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (p[i] & 0x3fu);
    }
    static const u32 least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return len;
}

u32 utf8_next(Str s, size_t *at)
{
    assert(*at < s.len);
    u32 code = BAD_CODE;
    size_t len = decode(s, *at, &code);
    *at += len ? len : 1;
    return len ? code : BAD_CODE;
}

bool utf8_valid(Str s)
{
    u32 code;
    for (size_t at = 0; at < s.len;) {
        size_t len = decode(s, at, &code);
        if (!len)
            return false;
        at += len;
    }
    return true;
}

Str utf8_repair(Arena *arena, Str s)
{
    if (utf8_valid(s))
        return s;
    Buf buf = buf_new(arena);
    for (size_t at = 0; at < s.len;)
        buf_code(&buf, utf8_next(s, &at));
    return buf_str(&buf);
}

size_t utf8_count(Str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((u8)s.data[i] & 0xc0) != 0x80;
    return count;
}

Str utf8_head(Str s, size_t count)
{
    size_t at = 0;
    while (at < s.len && count--)
        utf8_next(s, &at);
    return str_slice(s, 0, at);
}

size_t utf8_put(char out[4], u32 code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t len = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3f));
    static const u32 mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(mark[len] | code);
    return len;
}

static u32 fold_width_char(u32 code)
{
    if (code >= 0xff01 && code <= 0xff5e)
        return code - 0xff01 + '!';
    return code == 0x3000 ? ' ' : code;
}

static bool has_wide(Str s)
{
    for (size_t i = 0; i + 2 < s.len; i++) {
        u8 first = (u8)s.data[i];
        if (first == 0xef || (first == 0xe3 && (u8)s.data[i + 1] == 0x80))
            return true;
    }
    return false;
}

Str fold_width(Arena *arena, Str s)
{
    if (!has_wide(s))
        return s;
    Buf buf = buf_new(arena);
    for (size_t at = 0; at < s.len;)
        buf_code(&buf, fold_width_char(utf8_next(s, &at)));
    return buf_str(&buf);
}

Str fold_simplified(Arena *arena, Str s)
{
    Buf buf = buf_new(arena);
    for (size_t at = 0; at < s.len;)
        buf_code(&buf, fold_simplified_char(utf8_next(s, &at)));
    return buf_str(&buf);
}

Str fold_key(Arena *arena, Str s)
{
    s = str_trim(s);
    Buf buf = buf_new(arena);
    for (size_t at = 0; at < s.len;) {
        u32 code = fold_width_char(utf8_next(s, &at));
        if (code < 0x80)
            buf_char(&buf, (char)(code >= 'A' && code <= 'Z' ? code + 32 : code));
        else
            buf_code(&buf, fold_simplified_char(code));
    }
    return buf_str(&buf);
}
