/* auction_store.c - the rows of lots, bidders and bids beyond what the record tables give. */
#include "auction/auction_int.h"

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

Err lot_bid_find(Cx *cx, i64 lot_id, i64 org_id, Str key, LotBid *ret)
{
    LotBid found = {0};
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_bid_type, &rows,
                         "WHERE t.lot_id = ?1 AND t.org_id = ?2 AND t.bid_key = ?3 LIMIT 1",
                         BIND_INT(lot_id), BIND_INT(org_id), BIND_STR(key));
    if (e)
        return e;
    e = first_or_none(cx, &lot_bid_type, &rows, &found);
    if (e)
        return e;
    *ret = found;
    return ERR_OK;
}

Err lot_bid_list(Cx *cx, i64 lot_id, LotBid **ret, size_t *ret_count)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_bid_type, &rows,
                         "WHERE t.lot_id = ?1 AND t.ok = 1 ORDER BY t.seq DESC LIMIT ?2",
                         BIND_INT(lot_id), BIND_INT(LOT_BIDS_SHOWN));
    return e ? e : read_all(cx, &lot_bid_type, &rows, ret, ret_count);
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

Err lot_sold_list(Cx *cx, int limit, Lot **ret, size_t *ret_count)
{
    Rows rows;
    Err e = RECORD_QUERY(cx, &lot_type, &rows,
                         "WHERE t.state = ?1 AND t.deal_id = 0 ORDER BY t.end_ms, t.id LIMIT ?2",
                         BIND_INT(LOT_SOLD), BIND_INT(limit));
    return e ? e : read_all(cx, &lot_type, &rows, ret, ret_count);
}

Err lot_deal_set(Cx *cx, i64 lot_id, i64 deal_id)
{
    assert(cx->in_write && deal_id > 0);
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    if (lot.state != LOT_SOLD)
        return err_set(cx, ERR_STATE, NULL, "auction.not_sold");
    if (lot.deal_id)
        return err_set(cx, ERR_CONFLICT, NULL, "auction.has_deal");
    lot.deal_id = deal_id;
    return fact_change(cx, &lot_type, &lot, (FactNote){.kind = "lot.deal", .other_id = deal_id});
}
