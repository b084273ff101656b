/* match_rank.c - a question to ranked hits with their reasons.
 *
 * Segment by segment, and in one term by term: its postings are added to a board that stays in the
 * processor's cache. Strong terms (pairs, words, codes) come first; single characters then only add
 * to documents that a strong term has found. The reasons of the few hits that are handed out are
 * worked out afterwards, from the same lists.
 */
#include "match/match_learn.h"
#include "match/match_question.h"
#include "match/match_score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SELF_WEIGHT = 3, /* Weight of a title: a question that were a document would be one. */
    BEST_SPARE = 64,
    COUNT_MAX = 4096, /* Postings of a list that are looked at one by one to be counted. */
};

double bm25_rarity(i64 live_count, i64 doc_count)
{
    double n = (double)doc_count;
    return log(1 + ((double)live_count - n + 0.5) / (n + 0.5));
}

/* ---- Scores ---- */

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
    SegList *lists;    /* Rows of one shelf, by place in the bag. */
    uint16_t *codes;   /* The field code asked for, by shelf. */
    double scale;      /* Points on a board for a score of 1. */
    double self_score; /* What the question would score as a document's title. */
    bool strict;       /* Single characters only add to what strong terms find. */
    bool filtered;     /* Not every document may be a hit. */
    Best best;
} Search;

static SegList *lists_of(const Search *search, size_t shelf)
{
    return search->lists + shelf * search->question->bag.count;
}

/* Live documents among those of a list: counted where they are few, by the shelf's share where they
 * are many. */
static i64 live_of(const Shelf *shelf, SegList list)
{
    if (shelf->live_count == shelf->seg.doc_count || !list.count)
        return list.count;
    if (list.count > COUNT_MAX)
        return (i64)list.count * shelf->live_count / shelf->seg.doc_count;
    i64 count = 0;
    for (SegWalk walk = seg_walk(list); walk.doc < SEG_DOCS; seg_walk_next(&walk))
        count += (i64)(shelf->live[walk.doc / 64] >> walk.doc % 64 & 1);
    return count;
}

/* Every list of the question, and how rare its terms are. */
static void find_lists(Search *search)
{
    const MatchIndex *index = search->index;
    Question *question = search->question;
    size_t count = question->bag.count;
    i64 *found = ARENA_NEW(&search->scratch, i64, count);
    search->weighs = ARENA_NEW(&search->scratch, Weigh, count);
    search->lists =
        arena_take_raw(&search->scratch, index->shelf_count * count * sizeof *search->lists);
    for (size_t t = 0; t < count; t++)
        search->weighs[t].hash = seg_hash(question->bag.items[t].key);
    for (size_t s = 0; s < index->shelf_count; s++) {
        const Shelf *shelf = index->shelves[s];
        SegList *lists = lists_of(search, s);
        for (int step = 0; step < 2; step++)
            for (size_t t = 0; t < count; t++)
                seg_find_soon(&shelf->seg, search->weighs[t].hash, step);
        for (size_t t = 0; t < count; t++) {
            lists[t] = seg_find(&shelf->seg, search->weighs[t].hash);
            found[t] += live_of(shelf, lists[t]);
        }
    }
    for (size_t t = 0; t < count; t++)
        question->rarity[t] = bm25_rarity(index->live_count, found[t]);
}

/* What a question takes over counts for a part of its own, shared out among the terms: the longer
 * the question, the more it is about a topic and the less about one thing known by name. */
static void weigh_widened(Search *search)
{
    static const double share_most = 0.3, terms_half = 60;
    double terms = (double)search->question->strong_count;
    const MatchWiden *widen = search->query->widen;
    Question *question = search->question;
    double part = share_most * terms / (terms + terms_half), own = 0;
    for (size_t t = 0; t < question->bag.count; t++)
        own += question->weights[t] * question->rarity[t];
    for (size_t i = 0; i < widen->count; i++) {
        size_t t = bag_find(&question->bag, widen->terms[i].key);
        if (t == SIZE_MAX || !(question->rarity[t] > 0))
            continue;
        question->widened[t] = part * own * widen->terms[i].share / question->rarity[t];
        question->weights[t] += question->widened[t];
    }
}

