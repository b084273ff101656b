#include "exchange/sheet_head.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const SheetField fields[] = {
    {"title", "专利名称|发明名称|名称|title|patent name"},
    {"appno", "申请号|专利号|专利申请号|application number|appno"},
    {"pubno", "公开号|公告号|公开（公告）号|授权公告号"},
    {"appdate", "申请日|申请日期|filing date"},
    {"applicant", "申请人|专利权人|申请（专利权）人|patentee"},
    {"inventor", "发明人|设计人|inventor"},
    {"ipc", "IPC|IPC分类号|国际专利分类|分类号"},
    {"price", "价格|转让价格|报价|金额"},
    {"contact", "联系人|联系人姓名"},
    {"phone", "联系电话|电话|手机"},
    {"address", "地址|单位地址"},
};

typedef struct HeadCase {
    const char *text;     /* Rows by \n, cells by |. */
    int row;              /* -1: none. */
    const char *expected; /* Names by comma; - for none, ? after a guess. */
} HeadCase;

// clang-format off
static const HeadCase cases[] = {
    { "专利名称|申请号|申请日|申请人\n一种装置|2018|2018-01-01|某大学",        0, "title,appno,appdate,applicant" },
    { "某某大学可转让专利成果清单\n\n填表说明：请勿修改表头\n序号|专利名称|申请号|申请人",
                                                2, "-,title,appno,applicant" },
    { "序号|*专利名称（必填）|申请号 *|金额（万元）|联 系 人|联系电话：",      0, "-,title,appno,price,contact,phone" },
    { "公开（公告）号|申请（专利权）人|ＩＰＣ分类号",                          0, "pubno,applicant,ipc" },
    { "專利名稱|申請號",                                                       0, "title,appno" },
    { "Title|Application Number|Filing_Date|PATENTEE",
                                                0, "title,appno,appdate,applicant" },
    { "申请人地址|申请人|专利名称",                                            0, "address?,applicant,title" },
    { "第一发明人|发明人|专利名称",                                            0, "-,inventor,title" },
    { "拟转让价格|专利的名称|主分类号",                                        0, "price?,title?,ipc?" },
    { "申请号|申请号|专利名称",                                                0, "appno,-,title" },
    { "人|号|名",                                                             -1, "" },
    { "一种申请人与发明人联系的方法|乙\n甲|乙",                                -1, "" },
    { "专利名称\n一种装置",                                                    0, "title" },
    { "专利成果汇总\n一种装置",                                               -1, "" },
    { "基本信息|联系方式\n专利名称|申请号|联系人|电话\n一种装置|2018|张三|1380",  1, "title,appno,contact,phone" },
    { "名称|申请日期|分类号\n申请人与名称|申请日期说明|x",                     0, "title,appdate,ipc" },
    { "",                                                                     -1, "" },
};
// clang-format on

static size_t make_rows(Arena *arena, const char *text, SheetRow *rows)
{
    size_t count = 0;
    Str rest = str_from(text), line;
    for (i64 number = 1; str_split(&rest, '\n', &line); number++) {
        if (line.len == 0)
            continue;
        Str *cells = ARENA_NEW(arena, Str, 16);
        SheetRow *row = &rows[count++];
        *row = (SheetRow){.line = number, .cells = cells};
        while (str_split(&line, '|', &cells[row->count]))
            row->count++;
    }
    return count;
}

static const char *describe(Arena *arena, const SheetHead *head)
{
    Buf buf = buf_new(arena);
    for (size_t i = 0; i < head->column_count; i++) {
        const SheetColumn *column = &head->columns[i];
        buf_z(&buf, i ? "," : "");
        buf_z(&buf, column->field < 0 ? "-" : fields[column->field].name);
        buf_z(&buf, column->match == SHEET_MATCH_PART ? "?" : "");
        assert_int_equal(column->field < 0, column->match == SHEET_MATCH_NONE);
    }
    return str_z(arena, buf_str(&buf));
}

static void test_cases(void **state)
{
    (void)state;
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(cases); i++) {
        SheetRow rows[8];
        SheetHead head = {.row = 77};
        size_t count = make_rows(&arena, cases[i].text, rows);
        bool found = sheet_head_find(&arena, rows, count, fields, COUNT(fields), &head);
        if (found != (cases[i].row >= 0))
            fail_msg("%s", cases[i].text);
        if (!found) {
            assert_int_equal(head.row, 77);
            continue;
        }
        assert_int_equal(head.row, cases[i].row);
        assert_int_equal(head.line, rows[head.row].line);
        assert_string_equal(describe(&arena, &head), cases[i].expected);
    }
    arena_done(&arena);
}

/* No field twice, whatever the columns say. */
static void test_no_field_twice(void **state)
{
    (void)state;
    Arena arena = {0};
    Chance chance = {.seeded = true, .state = 7};
    static const char *const bits[] = {"申请", "人",   "号",   "专利", "名称",
                                       "日期", "联系", "地址", "发明"};
    for (int round = 0; round < 500; round++) {
        Str cells[12];
        for (size_t c = 0; c < COUNT(cells); c++) {
            Buf buf = buf_new(&arena);
            for (i64 n = chance_below(&chance, 4); n >= 0; n--)
                buf_z(&buf, bits[chance_below(&chance, COUNT(bits))]);
            cells[c] = buf_str(&buf);
        }
        SheetRow row = {.line = 1, .cells = cells, .count = COUNT(cells)};
        SheetHead head;
        if (!sheet_head_find(&arena, &row, 1, fields, COUNT(fields), &head))
            continue;
        unsigned seen = 0;
        for (size_t c = 0; c < head.column_count; c++) {
            if (head.columns[c].field < 0)
                continue;
            assert_false(seen & 1u << head.columns[c].field);
            seen |= 1u << head.columns[c].field;
        }
        assert_int_equal(__builtin_popcount(seen), head.matched_count);
        arena_reset(&arena);
    }
    arena_done(&arena);
}

static void test_key(void **state)
{
    (void)state;
    Arena arena = {0};
    static const struct {
        const char *text, *key;
    } keys[] = {
        {" *专利 名称：", "专利名称"}, {"Int.Cl.", "intcl"}, {"ＩＰＣ（主）", "ipc主"},
        {"filing_date", "filingdate"}, {"——", ""},           {"", ""},
    };
    for (size_t i = 0; i < COUNT(keys); i++)
        assert_true(str_same_z(sheet_head_key(&arena, str_from(keys[i].text)), keys[i].key));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_no_field_twice),
        cmocka_unit_test(test_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
