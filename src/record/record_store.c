/* The SQL that follows from a record's table: one statement of each kind, made once and kept. */
#include "record/record.h"

#include <pthread.h>
#include <stdatomic.h>

static void columns(Buf *sql, const RecordType *type)
{
    for (size_t i = 0; i < type->count; i++)
        buf_format(sql, "%s%s", i ? ", " : "", type->fields[i].name);
}

static void binds_of(const RecordType *type, const void *record, Bind *binds)
{
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        binds[i] = field_is_text(field) ? BIND_STR(field_str(field, record))
                                        : BIND_INT(field_int(field, record));
    }
}

/* The statements of a type are made once: a small table of them, found by type, kind and tail. A
 * slot taken by another key is no loss, the statement is then made anew. */
typedef enum SqlKind { SQL_INSERT, SQL_UPDATE, SQL_SELECT } SqlKind;

typedef struct Made {
    const RecordType *type;
    const char *tail;
    SqlKind kind;
    const char *sql;
} Made;

enum { MADE_SLOTS = 1024 };

static struct {
    pthread_mutex_t mutex;
    Arena arena;
    _Atomic(const Made *) slots[MADE_SLOTS];
} made = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t made_slot(const RecordType *type, const char *tail, SqlKind kind)
{
    u64 key = (u64)(uintptr_t)type * 31 + (u64)(uintptr_t)tail * 7 + (u64)kind;
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 54);
}

static const char *made_find(const RecordType *type, const char *tail, SqlKind kind)
{
    const Made *row = atomic_load(&made.slots[made_slot(type, tail, kind)]);
    return row && row->type == type && row->tail == tail && row->kind == kind ? row->sql : NULL;
}

/* `tail` is a literal, or kept: it is compared by its place. */
static const char *made_keep(const RecordType *type, const char *tail, SqlKind kind, Str text)
{
    const char *sql = db_keep(text);
    _Atomic(const Made *) *slot = &made.slots[made_slot(type, tail, kind)];
    pthread_mutex_lock(&made.mutex);
    if (!atomic_load(slot)) {
        Made *row = ARENA_NEW(&made.arena, Made, 1);
        *row = (Made){type, tail, kind, sql};
        atomic_store(slot, row);
    }
    pthread_mutex_unlock(&made.mutex);
    return sql;
}

static const char *insert_sql(Arena *arena, const RecordType *type)
{
    const char *kept = made_find(type, NULL, SQL_INSERT);
    if (kept)
        return kept;
    Buf sql = buf_new(arena);
    buf_format(&sql, "INSERT INTO %s (", type->name);
    columns(&sql, type);
    buf_z(&sql, ") VALUES (");
    for (size_t i = 0; i < type->count; i++)
        buf_format(&sql, "%s?%zu", i ? ", " : "", i + 1);
    buf_char(&sql, ')');
    return made_keep(type, NULL, SQL_INSERT, buf_str(&sql));
}

static const char *update_sql(Arena *arena, const RecordType *type)
{
    const char *kept = made_find(type, NULL, SQL_UPDATE);
    if (kept)
        return kept;
    Buf sql = buf_new(arena);
    buf_format(&sql, "UPDATE %s SET ", type->name);
    for (size_t i = 1; i < type->count; i++)
        buf_format(&sql, "%s%s = ?%zu", i > 1 ? ", " : "", type->fields[i].name, i + 1);
    buf_z(&sql, " WHERE id = ?1");
    return made_keep(type, NULL, SQL_UPDATE, buf_str(&sql));
}

static Str select_text(Arena *arena, const RecordType *type, const char *tail)
{
    Buf sql = buf_new(arena);
    buf_z(&sql, "SELECT ");
    columns(&sql, type);
    buf_format(&sql, " FROM %s t %s", type->name, tail);
    return buf_str(&sql);
}

static const char *select_sql(Arena *arena, const RecordType *type, const char *tail)
{
    const char *kept = made_find(type, tail, SQL_SELECT);
    return kept ? kept : made_keep(type, tail, SQL_SELECT, select_text(arena, type, tail));
}

const char *record_select(Cx *cx, const RecordType *type, const char *tail)
{
    return db_keep(select_text(cx->arena, type, tail));
}

