/* match_own.h - vectors learnt from the exchange's own texts: words that stand in the same company
 * come to lie near each other, without a model from elsewhere and without any network.
 *
 * Owns    a table of terms, each with OWN_DIMS numbers, in memory and in a file that can be thrown
 *         away at any time.
 * Uses    base alone.
 *
 * Texts become rows of weighted terms (log of how often, by rarity, brought to length 1). The
 * directions in which these rows vary most are found by randomised subspace iteration (Halko,
 * Martinsson, Tropp: Finding structure with randomness, SIAM Review 2011); a term's vector says
 * where it lies in them (latent semantic analysis: Deerwester and others, JASIS 1990). The same
 * texts in the same order give the same bytes. Not to be mixed up with learnt weights of the
 * ranking (match_learn.h).
 *
 * Memory while learning: 6 bytes a term of a text, 24 a different term, and 2.2 KB for each of
 * OWN_TERMS_MAX terms: some 650 MB with OWN_DOCS_MAX texts of 250 characters. The table takes 272
 * bytes a term.
 */
#ifndef MATCH_MATCH_OWN_H
#define MATCH_MATCH_OWN_H

#include "base/base.h"

enum {
    OWN_DIMS = 256,
    OWN_TEXT_CHARS = 480,      /* Of one text. */
    OWN_DOCS_MAX = 200 * 1000, /* Texts learnt from; of more a sample is taken. */
    OWN_DOCS_LEAST = 20,       /* With fewer nothing is learnt. */
    OWN_TERMS_MAX = 100 * 1000,
};

/* ---- Learning ---- */

typedef struct OwnLearn OwnLearn;
typedef struct OwnTable OwnTable;

/* Told now and then how far it is, in percent; false stops it. */
typedef bool (*OwnTold)(void *context, int percent);

OwnLearn *own_learn_begin(void);
void own_learn_done(OwnLearn *learn);
/* Takes a text in. Past OWN_DOCS_MAX every second one that was kept is let fall, and from then on
 * every second that comes, and so on: a sample spread over all, the same each time. */
void own_learn_add(OwnLearn *learn, Str text);
/* The table of all that was taken in, which own_done ends. ERR_LIMIT "own.too_few": texts, or they
 * share no terms; ERR_STATE "own.stopped". */
NODISCARD Err own_learn(Cx *cx, OwnLearn *learn, OwnTold told, void *context, OwnTable **ret);

/* ---- The table ---- */

void own_done(OwnTable *table);
/* The vector of a text, OWN_DIMS numbers; false when it has no term that is known. Some ten
 * microseconds for 250 characters. Any thread. */
bool own_vector(const OwnTable *table, Str text, float *ret);

typedef struct OwnStats {
    i64 terms, docs; /* In it; learnt from. */
    i64 learnt_ms;
    u32 sum; /* Of its bytes: tells one table from another. */
} OwnStats;
OwnStats own_stats(const OwnTable *table);

/* ---- The file (match_own_file.c) ---- */

/* Written beside its place, synced and renamed. ERR_IO "match.no_file". */
NODISCARD Err own_save(Cx *cx, const OwnTable *table, Str path);
/* NULL when there is none, it is of another analyser, or a byte of it is not as it was written
 * (which a log line says). */
OwnTable *own_load(Cx *cx, Str path);

#endif
