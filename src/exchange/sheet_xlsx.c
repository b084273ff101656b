/* sheet_xlsx.c - rows of a workbook: its parts by their relationships, then sheet after sheet.
 *
 *   _rels/.rels -> workbook.xml -> sheets in order, 1904 or not
 *                  workbook.xml.rels -> worksheets, styles, shared texts
 *   styles.xml        -> which cell formats are dates
 *   sharedStrings.xml -> texts, packed one after the other
 *   sheetN.xml        -> rows; the parser pauses at each </row>
 */
#include "exchange/sheet_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SHARED_CHUNK_BYTES = 256 * 1024,
    SHARED_PAGE = 4096, /* Texts to a page of the index. */
    RELATIONS_MAX = 2048,
    FORMATS_MAX = 4096,
    ROW_MAX = 1048576,
    NAME_BYTES_MAX = 1024,
};

typedef struct Relation {
    Str id;
    Str type; /* Last part of its address: "worksheet". */
    Str part; /* Name in the zip. */
} Relation;

typedef struct Sheet {
    Str name;
    Str relation;
    bool hidden;
} Sheet;

typedef struct Format {
    i64 id;
    SheetStyle style;
} Format;

typedef enum CellType {
    CELL_NUMBER,
    CELL_SHARED,
    CELL_TEXT,
    CELL_INLINE,
    CELL_BOOL,
    CELL_ERROR,
    CELL_DATE
} CellType;

struct SheetXlsx {
    SheetReader *reader;
    zip_t *zip;
    u64 unpacked;
    Str folder; /* Of the part being read; targets are relative to it. */

    Relation *relations;
    size_t relation_count;
    Sheet *sheets;
    size_t sheet_count;
    size_t sheet_next;
    bool from_1904;

    Format *formats;
    size_t format_count;
    u8 *styles; /* SheetStyle of each cell format. */
    size_t style_count;
    bool in_cell_formats;

    Str **shared; /* Pages of SHARED_PAGE texts. */
    size_t shared_count;
    u64 shared_bytes;
    char *chunk;
    size_t chunk_left;
    bool shared_read;

    SheetXml xml; /* The sheet being read, while its parser is there. */
    Buf text;     /* Of the cell or shared text being read. */
    bool collecting;
    int in_phonetic;
    bool in_row;
    bool row_done;
    bool in_cell;
    bool in_inline;
    i64 row;
    size_t column;
    CellType type;
    i64 style;
    bool has_formula;
    bool has_value;
};

/* ---- small helps ---- */

/* Names and addresses are short; what is not is cut, so that a file cannot fill the memory. */
static Str keep(SheetXlsx *x, const char *z)
{
    Str s = str_from(z);
    return utf8_repair(&x->reader->own, str_copy(&x->reader->own, str_slice(s, 0, NAME_BYTES_MAX)));
}

/* Digits to a number; -1 when it is none or too large to be meant. */
static i64 number_of(const char *z)
{
    i64 n;
    return z && str_to_i64(str_from(z), &n) && n >= 0 && n < INT32_MAX ? n : -1;
}

static bool is_true(const char *z)
{
    return z && (strcmp(z, "1") == 0 || strcmp(z, "true") == 0 || strcmp(z, "on") == 0);
}

static Str after_last(Str s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.data[i - 1] == c)
            return str_slice(s, i, s.len);
    return s;
}

/* Reads a whole part with these handlers. *ret_found false when the workbook has no such part. */
static bool read_part(SheetXlsx *x, Str part, void (*start)(void *, const char *, const char **),
                      void (*end)(void *, const char *), void (*text)(void *, const char *, size_t),
                      bool *ret_found)
{
    SheetXml xml = {.reader = x->reader,
                    .zip = x->zip,
                    .part = str_z(&x->reader->own, part),
                    .start = start,
                    .end = end,
                    .text = text,
                    .user = x,
                    .unpacked_total = &x->unpacked};
    if (!sheet_xml_open(&xml, ret_found))
        return false;
    if (!*ret_found)
        return true;
    bool fine = sheet_xml_run(&xml);
    sheet_xml_close(&xml);
    return fine;
}

