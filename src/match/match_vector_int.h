/* match_vector_int.h - the inside of vectors, for the file and the tests of it. */
#ifndef MATCH_MATCH_VECTOR_INT_H
#define MATCH_MATCH_VECTOR_INT_H

#include "match/match_vector.h"

#include <pthread.h>

enum { VECTOR_BLOCK = 1024, VECTOR_BLOCKS = VECTOR_DOCS_MAX / VECTOR_BLOCK };

typedef enum VectorState {
    VECTOR_GONE,    /* No document; its place stays for when it comes again. */
    VECTOR_KEPT,    /* As loaded: its document has not been noted yet. */
    VECTOR_WAITING, /* A document without a vector. */
    VECTOR_REFUSED, /* One that will get none. */
    VECTOR_READY,
} VectorState;

typedef struct VectorEntry {
    VectorDoc doc;
    VectorState state;
    float factor;
} VectorEntry;

/* Entries never move, and the vector of each lies at the same place of its block. */
typedef struct VectorBlock {
    VectorEntry entries[VECTOR_BLOCK];
    int8_t *numbers; /* VECTOR_BLOCK times the stride; NULL until the first. */
} VectorBlock;

struct Vectors {
    pthread_rwlock_t lock;
    pthread_mutex_t feeding;
    Arena arena;
    Str model;
    size_t dims, stride; /* 0: not known yet. */
    VectorBlock *blocks[VECTOR_BLOCKS];
    size_t count;
    u32 *slots; /* Place + 1 by kind and id; 0 is free. A power of two. */
    size_t slot_count;
    size_t look_from; /* Where to look for the next that waits. */
    i64 waiting, changes;
};

VectorEntry *vector_entry(const Vectors *vectors, size_t at);
/* NULL while none of its block has one. */
int8_t *vector_numbers(const Vectors *vectors, size_t at);
bool vector_plain(void); /* As vector_use_plain said. */
bool vector_is_looked_for(const VectorEntry *entry, const VectorQuery *query);
/* Keeps the best `most`, in order; how many there are then. */
size_t vector_keep_best(VectorHit *hits, size_t count, size_t most, VectorHit hit);
/* A vector from the file, its digest in `doc`. With the lock held for writing; false when full. */
bool vector_take(Vectors *vectors, const VectorDoc *doc, float factor, const int8_t *numbers);

#endif
