/* deal.h - what follows a sale: the contract, its recordal and the division of the income.
 *
 *   made --sign--> signed --register--> transferred --finish--> done
 *     \--cancel--->   \--cancel--> cancelled
 *
 * Owns    the table deal. Writes to no other; a winner is told of the deal by lot_win_deal, a
 *         listing of its licence by listing_licensed and of the deal's end by listing_unsold.
 * Uses    auction (sold lots), registry (the listing) and ident (names). Never match, report or
 * web. Emits   deal.made, deal.signed, deal.transferred, deal.done, deal.cancelled; ids, amounts
 * and codes.
 *
 * A winner has no deal until deal.make_due, which the house calls after lot.tick, has made it: one
 * job each, so that one in trouble holds up no other. An assignment takes effect only when
 * it is registered (Patent Law 10): a deal stays `signed` until the number of the recordal is
 * given, and no step leads around that.
 *
 * A deal is known to its seller, its buyer, the operator and the department. To everybody else it
 * does not exist (ERR_MISSING); the public sees what the page of the lot shows. Costs and the
 * division of the income are the seller's, not the buyer's.
 *
 * The income split is pure and in deal_rules.h. Amounts are integer fen, rates basis points.
 */
#ifndef DEAL_DEAL_H
#define DEAL_DEAL_H

#include "base/base.h"
#include "command/command.h"
#include "record/record.h"

enum {
    DEAL_MAKE_MAX = 20,       /* Deals made by one deal.make_due. */
    DEAL_NUMBER_LEN_MAX = 80, /* Of a contract, of a recordal. */
};

typedef enum DealStage {
    DEAL_MADE,
    DEAL_SIGNED,
    DEAL_TRANSFERRED,
    DEAL_DONE,
    DEAL_CANCELLED
} DealStage;

typedef struct Deal {
    RECORD_HEAD;
    i64 lot_id;
    i64 win_id; /* lot_win */
    i64 listing_id;
    i64 seller_id; /* Organisations. */
    i64 buyer_id;
    Str title; /* The lot's. */
    Str mode;  /* The listing's: assignment, a kind of licence, ... */
    i64 price_fen;
    i64 state; /* DealStage */
    Str contract_no;
    i64 signed_date;
    i64 licence_until_date; /* Last day of the licence; 0: as long as the patent, or none. */
    Str reg_no;             /* Of the recordal: notice of the patent office, or of the registry. */
    i64 reg_date;
    Str evidence;    /* Hash of the kept file; '' when only the number was given. */
    i64 costs_fen;   /* Appraisal, agency, tax and filing; off the price before it is divided. */
    Str split_floor; /* Code of the statutory floor that held. */
    i64 rate_bp;     /* Of the net income that goes to the people who made the achievement. */
    i64 net_fen;
    i64 pot_fen; /* Theirs. */
    i64 done_ms;
    Str reason; /* Why it was cancelled, in words. */
} Deal;

extern const RecordType deal_type;
extern const Flow deal_flow;
extern const Room deal_room;

/* ERR_MISSING no such deal. Asks for no permission. */
NODISCARD Err deal_load(Cx *cx, i64 id, Deal *ret);

/* Makes the deal of a winner who has none. ERR_STATE while a priority right may still be used;
 * ERR_CONFLICT he has one. Inside the writer. */
NODISCARD Err deal_make(Cx *cx, i64 win_id, Deal *ret);

/* For House.hooks: lots and deals of a unit that are not over, as {kind, id, title} rows. */
NODISCARD Err deal_open_work(Cx *cx, i64 org_id, Val *rows);

#endif
