/* auction_bid.c - what bidders ask of a lot, and the operator's pausing and cancelling. */
#include "auction/auction_int.h"

#include "auction/bid_engine.h"
#include "auction/entry.h"
#include "ident/ident.h"
#include "registry/registry.h"

/* ---- Bidders ---- */

static Str message_of(Cx *cx, BidWhy why, const BidTold *told)
{
    const Str args[] = {money_format(cx->arena, told->next_fen),
                        money_format(cx->arena, told->step_fen),
                        time_format_full(cx->arena, told->open_ms)};
    const char *key = bid_why_key(why);
    assert(key);
    return text_say(cx->arena, cx->lang, key, args, COUNT(args));
}

/* All of it comes from the log, so that a repeated key gets the same bytes. */
static Val *reply_bid(Cx *cx, const BidTold *told)
{
    const BidEntry *entry = &told->entry;
    Arena *arena = cx->arena;
    Val *map = val_map(arena);
    BidWhy why = entry->why == WHY_CLOSED && told->cancelled ? WHY_CANCELLED : entry->why;
    val_set_bool(arena, map, "ok", why == WHY_OK);
    val_set_int(arena, map, "n", entry->n);
    val_set_int(arena, map, "seq", entry->seq);
    val_set_int(arena, map, "no", entry->bidder);
    val_set_int(arena, map, "amount_fen", told->amount_fen);
    val_set_int(arena, map, "at_ms", entry->at_ms);
    val_set_int(arena, map, "price_fen", entry->price_fen);
    val_set_int(arena, map, "next_fen", told->next_fen);
    val_set_int(arena, map, "end_ms", entry->end_ms);
    val_set_str(arena, map, "hash", bid_hash_hex(arena, &told->hash));
    if (why == WHY_OK)
        return map;
    val_set_z(arena, map, "reason", bid_why_name(why));
    val_set_str(arena, map, "message", message_of(cx, why, told));
    return map;
}

/* Who was barred after it was admitted reads why. */
static Err say_barred(Cx *cx, i64 lot_id, Val *reply)
{
    Lot lot;
    if (!cx->actor.org_id)
        return ERR_OK;
    Err e = lot_load(cx, lot_id, &lot);
    if (!e)
        e = bar_check(cx, &lot, cx->actor.org_id, cx->actor.account_id);
    if (e != ERR_DENIED)
        return e;
    val_set_str(cx->arena, reply, "message",
                text_say(cx->arena, cx->lang, cx->err.key, cx->err.args, ERR_ARGS_MAX));
    err_clear(cx);
    return ERR_OK;
}

Err lot_ask(Cx *cx, const BidAsk *ask, Val **ret)
{
    BidTold told;
    if (ask->kind != ACT_CANCEL && (ask->amount_fen <= 0 || ask->amount_fen > MONEY_MAX_FEN))
        return err_set(cx, ERR_INPUT, "amount_fen", "auction.bid_bad_amount");
    Err e = bid_ask(cx, ask, &told);
    if (e)
        return e;
    *ret = reply_bid(cx, &told);
    return told.entry.why == WHY_NOT_ADMITTED && !ask->floor_no ? say_barred(cx, ask->lot_id, *ret)
                                                                : ERR_OK;
}

Err lot_bid_run(Cx *cx, const void *input, Val **ret)
{
    const LotBidIn *in = input;
    return lot_ask(cx,
                   &(BidAsk){.lot_id = in->lot_id,
                             .kind = in->confirmed ? ACT_CONFIRM : ACT_BID,
                             .amount_fen = in->amount_fen,
                             .key = in->key},
                   ret);
}

Err lot_take_run(Cx *cx, const void *input, Val **ret)
{
    const LotBidIn *in = input;
    return lot_ask(
        cx,
        &(BidAsk){
            .lot_id = in->lot_id, .kind = ACT_TAKE, .amount_fen = in->amount_fen, .key = in->key},
        ret);
}

Err lot_retract_run(Cx *cx, const void *input, Val **ret)
{
    const LotKeyIn *in = input;
    return lot_ask(cx, &(BidAsk){.lot_id = in->lot_id, .kind = ACT_CANCEL, .key = in->key}, ret);
}

/* ---- The operator ---- */

/* A step of the flow that is an act of the rules as well. *ret is the lot to be saved. */
static Err lot_act(Cx *cx, i64 lot_id, const char *action, BidActKind kind, Lot *ret)
{
    Lot lot;
    Err e = lot_load(cx, lot_id, &lot);
    if (e)
        return e;
    i64 state = lot.state;
    e = flow_step(cx, &lot_flow, lot.state, action, who_of(cx, lot.org_id, false), &lot, &state);
    if (e)
        return e;
    BidActed acted;
    e = bid_operate(cx, lot_id, kind, cx->arrived_ms, &acted);
    if (e)
        return e;
    if (acted.reply.why == WHY_NOT_STARTED)
        return err_set_arg(cx, ERR_STATE, NULL, "auction.not_due",
                           time_format_full(cx->arena, lot.open_ms));
    if (acted.reply.why)
        return err_set(cx, ERR_STATE, NULL, "auction.end_has_come");
    *ret = acted.lot;
    ret->state = state;
    return ERR_OK;
}

Err lot_pause_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_act(cx, in->id, "pause", ACT_PAUSE, &lot);
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.paused", lot.paused_left_ms, NULL, 0});
    if (e)
        return e;
    *ret = lot_reply(cx, &lot);
    return ERR_OK;
}

Err lot_resume_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_act(cx, in->id, "resume", ACT_RESUME, &lot);
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.resumed", lot.end_ms, NULL, 0});
    if (e)
        return e;
    *ret = lot_reply(cx, &lot);
    return ERR_OK;
}

Err lot_cancel_run(Cx *cx, const void *input, Val **ret)
{
    const LotReasonIn *in = input;
    Lot lot;
    Err e = lot_act(cx, in->id, "cancel", ACT_STOP, &lot);
    if (e)
        return e;
    lot.reason = in->reason;
    e = fact_change(cx, &lot_type, &lot, (FactNote){"lot.cancelled", 0, NULL, lot.listing_id});
    if (e)
        return e;
    e = listing_move(cx, lot.listing_id, "leave_lot");
    if (e)
        return e;
    *ret = lot_reply(cx, &lot);
    return ERR_OK;
}
