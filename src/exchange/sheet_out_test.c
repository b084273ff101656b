/* What is written is read back with the reader of the same room. */
#include "exchange/sheet.h"
#include "exchange/sheet_out.h"

#include <stdarg.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>
#include <cmocka.h>

typedef struct Rig {
    Arena arena;
    Arena rows;
    Cx cx;
    char folder[32];
    char path[64];
} Rig;

static int rig_init(void **state)
{
    static Rig rig;
    rig = (Rig){0};
    rig.cx = (Cx){.arena = &rig.arena};
    snprintf(rig.folder, sizeof rig.folder, "/tmp/sheet-XXXXXX");
    assert_non_null(mkdtemp(rig.folder));
    snprintf(rig.path, sizeof rig.path, "%s/file", rig.folder);
    *state = &rig;
    return 0;
}

static int rig_done(void **state)
{
    Rig *rig = *state;
    unlink(rig->path);
    rmdir(rig->folder);
    arena_done(&rig->arena);
    arena_done(&rig->rows);
    return 0;
}

static const SheetOutColumn columns[] = {{S("专利名称"), 40}, {S("申请号"), 0}, {S("=备注"), 500}};

static Str read_part(Rig *rig, const char *name)
{
    int code;
    zip_t *zip = zip_open(rig->path, ZIP_RDONLY, &code);
    assert_non_null(zip);
    zip_file_t *file = zip_fopen(zip, name, 0);
    assert_non_null(file);
    char *text = arena_take(&rig->arena, 65536);
    zip_int64_t got = zip_fread(file, text, 65535);
    assert_true(got > 0);
    zip_fclose(file);
    zip_discard(zip);
    return (Str){text, (size_t)got};
}

// clang-format off
static const struct { const char *cell, *expected; } cells[] = {
    { "2018305140799",              "2018305140799" },
    { "00123",                      "00123" },
    { "201830514079912345",         "201830514079912345" },
    { "=SUM(A1:A9)",                "'=SUM(A1:A9)" },
    { "+86 10",                     "'+86 10" },
    { "-1",                         "'-1" },
    { "@x",                         "'@x" },
    { "\tx",                        "'\tx" },
    { "＝1+1",                      "'＝1+1" },
    { "a,b;\"c\"",                  "a,b;\"c\"" },
    { "两行\n文字",                 "两行\n文字" },
    { " 空格 ",                     " 空格 " },
    { "<b>&amp;</b>",               "<b>&amp;</b>" },
    { "_x0041_",                    "_x0041_" },
    { "𠮷㐀",                       "𠮷㐀" },
    { "",                           "" },
};
// clang-format on

static void test_round_trip(void **state)
{
    Rig *rig = *state;
    static const SheetOutKind kinds[] = {SHEET_OUT_XLSX, SHEET_OUT_CSV};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        SheetOut *out;
        SheetReader *reader;
        SheetRow row;
        bool got;
        i64 cut = -1;
        assert_int_equal(sheet_out_open(&rig->cx, rig->path, kinds[k], S("专利[1]"), columns,
                                        COUNT(columns), &out),
                         ERR_OK);
        for (size_t i = 0; i < COUNT(cells); i++) {
            Str line[] = {S("x"), str_from(cells[i].cell), S("end")};
            assert_int_equal(sheet_out_row(&rig->cx, out, line, COUNT(line)), ERR_OK);
        }
        assert_int_equal(sheet_out_done(&rig->cx, out, &cut), ERR_OK);
        assert_int_equal(cut, 0);

        assert_int_equal(sheet_open(&rig->cx, rig->path, &rig->rows, &reader), ERR_OK);
        assert_int_equal(sheet_about(reader)->kind, k == 0 ? SHEET_XLSX : SHEET_CSV);
        assert_int_equal(sheet_next(&rig->cx, reader, &row, &got), ERR_OK);
        assert_true(got && row.count == 3 && row.line == 1);
        assert_true(str_same(row.sheet, k == 0 ? S("专利 1") : S("")));
        assert_true(str_same(row.cells[2], S("'=备注")));
        for (size_t i = 0; i < COUNT(cells); i++) {
            assert_int_equal(sheet_next(&rig->cx, reader, &row, &got), ERR_OK);
            assert_true(got && row.count == 3);
            assert_string_equal(str_z(&rig->arena, row.cells[1]), cells[i].expected);
        }
        assert_int_equal(sheet_next(&rig->cx, reader, &row, &got), ERR_OK);
        assert_false(got);
        sheet_done(reader);
    }
}

