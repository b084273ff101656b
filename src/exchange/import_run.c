/* The work of an import: reading on a worker, writing in batches, and taking it all back. */
#include "exchange/import_int.h"

#include "command/settings.h"
#include "store/files.h"

#include <string.h>

typedef struct Line {
    Patent patent;
    SheetRow row;
    RowFault fault;
    bool bad;
    bool lost;
    int lost_column;
    u64 later; /* Fields that a later line about the same patent gives. */
} Line;

typedef struct Batch {
    Cx *cx;
    Import *import; /* Counts are taken over only when the batch is kept. */
    Import next;
    Line *lines;
    size_t count;
    const SheetHead *head;
    const Mapping *mapping;
} Batch;

static Str row_json(Cx *cx, const SheetRow *row)
{
    Val *list = val_list(cx->arena);
    Buf out = buf_new(cx->arena);
    for (size_t i = 0; i < row->count; i++)
        val_push(cx->arena, list, val_str(cx->arena, row->cells[i]));
    val_write_json(&out, list);
    return buf_str(&out);
}

static Err keep_reject(Cx *cx, const Batch *batch, const Line *line, RowFault fault, bool taken)
{
    ImportReject reject = {
        .import_id = batch->import->id,
        .line = line->row.line,
        .why = str_from(fault.why),
        .arg = utf8_head(fault.arg.data ? fault.arg : S(""), TEXT_LEN_MAX),
        .arg2 = utf8_head(fault.arg2.data ? fault.arg2 : S(""), TEXT_LEN_MAX),
        .cells = row_json(cx, &line->row),
        .taken = taken,
    };
    if (fault.column >= 0 && (size_t)fault.column < batch->head->column_count)
        reject.column_title = utf8_head(batch->head->columns[fault.column].title, TEXT_LEN_MAX);
    if (fault.column >= 0 && (size_t)fault.column < line->row.count)
        reject.value = utf8_head(line->row.cells[fault.column], TEXT_LEN_MAX);
    return fact_create(cx, &import_reject_type, &reject,
                       (FactNote){.kind = taken ? "import.warned" : "import.rejected",
                                  .amount = line->row.line,
                                  .code = fault.why,
                                  .other_id = batch->import->id});
}

static Str patent_json(Cx *cx, const Patent *patent)
{
    Val *map = val_map(cx->arena);
    Buf out = buf_new(cx->arena);
    for (size_t i = 4; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        if (field_is_text(field))
            val_set_str(cx->arena, map, field->name, field_str(field, patent));
        else
            val_set_int(cx->arena, map, field->name, field_int(field, patent));
    }
    val_write_json(&out, map);
    return buf_str(&out);
}

static Err keep_line(Cx *cx, Batch *batch, const Line *line)
{
    Import *next = &batch->next;
    PatentSaved saved;
    Patent before;
    i64 id;
    next->rows_read++;
    if (line->bad) {
        next->rejected++;
        return keep_reject(cx, batch, line, line->fault, false);
    }
    Patent given = line->patent;
    given.org_id = next->org_id;
    given.import_id = next->id;
    Err e = patent_save(cx, &given, line->later, &saved, &id, &before);
    if (e == ERR_CONFLICT) { /* Nothing was written: the row goes back with the reason. */
        RowFault fault = {.why = cx->err.key,
                          .arg = cx->err.args[0],
                          .column = import_column_of(batch->mapping, cx->err.field)};
        err_clear(cx);
        next->rejected++;
        return keep_reject(cx, batch, line, fault, false);
    }
    if (e)
        return e;
    next->imported += saved == PATENT_MADE;
    next->updated += saved == PATENT_UPDATED;
    next->unchanged += saved == PATENT_SAME;
    if (saved == PATENT_UPDATED) {
        ImportChange change = {
            .import_id = next->id, .patent_id = id, .before = patent_json(cx, &before)};
        e = fact_create(cx, &import_change_type, &change,
                        (FactNote){.kind = "import.changed", .other_id = next->id});
    }
    if (!e && line->lost) {
        next->warned++;
        e = keep_reject(cx, batch, line,
                        (RowFault){.why = "import.number_lost_warn", .column = line->lost_column},
                        true);
    }
    return e;
}

