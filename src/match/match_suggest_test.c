/* Suggestions while typing, and what was meant. */
#include "match/match_int.h"
#include "match/match_pinyin.h"
#include "match/match_suggest_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
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

static const char *const titles[] = {
    "一种激光切割机",
    "激光切割头的自动调焦装置",
    "用于薄板的激光切割方法",
    "激光雷达",
    "低温锂电池及其制备方法",
    "锂电池隔膜",
    "锂电池",
    "太阳能电池",
    "石墨烯散热膜",
    "石墨烯薄膜",
    "散热膜",
    "绿色包装",
    "一种graphene电极",
    "graphene复合材料",
    "CO2激光器",
    "石墨烯",
};

static Suggest *make_table(MatchIndex *index)
{
    SuggestBuild *build = suggest_new();
    for (size_t i = 0; i < COUNT(titles); i++) {
        MatchField field = {str_from(titles[i]), 4, false};
        MatchDoc doc = {.kind = MATCH_PATENT, .id = (i64)i + 1, .fields = &field, .field_count = 1};
        suggest_title(build, field.text, (i64)i, COUNT(titles));
        suggest_symbol(build, S("B23K 26/38"));
        assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
    }
    suggest_entry(build,
                  &(SuggestEntry){.text = S("云溪市计量研究院"), .kind = SUGGEST_UNIT, .id = 7});
    suggest_entry(build,
                  &(SuggestEntry){.text = S("新能源"), .kind = SUGGEST_FIELD, .code = S("ne")});
    return suggest_made(build, S("mark 7"));
}

static void test_pinyin(void **state)
{
    (void)state;
    static const struct {
        u32 code;
        const char *syllable;
    } cases[] = {{U'激', "ji"}, {U'光', "guang"}, {U'绿', "lu"}, {U'a', ""},
                 {U'，', ""},   {0x4dff, ""},     {0x9fff, ""},  {0x20000, ""}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(pinyin_syllable(cases[i].code), cases[i].syllable);
}

static void test_find(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *first; /* NULL: nothing. */
    } cases[] = {
        {"jgqg", "激光切割"},
        {"JGQG", "激光切割"},
        {"jiguangqie", "激光切割"},
        {"ji guang", "激光"},
        {"激光切", "激光切割"},
        {"ldc", "锂电池"},
        {"lvse", "绿色包装"},
        {"luse", "绿色包装"},
        {"grap", "graphene"},
        {"co2", "CO2"},
        {"b23k", "B23K 26/38"},
        {"yxsjl", "云溪市计量研究院"},
        {"计量", "云溪市计量研究院"},

        {"jlyj", "云溪市计量研究院"},
        {"xny", "新能源"},
        {"光切割", NULL},
        {"一种", NULL},
        {"", NULL},
        {"  ", NULL},
        {"???", NULL},
        {"方法", NULL},
    };
    MatchIndex *index = match_open();
    Suggest *table = make_table(index);
    for (size_t i = 0; i < COUNT(cases); i++) {
        SuggestEntry found[SUGGEST_MOST];
        size_t count = suggest_find(table, &test_arena, str_from(cases[i].typed), found, 5);
        bool wanted =
            cases[i].first ? count > 0 && str_same_z(found[0].text, cases[i].first) : count == 0;
        if (!wanted)
            print_message("%s: %.*s\n", cases[i].typed, count ? (int)found[0].text.len : 1,
                          count ? found[0].text.data : "-");
        assert_true(wanted);
        for (size_t n = 1; n < count; n++)
            assert_true(found[n].kind != found[n - 1].kind || found[n].id != found[n - 1].id ||
                        !str_same(found[n].text, found[n - 1].text));
    }
    suggest_done(table);
    match_close(index);
}

static void test_correct(void **state)
{
    (void)state;
    static const struct {
        const char *words, *meant;
    } cases[] = {
        {"激光切刮", "激光切割"}, /* Another sound, one character. */
        {"机光切割", "激光切割"}, /* The same sound. */
        {"石磨烯", "石墨烯"},
        {"理电迟", "锂电池"}, /* All of the same sound. */
        {"桌子椅子", ""},     /* Nothing comes near. */
        {"锂电迟隔膜", "锂电池隔膜"},
        {"graphne", "graphene"},  /* A letter too few, */
        {"grahpene", "graphene"}, /* two in the wrong order, */
        {"grephane", "graphene"}, /* two wrong ones. */
        {"grxxxxne", ""},
        {"jiguangqiege", "激光切割"},
        {"jgqg", "激光切割"},
        {"graphne 石磨烯", "graphene 石墨烯"},
        {"激光切割", ""},
        {"石墨烯锂电池", ""}, /* Two known words that no title has side by side. */
        {"", ""},
        {"的", ""},
        {"完全不同", ""},
    };
    MatchIndex *index = match_open();
    Suggest *table = make_table(index);
    for (size_t i = 0; i < COUNT(cases); i++) {
        Str meant = suggest_correct(table, index, &test_arena, str_from(cases[i].words));
        if (!str_same_z(meant, cases[i].meant))
            print_message("%s: %.*s\n", cases[i].words, STR_ARG(meant));
        assert_true(str_same_z(meant, cases[i].meant));
    }
    assert_int_equal(suggest_correct(NULL, index, &test_arena, S("激光切刮")).len, 0);
    suggest_done(table);
    match_close(index);
}

