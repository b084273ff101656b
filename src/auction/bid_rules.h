/* bid_rules.h - what bidding on one lot comes to, in every mode: pure functions of rules, a small
 * state, an act and its time.
 *
 *   ascending  scheduled -> open -> sold | not_sold        each bid tops the price by a step
 *   sealed     scheduled -> sealed [-> sealed] -> ...      one opening; ties may quote once more
 *   rounds     scheduled -> sealed -> sealed ... -> ...    sealed rounds, each above the last
 *   dutch      scheduled -> dutch -> sold | not_sold       the price falls until somebody takes it
 *   hybrid     scheduled -> dutch -> sealed -> best -> ... then others seal, then the taker answers
 *   fixed      scheduled -> open -> sold | not_sold        the first to take has it
 *
 * Any stage that runs may be paused and stopped. No store, no clock, no chance, no float, no
 * memory: the same acts give the same state on any machine, so a lot can be played again from its
 * journal. Amounts are fen, times milliseconds of one clock, intervals half open: an act at the
 * end is too late. An act is judged by its own stamp, in the order in which acts are handed in, and
 * an act at or past the end first ends the stage, and the next, one event each, however late.
 *
 * Checks, in this order: the amount, who bids, the time, what the mode asks. A refused act changes
 * nothing but the stages that its time has ended.
 *
 * Sources: domain rules of the exchange 4.2 to 4.4; priority as in 网络司法拍卖 art. 21 (the same
 * price, the higher rank, then the earlier). docs/bidding.md has the choices in words.
 */
#ifndef AUCTION_BID_RULES_H
#define AUCTION_BID_RULES_H

#include "auction/bid_why.h"
#include "base/base.h"

typedef enum BidMode {
    BID_ASCENDING,
    BID_SEALED,
    BID_DUTCH,
    BID_HYBRID,
    BID_ROUNDS,
    BID_FIXED,
    BID_MODE_COUNT
} BidMode;

/* Who may take the price of another: never; during the bidding; the same, but once; after it. */
typedef enum BidPriority {
    PRIORITY_NONE,
    PRIORITY_INLINE,
    PRIORITY_ONCE,
    PRIORITY_POST,
    PRIORITY_COUNT
} BidPriority;

enum {
    BID_TIERS_MAX = 16,
    BID_ROUNDS_MAX = 20,
    BID_UNITS_MAX = 1000,
    BID_EVENTS_MAX = 4, /* Stages that one act can end or begin. */
};

#define BID_TIME_MAX ((i64)1 << 53)      /* Beyond it, either way, a time is none. */
#define BID_NEVER    INT64_MAX           /* No hard stop. */
#define BID_LONG_AGO (-BID_TIME_MAX - 1) /* Before every time there is: no pause yet. */

/* From this price on, the step is that. */
typedef struct BidTier {
    i64 from_fen, step_fen;
} BidTier;

typedef struct BidRules {
    BidMode mode;
    i64 start_ms;
    i64 free_end_ms; /* Scheduled end: of bidding, of the falling price, of the first round. */
    i64 start_fen;   /* Least amount; of a falling price the first. */

    /* Ascending; the step also for rounds. */
    i64 step_fen;
    BidTier tiers[BID_TIERS_MAX]; /* By rising price; above the first, they replace step_fen. */
    i64 tier_count;
    i64 steps_max;       /* Most steps in one bid; 0: any. */
    bool strict_step;    /* Whole steps above the price. */
    bool first_at_start; /* The first bid may be the start price itself. */
    bool self_raise;     /* The leader may top himself. */
    i64 window_ms;       /* A bid this close to the end... */
    i64 extend_ms;       /* ...leaves at least this much time... */
    i64 extensions_max;  /* ...so many times; 0: any. */
    i64 hard_stop_ms;    /* Extensions never reach past it; BID_NEVER: no such time. */
    bool pause_moves_hard_stop;
    i64 guard_times; /* This many times the price asks for BID_CONFIRM; 0: never. */

    /* Falling price: k drops after k * drop_every_ms, never below the floor. */
    i64 drop_fen, drop_every_ms, floor_fen;

    /* Sealed. */
    i64 sealed_ms, best_ms; /* Of the hybrid's later stages. */
    i64 round_ms, rounds;
    i64 requote_ms;    /* Equal highest quote once more for so long; 0: the earlier has it. */
    bool second_price; /* The winner pays what the next one offered. */
    bool replaceable;  /* A sealed bid may be changed until the end. */
    i64 units;         /* Equal licences sold, one to a bidder, at one price; 1: a lot. */

    i64 reserve_fen; /* 0: none. */
    i64 min_bidders; /* Admitted; below it there is no sale. */
    BidPriority priority;
    i64 post_ms; /* PRIORITY_POST: time to answer after the end. */
} BidRules;

typedef enum BidStage {
    STAGE_SCHEDULED,
    STAGE_OPEN,
    STAGE_DUTCH,
    STAGE_SEALED,
    STAGE_BEST,
    STAGE_SOLD,
    STAGE_NOT_SOLD,
    STAGE_CANCELLED,
    STAGE_COUNT
} BidStage;

