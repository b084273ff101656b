/* auction_rules.c - see auction_rules.h. */
#include "auction/auction_rules.h"

/* ---- Terms ---- */

static BidMode mode_of(const Lot *lot)
{
    int mode = 0;
    while (mode < BID_MODE_COUNT && !str_same_z(lot->mode, bid_mode_name((BidMode)mode)))
        mode++;
    return (BidMode)mode;
}

static BidPriority priority_of(const Lot *lot)
{
    int priority = 0;
    while (priority < PRIORITY_COUNT &&
           !str_same_z(lot->priority, bid_priority_name((BidPriority)priority)))
        priority++;
    return lot->priority.len ? (BidPriority)priority : PRIORITY_NONE;
}

/* "from:step;from:step" in fen. A text that is none gives a tier that no rules can have. */
static void tiers_of(const Lot *lot, BidRules *rules)
{
    Str rest = lot->tiers, part, from;
    while (str_split(&rest, ';', &part) && part.len && rules->tier_count < BID_TIERS_MAX) {
        BidTier *tier = &rules->tiers[rules->tier_count++];
        bool right = str_split(&part, ':', &from) && str_to_i64(from, &tier->from_fen) &&
                     str_to_i64(part, &tier->step_fen);
        if (!right)
            tier->step_fen = 0;
    }
}

BidRules lot_rules(const Lot *lot)
{
    BidRules rules = {.mode = mode_of(lot),
                      .start_ms = lot->open_ms,
                      .free_end_ms = lot->planned_end_ms,
                      .start_fen = lot->start_fen,
                      .step_fen = lot->step_fen,
                      .steps_max = lot->steps_max,
                      .strict_step = lot->strict_step,
                      .first_at_start = !lot->first_above,
                      .self_raise = lot->self_raise,
                      .window_ms = lot->window_ms,
                      .extend_ms = lot->extend_ms,
                      .extensions_max = lot->extension_max,
                      .hard_stop_ms = lot->hard_end_ms ? lot->hard_end_ms : BID_NEVER,
                      .pause_moves_hard_stop = true,
                      .guard_times = LOT_GUARD_TIMES,
                      .drop_fen = lot->drop_fen,
                      .drop_every_ms = lot->drop_every_ms,
                      .floor_fen = lot->floor_fen,
                      .sealed_ms = lot->sealed_ms,
                      .best_ms = lot->best_ms,
                      .rounds = lot->rounds,
                      .round_ms = lot->round_ms,
                      .requote_ms = lot->requote_ms,
                      .second_price = lot->second_price,
                      .replaceable = !lot->quote_once,
                      .units = lot->units,
                      .reserve_fen = lot->reserve_fen,
                      .min_bidders = lot->bidder_min,
                      .priority = priority_of(lot),
                      .post_ms = lot->post_ms};
    tiers_of(lot, &rules);
    return rules;
}

bool lot_tiers_read(Arena *arena, Str text, Str *ret)
{
    Buf out = buf_new(arena);
    Str rest = fold_width(arena, text), part, from;
    while (str_split(&rest, ';', &part)) {
        i64 from_fen, step_fen;
        part = str_trim(part);
        if (!part.len)
            continue;
        if (!str_split(&part, '=', &from) || !money_parse(str_trim(from), &from_fen) ||
            !money_parse(str_trim(part), &step_fen))
            return false;
        buf_format(&out, "%s%lld:%lld", out.len ? ";" : "", (long long)from_fen,
                   (long long)step_fen);
    }
    *ret = buf_str(&out);
    return true;
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
                                           {"drop_every_ms", "drop_every_s"},
                                           {"sealed_ms", "sealed_s"},
                                           {"best_ms", "best_s"},
                                           {"round_ms", "round_s"},
                                           {"requote_ms", "requote_s"},
                                           {"post_ms", "post_s"},
                                           {"priority_mode", "priority"},
                                           {"min_bidders", "bidder_min"}};
    for (size_t i = 0; i < COUNT(names); i++)
        if (strcmp(names[i][0], rule) == 0)
            return names[i][1];
    return rule;
}

