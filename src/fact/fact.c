/* Appending facts, sealing the block of a commit, and reading the log. */
#include "fact/fact_int.h"

#include <stdatomic.h>

#include "record/published.h"

#include <string.h>

/* The log's own tables are not records: nothing but this room writes them, and never twice. */
static const char *const schema[] = {
    "CREATE TABLE IF NOT EXISTS fact ("
    "seq INTEGER PRIMARY KEY, "  /* 1.. without gaps */
    "block INTEGER NOT NULL, "   /* the commit it came with */
    "kind TEXT NOT NULL, "       /* noun.verb */
    "table_name TEXT NOT NULL, " /* what it is about */
    "row_id INTEGER NOT NULL, "
    "row_digest TEXT NOT NULL, " /* of the row after the change; '' when it is gone */
    "actor_id INTEGER NOT NULL, "
    "org_id INTEGER NOT NULL, "
    "via TEXT NOT NULL, "
    "at_ms INTEGER NOT NULL, "
    "amount INTEGER NOT NULL, "
    "code TEXT NOT NULL, "
    "other_id INTEGER NOT NULL, "
    "for_id INTEGER NOT NULL DEFAULT 0) STRICT", /* 0 as long as nobody acts for another */
    "CREATE INDEX IF NOT EXISTS ix_fact_row ON fact (table_name, row_id)",
    "CREATE INDEX IF NOT EXISTS ix_fact_actor ON fact (actor_id, at_ms)", /* What somebody did. */
    "CREATE TABLE IF NOT EXISTS fact_block ("
    "block INTEGER PRIMARY KEY, " /* 1.. without gaps */
    "first_seq INTEGER NOT NULL, "
    "last_seq INTEGER NOT NULL, "
    "at_ms INTEGER NOT NULL, "
    "root TEXT NOT NULL, "   /* Merkle root over the block's facts */
    "before TEXT NOT NULL, " /* hash of the block before; '' for the first */
    "hash TEXT NOT NULL, "
    "algorithm TEXT NOT NULL, " /* sha256 or sm3 */
    "signer TEXT NOT NULL, "    /* public key, hex */
    "signature TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS fact_lead ("
    "id INTEGER PRIMARY KEY, "          /* 1 */
    "epoch INTEGER NOT NULL, "          /* how often a program has begun to write */
    "beat_ms INTEGER NOT NULL) STRICT", /* when the one that serves was last known to be alive */
};

static const char *via_name(Via via)
{
    static const char *const names[] = {"web", "api", "local", "system"};
    return names[via];
}

void fact_read(Cx *cx, Rows *rows, Fact *ret)
{
    *ret = (Fact){
        .seq = rows_int(rows, 0),
        .block = rows_int(rows, 1),
        .kind = rows_str_copy(rows, 2),
        .table_name = rows_str_copy(rows, 3),
        .row_id = rows_int(rows, 4),
        .row_digest = rows_str_copy(rows, 5),
        .actor_id = rows_int(rows, 6),
        .org_id = rows_int(rows, 7),
        .via = rows_str_copy(rows, 8),
        .at_ms = rows_int(rows, 9),
        .amount = rows_int(rows, 10),
        .code = rows_str_copy(rows, 11),
        .other_id = rows_int(rows, 12),
        .for_id = rows_int(rows, 13),
    };
    (void)cx;
}

void block_read(Cx *cx, Rows *rows, Block *ret)
{
    *ret = (Block){
        .block = rows_int(rows, 0),
        .first_seq = rows_int(rows, 1),
        .last_seq = rows_int(rows, 2),
        .at_ms = rows_int(rows, 3),
        .root = rows_str_copy(rows, 4),
        .before = rows_str_copy(rows, 5),
        .hash = rows_str_copy(rows, 6),
        .algorithm = rows_str_copy(rows, 7),
        .signer = rows_str_copy(rows, 8),
        .signature = rows_str_copy(rows, 9),
    };
    (void)cx;
}

static Err insert_fact(Cx *cx, const Fact *f)
{
    return DB_EXEC(cx,
                   "INSERT INTO fact (" FACT_COLUMNS ") VALUES "
                   "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                   BIND_INT(f->seq), BIND_INT(f->block), BIND_STR(f->kind), BIND_STR(f->table_name),
                   BIND_INT(f->row_id), BIND_STR(f->row_digest), BIND_INT(f->actor_id),
                   BIND_INT(f->org_id), BIND_STR(f->via), BIND_INT(f->at_ms), BIND_INT(f->amount),
                   BIND_STR(f->code), BIND_INT(f->other_id), BIND_INT(f->for_id));
}

