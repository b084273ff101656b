/* auction_event.c - see auction_event.h. */
#include "auction/auction_event.h"

#include "auction/auction_int.h"
#include "ident/ident.h"

static Val *lot_now(Cx *cx, const Lot *lot)
{
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", lot->id);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_flow, lot->state));
    val_set_str(cx->arena, map, "stage", lot->stage);
    val_set_int(cx->arena, map, "price_fen", lot_price_fen(lot, clock_now_ms(cx->clock)));
    val_set_int(cx->arena, map, "end_ms", lot->end_ms);
    val_set_int(cx->arena, map, "bid_count", lot->bid_count);
    return map;
}

static void lot_more(Cx *cx, const Lot *lot, Val *map)
{
    i64 now_ms = clock_now_ms(cx->clock), left = lot->units - lot->unit_count;
    val_set_int(cx->arena, map, "round", lot->round);
    val_set_int(cx->arena, map, "open_ms", lot->open_ms);
    val_set_int(cx->arena, map, "leader_no", lot->leader_no);
    val_set_int(cx->arena, map, "bidder_count", lot->bidder_count);
    val_set_int(cx->arena, map, "extension_count", lot->extension_count);
    if (lot->state > LOT_PAUSED)
        return;
    val_set_int(cx->arena, map, "next_fen", lot_next_fen(lot, now_ms));
    val_set_int(cx->arena, map, "next_drop_ms", lot_drop_ms(lot, now_ms));
    val_set_int(cx->arena, map, "left_units", left > 0 ? left : 0);
}

static Err bids_after(Cx *cx, const Lot *lot, i64 after_seq, Val *list, i64 *ret_seq)
{
    BidEntry *bids = NULL;
    size_t count = 0;
    Err e = lot_bid_newest(cx, lot, LOT_EVENT_BIDS, &bids, &count);
    *ret_seq = after_seq;
    for (size_t i = 0; !e && i < count; i++) {
        if (bids[i].seq <= after_seq)
            continue;
        Val *bid = val_map(cx->arena);
        val_set_int(cx->arena, bid, "seq", bids[i].seq);
        val_set_int(cx->arena, bid, "no", bids[i].bidder);
        val_set_int(cx->arena, bid, "amount_fen", bids[i].amount_fen);
        val_set_int(cx->arena, bid, "at_ms", bids[i].at_ms);
        val_push(cx->arena, list, bid);
        *ret_seq = bids[i].seq > *ret_seq ? bids[i].seq : *ret_seq;
    }
    return e;
}

/* The first of those who have it; their names are public once the lot is sold. */
static Err winner_val(Cx *cx, const Lot *lot, Val *event)
{
    LotWin *wins = NULL;
    size_t count = 0;
    Str name = {0};
    Err e = lot_wins(cx, lot->id, &wins, &count);
    if (!e && count)
        e = org_name(cx, wins[0].org_id, &name);
    if (e || !count)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "no", wins[0].no);
    val_set_int(cx->arena, map, "org_id", wins[0].org_id);
    val_set_str(cx->arena, map, "org", name);
    val_set(cx->arena, event, "winner", map);
    return ERR_OK;
}

/* The end of a stage may show bids that were made long before. */
static bool opens_bids(const Lot *lot)
{
    return str_same_z(lot->mode, bid_mode_name(BID_SEALED)) ||
           str_same_z(lot->mode, bid_mode_name(BID_ROUNDS)) ||
           str_same_z(lot->mode, bid_mode_name(BID_HYBRID));
}

Err lot_event(Cx *cx, i64 lot_id, i64 after_seq, bool no_bids, Val **ret, i64 *ret_seq)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    i64 seq = after_seq;
    Val *event = val_map(cx->arena), *map = lot_now(cx, &lot), *bids = val_list(cx->arena);
    lot_more(cx, &lot, map);
    val_set(cx->arena, event, "lot", map);
    val_set(cx->arena, event, "bids", bids);
    if (!no_bids || opens_bids(&lot))
        e = bids_after(cx, &lot, after_seq, bids, &seq);
    if (!e && lot.state == LOT_SOLD)
        e = winner_val(cx, &lot, event);
    if (e)
        return e;
    *ret = event;
    *ret_seq = seq;
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
