/* bid_seal.h - sealed amounts: ciphertext in the log until the opening.
 *
 * The exchange has one secret, `<data>/keys/seal.key` (made at the first start, readable by its
 * owner alone, never in the store or a backup of it). Each opening of each lot has a key of its
 * own, made of that secret; when the bids are opened their key is published, and tells nothing of
 * any other. An amount is AES-256-GCM of its eight bytes (big endian); the nonce is drawn from key,
 * place and amount, so that no two amounts ever share one; number, bidder and time of the entry are
 * bound to it.
 */
#ifndef AUCTION_BID_SEAL_H
#define AUCTION_BID_SEAL_H

#include "auction/bid_log.h"

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_NONCE_BYTES = 12,
    SEAL_TAG_BYTES = 16,
    SEAL_BYTES = SEAL_NONCE_BYTES + 8 + SEAL_TAG_BYTES,
};

typedef struct SealKey {
    u8 bytes[SEAL_KEY_BYTES];
} SealKey;

/* The secret of an exchange, made when it is not there. ERR_IO auction.seal_key. */
NODISCARD Err seal_load(Cx *cx, Str data_folder, SealKey *ret);
/* The key of a lot's opening number `opening`, from 0. `born_ms` is when the lot was made: a lot
 * number that is used again, after a restore, has other keys. */
SealKey seal_key(const SealKey *secret, i64 lot_id, i64 born_ms, i64 opening);

/* The amount of this entry (its n, bidder and at_ms) as hex; in `arena`. */
Str seal_close(const SealKey *key, Arena *arena, const BidEntry *entry, i64 amount_fen);
/* False when it was not sealed by this key at this place. */
bool seal_open(const SealKey *key, const BidEntry *entry, i64 *ret_fen);

/* A key as the log publishes it: 64 hex digits, in `arena`; and back, false when it is none. */
Str seal_key_hex(Arena *arena, const SealKey *key);
bool seal_key_read(Str hex, SealKey *ret);

#endif
