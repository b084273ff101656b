/* match_vector.h - what an embedding server says that texts mean, beside the index: one vector a
 * document, to be compared with each other.
 *
 * Owns    vectors in memory and the file <data>/vectors, which can be thrown away at any time.
 * Uses    base alone.
 *
 * A vector is brought to length 1 and kept as one byte a number with one factor for all, so that
 * two are compared by an exact sum of whole numbers. Every question looks at all of them: 100,000
 * of 1024 take some 50 ms and 100 MB.
 *
 * A document is noted with the digest of its text. While that is the digest its vector was made
 * for, the vector stands; else it is gone at once and the document waits for a new one. Many
 * threads may look while others note, put and drop.
 */
#ifndef MATCH_MATCH_VECTOR_H
#define MATCH_MATCH_VECTOR_H

#include "match/match.h"

enum {
    VECTOR_STEP = 32, /* Vectors are filled up with 0 to a multiple of so many numbers. */
    VECTOR_DIMS_MAX = 4096,
    VECTOR_DOCS_MAX = MATCH_DOCS_MAX,
    VECTOR_DIGEST = 16,
    VECTOR_NEAR_MAX = 200, /* Hits of one question. */
};

/* ---- Numbers ---- */

/* Numbers that a vector of `dims` takes in memory. */
size_t vector_stride(size_t dims);
/* Brings it to length 1 and into -127..127, filled up with 0 to its stride; the factor that leads
 * back. 0, and nothing but 0 written, for a vector of no length. */
float vector_quantise(const float *values, size_t dims, int8_t *ret);
/* The sum of products; `stride` is a multiple of VECTOR_STEP. */
i32 vector_dot(const int8_t *a, const int8_t *b, size_t stride);
void vector_use_plain(bool plain); /* Plain C, or what the processor has: the same comes out. */

/* ---- Documents ---- */

typedef struct VectorDoc {
    MatchKind kind;
    i64 id;
    i64 org_id;
    bool listed;              /* On offer or sought now. */
    u8 digest[VECTOR_DIGEST]; /* Of its text. */
} VectorDoc;

typedef struct Vectors Vectors;

/* None yet. `dims` 0: as many numbers as the first has. Lives until vectors_close. */
Vectors *vectors_open(Str model, i64 dims);
void vectors_close(Vectors *vectors);
/* From now on of another model of as many numbers: every vector goes, its document waits. */
void vectors_renew(Vectors *vectors, Str model);

/* Held by who reads a row and notes what it says: the later note must be the newer row. */
void vectors_feed_begin(Vectors *vectors);
void vectors_feed_end(Vectors *vectors);

/* What a document is now. ERR_LIMIT "match.full". */
NODISCARD Err vectors_note(Cx *cx, Vectors *vectors, const VectorDoc *doc);
void vectors_drop(Vectors *vectors, MatchKind kind, i64 id);
/* All that stand in the rows are noted: what was loaded and is not among them goes. */
void vectors_noted_all(Vectors *vectors);
/* Documents that wait for a vector, at most `most`; how many. */
size_t vectors_waiting(Vectors *vectors, VectorDoc *ret, size_t most);
/* The vector of a document that still waits with this digest; else it is let fall. ERR_IO
 * "embed.wrong_dimension", ERR_LIMIT "match.full". */
NODISCARD Err vectors_put(Cx *cx, Vectors *vectors, const VectorDoc *doc, const float *values,
                          size_t dims);
/* The server takes no such text: it waits no more until its text is another. */
void vectors_refuse(Vectors *vectors, const VectorDoc *doc);

typedef struct VectorStats {
    i64 ready, waiting, refused;
    i64 dims;    /* 0: not known yet. */
    i64 changes; /* Grows with every vector that comes or goes. */
} VectorStats;
VectorStats vectors_stats(Vectors *vectors);

typedef struct VectorQuery {
    MatchKind kind; /* The document that is asked about. */
    i64 id;
    const float *values; /* Of a question that is no document, `dims` of them; NULL: none. */
    size_t dims;
    unsigned kinds; /* MATCH_OF_ bits of what is looked for. */
    bool listed_only;
    i64 not_org_id;  /* 0 for all. */
    const i64 *only; /* Only these, by rising id, of the one kind in `kinds`; NULL for all. */
    size_t only_count;
    bool all; /* Near ones that do not stand out too. */
} VectorQuery;

typedef struct VectorHit {
    MatchKind kind;
    i64 id;
    float nearness; /* The cosine. */
} VectorHit;

/* The nearest, at most `most`, best first, equal ones by kind and id. Only what stands out: nearer
 * than the mean of all that were compared by a standard deviation at least, for how near is near
 * differs from model to model. 0 when the document has no vector, or `values` have no length or
 * are of another dimension. */
size_t vectors_near(Vectors *vectors, const VectorQuery *query, VectorHit *ret, size_t most);

/* The same for many questions at once (match_vector_all.c): `count` times `dims` values, and of
 * each its nearest to ret + question * most. Of `filter` what is looked for counts, as with `all`.
 * The documents stream by once, so some hundred questions at a time cost least. */
void vectors_near_all(Vectors *vectors, const float *values, size_t dims, size_t count,
                      const VectorQuery *filter, VectorHit *ret, size_t *ret_counts, size_t most);

/* ---- The file (match_vector_file.c) ---- */

/* Written beside its place, synced and renamed. ERR_IO "match.no_file". */
NODISCARD Err vectors_save(Cx *cx, Vectors *vectors, Str path);
/* Takes up what is there: a vector counts once its document is noted with the same digest. False
 * when there is no file, it is of another model or dimension, or a byte of it is not as it was
 * written (which a log line says): then nothing is taken. */
bool vectors_load(Cx *cx, Vectors *vectors, Str path);

#endif
