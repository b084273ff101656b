/* The table: batches in, compared, and taken out when they are old. */
#include "audit/audit_int.h"

#include "base/openssl.h"
#include "command/settings.h"

#include <string.h>

static const char *const schema[] = {
    "CREATE TABLE IF NOT EXISTS access_line ("
    "id INTEGER PRIMARY KEY, " /* 1.. without gaps */
    "at_ms INTEGER NOT NULL, "
    "account_id INTEGER NOT NULL, "
    "for_id INTEGER NOT NULL, "
    "org_id INTEGER NOT NULL, "
    "session_id INTEGER NOT NULL, "
    "token_id INTEGER NOT NULL, "
    "via TEXT NOT NULL, "
    "address TEXT NOT NULL, "
    "op TEXT NOT NULL, "
    "record_type TEXT NOT NULL, "
    "record_ids TEXT NOT NULL, " /* ",12,15," */
    "shown INTEGER NOT NULL, "
    "personal INTEGER NOT NULL, "
    "result TEXT NOT NULL) STRICT",
    "CREATE INDEX IF NOT EXISTS ix_access_line_account ON access_line (account_id)",
    "CREATE INDEX IF NOT EXISTS ix_access_line_record ON access_line (record_type)",
    "CREATE INDEX IF NOT EXISTS ix_access_line_at ON access_line (at_ms)",
};

Err access_start(Cx *cx)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < COUNT(schema); i++)
        e = db_exec_plain(cx, schema[i]);
    return e;
}

/* ---- the digest of a batch ---- */

enum { DIGEST_BYTES = 32 };

typedef struct Digester {
    EVP_MD_CTX *cx;
    bool ok;
} Digester;

static const EVP_MD *hash_of(Str algorithm)
{
    return str_same(algorithm, S("sm3")) ? EVP_sm3() : EVP_sha256();
}

static void digester_add(Digester *digester, Str bytes)
{
    digester->ok = digester->ok && EVP_DigestUpdate(digester->cx, bytes.data, bytes.len);
}

static Digester digester_new(Cx *cx, Str algorithm, Str before)
{
    Digester digester = {.cx = EVP_MD_CTX_new()};
    digester.ok = digester.cx && EVP_DigestInit_ex(digester.cx, hash_of(algorithm), NULL);
    digester_add(&digester,
                 str_format(cx->arena, "access %zu:%.*s\n", before.len, STR_ARG(before)));
    return digester;
}

static void digester_line(Cx *cx, Digester *digester, const AccessLine *line)
{
    Buf out = buf_new(cx->arena);
    record_canonical(&access_line_type, line, &out);
    buf_char(&out, '\n');
    digester_add(digester, buf_str(&out));
}

/* Hex, in cx->arena. Ends the digester. */
static Err digester_end(Cx *cx, Digester *digester, Str *ret)
{
    u8 bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    bool ok = digester->ok && EVP_DigestFinal_ex(digester->cx, bytes, &len);
    EVP_MD_CTX_free(digester->cx);
    if (!ok || len != DIGEST_BYTES)
        return err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    *ret = hex_from(cx->arena, bytes, len);
    return ERR_OK;
}

/* ---- writing ---- */

static Str via_text(Via via)
{
    return via == VIA_WEB ? S("web") : via == VIA_API ? S("api") : S("local");
}

static Str ids_text(Cx *cx, const RingLine *line)
{
    Buf out = buf_new(cx->arena);
    for (u32 i = 0; i < line->shown; i++)
        buf_format(&out, "%s%lld,", i ? "" : ",", (long long)line->ids[i]);
    return buf_str(&out);
}

static AccessLine line_of(Cx *cx, const RingLine *ring, i64 id)
{
    return (AccessLine){.id = id,
                        .at_ms = ring->at_ms,
                        .account_id = ring->account_id,
                        .for_id = ring->for_id,
                        .org_id = ring->org_id,
                        .session_id = ring->session_id,
                        .token_id = ring->token_id,
                        .via = via_text(ring->via),
                        .address = utf8_repair(cx->arena, str_from(ring->address)),
                        .op = str_from(ring->what),
                        .record_type = str_from(ring->type),
                        .record_ids = ids_text(cx, ring),
                        .shown = ring->shown,
                        .personal = ring->personal,
                        .result = str_from(err_name(ring->result))};
}

