/* auction_store.c - the rows of lots, bidders and bids beyond what the record tables give. */
#include "auction/auction_int.h"

#include "auction/bid_seal.h"

Err lot_load(Cx *cx, i64 id, Lot *ret)
{
    return record_load(cx, &lot_type, id, ret);
}

Err lot_bidder_load(Cx *cx, i64 id, LotBidder *ret)
{
    return record_load(cx, &lot_bidder_type, id, ret);
}

/* All rows of an open question, as an array of records. */
static Err read_all(Cx *cx, const RecordType *type, Rows *rows, void *ret_items, size_t *ret_count)
{
    char *items = NULL;
    size_t count = 0, cap = 0;
    while (rows_next(rows)) {
        if (count == cap) {
            size_t grown = cap ? cap * 2 : 16;
            items = arena_grow(cx->arena, items, cap * type->size, grown * type->size);
            cap = grown;
        }
        record_read_row(cx, type, rows, items + count * type->size);
        count++;
    }
    Err e = rows_end(rows);
    if (e)
        return e;
    *(void **)ret_items = items;
    *ret_count = count;
    return ERR_OK;
}

/* The first row, or an empty record. */
static Err first_or_none(Cx *cx, const RecordType *type, Rows *rows, void *ret_record)
{
    if (rows_next(rows))
        record_read_row(cx, type, rows, ret_record);
    return rows_end(rows);
}

Err lot_bidder_find(Cx *cx, i64 lot_id, i64 org_id, LotBidder *ret)
{
    LotBidder found = {0};
    Rows rows;
    Err e =
        RECORD_QUERY(cx, &lot_bidder_type, &rows, "WHERE t.lot_id = ?1 AND t.org_id = ?2 LIMIT 1",
                     BIND_INT(lot_id), BIND_INT(org_id));
    if (e)
        return e;
    e = first_or_none(cx, &lot_bidder_type, &rows, &found);
    if (e)
        return e;
    *ret = found;
    return ERR_OK;
}

Err lot_bidder_list(Cx *cx, i64 lot_id, LotBidder **ret, size_t *ret_count)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_bidder_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.id LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(LOT_BIDDERS_MAX));
    return e ? e : read_all(cx, &lot_bidder_type, &rows, ret, ret_count);
}

Err lot_bidder_of_no(Cx *cx, i64 lot_id, i64 no, LotBidder *ret)
{
    LotBidder found = {0};
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_bidder_type, &rows, "WHERE t.lot_id = ?1 AND t.no = ?2 LIMIT 1",
                         BIND_INT(lot_id), BIND_INT(no));
    if (!e)
        e = first_or_none(cx, &lot_bidder_type, &rows, &found);
    if (e)
        return e;
    const Str args[] = {str_format(cx->arena, "%lld", (long long)lot_id),
                        str_format(cx->arena, "%lld", (long long)no)};
    if (!found.id)
        return err_set_args(cx, ERR_BUG, NULL, "auction.log_broken", args, COUNT(args));
    *ret = found;
    return ERR_OK;
}

/* ---- The log, for readers ---- */

/* Bids of the newest blocks, the newest first. */
typedef struct Newest {
    BidEntry *bids;
    size_t count;
} Newest;

static bool is_shown(const BidEntry *entry)
{
    bool offer = entry->kind == ACT_BID || entry->kind == ACT_CONFIRM || entry->kind == ACT_TAKE;
    return offer && entry->seq > 0;
}

/* A block is read from its first line; its bids go in from the last. */
static void add_block(Arena *arena, Str lines, Newest *newest)
{
    Str rest = lines, line;
    BidEntry entry, *own = NULL;
    size_t count = 0, cap = 0;
    while (str_split(&rest, '\n', &line) && line.len) {
        if (!bid_entry_read(line, &entry) || !is_shown(&entry))
            continue;
        if (count == cap) {
            size_t grown = cap ? cap * 2 : 16;
            own = arena_grow(arena, own, cap * sizeof entry, grown * sizeof entry);
            cap = grown;
        }
        own[count++] = entry;
    }
    while (count && newest->count < LOT_BIDS_SHOWN)
        newest->bids[newest->count++] = own[--count];
}