static void test_looks(void **state)
{
    Rig *rig = *state;
    SheetOut *out;
    Str line[] = {S("一种装置"), S("2018305140799")};
    assert_int_equal(
        sheet_out_open(&rig->cx, rig->path, SHEET_OUT_XLSX, S(""), columns, COUNT(columns), &out),
        ERR_OK);
    assert_int_equal(sheet_out_row(&rig->cx, out, line, COUNT(line)), ERR_OK);
    assert_int_equal(sheet_out_done(&rig->cx, out, NULL), ERR_OK);
    Str sheet = read_part(rig, "xl/worksheets/sheet1.xml");
    assert_true(str_has(sheet, S("state=\"frozen\"")));
    assert_true(str_has(sheet, S("ySplit=\"1\"")));
    assert_true(str_has(sheet, S("<col min=\"1\" max=\"1\" width=\"40.7")));
    assert_true(str_has(sheet, S("<col min=\"3\" max=\"3\" width=\"120.7")));
    assert_true(str_has(sheet, S("t=\"inlineStr\"><is><t>2018305140799")));
    assert_false(str_has(sheet, S("<v>")));
    assert_true(str_has(read_part(rig, "xl/styles.xml"), S("<b/>")));
}

static void test_csv_bytes(void **state)
{
    Rig *rig = *state;
    SheetOut *out;
    char bytes[256] = "";
    Str line[] = {S("a\"b"), S("")};
    assert_int_equal(
        sheet_out_open(&rig->cx, rig->path, SHEET_OUT_CSV, S(""), columns, COUNT(columns), &out),
        ERR_OK);
    assert_int_equal(sheet_out_row(&rig->cx, out, line, COUNT(line)), ERR_OK);
    assert_int_equal(sheet_out_done(&rig->cx, out, NULL), ERR_OK);
    FILE *file = fopen(rig->path, "rb");
    assert_non_null(file);
    assert_true(fread(bytes, 1, sizeof bytes - 1, file) > 0);
    fclose(file);
    assert_string_equal(bytes, "\xef\xbb\xbf专利名称,申请号,'=备注\r\n\"a\"\"b\",,\r\n");
}

/* A cell holds 32,767 UTF-16 units; what is longer is cut at a whole character and counted. */
static void test_cut(void **state)
{
    Rig *rig = *state;
    SheetOut *out;
    SheetReader *reader;
    SheetRow row;
    bool got;
    i64 cut = 0;
    Buf wide = buf_new(&rig->arena), escapes = buf_new(&rig->arena);
    for (int i = 0; i < 20000; i++) {
        buf_z(&wide, "𠮷");
        buf_z(&escapes, "_x0041_");
    }
    Str line[] = {buf_str(&wide), buf_str(&escapes), S("short")};
    assert_int_equal(
        sheet_out_open(&rig->cx, rig->path, SHEET_OUT_XLSX, S(""), columns, COUNT(columns), &out),
        ERR_OK);
    assert_int_equal(sheet_out_row(&rig->cx, out, line, COUNT(line)), ERR_OK);
    assert_int_equal(sheet_out_done(&rig->cx, out, &cut), ERR_OK);
    assert_int_equal(cut, 2);
    assert_int_equal(sheet_open(&rig->cx, rig->path, &rig->rows, &reader), ERR_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(sheet_next(&rig->cx, reader, &row, &got), ERR_OK);
    assert_true(got && row.count == 3);
    assert_int_equal(row.cells[0].len, 16383 * 4);
    assert_true(str_starts(line[0], row.cells[0]));
    assert_true(row.cells[1].len > 0 && str_starts(line[1], row.cells[1]));
    sheet_done(reader);
}

static void test_unwritable(void **state)
{
    Rig *rig = *state;
    SheetOut *out = NULL;
    static const SheetOutKind kinds[] = {SHEET_OUT_XLSX, SHEET_OUT_CSV};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        snprintf(rig->path, sizeof rig->path, "%s/no/file", rig->folder);
        Err e = sheet_out_open(&rig->cx, rig->path, kinds[k], S(""), columns, 1, &out);
        assert_int_equal(e, ERR_IO);
        assert_string_equal(rig->cx.err.key, "sheet.unwritable");
        assert_true(rig->cx.err.args[0].len > 0);
    }
}