static Err insert_line(Cx *cx, const AccessLine *line)
{
    return DB_EXEC(cx,
                   "INSERT INTO access_line (id, at_ms, account_id, for_id, org_id, session_id, "
                   "token_id, via, address, op, record_type, record_ids, shown, personal, result) "
                   "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
                   BIND_INT(line->id), BIND_INT(line->at_ms), BIND_INT(line->account_id),
                   BIND_INT(line->for_id), BIND_INT(line->org_id), BIND_INT(line->session_id),
                   BIND_INT(line->token_id), BIND_STR(line->via), BIND_STR(line->address),
                   BIND_STR(line->op), BIND_STR(line->record_type), BIND_STR(line->record_ids),
                   BIND_INT(line->shown), BIND_INT(line->personal), BIND_STR(line->result));
}

static Err last_batch(Cx *cx, AccessBatch *ret)
{
    *ret = (AccessBatch){0};
    Err e = record_find(cx, &access_batch_type, ret, "ORDER BY id DESC LIMIT 1", NULL, 0);
    if (e == ERR_MISSING) {
        err_clear(cx);
        return ERR_OK;
    }
    return e;
}

static Err write_lines(Cx *cx, const Taken *taken, AccessBatch *batch)
{
    Digester digester = digester_new(cx, batch->algorithm, batch->before);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < taken->count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        AccessLine line = line_of(cx, &taken->lines[i], batch->first_id + (i64)i);
        digester_line(cx, &digester, &line);
        e = insert_line(cx, &line);
        if (!i || line.at_ms < batch->first_ms)
            batch->first_ms = line.at_ms;
        if (line.at_ms > batch->last_ms)
            batch->last_ms = line.at_ms;
        if (!e)
            arena_rewind(cx->arena, mark);
    }
    Err ended = digester_end(cx, &digester, &batch->digest);
    return e ? e : ended;
}

static Err write_batch(Cx *cx, const Taken *taken)
{
    AccessBatch last;
    Err e = last_batch(cx, &last);
    if (e)
        return e;
    AccessBatch batch = {.first_id = last.last_id + 1,
                         .last_id = last.last_id + (i64)taken->count,
                         .count = (i64)taken->count,
                         .algorithm = house_of(cx)->settings->hash,
                         .before = last.digest};
    e = write_lines(cx, taken, &batch);
    if (e)
        return e;
    return fact_create(cx, &access_batch_type, &batch,
                       (FactNote){.kind = "access.logged",
                                  .amount = batch.count,
                                  .code = str_z(cx->arena, batch.digest),
                                  .other_id = batch.last_id});
}

static Err flush_job(Cx *cx, void *arg)
{
    const Taken *taken = arg;
    Err e = taken->count ? write_batch(cx, taken) : ERR_OK;
    if (!e && taken->lost)
        e = fact_tell(cx, &access_batch_type, 0,
                      (FactNote){.kind = "access.lost", .amount = taken->lost});
    return e;
}

Err access_flush(Cx *cx, i64 *ret_lost)
{
    House *house = house_of(cx);
    Err e = ERR_OK;
    *ret_lost = 0;
    Actor own = cx->actor;
    const char *doing = cx->doing;
    cx->actor = (Actor){.via = VIA_SYSTEM};
    cx->doing = NULL;
    for (bool more = true; !e && more;) {
        Taken *taken = house->accesses ? ring_take(house->accesses) : NULL;
        if (!taken)
            break;
        ArenaMark mark = arena_mark(cx->arena);
        i64 lost = taken->lost;
        more = taken->count == ACCESS_BATCH_MAX;
        e = writer_run(house->writer, cx, flush_job, taken);
        ring_taken(house->accesses, !e, clock_now_ms(cx->clock));
        if (!e) {
            arena_rewind(cx->arena, mark);
            *ret_lost += lost;
        }
    }
    cx->actor = own;
    cx->doing = doing;
    return e;
}