/* A run that stands in several titles is a term; a mere part of it is none, nor is what joins. */
static void test_terms(void **state)
{
    (void)state;
    static const char *const parts[] = {"光切割", "激光切", "用于", "一种", "一种激光"};
    MatchIndex *index = match_open();
    Suggest *table = make_table(index);
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_int_equal(suggest_range(table, ORDER_KEY, str_from(parts[i]), true).count, 0);
    assert_int_equal(suggest_range(table, ORDER_KEY, S("激光切割"), true).count, 1);
    suggest_done(table);
    match_close(index);
}

/* The table beside an index: due after each change, kept for who asks until he lets it go. */
static void test_place(void **state)
{
    (void)state;
    MatchIndex *index = match_open();
    assert_true(suggest_due(index));
    assert_false(suggest_due(index));
    assert_null(suggest_begin(index));
    suggest_end(index);
    Suggest *table = make_table(index);
    assert_true(suggest_due(index));
    suggest_install(index, table);
    assert_ptr_equal(suggest_begin(index), table);
    suggest_end(index);
    assert_false(suggest_due(index));
    match_drop(index, MATCH_PATENT, 1);
    assert_true(suggest_due(index));
    assert_false(suggest_kept(index));
    suggest_keep(index);
    assert_true(suggest_kept(index));
    suggest_install(index, NULL);
    match_close(index);
}

/* Saved it answers the same from its file; a file cut or with a byte changed is none. */
static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/tb_suggest_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    MatchIndex *index = match_open();
    Suggest *table = suggest_saved(make_table(index), path);
    SuggestEntry found[2];
    assert_true(table->map_size > 0);
    assert_int_equal(suggest_find(table, &test_arena, S("jgqg"), found, 2), 2);
    assert_str(found[0].text, "激光切割");
    size_t size = table->size;
    u8 *bytes = arena_take_raw(&test_arena, size);
    memcpy(bytes, table->bytes, size);
    suggest_done(table);
    table = suggest_load(path);
    assert_non_null(table);
    assert_str(suggest_mark(table), "mark 7");
    suggest_done(table);
    for (size_t at = 0; at < size; at += 1 + size / 300) {
        u8 kept = bytes[at];
        bytes[at] ^= 0x40;
        assert_null(suggest_around((Arena){0}, bytes, size, false));
        bytes[at] = kept;
        assert_null(suggest_around((Arena){0}, bytes, at, false));
    }
    table = suggest_around((Arena){0}, bytes, size, false);
    assert_non_null(table);
    suggest_done(table);
    unlink(path);
    assert_null(suggest_load(path));
    table = make_table(index);
    assert_ptr_equal(suggest_saved(table, "/nonexistent/suggestions"), table);
    suggest_done(table);
    match_close(index);
}

/* Titles of random bytes, long ones, thousands of them: nothing is read past its end. */
static void test_any_text(void **state)
{
    (void)state;
    Chance chance = {.seeded = true, .state = 3};
    SuggestBuild *build = suggest_new();
    MatchIndex *index = match_open();
    for (i64 i = 0; i < 3000; i++) {
        char text[2000];
        size_t len = (size_t)chance_below(&chance, i % 100 ? 60 : sizeof text);
        for (size_t b = 0; b < len; b++)
            text[b] = (char)chance_below(&chance, 256);
        Str title = i % 3 ? utf8_repair(&test_arena, (Str){text, len}) : (Str){text, len};
        suggest_title(build, title, i, 3000);
        suggest_symbol(build, str_slice(title, 0, 80));
    }
    Suggest *table = suggest_made(build, S("mark 7"));
    for (int i = 0; i < 200; i++) {
        char text[40];
        SuggestEntry found[3];
        for (size_t b = 0; b < sizeof text; b++)
            text[b] = (char)chance_below(&chance, 256);
        Str typed = {text, (size_t)chance_below(&chance, sizeof text)};
        size_t count = suggest_find(table, &test_arena, typed, found, 3);
        assert_true(count <= 3);
        suggest_correct(table, index, &test_arena, typed);
    }
    suggest_done(table);
    match_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pinyin),  cmocka_unit_test(test_find),
        cmocka_unit_test(test_correct), cmocka_unit_test(test_terms),
        cmocka_unit_test(test_place),   cmocka_unit_test(test_any_text),
        cmocka_unit_test(test_file),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
