/* match_rank.c - a question to ranked hits with their reasons.
 *
 * Window by window of documents, and in a window term by term: its share is added to every document
 * that has it, on a board that is as small as the window and stays in the processor's cache. Strong
 * terms (pairs, words, codes) come first; single characters then only add to documents that a
 * strong term has found, and a window without one is not looked at. The reasons of the few hits
 * that are handed out are worked out afterwards, in a second reading of the same postings.
 */
#include "match/match_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SELF_WEIGHT = 3,  /* Weight of a title: a question that were a document would be one. */
    MARKS_MAX = 8192, /* Places in postings that a search remembers. */
    BEST_SPARE = 64,
};

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

static double saturated(double weight, double part)
{
    return weight * (bm25_k1 + 1) / (weight + part);
}

double bm25_weight(double weight, double length, double length_mean)
{
    return saturated(weight, length_part(length, length_mean));
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

/* The documents of one window, by place in it. */
typedef struct Board {
    DocWindow window;
    u64 found[WINDOW_DOCS / 64];      /* A bit for each that has a score. */
    double scores[WINDOW_DOCS];       /* 0 for the others. */
    double length_parts[WINDOW_DOCS]; /* Of those found. */
    Posting postings[WINDOW_DOCS];    /* One term's at a time. */
} Board;

typedef struct Search {
    Arena scratch;
    MatchIndex *index;
    const MatchQuery *query;
    Question *question;
    Board *board;
    PostingReader *readers; /* By place in the bag. */
    PostingReader *marks;   /* Where they stood at the beginning of each stride: rows of readers. */
    u32 stride;             /* Documents from one row of marks to the next. */
    u32 mark_count;         /* Rows set or passed over. */
    double length_mean;
    double self_score; /* What the question would score as a document's title. */
    bool strict;       /* Single characters only add to what strong terms find. */
    uint16_t field_code;
} Search;

/* Room for marks: one row for each window, fewer when there are many terms or documents. None when
 * no reasons will be looked for. */
static void marks_prepare(Search *search)
{
    size_t terms = search->question->bag.count;
    u32 slots = index_doc_slots(search->index);
    if (search->query->no_reasons)
        return;
    search->stride = WINDOW_DOCS;
    while ((slots / search->stride + 1) * terms > MARKS_MAX && search->stride < slots)
        search->stride *= 2;
    search->marks = arena_take_raw(&search->scratch,
                                   (slots / search->stride + 1) * terms * sizeof *search->marks);
}

static void search_prepare(Search *search)
{
    const MatchQuery *query = search->query;
    Question *question = search->question;
    i64 live_count = index_live_count(search->index);
    search->board = ARENA_NEW(&search->scratch, Board, 1);
    search->readers = ARENA_NEW(&search->scratch, PostingReader, question->bag.count);
    marks_prepare(search);
    search->field_code = index_field_code(search->index, query->field_code);
    search->length_mean = index_length_mean(search->index);
    search->strict = question->strong_count > 0 && !query->loose;
    double self_length = (double)bag_total(&question->bag) * SELF_WEIGHT;
    for (size_t i = 0; i < question->bag.count; i++) {
        size_t place = question->order[i];
        const BagItem *item = &question->bag.items[place];
        double rarity = bm25_rarity(live_count, index_posting_count(search->index, item->key));
        double weight = (double)item->weight;
        question->rarity[place] = rarity;
        search->readers[place] = index_postings(search->index, item->key);
        search->self_score +=
            weight * rarity * bm25_weight(weight * SELF_WEIGHT, self_length, search->length_mean);
    }
}

/* What a term that stands in a document with `weight` adds to its score. */
static double share(const Search *search, size_t place, u32 weight, double length_part)
{
    return search->question->rarity[place] * saturated((double)weight, length_part) *
           (double)search->question->bag.items[place].weight;
}

/* Finds documents. */
static void score_term(Search *search, size_t place)
{
    Board *board = search->board;
    const DocWindow *window = &board->window;
    size_t count =
        postings_take(&search->readers[place], window->first, window->live, board->postings);
    for (size_t i = 0; i < count; i++) /* They lie far apart: each would be waited for. */
        __builtin_prefetch(&window->facts[board->postings[i].place]);
    for (size_t i = 0; i < count; i++) {
        u32 at = board->postings[i].place;
        double part = length_part((double)window->facts[at].length, search->length_mean);
        board->found[at / 64] |= (u64)1 << at % 64;
        board->length_parts[at] = part;
        board->scores[at] += share(search, place, board->postings[i].weight, part);
    }
}

/* Adds to documents that are found. */
static void score_term_of_found(Search *search, size_t place)
{
    Board *board = search->board;
    size_t count =
        postings_take(&search->readers[place], board->window.first, board->found, board->postings);
    for (size_t i = 0; i < count; i++) {
        u32 at = board->postings[i].place;
        board->scores[at] +=
            share(search, place, board->postings[i].weight, board->length_parts[at]);
    }
}

/* The next document that can be a hit; DOC_NONE after the last. */
static u32 next_doc(const Search *search)
{
    const Question *question = search->question;
    size_t count = search->strict ? question->strong_count : question->bag.count;
    u32 doc = DOC_NONE;
    for (size_t i = 0; i < count; i++)
        if (search->readers[question->order[i]].doc < doc)
            doc = search->readers[question->order[i]].doc;
    return doc;
}

static PostingReader *marks_at(const Search *search, u32 doc)
{
    return search->marks + doc / search->stride * search->question->bag.count;
}

static void score_window(Search *search, u32 doc)
{
    const Question *question = search->question;
    search->board->window = index_window(search->index, doc);
    if (search->marks && doc / search->stride >= search->mark_count) {
        search->mark_count = doc / search->stride + 1;
        memcpy(marks_at(search, doc), search->readers,
               question->bag.count * sizeof *search->readers);
    }
    for (size_t i = 0; i < question->bag.count; i++) {
        if (search->strict && i >= question->strong_count)
            score_term_of_found(search, question->order[i]);
        else
            score_term(search, question->order[i]);
    }
}

/* ---- The best ---- */

typedef struct Candidate {
    double score;
    u32 doc;
} Candidate;

/* A candidate with what decides between equal scores. */
typedef struct Ranked {
    double score;
    i64 id;
    u32 doc;
    u8 kind;
} Ranked;

static Ranked rank_of(const MatchIndex *index, Candidate candidate)
{
    DocWindow window = index_window(index, candidate.doc);
    u32 at = candidate.doc - window.first;
    return (Ranked){candidate.score, window.ids[at].id, candidate.doc, window.facts[at].kind};
}

static int ranked_order(const void *a, const void *b)
{
    const Ranked *left = a, *right = b;
    if (left->score > right->score || left->score < right->score)
        return left->score > right->score ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->id < right->id ? -1 : left->id > right->id;
}

static bool better(const MatchIndex *index, const Candidate *a, const Candidate *b)
{
    if (a->score > b->score || a->score < b->score)
        return a->score > b->score;
    Ranked left = rank_of(index, *a), right = rank_of(index, *b);
    return ranked_order(&left, &right) < 0;
}

static bool wanted(const Search *search, const DocWindow *window, u32 at)
{
    const MatchQuery *query = search->query;
    const DocFacts *facts = &window->facts[at];
    return (!query->kinds || (query->kinds & 1u << facts->kind)) &&
           (!query->listed_only || (facts->flags & DOC_LISTED)) &&
           (!query->field_code.len || facts->field_code == search->field_code) &&
           (!query->org_id || window->ids[at].org_id == query->org_id) &&
           (!query->not_org_id || window->ids[at].org_id != query->not_org_id);
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

/* The best so far: `depth` of them and some more, from which the worst are cut when it is full. */
typedef struct Best {
    const MatchIndex *index;
    Candidate *items;
    size_t count, cap, depth;
    double score_min; /* Of a lower score there are `depth` better ones. */
    i64 total;        /* Of all hits. */
} Best;

static void best_cut(Best *best)
{
    if (best->count <= best->depth)
        return;
    best_to_front(best->index, best->items, best->count, best->depth);
    best->count = best->depth;
    best->score_min = INFINITY;
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

/* Takes a found document off the board. */
static void collect(Search *search, u32 at, Best *best)
{
    const DocWindow *window = &search->board->window;
    double score = search->board->scores[at];
    search->board->scores[at] = 0;
    if (!wanted(search, window, at))
        return;
    best->total++;
    if (score >= best->score_min)
        best_add(best, (Candidate){score, window->first + at});
}

static void collect_window(Search *search, Best *best)
{
    u64 *found = search->board->found;
    for (u32 word = 0; word < WINDOW_DOCS / 64; word++)
        for (; found[word]; found[word] &= found[word] - 1)
            collect(search, word * 64 + (u32)__builtin_ctzll(found[word]), best);
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
    double *length_parts = ARENA_NEW(&search->scratch, double, count);
    for (size_t h = 0; h < count; h++) {
        DocWindow window = index_window(search->index, hits[h]->doc);
        length_parts[h] = length_part((double)window.facts[hits[h]->doc - window.first].length,
                                      search->length_mean);
    }
    for (size_t place = 0; place < bag->count; place++) {
        const PostingReader *mark = NULL;
        PostingReader reader;
        for (size_t h = 0; h < count; h++) {
            u32 doc = hits[h]->doc;
            if (mark != &marks_at(search, doc)[place]) {
                mark = &marks_at(search, doc)[place];
                reader = *mark;
            }
            postings_skip(&reader, doc);
            if (reader.doc == doc)
                shares[(size_t)(hits[h] - page) * bag->count + place] =
                    share(search, place, reader.weight, length_parts[h]);
        }
    }
    return shares;
}

/* ---- The search ---- */

/* With the read lock held. */
static void search_locked(Cx *cx, Search *search, MatchAnswer *answer)
{
    const MatchQuery *query = search->query;
    size_t depth = query->offset + query->limit;
    Best best = {.index = search->index, .depth = depth, .cap = depth * 2 + BEST_SPARE};
    best.items = arena_take_raw(&search->scratch, best.cap * sizeof *best.items);
    search_prepare(search);
    for (u32 doc; (doc = next_doc(search)) != DOC_NONE;) {
        score_window(search, doc);
        collect_window(search, &best);
    }
    answer->total = best.total;
    const Ranked *page = take_page(&search->scratch, &best, query->offset, &answer->count);
    if (answer->count == 0)
        return;

    answer->hits = ARENA_NEW(cx->arena, MatchHit, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        answer->hits[h] = (MatchHit){.kind = (MatchKind)page[h].kind,
                                     .id = page[h].id,
                                     .score = page[h].score,
                                     .percent = percent_of(page[h].score, search->self_score)};
    if (query->no_reasons)
        return;
    double *shares = find_shares(search, page, answer->count);
    for (size_t h = 0; h < answer->count; h++)
        explain(cx->arena, search, shares + h * search->question->bag.count, &answer->hits[h]);
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
