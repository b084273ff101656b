#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

Str str_copy(Arena *arena, Str s)
{
    return (Str){str_z(arena, s), s.len};
}

char *str_z(Arena *arena, Str s)
{
    char *z = arena_take_raw(arena, s.len + 1);
    if (s.len)
        memcpy(z, s.data, s.len);
    z[s.len] = 0;
    return z;
}

Str str_format(Arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char most[256]; /* Formatted once when it is no longer than this. */
    int len = vsnprintf(most, sizeof most, format, args);
    va_end(args);
    assert(len >= 0);
    char *data = arena_take_raw(arena, (size_t)len + 1);
    if ((size_t)len < sizeof most)
        memcpy(data, most, (size_t)len + 1);
    else
        vsnprintf(data, (size_t)len + 1, format, again);
    va_end(again);
    return (Str){data, (size_t)len};
}

int str_order(Str a, Str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(Str s, Str prefix)
{
    return s.len >= prefix.len && str_same(str_slice(s, 0, prefix.len), prefix);
}

bool str_ends(Str s, Str suffix)
{
    return s.len >= suffix.len && str_same(str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find(Str s, Str part)
{
    if (part.len == 0)
        return 0;
    const char *at = s.len ? memmem(s.data, s.len, part.data, part.len) : NULL;
    return at ? (size_t)(at - s.data) : s.len;
}

bool str_has(Str s, Str part)
{
    return part.len == 0 || str_find(s, part) < s.len;
}

Str str_slice(Str s, size_t from, size_t to)
{
    to = to < s.len ? to : s.len;
    from = from < to ? from : to;
    return (Str){s.data ? s.data + from : NULL, to - from};
}

static bool is_space(u32 code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xa0 || code == 0x3000 ||
           code == 0xfeff || code == 0x200b;
}

Str str_trim(Str s)
{
    size_t at = 0;
    for (size_t next = 0; next < s.len && is_space(utf8_next(s, &next));)
        at = next;
    s = str_slice(s, at, s.len);
    size_t end = s.len;
    while (end > 0) {
        size_t start = end - 1;
        while (start > 0 && ((u8)s.data[start] & 0xc0) == 0x80)
            start--;
        size_t next = start;
        if (!is_space(utf8_next(s, &next)))
            break;
        end = start;
    }
    return str_slice(s, 0, end);
}

static Str change_case(Arena *arena, Str s, char first, int shift)
{
    char *z = str_z(arena, s);
    for (size_t i = 0; i < s.len; i++)
        if (z[i] >= first && z[i] < first + 26)
            z[i] = (char)(z[i] + shift);
    return (Str){z, s.len};
}

Str str_lower(Arena *arena, Str s)
{
    return change_case(arena, s, 'A', 'a' - 'A');
}

Str str_upper(Arena *arena, Str s)
{
    return change_case(arena, s, 'a', 'A' - 'a');
}

bool str_split(Str *rest, char separator, Str *ret_part)
{
    if (!rest->data || rest->len == 0)
        return false;
    const char *at = memchr(rest->data, separator, rest->len);
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    *ret_part = str_slice(*rest, 0, len);
    *rest = str_slice(*rest, at ? len + 1 : len, rest->len);
    return true;
}

Str str_join(Arena *arena, const Str *parts, size_t count, Str between)
{
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add(&buf, between);
        buf_add(&buf, parts[i]);
    }
    return buf_str(&buf);
}

bool str_to_i64(Str s, i64 *ret)
{
    bool minus = s.len && s.data[0] == '-';
    size_t at = minus;
    if (at == s.len)
        return false;
    i64 n = 0;
    for (; at < s.len; at++) {
        int digit = s.data[at] - '0';
        if (digit < 0 || digit > 9)
            return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, digit, &n))
            return false;
    }
    if (!minus && n == INT64_MIN)
        return false;
    *ret = minus ? n : -n;
    return true;
}

Str hex_from(Arena *arena, const u8 *bytes, size_t count)
{
    char *z = arena_take(arena, 2 * count + 1);
    for (size_t i = 0; i < count; i++) {
        z[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        z[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return (Str){z, 2 * count};
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_to(Str hex, u8 *ret_bytes, size_t count)
{
    if (hex.len != 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        int high = hex_digit(hex.data[2 * i]), low = hex_digit(hex.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_bytes[i] = (u8)(high << 4 | low);
    }
    return true;
}
