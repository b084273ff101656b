/* store_pg.c - the store in PostgreSQL, by libpq in pipeline mode.
 *
 * Commands go out in order and their answers are collected at a sync:
 *
 *   BEGIN  SAVEPOINT  INSERT  INSERT  RELEASE  ...  COMMIT  sync
 *     \______________ sent without waiting ________________/  \__ answers of all, one round trip
 *
 * A change inside TX_BEGIN .. TX_COMMIT is only sent; a query, a plain statement and the commit
 * wait. After an error the server skips everything up to the sync, the commit included, so a lost
 * change is never kept by halves. Outside a transaction every call waits.
 *
 * Rows of a query are taken one by one from the wire. When another call comes while rows are still
 * on the wire, those left are first copied to memory (spilled); SQLite needs no such thing.
 *
 * Values go as text with the types BIGINT and TEXT; sums come back as NUMERIC and are read as whole
 * numbers; true and false are read as 1 and 0, as SQLite gives them.
 */
#include "store/store_int.h"
#include "store/store_pg_sql.h"

#include <libpq-fe.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PG_OID_BOOL = 16,
    PG_OID_INT8 = 20,
    PG_OID_TEXT = 25,
    PG_SENT_MAX = 1000, /* Answers waited for at most; then a sync. */
    PG_INT_CHARS = 24,  /* Of a 64-bit number as text. */
    PG_NAME_CHARS = 32,
};

/* A command whose answer has not been read. */
typedef struct PgSent {
    Statement *item; /* PREPARE: to be marked when it failed. NULL: any other. */
    u64 number;      /* Of the statement then; the slot may have been given on since. */
    const char *sql;
    bool is_commit; /* Its answer must say COMMIT, not ROLLBACK. */
} PgSent;

/* Rows that were taken off the wire before they were asked for. */
typedef struct PgSpilled {
    struct PgSpilled *next;
    Str cells[];
} PgSpilled;

typedef struct PgRun {
    struct PgRun *next;      /* In the list of free ones. */
    PGresult *result;        /* Current row, or the first one before it is asked for. */
    bool on_wire;            /* More may come. */
    bool is_ahead;           /* `result` is the next row, not the current. */
    PgSpilled *current;      /* Row being read, when it was spilled. */
    PgSpilled *first, *last; /* Rows left. */
    Arena arena;             /* Of the spilled rows. */
    int columns;
    u64 bools[2]; /* A bit per column that is true or false. */
    const char *sql;
    Err err; /* Found while spilling. */
} PgRun;

typedef struct PgDb {
    Db base;
    PGconn *conn;
    StatementCache cache;
    u64 number;     /* Of the last prepared statement. */
    bool streaming; /* Between TX_BEGIN and TX_COMMIT. */
    bool renewing;  /* db_on_renew's call is under way. */
    bool barred;    /* It said no. */
    PgSent *sent;
    size_t sent_count;
    PgRun *active; /* Its rows are on the wire. */
    PgRun *runs_free;
} PgDb;

static PgDb *pg_of(Db *db)
{
    return (PgDb *)db;
}

static Err pg_set_up(Cx *cx, PgDb *db);

/* What the database said, without the row values that stand in its detail lines. */
static Err pg_fail(Cx *cx, PgDb *db, const char *sql, const PGresult *result)
{
    const char *said = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    return store_fail(cx, &db->base, sql, said ? said : PQerrorMessage(db->conn));
}

/* ---- Answers ---- */

static void pg_forget_statements(PgDb *db)
{
    for (size_t i = 0; i < db->cache.count; i++)
        db->cache.items[i].number = 0;
}

