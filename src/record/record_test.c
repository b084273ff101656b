/* record_test.c - tables of fields: reading, checking, hiding, the bytes of a digest, migration.
 * The store's part runs on SQLite, and on PostgreSQL when TECHBOURSE_TEST_PG names a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow/flow.h"
#include "record/record.h"

typedef struct Thing {
    RECORD_HEAD;
    i64 org_id;
    Str title;
    Str prose;
    Str colour;
    Str colours;
    Str names;
    i64 number;
    i64 price_fen;
    i64 made_date;
    i64 due_ms;
    i64 good;
    Str hidden;
    i64 state;
    Str secret_hash;
    Str added; /* Not in the first table. */
} Thing;

static const Code colour_rows[] = {{"red", "红", "Red"}, {"blue", "蓝", "Blue"}};
static const CodeList colours = CODE_LIST("colour", colour_rows);
static const Code hideable_rows[] = {{"org_id", "单位", "Owner"}, {"price_fen", "价格", "Price"}};
static const CodeList hideable = CODE_LIST("hideable", hideable_rows);

static const FlowState state_rows[] = {
    {"open", "开", "Open", FLOW_START},
    {"shut", "关", "Shut", FLOW_END},
};
static const FlowEdge edge_rows[] = {{0, "shut", 1, "关", "Shut", WHO_OWNER, NULL}};
static const Flow thing_flow = FLOW_OF("thing", "物", "Thing", state_rows, edge_rows);

static Err rule_no_x(Cx *cx, const Field *field, const void *member)
{
    Str s;
    memcpy(&s, member, sizeof s);
    return str_has(s, S("x")) ? err_set_arg(cx, ERR_INPUT, field->name, "thing.has_x", s) : ERR_OK;
}

// clang-format off
static const Field thing_fields[] = {
    RECORD_HEAD_FIELDS(Thing),
    {AT(Thing, org_id),      F_REF,   "单位", "Owner",   INDEXED, SEE_CHOICE, NULL},
    {AT(Thing, title),       F_TEXT,  "名称", "Title",   REQUIRED | UNIQUE, SEE_PUBLIC, rule_no_x, .min = 2, .max = 8},
    {AT(Thing, prose),       F_PROSE, "说明", "About",   0, SEE_SIGNED, NULL, .max = 20},
    {AT(Thing, colour),      F_CODE,  "颜色", "Colour",  REQUIRED, SEE_PUBLIC, NULL, .codes = &colours},
    {AT(Thing, colours),     F_CODES, "各色", "Colours", 0, SEE_PUBLIC, NULL, .codes = &colours},
    {AT(Thing, names),       F_LIST,  "人名", "Names",   0, SEE_OWNER, NULL},
    {AT(Thing, number),      F_INT,   "数",   "Number",  0, SEE_PARTY, NULL, .min = 1, .max = 9},
    {AT(Thing, price_fen),   F_MONEY, "价格", "Price",   0, SEE_CHOICE, NULL},
    {AT(Thing, made_date),   F_DATE,  "日期", "Day",     0, SEE_PUBLIC, NULL},
    {AT(Thing, due_ms),      F_TIME,  "时间", "Due",     0, SEE_OPERATOR, NULL},
    {AT(Thing, good),        F_BOOL,  "好",   "Good",    0, SEE_PUBLIC, NULL},
    {AT(Thing, hidden),      F_CODES, "不公开", "Hidden", 0, SEE_OWNER, NULL, .codes = &hideable},
    {AT(Thing, state),       F_STATE, "状态", "State",   INDEXED, SEE_PUBLIC, NULL, .flow = &thing_flow},
    {AT(Thing, secret_hash), F_TEXT,  "散列", "Hash",    0, SEE_NOBODY, NULL},
    {AT(Thing, added),       F_TEXT,  "新列", "Added",   INDEXED, SEE_PUBLIC, NULL},
};
/* The same table before its last column and its second index came. */
static const RecordType thing_old = {"thing", "物", "Thing", sizeof(Thing), thing_fields, COUNT(thing_fields) - 1, NULL};
static const RecordType thing_type = {"thing", "物", "Thing", sizeof(Thing), thing_fields, COUNT(thing_fields), "org_id,state|number"};

/* Kinds that only commands have. */
typedef struct Asked { Str password; Str ids; } Asked;
static const Field secret_field = {AT(Asked, password), F_SECRET, "密码", "Password", REQUIRED, SEE_NOBODY, NULL, .min = 3, .max = 6};
static const Field refs_field = {AT(Asked, ids), F_REFS, "所选", "Chosen", 0, SEE_PUBLIC, NULL};
// clang-format on

