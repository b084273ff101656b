/* match_rank.c - a question to ranked hits with their reasons.
 *
 * Term by term: the postings of a term are read once and its share is added to every document that
 * has it. Strong terms (pairs, words, codes) come first; single characters then only add to
 * documents that a strong term has found. The reasons of the few hits that are handed out are
 * worked out afterwards, in a second reading of the same postings.
 */
#include "match/match_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SELF_WEIGHT = 3 }; /* Weight of a title: a question that were a document would be one. */

static const double bm25_k1 = 1.2;
static const double bm25_b = 0.75;

double bm25_rarity(i64 live_count, i64 doc_count)
{
    double n = (double)doc_count;
    return log(1 + ((double)live_count - n + 0.5) / (n + 0.5));
}

static double length_part(double length, double length_mean)
{
    return bm25_k1 * (1 - bm25_b + bm25_b * length / length_mean);
}

double bm25_weight(double weight, double length, double length_mean)
{
    return weight * (bm25_k1 + 1) / (weight + length_part(length, length_mean));
}

/* ---- The question ---- */

/* One text of the question with its terms in order: what reasons are read from. */
typedef struct Source {
    Str text;
    TermList list;
    u32 weight;
} Source;

typedef struct Question {
    Source *sources;
    size_t source_count;
    Bag bag;       /* Its terms, with weights added up. */
    size_t *order; /* Places in the bag, strong terms first. */
    size_t strong_count;
    double *rarity; /* By place in the bag, once searched. */
    bool has_text;  /* There was something besides blanks and signs. */
} Question;

static TermKind key_kind(u64 key)
{
    return (TermKind)(key >> 60);
}

static void question_add(Question *question, Source source)
{
    for (size_t i = 0; i < source.list.count; i++) {
        u64 key = source.list.terms[i].key;
        if (question->bag.count < MATCH_TERMS_MAX || bag_find(&question->bag, key) != SIZE_MAX)
            bag_add(&question->bag, key, source.weight);
    }
    question->has_text |= source.list.count > 0 || source.list.stop_count > 0;
    question->sources[question->source_count++] = source;
}

static Question question_read(Arena *arena, const MatchQuery *query)
{
    Question question = {.sources = ARENA_NEW(arena, Source, query->field_count + 1),
                         .bag = bag_new(arena)};
    Source typed = {.text = query->text, .weight = 1};
    text_terms(arena, query->text, true, &typed.list);
    question_add(&question, typed);
    for (size_t f = 0; f < query->field_count; f++) {
        const MatchField *field = &query->fields[f];
        assert(field->weight >= 1 && field->weight <= 100);
        Source source = {.text = field->text, .weight = (u32)field->weight};
        if (field->codes)
            code_terms(arena, field->text, &source.list);
        else
            text_terms(arena, field->text, false, &source.list);
        question_add(&question, source);
    }

    question.order = ARENA_NEW(arena, size_t, question.bag.count);
    question.rarity = ARENA_NEW(arena, double, question.bag.count);
    size_t count = 0;
    for (size_t i = 0; i < question.bag.count; i++)
        if (key_kind(question.bag.items[i].key) != TERM_CHAR)
            question.order[count++] = i;
    question.strong_count = count;
    for (size_t i = 0; i < question.bag.count; i++)
        if (key_kind(question.bag.items[i].key) == TERM_CHAR)
            question.order[count++] = i;
    return question;
}

/* ---- Scores ---- */

typedef struct Search {
    Arena scratch;
    MatchIndex *index;
    const MatchQuery *query;
    Question *question;
    double *scores;       /* By document; 0 for no hit. */
    double *length_parts; /* By document. */
    Posting *postings;    /* One term's at a time. */
    double self_score;    /* What the question would score as a document's title. */
    uint16_t field_code;
} Search;

static void search_prepare(Search *search)
{
    u32 slots = index_doc_slots(search->index);
    double mean = index_length_mean(search->index);
    search->scores = ARENA_NEW(&search->scratch, double, slots);
    search->length_parts = ARENA_NEW(&search->scratch, double, slots);
    search->postings = ARENA_NEW(&search->scratch, Posting, slots);
    search->field_code = index_field_code(search->index, search->query->field_code);
    for (u32 i = 0; i < slots; i++)
        search->length_parts[i] = length_part((double)index_doc(search->index, i)->length, mean);
}