/* ---- relationships ---- */

/* "worksheets/sheet1.xml", "../xl/a.xml" or "/xl/a.xml", seen from the folder, as a name in the
 * zip. */
static Str resolve(SheetXlsx *x, Str target)
{
    Str folder = x->folder;
    if (str_starts(target, S("/")))
        return str_copy(&x->reader->own, str_slice(target, 1, target.len));
    while (str_starts(target, S("../")) || str_starts(target, S("./"))) {
        if (target.data[1] == '.' && folder.len > 0) {
            Str last = after_last(str_slice(folder, 0, folder.len - 1), '/');
            folder.len = folder.len > last.len ? folder.len - last.len - 1 : 0;
        }
        target = str_slice(target, target.data[1] == '.' ? 3 : 2, target.len);
    }
    return str_format(&x->reader->own, "%.*s%.*s", STR_ARG(folder), STR_ARG(target));
}

static void on_relation(void *user, const char *name, const char **attributes)
{
    SheetXlsx *x = user;
    const char *id = sheet_xml_attribute(attributes, "Id");
    const char *type = sheet_xml_attribute(attributes, "Type");
    const char *target = sheet_xml_attribute(attributes, "Target");
    if (strcmp(name, "Relationship") != 0 || !id || !type || !target)
        return;
    if (x->relation_count == RELATIONS_MAX) {
        sheet_fail_limit(x->reader, "sheet.too_many_parts", RELATIONS_MAX);
        return;
    }
    x->relations[x->relation_count++] = (Relation){.id = keep(x, id),
                                                   .type = after_last(keep(x, type), '/'),
                                                   .part = resolve(x, keep(x, target))};
}

static bool read_relations(SheetXlsx *x, Str part, Str folder)
{
    bool found;
    x->folder = folder;
    x->relation_count = 0;
    return read_part(x, part, on_relation, NULL, NULL, &found);
}

static const Relation *relation_by_id(const SheetXlsx *x, Str id)
{
    for (size_t i = 0; i < x->relation_count; i++)
        if (str_same(x->relations[i].id, id))
            return &x->relations[i];
    return NULL;
}

static Str part_by_type(const SheetXlsx *x, const char *type)
{
    for (size_t i = 0; i < x->relation_count; i++)
        if (str_same_z(x->relations[i].type, type))
            return x->relations[i].part;
    return S("");
}

/* ---- the workbook ---- */

static const char *prefixed_id(const char **attributes)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strchr(attributes[i], ':') && strcmp(sheet_xml_local(attributes[i]), "id") == 0)
            return attributes[i + 1];
    return NULL;
}

static void on_workbook(void *user, const char *name, const char **attributes)
{
    SheetXlsx *x = user;
    if (strcmp(name, "workbookPr") == 0)
        x->from_1904 = is_true(sheet_xml_attribute(attributes, "date1904"));
    const char *id = prefixed_id(attributes);
    if (strcmp(name, "sheet") != 0 || !id)
        return;
    if (x->sheet_count == SHEET_SHEETS_MAX) {
        sheet_fail_limit(x->reader, "sheet.too_many_parts", SHEET_SHEETS_MAX);
        return;
    }
    const char *state = sheet_xml_attribute(attributes, "state");
    x->sheets[x->sheet_count++] = (Sheet){
        .name = keep(x, sheet_xml_attribute(attributes, "name")),
        .relation = keep(x, id),
        .hidden = state && strcmp(state, "visible") != 0,
    };
}

static bool fail_missing(SheetXlsx *x, Str part)
{
    return sheet_fail(x->reader, ERR_INPUT, "sheet.part_missing", part);
}

