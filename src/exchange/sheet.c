#include "exchange/sheet_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- failures and the row being built ---- */

bool sheet_fail(SheetReader *reader, Err code, const char *key, Str detail)
{
    if (reader->fail.code == ERR_OK)
        reader->fail = (SheetFail){code, key, reader->line, str_copy(&reader->own, detail)};
    return false;
}

bool sheet_fail_limit(SheetReader *reader, const char *key, i64 limit)
{
    return sheet_fail(reader, ERR_LIMIT, key, str_format(&reader->own, "%lld", (long long)limit));
}

static Err fail_report(Cx *cx, const SheetReader *reader)
{
    const SheetFail *fail = &reader->fail;
    assert(fail->code != ERR_OK);
    Str args[] = {str_format(cx->arena, "%lld", (long long)fail->line), fail->detail};
    return err_set_args(cx, fail->code, "file", fail->key, args, COUNT(args));
}

void sheet_row_start(SheetReader *reader, i64 line)
{
    memset(reader->cells, 0, sizeof(Str) * reader->count);
    memset(reader->flags, 0, reader->count);
    reader->line = line;
    reader->count = 0;
    reader->bytes = 0;
    reader->is_keys = false;
    reader->unknown_keys = S("");
}

static i64 count_bad(Str text)
{
    const Str mark = S("\xef\xbf\xbd");
    i64 count = 0;
    for (size_t at; (at = str_find(text, mark)) < text.len; count++)
        text = str_slice(text, at + mark.len, text.len);
    return count;
}

bool sheet_put(SheetReader *reader, size_t column, Str text, unsigned flags)
{
    if (str_trim(text).len == 0) {
        if (flags == 0)
            return true;
        text = S("");
    }
    if (column >= SHEET_COLUMNS_MAX)
        return sheet_fail_limit(reader, "sheet.too_many_columns", SHEET_COLUMNS_MAX);
    if (text.len > SHEET_CELL_BYTES_MAX)
        return sheet_fail_limit(reader, "sheet.cell_too_long", SHEET_CELL_BYTES_MAX);
    reader->bytes += text.len;
    if (reader->bytes > SHEET_ROW_BYTES_MAX)
        return sheet_fail_limit(reader, "sheet.row_too_long", SHEET_ROW_BYTES_MAX);

    i64 bad = count_bad(text);
    flags |= bad ? SHEET_CELL_BAD_BYTES : 0;
    flags |= sheet_number_lost(text) ? SHEET_CELL_LOST : 0;
    reader->about.bad_count += bad;
    reader->about.lost_count += (flags & SHEET_CELL_LOST) != 0;
    reader->cells[column] = str_copy(reader->rows, text);
    reader->flags[column] = (u8)flags;
    if (column >= reader->count)
        reader->count = column + 1;
    return true;
}

static bool all_zero(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.data[i] != '0')
            return false;
    return true;
}

static size_t digits_at(Str s, size_t from)
{
    size_t at = from;
    while (at < s.len && s.data[at] >= '0' && s.data[at] <= '9')
        at++;
    return at - from;
}

bool sheet_number_lost(Str text)
{
    enum { DIGITS_KEPT = 15, DIGITS_TELLING = 18 };
    Str s = str_trim(text);
    size_t at = s.len && (s.data[0] == '-' || s.data[0] == '+');
    size_t whole = digits_at(s, at);
    if (whole == s.len - at)
        return whole >= DIGITS_TELLING && s.data[at] != '0' &&
               all_zero(str_slice(s, at + DIGITS_KEPT, s.len));
    at += whole;
    if (whole == 0 || whole > 3)
        return false;
    if (s.data[at] == '.')
        at += 1 + digits_at(s, at + 1);
    if (at + 1 >= s.len || (s.data[at] != 'E' && s.data[at] != 'e') || s.data[at + 1] != '+')
        return false;
    size_t power = digits_at(s, at + 2);
    return power >= 1 && power <= 3 && at + 2 + power == s.len;
}

/* ---- what kind of file ---- */

