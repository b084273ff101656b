/* match_question.c - the texts of a question to weighed terms. */
#include "match/match_question.h"

enum { ASKED_HALF = 4 }; /* A weight beyond 1 that counts for half of what any weight can. */

double asked_weight(const BagItem *item)
{
    static const double edge_share = 0.4; /* Of a pair's. */
    double weight = (double)item->weight;
    double kept = weight * (ASKED_HALF + 1) / (weight + ASKED_HALF);
    return key_kind(item->key) == TERM_EDGE ? kept * edge_share : kept;
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

/* Places for what it takes over, which weighs nothing before the rest is weighed. */
static void question_widen(Question *question, const MatchWiden *widen)
{
    for (size_t i = 0; i < widen->count; i++)
        bag_add(&question->bag, widen->terms[i].key, 0);
}

Question question_read(Arena *arena, const MatchQuery *query)
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

    size_t own = question.bag.count;
    if (own && query->widen)
        question_widen(&question, query->widen);
    size_t total = question.bag.count, count = 0;
    question.order = ARENA_NEW(arena, size_t, total);
    question.weights = ARENA_NEW(arena, double, total);
    question.rarity = ARENA_NEW(arena, double, total);
    question.widened = ARENA_NEW(arena, double, total);
    for (size_t i = 0; i < total; i++)
        if (i < own && is_strong(question.bag.items[i].key))
            question.order[count++] = i;
    question.strong_count = count;
    for (size_t i = 0; i < total; i++)
        if (i >= own || !is_strong(question.bag.items[i].key))
            question.order[count++] = i;
    for (size_t i = 0; i < total; i++)
        question.weights[i] = asked_weight(&question.bag.items[i]);
    return question;
}
