/* The learner on pairs whose answer is known: a planted weight is found, noise changes nothing. And
 * hits in a model's order. */
#include "match/match_learn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { PAIRS = 2000, ROWS = 2 * PAIRS };

static double rows[ROWS][MATCH_FEATURES];
static LearnPair pairs[PAIRS];

/* About -1.7 to 1.7, mean 0, spread 1. */
static double chance(u64 *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*seed >> 40) / (1 << 24) * 2 - 1) * sqrt(3);
}

/* Pairs that `planted` tells apart, `wrong` of a hundred turned round. */
static void make_pairs(u64 seed, const MatchModel *planted, double wrong)
{
    for (size_t i = 0; i < ROWS; i++)
        for (size_t f = 0; f < MATCH_FEATURES; f++)
            rows[i][f] = chance(&seed);
    for (size_t i = 0; i < PAIRS; i++) {
        const double *a = rows[2 * i], *b = rows[2 * i + 1];
        bool first = match_model_score(planted, a) > match_model_score(planted, b);
        if ((chance(&seed) / sqrt(3) + 1) * 50 < wrong)
            first = !first;
        pairs[i] = first ? (LearnPair){a, b, 1} : (LearnPair){b, a, 1};
    }
}

static double length_of(const MatchModel *model)
{
    double squares = 0;
    for (size_t f = 0; f < MATCH_FEATURES; f++)
        squares += model->weights[f] * model->weights[f];
    return sqrt(squares);
}

static void test_planted(void **state)
{
    (void)state;
    // clang-format off
    static const struct { MatchModel planted; double wrong, least; } cases[] = {
        {{{[MATCH_F_COVER] = 1}},                                              0,  0.99},
        {{{[MATCH_F_TEXT] = 1, [MATCH_F_TITLE] = 1}},                          10, 0.97},
        {{{[MATCH_F_TEXT] = 1, [MATCH_F_LENGTH] = -2}},                        20, 0.95},
        {{{[MATCH_F_TEXT] = 1, [MATCH_F_FIELD] = 1, [MATCH_F_REGION] = 0.5}},  30, 0.90},
    };
    // clang-format on
    MatchModel plain = match_model_plain();
    for (size_t i = 0; i < COUNT(cases); i++) {
        make_pairs(i + 1, &cases[i].planted, cases[i].wrong);
        MatchModel found = match_learn(pairs, PAIRS, &plain, 0.01);
        double same = match_model_score(&found, cases[i].planted.weights) / length_of(&found) /
                      length_of(&cases[i].planted);
        if (same < cases[i].least)
            fail_msg("case %zu: cosine %.4f", i, same);
    }
}

static void test_noise(void **state)
{
    (void)state;
    MatchModel plain = match_model_plain();
    MatchModel other = {{[MATCH_F_TEXT] = 1, [MATCH_F_COVER] = 0.4}};
    for (u64 seed = 1; seed <= 20; seed++) {
        make_pairs(seed, &plain, 50);
        MatchModel found = match_learn(pairs, PAIRS, &plain, 0.01);
        assert_memory_equal(&found, &plain, sizeof found);
        /* What the weights in use say already teaches nothing either. */
        make_pairs(seed, &other, 30);
        found = match_learn(pairs, PAIRS, &other, 0.01);
        assert_memory_equal(&found, &other, sizeof found);
    }
    MatchModel none = match_learn(pairs, 0, &other, 0.01);
    assert_memory_equal(&none, &other, sizeof none);
}

static void test_same_bits(void **state)
{
    (void)state;
    MatchModel plain = match_model_plain();
    MatchModel planted = {{[MATCH_F_TEXT] = 1, [MATCH_F_CODES] = 2}};
    make_pairs(7, &planted, 10);
    MatchModel first = match_learn(pairs, PAIRS, &plain, 0.01);
    make_pairs(7, &planted, 10);
    MatchModel again = match_learn(pairs, PAIRS, &plain, 0.01);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_not_equal(&first, &plain, sizeof first);
}

