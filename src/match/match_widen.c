/* match_widen.c - what the hits of a question are about. */
#include "match/match_int.h"

#include <stdlib.h>
#include <string.h>

enum { WIDEN_TERMS = 40 };

/* Adds a hit's terms to `mass`, which follows the bag: each by its part of the hit's length. Edges
 * say nothing about what a text is about. */
static double *add_told(Arena *arena, Bag *bag, double *mass, size_t *cap, const MatchTold *told)
{
    Bag own = bag_new(arena);
    bag_add_fields(&own, told->fields, told->field_count);
    double length = (double)bag_total(&own);
    for (size_t i = 0; i < own.count; i++) {
        u64 key = own.items[i].key;
        if (key_kind(key) == TERM_EDGE)
            continue;
        bag_add(bag, key, 1);
        if (bag->count > *cap) {
            mass = arena_grow(arena, mass, *cap * sizeof *mass, bag->cap * sizeof *mass);
            *cap = bag->cap;
        }
        mass[bag_find(bag, key)] += told->score * own.items[i].weight / length;
    }
    return mass;
}

/* How many documents have a term. */
static i64 count_of(const MatchIndex *index, u64 key)
{
    i64 count = 0;
    for (size_t s = 0; s < index->shelf_count; s++)
        count += seg_find(&index->shelves[s]->seg, seg_hash(key)).count;
    return count;
}

static int widest_first(const void *a, const void *b)
{
    const WidenTerm *left = a, *right = b;
    if (left->share > right->share || left->share < right->share)
        return left->share > right->share ? -1 : 1;
    return left->key < right->key ? -1 : left->key > right->key;
}

const MatchWiden *match_widen(Cx *cx, MatchIndex *index, const MatchTold *told, size_t count)
{
    Arena scratch = {0};
    Bag bag = bag_new(&scratch);
    double *mass = NULL, sum = 0;
    size_t cap = 0;
    for (size_t i = 0; i < count; i++)
        mass = add_told(&scratch, &bag, mass, &cap, &told[i]);
    WidenTerm *terms = ARENA_NEW(&scratch, WidenTerm, bag.count + 1);
    index_read_begin(index);
    for (size_t t = 0; t < bag.count; t++) {
        u64 key = bag.items[t].key;
        double rarity = bm25_rarity(index->live_count, count_of(index, key));
        terms[t] = (WidenTerm){key, rarity > 0 ? mass[t] * rarity : 0};
        sum += terms[t].share;
    }
    index_read_end(index);
    qsort(terms, bag.count, sizeof *terms, widest_first);
    MatchWiden *widen = ARENA_NEW(cx->arena, MatchWiden, 1);
    widen->terms = ARENA_NEW(cx->arena, WidenTerm, WIDEN_TERMS);
    for (; widen->count < bag.count && widen->count < WIDEN_TERMS && sum > 0; widen->count++) {
        widen->terms[widen->count] = terms[widen->count];
        widen->terms[widen->count].share /= sum;
    }
    arena_done(&scratch);
    return widen;
}