static double share(const Search *search, size_t place, Posting posting)
{
    double weight = (double)posting.weight;
    double saturated = weight * (bm25_k1 + 1) / (weight + search->length_parts[posting.doc]);
    return search->question->rarity[place] * saturated *
           (double)search->question->bag.items[place].weight;
}

static void score_term(Search *search, size_t place, bool only_found)
{
    const BagItem *item = &search->question->bag.items[place];
    size_t count = index_postings(search->index, item->key, search->postings);
    search->question->rarity[place] = bm25_rarity(index_live_count(search->index), (i64)count);
    for (size_t i = 0; i < count; i++) {
        double *score = &search->scores[search->postings[i].doc];
        if (!only_found || *score > 0)
            *score += share(search, place, search->postings[i]);
    }
}

static void score_all(Search *search)
{
    const Question *question = search->question;
    bool strict = question->strong_count > 0 && !search->query->loose;
    double mean = index_length_mean(search->index);
    double self_length = (double)bag_total(&question->bag) * SELF_WEIGHT;
    for (size_t i = 0; i < question->bag.count; i++) {
        size_t place = question->order[i];
        score_term(search, place, strict && i >= question->strong_count);
        double weight = (double)question->bag.items[place].weight;
        search->self_score +=
            weight * question->rarity[place] * bm25_weight(weight * SELF_WEIGHT, self_length, mean);
    }
}

/* ---- The best ---- */

typedef struct Candidate {
    double score;
    i64 id;
    u32 doc;
    u8 kind;
} Candidate;

static bool better(const Candidate *a, const Candidate *b)
{
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score;
    return a->kind != b->kind ? a->kind < b->kind : a->id < b->id;
}

static int candidate_order(const void *a, const void *b)
{
    return better(a, b) ? -1 : better(b, a) ? 1 : 0;
}

static bool wanted(const Search *search, const DocEntry *doc)
{
    const MatchQuery *query = search->query;
    return !(doc->flags & DOC_DEAD) && (!query->kinds || (query->kinds & 1u << doc->kind)) &&
           (!query->listed_only || (doc->flags & DOC_LISTED)) &&
           (!query->org_id || doc->org_id == query->org_id) &&
           (!query->not_org_id || doc->org_id != query->not_org_id) &&
           (!query->field_code.len || doc->field_code == search->field_code);
}

/* A heap with the worst at its top, so that the next candidate is compared with that one alone. */
static void heap_sink(Candidate *heap, size_t count, size_t at)
{
    for (;;) {
        size_t worst = at, left = at * 2 + 1;
        for (size_t child = left; child < count && child <= left + 1; child++)
            if (better(&heap[worst], &heap[child]))
                worst = child;
        if (worst == at)
            return;
        Candidate swap = heap[at];
        heap[at] = heap[worst];
        heap[worst] = swap;
        at = worst;
    }
}

static void heap_rise(Candidate *heap, size_t at)
{
    while (at > 0 && better(&heap[(at - 1) / 2], &heap[at])) {
        Candidate swap = heap[at];
        heap[at] = heap[(at - 1) / 2];
        heap[(at - 1) / 2] = swap;
        at = (at - 1) / 2;
    }
}

/* The `depth` best of all hits, best first; *ret_total counts them all. */
static size_t pick_best(Search *search, size_t depth, Candidate **ret, i64 *ret_total)
{
    Candidate *heap = ARENA_NEW(&search->scratch, Candidate, depth + 1);
    size_t count = 0;
    i64 total = 0;
    u32 slots = index_doc_slots(search->index);
    for (u32 i = 0; i < slots; i++) {
        if (!(search->scores[i] > 0))
            continue;
        const DocEntry *doc = index_doc(search->index, i);
        if (!wanted(search, doc))
            continue;
        total++;
        Candidate next = {search->scores[i], doc->id, i, doc->kind};
        if (count < depth) {
            heap[count] = next;
            heap_rise(heap, count++);
        } else if (depth > 0 && better(&next, &heap[0])) {
            heap[0] = next;
            heap_sink(heap, count, 0);
        }
    }
    qsort(heap, count, sizeof *heap, candidate_order);
    *ret = heap;
    *ret_total = total;
    return count;
}

