/* store_fault.c - a store whose call number n fails, once. Counted: changes, plain statements,
 * queries, the first row of a query, and all steps of a transaction but the rollback, which a test
 * needs to get back to where it was. */
#include "store/store_int.h"

typedef struct FaultDb {
    Db base;
    Db *inner;
    int calls_before; /* Calls that still succeed; -1: disarmed. */
    bool fired;
    void (*seen)(void *context, const char *sql);
    void *context;
} FaultDb;

static FaultDb *fault_of(Db *db)
{
    return (FaultDb *)db;
}

/* True when this call is the one that fails. */
static bool fault_due(FaultDb *fault)
{
    if (fault->calls_before < 0)
        return false;
    if (fault->calls_before-- > 0)
        return false;
    fault->fired = true;
    return true;
}

static void tell(const FaultDb *fault, const char *sql)
{
    if (fault->seen)
        fault->seen(fault->context, sql);
}

static Err fault_err(Cx *cx)
{
    return err_set(cx, ERR_STORE, NULL, "store.failed"); /* Not logged: it was asked for. */
}

static Err fault_exec(Db *db, Cx *cx, const char *sql, const Bind *binds, size_t count)
{
    FaultDb *fault = fault_of(db);
    tell(fault, sql);
    if (fault_due(fault))
        return fault_err(cx);
    return fault->inner->ops->exec(fault->inner, cx, sql, binds, count);
}

static Err fault_plain(Db *db, Cx *cx, const char *sql)
{
    FaultDb *fault = fault_of(db);
    tell(fault, sql);
    if (fault_due(fault))
        return fault_err(cx);
    return fault->inner->ops->plain(fault->inner, cx, sql);
}

static Err fault_step(Db *db, Cx *cx, TxStep step)
{
    FaultDb *fault = fault_of(db);
    if (step != TX_ROLLBACK && fault_due(fault))
        return fault_err(cx);
    return fault->inner->ops->step(fault->inner, cx, step);
}

static Err fault_query(Db *db, Cx *cx, const char *sql, const Bind *binds, size_t count, Rows *rows)
{
    FaultDb *fault = fault_of(db);
    tell(fault, sql);
    if (fault_due(fault))
        return fault_err(cx);
    return fault->inner->ops->query(fault->inner, cx, sql, binds, count, rows);
}

static bool fault_next(Db *db, Rows *rows)
{
    FaultDb *fault = fault_of(db);
    if (rows->row == 0 && fault_due(fault)) {
        rows->err = fault_err(rows->cx);
        return false;
    }
    return fault->inner->ops->next(fault->inner, rows);
}

static i64 fault_get_int(Db *db, Rows *rows, int column)
{
    Db *inner = fault_of(db)->inner;
    return inner->ops->get_int(inner, rows, column);
}

static Str fault_get_str(Db *db, Rows *rows, int column)
{
    Db *inner = fault_of(db)->inner;
    return inner->ops->get_str(inner, rows, column);
}

static void fault_end(Db *db, Rows *rows)
{
    Db *inner = fault_of(db)->inner;
    inner->ops->end(inner, rows);
}

static bool fault_in_transaction(Db *db)
{
    Db *inner = fault_of(db)->inner;
    return inner->ops->in_transaction(inner);
}

static void fault_close(Db *db)
{
    db_close(fault_of(db)->inner);
    db_free(db);
}

static const StoreOps fault_ops = {
    .name = "fault",
    .exec = fault_exec,
    .plain = fault_plain,
    .step = fault_step,
    .query = fault_query,
    .next = fault_next,
    .get_int = fault_get_int,
    .get_str = fault_get_str,
    .end = fault_end,
    .in_transaction = fault_in_transaction,
    .close = fault_close,
};

Db *db_fault_wrap(Db *inner)
{
    FaultDb *fault = db_new(sizeof(FaultDb), &fault_ops, inner->kind, inner->mode);
    fault->inner = inner;
    fault->calls_before = -1;
    return &fault->base;
}

void db_fault_arm(Db *fault, int calls_before)
{
    assert(fault->ops == &fault_ops);
    fault_of(fault)->calls_before = calls_before;
    fault_of(fault)->fired = false;
}

bool db_fault_fired(const Db *fault)
{
    assert(fault->ops == &fault_ops);
    return ((const FaultDb *)fault)->fired;
}

void db_fault_watch(Db *fault, void (*seen)(void *context, const char *sql), void *context)
{
    assert(fault->ops == &fault_ops);
    fault_of(fault)->seen = seen;
    fault_of(fault)->context = context;
}
