/* bid_log.h - the log of a lot: one line for each thing that happened to it, chained by hashes.
 *
 *   {"n":2,"t_ms":1000,"act":"bid","bidder":"1","amount":"35350.00","key":"0123456789abcdef",
 *    "reason":null,"seq":1,"price":"35350.00","end_ms":600000,"state":"open"}     (on one line)
 *
 * Line 0 holds the rules; entries follow from 1 without gaps. An entry has what was asked and what
 * it came to, so whoever has the lines can play the lot again, by the rules alone, and compare
 * every answer. Nothing in it names anybody: bidders are numbers, and the line that admits one
 * holds a commitment to who that is. The text is canonical: members in this order, no blanks,
 * nothing else; a line that would be written otherwise is not read.
 *
 *   bid confirm take cancel pause resume stop tick     as in bid_rules.h
 *   admit   "bidder" has entered: "who" is his commitment, "rank" that of his priority right
 *   open    sealed amounts up to here can be read now: "secret" is their key
 *
 * A bid, take or cancel that comes when bidding is over by its own stamp is refused and moves
 * nothing, also no stage: only a tick, or what the operator does, closes a lot.
 *
 * A sealed bid has "sealed" in the place of "amount" (bid_seal.h). The chain, SM3 (GB/T 32905):
 *   h_0 = SM3("techbourse lot log 1\n" || line 0),  h_n = SM3(h_{n-1} || line n)
 */
#ifndef AUCTION_BID_LOG_H
#define AUCTION_BID_LOG_H

#include "auction/bid_rules.h"

enum {
    BID_HASH_BYTES = 32,
    BID_KEY_HEX = 16,    /* Digest of the request key in a line. */
    BID_LINE_MAX = 1024, /* Bytes of an entry's line. */
    BID_RULES_MAX = 4096,
    BID_SEATS_MAX = 10 * 1000, /* Bidders of one lot. */
};

/* The acts of the rules, and what only the log knows. */
enum { ENTRY_ADMIT = ACT_COUNT, ENTRY_OPEN, ENTRY_COUNT };

typedef struct BidEntry {
    i64 n;
    i64 at_ms;
    int kind;       /* BidActKind, or ENTRY_* */
    i64 bidder;     /* 0: none, or none that has a number. */
    i64 amount_fen; /* 0: none, or sealed. */
    Str sealed;     /* Hex. */
    Str key;        /* BID_KEY_HEX digits; '' for acts without. */
    bool floor;     /* Entered by the operator for a bidder in the hall. */
    Str who;        /* Of ENTRY_ADMIT: hex of its hash. */
    i64 rank;
    Str secret; /* Of ENTRY_OPEN: hex. */
    /* What it came to. */
    BidWhy why;
    i64 seq; /* 0: none. */
    i64 price_fen;
    i64 end_ms;
    int stage; /* BidStage */
    bool paused;
} BidEntry;

const char *bid_entry_name(int kind); /* "bid", "admit" */

/* Appends the line without its end. */
void bid_entry_write(Buf *out, const BidEntry *entry);
/* Texts point into the line. False when it is not, byte for byte, what would be written. */
bool bid_entry_read(Str line, BidEntry *ret);

/* Line 0, without its end. */
void bid_rules_write(Buf *out, const BidRules *rules);
/* The same back, from any order of members as in a journal, without bidders. ERR_INPUT
 * auction.journal_*. */
NODISCARD Err bid_rules_read(Cx *cx, Str line, BidRules *ret);

typedef struct BidHash {
    u8 bytes[BID_HASH_BYTES];
} BidHash;

/* Hashes for one thread: the digest is looked up once. NULL when the library has no SM3. */
typedef struct BidHasher BidHasher;
BidHasher *bid_hasher_new(void);
void bid_hasher_done(BidHasher *hasher);
BidHash bid_hash_rules(BidHasher *hasher, Str line);
BidHash bid_hash_next(BidHasher *hasher, const BidHash *before, Str line);
BidHash bid_hash_of(BidHasher *hasher, Str bytes); /* SM3 of the bytes alone. */
Str bid_hash_hex(Arena *arena, const BidHash *hash);
/* The first BID_KEY_HEX digits of SM3 over lot, bidder and the key he gave. */
Str bid_key_digest(BidHasher *hasher, Arena *arena, i64 lot_id, i64 bidder, Str key);

/* A lot as it is played: its state, and the seats that it grows. */
typedef struct BidPlay {
    Arena *arena; /* Of the seats. */
    BidRules rules;
    BidState state;
    i64 seat_cap;
    i64 admitted;
    i64 n; /* Entries so far. */
    BidHash hash;
} BidPlay;

void bid_play_begin(Arena *arena, const BidRules *rules, BidPlay *ret);
/* The next number's seat. */
void bid_play_admit(BidPlay *play, i64 rank);
/* Plays an entry that is one of the rules' acts: with amount_fen set, also of a sealed one. What it
 * came to is not read. */
BidReply bid_play_act(BidPlay *play, const BidEntry *entry);
/* Sets what it came to. */
void bid_entry_answer(BidEntry *entry, const BidReply *reply);
/* True when the entry says what the reply does. */
bool bid_entry_agrees(const BidEntry *entry, const BidReply *reply);
/* True when the amount of such an act is sealed, judged now. */
bool bid_is_sealed(int kind, const BidReply *reply);

#endif
