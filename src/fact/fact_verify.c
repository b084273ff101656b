/* Walking the log and comparing every row with what the log says of it. */
#include "fact/fact_int.h"

#include <string.h>

/* What the log says last of one row. */
typedef struct Seen {
    int type; /* Index into types, plus one; 0: free slot. */
    i64 row_id;
    i64 block;
    i64 seq;
    bool gone;
    bool met; /* The row was found in its table. */
    Digest digest;
    FactHash hash;
} Seen;

typedef struct Walk {
    Cx *cx;
    Arena arena; /* The table of rows. */
    const RecordType *const *types;
    size_t type_count;
    Seen *slots;
    size_t slot_count, used;
    Hasher hashers[2]; /* By FactHash. */
    Str public_key;
    bool has_for;    /* Not in a log that an older program made. */
    bool log_broken; /* Rows are then not judged: a lost fact makes an honest row look edited. */
    i64 all, done;
    void (*progress)(void *context, i64 done, i64 all);
    void *context;
    VerifyReport report;
} Walk;

static void blame(Walk *walk, i64 block, i64 seq, const char *why, Str what)
{
    VerifyReport *report = &walk->report;
    if (!report->ok && report->bad_block <= block)
        return;
    report->ok = false;
    report->bad_block = block;
    report->bad_seq = seq;
    report->why = str_from(why);
    report->what = str_copy(&walk->arena, what);
}

static void step(Walk *walk, i64 count)
{
    walk->done += count;
    if (walk->progress)
        walk->progress(walk->context, walk->done, walk->all);
}

static size_t slot_of(const Walk *walk, int type, i64 row_id)
{
    u64 h = ((u64)row_id * 0x9e3779b97f4a7c15u) ^ ((u64)type * 0xc2b2ae3d27d4eb4fu);
    size_t at = (size_t)(h >> 20) & (walk->slot_count - 1);
    while (walk->slots[at].type &&
           (walk->slots[at].type != type || walk->slots[at].row_id != row_id))
        at = (at + 1) & (walk->slot_count - 1);
    return at;
}

static void grow_slots(Walk *walk)
{
    Seen *old = walk->slots;
    size_t old_count = walk->slot_count;
    walk->slot_count = old_count ? old_count * 2 : 1024;
    walk->slots = ARENA_NEW(&walk->arena, Seen, walk->slot_count);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].type)
            walk->slots[slot_of(walk, old[i].type, old[i].row_id)] = old[i];
}

static int type_index(const Walk *walk, Str name)
{
    for (size_t i = 0; i < walk->type_count; i++)
        if (str_same_z(name, walk->types[i]->name))
            return (int)i + 1;
    return 0;
}

static void remember(Walk *walk, const Fact *fact, FactHash hash)
{
    int type = type_index(walk, fact->table_name);
    if (!type || fact->row_digest.len == 0)
        return;
    if ((walk->used + 1) * 3 > walk->slot_count * 2)
        grow_slots(walk);
    Seen *seen = &walk->slots[slot_of(walk, type, fact->row_id)];
    walk->used += seen->type == 0;
    *seen = (Seen){.type = type,
                   .row_id = fact->row_id,
                   .block = fact->block,
                   .seq = fact->seq,
                   .gone = str_same(fact->row_digest, S("-")),
                   .hash = hash};
    if (!seen->gone && !hex_to(fact->row_digest, seen->digest.bytes, DIGEST_BYTES))
        blame(walk, fact->block, fact->seq, "verify.fact_edited", S("row_digest"));
}

