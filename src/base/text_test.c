#include "base/text_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_table(void **state)
{
    (void)state;
    assert_true(text_line_count > 0);
    for (size_t i = 0; i < text_line_count; i++) {
        const TextLine *line = &text_lines[i];
        assert_true(i == 0 || strcmp(line[-1].key, line->key) < 0);
        assert_ptr_equal(text_find(LANG_ZH, line->key), line->words[LANG_ZH]);
        assert_ptr_equal(text_find(LANG_EN, line->key), line->words[LANG_EN]);
        assert_true(utf8_valid(str_from(line->words[LANG_ZH])));
    }
    assert_null(text_find(LANG_ZH, "no.such.key"));
    assert_null(text_find(LANG_ZH, ""));
    assert_null(text_find_str(LANG_EN, str_slice(str_from(text_lines[0].key), 0, 3)));
}

static void test_say(void **state)
{
    (void)state;
    Arena arena = {0};
    Str args[] = {S("a.html:3"), S("{0}")};
    Str said = text_say(&arena, LANG_EN, "template.crossed", args, COUNT(args));
    assert_true(str_same_z(said, "a.html:3: the section \"{0}\" must end first here."));
    said = text_say(&arena, LANG_ZH, "template.missing", args, 1);
    assert_true(str_same_z(said, "没有名为“a.html:3”的页面模板。"));
    said = text_say(&arena, LANG_ZH, "template.missing", NULL, 0);
    assert_true(str_same_z(said, "没有名为“”的页面模板。"));
    said = text_say(&arena, LANG_ZH, "no.such.key", args, COUNT(args));
    assert_true(str_same_z(said, "no.such.key"));
    arena_done(&arena);
}

static void test_simplified(void **state)
{
    (void)state;
    Arena arena = {0};
    assert_true(
        str_same_z(fold_simplified(&arena, S("專利技術轉讓，電機a")), "专利技术转让，电机a"));
    assert_int_equal(fold_simplified_char('a'), 'a');
    assert_int_equal(fold_simplified_char(0x8f49), 0x8f6c);
    assert_int_equal(fold_simplified_char(0x8f6c), 0x8f6c);
    assert_int_equal(fold_simplified_char(0x20000), 0x20000);
    assert_int_equal(fold_simplified_char(0x10ffff), 0x10ffff);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_say),
        cmocka_unit_test(test_simplified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