typedef struct Bench {
    Arena arena;
    Clock clock;
    Cx cx;
    char folder[64];
    bool is_pg;
} Bench;

static int setup(void **state)
{
    static Bench bench;
    bench = (Bench){.clock = {.fixed = true, .now_ms = 1784682000000}};
    bench.cx = (Cx){.arena = &bench.arena, .clock = &bench.clock, .lang = LANG_EN};
    *state = &bench;
    return 0;
}

static int teardown(void **state)
{
    Bench *bench = *state;
    arena_done(&bench->arena);
    return 0;
}

static const Field *field(const char *name)
{
    const Field *found = record_field(&thing_type, name);
    assert_non_null(found);
    return found;
}

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

/* ---- Reading ---- */

typedef struct ReadCase {
    const char *field, *given;
    const char *text; /* Read text, or NULL for a number. */
    i64 number;
    const char *key; /* The error; the rest is not looked at. */
} ReadCase;

static void check_read(Cx *cx, const ReadCase *c, Err e, const Thing *thing, const Thing *before)
{
    const Field *f = field(c->field);
    if (c->key) {
        if (e != ERR_INPUT || strcmp(cx->err.key, c->key) != 0)
            fail_msg("%s '%s': got %s %s, want %s", c->field, c->given, err_name(e),
                     e ? cx->err.key : "-", c->key);
        same(cx->err.field, c->field);
        assert_true(text_find(LANG_ZH, c->key) != NULL);
        assert_memory_equal(thing, before, sizeof *thing); /* A failed call leaves it alone. */
        return;
    }
    if (e)
        fail_msg("%s '%s': %s %s", c->field, c->given, err_name(e), cx->err.key);
    if (c->text)
        same(field_str(f, thing), c->text);
    else if (field_int(f, thing) != c->number)
        fail_msg("%s '%s': got %lld", c->field, c->given, (long long)field_int(f, thing));
}

static void run_reads(Cx *cx, const ReadCase *cases, size_t count, bool as_json)
{
    for (size_t i = 0; i < count; i++) {
        Thing thing = {.title = S("before"), .number = 7, .good = 1, .made_date = 20200101};
        Thing before = thing;
        const Field *f = field(cases[i].field);
        Str why, given = str_from(cases[i].given);
        Val *val = as_json ? val_read_json(cx->arena, given, &why) : NULL;
        assert_true(!as_json || val);
        err_clear(cx);
        Err e = as_json ? field_read_val(cx, f, val, &thing) : field_read(cx, f, given, &thing);
        check_read(cx, &cases[i], e, &thing, &before);
    }
}

// clang-format off
static const ReadCase text_cases[] = {
    {"title",     "  a \t b\r\nc ",       "a b c", 0, NULL},
    {"title",     "\xe3\x80\x80" "全角\xc2\xa0", "全角", 0, NULL},
    {"title",     "a\x01\x02" "b",        "ab", 0, NULL},
    {"title",     "",                     "", 0, NULL},
    {"title",     "\xff\xfe",             NULL, 0, "field.not_text"},
    {"prose",     " one\r\n\r\ntwo  three ", "one\n\ntwo  three", 0, NULL},
    {"colour",    "red",                  "red", 0, NULL},
    {"colour",    "红",                   "red", 0, NULL},
    {"colour",    "Blue",                 "blue", 0, NULL},
    {"colour",    "green",                NULL, 0, "field.code"},
    {"colours",   "Red, 蓝 ,",            "red,blue", 0, NULL},
    {"colours",   "red,green",            NULL, 0, "field.code"},
    {"names",     " 张三；李四;\n王五;; ", "张三;李四;王五", 0, NULL},
    {"number",    "12",                   NULL, 12, NULL},
    {"number",    "１２",                 NULL, 12, NULL},
    {"number",    "-3",                   NULL, -3, NULL},
    {"number",    "",                     NULL, 0, NULL},
    {"number",    "1.5",                  NULL, 0, "field.number"},
    {"number",    "99999999999999999999", NULL, 0, "field.number"},
    {"org_id",    "4",                    NULL, 4, NULL},
    {"org_id",    "four",                 NULL, 0, "field.number"},
    {"price_fen", "3.5万",                NULL, 3500000, NULL},
    {"price_fen", "￥35,000.01",          NULL, 3500001, NULL},
    {"price_fen", "0.001",                NULL, 0, "field.money"},
    {"price_fen", "-5",                   NULL, 0, "field.money"},
    {"price_fen", "35,00",                NULL, 0, "field.money"},
    {"made_date", "2026-07-20",           NULL, 20260720, NULL},
    {"made_date", "2026/7/2",             NULL, 20260702, NULL},
    {"made_date", "2026.07.02",           NULL, 20260702, NULL},
    {"made_date", "２０２６年７月２日",   NULL, 20260702, NULL},
    {"made_date", "20260720",             NULL, 20260720, NULL},
    {"made_date", "2026-02-29",           NULL, 0, "field.date"},
    {"made_date", "2026-07",              NULL, 0, "field.date"},
    {"made_date", "2026-07-20 x",         NULL, 0, "field.date"},
    {"made_date", "1-2-3-4",              NULL, 0, "field.date"},
    {"made_date", "260720",               NULL, 0, "field.date"},
    {"made_date", "999999999999999999999", NULL, 0, "field.date"},
    {"due_ms",    "2026-07-22 09:00",     NULL, 1784682000000, NULL},
    {"due_ms",    "2026-07-22T01:00:00.000Z", NULL, 1784682000000, NULL},
    {"due_ms",    "1784682000000",        NULL, 1784682000000, NULL},
    {"due_ms",    "9 o'clock",            NULL, 0, "field.time"},
    {"good",      "是",                   NULL, 1, NULL},
    {"good",      "on",                   NULL, 1, NULL},
    {"good",      "no",                   NULL, 0, NULL},
    {"good",      "maybe",                NULL, 0, "field.bool"},
    {"state",     "shut",                 NULL, 1, NULL},
    {"state",     "关",                   NULL, 1, NULL},
    {"state",     "ajar",                 NULL, 0, "field.state"},
};

