/* match_rank.c - a question to ranked hits with their reasons.
 *
 * Segment by segment, and in one term by term: its postings are added to a board that stays in the
 * processor's cache. Strong terms (pairs, words, codes) come first; single characters then only add
 * to documents that a strong term has found. The reasons of the few hits that are handed out are
 * worked out afterwards, from the same lists.
 */
#include "match/match_learn.h"
#include "match/match_search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SELF_WEIGHT = 3,  /* Weight of a title: a question that were a document would be one. */
    COUNT_MAX = 4096, /* Postings of a list that are looked at one by one to be counted. */
};

double bm25_rarity(i64 live_count, i64 doc_count)
{
    double n = (double)doc_count;
    return log(1 + ((double)live_count - n + 0.5) / (n + 0.5));
}

/* ---- Scores ---- */

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
    u32 *refs = ARENA_NEW(&search->scratch, u32, count);
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
        for (size_t t = 0; t < count; t++)
            refs[t] = seg_ref(&shelf->seg, search->weighs[t].hash);
        for (size_t t = 0; t < count; t++) {
            lists[t] = seg_list(&shelf->seg, refs[t]);
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
    row[MATCH_F_FRESH] = doc->year ? doc_year(doc) : (double)NAN;
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

/* What the index does not know: by the query's own way of asking, if it has one. */
static Err row_features(Cx *cx, Search *search, const Ranked *page, size_t count, double *rows)
{
    const MatchQuery *query = search->query;
    MatchKey *items = ARENA_NEW(&search->scratch, MatchKey, count);
    for (size_t h = 0; h < count; h++) {
        items[h] = (MatchKey){(MatchKind)page[h].kind, page[h].id};
        for (size_t f = MATCH_F_PRICE; f < MATCH_FEATURES; f++)
            rows[h * MATCH_FEATURES + f] = NAN;
    }
    return query->about ? query->about(cx, query->about_of, items, count, rows) : ERR_OK;
}

/* Rows of features of the first hits, each in spreads from its mean over them. */
static Err find_features(Cx *cx, Search *search, const Ranked *page, size_t count, double **ret)
{
    const Question *question = search->question;
    double *rows = ARENA_NEW(cx->arena, double, count *MATCH_FEATURES);
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
    Err e = row_features(cx, search, page, count, rows);
    match_normalise(rows, count);
    *ret = rows;
    return e;
}

/* Puts the first hits in the model's order. Their features, in the new order. */
static Err rerank(Cx *cx, Search *search, Ranked *page, size_t count, const double ***ret)
{
    const MatchModel *model = search->query->model;
    const double **features = ARENA_NEW(cx->arena, const double *, count);
    double *rows;
    Err e = find_features(cx, search, page, count, &rows);
    if (e)
        return e;
    size_t *order = ARENA_NEW(&search->scratch, size_t, count);
    Ranked *before = ARENA_NEW(&search->scratch, Ranked, count);
    const double **unmoved = ARENA_NEW(&search->scratch, const double *, count);
    for (size_t h = 0; h < count; h++) {
        order[h] = h;
        before[h] = page[h];
        unmoved[h] = rows + h * MATCH_FEATURES;
    }
    if (model)
        match_model_order(model, unmoved, count, order);
    for (size_t h = 0; h < count; h++) {
        page[h] = before[order[h]];
        features[h] = unmoved[order[h]];
    }
    *ret = features;
    return ERR_OK;
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
    search->best = best_new(&search->scratch, search->index, depth);
    search_prepare(search);
}

static void add_hits(Cx *cx, Search *search, const Ranked *page, const double *const *features,
                     size_t feature_count, MatchAnswer *answer)
{
    answer->hits = ARENA_NEW(cx->arena, MatchHit, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        answer->hits[h] =
            (MatchHit){.kind = (MatchKind)page[h].kind,
                       .id = page[h].id,
                       .score = page[h].score / search->scale,
                       .percent = percent_of(page[h].score / search->scale, search->self_score),
                       .features = h < feature_count ? features[h] : NULL};
    if (search->query->no_reasons || answer->count == 0)
        return;
    double *shares = find_shares(search, page, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        explain(cx->arena, &search->scratch, search->question,
                shares + h * search->question->bag.count, &answer->hits[h]);
}

static Err search_end(Cx *cx, Search *search, MatchAnswer *answer)
{
    const MatchQuery *query = search->query;
    answer->total = search->best.total;
    const double **features = NULL;
    size_t feature_count = 0, skip = weighs_features(query) ? query->offset : 0;
    Ranked *page = best_page(&search->scratch, &search->best, query->offset - skip, &answer->count);
    if (weighs_features(query)) {
        feature_count = answer->count < MATCH_RERANK ? answer->count : (size_t)MATCH_RERANK;
        Err e = rerank(cx, search, page, feature_count, &features);
        if (e)
            return e;
        size_t past = skip < answer->count ? skip : answer->count;
        size_t left = answer->count - past;
        answer->count = left < query->limit ? left : query->limit;
        page += past;
        features += past < feature_count ? past : feature_count;
        feature_count -= past < feature_count ? past : feature_count;
    }
    if (query->no_total)
        answer->total = (i64)answer->count;
    add_hits(cx, search, page, features, feature_count, answer);
    return ERR_OK;
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
            shelf_search(cx, &search, s);
        e = search_end(cx, &search, ret);
        index_read_end(index);
    }
    arena_done(&search.scratch);
    return e;
}

static Err search_batch(Cx *cx, MatchIndex *index, Search *searches, size_t count,
                        MatchAnswer *answers)
{
    index_read_begin(index);
    for (size_t i = 0; i < count; i++)
        if (searches[i].question)
            search_begin(&searches[i]);
    for (size_t s = 0; s < index->shelf_count; s++)
        for (size_t i = 0; i < count; i++)
            if (searches[i].question)
                shelf_search(cx, &searches[i], s);
    Err e = ERR_OK;
    for (size_t i = 0; !e && i < count; i++)
        if (searches[i].question)
            e = search_end(cx, &searches[i], &answers[i]);
    index_read_end(index);
    return e;
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
        e = search_batch(cx, index, searches, some, ret + from);
        for (size_t i = 0; i < some; i++)
            arena_done(&searches[i].scratch);
    }
    arena_done(&arena);
    return e;
}
