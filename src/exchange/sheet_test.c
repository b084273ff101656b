/* Every fixture is made here, byte by byte, so that each oddity is visible beside what is expected
 * of it. Rows are compared as text: "line:cell|cell", with {L} and its like for flags. */
#include "exchange/sheet_int.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <unicode/ustring.h>

typedef struct Part {
    const char *name;
    Str data;
} Part;

typedef struct Rig {
    Arena arena;
    Arena rows;
    Chance chance;
    Cx cx;
    char folder[32];
    char path[64];
    bool stored; /* Workbooks are written without compression. */
} Rig;

static int rig_init(void **state)
{
    static Rig rig;
    rig = (Rig){.chance = {.seeded = true, .state = 1}};
    rig.cx = (Cx){.arena = &rig.arena, .chance = &rig.chance};
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

static void write_file(Rig *rig, Str bytes)
{
    FILE *file = fopen(rig->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    assert_int_equal(fclose(file), 0);
}

static Str read_file(Rig *rig)
{
    FILE *file = fopen(rig->path, "rb");
    assert_non_null(file);
    Buf buf = buf_new(&rig->arena);
    char piece[4096];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&buf, (Str){piece, got});
    fclose(file);
    return buf_str(&buf);
}

static void write_zip(Rig *rig, const Part *parts, size_t count)
{
    int code;
    unlink(rig->path);
    zip_t *zip = zip_open(rig->path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    for (size_t i = 0; i < count; i++) {
        if (!parts[i].name)
            continue;
        zip_source_t *source = zip_source_buffer(zip, parts[i].data.data, parts[i].data.len, 0);
        assert_non_null(source);
        zip_int64_t at = zip_file_add(zip, parts[i].name, source, ZIP_FL_OVERWRITE);
        assert_true(at >= 0);
        if (rig->stored)
            assert_int_equal(zip_set_file_compression(zip, (zip_uint64_t)at, ZIP_CM_STORE, 0), 0);
    }
    assert_int_equal(zip_close(zip), 0);
}

static void add_flags(Buf *buf, unsigned flags)
{
    static const char letters[] = "LBEUD";
    if (!flags)
        return;
    buf_char(buf, '{');
    for (int i = 0; letters[i]; i++)
        if (flags & 1u << i)
            buf_char(buf, letters[i]);
    buf_char(buf, '}');
}

static void add_row(Buf *buf, const SheetRow *row)
{
    unsigned all = 0;
    if (row->sheet.len)
        buf_format(buf, "%.*s!", STR_ARG(row->sheet));
    buf_format(buf, "%lld:%s", (long long)row->line, row->is_keys ? "keys:" : "");
    for (size_t i = 0; i < row->count; i++) {
        buf_z(buf, i ? "|" : "");
        buf_add(buf, row->cells[i]);
        add_flags(buf, row->flags[i]);
        all |= row->flags[i];
        assert_true(utf8_valid(row->cells[i]));
    }
    assert_int_equal(all, row->all_flags);
    if (row->unknown_keys.len)
        buf_format(buf, " +%.*s", STR_ARG(row->unknown_keys));
    buf_char(buf, '\n');
}

/* Everything the file says, or what had been read and the error at the end. */
static const char *read_all(Rig *rig)
{
    SheetReader *reader = NULL;
    SheetRow row;
    bool got = true;
    Buf buf = buf_new(&rig->arena);
    err_clear(&rig->cx);
    Err e = sheet_open(&rig->cx, rig->path, &rig->rows, &reader);
    assert_true(e ? reader == NULL : reader != NULL);
    i64 count = 0;
    while (!e && !(e = sheet_next(&rig->cx, reader, &row, &got)) && got) {
        count++;
        add_row(&buf, &row);
    }
    if (reader)
        assert_int_equal(sheet_about(reader)->row_count, count);
    if (e) {
        assert_int_equal(e, rig->cx.err.code);
        assert_string_equal(str_z(&rig->arena, rig->cx.err.field), "file");
        buf_format(&buf, "%s %.*s", rig->cx.err.key, STR_ARG(rig->cx.err.args[0]));
    }
    if (e && reader) {
        SheetRow untouched = row;
        assert_int_equal(sheet_next(&rig->cx, reader, &row, &got), e); /* And again. */
        assert_memory_equal(&untouched, &row, sizeof row);
    }
    sheet_done(reader);
    return str_z(&rig->arena, buf_str(&buf));
}

/* ---- text ---- */

typedef struct TextCase {
    Str bytes;
    const char *expected;
} TextCase;

static void test_csv(void **state)
{
    // clang-format off
    const TextCase cases[] = {
        { S("a,b\n1,2\n"),                            "1:a|b\n2:1|2\n" },
        { S("a,b\r\n1,2"),                            "1:a|b\n2:1|2\n" },
        { S("a,b\r1,2\r"),                            "1:a|b\n2:1|2\n" },
        { S("\xef\xbb\xbf" "a,b\n"),                  "1:a|b\n" },
        { S("a,b,,\n1,2,,\n"),                       "1:a|b\n2:1|2\n" },
        { S("a,b\n\n\r\n,,\n1,2\n"),                 "1:a|b\n5:1|2\n" },
        { S("a,b\n\"1\n2\r\n3\r4\",5\n6,7\n"),       "1:a|b\n2:1\n2\n3\n4|5\n6:6|7\n" },
        { S("a,\"b \"\"c\"\" \"\n"),                 "1:a|b \"c\" \n" },
        { S("a;b\n1,5;2\n3,5;4\n"),                  "1:a|b\n2:1,5|2\n3:3,5|4\n" },
        { S("a\tb\n1\t\n\t2\n"),                     "1:a|b\n2:1\n3:|2\n" },
        { S("a|b\n1|2\n"),                            "1:a|b\n2:1|2\n" },
        { S("only\none\n"),                           "1:only\n2:one\n" },
        { S("a,2.02E+12\n"),                         "1:a|2.02E+12{L}\n" },
        { S("a,b\0c\n" "d,e\nf,g\nh,i\nj,k\nl,m\nn,o\np,q\nr,s\nt,u\nv,w\nx,y\n"),
          "1:a|b\xef\xbf\xbd" "c{B}\n2:d|e\n3:f|g\n4:h|i\n5:j|k\n6:l|m\n7:n|o\n8:p|q\n9:r|s\n"
          "10:t|u\n11:v|w\n12:x|y\n" },
        { S("a,\"b\nc\n"),                            "sheet.quote_open 1" },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(*state, cases[i].bytes);
        assert_string_equal(read_all(*state), cases[i].expected);
    }
}

static Str encode(Rig *rig, const char *encoding, const char *mark, const char *utf8)
{
    static UChar wide[4096];
    static char out[16384];
    int32_t wide_len, mark_len = (int32_t)strlen(mark);
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(wide, COUNT(wide), &wide_len, utf8, -1, &status);
    UConverter *converter = ucnv_open(encoding, &status);
    memcpy(out, mark, (size_t)mark_len);
    int32_t len = ucnv_fromUChars(converter, out + mark_len, (int32_t)sizeof out - mark_len, wide,
                                  wide_len, &status);
    assert_true(U_SUCCESS(status));
    ucnv_close(converter);
    return str_copy(&rig->arena, (Str){out, (size_t)(len + mark_len)});
}

static void test_encodings(void **state)
{
    Rig *rig = *state;
    static const struct {
        const char *name, *mark, *about;
    } encodings[] = {
        {"UTF-8", "", "UTF-8"},
        {"UTF-8", "\xef\xbb\xbf", "UTF-8"},
        {"GB18030", "", "GB18030"},
        {"UTF-16LE", "\xff\xfe", "UTF-16LE"},
        {"UTF-16BE", "\xfe\xff", "UTF-16BE"},
        {"UTF-16LE", "", "UTF-16LE"},
        {"UTF-16BE", "", "UTF-16BE"},
    };
    static const char *const marks[] = {",", ";", "\t", "|", "，", "；"};
    for (size_t e = 0; e < COUNT(encodings); e++) {
        for (size_t m = 0; m < COUNT(marks); m++) {
            const char *s = marks[m];
            char text[512], expected[512];
            snprintf(text, sizeof text,
                     "专利名称%s申请人\n\"一种%s装置、㐀𠮷\"%s某大学\n\"多行\r\n文字\"%s€\n", s, s,
                     s, s);
            snprintf(expected, sizeof expected,
                     "1:专利名称|申请人\n2:一种%s装置、㐀𠮷|某大学\n3:多行\n文字|€\n", s);
            write_file(rig, encode(rig, encodings[e].name, encodings[e].mark, text));
            assert_string_equal(read_all(rig), expected);

            SheetReader *reader;
            assert_int_equal(sheet_open(&rig->cx, rig->path, &rig->rows, &reader), ERR_OK);
            assert_string_equal(sheet_about(reader)->encoding, encodings[e].about);
            sheet_done(reader);
        }
    }
}

/* Bad bytes are replaced and counted, and do not change what the encoding is taken for. */
static void test_bad_bytes(void **state)
{
    Rig *rig = *state;
    write_file(rig, S("名称,地址\n专利转让,上海\xe6\xb5市浦东\n技术,北京市海淀区\n"));
    assert_string_equal(read_all(rig), "1:名称|地址\n2:专利转让|上海\xef\xbf\xbd市浦东{B}\n"
                                       "3:技术|北京市海淀区\n");
    Str text = encode(rig, "GB18030", "", "名称,地址\n专利转让甲乙丙丁,上海\n技术,北京\n");
    Str bad = str_format(&rig->arena, "%.*s\xff,x\n", STR_ARG(text));
    write_file(rig, bad);
    assert_string_equal(read_all(rig), "1:名称|地址\n2:专利转让甲乙丙丁|上海\n3:技术|北京\n"
                                       "4:\xef\xbf\xbd{B}|x\n");
}

/* Characters and rows that lie across the pieces in which a file is read. */
static void test_piece_borders(void **state)
{
    Rig *rig = *state;
    static const char *const encodings[] = {"UTF-8", "GB18030", "UTF-16LE"};
    for (size_t e = 0; e < COUNT(encodings); e++) {
        for (size_t shift = 0; shift < 8; shift++) {
            Str row = encode(rig, encodings[e], "", "一种，㐀𠮷装置,\"上\r\n海\"\r\n");
            Buf file = buf_new(&rig->arena);
            buf_add(&file, encode(rig, encodings[e], "", &"aaaaaaaa,b\n"[shift]));
            size_t count = 3 * 64 * 1024 / row.len;
            for (size_t i = 0; i < count; i++)
                buf_add(&file, row);
            write_file(rig, buf_str(&file));
            SheetReader *reader;
            SheetRow got_row;
            bool got;
            assert_int_equal(sheet_open(&rig->cx, rig->path, &rig->rows, &reader), ERR_OK);
            assert_int_equal(sheet_next(&rig->cx, reader, &got_row, &got), ERR_OK);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(sheet_next(&rig->cx, reader, &got_row, &got), ERR_OK);
                assert_true(got && got_row.count == 2 && got_row.all_flags == 0);
                assert_int_equal(got_row.line, 2 + 2 * i);
                assert_true(str_same(got_row.cells[0], S("一种，㐀𠮷装置")));
                assert_true(str_same(got_row.cells[1], S("上\n海")));
            }
            assert_int_equal(sheet_next(&rig->cx, reader, &got_row, &got), ERR_OK);
            assert_false(got);
            sheet_done(reader);
        }
    }
}

static void test_separator(void **state)
{
    (void)state;
    static const struct {
        const char *sample;
        u32 separator;
    } cases[] = {
        {"", ','},
        {"标题，副标题\n名称,号码,人\n一种装置，用于，甲,1,乙\n方法,2,丙\n", ','},
        {"名称,号码,分类\n\"a;b\",1,G06F;\nc,2,H01L;G06F;\nd,3,A61K;\n", ','},
        {"名称;号码\n\"x;y;z\";1\n甲,乙,丙;2\n", ';'},
        {"名称，号码\n装置，1\n方法，2\n", 0xff0c},
        {"名称；号码\n装置，用于；1\n方法；2\n", 0xff1b},
        {"a|b|c\n1|2|3\n", '|'},
        {"a\tb, c\n1\t2\n", '\t'},
        {"5\" monitor,1\n6\" monitor,2\n", ','},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sheet_separator_find(str_from(cases[i].sample)), cases[i].separator);
}

static void test_number_lost(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool lost;
    } cases[] = {
        {"2.02E+12", true},
        {"2.01731E+11", true},
        {" 2e+12 ", true},
        {"-1.5E+3", true},
        {"201830514079912000", true},
        {"2.02E12", false},
        {"1E10", false},
        {"2018305140799", false},
        {"2.02E-12", false},
        {"E+12", false},
        {"2.02E+", false},
        {"2.02E+12x", false},
        {"", false},
        {"+", false},
        {"1.", false},
        {"11010119900307123X", false},
        {"110101199003071234", false},
        {"G06F3/0481", false},
        {"2.02E+1234", false},
        {"000000000000000000", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sheet_number_lost(str_from(cases[i].text)), cases[i].lost);
}

static void test_json(void **state)
{
    // clang-format off
    static const struct { const char *text, *expected; } cases[] = {
        { "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":null}\n",
          "1:keys:a|b\n1:1|x\n2:|y\n" },
        { "{\"n\":2018305140799123456789,\"r\":12.50,\"e\":2.02E+12}\n",
          "1:keys:n|r|e\n1:2018305140799123456789|12.50|2.02E+12{L}\n" },
        { "{\"a\":[\"x\",2,true,null,[1]],\"o\":{\"k\":[1.0,\"q\\\"\"]}}",
          "1:keys:a|o\n1:x;2;true;;[1]|{\"k\":[1.0,\"q\\\"\"]}\n" },
        { "\xef\xbb\xbf\r\n{\"a\":1}\r\n\r\n{\"z\":2,\"a\":\"\\\"1\\\\\",\"y\":0}\r\n",
          "2:keys:a\n2:1\n4:\"1\\ +z, y\n" },
        { "{\"a\":1}\n{\"a\":2,\n",             "1:keys:a\n1:1\nsheet.json_line 2" },
        { "{\"a\":1}\n[1]\n",                   "1:keys:a\n1:1\nsheet.json_line 2" },
        { "{\"a\":01}\n",                       "sheet.json_line 1" },
        { "{\"a\":1,\"a\":2}\n",                "sheet.json_line 1" },
        { "{\"a\":1, 2:3}\n",                   "sheet.json_line 1" },
        { "[{\"a\":1}]\n",                      "sheet.json_array 0" },
        { "{\"a\":\"一种用于技术转让的装置\xff\"}\n",
          "1:keys:a\n1:一种用于技术转让的装置\xef\xbf\xbd{B}\n" },
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(*state, str_from(cases[i].text));
        assert_string_equal(read_all(*state), cases[i].expected);
    }
}

