/* store.c - the db_ calls: checks, then the back end; and statements kept for the process. */
#include "store/store_int.h"

#include <pthread.h>
#include <string.h>

void *db_new(size_t size, const StoreOps *ops, const char *kind, DbMode mode)
{
    assert(size >= sizeof(Db));
    Arena arena = {0};
    Db *db = arena_take(&arena, size);
    *db = (Db){.ops = ops, .kind = kind, .mode = mode, .arena = arena};
    return db;
}

void db_free(Db *db)
{
    Arena arena = db->arena; /* A copy: the struct itself lies in it. */
    arena_done(&arena);
}

Err store_fail(Cx *cx, const Db *db, const char *sql, const char *said)
{
    log_line(LOG_ERROR_LEVEL, "store.failed", "store", db ? db->ops->name : "", "said",
             said ? said : "", "sql", sql ? sql : "", NULL);
    return err_set(cx, ERR_STORE, NULL, "store.failed");
}

/* Remembers a failure, so that the writer sees one that its caller took no notice of. */
static Err noted(Cx *cx, Err e)
{
    if (e == ERR_STORE)
        cx->db->failed = true;
    return e;
}

bool db_failed(const Cx *cx)
{
    return cx->db->failed;
}

Err db_open(Cx *cx, Str url, DbMode mode, Db **ret)
{
    if (str_starts(url, S("postgresql://")) || str_starts(url, S("postgres://")))
        return pg_open(cx, url, mode, ret);
    return sqlite_open(cx, url, mode, ret);
}

void db_close(Db *db)
{
    if (db)
        db->ops->close(db);
}

void db_on_renew(Db *db, Err (*renewed)(Cx *cx, void *context), void *context)
{
    db->renewed = renewed;
    db->renewed_context = context;
}

const char *db_kind(const Db *db)
{
    return db->kind;
}

/* Text that PostgreSQL would refuse is refused for every store, and before it can fail a group. */
static Err binds_check(Cx *cx, const Bind *binds, size_t count)
{
    assert(count <= STORE_BINDS_MAX);
    for (size_t i = 0; i < count; i++) {
        Str s = binds[i].s;
        if (!binds[i].is_text || s.len == 0)
            continue;
        if (memchr(s.data, 0, s.len) || !utf8_valid(s))
            return err_set(cx, ERR_INPUT, NULL, "store.bad_text");
    }
    return ERR_OK;
}

Err db_exec(Cx *cx, const char *sql, const Bind *binds, size_t count)
{
    assert(cx->db);
    Err e = binds_check(cx, binds, count);
    if (e)
        return e;
    return noted(cx, cx->db->ops->exec(cx->db, cx, sql, binds, count));
}

Err db_exec_plain(Cx *cx, const char *sql)
{
    assert(cx->db);
    return noted(cx, cx->db->ops->plain(cx->db, cx, sql));
}

Err db_query(Cx *cx, Rows *rows, const char *sql, const Bind *binds, size_t count)
{
    assert(cx->db);
    *rows = (Rows){.db = cx->db, .cx = cx};
    Err e = binds_check(cx, binds, count);
    if (e == ERR_OK)
        e = noted(cx, cx->db->ops->query(cx->db, cx, sql, binds, count, rows));
    rows->err = e;
    assert((e == ERR_OK) == (rows->statement != NULL));
    return e;
}

static void rows_close(Rows *rows)
{
    if (!rows->statement)
        return;
    rows->db->ops->end(rows->db, rows);
    rows->statement = NULL;
    if (rows->err == ERR_STORE)
        rows->db->failed = true;
}

bool rows_next(Rows *rows)
{
    if (!rows->statement)
        return false;
    if (rows->err == ERR_OK && rows->db->ops->next(rows->db, rows)) {
        rows->row++;
        return true;
    }
    rows_close(rows);
    return false;
}

i64 rows_int(Rows *rows, int column)
{
    assert(rows->statement && rows->row > 0);
    return rows->db->ops->get_int(rows->db, rows, column);
}

Str rows_str(Rows *rows, int column)
{
    assert(rows->statement && rows->row > 0);
    return rows->db->ops->get_str(rows->db, rows, column);
}

Str rows_str_copy(Rows *rows, int column)
{
    return str_copy(rows->cx->arena, rows_str(rows, column));
}

Err rows_end(Rows *rows)
{
    rows_close(rows);
    return rows->err;
}

Err db_int(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 otherwise, i64 *ret)
{
    Rows rows;
    Err e = db_query(cx, &rows, sql, binds, count);
    if (e)
        return e;
    i64 found = otherwise;
    if (rows_next(&rows))
        found = rows_int(&rows, 0);
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = found;
    return ERR_OK;
}

