/* The commands of an import, and what its pages show. */
#include "exchange/import_int.h"

#include "exchange/sheet_out.h"

#include <string.h>

typedef struct Uploaded {
    Str file_hash;
    Str name;
    i64 org_id; /* The local operator imports for any unit; others for their own. */
    /* Made by prepare: */
    Import import;
} Uploaded;

static const Field uploaded_fields[] = {
    {AT(Uploaded, file_hash), F_TEXT, "文件", "File", REQUIRED, SEE_PUBLIC, NULL, .max = 64},
    {AT(Uploaded, name), F_TEXT, "文件名", "File name", 0, SEE_PUBLIC, NULL,
     .max = IMPORT_NAME_MAX},
    {AT(Uploaded, org_id), F_REF, "单位", "Organisation", 0, SEE_PUBLIC, NULL},
};

/* The titles as one key: a remembered mapping fits only the same header. */
static Str header_key(Cx *cx, const SheetHead *head)
{
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < head->column_count; i++) {
        buf_add(&out, sheet_head_key(cx->arena, head->columns[i].title));
        buf_char(&out, '|');
    }
    return buf_str(&out);
}

static Str found_mapping(Cx *cx, const SheetHead *head)
{
    SheetField *fields;
    Buf out = buf_new(cx->arena);
    import_fields(cx->arena, &fields);
    for (size_t i = 0; i < head->column_count; i++) {
        if (i)
            buf_char(&out, ',');
        if (head->columns[i].field >= 0)
            buf_z(&out, fields[head->columns[i].field].name);
    }
    return buf_str(&out);
}

static Str titles_json(Cx *cx, const SheetHead *head)
{
    Val *list = val_list(cx->arena);
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < head->column_count; i++)
        val_push(cx->arena, list, val_str(cx->arena, head->columns[i].title));
    val_write_json(&out, list);
    return buf_str(&out);
}

static Err remembered(Cx *cx, i64 org_id, Str key, ImportMap *ret, bool *ret_found)
{
    Err e = RECORD_FIND(cx, &import_map_type, ret,
                        "WHERE org_id = ?1 AND header_key = ?2 ORDER BY id DESC LIMIT 1",
                        BIND_INT(org_id), BIND_STR(key));
    *ret_found = e == ERR_OK;
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    return ERR_OK;
}

static Err upload_prepare(Cx *cx, void *arg)
{
    Uploaded *in = arg;
    Preview preview;
    ImportMap map = {0};
    bool known;
    bool local = cx->actor.via == VIA_LOCAL && in->org_id;
    if (in->org_id && in->org_id != cx->actor.org_id && !local)
        return err_set(cx, ERR_DENIED, "org_id", "import.not_your_unit");
    i64 org_id = local ? in->org_id : cx->actor.org_id;
    if (!org_id)
        return err_set(cx, ERR_INPUT, "org_id", "import.no_unit");
    Err e = import_preview(cx, in->file_hash, &preview);
    if (e && str_same(cx->err.field, S("hash"))) /* As the store calls it. */
        cx->err.field = S("file_hash");
    if (e)
        return e;
    if (!preview.has_head)
        return err_set(cx, ERR_INPUT, "file", "import.no_header");
    e = remembered(cx, org_id, header_key(cx, &preview.head), &map, &known);
    in->import = (Import){
        .org_id = org_id,
        .account_id = cx->actor.account_id,
        .for_id = cx->actor.for_id,
        .name = in->name,
        .file_hash = in->file_hash,
        .kind = S("patent"),
        .sheet = preview.sheet,
        .header_line = preview.head.line,
        .columns = titles_json(cx, &preview.head),
        .mapping = known ? map.mapping : found_mapping(cx, &preview.head),
        .state = IMPORT_UPLOADED,
    };
    return e;
}

Err import_hand_over(Cx *cx, i64 from_id, i64 to_id, i64 *ret_count)
{
    *ret_count = 0;
    for (;;) {
        Import import = {0};
        Err e = RECORD_FIND(cx, &import_type, &import,
                            "WHERE account_id = ?1 AND state = ?2 ORDER BY id LIMIT 1",
                            BIND_INT(from_id), BIND_INT(IMPORT_UPLOADED));
        if (e == ERR_MISSING) {
            err_clear(cx);
            return ERR_OK;
        }
        import.account_id = to_id;
        if (!e)
            e = fact_change(cx, &import_type, &import,
                            (FactNote){.kind = "import.handed_over", .other_id = to_id});
        if (e)
            return e;
        ++*ret_count;
    }
}

