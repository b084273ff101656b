/* auction_bidder.c - a firm at a lot: entering without terms, admission with a number, refusal. */
#include "auction/auction_int.h"
#include "auction/deposit.h"
#include "auction/entry.h"

#include "auction/bid_engine.h"
#include "auction/lot_notice.h"
#include "auction/priority.h"
#include "ident/ident.h"

/* The short way, for a lot that asks for no statement: whoever takes it declares no relation. */
Err lot_enter_run(Cx *cx, const void *input, Val **ret)
{
    const LotEnterIn *in = input;
    LotBidder bidder;
    Err e = lot_bidder_find(cx, in->lot_id, cx->actor.org_id, &bidder);
    if (!e && bidder.id)
        e = err_set(cx, ERR_CONFLICT, NULL, "auction.entered_already");
    if (!e)
        e = bidder_apply(cx, in->lot_id, &(BidderSays){.relation = S("none")}, &bidder);
    return e ? e : bidder_reply(cx, &bidder, ret);
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

/* Of what was decided, the one who applied is told. */
static Err tell(Cx *cx, const LotBidder *bidder, const char *kind)
{
    Err (*say)(Cx *, i64, const char *, const char *, i64) = house_of(cx)->hooks.tell;
    return say ? say(cx, bidder->account_id, kind, "lot", bidder->lot_id) : ERR_OK;
}

/* Whether it may come to the lot is asked again: somebody may have been barred since. */
Err bidder_admit(Cx *cx, i64 bidder_id, LotBidder *ret)
{
    LotBidder bidder;
    Lot lot;
    i64 state = 0;
    Err e = decide_load(cx, bidder_id, &bidder, &lot);
    if (e)
        return e;
    if (lot.bidder_count >= LOT_BIDDERS_MAX)
        return err_set(cx, ERR_LIMIT, NULL, "auction.too_many_bidders");
    e = flow_step(cx, &lot_bidder_flow, bidder.state, "admit", cx->actor.roles, &bidder, &state);
    if (!e)
        e = bar_of_bidder(cx, &lot, &bidder);
    if (!e)
        e = deposit_ready(cx, &lot, &bidder);
    if (!e) /* Without a number nobody bids: a lot is not auctioned before its notice is out. */
        e = notice_ready(cx, &lot);
    if (!e)
        e = lot_priority_rank(cx, lot.id, bidder.org_id, &bidder.rank);
    if (e)
        return e;
    bidder.state = state;
    bidder.no = ++lot.bidder_count;
    e = bid_admit(cx, &bidder);
    if (e)
        return e;
    e = fact_change(cx, &lot_bidder_type, &bidder,
                    (FactNote){"lot.bidder_admitted", bidder.no, NULL, lot.id});
    if (!e)
        e = fact_change(cx, &lot_type, &lot,
                        (FactNote){"lot.bidders", lot.bidder_count, NULL, bidder.id});
    if (!e)
        e = tell(cx, &bidder, "lot_admitted");
    if (!e)
        *ret = bidder;
    return e;
}

Err bidder_refuse(Cx *cx, i64 bidder_id, Str ground, i64 condition_no, Str reason, LotBidder *ret)
{
    LotBidder bidder;
    Lot lot;
    LotTerms terms;
    Str lines[TERMS_MAX];
    Err e = decide_load(cx, bidder_id, &bidder, &lot);
    if (!e)
        e = flow_step(cx, &lot_bidder_flow, bidder.state, "refuse", cx->actor.roles, &bidder,
                      &bidder.state);
    if (!e)
        e = lot_terms_find(cx, lot.id, &terms);
    if (e)
        return e;
    bool condition = str_same(ground, S("condition"));
    i64 most = condition ? (i64)term_lines(cx, terms.conditions, lines) : 0;
    if (condition_no > most || (most && !condition_no))
        return err_set(cx, ERR_INPUT, "condition_no", "auction.which_condition");
    bidder.ground = ground;
    bidder.condition_no = condition_no;
    bidder.reason = reason;
    e = fact_change(
        cx, &lot_bidder_type, &bidder,
        (FactNote){"lot.bidder_refused", condition_no, str_z(cx->arena, ground), lot.id});
    if (!e)
        e = tell(cx, &bidder, "lot_refused");
    if (!e)
        *ret = bidder;
    return e;
}

/* Admission says that the deposit, where one is asked, has come, and gives the next number. */
Err lot_admit_run(Cx *cx, const void *input, Val **ret)
{
    LotBidder bidder;
    Err e = bidder_admit(cx, ((const LotIdIn *)input)->id, &bidder);
    return e ? e : bidder_reply(cx, &bidder, ret);
}

Err lot_refuse_run(Cx *cx, const void *input, Val **ret)
{
    const LotReasonIn *in = input;
    LotBidder bidder;
    Err e = bidder_refuse(cx, in->id, S("other"), 0, in->reason, &bidder);
    return e ? e : bidder_reply(cx, &bidder, ret);
}
