/* auction_rules.h - a lot of the exchange as the rules of bidding see it, and back.
 *
 * What an act comes to is bid_rules.h's to say; here a Lot becomes rules and a state, and takes up
 * what they became. Pure: no store, no clock, no arena. The stage (Lot.state) is the flow's to
 * move: nothing here touches it.
 */
#ifndef AUCTION_AUCTION_RULES_H
#define AUCTION_AUCTION_RULES_H

#include "auction/auction.h"
#include "auction/bid_rules.h"

enum { LOT_GUARD_TIMES = 10 }; /* This many times the price is asked about once more. */

/* Asserts terms that lot_terms_wrong lets through. */
BidRules lot_rules(const Lot *lot);

/* Judges an act and, when it is accepted, enters it: bid, end, pause, result. A refused one leaves
 * the lot alone, whatever its time would have ended. Bidders are known by the id of their row;
 * leader_no is the caller's to set. ACT_TICK enters the result of a lot whose end has come. The
 * stage SCHEDULED counts as open from open_ms on, as the clock's own command may run later than
 * the bid. Of a cancelled lot the reason is WHY_CANCELLED. */
BidReply lot_play(Lot *lot, const BidAct *act);

/* The least amount the next bid may have. */
i64 lot_next_fen(const Lot *lot);

/* True when the lot is to be started or closed, all stamps before `settled_ms` being judged. */
bool lot_due(const Lot *lot, i64 settled_ms);

/* What closing makes of it. */
BidResult lot_result(const Lot *lot);

/* An offer of terms for a new lot, made at `now_ms`: NULL when sound, else the key of what is
 * wrong; *ret_field names the member. */
const char *lot_terms_wrong(const Lot *lot, i64 now_ms, const char **ret_field);

#endif