static Err reply_id(Cx *cx, i64 id, Val **ret)
{
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "id", id);
    return ERR_OK;
}

static Err upload_run(Cx *cx, const void *arg, Val **ret)
{
    Import import = ((const Uploaded *)arg)->import;
    Err e = fact_create(cx, &import_type, &import, (FactNote){.kind = "import.uploaded"});
    return e ? e : reply_id(cx, import.id, ret);
}

typedef struct IdIn {
    i64 id;
} IdIn;

static const Field id_fields[] = {
    {AT(IdIn, id), F_REF, "编号", "No.", REQUIRED, SEE_PUBLIC, NULL},
};

static Err load_own(Cx *cx, i64 id, Import *ret)
{
    Err e = record_load(cx, &import_type, id, ret);
    if (!e && !(who_of(cx, ret->org_id, false) & (WHO_OWNER | WHO_OPERATOR | WHO_LOCAL)))
        return err_set_arg(cx, ERR_MISSING, NULL, "record.missing", str_from(import_type.zh));
    return e;
}

/* ---- import.map ---- */

typedef struct MapIn {
    i64 id;
    Str mapping; /* F_LIST: "0=title;3=appno"; a column not named is not taken. */
} MapIn;

static const Field map_in_fields[] = {
    {AT(MapIn, id), F_REF, "导入", "Import", REQUIRED, SEE_PUBLIC, NULL},
    {AT(MapIn, mapping), F_LIST, "对应关系", "Mapping", REQUIRED, SEE_PUBLIC, NULL},
};

/* Reads "3=appno" into names[3]. */
static Err map_pair(Cx *cx, Str pair, const char **names, size_t count)
{
    i64 column;
    size_t at = str_find(pair, S("="));
    Str name = str_trim(str_slice(pair, at + 1, pair.len));
    if (!str_to_i64(str_trim(str_slice(pair, 0, at)), &column) || column < 0 ||
        (size_t)column >= count)
        return err_set_arg(cx, ERR_INPUT, "mapping", "import.no_such_column", pair);
    if (!name.len)
        return ERR_OK;
    const Field *field = fields_find(patent_type.fields, patent_type.count, name);
    if (!field || !(field->flags & IMPORTED))
        return err_set_arg(cx, ERR_INPUT, "mapping", "import.no_such_field", name);
    for (size_t i = 0; i < count; i++)
        if (names[i] && strcmp(names[i], field->name) == 0)
            return err_set_arg(cx, ERR_INPUT, "mapping", "import.field_twice",
                               str_from(field_label(field, cx->lang)));
    names[column] = field->name;
    return ERR_OK;
}

static Err read_mapping(Cx *cx, const Import *import, Str text, Str *ret)
{
    Str why, rest = text, pair;
    size_t count = val_count(val_read_json(cx->arena, import->columns, &why));
    const char **names = ARENA_NEW(cx->arena, const char *, count + 1);
    while (str_split(&rest, ';', &pair)) {
        Err e = map_pair(cx, str_trim(pair), names, count);
        if (e)
            return e;
    }
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "%s%s", i ? "," : "", names[i] ? names[i] : "");
    *ret = buf_str(&out);
    return ERR_OK;
}

/* The unit's files of this header are mapped so from now on. */
static Err remember(Cx *cx, const Import *import)
{
    Str why;
    Val *titles = val_read_json(cx->arena, import->columns, &why);
    Buf key = buf_new(cx->arena);
    for (size_t i = 0; i < val_count(titles); i++) {
        buf_add(&key, sheet_head_key(cx->arena, val_at(titles, i)->s));
        buf_char(&key, '|');
    }
    ImportMap map = {0};
    bool known;
    Err e = remembered(cx, import->org_id, buf_str(&key), &map, &known);
    if (e)
        return e;
    map.org_id = import->org_id;
    map.header_key = buf_str(&key);
    map.mapping = import->mapping;
    FactNote note = {.kind = "import.map_kept", .other_id = import->id};
    return known ? fact_change(cx, &import_map_type, &map, note)
                 : fact_create(cx, &import_map_type, &map, note);
}

