/* auction_event.h - what those who watch are told when a lot has changed: only what changes, as the
 * public may see it, under the names that lot.show uses. Small, because it goes to thousands. */
#ifndef AUCTION_AUCTION_EVENT_H
#define AUCTION_AUCTION_EVENT_H

#include "auction/auction.h"

enum { LOT_EVENT_BIDS = 20 }; /* Newest bids in one event; who missed more asks lot.show. */

/* {lot:{...}, bids:[...], winner?}: the lot as it stands, and its bids after `after_seq`, newest
 * first; with `no_bids` there were none, and the log is not read unless amounts may have been
 * opened. *ret_seq is the last bid's, to be handed in next time. In cx->arena. ERR_MISSING. */
NODISCARD Err lot_event(Cx *cx, i64 lot_id, i64 after_seq, bool no_bids, Val **ret, i64 *ret_seq);

/* One lot among many in the hall: {id, state, price_fen, end_ms, bid_count}. ERR_MISSING. */
NODISCARD Err lot_event_brief(Cx *cx, i64 lot_id, Val **ret);

#endif
