/* From text to terms, sums of terms, and snippets. */
#include "match/match_int.h"

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

static void assert_str(Str got, const char *expect)
{
    assert_string_equal(str_z(&test_arena, got), expect);
}

/* ---- Terms ---- */

static Str terms_shown(Str text, bool codes_only, bool find_codes)
{
    TermList list = {0};
    if (codes_only)
        code_terms(&test_arena, text, &list);
    else
        text_terms(&test_arena, text, find_codes, &list);
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < list.count; i++) {
        const Term *term = &list.terms[i];
        if (term->kind == TERM_EDGE)
            continue;
        if (buf_str(&out).len)
            buf_char(&out, '|');
        if (term->kind == TERM_CODE)
            buf_format(&out, "=%.*s", STR_ARG(term->code));
        else
            buf_add(&out, str_slice(text, term->from, term->to));
    }
    return buf_str(&out);
}

static void test_terms(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *terms; } rows[] = {
        {"",                  ""},
        {"石墨烯",             "石|石墨|墨|墨烯|烯"},
        {"石墨，烯",           "石|石墨|墨|烯"},
        {"一种石墨",           "一|种石|石|石墨|墨"},
        {"铜的硬度",           "铜|铜的|的硬|硬|硬度|度"},
        {"的了和",             ""},
        {"LiFePO4电池",       "LiFePO4|电|电池|池"},
        {"PM2.5监测",         "PM2.5|监|监测|测"},
        {"5G 通信",           "5G|通|通信|信"},
        {"a study of 3 laws", "study|laws"},
        {"ＡＢＣ１２",          "ＡＢＣ１２"},
        {"C++",               "C"},
        {"x. y",              "x|y"},
        {"カーボン",            "カ|カー|ー|ーボ|ボ|ボン|ン"},
        {"μ粒子 Ångström",     "μ|粒|粒子|子|Ångström"},
        {"H04L 29/06",        "H04L|29|06"},
        {"10³倍",             "10|倍"},
        {"Ⅲ型",               "Ⅲ|型"},
        {"①电",               "电"},
        {"Nafion™",           "Nafion"},
        {"Ti-6Al-4V合金",      "Ti|Ti-6Al-4V|6Al|4V|合|合金|金"},
        {"Al－Si－Mg",         "Al|Al－Si－Mg|Si|Mg"},
        {"300-500mm",         "300|500mm"},
        {"GB/T 4754-2017",    "GB|GB/T 4754-2017|T|4754|2017"},
        {"a/b",               "b"},
        {"A/D",               "D"},
        {"500 ℃",             "500|500 ℃"},
        {"2.5公斤重",          "2.5|2.5公斤|公|公斤|斤|斤重|重"},
        {"10kg",              "10kg"},
        {"10 kg",             "10|10 kg|kg"},
        {"10 kgs",            "10|kgs"},
        {"5um膜",             "5um|5um|膜"},
        {"3 个",              ""},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(terms_shown(str_from(rows[i].text), false, false), rows[i].terms);
}

/* Where phrases begin and end, as ^ before and $ behind a character. */
static Str edges_shown(Str text)
{
    TermList list = {0};
    text_terms(&test_arena, text, true, &list);
    Buf out = buf_new(&test_arena);
    for (size_t i = 0; i < list.count; i++) {
        const Term *term = &list.terms[i];
        if (term->kind != TERM_EDGE)
            continue;
        Str at = str_slice(text, term->from, term->to);
        buf_format(&out, term->key >> 42 & 1 ? "%.*s$" : "^%.*s", STR_ARG(at));
    }
    return buf_str(&out);
}

