/* match_reason.c - what a question and a hit share, as a person reads it. */
#include "match/match_question.h"

#include <stdlib.h>
#include <string.h>

/* A phrase or code found for one hit. */
typedef struct Found {
    MatchReasonKind kind;
    Str text;
    Str folded;      /* Compared without case and width. */
    size_t from, to; /* While it is put together: bytes of its source. */
    double share;
    bool is_pairs; /* Of characters side by side: it may begin or end inside of a word. */
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
        if (!is_strong(term->key) || !(part > 0))
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
                          .share = part,
                          .is_pairs = open});
    }
}

/* Single characters and edges count for the phrase in which they stand. */
static void add_characters(const Question *question, const double *shares, const Source *source,
                           FoundList *list, size_t first)
{
    size_t run = first;
    for (size_t i = 0; i < source->list.count; i++) {
        const Term *term = &source->list.terms[i];
        if (is_strong(term->key))
            continue;
        while (run < list->count &&
               (list->found[run].kind == MATCH_REASON_CODE || list->found[run].to <= term->from))
            run++;
        if (run < list->count && list->found[run].from <= term->from)
            list->found[run].share += occurrence_share(question, shares, source, term);
    }
}

/* What a reader is told: whole words that say something, then dull ones too, then what is there. */
typedef enum Strictness { STRICT_WORDS, DULL_WORDS, ANY_RUN } Strictness;

/* Its words, once. */
static void cut_source(Arena *arena, const Question *question, Source *source)
{
    if (source->rarity)
        return;
    source->cuts = words_cut(arena, source->text);
    size_t places = (source->cuts.len + 1) * 2;
    source->rarity = arena_take_raw(arena, places * sizeof *source->rarity);
    for (size_t i = 0; i < places; i++)
        source->rarity[i] = -1;
    for (size_t i = 0; i < source->list.count; i++) {
        const Term *term = &source->list.terms[i];
        size_t place = bag_find(&question->bag, term->key);
        if (term->kind != TERM_PAIR || place == SIZE_MAX || term->to > source->cuts.len)
            continue;
        source->rarity[term->from * 2] = (float)question->rarity[place];
        source->rarity[term->to * 2 + 1] = (float)question->rarity[place];
    }
}

/* The character behind a place, or before it. */
static Str char_at(Str text, size_t at, bool behind)
{
    size_t from = at;
    while (!behind && from > 0 && ((u8)text.data[--from] & 0xC0) == 0x80)
        ;
    return behind ? utf8_head(str_slice(text, at, text.len), 1) : str_slice(text, from, at);
}

/* The character alone that begins at the edge of a run, or ends there, belongs to what it stands
 * beside more often in the documents: two pairs tell. `other` is its other end. */
static bool belongs_beyond(const Source *source, size_t edge, size_t other, bool at_end)
{
    if (edge > source->cuts.len || other > source->cuts.len ||
        words_idle(char_at(source->text, edge, at_end)))
        return false;
    float within = source->rarity[edge * 2 + at_end];
    float beyond = source->rarity[other * 2 + !at_end];
    return within >= 0 && beyond >= 0 && beyond <= within;
}

/* Of names that the dictionary does not know it makes characters: 石墨烯 stays whole before 散热, of
 * 石墨材 before 质 and of 物处理 behind 废弃 one is cut off. */
static MatchRange cut_torn(const Source *source, MatchRange words)
{
    while (words.from < words.to) {
        size_t first = words_first(&source->cuts, words.from, words.to);
        if (first == words.to || !words_alone(source->text, words.from, first) ||
            !belongs_beyond(source, words.from, first, false))
            break;
        words.from = first;
    }
    while (words.from < words.to) {
        size_t last = words_last(&source->cuts, words.from, words.to);
        if (last == words.from || !words_alone(source->text, last, words.to) ||
            !belongs_beyond(source, words.to, last, true))
            break;
        words.to = last;
    }
    return words;
}

static Str name_run(Arena *arena, const Question *question, Source *source, const Found *found,
                    Strictness strictness)
{
    Str run = str_slice(source->text, found->from, found->to);
    if (strictness == ANY_RUN)
        return run;
    if (found->is_pairs) {
        cut_source(arena, question, source);
        MatchRange words = words_within(arena, &source->cuts, source->text, found->from, found->to);
        words = cut_torn(source, words);
        run = str_slice(source->text, words.from, words.to);
    }
    Str named = phrase_trim(arena, run);
    return named.len || strictness == STRICT_WORDS || utf8_count(run) < 2 ? named : run;
}

/* The runs of one source, named; those without a name are left out. */
static void find_in_source(Arena *arena, const Question *question, const double *shares,
                           Source *source, Strictness strictness, FoundList *list)
{
    size_t first = list->count;
    find_runs(arena, question, shares, source, list);
    add_characters(question, shares, source, list, first);
    size_t kept = first;
    for (size_t i = first; i < list->count; i++) {
        Found found = list->found[i];
        if (found.kind == MATCH_REASON_PHRASE)
            found.text = name_run(arena, question, source, &found, strictness);
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

/* Other names that the hit has all terms of. */
static void find_others(Arena *arena, const Question *question, const double *shares,
                        FoundList *list)
{
    for (size_t i = 0; i < question->others.count; i++) {
        const Expansion *other = &question->others.items[i];
        double share = 0;
        bool whole = other->used;
        for (size_t k = 0; k < other->other_count; k++) {
            whole &= shares[other->other_places[k]] > 0;
            share += shares[other->other_places[k]];
        }
        Str text = str_format(arena, "%.*s ≈ %.*s", STR_ARG(other->asked), STR_ARG(other->other));
        if (whole)
            found_add(arena, list,
                      (Found){MATCH_REASON_SYNONYM, text, .folded = text, .share = share});
    }
    if (list->count)
        qsort(list->found, list->count, sizeof *list->found, found_strongest_first);
}

int percent_of(double part, double whole)
{
    if (!(whole > 0) || part >= whole)
        return whole > 0 ? 100 : 0;
    return (int)(part / whole * 100 + 0.5);
}

void explain(Arena *arena, Arena *scratch, Question *question, const double *shares, MatchHit *hit)
{
    FoundList list = {0};
    for (int strictness = STRICT_WORDS; strictness <= ANY_RUN && list.count == 0; strictness++)
        for (size_t i = 0; i < question->source_count; i++)
            find_in_source(scratch, question, shares, &question->sources[i], (Strictness)strictness,
                           &list);
    absorb(&list);
    find_others(scratch, question, shares, &list);
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