static Err map_run(Cx *cx, const void *arg, Val **ret)
{
    const MapIn *in = arg;
    Import import = {0};
    Err e = load_own(cx, in->id, &import);
    if (!e && import.state != IMPORT_UPLOADED)
        e = err_set(cx, ERR_STATE, NULL, "import.begun");
    if (!e)
        e = read_mapping(cx, &import, in->mapping, &import.mapping);
    if (!e)
        e = fact_change(cx, &import_type, &import, (FactNote){.kind = "import.mapped"});
    if (!e)
        e = remember(cx, &import);
    return e ? e : reply_id(cx, import.id, ret);
}

/* ---- import.start, import.undo ---- */

static Err move(Cx *cx, Import *import, const char *action, const char *kind)
{
    i64 to;
    Err e = flow_step(cx, &import_flow, import->state, action, who_of(cx, import->org_id, false),
                      import, &to);
    if (e)
        return e;
    import->state = to;
    return fact_change(cx, &import_type, import, (FactNote){.kind = kind});
}

static Err start_run(Cx *cx, const void *arg, Val **ret)
{
    Import import = {0};
    Err e = load_own(cx, ((const IdIn *)arg)->id, &import);
    bool number = str_has(import.mapping, S("appno")) || str_has(import.mapping, S("pubno"));
    if (!e && (!number || !str_has(import.mapping, S("title"))))
        e = err_set(cx, ERR_INPUT, "mapping", "import.columns_missing");
    if (cx->actor.account_id) { /* Whoever starts it answers for it, not who sent the file. */
        import.account_id = cx->actor.account_id;
        import.for_id = cx->actor.for_id;
    }
    if (!e)
        e = move(cx, &import, "start", "import.started");
    return e ? e : reply_id(cx, import.id, ret);
}

static Err undo_run(Cx *cx, const void *arg, Val **ret)
{
    Import import = {0};
    i64 used = 0, later = 0, id = ((const IdIn *)arg)->id;
    Err e = load_own(cx, id, &import);
    if (!e)
        e = DB_INT(cx, &used, 0,
                   "SELECT COUNT(*) FROM listing WHERE patent_id IN "
                   "(SELECT id FROM patent WHERE import_id = ?1 UNION SELECT patent_id FROM "
                   "import_change WHERE import_id = ?1)",
                   BIND_INT(id));
    if (!e)
        e = DB_INT(cx, &later, 0,
                   "SELECT COUNT(*) FROM (SELECT l.patent_id FROM patent p JOIN import_change l ON "
                   "l.patent_id = p.id AND l.import_id <> ?1 WHERE p.import_id = ?1 UNION "
                   "SELECT l.patent_id FROM import_change c JOIN import_change l ON l.patent_id = "
                   "c.patent_id AND l.import_id <> ?1 AND l.id > c.id WHERE c.import_id = ?1) x",
                   BIND_INT(id));
    if (!e && used)
        e = err_set_arg(cx, ERR_STATE, NULL, "import.used",
                        str_format(cx->arena, "%lld", (long long)used));
    if (!e && later)
        e = err_set_arg(cx, ERR_STATE, NULL, "import.changed_later",
                        str_format(cx->arena, "%lld", (long long)later));
    if (!e)
        e = move(cx, &import, "undo", "import.undo");
    return e ? e : reply_id(cx, id, ret);
}

static Err step_of_clock_run(Cx *cx, const void *arg, Val **ret)
{
    (void)arg;
    (void)ret;
    return err_set(cx, ERR_STATE, NULL, "import.by_itself");
}

/* ---- import.show, import.list ---- */

static Val *fields_val(Cx *cx)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        if (!(field->flags & IMPORTED))
            continue;
        Val *row = val_map(cx->arena);
        val_set_z(cx->arena, row, "name", field->name);
        val_set_z(cx->arena, row, "label", field_label(field, cx->lang));
        val_push(cx->arena, list, row);
    }
    return list;
}

