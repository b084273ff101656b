/* auction_clock.c - the clock's commands: what is due is started, moved on, closed. */
#include "auction/auction_int.h"

#include "auction/bid_engine.h"
#include "command/settings.h"
#include "registry/registry.h"

enum { TICK_AT_ONCE = 1000 }; /* Lots in one queue: about a commit. */

/* Up to which stamp everything has been judged. */
static i64 settled_from(const Cx *cx, i64 given_ms)
{
    return given_ms && given_ms <= cx->arrived_ms ? given_ms : cx->arrived_ms - LOT_SETTLE_MS;
}

static Err not_due(Cx *cx, i64 ms)
{
    return err_set_arg(cx, ERR_STATE, NULL, "auction.not_due", time_format_full(cx->arena, ms));
}

/* ---- Starting ---- */

Err lot_start(Cx *cx, i64 lot_id, Lot *ret)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    if (lot.state == LOT_SCHEDULED && cx->arrived_ms < lot.open_ms)
        return not_due(cx, lot.open_ms);
    i64 state = lot.state;
    e = flow_step(cx, &lot_flow, lot.state, "start", WHO_CLOCK, &lot, &state);
    BidActed acted;
    if (!e)
        e = bid_operate(cx, lot_id, ACT_TICK, lot.open_ms, &acted);
    if (e)
        return e;
    acted.lot.state = state;
    e = fact_change(cx, &lot_type, &acted.lot, (FactNote){"lot.opened", 0, NULL, 0});
    if (e)
        return e;
    *ret = acted.lot;
    return ERR_OK;
}

/* Starting has nobody to wait for: a bid that comes first starts the lot as well. */
Err lot_start_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_start(cx, in->id, &lot);
    if (e)
        return e;
    *ret = lot_reply(cx, &lot);
    return ERR_OK;
}

/* ---- Winners ---- */

static Err win_add(Cx *cx, const Lot *lot, i64 no, i64 pays_fen)
{
    LotBidder bidder;
    Err e = lot_bidder_of_no(cx, lot->id, no, &bidder);
    if (e)
        return e;
    bool waits = str_same_z(lot->priority, bid_priority_name(PRIORITY_POST));
    LotWin win = {.lot_id = lot->id,
                  .bidder_id = bidder.id,
                  .org_id = bidder.org_id,
                  .no = no,
                  .pays_fen = pays_fen,
                  .from_ms = lot->closed_ms + (waits ? lot->post_ms : 0)};
    return fact_create(cx, &lot_win_type, &win, (FactNote){"lot.won", pays_fen, NULL, lot->id});
}

static Err wins_add(Cx *cx, const Lot *lot, const BidPlay *play)
{
    Err e = ERR_OK;
    for (i64 no = 1; !e && no <= play->admitted; no++) {
        const BidSeat *seat = &play->state.seats[no - 1];
        if (seat->won)
            e = win_add(cx, lot, no, seat->pays_fen);
    }
    return e;
}

Err lot_win_move(Cx *cx, const Lot *lot)
{
    LotBidder bidder;
    LotWin win;
    Err e = lot_bidder_load(cx, lot->leader_id, &bidder);
    if (!e)
        e = lot_win_of_lot(cx, lot->id, &win);
    if (e)
        return e;
    win.bidder_id = bidder.id;
    win.org_id = bidder.org_id;
    win.no = bidder.no;
    win.pays_fen = lot->price_fen;
    return fact_change(cx, &lot_win_type, &win,
                       (FactNote){"lot.won_by_right", win.pays_fen, NULL, lot->id});
}

/* ---- Closing ---- */

/* Ends the stage whose time has come. When it was the last, by `action`, or with NULL as the rules
 * say. */
static Err lot_end(Cx *cx, i64 lot_id, i64 settled_ms, const char *action, Val **ret)
{
    Lot lot;
    BidActed acted;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e && lot.state == LOT_OPEN)
        e = bid_operate(cx, lot_id, ACT_TICK, settled_ms, &acted);
    if (e)
        return e;
    bool open = lot.state == LOT_OPEN, over = open && acted.play->state.stage >= STAGE_SOLD;
    if (open && !over && !acted.reply.event_count)
        return not_due(cx, lot.end_ms);
    if (open)
        lot = acted.lot;
    if (open && !over) {
        *ret = lot_reply(cx, &lot);
        return fact_change(
            cx, &lot_type, &lot,
            (FactNote){"lot.stage", lot.round, bid_stage_name(acted.reply.stage, false), 0});
    }
    bool sale = str_same_z(lot.result, bid_result_name(RESULT_SOLD));
    if (!action)
        action = sale ? "sell" : "lapse";
    Lot next = lot;
    e = flow_step(cx, &lot_flow, lot.state, action, WHO_CLOCK, &lot, &next.state);
    if (e)
        return e;
    const char *result = str_z(cx->arena, lot.result);
    e = fact_change(
        cx, &lot_type, &next,
        (FactNote){sale ? "lot.sold" : "lot.not_sold", lot.price_fen, result, lot.leader_id});
    if (!e && sale)
        e = wins_add(cx, &next, acted.play);
    if (!e)
        e = listing_move(cx, lot.listing_id, sale ? "sell" : "leave_lot");
    if (e)
        return e;
    *ret = lot_reply(cx, &next);
    return ERR_OK;
}

Err lot_close_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), NULL, ret);
}

/* The two edges of the flow by name: refused by their guards when the rules say otherwise. */
Err lot_sell_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), "sell", ret);
}

