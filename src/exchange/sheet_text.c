/* sheet_text.c - finds the encoding of a text file and decodes it piece by piece. */
#include "exchange/sheet_int.h"

#include <errno.h>
#include <string.h>
#include <uchardet.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unistd.h>

enum {
    RAW_BYTES = 64 * 1024,
    WIDE_UNITS = 64 * 1024,
    NEARLY = 10, /* Good sequences to each bad one, for an encoding to be taken. */
};

struct SheetText {
    UConverter *converter;
    char *raw;
    const char *raw_at;
    const char *raw_end;
    bool at_eof;       /* The file is read. */
    bool at_end;       /* And decoded. */
    size_t mark_bytes; /* Of the byte order mark. */
    UChar *wide;
    size_t wide_kept; /* 1 while wide[0] waits for the second half of its pair. */
    char *out;
    u32 separator;
};

/* ---- which encoding ---- */

typedef struct Tally {
    size_t state; /* 0: between characters. */
    u8 low, high; /* What the next byte must be between (UTF-8). */
    i64 good;     /* Characters of several bytes. */
    i64 bad;
} Tally;

static void tally_utf8_start(Tally *t, u8 c)
{
    t->low = 0x80;
    t->high = 0xbf;
    t->state = 0;
    if (c < 0x80)
        return;
    if (c >= 0xc2 && c <= 0xdf) {
        t->state = 1;
    } else if (c >= 0xe0 && c <= 0xef) {
        t->state = 2;
        t->low = c == 0xe0 ? 0xa0 : 0x80;
        t->high = c == 0xed ? 0x9f : 0xbf;
    } else if (c >= 0xf0 && c <= 0xf4) {
        t->state = 3;
        t->low = c == 0xf0 ? 0x90 : 0x80;
        t->high = c == 0xf4 ? 0x8f : 0xbf;
    } else {
        t->bad++;
    }
}

static void tally_utf8(Tally *t, const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        u8 c = bytes[i];
        if (t->state == 0) {
            if (c >= 0x80)
                tally_utf8_start(t, c);
        } else if (c >= t->low && c <= t->high) {
            t->low = 0x80;
            t->high = 0xbf;
            t->good += --t->state == 0;
        } else {
            t->bad++;
            tally_utf8_start(t, c);
        }
    }
}

static void tally_gb18030(Tally *t, const u8 *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        u8 c = bytes[i];
        bool lead = c >= 0x81 && c <= 0xfe, digit = c >= '0' && c <= '9';
        switch (t->state) {
        case 0:
            t->state = lead;
            t->bad += c >= 0x80 && !lead;
            break;
        case 1:
            t->state = digit ? 2 : 0;
            t->good += c >= 0x40 && c != 0x7f && c != 0xff;
            t->bad += !digit && (c < 0x40 || c == 0x7f || c == 0xff);
            break;
        case 2:
            t->state = lead ? 3 : 0;
            t->bad += !lead;
            break;
        default:
            t->state = 0;
            t->good += digit;
            t->bad += !digit;
        }
    }
}

static bool tally_fits(Tally t)
{
    i64 bad = t.bad + (t.state != 0);
    return bad == 0 || t.good > bad * NEARLY;
}

/* A script that texts read here do not use: what ASCII looks like when it is taken for UTF-16. */
static bool is_odd_script(u8 high)
{
    return high >= 0x05 && high <= 0x1d;
}

/* UTF-16 without a mark: the ASCII in it has its zero byte always on the same side. */
static const char *guess_wide(const u8 *bytes, size_t count)
{
    size_t little = 0, big = 0, zeros = 0, odd_little = 0, odd_big = 0;
    for (size_t i = 0; i + 1 < count; i += 2) {
        little += bytes[i] && bytes[i] < 0x80 && bytes[i + 1] == 0;
        big += bytes[i] == 0 && bytes[i + 1] && bytes[i + 1] < 0x80;
        zeros += bytes[i] == 0 && bytes[i + 1] == 0;
        odd_little += is_odd_script(bytes[i + 1]);
        odd_big += is_odd_script(bytes[i]);
    }
    if (zeros || (little + big) * 100 < count / 2)
        return NULL;
    if (little > big * 2 && odd_little * 4 < little)
        return "UTF-16LE";
    return big > little * 2 && odd_big * 4 < big ? "UTF-16BE" : NULL;
}

static const char *guess_by_statistics(SheetReader *reader, const char *bytes, size_t count)
{
    uchardet_t detector = uchardet_new();
    if (!detector)
        return NULL;
    const char *name = NULL;
    if (uchardet_handle_data(detector, bytes, count) == 0) {
        uchardet_data_end(detector);
        name = uchardet_get_charset(detector);
    }
    char *kept = name && name[0] ? str_z(&reader->own, str_from(name)) : NULL;
    uchardet_delete(detector);
    return kept;
}

static bool tally_file(SheetReader *reader, char *raw, Tally *utf8, Tally *gb18030)
{
    off_t at = 0;
    while (at < SHEET_ENCODING_BYTES_MAX) {
        ssize_t got = pread(reader->fd, raw, RAW_BYTES, at);
        if (got < 0)
            return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
        if (got == 0)
            return true;
        tally_utf8(utf8, (u8 *)raw, (size_t)got);
        if (utf8->bad || utf8->good)
            tally_gb18030(gb18030, (u8 *)raw, (size_t)got);
        at += got;
    }
    utf8->state = gb18030->state = 0; /* A character cut here is not the file's fault. */
    return true;
}

