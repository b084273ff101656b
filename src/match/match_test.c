/* The matcher: ranking against a scorer that looks at everything, reasons, threads; with
 * TECHBOURSE_TEST_DATA also its size, speed and quality on real data. */
#include "match/match_int.h"
#include "match/match_words.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static Arena test_arena;
static Cx cx;

static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &test_arena};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&test_arena);
    return 0;
}

static void assert_str(Str got, const char *expect)
{
    assert_string_equal(str_z(&test_arena, got), expect);
}

static void put(MatchIndex *index, MatchKind kind, i64 id, const char *title, const char *codes)
{
    MatchField fields[] = {{str_from(title), 3, false}, {str_from(codes), 2, true}};
    MatchDoc doc = {kind,
                    id,
                    fields,
                    COUNT(fields),
                    .listed = true,
                    .org_id = id % 3,
                    .field_code = id % 2 ? S("odd") : S("even")};
    assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
}

static MatchAnswer ask(MatchIndex *index, MatchQuery query)
{
    MatchAnswer answer = {0};
    if (query.limit == 0)
        query.limit = 10;
    assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
    return answer;
}

static MatchAnswer ask_text(MatchIndex *index, const char *text)
{
    return ask(index, (MatchQuery){.text = str_from(text)});
}

/* ---- Ranking equals a scorer that looks at everything ---- */

enum { MODEL_DOCS = 400, MODEL_DOCS_MANY = 3172, MODEL_MEAN = 17 };

typedef struct ModelDoc {
    MatchKind kind;
    i64 id, org_id;
    char title[200], codes[40];
    bool live, listed;
} ModelDoc;

typedef struct ModelHit {
    u32 score; /* On a board. */
    MatchKind kind;
    i64 id;
} ModelHit;

/* Text from few characters, so that terms meet. */
static void random_text(Chance *chance, char *out, size_t words)
{
    static const char *const parts[] = {"石", "墨",   "烯",        "散", "热", "膜", "电", "池",
                                        "的", "一种", "graphene ", "5G", "，", "材", "料"};
    out[0] = 0;
    for (size_t i = 0; i < words; i++)
        strcat(out, parts[chance_below(chance, COUNT(parts))]);
}

static void random_codes(Chance *chance, char *out)
{
    static const char *const codes[] = {"", "H04L 29/06", "H04L 12/00;C01B 32/18", "C01B 31/00"};
    strcpy(out, codes[chance_below(chance, COUNT(codes))]);
}

static Bag model_bag(const ModelDoc *doc)
{
    MatchField fields[] = {{str_from(doc->title), 3, false}, {str_from(doc->codes), 2, true}};
    Bag bag = bag_new(&test_arena);
    bag_add_fields(&bag, fields, COUNT(fields));
    return bag;
}

/* Documents in which each term of the question stands. */
static i64 *model_doc_counts(const Bag *bags, const ModelDoc *docs, size_t doc_count,
                             const Bag *asked)
{
    i64 *counts = ARENA_NEW(&test_arena, i64, asked->count + 1);
    for (size_t t = 0; t < asked->count; t++)
        for (size_t d = 0; d < doc_count; d++)
            counts[t] += docs[d].live && bag_find(&bags[d], asked->items[t].key) != SIZE_MAX;
    return counts;
}

/* Rarities to what each term adds, as match_score.h says: together a board's place at most. */
static u32 *model_factors(const Bag *asked, const i64 *doc_counts, i64 live_count)
{
    u32 *factors = ARENA_NEW(&test_arena, u32, asked->count + 1);
    double sum = 0, full = seg_impact_value(255);
    for (size_t t = 0; t < asked->count; t++)
        sum += bm25_rarity(live_count, doc_counts[t]) * asked_weight(&asked->items[t]) * full;
    double scale = (65535 - (double)asked->count) / sum;
    for (size_t t = 0; t < asked->count; t++)
        factors[t] = (u32)(bm25_rarity(live_count, doc_counts[t]) * asked_weight(&asked->items[t]) *
                           full * scale);
    return factors;
}

static u32 model_score(const Bag *doc, const Bag *asked, const u32 *factors)
{
    u32 score = 0;
    bool strong_asked = false, strong_found = false;
    for (size_t t = 0; t < asked->count; t++) {
        u64 key = asked->items[t].key;
        bool strong = key >> 60 != TERM_CHAR && key >> 60 != TERM_EDGE;
        strong_asked |= strong;
        size_t place = bag_find(doc, key);
        if (place == SIZE_MAX)
            continue;
        strong_found |= strong;
        double tf = doc->items[place].weight;
        double length = (double)bag_total(doc);
        u32 impact = seg_impact(tf, length, MODEL_MEAN);
        score += (impact * (factors[t] ? factors[t] : 1) + 255) / 256;
    }
    return strong_asked && !strong_found ? 0 : score;
}

static int model_order(const void *a, const void *b)
{
    const ModelHit *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return left->id < right->id ? -1 : 1;
}

