/* auction.h - selling one listing to the best bidder, in any mode of bid_rules.h.
 *
 *   scheduled --start--> open --sell---> sold         start, sell and lapse are the clock's:
 *       |               ^   | \--lapse-> not_sold     lot.tick takes those that are due
 *       |         resume|   |pause
 *       |               paused
 *       +--cancel-------+---+----------> cancelled
 *
 * Owns    the tables lot, lot_bidder, lot_log and lot_win; no other room writes them.
 * Uses    registry (a listing is moved into the lot and out of it again) and ident. Never deal: a
 * winner waits with deal_id 0 until deal.make_due finds him by lot_win_list, and is told the deal
 *         by lot_win_deal.
 * Emits   about the lot: lot.made, lot.opened, lot.stage, lot.led, lot.extended, lot.bidders,
 *         lot.paused, lot.resumed, lot.made_up, lot.cancelled, lot.sold, lot.not_sold,
 *         lot.bid_refused (of one who has no number); about a bidder: lot.bidder_applied,
 *         lot.bidder_admitted, lot.bidder_refused; about a block of the log: lot.log (amount:
 *         entries, other_id: the lot); about a winner: lot.won, lot.won_by_right, lot.deal. Facts
 *         hold ids, amounts and codes only.
 *
 * What happened to a lot is its log, a line an act (bid_log.h); the row of the lot is its terms and
 * a summary. bid_engine.h keeps the lots that are bid for in memory, judges there, and writes the
 * log of all of them with each commit, so that bidding is as fast as the disk. After a restart a
 * lot is played again from its log.
 *
 * A bid is judged by the stamp of its arrival (cx->arrived_ms), never by the time at which it is
 * run: a bid stamped before the end is judged against the open lot however long it stood in the
 * queue. To keep that promise lot.tick closes a lot only when everything stamped before its end has
 * been judged: the caller says up to which stamp that is so, else LOT_SETTLE_MS are allowed for it.
 * The lot is open in the half-open interval from open_ms to end_ms.
 *
 * A refused bid is no failed command: it is kept in the log with its reason, and answered with
 * {"ok":false,"reason":...}. The same key by the same firm gives the same reply and no second bid.
 *
 * lot.tick and deal.make_due are the house's to call, about once a second, as WHO_CLOCK: each due
 * lot is a write job of its own, so that one in trouble holds up no other.
 *
 * Bidders have numbers, given in the order of their admission; who stands behind a number is known
 * to the bidder and the operator until the lot is sold, then the buyer's name is public. The log
 * holds a commitment to it, SM3 of a salt and the unit's code.
 */
#ifndef AUCTION_AUCTION_H
#define AUCTION_AUCTION_H

#include "base/base.h"
#include "command/command.h"
#include "record/record.h"

enum {
    LOT_WINDOW_S = 300, /* A bid this close to the end extends the lot... */
    LOT_EXTEND_S = 300, /* ...so that this much is left; both unless the lot says otherwise. */
    LOT_EXTEND_S_MAX = 24 * 3600, /* Longest window or extension. */
    LOT_EXTENSIONS_MAX = 1000,
    LOT_SETTLE_MS = 1000,             /* What a stamped bid may need to reach the queue. */
    LOT_TICK_MAX = 5000,              /* Lots started, and lots closed, by one lot.tick. */
    LOT_BIDDERS_MAX = 10 * 1000,      /* Admitted to one lot. */
    LOT_BIDS_SHOWN = 200,             /* Newest accepted bids on a lot's page. */
    LOT_KEY_LEN_MAX = 64,             /* Idempotency key of a bid. */
    LOT_STAGE_S_MAX = 90 * 24 * 3600, /* Longest stage of a lot of several. */
    LOT_STEPS_MAX = 100 * 1000,
    LOT_POST_S = 3 * 24 * 3600, /* Time for a priority right after the sale, when none is said. */
    LOT_SALT_BYTES = 16,
};

typedef enum LotStage {
    LOT_SCHEDULED,
    LOT_OPEN,
    LOT_PAUSED,
    LOT_SOLD,
    LOT_NOT_SOLD,
    LOT_CANCELLED,
} LotStage;

typedef enum BidderStage { BIDDER_APPLIED, BIDDER_ADMITTED, BIDDER_REFUSED } BidderStage;

