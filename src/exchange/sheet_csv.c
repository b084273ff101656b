/* sheet_csv.c - CSV and its relatives through libcsv, one row at a time.
 *
 * libcsv calls back and cannot be stopped, so it is fed up to one line end at a time: no piece can
 * then finish more than one row. That is also how the physical line of a row is known.
 */
#include "exchange/sheet_int.h"

#include <csv.h>
#include <string.h>

enum { CSV_BLOCK_BYTES = 16 * 1024, CSV_STATE_BETWEEN_ROWS = 0, CSV_STATE_IN_CELL = 2 };

struct SheetCsv {
    SheetReader *reader;
    struct csv_parser parser;
    Str piece; /* Decoded and not yet fed. */
    i64 line;  /* Physical line being fed. */
    size_t column;
    u32 separator;
    bool after_cr; /* A line feed now belongs to the line before. */
    bool row_done;
    bool ended;
};

/* ---- which separator ---- */

// clang-format off
static const struct { u32 code; Str bytes; } separators[] = {
    { ',',    {",", 1} },
    { '\t',   {"\t", 1} },
    { ';',    {";", 1} },
    { '|',    {"|", 1} },
    { 0xff0c, {"\xef\xbc\x8c", 3} },    /* ， */
    { 0xff1b, {"\xef\xbc\x9b", 3} },    /* ； */
};
// clang-format on

enum { RECORDS_MAX = 400, PER_RECORD_MAX = 1024 };

/* How often the separator stands in the record at *at, outside quotes; moves past the record. */
static size_t count_in_record(Str sample, size_t *at, Str separator, bool *ret_whole)
{
    size_t count = 0, i = *at;
    bool quoted = false, cell_start = true;
    *ret_whole = false;
    for (; i < sample.len; i++) {
        char c = sample.data[i];
        if (c == '"' && (quoted || cell_start))
            quoted = !quoted;
        else if (!quoted && (c == '\n' || c == '\r'))
            break;
        if (!quoted && str_starts(str_slice(sample, i, i + separator.len), separator)) {
            count++;
            i += separator.len - 1;
            cell_start = true;
        } else {
            cell_start = false;
        }
    }
    *ret_whole = i < sample.len;
    while (i < sample.len && (sample.data[i] == '\n' || sample.data[i] == '\r'))
        i++;
    *at = i;
    return count;
}

/* Share of the records that agree on one count, in hundredths, and a little for a high count. */
static size_t separator_score(Str sample, Str separator)
{
    size_t seen[PER_RECORD_MAX] = {0};
    size_t records = 0;
    for (size_t at = 0; at < sample.len && records < RECORDS_MAX;) {
        bool whole;
        size_t count = count_in_record(sample, &at, separator, &whole);
        if (!whole && records > 0 && sample.len >= SHEET_SNIFF_BYTES)
            break; /* Cut by the end of the sample. */
        seen[count < PER_RECORD_MAX ? count : PER_RECORD_MAX - 1]++;
        records++;
    }
    size_t best = 0, most = 0;
    for (size_t count = 1; count < PER_RECORD_MAX; count++) {
        if (seen[count] >= most && seen[count] > 0) {
            most = seen[count];
            best = count;
        }
    }
    return records && best ? most * 100 / records + (best < 20 ? best : 20) : 0;
}

u32 sheet_separator_find(Str sample)
{
    u32 code = ',';
    size_t best = 0;
    for (size_t i = 0; i < COUNT(separators); i++) {
        size_t score = separator_score(sample, separators[i].bytes);
        if (score > best) {
            best = score;
            code = separators[i].code;
        }
    }
    return code;
}

/* ---- rows ---- */

/* Stand-ins back to the full-width separator; line breaks to \n. In the arena of the rows. */
static Str restore(SheetCsv *csv, Str cell)
{
    bool stand_in = csv->separator > 0x7f && memchr(cell.data, SHEET_STAND_IN, cell.len);
    if (!stand_in && !memchr(cell.data, '\r', cell.len))
        return cell;
    Buf buf = buf_new(csv->reader->rows);
    for (size_t i = 0; i < cell.len; i++) {
        char c = cell.data[i];
        if (c == SHEET_STAND_IN && stand_in)
            buf_code(&buf, csv->separator);
        else if (c != '\r')
            buf_char(&buf, c);
        else if (i + 1 == cell.len || cell.data[i + 1] != '\n')
            buf_char(&buf, '\n');
    }
    return buf_str(&buf);
}