/* Facts of one block: numbers without gaps, leaves to the root. */
static Err walk_facts(Walk *walk, const Block *block, FactHash hash)
{
    Cx *cx = walk->cx;
    Rows rows;
    i64 count = block->last_seq - block->first_seq + 1;
    if (count <= 0 || count > 10 * 1000 * 1000) {
        blame(walk, block->block, 0, "verify.block_edited", S("first_seq, last_seq"));
        return ERR_OK;
    }
    Digest *leaves = ARENA_NEW(cx->arena, Digest, (size_t)count);
    const char *sql = walk->has_for ? "SELECT " FACT_COLUMNS
                                      " FROM fact WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq"
                                    : "SELECT " FACT_COLUMNS_OLD
                                      ", 0 FROM fact WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq";
    const Bind binds[] = {BIND_INT(block->first_seq), BIND_INT(block->last_seq)};
    Err e = db_query(cx, &rows, sql, binds, COUNT(binds));
    if (e)
        return e;
    i64 at = 0;
    while (at < count && rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        Fact fact;
        fact_read(cx, &rows, &fact);
        if (fact.seq != block->first_seq + at || fact.block != block->block)
            blame(walk, block->block, block->first_seq + at, "verify.fact_missing", S(""));
        leaves[at++] = fact_leaf(&walk->hashers[hash], cx->arena, &fact);
        remember(walk, &fact, hash);
        arena_rewind(cx->arena, mark);
    }
    e = rows_end(&rows);
    if (e)
        return e;
    if (at < count)
        blame(walk, block->block, block->first_seq + at, "verify.fact_missing", S(""));
    Digest root = merkle_root(&walk->hashers[hash], leaves, (size_t)at);
    if (!str_same(hex_from(cx->arena, root.bytes, DIGEST_BYTES), block->root))
        blame(walk, block->block, 0, "verify.fact_edited", S(""));
    walk->report.facts += at;
    step(walk, at);
    return ERR_OK;
}

static Err walk_block(Walk *walk, const Block *block, i64 number, i64 next_seq, Str before)
{
    Cx *cx = walk->cx;
    FactHash hash = FACT_SHA256;
    bool known = hash_find(block->algorithm, &hash);
    Digest digest = block_digest(&walk->hashers[hash], cx->arena, block);
    Str message = block_message(cx->arena, block->block, block->hash);
    if (block->block != number || block->first_seq != next_seq)
        blame(walk, number, 0, "verify.block_missing", S(""));
    else if (!known || !str_same(hex_from(cx->arena, digest.bytes, DIGEST_BYTES), block->hash))
        blame(walk, number, 0, "verify.block_edited", S(""));
    else if (!str_same(block->before, before))
        blame(walk, number, 0, "verify.chain_broken", S(""));
    else if (!key_check(block->signer, message, block->signature))
        blame(walk, number, 0, "verify.bad_signature", S(""));
    else if (walk->public_key.len && !str_same(block->signer, walk->public_key))
        blame(walk, number, 0, "verify.other_key", block->signer);
    walk->report.blocks++;
    return walk_facts(walk, block, hash);
}

enum { BLOCKS_AT_ONCE = 256 };

static Err load_blocks(Cx *cx, i64 after, Block *blocks, size_t *ret_count)
{
    Rows rows;
    size_t count = 0;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT " BLOCK_COLUMNS
                     " FROM fact_block WHERE block > ?1 ORDER BY block LIMIT ?2",
                     BIND_INT(after), BIND_INT(BLOCKS_AT_ONCE));
    if (e)
        return e;
    while (count < BLOCKS_AT_ONCE && rows_next(&rows))
        block_read(cx, &rows, &blocks[count++]);
    *ret_count = count;
    return rows_end(&rows);
}

/* The end of the chain walked so far: what the next block must continue. */
typedef struct Link {
    i64 block;
    i64 next_seq;
    i64 at_ms;
    char hash[2 * DIGEST_BYTES + 1];
} Link;

static void link_to(Link *link, const Block *block)
{
    size_t len = block->hash.len < sizeof link->hash ? block->hash.len : 0;
    link->block = block->block;
    link->next_seq = block->last_seq + 1;
    link->at_ms = block->at_ms;
    memcpy(link->hash, block->hash.data, len);
    link->hash[len] = 0;
}

static Err walk_next(Walk *walk, Link *link, const Block *block)
{
    Err e = walk_block(walk, block, link->block + 1, link->next_seq, str_from(link->hash));
    link_to(link, block);
    return e;
}

