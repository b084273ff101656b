/* auction_rules.c - see auction_rules.h. */
#include "auction/auction_rules.h"

static BidRules rules_of(const Lot *lot)
{
    return (BidRules){.mode = BID_ASCENDING,
                      .start_ms = lot->open_ms,
                      .free_end_ms = lot->end_ms,
                      .start_fen = lot->start_fen,
                      .step_fen = lot->step_fen,
                      .strict_step = lot->strict_step,
                      .first_at_start = !lot->first_above,
                      .self_raise = lot->self_raise,
                      .window_ms = lot->window_ms,
                      .extend_ms = lot->extend_ms,
                      .extensions_max = lot->extension_max,
                      .hard_stop_ms = lot->hard_end_ms ? lot->hard_end_ms : BID_NEVER,
                      .pause_moves_hard_stop = true,
                      .guard_times = LOT_GUARD_TIMES,
                      .units = 1,
                      .reserve_fen = lot->reserve_fen,
                      .min_bidders = lot->bidder_min};
}

BidRules lot_rules(const Lot *lot)
{
    BidRules rules = rules_of(lot);
    assert(!bid_rules_wrong(&rules));
    return rules;
}

static BidStage lot_stage(const Lot *lot)
{
    static const BidStage stages[] = {
        [LOT_SCHEDULED] = STAGE_SCHEDULED, [LOT_OPEN] = STAGE_OPEN,
        [LOT_PAUSED] = STAGE_OPEN,         [LOT_SOLD] = STAGE_SOLD,
        [LOT_NOT_SOLD] = STAGE_NOT_SOLD,   [LOT_CANCELLED] = STAGE_CANCELLED};
    assert(lot->state >= 0 && lot->state < (i64)COUNT(stages));
    return stages[lot->state];
}

static i64 or_long_ago(i64 ms)
{
    return ms ? ms : BID_LONG_AGO;
}

static i64 or_none(i64 ms)
{
    return ms == BID_LONG_AGO ? 0 : ms;
}

static BidState lot_state(const Lot *lot, const BidRules *rules)
{
    return (BidState){.stage = lot_stage(lot),
                      .paused = lot->state == LOT_PAUSED,
                      .end_ms = lot->end_ms,
                      .hard_stop_ms = rules->hard_stop_ms,
                      .extensions = lot->extension_count,
                      .seq = lot->bid_count,
                      .price_fen = lot->price_fen,
                      .leader = lot->leader_id,
                      .pause_from_ms = or_long_ago(lot->pause_from_ms),
                      .pause_to_ms = or_long_ago(lot->pause_to_ms),
                      .paused_left_ms = lot->paused_left_ms,
                      .bidder_count = lot->bidder_count};
}

static void lot_take(Lot *lot, const BidState *state)
{
    lot->end_ms = state->end_ms;
    lot->hard_end_ms = state->hard_stop_ms == BID_NEVER ? 0 : state->hard_stop_ms;
    lot->extension_count = state->extensions;
    lot->bid_count = state->seq;
    lot->price_fen = state->price_fen;
    lot->leader_id = state->leader;
    lot->pause_from_ms = or_none(state->pause_from_ms);
    lot->pause_to_ms = or_none(state->pause_to_ms);
    lot->paused_left_ms = state->paused_left_ms;
    if (state->result) {
        lot->result = str_from(bid_result_name((BidResult)state->result));
        lot->closed_ms = state->closed_ms;
    }
}

BidReply lot_play(Lot *lot, const BidAct *act)
{
    BidRules rules = lot_rules(lot);
    BidState state = lot_state(lot, &rules);
    BidReply reply = bid_step(&rules, &state, act);
    if (reply.why == WHY_OK)
        lot_take(lot, &state);
    if (reply.why == WHY_CLOSED && lot->state == LOT_CANCELLED)
        reply.why = WHY_CANCELLED;
    return reply;
}

i64 lot_next_fen(const Lot *lot)
{
    BidRules rules = rules_of(lot);
    BidState state = lot_state(lot, &rules);
    return bid_next_fen(&rules, &state);
}

bool lot_due(const Lot *lot, i64 settled_ms)
{
    Lot copy = *lot;
    return lot_play(&copy, &(BidAct){.kind = ACT_TICK, .at_ms = settled_ms}).event_count > 0;
}

BidResult lot_result(const Lot *lot)
{
    BidRules rules = rules_of(lot);
    BidState state = lot_state(lot, &rules);
    return bid_result(&rules, &state);
}

/* The member of a lot behind a rule that cannot be. */
static const char *field_of_rule(const char *rule)
{
    static const char *const names[][2] = {{"start_ms", "open_ms"},
                                           {"free_end_ms", "end_ms"},
                                           {"window_ms", "window_s"},
                                           {"hard_stop_ms", "hard_end_ms"},
                                           {"extensions_max", "extension_max"},
                                           {"extend_ms", "extend_s"},
                                           {"min_bidders", "bidder_min"}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i][0], rule) == 0)
            return names[i][1];
    return rule;
}

const char *lot_terms_wrong(const Lot *lot, i64 now_ms, const char **ret_field)
{
    // clang-format off
    const struct { bool wrong; const char *field, *key; } checks[] = {
        { lot->start_fen <= 0 || lot->start_fen > MONEY_MAX_FEN,
          "start_fen", "auction.start_wrong" },
        { lot->step_fen <= 0 || lot->step_fen > lot->start_fen, "step_fen", "auction.step_wrong" },
        { lot->reserve_fen && lot->reserve_fen < lot->start_fen,
          "reserve_fen", "auction.reserve_low" },
        { lot->deposit_fen < 0 || lot->deposit_fen > lot->start_fen,
          "deposit_fen", "auction.deposit_wrong" },
        { lot->open_ms < now_ms, "open_ms", "auction.opens_in_past" },
        { lot->end_ms <= lot->open_ms, "end_ms", "auction.ends_before_start" },
        { lot->hard_end_ms && lot->hard_end_ms < lot->end_ms,
          "hard_end_ms", "auction.hard_end_early" },
        { lot->bidder_min < 1 || lot->bidder_min > LOT_BIDDERS_MAX,
          "bidder_min", "auction.bidder_min_wrong" },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(checks); i++) {
        if (!checks[i].wrong)
            continue;
        *ret_field = checks[i].field;
        return checks[i].key;
    }
    BidRules rules = rules_of(lot);
    const char *rule = bid_rules_wrong(&rules);
    if (!rule)
        return NULL;
    *ret_field = field_of_rule(rule);
    return "auction.terms_wrong";
}
