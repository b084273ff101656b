/* fact_proof.c - see fact_proof.h. */
#include "fact/fact_proof.h"

#include "fact/fact_int.h"

/* ---- Making ---- */

static Err load_fact(Cx *cx, const char *table_name, i64 row_id, Fact *ret)
{
    Rows rows;
    Fact fact = {0};
    Err e = DB_QUERY(cx, &rows,
                     "SELECT " FACT_COLUMNS " FROM fact WHERE table_name = ?1 AND row_id = ?2 "
                     "ORDER BY seq LIMIT 1",
                     BIND_STR(str_from(table_name)), BIND_INT(row_id));
    if (e)
        return e;
    if (rows_next(&rows))
        fact_read(cx, &rows, &fact);
    e = rows_end(&rows);
    if (e)
        return e;
    if (!fact.seq)
        return err_set(cx, ERR_MISSING, NULL, "verify.fact_missing");
    *ret = fact;
    return ERR_OK;
}

static Err load_block(Cx *cx, i64 number, Block *ret)
{
    Rows rows;
    Block block = {0};
    Err e = DB_QUERY(cx, &rows, "SELECT " BLOCK_COLUMNS " FROM fact_block WHERE block = ?1",
                     BIND_INT(number));
    if (e)
        return e;
    if (rows_next(&rows))
        block_read(cx, &rows, &block);
    e = rows_end(&rows);
    if (e)
        return e;
    if (!block.block)
        return err_set(cx, ERR_MISSING, NULL, "verify.fact_missing");
    *ret = block;
    return ERR_OK;
}

static Err load_leaves(Cx *cx, Hasher *hasher, const Block *block, Digest **ret)
{
    size_t count = (size_t)(block->last_seq - block->first_seq + 1), at = 0;
    Digest *leaves = ARENA_NEW(cx->arena, Digest, count);
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT " FACT_COLUMNS " FROM fact WHERE seq >= ?1 AND seq <= ?2 ORDER BY seq",
                     BIND_INT(block->first_seq), BIND_INT(block->last_seq));
    if (e)
        return e;
    while (at < count && rows_next(&rows)) {
        ArenaMark mark = arena_mark(cx->arena);
        Fact fact;
        fact_read(cx, &rows, &fact);
        leaves[at++] = fact_leaf(hasher, cx->arena, &fact);
        arena_rewind(cx->arena, mark);
    }
    e = rows_end(&rows);
    if (!e && at < count)
        e = err_set(cx, ERR_MISSING, NULL, "verify.fact_missing");
    if (!e)
        *ret = leaves;
    return e;
}

/* As merkle_root, noting who stands beside the way of leaf `at`. */
static void climb(Hasher *hasher, Arena *arena, Digest *leaves, size_t count, size_t at,
                  FactProof *proof)
{
    for (; count > 1; count = (count + 1) / 2, at /= 2) {
        size_t beside = at ^ 1;
        if (beside < count)
            proof->path[proof->path_count++] = hex_from(arena, leaves[beside].bytes, DIGEST_BYTES);
        for (size_t i = 0; i + 1 < count; i += 2) {
            Digest pair[2] = {leaves[i], leaves[i + 1]};
            leaves[i / 2] = hasher_digest(hasher, TAG_NODE, pair, sizeof pair);
        }
        if (count % 2)
            leaves[count / 2] = leaves[count - 1];
    }
}

static FactBlock block_out(const Block *block)
{
    return (FactBlock){block->block,  block->first_seq, block->last_seq, block->at_ms,
                       block->root,   block->before,    block->hash,     block->algorithm,
                       block->signer, block->signature};
}

static Block block_in(const FactBlock *block)
{
    return (Block){block->block,  block->first_seq, block->last_seq, block->at_ms,
                   block->root,   block->before,    block->hash,     block->algorithm,
                   block->signer, block->signature};
}