/* Who imports for another must still be allowed to: asked in the transaction of every batch. */
static Err still_acting(Cx *cx, const Import *import)
{
    const HouseHooks *hooks = &house_of(cx)->hooks;
    if (!import->for_id || !hooks->acting)
        return ERR_OK;
    Err e = hooks->acting(cx, import->account_id, import->for_id, S("import"));
    if (e != ERR_DENIED)
        return e;
    err_clear(cx);
    return err_set(cx, ERR_DENIED, NULL, "import.delegation_over");
}

static Err keep_batch(Cx *cx, void *arg)
{
    Batch *batch = arg;
    cx->doing = "import.work";
    batch->next = *batch->import;
    Err held = still_acting(cx, batch->import);
    if (held)
        return held;
    for (size_t i = 0; i < batch->count; i++) {
        Err e = keep_line(cx, batch, &batch->lines[i]);
        if (e)
            return e;
    }
    return fact_change(cx, &import_type, &batch->next,
                       (FactNote){.kind = "import.progress", .amount = batch->next.rows_read});
}

/* Writes the batch and takes over its counts; its memory is given back. */
static Err flush(Cx *cx, Batch *batch)
{
    if (!batch->count)
        return ERR_OK;
    Err e = writer_run(house_of(cx)->writer, cx, keep_batch, batch);
    if (!e)
        *batch->import = batch->next;
    batch->count = 0;
    return e;
}

static void read_line(Cx *cx, const Mapping *mapping, const SheetRow *row, i64 today_date,
                      Line *ret)
{
    *ret = (Line){0};
    Err e = import_read_row(cx, mapping, row, today_date, &ret->patent, &ret->fault, &ret->lost,
                            &ret->lost_column);
    ret->bad = e != ERR_OK;
    ret->row = sheet_row_copy(cx->arena, row); /* The writer may refuse it yet. */
    if (ret->bad)
        return;
    /* Texts may still point into the sheet's row, which the next one overwrites. */
    for (size_t i = 0; i < patent_type.count; i++)
        if (field_is_text(&patent_type.fields[i]))
            field_set_str(&patent_type.fields[i], &ret->patent,
                          str_copy(cx->arena, field_str(&patent_type.fields[i], &ret->patent)));
}

typedef struct Reading {
    Cx *cx;
    Arena rows;
    Arena batch_arena;
    Mapping mapping;
    Preview preview;
    Scan scan;
    i64 today_date;
    Batch batch;
    void (*progress)(void *, i64);
    void *context;
} Reading;

static Err add_line(Reading *reading, const SheetRow *row, u64 later)
{
    Cx *cx = reading->cx;
    Batch *batch = &reading->batch;
    size_t most = (size_t)house_of(cx)->settings->import_batch_rows;
    Arena *own = cx->arena;
    Err e = ERR_OK;
    cx->arena = &reading->batch_arena;
    if (!batch->lines)
        batch->lines = ARENA_NEW(cx->arena, Line, most);
    Line *line = &batch->lines[batch->count++];
    read_line(cx, &reading->mapping, row, reading->today_date, line);
    line->later = later;
    if (batch->count == most) {
        e = flush(cx, batch);
        batch->lines = NULL;
        arena_reset(&reading->batch_arena);
        if (!e && reading->progress)
            reading->progress(reading->context, batch->import->rows_read);
    }
    cx->arena = own;
    return e;
}

static Err run_rows(Reading *reading)
{
    Cx *cx = reading->cx;
    Scan *scan = &reading->scan;
    size_t skip = (size_t)reading->batch.import->rows_read; /* They are written already. */
    Arena *own = cx->arena;
    Err e = ERR_OK;
    arena_take(&reading->rows, 1); /* So that going back keeps the first chunk. */
    for (bool got = true; !e && got;) {
        SheetRow row;
        ArenaMark mark = arena_mark(&reading->rows);
        e = scan_next(cx, scan, &reading->rows, &row, &got);
        if (!e && got && scan->at > skip)
            e = add_line(reading, &row, scan->later[scan->at - 1]);
        arena_rewind(&reading->rows, mark);
    }
    if (e)
        return e;
    cx->arena = &reading->batch_arena;
    e = flush(cx, &reading->batch);
    cx->arena = own;
    if (!e && scan->fault.code) { /* What was read before a fault is kept. */
        cx->err = scan->fault;
        e = scan->fault.code;
    }
    return e;
}

