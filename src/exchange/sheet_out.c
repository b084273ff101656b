#include "exchange/sheet_out.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum { SHEET_NAME_CODES_MAX = 31, WIDTH_MIN = 8 };

struct SheetOut {
    SheetOutKind kind;
    const char *path;
    size_t column_count;
    i64 row_count;
    i64 cut_count;
    bool failed;
    FILE *file;         /* CSV */
    lxw_workbook *book; /* XLSX */
    lxw_worksheet *sheet;
};

bool sheet_out_is_formula(Str cell)
{
    static const Str starts[] = {
        {"=", 1},
        {"+", 1},
        {"-", 1},
        {"@", 1},
        {"\t", 1},
        {"\r", 1},
        {"\n", 1},
        {"\xef\xbc\x9d", 3}, /* ＝ */
        {"\xef\xbc\x8b", 3}, /* ＋ */
        {"\xef\xbc\x8d", 3}, /* － */
        {"\xef\xbc\xa0", 3}, /* ＠ */
    };
    for (size_t i = 0; i < COUNT(starts); i++)
        if (str_starts(cell, starts[i]))
            return true;
    return false;
}

static Err fail(Cx *cx, SheetOut *out, const char *why)
{
    out->failed = true;
    return err_set_arg(cx, ERR_IO, "file", "sheet.unwritable", str_from(why));
}

/* ---- CSV ---- */

static bool needs_quotes(Str cell)
{
    if (cell.len == 0)
        return false;
    for (size_t i = 0; i < cell.len; i++)
        if (strchr(",;\t\"\r\n", cell.data[i]))
            return true;
    return cell.data[0] == ' ' || cell.data[cell.len - 1] == ' ';
}

static void csv_cell(FILE *file, Str cell)
{
    bool quotes = needs_quotes(cell);
    if (quotes)
        putc('"', file);
    if (sheet_out_is_formula(cell))
        putc('\'', file);
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.data[i] == '"')
            putc('"', file);
        putc(cell.data[i], file);
    }
    if (quotes)
        putc('"', file);
}

static Err csv_row(Cx *cx, SheetOut *out, const Str *cells, size_t count)
{
    for (size_t i = 0; i < out->column_count; i++) {
        if (i)
            putc(',', out->file);
        if (i < count)
            csv_cell(out->file, cells[i]);
    }
    fputs("\r\n", out->file);
    return ferror(out->file) ? fail(cx, out, strerror(errno)) : ERR_OK;
}

/* ---- XLSX ---- */

/* The start of a text that fits a cell; whole characters. */
static Str cut_to_cell(Str cell, size_t units_max)
{
    size_t units = 0;
    if (cell.len <= units_max)
        return cell;
    for (size_t at = 0; at < cell.len;) {
        size_t from = at;
        units += utf8_next(cell, &at) > 0xffff ? 2 : 1;
        if (units > units_max)
            return str_slice(cell, 0, from);
    }
    return cell;
}

/* Text as the file may hold it: an _x0041_ that somebody wrote would be read as the letter A, and
 * zero bytes end it. */
static char *xlsx_text(Arena *arena, Str cell)
{
    Buf buf = buf_new(arena);
    if (sheet_out_is_formula(cell))
        buf_char(&buf, '\'');
    for (size_t i = 0; i < cell.len; i++) {
        u8 bytes[2];
        bool escape = i + 7 <= cell.len && cell.data[i] == '_' && cell.data[i + 1] == 'x' &&
                      cell.data[i + 6] == '_' && hex_to(str_slice(cell, i + 2, i + 6), bytes, 2);
        if (escape)
            buf_z(&buf, "_x005F_");
        else if (cell.data[i] == 0)
            buf_code(&buf, 0xfffd);
        else
            buf_char(&buf, cell.data[i]);
    }
    return str_z(arena, buf_str(&buf));
}

static Err xlsx_row(Cx *cx, SheetOut *out, const Str *cells, size_t count, lxw_format *format)
{
    enum { ESCAPES_ROOM = 1 };
    ArenaMark mark = arena_mark(cx->arena);
    Err e = ERR_OK;
    for (size_t i = 0; i < count && i < out->column_count && !e; i++) {
        Str cell = cut_to_cell(cells[i], SHEET_OUT_CELL_MAX - ESCAPES_ROOM);
        char *z = xlsx_text(cx->arena, cell);
        while (lxw_utf8_strlen(z) > SHEET_OUT_CELL_MAX && cell.len) {
            cell = utf8_head(cell, utf8_count(cell) * 3 / 4); /* Full of escapes. */
            z = xlsx_text(cx->arena, cell);
        }
        out->cut_count += cell.len < cells[i].len;
        if (!z[0])
            continue;
        lxw_error code =
            worksheet_write_string(out->sheet, (lxw_row_t)out->row_count, (lxw_col_t)i, z, format);
        if (code != LXW_NO_ERROR)
            e = ERR_IO;
        if (e)
            fail(cx, out, lxw_strerror(code));
    }
    if (!e)
        arena_rewind(cx->arena, mark);
    return e;
}

/* The name without what a sheet may not have in its name. */
static char *sheet_name_for(Arena *arena, Str name)
{
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < name.len; i++)
        buf_char(&buf, name.data[i] && !strchr("[]:*?/\\'", name.data[i]) ? name.data[i] : ' ');
    Str cut = str_trim(cut_to_cell(str_trim(buf_str(&buf)), SHEET_NAME_CODES_MAX));
    return cut.len ? str_z(arena, cut) : NULL;
}

