/* auction_proof_int.h - what the two files of proofs share. */
#ifndef AUCTION_AUCTION_PROOF_INT_H
#define AUCTION_AUCTION_PROOF_INT_H

#include "auction/auction_int.h"
#include "auction/auction_proof.h"
#include "auction/bid_log.h"

typedef struct LotReceiptIn {
    i64 id;
    Str key; /* As it was given with the bid; or '': by number. */
    i64 n;
} LotReceiptIn;

typedef struct LotPaperIn {
    i64 id; /* The lot. */
    i64 no; /* The winner's number; 0: the only one, or the reader's own. */
} LotPaperIn;

/* ERR_OK when the lot's bundle may be had. ERR_STATE auction.bundle_not_over, auction.bundle_right.
 * *ret_from_ms: when a right after the sale ends; 0 without one. */
NODISCARD Err bundle_ready(Cx *cx, const Lot *lot, i64 *ret_from_ms);
NODISCARD Err bundle_text(Cx *cx, Lot *lot, Str *ret);

/* Ops. */
NODISCARD Err lot_bundle_run(Cx *cx, const void *in, Val **ret);
NODISCARD Err lot_receipt_run(Cx *cx, const void *in, Val **ret);

#endif
