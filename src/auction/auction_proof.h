/* auction_proof.h - what people hold in their hands of a lot: its bundle, a bidder's receipt, and
 * the confirmation of a sale (成交确认书).
 *
 * Owns    the table lot_paper. Reads lot, lot_bidder, lot_log, lot_win; writes to none of them.
 * Emits   lot.confirmed about the paper (amount: the price, other_id: the lot).
 *
 * A bundle (bundle.h) is for everybody once the lot is over, and where a priority right may
 * still be used after the sale, once its time has passed. A receipt is the bidder's own, at any
 * time. A confirmation is drawn for each winner when the lot is his for good, and kept by its hash
 * as consents are (decision 16); the seller, the winner and the operator have the paper, everybody
 * its number, price and winner: 网络司法拍卖规定 art. 22, domain rules 4.2.
 */
#ifndef AUCTION_AUCTION_PROOF_H
#define AUCTION_AUCTION_PROOF_H

#include "auction/auction.h"

enum {
    CONFIRM_AT_ONCE = 2, /* Papers drawn by one lot.confirm_due: each takes a tenth of a second. */
    PAPER_NUMBER_BYTES = 5,
};

/* A confirmation of a sale. Never changed. */
typedef struct LotPaper {
    RECORD_HEAD;
    Str number; /* S20260720-7F3A91C04E: printed on it. */
    i64 lot_id;
    i64 win_id;
    i64 org_id;   /* The seller. */
    i64 buyer_id; /* Organisation. */
    i64 no;       /* The winner's number. */
    i64 price_fen;
    Str log_hash;  /* Of the last entry of the log. */
    Str file_hash; /* SHA-256 of the PDF; it is kept under files. */
    i64 pages;
    Str signature; /* Ed25519 of the exchange over sale_message, hex. */
} LotPaper;

extern const RecordType lot_paper_type;

/* "techbourse sale NUMBER HASH". In `arena`. */
Str sale_message(Arena *arena, Str number, Str file_hash);
/* The address of the page that checks a lot, as it is reached from outside; with an entry when `n`
 * is not 0. In cx->arena. */
Str lot_verify_link(Cx *cx, i64 lot_id, i64 n, Str hash);

#endif