Err fact_prove(Cx *cx, const char *table_name, i64 row_id, FactProof *ret)
{
    FactProof proof = {0};
    Block block = {0};
    Digest *leaves = NULL;
    FactHash hash = FACT_SHA256;
    Hasher hasher = {0};
    Err e = load_fact(cx, table_name, row_id, &proof.fact);
    if (!e)
        e = load_block(cx, proof.fact.block, &block);
    if (!e && (!hash_find(block.algorithm, &hash) || proof.fact.seq < block.first_seq ||
               proof.fact.seq > block.last_seq))
        e = err_set(cx, ERR_MISSING, NULL, "verify.fact_missing");
    if (e)
        return e;
    if (!hasher_init(&hasher, hash))
        e = err_set(cx, ERR_BUG, NULL, "fact.no_hash");
    if (!e)
        e = load_leaves(cx, &hasher, &block, &leaves);
    if (!e)
        climb(&hasher, cx->arena, leaves, (size_t)(block.last_seq - block.first_seq + 1),
              (size_t)(proof.fact.seq - block.first_seq), &proof);
    hasher_done(&hasher);
    if (e)
        return e;
    proof.block = block_out(&block);
    *ret = proof;
    return ERR_OK;
}

/* ---- As text ---- */

static void put_int(Buf *out, const char *name, i64 n)
{
    buf_format(out, "\"%s\":%lld", name, (long long)n);
}

static void put_str(Buf *out, const char *name, Str text)
{
    buf_format(out, "\"%s\":", name);
    buf_json(out, text);
}

typedef struct Member {
    const char *name;
    bool text;
    size_t at;
} Member;

#define INT_OF(Type, name, member)                                                                 \
    {                                                                                              \
        name, false, offsetof(Type, member)                                                        \
    }
#define STR_OF(Type, name, member)                                                                 \
    {                                                                                              \
        name, true, offsetof(Type, member)                                                         \
    }
// clang-format off
static const Member fact_members[] = {
    INT_OF(Fact, "seq", seq), STR_OF(Fact, "kind", kind), STR_OF(Fact, "table", table_name),
    INT_OF(Fact, "row", row_id), STR_OF(Fact, "digest", row_digest), INT_OF(Fact, "actor", actor_id),
    INT_OF(Fact, "org", org_id), STR_OF(Fact, "via", via), INT_OF(Fact, "at_ms", at_ms),
    INT_OF(Fact, "amount", amount), STR_OF(Fact, "code", code), INT_OF(Fact, "other", other_id),
    INT_OF(Fact, "for", for_id),
};
static const Member block_members[] = {
    INT_OF(FactBlock, "block", block), INT_OF(FactBlock, "first", first_seq),
    INT_OF(FactBlock, "last", last_seq), INT_OF(FactBlock, "at_ms", at_ms),
    STR_OF(FactBlock, "root", root), STR_OF(FactBlock, "before", before),
    STR_OF(FactBlock, "hash", hash), STR_OF(FactBlock, "algorithm", algorithm),
    STR_OF(FactBlock, "signer", signer), STR_OF(FactBlock, "signature", signature),
};
// clang-format on

static void put_members(Buf *out, const Member *members, size_t count, const void *from)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)from + members[i].at;
        buf_char(out, i ? ',' : '{');
        if (members[i].text)
            put_str(out, members[i].name, *(const Str *)(const void *)at);
        else
            put_int(out, members[i].name, *(const i64 *)(const void *)at);
    }
    buf_char(out, '}');
}

static bool get_members(const Val *map, const Member *members, size_t count, void *ret)
{
    bool whole = map && map->kind == VAL_MAP && val_count(map) == count;
    for (size_t i = 0; whole && i < count; i++) {
        const Val *val = val_get(map, members[i].name);
        char *at = (char *)ret + members[i].at;
        whole = val && val->kind == (members[i].text ? VAL_STR : VAL_INT);
        if (whole && members[i].text)
            *(Str *)(void *)at = val->s;
        else if (whole)
            *(i64 *)(void *)at = val->i;
    }
    return whole;
}

