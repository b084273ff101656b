/* auction.h - selling one listing to the best bidder: an ascending lot (加价竞价) with extension.
 *
 *   scheduled --start--> open --sell---> sold         start, sell and lapse are the clock's:
 *       |               ^   | \--lapse-> not_sold     lot.tick takes those that are due
 *       |         resume|   |pause
 *       |               paused
 *       +--cancel-------+---+----------> cancelled
 *
 * Owns    the tables lot, lot_bidder and lot_bid; no other room writes them.
 * Uses    registry (a listing is moved into the lot and out of it again) and ident. Never deal: a
 * sold lot waits with deal_id 0 until deal.make_due finds it by lot_sold_list, and is told the deal
 *         by lot_deal_set.
 * Emits   about the lot: lot.made, lot.opened, lot.led, lot.extended, lot.bidders, lot.paused,
 *         lot.resumed, lot.cancelled, lot.sold, lot.not_sold, lot.deal; about a bidder:
 *         lot.bidder_applied, lot.bidder_admitted, lot.bidder_refused; about a bid: lot.bid,
 *         lot.bid_refused (other_id is the lot). Facts hold ids, amounts and codes only.
 *
 * A bid is judged by the stamp of its arrival (cx->arrived_ms), never by the time at which it is
 * run: a bid stamped before the end is judged against the open lot however long it stood in the
 * queue. To keep that promise lot.tick closes a lot only when everything stamped before its end has
 * been judged: the caller says up to which stamp that is so, else LOT_SETTLE_MS are allowed for it.
 * The lot is open in the half-open interval from open_ms to end_ms.
 *
 * A refused bid is no failed command: it is kept as a row with its reason, and answered with
 * {"ok":false,"reason":...}. The same key by the same firm gives the same reply and no second bid.
 *
 * lot.tick and deal.make_due are the house's to call, about once a second, as WHO_CLOCK: each due
 * lot is a write job of its own, so that one in trouble holds up no other.
 *
 * Bidders have numbers, given in the order of their admission; who stands behind a number is known
 * to the bidder and the operator until the lot is sold, then the buyer's name is public. The rules
 * of bidding are in bid_rules.h, pure; auction_rules.h makes rules and a state of a Lot, and back.
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
    LOT_SETTLE_MS = 1000,        /* What a stamped bid may need to reach the queue. */
    LOT_TICK_MAX = 20,           /* Lots started, and lots closed, by one lot.tick. */
    LOT_BIDDERS_MAX = 10 * 1000, /* Admitted to one lot. */
    LOT_BIDS_SHOWN = 200,        /* Newest accepted bids on a lot's page. */
    LOT_KEY_LEN_MAX = 64,        /* Idempotency key of a bid. */
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
    i64 start_fen;
    i64 step_fen;
    i64 reserve_fen; /* 0: none. Sealed: the operator's alone. */
    i64 deposit_fen; /* Asked of a bidder before admission; 0: none. */
    i64 open_ms;
    i64 planned_end_ms; /* As announced. */
    i64 end_ms;         /* First instant that is too late. Bids and pauses only move it later. */
    i64 hard_end_ms;    /* Extensions stop here; 0: never. A pause moves it along. */
    i64 window_ms;
    i64 extend_ms;
    i64 extension_max;   /* So many extensions at most; 0: any. */
    i64 extension_count; /* That there were. */
    i64 strict_step;     /* Bids stand whole steps above the price. */
    i64 self_raise;      /* The leader may top himself. */
    i64 first_above;     /* The first bid must top the start price by a step, not just meet it. */
    i64 bidder_min;      /* Admitted bidders below which there is no sale; at least 1. */
    i64 price_fen;       /* Highest bid; 0 while there is none. */
    i64 leader_id;       /* lot_bidder; 0 while there is no bid. */
    i64 leader_no;
    i64 bid_count;      /* Accepted. */
    i64 bidder_count;   /* Admitted; the last number given. */
    i64 pause_from_ms;  /* The last pause; 0: there was none. */
    i64 pause_to_ms;    /* 0 while it lasts. */
    i64 paused_left_ms; /* Time that was left when it began. */
    i64 state;          /* LotStage */
    Str result; /* "sold", "no_bid", "reserve", "few_bidders", "cancelled"; '' before the end. */
    i64 closed_ms;
    Str reason;  /* Why it was cancelled, by the operator, in words. */
    i64 deal_id; /* 0 until deal has made one. */
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
    Str reason;     /* Why it was refused, in words. */
} LotBidder;

/* One bid as it was judged; never changed. Its reply is made of its members alone, so that a
 * repeated key gives the same bytes. */
typedef struct LotBid {
    RECORD_HEAD;
    i64 lot_id;
    i64 bidder_id; /* 0: the firm was no bidder. */
    i64 org_id;
    i64 no; /* The bidder's number. */
    i64 amount_fen;
    i64 at_ms; /* Stamp of arrival. */
    Str bid_key;
    i64 ok;
    Str reason;    /* Name of the BidWhy when refused; '' when accepted. */
    i64 seq;       /* 1.. among the lot's accepted bids; 0 when refused. */
    i64 price_fen; /* The lot after it. */
    i64 next_fen;  /* Least acceptable amount after it. */
    i64 end_ms;
} LotBid;

extern const RecordType lot_type;
extern const RecordType lot_bidder_type;
extern const RecordType lot_bid_type;
extern const Flow lot_flow;
extern const Flow lot_bidder_flow;
extern const Room auction_room;
/* The same: day.h, season.h, lot_notice.h, priority.h. */
extern const Room day_room, season_room, lot_notice_room, priority_room;
#define AUCTION_ROOMS &auction_room, &day_room, &season_room, &lot_notice_room, &priority_room

/* ERR_MISSING no such lot. */
NODISCARD Err lot_load(Cx *cx, i64 id, Lot *ret);
NODISCARD Err lot_bidder_load(Cx *cx, i64 id, LotBidder *ret);

/* Sold lots that have no deal yet, oldest first, at most `limit`. In cx->arena. */
NODISCARD Err lot_sold_list(Cx *cx, int limit, Lot **ret, size_t *ret_count);
/* Notes the deal made for a sold lot. ERR_CONFLICT when it has one. Inside the writer. */
NODISCARD Err lot_deal_set(Cx *cx, i64 lot_id, i64 deal_id);

#endif