typedef struct Lot {
    RECORD_HEAD;
    i64 listing_id;
    i64 org_id; /* The seller. */
    Str title;  /* The listing's when the lot was made. */
    /* Terms; they never change. */
    Str mode;        /* Name of a BidMode. */
    Str basis;       /* lot_basis_codes: what an amount means. */
    i64 start_fen;   /* Of a falling price the first, of a fixed one the price. */
    i64 step_fen;    /* 0 where nothing rises. */
    Str tiers;       /* "from:step" in fen, ';' between; '' for none. */
    i64 steps_max;   /* Most steps in one bid; 0: any. */
    i64 reserve_fen; /* 0: none. Sealed: the operator's alone. */
    i64 deposit_fen; /* Asked of a bidder before admission; 0: none. */
    i64 open_ms;
    i64 planned_end_ms; /* As announced: of the bidding, or of its first stage. */
    i64 hard_end_ms;    /* Extensions stop here; 0: never. A pause moves it along. */
    i64 window_ms;
    i64 extend_ms;
    i64 extension_max; /* So many extensions at most; 0: any. */
    i64 strict_step;   /* Bids stand whole steps above the price. */
    i64 self_raise;    /* The leader may top himself. */
    i64 first_above;   /* The first bid must top the start price by a step, not just meet it. */
    i64 drop_fen;
    i64 drop_every_ms;
    i64 floor_fen;
    i64 sealed_ms;
    i64 best_ms;
    i64 rounds;
    i64 round_ms;
    i64 requote_ms;
    i64 second_price;
    i64 quote_once; /* A sealed bid cannot be changed. */
    i64 units;      /* Equal licences; 1: a lot. */
    i64 bidder_min; /* Admitted bidders below which there is no sale; at least 1. */
    Str priority;   /* Name of a BidPriority. */
    i64 post_ms;
    Str rules; /* Line 0 of the log. Holds the reserve. */
    /* The summary of the log. */
    Str stage;           /* Name of a BidStage; the one that is paused, while it is. */
    i64 round;           /* Of sealed stages, from 0. */
    i64 end_ms;          /* First instant that is too late for the stage. */
    i64 extension_count; /* That there were. */
    i64 price_fen;       /* Highest bid; 0 while there is none, or none that is open. */
    i64 leader_id;       /* lot_bidder; 0 while there is no bid. */
    i64 leader_no;
    i64 bid_count;      /* Accepted; while bids are sealed, those before. */
    i64 unit_count;     /* Sold. */
    i64 bidder_count;   /* Admitted; the last number given. */
    i64 pause_from_ms;  /* The last pause; 0: there was none. */
    i64 pause_to_ms;    /* 0 while it lasts. */
    i64 paused_left_ms; /* Time that was left when it began. */
    i64 paused_ms;      /* All pauses that are over. */
    i64 state;          /* LotStage */
    Str result; /* "sold", "no_bid", "reserve", "few_bidders", "cancelled"; '' before the end. */
    i64 closed_ms;
    Str reason; /* Why it was cancelled, by the operator, in words. */
} Lot;

/* One firm at one lot. */
typedef struct LotBidder {
    RECORD_HEAD;
    i64 lot_id;
    i64 org_id;
    i64 account_id; /* Who applied. */
    i64 no;         /* 1.. by admission; 0 before. */
    i64 state;      /* BidderStage */
    Str deposit;    /* "none", "due", "paid" */
    Str salt;       /* Hex; with the unit's code it opens the commitment in the log. */
    i64 rank;       /* Of a priority right, 1 first; 0: none. */
    i64 floor;      /* In the hall: the operator enters its bids. */
    Str reason;     /* Why it was refused, in words. */
    /* What it said when it applied (entry.h), and what was decided. */
    Str relation; /* bidder_relations */
    Str relation_words;
    Str statements;   /* One a line, on each condition of the lot. */
    Str ground;       /* refusal_grounds, of the last refusal. */
    i64 condition_no; /* That failed, 1..; 0: none of them. */
    Str objection;    /* Against the refusal, in words; once. */
    i64 objected_ms;
    Str objection_answer;
    i64 answered_ms;
    i64 tries; /* Times it applied. */
} LotBidder;

/* The entries of a lot's log that one commit wrote. Never changed. */
typedef struct LotLog {
    RECORD_HEAD;
    i64 lot_id;
    i64 first; /* Number of the first entry. */
    i64 count;
    i64 accepted; /* Of them with a seq. */
    Str head;     /* Hash of the chain behind the last. */
    Str lines;    /* One a line, each with its end. */
} LotLog;

/* A winner: one for a lot, several of a lot of licences. */
typedef struct LotWin {
    RECORD_HEAD;
    i64 lot_id;
    i64 bidder_id;
    i64 org_id;
    i64 no;
    i64 pays_fen;
    i64 from_ms; /* Before it a priority right may still be used: no deal yet. */
    i64 deal_id; /* 0 until deal has made one. */
} LotWin;

extern const RecordType lot_type;
extern const RecordType lot_bidder_type;
extern const RecordType lot_log_type;
extern const RecordType lot_win_type;
extern const Flow lot_flow;
extern const Flow lot_bidder_flow;
extern const Room auction_room;
/* A file of ops each: who may bid (entry.h), deposits (deposit.h), proofs (auction_proof.h), bids
 * in a hall, days (day.h), seasons (season.h), notices (lot_notice.h), rights of first refusal
 * (priority.h). */
extern const Room proof_room, entry_room, bar_room, vet_room, deposit_room, deposit_pay_room,
    floor_room, day_room, season_room, lot_notice_room, priority_room;
#define AUCTION_ROOMS                                                                              \
    &auction_room, &entry_room, &bar_room, &vet_room, &deposit_room, &deposit_pay_room,            \
        &proof_room, &floor_room, &day_room, &season_room, &lot_notice_room, &priority_room

/* ERR_MISSING no such lot. */
NODISCARD Err lot_load(Cx *cx, i64 id, Lot *ret);
NODISCARD Err lot_bidder_load(Cx *cx, i64 id, LotBidder *ret);

/* Winners whose deal is due and not made yet, oldest first, at most `limit`. In cx->arena. */
NODISCARD Err lot_win_list(Cx *cx, int limit, LotWin **ret, size_t *ret_count);
/* Notes the deal made for a winner. ERR_CONFLICT when he has one. Inside the writer. */
NODISCARD Err lot_win_deal(Cx *cx, i64 win_id, i64 deal_id);

#endif
