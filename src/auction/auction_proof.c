/* auction_proof.c - the bundle of a lot, and a bidder's receipt: see auction_proof.h. */
#include "auction/auction_proof_int.h"

#include "auction/bundle_int.h"
#include "command/settings.h"
#include "ident/ident.h"

/* ---- When ---- */

Err bundle_ready(Cx *cx, const Lot *lot, i64 *ret_from_ms)
{
    bool over = lot->state == LOT_SOLD || lot->state == LOT_NOT_SOLD || lot->state == LOT_CANCELLED;
    bool right =
        lot->state == LOT_SOLD && str_same_z(lot->priority, bid_priority_name(PRIORITY_POST));
    i64 from_ms = right ? lot->closed_ms + lot->post_ms : 0;
    *ret_from_ms = from_ms;
    if (!over)
        return err_set(cx, ERR_STATE, NULL, "auction.bundle_not_over");
    if (clock_now_ms(cx->clock) < from_ms)
        return err_set_arg(cx, ERR_STATE, NULL, "auction.bundle_right",
                           time_format_full(cx->arena, from_ms));
    return ERR_OK;
}

Str lot_verify_link(Cx *cx, i64 lot_id, i64 n, Str hash)
{
    const Settings *settings = house_of(cx)->settings;
    Str site = settings->site_url.len
                   ? settings->site_url
                   : str_format(cx->arena, "http://%.*s", STR_ARG(settings->listen));
    Str page = str_format(cx->arena, "%.*s/lot/%lld/verify", STR_ARG(site), (long long)lot_id);
    return n ? str_format(cx->arena, "%.*s?n=%lld&hash=%.*s", STR_ARG(page), (long long)n,
                          STR_ARG(hash))
             : page;
}

/* ---- lot.bundle ---- */

static Err load_rows(Cx *cx, i64 lot_id, LotLog **ret, size_t *ret_count)
{
    Rows rows;
    size_t count = 0, cap = 0;
    LotLog *logs = NULL;
    Err e = RECORD_QUERY(cx, &lot_log_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.first",
                         BIND_INT(lot_id));
    if (e)
        return e;
    while (rows_next(&rows)) {
        if (count == cap) {
            size_t grown = cap ? cap * 2 : 64;
            logs = arena_grow(cx->arena, logs, cap * sizeof *logs, grown * sizeof *logs);
            cap = grown;
        }
        record_read_row(cx, &lot_log_type, &rows, &logs[count++]);
    }
    e = rows_end(&rows);
    *ret = logs;
    *ret_count = count;
    return e;
}

static Err winner_name(Cx *cx, void *context, i64 no, Str *ret)
{
    const Lot *lot = context;
    LotBidder bidder;
    Err e = lot_bidder_of_no(cx, lot->id, no, &bidder);
    return e ? e : org_name(cx, bidder.org_id, ret);
}

Err bundle_text(Cx *cx, Lot *lot, Str *ret)
{
    LotLog *rows;
    size_t count;
    i64 from_ms;
    const FactLog *log = house_of(cx)->facts;
    Err e = bundle_ready(cx, lot, &from_ms);
    if (!e)
        e = load_rows(cx, lot->id, &rows, &count);
    if (!e && (!count || !log))
        e = err_set(cx, ERR_STATE, NULL, "auction.bundle_no_log");
    if (e)
        return e;
    const BundleSource source = {
        .head = {house_of(cx)->settings->name_zh, lot->id, lot->title},
        .rules = lot->rules,
        .rows = rows,
        .count = count,
        .name = winner_name,
        .context = lot,
    };
    return bundle_make(cx, log, &source, ret);
}

Err lot_bundle_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Str text = {0};
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = bundle_text(cx, &lot, &text);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "lot_id", lot.id);
    val_set_str(cx->arena, map, "name", str_format(cx->arena, "lot-%lld.jsonl", (long long)lot.id));
    val_set_str(cx->arena, map, "text", text);
    *ret = map;
    return ERR_OK;
}

/* ---- lot.receipt ---- */

/* An entry as it stands in the log, and the hash behind it. */
typedef struct Found {
    BidEntry entry;
    Str line;
    BidHash hash;
} Found;

/* One search: by the digest of a key, or with '' by number. */
typedef struct Search {
    const Lot *lot;
    BidHasher *hasher;
    LotBidder me;
    Str key;
    i64 n;
    bool is_found;
    Found found;
} Search;

/* The row that has it, and the head of the row before; '' for the first. */
static Err find_row(Cx *cx, const Search *search, Str *ret_lines, Str *ret_before)
{
    Rows rows;
    Str pattern = str_format(cx->arena, "%%,\"key\":\"%.*s\"%%", STR_ARG(search->key));
    *ret_lines = *ret_before = S("");
    Err e = DB_QUERY(cx, &rows,
                     "SELECT b.lines, COALESCE((SELECT a.head FROM lot_log a WHERE a.lot_id = ?1 "
                     "AND a.first < b.first ORDER BY a.first DESC LIMIT 1), '') FROM lot_log b "
                     "WHERE b.lot_id = ?1 AND ((?3 > 0 AND b.first <= ?3) OR "
                     "(?3 = 0 AND b.lines LIKE ?2)) ORDER BY b.first DESC LIMIT 1",
                     BIND_INT(search->lot->id), BIND_STR(pattern), BIND_INT(search->n));
    if (e)
        return e;
    if (rows_next(&rows)) {
        *ret_lines = rows_str_copy(&rows, 0);
        *ret_before = rows_str_copy(&rows, 1);
    }
    return rows_end(&rows);
}

