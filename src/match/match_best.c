/* match_best.c - the best hits of a search: some more than wanted, cut when they are too many. */
#include "match/match_search.h"

#include <stdlib.h>

enum { BEST_SPARE = 64 };

const SegDoc *doc_of(const MatchIndex *index, u32 doc)
{
    return &index->shelves[doc / SEG_DOCS]->seg.docs[doc % SEG_DOCS];
}

static Ranked rank_of(const MatchIndex *index, Candidate candidate)
{
    const SegDoc *doc = doc_of(index, candidate.doc);
    return (Ranked){doc->id, candidate.score, candidate.doc, doc->kind};
}

static int ranked_order(const void *a, const void *b)
{
    const Ranked *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

static bool better(const MatchIndex *index, const Candidate *a, const Candidate *b)
{
    if (a->score != b->score)
        return a->score > b->score;
    Ranked left = rank_of(index, *a), right = rank_of(index, *b);
    return ranked_order(&left, &right) < 0;
}

static void swap(Candidate *a, Candidate *b)
{
    Candidate kept = *a;
    *a = *b;
    *b = kept;
}

/* Brings the `front` best before all others, within both parts in any order: quickselect. */
static void best_to_front(const MatchIndex *index, Candidate *items, size_t count, size_t front)
{
    size_t from = 0, to = count;
    while (front > from && front < to) {
        swap(&items[(from + to) / 2], &items[to - 1]);
        const Candidate *pivot = &items[to - 1];
        size_t at = from;
        for (size_t i = from; i < to - 1; i++)
            if (better(index, &items[i], pivot))
                swap(&items[i], &items[at++]);
        swap(&items[at], &items[to - 1]);
        if (at < front)
            from = at + 1;
        else
            to = at;
    }
}

static void best_cut(Best *best)
{
    if (best->count <= best->depth)
        return;
    best_to_front(best->index, best->items, best->count, best->depth);
    best->count = best->depth;
    best->score_min = UINT32_MAX;
    for (size_t i = 0; i < best->count; i++)
        if (best->items[i].score < best->score_min)
            best->score_min = best->items[i].score;
}

void best_add(Best *best, Candidate next)
{
    if (best->count == best->cap)
        best_cut(best);
    best->items[best->count++] = next;
}

Best best_new(Arena *arena, const MatchIndex *index, size_t depth)
{
    Best best = {.index = index, .depth = depth, .cap = depth * 2 + BEST_SPARE, .score_min = 1};
    best.items = arena_take_raw(arena, best.cap * sizeof *best.items);
    return best;
}

Ranked *best_page(Arena *arena, Best *best, size_t offset, size_t *ret_count)
{
    best_cut(best);
    size_t count = best->count > offset ? best->count - offset : 0;
    Ranked *page = ARENA_NEW(arena, Ranked, count);
    best_to_front(best->index, best->items, best->count, offset);
    for (size_t h = 0; h < count; h++)
        page[h] = rank_of(best->index, best->items[offset + h]);
    qsort(page, count, sizeof *page, ranked_order);
    *ret_count = count;
    return page;
}
