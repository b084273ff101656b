/* deposit_int.h - what the files on deposits share. */
#ifndef AUCTION_DEPOSIT_INT_H
#define AUCTION_DEPOSIT_INT_H

#include "auction/auction_int.h"
#include "auction/deposit.h"

/* Bidding on the lot is over: no deposit counts for it any more. */
bool deposit_lot_over(Cx *cx, const Lot *lot);
/* The deposit of that number; `id` 0 in *ret when there is none. */
NODISCARD Err deposit_by_number(Cx *cx, Str number, Deposit *ret);
/* Writer only. It has come: saved as held, the bidder's place says so, and he is told. The members
 * that go with it are set before. */
NODISCARD Err deposit_hold(Cx *cx, Deposit *deposit, const char *action, unsigned who);
/* Writer only. What is left goes back by the day's hours from then on. */
NODISCARD Err deposit_order(Cx *cx, Deposit *deposit, i64 over_ms);
/* {id, deposit_no, state, and the money} */
Val *deposit_reply(Cx *cx, const Deposit *deposit);
/* The exchange, or the unit whose it is; ERR_MISSING for others. */
NODISCARD Err deposit_load_seen(Cx *cx, i64 id, Deposit *ret);

/* The room's questions; deposit_show.c. */
typedef struct DepositListIn {
    Str state;
    i64 lot_id;
    i64 page;
} DepositListIn;
NODISCARD Err deposit_list_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err deposit_show_run(Cx *cx, const void *in, Val **ret);

#endif
