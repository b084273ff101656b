/* bid_right.c - the priority right as a question after the end: the holder takes the price, or
 * waives it, once, within post_ms. Of several the higher rank has it, then the earlier. */
#include "auction/bid_int.h"

static void move_sale(BidState *state, i64 to)
{
    BidSeat *from = bid_seat(state, state->leader), *seat = bid_seat(state, to);
    seat->won = 1;
    seat->pays_fen = from->pays_fen;
    from->won = 0;
    from->pays_fen = 0;
    state->leader = to;
}

BidWhy right_answer(const BidRules *rules, BidState *state, const BidAct *act)
{
    assert(state->stage == STAGE_SOLD);
    BidSeat *own = bid_seat(state, act->bidder);
    bool asked = rules->priority == PRIORITY_POST && own && own->rank > 0 &&
                 act->at_ms < bid_later_ms(state->closed_ms, rules->post_ms);
    if (!asked)
        return WHY_CLOSED;
    const BidSeat *leader = bid_seat(state, state->leader);
    if (own->right_used || state->leader == act->bidder)
        return WHY_NOT_ALLOWED;
    if (act->kind == ACT_CANCEL) {
        own->right_used = 1;
        return WHY_OK;
    }
    if (leader->rank > 0 && leader->rank <= own->rank)
        return WHY_NOT_ALLOWED;
    if (act->amount_fen != state->price_fen)
        return WHY_WRONG_PRICE;
    own->right_used = 1;
    move_sale(state, act->bidder);
    state->seq++;
    return WHY_OK;
}