/* Of sealed ones that are opened the amount; the others are left out. */
static Err open_bids(Cx *cx, const Lot *lot, Newest *newest)
{
    SealKey secret;
    size_t kept = 0;
    Err e = ERR_OK;
    bool loaded = false, sealed_now = str_same_z(lot->stage, bid_stage_name(STAGE_SEALED, false));
    i64 openings = lot->round + !sealed_now; /* Stages whose bids are opened. */
    bool cancelled = str_same_z(lot->stage, bid_stage_name(STAGE_CANCELLED, false));
    for (size_t i = 0; i < newest->count && !e; i++) {
        BidEntry *bid = &newest->bids[i];
        bool open = !bid->sealed.len;
        if (!open && !loaded) {
            e = seal_load(cx, house_of(cx)->data_folder, &secret);
            loaded = true;
        }
        for (i64 opening = 0; !e && !open && !cancelled && opening < openings; opening++) {
            SealKey key = seal_key(&secret, lot->id, lot->made_ms, opening);
            open = seal_open(&key, bid, &bid->amount_fen);
        }
        if (open)
            newest->bids[kept++] = *bid;
    }
    newest->count = kept;
    return e;
}

Err lot_bid_list(Cx *cx, const Lot *lot, BidEntry **ret, size_t *ret_count)
{
    Newest newest = {.bids = ARENA_NEW(cx->arena, BidEntry, LOT_BIDS_SHOWN)};
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT lines FROM lot_log WHERE lot_id = ?1 AND accepted > 0 "
                     "ORDER BY first DESC LIMIT ?2",
                     BIND_INT(lot->id), BIND_INT(LOT_BIDS_SHOWN));
    if (e)
        return e;
    while (newest.count < LOT_BIDS_SHOWN && rows_next(&rows))
        add_block(cx->arena, rows_str_copy(&rows, 0), &newest);
    e = rows_end(&rows);
    if (!e)
        e = open_bids(cx, lot, &newest);
    if (e)
        return e;
    *ret = newest.bids;
    *ret_count = newest.count;
    return ERR_OK;
}

Err lot_due_list(Cx *cx, LotStage stage, i64 settled_ms, int limit, i64 **ret, size_t *ret_count)
{
    assert(stage == LOT_SCHEDULED || stage == LOT_OPEN);
    const char *sql =
        stage == LOT_SCHEDULED
            ? "SELECT id FROM lot WHERE state = ?1 AND open_ms <= ?2 ORDER BY open_ms, id LIMIT ?3"
            : "SELECT id FROM lot WHERE state = ?1 AND end_ms <= ?2 ORDER BY end_ms, id LIMIT ?3";
    Rows rows;
    Err e = DB_QUERY(cx, &rows, sql, BIND_INT(stage), BIND_INT(settled_ms), BIND_INT(limit));
    if (e)
        return e;
    i64 *ids = ARENA_NEW(cx->arena, i64, (size_t)limit);
    size_t count = 0;
    while (count < (size_t)limit && rows_next(&rows))
        ids[count++] = rows_int(&rows, 0);
    e = rows_end(&rows);
    if (e)
        return e;
    *ret = ids;
    *ret_count = count;
    return ERR_OK;
}

Err lot_begun_list(Cx *cx, i64 now_ms, i64 **ret, size_t *ret_count)
{
    const Bind binds[] = {BIND_INT(LOT_OPEN), BIND_INT(now_ms)};
    return db_ids(cx, "SELECT id FROM lot WHERE state <= ?1 AND open_ms < ?2 ORDER BY id", binds,
                  COUNT(binds), ret, ret_count);
}

