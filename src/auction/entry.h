/* entry.h - who may bid on a lot: its conditions, the firm's statements and papers, who is barred.
 *
 *   applied --admit--> admitted        A refused firm sees which condition failed, mends and
 *    ^ |                               applies again while the lot runs, and may object once.
 *    | +--refuse--> refused --apply--+
 *    +-------------------------------+
 *
 * Owns    the tables lot_terms, bidder_paper, lot_bar (and lot_bidder, with auction.h).
 * Emits   lot_terms.set, paper.given, bar.set, bar.ended; about a bidder: lot.bidder_applied,
 *         lot.bidder_changed, lot.bidder_objected, lot.bidder_answered.
 *
 * Barred (SPC rules 2016, article 34; Auction Law 22, 30): the seller's own units, the exchange and
 * whoever operates it, co-owners when the owner wishes so, and whom a lot_bar names. A declared
 * relation to the inventor or the owner is marked on the lot (Zhejiang, article 17), or bars: the
 * setting bidder_related.
 */
#ifndef AUCTION_ENTRY_H
#define AUCTION_ENTRY_H

#include "auction/auction.h"

enum {
    TERMS_MAX = 20,        /* Conditions, and papers asked for, of one lot. */
    TERM_LEN_MAX = 200,    /* Code points of one. */
    BIDDERS_AT_ONCE = 500, /* Decided on in one act. */
};

/* What a lot asks of its bidders; a row when it asks for anything. */
typedef struct LotTerms {
    RECORD_HEAD;
    i64 lot_id;
    Str conditions; /* One a line. */
    Str papers;     /* One a line. */
    Str co_owners;  /* co_owner_wishes */
} LotTerms;

/* A paper that a firm gives for a lot. */
typedef struct BidderPaper {
    RECORD_HEAD;
    i64 lot_id;
    i64 org_id;
    i64 paper_no; /* Of the papers asked for, 1..; 0: another. */
    Str name;     /* Of the file. */
    Str file_hash;
} BidderPaper;

/* One who may not bid on what a listing offers, now or when it is auctioned again. */
typedef struct LotBar {
    RECORD_HEAD;
    i64 lot_id; /* Where it was declared. */
    i64 listing_id;
    i64 org_id;     /* 0: a person alone. */
    i64 account_id; /* 0: the whole unit. */
    Str ground;     /* bar_grounds */
    Str words;
    i64 by_org_id; /* Who declared it: the exchange or the seller. */
} LotBar;

extern const RecordType lot_terms_type, bidder_paper_type, lot_bar_type;
extern const CodeList bidder_relations, refusal_grounds, bar_grounds, co_owner_wishes;
extern const Room entry_room, bar_room, vet_room;

/* ERR_DENIED with its own message when this unit, or this person of it, may not come to the lot. */
NODISCARD Err bar_check(Cx *cx, const Lot *lot, i64 org_id, i64 account_id);
/* The same for a firm that has applied: its own unit and person, whoever asks. */
NODISCARD Err bar_of_bidder(Cx *cx, const Lot *lot, const LotBidder *bidder);
/* Firms may come to the lot still. */
bool lot_entry_is_open(Cx *cx, const Lot *lot);
/* The terms of a lot; `id` 0 in *ret when it has none. */
NODISCARD Err lot_terms_find(Cx *cx, i64 lot_id, LotTerms *ret);
/* Writer only. The unit is barred from what this lot offers. */
NODISCARD Err bar_set(Cx *cx, const Lot *lot, i64 org_id, i64 account_id, Str ground, Str words);
/* Lines of a text that are not blank. In cx->arena, at most TERMS_MAX. */
size_t term_lines(Cx *cx, Str text, Str ret_lines[TERMS_MAX]);

/* What an applicant says. */
typedef struct BidderSays {
    Str relation; /* bidder_relations */
    Str relation_words;
    Str statements; /* One a line, in the order of the conditions. */
} BidderSays;
/* Writer only. A firm comes to the lot, or mends what it said. */
NODISCARD Err bidder_apply(Cx *cx, i64 lot_id, const BidderSays *says, LotBidder *ret);
/* Writer only. Decides on one; for bidder.admit and for many at once. */
NODISCARD Err bidder_admit(Cx *cx, i64 bidder_id, LotBidder *ret);
NODISCARD Err bidder_refuse(Cx *cx, i64 bidder_id, Str ground, i64 condition_no, Str reason,
                            LotBidder *ret);
/* {id, lot_id, no, state} and the deposit's number where there is one. */
NODISCARD Err bidder_reply(Cx *cx, const LotBidder *bidder, Val **ret);

#endif
