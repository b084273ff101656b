/* bid_journal.h - a lot played from text: a line of rules, then a line for each act (JSONL).
 *
 *   {"mode":"ascending","start_fen":3500000,"step_fen":35000,"free_end_ms":600000,"bidders":["A"]}
 *   {"t_ms":1000,"bidder":"A","act":"bid","amount":"35000.00","key":"k1"}
 *
 * Each act has one answer. A bidder's key names his request: when it comes again, whatever else it
 * says, time passes and the answer is that of the first, and nothing is entered twice. Only a
 * "confirm" may bear the key of the bid that asked for it. docs/bidding.md lists the members.
 *
 * A line that is no act ends the playing with ERR_INPUT and its number; an act that cannot be
 * (amount, bidder) is judged and refused like any other. All of it lives in cx->arena.
 */
#ifndef AUCTION_BID_JOURNAL_H
#define AUCTION_BID_JOURNAL_H

#include "auction/bid_rules.h"

enum { JOURNAL_BIDDERS_MAX = 10 * 1000 };

typedef struct BidAnswer {
    i64 at_ms;
    BidReply reply;
    BidAmount amount; /* What is wrong with its text. */
} BidAnswer;

/* A text and what it leads to; a table with open addresses. */
typedef struct BidName {
    Str text; /* Empty: nothing here. */
    i64 number;
} BidName;

typedef struct BidNames {
    BidName *slots;
    size_t cap, count;
} BidNames;

typedef struct BidJournal {
    Arena *arena;
    BidRules rules;
    BidState state;
    Str *bidders;   /* By number, from 1. */
    bool *admitted; /* The same. */
    BidNames bidder_names;
    BidNames keys;
    BidAnswer *answers; /* Of acts with a key, by the number in keys. */
    size_t answer_count, answer_cap;
} BidJournal;

/* Reads the rules; `line_no` is for messages. ERR_INPUT auction.journal_*. */
NODISCARD Err bid_journal_open(Cx *cx, Str line, i64 line_no, BidJournal *ret);
/* Plays one act. */
NODISCARD Err bid_journal_act(Cx *cx, BidJournal *journal, Str line, i64 line_no, BidAnswer *ret);

/* Plays a whole text; empty lines are skipped. `tell` hears each answer and may be NULL. */
typedef void (*BidTell)(void *context, const BidJournal *journal, const BidAnswer *answer);
NODISCARD Err bid_journal_play(Cx *cx, Str text, BidTell tell, void *context, BidJournal *ret);

/* One line of JSON each, with its line end. */
void bid_answer_write(Buf *out, const BidJournal *journal, const BidAnswer *answer);
void bid_final_write(Buf *out, const BidJournal *journal);

#endif
