/* deposit.h - the deposits of bidders: asked, shown, held, and gone again.
 *
 *   due --submit--> shown --confirm--> held --order--> releasing --release--> released
 *    ^ \             |  |               | \               |
 *    |  +--confirm,paid-+---paid------->|  +--offset----> offset (the winner's, when he signs)
 *    +----refuse-----+                  +--forfeit------> forfeited
 *
 * Owns    the tables deposit and deposit_payment.
 * Emits   about a deposit: deposit.made, deposit.submitted, deposit.refused, deposit.held,
 *         deposit.differs, deposit.extra, deposit.ordered, deposit.released, deposit.offset,
 *         deposit.disputed, deposit.forfeited; about a payment: payment.came, payment.given_back.
 *
 * Way: a bank slip or a guarantee letter, both looked at by the operator, or a payment that the
 * bank tells of by POST /hook/payment (deposit.paid: the signature in its input is the permission).
 * A deposit holds whatever came for it, also too little or too late, so that nothing is lost:
 * held = released + offset + forfeited + left (deposit_rules.h). Letters are counted apart.
 *
 * When a lot is over deposit.tick orders what is not the winner's to be paid back, by
 * deposit_release_hours after the close (SPC rules 2016, article 23: 24 hours).
 */
#ifndef AUCTION_DEPOSIT_H
#define AUCTION_DEPOSIT_H

#include "auction/auction.h"
#include "auction/deposit_rules.h"

typedef enum DepositStage {
    DEPOSIT_DUE,
    DEPOSIT_SHOWN,
    DEPOSIT_HELD,
    DEPOSIT_RELEASING,
    DEPOSIT_RELEASED,
    DEPOSIT_OFFSET,
    DEPOSIT_FORFEITED,
} DepositStage;

typedef struct Deposit {
    RECORD_HEAD;
    Str number; /* 16 digits: what a payer writes on his transfer. */
    i64 lot_id;
    i64 bidder_id;
    i64 org_id;
    i64 account_id; /* Who applied. */
    i64 amount_fen; /* Asked. */
    Str way;        /* deposit_ways; '' before. */
    i64 shown_fen;  /* As the slip or letter says. */
    Str payer;
    Str reference; /* The bank's number. */
    Str file_hash; /* Of the slip or letter; store/files.h. */
    Str issuer;    /* Of a letter. */
    i64 until_date;
    i64 state;  /* DepositStage */
    Str reason; /* Why the slip was refused. */
    i64 held_ms;
    i64 held_fen; /* Came; of a letter: its amount. */
    i64 released_fen;
    i64 offset_fen;
    i64 forfeited_fen;
    i64 due_ms;      /* To be paid back by then; 0: not ordered. */
    i64 disputed_ms; /* The buyer is said to be in default: neither released nor offset. */
    Str ground;      /* deposit_grounds, of a forfeit. */
    Str words;
    Str payout; /* The bank's number of the payment back. */
    i64 ended_ms;
} Deposit;

/* One call of the bank, as it was answered; never changed but for what was given back. */
typedef struct DepositPayment {
    RECORD_HEAD;
    Str payment_id; /* The bank's. */
    Str body_hash;  /* SHA-256 of the call's body. */
    Str number;     /* Of the deposit, as the bank wrote it. */
    i64 deposit_id; /* 0: there is none. */
    i64 amount_fen;
    i64 paid_ms;
    Str payer;
    Str outcome;        /* payment_outcomes */
    i64 difference_fen; /* Came less asked. */
    Str reference;      /* Of the payment back, when it stood by itself. */
    i64 given_back_ms;
} DepositPayment;

extern const RecordType deposit_type, deposit_payment_type;
extern const Flow deposit_flow;
extern const CodeList deposit_ways, deposit_grounds, payment_outcomes;
extern const Room deposit_room, deposit_pay_room;

/* Input of deposit.paid: a call of the bank, byte for byte. */
typedef struct DepositPaidIn {
    Str body;      /* JSON {id, deposit_no, amount_fen, paid_at, payer}. */
    Str stamp;     /* Seconds since 1970, digits. */
    Str signature; /* hook_signature */
} DepositPaidIn;

/* Writer only. The deposit of one who applies for a lot that asks for one. */
NODISCARD Err deposit_make(Cx *cx, const Lot *lot, const LotBidder *bidder, Deposit *ret);
/* The deposit of a bidder; `id` 0 in *ret when there is none. */
NODISCARD Err deposit_find(Cx *cx, i64 bidder_id, Deposit *ret);
/* ERR_STATE on no field unless the deposit that the lot asks for is held. */
NODISCARD Err deposit_ready(Cx *cx, const Lot *lot, const LotBidder *bidder);

/* Writer only; for deal. The winner's deposit is counted against the price when the deal is signed;
 * what is over, and a letter, is ordered to be given back. Nothing when there is none held. */
NODISCARD Err deposit_settle(Cx *cx, i64 lot_id, i64 org_id, i64 price_fen, i64 deal_id);
/* Writer only; for deal. The deal has come to nothing: by the buyer's default (the deposit stays
 * held until two persons forfeit it or it is freed), or not (it is ordered to be given back). */
NODISCARD Err deposit_deal_ended(Cx *cx, i64 lot_id, i64 org_id, bool by_buyer);

/* The money of a deposit. */
static inline DepositMoney deposit_money(const Deposit *deposit)
{
    return (DepositMoney){deposit->held_fen, deposit->released_fen, deposit->offset_fen,
                          deposit->forfeited_fen};
}

#endif