/* ---- comparing ---- */

typedef struct Check {
    Cx *cx;
    VerifyReport *report;
    i64 lines;
} Check;

/* The block of the fact that told of the batch. */
static Err blame(Check *check, i64 batch_id, const char *why)
{
    Cx *cx = check->cx;
    VerifyReport *report = check->report;
    Rows rows;
    if (!report->ok)
        return ERR_OK;
    report->ok = false;
    report->why = str_from(why);
    report->what = str_format(cx->arena, "%s %lld", access_batch_type.name, (long long)batch_id);
    Err e = DB_QUERY(cx, &rows,
                     "SELECT block, seq FROM fact WHERE table_name = 'access_batch' AND "
                     "row_id = ?1 ORDER BY seq LIMIT 1",
                     BIND_INT(batch_id));
    if (e)
        return e;
    if (rows_next(&rows)) {
        report->bad_block = rows_int(&rows, 0);
        report->bad_seq = rows_int(&rows, 1);
    }
    return rows_end(&rows);
}

/* Whether the lines of the batch are there in number, and their digest. */
static Err digest_lines(Check *check, const AccessBatch *batch, i64 *ret_count, Str *ret)
{
    Cx *cx = check->cx;
    Rows rows;
    Digester digester = digester_new(cx, batch->algorithm, batch->before);
    Err e = RECORD_QUERY(cx, &access_line_type, &rows, "WHERE id >= ?1 AND id <= ?2 ORDER BY id",
                         BIND_INT(batch->first_id), BIND_INT(batch->last_id));
    if (!e) {
        while (rows_next(&rows)) {
            ArenaMark mark = arena_mark(cx->arena);
            AccessLine line = {0};
            record_read_row(cx, &access_line_type, &rows, &line);
            digester_line(cx, &digester, &line);
            arena_rewind(cx->arena, mark);
            *ret_count += 1;
        }
        e = rows_end(&rows);
    }
    Err ended = digester_end(cx, &digester, ret);
    return e ? e : ended;
}

/* Of the batch before: what the next one must go on from. */
typedef struct Before {
    i64 id, last_id;
    char digest[2 * DIGEST_BYTES + 1];
} Before;

static Err check_batch(Check *check, const AccessBatch *batch, const Before *before)
{
    i64 count = 0;
    Str digest = S("");
    bool follows = batch->first_id == before->last_id + 1 &&
                   batch->count == batch->last_id - batch->first_id + 1 &&
                   str_same_z(batch->before, before->digest);
    if (!follows || batch->digest.len != 2 * (size_t)DIGEST_BYTES)
        return blame(check, batch->id, "verify.access_chain");
    Err e = digest_lines(check, batch, &count, &digest);
    if (e)
        return e;
    check->lines += count;
    if (count != (batch->pruned_ms ? 0 : batch->count))
        return blame(check, batch->id,
                     batch->pruned_ms ? "verify.access_without_batch" : "verify.access_missing");
    if (!batch->pruned_ms && !str_same(digest, batch->digest))
        return blame(check, batch->id, "verify.access_edited");
    return ERR_OK;
}

/* The next batch; id 0 at the end. Text in cx->arena. */
static Err next_batch(Cx *cx, i64 after, AccessBatch *ret)
{
    *ret = (AccessBatch){0};
    Err e = RECORD_FIND(cx, &access_batch_type, ret, "WHERE id > ?1 ORDER BY id LIMIT 1",
                        BIND_INT(after));
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    return ERR_OK;
}

