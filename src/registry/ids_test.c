/* Identifier rules: what is taken, what form it gets, what is refused and by which message. */
#include "registry/ids.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

enum { YEAR_NOW = 2026 };

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

/* `key` NULL: the call must have worked. */
static void assert_err(Err e, const char *input, const char *key)
{
    const char *got = e ? cx.err.key : "no error";
    if (key && e != ERR_INPUT)
        fail_msg("'%s': expected %s, got none", input, key);
    if (!key && e)
        fail_msg("'%s': unexpected %s", input, got);
    if (key && strcmp(got, key) != 0)
        fail_msg("'%s': expected %s, got %s", input, key, got);
    if (e)
        assert_str(cx.err.field, "f");
    err_clear(&cx);
}

/* ---- Application numbers ---- */

static void test_appno_accepted(void **state)
{
    (void)state;
    // clang-format off
    static const struct {
        const char *text, *canonical; int year; PatentType type; bool check_added, granted, pct;
    } rows[] = {
        {"97101765.4",               "97101765.4",     1997, PATENT_INV, false, false, false},
        {"95115608.X",               "95115608.X",     1995, PATENT_INV, false, false, false},
        {"200310100002.X",           "200310100002.X", 2003, PATENT_INV, false, false, false},
        {"201110297790.0",           "201110297790.0", 2011, PATENT_INV, false, false, false},
        {"201310699744.2",           "201310699744.2", 2013, PATENT_INV, false, false, false},
        {"201710601862.3",           "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"201921898050.0",           "201921898050.0", 2019, PATENT_UM,  false, false, false},
        {"201921897980.4",           "201921897980.4", 2019, PATENT_UM,  false, false, false},
        {"201921897855.3",           "201921897855.3", 2019, PATENT_UM,  false, false, false},
        {"202510149890.0",           "202510149890.0", 2025, PATENT_INV, false, false, false},
        {"202610097860.4",           "202610097860.4", 2026, PATENT_INV, false, false, false},
        {"202611094798.X",           "202611094798.X", 2026, PATENT_INV, false, false, false},
        {"202320135062.8",           "202320135062.8", 2023, PATENT_UM,  false, false, false},
        {"202330062702.2",           "202330062702.2", 2023, PATENT_DES, false, false, false},
        {"200880012345.6",           NULL, 0, 0, false, false, false},
        {"200880012345.1",           "200880012345.1", 2008, PATENT_INV, false, false, true},
        {"00100001.2",               "00100001.2",     2000, PATENT_INV, false, false, false},
        /* Ways to write it. */
        {"CN201710601862.3",         "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"cn 201710601862.3",        "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"ZL201710601862.3",         "201710601862.3", 2017, PATENT_INV, false, true,  false},
        {"ZL 2017 1 0601862.3",      "201710601862.3", 2017, PATENT_INV, false, true,  false},
        {"2017106018623",            "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"201710601862",             "201710601862.3", 2017, PATENT_INV, true,  false, false},
        {"CN201710601862",           "201710601862.3", 2017, PATENT_INV, true,  false, false},
        {"2017 1 0601862.3",         "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"２０１７１０６０１８６２．３", "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"ＺＬ２０１７１０６０１８６２．３", "201710601862.3", 2017, PATENT_INV, false, true, false},
        {"95115608.x",               "95115608.X",     1995, PATENT_INV, false, false, false},
        {"95115608x",                "95115608.X",     1995, PATENT_INV, false, false, false},
        {"95115608Ｘ",               "95115608.X",     1995, PATENT_INV, false, false, false},
        {"97 1 01765.4",             "97101765.4",     1997, PATENT_INV, false, false, false},
        {"971017654",                "97101765.4",     1997, PATENT_INV, false, false, false},
        {"97101765",                 "97101765.4",     1997, PATENT_INV, true,  false, false},
        {"201830596276X",            "201830596276.X", 2018, PATENT_DES, false, false, false},
        {"  201710601862.3\xE3\x80\x80", "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"'2017106018623",           "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"\xEF\xBB\xBF" "201710601862.3", "201710601862.3", 2017, PATENT_INV, false, false, false},
        {"201710601862.",            "201710601862.3", 2017, PATENT_INV, true,  false, false},
        {"201710601862 . 3",         "201710601862.3", 2017, PATENT_INV, false, false, false},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        AppNo got = {0};
        Err e = id_appno_read(&cx, "f", str_from(rows[i].text), YEAR_NOW, &got);
        assert_err(e, rows[i].text, rows[i].canonical ? NULL : "registry.appno_check");
        if (!rows[i].canonical)
            continue;
        assert_str(got.text, rows[i].canonical);
        assert_int_equal(got.year, rows[i].year);
        assert_int_equal(got.type, rows[i].type);
        assert_int_equal(got.check_added, rows[i].check_added);
        assert_int_equal(got.granted, rows[i].granted);
        assert_int_equal(got.pct, rows[i].pct);
    }
}

static void test_appno_refused(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *key; } rows[] = {
        {"",                    "registry.appno_empty"},
        {" \xE3\x80\x80 ",      "registry.appno_empty"},
        {"200310100001.1",      "registry.appno_check"},
        {"200880012345.6",      "registry.appno_check"},
        {"202310054567.0",      "registry.appno_check"},
        {"00100001.X",          "registry.appno_check"},
        {"2017106018624",       "registry.appno_check"},
        {"2017106018263",       "registry.appno_check"},
        {"201710601862.X",      "registry.appno_check"},
        {"2.02E+12",            "registry.appno_destroyed"},
        {"2.01811E+12",         "registry.appno_destroyed"},
        {"2e12",                "registry.appno_destroyed"},
        {"２.０２Ｅ＋１２",      "registry.appno_destroyed"},
        {"CN110007813A",        "registry.appno_docno"},
        {"110007813 A",         "registry.appno_docno"},
        {"CN2938735Y",          "registry.appno_docno"},
        {"1985A0601862.3",      "registry.appno_form"},
        {"2017-10601862",       "registry.appno_form"},
        {"20171 0601862.3X",    "registry.appno_form"},
        {"2017106 01862.3",     "registry.appno_form"},
        {"2017.10601862.3",     "registry.appno_form"},
        {"201710601862.33",     "registry.appno_form"},
        {"X01710601862.3",      "registry.appno_form"},
        {"PCT/CN2019/123456",   "registry.appno_form"},
        {"2017106018",          "registry.appno_length"},
        {"2017106018.3",        "registry.appno_length"},
        {"20171060186",         "registry.appno_length"},
        {"20171060186233",      "registry.appno_length"},
        {"CN",                  "registry.appno_length"},
        {"198410601862",        "registry.appno_year"},
        {"202710601862",        "registry.appno_year"},
        {"999910601862",        "registry.appno_year"},
        {"50101765",            "registry.appno_year"},
        {"199910601862",        "registry.appno_scheme"},
        {"04100001",            "registry.appno_scheme"},
        {"201740601862",        "registry.appno_type"},
        {"201700601862",        "registry.appno_type"},
        {"97501765",            "registry.appno_type"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        AppNo got = {.year = 7};
        assert_err(id_appno_read(&cx, "f", str_from(rows[i].text), YEAR_NOW, &got), rows[i].text,
                   rows[i].key);
        assert_int_equal(got.year, 7); /* A failed call leaves the caller's copy alone. */
    }
}

static void test_appno_year_is_a_parameter(void **state)
{
    (void)state;
    AppNo got;
    assert_err(id_appno_read(&cx, "f", S("202610097860.4"), 2025, &got), "2025",
               "registry.appno_year");
    assert_err(id_appno_read(&cx, "f", S("202610097860.4"), 2026, &got), "2026", NULL);
}

static void test_appno_error_says_what_would_fit(void **state)
{
    (void)state;
    AppNo got;
    Err e = id_appno_read(&cx, NULL, S("200310100001.1"), YEAR_NOW, &got);
    assert_int_equal(e, ERR_INPUT);
    assert_str(cx.err.args[0], "1");
    assert_str(cx.err.args[1], "5");
    assert_int_equal(cx.err.field.len, 0);
}

/* One wrong digit is always found (the modulus is prime and no weight is a multiple of it), so any
 * change of one digit of a good number must be refused, whatever the message. */
static void test_appno_any_single_error_is_found(void **state)
{
    (void)state;
    static const char *const numbers[] = {"201710601862.3", "97101765.4", "202611094798.X"};
    for (size_t n = 0; n < COUNT(numbers); n++) {
        for (size_t i = 0; i < strlen(numbers[n]); i++) {
            for (char digit = '0'; digit <= '9'; digit++) {
                char text[20] = {0};
                memcpy(text, numbers[n], strlen(numbers[n]));
                if (text[i] == '.' || text[i] == digit)
                    continue;
                text[i] = digit;
                AppNo got;
                assert_int_equal(id_appno_read(&cx, "f", str_from(text), YEAR_NOW, &got),
                                 ERR_INPUT);
                err_clear(&cx);
            }
        }
    }
}

static void test_appno_forms(void **state)
{
    (void)state;
    assert_str(id_appno_plain(&test_arena, S("201710601862.3")), "2017106018623");
    assert_str(id_appno_plain(&test_arena, S("95115608.X")), "95115608X");
    assert_str(id_patent_no(&test_arena, S("201710601862.3")), "ZL201710601862.3");
    assert_string_equal(id_patent_type_name(PATENT_INV), "INV");
    assert_string_equal(id_patent_type_name(PATENT_UM), "UM");
    assert_string_equal(id_patent_type_name(PATENT_DES), "DES");
}

/* ---- Document numbers ---- */

static void test_docno_accepted(void **state)
{
    (void)state;
    // clang-format off
    static const struct {
        const char *text, *canonical; PatentType type; DocMeaning meaning; int from, to;
    } rows[] = {
        {"CN110007813A",    "CN110007813A",   PATENT_INV, DOC_PUBLISHED,       2007, 0},
        {"cn 110007813 a",  "CN110007813A",   PATENT_INV, DOC_PUBLISHED,       2007, 0},
        {"110007813Ａ",     "CN110007813A",   PATENT_INV, DOC_PUBLISHED,       2007, 0},
        {"CN100998275A",    "CN100998275A",   PATENT_INV, DOC_PUBLISHED,       2007, 0},
        {"CN100333628C",    "CN100333628C",   PATENT_INV, DOC_GRANTED,         2007, 2010},
        {"CN200938735Y",    "CN200938735Y",   PATENT_UM,  DOC_GRANTED,         2007, 2010},
        {"CN305252224S",    "CN305252224S",   PATENT_DES, DOC_GRANTED,         2010, 0},
        {"CN209090501U",    "CN209090501U",   PATENT_UM,  DOC_GRANTED,         2010, 0},
        {"CN102345678B",    "CN102345678B",   PATENT_INV, DOC_GRANTED,         2010, 0},
        {"CN1030001A",      "CN1030001A",     PATENT_INV, DOC_PUBLISHED,       1989, 2007},
        {"CN1030001B",      "CN1030001B",     PATENT_INV, DOC_EXAMINED,        1989, 1992},
        {"CN2030001U",      "CN2030001U",     PATENT_UM,  DOC_ANNOUNCED,       1989, 1992},
        {"CN3003001S",      "CN3003001S",     PATENT_DES, DOC_ANNOUNCED,       1989, 1992},
        {"CN2938735Y",      "CN2938735Y",     PATENT_UM,  DOC_GRANTED,         1993, 2007},
        {"CN3123456D",      "CN3123456D",     PATENT_DES, DOC_GRANTED,         1993, 2007},
        {"CN85100001A",     "CN85100001A",    PATENT_INV, DOC_PUBLISHED,       1985, 1988},
        {"CN88105555B",     "CN88105555B",    PATENT_INV, DOC_EXAMINED,        1985, 1988},
        {"CN87200001U",     "CN87200001U",    PATENT_UM,  DOC_ANNOUNCED,       1985, 1988},
        {"CN110007813A8",   "CN110007813A8",  PATENT_INV, DOC_FRONT_CORRECTED, 2007, 0},
        {"CN102345678B9",   "CN102345678B9",  PATENT_INV, DOC_TEXT_CORRECTED,  2010, 0},
        {"CN102345678B3",   "CN102345678B3",  PATENT_INV, DOC_PART_INVALID,    2010, 0},
        {"CN305252224S6",   "CN305252224S6",  PATENT_DES, DOC_PART_INVALID,    2010, 0},
        {"CN305252224S7",   "CN305252224S7",  PATENT_DES, DOC_OTHER,           2010, 0},
        {"CN110007813A1",   "CN110007813A1",  PATENT_INV, DOC_OTHER,           2007, 0},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        DocNo got = {0};
        assert_err(id_docno_read(&cx, "f", str_from(rows[i].text), &got), rows[i].text, NULL);
        assert_str(got.text, rows[i].canonical);
        assert_int_equal(got.type, rows[i].type);
        assert_int_equal(got.meaning, rows[i].meaning);
        assert_int_equal(got.year_from, rows[i].from);
        assert_int_equal(got.year_to, rows[i].to);
        assert_non_null(strstr(id_doc_meaning_key(got.meaning), "registry.doc_"));
    }
}

static void test_docno_refused(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *key; } rows[] = {
        {"",                 "registry.docno_empty"},
        {"1.1E+08",          "registry.docno_destroyed"},
        {"CN110007A",        "registry.docno_form"},
        {"CN1100078133A",    "registry.docno_form"},
        {"EP1234567A1",      "registry.docno_form"},
        {"CN110007813",      "registry.docno_kind_missing"},
        {"CN110007813Z",     "registry.docno_kind"},
        {"CN110007813A0",    "registry.docno_kind"},
        {"CN110007813AA",    "registry.docno_kind"},
        {"CN110007813A12",   "registry.docno_kind"},
        {"CN110007813U",     "registry.docno_mismatch"},
        {"CN305252224A",     "registry.docno_mismatch"},
        {"CN410007813A",     "registry.docno_mismatch"},
        {"CN810007813A",     "registry.docno_mismatch"},
        {"CN89100001A",      "registry.docno_mismatch"},
        {"CN85200001A",      "registry.docno_mismatch"},
        {"CN85100001C",      "registry.docno_mismatch"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        DocNo got = {.year_from = 7};
        assert_err(id_docno_read(&cx, "f", str_from(rows[i].text), &got), rows[i].text,
                   rows[i].key);
        assert_int_equal(got.year_from, 7);
    }
}

/* ---- One text in, one text out ---- */

typedef Err (*Reader)(Cx *, const char *, Str, Str *);

typedef struct ReaderRow {
    const char *text, *canonical; /* NULL: refused with `key`. */
    const char *key;
} ReaderRow;

static void run_reader(Reader reader, const ReaderRow *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Str got = S("untouched");
        assert_err(reader(&cx, "f", str_from(rows[i].text), &got), rows[i].text, rows[i].key);
        assert_str(got, rows[i].canonical ? rows[i].canonical : "untouched");
    }
}

// clang-format off
static const ReaderRow pct_rows[] = {
    {"PCT/CN2019/123456",  "PCT/CN2019/123456", NULL},
    {"pct/cn2019/123456",  "PCT/CN2019/123456", NULL},
    {"PCT/US98/01234",     "PCT/US98/01234",    NULL},
    {"PCT/CN2019/12345",   NULL, "registry.pct_form"},
    {"PCT/CN19/123456",    NULL, "registry.pct_form"},
    {"PCT/CN2019",         NULL, "registry.pct_form"},
    {"PCT/CN2019/",        NULL, "registry.pct_form"},
    {"PCT/CN2019/123456A", NULL, "registry.pct_form"},
    {"",                   NULL, "registry.pct_form"},
};
static const ReaderRow ipc_rows[] = {
    {"H04L 29/06",               "H04L 29/06",     NULL},
    {"H04L29/06",                "H04L 29/06",     NULL},
    {"h04l29/06",                "H04L 29/06",     NULL},
    {"H04L29/06 (2006.01)",      "H04L 29/06",     NULL},
    {"H04L29/06(2006.01)I;",     "H04L 29/06",     NULL},
    {"H04L29/06(2006.01)N",      "H04L 29/06",     NULL},
    {"Ｈ０４Ｌ２９／０６",        "H04L 29/06",     NULL},
    {"G06F3/0481(2013.01)I;",    "G06F 3/0481",    NULL},
    {"A61K36/8994（2006.01）I；", "A61K 36/8994",   NULL},
    {"G02F   1/1333",            "G02F 1/1333",    NULL},
    {"H04L 0029/06",             "H04L 29/06",     NULL},
    {"H04L",                     NULL, "registry.ipc_form"},
    {"H04L 29",                  NULL, "registry.ipc_form"},
    {"H04L 29/6",                NULL, "registry.ipc_form"},
    {"H04L 29/0612345",          NULL, "registry.ipc_form"},
    {"H04L 12345/06",            NULL, "registry.ipc_form"},
    {"I04L 29/06",               NULL, "registry.ipc_form"},
    {"H00L 29/06",               NULL, "registry.ipc_form"},
    {"H04L 0/06",                NULL, "registry.ipc_form"},
    {"H04L 29/06 G06F 3/00",     NULL, "registry.ipc_form"},
    {"01-01 (11)",               NULL, "registry.ipc_form"},
    {"",                         NULL, "registry.ipc_form"},
};
static const ReaderRow locarno_rows[] = {
    {"01-01 (11)",       "LOC(11) Cl. 01-01", NULL},
    {"01-01(11)",        "LOC(11) Cl. 01-01", NULL},
    {"LOC(14) Cl. 14-03", "LOC(14) Cl. 14-03", NULL},
    {"LOC（14）Cl.14-03", "LOC(14) Cl. 14-03", NULL},
    {"14-03",            "LOC Cl. 14-03",     NULL},
    {"32-00",            "LOC Cl. 32-00",     NULL},
    {"33-01",            NULL, "registry.locarno_form"},
    {"00-01",            NULL, "registry.locarno_form"},
    {"1-01",             NULL, "registry.locarno_form"},
    {"01-01 (x)",        NULL, "registry.locarno_form"},
    {"01-01 (11",        NULL, "registry.locarno_form"},
    {"01-012",           NULL, "registry.locarno_form"},
    {"",                 NULL, "registry.locarno_form"},
};
static const ReaderRow uscc_rows[] = {
    {"91110000600037341L", "91110000600037341L", NULL},
    {"914403001922038216", "914403001922038216", NULL},
    {"9144030071526726XG", "9144030071526726XG", NULL},
    {"91330100799655058B", "91330100799655058B", NULL},
    {"91350100M000100Y43", "91350100M000100Y43", NULL},
    {"12100000400000624D", "12100000400000624D", NULL},
    {"12100000400002259P", "12100000400002259P", NULL},
    {"12100000466006770Q", "12100000466006770Q", NULL},
    {" 9133 0100 7996 55058b ", "91330100799655058B", NULL},
    {"９１３３０１００７９９６５５０５８Ｂ", "91330100799655058B", NULL},
    {"12100000466007597Q", NULL, "ident.uscc_check"},
    {"91330100799655085B", NULL, "ident.uscc_check"},
    {"91330100799655058",  NULL, "ident.uscc_length"},
    {"91330100799655058BB", NULL, "ident.uscc_length"},
    {"",                   NULL, "ident.uscc_length"},
    {"9133O100799655058B", NULL, "ident.uscc_character"},
    {"91330I00799655058B", NULL, "ident.uscc_character"},
    {"9133010079965505SB", NULL, "ident.uscc_character"},
    {"91A30100799655058B", NULL, "ident.uscc_division"},
};
static const ReaderRow orcid_rows[] = {
    {"0000-0002-1825-0097", "0000-0002-1825-0097", NULL},
    {"0000-0001-5109-3700", "0000-0001-5109-3700", NULL},
    {"0000-0002-1694-233X", "0000-0002-1694-233X", NULL},
    {"000000021694233x",    "0000-0002-1694-233X", NULL},
    {"https://orcid.org/0000-0002-1825-0097", "0000-0002-1825-0097", NULL},
    {"0000-0002-1825-0098", NULL, "registry.orcid_check"},
    {"0000-0002-1852-0097", NULL, "registry.orcid_check"},
    {"0000-0002-1694-2330", NULL, "registry.orcid_check"},
    {"0000-0002-1825-009",  NULL, "registry.orcid_form"},
    {"0000-X002-1825-0097", NULL, "registry.orcid_form"},
    {"",                    NULL, "registry.orcid_form"},
};
static const ReaderRow mobile_rows[] = {
    {"13812345678",        "13812345678", NULL},
    {"+86 138-1234-5678",  "13812345678", NULL},
    {"008613812345678",    "13812345678", NULL},
    {"8613812345678",      "13812345678", NULL},
    {"１９９１２３４５６７８", "19912345678", NULL},
    {"12812345678",        NULL, "ident.mobile_form"},
    {"23812345678",        NULL, "ident.mobile_form"},
    {"1381234567",         NULL, "ident.mobile_form"},
    {"138123456789",       NULL, "ident.mobile_form"},
    {"1381234567a",        NULL, "ident.mobile_form"},
    {"",                   NULL, "ident.mobile_form"},
};
// clang-format on

static void test_readers(void **state)
{
    (void)state;
    run_reader(id_pct_read, pct_rows, COUNT(pct_rows));
    run_reader(id_ipc_read, ipc_rows, COUNT(ipc_rows));
    run_reader(id_locarno_read, locarno_rows, COUNT(locarno_rows));
    run_reader(id_uscc_read, uscc_rows, COUNT(uscc_rows));
    run_reader(id_orcid_read, orcid_rows, COUNT(orcid_rows));
    run_reader(id_mobile_read, mobile_rows, COUNT(mobile_rows));
}

/* ---- Classes ---- */

static void test_class_list(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *joined, *key; } rows[] = {
        {"",                                                "", NULL},
        {" ;; ",                                            "", NULL},
        {"G06F3/0481(2013.01)I;",                           "G06F 3/0481", NULL},
        {"A61K36/8994(2006.01)I;??A61P17/06(2006.01)I",     "A61K 36/8994|A61P 17/06", NULL},
        {"H04L29/06；H04L12/24，G06F3/00、B01D1/00",         "H04L 29/06|H04L 12/24|G06F 3/00|B01D 1/00", NULL},
        {"H04L29/06, H04L29/06;H04L 29/06(2006.01)N",       "H04L 29/06", NULL},
        {"H04L29/06|G06F3/00\r\nB01D1/00\nC01B3/00",        "H04L 29/06|G06F 3/00|B01D 1/00|C01B 3/00", NULL},
        {"H04L 29/06(2006.01) G06F 3/00",                   "H04L 29/06|G06F 3/00", NULL},
        {"01-01 (11)",                                      "LOC(11) Cl. 01-01", NULL},
        {"14-03;14-02(12)",                                 "LOC Cl. 14-03|LOC(12) Cl. 14-02", NULL},
        {"H04L29/06;nonsense;G06F3/00",                     NULL, "registry.class_form"},
        {"H04L29/06;H04L",                                  NULL, "registry.class_form"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str *list = NULL;
        size_t count = 99;
        Err e = id_class_list_read(&cx, "f", str_from(rows[i].text), &list, &count);
        if (e)
            assert_true(cx.err.args[0].len > 0);
        assert_err(e, rows[i].text, rows[i].key);
        if (rows[i].key)
            assert_int_equal(count, 99);
        else
            assert_str(str_join(&test_arena, list, count, S("|")), rows[i].joined);
    }
}

static void test_class_list_is_bounded(void **state)
{
    (void)state;
    Buf text = buf_new(&test_arena);
    for (int i = 1; i <= IPC_LIST_MAX + 1; i++)
        buf_format(&text, "H04L %d/06;", i);
    Str *list = NULL;
    size_t count = 0;
    assert_err(id_class_list_read(&cx, "f", buf_str(&text), &list, &count), "many",
               "registry.class_many");
}

static void test_ipc_key_sorts_as_the_hierarchy(void **state)
{
    (void)state;
    static const char *const in_order[] = {"A01B 1/00",  "A01B 1/02",  "G06F 3/00",   "G06F 3/048",
                                           "G06F 11/00", "H04L 29/06", "H04L 29/065", "H04L 29/07"};
    assert_str(id_ipc_key(&test_arena, S("H04L 29/06")), "H04L0029/06");
    for (size_t i = 1; i < COUNT(in_order); i++) {
        Str before = id_ipc_key(&test_arena, str_from(in_order[i - 1]));
        assert_true(str_order(before, id_ipc_key(&test_arena, str_from(in_order[i]))) < 0);
    }
}

/* ---- Units and people ---- */

static void test_orgcode(void **state)
{
    (void)state;
    static const char *const good[] = {"600037341", "192203821", "71526726X", "799655058",
                                       "M000100Y4", "400000624", "400002259", "466006770"};
    for (size_t i = 0; i < COUNT(good); i++) {
        char text[10] = {0};
        memcpy(text, good[i], 9);
        assert_true(id_orgcode_valid(str_from(text)));
        text[8] = text[8] == '5' ? '6' : '5';
        assert_false(id_orgcode_valid(str_from(text)));
    }
    assert_false(id_orgcode_valid(S("60003734")));
    assert_false(id_orgcode_valid(S("6000-7341")));
    assert_false(id_orgcode_valid(S("")));
}

/* A code whose outer check fits while the organisation code inside does not: both must be proven.
 */
static void test_uscc_inner_check(void **state)
{
    (void)state;
    Str got;
    int outer_fits = 0;
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (size_t i = 0; i < sizeof letters - 1; i++) {
        char text[] = "91330100799655068?"; /* 79965505-8 with one digit changed. */
        text[17] = letters[i];
        assert_int_equal(id_uscc_read(&cx, "f", str_from(text), &got), ERR_INPUT);
        outer_fits += strcmp(cx.err.key, "ident.uscc_orgcode") == 0;
        err_clear(&cx);
    }
    assert_int_equal(outer_fits, 1);
}

static void test_resident(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text; i64 today_date; const char *key; } rows[] = {
        {"11010519491231002X",   20261121, NULL},
        {"11010519491231002x",   20261121, NULL},
        {"110105 19491231 002X", 0,        NULL},
        {"110105194912310021",   20261121, "registry.resident_check"},
        {"11010519491231020X",   20261121, "registry.resident_check"},
        {"110105194913310029",   20261121, "registry.resident_birthday"},
        {"110105194902300029",   20261121, "registry.resident_birthday"},
        {"11010519491231002X",   19491230, "registry.resident_birthday"},
        {"99010519491231002X",   20261121, "registry.resident_division"},
        {"11010519491231002",    20261121, "registry.resident_form"},
        {"1101051949123100AX",   20261121, "registry.resident_form"},
        {"",                     20261121, "registry.resident_form"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str got = S("untouched");
        Err e = id_resident_read(&cx, "f", str_from(rows[i].text), rows[i].today_date, &got);
        if (e)
            assert_int_equal(cx.err.args[0].len, 0); /* Never repeated in a message. */
        assert_err(e, rows[i].text, rows[i].key);
        assert_str(got, rows[i].key ? "untouched" : "11010519491231002X");
    }
}

static void test_division(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text; DivisionLevel level; const char *key; } rows[] = {
        {"320000", DIVISION_PROVINCE, NULL},
        {"330100", DIVISION_CITY,     NULL},
        {"340104", DIVISION_COUNTY,   NULL},
        {"429004", DIVISION_COUNTY,   NULL},
        {"３４０１０４", DIVISION_COUNTY, NULL},
        {"990000", 0, "ident.division_unknown"},
        {"320001", 0, "ident.division_unknown"},
        {"32010",  0, "ident.division_form"},
        {"32010A", 0, "ident.division_form"},
        {"",       0, "ident.division_form"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str got;
        DivisionLevel level = 0;
        assert_err(id_division_read(&cx, "f", str_from(rows[i].text), &got, &level), rows[i].text,
                   rows[i].key);
        assert_int_equal(level, rows[i].level);
    }
}

static void test_names(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text, *joined; } rows[] = {
        {"",                                       ""},
        {" ; ",                                    ""},
        {"张鹏",                                   "张鹏"},
        {"张三;李四；王五、赵六,钱七，孙八",          "张三|李四|王五|赵六|钱七|孙八"},
        {" 张三 ; ;李四; ",                         "张三|李四"},
        {"张三??李四",                              "张三|李四"},
        {"What? 公司;甲",                           "What? 公司|甲"},
        {"张三\r\n李四\n王五|赵六",                  "张三|李四|王五|赵六"},
        {"爱保科技（横琴、珠海）有限公司；甲",          "爱保科技（横琴、珠海）有限公司|甲"},
        {"甲(乙,丙)公司,丁",                        "甲(乙,丙)公司|丁"},
        {"《化工、材料》编辑部；甲",                  "《化工、材料》编辑部|甲"},
        {"甲（乙;丙",                               "甲（乙|丙"},
        {"甲）;（乙",                               "甲）|（乙"},
        {"Acme Technologies Co., Ltd.; B, Inc., C", "Acme Technologies Co., Ltd.|B, Inc.|C"},
        {"Coates, Li",                              "Coates|Li"},
        {"A，Company B",                            "A|Company B"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        Str *list = NULL;
        size_t count = 0;
        assert_err(id_names_read(&cx, "f", str_from(rows[i].text), &list, &count), rows[i].text,
                   NULL);
        assert_str(str_join(&test_arena, list, count, S("|")), rows[i].joined);
    }
}

static void test_names_are_bounded(void **state)
{
    (void)state;
    Buf text = buf_new(&test_arena);
    for (int i = 0; i <= NAME_LIST_MAX; i++)
        buf_z(&text, "甲;");
    Str *list = NULL;
    size_t count = 0;
    assert_err(id_names_read(&cx, "f", buf_str(&text), &list, &count), "many",
               "registry.names_many");
}

/* ---- Days ---- */

static void test_date(void **state)
{
    (void)state;
    // clang-format off
    static const struct { const char *text; DateForm form; i64 date; const char *key; } rows[] = {
        {"2019.07.12",            DATE_WRITTEN,   20190712, NULL},
        {"2019-7-12",             DATE_WRITTEN,   20190712, NULL},
        {"2019/07/12",            DATE_WRITTEN,   20190712, NULL},
        {"2019年7月12日",          DATE_WRITTEN,   20190712, NULL},
        {"2019年07月12",           DATE_WRITTEN,   20190712, NULL},
        {"2019 年 7 月 12 日",     DATE_WRITTEN,   20190712, NULL},
        {"20190712",              DATE_WRITTEN,   20190712, NULL},
        {"２０１９．０７．１２",     DATE_WRITTEN,   20190712, NULL},
        {"２０１９年７月１２日",     DATE_WRITTEN,   20190712, NULL},
        {"2019. 7. 12.",          DATE_WRITTEN,   20190712, NULL},
        {"2019-07-12 00:00:00",   DATE_WRITTEN,   20190712, NULL},
        {"2019-07-12T09:30:00Z",  DATE_WRITTEN,   20190712, NULL},
        {"2019年7月12日 9:30",     DATE_WRITTEN,   20190712, NULL},
        {"2020-02-29",            DATE_WRITTEN,   20200229, NULL},
        {"43658",                 DATE_OR_SERIAL, 20190712, NULL},
        {"43658.5",               DATE_OR_SERIAL, 20190712, NULL},
        {"61",                    DATE_OR_SERIAL, 19000301, NULL},
        {"109574",                DATE_OR_SERIAL, 21991231, NULL},
        {"20190712",              DATE_OR_SERIAL, 20190712, NULL},
        {"43658",                 DATE_WRITTEN,   0, "registry.date_serial"},
        {"60",                    DATE_OR_SERIAL, 0, "registry.date_form"},
        {"109575",                DATE_OR_SERIAL, 0, "registry.date_form"},
        {"43658x",                DATE_OR_SERIAL, 0, "registry.date_form"},
        {"",                      DATE_WRITTEN,   0, "registry.date_empty"},
        {"2019-02-29",            DATE_WRITTEN,   0, "registry.date_impossible"},
        {"2019-13-01",            DATE_WRITTEN,   0, "registry.date_impossible"},
        {"2019-00-10",            DATE_WRITTEN,   0, "registry.date_impossible"},
        {"20190732",              DATE_WRITTEN,   0, "registry.date_impossible"},
        {"1800-01-01",            DATE_WRITTEN,   0, "registry.date_impossible"},
        {"19.07.12",              DATE_WRITTEN,   0, "registry.date_form"},
        {"12/07/2019",            DATE_WRITTEN,   0, "registry.date_form"},
        {"2019-07",               DATE_WRITTEN,   0, "registry.date_form"},
        {"2019.7-12",             DATE_WRITTEN,   0, "registry.date_form"},
        {"2019月7月12",            DATE_WRITTEN,   0, "registry.date_form"},
        {"2019-07-123",           DATE_WRITTEN,   0, "registry.date_form"},
        {"2019-07-12 soon",       DATE_WRITTEN,   0, "registry.date_form"},
        {"2019-07-12 :",          DATE_WRITTEN,   0, "registry.date_form"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(rows); i++) {
        i64 date = 0;
        assert_err(id_date_read(&cx, "f", str_from(rows[i].text), rows[i].form, &date),
                   rows[i].text, rows[i].key);
        assert_int_equal(date, rows[i].date);
    }
}

static void test_expiry(void **state)
{
    (void)state;
    assert_int_equal(id_expiry_date(PATENT_INV, 20190712), 20390712);
    assert_int_equal(id_expiry_date(PATENT_UM, 20190712), 20290712);
    assert_int_equal(id_expiry_date(PATENT_DES, 20210531), 20310531);
    assert_int_equal(id_expiry_date(PATENT_DES, 20210601), 20360601);
    assert_int_equal(id_expiry_date(PATENT_UM, 20200229), 20300228);
    assert_int_equal(id_expiry_date(PATENT_INV, 20200229), 20400229);
    assert_int_equal(id_expiry_date(PATENT_NONE, 20190712), 0);
    assert_int_equal(id_expiry_date(PATENT_INV, 0), 0);
}

/* Every reader, on every prefix of texts that come close: nothing may read past the end. */
static void test_no_reader_runs_over(void **state)
{
    (void)state;
    static const char *const texts[] = {"ZL 2017 1 0601862.3",
                                        "CN110007813A8",
                                        "PCT/CN2019/123456",
                                        "H04L 29/06 (2006.01)I;",
                                        "LOC (14) Cl. 14-03",
                                        "2019年7月12日 09:30",
                                        "11010519491231002X",
                                        "Acme Co., Ltd.; 甲（乙",
                                        "01-01 (11)",
                                        "0000-0002-1694-233X",
                                        "2.02E+12",
                                        "91350100M000100Y43"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        for (size_t len = 0; len <= strlen(texts[i]); len++) {
            /* A copy of exactly this size, so that a sanitizer sees any step past it. */
            char *copy = test_malloc(len ? len : 1);
            memcpy(copy, texts[i], len);
            Str s = {copy, len}, out, *list;
            AppNo appno;
            DocNo docno;
            DivisionLevel level;
            i64 date;
            size_t count;
            (void)!id_appno_read(&cx, "f", s, YEAR_NOW, &appno);
            (void)!id_docno_read(&cx, "f", s, &docno);
            (void)!id_pct_read(&cx, "f", s, &out);
            (void)!id_ipc_read(&cx, "f", s, &out);
            (void)!id_locarno_read(&cx, "f", s, &out);
            (void)!id_class_list_read(&cx, "f", s, &list, &count);
            (void)!id_uscc_read(&cx, "f", s, &out);
            (void)!id_resident_read(&cx, "f", s, 0, &out);
            (void)!id_orcid_read(&cx, "f", s, &out);
            (void)!id_mobile_read(&cx, "f", s, &out);
            (void)!id_division_read(&cx, "f", s, &out, &level);
            (void)!id_names_read(&cx, "f", s, &list, &count);
            (void)!id_date_read(&cx, "f", s, DATE_OR_SERIAL, &date);
            test_free(copy);
            err_clear(&cx);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appno_accepted),
        cmocka_unit_test(test_appno_refused),
        cmocka_unit_test(test_appno_year_is_a_parameter),
        cmocka_unit_test(test_appno_error_says_what_would_fit),
        cmocka_unit_test(test_appno_any_single_error_is_found),
        cmocka_unit_test(test_appno_forms),
        cmocka_unit_test(test_docno_accepted),
        cmocka_unit_test(test_docno_refused),
        cmocka_unit_test(test_readers),
        cmocka_unit_test(test_class_list),
        cmocka_unit_test(test_class_list_is_bounded),
        cmocka_unit_test(test_ipc_key_sorts_as_the_hierarchy),
        cmocka_unit_test(test_orgcode),
        cmocka_unit_test(test_uscc_inner_check),
        cmocka_unit_test(test_resident),
        cmocka_unit_test(test_division),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_names_are_bounded),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_no_reader_runs_over),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