static bool model_wanted(const ModelDoc *doc, const MatchQuery *query)
{
    return doc->live && (!query->kinds || (query->kinds & 1u << doc->kind)) &&
           (!query->listed_only || doc->listed) && (!query->org_id || doc->org_id == query->org_id);
}

static size_t model_search(const ModelDoc *docs, size_t doc_count, const MatchQuery *query,
                           ModelHit *hits)
{
    Bag *bags = ARENA_NEW(&test_arena, Bag, doc_count);
    i64 live_count = 0;
    for (size_t d = 0; d < doc_count; d++) {
        bags[d] = model_bag(&docs[d]);
        live_count += docs[d].live;
    }
    TermList list = {0};
    text_terms(&test_arena, query->text, true, &list);
    Bag asked = bag_new(&test_arena);
    for (size_t i = 0; i < list.count; i++)
        bag_add(&asked, list.terms[i].key, 1);
    const u32 *factors =
        model_factors(&asked, model_doc_counts(bags, docs, doc_count, &asked), live_count);

    size_t count = 0;
    for (size_t d = 0; d < doc_count; d++) {
        if (!model_wanted(&docs[d], query))
            continue;
        u32 score = model_score(&bags[d], &asked, factors);
        if (score > 0)
            hits[count++] = (ModelHit){score, docs[d].kind, docs[d].id};
    }
    qsort(hits, count, sizeof *hits, model_order);
    return count;
}

static void model_put(MatchIndex *index, Chance *chance, ModelDoc *doc)
{
    random_text(chance, doc->title, 1 + (size_t)chance_below(chance, 12));
    random_codes(chance, doc->codes);
    doc->live = true;
    doc->listed = chance_below(chance, 2);
    doc->org_id = 1 + chance_below(chance, 3);
    MatchField fields[] = {{str_from(doc->title), 3, false}, {str_from(doc->codes), 2, true}};
    MatchDoc put_doc = {doc->kind,   doc->id,     fields,           COUNT(fields),
                        doc->listed, doc->org_id, .field_code = {0}};
    assert_int_equal(match_put(&cx, index, &put_doc), ERR_OK);
}

static void compare_with_model(MatchIndex *index, const ModelDoc *docs, size_t doc_count,
                               const MatchQuery *query)
{
    ModelHit *expect = ARENA_NEW(&test_arena, ModelHit, doc_count);
    size_t count = model_search(docs, doc_count, query, expect);
    MatchAnswer answer = ask(index, *query);
    assert_int_equal(answer.total, count);
    size_t left = count > query->offset ? count - query->offset : 0;
    assert_int_equal(answer.count, left < query->limit ? left : query->limit);
    for (size_t i = 0; i < answer.count; i++) {
        const ModelHit *hit = &expect[query->offset + i];
        assert_true(i == 0 || (hit->score < hit[-1].score) ==
                                  (answer.hits[i].score < answer.hits[i - 1].score));
        assert_int_equal(hit->kind, answer.hits[i].kind);
        assert_int_equal(hit->id, answer.hits[i].id);
        int percent_sum = 0;
        for (size_t r = 0; r < answer.hits[i].reason_count; r++)
            percent_sum += answer.hits[i].reasons[r].percent;
        assert_in_range(percent_sum, 0, 100 + MATCH_REASONS_MAX);
        assert_in_range(answer.hits[i].percent, 0, 100);
    }
}

/* Puts, replaces and drops documents, and compares one search after each round of that. */
static void play_with_model(u64 seed, size_t doc_count, int rounds, i64 offset_max)
{
    ArenaMark mark = arena_mark(&test_arena);
    Chance chance = {.seeded = true, .state = seed};
    MatchIndex *index = match_open();
    index_fix_mean(index, MODEL_MEAN);
    ModelDoc *docs = ARENA_NEW(&test_arena, ModelDoc, doc_count);
    for (size_t d = 0; d < doc_count; d++)
        docs[d].kind = (MatchKind)(1 + d % 3), docs[d].id = (i64)(d / 3) + 1;
    for (int round = 0; round < rounds; round++) {
        for (size_t change = 0; change < doc_count * 3 / 4; change++) {
            ModelDoc *doc = &docs[chance_below(&chance, (i64)doc_count)];
            if (chance_below(&chance, 4) > 0) {
                model_put(index, &chance, doc);
            } else {
                match_drop(index, doc->kind, doc->id);
                doc->live = false;
            }
            if (chance_below(&chance, 50) == 0)
                match_settle(index);
        }
        while (chance_below(&chance, 2) && match_tend(index))
            ;
        char text[200];
        random_text(&chance, text, 1 + (size_t)chance_below(&chance, 8));
        if (chance_below(&chance, 3) == 0)
            strcat(text, " H04L 29/00");
        MatchQuery query = {.text = str_copy(&test_arena, str_from(text)),
                            .kinds = (unsigned)chance_below(&chance, 2) * MATCH_OF_NEEDS,
                            .listed_only = chance_below(&chance, 2),
                            .org_id = chance_below(&chance, 3),
                            .offset = (size_t)chance_below(&chance, offset_max),
                            .limit = 1 + (size_t)chance_below(&chance, 30)};
        ArenaMark round_mark = arena_mark(&test_arena);
        compare_with_model(index, docs, doc_count, &query);
        query.kinds = 0, query.listed_only = false, query.org_id = 0;
        compare_with_model(index, docs, doc_count, &query);
        arena_rewind(&test_arena, round_mark);
    }
    match_close(index);
    arena_rewind(&test_arena, mark);
}