/* Factors, so that no document comes to more than a board's place holds. */
static void choose_factors(Search *search)
{
    const Question *question = search->question;
    double most = 0, full = seg_impact_value(UINT8_MAX);
    for (size_t t = 0; t < question->bag.count; t++)
        most += question->rarity[t] * question->weights[t] * full;
    search->scale = (double)(SCORE_MOST - question->bag.count) / most;
    for (size_t t = 0; t < question->bag.count; t++) {
        double factor = question->rarity[t] * question->weights[t] * full * search->scale;
        search->weighs[t].factor = factor < 1 ? 1 : (u32)factor;
    }
}

static void search_prepare(Search *search)
{
    const MatchQuery *query = search->query;
    const MatchIndex *index = search->index;
    Question *question = search->question;
    find_lists(search);
    question_weigh_others(question, index->live_count);
    if (query->widen)
        weigh_widened(search);
    choose_factors(search);
    search->strict = question->strong_count > 0 && !query->loose;
    search->filtered = query->kinds || query->listed_only || query->field_code.len ||
                       query->org_id || query->not_org_id || query->unlisted_only ||
                       query->region || query->maturity || query->year;
    search->codes = ARENA_NEW(&search->scratch, uint16_t, index->shelf_count);
    for (size_t s = 0; s < index->shelf_count; s++)
        search->codes[s] = seg_field_code(&index->shelves[s]->seg, query->field_code);
    double self_length = (double)bag_total(&question->bag) * SELF_WEIGHT;
    for (size_t t = 0; t < question->bag.count; t++) {
        double weight = (double)question->bag.items[t].weight;
        if (!(weight > 0))
            continue;
        u8 impact = seg_impact(weight * SELF_WEIGHT, self_length, index->length_mean);
        search->self_score += question->weights[t] * question->rarity[t] * seg_impact_value(impact);
    }
}

static void score_shelf(const Search *search, size_t shelf, uint16_t *board)
{
    const Question *question = search->question;
    const SegList *lists = lists_of(search, shelf);
    for (size_t i = 0; i < question->bag.count; i++) {
        size_t t = question->order[i];
        if (!lists[t].count)
            continue;
        if (search->strict && i >= question->strong_count)
            score_add_found(board, &lists[t], search->weighs[t].factor);
        else
            score_add(board, &lists[t], search->weighs[t].factor);
    }
}

/* ---- The best ---- */

/* A candidate with what decides between equal scores. */
typedef struct Ranked {
    i64 id;
    u32 score;
    u32 doc;
    u8 kind;
} Ranked;

static const SegDoc *doc_of(const MatchIndex *index, u32 doc)
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

