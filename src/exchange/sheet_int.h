/* sheet_int.h - what the parts of the spreadsheet reader share: the row being built, the first
 * failure, decoded text, and XML out of a zip. Only sheet*.c include it. */
#ifndef EXCHANGE_SHEET_INT_H
#define EXCHANGE_SHEET_INT_H

#include "exchange/sheet.h"

#include <expat.h>
#include <unicode/ucnv.h>
#include <zip.h>

/* Stands for a full-width separator between the decoder and libcsv, which knows only bytes. */
enum { SHEET_STAND_IN = 0x1f };

/* The first thing that went wrong; callbacks cannot return it, so it waits here. */
typedef struct SheetFail {
    Err code;
    const char *key;
    i64 line;
    Str detail; /* Static or in reader->own. */
} SheetFail;

typedef struct SheetText SheetText;
typedef struct SheetCsv SheetCsv;
typedef struct SheetJson SheetJson;
typedef struct SheetXlsx SheetXlsx;

struct SheetReader {
    SheetAbout about;
    SheetFail fail;
    Arena own; /* Everything that lives as long as the reader. */
    Arena *rows;
    ArenaMark mark; /* Where `rows` goes back to before each row. */
    int fd;
    u64 seed;        /* Of the table of XML names, so that nobody can plan collisions. */
    SheetText *text; /* CSV and JSON lines. */
    SheetCsv *csv;
    SheetJson *json;
    SheetXlsx *xlsx;

    Str sheet; /* The row being built. */
    i64 line;
    size_t count;
    size_t bytes;
    bool is_keys;
    Str unknown_keys;
    Str cells[SHEET_COLUMNS_MAX];
    u8 flags[SHEET_COLUMNS_MAX];
};

/* sheet.c: notes the first failure and returns false, so that a helper can return its result. */
bool sheet_fail(SheetReader *reader, Err code, const char *key, Str detail);
bool sheet_fail_limit(SheetReader *reader, const char *key, i64 limit);

/* Starts a row. */
void sheet_row_start(SheetReader *reader, i64 line);
/* Puts a cell; empty ones leave no trace. False when a limit was passed. */
bool sheet_put(SheetReader *reader, size_t column, Str text, unsigned flags);

/* sheet_text.c: the bytes of a file as pieces of valid UTF-8. */
bool sheet_text_open(SheetReader *reader);
/* The next piece; empty at the end. Valid until the next call. A full-width `separator` set by
 * sheet_text_restart comes as SHEET_STAND_IN. */
bool sheet_text_next(SheetReader *reader, Str *ret_piece);
/* Back to the first character. */
bool sheet_text_restart(SheetReader *reader, u32 separator);
void sheet_text_close(SheetText *text);

/* sheet_csv.c, sheet_json.c, sheet_xlsx.c: each has open, next and close. `next` builds a row and
 * tells whether there was one. `sample` is the beginning of the text. */
bool sheet_csv_open(SheetReader *reader, Str sample);
bool sheet_csv_next(SheetReader *reader, bool *ret_got);
void sheet_csv_close(SheetCsv *csv);
bool sheet_json_open(SheetReader *reader);
bool sheet_json_next(SheetReader *reader, bool *ret_got);
void sheet_json_close(SheetJson *json);
bool sheet_xlsx_open(SheetReader *reader, i64 file_bytes);
bool sheet_xlsx_next(SheetReader *reader, bool *ret_got);
void sheet_xlsx_close(SheetXlsx *xlsx);

/* The separator of a text by how evenly each candidate divides its records. Pure. */
u32 sheet_separator_find(Str sample);

/* sheet_xml.c: one XML file out of a zip, read piece by piece. */
typedef struct SheetXml {
    SheetReader *reader;
    zip_t *zip;
    const char *part; /* Its name in the zip. */
    void (*start)(void *user, const char *name, const char **attributes);
    void (*end)(void *user, const char *name);
    void (*text)(void *user, const char *data, size_t len);
    void *user;
    u64 *unpacked_total; /* Of the whole workbook. */

    zip_file_t *file; /* From here on sheet_xml.c's own. */
    XML_Parser parser;
    u64 packed;
    u64 unpacked;
    int depth;
    bool paused;
    bool at_end;
    u64 *names; /* Hashes of the names met; see SHEET_XML_NAMES_MAX. */
    size_t name_count;
} SheetXml;

/* Opens xml->part. *ret_found false when the zip has no such part. Fields up to unpacked_total are
 * the caller's to set. */
bool sheet_xml_open(SheetXml *xml, bool *ret_found);
/* Parses on until a handler pauses or the file ends. */
bool sheet_xml_run(SheetXml *xml);
/* Called by a handler: sheet_xml_run returns after this element. */
void sheet_xml_pause(SheetXml *xml);
void sheet_xml_close(SheetXml *xml);
/* The name without its prefix; the value of an attribute, NULL when absent. */
const char *sheet_xml_local(const char *name);
const char *sheet_xml_attribute(const char **attributes, const char *name);

/* sheet_number.c: numbers, dates and texts as a workbook writes them. Pure. */
typedef enum SheetStyle { SHEET_STYLE_PLAIN, SHEET_STYLE_DATE, SHEET_STYLE_TIME } SheetStyle;
SheetStyle sheet_style_builtin(i64 format_id);
SheetStyle sheet_style_format(Str format);
/* The text of a numeric cell and its flags; `raw` as written in the file. */
Str sheet_number_text(Arena *arena, Str raw, SheetStyle style, bool from_1904, unsigned *ret_flags);
/* _x000D_ and its like decoded. */
Str sheet_text_unescape(Arena *arena, Str text);

#endif