static Err walk_chain(Walk *walk, const FactHead *head)
{
    Cx *cx = walk->cx;
    Link link = {.next_seq = 1};
    bool head_met = !head || head->block == 0;
    for (;;) {
        ArenaMark mark = arena_mark(cx->arena);
        Block *blocks = ARENA_NEW(cx->arena, Block, BLOCKS_AT_ONCE);
        size_t count;
        Err e = load_blocks(cx, link.block, blocks, &count);
        for (size_t i = 0; !e && i < count; i++) {
            e = walk_next(walk, &link, &blocks[i]);
            head_met = head_met || (link.block == head->block && str_same_z(head->hash, link.hash));
        }
        arena_rewind(cx->arena, mark);
        if (e)
            return e;
        if (count == 0)
            break;
    }
    i64 beyond = 0;
    Err e = DB_INT(cx, &beyond, 0, "SELECT COUNT(*) FROM fact WHERE seq >= ?1",
                   BIND_INT(link.next_seq));
    if (!e && beyond)
        blame(walk, link.block + 1, link.next_seq, "verify.fact_without_block", S(""));
    if (!e && !head_met)
        blame(walk, head->block, 0,
              link.block < head->block ? "verify.tail_cut" : "verify.head_differs", S(""));
    return e;
}

static void check_row(Walk *walk, int type, const void *record)
{
    const RecordType *row = walk->types[type - 1];
    i64 id = field_int(&row->fields[0], record);
    Seen *seen = walk->slot_count ? &walk->slots[slot_of(walk, type, id)] : NULL;
    Str what = str_format(walk->cx->arena, "%s %lld", row->name, (long long)id);
    walk->report.rows++;
    if (walk->log_broken)
        return;
    if (!seen || !seen->type || seen->gone) {
        i64 block = seen && seen->type ? seen->block : walk->report.blocks + 1;
        blame(walk, block, 0, "verify.row_without_fact", what);
        return;
    }
    seen->met = true;
    Digest digest = row_digest(&walk->hashers[seen->hash], walk->cx->arena, row, record);
    if (memcmp(digest.bytes, seen->digest.bytes, DIGEST_BYTES) != 0)
        blame(walk, seen->block, seen->seq, "verify.row_edited", what);
}

static Err walk_rows(Walk *walk, int type)
{
    Cx *cx = walk->cx;
    const RecordType *row = walk->types[type - 1];
    void *record = arena_take(&walk->arena, row->size);
    RecordType stored; /* An older program's table lacks columns; empty ones are in no digest. */
    Rows rows;
    Err e = record_stored(cx, row, &stored);
    if (e || !stored.count)
        return e;
    e = db_query(cx, &rows, record_select(cx, &stored, "ORDER BY id"), NULL, 0);
    if (e)
        return e;
    while (rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        record_read_row(cx, &stored, &rows, record);
        check_row(walk, type, record);
        arena_rewind(cx->arena, mark);
        step(walk, 1);
    }
    return rows_end(&rows);
}

static void check_missing_rows(Walk *walk)
{
    for (size_t i = 0; !walk->log_broken && i < walk->slot_count; i++) {
        const Seen *seen = &walk->slots[i];
        if (seen->type && !seen->gone && !seen->met)
            blame(walk, seen->block, seen->seq, "verify.row_missing",
                  str_format(walk->cx->arena, "%s %lld", walk->types[seen->type - 1]->name,
                             (long long)seen->row_id));
    }
}

