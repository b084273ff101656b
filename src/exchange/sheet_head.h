/* sheet_head.h - finds the header row of a sheet and which of its columns mean which fields.
 *
 * People put titles, units and instructions above the header, decorate the words
 * (*专利名称（必填）) and use their own. Pure: no file, no store; memory from the arena only.
 */
#ifndef EXCHANGE_SHEET_HEAD_H
#define EXCHANGE_SHEET_HEAD_H

#include "exchange/sheet.h"

enum { SHEET_HEAD_ROWS_MAX = 30 }; /* Rows worth looking at. */

/* A field that columns may mean. */
typedef struct SheetField {
    const char *name;
    const char *synonyms; /* "a|b|c" */
} SheetField;

typedef enum SheetMatch {
    SHEET_MATCH_NONE,
    SHEET_MATCH_PART,  /* One contains the other: show it and ask. */
    SHEET_MATCH_EXACT, /* The same but for case, width, signs and bracketed notes. */
} SheetMatch;

typedef struct SheetColumn {
    Str title; /* As written. */
    int field; /* Index of the field, -1 for none. */
    SheetMatch match;
} SheetColumn;

typedef struct SheetHead {
    size_t row; /* Index in the rows given; data starts after it. */
    i64 line;
    SheetColumn *columns; /* In the arena. */
    size_t column_count;
    size_t matched_count;
} SheetHead;

/* Chooses among `rows` the one that matches most fields, the first of equals. No field is given to
 * two columns. False when no row names two fields, or one in a row of a single cell.
 * *ret_head is then untouched. */
bool sheet_head_find(Arena *arena, const SheetRow *rows, size_t row_count, const SheetField *fields,
                     size_t field_count, SheetHead *ret_head);

/* What is compared: fold_key without anything that is not a letter or a digit. */
Str sheet_head_key(Arena *arena, Str text);

#endif