static Val *options_val(Cx *cx, size_t column, const Field *chosen)
{
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        if (!(field->flags & IMPORTED))
            continue;
        Val *row = val_map(cx->arena);
        val_set_str(cx->arena, row, "code", str_format(cx->arena, "%zu=%s", column, field->name));
        val_set_z(cx->arena, row, "name", field->name);
        val_set_z(cx->arena, row, "label", field_label(field, cx->lang));
        val_set_bool(cx->arena, row, "chosen", field == chosen);
        val_push(cx->arena, list, row);
    }
    return list;
}

static Val *columns_val(Cx *cx, const Preview *preview, const Mapping *mapping)
{
    Val *list = val_list(cx->arena);
    size_t first = preview->head.row + 1;
    for (size_t i = 0; i < preview->head.column_count; i++) {
        Val *row = val_map(cx->arena), *samples = val_list(cx->arena);
        const Field *field = i < mapping->count ? mapping->fields[i] : NULL;
        val_set_int(cx->arena, row, "index", (i64)i);
        val_set_str(cx->arena, row, "header", preview->head.columns[i].title);
        val_set_z(cx->arena, row, "field", field ? field->name : "");
        val_set_z(cx->arena, row, "label", field ? field_label(field, cx->lang) : "");
        val_set_bool(cx->arena, row, "sure", preview->head.columns[i].match == SHEET_MATCH_EXACT);
        val_set(cx->arena, row, "options", options_val(cx, i, field));
        for (size_t r = first; r < preview->row_count && r < first + IMPORT_SAMPLES; r++)
            val_push(cx->arena, samples,
                     val_str(cx->arena, i < preview->rows[r].count
                                            ? utf8_head(preview->rows[r].cells[i], 60)
                                            : S("")));
        val_set(cx->arena, row, "samples", samples);
        val_push(cx->arena, list, row);
    }
    return list;
}

static Val *first_rows_val(Cx *cx, const Preview *preview)
{
    Val *list = val_list(cx->arena);
    for (size_t r = preview->head.row + 1;
         r < preview->row_count && val_count(list) < IMPORT_SAMPLES; r++) {
        Val *cells = val_list(cx->arena);
        for (size_t i = 0; i < preview->head.column_count; i++)
            val_push(cx->arena, cells,
                     val_str(cx->arena, i < preview->rows[r].count
                                            ? utf8_head(preview->rows[r].cells[i], 60)
                                            : S("")));
        val_push(cx->arena, list, cells);
    }
    return list;
}

static void add_words(Cx *cx, Val *row, const ImportReject *reject)
{
    const Str args[] = {reject->arg, reject->arg2};
    char *why = str_z(cx->arena, reject->why);
    char *mend = str_z(cx->arena, str_format(cx->arena, "%s.mend", why));
    val_set_str(cx->arena, row, "why", text_say(cx->arena, cx->lang, why, args, COUNT(args)));
    val_set_str(cx->arena, row, "mend",
                text_find(cx->lang, mend) ? text_say(cx->arena, cx->lang, mend, args, COUNT(args))
                                          : S(""));
}

static Err rejects_val(Cx *cx, i64 import_id, Val **ret)
{
    Rows rows;
    Val *list = val_list(cx->arena);
    Err e = RECORD_QUERY(cx, &import_reject_type, &rows,
                         "WHERE import_id = ?1 ORDER BY taken, id LIMIT ?2", BIND_INT(import_id),
                         BIND_INT(IMPORT_REJECTS_SHOWN));
    if (e)
        return e;
    while (rows_next(&rows)) {
        ImportReject reject = {0};
        record_read_row(cx, &import_reject_type, &rows, &reject);
        Val *row = val_map(cx->arena);
        val_set_int(cx->arena, row, "line", reject.line);
        val_set_str(cx->arena, row, "column", reject.column_title);
        val_set_str(cx->arena, row, "value", reject.value);
        val_set_bool(cx->arena, row, "taken", reject.taken != 0);
        add_words(cx, row, &reject);
        val_push(cx->arena, list, row);
    }
    *ret = list;
    return rows_end(&rows);
}

