/* The figures of judged sets: by hand on small ones, and what is said of files that are not right.
 * */
#include "match/match_eval.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static Arena test_arena;
static Cx cx;
static char folder[] = "/tmp/match_eval.XXXXXX";

static int setup(void **state)
{
    (void)state;
    cx = (Cx){.arena = &test_arena};
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const names[] = {"docs", "queries", "qrels"};
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(str_z(&test_arena, str_format(&test_arena, "%s/%s", folder, names[i])));
    rmdir(folder);
    arena_done(&test_arena);
    return 0;
}

static Str file_of(const char *name, const char *text)
{
    Str path = str_format(&test_arena, "%s/%s", folder, name);
    FILE *file = fopen(str_z(&test_arena, path), "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static Err eval(const char *docs, const char *queries, const char *qrels, bool pool,
                EvalFigures *ret)
{
    EvalFiles files = {file_of("docs", docs), file_of("queries", queries), file_of("qrels", qrels),
                       pool, 0};
    err_clear(&cx);
    return match_eval(&cx, &files, ret);
}

static void assert_near(double got, double want)
{
    if (fabs(got - want) > 1e-9)
        fail_msg("%.12f, not %.12f", got, want);
}

static void test_ndcg(void **state)
{
    (void)state;
    // clang-format off
    static const struct { double ranked[4]; size_t ranked_count; double all[4]; size_t all_count; double want; } cases[] = {
        {{1},       1, {1},       1, 1},
        {{0, 1},    2, {1, 0},    2, 0.63092975357145742},        /* 1 / log2(3) */
        {{3, 7, 0}, 3, {7, 3, 0}, 3, (3 + 7 / 1.5849625007211562) / (7 + 3 / 1.5849625007211562)},
        {{0},       1, {0, 0},    2, 0},
        {{0},       0, {5},       1, 0},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_near(
            eval_ndcg(cases[i].ranked, cases[i].ranked_count, cases[i].all, cases[i].all_count),
            cases[i].want);
}

#define DOCS                                                                                       \
    "{\"id\":\"a\",\"title\":\"石墨烯散热膜\"}\n"                                            \
    "{\"id\":\"b\",\"title\":\"污水处理装置\",\"text\":\"厌氧反应\"}\n"                  \
    "\n"                                                                                           \
    "{\"id\":7,\"text\":\"石墨电极\"}\n"
#define QUERIES                                                                                    \
    "{\"id\":\"q1\",\"text\":\"石墨烯膜的散热\"}\n"                                         \
    "{\"id\":\"q2\",\"title\":\"污水\",\"text\":\"厌氧\"}\n"

static void test_figures(void **state)
{
    (void)state;
    EvalFigures figures;
    /* q1: a, then 7; q2: b alone. */
    assert_int_equal(eval(DOCS, QUERIES, "q1\ta\t3\nq1\t7\t1\nq2\tb\t1\n", false, &figures),
                     ERR_OK);
    assert_near(figures.ndcg, 1);
    assert_near(figures.mrr, 1);
    assert_near(figures.recall, 1);
    assert_int_equal(figures.queries, 2);
    assert_int_equal(figures.docs, 3);
    assert_int_equal(figures.unknown, 0);

    /* q1's right one stands second; q2's is not found, and one with nothing right does not count.
     * */
    assert_int_equal(eval(DOCS, QUERIES, "q1\t7\t1\nq2\ta\t1\n", false, &figures), ERR_OK);
    assert_near(figures.mrr, 0.25);
    assert_near(figures.recall, 0.5);
    assert_near(figures.ndcg, 0.63092975357145742 / 2);
    assert_true(figures.mrr_half > 0);
    assert_int_equal(
        eval(DOCS, QUERIES, "q1\ta\t0\nq2\tb\t1\nq9\tb\t1\nq2\tz\t1\n", false, &figures), ERR_OK);
    assert_int_equal(figures.queries, 1);
    assert_int_equal(figures.unknown, 2);
}

/* Only what was judged is ranked; what no term leads to stands last. */
static void test_pool(void **state)
{
    (void)state;
    EvalFigures figures;
    assert_int_equal(eval(DOCS, QUERIES, "q1\t7\t1\nq1\tb\t0\n", true, &figures), ERR_OK);
    assert_near(figures.mrr, 1);
    assert_int_equal(eval(DOCS, QUERIES, "q1\t7\t0\nq1\tb\t1\nq1\ta\t0\n", true, &figures), ERR_OK);
    assert_near(figures.mrr, 1.0 / 3);
}

/* Two questions without a word of their document, but with words in common: each teaches the
 * other's fold, never its own. */
static void test_folds(void **state)
{
    (void)state;
    static const char queries[] = "{\"id\":\"q1\",\"text\":\"壁虎爬墙\"}\n"
                                  "{\"id\":\"q2\",\"text\":\"墙上的壁虎\"}\n";
    static const char qrels[] = "q1\ta\t1\nq2\ta\t1\n";
    for (i64 folds = 0; folds <= 3; folds++) {
        EvalFiles files = {file_of("docs", DOCS), file_of("queries", queries),
                           file_of("qrels", qrels), false, folds};
        EvalFigures figures;
        assert_int_equal(match_eval(&cx, &files, &figures), ERR_OK);
        assert_near(figures.mrr, folds > 1 ? 1 : 0);
        assert_int_equal(figures.queries, 2);
    }
}

enum { CHOICES = 60, THEMES = 19 }; /* So that the questions of a theme lie in several folds. */

/* The i-th of many words that share no character. */
static Str word_of(i64 i)
{
    Buf out = buf_new(&test_arena);
    for (u32 k = 0; k < 2; k++) {
        u32 code = 0x4e00 + 300 + (u32)i * 2 + k;
        const char bytes[] = {(char)(0xe0 | code >> 12), (char)(0x80 | (code >> 6 & 0x3f)),
                              (char)(0x80 | (code & 0x3f))};
        buf_add(&out, (Str){bytes, sizeof bytes});
    }
    return buf_str(&out);
}

static EvalFigures eval_folds(Buf *docs, Buf *queries, Buf *qrels, bool pool, i64 folds)
{
    EvalFiles files = {file_of("docs", str_z(&test_arena, buf_str(docs))),
                       file_of("queries", str_z(&test_arena, buf_str(queries))),
                       file_of("qrels", str_z(&test_arena, buf_str(qrels))), pool, folds};
    EvalFigures figures;
    err_clear(&cx);
    assert_int_equal(match_eval(&cx, &files, &figures), ERR_OK);
    return figures;
}

/* Where people call a thing by other words, documents learn these; where the words of other
 * questions lead astray, they do not. Both are found inside the folds that teach. */
static void test_texts_chosen(void **state)
{
    (void)state;
    for (int helpful = 0; helpful < 2; helpful++) {
        Buf docs = buf_new(&test_arena), queries = buf_new(&test_arena),
            qrels = buf_new(&test_arena);
        for (i64 d = 0; d < THEMES; d++)
            buf_add(&docs,
                    str_format(&test_arena, "{\"id\":\"d%lld\",\"title\":\"%.*s%.*s\"}\n",
                               (long long)d, STR_ARG(word_of(d)), STR_ARG(word_of(200 + d))));
        for (i64 q = 0; q < CHOICES; q++) {
            i64 right = q % THEMES, said = helpful ? 100 + right : right;
            /* Words that came with another document before. */
            i64 other = helpful ? said : 200 + (right + q / THEMES * 7) % THEMES;
            buf_add(&queries,
                    str_format(&test_arena, "{\"id\":\"q%lld\",\"text\":\"%.*s，%.*s\"}\n",
                               (long long)q, STR_ARG(word_of(said)), STR_ARG(word_of(other))));
            buf_add(&qrels,
                    str_format(&test_arena, "q%lld\td%lld\t1\n", (long long)q, (long long)right));
        }
        double alone = eval_folds(&docs, &queries, &qrels, false, 0).ndcg;
        double folds = eval_folds(&docs, &queries, &qrels, false, 5).ndcg;
        if (helpful ? !(alone < 0.01 && folds > 0.99) : folds < alone - 1e-9)
            fail_msg("helpful %d: %.4f alone, %.4f with folds", helpful, alone, folds);
    }
}

/* The right one is always the longer one, which a text score holds against it: folds learn that;
 * without folds nothing is learnt. Where the gains follow no rule the order stays. */
static void test_weights_learnt(void **state)
{
    (void)state;
    for (int rule = 0; rule < 2; rule++) {
        Buf docs = buf_new(&test_arena), queries = buf_new(&test_arena),
            qrels = buf_new(&test_arena);
        for (i64 q = 0; q < CHOICES; q++) {
            long long n = (long long)q;
            Str word = word_of(q), more = word_of(500 + q);
            bool long_right = rule || q * 7 % 11 < 5;
            buf_add(&docs,
                    str_format(&test_arena,
                               "{\"id\":\"l%lld\",\"title\":\"%.*s\",\"text\":\"%.*s%.*s\"}\n"
                               "{\"id\":\"s%lld\",\"title\":\"%.*s\"}\n",
                               n, STR_ARG(word), STR_ARG(more), STR_ARG(more), n, STR_ARG(word)));
            buf_add(&queries, str_format(&test_arena, "{\"id\":\"q%lld\",\"text\":\"%.*s\"}\n", n,
                                         STR_ARG(word)));
            buf_add(&qrels, str_format(&test_arena, "q%lld\tl%lld\t%d\nq%lld\ts%lld\t%d\n", n, n,
                                       long_right, n, n, !long_right));
        }
        double alone = eval_folds(&docs, &queries, &qrels, true, 0).mrr;
        double folds = eval_folds(&docs, &queries, &qrels, true, 5).mrr;
        if (rule ? !(alone < 0.51 && folds > 0.99) : fabs(folds - alone) > 1e-9)
            fail_msg("rule %d: %.4f alone, %.4f with folds", rule, alone, folds);
    }
}

static void test_wrong_files(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *docs, *queries, *qrels, *where; } cases[] = {
        {"{\"id\":\"a\"}\nnot json\n", QUERIES, "", "docs:2"},
        {"[1]\n",                      QUERIES, "", "docs:1"},
        {DOCS, "{\"text\":\"no id\"}\n",        "", "queries:1"},
        {DOCS, QUERIES, "q1\ta\t1\nq1 a 1\n",       "qrels:2"},
        {DOCS, QUERIES, "q1\ta\tmuch\n",            "qrels:1"},
        {DOCS, QUERIES, "q1\ta\t-1\n",              "qrels:1"},
        {DOCS, QUERIES, "q1\ta\tnan\n",             "qrels:1"},
        {DOCS, QUERIES, "q1\ta\n",                  "qrels:1"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        EvalFigures figures;
        assert_int_equal(eval(cases[i].docs, cases[i].queries, cases[i].qrels, false, &figures),
                         ERR_INPUT);
        assert_string_equal(cx.err.key, "eval.bad_line");
        assert_true(str_has(cx.err.args[0], str_from(cases[i].where)));
    }
    EvalFigures figures;
    EvalFiles none = {S("/no/such/file"), S("/no/such/file"), S("/no/such/file"), false, 0};
    err_clear(&cx);
    assert_int_equal(match_eval(&cx, &none, &figures), ERR_IO);
    assert_int_equal(eval("", "", "", false, &figures), ERR_OK);
    assert_int_equal(figures.queries, 0);
}

/* With vectors of the documents the figures are of the same questions; of few documents nothing is
 * learnt, and words alone answer. */
static void test_vectors(void **state)
{
    (void)state;
    for (int count = 5; count <= 60; count += 55) {
        Buf docs = buf_new(&test_arena), queries = buf_new(&test_arena),
            qrels = buf_new(&test_arena);
        for (int i = 0; i < count; i++) {
            buf_format(&docs, "{\"id\":\"d%d\",\"title\":\"top%d w%d v%d u%d\"}\n", i, i % 5, i,
                       i % 7, i % 11);
            buf_format(&queries, "{\"id\":\"q%d\",\"text\":\"w%d top%d\"}\n", i, i, i % 5);
            buf_format(&qrels, "q%d\td%d\t1\n", i, i);
        }
        EvalFiles files = {file_of("docs", str_z(&test_arena, buf_str(&docs))),
                           file_of("queries", str_z(&test_arena, buf_str(&queries))),
                           file_of("qrels", str_z(&test_arena, buf_str(&qrels)))};
        EvalFigures words, fused;
        assert_int_equal(match_eval(&cx, &files, &words), ERR_OK);
        files.vectors = true;
        assert_int_equal(match_eval(&cx, &files, &fused), ERR_OK);
        assert_int_equal(fused.queries, count);
        assert_true(words.mrr > 0.99 && fused.mrr > 0.9); /* What words find clearly stays. */
        if (count < 20)
            assert_true(!(fused.mrr < words.mrr));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ndcg),         cmocka_unit_test(test_figures),
        cmocka_unit_test(test_pool),         cmocka_unit_test(test_folds),
        cmocka_unit_test(test_vectors),      cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_texts_chosen), cmocka_unit_test(test_weights_learnt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
