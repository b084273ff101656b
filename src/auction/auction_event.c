/* auction_event.c - see auction_event.h. */
#include "auction/auction_event.h"

#include "auction/auction_int.h"
#include "ident/ident.h"

static Val *lot_now(Cx *cx, const Lot *lot)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", lot->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_flow, lot->state));
    val_set_int(cx->arena, map, "price_fen", lot->price_fen);
    val_set_int(cx->arena, map, "end_ms", lot->end_ms);
    val_set_int(cx->arena, map, "bid_count", lot->bid_count);
    return map;
}

static Err bids_after(Cx *cx, const Lot *lot, i64 after_seq, Val *list)
{
    Rows rows;
    Err e = DB_QUERY(cx, &rows,
                     "SELECT seq, no, amount_fen, at_ms FROM lot_bid"
                     " WHERE lot_id = ?1 AND ok = 1 AND seq > ?2 ORDER BY seq DESC LIMIT ?3",
                     BIND_INT(lot->id), BIND_INT(after_seq), BIND_INT(LOT_EVENT_BIDS));
    if (e)
        return e;
    while (rows_next(&rows)) {
        Val *bid = val_map(cx->arena);
        val_set_int(cx->arena, bid, "seq", rows_int(&rows, 0));
        val_set_int(cx->arena, bid, "no", rows_int(&rows, 1));
        val_set_int(cx->arena, bid, "amount_fen", rows_int(&rows, 2));
        val_set_int(cx->arena, bid, "at_ms", rows_int(&rows, 3));
        val_push(cx->arena, list, bid);
    }
    return rows_end(&rows);
}

Err lot_event(Cx *cx, i64 lot_id, i64 after_seq, Val **ret, i64 *ret_seq)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    Arena *arena = cx->arena;
    Val *event = val_map(arena), *map = lot_now(cx, &lot), *bids = val_list(arena), *winner = NULL;
    e = bids_after(cx, &lot, after_seq, bids);
    if (!e && lot.state == LOT_SOLD)
        e = lot_winner_val(cx, &lot, &winner);
    if (e)
        return e;
    val_set_int(arena, map, "open_ms", lot.open_ms);
    val_set_int(arena, map, "leader_no", lot.leader_no);
    val_set_int(arena, map, "bidder_count", lot.bidder_count);
    val_set_int(arena, map, "extension_count", lot.extension_count);
    if (lot.state <= LOT_PAUSED)
        val_set_int(arena, map, "next_fen", lot_next_fen(&lot));
    val_set(arena, event, "lot", map);
    val_set(arena, event, "bids", bids);
    if (winner)
        val_set(arena, event, "winner", winner);
    *ret = event;
    *ret_seq = lot.bid_count;
    return ERR_OK;
}

Err lot_event_brief(Cx *cx, i64 lot_id, Val **ret)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e)
        *ret = lot_now(cx, &lot);
    return e;
}
