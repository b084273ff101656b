/* after.h - what may follow a lot: a further auction, the next bidder, an agreed deal.
 *
 *   agreement   published --make--> made        published --stop--> stopped
 *   lot_offer   asked --accept--> accepted      asked --refuse--> refused   asked --lapse--> lapsed
 *
 * Owns    the tables agreement, lot_offer, lot_again.
 * Emits   agreement.published, agreement.made, agreement.stopped; lot_offer.asked, .accepted,
 *         .refused, .lapsed; lot.again (about the link; other_id is the new lot).
 *
 * A lot that nobody took may be auctioned again from its old terms with a lower start, or agreed on
 * with one buyer after a time in public; one whose buyer's deal was cancelled may go to the next
 * bidder at his own bid, or be auctioned again. What it was and why stays on the old lot's page
 * (lot.after). Limits are in after_rules.h. The listing of an agreement in public is held as if it
 * were in a lot.
 */
#ifndef DEAL_AFTER_H
#define DEAL_AFTER_H

#include "auction/auction.h"
#include "deal/deal.h"

typedef struct Agreement {
    RECORD_HEAD;
    i64 lot_id;
    i64 listing_id;
    i64 org_id; /* The seller. */
    i64 buyer_id;
    Str title;
    i64 price_fen;
    Str related;    /* agreement_relations: the buyer and the inventors or the seller. */
    Str disclosure; /* In words. */
    i64 until_date; /* Last day in public. */
    i64 deal_id;
    Str reason; /* Why it was stopped. */
    i64 state;
} Agreement;

typedef struct LotOffer {
    RECORD_HEAD;
    i64 lot_id;
    i64 org_id; /* Who is asked. */
    i64 bidder_id;
    i64 no;
    i64 amount_fen; /* His own best bid. */
    i64 failed_id;  /* The deal that was cancelled. */
    i64 until_ms;
    i64 deal_id;
    Str reason; /* Why it was refused, in words. */
    i64 state;
} LotOffer;

/* One lot was auctioned again as another. */
typedef struct LotAgain {
    RECORD_HEAD;
    i64 lot_id;
    i64 next_id; /* lot */
    i64 cut_bp;
    Str reason;
} LotAgain;

enum { AGREEMENT_PUBLISHED, AGREEMENT_MADE, AGREEMENT_STOPPED };
enum { OFFER_ASKED, OFFER_ACCEPTED, OFFER_REFUSED, OFFER_LAPSED };

extern const RecordType agreement_type, lot_offer_type, lot_again_type;
extern const CodeList agreement_relations;
extern const Flow agreement_flow, lot_offer_flow;
extern const Room after_room, agreement_room;
#define DEAL_ROOMS &deal_room, &after_room, &agreement_room

/* The lot, when something may follow it: it ended without a sale, or sold with its deal cancelled
 * (*ret_failed_id; 0 else), nothing came after it, and its listing is on offer. ERR_STATE. */
NODISCARD Err after_lot(Cx *cx, i64 lot_id, Lot *ret, i64 *ret_failed_id);
/* Writer only. Makes the deal of a lot without bidding for it again: its listing is sold. */
NODISCARD Err after_deal(Cx *cx, const Lot *lot, i64 buyer_id, i64 price_fen, i64 *ret_deal_id);
/* {id}, {state} of a record with a flow. */
Val *after_reply(Cx *cx, i64 id, const Flow *flow, i64 state);

#endif