static void keep_leaf(Facts *open, Digest leaf)
{
    if (open->count == open->cap) {
        size_t cap = open->cap ? open->cap * 2 : 64;
        open->leaves = arena_grow(&open->arena, open->leaves, open->cap * sizeof(Digest),
                                  cap * sizeof(Digest));
        open->cap = cap;
    }
    open->leaves[open->count++] = leaf;
}

static unsigned bucket_of(const RecordType *type)
{
    unsigned hash = 5381;
    for (const char *at = type->name; *at; at++)
        hash = hash * 33 + (u8)*at;
    return hash % CHANGE_BUCKETS;
}

u64 fact_changes(const FactLog *log, const RecordType *type)
{
    return atomic_load(&log->changes[bucket_of(type)]);
}

static Err append(Cx *cx, const RecordType *type, i64 row_id, Str digest, FactNote note)
{
    assert(cx->in_write && cx->facts);
    Facts *open = cx->facts;
    if (type)
        open->touched |= (u64)1 << bucket_of(type);
    FactLog *log = open->log;
    Fact fact = {
        .seq = log->last_seq + 1 + (i64)open->count,
        .block = log->last_block + 1,
        .kind = str_from(note.kind),
        .table_name = str_from(type ? type->name : NULL),
        .row_id = row_id,
        .row_digest = digest,
        .actor_id = cx->actor.account_id,
        .org_id = cx->actor.org_id,
        .via = str_from(via_name(cx->actor.via)),
        .at_ms = clock_now_ms(cx->clock),
        .amount = note.amount,
        .code = str_from(note.code),
        .other_id = note.other_id,
        .for_id = cx->actor.for_id,
    };
    Err e = insert_fact(cx, &fact);
    if (!e)
        keep_leaf(open, fact_leaf(&log->hasher, cx->arena, &fact));
    return e;
}

static Err append_row(Cx *cx, const RecordType *type, const void *record, FactNote note)
{
    Digest digest = row_digest(&cx->facts->log->hasher, cx->arena, type, record);
    i64 id = field_int(&type->fields[0], record);
    return append(cx, type, id, hex_from(cx->arena, digest.bytes, DIGEST_BYTES), note);
}

/* Never gives an id twice, also not that of a removed row: the log remembers it. */
static Err next_id(Cx *cx, const RecordType *type, i64 *ret_id)
{
    FactLog *log = cx->facts->log;
    for (size_t i = 0; i < log->id_count; i++) {
        if (log->ids[i].type == type) {
            *ret_id = log->ids[i].next++;
            return ERR_OK;
        }
    }
    i64 last = 0;
    Err e = DB_INT(cx, &last, 0, "SELECT COALESCE(MAX(row_id), 0) FROM fact WHERE table_name = ?1",
                   BIND_STR(str_from(type->name)));
    if (e)
        return e;
    assert(log->id_count < TYPES_MAX);
    log->ids[log->id_count++] = (NextId){type, last + 2};
    *ret_id = last + 1;
    return ERR_OK;
}

/* id, rev, made_ms, changed_ms: RECORD_HEAD. */
static void set_head(const RecordType *type, void *record, const i64 head[4])
{
    for (size_t i = 0; i < 4; i++)
        field_set_int(&type->fields[i], record, head[i]);
}

static Err insert_row(Cx *cx, const RecordType *type, void *record, i64 id, FactNote note)
{
    i64 now_ms = clock_now_ms(cx->clock);
    set_head(type, record, (const i64[]){id, 1, now_ms, now_ms});
    Err e = record_insert(cx, type, record);
    return e ? e : append_row(cx, type, record, note);
}

static Err change_row(Cx *cx, const RecordType *type, void *record, FactNote note)
{
    field_set_int(&type->fields[3], record, clock_now_ms(cx->clock));
    Err e = record_update(cx, type, record);
    return e ? e : append_row(cx, type, record, note);
}

