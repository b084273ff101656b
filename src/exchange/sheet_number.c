/* sheet_number.c - what a workbook's numbers mean: counts, days or damaged identifiers. */
#include "exchange/sheet_int.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAYS_TO_1970 = 25569, /* Day numbers of the 1900 system count from 1899-12-30 ... */
    DAYS_1904 = 1462,     /* ... and of the 1904 system from here. */
    DAY_FALSE_LEAP = 60,  /* 1900-02-29, which the spreadsheets have and the world had not. */
    DAY_MAX = 2958465,    /* 9999-12-31 */
    DAY_SECONDS = 24 * 60 * 60,
    DIGITS_EXACT = 15, /* Decimal digits a double keeps. */
};

// clang-format off
/* Formats a workbook may use without saying what they are; from 27 on those of Chinese editions. */
static const struct { i64 first, last; SheetStyle style; } builtin_styles[] = {
    { 14, 17, SHEET_STYLE_DATE },
    { 18, 21, SHEET_STYLE_TIME },
    { 22, 22, SHEET_STYLE_DATE },
    { 27, 31, SHEET_STYLE_DATE },
    { 32, 35, SHEET_STYLE_TIME },
    { 36, 36, SHEET_STYLE_DATE },
    { 45, 47, SHEET_STYLE_TIME },
    { 50, 54, SHEET_STYLE_DATE },
    { 55, 56, SHEET_STYLE_TIME },
    { 57, 58, SHEET_STYLE_DATE },
};
// clang-format on

SheetStyle sheet_style_builtin(i64 format_id)
{
    for (size_t i = 0; i < COUNT(builtin_styles); i++)
        if (format_id >= builtin_styles[i].first && format_id <= builtin_styles[i].last)
            return builtin_styles[i].style;
    return SHEET_STYLE_PLAIN;
}

/* Skips what a format code says literally. Returns the bytes to step over, 0 when c is a code. */
static size_t literal_len(Str format, size_t at)
{
    char c = format.data[at];
    if (c == '\\' || c == '_' || c == '*')
        return 2;
    if (c != '"' && c != '[')
        return 0;
    size_t end = at + 1;
    while (end < format.len && format.data[end] != (c == '"' ? '"' : ']'))
        end++;
    return end + 1 - at;
}

/* [h], [mm], [ss]: time that runs on past a day. */
static bool is_elapsed(Str format, size_t at)
{
    char c = at + 1 < format.len ? format.data[at + 1] : 0;
    char after = at + 2 < format.len ? format.data[at + 2] : 0;
    return format.data[at] == '[' && c && strchr("hHmMsS", c) && (after == ']' || after == c);
}

SheetStyle sheet_style_format(Str format)
{
    bool day = false, month = false, time = false;
    for (size_t at = 0; at < format.len && format.data[at] != ';';) {
        char c = format.data[at];
        size_t skip = literal_len(format, at);
        time |= is_elapsed(format, at);
        if (skip == 0) {
            day |= c == 'y' || c == 'Y' || c == 'd' || c == 'D';
            month |= c == 'm' || c == 'M';
            time |= c == 'h' || c == 'H' || c == 's' || c == 'S';
        }
        at += skip ? skip : 1;
    }
    if (day || (month && !time))
        return SHEET_STYLE_DATE;
    return time ? SHEET_STYLE_TIME : SHEET_STYLE_PLAIN;
}