static void test_edges(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *edges; } rows[] = {
        {"",                     ""},
        {"机",                    ""},
        {"割草机",                "^割草草机$"},
        {"一种割草机，包括刀盘",    "^割草草机$^包括^刀盘刀盘$"},
        {"割草机的握柄",           "^割草草机$^握柄握柄$"},
        {"割草机构",              "^割草机构$"},
        {"本发明公开了一种割草机",   "^本发公开$^割草草机$"},
        {"割草机(10)具有壳体",     "^割草草机$^壳体壳体$"},
        {"割草\n机械",            "^割草割草$^机械机械$"},
        {"割草 \r\n 机械",        "^割草割草$^机械机械$"},
        {"割草 机",               "^割草割草$"},
        {"的了和",                ""},
        {"LiFePO4电池",          "^电池电池$"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(edges_shown(str_from(rows[i].text)), rows[i].edges);
    Buf longer = buf_new(&test_arena);
    for (int i = 0; i < LEAD_CHARS; i++)
        buf_add(&longer, S("字"));
    buf_add(&longer, S("。割草机"));
    assert_str(edges_shown(buf_str(&longer)), "^字字");
}

/* A pair goes over the end of a line, not over a blank. */
static void test_wrapped_lines(void **state)
{
    (void)state;
    TermList wrapped = {0};
    for (int blank = 0; blank < 2; blank++) {
        wrapped = (TermList){0};
        text_terms(&test_arena, blank ? S("割 草") : S("割 \n草"), false, &wrapped);
        bool found = false;
        for (size_t i = 0; i < wrapped.count; i++)
            found |= wrapped.terms[i].kind == TERM_PAIR;
        assert_int_equal(found, !blank);
    }
}

/* What stands in the lead of a longer text counts twice, in a title once. */
static void test_lead(void **state)
{
    (void)state;
    Buf text = buf_new(&test_arena);
    buf_add(&text, S("laser"));
    for (int i = 0; i < LEAD_CHARS; i++)
        buf_add(&text, S(" x"));
    buf_add(&text, S(" graphene"));
    MatchField fields[] = {{buf_str(&text), 3, .codes = false}, {S("laser"), 5, .codes = false}};
    TermList list = {0};
    text_terms(&test_arena, S("laser graphene"), false, &list);
    for (size_t count = 1; count <= 2; count++) {
        Bag bag = bag_new(&test_arena);
        bag_add_fields(&bag, fields, count);
        assert_int_equal(bag.items[bag_find(&bag, list.terms[0].key)].weight, count == 1 ? 6 : 11);
        assert_int_equal(bag.items[bag_find(&bag, list.terms[1].key)].weight, 3);
    }
}

static void test_code_terms(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *terms; } rows[] = {
        {"",                               ""},
        {"H04L 29/06",                     "=H04L|=H04L 29"},
        {"h04l0029/06(2006.01)I;G06F3/00", "=H04L|=H04L 29|=G06F|=G06F 3"},
        {"H04L",                           "=H04L"},
        {"H04L;C01B",                      "=H04L|=C01B"},
        {"LOC(11) Cl. 01-01",              "=LOC 01|=LOC 01-01"},
        {"14-03 (12)",                     "=LOC 14|=LOC 14-03"},
        {"Ｈ０４Ｌ２９／０６",               "=H04L|=H04L 29"},
        {"XH04L 29/06",                    ""},
        {"I04L 29/06",                     ""},
        {"H04L29",                         ""},
        {"通信",                            ""},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(terms_shown(str_from(rows[i].text), true, false), rows[i].terms);
    assert_str(terms_shown(S("H04L 29/06 通信"), false, true),
               "=H04L|=H04L 29|H04L|29|06|通|通信|信");
}

static u64 first_key(const char *text)
{
    TermList list = {0};
    text_terms(&test_arena, str_from(text), false, &list);
    assert_true(list.count > 0);
    return list.terms[0].key;
}

/* The key of the term that covers all of a text; 0: none does. */
static u64 whole_key(const char *text)
{
    u64 key = 0;
    TermList list = {0};
    text_terms(&test_arena, str_from(text), false, &list);
    for (size_t i = 0; i < list.count; i++)
        if (list.terms[i].from == 0 && list.terms[i].to == strlen(text))
            key = list.terms[i].key;
    return key;
}

static void test_folding(void **state)
{
    (void)state;
    assert_true(first_key("ＬｉＦｅＰＯ４") == first_key("lifepo4"));
    assert_true(first_key("LIFEPO4") == first_key("lifepo4"));
    assert_true(first_key("lifepo4") != first_key("lifepo5"));
    assert_true(first_key("石") != first_key("墨"));
    // clang-format off
    static const char *const same[][2] = {
        {"Li₂O", "li2o"}, {"㎜", "mm"}, {"m²", "m2"}, {"㎡", "m2"}, {"Ⅲ", "iii"}, {"µ", "μ"}, {"ﬁlm", "film"},
        {"⼀", "一"}, {"batteries", "battery"}, {"Alloys", "alloy"}, {"processes", "process"}, {"boxes", "box"},
    };
    static const char *const apart[][2] = {{"glass", "glas"}, {"virus", "viru"}, {"gas", "ga"}, {"axis", "axi"}, {"10³", "103"}};
    /* The term of the whole is the last but for what stands within. */
    static const char *const whole[][3] = {
        {"500 ℃", "500摄氏度", "500°C"}, {"10公斤", "10 千克", "10 KG"}, {"5µm", "5 微米", "5 ㎛"}, {"3平方米", "3 ㎡", "3 m²"}, {"2兆帕", "2 MPa", "2 ㎫"},
        {"Ti-6Al-4V", "Ti–6Al–4V", "ti6al-4v"}, {"GB/T 4754", "GB/T4754", "gb／t 4754"}, {"Wi-Fi", "wi‐fi", "WI-FI"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(same); i++)
        assert_true(first_key(same[i][0]) == first_key(same[i][1]));
    for (size_t i = 0; i < COUNT(apart); i++)
        assert_true(first_key(apart[i][0]) != first_key(apart[i][1]));
    for (size_t i = 0; i < COUNT(whole); i++) {
        assert_true(whole_key(whole[i][0]) != 0 &&
                    whole_key(whole[i][0]) == whole_key(whole[i][1]));
        assert_true(whole_key(whole[i][0]) == whole_key(whole[i][2]));
    }
    assert_true(whole_key("10kg") == whole_key("10公斤") &&
                whole_key("Ti6Al4V") == whole_key("Ti-6Al-4V"));
    /* Character by character this is what fold_key does to a whole text. */
    static const char *const texts[] = {"ＡＢＣ　１２，石墨烯", "電池與石墨 Mixed CASE", "a～z！"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        Buf out = buf_new(&test_arena);
        Str text = str_from(texts[i]);
        for (size_t at = 0; at < text.len;)
            buf_code(&out, fold_code_point(utf8_next(text, &at)));
        assert_true(str_same(buf_str(&out), fold_key(&test_arena, text)));
    }
}

static void test_phrase_trim(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *trimmed; } rows[] = {
        {"石墨烯",       "石墨烯"},
        {"的石墨烯和",    "石墨烯"},
        {"种石墨",       "石墨"},
        {"的石",         ""},
        {"技术",         ""},
        {"石墨技术",      "石墨技术"},
        {"进行石墨以及",   "石墨"},
        {"",             ""},
        {"的",           ""},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_str(phrase_trim(&test_arena, str_from(rows[i].text)), rows[i].trimmed);
}

static void test_bag(void **state)
{
    (void)state;
    Bag bag = bag_new(&test_arena);
    for (u64 i = 0; i < 3000; i++)
        bag_add(&bag, i * i % 1009 + 1, 2);
    u64 seen = 0;
    for (u64 key = 1; key <= 1009; key++) {
        u32 expect = 0;
        for (u64 i = 0; i < 3000; i++)
            expect += i * i % 1009 + 1 == key ? 2 : 0;
        size_t place = bag_find(&bag, key);
        assert_int_equal(place == SIZE_MAX ? 0 : bag.items[place].weight, expect);
        seen += expect > 0;
    }
    assert_int_equal(bag.count, seen);
    assert_int_equal(bag_total(&bag), 6000);
}

/* ---- Snippets ---- */

static Str snippet_shown(const MatchSnippet *snippet)
{
    Buf out = buf_new(&test_arena);
    size_t at = 0;
    buf_z(&out, snippet->cut_before ? "…" : "");
    for (size_t i = 0; i < snippet->mark_count; i++) {
        assert_true(snippet->marks[i].from >= at && snippet->marks[i].to <= snippet->text.len);
        buf_add(&out, str_slice(snippet->text, at, snippet->marks[i].from));
        buf_format(&out, "[%.*s]",
                   STR_ARG(str_slice(snippet->text, snippet->marks[i].from, snippet->marks[i].to)));
        at = snippet->marks[i].to;
    }
    buf_add(&out, str_slice(snippet->text, at, snippet->text.len));
    buf_z(&out, snippet->cut_after ? "…" : "");
    return buf_str(&out);
}

static void test_snippets(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *question, *text; size_t chars; const char *shown; } rows[] = {
        {"石墨烯",    "一种石墨烯散热膜",                 20, "一种[石墨烯]散热膜"},
        {"石墨烯",    "本品用于散热，含石墨烯与铜，价廉",    7,  "…含[石墨烯]与铜…"},
        {"石墨烯",    "石墨烯在先，其余甚长",              5,  "[石墨烯]在先…"},
        {"石墨烯",    "末尾才有石墨烯",                   5,  "…才有[石墨烯]"},
        {"GRAPHENE", "the ｇｒａｐｈｅｎｅ film",        40, "the [ｇｒａｐｈｅｎｅ] film"},
        {"铜",       "青铜与黄铜",                       9,  "青[铜]与黄[铜]"},
        {"锌",       "青铜与黄铜",                       3,  "青铜与…"},
        {"石墨",     "",                                9,  ""},
        {"石墨烯散热", "石墨甲乙丙丁戊己庚辛石墨烯散热",     5,  "…[石墨烯散热]"},
        {"石墨烯散热", "石墨烯散热",                      3,  "[石墨烯]…"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str text = str_from(rows[i].text);
        const MatchAsked *asked = match_asked(&test_arena, str_from(rows[i].question));
        MatchSnippet snippet = match_snippet(&test_arena, asked, text, rows[i].chars);
        assert_true(utf8_count(snippet.text) <= rows[i].chars);
        assert_true(utf8_valid(snippet.text));
        assert_str(snippet_shown(&snippet), rows[i].shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_terms),         cmocka_unit_test(test_edges),
        cmocka_unit_test(test_wrapped_lines), cmocka_unit_test(test_lead),
        cmocka_unit_test(test_code_terms),    cmocka_unit_test(test_folding),
        cmocka_unit_test(test_phrase_trim),   cmocka_unit_test(test_bag),
        cmocka_unit_test(test_snippets),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