static void test_ranking_equals_model(void **state)
{
    (void)state;
    for (u64 seed = 1; seed <= 12; seed++)
        play_with_model(seed, MODEL_DOCS, 8, 20);
}

/* Characters of common use add to hits in the first segment and in the last, none between. */
static void test_segments_without_hits(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    for (i64 id = 1; id <= MODEL_DOCS_MANY; id++) {
        put(index, MATCH_PATENT, id, id == 2 || id == MODEL_DOCS_MANY - 2 ? "石墨" : "石膏", "");
        if (id % 1000 == 0)
            match_settle(index);
    }
    MatchAnswer answer = ask_text(index, "石墨");
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.hits[0].id, 2);
    assert_int_equal(answer.hits[1].id, MODEL_DOCS_MANY - 2);
    assert_true(!(answer.hits[0].score > answer.hits[1].score));
    match_close(index);
}

/* Documents of several segments, and pages so deep that the worst of the best are cut. */
static void test_segments_equal_model(void **state)
{
    (void)state;
    for (u64 seed = 20; seed < 24; seed++)
        play_with_model(seed, MODEL_DOCS_MANY, 4, 900);
}

/* Many questions at once, more than one round of them, among them empty ones and filters: each gets
 * what it gets alone. One that asks too deep spoils the call before anything is searched. */
static void test_all_equal_alone(void **state)
{
    enum { QUESTIONS = 300 };
    (void)state;
    static MatchQuery queries[QUESTIONS];
    static MatchAnswer answers[QUESTIONS];
    Chance chance = {.seeded = true, .state = 31};
    MatchIndex *index = match_open();
    static ModelDoc docs[MODEL_DOCS_MANY];
    for (size_t d = 0; d < COUNT(docs); d++) {
        docs[d] = (ModelDoc){.kind = (MatchKind)(1 + d % 3), .id = (i64)(d / 3) + 1};
        model_put(index, &chance, &docs[d]);
        if (d % 1000 == 999)
            match_settle(index);
    }
    size_t found = 0;
    for (size_t q = 0; q < QUESTIONS; q++) {
        char text[200] = "";
        if (q % 50)
            random_text(&chance, text, 1 + (size_t)chance_below(&chance, 8));
        queries[q] = (MatchQuery){.text = str_copy(&test_arena, str_from(text)),
                                  .kinds = q % 3 ? 0 : MATCH_OF_NEEDS,
                                  .listed_only = q % 5 == 0,
                                  .offset = q % 7,
                                  .limit = 1 + q % 20};
    }
    assert_int_equal(match_search_all(&cx, index, queries, QUESTIONS, answers), ERR_OK);
    for (size_t q = 0; q < QUESTIONS; q++) {
        MatchAnswer alone = ask(index, queries[q]);
        assert_int_equal(alone.total, answers[q].total);
        assert_int_equal(alone.count, answers[q].count);
        assert_int_equal(!alone.note, !answers[q].note);
        for (size_t i = 0; i < alone.count; i++, found++) {
            assert_int_equal(alone.hits[i].kind, answers[q].hits[i].kind);
            assert_int_equal(alone.hits[i].id, answers[q].hits[i].id);
            assert_int_equal(alone.hits[i].percent, answers[q].hits[i].percent);
            assert_int_equal(alone.hits[i].reason_count, answers[q].hits[i].reason_count);
        }
    }
    assert_true(found > QUESTIONS);
    queries[QUESTIONS - 1].limit = MATCH_DEPTH_MAX + 1;
    assert_int_equal(match_search_all(&cx, index, queries, QUESTIONS, answers), ERR_LIMIT);
    match_close(index);
}

/* ---- Reasons of hits that lie far apart ---- */

/* Every page of the hits: in order of their ids, each with the whole phrase as its one reason. */
static void all_have_the_phrase(MatchIndex *index, Str question, i64 apart, i64 count)
{
    for (i64 first = 0; first < count; first += 10) {
        MatchAnswer page =
            ask(index, (MatchQuery){.text = question, .offset = (size_t)first, .limit = 10});
        assert_int_equal(page.total, count);
        assert_int_equal(page.count, count - first < 10 ? count - first : 10);
        for (size_t i = 0; i < page.count; i++) {
            assert_int_equal(page.hits[i].id, (first + (i64)i + 1) * apart);
            assert_int_equal(page.hits[i].reason_count, 1);
            assert_str(page.hits[i].reasons[0].text, "石墨烯散热膜");
            assert_int_equal(page.hits[i].reasons[0].percent, 100);
        }
    }
}

