/* Rows out to a file and back, whatever the store. */
#include "fact/fact_int.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The log's own two tables are copied like the records, by name and kind of their columns. */
typedef struct Table {
    const char *name;
    const char *columns[FIELDS_MAX];
    bool text[FIELDS_MAX];
    size_t count;
} Table;

static Table log_table(Arena *arena, const char *name, const char *columns, const char *ints)
{
    Table table = {.name = name};
    Str rest = str_from(columns), column;
    while (str_split(&rest, ',', &column)) {
        char *z = str_z(arena, str_trim(column));
        char *between = str_z(arena, str_format(arena, " %s ", z));
        table.columns[table.count] = z;
        table.text[table.count++] = strstr(ints, between) == NULL;
    }
    return table;
}

static Table record_table(const RecordType *type)
{
    Table table = {.name = type->name, .count = type->count};
    for (size_t i = 0; i < type->count; i++) {
        table.columns[i] = type->fields[i].name;
        table.text[i] = field_is_text(&type->fields[i]);
    }
    return table;
}

/* Tables of the records, those without a column left out, and of the log. */
static size_t all_tables(Arena *arena, const RecordType *const *types, size_t type_count,
                         const char *fact_columns, Table **ret)
{
    Table *tables = ARENA_NEW(arena, Table, type_count + 2);
    size_t count = 0;
    for (size_t i = 0; i < type_count; i++)
        if (types[i]->count)
            tables[count++] = record_table(types[i]);
    tables[count] = log_table(arena, "fact", fact_columns,
                              " seq block row_id actor_id org_id at_ms amount other_id "
                              "for_id ");
    tables[count + 1] =
        log_table(arena, "fact_block", BLOCK_COLUMNS, " block first_seq last_seq at_ms ");
    *ret = tables;
    return count + 2;
}

static Str columns_text(Arena *arena, const Table *table)
{
    Buf out = buf_new(arena);
    for (size_t i = 0; i < table->count; i++)
        buf_format(&out, "%s%s", i ? ", " : "", table->columns[i]);
    return buf_str(&out);
}

static void write_line(FILE *file, Arena *arena, const Val *val)
{
    Buf out = buf_new(arena);
    val_write_json(&out, val);
    buf_char(&out, '\n');
    fwrite(out.data, 1, out.len, file);
}

static Err backup_table(Cx *cx, FILE *file, const Table *table, i64 *rows_done)
{
    Rows rows;
    ArenaMark mark = arena_mark(cx->arena);
    Val *head = val_map(cx->arena), *names = val_list(cx->arena);
    for (size_t i = 0; i < table->count; i++)
        val_push(cx->arena, names, val_z(cx->arena, table->columns[i]));
    val_set_z(cx->arena, head, "table", table->name);
    val_set(cx->arena, head, "columns", names);
    write_line(file, cx->arena, head);
    Str sql = str_format(cx->arena, "SELECT %.*s FROM %s ORDER BY %s",
                         STR_ARG(columns_text(cx->arena, table)), table->name, table->columns[0]);
    Err e = db_query(cx, &rows, db_keep(sql), NULL, 0);
    arena_rewind(cx->arena, mark);
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *line = val_list(cx->arena);
        for (size_t i = 0; i < table->count; i++)
            val_push(cx->arena, line,
                     table->text[i] ? val_str(cx->arena, rows_str_copy(&rows, (int)i))
                                    : val_int(cx->arena, rows_int(&rows, (int)i)));
        write_line(file, cx->arena, line);
        arena_rewind(cx->arena, mark);
        *rows_done += 1;
    }
    return rows_end(&rows);
}

/* What the store has of the types: an older program's tables lack columns. */
static Err stored_tables(Cx *cx, const RecordType *const *types, size_t type_count, Table **ret,
                         size_t *ret_count)
{
    RecordType *stored = ARENA_NEW(cx->arena, RecordType, type_count);
    const RecordType **all = ARENA_NEW(cx->arena, const RecordType *, type_count);
    for (size_t i = 0; i < type_count; i++) {
        Err e = record_stored(cx, types[i], &stored[i]);
        if (e)
            return e;
        all[i] = &stored[i];
    }
    bool has_for = false;
    Err e = fact_has_for(cx, &has_for);
    *ret_count =
        all_tables(cx->arena, all, type_count, has_for ? FACT_COLUMNS : FACT_COLUMNS_OLD, ret);
    return e;
}

