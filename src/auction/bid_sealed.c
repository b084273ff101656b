/* bid_sealed.c - bids that nobody sees before the opening: once, in rounds, or between the two open
 * stages of the hybrid. */
#include "auction/bid_int.h"

/* Whether a quote comes before another: higher, then by rank, then earlier. */
static bool quote_beats(const BidRules *rules, const BidSeat *a, const BidSeat *b)
{
    if (a->quote_fen != b->quote_fen)
        return a->quote_fen > b->quote_fen;
    i64 rank_a = bid_rank(rules, a), rank_b = bid_rank(rules, b);
    return rank_a != rank_b ? rank_a < rank_b : a->quote_seq < b->quote_seq;
}

/* The best quote of those who have no unit yet; 0: there is none. */
static i64 best_bidder(const BidRules *rules, const BidState *state)
{
    i64 best = 0;
    for (i64 n = 1; n <= state->seat_count; n++) {
        const BidSeat *seat = bid_seat(state, n);
        if (seat->quote_fen && !seat->won &&
            (!best || quote_beats(rules, seat, bid_seat(state, best))))
            best = n;
    }
    return best;
}

/* ---- Quoting ---- */

static BidWhy judge_round(const BidRules *rules, const BidState *state, const BidAct *act)
{
    if (state->round > 0 && state->leader == act->bidder && !rules->self_raise)
        return WHY_SELF_RAISE;
    if (act->amount_fen < bid_next_fen(rules, state))
        return WHY_BELOW_MIN;
    i64 base = state->leader ? state->price_fen : rules->start_fen;
    bool whole = (act->amount_fen - base) % bid_step_fen(rules, base) == 0;
    return rules->strict_step && !whole ? WHY_NOT_MULTIPLE : WHY_OK;
}

static BidWhy judge_quote(const BidRules *rules, const BidState *state, const BidAct *act)
{
    const BidSeat *seat = bid_seat(state, act->bidder);
    if (seat->out || act->bidder == state->taker)
        return WHY_NOT_ALLOWED;
    if (seat->quote_fen && !rules->replaceable && seat->quote_seq > state->opened_seq)
        return WHY_NOT_ALLOWED;
    if (rules->mode == BID_ROUNDS)
        return judge_round(rules, state, act);
    if (rules->mode == BID_HYBRID)
        return act->amount_fen <= state->taken_fen ? WHY_TOO_LOW : WHY_OK;
    i64 least_fen = state->round > 0 ? state->price_fen : rules->start_fen;
    return act->amount_fen < least_fen ? WHY_BELOW_MIN : WHY_OK;
}

BidWhy quote_bid(const BidRules *rules, BidState *state, const BidAct *act)
{
    BidWhy why = judge_quote(rules, state, act);
    if (why)
        return why;
    if (bid_above_guard(rules, act, state->price_fen ? state->price_fen : rules->start_fen))
        return WHY_ABOVE_GUARD;
    BidSeat *seat = bid_seat(state, act->bidder);
    seat->quote_fen = act->amount_fen;
    seat->quote_seq = ++state->seq;
    return WHY_OK;
}

BidWhy quote_cancel(const BidRules *rules, BidState *state, const BidAct *act)
{
    BidSeat *seat = bid_seat(state, act->bidder);
    bool again = rules->mode == BID_SEALED && state->round > 0; /* What is opened stands. */
    if (!seat->quote_fen || !rules->replaceable || again)
        return WHY_NOT_ALLOWED;
    seat->quote_fen = seat->quote_seq = 0;
    return WHY_OK;
}

/* ---- Opening ---- */

/* Equal highest quotes that no right tells apart. Marks those who are not among them. */
static bool tie_left(const BidRules *rules, BidState *state, i64 best)
{
    const BidSeat *top = bid_seat(state, best);
    i64 count = 0;
    for (i64 n = 1; n <= state->seat_count; n++) {
        BidSeat *seat = bid_seat(state, n);
        bool tied =
            seat->quote_fen == top->quote_fen && bid_rank(rules, seat) == bid_rank(rules, top);
        seat->out = !tied;
        count += tied;
    }
    return count > 1;
}