static void test_reasons_far_apart(void **state)
{
    (void)state;
    enum { APART = 97, HITS = MODEL_DOCS_MANY / APART };
    MatchIndex *index = match_open();
    for (i64 id = 1; id <= MODEL_DOCS_MANY; id++)
        put(index, MATCH_PATENT, id, id % APART ? "冷热两用铜管" : "石墨烯散热膜", "");
    all_have_the_phrase(index, S("石墨烯散热膜"), APART, HITS);

    /* As many terms as a question may have. */
    Buf question = buf_new(&test_arena);
    buf_z(&question, "石墨烯散热膜");
    for (int i = 0; i < MATCH_TERMS_MAX; i++)
        buf_format(&question, " w%d", i);
    all_have_the_phrase(index, buf_str(&question), APART, HITS);
    match_close(index);
}

/* Dead documents are swept out: the index must not grow by being rewritten for ever. */
static void test_rewriting_does_not_grow(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    i64 bytes_then = 0;
    for (int round = 0; round < 60; round++) {
        for (i64 id = 1; id <= 500; id++)
            put(index, MATCH_PATENT, id, "石墨烯散热膜 graphene film", "C01B 32/18");
        while (match_tend(index))
            ;
        if (round == 10)
            bytes_then = match_stats(index).bytes;
    }
    MatchStats stats = match_stats(index);
    assert_int_equal(stats.doc_count, 500);
    assert_in_range(stats.dead_count, 0, 1600);
    assert_true(stats.bytes <= bytes_then * 2);
    assert_int_equal(ask_text(index, "石墨烯").total, 500);
    for (i64 id = 1; id <= 500; id++)
        match_drop(index, MATCH_PATENT, id);
    match_drop(index, MATCH_PATENT, 12345); /* Not there: no error. */
    assert_int_equal(match_stats(index).doc_count, 0);
    assert_int_equal(ask_text(index, "石墨烯").total, 0);
    match_close(index);
}

/* ---- What is asked and answered ---- */

static void test_filters(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    for (i64 id = 1; id <= 12; id++)
        put(index, (MatchKind)(1 + id % 3), id, "石墨烯", "");
    MatchField field = {S("石墨烯"), 3, false};
    MatchDoc secret = {MATCH_PATENT, 100, &field, 1, .listed = false, .org_id = 7};
    assert_int_equal(match_put(&cx, index, &secret), ERR_OK);
    Str text = S("石墨烯");
    assert_int_equal(ask(index, (MatchQuery){.text = text}).total, 13);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .listed_only = true}).total, 12);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .kinds = MATCH_OF_NEEDS}).total, 4);
    assert_int_equal(
        ask(index, (MatchQuery){.text = text, .kinds = MATCH_OF_NEEDS | MATCH_OF_PATENTS}).total,
        9);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .org_id = 7}).total, 1);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .org_id = 1}).total, 4);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .not_org_id = 7}).total, 12);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .field_code = S("odd")}).total, 6);
    assert_int_equal(ask(index, (MatchQuery){.text = text, .field_code = S("none")}).total, 0);
    match_close(index);
}

static void test_nothing_to_search_for(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "一种石墨烯的制备", "");
    // clang-format off
    static const struct { const char *text, *note; i64 total; } rows[] = {
        {"",          "match.query_empty",      0},
        {" ，。! ",    "match.query_empty",      0},
        {"的",        "match.query_stop_words", 0},
        {"的和与",     "match.query_stop_words", 0},
        {"the of",    "match.query_stop_words", 0},
        {"铜",        NULL,                     0},
        {"石",        NULL,                     1},
        {"石墨",      NULL,                     1},
        {"石铜",      NULL,                     0}, /* One character of a pair is no hit. */
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        MatchAnswer answer = ask_text(index, rows[i].text);
        if (rows[i].note)
            assert_string_equal(answer.note, rows[i].note);
        else
            assert_null(answer.note);
        assert_int_equal(answer.total, rows[i].total);
        assert_int_equal(answer.count, rows[i].total);
    }
    assert_int_equal(ask(index, (MatchQuery){.text = S("石铜"), .loose = true}).total, 1);
    match_close(index);
}

static void test_empty_index(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    MatchAnswer answer = ask_text(index, "石墨烯");
    assert_int_equal(answer.total, 0);
    assert_null(answer.note);
    match_close(index);
}

static void test_paging(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    for (i64 id = 95; id >= 1; id--) /* The best comes last. */
        put(index, MATCH_PATENT, id, "石墨烯", "");
    i64 next_id = 1;
    for (size_t offset = 0; offset <= 100; offset += 10) {
        MatchAnswer page =
            ask(index, (MatchQuery){.text = S("石墨烯"), .offset = offset, .limit = 10});
        assert_int_equal(page.total, 95);
        for (size_t i = 0; i < page.count; i++) /* Equal scores: by id. */
            assert_int_equal(page.hits[i].id, next_id++);
    }
    assert_int_equal(next_id, 96);
    MatchAnswer answer = {.total = 7};
    MatchQuery deep = {.text = S("石墨"), .offset = MATCH_DEPTH_MAX, .limit = 1};
    assert_int_equal(match_search(&cx, index, &deep, &answer), ERR_LIMIT);
    assert_string_equal(cx.err.key, "match.too_deep");
    assert_int_equal(answer.total, 7);
    err_clear(&cx);
    match_close(index);
}