Err lot_list_of_listing(Cx *cx, i64 listing_id, Lot **ret, size_t *ret_count)
{
    Rows rows;
    Err e =
        RECORD_QUERY(cx, &lot_type, &rows, "WHERE t.listing_id = ?1 ORDER BY t.id DESC LIMIT ?2",
                     BIND_INT(listing_id), BIND_INT(PAGE_SIZE));
    return e ? e : read_all(cx, &lot_type, &rows, ret, ret_count);
}

Err lot_page(Cx *cx, i64 stage, i64 page, Lot **ret, size_t *ret_count, i64 *ret_total)
{
    assert(page >= 1 && page <= PAGE_MAX);
    i64 total = 0;
    Err e = DB_INT(cx, &total, 0, "SELECT COUNT(*) FROM lot WHERE (?1 < 0 OR state = ?1)",
                   BIND_INT(stage));
    if (e)
        return e;
    Rows rows;
    e = RECORD_QUERY(
        cx, &lot_type, &rows,
        "WHERE (?1 < 0 OR t.state = ?1)"
        " ORDER BY CASE WHEN t.state IN (1, 2) THEN 0 WHEN t.state = 0 THEN 1 ELSE 2 END,"
        " CASE WHEN t.state < 3 THEN t.end_ms ELSE -t.end_ms END, t.id LIMIT ?2 OFFSET ?3",
        BIND_INT(stage), BIND_INT(PAGE_SIZE), BIND_INT((page - 1) * PAGE_SIZE));
    if (e)
        return e;
    e = read_all(cx, &lot_type, &rows, ret, ret_count);
    if (e)
        return e;
    *ret_total = total;
    return ERR_OK;
}

Err lot_live_of_listing(Cx *cx, i64 listing_id, i64 *ret_id)
{
    return DB_INT(cx, ret_id, 0, "SELECT id FROM lot WHERE listing_id = ?1 AND state < ?2 LIMIT 1",
                  BIND_INT(listing_id), BIND_INT(LOT_SOLD));
}

/* ---- Winners ---- */

Err lot_win_of_lot(Cx *cx, i64 lot_id, LotWin *ret)
{
    Rows rows;
    *ret = (LotWin){0};
    Err e = RECORD_QUERY(cx, &lot_win_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.id LIMIT 1",
                         BIND_INT(lot_id));
    if (!e)
        e = first_or_none(cx, &lot_win_type, &rows, ret);
    return e || ret->id ? e : err_set(cx, ERR_STATE, NULL, "auction.not_sold");
}

Err lot_wins(Cx *cx, i64 lot_id, LotWin **ret, size_t *ret_count)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_win_type, &rows, "WHERE t.lot_id = ?1 ORDER BY t.id LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(BID_UNITS_MAX));
    return e ? e : read_all(cx, &lot_win_type, &rows, ret, ret_count);
}

Err lot_win_list(Cx *cx, int limit, LotWin **ret, size_t *ret_count)
{
    Rows rows;
    Err e =
        RECORD_QUERY(cx, &lot_win_type, &rows,
                     "WHERE t.deal_id = 0 AND t.from_ms <= ?1 ORDER BY t.from_ms, t.id LIMIT ?2",
                     BIND_INT(clock_now_ms(cx->clock)), BIND_INT(limit));
    return e ? e : read_all(cx, &lot_win_type, &rows, ret, ret_count);
}

Err lot_win_deal(Cx *cx, i64 win_id, i64 deal_id)
{
    assert(cx->in_write && deal_id > 0);
    LotWin win;
    Err e = record_load(cx, &lot_win_type, win_id, &win);
    if (e)
        return e;
    if (win.deal_id)
        return err_set(cx, ERR_CONFLICT, NULL, "auction.has_deal");
    win.deal_id = deal_id;
    return fact_change(cx, &lot_win_type, &win,
                       (FactNote){.kind = "lot.deal", .amount = deal_id, .other_id = win.lot_id});
}
