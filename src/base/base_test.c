#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

static void arena_gives_zeroed_memory_and_rewinds(void **state)
{
    (void)state;
    Arena arena = {0};
    char *first = arena_take(&arena, 100);
    memset(first, 7, 100);
    ArenaMark mark = arena_mark(&arena);
    char *big = arena_take(&arena, 200000);
    assert_int_equal(big[199999], 0);
    arena_rewind(&arena, mark);
    char *again = arena_take(&arena, 100);
    assert_true(again == first + 112 || again > first);
    for (int i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    char *grown = arena_grow(&arena, again, 100, 5000);
    assert_ptr_equal(grown, again);
    memset(grown, 7, 5000);
    arena_rewind(&arena, mark);
    again = arena_take(&arena, 100); /* Where there were sevens. */
    memset(again, 8, 100);
    grown = arena_grow(&arena, again, 100, 3000);
    assert_ptr_equal(grown, again);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(grown[i], i < 100 ? 8 : 0);
    arena_take(&arena, 1);
    again = arena_grow(&arena, grown, 3000, 100000); /* Moves. */
    for (int i = 0; i < 100000; i++)
        assert_int_equal(again[i], i < 100 ? 8 : 0);
    arena_reset(&arena);
    assert_int_equal(arena.total, ARENA_CHUNK_BYTES);
    arena_done(&arena);
}

static void money_reads_what_people_type(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        i64 fen; /* -1: refused. */
    } rows[] = {
        {"35000", 3500000},
        {"35,000.00", 3500000},
        {"￥3.5万", 3500000},
        {"1.2亿元", 12000000000},
        {"１２３", 12300},
        {" 0.01 ", 1},
        {"0.1", 10},
        {"3.50 万元", 3500000},
        {"12元", 1200},
        {"1,234,567.8", 123456780},
        {"0", 0},
        {"0.010", 1},
        {"0.0001万", 100},
        {"0.00001万", 10},
        {"-1", -1},
        {"", -1},
        {"one", -1},
        {"1e6", -1},
        {"NaN", -1},
        {"12,34", -1},
        {"1.", -1},
        {"0.001", -1},
        {"1,2345", -1},
        {"12345,678", -1},
        {".5", -1},
        {"1.2.3", -1},
        {"999999999999999999999", -1},
        {"1000000000000", 100000000000000},
        {"1000000000001", -1},
        {"0.000000001万", -1},
        {"万", -1},
        {",123", -1},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 fen = -1;
        bool ok = money_parse(str_from(rows[i].text), &fen);
        if (ok != (rows[i].fen >= 0) || fen != rows[i].fen)
            fail_msg("'%s' gave %lld, want %lld", rows[i].text, (long long)fen,
                     (long long)rows[i].fen);
    }
    Arena arena = {0};
    same(money_format(&arena, 123456789), "1,234,567.89");
    same(money_format(&arena, 5), "0.05");
    same(money_format(&arena, -100000), "-1,000.00");
    same(money_format_short(&arena, 3500000), "3.5万");
    same(money_format_short(&arena, 12000000000), "1.2亿");
    same(money_format_short(&arena, 123456789), "1,234,567.89");
    same(money_format_short(&arena, 100000000), "100万");
    same(money_format_short(&arena, 123450000), "123.45万");
    arena_done(&arena);
}

/* The first six are the examples of the People's Bank's rules. */
static void money_is_written_in_capitals(void **state)
{
    (void)state;
    static const struct {
        i64 fen;
        const char *words;
    } rows[] = {
        {140950, "人民币壹仟肆佰零玖元伍角"},
        {600714, "人民币陆仟零柒元壹角肆分"},
        {168032, "人民币壹仟陆佰捌拾元零叁角贰分"},
        {10700053, "人民币壹拾万柒仟元零伍角叁分"},
        {1640902, "人民币壹万陆仟肆佰零玖元零贰分"},
        {32504, "人民币叁佰贰拾伍元零肆分"},
        {0, "人民币零元整"},
        {5, "人民币伍分"},
        {50, "人民币伍角"},
        {100, "人民币壹元整"},
        {1000, "人民币壹拾元整"},
        {10500, "人民币壹佰零伍元整"},
        {1000000, "人民币壹万元整"},
        {1000100, "人民币壹万零壹元整"},
        {3500000, "人民币叁万伍仟元整"},
        {100000100, "人民币壹佰万零壹元整"},
        {10000000000, "人民币壹亿元整"},
        {10000000100, "人民币壹亿零壹元整"},
        {10010000000, "人民币壹亿零壹拾万元整"},
        {10000010000, "人民币壹亿零壹佰元整"},
        {12345678901234, "人民币壹仟贰佰叁拾肆亿伍仟陆佰柒拾捌万玖仟零壹拾贰元叁角肆分"},
        {MONEY_MAX_FEN, "人民币壹万亿元整"},
    };
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        same(money_format_capital(&arena, rows[i].fen), rows[i].words);
    arena_done(&arena);
}

