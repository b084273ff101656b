/* auction_int.h - what the files of this room share among themselves. */
#ifndef AUCTION_AUCTION_INT_H
#define AUCTION_AUCTION_INT_H

#include "auction/auction.h"
#include "auction/auction_rules.h"

extern const CodeList lot_result_codes;
extern const CodeList lot_deposit_codes;
extern const CodeList lot_mode_codes, lot_stage_codes, lot_priority_codes, lot_basis_codes;

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

typedef struct LotBidIn {
    i64 lot_id;
    i64 amount_fen;
    Str key;
    i64 confirmed; /* Of lot.bid alone. */
} LotBidIn;

typedef struct LotKeyIn {
    i64 lot_id;
    Str key;
} LotKeyIn;

typedef struct LotCloseIn {
    i64 id;
    i64 settled_ms;
} LotCloseIn;

typedef struct LotMakeUpIn {
    i64 id;
    i64 from_ms; /* The exchange was last known to serve. */
} LotMakeUpIn;

typedef struct LotTickIn {
    i64 settled_ms;
} LotTickIn;

/* {id} */
Val *lot_reply_id(Cx *cx, i64 id);
/* {id, state, end_ms, result} */
Val *lot_reply(Cx *cx, const Lot *lot);

/* What bidders ask, and the operator's pausing and cancelling; auction_bid.c. */
NODISCARD Err lot_bid_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_take_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_retract_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_pause_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_resume_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_cancel_run(Cx *cx, const void *in, Val **ret);

/* The clock's commands; auction_clock.c. */
NODISCARD Err lot_start(Cx *cx, i64 lot_id, Lot *ret); /* ERR_STATE before its time. */
NODISCARD Err lot_start_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_close_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_sell_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_lapse_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_tick_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_make_up_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_make_up_due_run(Cx *cx, const void *in, Val **ret);
/* A priority right was used after the sale: the one winner of the lot is its leader now. */
NODISCARD Err lot_win_move(Cx *cx, const Lot *lot);

/* Asks the engine and answers as every bid is answered; auction_bid.c. */
struct BidAsk;
NODISCARD Err lot_ask(Cx *cx, const struct BidAsk *ask, Val **ret);

/* Applying, and the operator's answer; auction_bidder.c. */
NODISCARD Err lot_enter_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_admit_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_refuse_run(Cx *cx, const void *in, Val **ret);

/* The firm's place at the lot. `id` 0 in *ret when it has none, or when org_id is 0. */
NODISCARD Err lot_bidder_find(Cx *cx, i64 lot_id, i64 org_id, LotBidder *ret);
/* All firms at the lot, in order of application. In cx->arena. */
NODISCARD Err lot_bidder_list(Cx *cx, i64 lot_id, LotBidder **ret, size_t *ret_count);
/* The bidder with this number. ERR_BUG auction.log_broken when there is none. */
NODISCARD Err lot_bidder_of_no(Cx *cx, i64 lot_id, i64 no, LotBidder *ret);
/* Accepted bids whose amounts are open, newest first, at most LOT_BIDS_SHOWN. Texts of entries are
 * in cx->arena. */
NODISCARD Err lot_bid_list(Cx *cx, const Lot *lot, BidEntry **ret, size_t *ret_count);
/* The same, so many at most. */
NODISCARD Err lot_bid_newest(Cx *cx, const Lot *lot, size_t most, BidEntry **ret,
                             size_t *ret_count);
/* The winner of a lot that has one. */
NODISCARD Err lot_win_of_lot(Cx *cx, i64 lot_id, LotWin *ret);
/* All of them, best first. */
NODISCARD Err lot_wins(Cx *cx, i64 lot_id, LotWin **ret, size_t *ret_count);
/* Ids of lots to start, or to close: due at `settled_ms`, earliest first, at most `limit`. */
NODISCARD Err lot_due_list(Cx *cx, LotStage stage, i64 settled_ms, int limit, i64 **ret,
                           size_t *ret_count);
/* Ids of lots that were open before `now_ms`, or should have been. */
NODISCARD Err lot_begun_list(Cx *cx, i64 now_ms, i64 **ret, size_t *ret_count);
/* One page of lots of a stage (-1: any): live ones first, soonest end first. */
NODISCARD Err lot_page(Cx *cx, i64 stage, i64 page, Lot **ret, size_t *ret_count, i64 *ret_total);
/* The newest lots of a listing, at most PAGE_SIZE. */
NODISCARD Err lot_list_of_listing(Cx *cx, i64 listing_id, Lot **ret, size_t *ret_count);
/* Another lot of this listing that is scheduled, open or paused; 0 when there is none. */
NODISCARD Err lot_live_of_listing(Cx *cx, i64 listing_id, i64 *ret_id);

/* The two questions of the room; auction_show.c. */
NODISCARD Err lot_list_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_show_run(Cx *cx, const void *in, Val **ret);

#endif
