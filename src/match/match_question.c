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

Question question_read(Arena *arena, const MatchQuery *query, const Synonyms *synonyms)
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
    for (size_t i = 0; i < question.source_count; i++)
        synonyms_expand(arena, synonyms, question.sources[i].text, &question.sources[i].list,
                        &question.bag, &question.others);
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

/* All that it adds stands in some document; else nobody has the name. */
static bool is_known(const Question *question, const Expansion *other, i64 live_count)
{
    double never = bm25_rarity(live_count, 0);
    for (size_t k = 0; k < other->other_count; k++)
        if (!(question->rarity[other->other_places[k]] < never))
            return false;
    return true;
}

/* Of the terms of a name the rarest brings in hits, the others refine: PLC must not bring in
 * whatever has 控制. It goes behind the strong ones. */
static void bring_in(Question *question, const Expansion *other)
{
    size_t rarest = other->other_places[0];
    for (size_t k = 1; k < other->other_count; k++)
        if (question->rarity[other->other_places[k]] > question->rarity[rarest])
            rarest = other->other_places[k];
    for (size_t i = question->strong_count; i < question->bag.count; i++)
        if (question->order[i] == rarest) {
            question->order[i] = question->order[question->strong_count];
            question->order[question->strong_count++] = rarest;
            return;
        }
}

void question_weigh_others(Question *question, i64 live_count)
{
    static const double share = 0.5; /* Of what the name that was asked for weighs. */
    for (size_t i = 0; i < question->others.count; i++) {
        Expansion *other = &question->others.items[i];
        double mass = 0;
        for (size_t k = 0; k < other->asked_count; k++)
            mass += question->weights[other->asked_places[k]] *
                    question->rarity[other->asked_places[k]];
        other->used = mass > 0 && is_known(question, other, live_count);
        for (size_t k = 0; other->used && k < other->other_count; k++) {
            size_t place = other->other_places[k];
            if (question->rarity[place] > 0)
                question->weights[place] +=
                    share * mass / (double)other->other_count / question->rarity[place];
        }
        if (other->used)
            bring_in(question, other);
    }
}