static void dates_and_times_go_there_and_back(void **state)
{
    (void)state;
    for (i64 day = -20000; day < 60000; day += 17)
        assert_int_equal(date_days(date_from_days(day)), day);
    assert_int_equal(date_days(19700101), 0);
    assert_int_equal(date_from_days(-1), 19691231);
    assert_true(date_valid(20240229));
    assert_false(date_valid(20230229));
    assert_false(date_valid(20231301));
    assert_int_equal(date_add_years(20240229, 1), 20250228);
    assert_int_equal(date_add_years(20240115, 20), 20440115);
    Arena arena = {0};
    i64 ms;
    assert_true(time_parse(S("2026-07-20 09:30"), &ms));
    same(time_format(&arena, ms), "2026-07-20 09:30");
    same(time_format_iso(&arena, ms), "2026-07-20T01:30:00.000Z");
    assert_true(time_parse(S("2026-07-20T01:30:15.123Z"), &ms));
    same(time_format_full(&arena, ms), "2026-07-20 09:30:15.123");
    assert_int_equal(time_date(ms), 20260720);
    assert_false(time_parse(S("2026-02-30 09:30"), &ms));
    assert_false(time_parse(S("2026-07-20 25:00"), &ms));
    assert_false(time_parse(S("2026-07-20 09:30 x"), &ms));
    assert_true(time_parse(S("2025-12-31 23:59:59.9"), &ms));
    same(time_format_full(&arena, ms), "2025-12-31 23:59:59.900");
    same(date_format(&arena, 0), "");
    same(date_format(&arena, 20260105), "2026-01-05");
    same(date_format(&arena, 8990310), "0899-03-10");
    same(date_format(&arena, 99991231), "9999-12-31");
    same(date_format(&arena, 100000101), "10000-01-01");
    arena_done(&arena);
}

static void text_is_cut_and_folded_by_code_points(void **state)
{
    (void)state;
    Arena arena = {0};
    same(str_trim(S("\xef\xbb\xbf \xe3\x80\x80专利\xe3\x80\x80\n")), "专利");
    same(fold_width(&arena, S("ＺＬ２０１７１０６０１８６２．３")), "ZL201710601862.3");
    same(fold_key(&arena, S("  專利名稱（Ａ） ")), "专利名称(a)");
    assert_true(utf8_valid(S("电池𠮷")));
    assert_false(utf8_valid(S("\xc0\xaf")));
    assert_false(utf8_valid(S("\xed\xa0\x80")));
    assert_false(utf8_valid(S("\xe4\xb8")));
    same(utf8_repair(&arena, S("a\xff"
                               "b")),
         "a\xef\xbf\xbd"
         "b");
    assert_int_equal(utf8_count(S("锂电池a")), 4);
    same(utf8_head(S("锂电池a"), 2), "锂电");
    Str rest = S("a;;b"), part;
    int count = 0;
    while (str_split(&rest, ';', &part))
        count++;
    assert_int_equal(count, 3);
    i64 n;
    assert_true(str_to_i64(S("-9223372036854775808"), &n) && n == INT64_MIN);
    assert_false(str_to_i64(S("9223372036854775808"), &n));
    assert_false(str_to_i64(S("-"), &n));
    assert_false(str_to_i64(S("1 "), &n));
    u8 bytes[2];
    assert_true(hex_to(S("0aFf"), bytes, 2) && bytes[0] == 10 && bytes[1] == 255);
    assert_false(hex_to(S("0aF"), bytes, 2));
    arena_done(&arena);
}