Err db_ids(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 **ret_ids,
           size_t *ret_count)
{
    enum { FIRST = 64 };
    Rows rows;
    i64 *ids = NULL;
    size_t found = 0, cap = 0;
    Err e = db_query(cx, &rows, sql, binds, count);
    if (e)
        return e;
    while (rows_next(&rows)) {
        if (found == cap) {
            size_t more = cap ? cap * 2 : FIRST;
            ids = arena_grow(cx->arena, ids, cap * sizeof *ids, more * sizeof *ids);
            cap = more;
        }
        ids[found++] = rows_int(&rows, 0);
    }
    *ret_ids = ids;
    *ret_count = found;
    return rows_end(&rows);
}

/* Kept statements are the one thing of the process that no request owns: their texts come from the
 * record tables, so there is a bounded number of them, and connections point to them until the end.
 */
typedef struct Kept {
    const char *sql;
    size_t len;
    u64 hash;
    struct Kept *next;
} Kept;

enum { KEPT_HEADS = 1024 };

static struct {
    pthread_mutex_t mutex;
    Arena arena;
    Kept *heads[KEPT_HEADS];
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

u64 sql_hash(const char *sql, size_t len)
{
    u64 hash = len * 0x9e3779b97f4a7c15u;
    for (size_t at = 0; at < len; at += sizeof hash) {
        u64 part = 0;
        size_t left = len - at;
        memcpy(&part, sql + at, left < sizeof part ? left : sizeof part);
        hash = (hash ^ part) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return hash;
}

const char *db_keep(Str sql)
{
    u64 hash = sql_hash(sql.data, sql.len);

    pthread_mutex_lock(&kept.mutex);
    Kept **head = &kept.heads[(hash >> 32 ^ hash) % KEPT_HEADS];
    Kept *item = *head;
    while (item && !(item->hash == hash && str_same((Str){item->sql, item->len}, sql)))
        item = item->next;
    if (!item) {
        item = ARENA_NEW(&kept.arena, Kept, 1);
        *item = (Kept){str_z(&kept.arena, sql), sql.len, hash, *head};
        *head = item;
    }
    const char *found = item->sql;
    pthread_mutex_unlock(&kept.mutex);
    return found;
}

static Err db_step(Cx *cx, TxStep step)
{
    assert(cx->db);
    return noted(cx, cx->db->ops->step(cx->db, cx, step));
}

Err db_begin(Cx *cx)
{
    cx->db->failed = false;
    return db_step(cx, TX_BEGIN);
}

Err db_commit(Cx *cx)
{
    return db_step(cx, TX_COMMIT);
}

void db_rollback(Cx *cx)
{
    if (!db_in_transaction(cx))
        return;
    ErrInfo why = cx->err; /* The error that led here stays the one that is told. */
    (void)!db_step(cx, TX_ROLLBACK);
    cx->err = why;
}

Err db_savepoint(Cx *cx)
{
    return db_step(cx, TX_SAVEPOINT);
}

Err db_release(Cx *cx)
{
    return db_step(cx, TX_RELEASE);
}

Err db_rollback_to(Cx *cx)
{
    return db_step(cx, TX_ROLLBACK_TO);
}

bool db_in_transaction(Cx *cx)
{
    return cx->db->ops->in_transaction(cx->db);
}

Err db_columns(Cx *cx, const char *table, Str **ret_names, size_t *ret_count)
{
    bool sqlite = strcmp(db_kind(cx->db), "sqlite") == 0;
    const char *sql = sqlite ? "SELECT name FROM pragma_table_info(?1) ORDER BY cid"
                             : "SELECT column_name FROM information_schema.columns"
                               " WHERE table_schema = current_schema() AND table_name = ?1"
                               " ORDER BY ordinal_position";
    Rows rows;
    Err e = DB_QUERY(cx, &rows, sql, BIND_STR(str_from(table)));
    if (e)
        return e;
    Str *names = NULL;
    size_t count = 0, cap = 0;
    while (rows_next(&rows)) {
        if (count == cap) {
            size_t more = cap ? cap * 2 : 32;
            names = arena_grow(cx->arena, names, cap * sizeof(Str), more * sizeof(Str));
            cap = more;
        }
        names[count++] = rows_str_copy(&rows, 0);
    }
    e = rows_end(&rows);
    if (e)
        return e;
    *ret_names = names;
    *ret_count = count;
    return ERR_OK;
}