static Str reasons_shown(const MatchHit *hit)
{
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < hit->reason_count; i++)
        buf_format(&out, "%s%s%.*s", i ? "|" : "",
                   hit->reasons[i].kind == MATCH_REASON_CODE ? "=" : "",
                   STR_ARG(hit->reasons[i].text));
    return buf_str(&out);
}

static void test_reasons(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "石墨烯散热膜的制备方法", "C01B 32/18");
    put(index, MATCH_PATENT, 2, "一种铜合金冷却装置", "C22C 9/00");
    put(index, MATCH_PATENT, 3, "LiFePO4正极材料", "H01M 4/58");
    put(index, MATCH_PATENT, 4, "技术", "");
    for (i64 id = 5; id < 30; id++)
        put(index, MATCH_PATENT, id, "陶瓷花盆", "A47G 7/02");
    // clang-format off
    static const struct { const char *text; i64 id; const char *reasons; } rows[] = {
        {"石墨烯散热膜",               1, "石墨烯散热膜"},
        {"寻找石墨烯的散热膜",          1, "散热膜|石墨烯"},
        {"需要一种石墨烯材料",          1, "石墨烯"},
        {"石墨烯",                    1, "石墨烯"},
        {"石墨烯膜，石墨烯散热",         1, "石墨烯散热"},
        {"lifepo4",                   3, "lifepo4"},
        {"ＬＩＦＥＰＯ４ 正极",         3, "正极|ＬＩＦＥＰＯ４"},
        {"C01B 32/00",                1, "=C01B 32"},
        {"C01B 99/00",                1, "=C01B"},
        {"技术",                      4, "技术"}, /* Dull, but all there is. */
        {"最好不要做散热膜的",          1, "散热膜"},
        {"我们有一种冷却的花盆",        2, "冷却"}, /* Not 一种冷却. */
        {"铜合金材质",                2, "铜合金"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        MatchAnswer answer = ask_text(index, rows[i].text);
        assert_true(answer.count > 0);
        assert_int_equal(answer.hits[0].id, rows[i].id);
        assert_str(reasons_shown(&answer.hits[0]), rows[i].reasons);
    }
    words_leave_out(true); /* Without a dictionary a run is shown as it is. */
    assert_str(reasons_shown(&ask_text(index, "最好不要做散热膜的").hits[0]), "散热膜");
    assert_str(reasons_shown(&ask_text(index, "散热膜高").hits[0]), "散热膜");
    words_leave_out(false);
    /* Alone, a phrase that is all of the question is all of the reason. */
    MatchHit hit = ask_text(index, "石墨烯").hits[0];
    assert_int_equal(hit.reasons[0].percent, 100);
    MatchHit bare = ask(index, (MatchQuery){.text = S("石墨烯"), .no_reasons = true}).hits[0];
    assert_int_equal(bare.id, hit.id);
    assert_int_equal(bare.percent, hit.percent);
    assert_int_equal(bare.reason_count, 0);
    match_close(index);
}

static void test_percent_of_self(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "石墨烯散热膜", "");
    put(index, MATCH_PATENT, 2, "石墨坩埚", "");
    for (i64 id = 3; id < 30; id++)
        put(index, MATCH_PATENT, id, "陶瓷花盆与支架", "");
    MatchAnswer answer = ask_text(index, "石墨烯散热膜");
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.hits[0].id, 1);
    assert_in_range(answer.hits[0].percent, 99, 100);
    assert_in_range(answer.hits[1].percent, 3, 40);
    match_close(index);
}

/* A record that asks: its title weighs more than its text, and its class counts. */
/* Of two that share as much with the question the one comes first that is like what was found; what
 * is only like that is no hit, and no reason comes from it. */
static void test_widened(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "激光切割碳纤维复合材料", "");
    put(index, MATCH_PATENT, 2, "激光打标玻璃器皿盖子边", "");
    put(index, MATCH_PATENT, 3, "激光打标碳纤维复合材料", "");
    put(index, MATCH_PATENT, 4, "水洗碳纤维复合材料设备", "");
    for (i64 id = 10; id < 40; id++)
        put(index, MATCH_PATENT, id, "农田灌溉水泵", "");
    MatchQuery query = {.text = S("激光切割")};
    MatchAnswer plain = ask(index, query);
    assert_int_equal(plain.count, 3);
    assert_int_equal(plain.hits[0].id, 1);
    assert_int_equal(plain.hits[1].id, 2);
    assert_true(!(plain.hits[1].score > plain.hits[2].score));
    MatchField found = {S("激光切割碳纤维复合材料"), 3, false};
    MatchTold told = {plain.hits[0].score, &found, 1};
    query.widen = match_widen(&cx, index, &told, 1);
    MatchAnswer wide = ask(index, query);
    assert_int_equal(wide.count, 3);
    assert_int_equal(wide.hits[0].id, 1);
    assert_int_equal(wide.hits[1].id, 3);
    assert_true(wide.hits[1].score > wide.hits[2].score);
    assert_int_equal(wide.hits[1].reason_count, 1);
    assert_str(wide.hits[1].reasons[0].text, "激光");
    query.widen = match_widen(&cx, index, NULL, 0);
    assert_int_equal(ask(index, query).hits[1].id, 2);
    match_close(index);
}