/* A strong pull keeps near to what is in use. */
static void test_pull(void **state)
{
    (void)state;
    MatchModel plain = match_model_plain();
    MatchModel planted = {{[MATCH_F_COVER] = 1}};
    double last = 1e9;
    make_pairs(3, &planted, 10);
    for (double pull = 0.001; pull < 2; pull *= 10) {
        MatchModel found = match_learn(pairs, PAIRS, &plain, pull);
        found.weights[MATCH_F_TEXT] -= 1;
        assert_true(length_of(&found) < last);
        last = length_of(&found);
    }
}

static void test_normalise(void **state)
{
    (void)state;
    double table[3][MATCH_FEATURES] = {{0}};
    for (size_t i = 0; i < 3; i++) {
        table[i][MATCH_F_TEXT] = 10 + (double)i;
        table[i][MATCH_F_LENGTH] = 4;
        table[i][MATCH_F_FRESH] = i == 1 ? (double)NAN : 2000 + (double)i;
        table[i][MATCH_F_MATURITY] = (double)NAN;
    }
    match_normalise(table[0], 3);
    for (size_t i = 0; i < 3; i++) {
        assert_true(fabs(table[i][MATCH_F_TEXT] - ((double)i - 1) * sqrt(1.5)) < 1e-12);
        assert_true(fabs(table[i][MATCH_F_LENGTH]) < 1e-12);
        assert_true(fabs(table[i][MATCH_F_FRESH] - ((double)i - 1)) < 1e-12);
        assert_true(fabs(table[i][MATCH_F_MATURITY]) < 1e-12);
    }
    match_normalise(table[0], 0);
}

static void test_names(void **state)
{
    (void)state;
    for (int f = 0; f < MATCH_FEATURES; f++)
        for (int g = 0; g < f; g++)
            assert_string_not_equal(match_feature_name((MatchFeature)f),
                                    match_feature_name((MatchFeature)g));
}

/* ---- Hits in a model's order ---- */

enum { DOCS = 700, ASKED = 40 };

static Arena test_arena;
static Cx cx = {.arena = &test_arena};

static Str random_words(Chance *chance, i64 words)
{
    static const char *const parts[] = {"石", "墨",   "烯",        "散", "热", "膜", "电", "池",
                                        "的", "一种", "graphene ", "5G", "，", "材", "料"};
    Buf out = buf_new(&test_arena);
    for (i64 i = 0; i < words; i++)
        buf_add(&out, str_from(parts[chance_below(chance, COUNT(parts))]));
    return buf_str(&out);
}

static MatchIndex *random_index(Chance *chance)
{
    static const char *const codes[] = {"", "H04L 29/06", "H04L 12/00;C01B 32/18"};
    MatchIndex *index = match_open();
    for (i64 id = 1; id <= DOCS; id++) {
        const MatchField fields[] = {
            {random_words(chance, 2 + chance_below(chance, 6)), 3, .codes = false},
            {random_words(chance, chance_below(chance, 60)), 1, .codes = false},
            {str_from(codes[chance_below(chance, COUNT(codes))]), 2, .codes = true}};
        const MatchDoc doc = {.kind = MATCH_PATENT,
                              .id = id,
                              .fields = fields,
                              .field_count = COUNT(fields),
                              .field_code = id % 2 ? S("odd") : S("even"),
                              .region = (int)(id % 3) + 11,
                              .maturity = (int)(id % 10),
                              .year = id % 4 ? 2000 + (int)(id % 20) : 0};
        assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
        if (id == DOCS / 2)
            match_settle(index); /* Two segments. */
    }
    return index;
}

static MatchAnswer ask(MatchIndex *index, const MatchQuery *query)
{
    MatchAnswer answer = {0};
    assert_int_equal(match_search(&cx, index, query, &answer), ERR_OK);
    return answer;
}

