/* bid_ascending.c - each bid tops the price. */
#include "auction/bid_int.h"

i64 bid_step_fen(const BidRules *rules, i64 price_fen)
{
    i64 step_fen = rules->step_fen;
    for (i64 i = 0; i < rules->tier_count && rules->tiers[i].from_fen <= price_fen; i++)
        step_fen = rules->tiers[i].step_fen;
    return step_fen;
}

/* The amount that steps are counted from. */
static i64 base_fen(const BidRules *rules, const BidState *state)
{
    return state->leader ? state->price_fen : rules->start_fen;
}

i64 bid_next_fen(const BidRules *rules, const BidState *state)
{
    i64 base = base_fen(rules, state);
    bool rises = rules->mode == BID_ASCENDING || (rules->mode == BID_ROUNDS && state->round > 0);
    bool meets_start = state->leader == 0 && rules->first_at_start;
    return base + (rises && !meets_start ? bid_step_fen(rules, base) : 0);
}

/* A right to the price as it stands: at its first use, when asked for once, and against a leader
 * without one of the same or a higher rank. */
static bool matches_by_right(const BidRules *rules, const BidState *state, const BidAct *act)
{
    const BidSeat *own = bid_seat(state, act->bidder);
    if (!own || !state->leader || act->amount_fen != state->price_fen)
        return false;
    if (rules->priority == PRIORITY_ONCE && own->right_used)
        return false;
    return bid_rank(rules, own) < bid_rank(rules, bid_seat(state, state->leader));
}

static BidWhy judge_amount(const BidRules *rules, const BidState *state, const BidAct *act)
{
    i64 base = base_fen(rules, state), step_fen = bid_step_fen(rules, base);
    if (act->amount_fen < bid_next_fen(rules, state))
        return WHY_BELOW_MIN;
    if (rules->strict_step && (act->amount_fen - base) % step_fen != 0)
        return WHY_NOT_MULTIPLE;
    if (rules->steps_max && (act->amount_fen - base - 1) / step_fen >= rules->steps_max)
        return WHY_TOO_HIGH;
    return bid_above_guard(rules, act, base) ? WHY_ABOVE_GUARD : WHY_OK;
}

/* The end is moved when the bid came within the window: never earlier, never past the hard stop. */
static void extend(const BidRules *rules, BidState *state, i64 at_ms)
{
    i64 now_ms = bid_clock_ms(state, at_ms);
    if (state->end_ms - now_ms > rules->window_ms)
        return;
    if (rules->extensions_max && state->extensions >= rules->extensions_max)
        return;
    i64 end_ms = bid_later_ms(now_ms, rules->extend_ms);
    if (end_ms > state->hard_stop_ms)
        end_ms = state->hard_stop_ms;
    if (end_ms <= state->end_ms)
        return;
    state->extensions++;
    bid_end_set(state, end_ms);
}

BidWhy ascending_bid(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (state->leader == act->bidder && !rules->self_raise)
        return WHY_SELF_RAISE;
    bool by_right = matches_by_right(rules, state, act);
    BidWhy why = by_right ? WHY_OK : judge_amount(rules, state, act);
    if (why)
        return why;
    assert(by_right || state->leader == 0 || act->amount_fen > state->price_fen);
    if (by_right)
        bid_seat(state, act->bidder)->right_used = 1;
    extend(rules, state, act->at_ms);
    state->price_fen = act->amount_fen;
    state->leader = act->bidder;
    state->seq++;
    return WHY_OK;
}
