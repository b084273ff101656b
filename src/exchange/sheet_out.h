/* sheet_out.h - writes a table as XLSX or CSV, row by row, in constant memory.
 *
 * Every cell is text, so that 2018305140799 stays what it is. A cell that a spreadsheet might run
 * as a formula gets an apostrophe in front, in both formats: such a file is sent on and saved as
 * the other one.
 */
#ifndef EXCHANGE_SHEET_OUT_H
#define EXCHANGE_SHEET_OUT_H

#include "base/base.h"

enum {
    SHEET_OUT_ROWS_MAX = 1048575, /* Below the header; what an XLSX sheet can hold. */
    SHEET_OUT_CELL_MAX = 32767,   /* UTF-16 units in an XLSX cell; a longer text is cut. */
    SHEET_OUT_WIDTH_MAX = 120,
};

typedef enum SheetOutKind { SHEET_OUT_XLSX = 1, SHEET_OUT_CSV } SheetOutKind;

typedef struct SheetOutColumn {
    Str title;
    int width; /* In characters of a Latin font; 0 chooses by the title. */
} SheetOutColumn;

typedef struct SheetOut SheetOut;

/* Starts the file and writes the header: bold and frozen in XLSX; CSV begins with a UTF-8 mark.
 * `path` must be a plain file or none;
 * `sheet_name` is cut to what a sheet may be called. The writer lives in cx->arena.
 * ERR_IO sheet.unwritable. */
NODISCARD Err sheet_out_open(Cx *cx, const char *path, SheetOutKind kind, Str sheet_name,
                             const SheetOutColumn *columns, size_t count, SheetOut **ret_out);

/* Writes a row of as many cells as there are columns, or fewer.
 * ERR_LIMIT sheet.out_too_many_rows; ERR_IO sheet.unwritable. */
NODISCARD Err sheet_out_row(Cx *cx, SheetOut *out, const Str *cells, size_t count);

/* Finishes the file. Called once, also after a failed row; a file that failed is removed
 * (a plain file only; a link is left alone).
 * *ret_cut_count, if not NULL: cells that were too long for XLSX and were cut.
 * ERR_IO sheet.unwritable. */
NODISCARD Err sheet_out_done(Cx *cx, SheetOut *out, i64 *ret_cut_count);

/* Whether a cell gets the apostrophe. */
bool sheet_out_is_formula(Str cell);

#endif