Err record_insert(Cx *cx, const RecordType *type, void *record)
{
    assert(cx->in_write);
    Bind binds[FIELDS_MAX];
    binds_of(type, record, binds);
    return db_exec(cx, insert_sql(cx->arena, type), binds, type->count);
}

Err record_update(Cx *cx, const RecordType *type, void *record)
{
    assert(cx->in_write);
    const Field *id = &type->fields[0], *rev = &type->fields[1];
    i64 stored = 0;
    Str sql = str_format(cx->arena, "SELECT rev FROM %s WHERE id = ?1", type->name);
    Err e = DB_INT(cx, &stored, -1, db_keep(sql), BIND_INT(field_int(id, record)));
    if (e)
        return e;
    if (stored < 0)
        return err_set(cx, ERR_MISSING, NULL, "record.missing");
    if (stored != field_int(rev, record))
        return err_set(cx, ERR_CONFLICT, NULL, "record.moved");
    Bind binds[FIELDS_MAX];
    binds_of(type, record, binds);
    binds[1] = BIND_INT(stored + 1);
    e = db_exec(cx, update_sql(cx->arena, type), binds, type->count);
    if (!e)
        field_set_int(rev, record, stored + 1);
    return e;
}

Err record_delete(Cx *cx, const RecordType *type, i64 id)
{
    assert(cx->in_write);
    Str sql = str_format(cx->arena, "DELETE FROM %s WHERE id = ?1", type->name);
    return DB_EXEC(cx, db_keep(sql), BIND_INT(id));
}

void record_read_row(Cx *cx, const RecordType *type, Rows *rows, void *ret_record)
{
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        if (field_is_text(field))
            field_set_str(field, ret_record, str_copy(cx->arena, rows_str(rows, (int)i)));
        else
            field_set_int(field, ret_record, rows_int(rows, (int)i));
    }
}

Err record_query(Cx *cx, const RecordType *type, Rows *rows, const char *tail, const Bind *binds,
                 size_t count)
{
    return db_query(cx, rows, select_sql(cx->arena, type, tail), binds, count);
}

Err record_find(Cx *cx, const RecordType *type, void *ret_record, const char *tail,
                const Bind *binds, size_t count)
{
    Rows rows;
    Err e = record_query(cx, type, &rows, tail, binds, count);
    if (e)
        return e;
    bool found = rows_next(&rows);
    if (found)
        record_read_row(cx, type, &rows, ret_record);
    e = rows_end(&rows);
    if (e)
        return e;
    return found ? ERR_OK
                 : err_set_arg(cx, ERR_MISSING, NULL, "record.missing",
                               str_from(cx->lang == LANG_EN ? type->en : type->zh));
}

Err record_load(Cx *cx, const RecordType *type, i64 id, void *ret_record)
{
    return RECORD_FIND(cx, type, ret_record, "WHERE id = ?1", BIND_INT(id));
}

bool record_ids_bind(const i64 *ids, size_t count, Bind binds[RECORD_IDS_MAX])
{
    bool any = false;
    for (size_t i = 0; i < RECORD_IDS_MAX; i++) {
        i64 id = i < count ? ids[i] : 0;
        binds[i] = BIND_INT(id ? id : -1);
        any |= id != 0;
    }
    return any;
}

/* As record_load_all, of at most RECORD_IDS_MAX ids. */
static Err load_some(Cx *cx, const RecordType *type, const i64 *ids, size_t count, char *records)
{
    Rows rows;
    Bind binds[RECORD_IDS_MAX];
    if (!record_ids_bind(ids, count, binds))
        return ERR_OK;
    Err e = record_query(cx, type, &rows, "WHERE id IN (" RECORD_IDS ")", binds, RECORD_IDS_MAX);
    if (e)
        return e;
    while (rows_next(&rows)) {
        i64 id = rows_int(&rows, 0);
        for (size_t i = 0; i < count; i++)
            if (ids[i] == id)
                record_read_row(cx, type, &rows, records + i * type->size);
    }
    return rows_end(&rows);
}