static const ReadCase json_cases[] = {
    {"title",     "\"two\"",          "two", 0, NULL},
    {"title",     "null",             "", 0, NULL},
    {"title",     "2",                NULL, 0, "field.kind"},
    {"title",     "[\"a\"]",          NULL, 0, "field.kind"},
    {"title",     "{\"a\":1}",        NULL, 0, "field.kind"},
    {"number",    "8",                NULL, 8, NULL},
    {"number",    "\"8\"",            NULL, 8, NULL},
    {"number",    "8.5",              NULL, 0, "field.kind"},
    {"number",    "true",             NULL, 0, "field.kind"},
    {"price_fen", "3500000",          NULL, 3500000, NULL},
    {"price_fen", "\"35000\"",        NULL, 3500000, NULL},
    {"price_fen", "35000.5",          NULL, 0, "field.kind"},
    {"made_date", "20260720",         NULL, 0, "field.kind"},
    {"made_date", "\"2026-07-20\"",   NULL, 20260720, NULL},
    {"due_ms",    "1784682000000",    NULL, 1784682000000, NULL},
    {"good",      "true",             NULL, 1, NULL},
    {"good",      "false",            NULL, 0, NULL},
    {"good",      "0",                NULL, 0, NULL},
    {"good",      "5",                NULL, 0, "field.bool"},
    {"state",     "1",                NULL, 0, "field.kind"},
    {"state",     "\"shut\"",         NULL, 1, NULL},
    {"names",     "[\"a\",\" b \"]",  "a;b", 0, NULL},
    {"names",     "[\"a\",[\"b\"]]",  NULL, 0, "field.kind"},
    {"colours",   "[\"red\",\"blue\"]", "red,blue", 0, NULL},
    {"colours",   "[\"red\",true]",   NULL, 0, "field.kind"},
    {"colours",   "[\"green\"]",      NULL, 0, "field.code"},
    {"colour",    "[\"red\"]",        NULL, 0, "field.kind"},
    {"org_id",    "[1]",              NULL, 0, "field.kind"},
};
// clang-format on

static void test_read_text(void **state)
{
    run_reads(&((Bench *)*state)->cx, text_cases, COUNT(text_cases), false);
}

static void test_read_json(void **state)
{
    run_reads(&((Bench *)*state)->cx, json_cases, COUNT(json_cases), true);
}