/* Best first until the units are gone, nobody below the reserve; all pay the same: the lowest of
 * their quotes, or by second price the highest that got nothing. */
void quote_award(const BidRules *rules, BidState *state)
{
    i64 least_fen = rules->reserve_fen > rules->start_fen ? rules->reserve_fen : rules->start_fen;
    i64 price_fen = 0, best = best_bidder(rules, state);
    state->unit_count = 0;
    while (best && state->unit_count < rules->units) {
        BidSeat *seat = bid_seat(state, best);
        if (seat->quote_fen < rules->reserve_fen)
            break;
        seat->won = 1;
        state->unit_count++;
        price_fen = seat->quote_fen;
        best = best_bidder(rules, state);
    }
    if (state->unit_count == 0)
        return;
    if (rules->second_price) {
        price_fen = best ? bid_seat(state, best)->quote_fen : least_fen;
        price_fen = price_fen > least_fen ? price_fen : least_fen;
    }
    state->price_fen = price_fen;
}

static void open_once(const BidRules *rules, BidState *state, i64 best, i64 at_ms, BidReply *reply)
{
    i64 best_fen = bid_seat(state, best)->quote_fen;
    state->price_fen = best_fen;
    bool again = rules->requote_ms && state->round == 0 && best_fen >= rules->reserve_fen &&
                 tie_left(rules, state, best);
    if (again) {
        state->round = 1;
        state->opened_seq = state->seq;
        bid_stage_begin(state, STAGE_SEALED, bid_later_ms(at_ms, rules->requote_ms), at_ms, reply);
        return;
    }
    state->leader = best;
    bid_close(rules, state, at_ms, reply);
}

/* A round in which somebody quoted is followed by another, until they are all played. */
static void open_round(const BidRules *rules, BidState *state, i64 best, i64 at_ms, BidReply *reply)
{
    state->leader = best;
    state->price_fen = bid_seat(state, best)->quote_fen;
    for (i64 n = 1; n <= state->seat_count; n++)
        bid_seat(state, n)->quote_fen = bid_seat(state, n)->quote_seq = 0;
    state->round++;
    if (state->round == rules->rounds)
        bid_close(rules, state, at_ms, reply);
    else
        bid_stage_begin(state, STAGE_SEALED, bid_later_ms(at_ms, rules->round_ms), at_ms, reply);
}

void quote_open(const BidRules *rules, BidState *state, i64 at_ms, BidReply *reply)
{
    i64 best = best_bidder(rules, state);
    if (!best) {
        bid_close(rules, state, at_ms, reply);
        return;
    }
    if (rules->mode == BID_ROUNDS) {
        open_round(rules, state, best, at_ms, reply);
        return;
    }
    if (rules->mode == BID_SEALED) {
        open_once(rules, state, best, at_ms, reply);
        return;
    }
    state->leader = best;
    state->price_fen = bid_seat(state, best)->quote_fen;
    bid_stage_begin(state, STAGE_BEST, bid_later_ms(at_ms, rules->best_ms), at_ms, reply);
}

/* ---- The answer of the taker ---- */

BidWhy answer_bid(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (act->bidder != state->taker)
        return WHY_NOT_ALLOWED;
    i64 best_fen = bid_seat(state, best_bidder(rules, state))->quote_fen;
    if (act->amount_fen <= best_fen)
        return WHY_TOO_LOW;
    if (bid_above_guard(rules, act, best_fen))
        return WHY_ABOVE_GUARD;
    state->answer_fen = state->price_fen = act->amount_fen;
    state->leader = act->bidder;
    state->seq++;
    return WHY_OK;
}

BidWhy answer_cancel(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (act->bidder != state->taker || !state->answer_fen)
        return WHY_NOT_ALLOWED;
    state->answer_fen = 0;
    state->leader = best_bidder(rules, state);
    state->price_fen = bid_seat(state, state->leader)->quote_fen;
    return WHY_OK;
}