static Err finish(Cx *cx, void *arg)
{
    Import *import = arg;
    i64 to;
    bool failed = import->why.len > 0;
    cx->doing = "import.work";
    if (str_same(import->why, S("import.delegation_over"))) /* He stops it in nobody's name. */
        cx->actor.for_id = 0;
    Err e = flow_step(cx, &import_flow, import->state, failed ? "fail" : "finish", WHO_CLOCK,
                      import, &to);
    if (e)
        return e;
    import->state = to;
    return fact_change(cx, &import_type, import,
                       (FactNote){.kind = failed ? "import.failed" : "import.finished",
                                  .amount = import->rows_read});
}

Err import_run(Cx *cx, Import *import, void (*progress)(void *, i64), void *context)
{
    Reading reading = {
        .cx = cx,
        .today_date = time_date(clock_now_ms(cx->clock)),
        .progress = progress,
        .context = context,
        .batch = {.cx = cx, .import = import},
    };
    char *path;
    Err e = import_preview(cx, import->file_hash, &reading.preview);
    if (!e)
        e = files_path(cx, import_files_root(cx), import->file_hash, &path);
    import_mapping_read(import->mapping, &reading.mapping);
    if (!e)
        e = import_scan(cx, path, &reading.preview, &reading.mapping, reading.today_date,
                        &reading.scan);
    if (!e) {
        reading.batch.head = &reading.preview.head;
        reading.batch.mapping = &reading.mapping;
        e = run_rows(&reading);
    }
    i64 rows = (i64)reading.scan.count;
    scan_done(&reading.scan);
    if (e == ERR_DENIED) {
        import->why = str_from(cx->err.key);
        import->rows_left = rows - import->rows_read;
        err_clear(cx);
        e = ERR_OK;
    }
    if (e == ERR_INPUT || e == ERR_LIMIT || e == ERR_MISSING || e == ERR_IO) {
        i64 line = 0;
        import->why = str_from(cx->err.key);
        if (str_to_i64(cx->err.args[0], &line))
            import->why_line = line;
        err_clear(cx);
        e = ERR_OK;
    }
    if (!e)
        e = writer_run(house_of(cx)->writer, cx, finish, import);
    arena_done(&reading.rows);
    arena_done(&reading.batch_arena);
    return e;
}

/* ---- Undo ---- */

enum { UNDO_BATCH = 200 };

typedef struct Undo {
    const Import *import;
    Import next;     /* With what the batch kept; taken over only when the batch is written. */
    i64 after;       /* Rows made by the import that are dealt with, up to this number. */
    i64 batch_after; /* The same when the batch is written. */
    i64 done;        /* Rows of this batch. */
} Undo;

static Err load_ids(Cx *cx, const char *sql, i64 import_id, i64 after, i64 *ids, size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows, sql, BIND_INT(import_id), BIND_INT(after), BIND_INT(UNDO_BATCH));
    if (e)
        return e;
    while (count < UNDO_BATCH && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    *ret_count = count;
    return rows_end(&rows);
}

/* Whether something stands on the patent as the import left it. Asked in the transaction that would
 * take it back: the undo was allowed a while ago, and anybody may have listed it since. */
static Err stands(Cx *cx, i64 import_id, i64 patent_id, i64 change_id, bool *ret)
{
    i64 later = 0;
    bool used = false;
    Err e = patent_used(cx, patent_id, &used);
    if (!e)
        e = DB_INT(
            cx, &later, 0,
            "SELECT COUNT(*) FROM import_change WHERE patent_id = ?1 AND import_id <> ?2 AND "
            "id > ?3",
            BIND_INT(patent_id), BIND_INT(import_id), BIND_INT(change_id));
    *ret = used || later > 0;
    return e;
}

static Err restore(Cx *cx, const ImportChange *change, Patent *patent)
{
    Str why;
    const Val *map = val_read_json(cx->arena, change->before, &why);
    for (size_t i = 4; i < patent_type.count; i++) {
        const Field *field = &patent_type.fields[i];
        if (field_is_text(field))
            field_set_str(field, patent, val_get_str(map, field->name));
        else
            field_set_int(field, patent, val_get_int(map, field->name));
    }
    return fact_change(cx, &patent_type, patent,
                       (FactNote){.kind = "patent.restored", .other_id = change->import_id});
}

/* One update goes back, or stands from now on as if it had been made by hand. A patent that the
 * import has made itself is counted when its row is left. */
