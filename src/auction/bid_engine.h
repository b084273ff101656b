/* bid_engine.h - the lots that are bid for, in memory: one judge for all bids, in order of arrival.
 *
 *   lot.bid  --bulk job-->  bid_ask: judged, a line in the log     (memory alone)
 *   the commit              flush: a lot_log row for each lot, its summary, their facts
 *   lot.pause, lot.close    bid_operate, within their own savepoint
 *
 * All of it runs on the writer's thread, inside its transaction. A lot is loaded when it is first
 * asked for: its rules, its numbered bidders, and its log played again, every answer compared. What
 * is in memory is never more than what the store has and the open transaction is about to write;
 * when that is lost, the lots are forgotten and loaded anew. So a bid is answered when it is
 * durable, and not before, and a second process that takes over has all of it.
 *
 * An act of a bidder never ends a lot: one that comes when bidding is over by its own stamp is
 * refused and moves nothing, for one of an earlier stamp may still be on its way. Only a tick, up
 * to a stamp before which all is judged, closes it.
 */
#ifndef AUCTION_BID_ENGINE_H
#define AUCTION_BID_ENGINE_H

#include "auction/auction.h"
#include "auction/bid_log.h"

typedef struct BidEngine BidEngine;

enum {
    BID_LOTS_MAX = 512, /* Lots in memory; then all that have nothing unwritten are forgotten. */
};

/* What a bidder asks: ACT_BID, ACT_CONFIRM, ACT_TAKE or ACT_CANCEL. */
typedef struct BidAsk {
    i64 lot_id;
    BidActKind kind;
    i64 amount_fen; /* 0 for ACT_CANCEL. */
    Str key;
    i64 floor_no; /* The bidder in the hall for whom the operator asks; 0: the actor's own firm. */
} BidAsk;

/* Its answer. The same for the same key, whenever it is asked. */
typedef struct BidTold {
    BidEntry entry;
    i64 amount_fen; /* As asked, also of a sealed one. */
    i64 next_fen;
    BidHash hash; /* Of the chain, behind the entry. */
    bool cancelled;
    i64 step_fen, open_ms; /* Of the lot, for messages. */
} BidTold;

/* Judges, for cx->actor at cx->arrived_ms. ERR_MISSING no such lot; ERR_CONFLICT auction.key_used;
 * ERR_BUG auction.log_broken. Nothing is changed then. */
NODISCARD Err bid_ask(Cx *cx, const BidAsk *ask, BidTold *ret);

/* What an act of the operator or the clock came to. `play` lives until the next call. */
typedef struct BidActed {
    BidReply reply;
    Lot lot;    /* As the row is, with the new summary; the caller saves it. */
    bool other; /* The summary is another. */
    const BidPlay *play;
} BidActed;

/* ACT_PAUSE, ACT_RESUME, ACT_STOP, ACT_TICK. Of a refused one, and of a tick that changes nothing,
 * no trace is left. Not within a bulk job. */
NODISCARD Err bid_operate(Cx *cx, i64 lot_id, BidActKind kind, i64 at_ms, BidActed *ret);
/* The next number, with salt and rank; the caller saves the bidder's row after it. */
NODISCARD Err bid_admit(Cx *cx, const LotBidder *bidder);

/* The unit's bids on this lot are refused from now on, or taken again. The row is saved before. */
NODISCARD Err bid_bar(Cx *cx, i64 lot_id, i64 org_id, bool barred);

/* The state of a lot by its log, for a reader: its rows, played again. Texts and seats in
 * cx->arena. */
NODISCARD Err bid_replay(Cx *cx, const Lot *lot, BidPlay *ret);

#endif