static Err show_run(Cx *cx, const void *arg, Val **ret)
{
    Import import = {0};
    Val *rejects, *history;
    Err e = load_own(cx, ((const IdIn *)arg)->id, &import);
    if (!e)
        e = rejects_val(cx, import.id, &rejects);
    if (!e)
        e = history_val(cx, &import_type, import.id, &history);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    Val *row = record_val(cx, &import_type, &import, see_level(cx, import.org_id, false));
    if (import.why.len)
        val_set_str(cx->arena, row, "why_text",
                    text_say(cx->arena, cx->lang, str_z(cx->arena, import.why),
                             (Str[]){str_format(cx->arena, "%lld", (long long)import.why_line),
                                     str_format(cx->arena, "%lld", (long long)import.rows_left)},
                             2));
    val_set(cx->arena, map, "import", row);
    if (import.state == IMPORT_UPLOADED) {
        Preview preview;
        Mapping mapping;
        e = import_preview(cx, import.file_hash, &preview);
        if (e)
            return e;
        import_mapping_read(import.mapping, &mapping);
        val_set(cx->arena, map, "columns", columns_val(cx, &preview, &mapping));
        val_set(cx->arena, map, "rows", first_rows_val(cx, &preview));
        val_set(cx->arena, map, "fields", fields_val(cx));
    }
    val_set(cx->arena, map, "rejects", rejects);
    val_set_bool(cx->arena, map, "working",
                 import.state == IMPORT_RUNNING || import.state == IMPORT_UNDOING);
    val_set_bool(cx->arena, map, "uploaded", import.state == IMPORT_UPLOADED);
    val_set_bool(cx->arena, map, "finished", import.state == IMPORT_DONE);
    val_set(cx->arena, map, "acts",
            flow_acts(cx, &import_flow, import.state, who_of(cx, import.org_id, false)));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &import_flow, import.state));
    val_set(cx->arena, map, "history", val_list(cx->arena));
    *ret = map;
    return ERR_OK;
}

typedef struct PageIn {
    i64 page;
} PageIn;

static const Field page_fields[] = {
    {AT(PageIn, page), F_INT, "页", "Page", 0, SEE_PUBLIC, NULL},
};

#define IMPORTS_SEEN(own) "WHERE ?1 = 0 OR org_id " own
#define IMPORTS_ONE       IMPORTS_SEEN("= ?1")
#define IMPORTS_HOUSE     IMPORTS_SEEN("IN " ORG_HOUSE("?1"))
#define IMPORTS_PAGE      " ORDER BY id DESC LIMIT ?2 OFFSET ?3"

static Err list_run(Cx *cx, const void *arg, Val **ret)
{
    bool house = false;
    i64 page = page_number(((const PageIn *)arg)->page), total = 0;
    i64 org_id = cx->actor.via == VIA_LOCAL && !cx->actor.org_id ? 0 : cx->actor.org_id;
    const Bind binds[] = {BIND_INT(org_id), BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE)};
    Err e = org_has_below(cx, org_id, &house);
    if (!e)
        e = db_int(cx,
                   house ? "SELECT COUNT(*) FROM import " IMPORTS_HOUSE
                         : "SELECT COUNT(*) FROM import " IMPORTS_ONE,
                   binds, 1, 0, &total);
    if (e)
        return e;
    Rows rows;
    Val *items = val_list(cx->arena);
    e = record_query(cx, &import_type, &rows,
                     house ? IMPORTS_HOUSE IMPORTS_PAGE : IMPORTS_ONE IMPORTS_PAGE, binds, 3);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Import row = {0};
        record_read_row(cx, &import_type, &rows, &row);
        val_push(cx->arena, items,
                 record_val(cx, &import_type, &row, see_level(cx, row.org_id, false)));
    }
    *ret = list_val(cx, items, total, page, PAGE_SIZE);
    return rows_end(&rows);
}

/* ---- rejects as a spreadsheet ---- */

static size_t reject_columns(Cx *cx, const Import *import, SheetOutColumn **ret)
{
    Str why;
    Val *titles = val_read_json(cx->arena, import->columns, &why);
    size_t count = val_count(titles);
    SheetOutColumn *columns = ARENA_NEW(cx->arena, SheetOutColumn, count + 2);
    for (size_t i = 0; i < count; i++)
        columns[i].title = val_at(titles, i)->s;
    columns[count] = (SheetOutColumn){str_from(text_find(cx->lang, "import.out_line")), 10};
    columns[count + 1] = (SheetOutColumn){str_from(text_find(cx->lang, "import.out_why")), 60};
    *ret = columns;
    return count + 2;
}

