/* store_sqlite.c - the store in one SQLite file: WAL, every commit synced, small in memory.
 *
 * Settings that make SQLite read SQL the way PostgreSQL does: LIKE minds the case of letters, and
 * "x" is never a text. Tables are STRICT by the DDL of the callers. No memory map: each
 * connection's would count as memory of the process, and an error of the disk would come as a
 * signal.
 */
#include "store/store_int.h"

#include <pthread.h>
#include <sqlite3.h>
#include <string.h>

enum {
    SQLITE_WAIT_MS = 10 * 1000, /* For a lock of another process; the writer is alone. */
    SQLITE_CACHE_WRITE_KIB = 4096,
    SQLITE_CACHE_READ_KIB = 1024,
    SQLITE_WAL_KEEP_BYTES = 64 * 1024 * 1024, /* A longer WAL is cut after a checkpoint. */
};

/* A query being read: a kept statement, or a passing one (item is NULL). */
typedef struct SqliteRun {
    sqlite3_stmt *handle;
    Statement *item;
    struct SqliteRun *next;
} SqliteRun;

typedef struct SqliteDb {
    Db base;
    sqlite3 *handle;
    StatementCache cache;
    SqliteRun *runs_free;
} SqliteDb;

static SqliteDb *sqlite_of(Db *db)
{
    return (SqliteDb *)db;
}

static Err sqlite_fail(Cx *cx, SqliteDb *db, const char *sql)
{
    return store_fail(cx, &db->base, sql, sqlite3_errmsg(db->handle));
}

static void sqlite_release(Db *db, Statement *statement)
{
    (void)db;
    sqlite3_finalize(statement->handle);
}

/* Prepares one statement. SQL that holds a second one is refused: the rest would never run. */
static sqlite3_stmt *sqlite_prepare(Cx *cx, SqliteDb *db, const char *sql, unsigned flags)
{
    sqlite3_stmt *handle = NULL;
    const char *rest = "";
    if (sqlite3_prepare_v3(db->handle, sql, -1, flags, &handle, &rest) != SQLITE_OK) {
        (void)!sqlite_fail(cx, db, sql);
        return NULL;
    }
    if (!handle || rest[strspn(rest, " \t\r\n;")]) {
        sqlite3_finalize(handle);
        (void)!store_fail(cx, &db->base, sql, "not one statement");
        return NULL;
    }
    return handle;
}

/* The kept statement of this text; a passing one while the kept one is being read. NULL: failed. */
static sqlite3_stmt *sqlite_statement(Cx *cx, SqliteDb *db, const char *sql, Statement **ret)
{
    Statement *item = cache_find(&db->cache, sql, NULL);
    if (item && !item->busy) {
        *ret = item;
        return item->handle;
    }
    *ret = NULL;
    sqlite3_stmt *handle = sqlite_prepare(cx, db, sql, item ? 0 : SQLITE_PREPARE_PERSISTENT);
    if (!handle || item)
        return handle;
    *ret = cache_add(&db->cache, sql, NULL, sqlite_release, &db->base);
    if (*ret)
        (*ret)->handle = handle;
    return handle;
}

/* Ready for its next use, or gone when it is a passing one. */
static void sqlite_put_back(sqlite3_stmt *handle, Statement *item)
{
    if (!item) {
        sqlite3_finalize(handle);
        return;
    }
    sqlite3_reset(handle);
    sqlite3_clear_bindings(handle);
    item->busy = false;
}

static Err sqlite_bind(Cx *cx, SqliteDb *db, sqlite3_stmt *handle, const Bind *binds, size_t count,
                       sqlite3_destructor_type keep)
{
    if ((size_t)sqlite3_bind_parameter_count(handle) > count)
        return store_fail(cx, &db->base, sqlite3_sql(handle), "too few values");
    int used = sqlite3_bind_parameter_count(handle);
    for (int i = 0; i < used; i++) {
        const Bind *bind = &binds[i];
        int rc = bind->is_text ? sqlite3_bind_text64(handle, i + 1, bind->s.len ? bind->s.data : "",
                                                     bind->s.len, keep, SQLITE_UTF8)
                               : sqlite3_bind_int64(handle, i + 1, bind->i);
        if (rc != SQLITE_OK)
            return sqlite_fail(cx, db, sqlite3_sql(handle));
    }
    return ERR_OK;
}

static Err sqlite_exec(Db *base, Cx *cx, const char *sql, const Bind *binds, size_t count)
{
    SqliteDb *db = sqlite_of(base);
    Statement *item = NULL;
    sqlite3_stmt *handle = sqlite_statement(cx, db, sql, &item);
    if (!handle)
        return ERR_STORE;
    Err e = sqlite_bind(cx, db, handle, binds, count, SQLITE_STATIC);
    if (e == ERR_OK) {
        int rc;
        do
            rc = sqlite3_step(handle);
        while (rc == SQLITE_ROW);
        if (rc != SQLITE_DONE)
            e = sqlite_fail(cx, db, sql);
    }
    sqlite_put_back(handle, item);
    return e;
}

static Err sqlite_plain(Db *base, Cx *cx, const char *sql)
{
    SqliteDb *db = sqlite_of(base);
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(cx, db, sql);
    return ERR_OK;
}