static Err remove_row(Cx *cx, const RecordType *type, i64 id, FactNote note)
{
    Err e = record_delete(cx, type, id);
    return e ? e : append(cx, type, id, S("-"), note);
}

/* ---- the published form follows its record ---- */

static bool same_row(Cx *cx, const RecordType *type, const void *a, const void *b)
{
    Buf texts[] = {buf_new(cx->arena), buf_new(cx->arena)};
    record_canonical(type, a, &texts[0]);
    record_canonical(type, b, &texts[1]);
    return str_same(buf_str(&texts[0]), buf_str(&texts[1]));
}

/* The row that there is, if any. */
static Err published_load(Cx *cx, const RecordType *type, i64 id, void *ret, bool *ret_is)
{
    Err e = record_load(cx, type, id, ret);
    *ret_is = !e;
    if (e != ERR_MISSING)
        return e;
    err_clear(cx);
    return ERR_OK;
}

/* After a change of `record`; NULL: it was removed. What changed nothing of it is no fact. */
static Err publish(Cx *cx, const RecordType *type, i64 id, const void *record)
{
    const Published *published = type->published;
    if (!published)
        return ERR_OK;
    void *there = arena_take(cx->arena, type->size), *form = arena_take(cx->arena, type->size);
    bool is_there, is_public = record && published->is_public(record);
    Err e = published_load(cx, published->type, id, there, &is_there);
    if (e)
        return e;
    if (!is_public)
        return is_there
                   ? remove_row(cx, published->type, id, (FactNote){.kind = published->removed})
                   : ERR_OK;
    record_published(cx->arena, type, record, form);
    if (!is_there)
        return insert_row(cx, published->type, form, id, (FactNote){.kind = published->made});
    i64 head[4];
    for (size_t i = 0; i < COUNT(head); i++)
        head[i] = field_int(&type->fields[i], there);
    set_head(type, form, head);
    return same_row(cx, type, there, form)
               ? ERR_OK
               : change_row(cx, published->type, form, (FactNote){.kind = published->changed});
}

Err fact_create(Cx *cx, const RecordType *type, void *record, FactNote note)
{
    i64 id;
    Err e = next_id(cx, type, &id);
    if (!e)
        e = insert_row(cx, type, record, id, note);
    return e ? e : publish(cx, type, id, record);
}

Err fact_change(Cx *cx, const RecordType *type, void *record, FactNote note)
{
    Err e = change_row(cx, type, record, note);
    return e ? e : publish(cx, type, field_int(&type->fields[0], record), record);
}

Err fact_remove(Cx *cx, const RecordType *type, i64 id, FactNote note)
{
    Err e = remove_row(cx, type, id, note);
    return e ? e : publish(cx, type, id, NULL);
}

/* All at once or none: the first fact about a published form says that it has been done. */
static Err publish_type(Cx *cx, const RecordType *type)
{
    i64 *ids, known = 0;
    size_t count = 0;
    Err e = DB_INT(cx, &known, 0,
                   "SELECT COUNT(*) FROM (SELECT 1 FROM fact WHERE table_name = ?1 "
                   "LIMIT 1) f",
                   BIND_STR(str_from(type->published->type->name)));
    if (e || known)
        return e;
    e = db_ids(cx, db_keep(str_format(cx->arena, "SELECT id FROM %s ORDER BY id", type->name)),
               NULL, 0, &ids, &count);
    for (size_t i = 0; !e && i < count; i++) {
        ArenaMark mark = arena_mark(cx->arena);
        void *record = arena_take(cx->arena, type->size);
        e = record_load(cx, type, ids[i], record);
        if (!e)
            e = publish(cx, type, ids[i], record);
        arena_rewind(cx->arena, mark);
    }
    return e;
}

Err fact_publish_old(Cx *cx, const RecordType *const *types, size_t count)
{
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < count; i++)
        if (types[i]->published)
            e = publish_type(cx, types[i]);
    return e;
}

Err fact_tell(Cx *cx, const RecordType *type, i64 row_id, FactNote note)
{
    return append(cx, type, row_id, S(""), note);
}

/* What the writer calls. */

static Err on_begin(Cx *cx, void *context)
{
    FactLog *log = context;
    arena_reset(&log->open->arena);
    log->open->leaves = NULL;
    log->open->count = log->open->cap = 0;
    log->open->touched = 0;
    cx->facts = log->open;
    return ERR_OK;
}

