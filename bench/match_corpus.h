/* match_corpus.h - texts for measuring the matcher: documents of 150 to 250 Chinese characters,
 * recombined from clauses of real ones, always the same for the same seed; short questions of two
 * to four words, and long ones of some hundred characters. And the arguments of such a program.
 */
#ifndef BENCH_MATCH_CORPUS_H
#define BENCH_MATCH_CORPUS_H

#include "base/base.h"

typedef struct Corpus {
    Arena arena;
    Str *clauses;
    size_t clause_count;
    Str *needs; /* Whole needs. */
    size_t need_count;
} Corpus;

/* From $TECHBOURSE_TEST_DATA; false when it is not there. */
bool corpus_open(Corpus *corpus);
/* Document `number` of the seed, into `arena`. */
Str corpus_doc(const Corpus *corpus, Arena *arena, u64 seed, u64 number);
Str corpus_long(const Corpus *corpus, Arena *arena, u64 number);
Str corpus_short(const Corpus *corpus, Arena *arena, u64 number);

/* The number after `name` among the arguments, else `plain`; what is none ends the program. */
i64 option(int argc, char **argv, const char *name, i64 plain);
/* An error ends the program with its name. */
void must(Err e);

#endif