/* What a zip is that holds no workbook. */
static bool fail_other_zip(SheetXlsx *x)
{
    // clang-format off
    static const struct { const char *part, *kind; } kinds[] = {
        { "word/document.xml",      "Word (.docx)" },
        { "ppt/presentation.xml",   "PowerPoint (.pptx)" },
        { "xl/workbook.bin",        "Excel (.xlsb)" },
        { "META-INF/manifest.xml",  "OpenDocument (.ods)" },
        { "META-INF/MANIFEST.MF",   "Java (.jar)" },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (zip_name_locate(x->zip, kinds[i].part, 0) >= 0)
            return sheet_fail(x->reader, ERR_INPUT, "sheet.not_sheet", str_from(kinds[i].kind));
    return sheet_fail(x->reader, ERR_INPUT, "sheet.not_sheet", S("ZIP"));
}

static bool read_workbook(SheetXlsx *x)
{
    if (!read_relations(x, S("_rels/.rels"), S("")))
        return false;
    Str part = part_by_type(x, "officeDocument");
    if (part.len == 0)
        part = S("xl/workbook.xml");
    bool found = false;
    bool excel =
        !str_starts(part, S("word/")) && !str_starts(part, S("ppt/")) && !str_ends(part, S(".bin"));
    if (excel && !read_part(x, part, on_workbook, NULL, NULL, &found))
        return false;
    if (!found)
        return fail_other_zip(x);
    Str name = after_last(part, '/');
    Str folder = str_slice(part, 0, part.len - name.len);
    return read_relations(
        x, str_format(&x->reader->own, "%.*s_rels/%.*s.rels", STR_ARG(folder), STR_ARG(name)),
        folder);
}

/* Chart sheets go, hidden sheets are counted and go. */
static bool choose_sheets(SheetXlsx *x)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->sheet_count; i++) {
        const Relation *relation = relation_by_id(x, x->sheets[i].relation);
        x->reader->about.hidden_count += x->sheets[i].hidden;
        if (x->sheets[i].hidden || (relation && !str_same_z(relation->type, "worksheet")))
            continue;
        if (!relation)
            return fail_missing(x, x->sheets[i].name);
        x->sheets[kept++] = x->sheets[i];
    }
    x->sheet_count = kept;
    x->reader->about.sheet_count = (int)kept;
    return kept > 0 || sheet_fail(x->reader, ERR_INPUT, "sheet.no_sheet", S(""));
}

/* ---- styles ---- */

static SheetStyle style_of_format(const SheetXlsx *x, i64 id)
{
    for (size_t i = 0; i < x->format_count; i++)
        if (x->formats[i].id == id)
            return x->formats[i].style;
    return sheet_style_builtin(id);
}

static void on_style(void *user, const char *name, const char **attributes)
{
    SheetXlsx *x = user;
    if (strcmp(name, "numFmt") == 0 && x->format_count < FORMATS_MAX) {
        const char *code = sheet_xml_attribute(attributes, "formatCode");
        x->formats[x->format_count++] = (Format){
            .id = number_of(sheet_xml_attribute(attributes, "numFmtId")),
            .style = sheet_style_format(str_from(code)),
        };
    } else if (strcmp(name, "cellXfs") == 0) {
        x->in_cell_formats = true;
    } else if (strcmp(name, "xf") == 0 && x->in_cell_formats && x->style_count < SHEET_STYLES_MAX) {
        i64 id = number_of(sheet_xml_attribute(attributes, "numFmtId"));
        x->styles[x->style_count++] = (u8)style_of_format(x, id);
    }
}

static void on_style_end(void *user, const char *name)
{
    SheetXlsx *x = user;
    if (strcmp(name, "cellXfs") == 0)
        x->in_cell_formats = false;
}

static bool read_styles(SheetXlsx *x)
{
    Str part = part_by_type(x, "styles");
    bool found;
    x->formats = ARENA_NEW(&x->reader->own, Format, FORMATS_MAX);
    x->styles = ARENA_NEW(&x->reader->own, u8, SHEET_STYLES_MAX);
    return part.len == 0 || read_part(x, part, on_style, on_style_end, NULL, &found);
}

/* ---- shared texts ---- */

static void add_text(void *user, const char *data, size_t len)
{
    SheetXlsx *x = user;
    if (!x->collecting)
        return;
    size_t room = SHEET_CELL_BYTES_MAX + 1 - x->text.len; /* One byte too many tells sheet_put. */
    buf_add(&x->text, (Str){data, len < room ? len : room});
}