static Err on_refused(Cx *cx, void *context, WriteJob *job)
{
    (void)context;
    if (!job->cx->doing) /* No command: nothing to tell of. */
        return ERR_OK;
    Actor own = cx->actor;
    cx->actor = job->cx->actor;
    Str code = str_format(cx->arena, "%s %s %s", job->cx->doing, err_name(job->err),
                          job->cx->err.key ? job->cx->err.key : "-");
    Err e = append(cx, NULL, 0, S(""),
                   (FactNote){.kind = "command.refused", .code = str_z(cx->arena, code)});
    cx->actor = own;
    return e;
}

static Err on_commit(Cx *cx, void *context)
{
    FactLog *log = context;
    Facts *open = log->open;
    if (open->count == 0)
        return ERR_OK;
    i64 last_seq = log->last_seq + (i64)open->count;
    Digest root = merkle_root(&log->hasher, open->leaves, open->count);
    Block block = {
        .block = log->last_block + 1,
        .first_seq = log->last_seq + 1,
        .last_seq = last_seq,
        .at_ms = clock_now_ms(cx->clock),
        .root = hex_from(cx->arena, root.bytes, DIGEST_BYTES),
        .before = str_from(log->last_hash),
        .algorithm = str_from(hash_name(log->hash)),
        .signer = log->public_hex,
    };
    Digest hash = block_digest(&log->hasher, cx->arena, &block);
    block.hash = hex_from(cx->arena, hash.bytes, DIGEST_BYTES);
    u8 signature[SIGNATURE_BYTES];
    if (!key_sign(log->key, block_message(cx->arena, block.block, block.hash), signature))
        return err_set(cx, ERR_STORE, NULL, "fact.cannot_sign");
    block.signature = hex_from(cx->arena, signature, sizeof signature);
    memcpy(log->next_hash, block.hash.data, block.hash.len);
    return DB_EXEC(cx,
                   "INSERT INTO fact_block (" BLOCK_COLUMNS ") VALUES "
                   "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                   BIND_INT(block.block), BIND_INT(block.first_seq), BIND_INT(block.last_seq),
                   BIND_INT(block.at_ms), BIND_STR(block.root), BIND_STR(block.before),
                   BIND_STR(block.hash), BIND_STR(block.algorithm), BIND_STR(block.signer),
                   BIND_STR(block.signature));
}

static void on_committed(void *context)
{
    FactLog *log = context;
    if (log->open->count == 0)
        return;
    log->last_seq += (i64)log->open->count;
    log->last_block++;
    memcpy(log->last_hash, log->next_hash, sizeof log->last_hash);
    for (unsigned i = 0; i < CHANGE_BUCKETS; i++)
        if (log->open->touched >> i & 1)
            atomic_fetch_add(&log->changes[i], 1);
    if (log->wake)
        log->wake(log->wake_context);
}

static void on_dropped(void *context)
{
    FactLog *log = context;
    log->open->count = 0;
    log->id_count = 0; /* Read again: the rows that took these ids are gone. */
}

static size_t on_mark(Cx *cx, void *context)
{
    (void)cx;
    return ((FactLog *)context)->open->count;
}

static void on_rewind(Cx *cx, void *context, size_t mark)
{
    (void)cx;
    ((FactLog *)context)->open->count = mark;
}

WriterHooks fact_hooks(FactLog *log)
{
    return (WriterHooks){
        .context = log,
        .begin = on_begin,
        .refused = on_refused,
        .commit = on_commit,
        .committed = on_committed,
        .dropped = on_dropped,
        .mark = on_mark,
        .rewind = on_rewind,
    };
}

void fact_on_commit(FactLog *log, void (*wake)(void *context), void *context)
{
    log->wake_context = context;
    log->wake = wake;
}

/* Opening. */

static Err load_head(Cx *cx, FactLog *log)
{
    FactHead head;
    Err e = fact_head(cx, &head);
    if (e)
        return e;
    log->last_block = head.block;
    log->last_seq = head.fact_count;
    memset(log->last_hash, 0, sizeof log->last_hash);
    memset(log->next_hash, 0, sizeof log->next_hash);
    if (head.hash.len == 2 * DIGEST_BYTES)
        memcpy(log->last_hash, head.hash.data, head.hash.len);
    return ERR_OK;
}