static bool wanted(const Search *search, size_t shelf, const SegDoc *doc)
{
    return !facet_misses(search->query, doc, search->codes[shelf]);
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

static void best_add(Best *best, Candidate next)
{
    if (best->count == best->cap)
        best_cut(best);
    best->items[best->count++] = next;
}

static i64 count_bits(const u64 *bits, const u64 *live, u32 doc_count)
{
    i64 count = 0;
    for (u32 i = 0; i < (doc_count + 63) / 64; i++)
        count += __builtin_popcountll(bits[i] & live[i]);
    return count;
}

/* The documents of a short list, each looked up. */
static void collect_only(const Search *search, size_t at, const uint16_t *board, Best *best)
{
    const MatchQuery *query = search->query;
    const Shelf *shelf = search->index->shelves[at];
    u8 kind = (u8)__builtin_ctz(query->kinds);
    for (size_t i = 0; i < query->only_count; i++) {
        u32 doc = seg_doc(&shelf->seg, kind, query->only[i]);
        if (doc == SEG_DOCS || !board[doc] || !(shelf->live[doc / 64] >> doc % 64 & 1) ||
            !wanted(search, at, &shelf->seg.docs[doc]))
            continue;
        best->total++;
        if (board[doc] >= best->score_min)
            best_add(best, (Candidate){board[doc], (u32)at * SEG_DOCS + doc});
    }
}

/* From the board to the best. How many there are in all is told by the bits alone where every
 * document may be a hit. */
static void collect_shelf(const Search *search, size_t at, const uint16_t *board, Best *best)
{
    u64 bits[SEG_DOCS / 64];
    const Shelf *shelf = search->index->shelves[at];
    u32 doc_count = shelf->seg.doc_count;
    bool count_all = !search->query->no_total;
    if (count_all && !search->filtered) {
        score_at_least(board, doc_count, 1, bits);
        best->total += count_bits(bits, shelf->live, doc_count);
        count_all = false;
    }
    score_at_least(board, doc_count, count_all ? 1 : best->score_min, bits);
    for (u32 word = 0; word < (doc_count + 63) / 64; word++)
        for (u64 left = bits[word] & shelf->live[word]; left; left &= left - 1) {
            u32 doc = word * 64 + (u32)__builtin_ctzll(left);
            if (search->filtered && !wanted(search, at, &shelf->seg.docs[doc]))
                continue;
            best->total += count_all;
            if (board[doc] >= best->score_min)
                best_add(best, (Candidate){board[doc], (u32)at * SEG_DOCS + doc});
        }
}

/* The hits from `offset` on, best first: a part of the best. */
static Ranked *take_page(Arena *arena, Best *best, size_t offset, size_t *ret_count)
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

/* ---- Reasons ---- */

static int by_doc(const void *a, const void *b)
{
    u32 left = (*(const Ranked *const *)a)->doc, right = (*(const Ranked *const *)b)->doc;
    return left < right ? -1 : left > right;
}

/* Share of each term in each hit's score: `count` rows of as many terms as the bag has. */
static double *find_shares(Search *search, const Ranked *page, size_t count)
{
    const Bag *bag = &search->question->bag;
    double *shares = ARENA_NEW(&search->scratch, double, count * bag->count);
    const Ranked **hits = ARENA_NEW(&search->scratch, const Ranked *, count);
    for (size_t h = 0; h < count; h++)
        hits[h] = &page[h];
    qsort(hits, count, sizeof *hits, by_doc);
    for (size_t t = 0; t < bag->count; t++) {
        SegWalk walk = {0};
        for (size_t h = 0; h < count; h++) {
            u32 shelf = hits[h]->doc / SEG_DOCS, doc = hits[h]->doc % SEG_DOCS;
            if (h == 0 || shelf != hits[h - 1]->doc / SEG_DOCS)
                walk = seg_walk(lists_of(search, shelf)[t]);
            seg_walk_to(&walk, doc);
            if (walk.doc == doc)
                shares[(size_t)(hits[h] - page) * bag->count + t] =
                    score_share(walk.impact, search->weighs[t].factor) / search->scale;
        }
    }
    return shares;
}

/* ---- Features ---- */

/* Of each term the part of its weight that comes from the question's weightiest text, the title of
 * a record: 0 when no text weighs more than the others. */
static double *title_parts(Arena *arena, const Question *question)
{
    double *parts = ARENA_NEW(arena, double, question->bag.count);
    u32 most = 1;
    for (size_t i = 0; i < question->source_count; i++)
        if (question->sources[i].weight > most)
            most = question->sources[i].weight;
    for (size_t i = 0; most > 1 && i < question->source_count; i++) {
        const Source *source = &question->sources[i];
        for (size_t k = 0; source->weight == most && k < source->list.count; k++) {
            size_t t = bag_find(&question->bag, source->list.terms[k].key);
            if (t != SIZE_MAX && question->bag.items[t].weight)
                parts[t] += (double)most / question->bag.items[t].weight;
        }
    }
    return parts;
}

/* What the question has in all, and how much of it one hit has. */
typedef struct Cover {
    double all, title;
} Cover;

static Cover whole_cover(const Question *question, const double *titles)
{
    Cover whole = {0};
    for (size_t t = 0; t < question->bag.count; t++) {
        double mass = (question->weights[t] - question->widened[t]) * question->rarity[t];
        whole.all += mass;
        whole.title += mass * titles[t];
    }
    return whole;
}

/* How much of a document's weight a term has, from its impact there. */
static double doc_part(const MatchIndex *index, const SegDoc *doc, double value)
{
    double one = seg_exact(1, doc->length, index->length_mean), full = seg_impact_value(UINT8_MAX);
    if (value >= full)
        return 1; /* As much as there can be. */
    /* value = w (k + 1) / (w + c) and one = (k + 1) / (1 + c), with full = k + 1. */
    return value * (full / one - 1) / (full - value) / doc->length;
}

static void record_features(const MatchQuery *query, const Seg *seg, const SegDoc *doc, double *row)
{
    row[MATCH_F_LENGTH] = log(1 + (double)doc->length);
    row[MATCH_F_FIELD] = query->asker_field.len && doc->field_code &&
                         doc->field_code == seg_field_code(seg, query->asker_field);
    row[MATCH_F_REGION] = query->asker_region && doc->region == query->asker_region;
    row[MATCH_F_MATURITY] = doc->maturity ? doc->maturity : (double)NAN;
    row[MATCH_F_FRESH] = doc->year ? doc->year : (double)NAN;
}

static void text_features(const Search *search, const double *shares, const double *titles,
                          const SegDoc *doc, double *row)
{
    static const MatchFeature of_kind[] = {[TERM_CHAR] = MATCH_F_CHARS,
                                           [TERM_WORD] = MATCH_F_WORDS,
                                           [TERM_CODE] = MATCH_F_CODES,
                                           [TERM_EDGE] = MATCH_F_EDGES};
    const Question *question = search->question;
    for (size_t t = 0; t < question->bag.count; t++) {
        double weight = question->weights[t], rarity = question->rarity[t];
        if (!(shares[t] > 0) || !(weight > 0) || !(rarity > 0))
            continue;
        TermKind kind = key_kind(question->bag.items[t].key);
        double wide = question->widened[t] / weight, own = shares[t] * (1 - wide);
        if (kind != TERM_PAIR)
            row[of_kind[kind]] += own;
        row[MATCH_F_TITLE] += own * titles[t];
        row[MATCH_F_WIDENED] += shares[t] * wide;
        row[MATCH_F_COVER] += weight * (1 - wide) * rarity;
        row[MATCH_F_COVER_TITLE] += weight * (1 - wide) * rarity * titles[t];
        if (question->bag.items[t].weight)
            row[MATCH_F_COVER_DOC] += doc_part(search->index, doc, shares[t] / (weight * rarity));
    }
}

/* Rows of features of the first hits, each in spreads from its mean over them. In `arena`. */
static double *find_features(Arena *arena, Search *search, const Ranked *page, size_t count)
{
    const Question *question = search->question;
    double *rows = ARENA_NEW(arena, double, count *MATCH_FEATURES);
    double *shares = find_shares(search, page, count);
    double *titles = title_parts(&search->scratch, question);
    double best = count && page[0].score ? page[0].score / search->scale : 1;
    Cover whole = whole_cover(question, titles);
    for (size_t h = 0; h < count; h++) {
        const SegDoc *doc = doc_of(search->index, page[h].doc);
        double *row = rows + h * MATCH_FEATURES;
        text_features(search, shares + h * question->bag.count, titles, doc, row);
        row[MATCH_F_TEXT] = page[h].score / search->scale;
        for (size_t f = MATCH_F_TEXT; f <= MATCH_F_WIDENED; f++)
            row[f] /= best;
        row[MATCH_F_COVER] /= whole.all > 0 ? whole.all : 1;
        row[MATCH_F_COVER_TITLE] /= whole.title > 0 ? whole.title : 1;
        record_features(search->query, &search->index->shelves[page[h].doc / SEG_DOCS]->seg, doc,
                        row);
    }
    match_normalise(rows, count);
    return rows;
}

/* A hit on its way to another place. */
typedef struct Moved {
    Ranked ranked;
    const double *features;
    double score;
    size_t place; /* Before: equal scores keep their order. */
} Moved;

static int moved_order(const void *a, const void *b)
{
    const Moved *left = a, *right = b;
    if (left->score > right->score || left->score < right->score)
        return left->score > right->score ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

/* Puts the first hits in the model's order. Their features, in the new order. */
static const double **rerank(Arena *arena, Search *search, Ranked *page, size_t count)
{
    const MatchModel *model = search->query->model;
    const double **features = ARENA_NEW(arena, const double *, count);
    double *rows = find_features(arena, search, page, count);
    Moved *moved = ARENA_NEW(&search->scratch, Moved, count);
    for (size_t h = 0; h < count; h++) {
        const double *row = rows + h * MATCH_FEATURES;
        moved[h] = (Moved){page[h], row, model ? match_model_score(model, row) : 0, h};
    }
    if (model && count)
        qsort(moved, count, sizeof *moved, moved_order);
    for (size_t h = 0; h < count; h++) {
        page[h] = moved[h].ranked;
        features[h] = moved[h].features;
    }
    return features;
}

/* ---- The search ---- */

enum {
    BATCH = 128
}; /* Questions that go through a segment together: it is read in once for all. */

static bool weighs_features(const MatchQuery *query)
{
    return query->model || query->with_features;
}

/* With the read lock held. */
static void search_begin(Search *search)
{
    size_t depth = search->query->offset + search->query->limit;
    if (weighs_features(search->query) && depth < MATCH_RERANK)
        depth = MATCH_RERANK;
    search->best = (Best){
        .index = search->index, .depth = depth, .cap = depth * 2 + BEST_SPARE, .score_min = 1};
    search->best.items =
        arena_take_raw(&search->scratch, search->best.cap * sizeof *search->best.items);
    search_prepare(search);
}

/* Of a short list: whether a shelf has any, so that the others need not be scored. */
static bool holds_some(const MatchQuery *query, const Shelf *shelf)
{
    if (!query->only)
        return true;
    u8 kind = (u8)__builtin_ctz(query->kinds);
    for (size_t i = 0; i < query->only_count; i++)
        if (seg_doc(&shelf->seg, kind, query->only[i]) != SEG_DOCS)
            return true;
    return false;
}

static void search_shelf(Cx *cx, Search *search, size_t shelf)
{
    if (!holds_some(search->query, search->index->shelves[shelf]))
        return;
    uint16_t *board = score_board();
    score_shelf(search, shelf, board);
    if (search->query->only)
        collect_only(search, shelf, board, &search->best);
    else
        collect_shelf(search, shelf, board, &search->best);
    if (search->query->facets)
        facet_count(cx, search->query, search->index->shelves[shelf], board);
    score_clear(board, search->index->shelves[shelf]->seg.doc_count);
}

static void search_end(Cx *cx, Search *search, MatchAnswer *answer)
{
    const MatchQuery *query = search->query;
    answer->total = search->best.total;
    const double **features = NULL;
    size_t feature_count = 0, skip = weighs_features(query) ? query->offset : 0;
    Ranked *page = take_page(&search->scratch, &search->best, query->offset - skip, &answer->count);
    if (weighs_features(query)) {
        feature_count = answer->count < MATCH_RERANK ? answer->count : (size_t)MATCH_RERANK;
        features = rerank(cx->arena, search, page, feature_count);
        size_t left = answer->count > skip ? answer->count - skip : 0;
        answer->count = left < query->limit ? left : query->limit;
        page += left ? skip : 0;
    }
    if (query->no_total)
        answer->total = (i64)answer->count;
    if (answer->count == 0)
        return;
    answer->hits = ARENA_NEW(cx->arena, MatchHit, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        answer->hits[h] =
            (MatchHit){.kind = (MatchKind)page[h].kind,
                       .id = page[h].id,
                       .score = page[h].score / search->scale,
                       .percent = percent_of(page[h].score / search->scale, search->self_score),
                       .features = skip + h < feature_count ? features[skip + h] : NULL};
    if (query->no_reasons)
        return;
    double *shares = find_shares(search, page, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        explain(cx->arena, &search->scratch, search->question,
                shares + h * search->question->bag.count, &answer->hits[h]);
}

static Err check_depth(Cx *cx, const MatchQuery *query)
{
    if (query->offset <= MATCH_DEPTH_MAX && query->limit <= MATCH_DEPTH_MAX - query->offset)
        return ERR_OK;
    return err_set_arg(cx, ERR_LIMIT, "offset", "match.too_deep",
                       str_format(cx->arena, "%d", MATCH_DEPTH_MAX));
}

/* What was asked, read; with a note instead when there is nothing to look for. */
static void search_read(MatchIndex *index, const MatchQuery *query, Search *search,
                        MatchAnswer *answer)
{
    *search = (Search){.index = index, .query = query};
    *answer = (MatchAnswer){0};
    Synonyms *synonyms = synonyms_take(index);
    Question question = question_read(&search->scratch, query, synonyms);
    synonyms_done(synonyms);
    if (question.bag.count == 0) {
        answer->note = question.has_text ? "match.query_stop_words" : "match.query_empty";
        return;
    }
    search->question = ARENA_NEW(&search->scratch, Question, 1);
    *search->question = question;
}

Err match_search(Cx *cx, MatchIndex *index, const MatchQuery *query, MatchAnswer *ret)
{
    Search search;
    Err e = check_depth(cx, query);
    if (e)
        return e;
    search_read(index, query, &search, ret);
    if (search.question) {
        index_read_begin(index);
        search_begin(&search);
        for (size_t s = 0; s < index->shelf_count; s++)
            search_shelf(cx, &search, s);
        search_end(cx, &search, ret);
        index_read_end(index);
    }
    arena_done(&search.scratch);
    return ERR_OK;
}

static void search_batch(Cx *cx, MatchIndex *index, Search *searches, size_t count,
                         MatchAnswer *answers)
{
    index_read_begin(index);
    for (size_t i = 0; i < count; i++)
        if (searches[i].question)
            search_begin(&searches[i]);
    for (size_t s = 0; s < index->shelf_count; s++)
        for (size_t i = 0; i < count; i++)
            if (searches[i].question)
                search_shelf(cx, &searches[i], s);
    for (size_t i = 0; i < count; i++)
        if (searches[i].question)
            search_end(cx, &searches[i], &answers[i]);
    index_read_end(index);
}

Err match_search_all(Cx *cx, MatchIndex *index, const MatchQuery *queries, size_t count,
                     MatchAnswer *ret)
{
    Arena arena = {0};
    Search *searches = ARENA_NEW(&arena, Search, BATCH);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < count; i++)
        e = check_depth(cx, &queries[i]);
    for (size_t from = 0; !e && from < count; from += BATCH) {
        size_t some = count - from < BATCH ? count - from : (size_t)BATCH;
        for (size_t i = 0; i < some; i++)
            search_read(index, &queries[from + i], &searches[i], &ret[from + i]);
        search_batch(cx, index, searches, some, ret + from);
        for (size_t i = 0; i < some; i++)
            arena_done(&searches[i].scratch);
    }
    arena_done(&arena);
    return e;
}