Err lot_lapse_run(Cx *cx, const void *input, Val **ret)
{
    const LotCloseIn *in = input;
    return lot_end(cx, in->id, settled_from(cx, in->settled_ms), "lapse", ret);
}

/* ---- Time that was lost ---- */

/* The lot stood still while the exchange did: it goes on with the same remainder. */
static Err lot_stand_still(Cx *cx, i64 lot_id, i64 from_ms, BidActed *ret)
{
    Err e = bid_operate(cx, lot_id, ACT_PAUSE, from_ms, ret);
    if (!e && !ret->reply.why)
        e = bid_operate(cx, lot_id, ACT_RESUME, cx->arrived_ms, ret);
    return e;
}

Err lot_make_up_run(Cx *cx, const void *input, Val **ret)
{
    const LotMakeUpIn *in = input;
    Lot lot;
    BidActed acted;
    Err e = lot_load(cx, in->id, &lot);
    if (!e && lot.state == LOT_SCHEDULED)
        e = lot_start(cx, in->id, &lot);
    if (e)
        return e;
    i64 from_ms = in->from_ms < lot.open_ms ? lot.open_ms : in->from_ms;
    if (lot.state != LOT_OPEN)
        return err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    if (from_ms >= cx->arrived_ms)
        return err_set(cx, ERR_STATE, NULL, "auction.nothing_lost");
    e = lot_stand_still(cx, in->id, from_ms, &acted);
    if (e)
        return e;
    if (acted.reply.why) /* It had ended before. */
        return err_set(cx, ERR_STATE, NULL, "auction.end_has_come");
    e = fact_change(cx, &lot_type, &acted.lot,
                    (FactNote){"lot.made_up", cx->arrived_ms - from_ms, NULL, 0});
    if (e)
        return e;
    *ret = lot_reply(cx, &acted.lot);
    return ERR_OK;
}

/* ---- What is due ---- */

/* So many lots at once: their jobs share a commit. */
static Err tick_some(Cx *cx, const char *op, const i64 *ids, size_t count, i64 settled_ms,
                     i64 *done, Val *failed)
{
    LotCloseIn *ins = ARENA_NEW(cx->arena, LotCloseIn, count);
    void **places = ARENA_NEW(cx->arena, void *, count);
    ErrInfo *errs;
    for (size_t i = 0; i < count; i++) {
        ins[i] = (LotCloseIn){.id = ids[i], .settled_ms = settled_ms};
        places[i] = &ins[i];
    }
    Err e = op_call_each(cx, op, places, count, &errs);
    if (e)
        return e;
    for (size_t i = 0; i < count; i++) {
        *done += errs[i].code == ERR_OK;
        if (errs[i].code == ERR_OK)
            continue;
        Val *item = lot_reply_id(cx, ids[i]);
        val_set_z(cx->arena, item, "key", errs[i].key);
        val_push(cx->arena, failed, item);
    }
    return ERR_OK;
}

static Err tick_stage(Cx *cx, LotStage stage, i64 settled_ms, const char *op, i64 *count,
                      Val *failed)
{
    i64 *ids;
    size_t id_count;
    Err e = lot_due_list(cx, stage, settled_ms, LOT_TICK_MAX, &ids, &id_count);
    for (size_t at = 0; !e && at < id_count; at += TICK_AT_ONCE) {
        size_t some = id_count - at < TICK_AT_ONCE ? id_count - at : TICK_AT_ONCE;
        e = tick_some(cx, op, ids + at, some, settled_ms, count, failed);
    }
    return e;
}

Err lot_tick_run(Cx *cx, const void *input, Val **ret)
{
    const LotTickIn *in = input;
    i64 started = 0, closed = 0, settled_ms = settled_from(cx, in->settled_ms);
    Val *failed = val_list(cx->arena);
    Err e = tick_stage(cx, LOT_SCHEDULED, cx->arrived_ms, "lot.start", &started, failed);
    if (!e)
        e = tick_stage(cx, LOT_OPEN, settled_ms, "lot.close", &closed, failed);
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "started", started);
    val_set_int(cx->arena, map, "closed", closed);
    val_set(cx->arena, map, "failed", failed);
    *ret = map;
    return ERR_OK;
}

_Static_assert(offsetof(LotMakeUpIn, from_ms) == offsetof(LotCloseIn, settled_ms) &&
                   sizeof(LotMakeUpIn) == sizeof(LotCloseIn),
               "tick_some fills both");

/* Each lot that was open, or would have been opened, while nobody served. */
Err lot_make_up_due_run(Cx *cx, const void *input, Val **ret)
{
    i64 alive_ms = fact_alive_ms(house_of(cx)->facts), made_up = 0, *ids;
    i64 lost_ms = alive_ms ? cx->arrived_ms - alive_ms : 0;
    Val *map = val_map(cx->arena), *failed = val_list(cx->arena);
    size_t count = 0;
    Err e = ERR_OK;
    (void)input;
    if (lost_ms > house_of(cx)->settings->downtime_s * 1000)
        e = lot_begun_list(cx, cx->arrived_ms, &ids, &count);
    if (!e && count)
        e = tick_some(cx, "lot.make_up", ids, count, alive_ms, &made_up, failed);
    if (e)
        return e;
    val_set_int(cx->arena, map, "made_up", made_up);
    val_set(cx->arena, map, "failed", failed);
    *ret = map;
    return ERR_OK;
}
