/* fact_proof.h - that a row stood in the log, for a reader who has neither the store nor the log.
 *
 * A proof is the fact that tells of the row, the hashes beside it on its way up to the root of its
 * block, and the head of that block with its signature. Its text is one line of JSON, always
 * written the same way:
 *
 *   "fact":{"seq","kind","table","row","digest","actor","org","via","at_ms","amount","code",
 *   "other","for"},"path":["hex",...],"block":{"block","first","last","at_ms","root","before",
 *   "hash","algorithm","signer","signature"}
 *
 * The digest of a row, the leaf of a fact and the rest are as in fact.h. What a block holds besides
 * is not in the proof but for hashes.
 */
#ifndef FACT_FACT_PROOF_H
#define FACT_FACT_PROOF_H

#include "fact/fact.h"

enum { PROOF_PATH_MAX = 40 };

/* The head of a block, as it was sealed. Hex. */
typedef struct FactBlock {
    i64 block, first_seq, last_seq, at_ms;
    Str root, before, hash, algorithm, signer, signature;
} FactBlock;

typedef struct FactProof {
    Fact fact;
    Str path[PROOF_PATH_MAX]; /* Hex, from the leaf up; none where a node has no neighbour. */
    size_t path_count;
    FactBlock block;
} FactProof;

/* The proof of the first fact about this row. ERR_MISSING verify.fact_missing. */
NODISCARD Err fact_prove(Cx *cx, const char *table_name, i64 row_id, FactProof *ret);

/* The three members, without braces. */
void fact_proof_write(Buf *out, const FactProof *proof);
/* From an object that has these three. False when something lacks or is no such thing. */
bool fact_proof_read(const Val *map, FactProof *ret);

typedef enum FactProven {
    PROVEN_WELL,
    PROVEN_ROW,       /* The fact tells of another row, or of other content. */
    PROVEN_PATH,      /* The fact is not in the block. */
    PROVEN_BLOCK,     /* The block is not what its hash says. */
    PROVEN_SIGNATURE, /* The signer has not signed that hash. */
} FactProven;

/* Checks all of it: that `record` of `type` is the row that the fact tells of, the fact's place in
 * the block, the block's hash and its signature by the signer it names. Whether that signer is the
 * one he should be is the caller's to say. */
FactProven fact_proof_check(Arena *arena, const FactProof *proof, const RecordType *type,
                            const void *record);

#endif