/* ---- Reasons ---- */

/* A phrase or code found for one hit. */
typedef struct Found {
    MatchReasonKind kind;
    Str text;
    Str folded;      /* Compared without case and width. */
    size_t from, to; /* While it is put together: bytes of its source. */
    double share;
} Found;

typedef struct FoundList {
    Found *found;
    size_t count, cap;
} FoundList;

static void found_add(Arena *arena, FoundList *list, Found found)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        list->found = arena_grow(arena, list->found, list->cap * sizeof found, cap * sizeof found);
        list->cap = cap;
    }
    list->found[list->count++] = found;
}

/* Share of one occurrence of a term in the score of a hit; 0 when the hit lacks the term. */
static double occurrence_share(const Question *question, const double *shares, const Source *source,
                               const Term *term)
{
    size_t place = bag_find(&question->bag, term->key);
    if (place == SIZE_MAX)
        return 0;
    return shares[place] * (double)source->weight / (double)question->bag.items[place].weight;
}

/* Pairs that overlap join into runs; words and codes stand alone. */
static void find_runs(Arena *arena, const Question *question, const double *shares,
                      const Source *source, FoundList *list)
{
    size_t first = list->count;
    bool open = false; /* The last run is of pairs, so that the next pair may join it. */
    for (size_t i = 0; i < source->list.count; i++) {
        const Term *term = &source->list.terms[i];
        double part = occurrence_share(question, shares, source, term);
        if (term->kind == TERM_CHAR || !(part > 0))
            continue;
        Found *last = list->count > first ? &list->found[list->count - 1] : NULL;
        if (open && last && term->kind == TERM_PAIR && term->from < last->to) {
            last->to = term->to;
            last->share += part;
            continue;
        }
        open = term->kind == TERM_PAIR;
        found_add(arena, list,
                  (Found){.kind = term->kind == TERM_CODE ? MATCH_REASON_CODE : MATCH_REASON_PHRASE,
                          .text = term->code,
                          .from = term->from,
                          .to = term->to,
                          .share = part});
    }
}

/* Single characters count for the phrase in which they stand. */
static void add_characters(const Question *question, const double *shares, const Source *source,
                           FoundList *list, size_t first)
{
    size_t run = first;
    for (size_t i = 0; i < source->list.count; i++) {
        const Term *term = &source->list.terms[i];
        if (term->kind != TERM_CHAR)
            continue;
        while (run < list->count &&
               (list->found[run].kind == MATCH_REASON_CODE || list->found[run].to <= term->from))
            run++;
        if (run < list->count && list->found[run].from <= term->from)
            list->found[run].share += occurrence_share(question, shares, source, term);
    }
}

/* The runs of one source, named. Dull ones are left out unless `keep_dull`. */
static void find_in_source(Arena *arena, const Question *question, const double *shares,
                           const Source *source, bool keep_dull, FoundList *list)
{
    size_t first = list->count;
    find_runs(arena, question, shares, source, list);
    add_characters(question, shares, source, list, first);
    size_t kept = first;
    for (size_t i = first; i < list->count; i++) {
        Found found = list->found[i];
        if (found.kind == MATCH_REASON_PHRASE) {
            Str run = str_slice(source->text, found.from, found.to);
            found.text = phrase_trim(arena, run);
            if (keep_dull && found.text.len == 0)
                found.text = run;
        }
        found.folded = fold_key(arena, found.text);
        if (found.text.len > 0)
            list->found[kept++] = found;
    }
    list->count = kept;
}

static int found_longest_first(const void *a, const void *b)
{
    const Found *left = a, *right = b;
    if (left->folded.len != right->folded.len)
        return left->folded.len > right->folded.len ? -1 : 1;
    return str_order(left->folded, right->folded);
}

static int found_strongest_first(const void *a, const void *b)
{
    const Found *left = a, *right = b;
    if (left->share > right->share || left->share < right->share)
        return left->share > right->share ? -1 : 1;
    return found_longest_first(a, b);
}