static void test_question_in_fields(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "铜合金", "");
    put(index, MATCH_PATENT, 2, "石墨烯", "");
    put(index, MATCH_PATENT, 3, "陶瓷", "C22C 9/00");
    MatchField fields[] = {{S("石墨烯"), 5, false}, {S("铜合金"), 1, false}};
    MatchAnswer answer = ask(index, (MatchQuery){.fields = fields, .field_count = COUNT(fields)});
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.hits[0].id, 2);
    MatchField codes[] = {{S("C22C 9/06(2006.01)I"), 2, true}};
    answer = ask(index, (MatchQuery){.fields = codes, .field_count = 1});
    assert_int_equal(answer.count, 1);
    assert_int_equal(answer.hits[0].id, 3);
    assert_str(reasons_shown(&answer.hits[0]), "=C22C 9");
    match_close(index);
}

static void test_replace(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 1, "石墨烯", "");
    put(index, MATCH_NEED, 1, "石墨烯", "");
    put(index, MATCH_PATENT, 1, "铜合金", "");
    assert_int_equal(ask_text(index, "石墨烯").total, 1);
    assert_int_equal(ask_text(index, "石墨烯").hits[0].kind, MATCH_NEED);
    assert_int_equal(ask_text(index, "铜合金").total, 1);
    match_drop(index, MATCH_PATENT, 1);
    assert_int_equal(ask_text(index, "铜合金").total, 0);
    put(index, MATCH_PATENT, 1, "铜合金", "");
    assert_int_equal(ask_text(index, "铜合金").total, 1);
    match_close(index);
}

/* ---- Threads ---- */

typedef struct Crew {
    MatchIndex *index;
    atomic_bool stop;
    atomic_int search_count;
    atomic_int wrong_count;
} Crew;

/* Documents 1 to 50 stay; 51 to 100 come and go and change. A reader must always see the first
 * fifty, and no hit twice. */
static void *crew_search(void *arg)
{
    Crew *crew = arg;
    while (!atomic_load(&crew->stop) || atomic_load(&crew->search_count) < 20) {
        Arena arena = {0};
        Cx reader = {.arena = &arena};
        MatchQuery query = {.text = S("石墨烯"), .limit = 200};
        MatchAnswer answer = {0};
        bool seen[101] = {false};
        Err e = match_search(&reader, crew->index, &query, &answer);
        bool wrong =
            e || answer.total < 50 || answer.total > 100 || answer.total != (i64)answer.count;
        int stayed = 0;
        for (size_t i = 0; i < answer.count; i++) {
            wrong |= seen[answer.hits[i].id] || answer.hits[i].reason_count == 0;
            seen[answer.hits[i].id] = true;
            stayed += answer.hits[i].id <= 50;
        }
        wrong |= stayed != 50;
        atomic_fetch_add(&crew->wrong_count, wrong);
        atomic_fetch_add(&crew->search_count, 1);
        arena_done(&arena);
    }
    return NULL;
}

/* Nothing of what is put is found before its end, and then it is as if put one by one: the last
 * of equals stands, in any order of ids, and what was dropped meanwhile is gone. */
static void test_put_many(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    put(index, MATCH_PATENT, 7, "锂电池旧版", "");
    assert_int_equal(ask_text(index, "电池").total, 1);
    match_put_many(index);
    for (i64 id = 1; id <= 3000; id++)
        put(index, MATCH_PATENT, id, "锂电池隔膜", "");
    put(index, MATCH_NEED, 1, "锂电池回收", "");
    put(index, MATCH_PATENT, 2, "钠电池", "");
    match_drop(index, MATCH_PATENT, 9);
    assert_int_equal(ask_text(index, "电池").total, 0);
    match_put_many_end(index);
    assert_int_equal(ask_text(index, "电池").total, 3000);
    assert_int_equal(ask_text(index, "锂").total, 2999);
    assert_int_equal(ask_text(index, "旧版").total, 0);
    assert_int_equal(match_stats(index).segment_count, 2); /* One of them has nothing left. */
    put(index, MATCH_PATENT, 9, "锂电池隔膜", "");
    assert_int_equal(ask_text(index, "锂").total, 3000);
    /* Long texts make segments sooner: what waits is bounded. */
    index->pending_terms_most = 100;
    match_put_many(index);
    for (i64 id = 4001; id <= 4100; id++)
        put(index, MATCH_PATENT, id, "钛合金叶片锻造", "");
    assert_true(ask_text(index, "钛合金").total > 50);
    match_put_many_end(index);
    assert_int_equal(ask_text(index, "钛合金").total, 100);
    match_close(index);
}