void fact_proof_write(Buf *out, const FactProof *proof)
{
    buf_z(out, "\"fact\":");
    put_members(out, fact_members, COUNT(fact_members), &proof->fact);
    buf_z(out, ",\"path\":[");
    for (size_t i = 0; i < proof->path_count; i++) {
        buf_z(out, i ? "," : "");
        buf_json(out, proof->path[i]);
    }
    buf_z(out, "],\"block\":");
    put_members(out, block_members, COUNT(block_members), &proof->block);
}

bool fact_proof_read(const Val *map, FactProof *ret)
{
    FactProof proof = {0};
    const Val *path = val_get(map, "path");
    bool whole = path && path->kind == VAL_LIST && val_count(path) <= PROOF_PATH_MAX;
    whole =
        whole && get_members(val_get(map, "fact"), fact_members, COUNT(fact_members), &proof.fact);
    whole = whole &&
            get_members(val_get(map, "block"), block_members, COUNT(block_members), &proof.block);
    for (size_t i = 0; whole && i < val_count(path); i++) {
        whole = val_at(path, i)->kind == VAL_STR;
        proof.path[proof.path_count++] = val_at(path, i)->s;
    }
    if (!whole)
        return false;
    proof.fact.block = proof.block.block;
    *ret = proof;
    return true;
}

/* ---- Checking ---- */

static bool same_hex(Arena *arena, const Digest *digest, Str hex)
{
    return str_same(hex_from(arena, digest->bytes, DIGEST_BYTES), hex);
}

static bool path_leads(Hasher *hasher, Arena *arena, const FactProof *proof)
{
    const FactBlock *block = &proof->block;
    enum { FACTS_MAX = 10 * 1000 * 1000 };
    i64 seq = proof->fact.seq;
    if (block->first_seq < 1 || block->first_seq > seq || block->last_seq < seq ||
        block->last_seq - block->first_seq >= FACTS_MAX)
        return false;
    Digest here = fact_leaf(hasher, arena, &proof->fact);
    size_t at = (size_t)(seq - block->first_seq), used = 0;
    size_t count = (size_t)(block->last_seq - block->first_seq + 1);
    for (; count > 1; count = (count + 1) / 2, at /= 2) {
        Digest pair[2];
        if ((at ^ 1) >= count)
            continue;
        if (used == proof->path_count ||
            !hex_to(proof->path[used++], pair[~at & 1].bytes, DIGEST_BYTES))
            return false;
        pair[at & 1] = here;
        here = hasher_digest(hasher, TAG_NODE, pair, sizeof pair);
    }
    return used == proof->path_count && same_hex(arena, &here, block->root);
}

static FactProven check_with(Hasher *hasher, Arena *arena, const FactProof *proof,
                             const RecordType *type, const void *record)
{
    Digest row = row_digest(hasher, arena, type, record);
    const Fact *fact = &proof->fact;
    if (!str_same_z(fact->table_name, type->name) ||
        fact->row_id != field_int(&type->fields[0], record) ||
        !same_hex(arena, &row, fact->row_digest))
        return PROVEN_ROW;
    if (!path_leads(hasher, arena, proof))
        return PROVEN_PATH;
    Block block = block_in(&proof->block);
    Digest sealed = block_digest(hasher, arena, &block);
    if (!same_hex(arena, &sealed, block.hash))
        return PROVEN_BLOCK;
    Str message = block_message(arena, block.block, block.hash);
    return key_check(block.signer, message, block.signature) ? PROVEN_WELL : PROVEN_SIGNATURE;
}

FactProven fact_proof_check(Arena *arena, const FactProof *proof, const RecordType *type,
                            const void *record)
{
    FactHash hash = FACT_SHA256;
    Hasher hasher = {0};
    if (!hash_find(proof->block.algorithm, &hash))
        return PROVEN_BLOCK;
    FactProven proven =
        hasher_init(&hasher, hash) ? check_with(&hasher, arena, proof, type, record) : PROVEN_BLOCK;
    hasher_done(&hasher);
    return proven;
}