/* <t> counts outside the reading aids that East Asian texts carry. */
static void on_shared(void *user, const char *name, const char **attributes)
{
    (void)attributes;
    SheetXlsx *x = user;
    if (strcmp(name, "si") == 0)
        x->text.len = 0;
    else if (strcmp(name, "rPh") == 0)
        x->in_phonetic++;
    x->collecting = strcmp(name, "t") == 0 && x->in_phonetic == 0;
}

static char *shared_room(SheetXlsx *x, size_t len)
{
    if (len > SHARED_CHUNK_BYTES / 4)
        return arena_take(&x->reader->own, len);
    if (len > x->chunk_left) {
        x->chunk = arena_take(&x->reader->own, SHARED_CHUNK_BYTES);
        x->chunk_left = SHARED_CHUNK_BYTES;
    }
    char *room = x->chunk;
    x->chunk += len;
    x->chunk_left -= len;
    return room;
}

static void shared_add(SheetXlsx *x)
{
    size_t page = x->shared_count / SHARED_PAGE;
    x->shared_bytes += x->text.len;
    if (x->shared_bytes > SHEET_SHARED_BYTES_MAX || x->shared_count == SHEET_SHARED_MAX) {
        sheet_fail_limit(x->reader, "sheet.shared_too_long", SHEET_SHARED_BYTES_MAX);
        return;
    }
    if (!x->shared[page])
        x->shared[page] = ARENA_NEW(&x->reader->own, Str, SHARED_PAGE);
    char *room = x->text.len ? shared_room(x, x->text.len) : NULL;
    if (room)
        memcpy(room, x->text.data, x->text.len);
    x->shared[page][x->shared_count % SHARED_PAGE] = (Str){room, x->text.len};
    x->shared_count++;
}

static void on_shared_end(void *user, const char *name)
{
    SheetXlsx *x = user;
    x->collecting = false;
    if (strcmp(name, "rPh") == 0)
        x->in_phonetic--;
    else if (strcmp(name, "si") == 0)
        shared_add(x);
}

static bool read_shared(SheetXlsx *x)
{
    Str part = part_by_type(x, "sharedStrings");
    x->shared = ARENA_NEW(&x->reader->own, Str *, SHEET_SHARED_MAX / SHARED_PAGE);
    return part.len == 0 || read_part(x, part, on_shared, on_shared_end, add_text, &x->shared_read);
}

/* ---- cells and rows ---- */

/* Column of a reference like AB12, from 0; the one after the last when there is none. */
static size_t column_of(const char *reference, size_t otherwise)
{
    size_t column = 0;
    if (!reference)
        return otherwise;
    for (; *reference >= 'A' && *reference <= 'Z' && column < 100000; reference++)
        column = column * 26 + (size_t)(*reference - 'A') + 1;
    return column ? column - 1 : otherwise;
}

static CellType type_of(const char *type)
{
    // clang-format off
    static const struct { const char *name; CellType type; } types[] = {
        { "s",         CELL_SHARED },
        { "str",       CELL_TEXT },
        { "inlineStr", CELL_INLINE },
        { "b",         CELL_BOOL },
        { "e",         CELL_ERROR },
        { "d",         CELL_DATE },
    };
    // clang-format on
    for (size_t i = 0; type && i < COUNT(types); i++)
        if (strcmp(type, types[i].name) == 0)
            return types[i].type;
    return CELL_NUMBER;
}

static void start_row(SheetXlsx *x, const char **attributes)
{
    i64 row = number_of(sheet_xml_attribute(attributes, "r"));
    x->row = row > 0 && row <= ROW_MAX ? row : x->row + 1;
    x->in_row = true;
    x->column = 0;
    sheet_row_start(x->reader, x->row);
}

static void start_cell(SheetXlsx *x, const char **attributes)
{
    x->column = column_of(sheet_xml_attribute(attributes, "r"), x->column);
    x->type = type_of(sheet_xml_attribute(attributes, "t"));
    x->style = number_of(sheet_xml_attribute(attributes, "s"));
    x->in_cell = true;
    x->in_inline = x->has_formula = x->has_value = false;
    x->in_phonetic = 0;
    x->text.len = 0;
}

