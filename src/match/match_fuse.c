/* match_fuse.c - what words find and what lies near, as one list. See match_embed.h. */
#include "match/match_embed.h"

#include <stdlib.h>
#include <string.h>

typedef struct Fused {
    MatchHit hit;
    size_t text_rank; /* SIZE_MAX: words did not bring it among the first. */
    double sum;       /* Of 1 / (FUSE_K + rank), or of shares. */
} Fused;

typedef struct FuseList {
    Fused rows[2 * FUSE_DEPTH];
    size_t count;
    bool by_share;
    double top; /* By share: the best text score counts 1. */
} FuseList;

static Fused *find(FuseList *list, MatchKind kind, i64 id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].hit.kind == kind && list->rows[i].hit.id == id)
            return &list->rows[i];
    return NULL;
}

static int order(const void *a, const void *b)
{
    const Fused *x = a, *y = b;
    if (x->sum != y->sum)
        return x->sum > y->sum ? -1 : 1;
    if (x->text_rank != y->text_rank)
        return x->text_rank < y->text_rank ? -1 : 1;
    if (x->hit.kind != y->hit.kind)
        return x->hit.kind < y->hit.kind ? -1 : 1;
    return x->hit.id < y->hit.id ? -1 : 1;
}

static int by_number(const void *a, const void *b)
{
    i64 x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* What lies near and is no hit among the first may be one further down: then it has its reasons and
 * its score, and is counted already. The others are hits by nearness alone, counted in *total. */
static Err look_deeper(Cx *cx, MatchIndex *index, const MatchQuery *query, MatchKind kind,
                       FuseList *list, i64 *total)
{
    i64 ids[FUSE_DEPTH];
    MatchQuery deeper = *query;
    MatchAnswer answer = {0};
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].text_rank == SIZE_MAX && list->rows[i].hit.kind == kind)
            ids[count++] = list->rows[i].hit.id;
    if (!count)
        return ERR_OK;
    qsort(ids, count, sizeof *ids, by_number);
    deeper.kinds = 1u << kind;
    deeper.only = ids;
    deeper.only_count = count;
    deeper.offset = 0;
    deeper.limit = count;
    Err e = match_search(cx, index, &deeper, &answer);
    for (size_t i = 0; !e && i < answer.count; i++) {
        Fused *row = find(list, answer.hits[i].kind, answer.hits[i].id);
        int rank = row->hit.semantic;
        row->hit = answer.hits[i];
        row->hit.semantic = rank;
        if (list->by_share && list->top > 0)
            row->sum += row->hit.score / list->top;
    }
    if (!e)
        *total += (i64)(count - answer.count);
    return e;
}

static int falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x > y ? -1 : x < y;
}

/* By share a place counts what the hit there scores; where a model has changed places, what the one
 * there would score without it. */
static void add_text(FuseList *list, const MatchAnswer *answer)
{
    double scores[FUSE_DEPTH] = {0};
    size_t count = answer->count < FUSE_DEPTH ? answer->count : (size_t)FUSE_DEPTH;
    for (size_t i = 0; i < count; i++)
        scores[i] = answer->hits[i].score;
    qsort(scores, count, sizeof *scores, falling);
    list->top = count ? scores[0] : 0;
    for (size_t i = 0; i < count; i++) {
        double share = list->top > 0 ? scores[i] / list->top : 0;
        list->rows[list->count++] =
            (Fused){answer->hits[i], i, list->by_share ? share : 1 / (double)(FUSE_K + i + 1)};
    }
}

static void add_near(FuseList *list, const VectorHit *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Fused *row = find(list, hits[i].kind, hits[i].id);
        if (!row) {
            row = &list->rows[list->count++];
            *row = (Fused){.hit = {.kind = hits[i].kind, .id = hits[i].id}, .text_rank = SIZE_MAX};
        }
        row->hit.semantic = (int)i + 1;
        row->sum +=
            list->by_share ? FUSE_SHARE * (double)hits[i].nearness : 1 / (double)(FUSE_K + i + 1);
    }
}

static Err fuse(Cx *cx, MatchIndex *index, Vectors *vectors, const MatchQuery *query,
                VectorQuery near, MatchAnswer *ret)
{
    VectorHit hits[FUSE_DEPTH];
    assert(query->offset == 0 && query->limit <= FUSE_DEPTH);
    near.kinds = query->kinds;
    near.listed_only = query->listed_only;
    near.not_org_id = query->not_org_id;
    near.only = query->only;
    near.only_count = query->only_count;
    size_t count = vectors_near(vectors, &near, hits, FUSE_DEPTH);
    if (!count)
        return match_search(cx, index, query, ret);
    MatchQuery wide = *query;
    MatchAnswer answer = {0};
    FuseList *list = ARENA_NEW(cx->arena, FuseList, 1);
    list->by_share = near.values != NULL;
    wide.limit = FUSE_DEPTH;
    Err e = match_search(cx, index, &wide, &answer);
    i64 total = answer.total;
    if (!e) {
        add_text(list, &answer);
        add_near(list, hits, count);
    }
    for (MatchKind kind = MATCH_PATENT; !e && kind <= MATCH_NEED; kind++)
        e = look_deeper(cx, index, query, kind, list, &total);
    if (e)
        return e;
    qsort(list->rows, list->count, sizeof *list->rows, order);
    ret->count = list->count < query->limit ? list->count : query->limit;
    ret->hits = ARENA_NEW(cx->arena, MatchHit, ret->count);
    for (size_t i = 0; i < ret->count; i++)
        ret->hits[i] = list->rows[i].hit;
    ret->total = total;
    ret->note = NULL;
    return ERR_OK;
}

Err match_fuse(Cx *cx, MatchIndex *index, Vectors *vectors, const MatchQuery *query, i64 need_id,
               MatchAnswer *ret)
{
    const VectorQuery need = {.kind = MATCH_NEED, .id = need_id};
    return fuse(cx, index, vectors, query, need, ret);
}

Err match_fuse_values(Cx *cx, MatchIndex *index, Vectors *vectors, const MatchQuery *query,
                      const float *values, size_t dims, MatchAnswer *ret)
{
    const VectorQuery asked = {.values = values, .dims = dims};
    return fuse(cx, index, vectors, query, asked, ret);
}

size_t match_fuse_hits(const MatchAnswer *words, const VectorHit *near, size_t near_count,
                       MatchHit *ret, size_t most)
{
    FuseList list = {.by_share = true};
    add_text(&list, words);
    add_near(&list, near, near_count < FUSE_DEPTH ? near_count : (size_t)FUSE_DEPTH);
    qsort(list.rows, list.count, sizeof *list.rows, order);
    size_t count = list.count < most ? list.count : most;
    for (size_t i = 0; i < count; i++)
        ret[i] = list.rows[i].hit;
    return count;
}
