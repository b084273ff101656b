/* auction_rules.h - what an ascending lot makes of an offer, and when it opens and closes.
 *
 * Pure: a lot, a stamp and an offer in, a verdict out; no store, no clock, no arena. The same calls
 * in the same order give the same lot, so a lot can be played again from its bids. Amounts are fen,
 * stamps milliseconds UTC.
 */
#ifndef AUCTION_AUCTION_RULES_H
#define AUCTION_AUCTION_RULES_H

#include "auction/auction.h"

/* Why an offer is refused. Names are sent and stored: never renamed. */
typedef enum LotCode {
    LOT_OK,
    LOT_BAD_AMOUNT,   /* Not positive, or beyond every amount the exchange knows. */
    LOT_NO_BIDDER,    /* Nobody. */
    LOT_NOT_A_BIDDER, /* Never applied for this lot. */
    LOT_NOT_ADMITTED, /* Applied, but not admitted: refused, or the deposit is due. */
    LOT_NOT_STARTED,
    LOT_PAUSED_NOW,
    LOT_CLOSED,
    LOT_WAS_CANCELLED,
    LOT_SELF_RAISE, /* The leader would top himself. */
    LOT_BELOW_MIN,
    LOT_NOT_MULTIPLE,
    LOT_ABOVE_GUARD, /* Ten times the price or more: to be confirmed once more. */
    LOT_CODE_COUNT,
} LotCode;

enum { LOT_GUARD_TIMES = 10 };

/* "BELOW_MIN"; "" for LOT_OK. */
const char *lot_code_name(LotCode code);
/* Message key of the reason, "auction.bid_below_min". LOT_OK has none: NULL. */
const char *lot_code_key(LotCode code);
LotCode lot_code_from(Str name); /* LOT_OK when there is no such name. */

/* What a bidder is to the lot. */
typedef enum LotStanding {
    STANDING_NOBODY,
    STANDING_NONE,
    STANDING_WAITING,
    STANDING_ADMITTED
} LotStanding;

typedef struct LotOffer {
    LotStanding standing;
    i64 bidder_id;
    i64 bidder_no;
    i64 amount_fen;
    i64 at_ms;      /* Stamp of arrival. */
    bool confirmed; /* The bidder has seen that the amount is very high. */
} LotOffer;

/* The least amount the next bid may have. */
i64 lot_next_fen(const Lot *lot);

/* The verdict on an offer. Looks at the lot only; the stage SCHEDULED counts as open from open_ms
 * on, as the clock's own command may run later than the bid. */
LotCode lot_judge(const Lot *lot, const LotOffer *offer);

/* The end after a bid accepted at `at_ms`: moved when it came within the window, never earlier,
 * never past the hard end. */
i64 lot_end_after(const Lot *lot, i64 at_ms);

/* The lot with an accepted offer in it. Asserts that lot_judge accepts it. */
Lot lot_after_bid(Lot lot, const LotOffer *offer);

/* Freezes the time that is left, and gives it back. Pausing asserts an open lot with time left,
 * resuming a paused one. The stage itself is the flow's to move. */
Lot lot_after_pause(Lot lot, i64 at_ms);
Lot lot_after_resume(Lot lot, i64 at_ms);

/* True when the lot is to be started or closed, all stamps before `settled_ms` being judged. */
bool lot_start_due(const Lot *lot, i64 settled_ms);
bool lot_close_due(const Lot *lot, i64 settled_ms);

/* What closing makes of it: "sold", "no_bid", "few_bidders" or "reserve". */
const char *lot_result(const Lot *lot);
bool lot_is_sale(const Lot *lot);

/* An offer of terms for a new lot, made at `now_ms`: NULL when sound, else the key of what is
 * wrong; *ret_field names the member. */
const char *lot_terms_wrong(const Lot *lot, i64 now_ms, const char **ret_field);

#endif
