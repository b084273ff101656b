/* store.h - where rows are kept: one struct of functions over SQLite, PostgreSQL or a fault
 * wrapper.
 *
 * SQL is written once, in a portable subset, with ?1..?9 for values (PostgreSQL's back end turns
 * them into $1..$9) and never built from values. Two column types only: INTEGER (BIGINT in
 * PostgreSQL) and TEXT (compared by bytes in both). No column is NULL: absent is 0 or ''.
 *
 * A Db is one connection and serves one thread at a time. Everything below works on cx->db. A
 * failed call returns ERR_STORE with the key "store.failed", and logs what the database said. One
 * exception: text that is no UTF-8 or holds a zero byte is ERR_INPUT with "store.bad_text" and
 * reaches no database, so that one bad request cannot fail the group it is written with.
 *
 * PostgreSQL takes changes made in a transaction as a stream: db_exec may return before the
 * database has said yes. Its no comes from the next query or from db_commit, as ERR_STORE.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/base.h"

typedef struct Db Db;
typedef struct Rows Rows;

typedef struct Bind {
    bool is_text;
    i64 i;
    Str s;
} Bind;

#define BIND_INT(number) ((Bind){.i = (number)})
#define BIND_STR(text)   ((Bind){.is_text = true, .s = (text)})

enum {
    STORE_BINDS_MAX = 99,       /* Values of one statement. */
    STORE_STATEMENTS_MAX = 400, /* Prepared statements kept on a connection. */
};

typedef enum DbMode { DB_READ, DB_WRITE } DbMode;

typedef enum TxStep {
    TX_BEGIN,
    TX_COMMIT,
    TX_ROLLBACK,
    TX_SAVEPOINT,
    TX_RELEASE,
    TX_ROLLBACK_TO
} TxStep;

/* What a back end gives. Callers use the db_ calls below, which check and forward. */
typedef struct StoreOps {
    const char *name; /* "sqlite", "postgresql", "fault". */
    Err (*exec)(Db *db, Cx *cx, const char *sql, const Bind *binds, size_t count);
    Err (*plain)(Db *db, Cx *cx, const char *sql); /* Not kept; may hold several statements. */
    Err (*step)(Db *db, Cx *cx, TxStep step);
    Err (*query)(Db *db, Cx *cx, const char *sql, const Bind *binds, size_t count, Rows *rows);
    bool (*next)(Db *db, Rows *rows);
    i64 (*get_int)(Db *db, Rows *rows, int column);
    Str (*get_str)(Db *db, Rows *rows, int column); /* Valid until the next row. */
    void (*end)(Db *db, Rows *rows);
    bool (*in_transaction)(Db *db); /* False once the database has ended it by itself. */
    void (*close)(Db *db);
} StoreOps;

struct Rows {
    Db *db;
    Cx *cx;
    void *statement; /* The back end's. */
    i64 row;
    Err err; /* Set when stepping failed; rows_end returns it. */
};

/* Opens `url`: a path of an SQLite file, or postgresql://... . DB_READ connections cannot write.
 * ERR_STORE when it cannot be opened. *ret is closed with db_close. */
NODISCARD Err db_open(Cx *cx, Str url, DbMode mode, Db **ret);
void db_close(Db *db);
const char *db_kind(const Db *db); /* "sqlite" or "postgresql", also behind a fault wrapper. */

/* Called when a connection that broke was made anew, before its next use: what a session held (a
 * lock) is gone. When it says no the connection stays unusable. SQLite's never break. */
void db_on_renew(Db *db, Err (*renewed)(Cx *cx, void *context), void *context);

/* `sql` must be a string that lives as long as the connection (a literal, or db_keep's copy): the
 * prepared statement is found again by its text. */
NODISCARD Err db_exec(Cx *cx, const char *sql, const Bind *binds, size_t count);
#define DB_EXEC(cx, sql, ...)                                                                      \
    db_exec((cx), (sql), (const Bind[]){__VA_ARGS__}, COUNT(((const Bind[]){__VA_ARGS__})))
NODISCARD Err db_exec_plain(Cx *cx, const char *sql); /* No values: DDL, BEGIN, PRAGMA. */

/* Rows come one by one and are not held in memory:
 *     Rows rows;
 *     Err e = DB_QUERY(cx, &rows, "SELECT id FROM org WHERE code = ?1", BIND_STR(code));
 *     if (e) return e;
 *     while (rows_next(&rows)) id = rows_int(&rows, 0);
 *     e = rows_end(&rows);                                                             */
NODISCARD Err db_query(Cx *cx, Rows *rows, const char *sql, const Bind *binds, size_t count);
#define DB_QUERY(cx, rows, sql, ...)                                                               \
    db_query((cx), (rows), (sql), (const Bind[]){__VA_ARGS__}, COUNT(((const Bind[]){__VA_ARGS__})))
bool rows_next(Rows *rows);
i64 rows_int(Rows *rows, int column);
Str rows_str(Rows *rows, int column);      /* Valid until the next row; copy to keep. */
Str rows_str_copy(Rows *rows, int column); /* In cx->arena. */
NODISCARD Err rows_end(Rows *rows);        /* Must be called, also after an early stop. */

/* The first numbers of all rows, in their order; in cx->arena. */
NODISCARD Err db_ids(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 **ret_ids,
                     size_t *ret_count);
/* One number, `otherwise` when there is no row. */
NODISCARD Err db_int(Cx *cx, const char *sql, const Bind *binds, size_t count, i64 otherwise,
                     i64 *ret);
#define DB_INT(cx, ret, otherwise, sql, ...)                                                       \
    db_int((cx), (sql), (const Bind[]){__VA_ARGS__}, COUNT(((const Bind[]){__VA_ARGS__})),         \
           (otherwise), (ret))

/* A copy of a generated statement that lives as long as the process; same text, same pointer. */
const char *db_keep(Str sql);

/* Transactions. The writer (writer.h) opens them; rooms do not. */
NODISCARD Err db_begin(Cx *cx);
NODISCARD Err db_commit(Cx *cx);
void db_rollback(Cx *cx); /* Also when the database already did. */
NODISCARD Err db_savepoint(Cx *cx);
NODISCARD Err db_release(Cx *cx);
NODISCARD Err db_rollback_to(Cx *cx); /* And releases it. */
bool db_in_transaction(Cx *cx);

/* A wrapper whose calls fail on command; owns `inner`. For tests: call number n from arming fails.
 */
Db *db_fault_wrap(Db *inner);
void db_fault_arm(Db *fault, int calls_before); /* Once; -1 disarms. */
bool db_fault_fired(const Db *fault);
/* Tells `seen` of every statement that goes through the wrapper; NULL: no more. */
void db_fault_watch(Db *fault, void (*seen)(void *context, const char *sql), void *context);

/* Schema. */
NODISCARD Err db_columns(Cx *cx, const char *table, Str **ret_names,
                         size_t *ret_count); /* 0: no such table. */

#endif
