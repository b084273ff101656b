/* bundle.c - the lines of a bundle, written and read: see bundle.h. */
#include "auction/bundle_int.h"

#define BUNDLE_NAME "techbourse lot bundle"

/* ---- Writing ---- */

static void put_int(Buf *out, const char *before, i64 n)
{
    buf_z(out, before);
    buf_i64(out, n);
}

static void put_str(Buf *out, const char *before, Str text)
{
    buf_z(out, before);
    buf_json(out, text);
}

/* "35350.00"; null for 0, as in the log. */
static void put_money(Buf *out, const char *before, i64 fen)
{
    buf_z(out, before);
    if (fen > 0)
        buf_format(out, "\"%lld.%02lld\"", (long long)(fen / 100), (long long)(fen % 100));
    else
        buf_z(out, "null");
}

void bundle_head_write(Buf *out, const BundleHead *head)
{
    buf_format(out, "{\"bundle\":\"" BUNDLE_NAME "\",\"version\":%d", BUNDLE_VERSION);
    put_str(out, ",\"exchange\":", head->exchange);
    put_int(out, ",\"lot\":", head->lot_id);
    put_str(out, ",\"title\":", head->title);
    buf_z(out, "}\n");
}

static void row_write(Buf *out, const BundleRow *row, Str marks, const FactProof *proof)
{
    put_int(out, "{\"row\":{\"id\":", row->id);
    put_int(out, ",\"rev\":", row->rev);
    put_int(out, ",\"made_ms\":", row->made_ms);
    put_int(out, ",\"changed_ms\":", row->changed_ms);
    put_int(out, ",\"first\":", row->first);
    put_int(out, ",\"count\":", row->count);
    put_int(out, ",\"accepted\":", row->accepted);
    put_str(out, ",\"head\":", row->head);
    put_str(out, "},\"marks\":", marks);
    buf_char(out, ',');
    fact_proof_write(out, proof);
    buf_z(out, "}\n");
}

void bundle_row_write(Buf *out, const BundleRow *row, const BidHash *hashes, const FactProof *proof)
{
    size_t count = row->count > 0 ? (size_t)row->count : 0;
    char *marks = arena_take_raw(out->arena, count * BUNDLE_MARK + 1);
    for (size_t i = 0; i < count; i++) {
        ArenaMark mark = arena_mark(out->arena);
        Str hex = hex_from(out->arena, hashes[i].bytes, BUNDLE_MARK / 2);
        memcpy(marks + i * BUNDLE_MARK, hex.data, BUNDLE_MARK);
        arena_rewind(out->arena, mark);
    }
    row_write(out, row, (Str){marks, count * BUNDLE_MARK}, proof);
}

void bundle_result_write(Buf *out, const BundleResult *result)
{
    put_str(out, "{\"result\":{\"state\":", result->state);
    put_str(out, ",\"result\":", result->result);
    put_money(out, ",\"price\":", result->price_fen);
    put_money(out, ",\"proceeds\":", result->proceeds_fen);
    put_int(out, ",\"end_ms\":", result->end_ms);
    put_int(out, ",\"entries\":", result->entries);
    put_str(out, ",\"head\":", result->head);
    buf_z(out, ",\"winners\":[");
    for (size_t i = 0; i < result->winner_count; i++) {
        const BundleWinner *winner = &result->winners[i];
        buf_format(out, "%s{\"bidder\":\"%lld\"", i ? "," : "", (long long)winner->no);
        put_money(out, ",\"pays\":", winner->pays_fen);
        put_str(out, ",\"name\":", winner->name);
        buf_char(out, '}');
    }
    buf_z(out, "]}}\n");
}

void bundle_end_write(Buf *out, Str sm3, Str key, Str signature)
{
    put_str(out, "{\"end\":{\"sm3\":", sm3);
    put_str(out, ",\"key\":", key);
    put_str(out, ",\"signature\":", signature);
    buf_z(out, "}}\n");
}

Str bundle_message(Arena *arena, i64 lot_id, Str sm3)
{
    return str_format(arena, "techbourse bundle %lld %.*s", (long long)lot_id, STR_ARG(sm3));
}

Str receipt_message(Arena *arena, i64 lot_id, i64 n, Str hash)
{
    return str_format(arena, "techbourse receipt %lld %lld %.*s", (long long)lot_id, (long long)n,
                      STR_ARG(hash));
}

