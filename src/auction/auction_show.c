/* auction_show.c - what a reader sees of the lots: the hall and the page of one. */
#include "auction/auction_int.h"

#include "auction/auction_rules.h"
#include "auction/bid_engine.h"
#include "ident/ident.h"
#include "registry/registry.h"

static bool lot_live(const Lot *lot)
{
    return lot->state <= LOT_PAUSED;
}

/* The buyer's firm is a party to a lot that is sold; before that nobody is. */
static See lot_level(Cx *cx, const Lot *lot, const LotBidder *me)
{
    bool bought = lot->state == LOT_SOLD && me->id && me->id == lot->leader_id;
    return see_level(cx, lot->org_id, bought);
}

/* The price as it is at this moment, and what may be bid. */
static void show_price(Cx *cx, const Lot *lot, Val *map)
{
    i64 now_ms = clock_now_ms(cx->clock);
    i64 left = lot->units - lot->unit_count;
    val_set_int(cx->arena, map, "price_fen", lot_price_fen(lot, now_ms));
    val_set_int(cx->arena, map, "next_fen", lot_next_fen(lot, now_ms));
    val_set_int(cx->arena, map, "next_drop_ms", lot_drop_ms(lot, now_ms));
    val_set_int(cx->arena, map, "left_units", left > 0 ? left : 0);
}

/* The lot for this reader, with what is derived from it. */
static Err lot_val(Cx *cx, const Lot *lot, const LotBidder *me, Val **ret)
{
    Str seller = {0};
    Err e = org_name(cx, lot->org_id, &seller);
    if (e)
        return e;
    Val *map = record_val(cx, &lot_type, lot, lot_level(cx, lot, me));
    val_set_str(cx->arena, map, "org", seller);
    val_set_z(cx->arena, map, "state_label", flow_label(&lot_flow, lot->state, cx->lang));
    val_set_bool(cx->arena, map, "live", lot_live(lot));
    val_set_bool(cx->arena, map, "has_reserve", lot->reserve_fen > 0);
    val_set_bool(cx->arena, map, "extended", lot->extension_count > 0);
    if (lot_live(lot))
        show_price(cx, lot, map);
    *ret = map;
    return ERR_OK;
}

/* ---- The hall ---- */

static Val *query_val(Cx *cx, const LotListIn *in)
{
    Val *map = val_map(cx->arena);
    val_set_str(cx->arena, map, "state", in->state);
    return map;
}

Err lot_list_run(Cx *cx, const void *input, Val **ret)
{
    const LotListIn *in = input;
    i64 stage = -1, page = page_number(in->page), total = 0;
    if (in->state.len) {
        stage = flow_state_find(&lot_flow, in->state);
        if (stage < 0)
            return err_set_arg(cx, ERR_INPUT, "state", "auction.no_such_state", in->state);
    }
    Lot *lots = NULL;
    size_t count = 0;
    Err e = in->listing_id ? lot_list_of_listing(cx, in->listing_id, &lots, &count)
                           : lot_page(cx, stage, page, &lots, &count, &total);
    if (e)
        return e;
    if (in->listing_id)
        total = (i64)count;
    const LotBidder nobody = {0};
    Val *items = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *item = NULL;
        e = lot_val(cx, &lots[i], &nobody, &item);
        if (e)
            return e;
        val_push(cx->arena, items, item);
    }
    Val *map = list_val(cx, items, total, page, PAGE_SIZE);
    val_set(cx->arena, map, "query", query_val(cx, in));
    val_set_int(cx->arena, map, "now_ms", clock_now_ms(cx->clock));
    *ret = map;
    return ERR_OK;
}

/* ---- One lot ---- */

static Err bids_val(Cx *cx, const Lot *lot, Val **ret)
{
    BidEntry *bids = NULL;
    size_t count = 0;
    Err e = lot_bid_list(cx, lot, &bids, &count);
    if (e)
        return e;
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        Val *item = val_map(cx->arena);
        val_set_int(cx->arena, item, "n", bids[i].n);
        val_set_int(cx->arena, item, "seq", bids[i].seq);
        val_set_int(cx->arena, item, "no", bids[i].bidder);
        val_set_int(cx->arena, item, "amount_fen", bids[i].amount_fen);
        val_set_int(cx->arena, item, "at_ms", bids[i].at_ms);
        val_push(cx->arena, list, item);
    }
    *ret = list;
    return ERR_OK;
}