// clang-format off
static const struct { const char *name; Str start; } other_kinds[] = {
    { "PDF",                   {"%PDF-", 5} },
    { "RTF",                   {"{\\rtf", 5} },
    { "PNG",                   {"\x89PNG", 4} },
    { "JPEG",                  {"\xff\xd8\xff", 3} },
    { "GIF",                   {"GIF8", 4} },
    { "gzip",                  {"\x1f\x8b", 2} },
    { "bzip2",                 {"BZh", 3} },
    { "xz",                    {"\xfd" "7zXZ", 5} },
    { "7z",                    {"7z\xbc\xaf", 4} },
    { "RAR",                   {"Rar!\x1a", 5} },
    { "SQLite",                {"SQLite format 3", 15} },
    { "ELF",                   {"\x7f" "ELF", 4} },
    { "Windows .exe",          {"MZ\x90", 3} },
    { "Zstandard",             {"\x28\xb5\x2f\xfd", 4} },
};
/* The beginning of a text, lower case, white space gone. */
static const struct { const char *name; Str start; } other_texts[] = {
    { "HTML",                  {"<!doctype html", 14} },
    { "HTML",                  {"<html", 5} },
    { "HTML",                  {"<table", 6} },
    { "HTML",                  {"<meta", 5} },
    { "HTML",                  {"<head", 5} },
    { "HTML",                  {"<style", 6} },
    { "XML",                   {"<?xml", 5} },
    { "XML",                   {"<workbook", 9} },
};
// clang-format on

