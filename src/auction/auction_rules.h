/* auction_rules.h - a lot of the exchange as the rules of bidding see it, and back.
 *
 * What an act comes to is bid_rules.h's to say; here the terms of a Lot become rules, and its
 * summary follows the state. Pure: no store, no clock. The stage of the row (Lot.state) is the
 * flow's to move: nothing here touches it.
 */
#ifndef AUCTION_AUCTION_RULES_H
#define AUCTION_AUCTION_RULES_H

#include "auction/auction.h"
#include "auction/bid_log.h"

enum { LOT_GUARD_TIMES = 10 }; /* This many times the price is asked about once more. */

/* The rules that the terms come to; not sound unless lot_terms_wrong lets them through. */
BidRules lot_rules(const Lot *lot);

/* The summary follows the state. Leader and winners are the caller's, who knows the bidders' rows:
 * this sets the leader's number alone. True when something that the public sees is another. */
bool lot_follow(Lot *lot, const BidState *state);

/* The least amount the next bid may have; 0 when none is open. Of a lot that sells for a price that
 * falls or stands, that price at this time. */
i64 lot_next_fen(const Lot *lot, i64 at_ms);
/* The price the public sees at this time; 0: none. */
i64 lot_price_fen(const Lot *lot, i64 at_ms);
/* When a falling price falls next; 0: not any more. */
i64 lot_drop_ms(const Lot *lot, i64 at_ms);
/* The least amount after this entry, as its answer says; 0: none. */
i64 bid_entry_next_fen(const BidRules *rules, const BidEntry *entry);

/* Steps by price as people write them, "50万=1万; 100万=2万", to the text that Lot.tiers holds.
 * False when it is none. */
bool lot_tiers_read(Arena *arena, Str text, Str *ret);

/* An offer of terms for a new lot, made at `now_ms`: NULL when sound, else the key of what is
 * wrong; *ret_field names the member. */
const char *lot_terms_wrong(const Lot *lot, i64 now_ms, const char **ret_field);

#endif
