/* bundle.h - all of one lot that is over, as a text that anybody can check without the exchange.
 *
 * JSON lines, each ended by one line feed, every line always written the same way:
 *
 *   {"bundle":"techbourse lot bundle","version":1,"exchange":..,"lot":..,"title":..}
 *   line 0 of the log: the rules                                   (bid_log.h)
 *   the entries of the log, from 1, as they stand in it
 *   {"row":{..},"marks":"..","fact":{..},"path":[..],"block":{..}}       one for each group commit
 *   {"result":{..}}
 *   {"end":{"sm3":..,"key":..,"signature":..}}
 *
 * A row is the lot_log row that holds the entries first..first+count-1; the fact that tells of it,
 * its way into a signed block of the exchange's log (fact_proof.h), and of each entry the first
 * BUNDLE_MARK digits of its hash, so that a changed entry can be named. The result repeats what
 * playing the entries comes to, with the names of those who won; it names nobody else. The last
 * line is the exchange's signature over all that is above it.
 *
 * What a bundle cannot say: that nobody was kept from the log, which only the receipts of those who
 * bid can (lot.receipt), and who the bidders were that did not win, but for those who have the salt
 * of their commitment.
 */
#ifndef AUCTION_BUNDLE_H
#define AUCTION_BUNDLE_H

#include "auction/bid_log.h"
#include "fact/fact_proof.h"

enum { BUNDLE_VERSION = 1, BUNDLE_MARK = 8, BUNDLE_SALT_HEX = 32 };

typedef struct BundleHead {
    Str exchange; /* Name of the exchange. */
    i64 lot_id;
    Str title;
} BundleHead;

/* A row of lot_log without its lines. */
typedef struct BundleRow {
    i64 id, rev, made_ms, changed_ms;
    i64 first, count, accepted;
    Str head; /* Hex: hash of the last entry. */
} BundleRow;

typedef struct BundleWinner {
    i64 no;
    i64 pays_fen;
    Str name;
} BundleWinner;

typedef struct BundleResult {
    Str state;  /* Of the stage: "sold", "not_sold", "cancelled". */
    Str result; /* bid_result_name */
    i64 price_fen, proceeds_fen;
    i64 end_ms;
    i64 entries;
    Str head;
    const BundleWinner *winners; /* By number. */
    size_t winner_count;
} BundleResult;

/* Each writes one line with its end. */
void bundle_head_write(Buf *out, const BundleHead *head);
/* `hashes`: of the entries of this row. */
void bundle_row_write(Buf *out, const BundleRow *row, const BidHash *hashes,
                      const FactProof *proof);
void bundle_result_write(Buf *out, const BundleResult *result);
/* Signs nothing: `signature` is over bundle_message. */
void bundle_end_write(Buf *out, Str sm3, Str key, Str signature);
/* What the exchange signs of a bundle, and of a receipt. In `arena`. */
Str bundle_message(Arena *arena, i64 lot_id, Str sm3);
Str receipt_message(Arena *arena, i64 lot_id, i64 n, Str hash);
/* The commitment to a bidder: SM3 of his salt's bytes and his unit's code; hex. False when the salt
 * is none. */
bool bundle_who(Arena *arena, BidHasher *hasher, Str salt, Str code, Str *ret);

/* What else a reader wants to know of it; empty members are not asked. */
typedef struct BundleAsk {
    Str key;          /* Hex: the exchange's public key, as he knows it. */
    i64 receipt_n;    /* The entry that his receipt is of, ... */
    Str receipt_hash; /* ... and the hash in it. */
    i64 who_no;       /* Is bidder who_no the unit with this code? */
    Str who_salt, who_code;
} BundleAsk;

typedef struct BundleReport {
    bool ok;
    /* When it is not: */
    const char *why;  /* Message key, "verify.bundle_answer". */
    const char *part; /* "head", "rules", "entry", "row", "result", "end", "receipt", "who" */
    i64 n;            /* First wrong entry; of another part the first entry that it is about. */
    i64 line;         /* Of the file, from 1. */
    Str want, got;    /* What it should be and is, where that can be said shortly. */
    /* What was read, as far as it went: */
    BundleHead head;
    BidMode mode;
    i64 entries, bids, accepted, refused, bidders, sealed, opened;
    i64 strangers;  /* Refused as nobody's, or of one who was not admitted: only the log says so. */
    i64 unplayed;   /* Behind sealed amounts that were never opened: not judged again. */
    i64 rows;       /* Proven rows: group commits. */
    i64 later;      /* Entries stamped after the block that holds them was sealed. */
    i64 slowest_ms; /* Longest time from an entry's stamp to its block. */
    i64 first_ms, last_ms;
    BundleResult result;
    Str hash; /* Of the last entry, hex. */
    Str key;  /* That signed it. */
} BundleReport;

/* Checks a bundle. Needs no store and touches no file; texts of the report are in cx->arena or in
 * `text`. */
void bundle_check(Cx *cx, Str text, const BundleAsk *ask, BundleReport *ret);

#endif