/* A Chinese character is two Latin ones wide. */
static int width_of(const SheetOutColumn *column)
{
    int width = column->width;
    for (size_t at = 0; column->width == 0 && at < column->title.len;)
        width += utf8_next(column->title, &at) > 0x2e80 ? 2 : 1;
    if (column->width == 0)
        width += 2;
    width = width < WIDTH_MIN ? WIDTH_MIN : width;
    return width > SHEET_OUT_WIDTH_MAX ? SHEET_OUT_WIDTH_MAX : width;
}

static lxw_error xlsx_prepare(SheetOut *out, const SheetOutColumn *columns)
{
    lxw_error code = LXW_NO_ERROR;
    worksheet_freeze_panes(out->sheet, 1, 0);
    for (size_t i = 0; i < out->column_count && code == LXW_NO_ERROR; i++)
        code = worksheet_set_column(out->sheet, (lxw_col_t)i, (lxw_col_t)i, width_of(&columns[i]),
                                    NULL);
    return code;
}

static Err xlsx_open(Cx *cx, SheetOut *out, Str sheet_name, const SheetOutColumn *columns,
                     const Str *titles)
{
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    out->book = workbook_new_opt(out->path, &options);
    char *name = sheet_name_for(cx->arena, sheet_name);
    if (out->book)
        out->sheet = workbook_add_worksheet(out->book, name);
    lxw_format *bold = out->sheet ? workbook_add_format(out->book) : NULL;
    if (!bold)
        return fail(cx, out, "libxlsxwriter");
    format_set_bold(bold);
    lxw_error code = xlsx_prepare(out, columns);
    if (code != LXW_NO_ERROR)
        return fail(cx, out, lxw_strerror(code));
    return xlsx_row(cx, out, titles, out->column_count, bold);
}

/* ---- either ---- */

/* Only ever a plain file: a device, a folder or a link is somebody else's. */
static void remove_file(const char *path)
{
    struct stat stat;
    if (lstat(path, &stat) == 0 && S_ISREG(stat.st_mode))
        unlink(path);
}

static Err close_file(Cx *cx, SheetOut *out)
{
    if (out->kind == SHEET_OUT_XLSX) {
        lxw_error code = out->book ? workbook_close(out->book) : LXW_NO_ERROR;
        out->book = NULL;
        return code == LXW_NO_ERROR ? ERR_OK : fail(cx, out, lxw_strerror(code));
    }
    bool bad = out->file && ferror(out->file);
    bad |= out->file && fclose(out->file) != 0;
    out->file = NULL;
    return bad ? fail(cx, out, strerror(errno)) : ERR_OK;
}

static Err open_file(Cx *cx, SheetOut *out, Str sheet_name, const SheetOutColumn *columns,
                     const Str *titles)
{
    struct stat stat;
    out->file = fopen(out->path, "wbe");
    if (!out->file)
        return fail(cx, out, strerror(errno));
    if (fstat(fileno(out->file), &stat) != 0 || !S_ISREG(stat.st_mode))
        return fail(cx, out, "not a file");
    if (out->kind == SHEET_OUT_XLSX) {
        fclose(out->file); /* libxlsxwriter opens it at the end; a bad path is told now. */
        out->file = NULL;
        return xlsx_open(cx, out, sheet_name, columns, titles);
    }
    fputs("\xef\xbb\xbf", out->file);
    return csv_row(cx, out, titles, out->column_count);
}

Err sheet_out_open(Cx *cx, const char *path, SheetOutKind kind, Str sheet_name,
                   const SheetOutColumn *columns, size_t count, SheetOut **ret_out)
{
    SheetOut *out = ARENA_NEW(cx->arena, SheetOut, 1);
    Str *titles = ARENA_NEW(cx->arena, Str, count);
    out->kind = kind;
    out->path = str_z(cx->arena, str_from(path));
    out->column_count = count;
    for (size_t i = 0; i < count; i++)
        titles[i] = columns[i].title;
    Err e = open_file(cx, out, sheet_name, columns, titles);
    if (e) {
        ErrInfo first = cx->err;
        Err again = close_file(cx, out);
        (void)again; /* The first error is the one to tell. */
        cx->err = first;
        return e;
    }
    *ret_out = out;
    return ERR_OK;
}

Err sheet_out_row(Cx *cx, SheetOut *out, const Str *cells, size_t count)
{
    assert(count <= out->column_count);
    if (out->row_count >= SHEET_OUT_ROWS_MAX) {
        out->failed = true;
        return err_set_arg(cx, ERR_LIMIT, "file", "sheet.out_too_many_rows",
                           str_format(cx->arena, "%d", SHEET_OUT_ROWS_MAX));
    }
    out->row_count++;
    return out->kind == SHEET_OUT_XLSX ? xlsx_row(cx, out, cells, count, NULL)
                                       : csv_row(cx, out, cells, count);
}

Err sheet_out_done(Cx *cx, SheetOut *out, i64 *ret_cut_count)
{
    ErrInfo first = cx->err;
    bool failed = out->failed;
    Err e = close_file(cx, out);
    if (failed) {
        cx->err = first;
        e = first.code ? first.code : e;
    }
    if (out->failed)
        remove_file(out->path);
    else if (ret_cut_count)
        *ret_cut_count = out->cut_count;
    return e;
}