bool bundle_who(Arena *arena, BidHasher *hasher, Str salt, Str code, Str *ret)
{
    u8 bytes[BUNDLE_SALT_HEX / 2];
    if (!hex_to(salt, bytes, sizeof bytes))
        return false;
    Buf both = buf_new(arena);
    buf_add(&both, (Str){(const char *)bytes, sizeof bytes});
    buf_add(&both, code);
    BidHash hash = bid_hash_of(hasher, buf_str(&both));
    *ret = bid_hash_hex(arena, &hash);
    return true;
}

/* ---- Reading: as any JSON, then only what would be written the same way ---- */

static const Val *read_map(Arena *arena, Str line)
{
    Str why;
    const Val *map = val_read_json(arena, line, &why);
    return map && map->kind == VAL_MAP ? map : NULL;
}

/* `again` has the line end that `line` lacks. */
static bool as_written(const Buf *again, Str line)
{
    return again->len == line.len + 1 && memcmp(again->data, line.data, line.len) == 0;
}

static i64 money_of(const Val *map, const char *name)
{
    i64 fen = 0;
    return bid_amount(val_get_str(map, name), &fen) == AMOUNT_FINE ? fen : 0;
}

bool bundle_head_read(Arena *arena, Str line, BundleHead *ret)
{
    const Val *map = read_map(arena, line);
    Buf again = buf_new(arena);
    *ret = (BundleHead){.exchange = val_get_str(map, "exchange"),
                        .lot_id = val_get_int(map, "lot"),
                        .title = val_get_str(map, "title")};
    bundle_head_write(&again, ret);
    return map && as_written(&again, line);
}

bool bundle_row_read(Arena *arena, Str line, BundleProof *ret)
{
    const Val *map = read_map(arena, line), *row = val_get(map, "row");
    Buf again = buf_new(arena);
    BundleProof proof = {.row = {.id = val_get_int(row, "id"),
                                 .rev = val_get_int(row, "rev"),
                                 .made_ms = val_get_int(row, "made_ms"),
                                 .changed_ms = val_get_int(row, "changed_ms"),
                                 .first = val_get_int(row, "first"),
                                 .count = val_get_int(row, "count"),
                                 .accepted = val_get_int(row, "accepted"),
                                 .head = val_get_str(row, "head")},
                         .marks = val_get_str(map, "marks")};
    if (!map || !fact_proof_read(map, &proof.proof))
        return false;
    row_write(&again, &proof.row, proof.marks, &proof.proof);
    if (!as_written(&again, line) || proof.row.count < 0 || proof.row.first < 0 ||
        proof.row.first > BID_TIME_MAX ||
        proof.marks.len / BUNDLE_MARK != (size_t)proof.row.count || proof.marks.len % BUNDLE_MARK)
        return false;
    *ret = proof;
    return true;
}

static bool winners_read(Arena *arena, const Val *list, BundleResult *ret)
{
    size_t count = val_count(list);
    BundleWinner *winners = ARENA_NEW(arena, BundleWinner, count);
    for (size_t i = 0; i < count; i++) {
        const Val *item = val_at(list, i);
        winners[i].pays_fen = money_of(item, "pays");
        winners[i].name = val_get_str(item, "name");
        if (!str_to_i64(val_get_str(item, "bidder"), &winners[i].no))
            return false;
    }
    ret->winners = winners;
    ret->winner_count = count;
    return true;
}

bool bundle_result_read(Arena *arena, Str line, BundleResult *ret)
{
    const Val *map = val_get(read_map(arena, line), "result");
    Buf again = buf_new(arena);
    BundleResult result = {.state = val_get_str(map, "state"),
                           .result = val_get_str(map, "result"),
                           .price_fen = money_of(map, "price"),
                           .proceeds_fen = money_of(map, "proceeds"),
                           .end_ms = val_get_int(map, "end_ms"),
                           .entries = val_get_int(map, "entries"),
                           .head = val_get_str(map, "head")};
    if (!map || !winners_read(arena, val_get(map, "winners"), &result))
        return false;
    bundle_result_write(&again, &result);
    *ret = result;
    return as_written(&again, line);
}

bool bundle_end_read(Arena *arena, Str line, BundleEnd *ret)
{
    const Val *map = val_get(read_map(arena, line), "end");
    Buf again = buf_new(arena);
    *ret = (BundleEnd){val_get_str(map, "sm3"), val_get_str(map, "key"),
                       val_get_str(map, "signature")};
    bundle_end_write(&again, ret->sm3, ret->key, ret->signature);
    return map && as_written(&again, line);
}
