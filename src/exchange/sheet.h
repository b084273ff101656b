/* sheet.h - reads spreadsheets row by row: XLSX, CSV and its relatives, JSON lines.
 *
 *   file -> kind by its bytes, never by its name
 *           zip   -> workbook -> visible sheets in order -> rows (libzip + expat)
 *           text  -> encoding, separator -> rows (ICU + libcsv)
 *           {...} -> one object a line -> rows, the keys of the first object as header (jansson)
 *
 * Memory is bounded by the limits below however large the file is; a file over a limit, cut short,
 * hostile or of another kind gives an error that says which and what to do. Rows with nothing in
 * them are skipped, and empty cells at the end of a row are not counted, in all formats alike.
 *
 * Errors carry {0} the line or row number where it went wrong and {1} a detail: the limit, the kind
 * the file seems to be, the part of the workbook.
 */
#ifndef EXCHANGE_SHEET_H
#define EXCHANGE_SHEET_H

#include "base/base.h"

enum {
    SHEET_COLUMNS_MAX = 512,
    SHEET_CELL_BYTES_MAX = 1024 * 1024,
    SHEET_ROW_BYTES_MAX = 4 * 1024 * 1024,     /* Text of one row; one line of JSON. */
    SHEET_SHEETS_MAX = 256,                    /* In one workbook, hidden ones included. */
    SHEET_PARTS_MAX = 4096,                    /* Files inside one workbook. */
    SHEET_SHARED_BYTES_MAX = 64 * 1024 * 1024, /* The shared texts of a workbook. */
    SHEET_SHARED_MAX = 2 * 1024 * 1024,        /* How many there may be. */
    SHEET_STYLES_MAX = 65536,
    SHEET_UNPACKED_BYTES_MAX = 1024 * 1024 * 1024, /* All that is unpacked of one workbook. */
    SHEET_RATIO_MAX = 300,                         /* Unpacked to packed bytes of one part, */
    SHEET_RATIO_FREE_BYTES = 8 * 1024 * 1024,      /* once it is larger than this. */
    SHEET_XML_DEPTH_MAX = 64,
    SHEET_XML_NAMES_MAX = 1024,                  /* Different element and attribute names. */
    SHEET_XML_TOKEN_BYTES_MAX = 256 * 1024,      /* One tag or comment. */
    SHEET_SNIFF_BYTES = 64 * 1024,               /* Looked at to find the separator. */
    SHEET_ENCODING_BYTES_MAX = 64 * 1024 * 1024, /* Looked at to find the encoding. */
};

typedef enum SheetKind { SHEET_CSV = 1, SHEET_JSONL, SHEET_XLSX } SheetKind;

/* What is worth knowing about a cell. */
enum {
    SHEET_CELL_LOST = 1,         /* A spreadsheet destroyed the number: 2.02E+12. */
    SHEET_CELL_BAD_BYTES = 2,    /* Holds U+FFFD, in place of bytes that are no text. */
    SHEET_CELL_ERROR = 4,        /* #N/A and the like. */
    SHEET_CELL_UNCALCULATED = 8, /* A formula saved without its result; the cell is empty. */
    SHEET_CELL_DATE = 16,        /* A workbook's date: 2026-07-20, 2026-07-20 09:30. */
};

typedef struct SheetRow {
    Str sheet;        /* Name of the sheet in a workbook, else empty. */
    i64 line;         /* From 1: the sheet's row number, or the line the row starts on. */
    const Str *cells; /* UTF-8, line breaks as \n; all in the arena of the rows. */
    const u8 *flags;  /* SHEET_CELL_* of each cell. */
    size_t count;
    unsigned all_flags; /* Of all its cells together. */
    bool is_keys;       /* JSON lines: the header made of the first object's keys. */
    Str unknown_keys;   /* JSON lines: keys the header does not have, joined with ", ". */
} SheetRow;

/* Grows while rows are read. */
typedef struct SheetAbout {
    SheetKind kind;
    const char *encoding; /* "UTF-8", "GB18030", ...; static or the reader's. */
    u32 separator;        /* Code point between the cells; 0 unless CSV. */
    i64 row_count;        /* Rows handed out so far. */
    i64 lost_count;       /* Cells with SHEET_CELL_LOST so far. */
    i64 bad_count;        /* U+FFFD seen so far. */
    int sheet_count;      /* Visible sheets. */
    int hidden_count;     /* Hidden sheets, which are not read. */
} SheetAbout;

typedef struct SheetReader SheetReader;

/* Opens the file. `rows` is the arena the cells go to: it must live as long as the reader and is
 * taken back to where it stands now by each sheet_next, so nothing else may be kept in it.
 * The reader itself lives in cx->arena and needs sheet_done.
 * ERR_INPUT sheet.empty, sheet.not_sheet, sheet.old_xls, sheet.encrypted, sheet.truncated,
 * sheet.damaged, sheet.dtd, sheet.encoding, sheet.no_sheet, sheet.json_array;
 * ERR_LIMIT sheet.bomb, sheet.too_many_parts, sheet.shared_too_long; ERR_IO sheet.unreadable. */
NODISCARD Err sheet_open(Cx *cx, const char *path, Arena *rows, SheetReader **ret_reader);

/* The next row that has anything in it; *ret_got is false after the last one.
 * Besides the errors of sheet_open: ERR_INPUT sheet.quote_open, sheet.json_line;
 * ERR_LIMIT sheet.cell_too_long, sheet.row_too_long, sheet.too_many_columns.
 * After an error the reader gives only that error again. */
NODISCARD Err sheet_next(Cx *cx, SheetReader *reader, SheetRow *ret_row, bool *ret_got);

/* What is known by now; belongs to the reader and grows with each row. */
const SheetAbout *sheet_about(const SheetReader *reader);

/* Closes the file and gives the reader's memory back. NULL is allowed. */
void sheet_done(SheetReader *reader);

/* A copy of a row that outlives the next sheet_next. */
SheetRow sheet_row_copy(Arena *arena, const SheetRow *row);

/* Whether a text is what a spreadsheet leaves of a long number: 2.02E+12, or 18 digits and more of
 * which all after the fifteenth are zero. */
bool sheet_number_lost(Str text);

#endif
