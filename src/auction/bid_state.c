/* bid_state.c - the time, the stages and the one step. */
#include "auction/bid_int.h"

/* ---- Time ---- */

i64 bid_later_ms(i64 ms, i64 more_ms)
{
    enum { FAR_BITS = 60 };
    const i64 far_ms = (i64)1 << FAR_BITS;
    return ms > far_ms - more_ms ? far_ms : ms + more_ms;
}

i64 bid_clock_ms(const BidState *state, i64 at_ms)
{
    if (!state->paused && at_ms < state->pause_from_ms)
        return bid_later_ms(at_ms, state->pause_to_ms - state->pause_from_ms);
    return at_ms;
}

i64 bid_run_ms(const BidRules *rules, const BidState *state, i64 at_ms)
{
    i64 stood_ms = state->paused_ms;
    if (state->paused && at_ms > state->pause_from_ms)
        at_ms = state->pause_from_ms;
    if (!state->paused && at_ms < state->pause_to_ms) { /* Stamped before the pause was over. */
        stood_ms -= state->pause_to_ms - state->pause_from_ms;
        if (at_ms > state->pause_from_ms)
            at_ms = state->pause_from_ms;
    }
    i64 run_ms = at_ms - rules->start_ms - stood_ms;
    return run_ms > 0 ? run_ms : 0;
}

void bid_end_set(BidState *state, i64 end_ms)
{
    state->end_ms = end_ms;
    if (!state->paused) /* Else a bid stamped before the pause, judged in it. */
        return;
    i64 left_ms = end_ms - state->pause_from_ms;
    state->paused_left_ms = left_ms > 0 ? left_ms : 0;
}

static bool over(const BidState *state)
{
    return state->stage >= STAGE_SOLD;
}

/* ---- Stages ---- */

BidSeat *bid_seat(const BidState *state, i64 bidder)
{
    if (state->seat_count == 0)
        return NULL;
    assert(bidder >= 1 && bidder <= state->seat_count);
    return &state->seats[bidder - 1];
}

i64 bid_rank(const BidRules *rules, const BidSeat *seat)
{
    bool inline_right = rules->priority == PRIORITY_INLINE || rules->priority == PRIORITY_ONCE;
    return inline_right && seat && seat->rank > 0 ? seat->rank : INT64_MAX;
}

bool bid_above_guard(const BidRules *rules, const BidAct *act, i64 base_fen)
{
    return rules->guard_times && act->kind != ACT_CONFIRM &&
           act->amount_fen / rules->guard_times >= base_fen;
}

static void tell(BidReply *reply, BidStage stage, i64 at_ms)
{
    assert(reply->event_count < BID_EVENTS_MAX);
    reply->events[reply->event_count++] = (BidEvent){stage, at_ms};
}

void bid_stage_begin(BidState *state, BidStage stage, i64 end_ms, i64 at_ms, BidReply *reply)
{
    state->stage = stage;
    bid_end_set(state, end_ms);
    tell(reply, stage, at_ms);
}

BidResult bid_result(const BidRules *rules, const BidState *state)
{
    if (state->leader == 0)
        return RESULT_NO_BID;
    if (state->bidder_count < rules->min_bidders)
        return RESULT_FEW_BIDDERS;
    return state->price_fen < rules->reserve_fen ? RESULT_RESERVE : RESULT_SOLD;
}

/* Who gets what, and pays. Fixed prices have given their units out one by one. */
static void award(const BidRules *rules, BidState *state)
{
    if (rules->mode == BID_SEALED) {
        quote_award(rules, state);
    } else if (rules->mode != BID_FIXED) {
        state->unit_count = 1;
        if (state->seat_count)
            bid_seat(state, state->leader)->won = 1;
    }
    state->proceeds_fen = state->price_fen * state->unit_count;
    for (i64 n = 1; n <= state->seat_count; n++)
        bid_seat(state, n)->pays_fen = bid_seat(state, n)->won ? state->price_fen : 0;
}

static void take_back(BidState *state)
{
    state->unit_count = 0;
    for (i64 n = 1; n <= state->seat_count; n++)
        bid_seat(state, n)->won = bid_seat(state, n)->pays_fen = 0;
}

void bid_close(const BidRules *rules, BidState *state, i64 at_ms, BidReply *reply)
{
    BidResult result = bid_result(rules, state);
    state->result = result;
    state->stage = result == RESULT_SOLD ? STAGE_SOLD : STAGE_NOT_SOLD;
    state->closed_ms = at_ms;
    state->paused = 0;
    state->paused_left_ms = 0;
    if (result == RESULT_SOLD)
        award(rules, state);
    else
        take_back(state);
    tell(reply, (BidStage)state->stage, at_ms);
}