static void test_search_while_putting(void **state)
{
    (void)state;
    Crew crew = {.index = match_open()};
    for (i64 id = 1; id <= 50; id++)
        put(crew.index, MATCH_PATENT, id, "石墨烯散热", "");
    pthread_t threads[2];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, crew_search, &crew), 0);
    Chance chance = {.seeded = true, .state = 9};
    for (int i = 0; i < 4000; i++) {
        i64 id = 51 + chance_below(&chance, 50);
        if (chance_below(&chance, 3) == 0)
            match_drop(crew.index, MATCH_PATENT, id);
        else
            put(crew.index, MATCH_PATENT, id, i % 2 ? "石墨烯膜" : "铜合金", "H04L 29/06");
    }
    atomic_store(&crew.stop, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&crew.wrong_count), 0);
    assert_true(atomic_load(&crew.search_count) >= 20);
    match_close(crew.index);
}

/* ---- Real data ---- */

/* A file of the data folder; NULL when there is none. */
static FILE *open_data(const char *name)
{
    const char *folder = getenv("TECHBOURSE_TEST_DATA");
    if (!folder)
        return NULL;
    return fopen(str_z(&test_arena, str_format(&test_arena, "%s/%s", folder, name)), "rb");
}

static bool next_row(FILE *file, Arena *arena, Val **ret)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len = getline(&line, &cap, file);
    Str why;
    *ret = len > 0 ? val_read_json(arena, str_trim(str_copy(arena, (Str){line, (size_t)len})), &why)
                   : NULL;
    free(line);
    return len > 0;
}

static void put_patent(MatchIndex *index, Arena *arena, const Val *row, i64 id)
{
    Buf ipc = buf_new(arena);
    const Val *list = val_get(row, "ipc");
    for (size_t i = 0; i < val_count(list); i++) {
        buf_add(&ipc, val_at(list, i)->s);
        buf_char(&ipc, ';');
    }
    MatchField fields[] = {{val_get_str(row, "title"), 3, false},
                           {val_get_str(row, "applicant"), 1, false},
                           {buf_str(&ipc), 2, true}};
    MatchDoc doc = {MATCH_PATENT, id, fields, COUNT(fields), .listed = true};
    Cx own = {.arena = arena};
    assert_int_equal(match_put(&own, index, &doc), ERR_OK);
}

static void test_size_and_speed(void **state)
{
    (void)state;
    FILE *file = open_data("patents_2019.jsonl");
    if (!file) {
        print_message("not run: TECHBOURSE_TEST_DATA has no patents_2019.jsonl\n");
        skip();
    }
    MatchIndex *index = match_open();
    i64 build_ns = 0, id = 0;
    Arena arena = {0};
    for (Val *row; next_row(file, &arena, &row); arena_reset(&arena)) {
        i64 start_ns = clock_steady_ns();
        put_patent(index, &arena, row, ++id);
        build_ns += clock_steady_ns() - start_ns;
    }
    fclose(file);
    i64 tend_ns = clock_steady_ns();
    while (match_tend(index))
        ;
    tend_ns = clock_steady_ns() - tend_ns;
    static const char *const questions[] = {"石墨烯散热膜", "新能源汽车动力电池的热管理系统",
                                            "污水处理 H04L 29/06", "月饼"};
    i64 search_ns = 0;
    for (int i = 0; i < 40; i++) {
        i64 start_ns = clock_steady_ns();
        MatchAnswer answer = ask_text(index, questions[(size_t)i % COUNT(questions)]);
        search_ns += clock_steady_ns() - start_ns;
        assert_true(answer.total > 0);
        if (i < (int)COUNT(questions))
            print_message("%s: %lld hits, first %lld: %d%% %s\n", questions[i],
                          (long long)answer.total, (long long)answer.hits[0].id,
                          answer.hits[0].percent,
                          str_z(&test_arena, reasons_shown(&answer.hits[0])));
    }
    MatchStats stats = match_stats(index);
    print_message("%lld documents, %lld segments, %lld lists, %.1f MB, built in %.2f s, joined in "
                  "%.2f s, a search %.2f ms\n",
                  (long long)stats.doc_count, (long long)stats.segment_count,
                  (long long)stats.posting_lists, (double)stats.bytes / 1e6, (double)build_ns / 1e9,
                  (double)tend_ns / 1e9, (double)search_ns / 40e6);
    assert_true(stats.bytes < 24 * 1000 * 1000);
    arena_done(&arena);
    match_close(index);
}

/* The file gives titles cut into words; a title is written without blanks. */
static Str join_words(Str words)
{
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < words.len; i++)
        if (words.data[i] != ' ')
            buf_char(&out, words.data[i]);
    return buf_str(&out);
}

enum { POOL_NEEDS_MAX = 400, POOL_PAIRS_MAX = 8000 };

typedef struct Judged {
    Str need, achievement;
    int level;
    i64 id; /* Of the achievement in the index. */
} Judged;

static size_t read_judged(FILE *file, Judged *judged)
{
    char line[400];
    size_t count = 0;
    while (fgets(line, sizeof line, file) && count < POOL_PAIRS_MAX) {
        Str rest = str_trim(str_copy(&test_arena, str_from(line))), need, achievement, level;
        i64 number = 0;
        if (str_split(&rest, '\t', &need) && str_split(&rest, '\t', &achievement) &&
            str_split(&rest, '\t', &level) && str_to_i64(level, &number)) {
            judged[count] = (Judged){need, achievement, (int)number, (i64)count};
            count++;
        }
    }
    return count;
}