/* The plain model gives every page as no model gives it; its hits come with features. */
static void test_plain_order(void **state)
{
    (void)state;
    // clang-format off
    static const struct { size_t offset, limit; } pages[] = {{0, 10}, {5, 20}, {90, 30}, {0, 200}, {150, 20}, {690, 100}};
    // clang-format on
    Chance chance = {11};
    MatchIndex *index = random_index(&chance);
    MatchModel plain = match_model_plain();
    for (size_t i = 0; i < ASKED; i++)
        for (size_t p = 0; p < COUNT(pages); p++) {
            MatchField title = {random_words(&chance, 3), 3, .codes = false};
            MatchQuery query = {.text = random_words(&chance, 1 + (i64)i),
                                .fields = &title,
                                .field_count = i % 2,
                                .offset = pages[p].offset,
                                .limit = pages[p].limit};
            MatchAnswer before = ask(index, &query);
            query.model = &plain;
            MatchAnswer after = ask(index, &query);
            assert_int_equal(after.count, before.count);
            assert_int_equal(after.total, before.total);
            for (size_t h = 0; h < before.count; h++) {
                assert_int_equal(after.hits[h].id, before.hits[h].id);
                assert_memory_equal(&after.hits[h].score, &before.hits[h].score, sizeof(double));
                assert_int_equal(after.hits[h].reason_count, before.hits[h].reason_count);
                assert_null(before.hits[h].features);
                assert_true(!after.hits[h].features == (query.offset + h >= MATCH_RERANK));
            }
        }
    match_close(index);
    arena_done(&test_arena);
}

/* Each feature of a record alone decides; the first hundred stay the first hundred. */
/* As if from rows: no two alike in order. */
static Err about(Cx *about_cx, const void *of, const MatchKey *items, size_t count, double *found)
{
    (void)about_cx;
    assert_string_equal(of, "asker");
    for (size_t h = 0; h < count; h++)
        for (i64 f = MATCH_F_PRICE; f < MATCH_FEATURES; f++)
            found[h * MATCH_FEATURES + (size_t)f] = (double)(items[h].id * (f + 3) % 17);
    return ERR_OK;
}

static Err about_fails(Cx *about_cx, const void *of, const MatchKey *items, size_t count,
                       double *found)
{
    (void)of, (void)items, (void)count, (void)found;
    return err_set(about_cx, ERR_IO, NULL, "match.no_file");
}

static void test_model_order(void **state)
{
    (void)state;
    Chance chance = {5};
    MatchIndex *index = random_index(&chance);
    MatchQuery query = {.text = S("石墨烯散热膜 H04L 29/06"),
                        .asker_field = S("odd"),
                        .asker_region = 12,
                        .with_features = true,
                        .about = about,
                        .about_of = "asker",
                        .limit = MATCH_RERANK};
    MatchAnswer plain = ask(index, &query), none;
    assert_int_equal(plain.count, MATCH_RERANK);
    for (int f = 0; f < MATCH_FEATURES; f++) {
        MatchModel model = {.weights = {0}};
        double sum = 0, spread = 0;
        bool seen[DOCS + 1] = {0};
        model.weights[f] = 1;
        query.model = &model;
        MatchAnswer answer = ask(index, &query);
        assert_int_equal(answer.count, MATCH_RERANK);
        for (size_t h = 0; h < answer.count; h++) {
            double value = answer.hits[h].features[f];
            sum += value;
            spread += value * value;
            assert_true(!h || answer.hits[h - 1].features[f] >= value);
            seen[answer.hits[h].id] = true;
        }
        assert_true(fabs(sum) < 1e-6);
        bool differs = f != MATCH_F_WORDS && f != MATCH_F_TITLE && f != MATCH_F_WIDENED &&
                       f != MATCH_F_COVER_TITLE;
        if (fabs(spread - (differs ? MATCH_RERANK : 0)) > MATCH_RERANK * 0.3)
            fail_msg("%s: spread %.3f", match_feature_name((MatchFeature)f), spread);
        for (size_t h = 0; h < plain.count; h++)
            assert_true(seen[plain.hits[h].id]);
        i64 first = answer.hits[0].id;
        assert_true(f != MATCH_F_FIELD || first % 2 == 1);
        assert_true(f != MATCH_F_REGION || first % 3 == 1);
        assert_true(f != MATCH_F_MATURITY || first % 10 == 9);
    }
    query.about = about_fails;
    assert_int_equal(match_search(&cx, index, &query, &none), ERR_IO);
    err_clear(&cx);
    match_close(index);
    arena_done(&test_arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted),     cmocka_unit_test(test_noise),
        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_pull),
        cmocka_unit_test(test_normalise),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_plain_order), cmocka_unit_test(test_model_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