const char *lot_terms_wrong(const Lot *lot, i64 now_ms, const char **ret_field)
{
    BidRules rules = lot_rules(lot);
    bool rises = rules.mode == BID_ASCENDING || rules.mode == BID_ROUNDS;
    bool falls = rules.mode == BID_DUTCH || rules.mode == BID_HYBRID;
    bool stays = rules.mode == BID_FIXED;
    // clang-format off
    const struct { bool wrong; const char *field, *key; } checks[] = {
        { rules.mode == BID_MODE_COUNT, "mode", "auction.terms_wrong" },
        { rules.priority == PRIORITY_COUNT, "priority", "auction.terms_wrong" },
        { lot->start_fen <= 0 || lot->start_fen > MONEY_MAX_FEN,
          "start_fen", "auction.start_wrong" },
        { rises && (lot->step_fen <= 0 || lot->step_fen > lot->start_fen),
          "step_fen", "auction.step_wrong" },
        { falls && (lot->drop_fen <= 0 || lot->drop_fen > lot->start_fen),
          "drop_fen", "auction.drop_wrong" },
        { !falls && lot->reserve_fen && lot->reserve_fen < lot->start_fen,
          "reserve_fen", "auction.reserve_low" },
        { stays && lot->reserve_fen, "reserve_fen", "auction.reserve_fixed" },
        { lot->deposit_fen < 0 || lot->deposit_fen > lot->start_fen,
          "deposit_fen", "auction.deposit_wrong" },
        { lot->open_ms < now_ms, "open_ms", "auction.opens_in_past" },
        { lot->planned_end_ms <= lot->open_ms, "end_ms", "auction.ends_before_start" },
        { lot->hard_end_ms && lot->hard_end_ms < lot->planned_end_ms,
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
    const char *rule = bid_rules_wrong(&rules);
    if (!rule)
        return NULL;
    *ret_field = field_of_rule(rule);
    return "auction.terms_wrong";
}

/* ---- The summary ---- */

static i64 or_long_ago(i64 ms)
{
    return ms ? ms : BID_LONG_AGO;
}

static i64 or_none(i64 ms)
{
    return ms == BID_LONG_AGO ? 0 : ms;
}

bool lot_follow(Lot *lot, const BidState *state)
{
    Lot next = *lot;
    bool sealed = state->stage == STAGE_SEALED; /* How many there are is sealed as well. */
    next.stage = str_from(bid_stage_name((BidStage)state->stage, false));
    next.round = state->round;
    next.end_ms = state->end_ms;
    next.extension_count = state->extensions;
    next.price_fen = state->price_fen;
    next.leader_no = state->leader;
    next.bid_count = sealed ? lot->bid_count : state->seq;
    next.unit_count = state->unit_count;
    next.pause_from_ms = or_none(state->pause_from_ms);
    next.pause_to_ms = or_none(state->pause_to_ms);
    next.paused_left_ms = state->paused_left_ms;
    next.paused_ms = state->paused_ms;
    if (state->result) {
        next.result = str_from(bid_result_name((BidResult)state->result));
        next.closed_ms = state->closed_ms;
    }
    bool other = !str_same(next.stage, lot->stage) || !str_same(next.result, lot->result) ||
                 next.round != lot->round || next.end_ms != lot->end_ms ||
                 next.extension_count != lot->extension_count || next.price_fen != lot->price_fen ||
                 next.leader_no != lot->leader_no || next.bid_count != lot->bid_count ||
                 next.unit_count != lot->unit_count || next.pause_from_ms != lot->pause_from_ms ||
                 next.pause_to_ms != lot->pause_to_ms;
    *lot = next;
    return other;
}

static BidStage stage_of(const Lot *lot)
{
    int stage = 0;
    while (stage < STAGE_COUNT && !str_same_z(lot->stage, bid_stage_name((BidStage)stage, false)))
        stage++;
    return stage < STAGE_COUNT ? (BidStage)stage : STAGE_CANCELLED;
}

/* As much of the state as the public knows, for what is shown. */
static BidState public_state(const Lot *lot)
{
    return (BidState){.stage = stage_of(lot),
                      .paused = lot->state == LOT_PAUSED,
                      .end_ms = lot->end_ms,
                      .price_fen = lot->price_fen,
                      .leader = lot->leader_no,
                      .round = lot->round,
                      .seq = lot->bid_count,
                      .pause_from_ms = or_long_ago(lot->pause_from_ms),
                      .pause_to_ms = or_long_ago(lot->pause_to_ms),
                      .paused_left_ms = lot->paused_left_ms,
                      .paused_ms = lot->paused_ms};
}

i64 lot_price_fen(const Lot *lot, i64 at_ms)
{
    BidRules rules = lot_rules(lot);
    BidState state = public_state(lot);
    if (rules.mode == BID_FIXED)
        return lot->start_fen;
    return bid_price_fen(&rules, &state, at_ms);
}

i64 lot_next_fen(const Lot *lot, i64 at_ms)
{
    BidRules rules = lot_rules(lot);
    BidState state = public_state(lot);
    if (state.stage >= STAGE_SOLD)
        return 0;
    if (state.stage == STAGE_DUTCH || rules.mode == BID_FIXED)
        return lot_price_fen(lot, at_ms);
    if (rules.mode == BID_DUTCH || (rules.mode == BID_HYBRID && state.stage == STAGE_SCHEDULED))
        return lot->start_fen;
    i64 next_fen = bid_next_fen(&rules, &state);
    bool above = rules.mode == BID_HYBRID; /* More than the price that was taken, or quoted. */
    return above ? lot->price_fen + 1 : next_fen;
}

i64 lot_drop_ms(const Lot *lot, i64 at_ms)
{
    BidState state = public_state(lot);
    if (state.stage != STAGE_DUTCH || state.paused || lot->drop_every_ms <= 0)
        return 0;
    i64 run_ms = at_ms - lot->open_ms - lot->paused_ms;
    i64 drops = run_ms < 0 ? 0 : run_ms / lot->drop_every_ms;
    i64 next_ms = lot->open_ms + lot->paused_ms + (drops + 1) * lot->drop_every_ms;
    bool falls = lot->start_fen - drops * lot->drop_fen > lot->floor_fen;
    return falls && next_ms < lot->end_ms ? next_ms : 0;
}

i64 bid_entry_next_fen(const BidRules *rules, const BidEntry *entry)
{
    BidState state = {.stage = entry->stage,
                      .price_fen = entry->price_fen,
                      .leader = entry->price_fen != 0,
                      .round = entry->price_fen != 0};
    /* Of a pause the log does not say which stage it is in: what is said then is the price. */
    bool falls = rules->mode == BID_DUTCH || rules->mode == BID_HYBRID;
    bool taken = rules->mode == BID_FIXED || (falls && entry->paused) ||
                 (!entry->paused && entry->stage == STAGE_DUTCH);
    if (!entry->paused && entry->stage >= STAGE_SOLD)
        return 0;
    if (taken)
        return entry->price_fen ? entry->price_fen : rules->start_fen;
    if (rules->mode == BID_HYBRID)
        return entry->price_fen + 1;
    return bid_next_fen(rules, &state);
}