static bool is_it(const Search *search, const BidEntry *entry)
{
    if (search->n)
        return entry->n == search->n && entry->kind <= ACT_CANCEL && search->me.no > 0 &&
               entry->bidder == search->me.no;
    return str_same(entry->key, search->key);
}

static Err find_entry(Cx *cx, Search *search)
{
    Str lines, before, line;
    BidHash hash;
    Err e = find_row(cx, search, &lines, &before);
    if (e)
        return e;
    if (!hex_to(before, hash.bytes, BID_HASH_BYTES))
        hash = bid_hash_rules(search->hasher, search->lot->rules);
    while (str_split(&lines, '\n', &line) && line.len) {
        BidEntry entry;
        hash = bid_hash_next(search->hasher, &hash, line);
        if (!bid_entry_read(line, &entry))
            break;
        if (!is_it(search, &entry))
            continue;
        search->found = (Found){entry, line, hash};
        search->is_found = true;
        break;
    }
    return ERR_OK;
}

/* Bids and confirmed bids have keys of their own; bid_engine.c. One without a number is told apart
 * by his unit. */
static Err find_by_key(Cx *cx, Str key, Search *search)
{
    i64 whos[] = {search->me.no, -cx->actor.org_id};
    Err e = ERR_OK;
    for (size_t i = 0; !e && !search->is_found && i < 2 * COUNT(whos); i++) {
        Str asked = str_format(cx->arena, "%c%.*s", i % 2 ? 'c' : 'b', STR_ARG(key));
        search->key =
            bid_key_digest(search->hasher, cx->arena, search->lot->id, whos[i / 2], asked);
        if (whos[i / 2])
            e = find_entry(cx, search);
    }
    return e;
}

static Err receipt_val(Cx *cx, const Search *search, Val **ret)
{
    Arena *arena = cx->arena;
    const Lot *lot = search->lot;
    const Found *found = &search->found;
    const BidEntry *entry = &found->entry;
    const FactLog *log = house_of(cx)->facts;
    Str hash = bid_hash_hex(arena, &found->hash), signature;
    Str message = receipt_message(arena, lot->id, entry->n, hash);
    Err e = fact_sign(cx, log, message, &signature);
    if (e)
        return e;
    Val *map = val_map(arena);
    val_set_int(arena, map, "lot_id", lot->id);
    val_set_str(arena, map, "title", lot->title);
    val_set_int(arena, map, "n", entry->n);
    val_set_int(arena, map, "no", entry->bidder);
    val_set_int(arena, map, "at_ms", entry->at_ms);
    val_set_z(arena, map, "act", bid_entry_name(entry->kind));
    val_set_bool(arena, map, "ok", entry->why == WHY_OK);
    val_set_z(arena, map, "reason", bid_why_name(entry->why));
    val_set_int(arena, map, "amount_fen", entry->amount_fen);
    val_set_bool(arena, map, "sealed", entry->sealed.len > 0);
    val_set_str(arena, map, "line", found->line);
    val_set_str(arena, map, "hash", hash);
    val_set_str(arena, map, "message", message);
    val_set_str(arena, map, "signature", signature);
    val_set_str(arena, map, "public_key", fact_public_key(log));
    val_set_str(arena, map, "salt", entry->bidder ? search->me.salt : S(""));
    val_set_str(arena, map, "link", lot_verify_link(cx, lot->id, entry->n, hash));
    *ret = map;
    return ERR_OK;
}

Err lot_receipt_run(Cx *cx, const void *input, Val **ret)
{
    const LotReceiptIn *in = input;
    Lot lot;
    Search search = {.lot = &lot, .n = in->key.len ? 0 : in->n};
    if (!cx->actor.org_id)
        return err_set(cx, ERR_DENIED, NULL, "auction.no_firm");
    if (!in->key.len && in->n <= 0)
        return err_set(cx, ERR_INPUT, "key", "field.required");
    Err e = lot_load(cx, in->id, &lot);
    if (!e)
        e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &search.me);
    if (!e && !house_of(cx)->facts)
        e = err_set(cx, ERR_STATE, NULL, "auction.bundle_no_log");
    if (e)
        return e;
    search.hasher = bid_hasher_new();
    if (!search.hasher)
        return err_set(cx, ERR_BUG, NULL, "auction.no_sm3");
    e = in->key.len ? find_by_key(cx, in->key, &search) : find_entry(cx, &search);
    bid_hasher_done(search.hasher);
    if (!e && !search.is_found)
        e = err_set(cx, ERR_MISSING, "key", "auction.no_receipt");
    return e ? e : receipt_val(cx, &search, ret);
}