Err fact_has_for(Cx *cx, bool *ret)
{
    Str *names;
    size_t count;
    Err e = db_columns(cx, "fact", &names, &count);
    *ret = !e && !count;
    for (size_t i = 0; !e && i < count; i++)
        *ret |= str_same(names[i], S("for_id"));
    return e;
}

static Err make_tables(Cx *cx)
{
    bool has_for = false;
    Err e = fact_has_for(cx, &has_for);
    if (!e && !has_for)
        e = db_exec_plain(cx, "ALTER TABLE fact ADD COLUMN for_id INTEGER NOT NULL DEFAULT 0");
    for (size_t i = 0; !e && i < COUNT(schema); i++)
        e = db_exec_plain(cx, schema[i]);
    return e;
}

Err fact_log_open(Cx *cx, Str data_folder, FactHash hash, FactLog **ret)
{
    Err made = make_tables(cx);
    if (made)
        return made;
    Arena arena = {0};
    FactLog *log = ARENA_NEW(&arena, FactLog, 1);
    log->open = ARENA_NEW(&arena, Facts, 1);
    log->open->log = log;
    log->hash = hash;
    u8 public[PUBLIC_KEY_BYTES];
    Err e = load_head(cx, log);
    if (!e)
        e = key_load_or_make(cx, data_folder, &log->key, public);
    if (!e && !hasher_init(&log->hasher, hash))
        e = err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    if (e) {
        EVP_PKEY_free(log->key);
        arena_done(&arena);
        return e;
    }
    log->public_hex = hex_from(&arena, public, sizeof public);
    log->arena = arena;
    *ret = log;
    return ERR_OK;
}

void fact_log_close(FactLog *log)
{
    hasher_done(&log->hasher);
    EVP_PKEY_free(log->key);
    arena_done(&log->open->arena);
    Arena arena = log->arena;
    arena_done(&arena);
}

Str fact_public_key(const FactLog *log)
{
    return log->public_hex;
}

/* Reading. */

Err fact_head(Cx *cx, FactHead *ret)
{
    Rows rows;
    FactHead head = {0};
    Err e = db_query(
        cx, &rows, "SELECT " BLOCK_COLUMNS " FROM fact_block ORDER BY block DESC LIMIT 1", NULL, 0);
    if (e)
        return e;
    if (rows_next(&rows)) {
        Block block;
        block_read(cx, &rows, &block);
        head = (FactHead){.block = block.block,
                          .fact_count = block.last_seq,
                          .hash = block.hash,
                          .at_ms = block.at_ms,
                          .signature = block.signature,
                          .public_key = block.signer,
                          .algorithm = block.algorithm};
    }
    e = rows_end(&rows);
    if (!e)
        *ret = head;
    return e;
}

Err fact_last_seq(Cx *cx, i64 *ret_seq)
{
    return db_int(cx, "SELECT COALESCE(MAX(seq), 0) FROM fact", NULL, 0, 0, ret_seq);
}

static Err read_all(Cx *cx, Rows *rows, int limit, Fact **ret_facts, size_t *ret_count)
{
    Fact *facts = ARENA_NEW(cx->arena, Fact, (size_t)limit);
    size_t count = 0;
    while (count < (size_t)limit && rows_next(rows))
        fact_read(cx, rows, &facts[count++]);
    Err e = rows_end(rows);
    if (e)
        return e;
    *ret_facts = facts;
    *ret_count = count;
    return ERR_OK;
}

Err fact_after(Cx *cx, i64 seq, int limit, Fact **ret_facts, size_t *ret_count)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT " FACT_COLUMNS " FROM fact WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                     BIND_INT(seq), BIND_INT(limit));
    return e ? e : read_all(cx, &rows, limit, ret_facts, ret_count);
}

Err fact_of_row(Cx *cx, const char *table_name, i64 row_id, int limit, Fact **ret,
                size_t *ret_count)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT " FACT_COLUMNS " FROM fact WHERE table_name = ?1 AND row_id = ?2 "
                     "ORDER BY seq DESC LIMIT ?3",
                     BIND_STR(str_from(table_name)), BIND_INT(row_id), BIND_INT(limit));
    return e ? e : read_all(cx, &rows, limit, ret, ret_count);
}