Err access_verify(Cx *cx, VerifyReport *report, i64 *ret_lines)
{
    Check check = {.cx = cx, .report = report};
    Before before = {0};
    i64 beyond = 0;
    Err e = ERR_OK;
    while (!e && report->ok) {
        ArenaMark mark = arena_mark(cx->arena);
        AccessBatch batch;
        e = next_batch(cx, before.id, &batch);
        if (e || !batch.id)
            break;
        e = check_batch(&check, &batch, &before);
        if (e || !report->ok)
            break;
        before.id = batch.id;
        before.last_id = batch.last_id;
        memcpy(before.digest, batch.digest.data, batch.digest.len);
        arena_rewind(cx->arena, mark);
    }
    if (!e && report->ok)
        e = DB_INT(cx, &beyond, 0, "SELECT COUNT(*) FROM access_line WHERE id > ?1 OR id < 1",
                   BIND_INT(before.last_id));
    if (!e && beyond)
        e = blame(&check, before.id, "verify.access_without_batch");
    if (!e)
        *ret_lines = check.lines;
    return e;
}

/* ---- pruning ---- */

enum { PRUNE_AT_ONCE = 20 };

typedef struct Prune {
    i64 batch_ids[PRUNE_AT_ONCE];
    size_t count;
    i64 lines;
    i64 files;
} Prune;

static Err find_old(Cx *cx, Prune *prune)
{
    Rows rows;
    i64 days = house_of(cx)->settings->access_log_days;
    if (days < ACCESS_DAYS_MIN)
        days = ACCESS_DAYS_MIN;
    i64 before_ms = clock_now_ms(cx->clock) - days * 24 * 3600 * 1000;
    prune->count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT id FROM access_batch WHERE pruned_ms = 0 AND last_ms < ?1 "
                     "ORDER BY id LIMIT ?2",
                     BIND_INT(before_ms), BIND_INT(PRUNE_AT_ONCE));
    if (e)
        return e;
    while (prune->count < PRUNE_AT_ONCE && rows_next(&rows))
        prune->batch_ids[prune->count++] = rows_int(&rows, 0);
    return rows_end(&rows);
}

static Err prune_batch(Cx *cx, i64 id, i64 *lines)
{
    AccessBatch batch = {0};
    Err e = record_load(cx, &access_batch_type, id, &batch);
    if (e || batch.pruned_ms)
        return e;
    e = DB_EXEC(cx, "DELETE FROM access_line WHERE id >= ?1 AND id <= ?2", BIND_INT(batch.first_id),
                BIND_INT(batch.last_id));
    if (e)
        return e;
    batch.pruned_ms = clock_now_ms(cx->clock);
    *lines += batch.count;
    return fact_change(cx, &access_batch_type, &batch,
                       (FactNote){.kind = "access.pruned",
                                  .amount = batch.count,
                                  .code = str_z(cx->arena, batch.digest)});
}

static Err prune_job(Cx *cx, void *arg)
{
    Prune *prune = arg;
    i64 lines = 0;
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < prune->count; i++)
        e = prune_batch(cx, prune->batch_ids[i], &lines);
    if (!e)
        prune->lines += lines;
    return e;
}

static Err drop_job(Cx *cx, void *arg)
{
    return exports_drop(cx, &((Prune *)arg)->files);
}

static Err prune_files(Cx *cx, Prune *prune)
{
    i64 old = 0, before_ms = clock_now_ms(cx->clock) - (i64)AUDIT_EXPORT_DAYS * 24 * 3600 * 1000;
    Err e =
        DB_INT(cx, &old, 0, "SELECT COUNT(*) FROM audit_export WHERE gone_ms = 0 AND made_ms < ?1",
               BIND_INT(before_ms));
    return e || !old ? e : writer_run(house_of(cx)->writer, cx, drop_job, prune);
}

Err audit_prune_run(Cx *cx, const void *in, Val **ret)
{
    Prune prune = {0};
    (void)in;
    Err e = find_old(cx, &prune);
    while (!e && prune.count) {
        e = writer_run(house_of(cx)->writer, cx, prune_job, &prune);
        if (!e)
            e = find_old(cx, &prune);
    }
    if (!e)
        e = prune_files(cx, &prune);
    if (e)
        return e;
    *ret = val_map(cx->arena);
    val_set_int(cx->arena, *ret, "lines", prune.lines);
    val_set_int(cx->arena, *ret, "files", prune.files);
    return ERR_OK;
}