static void stage_end(const BidRules *rules, BidState *state, BidReply *reply)
{
    i64 end_ms = state->end_ms;
    bool answered =
        state->stage == STAGE_BEST || state->stage == STAGE_OPEN || state->stage == STAGE_DUTCH;
    if (answered)
        bid_close(rules, state, end_ms, reply);
    else
        quote_open(rules, state, end_ms, reply);
}

/* Begins and ends whatever is due at this time, one event a stage. */
static void pass_time(const BidRules *rules, BidState *state, i64 at_ms, BidReply *reply)
{
    static const BidStage first[BID_MODE_COUNT] = {
        [BID_ASCENDING] = STAGE_OPEN, [BID_SEALED] = STAGE_SEALED, [BID_DUTCH] = STAGE_DUTCH,
        [BID_HYBRID] = STAGE_DUTCH,   [BID_ROUNDS] = STAGE_SEALED, [BID_FIXED] = STAGE_OPEN};
    if (state->stage == STAGE_SCHEDULED && at_ms >= rules->start_ms)
        bid_stage_begin(state, first[rules->mode], state->end_ms, rules->start_ms, reply);
    while (!over(state) && state->stage != STAGE_SCHEDULED && !state->paused &&
           at_ms >= state->end_ms)
        stage_end(rules, state, reply);
}

/* ---- Acts ---- */

static BidWhy pause_act(const BidRules *rules, BidState *state, i64 at_ms)
{
    if (over(state))
        return WHY_CLOSED;
    if (at_ms < rules->start_ms)
        return WHY_NOT_STARTED;
    if (state->paused)
        return WHY_PAUSED;
    if (at_ms < state->pause_to_ms) /* A pause never reaches into the one before. */
        at_ms = state->pause_to_ms;
    state->paused = 1;
    state->pause_from_ms = at_ms;
    state->pause_to_ms = BID_LONG_AGO;
    state->paused_left_ms = state->end_ms - at_ms;
    return WHY_OK;
}

static BidWhy resume_act(const BidRules *rules, BidState *state, i64 at_ms)
{
    if (over(state))
        return WHY_CLOSED;
    if (!state->paused)
        return state->stage == STAGE_SCHEDULED ? WHY_NOT_STARTED : WHY_NOT_ALLOWED;
    if (at_ms < state->pause_from_ms)
        at_ms = state->pause_from_ms;
    i64 length_ms = at_ms - state->pause_from_ms;
    state->paused = 0;
    state->pause_to_ms = at_ms;
    state->paused_ms = bid_later_ms(state->paused_ms, length_ms);
    state->end_ms = bid_later_ms(at_ms, state->paused_left_ms);
    state->paused_left_ms = 0;
    if (rules->pause_moves_hard_stop && state->hard_stop_ms != BID_NEVER)
        state->hard_stop_ms = bid_later_ms(state->hard_stop_ms, length_ms);
    return WHY_OK;
}

static BidWhy stop_act(BidState *state, i64 at_ms, BidReply *reply)
{
    if (over(state))
        return WHY_CLOSED;
    take_back(state);
    state->stage = STAGE_CANCELLED;
    state->result = RESULT_CANCELLED;
    state->closed_ms = at_ms;
    state->paused = 0;
    state->paused_left_ms = 0;
    tell(reply, STAGE_CANCELLED, at_ms);
    return WHY_OK;
}

static BidWhy judge_who(const BidAct *act)
{
    bool amount = act->kind != ACT_CANCEL;
    if (amount && (act->amount_fen <= 0 || act->amount_fen > MONEY_MAX_FEN))
        return WHY_BAD_AMOUNT;
    if (act->standing == STANDING_NOBODY)
        return WHY_NO_BIDDER;
    if (act->standing == STANDING_NONE)
        return WHY_NOT_A_BIDDER;
    return act->standing == STANDING_ADMITTED ? WHY_OK : WHY_NOT_ADMITTED;
}

/* Whether the lot takes offers at this stamp. */
static BidWhy judge_time(const BidRules *rules, const BidState *state, i64 at_ms)
{
    if (at_ms < rules->start_ms)
        return WHY_NOT_STARTED;
    bool pausing = state->paused || at_ms < state->pause_to_ms;
    if (pausing && at_ms >= state->pause_from_ms)
        return WHY_PAUSED;
    return bid_clock_ms(state, at_ms) >= state->end_ms ? WHY_CLOSED : WHY_OK;
}