/* Reads one command's answer. The first failure is logged; what was skipped after it is not. */
static Err pg_read_answer(Cx *cx, PgDb *db, const PgSent *sent)
{
    Err e = ERR_OK;
    for (PGresult *result; (result = PQgetResult(db->conn)) != NULL; PQclear(result)) {
        ExecStatusType status = PQresultStatus(result);
        bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (ok && sent->is_commit)
            ok = strcmp(PQcmdStatus(result), "COMMIT") == 0;
        if (ok)
            continue;
        e = ERR_STORE;
        if (status != PGRES_PIPELINE_ABORTED)
            e = pg_fail(cx, db, sent->sql, result);
        if (PQstatus(db->conn) == CONNECTION_BAD) {
            PQclear(result);
            break;
        }
    }
    if (e && sent->item && sent->item->number == sent->number)
        sent->item->number = 0; /* It was not prepared. */
    return e;
}

/* Reads the answers of everything sent, not the sync's. */
static Err pg_read_answers(Cx *cx, PgDb *db)
{
    Err first = ERR_OK;
    for (size_t i = 0; i < db->sent_count; i++) {
        Err e =
            PQstatus(db->conn) == CONNECTION_BAD ? ERR_STORE : pg_read_answer(cx, db, &db->sent[i]);
        if (e && !first)
            first = err_set(cx, ERR_STORE, NULL, "store.failed");
    }
    db->sent_count = 0;
    return first;
}

/* Reads up to the sync's own answer. */
static Err pg_read_sync(Cx *cx, PgDb *db)
{
    int blanks = 0; /* One ends each command; several in a row mean that nothing will come. */
    while (PQstatus(db->conn) == CONNECTION_OK && blanks < 3) {
        PGresult *result = PQgetResult(db->conn);
        ExecStatusType status = PQresultStatus(result);
        blanks = result ? 0 : blanks + 1;
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC)
            return ERR_OK;
    }
    return pg_fail(cx, db, "(sync)", NULL);
}

static void pg_spill(PgDb *db);

/* Waits until all that was sent has been answered. */
static Err pg_sync(Cx *cx, PgDb *db)
{
    pg_spill(db);
    if (db->sent_count == 0)
        return ERR_OK;
    if (!PQpipelineSync(db->conn)) {
        db->sent_count = 0;
        return pg_fail(cx, db, "(sync)", NULL);
    }
    Err e = pg_read_answers(cx, db);
    Err synced = pg_read_sync(cx, db);
    return e ? e : synced;
}

/* ---- Sending ---- */

/* A connection that broke is made anew, unless work of a transaction was lost with it. */
static Err pg_ready(Cx *cx, PgDb *db)
{
    pg_spill(db);
    if (db->barred)
        return pg_fail(cx, db, "(barred)", NULL);
    if (PQstatus(db->conn) == CONNECTION_OK)
        return ERR_OK;
    if (db->streaming)
        return pg_fail(cx, db, "(connection)", NULL);
    db->sent_count = 0;
    pg_forget_statements(db);
    PQreset(db->conn);
    Err e = pg_set_up(cx, db);
    if (!e && db->base.renewed && !db->renewing) {
        db->renewing = true; /* It asks by the same connection. */
        e = db->base.renewed(cx, db->base.renewed_context);
        db->renewing = false;
        db->barred = e != ERR_OK;
    }
    return e;
}

static Err pg_note_sent(Cx *cx, PgDb *db, int sent, PgSent what)
{
    if (!sent)
        return pg_fail(cx, db, what.sql, NULL);
    assert(db->sent_count < PG_SENT_MAX);
    db->sent[db->sent_count++] = what;
    return ERR_OK;
}

static void pg_name(char name[PG_NAME_CHARS], u64 number)
{
    snprintf(name, PG_NAME_CHARS, "s%" PRIu64, number);
}

static void pg_release(Db *base, Statement *item)
{
    PgDb *db = pg_of(base);
    if (!item->number)
        return;
    char name[PG_NAME_CHARS], sql[PG_NAME_CHARS + 16];
    pg_name(name, item->number);
    snprintf(sql, sizeof sql, "DEALLOCATE %s", name);
    int sent = PQsendQueryParams(db->conn, sql, 0, NULL, NULL, NULL, NULL, 0);
    if (sent) /* A send that fails leaves a broken connection; the next call says so. */
        db->sent[db->sent_count++] = (PgSent){.sql = "DEALLOCATE"};
}

