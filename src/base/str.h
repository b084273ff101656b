/* str.h - text slices and what Chinese text needs: UTF-8 checks, full-width folding, simplified
 * forms.
 *
 * A Str points into memory it does not own and is never changed in place. It is not zero-ended;
 * str_z makes a zero-ended copy for C libraries. All text inside the program is valid UTF-8: it is
 * checked where it comes in (utf8_valid, utf8_repair).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <string.h>

#include "base/base.h"

typedef struct Str {
    const char *data;
    size_t len; /* Bytes. */
} Str;

/* A slice of a string literal. */
#define S(literal) ((Str){"" literal, sizeof(literal) - 1})
/* For printf: printf("%.*s", STR_ARG(s)). */
#define STR_ARG(s) (int)(s).len, (s).data

/* Slice of a zero-ended text; NULL is empty. Inline: the length of a literal is no call. */
static inline Str str_from(const char *z)
{
    return z ? (Str){z, strlen(z)} : S("");
}

Str str_copy(Arena *arena, Str s);
char *str_z(Arena *arena, Str s); /* Zero-ended copy. */
Str str_format(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
static inline bool str_same(Str a, Str b)
{
    if (a.len != b.len || a.len == 0)
        return a.len == b.len;
    return a.data[0] == b.data[0] && memcmp(a.data, b.data, a.len) == 0; /* Most differ at once. */
}

static inline bool str_same_z(Str a, const char *z)
{
    return str_same(a, str_from(z));
}

int str_order(Str a, Str b); /* By bytes, like memcmp. */
bool str_starts(Str s, Str prefix);
bool str_ends(Str s, Str suffix);
bool str_has(Str s, Str part);
size_t str_find(Str s, Str part);             /* Byte offset of the first; s.len when absent. */
Str str_slice(Str s, size_t from, size_t to); /* Clamped to s. */
Str str_trim(Str s);                /* ASCII white space, U+3000, U+00A0, BOM off both ends. */
Str str_lower(Arena *arena, Str s); /* ASCII letters only. */
Str str_upper(Arena *arena, Str s); /* ASCII letters only. */
bool str_split(Str *rest, char separator, Str *ret_part); /* Next part; false when none is left. */
Str str_join(Arena *arena, const Str *parts, size_t count, Str between);

/* A whole decimal number, optional minus, nothing else. False on any other text or overflow. */
bool str_to_i64(Str s, i64 *ret);

/* Code points. utf8_next reads the one at *at and moves on; bad bytes give U+FFFD, one byte each.
 */
u32 utf8_next(Str s, size_t *at);
bool utf8_valid(Str s);
Str utf8_repair(Arena *arena, Str s);   /* Bad bytes become U+FFFD. */
size_t utf8_count(Str s);               /* Code points. */
Str utf8_head(Str s, size_t count);     /* The first `count` code points. */
size_t utf8_put(char out[4], u32 code); /* Bytes written. */

/* Full-width letters, digits and signs (U+FF01..FF5E, U+3000) to their ASCII forms. Text without
 * any comes back as it is. For numbers and codes, not for prose: it folds ，to , as well. */
Str fold_width(Arena *arena, Str s);

/* Traditional Chinese characters to simplified ones, character by character (table made at build
 * time from ICU's Hant-Hans). For search and comparison; stored text stays as it was written. */
Str fold_simplified(Arena *arena, Str s);
u32 fold_simplified_char(u32 code);

/* What search and header matching compare: width, simplified, lower case, trimmed. */
Str fold_key(Arena *arena, Str s);

/* Hexadecimal, lower case. */
Str hex_from(Arena *arena, const u8 *bytes, size_t count);
bool hex_to(Str hex, u8 *ret_bytes, size_t count); /* Exactly 2*count digits. */

#endif