static Err write_reject(Cx *cx, SheetOut *out, size_t column_count, const ImportReject *reject)
{
    Str why;
    Val *cells = val_read_json(cx->arena, reject->cells, &why), *words = val_map(cx->arena);
    Str *row = ARENA_NEW(cx->arena, Str, column_count);
    for (size_t i = 0; i < column_count; i++)
        row[i] = i < column_count - 2 && i < val_count(cells) ? val_at(cells, i)->s : S("");
    add_words(cx, words, reject);
    row[column_count - 2] = str_format(cx->arena, "%lld", (long long)reject->line);
    row[column_count - 1] =
        str_format(cx->arena, "%.*s: %.*s %.*s", STR_ARG(reject->column_title),
                   STR_ARG(val_get_str(words, "why")), STR_ARG(val_get_str(words, "mend")));
    return sheet_out_row(cx, out, row, column_count);
}

Err import_rejects_write(Cx *cx, i64 import_id, bool taken, const char *path, i64 *ret_count)
{
    Import import = {0};
    SheetOutColumn *columns;
    SheetOut *out;
    Rows rows;
    i64 written = 0;
    Err e = load_own(cx, import_id, &import);
    if (e)
        return e;
    size_t count = reject_columns(cx, &import, &columns);
    e = sheet_out_open(cx, path, SHEET_OUT_XLSX, taken ? S("warned") : S("rejected"), columns,
                       count, &out);
    if (e)
        return e;
    e = RECORD_QUERY(cx, &import_reject_type, &rows,
                     "WHERE import_id = ?1 AND taken = ?2 ORDER BY id", BIND_INT(import_id),
                     BIND_INT(taken));
    while (!e && rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        ImportReject reject = {0};
        record_read_row(cx, &import_reject_type, &rows, &reject);
        e = write_reject(cx, out, count, &reject);
        written += e == ERR_OK;
        arena_rewind(cx->arena, mark);
    }
    Err end = rows_end(&rows), done = sheet_out_done(cx, out, NULL);
    *ret_count = written;
    return e ? e : end ? end : done;
}

// clang-format off
#define IMPORTERS (WHO_OFFICE | WHO_INVENTOR | WHO_LOCAL)

static const Op ops[] = {
    {"import.upload", "上传表格", "Upload",   OP_WRITE, 0, IMPORTERS, OP_IN(Uploaded, uploaded_fields), upload_prepare, upload_run, NULL, "The file itself goes to /api/v1/file first, which replies its hash."},
    {"import.map",    "确认对应", "Map columns", OP_WRITE, 0, IMPORTERS, OP_IN(MapIn, map_in_fields), NULL, map_run, NULL, NULL},
    {"import.start",  "开始导入", "Start",    OP_WRITE, 0, IMPORTERS, OP_IN(IdIn, id_fields), NULL, start_run, NULL, NULL},
    {"import.undo",   "撤销导入", "Undo",     OP_WRITE, OP_DANGER, IMPORTERS, OP_IN(IdIn, id_fields), NULL, undo_run, NULL, NULL},
    {"import.show",   "导入详情", "Import",   OP_READ,  0, IMPORTERS, OP_IN(IdIn, id_fields), NULL, show_run, NULL, NULL},
    {"import.list",   "导入记录", "Imports",  OP_READ,  0, IMPORTERS, OP_IN(PageIn, page_fields), NULL, list_run, NULL, NULL},
    {"import.finish", "完成",     "Finish",   OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdIn, id_fields), NULL, step_of_clock_run, NULL, NULL},
    {"import.fail",   "中止",     "Fail",     OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdIn, id_fields), NULL, step_of_clock_run, NULL, NULL},
    {"import.unmade", "撤销完成", "Unmade",   OP_WRITE, OP_LOCAL_ONLY, WHO_CLOCK, OP_IN(IdIn, id_fields), NULL, step_of_clock_run, NULL, NULL},
};
// clang-format on

static const RecordType *const types[] = {&import_type, &import_reject_type, &import_change_type,
                                          &import_map_type};
static const Flow *const flows[] = {&import_flow};

const Room exchange_room = {
    .name = "exchange",
    .types = types,
    .type_count = COUNT(types),
    .flows = flows,
    .flow_count = COUNT(flows),
    .ops = ops,
    .op_count = COUNT(ops),
};