static Err sqlite_step(Db *base, Cx *cx, TxStep step)
{
    static const char *const sql[] = {
        [TX_BEGIN] = "BEGIN IMMEDIATE", [TX_COMMIT] = "COMMIT",
        [TX_ROLLBACK] = "ROLLBACK",     [TX_SAVEPOINT] = "SAVEPOINT job",
        [TX_RELEASE] = "RELEASE job",   [TX_ROLLBACK_TO] = "ROLLBACK TO job",
    };
    if (step == TX_BEGIN && base->mode == DB_READ)
        return sqlite_exec(base, cx, "BEGIN", NULL, 0);
    Err e = sqlite_exec(base, cx, sql[step], NULL, 0);
    if (e == ERR_OK && step == TX_ROLLBACK_TO)
        e = sqlite_exec(base, cx, sql[TX_RELEASE], NULL, 0);
    return e;
}

static SqliteRun *run_of(const Rows *rows)
{
    return rows->statement;
}

static SqliteRun *run_new(SqliteDb *db)
{
    SqliteRun *run = db->runs_free;
    if (run)
        db->runs_free = run->next;
    else
        run = ARENA_NEW(&db->base.arena, SqliteRun, 1);
    return run;
}

static Err sqlite_query(Db *base, Cx *cx, const char *sql, const Bind *binds, size_t count,
                        Rows *rows)
{
    SqliteDb *db = sqlite_of(base);
    Statement *item = NULL;
    sqlite3_stmt *handle = sqlite_statement(cx, db, sql, &item);
    if (!handle)
        return ERR_STORE;
    Err e = sqlite_bind(cx, db, handle, binds, count, SQLITE_TRANSIENT);
    if (e) {
        sqlite_put_back(handle, item);
        return e;
    }
    if (item)
        item->busy = true;
    SqliteRun *run = run_new(db);
    *run = (SqliteRun){handle, item, NULL};
    rows->statement = run;
    return ERR_OK;
}

static bool sqlite_next(Db *base, Rows *rows)
{
    SqliteDb *db = sqlite_of(base);
    sqlite3_stmt *handle = run_of(rows)->handle;
    int rc = sqlite3_step(handle);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        rows->err = sqlite_fail(rows->cx, db, sqlite3_sql(handle));
    return false;
}

static i64 sqlite_get_int(Db *base, Rows *rows, int column)
{
    (void)base;
    sqlite3_stmt *handle = run_of(rows)->handle;
    assert(column >= 0 && column < sqlite3_column_count(handle));
    return sqlite3_column_int64(handle, column);
}

static Str sqlite_get_str(Db *base, Rows *rows, int column)
{
    (void)base;
    sqlite3_stmt *handle = run_of(rows)->handle;
    assert(column >= 0 && column < sqlite3_column_count(handle));
    const unsigned char *text = sqlite3_column_text(handle, column);
    if (!text)
        return S("");
    return (Str){(const char *)text, (size_t)sqlite3_column_bytes(handle, column)};
}

static void sqlite_end(Db *base, Rows *rows)
{
    SqliteDb *db = sqlite_of(base);
    SqliteRun *run = run_of(rows);
    sqlite_put_back(run->handle, run->item);
    run->next = db->runs_free;
    db->runs_free = run;
}

static bool sqlite_in_transaction(Db *base)
{
    return sqlite3_get_autocommit(sqlite_of(base)->handle) == 0;
}

static void sqlite_close(Db *base)
{
    SqliteDb *db = sqlite_of(base);
    for (size_t i = 0; i < db->cache.count; i++)
        sqlite3_finalize(db->cache.items[i].handle);
    int rc = sqlite3_close_v2(db->handle);
    assert(rc == SQLITE_OK);
    (void)rc;
    db_free(base);
}

static const StoreOps sqlite_ops = {
    .name = "sqlite",
    .exec = sqlite_exec,
    .plain = sqlite_plain,
    .step = sqlite_step,
    .query = sqlite_query,
    .next = sqlite_next,
    .get_int = sqlite_get_int,
    .get_str = sqlite_get_str,
    .end = sqlite_end,
    .in_transaction = sqlite_in_transaction,
    .close = sqlite_close,
};

/* The settings of a connection. WAL stays with the file, so only the writer sets it. */
static Err sqlite_set_up(Cx *cx, SqliteDb *db)
{
    bool write = db->base.mode == DB_WRITE;
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, SQLITE_WAIT_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);

    if (write) {
        Err e = sqlite_plain(&db->base, cx, "PRAGMA journal_mode = WAL");
        if (e)
            return e;
    }
    Str pragmas = str_format(&db->base.arena,
                             "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                             "PRAGMA case_sensitive_like = ON; PRAGMA cache_size = -%d;"
                             "PRAGMA mmap_size = 0; PRAGMA journal_size_limit = %d;%s",
                             write ? SQLITE_CACHE_WRITE_KIB : SQLITE_CACHE_READ_KIB,
                             SQLITE_WAL_KEEP_BYTES, write ? "" : "PRAGMA query_only = ON;");
    return sqlite_plain(&db->base, cx, str_z(&db->base.arena, pragmas));
}

/* SQLite's count of its own memory takes a lock that all connections share; nobody reads it. */
static void sqlite_set_up_process(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

Err sqlite_open(Cx *cx, Str path, DbMode mode, Db **ret)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, sqlite_set_up_process);
    SqliteDb *db = db_new(sizeof(SqliteDb), &sqlite_ops, "sqlite", mode);
    cache_init(&db->cache, &db->base.arena);
    int flags = SQLITE_OPEN_NOMUTEX;
    flags |= mode == DB_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    char *path_z = str_z(&db->base.arena, path);
    Err e = ERR_OK;
    if (sqlite3_open_v2(path_z, &db->handle, flags, NULL) != SQLITE_OK)
        e = sqlite_fail(cx, db, "(open)");
    if (e == ERR_OK)
        e = sqlite_set_up(cx, db);
    if (e) {
        sqlite_close(&db->base);
        return e;
    }
    *ret = &db->base;
    return ERR_OK;
}
