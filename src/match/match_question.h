/* match_question.h - a question taken apart: what is searched for, and why a hit is one. */
#ifndef MATCH_MATCH_QUESTION_H
#define MATCH_MATCH_QUESTION_H

#include "match/match_expand.h"
#include "match/match_int.h"
#include "match/match_words.h"

/* One text of the question with its terms in order: what reasons are read from. */
typedef struct Source {
    Str text;
    TermList list;
    u32 weight;
    WordCuts cuts; /* Once somebody asks for reasons: its words, */
    float *rarity; /* and how rare the pairs are: at 2n the one that begins with byte n, at 2n + 1
                    * the one that ends before it; below 0 without one. */
} Source;

typedef struct Question {
    Source *sources;
    size_t source_count;
    Bag bag;       /* Its terms, with weights added up. */
    size_t *order; /* Places in the bag, strong terms first. */
    size_t strong_count;
    double *weights; /* By place in the bag: asked_weight. */
    double *rarity;  /* By place in the bag, once searched. */
    double *widened; /* By place in the bag: what of its weight is taken over from first hits. */
    ExpansionList others; /* Other names of what it names. */
    bool has_text;        /* There was something besides blanks and signs. */
} Question;

/* Single characters and edges only refine what the others find. */
static inline bool is_strong(u64 key)
{
    return key_kind(key) != TERM_CHAR && key_kind(key) != TERM_EDGE;
}

/* Its texts, taken apart and added up; nothing of it is looked up yet. */
Question question_read(Arena *arena, const MatchQuery *query, const Synonyms *synonyms);
/* Once it is known how rare its terms are: what other names weigh, and which of their terms bring
 * in hits. `live_count`: documents that are searched. */
void question_weigh_others(Question *question, i64 live_count);

/* Why a hit is one, from the share of each term of the question in its score. Reasons go to
 * `arena`; the texts of the question are cut into words once, in `scratch`. */
void explain(Arena *arena, Arena *scratch, Question *question, const double *shares, MatchHit *hit);

/* Of a whole, 0..100. */
int percent_of(double part, double whole);

#endif
