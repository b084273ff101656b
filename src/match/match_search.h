/* match_search.h - one search under way: its lists shelf by shelf, and the best hits so far. */
#ifndef MATCH_MATCH_SEARCH_H
#define MATCH_MATCH_SEARCH_H

#include "match/match_question.h"
#include "match/match_score.h"

/* What is known of a term of the question, by place in its bag. */
typedef struct Weigh {
    u64 hash;
    u32 factor; /* What it adds to a board for the full impact, nearly. */
} Weigh;

/* A document of the index: its shelf, then its number there. */
typedef struct Candidate {
    u32 score;
    u32 doc;
} Candidate;

/* The best so far: `depth` of them and some more, from which the worst are cut when it is full. */
typedef struct Best {
    const MatchIndex *index;
    Candidate *items;
    size_t count, cap, depth;
    u32 score_min; /* Of a lower score there are `depth` better ones; at least 1. */
    i64 total;     /* Of all hits. */
} Best;

typedef struct Search {
    Arena scratch;
    MatchIndex *index;
    const MatchQuery *query;
    Question *question;
    Weigh *weighs;
    size_t *light; /* Places in the bag of what adds for itself, by rising factor; or NULL. */
    size_t light_count;
    SegList *lists;    /* Rows of one shelf, by place in the bag. */
    uint16_t *codes;   /* The field code asked for, by shelf. */
    double scale;      /* Points on a board for a score of 1. */
    double self_score; /* What the question would score as a document's title. */
    bool strict;       /* Single characters only add to what strong terms find. */
    bool filtered;     /* Not every document may be a hit. */
    Best best;
} Search;

static inline SegList *lists_of(const Search *search, size_t shelf)
{
    return search->lists + shelf * search->question->bag.count;
}

/* ---- The best (match_best.c) ---- */

/* A candidate with what decides between equal scores. */
typedef struct Ranked {
    i64 id;
    u32 score;
    u32 doc;
    u8 kind;
} Ranked;

const SegDoc *doc_of(const MatchIndex *index, u32 doc);
/* None yet, with room in `arena`. `depth` is at least 1. */
Best best_new(Arena *arena, const MatchIndex *index, size_t depth);
void best_add(Best *best, Candidate next);
/* Those from `offset` on, best first; equal scores by kind and id. In `arena`. */
Ranked *best_page(Arena *arena, Best *best, size_t offset, size_t *ret_count);

/* ---- One shelf (match_shelf.c) ---- */

/* Its hits go to search->best, and to the query's facets. */
void shelf_search(Cx *cx, Search *search, size_t shelf);

#endif
