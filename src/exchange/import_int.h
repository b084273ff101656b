/* import_int.h - inside the room. */
#ifndef EXCHANGE_IMPORT_INT_H
#define EXCHANGE_IMPORT_INT_H

#include <stdio.h>

#include "exchange/import.h"
#include "exchange/sheet.h"
#include "exchange/sheet_head.h"
#include "registry/ids.h"
#include "registry/registry.h"

typedef struct ImportChange {
    RECORD_HEAD;
    i64 import_id;
    i64 patent_id;
    Str before; /* JSON map of the imported fields as they were. */
} ImportChange;

typedef struct ImportMap {
    RECORD_HEAD;
    i64 org_id;
    Str header_key; /* The titles, normalised and joined. */
    Str mapping;
} ImportMap;

extern const RecordType import_change_type, import_map_type;

/* The fields a column may mean, from the record table. */
size_t import_fields(Arena *arena, SheetField **ret);

/* What the file holds: header, first rows. All in cx->arena. */
typedef struct Preview {
    SheetHead head;
    bool has_head;
    SheetRow *rows;
    size_t row_count;
    Str sheet;
} Preview;
NODISCARD Err import_preview(Cx *cx, Str file_hash, Preview *ret);

/* Which field each column means: names split from Import.mapping, "" for none. */
typedef struct Mapping {
    const Field *fields[SHEET_COLUMNS_MAX]; /* NULL: not taken. */
    size_t count;
} Mapping;
void import_mapping_read(Str mapping, Mapping *ret);
/* The column that means this field; -1 when none does. */
int import_column_of(const Mapping *mapping, Str name);

/* Why a row is not taken. */
typedef struct RowFault {
    const char *why;
    Str arg, arg2;
    int column; /* -1: the row as a whole. */
} RowFault;

/* One row as a patent. ERR_INPUT with *ret_fault. *ret_lost: the application number was destroyed
 * by a spreadsheet and left out. Texts are in cx->arena. */
NODISCARD Err import_read_row(Cx *cx, const Mapping *mapping, const SheetRow *row, i64 today_date,
                              Patent *ret, RowFault *ret_fault, bool *ret_lost,
                              int *ret_lost_column);

/* The rows of data of a file, read once: a workbook is slow to read, and rows have to wait until it
 * is known what the later ones say. */
typedef struct Scan {
    FILE *rows; /* Where they wait; no name, gone with scan_done. */
    size_t count;
    size_t at;     /* Rows given out by scan_next. */
    u64 *later;    /* Of each, a bit for every field of patent_type that a later row about the same
                      patent gives as well. cx->arena */
    ErrInfo fault; /* What ended the reading before the end of the file; code 0: nothing. */
} Scan;

/* ERR_IO, ERR_STORE, and what sheet_open says. */
NODISCARD Err import_scan(Cx *cx, const char *path, const Preview *preview, const Mapping *mapping,
                          i64 today_date, Scan *ret);
/* The next row, in `rows`; *ret_got is false behind the last one. */
NODISCARD Err scan_next(Cx *cx, Scan *scan, Arena *rows, SheetRow *ret, bool *ret_got);
void scan_done(Scan *scan);
/* True for a row below the header of its sheet. */
bool import_is_data(const Preview *preview, const SheetRow *row);

NODISCARD Err import_run(Cx *cx, Import *import, void (*progress)(void *, i64), void *context);
NODISCARD Err import_unmake(Cx *cx, Import *import);

#endif