/* An old .xls and an encrypted .xlsx are the same container; the directory tells. */
static bool fail_compound(SheetReader *reader, Str head)
{
    static const char package[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    static const char word[] = "W\0o\0r\0d\0D\0o\0c\0u\0m\0e\0n\0t";
    char dir[4096];
    Str found = S("");
    if (head.len >= 0x34) {
        const u8 *h = (const u8 *)head.data;
        u32 sector = (u32)h[0x30] | (u32)h[0x31] << 8 | (u32)h[0x32] << 16 | (u32)h[0x33] << 24;
        int shift = h[0x1e] == 12 ? 12 : 9;
        ssize_t got = pread(reader->fd, dir, sizeof dir, ((off_t)sector + 1) << shift);
        found = (Str){dir, got > 0 ? (size_t)got : 0};
    }
    if (str_has(found, (Str){package, sizeof package - 1}))
        return sheet_fail(reader, ERR_INPUT, "sheet.encrypted", S(""));
    if (str_has(found, (Str){word, sizeof word - 1}))
        return sheet_fail(reader, ERR_INPUT, "sheet.not_sheet", S("Word (.doc)"));
    return sheet_fail(reader, ERR_INPUT, "sheet.old_xls", S(""));
}

static bool check_text_start(SheetReader *reader, Str sample, bool *ret_json)
{
    Str head = str_lower(&reader->own, str_slice(str_trim(str_slice(sample, 0, 4096)), 0, 512));
    for (size_t i = 0; i < COUNT(other_texts); i++) {
        if (!str_starts(head, other_texts[i].start))
            continue;
        bool excel = str_has(sample, S("urn:schemas-microsoft-com:office:spreadsheet"));
        return sheet_fail(reader, ERR_INPUT, "sheet.not_sheet",
                          excel ? S("Excel XML 2003") : str_from(other_texts[i].name));
    }
    size_t controls = 0;
    for (size_t i = 0; i < sample.len; i++)
        controls += (u8)sample.data[i] < ' ' && !strchr("\t\n\v\f\r", sample.data[i]);
    size_t bad = (size_t)count_bad(sample);
    if (controls * 50 > sample.len + 50 || bad * 20 > sample.len + 50)
        return sheet_fail(reader, ERR_INPUT, "sheet.not_sheet", S("binary data"));
    if (str_starts(head, S("[")) && str_starts(str_trim(str_slice(head, 1, head.len)), S("{")))
        return sheet_fail(reader, ERR_INPUT, "sheet.json_array", S(""));
    *ret_json = str_starts(head, S("{"));
    return true;
}

/* The first SHEET_SNIFF_BYTES of the text, in reader->own. */
static bool take_sample(SheetReader *reader, Str *ret_sample)
{
    Buf buf = buf_new(&reader->own);
    for (Str piece; buf.len < SHEET_SNIFF_BYTES;) {
        if (!sheet_text_next(reader, &piece))
            return false;
        if (piece.len == 0)
            break;
        buf_add(&buf, piece);
    }
    *ret_sample = buf_str(&buf);
    return true;
}

static bool open_text(SheetReader *reader)
{
    Str sample;
    bool json = false;
    if (!sheet_text_open(reader) || !take_sample(reader, &sample) ||
        !check_text_start(reader, sample, &json))
        return false;
    if (str_trim(sample).len == 0 && sample.len < SHEET_SNIFF_BYTES)
        return sheet_fail(reader, ERR_INPUT, "sheet.empty", S(""));
    return json ? sheet_json_open(reader) : sheet_csv_open(reader, sample);
}

static bool open_kind(SheetReader *reader, Str head, i64 file_bytes)
{
    if (file_bytes == 0)
        return sheet_fail(reader, ERR_INPUT, "sheet.empty", S(""));
    if (str_starts(head, S("PK\x03\x04")) || str_starts(head, S("PK\x05\x06")))
        return sheet_xlsx_open(reader, file_bytes);
    if (str_starts(head, S("PK")) && head.len < 4)
        return sheet_fail(reader, ERR_INPUT, "sheet.truncated", S(""));
    if (str_starts(head, S("\xd0\xcf\x11\xe0")))
        return fail_compound(reader, head);
    for (size_t i = 0; i < COUNT(other_kinds); i++)
        if (str_starts(head, other_kinds[i].start))
            return sheet_fail(reader, ERR_INPUT, "sheet.not_sheet", str_from(other_kinds[i].name));
    return open_text(reader);
}

/* ---- the reader ---- */

static bool open_file(SheetReader *reader, const char *path)
{
    reader->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader->fd < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    struct stat stat;
    if (fstat(reader->fd, &stat) != 0 || !S_ISREG(stat.st_mode))
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", S("not a file"));
    char head[512];
    ssize_t got = pread(reader->fd, head, sizeof head, 0);
    if (got < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    return open_kind(reader, (Str){head, (size_t)got}, stat.st_size);
}

Err sheet_open(Cx *cx, const char *path, Arena *rows, SheetReader **ret_reader)
{
    assert(rows != cx->arena);
    SheetReader *reader = ARENA_NEW(cx->arena, SheetReader, 1);
    arena_take(rows, 1); /* So that going back keeps the first chunk. */
    reader->rows = rows;
    reader->mark = arena_mark(rows);
    reader->seed = cx->chance ? chance_u64(cx->chance) : 0;
    if (!open_file(reader, path)) {
        Err e = fail_report(cx, reader);
        sheet_done(reader);
        return e;
    }
    *ret_reader = reader;
    return ERR_OK;
}

static bool next_row(SheetReader *reader, bool *ret_got)
{
    if (reader->fail.code != ERR_OK)
        return false;
    arena_rewind(reader->rows, reader->mark);
    sheet_row_start(reader, reader->line);
    switch (reader->about.kind) {
    case SHEET_CSV:
        return sheet_csv_next(reader, ret_got);
    case SHEET_JSONL:
        return sheet_json_next(reader, ret_got);
    case SHEET_XLSX:
        return sheet_xlsx_next(reader, ret_got);
    }
    return false;
}

Err sheet_next(Cx *cx, SheetReader *reader, SheetRow *ret_row, bool *ret_got)
{
    bool got = false;
    if (!next_row(reader, &got))
        return fail_report(cx, reader);
    *ret_got = got;
    if (!got)
        return ERR_OK;
    reader->about.row_count++;
    *ret_row = (SheetRow){
        .sheet = reader->sheet,
        .line = reader->line,
        .cells = reader->cells,
        .flags = reader->flags,
        .count = reader->count,
        .is_keys = reader->is_keys,
        .unknown_keys = reader->unknown_keys,
    };
    for (size_t i = 0; i < reader->count; i++) {
        ret_row->all_flags |= reader->flags[i];
        if (!reader->cells[i].data)
            reader->cells[i] = S("");
    }
    return ERR_OK;
}

const SheetAbout *sheet_about(const SheetReader *reader)
{
    return &reader->about;
}

void sheet_done(SheetReader *reader)
{
    if (!reader)
        return;
    if (reader->csv)
        sheet_csv_close(reader->csv);
    if (reader->json)
        sheet_json_close(reader->json);
    if (reader->xlsx)
        sheet_xlsx_close(reader->xlsx);
    if (reader->text)
        sheet_text_close(reader->text);
    if (reader->fd >= 0)
        close(reader->fd);
    arena_done(&reader->own);
    reader->fd = -1;
    reader->csv = NULL;
    reader->json = NULL;
    reader->xlsx = NULL;
    reader->text = NULL;
}

SheetRow sheet_row_copy(Arena *arena, const SheetRow *row)
{
    SheetRow copy = *row;
    Str *cells = ARENA_NEW(arena, Str, row->count);
    u8 *flags = ARENA_NEW(arena, u8, row->count);
    for (size_t i = 0; i < row->count; i++) {
        cells[i] = str_copy(arena, row->cells[i]);
        flags[i] = row->flags[i];
    }
    copy.sheet = str_copy(arena, row->sheet);
    copy.unknown_keys = str_copy(arena, row->unknown_keys);
    copy.cells = cells;
    copy.flags = flags;
    return copy;
}
