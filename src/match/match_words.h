/* match_words.h - where words begin and end, for what a person reads. Searching needs none of it.
 *
 * The dictionary is that of ICU's word BreakIterator. Without one (ICU built without that part of
 * its data) every place is a boundary and a log line says so once.
 */
#ifndef MATCH_MATCH_WORDS_H
#define MATCH_MATCH_WORDS_H

#include "match/match.h"

/* The boundaries of one text, a bit for each byte before which one is. */
typedef struct WordCuts {
    u64 *bits;
    size_t len; /* Bytes of text that were cut; behind them every place is a boundary. */
} WordCuts;

/* Some ten microseconds for a page. Any thread; in `arena`. */
WordCuts words_cut(Arena *arena, Str text);
bool words_bound(const WordCuts *cuts, size_t at);
/* Where the word ends that begins at `from`, and where that begins that ends at `to`. */
size_t words_first(const WordCuts *cuts, size_t from, size_t to);
size_t words_last(const WordCuts *cuts, size_t from, size_t to);
/* It says nothing. */
bool words_idle(Str word);
/* One character stands there. */
bool words_alone(Str text, size_t from, size_t to);
/* What is left between two places of the text when cut words and idle ones (最好, 不, 一种) are taken
 * off both ends; empty when nothing is. */
MatchRange words_within(Arena *arena, const WordCuts *cuts, Str text, size_t from, size_t to);
/* As if there were no dictionary, or as it is again: for tests. */
void words_leave_out(bool out);

#endif