/* ---- limits of text ---- */

static void write_repeated(Rig *rig, const char *before, const char *piece, size_t times,
                           const char *after)
{
    Buf buf = buf_new(&rig->arena);
    buf_z(&buf, before);
    for (size_t i = 0; i < times; i++)
        buf_z(&buf, piece);
    buf_z(&buf, after);
    write_file(rig, buf_str(&buf));
}

static void test_text_limits(void **state)
{
    Rig *rig = *state;
    enum { MIB = 1024 * 1024 };
    static const struct {
        const char *before, *piece;
        size_t times;
        const char *after, *expected;
    } cases[] = {
        {"a,b\n\"", "xxxxxxxxxxxxxxxx", MIB / 4, "\",1\n", "1:a|b\nsheet.cell_too_long 2"},
        {"a,b\n", "xxxxxxxxxxxxxxxx", MIB / 4, "", "1:a|b\nsheet.cell_too_long 2"},
        {"a,b\n\"", "\n", 2 * MIB, "\",1\n", "1:a|b\nsheet.cell_too_long 2"},
        {"a\n", "x,", 513, "\n", "1:a\nsheet.too_many_columns 2"},
        {"a\n", ",", 100000, "\nb\n", "1:a\n3:b\n"},
        {"{\"a\":\"", "xxxxxxxx", MIB, "\"}\n", "sheet.row_too_long 1"},
        {"{\"a\":\"", "x", MIB + 1, "\"}\n", "1:keys:a\nsheet.cell_too_long 1"},
        {"{\"a\":", "[", MIB, "\n", "sheet.json_line 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_repeated(rig, cases[i].before, cases[i].piece, cases[i].times, cases[i].after);
        assert_string_equal(read_all(rig), cases[i].expected);
        assert_true(rig->rows.total < 32 * MIB);
    }
    char cell[1024 * 1000 / 16 + 1];
    memset(cell, 'x', sizeof cell - 1);
    cell[sizeof cell - 2] = ',';
    cell[sizeof cell - 1] = 0;
    write_repeated(rig, "a,b\n", cell, 80, "\n"); /* Each cell is short enough. */
    assert_string_equal(read_all(rig), "1:a|b\nsheet.row_too_long 2");
}

static void test_other_files(void **state)
{
    const TextCase cases[] = {
        {S(""), "sheet.empty 0"},
        {S(" \r\n \n"), "sheet.empty 0"},
        {S("\xef\xbb\xbf"), "sheet.empty 0"},
        {S("%PDF-1.7\n"), "sheet.not_sheet 0"},
        {S("\x89PNG\r\n\x1a\n"), "sheet.not_sheet 0"},
        {S("  <html><table>"), "sheet.not_sheet 0"},
        {S("<?xml version='1.0'?><Workbook/>"), "sheet.not_sheet 0"},
        {S("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "sheet.old_xls 0"},
        {S("PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "sheet.not_sheet 0"},
        {S("PK"), "sheet.truncated 0"},
        {S("PK\x03\x04xxxxxxxxxxxxxxxxxxxxxxxxxxx"), "sheet.truncated 0"},
        {S("\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f"), "sheet.not_sheet 0"},
        {S("\0\0\0\0\0\0\0\0\0\0\0\0"), "sheet.not_sheet 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(*state, cases[i].bytes);
        assert_string_equal(read_all(*state), cases[i].expected);
    }
    Rig *rig = *state;
    unlink(rig->path);
    assert_string_equal(read_all(rig), "sheet.unreadable 0");
    snprintf(rig->path, sizeof rig->path, "%s", rig->folder);
    assert_string_equal(read_all(rig), "sheet.unreadable 0");
}

static void test_compound_files(void **state)
{
    Rig *rig = *state;
    static const struct {
        const char *stream, *expected;
    } cases[] = {
        {"Workbook", "sheet.old_xls 0"},
        {"EncryptedPackage", "sheet.encrypted 0"},
        {"WordDocument", "sheet.not_sheet 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char file[4096] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
        file[0x1e] = 9;
        file[0x30] = 3; /* The directory is the sector at 4 * 512. */
        for (size_t c = 0; cases[i].stream[c]; c++)
            file[2048 + 2 * c] = cases[i].stream[c];
        write_file(rig, (Str){file, sizeof file});
        assert_string_equal(read_all(rig), cases[i].expected);
    }
}

/* ---- workbooks ---- */

#define REL "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define ROOT_RELS                                                                                  \
    "<Relationships><Relationship Id='r' Type='" REL                                               \
    "officeDocument' Target='xl/workbook.xml'/></Relationships>"
#define BOOK                                                                                       \
    "<workbook xmlns:r='x'><sheets><sheet name='表一' sheetId='1' r:id='r1'/></sheets></workbook>"
#define BOOK_RELS                                                                                  \
    "<Relationships>"                                                                              \
    "<Relationship Id='r1' Type='" REL "worksheet' Target='worksheets/s1.xml'/>"                   \
    "<Relationship Id='r2' Type='" REL "worksheet' Target='/xl/worksheets/s2.xml'/>"               \
    "<Relationship Id='r3' Type='" REL "worksheet' Target='../xl/worksheets/s3.xml'/>"             \
    "<Relationship Id='r4' Type='" REL "chartsheet' Target='charts/c.xml'/>"                       \
    "<Relationship Id='rs' Type='" REL "sharedStrings' Target='sharedStrings.xml'/>"               \
    "<Relationship Id='rt' Type='" REL "styles' Target='styles.xml'/>"                             \
    "</Relationships>"
#define STYLES                                                                                     \
    "<styleSheet><numFmts count='3'>"                                                              \
    "<numFmt numFmtId='164' formatCode='yyyy\"年\"m\"月\"d\"日\";@'/>"                          \
    "<numFmt numFmtId='165' formatCode='0.00\"days\"'/>"                                           \
    "<numFmt numFmtId='166' formatCode='[h]:mm:ss'/></numFmts>"                                    \
    "<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs>"                                    \
    "<xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='22'/><xf numFmtId='164'/>"                 \
    "<xf numFmtId='165'/><xf numFmtId='166'/><xf numFmtId='31'/></cellXfs></styleSheet>"

enum { P_ROOT, P_BOOK, P_RELS, P_STYLES, P_SHARED, P_SHEET1, P_SHEET2, P_SHEET3, P_COUNT };

static void write_book(Rig *rig, const char *sheet1, const char *shared, const char *book)
{
    Part parts[P_COUNT] = {
        [P_ROOT] = {"_rels/.rels", S(ROOT_RELS)},
        [P_BOOK] = {"xl/workbook.xml", str_from(book ? book : BOOK)},
        [P_RELS] = {"xl/_rels/workbook.xml.rels", S(BOOK_RELS)},
        [P_STYLES] = {"xl/styles.xml", S(STYLES)},
        [P_SHARED] = {shared ? "xl/sharedStrings.xml" : NULL, str_from(shared)},
        [P_SHEET1] = {"xl/worksheets/s1.xml", str_from(sheet1)},
        [P_SHEET2] = {"xl/worksheets/s2.xml", S("<worksheet><sheetData><row r='1'><c t='str'>"
                                                "<v>two</v></c></row></sheetData></worksheet>")},
        [P_SHEET3] = {"xl/worksheets/s3.xml", S("<x:worksheet xmlns:x='y'><x:sheetData><x:row><x:c>"
                                                "<x:v>3</x:v></x:c></x:row></x:sheetData>"
                                                "</x:worksheet>")},
    };
    write_zip(rig, parts, COUNT(parts));
}

#define SHARED                                                                                     \
    "<sst><si><t>专利</t></si><si><r><t>多 </t></r><r><rPr/><t>段</t></r></si>"                \
    "<si><t>漢字</t><rPh sb='0' eb='2'><t>かんじ</t></rPh></si><si><t/></si>"                 \
    "<si><t>a_x000D_\nb_x005F_x0041_</t></si></sst>"

static void test_cells(void **state)
{
    static const struct {
        const char *cells, *expected;
    } cases[] = {
        {"<c t='s'><v>0</v></c><c t='s'><v>1</v></c><c t='s'><v>2</v></c><c t='s'><v>3</v></c>",
         "专利|多 段|漢字"},
        {"<c t='s'><v>4</v></c>", "a\nb_x0041_"},
        {"<c r='B7' t='inlineStr'><is><t>x</t></is></c><c r='D7'><v>2</v></c>", "|x||2"},
        {"<c t='inlineStr'><is><r><t>x</t></r><r><t xml:space='preserve'> y</t></r>"
         "<rPh><t>no</t></rPh></is></c>",
         "x y"},
        {"<c t='inlineStr'><is><t>a &amp; &lt;b&gt;<![CDATA[ & c]]></t></is></c>", "a & <b> & c"},
        {"<c t='b'><v>1</v></c><c t='b'><v>0</v></c><c t='e'><v>#N/A</v></c>",
         "TRUE|FALSE|#N/A{E}"},
        {"<c t='str'><f>A1&amp;B1</f><v>sum</v></c><c><f>1+1</f></c><c><f>1+1</f><v>2</v></c>",
         "sum|{U}|2"},
        {"<c s='1'><v>46223</v></c><c s='2'><v>46223.395833333336</v></c><c s='3'><v>1</v></c>",
         "2026-07-20{D}|2026-07-20 09:30{D}|1900-01-01{D}"},
        {"<c s='1'><v>59</v></c><c s='1'><v>60</v></c><c s='1'><v>61</v></c><c "
         "s='6'><v>2958465</v></c>",
         "1900-02-28{D}|60|1900-03-01{D}|9999-12-31{D}"},
        {"<c s='4'><v>46223</v></c><c s='5'><v>0.5</v></c><c s='99'><v>46223</v></c><c "
         "s='1'><v>-1</v></c>",
         "46223|12:00{D}|46223|-1"},
        {"<c s='2'><v>46223.999999999</v></c><c s='2'><v>46223.00001</v></c>",
         "2026-07-21{D}|2026-07-20 00:00:01{D}"},
        {"<c t='d'><v>2026-07-20</v></c>", "2026-07-20{D}"},
        {"<c><v>2018305140799</v></c><c><v>0.10000000000000001</v></c><c><v>5.0000000000000001E-3</"
         "v></c>",
         "2018305140799|0.1|0.005"},
        {"<c><v>1234.5599999999999</v></c><c><v>1E-7</v></c><c><v>-3.5</v></c>",
         "1234.56|0.0000001|-3.5"},
        {"<c><v>201830514079912000</v></c><c><v>2.02E+12</v></c><c><v>2.0183051407991199E+17</v></"
         "c>",
         "201830514079912000{L}|2.02E+12{L}|2.0183051407991199E+17{L}"},
        {"<c><v>nan</v></c><c><v>0x10</v></c><c><v>1e999</v></c><c><v>12a</v></c>",
         "nan|0x10|1e999|12a"},
        {"<c t='str'><v>2.02E+12</v></c>", "2.02E+12{L}"},
        {"<c r='C7'><v>3</v></c><c r='A7'><v>1</v></c>", "1||3"},
        {"<c r='A7'><v>1</v></c><c r='XFD7' s='1'/>", "1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char sheet[2048], expected[512];
        snprintf(sheet, sizeof sheet,
                 "<worksheet><sheetData><row r='2'/><row r='7'>%s</row></sheetData></worksheet>",
                 cases[i].cells);
        snprintf(expected, sizeof expected, "表一!7:%s\n", cases[i].expected);
        write_book(*state, sheet, SHARED, NULL);
        assert_string_equal(read_all(*state), expected);
    }
}

#define ROWS(inside)           "<worksheet><sheetData>" inside "</sheetData></worksheet>"
#define SHEET(name, state, id) "<sheet name='" name "' " state " r:id='" id "'/>"

static void test_books(void **state)
{
    static const struct {
        const char *sheet, *shared, *book, *expected;
    } cases[] = {
        {ROWS("<row><c><v>1</v></c></row><row "
              "r='9'><c><v>2</v></c></row><row><c><v>3</v></c></row>"),
         NULL, NULL, "表一!1:1\n表一!9:2\n表一!10:3\n"},
        {ROWS("<row r='1'><c t='s'><v>0</v></c></row>"), NULL, NULL, "sheet.part_missing 1"},
        {ROWS("<row r='1'><c t='s'><v>9</v></c></row>"), SHARED, NULL, "sheet.damaged 1"},
        {ROWS("<row r='1'><c s='1'><v>0</v></c><c s='1'><v>1</v></c></row>"), NULL,
         "<workbook><sheets><sheet name='a' id='r1'/></sheets></workbook>", "sheet.no_sheet 0"},
        {ROWS("<row r='1'><c s='1'><v>0</v></c><c s='1'><v>1.5</v></c></row>"), NULL,
         "<workbook><workbookPr date1904='true'/><sheets>" SHEET("a", "",
                                                                 "r1") "</sheets></workbook>",
         "a!1:1904-01-01{D}|1904-01-02 12:00{D}\n"},
        {ROWS("<row r='1'><c><v>1</v></c></row>"), NULL,
         "<workbook><sheets>" SHEET("c", "", "r3") SHEET("chart", "", "r4")
             SHEET("a", "state='visible'", "r1") SHEET("h", "state='hidden'", "r1")
                 SHEET("v", "state='veryHidden'", "r1") SHEET("b", "", "r2") "</sheets></workbook>",
         "c!1:3\na!1:1\nb!1:two\n"},
        {ROWS(""), NULL,
         "<workbook><sheets>" SHEET("h", "state='hidden'", "r1") "</sheets></workbook>",
         "sheet.no_sheet 0"},
        {ROWS(""), NULL, "<workbook><sheets>" SHEET("h", "", "r9") "</sheets></workbook>",
         "sheet.part_missing 0"},
        {ROWS("<row r='1'><c><v>1</v></c></row><row r='2'><c><v>1</c></row>"), NULL, NULL,
         "表一!1:1\nsheet.damaged 2"},
        {"<worksheet><sheetData><row r='1'><c><v>1</v></c></row>", NULL, NULL,
         "表一!1:1\nsheet.damaged 1"},
        {"<!DOCTYPE x [<!ENTITY a 'b'>]>" ROWS("<row><c><v>&a;</v></c></row>"), NULL, NULL,
         "sheet.dtd 0"},
        {ROWS("<row><c><v>1</v></c></row>"), "<!DOCTYPE sst SYSTEM 'file:///etc/passwd'><sst/>",
         NULL, "sheet.dtd 0"},
        {ROWS("<row><c><v>&a;</v></c></row>"), NULL, NULL, "sheet.damaged 1"},
        {ROWS("<row r='4'><c r='SS4'><v>1</v></c></row>"), NULL, NULL, "sheet.too_many_columns 4"},
        {ROWS(""), NULL, NULL, ""},
        {"", NULL, NULL, "sheet.damaged 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_book(*state, cases[i].sheet, cases[i].shared, cases[i].book);
        assert_string_equal(read_all(*state), cases[i].expected);
    }
}

static void test_not_books(void **state)
{
    Rig *rig = *state;
    static const struct {
        const char *part, *kind;
    } cases[] = {
        {"word/document.xml", "Word (.docx)"},
        {"ppt/presentation.xml", "PowerPoint (.pptx)"},
        {"META-INF/manifest.xml", "OpenDocument (.ods)"},
        {"anything", "ZIP"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        Part part = {cases[i].part, S("x")};
        write_zip(rig, &part, 1);
        assert_string_equal(read_all(rig), "sheet.not_sheet 0");
        assert_true(str_same_z(rig->cx.err.args[1], cases[i].kind));
    }
}

/* Whatever is cut off: an error, no crash, and never a row that is not in the whole file. */
static void test_truncated(void **state)
{
    Rig *rig = *state;
    write_book(rig, ROWS("<row r='1'><c t='s'><v>0</v></c></row>"), SHARED, NULL);
    Str whole = read_file(rig);
    assert_string_equal(read_all(rig), "表一!1:专利\n");
    for (size_t i = 1; i < 64; i++) {
        write_file(rig, str_slice(whole, 0, whole.len * i / 64));
        assert_string_equal(read_all(rig), "sheet.truncated 0");
    }
}

/* Every third byte of the file changed, one at a time: an error or rows, no crash. */
static void test_flipped(void **state)
{
    Rig *rig = *state;
    write_book(rig, ROWS("<row r='1'><c t='s'><v>0</v></c></row>"), SHARED, NULL);
    Str whole = read_file(rig);
    char *bytes = str_z(&rig->arena, whole);
    int errors = 0;
    for (size_t i = 0; i < whole.len; i += 3) {
        bytes[i] = (char)(bytes[i] ^ 0x55);
        write_file(rig, (Str){bytes, whole.len});
        errors += strcmp(read_all(rig), "表一!1:专利\n") != 0;
        bytes[i] = whole.data[i];
    }
    assert_true(errors > (int)whole.len / 6);
}

static void write_large_sheet(Rig *rig, const char *before, const char *piece, size_t times,
                              const char *after)
{
    Buf buf = buf_new(&rig->arena);
    buf_z(&buf, before);
    for (size_t i = 0; i < times; i++)
        buf_z(&buf, piece);
    buf_z(&buf, after);
    write_book(rig, str_z(&rig->arena, buf_str(&buf)), SHARED, NULL);
}

static void test_bombs(void **state)
{
    Rig *rig = *state;
    enum { MIB = 1024 * 1024 };
    static const struct {
        const char *before, *piece;
        size_t times;
        const char *after, *expected;
    } cases[] = {
        {"<worksheet><sheetData>", "<row></row>", 2 * MIB, "</sheetData></worksheet>",
         "sheet.bomb"},
        {"<worksheet>", "                ", 2 * MIB, "</worksheet>", "sheet.bomb"},
        {"<worksheet><sheetData><row r='5'><c t='str'><v>", "xxxxxxxxxxxxxxxx", MIB / 8,
         "</v></c></row></sheetData></worksheet>", "sheet.cell_too_long 5"},
        {"<worksheet><x a='", "xxxxxxxxxxxxxxxx", MIB / 8, "'/></worksheet>", "sheet.damaged 0"},
        {"<worksheet><!--", "xxxxxxxxxxxxxxxx", MIB / 8, "--></worksheet>", "sheet.damaged 0"},
        {"", "<a>", MIB, "", "sheet.damaged 0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_large_sheet(rig, cases[i].before, cases[i].piece, cases[i].times, cases[i].after);
        Str said = str_from(read_all(rig));
        assert_true(str_starts(said, str_from(cases[i].expected)));
        assert_true(rig->rows.total < 16 * MIB);
    }
    Buf names = buf_new(&rig->arena);
    buf_z(&names, "<worksheet>");
    for (int i = 0; i < 5000; i++)
        buf_format(&names, "<n%d/>", i);
    buf_z(&names, "</worksheet>");
    write_book(rig, str_z(&rig->arena, buf_str(&names)), SHARED, NULL);
    assert_string_equal(read_all(rig), "sheet.damaged 0");
}

static void test_shared_limit(void **state)
{
    Rig *rig = *state;
    Buf text = buf_new(&rig->arena), shared = buf_new(&rig->arena);
    for (int i = 0; i < 1000 * 1000 / 16; i++)
        buf_z(&text, "xxxxxxxxxxxxxxxx");
    rig->stored = true; /* Packed, it would be a bomb. */
    buf_z(&shared, "<sst>");
    for (int i = 0; i < 70; i++) {
        buf_z(&shared, "<si><t>");
        buf_add(&shared, buf_str(&text));
        buf_z(&shared, "</t></si>");
    }
    buf_z(&shared, "</sst>");
    write_book(rig, ROWS(""), str_z(&rig->arena, buf_str(&shared)), NULL);
    assert_string_equal(read_all(rig), "sheet.shared_too_long 0");
}

/* The end of the file promises more parts than anybody needs. */
static void test_many_parts(void **state)
{
    Rig *rig = *state;
    write_book(rig, ROWS(""), SHARED, NULL);
    Str whole = read_file(rig);
    char *bytes = str_z(&rig->arena, whole);
    bytes[whole.len - 22 + 10] = 1;
    bytes[whole.len - 22 + 11] = 0x10; /* 4097 */
    write_file(rig, (Str){bytes, whole.len});
    assert_string_equal(read_all(rig), "sheet.too_many_parts 0");
}

static void test_encrypted_part(void **state)
{
    Rig *rig = *state;
    int code;
    write_book(rig, ROWS(""), SHARED, NULL);
    zip_t *zip = zip_open(rig->path, 0, &code);
    zip_int64_t at = zip_name_locate(zip, "xl/workbook.xml", 0);
    assert_int_equal(zip_file_set_encryption(zip, (zip_uint64_t)at, ZIP_EM_AES_256, "secret"), 0);
    assert_int_equal(zip_close(zip), 0);
    assert_string_equal(read_all(rig), "sheet.encrypted 0");
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        SheetStyle style;
    } cases[] = {
        {"General", SHEET_STYLE_PLAIN},
        {"0.00E+00", SHEET_STYLE_PLAIN},
        {"#,##0.00_);[Red]\\(#,##0.00\\)", SHEET_STYLE_PLAIN},
        {"[$¥-804]#,##0.00", SHEET_STYLE_PLAIN},
        {"0\"days\"", SHEET_STYLE_PLAIN},
        {"0\\d", SHEET_STYLE_PLAIN},
        {"yyyy-mm-dd", SHEET_STYLE_DATE},
        {"[$-804]yyyy\"年\"m\"月\";@", SHEET_STYLE_DATE},
        {"mmm", SHEET_STYLE_DATE},
        {"h:mm AM/PM", SHEET_STYLE_TIME},
        {"[mm]:ss", SHEET_STYLE_TIME},
        {"[h]", SHEET_STYLE_TIME},
        {"\"open", SHEET_STYLE_PLAIN},
        {"\\", SHEET_STYLE_PLAIN},
        {"", SHEET_STYLE_PLAIN},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(sheet_style_format(str_from(cases[i].format)), cases[i].style);
    assert_int_equal(sheet_style_builtin(14), SHEET_STYLE_DATE);
    assert_int_equal(sheet_style_builtin(9), SHEET_STYLE_PLAIN);
    assert_int_equal(sheet_style_builtin(57), SHEET_STYLE_DATE);
}

static void test_row_copy(void **state)
{
    Rig *rig = *state;
    write_file(rig, S("a,b\nc,d\n"));
    SheetReader *reader;
    SheetRow first, second;
    bool got;
    assert_int_equal(sheet_open(&rig->cx, rig->path, &rig->rows, &reader), ERR_OK);
    assert_int_equal(sheet_next(&rig->cx, reader, &first, &got), ERR_OK);
    first = sheet_row_copy(&rig->arena, &first);
    assert_int_equal(sheet_next(&rig->cx, reader, &second, &got), ERR_OK);
    sheet_done(reader);
    assert_true(str_same(first.cells[1], S("b")) && first.line == 1 && first.count == 2);
}

/* ---- real data ---- */

static void test_data(void **state)
{
    Rig *rig = *state;
    static const struct {
        const char *name;
        i64 rows, lost;
    } files[] = {
        {"patents_messy_gb18030.csv", 15382, 13923},
        {"patents_multiline_gb18030.csv", 786, 0},
        {"patents_2019.jsonl", 78013, 0},
    };
    const char *folder = getenv("TECHBOURSE_TEST_DATA");
    if (!folder) {
        print_message("not run: TECHBOURSE_TEST_DATA names no folder\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(files); i++) {
        Str path = str_format(&rig->arena, "%s/%s", folder, files[i].name);
        SheetReader *reader;
        SheetRow row;
        bool got = true;
        if (access(path.data, R_OK) != 0) {
            print_message("not run: no %s\n", path.data);
            continue;
        }
        assert_int_equal(sheet_open(&rig->cx, path.data, &rig->rows, &reader), ERR_OK);
        size_t columns = 0, most = 0;
        while (sheet_next(&rig->cx, reader, &row, &got) == ERR_OK && got) {
            columns = columns ? columns : row.count;
            most = row.count > most ? row.count : most;
            assert_int_equal(row.unknown_keys.len, 0);
        }
        assert_false(got);
        assert_int_equal(most, columns);
        assert_int_equal(sheet_about(reader)->row_count, files[i].rows + 1);
        assert_int_equal(sheet_about(reader)->lost_count, files[i].lost);
        assert_int_equal(sheet_about(reader)->bad_count, 0);
        assert_true(rig->rows.total < 1024 * 1024);
        sheet_done(reader);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, rig_init, rig_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_csv),
        CASE(test_encodings),
        CASE(test_bad_bytes),
        CASE(test_piece_borders),
        CASE(test_separator),
        CASE(test_number_lost),
        CASE(test_json),
        CASE(test_text_limits),
        CASE(test_other_files),
        CASE(test_compound_files),
        CASE(test_cells),
        CASE(test_books),
        CASE(test_not_books),
        CASE(test_truncated),
        CASE(test_flipped),
        CASE(test_bombs),
        CASE(test_shared_limit),
        CASE(test_many_parts),
        CASE(test_encrypted_part),
        CASE(test_formats),
        CASE(test_row_copy),
        CASE(test_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
