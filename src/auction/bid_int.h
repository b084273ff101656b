/* bid_int.h - what the files of the rules share: bid_state.c has the time and the stages, the
 * others what a mode makes of a bid. */
#ifndef AUCTION_BID_INT_H
#define AUCTION_BID_INT_H

#include "auction/bid_rules.h"

/* Sum that stops at the end of time. */
i64 bid_later_ms(i64 ms, i64 more_ms);
/* A stamp on the clock that bidding goes by now: one from before the last pause is moved by it. */
i64 bid_clock_ms(const BidState *state, i64 at_ms);
/* Time that bidding has run at this stamp, pauses left out. */
i64 bid_run_ms(const BidRules *rules, const BidState *state, i64 at_ms);
/* Moves the end of the stage, and with it what is left when it is paused. */
void bid_end_set(BidState *state, i64 end_ms);
/* The bidder's seat; NULL when the lot has no seats. */
BidSeat *bid_seat(const BidState *state, i64 bidder);
/* Rank of a right to be used during the bidding; INT64_MAX for none. */
i64 bid_rank(const BidRules *rules, const BidSeat *seat);
/* Too high to be no slip of the hand. */
bool bid_above_guard(const BidRules *rules, const BidAct *act, i64 base_fen);
/* A stage begins. */
void bid_stage_begin(BidState *state, BidStage stage, i64 end_ms, i64 at_ms, BidReply *reply);
/* It is over: sold or not. */
void bid_close(const BidRules *rules, BidState *state, i64 at_ms, BidReply *reply);

/* bid_ascending.c */
i64 bid_step_fen(const BidRules *rules, i64 price_fen);
BidWhy ascending_bid(const BidRules *rules, BidState *state, const BidAct *act);

/* bid_dutch.c */
i64 dutch_price_fen(const BidRules *rules, const BidState *state, i64 at_ms);
BidWhy dutch_take(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply);
BidWhy fixed_take(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply);

/* bid_sealed.c */
BidWhy quote_bid(const BidRules *rules, BidState *state, const BidAct *act);
BidWhy quote_cancel(const BidRules *rules, BidState *state, const BidAct *act);
/* The end of a sealed stage: opens the bids, then closes or begins the next stage. */
void quote_open(const BidRules *rules, BidState *state, i64 at_ms, BidReply *reply);
/* Marks who gets a unit, best first. */
void quote_award(const BidRules *rules, BidState *state);
BidWhy answer_bid(const BidRules *rules, BidState *state, const BidAct *act);
BidWhy answer_cancel(const BidRules *rules, BidState *state, const BidAct *act);

/* bid_right.c: the priority right, when it is asked after the end. */
BidWhy right_answer(const BidRules *rules, BidState *state, const BidAct *act);

#endif