Err fact_verify(Cx *cx, const RecordType *const *types, size_t type_count, const FactHead *head,
                Str public_key, void (*progress)(void *context, i64 done, i64 all), void *context,
                VerifyReport *ret)
{
    Walk walk = {.cx = cx,
                 .types = types,
                 .type_count = type_count,
                 .public_key = public_key,
                 .progress = progress,
                 .context = context,
                 .report = {.ok = true}};
    if (!hasher_init(&walk.hashers[FACT_SHA256], FACT_SHA256) ||
        !hasher_init(&walk.hashers[FACT_SM3], FACT_SM3))
        return err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    Err e = fact_has_for(cx, &walk.has_for);
    if (!e)
        e = fact_last_seq(cx, &walk.all);
    walk.all *= 2; /* Facts, then about as many rows. */
    if (!e)
        e = walk_chain(&walk, head);
    walk.log_broken = !walk.report.ok;
    for (int type = 1; !e && type <= (int)type_count; type++)
        e = walk_rows(&walk, type);
    if (!e) {
        check_missing_rows(&walk);
        walk.report.what = str_copy(cx->arena, walk.report.what);
        *ret = walk.report;
    }
    hasher_done(&walk.hashers[FACT_SHA256]);
    hasher_done(&walk.hashers[FACT_SM3]);
    arena_done(&walk.arena);
    return e;
}

/* ---- The log alone, part by part ---- */

static Err load_link(Cx *cx, i64 after, Link *ret)
{
    Block blocks[1];
    Rows rows;
    *ret = (Link){.next_seq = 1};
    if (!after)
        return ERR_OK;
    Err e = DB_QUERY(cx, &rows, "SELECT " BLOCK_COLUMNS " FROM fact_block WHERE block = ?1",
                     BIND_INT(after));
    if (e)
        return e;
    bool found = rows_next(&rows);
    if (found)
        block_read(cx, &rows, blocks);
    e = rows_end(&rows);
    if (e)
        return e;
    if (!found)
        return err_set(cx, ERR_INPUT, "after", "fact.no_such_block");
    link_to(ret, blocks);
    return ERR_OK;
}

static bool part_full(const Walk *walk)
{
    return walk->report.blocks >= LOG_PART_BLOCKS || walk->report.facts >= LOG_PART_FACTS;
}

/* Up to the block `head`, or as far as one part goes. */
static Err walk_part(Walk *walk, Link *link, i64 head)
{
    Cx *cx = walk->cx;
    size_t count = 1;
    Err e = ERR_OK;
    while (!e && count && link->block < head && !part_full(walk)) {
        ArenaMark mark = arena_mark(cx->arena);
        Block *blocks = ARENA_NEW(cx->arena, Block, BLOCKS_AT_ONCE);
        e = load_blocks(cx, link->block, blocks, &count);
        for (size_t i = 0; !e && i < count && link->block < head && !part_full(walk); i++)
            e = walk_next(walk, link, &blocks[i]);
        arena_rewind(cx->arena, mark);
    }
    i64 beyond = 0;
    if (!e && link->block >= head)
        e = DB_INT(cx, &beyond, 0, "SELECT COUNT(*) FROM fact WHERE seq >= ?1 AND block <= ?2",
                   BIND_INT(link->next_seq), BIND_INT(head));
    if (!e && beyond)
        blame(walk, head, link->next_seq, "verify.fact_without_block", S(""));
    return e;
}

Err fact_verify_log(Cx *cx, i64 after, Str public_key, LogPart *ret)
{
    Walk walk = {.cx = cx, .public_key = public_key, .report = {.ok = true}};
    Link link;
    FactHead head;
    Err e = fact_has_for(cx, &walk.has_for);
    if (!e)
        e = fact_head(cx, &head);
    if (!e)
        e = load_link(cx, after, &link);
    if (e)
        return e;
    if (!hasher_init(&walk.hashers[FACT_SHA256], FACT_SHA256) ||
        !hasher_init(&walk.hashers[FACT_SM3], FACT_SM3))
        return err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    e = walk_part(&walk, &link, head.block);
    if (!e)
        *ret = (LogPart){.ok = walk.report.ok,
                         .after = after,
                         .to = link.block,
                         .to_ms = link.at_ms,
                         .blocks = walk.report.blocks,
                         .facts = walk.report.facts,
                         .head = head.block,
                         .bad_block = walk.report.bad_block,
                         .bad_seq = walk.report.bad_seq,
                         .why = walk.report.why};
    hasher_done(&walk.hashers[FACT_SHA256]);
    hasher_done(&walk.hashers[FACT_SM3]);
    arena_done(&walk.arena);
    return e;
}