/* Anything that is not a plain file is neither written nor removed. */
static void test_not_a_file(void **state)
{
    Rig *rig = *state;
    SheetOut *out = NULL;
    snprintf(rig->path, sizeof rig->path, "%s/file", rig->folder);
    assert_int_equal(mkfifo(rig->path, 0600), 0);
    int reader = open(rig->path, O_RDONLY | O_NONBLOCK); /* So that opening does not wait. */
    assert_true(reader >= 0);
    assert_int_equal(sheet_out_open(&rig->cx, rig->path, SHEET_OUT_CSV, S(""), columns, 1, &out),
                     ERR_IO);
    close(reader);
    assert_int_equal(access(rig->path, F_OK), 0);
}

/* Writes ten rows with room for none. */
static Err write_without_room(Rig *rig)
{
    SheetOut *out;
    Str line[] = {S("x")};
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 4;
    signal(SIGXFSZ, SIG_IGN);
    Err e = sheet_out_open(&rig->cx, rig->path, SHEET_OUT_CSV, S(""), columns, 1, &out);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 10 && !e; i++)
        e = sheet_out_row(&rig->cx, out, line, 1);
    e = sheet_out_done(&rig->cx, out, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    return e;
}

static void test_no_room(void **state)
{
    Rig *rig = *state;
    char target[80];
    assert_int_equal(write_without_room(rig), ERR_IO);
    assert_string_equal(rig->cx.err.key, "sheet.unwritable");
    assert_int_equal(access(rig->path, F_OK), -1); /* Half a file is worse than none. */

    snprintf(target, sizeof target, "%s/target", rig->folder);
    assert_int_equal(symlink(target, rig->path), 0);
    assert_int_equal(write_without_room(rig), ERR_IO);
    assert_int_equal(access(rig->path, F_OK), 0); /* Not ours to remove. */
    assert_int_equal(unlink(target), 0);
}

static void test_too_many_rows(void **state)
{
    Rig *rig = *state;
    SheetOut *out;
    Str line[] = {S("x")};
    assert_int_equal(sheet_out_open(&rig->cx, rig->path, SHEET_OUT_CSV, S(""), columns, 1, &out),
                     ERR_OK);
    for (int i = 0; i < SHEET_OUT_ROWS_MAX; i++)
        if (sheet_out_row(&rig->cx, out, line, 1) != ERR_OK)
            fail();
    assert_int_equal(sheet_out_row(&rig->cx, out, line, 1), ERR_LIMIT);
    assert_int_equal(sheet_out_done(&rig->cx, out, NULL), ERR_LIMIT);
    assert_int_equal(access(rig->path, F_OK), -1); /* Half a file is worse than none. */
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_init, rig_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_round_trip), CASE(test_looks),         CASE(test_csv_bytes),
        CASE(test_cut),        CASE(test_unwritable),    CASE(test_not_a_file),
        CASE(test_no_room),    CASE(test_too_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
