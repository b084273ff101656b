/* auction_bidder.c - a firm comes to a lot: applying, admission with a number, refusal. */
#include "auction/auction_int.h"

#include "auction/bid_engine.h"
#include "ident/ident.h"

static Err enter_allowed(Cx *cx, const Lot *lot)
{
    if (!cx->actor.org_id)
        return err_set(cx, ERR_DENIED, NULL, "auction.no_firm");
    if (who_of(cx, lot->org_id, false) & WHO_OWNER) /* Nor does a university on its college's. */
        return err_set(cx, ERR_DENIED, NULL, "auction.own_lot");
    bool live = lot->state == LOT_SCHEDULED || lot->state == LOT_OPEN || lot->state == LOT_PAUSED;
    if (!live || (lot->state != LOT_PAUSED && cx->arrived_ms >= lot->end_ms))
        return err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    return ERR_OK;
}

static Val *reply_bidder(Cx *cx, const LotBidder *bidder)
{
    Val *map = lot_reply_id(cx, bidder->id);
    val_set_int(cx->arena, map, "lot_id", bidder->lot_id);
    val_set_int(cx->arena, map, "no", bidder->no);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_bidder_flow, bidder->state));
    return map;
}

Err lot_enter_run(Cx *cx, const void *input, Val **ret)
{
    const LotEnterIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->lot_id, &lot);
    if (e)
        return e;
    e = enter_allowed(cx, &lot);
    if (e)
        return e;
    LotBidder bidder;
    e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &bidder);
    if (e)
        return e;
    if (bidder.id)
        return err_set(cx, ERR_CONFLICT, NULL, "auction.entered_already");

    bidder = (LotBidder){.lot_id = lot.id,
                         .org_id = cx->actor.org_id,
                         .account_id = cx->actor.account_id,
                         .state = BIDDER_APPLIED,
                         .salt = chance_token(cx->chance, cx->arena, LOT_SALT_BYTES),
                         .deposit = lot.deposit_fen ? S("due") : S("none")};
    e = fact_create(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_applied", 0, NULL, lot.id});
    if (e)
        return e;
    *ret = reply_bidder(cx, &bidder);
    return ERR_OK;
}

/* The firm and its lot, for a decision of the operator on it. */
static Err decide_load(Cx *cx, i64 bidder_id, LotBidder *ret_bidder, Lot *ret_lot)
{
    Err e = lot_bidder_load(cx, bidder_id, ret_bidder);
    if (e)
        return e;
    e = lot_load(cx, ret_bidder->lot_id, ret_lot);
    if (e)
        return e;
    if (ret_lot->state > LOT_PAUSED)
        return err_set(cx, ERR_STATE, NULL, "auction.lot_over");
    return ERR_OK;
}

/* Admission says that the deposit, where one is asked, has come, and gives the next number. */
Err lot_admit_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    LotBidder bidder;
    Lot lot;
    Err e = decide_load(cx, in->id, &bidder, &lot);
    if (e)
        return e;
    if (lot.bidder_count >= LOT_BIDDERS_MAX)
        return err_set(cx, ERR_LIMIT, NULL, "auction.too_many_bidders");
    e = flow_step(cx, &lot_bidder_flow, bidder.state, "admit", cx->actor.roles, &bidder,
                  &bidder.state);
    if (e)
        return e;
    bidder.no = ++lot.bidder_count;
    if (lot.deposit_fen)
        bidder.deposit = S("paid");
    e = bid_admit(cx, &bidder);
    if (e)
        return e;
    e = fact_change(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_admitted", bidder.no, NULL, lot.id});
    if (e)
        return e;
    e = fact_change(cx, &lot_type, &lot,
                    (FactNote){"lot.bidders", lot.bidder_count, NULL, bidder.id});
    if (e)
        return e;
    *ret = reply_bidder(cx, &bidder);
    return ERR_OK;
}

Err lot_refuse_run(Cx *cx, const void *input, Val **ret)
{
    const LotReasonIn *in = input;
    LotBidder bidder;
    Lot lot;
    Err e = decide_load(cx, in->id, &bidder, &lot);
    if (e)
        return e;
    e = flow_step(cx, &lot_bidder_flow, bidder.state, "refuse", cx->actor.roles, &bidder,
                  &bidder.state);
    if (e)
        return e;
    bidder.reason = in->reason;
    e = fact_change(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_refused", 0, NULL, lot.id});
    if (e)
        return e;
    *ret = reply_bidder(cx, &bidder);
    return ERR_OK;
}