static void pg_types(const Bind *binds, size_t count, u64 ret_types[2])
{
    ret_types[0] = count; /* The top bits hold the types, so that counts differ too. */
    ret_types[1] = 0;
    for (size_t i = 0; i < count; i++) {
        if (binds[i].is_text)
            ret_types[i < 56 ? 0 : 1] |= (u64)1 << (i < 56 ? i + 8 : i - 56);
    }
}

/* The statement of this text and these types, prepared on the server or on its way there. */
static Err pg_statement(Cx *cx, PgDb *db, const char *sql, const Bind *binds, size_t count,
                        Statement **ret)
{
    u64 types[2];
    pg_types(binds, count, types);
    Statement *item = cache_find(&db->cache, sql, types);
    if (!item)
        item = cache_add(&db->cache, sql, types, pg_release, &db->base);
    assert(item); /* None is ever busy: rows are read without it. */
    if (!item->number) {
        Oid oids[STORE_BINDS_MAX];
        for (size_t i = 0; i < count; i++)
            oids[i] = binds[i].is_text ? PG_OID_TEXT : PG_OID_INT8;
        Arena arena = {0};
        char name[PG_NAME_CHARS];
        u64 number = ++db->number;
        pg_name(name, number);
        int sent = PQsendPrepare(db->conn, name, pg_sql_values(&arena, sql), (int)count, oids);
        arena_done(&arena);
        Err e = pg_note_sent(cx, db, sent, (PgSent){.item = item, .number = number, .sql = sql});
        if (e)
            return e;
        item->number = number;
    }
    *ret = item;
    return ERR_OK;
}

/* Sends one statement with its values. */
static Err pg_send(Cx *cx, PgDb *db, const char *sql, const Bind *binds, size_t count,
                   bool is_commit)
{
    Err e = pg_ready(cx, db);
    if (e == ERR_OK && db->sent_count + 3 > PG_SENT_MAX) /* DEALLOCATE, PREPARE and itself. */
        e = pg_sync(cx, db);
    Statement *item = NULL;
    if (e == ERR_OK)
        e = pg_statement(cx, db, sql, binds, count, &item);
    if (e)
        return e;

    Arena arena = {0};
    const char *values[STORE_BINDS_MAX];
    char numbers[STORE_BINDS_MAX][PG_INT_CHARS];
    for (size_t i = 0; i < count; i++) {
        values[i] = numbers[i];
        if (binds[i].is_text)
            values[i] = str_z(&arena, binds[i].s);
        else
            snprintf(numbers[i], PG_INT_CHARS, "%" PRId64, binds[i].i);
    }
    char name[PG_NAME_CHARS];
    pg_name(name, item->number);
    int sent = PQsendQueryPrepared(db->conn, name, (int)count, values, NULL, NULL, 0);
    arena_done(&arena);
    return pg_note_sent(cx, db, sent, (PgSent){.sql = sql, .is_commit = is_commit});
}

static Err pg_exec(Db *base, Cx *cx, const char *sql, const Bind *binds, size_t count)
{
    PgDb *db = pg_of(base);
    Err e = pg_send(cx, db, sql, binds, count, false);
    if (e || db->streaming)
        return e;
    return pg_sync(cx, db);
}

