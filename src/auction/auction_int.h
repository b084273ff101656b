/* auction_int.h - what the files of this room share among themselves. */
#ifndef AUCTION_AUCTION_INT_H
#define AUCTION_AUCTION_INT_H

#include "auction/auction.h"
#include "auction/auction_rules.h"

extern const CodeList lot_result_codes;
extern const CodeList lot_deposit_codes;

typedef struct LotListIn {
    Str state;      /* Name of a stage; '' for all. */
    i64 listing_id; /* The lots of this listing alone, newest first; `state` is left aside. */
    i64 page;
} LotListIn;

typedef struct LotIdIn {
    i64 id;
} LotIdIn;

typedef struct LotEnterIn {
    i64 lot_id;
} LotEnterIn;

typedef struct LotReasonIn {
    i64 id;
    Str reason;
} LotReasonIn;

/* {id} */
Val *lot_reply_id(Cx *cx, i64 id);

/* Applying, and the operator's answer; auction_bidder.c. */
NODISCARD Err lot_enter_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_admit_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_refuse_run(Cx *cx, const void *in, Val **ret);

/* The firm's place at the lot. `id` 0 in *ret when it has none, or when org_id is 0. */
NODISCARD Err lot_bidder_find(Cx *cx, i64 lot_id, i64 org_id, LotBidder *ret);
/* All firms at the lot, in order of application. In cx->arena. */
NODISCARD Err lot_bidder_list(Cx *cx, i64 lot_id, LotBidder **ret, size_t *ret_count);
/* The bid this firm made under this key. `id` 0 in *ret when there is none. */
NODISCARD Err lot_bid_find(Cx *cx, i64 lot_id, i64 org_id, Str key, LotBid *ret);
/* Accepted bids, newest first, at most LOT_BIDS_SHOWN. */
NODISCARD Err lot_bid_list(Cx *cx, i64 lot_id, LotBid **ret, size_t *ret_count);
/* Ids of lots to start, or to close: due at `settled_ms`, earliest first, at most `limit`. */
NODISCARD Err lot_due_list(Cx *cx, LotStage stage, i64 settled_ms, int limit, i64 **ret,
                           size_t *ret_count);
/* One page of lots of a stage (-1: any): live ones first, soonest end first. */
NODISCARD Err lot_page(Cx *cx, i64 stage, i64 page, Lot **ret, size_t *ret_count, i64 *ret_total);
/* The newest lots of a listing, at most PAGE_SIZE. */
NODISCARD Err lot_list_of_listing(Cx *cx, i64 listing_id, Lot **ret, size_t *ret_count);
/* Another lot of this listing that is scheduled, open or paused; 0 when there is none. */
NODISCARD Err lot_live_of_listing(Cx *cx, i64 listing_id, i64 *ret_id);

/* The two questions of the room; auction_show.c. */
NODISCARD Err lot_list_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_show_run(Cx *cx, const void *in, Val **ret);
/* {no, org_id, org} of a lot that is sold, when the buyer's name is public; else null. */
NODISCARD Err lot_winner_val(Cx *cx, const Lot *lot, Val **ret);

#endif