/* Empty when the number is no day of the calendar. */
static Str date_text(Arena *arena, double serial, SheetStyle style, bool from_1904)
{
    if (!(serial >= 0 && serial < DAY_MAX + 1))
        return S("");
    i64 days = (i64)serial;
    i64 seconds = (i64)llround((serial - (double)days) * DAY_SECONDS);
    if (seconds == DAY_SECONDS) {
        days++;
        seconds = 0;
    }
    int hour = (int)(seconds / 3600), minute = (int)(seconds / 60 % 60), rest = (int)(seconds % 60);
    Buf buf = buf_new(arena);
    if (style == SHEET_STYLE_DATE || days > 0) {
        days += from_1904 ? DAYS_1904 : 0;
        if (days < 1 || days == DAY_FALSE_LEAP || days > DAY_MAX)
            return S("");
        i64 date = date_from_days(days - DAYS_TO_1970 + (days < DAY_FALSE_LEAP));
        buf_format(&buf, "%04d-%02d-%02d", (int)(date / 10000), (int)(date / 100 % 100),
                   (int)(date % 100));
    }
    if (seconds || style == SHEET_STYLE_TIME)
        buf_format(&buf, "%s%02d:%02d", buf.len ? " " : "", hour, minute);
    if (rest)
        buf_format(&buf, ":%02d", rest);
    return buf_str(&buf);
}

static size_t significant_digits(Str raw)
{
    size_t count = 0;
    for (size_t i = 0; i < raw.len && raw.data[i] != 'e' && raw.data[i] != 'E'; i++) {
        bool digit = raw.data[i] >= '0' && raw.data[i] <= '9';
        count += digit && (count > 0 || raw.data[i] != '0');
    }
    return count;
}

/* 0.10000000000000001 is how a file writes the 0.1 that somebody typed. */
static Str short_text(Arena *arena, double d)
{
    if (d == floor(d))
        return str_format(arena, "%.0f", d);
    if (fabs(d) >= 1e-4)
        return str_format(arena, "%.*g", DIGITS_EXACT, d);
    Str text = str_format(arena, "%.20f", d);
    while (text.len > 1 && text.data[text.len - 1] == '0')
        text.len--;
    return text.data[text.len - 1] == '.' ? S("0") : text;
}

Str sheet_number_text(Arena *arena, Str raw, SheetStyle style, bool from_1904, unsigned *ret_flags)
{
    char z[64];
    raw = str_trim(raw);
    *ret_flags = 0;
    if (raw.len == 0 || raw.len >= sizeof z)
        return raw;
    memcpy(z, raw.data, raw.len);
    z[raw.len] = 0;
    char *end;
    double d = strtod(z, &end);
    if (*end || !isfinite(d) || strpbrk(z, "xXpPnN"))
        return raw;
    if (style != SHEET_STYLE_PLAIN) {
        Str date = date_text(arena, d, style, from_1904);
        if (date.len) {
            *ret_flags = SHEET_CELL_DATE;
            return date;
        }
    }
    const char *power = strpbrk(z, "eE");
    if (fabs(d) >= 1e15 || (power && power[1] != '-')) {
        *ret_flags = d == 0 ? 0 : SHEET_CELL_LOST;
        return raw;
    }
    return power || significant_digits(raw) > DIGITS_EXACT ? short_text(arena, d) : raw;
}

/* The code of _xHHHH_ at `at`, or -1. */
static int escape_code(Str text, size_t at)
{
    if (at + 7 > text.len || text.data[at + 1] != 'x' || text.data[at + 6] != '_')
        return -1;
    u8 bytes[2];
    if (!hex_to(str_slice(text, at + 2, at + 6), bytes, 2))
        return -1;
    return bytes[0] << 8 | bytes[1];
}

Str sheet_text_unescape(Arena *arena, Str text)
{
    if (!str_has(text, S("_x")) && !(text.len && memchr(text.data, '\r', text.len)))
        return text;
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < text.len; i++) {
        int code = text.data[i] == '_' ? escape_code(text, i) : -1;
        size_t len = code < 0 ? 1 : 7;
        if (code < 0)
            code = (u8)text.data[i] < 0x80 ? text.data[i] : -1;
        bool line_feed_next = i + len < text.len &&
                              (text.data[i + len] == '\n' ||
                               (text.data[i + len] == '_' && escape_code(text, i + len) == '\n'));
        if (code < 0)
            buf_char(&buf, text.data[i]);
        else if (code == '\r')
            buf_z(&buf, line_feed_next ? "" : "\n");
        else
            buf_code(&buf, code == 0 || (code >= 0xd800 && code < 0xe000) ? 0xfffd : (u32)code);
        i += len - 1;
    }
    return buf_str(&buf);
}