/* Firms at the lot by name: for the operator alone, who admits them. */
static Err bidders_val(Cx *cx, const Lot *lot, Val **ret)
{
    LotBidder *bidders = NULL;
    size_t count = 0;
    Err e = lot_bidder_list(cx, lot->id, &bidders, &count);
    if (e)
        return e;
    Val *list = val_list(cx->arena);
    for (size_t i = 0; i < count; i++) {
        const LotBidder *bidder = &bidders[i];
        Str name = {0};
        e = org_name(cx, bidder->org_id, &name);
        if (e)
            return e;
        Val *item = record_val(cx, &lot_bidder_type, bidder, SEE_OPERATOR);
        val_set_str(cx->arena, item, "org", name);
        val_set_z(cx->arena, item, "state_label",
                  flow_label(&lot_bidder_flow, bidder->state, cx->lang));
        val_set(cx->arena, item, "acts",
                flow_acts(cx, &lot_bidder_flow, bidder->state, cx->actor.roles));
        val_push(cx->arena, list, item);
    }
    *ret = list;
    return ERR_OK;
}

/* What he may do at this moment. */
static void me_acts(Cx *cx, const Lot *lot, const LotBidder *me, const BidPlay *play, Val *map)
{
    i64 now_ms = clock_now_ms(cx->clock);
    bool open = lot->state == LOT_OPEN && me->state == BIDDER_ADMITTED && now_ms < lot->end_ms;
    bool fixed = str_same_z(lot->mode, bid_mode_name(BID_FIXED));
    bool dutch = str_same_z(lot->stage, bid_stage_name(STAGE_DUTCH, false));
    bool sealed = str_same_z(lot->stage, bid_stage_name(STAGE_SEALED, false));
    bool best = str_same_z(lot->stage, bid_stage_name(STAGE_BEST, false));
    const BidSeat *seat = play && me->no <= play->admitted ? &play->state.seats[me->no - 1] : NULL;
    bool taker = play && play->state.taker == me->no;
    i64 quote_fen = seat && sealed ? seat->quote_fen : 0;
    i64 answer_fen = best && taker ? play->state.answer_fen : 0;
    bool quotes = sealed && seat && !seat->out && !taker;
    val_set_bool(cx->arena, map, "may_take", open && (fixed || dutch));
    val_set_bool(cx->arena, map, "may_bid",
                 open && !fixed && !dutch && (!sealed || quotes) && (!best || taker));
    val_set_bool(cx->arena, map, "may_retract",
                 open && ((quote_fen && !lot->quote_once) || answer_fen));
    val_set_int(cx->arena, map, "quote_fen", quote_fen ? quote_fen : answer_fen);
    val_set_bool(cx->arena, map, "taker", taker);
}

static bool has_won(const Val *winners, i64 no)
{
    for (size_t i = 0; i < val_count(winners); i++)
        if (val_get_int(val_at(winners, i), "no") == no)
            return true;
    return false;
}

/* Of sealed stages the bidder's own bids are in the log alone, sealed: it is played again. */
static Err me_val(Cx *cx, const Lot *lot, const LotBidder *me, const Val *winners, Val **ret)
{
    *ret = val_null(cx->arena);
    if (!me->id)
        return ERR_OK;
    bool hides = str_same_z(lot->stage, bid_stage_name(STAGE_SEALED, false)) ||
                 str_same_z(lot->stage, bid_stage_name(STAGE_BEST, false));
    BidPlay play;
    Err e = me->no && hides ? bid_replay(cx, lot, &play) : ERR_OK;
    if (e)
        return e;
    Val *map = val_map(cx->arena);
    val_set_int(cx->arena, map, "id", me->id);
    val_set_int(cx->arena, map, "no", me->no);
    val_set_z(cx->arena, map, "state", flow_state_name(&lot_bidder_flow, me->state));
    val_set_z(cx->arena, map, "state_label", flow_label(&lot_bidder_flow, me->state, cx->lang));
    val_set_str(cx->arena, map, "deposit", me->deposit);
    val_set_str(cx->arena, map, "reason", me->reason);
    val_set_str(cx->arena, map, "salt", me->salt);
    val_set_int(cx->arena, map, "rank", me->rank);
    val_set_bool(cx->arena, map, "leading", lot->leader_id != 0 && lot->leader_id == me->id);
    val_set_bool(cx->arena, map, "won", has_won(winners, me->no));
    me_acts(cx, lot, me, me->no && hides ? &play : NULL, map);
    *ret = map;
    return ERR_OK;
}

/* The buyers' names are public once the lot is sold. */
static Err winners_val(Cx *cx, const Lot *lot, Val **ret)
{
    LotWin *wins = NULL;
    size_t count = 0;
    Val *list = val_list(cx->arena);
    Err e = lot->state == LOT_SOLD ? lot_wins(cx, lot->id, &wins, &count) : ERR_OK;
    for (size_t i = 0; !e && i < count; i++) {
        Str name = {0};
        e = org_name(cx, wins[i].org_id, &name);
        Val *map = val_map(cx->arena);
        val_set_int(cx->arena, map, "no", wins[i].no);
        val_set_int(cx->arena, map, "org_id", wins[i].org_id);
        val_set_str(cx->arena, map, "org", name);
        val_set_int(cx->arena, map, "pays_fen", wins[i].pays_fen);
        bool party = cx->actor.org_id && cx->actor.org_id == wins[i].org_id;
        if (see_level(cx, lot->org_id, party) >= SEE_PARTY)
            val_set_int(cx->arena, map, "deal_id", wins[i].deal_id);
        val_push(cx->arena, list, map);
    }
    *ret = list;
    return e;
}