static void on_sheet(void *user, const char *name, const char **attributes)
{
    SheetXlsx *x = user;
    x->collecting = false;
    if (strcmp(name, "row") == 0 && !x->in_row) {
        start_row(x, attributes);
    } else if (strcmp(name, "c") == 0 && x->in_row && !x->in_cell) {
        start_cell(x, attributes);
    } else if (x->in_cell) {
        x->in_inline |= strcmp(name, "is") == 0;
        x->has_formula |= strcmp(name, "f") == 0;
        x->in_phonetic += strcmp(name, "rPh") == 0;
        bool value = strcmp(name, "v") == 0 && !x->in_inline;
        bool text = strcmp(name, "t") == 0 && x->in_inline && x->in_phonetic == 0;
        x->collecting = value || text;
        x->has_value |= value || text;
    }
}

static Str shared_text(SheetXlsx *x, Str number)
{
    i64 at;
    if (x->has_value && str_to_i64(str_trim(number), &at) && at >= 0 && (u64)at < x->shared_count)
        return x->shared[at / SHARED_PAGE][at % SHARED_PAGE];
    if (!x->has_value)
        return S("");
    if (!x->shared_read)
        fail_missing(x, S("sharedStrings.xml"));
    else
        sheet_fail(x->reader, ERR_INPUT, "sheet.damaged", S("sharedStrings.xml"));
    return S("");
}

static void end_cell(SheetXlsx *x)
{
    Arena *rows = x->reader->rows;
    Str text = buf_str(&x->text);
    unsigned flags = x->has_formula && !x->has_value ? SHEET_CELL_UNCALCULATED : 0;
    bool styled = x->style >= 0 && (u64)x->style < x->style_count;
    switch (x->type) {
    case CELL_NUMBER:
        if (text.len)
            text = sheet_number_text(rows, text, styled ? x->styles[x->style] : SHEET_STYLE_PLAIN,
                                     x->from_1904, &flags);
        break;
    case CELL_SHARED:
        text = sheet_text_unescape(rows, shared_text(x, text));
        break;
    case CELL_TEXT:
    case CELL_INLINE:
        text = sheet_text_unescape(rows, text);
        break;
    case CELL_BOOL:
        text = text.len ? (is_true(str_z(rows, str_trim(text))) ? S("TRUE") : S("FALSE")) : text;
        break;
    case CELL_ERROR:
        flags |= SHEET_CELL_ERROR;
        break;
    case CELL_DATE:
        flags |= text.len ? SHEET_CELL_DATE : 0;
        break;
    }
    if (x->reader->fail.code == ERR_OK)
        sheet_put(x->reader, x->column, text, flags);
    x->in_cell = false;
    x->column++;
}

static void on_sheet_end(void *user, const char *name)
{
    SheetXlsx *x = user;
    x->collecting = false;
    if (x->in_cell) {
        x->in_inline &= strcmp(name, "is") != 0;
        x->in_phonetic -= strcmp(name, "rPh") == 0;
        if (strcmp(name, "c") == 0)
            end_cell(x);
    } else if (x->in_row && strcmp(name, "row") == 0) {
        x->in_row = false;
        x->row_done = x->reader->count > 0;
        if (x->row_done)
            sheet_xml_pause(&x->xml);
        else
            arena_rewind(x->reader->rows, x->reader->mark);
    }
}

static bool start_sheet(SheetXlsx *x)
{
    const Sheet *sheet = &x->sheets[x->sheet_next];
    const Relation *relation = relation_by_id(x, sheet->relation);
    bool found;
    x->row = 0;
    x->in_row = x->in_cell = false;
    x->reader->line = 0;
    x->reader->sheet = sheet->name;
    x->xml = (SheetXml){.reader = x->reader,
                        .zip = x->zip,
                        .part = str_z(&x->reader->own, relation->part),
                        .start = on_sheet,
                        .end = on_sheet_end,
                        .text = add_text,
                        .user = x,
                        .unpacked_total = &x->unpacked};
    if (!sheet_xml_open(&x->xml, &found))
        return false;
    return found || fail_missing(x, relation->part);
}

