/* auction_rules.c - see auction_rules.h. */
#include "auction/auction_rules.h"

// clang-format off
static const struct { const char *name, *key; } lot_codes[LOT_CODE_COUNT] = {
    [LOT_OK]            = { "",             NULL                        },
    [LOT_BAD_AMOUNT]    = { "BAD_AMOUNT",   "auction.bid_bad_amount"    },
    [LOT_NO_BIDDER]     = { "NO_BIDDER",    "auction.bid_no_bidder"     },
    [LOT_NOT_A_BIDDER]  = { "NOT_A_BIDDER", "auction.bid_not_a_bidder"  },
    [LOT_NOT_ADMITTED]  = { "NOT_ADMITTED", "auction.bid_not_admitted"  },
    [LOT_NOT_STARTED]   = { "NOT_STARTED",  "auction.bid_not_started"   },
    [LOT_PAUSED_NOW]    = { "PAUSED",       "auction.bid_paused"        },
    [LOT_CLOSED]        = { "CLOSED",       "auction.bid_closed"        },
    [LOT_WAS_CANCELLED] = { "CANCELLED",    "auction.bid_cancelled"     },
    [LOT_SELF_RAISE]    = { "SELF_RAISE",   "auction.bid_self_raise"    },
    [LOT_BELOW_MIN]     = { "BELOW_MIN",    "auction.bid_below_min"     },
    [LOT_NOT_MULTIPLE]  = { "NOT_MULTIPLE", "auction.bid_not_multiple"  },
    [LOT_ABOVE_GUARD]   = { "ABOVE_GUARD",  "auction.bid_above_guard"   },
};
// clang-format on

const char *lot_code_name(LotCode code)
{
    assert(code < LOT_CODE_COUNT);
    return lot_codes[code].name;
}

const char *lot_code_key(LotCode code)
{
    assert(code < LOT_CODE_COUNT);
    return lot_codes[code].key;
}

LotCode lot_code_from(Str name)
{
    for (int code = LOT_OK + 1; code < LOT_CODE_COUNT; code++)
        if (str_same_z(name, lot_codes[code].name))
            return (LotCode)code;
    return LOT_OK;
}

/* The amount that steps are counted from. */
static i64 lot_base_fen(const Lot *lot)
{
    return lot->bid_count > 0 ? lot->price_fen : lot->start_fen;
}

i64 lot_next_fen(const Lot *lot)
{
    bool meets_start = lot->bid_count == 0 && !lot->first_above;
    return lot_base_fen(lot) + (meets_start ? 0 : lot->step_fen);
}

/* Whether the lot takes bids at this stamp. */
static LotCode judge_time(const Lot *lot, i64 at_ms)
{
    if (lot->state == LOT_CANCELLED)
        return LOT_WAS_CANCELLED;
    if (lot->state == LOT_SOLD || lot->state == LOT_NOT_SOLD)
        return LOT_CLOSED;
    if (at_ms < lot->open_ms)
        return LOT_NOT_STARTED;
    bool paused = lot->state == LOT_PAUSED;
    assert(!paused || lot->pause_to_ms == 0);
    if (lot->pause_from_ms && at_ms >= lot->pause_from_ms && (paused || at_ms < lot->pause_to_ms))
        return LOT_PAUSED_NOW;
    return at_ms >= lot->end_ms ? LOT_CLOSED : LOT_OK;
}

static LotCode judge_amount(const Lot *lot, const LotOffer *offer)
{
    i64 base = lot_base_fen(lot);
    if (offer->amount_fen < lot_next_fen(lot))
        return LOT_BELOW_MIN;
    if (lot->strict_step && (offer->amount_fen - base) % lot->step_fen != 0)
        return LOT_NOT_MULTIPLE;
    if (!offer->confirmed && offer->amount_fen / LOT_GUARD_TIMES >= base)
        return LOT_ABOVE_GUARD;
    return LOT_OK;
}

