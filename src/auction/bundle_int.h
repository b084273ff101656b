/* bundle_int.h - what the two files of bundles share: bundle.c has the lines, bundle_check.c what
 * they have to say. */
#ifndef AUCTION_BUNDLE_INT_H
#define AUCTION_BUNDLE_INT_H

#include "auction/bundle.h"
#include "auction/auction.h"

typedef struct BundleProof {
    BundleRow row;
    Str marks; /* BUNDLE_MARK digits an entry. */
    FactProof proof;
} BundleProof;

typedef struct BundleEnd {
    Str sm3, key, signature;
} BundleEnd;

/* Each reads a line without its end: false unless it is, byte for byte, what would be written. */
bool bundle_head_read(Arena *arena, Str line, BundleHead *ret);
bool bundle_row_read(Arena *arena, Str line, BundleProof *ret);
bool bundle_result_read(Arena *arena, Str line, BundleResult *ret);
bool bundle_end_read(Arena *arena, Str line, BundleEnd *ret);

/* Plays the first lines of a bundle, up to its last entry: the result they come to (the winners
 * without names), and the hashes by entry, of line 0 first. False with the report of what is wrong.
 */
bool bundle_play(Cx *cx, Str text, BundleReport *ret, const BidHash **ret_hashes);

/* What a bundle is made of. */
typedef struct BundleSource {
    BundleHead head;
    Str rules; /* Line 0, when the first row does not hold it. */
    const LotLog *rows;
    size_t count;
    /* The name of the winner with this number. */
    Err (*name)(Cx *cx, void *context, i64 no, Str *ret);
    void *context;
} BundleSource;

/* ERR_STATE auction.log_broken when the log does not play, with the first wrong entry. */
NODISCARD Err bundle_make(Cx *cx, const FactLog *log, const BundleSource *source, Str *ret);

#endif