bool sheet_xlsx_next(SheetReader *reader, bool *ret_got)
{
    SheetXlsx *x = reader->xlsx;
    x->row_done = false;
    while (!x->row_done && x->sheet_next < x->sheet_count) {
        if (!x->xml.parser && !start_sheet(x))
            return false;
        if (!sheet_xml_run(&x->xml))
            return false;
        if (!x->row_done) {
            sheet_xml_close(&x->xml);
            x->sheet_next++;
        }
    }
    *ret_got = x->row_done;
    return true;
}

/* ---- the zip ---- */

static u64 little_endian(const u8 *at, size_t bytes)
{
    u64 n = 0;
    for (size_t i = bytes; i > 0; i--)
        n = n << 8 | at[i - 1];
    return n;
}

/* libzip takes memory for as many entries as the end of the file promises, so ask it first. Looks
 * at each end record there may be, of the plain kind and the 64-bit one. */
static bool check_parts(SheetXlsx *x, i64 file_bytes)
{
    enum { TAIL = 65535 + 22 + 20 };
    SheetReader *reader = x->reader;
    char *tail = ARENA_NEW(reader->rows, char, TAIL);
    off_t from = file_bytes > TAIL ? file_bytes - TAIL : 0;
    ssize_t got = pread(reader->fd, tail, TAIL, from);
    if (got < 0)
        return sheet_fail(reader, ERR_IO, "sheet.unreadable", str_from(strerror(errno)));
    bool ended = false;
    for (ssize_t i = 0; i + 20 <= got; i++) {
        const u8 *at = (const u8 *)tail + i;
        u64 parts = 0;
        if (memcmp(at, "PK\5\6", 4) == 0 && i + 22 <= got) {
            parts = little_endian(at + 10, 2);
            parts = parts == 0xffff ? 0 : parts; /* The 64-bit record says it then. */
            ended = true;
        } else if (memcmp(at, "PK\6\7", 4) == 0) {
            u8 record[56];
            off_t where = (off_t)(little_endian(at + 8, 8) & INT64_MAX);
            if (pread(reader->fd, record, sizeof record, where) == sizeof record)
                parts = little_endian(record + 32, 8);
        }
        if (parts > SHEET_PARTS_MAX)
            return sheet_fail_limit(reader, "sheet.too_many_parts", SHEET_PARTS_MAX);
    }
    arena_rewind(reader->rows, reader->mark);
    return ended || sheet_fail(reader, ERR_INPUT, "sheet.truncated", S("ZIP"));
}

static bool open_zip(SheetXlsx *x)
{
    int code = 0;
    int fd = dup(x->reader->fd);
    x->zip = fd < 0 ? NULL : zip_fdopen(fd, 0, &code);
    if (x->zip)
        return true;
    if (fd >= 0)
        close(fd);
    if (code == ZIP_ER_MEMORY || code == ZIP_ER_OPEN || fd < 0)
        return sheet_fail(x->reader, ERR_IO, "sheet.unreadable", S("ZIP"));
    return sheet_fail(x->reader, ERR_INPUT, "sheet.truncated", S("ZIP"));
}

bool sheet_xlsx_open(SheetReader *reader, i64 file_bytes)
{
    SheetXlsx *x = ARENA_NEW(&reader->own, SheetXlsx, 1);
    reader->xlsx = x;
    reader->about.kind = SHEET_XLSX;
    reader->about.encoding = "UTF-8";
    x->reader = reader;
    x->text = buf_new(&reader->own);
    x->relations = ARENA_NEW(&reader->own, Relation, RELATIONS_MAX);
    x->sheets = ARENA_NEW(&reader->own, Sheet, SHEET_SHEETS_MAX);
    return check_parts(x, file_bytes) && open_zip(x) && read_workbook(x) && choose_sheets(x) &&
           read_styles(x) && read_shared(x);
}

void sheet_xlsx_close(SheetXlsx *x)
{
    sheet_xml_close(&x->xml);
    if (x->zip)
        zip_discard(x->zip);
    x->zip = NULL;
}
