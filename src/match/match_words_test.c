/* Whole words out of what two texts share, with the dictionary and without. */
#include "match/match_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static Arena test_arena;

static int teardown(void **state)
{
    (void)state;
    arena_done(&test_arena);
    return 0;
}

/* The run between [ and ], as words_within leaves it. */
static Str shown(const char *marked)
{
    Str all = str_from(marked);
    size_t from = (size_t)(strchr(marked, '[') - marked),
           to = (size_t)(strchr(marked, ']') - marked);
    Buf text = buf_new(&test_arena);
    buf_add(&text, str_slice(all, 0, from));
    buf_add(&text, str_slice(all, from + 1, to));
    buf_add(&text, str_slice(all, to + 1, all.len));
    WordCuts cuts = words_cut(&test_arena, buf_str(&text));
    MatchRange range = words_within(&test_arena, &cuts, buf_str(&text), from, to - 1);
    return str_slice(buf_str(&text), range.from, range.to);
}

static void test_within(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *marked, *words, *without; } rows[] = {
        {"我想[最好不]要坏",                 "",             "最好不"},
        {"[需要一种激光切割]设备",            "激光切割",      "需要一种激光切割"},
        {"用于低[温焊接]",                   "焊接",         "温焊接"},
        {"采用[激光切]割",                   "激光",         "激光切"},
        {"一种[不锈钢的]管",                 "不锈钢",        "不锈钢的"},
        {"一种[有机磷]农药",                   "有机磷",        "有机磷"},
        {"电[子电]路",                      "",             "子电"},
        {"[graphene]",                     "graphene",     "graphene"},
        {"x[]y",                           "",             ""},
    };
    // clang-format on
    for (int without = 0; without < 2; without++) {
        words_leave_out(without);
        for (size_t i = 0; i < COUNT(rows); i++)
            assert_string_equal(str_z(&test_arena, shown(rows[i].marked)),
                                without ? rows[i].without : rows[i].words);
    }
    words_leave_out(false);
}

/* Any bytes, empty and long texts: places stay within the text. */
static void test_any_bytes(void **state)
{
    (void)state;
    enum { LONG = 70 * 1024 };
    char *bytes = arena_take_raw(&test_arena, LONG);
    for (size_t i = 0; i < LONG; i++)
        bytes[i] = (char)(i * 131 >> 3);
    for (size_t len = 0; len < LONG; len = len * 3 + 1) {
        Str text = {bytes, len};
        WordCuts cuts = words_cut(&test_arena, text);
        assert_true(cuts.len <= len);
        MatchRange range = words_within(&test_arena, &cuts, text, len / 3, len);
        assert_true(range.from <= range.to && range.to <= len);
    }
    Str text = {bytes, LONG};
    WordCuts cuts = words_cut(&test_arena, text);
    assert_true(cuts.len < LONG && words_bound(&cuts, LONG - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_within),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