static bool find_encoding(SheetReader *reader, SheetText *text, const char **ret_name)
{
    ssize_t got = pread(reader->fd, text->raw, RAW_BYTES, 0);
    if (got < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    UErrorCode status = U_ZERO_ERROR;
    int32_t mark_bytes = 0;
    const char *name = ucnv_detectUnicodeSignature(text->raw, (int32_t)got, &mark_bytes, &status);
    if (U_SUCCESS(status) && name && str_starts(str_from(name), S("UTF-")) &&
        !str_same_z(S("UTF-7"), name)) {
        text->mark_bytes = (size_t)mark_bytes;
        *ret_name = name;
        return true;
    }
    *ret_name = guess_wide((u8 *)text->raw, (size_t)got);
    if (*ret_name)
        return true;
    Tally utf8 = {0}, gb18030 = {0};
    if (!tally_file(reader, text->raw, &utf8, &gb18030))
        return false;
    if (tally_fits(utf8))
        *ret_name = "UTF-8";
    else if (tally_fits(gb18030))
        *ret_name = "GB18030";
    else if (pread(reader->fd, text->raw, (size_t)got, 0) == got)
        *ret_name = guess_by_statistics(reader, text->raw, (size_t)got);
    return *ret_name || sheet_fail(reader, ERR_INPUT, "sheet.encoding", S(""));
}

/* ---- decoding ---- */

/* Bytes that are no text become one U+FFFD, whatever the encoding's own substitute is. */
static void U_CALLCONV put_bad_mark(const void *context, UConverterToUnicodeArgs *args,
                                    const char *bytes, int32_t len, UConverterCallbackReason reason,
                                    UErrorCode *status)
{
    (void)context;
    (void)bytes;
    (void)len;
    if (reason > UCNV_IRREGULAR)
        return;
    *status = U_ZERO_ERROR;
    const UChar mark = 0xfffd;
    ucnv_cbToUWriteUChars(args, &mark, 1, 0, status);
}

bool sheet_text_open(SheetReader *reader)
{
    SheetText *text = ARENA_NEW(&reader->own, SheetText, 1);
    reader->text = text;
    text->raw = ARENA_NEW(&reader->own, char, RAW_BYTES);
    text->wide = ARENA_NEW(&reader->own, UChar, WIDE_UNITS);
    text->out = ARENA_NEW(&reader->own, char, WIDE_UNITS * 3);
    const char *name = NULL;
    if (!find_encoding(reader, text, &name))
        return false;
    UErrorCode status = U_ZERO_ERROR;
    text->converter = ucnv_open(name, &status);
    if (U_FAILURE(status))
        return sheet_fail(reader, ERR_INPUT, "sheet.encoding", str_from(name));
    ucnv_setToUCallBack(text->converter, put_bad_mark, NULL, NULL, NULL, &status);
    assert(U_SUCCESS(status));
    reader->about.encoding = name;
    return sheet_text_restart(reader, 0);
}

bool sheet_text_restart(SheetReader *reader, u32 separator)
{
    SheetText *text = reader->text;
    ucnv_reset(text->converter);
    text->raw_at = text->raw_end = text->raw;
    text->at_eof = text->at_end = false;
    text->wide_kept = 0;
    text->separator = separator > 0x7f ? separator : 0;
    if (lseek(reader->fd, (off_t)text->mark_bytes, SEEK_SET) < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    return true;
}

static bool read_raw(SheetReader *reader, SheetText *text)
{
    if (text->raw_at < text->raw_end || text->at_eof)
        return true;
    ssize_t got = read(reader->fd, text->raw, RAW_BYTES);
    if (got < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    text->raw_at = text->raw;
    text->raw_end = text->raw + got;
    text->at_eof = got == 0;
    return true;
}

/* Zero bytes would end texts early; the stand-in must be free to stand in. */
static void replace_special(const SheetText *text, UChar *wide, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (wide[i] == 0 || (wide[i] == SHEET_STAND_IN && text->separator))
            wide[i] = 0xfffd;
        else if (text->separator && wide[i] == text->separator)
            wide[i] = SHEET_STAND_IN;
    }
}

static Str narrow(SheetText *text, size_t count)
{
    bool keep = count && U16_IS_LEAD(text->wide[count - 1]) && !text->at_end;
    size_t whole = count - keep;
    replace_special(text, text->wide, whole);
    int32_t len = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8WithSub(text->out, WIDE_UNITS * 3, &len, text->wide, (int32_t)whole, 0xfffd, NULL,
                       &status);
    assert(U_SUCCESS(status));
    if (keep)
        text->wide[0] = text->wide[whole];
    text->wide_kept = keep;
    return (Str){text->out, (size_t)len};
}

bool sheet_text_next(SheetReader *reader, Str *ret_piece)
{
    SheetText *text = reader->text;
    Str piece = S("");
    while (piece.len == 0 && !text->at_end) {
        if (!read_raw(reader, text))
            return false;
        UChar *target = text->wide + text->wide_kept;
        UErrorCode status = U_ZERO_ERROR;
        ucnv_toUnicode(text->converter, &target, text->wide + WIDE_UNITS, &text->raw_at,
                       text->raw_end, NULL, text->at_eof, &status);
        if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
            return sheet_fail(reader, ERR_INPUT, "sheet.encoding",
                              str_from(reader->about.encoding));
        text->at_end = text->at_eof && status != U_BUFFER_OVERFLOW_ERROR;
        piece = narrow(text, (size_t)(target - text->wide));
    }
    *ret_piece = piece;
    return true;
}

void sheet_text_close(SheetText *text)
{
    if (text->converter)
        ucnv_close(text->converter);
    text->converter = NULL;
}