/* Simple protocol, which a pipeline does not know; so it is left and entered again. */
static Err pg_run_plain(Cx *cx, PgDb *db, const char *sql)
{
    if (!PQexitPipelineMode(db->conn))
        return pg_fail(cx, db, sql, NULL);
    PGresult *result = PQexec(db->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    Err e = ERR_OK;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        e = pg_fail(cx, db, sql, result);
    PQclear(result);
    if (!PQenterPipelineMode(db->conn) && e == ERR_OK)
        e = pg_fail(cx, db, sql, NULL);
    return e;
}

static Err pg_plain(Db *base, Cx *cx, const char *sql)
{
    PgDb *db = pg_of(base);
    Err e = pg_ready(cx, db);
    if (e == ERR_OK)
        e = pg_sync(cx, db);
    if (e)
        return e;
    Arena arena = {0};
    e = pg_run_plain(cx, db, pg_sql_ddl(&arena, sql));
    arena_done(&arena);
    return e;
}

/* ---- Transactions ---- */

static Err pg_commit(Cx *cx, PgDb *db)
{
    Err e = pg_send(cx, db, "COMMIT", NULL, 0, true);
    Err synced = pg_sync(cx, db);
    e = e ? e : synced;
    if (e == ERR_OK)
        db->streaming = false;
    return e;
}

/* Also takes back what was sent and not answered; its errors no longer matter. */
static Err pg_rollback(Cx *cx, PgDb *db)
{
    (void)!pg_sync(cx, db);
    db->streaming = false;
    if (PQstatus(db->conn) != CONNECTION_OK || PQtransactionStatus(db->conn) == PQTRANS_IDLE)
        return ERR_OK;
    Err e = pg_send(cx, db, "ROLLBACK", NULL, 0, false);
    return e ? e : pg_sync(cx, db);
}

/* The error of a statement inside the savepoint goes with it; one before it took the savepoint
 * along, so that going back to it fails. */
static Err pg_rollback_to(Cx *cx, PgDb *db)
{
    ErrInfo why = cx->err;
    (void)!pg_sync(cx, db);
    cx->err = why;
    Err e = pg_send(cx, db, "ROLLBACK TO SAVEPOINT job", NULL, 0, false);
    if (e == ERR_OK)
        e = pg_send(cx, db, "RELEASE SAVEPOINT job", NULL, 0, false);
    return e ? e : pg_sync(cx, db);
}

static Err pg_step(Db *base, Cx *cx, TxStep step)
{
    PgDb *db = pg_of(base);
    switch (step) {
    case TX_BEGIN: {
        Err e = pg_send(cx, db, "BEGIN", NULL, 0, false);
        db->streaming = e == ERR_OK;
        return e;
    }
    case TX_SAVEPOINT:
        return pg_send(cx, db, "SAVEPOINT job", NULL, 0, false);
    case TX_RELEASE:
        return pg_send(cx, db, "RELEASE SAVEPOINT job", NULL, 0, false);
    case TX_COMMIT:
        return pg_commit(cx, db);
    case TX_ROLLBACK:
        return pg_rollback(cx, db);
    case TX_ROLLBACK_TO:
        return pg_rollback_to(cx, db);
    }
    return err_set(cx, ERR_BUG, NULL, "store.failed");
}

/* True while there is something to roll back; a broken connection has nothing left. */
static bool pg_in_transaction(Db *base)
{
    PgDb *db = pg_of(base);
    if (PQstatus(db->conn) != CONNECTION_OK) {
        db->streaming = false;
        return false;
    }
    if (db->sent_count > 0 || db->active)
        return db->streaming || PQtransactionStatus(db->conn) != PQTRANS_IDLE;
    PGTransactionStatusType status = PQtransactionStatus(db->conn);
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

/* ---- Rows ---- */

static PgRun *pg_run_new(PgDb *db)
{
    PgRun *run = db->runs_free;
    if (run)
        db->runs_free = run->next;
    else
        run = ARENA_NEW(&db->base.arena, PgRun, 1);
    *run = (PgRun){0};
    return run;
}

static void pg_run_free(PgDb *db, PgRun *run)
{
    arena_done(&run->arena);
    run->next = db->runs_free;
    db->runs_free = run;
}

/* Takes the next result of the query off the wire. True: a row stands in run->result. */
static bool pg_take_row(Cx *cx, PgDb *db, PgRun *run)
{
    assert(db->active == run && run->on_wire && !run->result);
    PGresult *result = PQgetResult(db->conn);
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_SINGLE_TUPLE) {
        run->result = result;
        return true;
    }
    if (status == PGRES_PIPELINE_ABORTED)
        run->err = err_set(cx, ERR_STORE, NULL, "store.failed");
    else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
        run->err = pg_fail(cx, db, run->sql, result);
    PQclear(result);
    run->on_wire = false;
    db->active = NULL;
    Err e = pg_read_sync(cx, db);
    if (e)
        run->err = e;
    return false;
}

static Str pg_cell(const PgRun *run, int column)
{
    if (run->current)
        return run->current->cells[column];
    return (Str){PQgetvalue(run->result, 0, column), (size_t)PQgetlength(run->result, 0, column)};
}

static void pg_spill_row(PgRun *run)
{
    size_t columns = (size_t)run->columns;
    PgSpilled *row = arena_take(&run->arena, sizeof *row + columns * sizeof(Str));
    for (size_t i = 0; i < columns; i++) {
        Str cell = {PQgetvalue(run->result, 0, (int)i),
                    (size_t)PQgetlength(run->result, 0, (int)i)};
        row->cells[i] = str_copy(&run->arena, cell);
    }
    if (run->last)
        run->last->next = row;
    else
        run->first = row;
    run->last = row;
}

/* Frees the wire for another call: the rows left on it go to memory. The current row stays. */
static void pg_spill(PgDb *db)
{
    PgRun *run = db->active;
    if (!run)
        return;
    PGresult *current = run->is_ahead ? NULL : run->result;
    Arena arena = {0};
    Cx cx = {.arena = &arena}; /* The error is kept in the run and told when its turn comes. */
    if (!run->is_ahead)
        run->result = NULL;
    run->is_ahead = false;
    while (run->result || pg_take_row(&cx, db, run)) {
        pg_spill_row(run);
        PQclear(run->result);
        run->result = NULL;
    }
    run->result = current;
    arena_done(&arena);
}

static void pg_note_columns(PgRun *run)
{
    run->columns = PQnfields(run->result);
    assert(run->columns <= 128);
    for (int i = 0; i < run->columns; i++) {
        if (PQftype(run->result, i) == PG_OID_BOOL)
            run->bools[i / 64] |= (u64)1 << (i % 64);
    }
}

static Err pg_query(Db *base, Cx *cx, const char *sql, const Bind *binds, size_t count, Rows *rows)
{
    PgDb *db = pg_of(base);
    Err e = pg_send(cx, db, sql, binds, count, false);
    if (e) {
        (void)!pg_sync(cx, db);
        return e;
    }
    db->sent_count--; /* The query itself is not answered like the rest. */
    if (!PQpipelineSync(db->conn)) {
        db->sent_count = 0;
        return pg_fail(cx, db, sql, NULL);
    }
    e = pg_read_answers(cx, db);
    if (e) {
        (void)!pg_read_sync(cx, db);
        return e;
    }
    PQsetSingleRowMode(db->conn);
    PgRun *run = pg_run_new(db);
    run->sql = sql;
    run->on_wire = true;
    db->active = run;
    run->is_ahead = pg_take_row(cx, db, run);
    if (run->err) {
        pg_run_free(db, run);
        return ERR_STORE;
    }
    if (run->is_ahead)
        pg_note_columns(run);
    rows->statement = run;
    return ERR_OK;
}

static bool pg_next(Db *base, Rows *rows)
{
    PgDb *db = pg_of(base);
    PgRun *run = rows->statement;
    if (run->is_ahead) {
        run->is_ahead = false;
        return true;
    }
    PQclear(run->result);
    run->result = NULL;
    run->current = NULL;
    if (run->on_wire && pg_take_row(rows->cx, db, run))
        return true;
    run->current = run->first;
    if (run->first) {
        run->first = run->first->next;
        return true;
    }
    if (run->err)
        rows->err = err_set(rows->cx, ERR_STORE, NULL, "store.failed");
    return false;
}

static bool pg_is_bool(const PgRun *run, int column)
{
    return (run->bools[column / 64] >> (column % 64)) & 1;
}

static i64 pg_get_int(Db *base, Rows *rows, int column)
{
    (void)base;
    const PgRun *run = rows->statement;
    assert(column >= 0 && column < run->columns);
    Str cell = pg_cell(run, column);
    if (pg_is_bool(run, column))
        return str_same(cell, S("t"));
    return strtoll(cell.data, NULL, 10); /* Cells are zero-ended; NULL is "". */
}

static Str pg_get_str(Db *base, Rows *rows, int column)
{
    (void)base;
    const PgRun *run = rows->statement;
    assert(column >= 0 && column < run->columns);
    Str cell = pg_cell(run, column);
    if (pg_is_bool(run, column) && cell.len > 0)
        return str_same(cell, S("t")) ? S("1") : S("0");
    return cell;
}

static void pg_end(Db *base, Rows *rows)
{
    PgDb *db = pg_of(base);
    PgRun *run = rows->statement;
    PQclear(run->result);
    run->result = NULL;
    while (run->on_wire && pg_take_row(rows->cx, db, run)) {
        PQclear(run->result);
        run->result = NULL;
    }
    if (run->err && rows->err == ERR_OK)
        rows->err = err_set(rows->cx, ERR_STORE, NULL, "store.failed");
    pg_run_free(db, run);
}

/* ---- Opening ---- */

static void pg_close(Db *base)
{
    PQfinish(pg_of(base)->conn);
    db_free(base);
}

static const StoreOps pg_ops = {
    .name = "postgresql",
    .exec = pg_exec,
    .plain = pg_plain,
    .step = pg_step,
    .query = pg_query,
    .next = pg_next,
    .get_int = pg_get_int,
    .get_str = pg_get_str,
    .end = pg_end,
    .in_transaction = pg_in_transaction,
    .close = pg_close,
};

static void pg_no_notice(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* A reader that opens a transaction sees one steady state, as in SQLite. */
static Err pg_set_up(Cx *cx, PgDb *db)
{
    if (PQstatus(db->conn) != CONNECTION_OK)
        return pg_fail(cx, db, "(open)", NULL);
    PQsetNoticeProcessor(db->conn, pg_no_notice, NULL);
    if (!PQenterPipelineMode(db->conn))
        return pg_fail(cx, db, "(open)", NULL);
    const char *sql = "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC';"
                      "SET standard_conforming_strings = on; SET client_min_messages = warning";
    Err e = pg_run_plain(cx, db, sql);
    if (e == ERR_OK && db->base.mode == DB_READ)
        e = pg_run_plain(cx, db,
                         "SET default_transaction_read_only = on;"
                         "SET default_transaction_isolation = 'repeatable read'");
    return e;
}

Err pg_open(Cx *cx, Str url, DbMode mode, Db **ret)
{
    PgDb *db = db_new(sizeof(PgDb), &pg_ops, "postgresql", mode);
    cache_init(&db->cache, &db->base.arena);
    db->sent = ARENA_NEW(&db->base.arena, PgSent, PG_SENT_MAX);
    const char *const names[] = {"dbname", "fallback_application_name", "connect_timeout", NULL};
    const char *const values[] = {str_z(&db->base.arena, url), "techbourse", "10", NULL};
    db->conn = PQconnectdbParams(names, values, 1);
    Err e = pg_set_up(cx, db);
    if (e) {
        pg_close(&db->base);
        return e;
    }
    *ret = &db->base;
    return ERR_OK;
}