Err record_load_all(Cx *cx, const RecordType *type, const i64 *ids, size_t count, void *ret_records)
{
    Err e = ERR_OK;
    for (size_t first = 0; !e && first < count; first += RECORD_IDS_MAX) {
        size_t some = count - first < RECORD_IDS_MAX ? count - first : RECORD_IDS_MAX;
        e = load_some(cx, type, ids + first, some, (char *)ret_records + first * type->size);
    }
    return e;
}

static const char *column_type(const Field *field)
{
    return field_is_text(field) ? "TEXT NOT NULL DEFAULT ''" : "INTEGER NOT NULL DEFAULT 0";
}

static Err create_table(Cx *cx, const RecordType *type)
{
    Buf sql = buf_new(cx->arena);
    buf_format(&sql, "CREATE TABLE %s (", type->name);
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        buf_format(&sql, "%s%s %s", i ? ", " : "", field->name,
                   i == 0 ? "INTEGER PRIMARY KEY" : column_type(field));
    }
    buf_z(&sql, ") STRICT");
    return db_exec_plain(cx, db_keep(buf_str(&sql)));
}

static bool has_column(const Str *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_same_z(names[i], name))
            return true;
    return false;
}

static Err add_columns(Cx *cx, const RecordType *type, const Str *names, size_t count)
{
    for (size_t i = 0; i < type->count; i++) {
        if (has_column(names, count, type->fields[i].name))
            continue;
        Str sql = str_format(cx->arena, "ALTER TABLE %s ADD COLUMN %s %s", type->name,
                             type->fields[i].name, column_type(&type->fields[i]));
        Err e = db_exec_plain(cx, db_keep(sql));
        if (e)
            return e;
    }
    return ERR_OK;
}

static Err add_index(Cx *cx, const RecordType *type, const char *kind, Str cols, const char *where)
{
    Buf sql = buf_new(cx->arena);
    buf_format(&sql, "CREATE %sINDEX IF NOT EXISTS ix_%s", kind, type->name);
    Str rest = cols, col;
    while (str_split(&rest, ',', &col))
        buf_format(&sql, "_%.*s", STR_ARG(col));
    buf_format(&sql, " ON %s (%.*s)%s", type->name, STR_ARG(cols), where);
    return db_exec_plain(cx, db_keep(buf_str(&sql)));
}

static Err add_indexes(Cx *cx, const RecordType *type)
{
    for (size_t i = 0; i < type->count; i++) {
        const Field *field = &type->fields[i];
        Str name = str_from(field->name);
        Err e = ERR_OK;
        if (field->flags & UNIQUE) {
            Str where = str_format(cx->arena, " WHERE %s <> %s", field->name,
                                   field_is_text(field) ? "''" : "0");
            e = add_index(cx, type, "UNIQUE ", name, str_z(cx->arena, where));
        } else if (field->flags & INDEXED) {
            e = add_index(cx, type, "", name, "");
        }
        if (e)
            return e;
    }
    Str rest = str_from(type->indexes), cols;
    while (str_split(&rest, '|', &cols)) {
        Err e = add_index(cx, type, "", cols, "");
        if (e)
            return e;
    }
    return ERR_OK;
}

Err record_migrate(Cx *cx, const RecordType *const *types, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Str *names;
        size_t names_count;
        Err e = db_columns(cx, types[i]->name, &names, &names_count);
        if (!e)
            e = names_count ? add_columns(cx, types[i], names, names_count)
                            : create_table(cx, types[i]);
        if (!e)
            e = add_indexes(cx, types[i]);
        if (e)
            return e;
    }
    return ERR_OK;
}

Err record_stored(Cx *cx, const RecordType *type, RecordType *ret)
{
    Str *names;
    size_t names_count;
    Err e = db_columns(cx, type->name, &names, &names_count);
    if (e)
        return e;
    Field *fields = ARENA_NEW(cx->arena, Field, type->count);
    RecordType stored = *type;
    stored.fields = fields;
    stored.count = 0;
    for (size_t i = 0; i < type->count; i++)
        if (has_column(names, names_count, type->fields[i].name))
            fields[stored.count++] = type->fields[i];
    *ret = stored;
    return ERR_OK;
}