Err fact_backup(Cx *cx, const RecordType *const *types, size_t type_count, const char *path,
                i64 *ret_rows)
{
    Table *tables = NULL;
    size_t count = 0;
    FILE *file = fopen(path, "we");
    i64 rows = 0;
    if (!file)
        return err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", str_from(path));
    Err e = db_begin(cx);
    if (!e && strcmp(db_kind(cx->db), "postgresql") == 0)
        e = db_exec_plain(cx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    if (!e)
        e = stored_tables(cx, types, type_count, &tables, &count);
    for (size_t i = 0; !e && i < count; i++)
        e = backup_table(cx, file, &tables[i], &rows);
    db_rollback(cx);
    Val *end = val_map(cx->arena);
    val_set_int(cx->arena, end, "end", rows);
    write_line(file, cx->arena, end);
    bool wrote = fflush(file) == 0 && fsync(fileno(file)) == 0 && !ferror(file);
    fclose(file);
    if (!e && !wrote)
        e = err_set_arg(cx, ERR_IO, NULL, "fact.cannot_write", str_from(path));
    *ret_rows = rows;
    return e;
}

typedef struct Restore {
    Cx *cx;
    const Table *tables;
    size_t table_count;
    const Table *now;
    const char *sql;
    int order[FIELDS_MAX]; /* Column of the table each value belongs to. */
    size_t count;
    i64 line, rows;
    bool ended;
} Restore;

static Err bad_line(Restore *restore)
{
    Cx *cx = restore->cx;
    return err_set_arg(cx, ERR_INPUT, NULL, "fact.bad_backup",
                       str_format(cx->arena, "%lld", (long long)restore->line));
}

static int column_index(const Table *table, Str name)
{
    for (size_t i = 0; i < table->count; i++)
        if (str_same_z(name, table->columns[i]))
            return (int)i;
    return -1;
}

static Err begin_table(Restore *restore, const Val *head)
{
    Cx *cx = restore->cx;
    const Val *names = val_get(head, "columns");
    restore->now = NULL;
    for (size_t i = 0; i < restore->table_count; i++)
        if (str_same_z(val_get_str(head, "table"), restore->tables[i].name))
            restore->now = &restore->tables[i];
    restore->count = val_count(names);
    if (!restore->now || restore->count == 0 || restore->count > FIELDS_MAX)
        return bad_line(restore);
    Buf sql = buf_new(cx->arena);
    buf_format(&sql, "INSERT INTO %s (", restore->now->name);
    for (size_t i = 0; i < restore->count; i++) {
        const Val *name = val_at(names, i);
        restore->order[i] = name->kind == VAL_STR ? column_index(restore->now, name->s) : -1;
        if (restore->order[i] < 0)
            return bad_line(restore);
        buf_format(&sql, "%s%s", i ? ", " : "", restore->now->columns[restore->order[i]]);
    }
    buf_z(&sql, ") VALUES (");
    for (size_t i = 0; i < restore->count; i++)
        buf_format(&sql, "%s?%zu", i ? ", " : "", i + 1);
    buf_char(&sql, ')');
    restore->sql = db_keep(buf_str(&sql));
    return ERR_OK;
}

static Err restore_row(Restore *restore, const Val *row)
{
    Bind binds[FIELDS_MAX];
    if (!restore->now || val_count(row) != restore->count)
        return bad_line(restore);
    for (size_t i = 0; i < restore->count; i++) {
        const Val *val = val_at(row, i);
        bool text = restore->now->text[restore->order[i]];
        if (val->kind != (text ? VAL_STR : VAL_INT))
            return bad_line(restore);
        binds[i] = text ? BIND_STR(val->s) : BIND_INT(val->i);
    }
    restore->rows++;
    return db_exec(restore->cx, restore->sql, binds, restore->count);
}

static Err restore_line(Restore *restore, Str line)
{
    Str why;
    const Val *val = val_read_json(restore->cx->arena, line, &why);
    restore->line++;
    if (!val || restore->ended)
        return bad_line(restore);
    if (val->kind == VAL_LIST)
        return restore_row(restore, val);
    if (val_get(val, "table"))
        return begin_table(restore, val);
    restore->ended = true;
    const Val *end = val_get(val, "end");
    return end && end->kind == VAL_INT && end->i == restore->rows ? ERR_OK : bad_line(restore);
}

/* With its line break; empty at the end of the file. A damaged file may hold any byte. */
static Str read_line(Arena *arena, FILE *file)
{
    Buf out = buf_new(arena);
    for (int c = 0; c != '\n' && (c = getc_unlocked(file)) != EOF;)
        buf_char(&out, (char)c);
    return buf_str(&out);
}

Err fact_restore(Cx *cx, const RecordType *const *types, size_t type_count, const char *path,
                 i64 *ret_rows)
{
    Table *tables;
    Restore restore = {
        .cx = cx, .table_count = all_tables(cx->arena, types, type_count, FACT_COLUMNS, &tables)};
    restore.tables = tables;
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set_arg(cx, ERR_MISSING, NULL, "fact.bad_backup", S("0"));
    Err e = ERR_OK;
    for (bool more = true; !e && more;) {
        ArenaMark mark = arena_mark(cx->arena);
        Str line = read_line(cx->arena, file);
        more = line.len > 0;
        if (more)
            e = restore_line(&restore, line);
        if (!e)
            arena_rewind(cx->arena, mark);
    }
    if (!e && !restore.ended)
        e = bad_line(&restore);
    fclose(file);
    *ret_rows = restore.rows;
    return e;
}