LotCode lot_judge(const Lot *lot, const LotOffer *offer)
{
    assert(lot->step_fen > 0 && lot->start_fen > 0 && lot->end_ms > lot->open_ms);

    if (offer->amount_fen <= 0 || offer->amount_fen > MONEY_MAX_FEN)
        return LOT_BAD_AMOUNT;
    if (offer->standing == STANDING_NOBODY)
        return LOT_NO_BIDDER;
    if (offer->standing == STANDING_NONE)
        return LOT_NOT_A_BIDDER;
    if (offer->standing != STANDING_ADMITTED)
        return LOT_NOT_ADMITTED;

    LotCode code = judge_time(lot, offer->at_ms);
    if (code)
        return code;
    if (lot->bid_count > 0 && lot->leader_id == offer->bidder_id && !lot->self_raise)
        return LOT_SELF_RAISE;
    return judge_amount(lot, offer);
}

i64 lot_end_after(const Lot *lot, i64 at_ms)
{
    if (lot->pause_to_ms && at_ms < lot->pause_from_ms) /* Judged after the pause it came before. */
        at_ms += lot->pause_to_ms - lot->pause_from_ms;
    assert(at_ms < lot->end_ms);
    if (lot->end_ms - at_ms > lot->window_ms)
        return lot->end_ms;
    i64 end_ms = at_ms + lot->extend_ms;
    if (lot->hard_end_ms && end_ms > lot->hard_end_ms)
        end_ms = lot->hard_end_ms;
    return end_ms > lot->end_ms ? end_ms : lot->end_ms;
}

Lot lot_after_bid(Lot lot, const LotOffer *offer)
{
    assert(lot_judge(&lot, offer) == LOT_OK);
    assert(lot.bid_count == 0 || offer->amount_fen > lot.price_fen);

    lot.end_ms = lot_end_after(&lot, offer->at_ms);
    lot.price_fen = offer->amount_fen;
    lot.leader_id = offer->bidder_id;
    lot.leader_no = offer->bidder_no;
    lot.bid_count++;
    if (lot.state == LOT_PAUSED) /* Stamped before the pause, judged in it. */
        lot.paused_left_ms = lot.end_ms - lot.pause_from_ms;
    return lot;
}

Lot lot_after_pause(Lot lot, i64 at_ms)
{
    assert(lot.state == LOT_OPEN && at_ms < lot.end_ms);
    lot.pause_from_ms = at_ms;
    lot.pause_to_ms = 0;
    lot.paused_left_ms = lot.end_ms - at_ms;
    return lot;
}

Lot lot_after_resume(Lot lot, i64 at_ms)
{
    assert(lot.state == LOT_PAUSED && lot.pause_from_ms > 0 && lot.paused_left_ms > 0);
    if (at_ms < lot.pause_from_ms)
        at_ms = lot.pause_from_ms;
    i64 length_ms = at_ms - lot.pause_from_ms;
    lot.pause_to_ms = at_ms;
    lot.end_ms = at_ms + lot.paused_left_ms;
    if (lot.hard_end_ms)
        lot.hard_end_ms += length_ms;
    lot.paused_left_ms = 0;
    return lot;
}

bool lot_start_due(const Lot *lot, i64 settled_ms)
{
    return lot->state == LOT_SCHEDULED && settled_ms >= lot->open_ms;
}

bool lot_close_due(const Lot *lot, i64 settled_ms)
{
    return lot->state == LOT_OPEN && settled_ms >= lot->end_ms;
}

const char *lot_result(const Lot *lot)
{
    if (lot->bid_count == 0)
        return "no_bid";
    if (lot->bidder_count < lot->bidder_min)
        return "few_bidders";
    if (lot->price_fen < lot->reserve_fen)
        return "reserve";
    return "sold";
}

bool lot_is_sale(const Lot *lot)
{
    return lot->bid_count > 0 && lot->bidder_count >= lot->bidder_min &&
           lot->price_fen >= lot->reserve_fen;
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
    return NULL;
}