static void test_read_command_kinds(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    static const struct {
        const char *given, *text;
    } refs[] = {{"1,2", "1,2"}, {"[3,4]", "3,4"},   {"5", "5"},        {"[\"6\"]", "6"},
                {"1,0", NULL},  {"1,-2", NULL},     {"1;2", NULL},     {"one", NULL},
                {"1,", "1,"},   {"[1,true]", NULL}, {"[[1],2]", NULL}, {"true", NULL}};
    Asked asked = {0};
    /* A password keeps its blanks: it is nobody's to trim. */
    assert_int_equal(field_read(cx, &secret_field, S(" a  b "), &asked), ERR_OK);
    same(asked.password, " a  b ");
    same(field_text(cx, &secret_field, &asked), "");
    assert_int_equal(field_read(cx, &secret_field, S("\xff"), &asked), ERR_INPUT);
    for (size_t i = 0; i < COUNT(refs); i++) {
        Str why, given = str_from(refs[i].given);
        Val *val = val_read_json(cx->arena, given, &why);
        if (!val)
            val = val_str(cx->arena, given);
        Err e = field_read_val(cx, &refs_field, val, &asked);
        if ((e == ERR_OK) != (refs[i].text != NULL))
            fail_msg("%s: %s", refs[i].given, err_name(e));
        if (!e)
            same(asked.ids, refs[i].text);
    }
}

/* What field_text writes, field_read reads to the same value; over every kind of a record. */
static void test_text_and_back(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing thing = {.title = S("名称"),
                   .prose = S("a\nb"),
                   .colour = S("red"),
                   .colours = S("red,blue"),
                   .names = S("甲;乙"),
                   .number = 5,
                   .price_fen = 3500001,
                   .made_date = 20260720,
                   .due_ms = 1784682000000,
                   .good = 1,
                   .hidden = S("price_fen"),
                   .state = 1,
                   .org_id = 3};
    Thing read = {0};
    for (size_t i = 4; i < thing_type.count; i++) {
        const Field *f = &thing_type.fields[i];
        Str text = field_text(cx, f, &thing);
        assert_int_equal(field_read(cx, f, text, &read), ERR_OK);
        if (field_is_text(f))
            assert_true(str_same(field_str(f, &read), field_str(f, &thing)));
        else
            assert_int_equal(field_int(f, &read), field_int(f, &thing));
    }
    same(field_text(cx, field("price_fen"), &thing), "35000.01");
    same(field_text(cx, field("number"), &(Thing){0}), "");
    same(field_text(cx, field("state"), &(Thing){0}), "open");
}

/* ---- Checks ---- */

static void test_checks(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    // clang-format off
    static const struct {
        Thing thing;
        CheckTime when;
        const char *field, *key; /* NULL: nothing wrong. */
    } cases[] = {
        {{.title = {"ab", 2}, .colour = {"red", 3}}, CHECK_SUBMIT, NULL, NULL},
        {{.title = {"ab", 2}}, CHECK_SUBMIT, "colour", "field.required"},
        {{.title = {"ab", 2}}, CHECK_SAVE, NULL, NULL},
        {{.title = {"a", 1}}, CHECK_SAVE, "title", "field.short"},
        {{.title = {"一二三四五六七八", 24}}, CHECK_SAVE, NULL, NULL},
        {{.title = {"123456789", 9}}, CHECK_SAVE, "title", "field.long"},
        {{.title = {"axb", 3}}, CHECK_SAVE, "title", "thing.has_x"},
        {{.prose = {"123456789012345678901", 21}}, CHECK_SAVE, "prose", "field.long"},
        {{.number = 10}, CHECK_SAVE, "number", "field.range"},
        {{.number = -1}, CHECK_SAVE, "number", "field.negative"},
        {{.number = 9}, CHECK_SAVE, NULL, NULL},
        {{.price_fen = MONEY_MAX_FEN}, CHECK_SAVE, NULL, NULL},
        {{.price_fen = MONEY_MAX_FEN + 1}, CHECK_SAVE, "price_fen", "field.negative"},
    };
    // clang-format on
    for (size_t i = 0; i < COUNT(cases); i++) {
        err_clear(cx);
        Err e = fields_check(cx, thing_fields, COUNT(thing_fields), &cases[i].thing, cases[i].when);
        if (!cases[i].key) {
            if (e)
                fail_msg("case %zu: %s", i, cx->err.key);
            continue;
        }
        assert_int_equal(e, ERR_INPUT);
        assert_int_equal(cx->err_count, 1);
        same(cx->errs[0].field, cases[i].field);
        assert_string_equal(cx->errs[0].key, cases[i].key);
    }
}