typedef enum BidResult {
    RESULT_NONE,
    RESULT_SOLD,
    RESULT_NO_BID,
    RESULT_FEW_BIDDERS,
    RESULT_RESERVE,
    RESULT_CANCELLED,
    RESULT_COUNT
} BidResult;

/* What a bidder has at the lot. All i64, so that states compare byte by byte. */
typedef struct BidSeat {
    i64 rank;       /* Of his priority right, 1 first; 0: none. */
    i64 right_used; /* The right was used, or answered. */
    i64 quote_fen;  /* Sealed bid that stands; 0: none. Nobody sees it before the opening. */
    i64 quote_seq;
    i64 out; /* Not among those who quote once more. */
    i64 won;
    i64 pays_fen;
} BidSeat;

typedef struct BidState {
    i64 stage;  /* BidStage; the one that is paused, while it is. */
    i64 paused; /* 1: the time stands still. */
    i64 end_ms; /* Of the stage; once sold, not sold or cancelled, the last there was. */
    i64 hard_stop_ms;
    i64 extensions;
    i64 seq;       /* Accepted bids and takes. */
    i64 price_fen; /* Public: 0 while there is none. Of a falling price see bid_price_fen. */
    i64 leader;    /* Bidder, 1..; 0: none. */
    i64 taker;     /* Who stopped the falling price; of fixed prices the first. */
    i64 taken_fen;
    i64 answer_fen;     /* The taker's in STAGE_BEST; 0: none. */
    i64 round;          /* From 0. */
    i64 opened_seq;     /* Quotes up to this one are open, and quoted once more. */
    i64 unit_count;     /* Sold so far, or at the end. */
    i64 pause_from_ms;  /* The last pause; BID_LONG_AGO: none yet. */
    i64 pause_to_ms;    /* Its end; BID_LONG_AGO while it lasts. */
    i64 paused_left_ms; /* Time that was left to the stage. */
    i64 paused_ms;      /* All pauses that are over. */
    i64 bidder_count;   /* Admitted; the caller's to set. */
    i64 result;         /* BidResult */
    i64 closed_ms;      /* When it was sold, not sold or cancelled. */
    i64 proceeds_fen;
    i64 seat_count; /* The caller's: a seat for each bidder, or none for ascending lots without */
    BidSeat *seats; /* priority. Bidder n has seats[n - 1]. */
} BidState;

typedef enum BidActKind {
    ACT_BID,
    ACT_CONFIRM, /* A bid whose very high amount is meant. */
    ACT_TAKE,    /* The falling or fixed price, or after the end the priority right. */
    ACT_CANCEL,  /* Takes the own sealed bid back, or waives the right after the end. */
    ACT_PAUSE,
    ACT_RESUME,
    ACT_STOP,
    ACT_TICK,
    ACT_COUNT
} BidActKind;

typedef enum BidStanding {
    STANDING_NOBODY,
    STANDING_NONE,
    STANDING_WAITING,
    STANDING_ADMITTED
} BidStanding;

typedef struct BidAct {
    BidActKind kind;
    BidStanding standing; /* Of bids, takes and cancels. */
    i64 bidder;           /* 1.. */
    i64 amount_fen;       /* 0 or less: none that can be read. */
    i64 at_ms;            /* Stamp of arrival, within BID_TIME_MAX. */
} BidAct;

/* A stage began. */
typedef struct BidEvent {
    BidStage stage;
    i64 at_ms;
} BidEvent;

typedef struct BidReply {
    BidWhy why;    /* WHY_OK: entered. */
    i64 seq;       /* Of an accepted bid or take; 0 for all others. */
    i64 price_fen; /* After the act, as the public sees it; 0: none. */
    i64 leader;
    i64 end_ms;
    BidStage stage;
    bool paused;
    BidEvent events[BID_EVENTS_MAX];
    int event_count;
} BidReply;

/* Name of the member that cannot be, "step_fen"; NULL: the rules are sound. */
const char *bid_rules_wrong(const BidRules *rules);

/* The state before the first act. `seats` (may be NULL with none) stays the caller's. */
BidState bid_state_new(const BidRules *rules, BidSeat *seats, i64 seat_count);
bool bid_state_same(const BidState *a, const BidState *b); /* Byte by byte, seats as well. */

/* Judges an act and enters it. Asserts sound rules and a stamp within BID_TIME_MAX. */
BidReply bid_step(const BidRules *rules, BidState *state, const BidAct *act);

/* Least amount of the next bid of an ascending lot; of others the least there can be. */
i64 bid_next_fen(const BidRules *rules, const BidState *state);
/* The price that the public sees at this time; 0: none. */
i64 bid_price_fen(const BidRules *rules, const BidState *state, i64 at_ms);
/* What closing now would make of it. */
BidResult bid_result(const BidRules *rules, const BidState *state);

const char *bid_mode_name(BidMode mode);
const char *bid_priority_name(BidPriority priority);
const char *bid_act_name(BidActKind kind);
const char *bid_stage_name(BidStage stage, bool paused); /* "open", "paused", "not_sold" */
const char *bid_result_name(BidResult result);           /* "sold", "no_bid"; "" for none */

#endif
