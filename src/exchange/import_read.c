/* Reading: the preview of a file, and one row as a patent. Pure but for the file itself. */
#include "exchange/import_int.h"

#include "store/files.h"

#include <string.h>

size_t import_fields(Arena *arena, SheetField **ret)
{
    SheetField *fields = ARENA_NEW(arena, SheetField, patent_type.count);
    size_t count = 0;
    for (size_t i = 0; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        if (!(field->flags & IMPORTED))
            continue;
        Str all = str_format(arena, "%s|%s|%s", field->zh, field->en, field->headers);
        fields[count++] = (SheetField){field->name, str_z(arena, all)};
    }
    *ret = fields;
    return count;
}

Str import_files_root(Cx *cx)
{
    return str_format(cx->arena, "%.*s/files", STR_ARG(house_of(cx)->data_folder));
}

enum { PREVIEW_ROWS = SHEET_HEAD_ROWS_MAX + IMPORT_SAMPLES };

static Err read_first_rows(Cx *cx, SheetReader *reader, Preview *ret)
{
    ret->rows = ARENA_NEW(cx->arena, SheetRow, PREVIEW_ROWS);
    Err e = ERR_OK;
    bool got = true;
    while (!e && got && ret->row_count < PREVIEW_ROWS) {
        SheetRow row;
        e = sheet_next(cx, reader, &row, &got);
        if (!e && got)
            ret->rows[ret->row_count++] = sheet_row_copy(cx->arena, &row);
    }
    /* What was read can be shown; a fault further on is met again, and told, by the import. */
    if (e && ret->row_count) {
        err_clear(cx);
        e = ERR_OK;
    }
    return e;
}

Err import_preview(Cx *cx, Str file_hash, Preview *ret)
{
    char *path;
    Arena rows = {0};
    SheetReader *reader = NULL;
    Preview preview = {0};
    Err e = files_path(cx, import_files_root(cx), file_hash, &path);
    if (!e)
        e = sheet_open(cx, path, &rows, &reader);
    if (!e)
        e = read_first_rows(cx, reader, &preview);
    sheet_done(reader);
    arena_done(&rows);
    if (e)
        return e;
    SheetField *fields;
    size_t count = import_fields(cx->arena, &fields);
    size_t look = preview.row_count < SHEET_HEAD_ROWS_MAX ? preview.row_count : SHEET_HEAD_ROWS_MAX;
    preview.has_head = sheet_head_find(cx->arena, preview.rows, look, fields, count, &preview.head);
    if (preview.has_head)
        preview.sheet = preview.rows[preview.head.row].sheet;
    *ret = preview;
    return ERR_OK;
}

/* The keys of JSON lines stand on the line of the first object. */
bool import_is_data(const Preview *preview, const SheetRow *row)
{
    if (row->is_keys || !str_same(row->sheet, preview->sheet))
        return false;
    return row->line > preview->head.line || preview->rows[preview->head.row].is_keys;
}

void import_mapping_read(Str mapping, Mapping *ret)
{
    *ret = (Mapping){0};
    Str rest = mapping, name;
    while (ret->count < SHEET_COLUMNS_MAX && str_split(&rest, ',', &name)) {
        const Field *field = fields_find(patent_type.fields, patent_type.count, str_trim(name));
        ret->fields[ret->count++] = field && (field->flags & IMPORTED) ? field : NULL;
    }
}

static bool row_is(const Field *field, const char *name)
{
    return strcmp(field->name, name) == 0;
}

static Err read_number(Cx *cx, Str text, i64 today_date, Patent *patent)
{
    AppNo appno;
    Err e = id_appno_read(cx, "appno", text, (int)(today_date / 10000), &appno);
    if (e)
        return e;
    patent->appno = appno.text;
    if (!patent->kind.len)
        patent->kind = str_from(id_patent_type_name(appno.type));
    return ERR_OK;
}

static Err read_pubno(Cx *cx, Str text, Patent *patent)
{
    DocNo docno;
    Err e = id_docno_read(cx, "pubno", text, &docno);
    if (e)
        return e;
    patent->pubno = docno.text;
    patent->pub_key = str_slice(docno.text, 0, docno.text.len - docno.kind.len);
    if (!patent->kind.len)
        patent->kind = str_from(id_patent_type_name(docno.type));
    return ERR_OK;
}

static Err read_list(Cx *cx, const Field *field, Str text, Patent *patent)
{
    Str *parts;
    size_t count;
    Err e = row_is(field, "ipc") ? id_class_list_read(cx, field->name, text, &parts, &count)
                                 : id_names_read(cx, field->name, text, &parts, &count);
    if (!e)
        field_set_str(field, patent, str_join(cx->arena, parts, count, S(";")));
    return e;
}