static void values_go_to_json_and_back(void **state)
{
    (void)state;
    Arena arena = {0};
    Str why = {0};
    Str text = S("{\"a\":[1,true,null,\"\xe4\xb8\x93<\\n\\\"\"],\"b\":{\"c\":-5}}");
    Val *val = val_read_json(&arena, text, &why);
    assert_non_null(val);
    Buf buf = buf_new(&arena);
    val_write_json(&buf, val);
    same(buf_str(&buf), "{\"a\":[1,true,null,\"专\\u003c\\n\\\"\"],\"b\":{\"c\":-5}}");
    assert_int_equal(val_get_int(val_get(val, "b"), "c"), -5);
    static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "1 2", "\"\xff\"", "[1,]"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_null(val_read_json(&arena, str_from(bad[i]), &why));
    char deep[200];
    memset(deep, '[', 100);
    memset(deep + 100, ']', 100);
    assert_null(val_read_json(&arena, (Str){deep, 200}, &why));
    same(why, "nested too deeply");
    arena_done(&arena);
}

static void text_is_escaped_for_its_place(void **state)
{
    (void)state;
    Arena arena = {0};
    Buf buf = buf_new(&arena);
    buf_html(&buf, S("<a href='x'>\"&"));
    same(buf_str(&buf), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;");
    buf = buf_new(&arena);
    buf_url(&buf, S("a b/专"));
    same(buf_str(&buf), "a%20b%2F%E4%B8%93");
    buf = buf_new(&arena);
    buf_i64(&buf, INT64_MIN);
    same(buf_str(&buf), "-9223372036854775808");
    arena_done(&arena);
}

/* As long as asked for, whatever room there is. */
static void text_is_formatted_at_any_length(void **state)
{
    (void)state;
    Arena arena = {0};
    char dots[1200];
    memset(dots, '.', sizeof dots);
    Buf buf = buf_new(&arena);
    for (int len = 0; len < (int)sizeof dots; len++) {
        Str text = str_format(&arena, "<%.*s>", len, dots);
        assert_int_equal(text.len, len + 2);
        assert_true(text.data[0] == '<' && text.data[len + 1] == '>' && !text.data[len + 2]);
        size_t before = buf.len;
        buf_format(&buf, "<%.*s>", len, dots);
        assert_true(str_same(str_slice(buf_str(&buf), before, buf.len), text));
    }
    arena_done(&arena);
}

static void seeded_chance_repeats(void **state)
{
    (void)state;
    Chance a = {.seeded = true, .state = 9}, b = a, c = {0};
    assert_true(chance_u64(&a) == chance_u64(&b));
    for (int i = 0; i < 1000; i++) {
        i64 n = chance_below(&a, 7);
        assert_true(n >= 0 && n < 7);
    }
    assert_true(chance_u64(&c) != chance_u64(&c));
}

/* Whatever is put into it, a line of the log stays one JSON object in one line. */
static void log_lines_stay_lines(void **state)
{
    static const char *const texts[] = {"a\r\n{\"at\":1,\"event\":\"forged\"}\n",
                                        "\"},{\"b\":\"",
                                        "\x1b[2J\x7f\x08",
                                        "\xff\xc0\xaf",
                                        "\\\",",
                                        "\xe2\x80\xa8"};
    char text[4096];
    Arena arena = {0};
    FILE *file = tmpfile();
    int own = dup(STDERR_FILENO);
    (void)state;
    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    for (size_t i = 0; i < COUNT(texts); i++)
        log_line(LOG_ERROR_LEVEL, "test", "text", texts[i], NULL);
    dup2(own, STDERR_FILENO);
    close(own);
    rewind(file);
    Str rest = {text, fread(text, 1, sizeof text, file)}, line;
    fclose(file);
    size_t count = 0;
    while (str_split(&rest, '\n', &line)) {
        Str why;
        if (!line.len && !rest.len)
            break;
        Val *one = val_read_json(&arena, line, &why);
        assert_non_null(one);
        same(val_get_str(one, "event"), "test");
        assert_int_equal(val_count(one), 4);
        for (size_t i = 0; i < line.len; i++)
            assert_true((u8)line.data[i] >= 0x20 && line.data[i] != 0x7f);
        count++;
    }
    assert_int_equal(count, COUNT(texts));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_memory_and_rewinds),
        cmocka_unit_test(money_reads_what_people_type),
        cmocka_unit_test(money_is_written_in_capitals),
        cmocka_unit_test(dates_and_times_go_there_and_back),
        cmocka_unit_test(text_is_cut_and_folded_by_code_points),
        cmocka_unit_test(values_go_to_json_and_back),
        cmocka_unit_test(text_is_escaped_for_its_place),
        cmocka_unit_test(text_is_formatted_at_any_length),
        cmocka_unit_test(seeded_chance_repeats),
        cmocka_unit_test(log_lines_stay_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