static double gain_sum(const int *levels, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count && i < 10; i++)
        sum += (double)((1 << (levels[i] - 1)) - 1) / log2((double)i + 2);
    return sum;
}

static int highest_first(const void *a, const void *b)
{
    return *(const int *)b - *(const int *)a;
}

/* Ranks one need's own pool; -1 when the pool has nothing to find. */
static double need_quality(MatchIndex *index, const Val *need, i64 org_id, const Judged *judged,
                           size_t judged_count)
{
    MatchField fields[] = {{val_get_str(need, "title"), 3, false},
                           {val_get_str(need, "content"), 1, false}};
    MatchAnswer answer = ask(index, (MatchQuery){.fields = fields,
                                                 .field_count = COUNT(fields),
                                                 .org_id = org_id,
                                                 .loose = true,
                                                 .limit = MATCH_DEPTH_MAX});
    int ranked[POOL_PAIRS_MAX], ideal[POOL_PAIRS_MAX];
    bool *placed = ARENA_NEW(&test_arena, bool, judged_count);
    size_t ranked_count = 0, ideal_count = 0;
    for (size_t h = 0; h < answer.count; h++) {
        ranked[ranked_count++] = judged[answer.hits[h].id].level;
        placed[answer.hits[h].id] = true;
    }
    for (size_t i = 0; i < judged_count; i++) {
        if (!str_same(judged[i].need, val_get_str(need, "rid")))
            continue;
        if (!placed[i])
            ranked[ranked_count++] = judged[i].level;
        ideal[ideal_count++] = judged[i].level;
    }
    assert_int_equal(ranked_count, ideal_count);
    qsort(ideal, ideal_count, sizeof *ideal, highest_first);
    double best = gain_sum(ideal, ideal_count);
    return best > 0 ? gain_sum(ranked, ranked_count) / best : -1;
}

/* Puts each judged achievement as its need's own (org_id), so that the need can rank just these. */
static size_t load_needs(FILE *file, Val **needs)
{
    size_t count = 0;
    while (count < POOL_NEEDS_MAX && next_row(file, &test_arena, &needs[count]))
        count++;
    return count;
}

static void test_quality(void **state)
{
    (void)state;
    FILE *needs_file = open_data("needs.jsonl");
    FILE *words_file = open_data("achievements.jsonl");
    FILE *levels_file = open_data("need_achievement_levels.tsv");
    if (!needs_file || !words_file || !levels_file) {
        print_message("not run: TECHBOURSE_TEST_DATA has no needs\n");
        skip();
    }
    Judged *judged = ARENA_NEW(&test_arena, Judged, POOL_PAIRS_MAX);
    Val *needs[POOL_NEEDS_MAX] = {0};
    size_t judged_count = read_judged(levels_file, judged);
    size_t need_count = load_needs(needs_file, needs);
    MatchIndex *index = match_open();
    for (Val *row; next_row(words_file, &test_arena, &row);) {
        for (size_t i = 0; i < judged_count; i++) {
            if (!str_same(judged[i].achievement, val_get_str(row, "aid")))
                continue;
            i64 org_id = 0;
            for (size_t n = 0; n < need_count; n++)
                if (str_same(val_get_str(needs[n], "rid"), judged[i].need))
                    org_id = (i64)n + 1;
            MatchField field = {join_words(val_get_str(row, "title_words")), 3, false};
            MatchDoc doc = {MATCH_ACHIEVEMENT, judged[i].id, &field, 1, .org_id = org_id};
            assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
        }
    }
    double sum = 0;
    int count = 0;
    for (size_t n = 0; n < need_count; n++) {
        double quality = need_quality(index, needs[n], (i64)n + 1, judged, judged_count);
        sum += quality >= 0 ? quality : 0;
        count += quality >= 0;
    }
    print_message("nDCG@10 %.3f over %d needs (plain BM25: .718)\n", sum / count, count);
    assert_true(sum / count > 0.70);
    match_close(index);
    fclose(needs_file);
    fclose(words_file);
    fclose(levels_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranking_equals_model),
        cmocka_unit_test(test_segments_without_hits),
        cmocka_unit_test(test_segments_equal_model),
        cmocka_unit_test(test_all_equal_alone),
        cmocka_unit_test(test_reasons_far_apart),
        cmocka_unit_test(test_rewriting_does_not_grow),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_nothing_to_search_for),
        cmocka_unit_test(test_empty_index),
        cmocka_unit_test(test_paging),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_percent_of_self),
        cmocka_unit_test(test_widened),
        cmocka_unit_test(test_question_in_fields),
        cmocka_unit_test(test_replace),
        cmocka_unit_test(test_put_many),
        cmocka_unit_test(test_search_while_putting),
        cmocka_unit_test(test_size_and_speed),
        cmocka_unit_test(test_quality),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