static void on_cell(void *data, size_t len, void *user)
{
    SheetCsv *csv = user;
    size_t column = csv->column++;
    if (len > 0 && csv->reader->fail.code == ERR_OK)
        sheet_put(csv->reader, column, restore(csv, (Str){data, len}), 0);
}

static void on_row(int end, void *user)
{
    (void)end;
    SheetCsv *csv = user;
    csv->row_done = true;
    csv->column = 0;
}

bool sheet_csv_open(SheetReader *reader, Str sample)
{
    SheetCsv *csv = ARENA_NEW(&reader->own, SheetCsv, 1);
    csv->reader = reader;
    csv->line = 1;
    csv->separator = sheet_separator_find(sample);
    if (csv_init(&csv->parser, 0) != 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", S("libcsv"));
    bool wide = csv->separator > 0x7f;
    csv_set_delim(&csv->parser, wide ? SHEET_STAND_IN : (unsigned char)csv->separator);
    csv_set_blk_size(&csv->parser, CSV_BLOCK_BYTES);
    reader->csv = csv;
    reader->about.kind = SHEET_CSV;
    reader->about.separator = csv->separator;
    reader->about.sheet_count = 1;
    return sheet_text_restart(reader, csv->separator);
}

/* Up to and including the next line end, or all that is left of the piece. */
static Str take_line(SheetCsv *csv)
{
    size_t len = 0;
    while (len < csv->piece.len && csv->piece.data[len] != '\n' && csv->piece.data[len] != '\r')
        len++;
    Str line = str_slice(csv->piece, 0, len + 1);
    csv->piece = str_slice(csv->piece, line.len, csv->piece.len);
    return line;
}

static bool finish(SheetCsv *csv)
{
    const struct csv_parser *parser = &csv->parser;
    csv->ended = true;
    if (parser->quoted && parser->pstate == CSV_STATE_IN_CELL)
        return sheet_fail(csv->reader, ERR_INPUT, "sheet.quote_open", S(""));
    if (csv_fini(&csv->parser, on_cell, on_row, csv) != 0)
        return sheet_fail(csv->reader, ERR_IO, "sheet.unreadable", S("libcsv"));
    return csv->reader->fail.code == ERR_OK;
}

static bool feed(SheetCsv *csv, Str line)
{
    SheetReader *reader = csv->reader;
    char last = line.data[line.len - 1];
    bool same_line = csv->after_cr && line.len == 1 && last == '\n';
    if (csv->parser.pstate == CSV_STATE_BETWEEN_ROWS)
        reader->line = csv->line;
    if (csv_parse(&csv->parser, line.data, line.len, on_cell, on_row, csv) != line.len)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", S("libcsv"));
    if (csv->parser.entry_pos > SHEET_CELL_BYTES_MAX)
        return sheet_fail_limit(reader, "sheet.cell_too_long", SHEET_CELL_BYTES_MAX);
    csv->line += (last == '\n' || last == '\r') && !same_line;
    csv->after_cr = last == '\r';
    return reader->fail.code == ERR_OK;
}

bool sheet_csv_next(SheetReader *reader, bool *ret_got)
{
    SheetCsv *csv = reader->csv;
    while (!csv->ended) {
        if (csv->piece.len == 0 && !sheet_text_next(reader, &csv->piece))
            return false;
        bool fine = csv->piece.len ? feed(csv, take_line(csv)) : finish(csv);
        if (!fine)
            return false;
        if (!csv->row_done)
            continue;
        csv->row_done = false;
        if (reader->count > 0) {
            *ret_got = true;
            return true;
        }
        sheet_row_start(reader, reader->line);
    }
    *ret_got = false;
    return true;
}

void sheet_csv_close(SheetCsv *csv)
{
    csv_free(&csv->parser);
}