static Err undo_change(Cx *cx, Undo *undo, i64 change_id)
{
    ImportChange change = {0};
    Patent patent = {0};
    bool kept = false;
    i64 more = 0;
    Err e = record_load(cx, &import_change_type, change_id, &change);
    if (!e)
        e = record_load(cx, &patent_type, change.patent_id, &patent);
    if (!e)
        e = stands(cx, change.import_id, patent.id, change.id, &kept);
    if (!e && !kept)
        e = restore(cx, &change, &patent);
    if (!e)
        e = fact_remove(cx, &import_change_type, change.id,
                        (FactNote){.kind = kept ? "import.change_kept" : "import.change_undone",
                                   .other_id = change.import_id});
    if (!e && kept)
        e = DB_INT(cx, &more, 0,
                   "SELECT COUNT(*) FROM import_change WHERE patent_id = ?1 AND import_id = ?2",
                   BIND_INT(patent.id), BIND_INT(change.import_id));
    undo->next.kept += !e && kept && !more && patent.import_id != change.import_id;
    return e;
}

static Err undo_made(Cx *cx, i64 import_id, i64 patent_id)
{
    bool kept = false;
    Err e = stands(cx, import_id, patent_id, 0, &kept);
    if (e || kept)
        return e;
    return fact_remove(cx, &patent_type, patent_id,
                       (FactNote){.kind = "patent.removed", .other_id = import_id});
}

/* Updates first, the newest of them first; then the patents that the import has made. */
static Err undo_batch(Cx *cx, void *arg)
{
    Undo *undo = arg;
    i64 ids[UNDO_BATCH], id = undo->import->id;
    size_t count;
    undo->next = *undo->import;
    undo->batch_after = undo->after;
    cx->doing = "import.work";
    Err e = load_ids(
        cx,
        "SELECT id FROM import_change WHERE import_id = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3",
        id, 0, ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = undo_change(cx, undo, ids[i]);
    if (!e && undo->next.kept > undo->import->kept)
        e = fact_change(cx, &import_type, &undo->next,
                        (FactNote){.kind = "import.kept", .amount = undo->next.kept});
    undo->done = e ? 0 : (i64)count;
    if (e || count)
        return e;
    e = load_ids(cx, "SELECT id FROM patent WHERE import_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
                 id, undo->after, ids, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = undo_made(cx, id, ids[i]);
    if (!e && count)
        undo->batch_after = ids[count - 1];
    undo->done = e ? 0 : (i64)count;
    return e;
}

/* The patents left of those that it made are counted here, once, however often the work stopped. */
static Err unmade(Cx *cx, void *arg)
{
    Import next = *(Import *)arg;
    i64 to, left = 0;
    cx->doing = "import.work";
    Err e = flow_step(cx, &import_flow, next.state, "unmade", WHO_CLOCK, &next, &to);
    if (!e)
        e = DB_INT(cx, &left, 0, "SELECT COUNT(*) FROM patent WHERE import_id = ?1",
                   BIND_INT(next.id));
    if (e)
        return e;
    next.state = to;
    next.kept += left;
    return fact_change(cx, &import_type, &next,
                       (FactNote){.kind = "import.undone", .amount = next.kept});
}

Err import_unmake(Cx *cx, Import *import)
{
    Undo undo = {.import = import};
    Err e;
    do {
        ArenaMark mark = arena_mark(cx->arena);
        e = writer_run(house_of(cx)->writer, cx, undo_batch, &undo);
        if (!e) {
            *import = undo.next;
            undo.after = undo.batch_after;
        }
        arena_rewind(cx->arena, mark);
    } while (!e && undo.done);
    return e ? e : writer_run(house_of(cx)->writer, cx, unmade, import);
}

Err import_work(Cx *cx, i64 import_id, void (*progress)(void *context, i64 rows), void *context)
{
    Import import = {0};
    Err e = record_load(cx, &import_type, import_id, &import);
    if (e)
        return e;
    Actor own = cx->actor; /* What is done is done for the person who asked for it. */
    cx->actor = (Actor){.account_id = import.account_id,
                        .for_id = import.for_id,
                        .org_id = import.org_id,
                        .roles = WHO_CLOCK,
                        .via = cx->actor.via};
    if (import.state == IMPORT_RUNNING)
        e = import_run(cx, &import, progress, context);
    else if (import.state == IMPORT_UNDOING)
        e = import_unmake(cx, &import);
    cx->actor = own;
    return e;
}

Err import_waiting(Cx *cx, i64 *ret_id)
{
    return DB_INT(cx, ret_id, 0,
                  "SELECT id FROM import WHERE state IN (?1, ?2) ORDER BY id LIMIT 1",
                  BIND_INT(IMPORT_RUNNING), BIND_INT(IMPORT_UNDOING));
}