/* What happened to the lot, without who did it: that would name the bidders. */
static Err lot_history(Cx *cx, const Lot *lot, Val **ret)
{
    Val *list = NULL, *clean = val_list(cx->arena);
    Err e = history_val(cx, &lot_type, lot->id, &list);
    if (e)
        return e;
    static const char *const keys[] = {"seq", "at_ms", "kind", "label", "amount", "code"};
    for (size_t i = 0; i < val_count(list); i++) {
        Val *row = val_map(cx->arena);
        for (size_t k = 0; k < COUNT(keys); k++)
            val_set(cx->arena, row, keys[k], val_get(val_at(list, i), keys[k]));
        val_push(cx->arena, clean, row);
    }
    *ret = clean;
    return ERR_OK;
}

/* The flow's steps, and entering, which is none of them. The clock's own are no buttons. */
static Val *lot_acts(Cx *cx, const Lot *lot, const LotBidder *me)
{
    unsigned who = who_of(cx, lot->org_id, false);
    Val *acts = flow_acts(cx, &lot_flow, lot->state, who & ~(unsigned)WHO_CLOCK);
    bool open =
        lot_live(lot) && (lot->state == LOT_PAUSED || clock_now_ms(cx->clock) < lot->end_ms);
    if (!open || me->id || !(who & WHO_FIRM) || (who & WHO_OWNER) || !cx->actor.org_id)
        return acts;
    Val *act = val_map(cx->arena);
    val_set_z(cx->arena, act, "action", "enter");
    val_set_z(cx->arena, act, "op", "lot.enter");
    val_set_z(cx->arena, act, "label", cx->lang == LANG_EN ? "Enter" : "报名");
    val_set_bool(cx->arena, act, "danger", false);
    val_push(cx->arena, acts, act);
    return acts;
}

static Err show_parts(Cx *cx, const Lot *lot, const LotBidder *me, Val *map)
{
    Val *bids = NULL, *winners = NULL, *history = NULL, *bidders = NULL, *own = NULL;
    Err e = bids_val(cx, lot, &bids);
    if (e)
        return e;
    e = winners_val(cx, lot, &winners);
    if (e)
        return e;
    e = me_val(cx, lot, me, winners, &own);
    if (e)
        return e;
    e = lot_history(cx, lot, &history);
    if (e)
        return e;
    val_set(cx->arena, map, "bids", bids);
    val_set(cx->arena, map, "me", own);
    val_set(cx->arena, map, "winner",
            val_count(winners) ? val_at(winners, 0) : val_null(cx->arena));
    val_set(cx->arena, map, "winners", winners);
    val_set_int(cx->arena, map, "now_ms", clock_now_ms(cx->clock));
    val_set(cx->arena, map, "acts", lot_acts(cx, lot, me));
    val_set(cx->arena, map, "stepper", flow_stepper(cx, &lot_flow, lot->state));
    val_set(cx->arena, map, "history", history);
    if (!(cx->actor.roles & (WHO_OPERATOR | WHO_LOCAL)))
        return ERR_OK;
    e = bidders_val(cx, lot, &bidders);
    if (e)
        return e;
    val_set(cx->arena, map, "bidders", bidders);
    return ERR_OK;
}

Err lot_show_run(Cx *cx, const void *input, Val **ret)
{
    const LotIdIn *in = input;
    Lot lot;
    Err e = lot_load(cx, in->id, &lot);
    if (e)
        return e;
    LotBidder me = {0};
    if (who_of(cx, cx->actor.org_id, false) & WHO_OWNER) { /* No administrator of that unit. */
        e = lot_bidder_find(cx, lot.id, cx->actor.org_id, &me);
        if (e)
            return e;
    }
    Listing listing;
    e = record_load(cx, &listing_type, lot.listing_id, &listing);
    if (e)
        return e;
    Val *map = val_map(cx->arena), *lot_map = NULL;
    e = lot_val(cx, &lot, &me, &lot_map);
    if (e)
        return e;
    val_set(cx->arena, map, "lot", lot_map);
    See level = see_level(cx, listing.org_id, false);
    bool shown = listing_public(&listing) || level >= SEE_OWNER;
    val_set(cx->arena, map, "listing",
            shown ? record_val(cx, &listing_type, &listing, level) : val_null(cx->arena));
    e = show_parts(cx, &lot, &me, map);
    if (e)
        return e;
    *ret = map;
    return ERR_OK;
}
