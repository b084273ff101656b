/* bid_dutch.c - prices that are taken, not bid: falling by the clock, or fixed. */
#include "auction/bid_int.h"

i64 dutch_price_fen(const BidRules *rules, const BidState *state, i64 at_ms)
{
    i64 drops = bid_run_ms(rules, state, at_ms) / rules->drop_every_ms;
    if (drops >= (rules->start_fen - rules->floor_fen) / rules->drop_fen + 1)
        return rules->floor_fen;
    i64 price_fen = rules->start_fen - drops * rules->drop_fen;
    return price_fen > rules->floor_fen ? price_fen : rules->floor_fen;
}

/* Never silently at a lower price: who clicked before the drop is told that it has fallen. */
static BidWhy judge_price(const BidRules *rules, i64 amount_fen, i64 price_fen)
{
    if (amount_fen == price_fen)
        return WHY_OK;
    bool was = amount_fen > price_fen && amount_fen <= rules->start_fen &&
               (rules->start_fen - amount_fen) % rules->drop_fen == 0;
    return was ? WHY_STEP_PASSED : WHY_WRONG_PRICE;
}

BidWhy dutch_take(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply)
{
    assert(state->stage == STAGE_DUTCH && state->taker == 0);
    BidWhy why = judge_price(rules, act->amount_fen, dutch_price_fen(rules, state, act->at_ms));
    if (why)
        return why;
    state->price_fen = state->taken_fen = act->amount_fen;
    state->leader = state->taker = act->bidder;
    state->seq++;
    if (rules->mode == BID_DUTCH) {
        state->end_ms = act->at_ms;
        bid_close(rules, state, act->at_ms, reply);
        return WHY_OK;
    }
    i64 from_ms = bid_clock_ms(state, act->at_ms);
    bid_stage_begin(state, STAGE_SEALED, bid_later_ms(from_ms, rules->sealed_ms), act->at_ms,
                    reply);
    return WHY_OK;
}

BidWhy fixed_take(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply)
{
    assert(state->unit_count < rules->units);
    BidSeat *seat = bid_seat(state, act->bidder);
    if (seat->won)
        return WHY_NOT_ALLOWED; /* One unit to a bidder. */
    if (act->amount_fen != rules->start_fen)
        return WHY_WRONG_PRICE;
    seat->won = 1;
    state->unit_count++;
    state->seq++;
    if (!state->taker) {
        state->taker = state->leader = act->bidder;
        state->price_fen = state->taken_fen = act->amount_fen;
    }
    if (state->unit_count == rules->units) {
        state->end_ms = act->at_ms;
        bid_close(rules, state, act->at_ms, reply);
    }
    return WHY_OK;
}
