/* Other names of what a question names: which are found, what they bring in, what is said. */
#include "match/match_expand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static Arena test_arena;
static Cx cx = {.arena = &test_arena};

static int teardown(void **state)
{
    (void)state;
    arena_done(&test_arena);
    return 0;
}

static void put(MatchIndex *index, i64 id, const char *title)
{
    MatchField field = {str_from(title), 3, false};
    MatchDoc doc = {MATCH_PATENT, id, &field, 1, .listed = true};
    assert_int_equal(match_put(&cx, index, &doc), ERR_OK);
}

static MatchAnswer ask(MatchIndex *index, const char *text)
{
    MatchAnswer answer = {0};
    MatchQuery query = {.text = str_from(text), .limit = 10};
    assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
    return answer;
}

static void assert_reasons(const MatchHit *hit, const char *expect)
{
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < hit->reason_count; i++)
        buf_format(&out, "%s%.*s", i ? "|" : "", STR_ARG(hit->reasons[i].text));
    assert_string_equal(str_z(&test_arena, buf_str(&out)), expect);
}

static void use_names(MatchIndex *index, const char *const *groups, size_t count)
{
    SynonymGroup rows[8];
    for (size_t i = 0; i < count; i++)
        rows[i] = (SynonymGroup){str_from(groups[i]), .mild = i > 0};
    synonyms_install(index, synonyms_new(rows, count));
}

static void test_synonyms(void **state)
{
    (void)state;
    static const char *const groups[] = {"锂电池; 锂离子电池", "TC4;Ti-6Al-4V;钛合金TC4",
                                         "可编程控制器;PLC;从未出现的名称", "锂电池;不应使用",
                                         "、;，"};
    MatchIndex *index = match_open();
    put(index, 1, "锂离子电池隔膜");
    put(index, 2, "Ti6Al4V紧固件");
    put(index, 3, "可编程控制器机柜");
    put(index, 4, "温度控制阀");
    put(index, 5, "不应使用之物");
    put(index, 6, "锂电池外壳");
    for (i64 id = 7; id < 30; id++)
        put(index, id, "陶瓷花盆");
    // clang-format off
    static const struct { const char *text; i64 first, total; const char *reasons; } rows[] = {
        {"钛合金TC4",  2, 1, "钛合金TC4 ≈ Ti-6Al-4V"},
        {"tc4 螺栓",   2, 1, "tc4 ≈ Ti-6Al-4V"},
        {"PLC",       3, 1, "PLC ≈ 可编程控制器"}, /* Not what has 控制 alone. */
        {"锂离子电池",  1, 2, "锂离子电池"}, /* The name asked for comes first. */
        {"Ti-6Al-4V", 2, 1, "Ti-6Al-4V"},
    };
    // clang-format on
    assert_int_equal(ask(index, "PLC").total, 0);
    use_names(index, groups, COUNT(groups));
    for (size_t i = 0; i < COUNT(rows); i++) {
        MatchAnswer answer = ask(index, rows[i].text);
        assert_int_equal(answer.total, rows[i].total);
        assert_int_equal(answer.hits[0].id, rows[i].first);
        assert_reasons(&answer.hits[0], rows[i].reasons);
    }
    Synonyms *held = synonyms_take(index); /* As a search on another thread would. */
    synonyms_install(index, NULL);
    assert_int_equal(synonyms_count(held), 4); /* The one of signs alone is empty. */
    synonyms_done(held);
    assert_int_equal(ask(index, "PLC").total, 0);
    match_close(index);
}

/* Any bytes as names and as questions. */
static void test_any_bytes(void **state)
{
    (void)state;
    char bytes[600];
    MatchIndex *index = match_open();
    put(index, 1, "锂离子电池隔膜");
    for (int round = 0; round < 40; round++) {
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(i * 7919 * (size_t)(round + 1) >> 5);
        SynonymGroup groups[] = {{{bytes, 400}, false}, {{bytes + 100, 500}, true}};
        synonyms_install(index, synonyms_new(groups, COUNT(groups)));
        MatchAnswer answer;
        MatchQuery query = {.text = {bytes, sizeof bytes}, .limit = 3};
        assert_int_equal(match_search(&cx, index, &query, &answer), ERR_OK);
    }
    match_close(index);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_synonyms),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