/* Gives the share of a phrase to a longer one that contains it, a subclass's to its group. */
static void absorb(FoundList *list)
{
    if (list->count == 0)
        return;
    qsort(list->found, list->count, sizeof *list->found, found_longest_first);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t into = 0;
        while (into < kept && !(list->found[into].kind == list->found[i].kind &&
                                str_has(list->found[into].folded, list->found[i].folded)))
            into++;
        if (into < kept)
            list->found[into].share += list->found[i].share;
        else
            list->found[kept++] = list->found[i];
    }
    list->count = kept;
    qsort(list->found, list->count, sizeof *list->found, found_strongest_first);
}

static int percent_of(double part, double whole)
{
    if (!(whole > 0) || part >= whole)
        return whole > 0 ? 100 : 0;
    return (int)(part / whole * 100 + 0.5);
}

static void explain(Arena *arena, Search *search, const double *shares, MatchHit *hit)
{
    FoundList list = {0};
    for (int keep_dull = 0; keep_dull <= 1 && list.count == 0; keep_dull++)
        for (size_t i = 0; i < search->question->source_count; i++)
            find_in_source(&search->scratch, search->question, shares,
                           &search->question->sources[i], keep_dull, &list);
    absorb(&list);
    MatchReason *reasons = ARENA_NEW(arena, MatchReason, MATCH_REASONS_MAX);
    size_t count = 0;
    for (size_t i = 0; i < list.count && count < MATCH_REASONS_MAX; i++) {
        int percent = percent_of(list.found[i].share, hit->score);
        if (percent > 0)
            reasons[count++] =
                (MatchReason){list.found[i].kind, str_copy(arena, list.found[i].text), percent};
    }
    hit->reasons = reasons;
    hit->reason_count = count;
}

static Posting *find_posting(Posting *postings, size_t count, u32 doc)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (postings[middle].doc < doc)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && postings[low].doc == doc ? &postings[low] : NULL;
}

/* Share of each term in each hit's score: `count` rows of as many terms as the bag has. */
static double *find_shares(Search *search, const Candidate *page, size_t count)
{
    const Bag *bag = &search->question->bag;
    double *shares = ARENA_NEW(&search->scratch, double, count * bag->count);
    for (size_t place = 0; place < bag->count; place++) {
        size_t posting_count =
            index_postings(search->index, bag->items[place].key, search->postings);
        for (size_t h = 0; h < count; h++) {
            Posting *posting = find_posting(search->postings, posting_count, page[h].doc);
            if (posting)
                shares[h * bag->count + place] = share(search, place, *posting);
        }
    }
    return shares;
}

/* ---- The search ---- */

/* With the read lock held. */
static void search_locked(Cx *cx, Search *search, MatchAnswer *answer)
{
    const MatchQuery *query = search->query;
    search_prepare(search);
    score_all(search);
    Candidate *best = NULL;
    size_t found = pick_best(search, query->offset + query->limit, &best, &answer->total);
    if (found <= query->offset)
        return;

    Candidate *page = best + query->offset;
    answer->count = found - query->offset;
    answer->hits = ARENA_NEW(cx->arena, MatchHit, answer->count);
    double *shares = find_shares(search, page, answer->count);
    for (size_t h = 0; h < answer->count; h++) {
        answer->hits[h] = (MatchHit){.kind = (MatchKind)page[h].kind,
                                     .id = page[h].id,
                                     .score = page[h].score,
                                     .percent = percent_of(page[h].score, search->self_score)};
        explain(cx->arena, search, shares + h * search->question->bag.count, &answer->hits[h]);
    }
}

Err match_search(Cx *cx, MatchIndex *index, const MatchQuery *query, MatchAnswer *ret)
{
    if (query->offset > MATCH_DEPTH_MAX || query->limit > MATCH_DEPTH_MAX - query->offset)
        return err_set_arg(cx, ERR_LIMIT, "offset", "match.too_deep",
                           str_format(cx->arena, "%d", MATCH_DEPTH_MAX));
    Search search = {.index = index, .query = query};
    MatchAnswer answer = {0};
    Question question = question_read(&search.scratch, query);
    search.question = &question;
    if (question.bag.count == 0) {
        answer.note = question.has_text ? "match.query_stop_words" : "match.query_empty";
    } else {
        index_read_begin(index);
        search_locked(cx, &search, &answer);
        index_read_end(index);
    }
    arena_done(&search.scratch);
    *ret = answer;
    return ERR_OK;
}