static Err read_kind(Cx *cx, const Field *field, Str text, Patent *patent)
{
    static const char *const words[][2] = {
        {"发明", "INV"},      {"实用新型", "UM"}, {"外观", "DES"},   {"新型", "UM"},
        {"invention", "INV"}, {"utility", "UM"},  {"design", "DES"},
    };
    if (field_read(cx, field, text, patent) == ERR_OK)
        return ERR_OK;
    Str key = fold_key(cx->arena, text);
    for (size_t i = 0; i < COUNT(words); i++) {
        if (!str_has(key, str_from(words[i][0])))
            continue;
        err_clear(cx);
        patent->kind = str_from(words[i][1]);
        return ERR_OK;
    }
    return ERR_INPUT;
}

static Err read_cell(Cx *cx, const Field *field, Str text, u8 flags, i64 today_date, Patent *patent)
{
    i64 date;
    if (flags & SHEET_CELL_ERROR)
        return err_set_arg(cx, ERR_INPUT, field->name, "import.cell_error", text);
    if (row_is(field, "appno"))
        return read_number(cx, text, today_date, patent);
    if (row_is(field, "pubno"))
        return read_pubno(cx, text, patent);
    if (field->kind == F_DATE) {
        Err e = id_date_read(cx, field->name, text, DATE_OR_SERIAL, &date);
        if (!e)
            field_set_int(field, patent, date);
        return e;
    }
    if (field->kind == F_LIST)
        return read_list(cx, field, text, patent);
    if (row_is(field, "kind"))
        return read_kind(cx, field, text, patent);
    return field_read(cx, field, text, patent);
}

static Err fault(RowFault *ret, Cx *cx, int column)
{
    ErrInfo found = cx->err_count ? cx->errs[0] : cx->err;
    *ret = (RowFault){.why = found.key,
                      .arg = str_copy(cx->arena, found.args[0]),
                      .arg2 = str_copy(cx->arena, found.args[1]),
                      .column = column};
    err_clear(cx);
    return ERR_INPUT;
}

int import_column_of(const Mapping *mapping, Str name)
{
    for (size_t i = 0; i < mapping->count; i++)
        if (mapping->fields[i] && str_same_z(name, mapping->fields[i]->name))
            return (int)i;
    return -1;
}

/* What holds between the fields of one row. */
static Err check_whole(Cx *cx, const Mapping *mapping, i64 today_date, Patent *patent,
                       RowFault *ret)
{
    Err e = fields_check(cx, patent_type.fields, patent_type.count, patent, CHECK_SUBMIT);
    if (e) {
        Str field = cx->errs[0].field;
        return fault(ret, cx, import_column_of(mapping, field));
    }
    const struct {
        bool wrong;
        const char *why, *field;
    } rules[] = {
        {!patent->appno.len && !patent->pub_key.len, "import.no_number", "appno"},
        {patent->filed_date > today_date, "import.date_future", "filed_date"},
        {patent->granted_date && patent->granted_date < patent->filed_date,
         "import.granted_before_filed", "granted_date"},
        {patent->published_date && patent->published_date < patent->filed_date,
         "import.published_before_filed", "published_date"},
    };
    for (size_t i = 0; i < COUNT(rules); i++) {
        if (!rules[i].wrong)
            continue;
        *ret = (RowFault){.why = rules[i].why,
                          .column = import_column_of(mapping, str_from(rules[i].field))};
        return ERR_INPUT;
    }
    return ERR_OK;
}

static PatentType type_of(Str kind)
{
    return str_same(kind, S("INV"))   ? PATENT_INV
           : str_same(kind, S("UM"))  ? PATENT_UM
           : str_same(kind, S("DES")) ? PATENT_DES
                                      : PATENT_NONE;
}

Err import_read_row(Cx *cx, const Mapping *mapping, const SheetRow *row, i64 today_date,
                    Patent *ret, RowFault *ret_fault, bool *ret_lost, int *ret_lost_column)
{
    Patent patent = {0};
    *ret_lost = false;
    for (size_t i = 0; i < row->count && i < mapping->count; i++) {
        const Field *field = mapping->fields[i];
        Str text = str_trim(row->cells[i]);
        if (!field || !text.len)
            continue;
        bool number = row_is(field, "appno") || row_is(field, "pubno");
        if (number && ((row->flags[i] & SHEET_CELL_LOST) || sheet_number_lost(text))) {
            *ret_lost =
                true; /* Reported, never guessed; the row stands if another number names it. */
            *ret_lost_column = (int)i;
            continue;
        }
        if (read_cell(cx, field, text, row->flags[i], today_date, &patent) != ERR_OK)
            return fault(ret_fault, cx, (int)i);
    }
    if (*ret_lost && !patent.appno.len && !patent.pub_key.len) {
        *ret_fault = (RowFault){.why = "import.number_lost", .column = *ret_lost_column};
        return ERR_INPUT;
    }
    Err e = check_whole(cx, mapping, today_date, &patent, ret_fault);
    if (e)
        return e;
    patent.expiry_date = id_expiry_date(type_of(patent.kind), patent.filed_date);
    *ret = patent;
    return ERR_OK;
}
