/* bid_rules.c - the names of the rules, and whether a set of them can be. */
#include "auction/bid_rules.h"

// clang-format off
static const char *const modes[BID_MODE_COUNT] = {
    [BID_ASCENDING] = "ascending", [BID_SEALED] = "sealed", [BID_DUTCH] = "dutch",
    [BID_HYBRID] = "hybrid", [BID_ROUNDS] = "rounds", [BID_FIXED] = "fixed",
};
static const char *const priorities[PRIORITY_COUNT] = {
    [PRIORITY_NONE] = "none", [PRIORITY_INLINE] = "inline",
    [PRIORITY_ONCE] = "once", [PRIORITY_POST] = "post",
};
static const char *const acts[ACT_COUNT] = {
    [ACT_BID] = "bid", [ACT_CONFIRM] = "confirm", [ACT_TAKE] = "take", [ACT_CANCEL] = "cancel",
    [ACT_PAUSE] = "pause", [ACT_RESUME] = "resume", [ACT_STOP] = "stop", [ACT_TICK] = "tick",
};
static const char *const stages[STAGE_COUNT] = {
    [STAGE_SCHEDULED] = "scheduled", [STAGE_OPEN] = "open", [STAGE_DUTCH] = "dutch",
    [STAGE_SEALED] = "sealed", [STAGE_BEST] = "best", [STAGE_SOLD] = "sold",
    [STAGE_NOT_SOLD] = "not_sold", [STAGE_CANCELLED] = "cancelled",
};
static const char *const results[RESULT_COUNT] = {
    [RESULT_NONE] = "", [RESULT_SOLD] = "sold", [RESULT_NO_BID] = "no_bid",
    [RESULT_FEW_BIDDERS] = "few_bidders", [RESULT_RESERVE] = "reserve",
    [RESULT_CANCELLED] = "cancelled",
};
// clang-format on

const char *bid_mode_name(BidMode mode)
{
    assert(mode < BID_MODE_COUNT);
    return modes[mode];
}

const char *bid_priority_name(BidPriority priority)
{
    assert(priority < PRIORITY_COUNT);
    return priorities[priority];
}

const char *bid_act_name(BidActKind kind)
{
    assert(kind < ACT_COUNT);
    return acts[kind];
}

const char *bid_stage_name(BidStage stage, bool paused)
{
    assert(stage < STAGE_COUNT);
    return paused ? "paused" : stages[stage];
}

const char *bid_result_name(BidResult result)
{
    assert(result < RESULT_COUNT);
    return results[result];
}

static bool is_money(i64 fen, i64 least_fen)
{
    return fen >= least_fen && fen <= MONEY_MAX_FEN;
}

static bool is_span(i64 ms, i64 least_ms)
{
    return ms >= least_ms && ms <= BID_TIME_MAX;
}

static bool tiers_rise(const BidRules *rules)
{
    if (rules->tier_count < 0 || rules->tier_count > BID_TIERS_MAX)
        return false;
    for (i64 i = 0; i < rules->tier_count; i++) {
        const BidTier *tier = &rules->tiers[i];
        if (!is_money(tier->from_fen, 0) || !is_money(tier->step_fen, 1) ||
            (i > 0 && tier->from_fen <= tier[-1].from_fen))
            return false;
    }
    return true;
}

const char *bid_rules_wrong(const BidRules *r)
{
    bool falls = r->mode == BID_DUTCH || r->mode == BID_HYBRID;
    bool rises = r->mode == BID_ASCENDING || r->mode == BID_ROUNDS;
    bool many = r->mode == BID_SEALED || r->mode == BID_FIXED;
    bool rounds = r->mode == BID_ROUNDS;
    // clang-format off
    const struct { bool sound; const char *name; } checks[] = {
        { (unsigned)r->mode < BID_MODE_COUNT, "mode" },
        { (unsigned)r->priority < PRIORITY_COUNT, "priority_mode" },
        { r->start_ms >= -BID_TIME_MAX && r->start_ms <= BID_TIME_MAX, "start_ms" },
        { is_span(r->free_end_ms, r->start_ms + 1), "free_end_ms" },
        { is_money(r->start_fen, 1), "start_fen" },
        { !rises || is_money(r->step_fen, 1), "step_fen" },
        { tiers_rise(r), "tiers" },
        { is_money(r->steps_max, 0), "steps_max" },
        { is_span(r->window_ms, 0), "window_ms" },
        { is_span(r->extend_ms, 0), "extend_ms" },
        { is_span(r->extensions_max, 0), "extensions_max" },
        { r->hard_stop_ms == BID_NEVER || is_span(r->hard_stop_ms, -BID_TIME_MAX), "hard_stop_ms" },
        { r->guard_times == 0 || (r->guard_times > 1 && r->guard_times <= 1000), "guard_times" },
        { !falls || is_money(r->drop_fen, 1), "drop_fen" },
        { !falls || is_span(r->drop_every_ms, 1), "drop_every_ms" },
        { !falls || (r->floor_fen >= 0 && r->floor_fen <= r->start_fen), "floor_fen" },
        { is_span(r->sealed_ms, r->mode == BID_HYBRID), "sealed_ms" },
        { is_span(r->best_ms, 0), "best_ms" },
        { !rounds || (r->rounds >= 1 && r->rounds <= BID_ROUNDS_MAX), "rounds" },
        { is_span(r->round_ms, rounds && r->rounds > 1), "round_ms" },
        { r->units >= 1 && r->units <= (many ? BID_UNITS_MAX : 1), "units" },
        { is_span(r->requote_ms, 0) &&
          (r->requote_ms == 0 || (r->mode == BID_SEALED && r->units == 1)), "requote_ms" },
        { !r->second_price || r->mode == BID_SEALED, "second_price" },
        { is_money(r->reserve_fen, 0), "reserve_fen" },
        { r->min_bidders >= 0, "min_bidders" },
        { r->priority != PRIORITY_POST || r->units == 1, "priority_mode" },
        { is_span(r->post_ms, 0), "post_ms" },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(checks); i++)
        if (!checks[i].sound)
            return checks[i].name;
    return NULL;
}
