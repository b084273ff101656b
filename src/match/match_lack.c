/* match_lack.c - what of a question a document does not have, as phrases. See match_why.h. */
#include "match/match_int.h"
#include "match/match_why.h"

#include <stdlib.h>
#include <string.h>

enum { PHRASES_MAX = 400, PHRASE_CHARS_LEAST = 2 };

/* One text of the question, and each term's weight: its own times its rarity. */
typedef struct Text {
    Str text;
    TermList list;
} Text;

typedef struct Asked {
    Text texts[LACK_FIELDS_MAX];
    size_t count;
    Bag bag;
    double *masses; /* By place in the bag. */
    double whole;
} Asked;

/* Characters and edges only refine what the others say. */
static bool says_something(const Term *term)
{
    return term->kind != TERM_CHAR && term->kind != TERM_EDGE;
}

static void read_question(Arena *arena, const MatchField *fields, size_t count, Asked *ret)
{
    *ret = (Asked){.bag = bag_new(arena)};
    for (size_t f = 0; f < count && f < LACK_FIELDS_MAX; f++) {
        Text *text = &ret->texts[ret->count++];
        text->text = fields[f].text;
        if (fields[f].codes)
            code_terms(arena, text->text, &text->list);
        else
            text_terms(arena, text->text, false, &text->list);
        for (size_t i = 0; i < text->list.count; i++)
            if (says_something(&text->list.terms[i]) && ret->bag.count < MATCH_TERMS_MAX)
                bag_add(&ret->bag, text->list.terms[i].key, (u32)fields[f].weight);
    }
}

static void weigh(MatchIndex *index, Arena *arena, Asked *asked)
{
    asked->masses = ARENA_NEW(arena, double, asked->bag.count + 1);
    index_read_begin(index);
    for (size_t t = 0; t < asked->bag.count; t++) {
        i64 found = 0;
        for (size_t s = 0; s < index->shelf_count; s++)
            found += seg_find(&index->shelves[s]->seg, seg_hash(asked->bag.items[t].key)).count;
        if (found > index->live_count) /* Dropped ones count until they are swept out. */
            found = index->live_count;
        asked->masses[t] =
            asked_weight(&asked->bag.items[t]) * bm25_rarity(index->live_count, found);
        asked->whole += asked->masses[t];
    }
    index_read_end(index);
}

typedef struct Phrase {
    Str text;
    double mass;
} Phrase;

typedef struct Phrases {
    Phrase rows[PHRASES_MAX];
    size_t count;
} Phrases;

static void add_phrase(Phrases *list, Str text, double mass)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_same(list->rows[i].text, text)) {
            if (mass > list->rows[i].mass)
                list->rows[i].mass = mass;
            return;
        }
    if (list->count < PHRASES_MAX)
        list->rows[list->count++] = (Phrase){text, mass};
}

/* The bytes from `from` to `to` stand in no term that the document has. */
static void add_run(Arena *arena, const Asked *asked, const Bag *has, const Text *text, size_t from,
                    size_t to, Phrases *list)
{
    Str phrase = phrase_trim(arena, str_slice(text->text, from, to));
    double mass = 0;
    if (utf8_count(phrase) < PHRASE_CHARS_LEAST)
        return;
    for (size_t i = 0; i < text->list.count; i++) {
        const Term *term = &text->list.terms[i];
        size_t t = term->from < to && term->to > from ? bag_find(&asked->bag, term->key) : SIZE_MAX;
        if (t != SIZE_MAX && bag_find(has, term->key) == SIZE_MAX)
            mass += asked->masses[t];
    }
    add_phrase(list, phrase, mass);
}

/* Runs of a text, without stop words, that stand in terms the document lacks and in none that it
 * has. */
static void find_runs(Arena *arena, const Asked *asked, const Bag *has, const Text *text,
                      Phrases *list)
{
    enum { NOTHING, LACKED, HAD };
    u8 *bytes = ARENA_NEW(arena, u8, text->text.len + 1);
    u8 *named = ARENA_NEW(arena, u8, text->text.len + 1); /* No stop word: a phrase ends there. */
    for (size_t i = 0; i < text->list.count; i++) {
        const Term *term = &text->list.terms[i];
        bool had = bag_find(has, term->key) != SIZE_MAX;
        if (term->kind == TERM_CODE && !had) {
            size_t t = bag_find(&asked->bag, term->key);
            add_phrase(list, term->code, t == SIZE_MAX ? 0 : asked->masses[t]);
        }
        if (term->kind == TERM_CHAR || term->kind == TERM_WORD)
            memset(named + term->from, 1, term->to - term->from);
        if (!says_something(term) || term->kind == TERM_CODE)
            continue;
        for (size_t b = term->from; b < term->to && b < text->text.len; b++)
            bytes[b] = had ? HAD : bytes[b] == HAD ? HAD : LACKED;
    }
    for (size_t from = 0; from < text->text.len;) {
        size_t to = from;
        while (bytes[to] == LACKED && named[to])
            to++;
        if (to > from)
            add_run(arena, asked, has, text, from, to, list);
        from = to + 1;
    }
}

static int heaviest_first(const void *a, const void *b)
{
    const Phrase *left = a, *right = b;
    if (left->mass > right->mass || left->mass < right->mass)
        return left->mass > right->mass ? -1 : 1;
    return left->text.data < right->text.data ? -1 : left->text.data > right->text.data;
}

size_t match_lacks(Cx *cx, MatchIndex *index, const MatchField *question, size_t question_count,
                   const MatchField *doc, size_t doc_count, MatchLack *ret, size_t most)
{
    Arena arena = {0};
    Asked *asked = ARENA_NEW(&arena, Asked, 1);
    Phrases *list = ARENA_NEW(&arena, Phrases, 1);
    Bag has = bag_new(&arena);
    size_t count = 0;
    read_question(&arena, question, question_count, asked);
    bag_add_fields(&has, doc, doc_count);
    weigh(index, &arena, asked);
    for (size_t i = 0; i < asked->count; i++)
        find_runs(&arena, asked, &has, &asked->texts[i], list);
    qsort(list->rows, list->count, sizeof *list->rows, heaviest_first);
    for (size_t i = 0; i < list->count && count < most && asked->whole > 0; i++) {
        int percent = (int)(list->rows[i].mass / asked->whole * 100 + 0.5);
        if (percent > 0)
            ret[count++] = (MatchLack){str_copy(cx->arena, list->rows[i].text), percent};
    }
    arena_done(&arena);
    return count;
}