/* Every field's error is kept, in the order of the table; the first is the call's. */
static void test_check_collects(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing thing = {.title = S("axb"), .number = 10, .price_fen = -1};
    assert_int_equal(fields_check(cx, thing_fields, COUNT(thing_fields), &thing, CHECK_SUBMIT),
                     ERR_INPUT);
    static const char *const want[] = {"thing.has_x", "field.required", "field.range",
                                       "field.negative"};
    assert_int_equal(cx->err_count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(cx->errs[i].key, want[i]);
    assert_string_equal(cx->err.key, want[0]);
    same(cx->errs[0].args[0], "axb");
}

/* ---- Who sees what ---- */

static const See levels[] = {SEE_PUBLIC, SEE_SIGNED, SEE_PARTY, SEE_OWNER, SEE_OPERATOR};

static void test_see(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    const struct {
        const char *field;
        See from; /* Lowest level that sees it, without and with the owner's choice. */
        See chosen;
    } cases[] = {
        {"title", SEE_PUBLIC, SEE_PUBLIC},      {"prose", SEE_SIGNED, SEE_SIGNED},
        {"number", SEE_PARTY, SEE_PARTY},       {"names", SEE_OWNER, SEE_OWNER},
        {"due_ms", SEE_OPERATOR, SEE_OPERATOR}, {"price_fen", SEE_PUBLIC, SEE_PARTY},
        {"org_id", SEE_PUBLIC, SEE_PUBLIC},     {"secret_hash", SEE_NOBODY, SEE_NOBODY},
    };
    for (int chosen = 0; chosen < 2; chosen++) {
        Thing thing = {.title = S("t"),
                       .prose = S("p"),
                       .number = 3,
                       .names = S("n"),
                       .due_ms = 5,
                       .price_fen = 600,
                       .org_id = 7,
                       .secret_hash = S("h"),
                       .hidden = chosen ? S("price_fen") : S("")};
        for (size_t c = 0; c < COUNT(cases); c++) {
            const Field *f = field(cases[c].field);
            See from = chosen ? cases[c].chosen : cases[c].from;
            assert_int_equal(field_see(&thing_type, f, &thing), from);
            for (size_t l = 0; l < COUNT(levels); l++) {
                Thing masked = thing;
                u64 bits = record_mask(cx->arena, &thing_type, &masked, levels[l]);
                Val *val = record_val(cx, &thing_type, &thing, levels[l]);
                bool seen = from <= levels[l];
                size_t index = (size_t)(f - thing_fields);
                assert_int_equal(seen, val_get(val, f->name) != NULL);
                assert_int_equal(seen, !field_empty(f, &masked));
                assert_int_equal(seen, !(bits >> index & 1));
            }
        }
    }
}

/* What is left out is named, but for what nobody may know of. */
static void test_hidden_names(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing thing = {.hidden = S("org_id,price_fen"), .org_id = 4, .price_fen = 3};
    Buf json = buf_new(cx->arena);
    val_write_json(&json, val_get(record_val(cx, &thing_type, &thing, SEE_PUBLIC), "_hidden"));
    same(buf_str(&json), "[\"made_ms\",\"changed_ms\",\"org_id\",\"prose\",\"names\",\"number\","
                         "\"price_fen\",\"due_ms\",\"hidden\"]");
}

static void test_val_kinds(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing thing = {.id = 1,
                   .title = S("t"),
                   .colours = S("red,blue"),
                   .names = S("a; b"),
                   .made_date = 20260720,
                   .good = 1,
                   .state = 1,
                   .price_fen = 5};
    Val *val = record_val(cx, &thing_type, &thing, SEE_OPERATOR);
    same(val_get_str(val, "made_date"), "2026-07-20");
    same(val_get_str(val, "state"), "shut");
    assert_true(val_get_bool(val, "good"));
    assert_int_equal(val_get_int(val, "price_fen"), 5);
    assert_int_equal(val_count(val_get(val, "colours")), 2);
    same(val_at(val_get(val, "names"), 1)->s, "b");
    assert_null(val_get(val, "secret_hash"));
}

/* ---- Bytes of the digest ---- */

static Str canonical(Cx *cx, const RecordType *type, const Thing *thing)
{
    Buf out = buf_new(cx->arena);
    record_canonical(type, thing, &out);
    return buf_str(&out);
}

static void test_canonical(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing thing = {
        .id = 12, .rev = 1, .made_ms = 5, .changed_ms = 6, .title = S("名称"), .number = -4};
    /* Written down: these bytes are under signatures and never change. */
    same(canonical(cx, &thing_type, &thing), "5:thing2:id12;3:rev1;7:made_ms5;10:changed_ms6;"
                                             "5:title6:名称6:number-4;");
    /* An empty column that came later changes nothing; a filled one does. */
    assert_true(str_same(canonical(cx, &thing_old, &thing), canonical(cx, &thing_type, &thing)));
    thing.added = S("x");
    assert_false(str_same(canonical(cx, &thing_old, &thing), canonical(cx, &thing_type, &thing)));
}

/* Every column is in it, the borders between them too. */
static void test_canonical_differs(void **state)
{
    Cx *cx = &((Bench *)*state)->cx;
    Thing plain = {.id = 1};
    Str before = canonical(cx, &thing_type, &plain);
    for (size_t i = 0; i < thing_type.count; i++) {
        Thing other = plain;
        const Field *f = &thing_type.fields[i];
        if (field_is_text(f))
            field_set_str(f, &other, S("z"));
        else
            field_set_int(f, &other, 99);
        assert_false(str_same(canonical(cx, &thing_type, &other), before));
    }
    Thing one = {.id = 1, .title = S("a"), .prose = S("b")};
    Thing two = {.id = 1, .title = S("a5:prose1:b")};
    assert_false(str_same(canonical(cx, &thing_type, &one), canonical(cx, &thing_type, &two)));
}

/* ---- Tables that make no sense end the process ---- */

static bool ends_process(const RecordType *type)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))
            _exit(1);
        record_verify(type);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
}

