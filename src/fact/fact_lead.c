/* fact_lead.c - who writes, and when he was last known to be alive. */
#include "fact/fact_int.h"

static Err lead_read(Cx *cx, i64 *ret_epoch, i64 *ret_beat_ms)
{
    Rows rows;
    *ret_epoch = *ret_beat_ms = 0;
    Err e = db_query(cx, &rows, "SELECT epoch, beat_ms FROM fact_lead WHERE id = 1", NULL, 0);
    if (e)
        return e;
    if (rows_next(&rows)) {
        *ret_epoch = rows_int(&rows, 0);
        *ret_beat_ms = rows_int(&rows, 1);
    }
    return rows_end(&rows);
}

Err fact_lead_take(Cx *cx, FactLog *log)
{
    i64 epoch, beat_ms;
    Err e = lead_read(cx, &epoch, &beat_ms);
    if (!e && epoch)
        e = DB_EXEC(cx, "UPDATE fact_lead SET epoch = ?1 WHERE id = 1", BIND_INT(epoch + 1));
    else if (!e)
        e = DB_EXEC(cx, "INSERT INTO fact_lead (id, epoch, beat_ms) VALUES (1, ?1, 0)",
                    BIND_INT(epoch + 1));
    if (e)
        return e;
    log->epoch = epoch + 1;
    log->alive_ms = beat_ms;
    return ERR_OK;
}

Err fact_lead_holds(Cx *cx, const FactLog *log)
{
    i64 epoch, beat_ms;
    Err e = lead_read(cx, &epoch, &beat_ms);
    if (!e && epoch != log->epoch)
        e = err_set(cx, ERR_STORE, NULL, "fact.lead_lost");
    return e;
}

Err fact_beat(Cx *cx)
{
    assert(cx->in_write);
    return DB_EXEC(cx, "UPDATE fact_lead SET beat_ms = ?1 WHERE id = 1",
                   BIND_INT(clock_now_ms(cx->clock)));
}

i64 fact_alive_ms(const FactLog *log)
{
    return log->alive_ms;
}
