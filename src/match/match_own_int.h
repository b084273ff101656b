/* match_own_int.h - what the files of own vectors share. */
#ifndef MATCH_MATCH_OWN_INT_H
#define MATCH_MATCH_OWN_INT_H

#include "match/match_own.h"

struct OwnTable {
    Arena arena; /* This struct too. */
    u64 *keys;   /* Of terms, rising. */
    float
        *factors; /* From a term's whole numbers to what it adds to a text; its rarity is in it. */
    int8_t *numbers; /* OWN_DIMS a term. */
    size_t count;
    i64 doc_count;
    i64 learnt_ms;
    u32 sum; /* CRC-32 of keys, factors and numbers. */
};

/* Room for so many terms. */
OwnTable *own_table_new(size_t count);
void own_table_seal(OwnTable *table);

/* ---- Directions of a sparse matrix (match_own_svd.c) ---- */

/* Rows of weighted columns. */
typedef struct SparseRows {
    const u64 *from; /* Where each begins; one more than rows. */
    const u32 *columns;
    const float *weights;
    size_t row_count, column_count;
} SparseRows;

/* The first right singular vectors: *ret has a row of `dims` numbers for each column, 0 where there
 * are fewer directions than that. False when told to stop. In `arena`. */
bool sparse_directions(Arena *arena, const SparseRows *rows, size_t dims, u64 seed, OwnTold told,
                       void *context, float **ret);

#endif