static void test_verify(void **state)
{
    (void)state;
    RecordType wrong = thing_type;
    Field fields[COUNT(thing_fields)];
    size_t title = (size_t)(field("title") - thing_fields),
           colour = (size_t)(field("colour") - thing_fields);
    assert_false(ends_process(&thing_type));
    assert_false(ends_process(&thing_old));
    wrong.fields = fields;
    for (int c = 0; c < 8; c++) {
        memcpy(fields, thing_fields, sizeof fields);
        wrong.size = sizeof(Thing);
        switch (c) {
        case 0:
            fields[0].name = "number";
            break;
        case 1:
            fields[title].zh = NULL;
            break;
        case 2:
            fields[title].name = "prose";
            break;
        case 3:
            fields[colour].codes = NULL;
            break;
        case 4:
            fields[title].offset = sizeof(Thing);
            break;
        case 5:
            fields[title].kind = F_SECRET;
            break;
        case 6:
            fields[(size_t)(field("state") - thing_fields)].flow = NULL;
            break;
        case 7:
            fields[(size_t)(field("hidden") - thing_fields)].name = "shown";
            break;
        }
        if (!ends_process(&wrong))
            fail_msg("case %d was taken", c);
    }
}

/* ---- Rows ---- */

static int setup_store(void **state, bool is_pg)
{
    setup(state);
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    bench->is_pg = is_pg;
    strcpy(bench->folder, "/tmp/record-test-XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    Str url = str_format(&bench->arena, "%s/test.db", bench->folder);
    if (is_pg) {
        Str plain = str_from(getenv("TECHBOURSE_TEST_PG"));
        assert_int_equal(db_open(cx, plain, DB_WRITE, &cx->db), ERR_OK);
        assert_int_equal(db_exec_plain(cx, "DROP SCHEMA IF EXISTS record_test CASCADE;"
                                           "CREATE SCHEMA record_test"),
                         ERR_OK);
        db_close(cx->db);
        url =
            str_format(&bench->arena, "%.*s?options=-csearch_path%%3Drecord_test", STR_ARG(plain));
    }
    assert_int_equal(db_open(cx, url, DB_WRITE, &cx->db), ERR_OK);
    cx->in_write = true;
    return 0;
}

static void teardown_store(void **state)
{
    Bench *bench = *state;
    static const char *const names[] = {"test.db", "test.db-wal", "test.db-shm"};
    db_close(bench->cx.db);
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(str_z(&bench->arena, str_format(&bench->arena, "%s/%s", bench->folder, names[i])));
    assert_int_equal(rmdir(bench->folder), 0);
    teardown(state);
}

static void migrate(Cx *cx, const RecordType *type)
{
    assert_int_equal(db_begin(cx), ERR_OK);
    assert_int_equal(record_migrate(cx, &type, 1), ERR_OK);
    assert_int_equal(db_commit(cx), ERR_OK);
}

static bool has_index(const Bench *bench, Cx *cx, const char *name)
{
    i64 count = 0;
    const char *sql =
        bench->is_pg
            ? "SELECT COUNT(*) FROM pg_indexes WHERE indexname = ?1 AND schemaname = 'record_test'"
            : "SELECT COUNT(*) FROM sqlite_master WHERE type = 'index' AND name = ?1";
    assert_int_equal(DB_INT(cx, &count, 0, sql, BIND_STR(str_from(name))), ERR_OK);
    return count == 1;
}

static void migrates(Bench *bench)
{
    Cx *cx = &bench->cx;
    Thing thing = {.id = 1, .rev = 1, .title = S("old"), .number = 5}, read = {0};
    Str *names;
    size_t count = 0;
    migrate(cx, &thing_old);
    migrate(cx, &thing_old); /* Twice changes nothing. */
    assert_int_equal(db_columns(cx, "thing", &names, &count), ERR_OK);
    assert_int_equal(count, thing_old.count);
    assert_true(has_index(bench, cx, "ix_thing_state"));
    assert_false(has_index(bench, cx, "ix_thing_added"));
    assert_false(has_index(bench, cx, "ix_thing_org_id_state"));
    assert_int_equal(record_insert(cx, &thing_old, &thing), ERR_OK);
    Str before = canonical(cx, &thing_old, &thing);

    migrate(cx, &thing_type);
    assert_int_equal(db_columns(cx, "thing", &names, &count), ERR_OK);
    assert_int_equal(count, thing_type.count);
    assert_true(has_index(bench, cx, "ix_thing_added"));
    assert_true(has_index(bench, cx, "ix_thing_org_id_state"));
    assert_true(has_index(bench, cx, "ix_thing_number"));
    assert_int_equal(record_load(cx, &thing_type, 1, &read), ERR_OK);
    same(read.added, "");
    assert_true(str_same(canonical(cx, &thing_type, &read), before));

    migrate(cx, &thing_old); /* An older program next to it drops nothing. */
    assert_int_equal(db_columns(cx, "thing", &names, &count), ERR_OK);
    assert_int_equal(count, thing_type.count);
}

static void rows_come_back(Bench *bench)
{
    Cx *cx = &bench->cx;
    migrate(cx, &thing_type);
    Thing thing = {.id = 7,
                   .rev = 1,
                   .made_ms = 3,
                   .changed_ms = 4,
                   .title = S("名 'x' \""),
                   .prose = S("a\nb"),
                   .colour = S("red"),
                   .colours = S("red,blue"),
                   .names = S("甲;乙"),
                   .number = 5,
                   .price_fen = MONEY_MAX_FEN,
                   .made_date = 20260720,
                   .due_ms = 1784682000000,
                   .good = 1,
                   .hidden = S("org_id"),
                   .state = 1,
                   .org_id = 3,
                   .secret_hash = S("h"),
                   .added = S("a")};
    Thing read = {0};
    assert_int_equal(record_insert(cx, &thing_type, &thing), ERR_OK);
    assert_int_equal(record_load(cx, &thing_type, 7, &read), ERR_OK);
    assert_true(str_same(canonical(cx, &thing_type, &read), canonical(cx, &thing_type, &thing)));

    assert_int_equal(record_load(cx, &thing_type, 8, &read), ERR_MISSING);
    assert_string_equal(cx->err.key, "record.missing");
    assert_int_equal(read.id, 7); /* A failed call leaves it alone. */
    assert_int_equal(RECORD_FIND(cx, &thing_type, &read, "WHERE number = ?1 AND org_id = ?2",
                                 BIND_INT(5), BIND_INT(3)),
                     ERR_OK);
    assert_int_equal(record_delete(cx, &thing_type, 7), ERR_OK);
    assert_int_equal(record_load(cx, &thing_type, 7, &read), ERR_MISSING);
}

/* More ids than one statement takes, in any order; some are 0, some have no row. */
static void rows_of_many_ids(Bench *bench)
{
    enum { COUNT_ASKED = RECORD_IDS_MAX * 2 + 5 };
    Cx *cx = &bench->cx;
    migrate(cx, &thing_type);
    for (i64 id = 1; id <= COUNT_ASKED; id++) {
        Thing thing = {.id = id, .rev = 1, .number = 1000 + id};
        if (id % 5)
            assert_int_equal(record_insert(cx, &thing_type, &thing), ERR_OK);
    }
    i64 ids[COUNT_ASKED];
    for (size_t i = 0; i < COUNT_ASKED; i++)
        ids[i] = i % 7 ? (i64)(i * 8 % COUNT_ASKED) + 1 : 0;
    Thing *read = ARENA_NEW(cx->arena, Thing, COUNT_ASKED);
    assert_int_equal(record_load_all(cx, &thing_type, ids, COUNT_ASKED, read), ERR_OK);
    for (size_t i = 0; i < COUNT_ASKED; i++) {
        bool there = ids[i] % 5 != 0;
        assert_int_equal(read[i].id, there ? ids[i] : 0);
        assert_int_equal(read[i].number, there ? 1000 + ids[i] : 0);
    }
    static const i64 none[3];
    assert_int_equal(record_load_all(cx, &thing_type, none, COUNT(none), read), ERR_OK);
}

static void updates_by_revision(Bench *bench)
{
    Cx *cx = &bench->cx;
    migrate(cx, &thing_type);
    Thing thing = {.id = 1, .rev = 1, .title = S("one")};
    assert_int_equal(record_insert(cx, &thing_type, &thing), ERR_OK);
    Thing mine = thing, theirs = thing, gone = {.id = 9, .rev = 1};
    mine.title = S("mine");
    assert_int_equal(record_update(cx, &thing_type, &mine), ERR_OK);
    assert_int_equal(mine.rev, 2);
    theirs.title = S("theirs");
    assert_int_equal(record_update(cx, &thing_type, &theirs), ERR_CONFLICT);
    assert_string_equal(cx->err.key, "record.moved");
    assert_int_equal(record_update(cx, &thing_type, &gone), ERR_MISSING);
    assert_int_equal(record_load(cx, &thing_type, 1, &thing), ERR_OK);
    same(thing.title, "mine");
    assert_int_equal(thing.rev, 2);
}

/* A UNIQUE column may be empty in many rows, and have a value in one. */
static void unique_but_for_empty(Bench *bench)
{
    Cx *cx = &bench->cx;
    migrate(cx, &thing_type);
    Thing rows[] = {
        {.id = 1}, {.id = 2}, {.id = 3, .title = S("one")}, {.id = 4, .title = S("one")}};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(record_insert(cx, &thing_type, &rows[i]), ERR_OK);
    assert_int_equal(record_insert(cx, &thing_type, &rows[3]), ERR_STORE);
}

static void run_store(void **state, void (*test)(Bench *bench))
{
    setup_store(state, false);
    test(*state);
    teardown_store(state);
    if (!getenv("TECHBOURSE_TEST_PG")) {
        print_message(
            "not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
        return;
    }
    setup_store(state, true);
    test(*state);
    teardown_store(state);
}

static void test_migrates(void **state)
{
    run_store(state, migrates);
}
static void test_rows(void **state)
{
    run_store(state, rows_come_back);
}
static void test_many_ids(void **state)
{
    run_store(state, rows_of_many_ids);
}
static void test_revisions(void **state)
{
    run_store(state, updates_by_revision);
}
static void test_unique(void **state)
{
    run_store(state, unique_but_for_empty);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void test_passages(void **state)
{
    Bench *bench = *state;
    Cx *cx = &bench->cx;
    static const struct {
        const char *text, *shown;
        bool refused;
    } cases[] = {
        {"", "", false},
        {"nothing to hide", "nothing to hide", false},
        {"a[1]]", "a[1]]", false},
        {"[[all]]", "■■■", false},
        {"温度 [[1,350]] 度，压力 [[2 MPa]]。", "温度 ■■■ 度，压力 ■■■。", false},
        {"x [[a [b] c]] y", "x ■■■ y", false},
        {"x [[[a]] y", "x ■■■ y", false},
        {"x [[]] y", "x ■■■ y", false},
        {"open [[secret", "open ■■■", true},
        {"one [[a]] two [[b", "one ■■■ two ■■■", true},
        {"[[", "■■■", true},
    };
    const Field field = {.name = "problem", .kind = F_PROSE, .flags = PASSAGES};
    for (size_t i = 0; i < COUNT(cases); i++) {
        Str text = str_from(cases[i].text);
        Str shown = passages_hidden(cx->arena, text);
        if (!str_same_z(shown, cases[i].shown))
            fail_msg("%s: %.*s", cases[i].text, STR_ARG(shown));
        assert_int_equal(rule_passages(cx, &field, &text), cases[i].refused ? ERR_INPUT : ERR_OK);
        err_clear(cx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_read_text),
        CASE(test_read_json),
        CASE(test_read_command_kinds),
        CASE(test_text_and_back),
        CASE(test_checks),
        CASE(test_check_collects),
        CASE(test_see),
        CASE(test_hidden_names),
        CASE(test_val_kinds),
        CASE(test_canonical),
        CASE(test_canonical_differs),
        cmocka_unit_test(test_verify),
        cmocka_unit_test(test_migrates),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_many_ids),
        cmocka_unit_test(test_revisions),
        cmocka_unit_test(test_unique),
        CASE(test_passages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