/* A take, or an answer to the right, when all is over. */
static BidWhy late_act(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (state->stage != STAGE_SOLD || (act->kind != ACT_TAKE && act->kind != ACT_CANCEL))
        return WHY_CLOSED;
    BidWhy why = right_answer(rules, state, act);
    bool race = rules->mode == BID_DUTCH || rules->mode == BID_FIXED;
    return why == WHY_CLOSED && race && act->kind == ACT_TAKE ? WHY_TAKEN : why;
}

static BidWhy take_act(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply)
{
    if (state->stage == STAGE_DUTCH)
        return dutch_take(rules, state, act, reply);
    if (rules->mode == BID_FIXED)
        return fixed_take(rules, state, act, reply);
    return rules->mode == BID_HYBRID ? WHY_TAKEN : WHY_WRONG_STAGE;
}

static BidWhy cancel_act(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (state->stage == STAGE_SEALED)
        return quote_cancel(rules, state, act);
    return state->stage == STAGE_BEST ? answer_cancel(rules, state, act) : WHY_NOT_ALLOWED;
}

static BidWhy bid_act(const BidRules *rules, BidState *state, const BidAct *act)
{
    if (state->stage == STAGE_SEALED)
        return quote_bid(rules, state, act);
    if (state->stage == STAGE_BEST)
        return answer_bid(rules, state, act);
    return rules->mode == BID_ASCENDING ? ascending_bid(rules, state, act) : WHY_WRONG_STAGE;
}

static BidWhy bidder_act(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply)
{
    BidWhy why = judge_who(act);
    if (!why && over(state))
        return late_act(rules, state, act);
    why = why ? why : judge_time(rules, state, act->at_ms);
    if (why)
        return why;
    assert(act->bidder >= 1 && (state->seat_count == 0 || act->bidder <= state->seat_count));
    if (act->kind == ACT_TAKE)
        return take_act(rules, state, act, reply);
    return act->kind == ACT_CANCEL ? cancel_act(rules, state, act) : bid_act(rules, state, act);
}

static BidWhy any_act(const BidRules *rules, BidState *state, const BidAct *act, BidReply *reply)
{
    switch (act->kind) {
    case ACT_PAUSE:
        return pause_act(rules, state, act->at_ms);
    case ACT_RESUME:
        return resume_act(rules, state, act->at_ms);
    case ACT_STOP:
        return stop_act(state, act->at_ms, reply);
    case ACT_TICK:
        return WHY_OK;
    default:
        return bidder_act(rules, state, act, reply);
    }
}

i64 bid_price_fen(const BidRules *rules, const BidState *state, i64 at_ms)
{
    return state->stage == STAGE_DUTCH ? dutch_price_fen(rules, state, at_ms) : state->price_fen;
}

BidReply bid_step(const BidRules *rules, BidState *state, const BidAct *act)
{
    assert(act->at_ms >= -BID_TIME_MAX && act->at_ms <= BID_TIME_MAX);
    BidReply reply = {0};
    pass_time(rules, state, act->at_ms, &reply);
    i64 seq = state->seq;
    reply.why = any_act(rules, state, act, &reply);
    assert(reply.why == WHY_OK || state->seq == seq);
    reply.seq = state->seq > seq ? state->seq : 0;
    reply.price_fen = bid_price_fen(rules, state, act->at_ms);
    reply.leader = state->leader;
    reply.end_ms = state->end_ms;
    reply.stage = (BidStage)state->stage;
    reply.paused = state->paused;
    return reply;
}

BidState bid_state_new(const BidRules *rules, BidSeat *seats, i64 seat_count)
{
    assert(!bid_rules_wrong(rules));
    assert(seat_count > 0 || (rules->mode == BID_ASCENDING && rules->priority == PRIORITY_NONE));
    return (BidState){.stage = STAGE_SCHEDULED,
                      .end_ms = rules->free_end_ms,
                      .hard_stop_ms = rules->hard_stop_ms,
                      .pause_from_ms = BID_LONG_AGO,
                      .pause_to_ms = BID_LONG_AGO,
                      .bidder_count = seat_count,
                      .seat_count = seat_count,
                      .seats = seats};
}

bool bid_state_same(const BidState *a, const BidState *b)
{
    if (memcmp(a, b, offsetof(BidState, seats)) != 0)
        return false;
    return a->seat_count == 0 ||
           memcmp(a->seats, b->seats, (size_t)a->seat_count * sizeof *a->seats) == 0;
}
