/* import_test.c - imports from upload to undo, on files the test writes; with TECHBOURSE_TEST_DATA
 * also on three real ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <unistd.h>
#include <zip.h>

#include "exchange/import_fixture.h"
#include "exchange/sheet_out.h"

static const Actor other = {2, 2, WHO_OFFICE, VIA_WEB};
static const Actor firm = {3, 3, WHO_FIRM, VIA_WEB};
static const Actor operator_actor = {4, 3, WHO_OPERATOR, VIA_WEB};
static const Actor shell = {.roles = WHO_LOCAL, .via = VIA_LOCAL};

/* Every message of ui/text/import.txt that a test has met. */
static const char *met[100];
static size_t met_count;

static void meet(TestHouse *t, Str key)
{
    for (size_t i = 0; i < met_count; i++)
        if (str_same_z(key, met[i]))
            return;
    assert_true(met_count < COUNT(met));
    met[met_count++] = db_keep(key); /* Any copy that lives as long as the process. */
    (void)t;
}

#define REFUSED(t, call, want, key)                                                                \
    do {                                                                                           \
        HOUSE_REFUSED(t, call, want, key);                                                         \
        meet(t, S(key));                                                                           \
    } while (0)

static Str keep_path(TestHouse *t, const char *path)
{
    Cx cx = house_cx(t, mine);
    FileSink *sink;
    Str hash;
    i64 count;
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    HOUSE_OK(t, files_begin(&cx, import_files_root(&cx), &sink));
    char piece[65536];
    for (size_t got; (got = fread(piece, 1, sizeof piece, file)) > 0;)
        HOUSE_OK(t, files_add(&cx, sink, piece, got));
    fclose(file);
    HOUSE_OK(t, files_keep(&cx, sink, &hash, &count));
    return hash;
}

/* ---- Rows and their reasons ---- */

typedef struct RowCase {
    const char *title, *number, *pubno, *filed, *granted, *published, *trl;
    const char *why;    /* NULL: taken without a word. */
    const char *column; /* The title of the column it is about; "" for none. */
    const char *value;
    bool taken;
} RowCase;

// clang-format off
static const RowCase row_cases[] = {
    {"装置一", "2018100000014", "CN110007813A", "2018.01.05", "", "2018-07-05", "4", NULL, "", "", true},
    {"装置二", "",              "",             "2018-01-05", "", "", "", "import.no_number", "申请号", "", false},
    {"",       "2018100000029", "",             "",           "", "", "", "field.required", "专利名称", "", false},
    {"装置三", "2.02E+12",      "",             "",           "", "", "", "import.number_lost", "申请号", "2.02E+12", false},
    {"装置四", "2.02E+12",      "CN110007814A", "",           "", "", "", "import.number_lost_warn", "申请号", "2.02E+12", true},
    {"装置五", "2018100000033", "",             "2026-07-23", "", "", "", "import.date_future", "申请日", "2026-07-23", false},
    {"装置六", "2018100000048", "",             "2018-01-05", "2018-01-04", "", "", "import.granted_before_filed", "授权公告日", "2018-01-04", false},
    {"装置七", "2018100000052", "",             "2018-01-05", "", "2018-01-04", "", "import.published_before_filed", "公开日", "2018-01-04", false},
    {"装置八", "2018100000060", "",             "",           "", "", "", "registry.appno_check", "申请号", "2018100000060", false},
    {"装置九", "CN110007815A",  "",             "",           "", "", "", "registry.appno_docno", "申请号", "CN110007815A", false},
    {"装置十", "2018100000067", "",             "2018-02-30", "", "", "", "registry.date_impossible", "申请日", "2018-02-30", false},
    {"十一",   "2018100000071", "",             "",           "", "", "10", "field.range", "技术成熟度", "10", false},
    {"十二",   "2018100000086", "",             "",           "", "", "四", "field.number", "技术成熟度", "四", false},
    {"十三",   "",              "110007816",    "",           "", "", "", "registry.docno_kind_missing", "公开号", "110007816", false},
    {"十四",   "2018100000090", "CN110007813B", "",           "", "", "", "registry.pubno_of_other", "公开号", "CN110007813B", false},
    {"十五",   "ZL201810000010.3", "",          "",           "", "", "", NULL, "", "", true},
};
// clang-format on

static Str cases_file(TestHouse *t, const RowCase *cases, size_t count)
{
    Buf out = buf_new(&t->arena);
    buf_z(&out,
          "某大学专利台账\n\n专利名称,申请号,公开号,申请日,授权公告日,公开日,技术成熟度,备注\n");
    for (size_t i = 0; i < count; i++) {
        const RowCase *c = &cases[i];
        buf_format(&out, "%s,%s,%s,%s,%s,%s,%s,\"x, y\"\n", c->title, c->number, c->pubno, c->filed,
                   c->granted, c->published, c->trl);
    }
    return buf_str(&out);
}

static void expect_reject(TestHouse *t, i64 import_id, i64 line, const RowCase *c)
{
    Cx cx = house_cx(t, house_clock);
    ImportReject reject = {0};
    Err e = RECORD_FIND(&cx, &import_reject_type, &reject, "WHERE import_id = ?1 AND line = ?2",
                        BIND_INT(import_id), BIND_INT(line));
    if (!c->why) {
        assert_int_equal(e, ERR_MISSING);
        return;
    }
    if (e || !str_same_z(reject.why, c->why) || !str_same_z(reject.column_title, c->column) ||
        !str_same_z(reject.value, c->value) || reject.taken != c->taken)
        fail_msg("line %lld: got %.*s in '%.*s' of '%.*s', want %s", (long long)line,
                 STR_ARG(reject.why), STR_ARG(reject.value), STR_ARG(reject.column_title), c->why);
    if (!str_has(reject.cells, S("\"x, y\""))) /* The whole row comes back. */
        fail_msg("line %lld: %.*s", (long long)line, STR_ARG(reject.cells));
    meet(t, reject.why);
}

static void test_reasons(void **state)
{
    TestHouse *t = *state;
    Import done = import_text(t, cases_file(t, row_cases, COUNT(row_cases)));
    i64 taken = 0, rejected = 0;
    for (size_t i = 0; i < COUNT(row_cases); i++) {
        expect_reject(t, done.id, (i64)i + 4, &row_cases[i]);
        taken += row_cases[i].taken;
        rejected += !row_cases[i].taken;
    }
    assert_int_equal(done.header_line, 3);
    assert_int_equal(done.rows_read, COUNT(row_cases));
    expect_counts(&done, taken, 0, 0, rejected);
    assert_int_equal(done.warned, 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), taken);
    /* What was taken, as it was meant. */
    Patent first = load_patent(t, S("201810000001.4"));
    same(first.title, "装置一");
    same(first.pubno, "CN110007813A");
    same(first.kind, "INV");
    assert_int_equal(first.filed_date, 20180105);
    assert_int_equal(first.published_date, 20180705);
    assert_int_equal(first.expiry_date, 20380105);
    assert_int_equal(first.trl, 4);
    assert_int_equal(first.org_id, 1);
    assert_int_equal(first.import_id, done.id);
    assert_int_equal(
        house_count(t, "SELECT COUNT(*) FROM patent WHERE pubno = 'CN110007814A' AND appno = ''"),
        1);
}

/* The page says why and how to mend it, in both languages, with the arguments filled in. */
static void test_reasons_in_words(void **state)
{
    TestHouse *t = *state;
    Import done = import_text(t, cases_file(t, row_cases, COUNT(row_cases)));
    for (int lang = LANG_ZH; lang <= LANG_EN; lang++) {
        Cx cx = house_cx(t, mine);
        cx.lang = (Lang)lang;
        const Op *op = op_find(&t->house, S("import.show"));
        i64 id = done.id;
        Val *reply = NULL;
        HOUSE_OK(t, op_call(&cx, op, &id, &reply));
        const Val *rejects = val_get(reply, "rejects");
        assert_int_equal(val_count(rejects), done.rejected + done.warned);
        for (size_t i = 0; i < val_count(rejects); i++) {
            Str why = val_get_str(val_at(rejects, i), "why");
            assert_true(why.len > 6);
            assert_false(str_has(why, S("{")) || str_has(why, S("“”")) ||
                         str_starts(why, S("import.")));
        }
        Str all = house_json(t, rejects);
        if (lang == LANG_EN) {
            assert_true(str_has(all, S("The check character \\\"0\\\" does not fit; for these "
                                       "digits it would be \\\"7\\\"")));
            assert_true(str_has(all, S("Make the column text and paste it again from the source")));
        }
    }
}

/* Titles, other columns and empty lines do not count; the same number twice in one file does. */
static void test_accounting(void **state)
{
    TestHouse *t = *state;
    Str file = str_format(&t->arena, "名称,申请号\nA甲,%.*s\n,\n\nA甲,%.*s\nA乙,%.*s\nB丙,bad\n",
                          STR_ARG(appno(t, 1)), STR_ARG(appno(t, 1)), STR_ARG(appno(t, 1)));
    Import done = import_text(t, file);
    expect_counts(&done, 1, 1, 1, 1);
    same(load_patent(t, appno(t, 1)).title, "A乙");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_change"), 1);
    Fact fact = house_last_fact(t);
    same(fact.kind, "import.finished");
    assert_int_equal(fact.amount, 4);
    assert_int_equal(fact.actor_id, 1); /* Done for the person who asked. */
}

static int held_for; /* Batches for which acting for another still holds. */

static Err held_a_while(Cx *cx, i64 account_id, i64 for_id, Str noun)
{
    assert_int_equal(account_id, 7);
    assert_int_equal(for_id, 1);
    same(noun, "import");
    return held_for-- > 0 ? ERR_OK : err_set(cx, ERR_DENIED, NULL, "people.not_delegated");
}

/* A delegation that ends after two batches of three: six rows stay, the other four are counted. */
static void test_delegation_over(void **state)
{
    TestHouse *t = *state;
    const Actor agent = {
        .account_id = 7, .for_id = 1, .org_id = 1, .roles = WHO_OFFICE, .matters = S("import")};
    Val *reply = NULL;
    Str hash = keep_bytes(t, plain_file(t, 1, 10, "题"));
    t->house.hooks.acting = held_a_while;
    held_for = 2;
    HOUSE_OK(t, upload_hash(t, agent, hash, &reply));
    i64 id = val_get_int(reply, "id");
    HOUSE_OK(t, by_id(t, agent, "import.start", id));
    HOUSE_OK(t, work(t, id));
    Import done = load(t, id);
    assert_int_equal(done.state, IMPORT_FAILED);
    same(done.why, "import.delegation_over");
    meet(t, done.why);
    expect_counts(&done, 6, 0, 0, 0);
    assert_int_equal(done.rows_left, 4);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 6);
    Fact fact = house_last_fact(t);
    same(fact.kind, "import.failed");
    assert_int_equal(fact.for_id, 0);
    assert_int_equal(held_for, -1); /* Asked before each batch, and not after the no. */
    held_for = 100;
    Import again = import_text(t, plain_file(t, 1, 10, "题"));
    expect_counts(&again, 4, 0, 6, 0);
    assert_int_equal(held_for, 100); /* His own import asks nothing. */
    t->house.hooks.acting = NULL;
}

static void test_other_owner(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str hash = keep_bytes(t, plain_file(t, 1, 4, "题"));
    HOUSE_OK(t, upload_hash(t, other, hash, &reply));
    HOUSE_OK(t, by_id(t, other, "import.start", val_get_int(reply, "id")));
    HOUSE_OK(t, work(t, val_get_int(reply, "id")));
    Import done = import_text(t, plain_file(t, 3, 6, "新"));
    expect_counts(&done, 2, 0, 0, 2);
    same(load_patent(t, appno(t, 3)).title, "题3");
    assert_int_equal(
        house_count(t, "SELECT COUNT(*) FROM import_reject WHERE why = 'registry.other_owner'"), 2);
}

static void test_twice(void **state)
{
    TestHouse *t = *state;
    Str file = cases_file(t, row_cases, COUNT(row_cases));
    Import first = import_text(t, file);
    i64 patent_facts = house_count(t, "SELECT COUNT(*) FROM fact WHERE table_name = 'patent'");
    i64 revisions = house_count(t, "SELECT SUM(rev) FROM patent");
    Import second = import_text(t, file);
    expect_counts(&second, 0, 0, first.imported, first.rejected);
    assert_int_equal(second.warned, first.warned);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM fact WHERE table_name = 'patent'"),
                     patent_facts);
    assert_int_equal(house_count(t, "SELECT SUM(rev) FROM patent"), revisions);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_change"), 0);
}

/* A destroyed number is made good later by its publication number: joined, not doubled. */
static void test_lost_then_found(void **state)
{
    TestHouse *t = *state;
    const char *head = "名称,申请号,公开号\n";
    Import lost = import_text(t, str_format(&t->arena, "%s装置,2.01E+12,CN110007813A\n", head));
    expect_counts(&lost, 1, 0, 0, 0);
    assert_int_equal(lost.warned, 1);
    Import again = import_text(
        t, str_format(&t->arena, "%s装置,%.*s,CN110007813A\n", head, STR_ARG(appno(t, 1))));
    expect_counts(&again, 0, 1, 0, 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 1);
    same(load_patent(t, appno(t, 1)).pubno, "CN110007813A");
    Import bare = import_text(t, str_format(&t->arena, "%s装置,201810000001,\n",
                                            head)); /* Without the check character. */
    expect_counts(&bare, 0, 0, 1, 0);
}

/* Bytes that no store takes are no fault of the other rows. */
static void test_odd_bytes(void **state)
{
    TestHouse *t = *state;
    Buf file = buf_new(&t->arena);
    buf_format(&file, "名称,申请号\n装%c置,%.*s\n坏%c,1%c2\n好,%.*s\n", 0, STR_ARG(appno(t, 1)), 0,
               0, STR_ARG(appno(t, 2)));
    Import done = run(t, upload(t, buf_str(&file)));
    if (done.state != IMPORT_DONE)
        fail_msg("state %lld: %.*s", (long long)done.state, STR_ARG(done.why));
    assert_int_equal(done.rows_read, 3);
    assert_int_equal(done.rejected, 1);
    same(load_patent(t, appno(t, 2)).title, "好");
}

/* ---- Upload and mapping ---- */

static void test_upload(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    Str good = keep_bytes(t, plain_file(t, 1, 2, "题")),
        bare = keep_bytes(t, S("just,some\nwords,here\n"));
    REFUSED(t, upload_hash(t, mine, bare, NULL), ERR_INPUT, "import.no_header");
    HOUSE_REFUSED(t, upload_hash(t, mine, keep_bytes(t, S("")), NULL), ERR_INPUT, "sheet.empty");
    HOUSE_REFUSED(t, upload_hash(t, mine, S("../../etc/passwd"), NULL), ERR_INPUT,
                  "store.file_bad_hash");
    HOUSE_REFUSED(t, upload_hash(t, firm, good, NULL), ERR_DENIED, "command.denied");
    HOUSE_REFUSED(t, upload_hash(t, operator_actor, good, NULL), ERR_DENIED, "command.denied");
    REFUSED(t, upload_hash(t, shell, good, NULL), ERR_INPUT, "import.no_unit");
    REFUSED(t,
            house_call(t, mine, "import.upload", NULL, "{\"file_hash\":\"%.*s\",\"org_id\":2}",
                       STR_ARG(good)),
            ERR_DENIED, "import.not_your_unit");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import"), 0);
    HOUSE_OK(t, house_call(t, shell, "import.upload", &reply,
                           "{\"file_hash\":\"%.*s\",\"org_id\":2}", STR_ARG(good)));
    i64 id = val_get_int(reply, "id");
    assert_int_equal(load(t, id).org_id, 2);
    /* Unit 1 may not even know of it. */
    HOUSE_REFUSED(t, by_id(t, mine, "import.show", id), ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t, by_id(t, mine, "import.start", id), ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t, by_id(t, mine, "import.undo", id), ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t,
                  house_call(t, mine, "import.map", NULL, "{\"id\":%lld,\"mapping\":[\"0=title\"]}",
                             (long long)id),
                  ERR_MISSING, "record.missing");
    HOUSE_OK(t, by_id(t, other, "import.show", id));
    HOUSE_OK(t, house_call(t, mine, "import.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 0);
    HOUSE_OK(t, house_call(t, other, "import.list", &reply, "{}"));
    assert_int_equal(val_get_int(reply, "total"), 1);
    REFUSED(t, by_id(t, house_clock, "import.finish", id), ERR_STATE, "import.by_itself");
    HOUSE_REFUSED(t, by_id(t, mine, "import.finish", id), ERR_DENIED, "command.denied");
}

static void test_preview(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    i64 id = upload(t, str_format(&t->arena,
                                  "台账\n序号,发明名称,专利号,备注\n1,题一,%.*s,甲\n2,题二,x,乙\n",
                                  STR_ARG(appno(t, 1))));
    HOUSE_OK(t, house_call(t, mine, "import.show", &reply, "{\"id\":%lld}", (long long)id));
    static const char *const fields[] = {"", "title", "appno", ""};
    const Val *columns = val_get(reply, "columns");
    assert_int_equal(val_count(columns), COUNT(fields));
    for (size_t i = 0; i < COUNT(fields); i++)
        same(val_get_str(val_at(columns, i), "field"), fields[i]);
    assert_int_equal(val_count(val_get(reply, "rows")), 2);
    same(val_at(val_get(val_at(columns, 1), "samples"), 1)->s, "题二");
    same(load(t, id).mapping, ",title,appno,");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"),
                     0); /* Nothing is written yet. */
}

static Err map(TestHouse *t, i64 id, const char *pairs)
{
    return house_call(t, mine, "import.map", NULL, "{\"id\":%lld,\"mapping\":[%s]}", (long long)id,
                      pairs);
}

static void test_mapping(void **state)
{
    TestHouse *t = *state;
    Str file = str_format(&t->arena, "名称,号码一,申请号\n一种,x,%.*s\n", STR_ARG(appno(t, 1)));
    i64 id = upload(t, file);
    REFUSED(t, map(t, id, "\"3=title\""), ERR_INPUT, "import.no_such_column");
    REFUSED(t, map(t, id, "\"-1=title\""), ERR_INPUT, "import.no_such_column");
    REFUSED(t, map(t, id, "\"title\""), ERR_INPUT, "import.no_such_column");
    REFUSED(t, map(t, id, "\"0=price\""), ERR_INPUT, "import.no_such_field");
    REFUSED(t, map(t, id, "\"0=org_id\""), ERR_INPUT,
            "import.no_such_field"); /* A field, but none to import. */
    REFUSED(t, map(t, id, "\"0=title\",\"1=title\""), ERR_INPUT, "import.field_twice");
    HOUSE_OK(t, map(t, id, "\"0=title\",\"1=abstract\""));
    REFUSED(t, by_id(t, mine, "import.start", id), ERR_INPUT, "import.columns_missing");
    HOUSE_OK(t, map(t, id, "\"1=abstract\",\"2=appno\""));
    REFUSED(t, by_id(t, mine, "import.start", id), ERR_INPUT, "import.columns_missing");
    HOUSE_OK(t, map(t, id, "\"0=title\",\"1=abstract\",\"2=appno\""));
    Import done = run(t, id);
    expect_counts(&done, 1, 0, 0, 0);
    same(load_patent(t, appno(t, 1)).abstract, "x");
    REFUSED(t, map(t, id, "\"0=title\""), ERR_STATE, "import.begun");
    HOUSE_REFUSED(t, by_id(t, mine, "import.start", id), ERR_STATE, "flow.no_such_step");

    /* The same header again: mapped as she mapped it; another unit's is not. */
    same(load(t, upload(t, str_format(&t->arena, "%.*s二种,y,%.*s\n", STR_ARG(file),
                                      STR_ARG(appno(t, 2)))))
             .mapping,
         "title,abstract,appno");
    same(load(t, upload(t, S("名称,号码二,申请号\n一,2,3\n"))).mapping, "title,,appno");
    Val *reply = NULL;
    HOUSE_OK(t, upload_hash(t, other, keep_bytes(t, file), &reply));
    same(load(t, val_get_int(reply, "id")).mapping, "title,,appno");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_map"), 1);
}

/* ---- Undo ---- */

static void test_undo(void **state)
{
    TestHouse *t = *state;
    Import first = import_text(t, plain_file(t, 1, 7, "旧"));
    Cx cx = house_cx(t, house_clock);
    Buf before = buf_new(&t->arena), after = buf_new(&t->arena);
    Patent old = load_patent(t, appno(t, 5));
    Import second = import_text(t, plain_file(t, 4, 11, "新"));
    expect_counts(&second, 4, 4, 0, 0);
    same(load_patent(t, appno(t, 5)).title, "新5");

    REFUSED(t, by_id(t, mine, "import.undo", first.id), ERR_STATE, "import.changed_later");
    same(t->last.err.args[0], "4");
    HOUSE_REFUSED(t, by_id(t, firm, "import.undo", second.id), ERR_DENIED, "command.denied");
    HOUSE_OK(t, by_id(t, mine, "import.undo", second.id));
    assert_int_equal(load(t, second.id).state, IMPORT_UNDOING);
    i64 waiting = 0;
    HOUSE_OK(t, import_waiting(&cx, &waiting));
    assert_int_equal(waiting, second.id);
    HOUSE_OK(t, work(t, second.id));
    assert_int_equal(load(t, second.id).state, IMPORT_UNDONE);
    HOUSE_OK(t, import_waiting(&cx, &waiting));
    assert_int_equal(waiting, 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 7);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent WHERE title LIKE '新%'"), 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_change"), 0);
    /* The row is as it was, but for its revision and time. */
    Patent now = load_patent(t, appno(t, 5));
    now.rev = old.rev;
    now.changed_ms = old.changed_ms;
    record_canonical(&patent_type, &old, &before);
    record_canonical(&patent_type, &now, &after);
    assert_true(str_same(buf_str(&before), buf_str(&after)));

    HOUSE_REFUSED(t, by_id(t, mine, "import.undo", second.id), ERR_STATE, "flow.no_such_step");
    HOUSE_OK(t, by_id(t, mine, "import.undo", first.id)); /* Now nothing stands on it. */
    HOUSE_OK(t, work(t, first.id));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 0);
    Import third = import_text(t, plain_file(t, 1, 3, "旧")); /* And it can come again. */
    expect_counts(&third, 3, 0, 0, 0);
}

static void test_undo_listed(void **state)
{
    TestHouse *t = *state;
    Import first = import_text(t, plain_file(t, 1, 2, "旧"));
    Import second = import_text(t, plain_file(t, 2, 3, "新"));
    i64 shared = load_patent(t, appno(t, 2)).id;
    HOUSE_OK(t, house_call(t, mine, "listing.file", NULL,
                           "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":5}",
                           (long long)shared));
    REFUSED(t, by_id(t, mine, "import.undo", second.id), ERR_STATE, "import.used");
    same(t->last.err.args[0], "1");
    HOUSE_REFUSED(t, by_id(t, mine, "import.undo", first.id), ERR_STATE, "import.used");
    assert_int_equal(load(t, second.id).state, IMPORT_DONE);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 3);
}

static void test_file_gone(void **state)
{
    TestHouse *t = *state;
    i64 id = upload(t, plain_file(t, 1, 4, "题"));
    Cx cx = house_cx(t, mine);
    char *path;
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    HOUSE_OK(t, files_path(&cx, import_files_root(&cx), load(t, id).file_hash, &path));
    assert_int_equal(unlink(path), 0);
    HOUSE_OK(t, work(t, id));
    Import done = load(t, id);
    assert_int_equal(done.state, IMPORT_FAILED);
    assert_true(done.why.len > 0 && text_find(LANG_ZH, str_z(&t->arena, done.why)));
    assert_int_equal(done.rows_read, 0);
}

/* ---- Rejected rows go back ---- */

static void test_rejects_return(void **state)
{
    TestHouse *t = *state;
    Import done = import_text(
        t, S("名称,申请号,备注\n装置一,201810000001,=1+1\n装置二,bad,\"第\n二行\"\n,,x\n"));
    expect_counts(&done, 1, 0, 0, 2);
    Cx cx = house_cx(t, mine);
    char *path = str_z(&t->arena, str_format(&t->arena, "%s/rejects.xlsx", t->folder));
    i64 count = 0;
    HOUSE_OK(t, import_rejects_write(&cx, done.id, false, path, &count));
    assert_int_equal(count, 2);
    meet(t, S("import.out_line"));
    meet(t, S("import.out_why"));
    Cx stranger = house_cx(t, other);
    assert_int_equal(import_rejects_write(&stranger, done.id, false, path, &count), ERR_MISSING);

    /* She reads why, mends the number, and sends the same spreadsheet back. */
    Arena rows = {0};
    SheetReader *reader;
    SheetOut *out;
    bool got = true;
    SheetRow row;
    char *mended = str_z(&t->arena, str_format(&t->arena, "%s/mended.xlsx", t->folder));
    HOUSE_OK(t, sheet_open(&cx, path, &rows, &reader));
    HOUSE_OK(t, sheet_next(&cx, reader, &row, &got));
    SheetRow head = sheet_row_copy(&t->arena, &row);
    assert_int_equal(head.count, 5);
    same(head.cells[3], text_find(LANG_EN, "import.out_line"));
    SheetOutColumn columns[5] = {0};
    for (size_t i = 0; i < 5; i++)
        columns[i].title = head.cells[i];
    HOUSE_OK(t, sheet_out_open(&cx, mended, SHEET_OUT_XLSX, S("rejected"), columns, 5, &out));
    static const char *const lines[] = {"3", "5"};
    for (size_t i = 0; i < 2; i++) {
        HOUSE_OK(t, sheet_next(&cx, reader, &row, &got));
        assert_true(got && row.count == 5);
        same(row.cells[3], lines[i]);
        assert_true(row.cells[4].len > 20);
        Str cells[5];
        memcpy(cells, row.cells, sizeof cells);
        cells[0] = i ? S("装置三") : row.cells[0];
        cells[1] = appno(t, i ? 3 : 2);
        HOUSE_OK(t, sheet_out_row(&cx, out, cells, 5));
    }
    HOUSE_OK(t, sheet_next(&cx, reader, &row, &got));
    assert_false(got);
    sheet_done(reader);
    arena_done(&rows);
    HOUSE_OK(t, sheet_out_done(&cx, out, NULL));
    Val *reply = NULL;
    HOUSE_OK(t, upload_hash(t, mine, keep_path(t, mended), &reply));
    Import again = run(t, val_get_int(reply, "id"));
    assert_int_equal(again.state, IMPORT_DONE);
    expect_counts(&again, 2, 0, 0, 0);
    same(load_patent(t, appno(t, 2)).title, "装置二");
}

/* ---- Workbooks ---- */

typedef struct Part {
    const char *name;
    Str data;
} Part;

#define XMLNS "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
#define RELNS "xmlns:r='http://schemas.openxmlformats.org/officeDocument/2006/relationships'"
#define PKG   "xmlns='http://schemas.openxmlformats.org/package/2006/relationships'"
#define REL   "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"

static Str book(TestHouse *t, Str sheet)
{
    const Part parts[] = {
        {"_rels/.rels", S("<Relationships " PKG "><Relationship Id='r1' Type='" REL
                          "officeDocument' Target='xl/workbook.xml'/></Relationships>")},
        {"xl/workbook.xml",
         S("<workbook " XMLNS " " RELNS
           "><sheets><sheet name='台账' sheetId='1' r:id='r1'/></sheets></workbook>")},
        {"xl/_rels/workbook.xml.rels",
         S("<Relationships " PKG "><Relationship Id='r1' Type='" REL
           "worksheet' Target='worksheets/s1.xml'/></Relationships>")},
        {"xl/worksheets/s1.xml", sheet},
    };
    char *path = str_z(&t->arena, str_format(&t->arena, "%s/book.xlsx", t->folder));
    int code;
    zip_t *zip = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(zip);
    for (size_t i = 0; i < COUNT(parts); i++) {
        zip_source_t *source = zip_source_buffer(zip, parts[i].data.data, parts[i].data.len, 0);
        assert_non_null(source);
        assert_true(zip_file_add(zip, parts[i].name, source, ZIP_FL_OVERWRITE) >= 0);
    }
    assert_int_equal(zip_close(zip), 0);
    return keep_path(t, path);
}

static Str sheet_xml(TestHouse *t, int rows, const char *last)
{
    Buf out = buf_new(&t->arena);
    buf_z(&out, "<worksheet " XMLNS "><sheetData><row r='1'><c t='str'><v>名称</v></c><c "
                "t='str'><v>申请号</v></c><c t='str'><v>TRL</v></c></row>");
    for (int n = 1; n <= rows; n++)
        buf_format(&out, "<row r='%d'><c t='str'><v>题%d</v></c><c t='str'><v>%.*s</v></c>%s</row>",
                   n + 1, n, STR_ARG(appno(t, n)), n == rows ? last : "");
    buf_z(&out, "</sheetData></worksheet>");
    return buf_str(&out);
}

static void test_cell_error(void **state)
{
    TestHouse *t = *state;
    Val *reply = NULL;
    HOUSE_OK(t, upload_hash(t, mine, book(t, sheet_xml(t, 2, "<c t='e'><v>#N/A</v></c>")), &reply));
    Import done = run(t, val_get_int(reply, "id"));
    assert_int_equal(done.state, IMPORT_DONE);
    same(done.sheet, "台账");
    expect_counts(&done, 1, 0, 0, 1);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_reject WHERE why = "
                                    "'import.cell_error' AND arg = '#N/A' AND line = 3"),
                     1);
    meet(t, S("import.cell_error"));
}

/* A workbook whose sheet breaks off: what was read is kept, and the import says it failed, and
 * where. */
static void test_truncated(void **state)
{
    TestHouse *t = *state;
    enum { ROWS = 100 };
    Val *reply = NULL;
    Str whole = sheet_xml(t, ROWS, "");
    HOUSE_OK(t, upload_hash(t, mine, book(t, str_slice(whole, 0, whole.len * 3 / 4)), &reply));
    Import done = run(t, val_get_int(reply, "id"));
    assert_int_equal(done.state, IMPORT_FAILED);
    assert_in_range(done.imported, ROWS / 2, ROWS - 10);
    assert_int_equal(done.imported, done.rows_read);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), done.imported);
    same(done.why, "sheet.damaged");
    assert_int_equal(done.why_line, done.imported + 2); /* The row after the last whole one. */
    same(house_last_fact(t).kind, "import.failed");
    HOUSE_OK(t, house_call(t, mine, "import.show", &reply, "{\"id\":%lld}", (long long)done.id));
    assert_true(val_get_str(val_get(reply, "import"), "why_text").len > 10);
    /* The whole file afterwards: the rest is added, nothing is doubled. */
    HOUSE_OK(t, upload_hash(t, mine, book(t, whole), &reply));
    Import again = run(t, val_get_int(reply, "id"));
    expect_counts(&again, ROWS - done.imported, 0, done.imported, 0);
    /* Each can be taken back, the one that failed as well. */
    HOUSE_OK(t, by_id(t, mine, "import.undo", again.id));
    assert_int_equal(work(t, again.id), ERR_OK);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), done.imported);
    HOUSE_OK(t, by_id(t, mine, "import.undo", done.id));
    assert_int_equal(work(t, done.id), ERR_OK);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 0);
}

/* ---- Real files ---- */

static void count_rows_done(void *context, i64 rows)
{
    assert_true(rows > *(i64 *)context); /* It only grows. */
    *(i64 *)context = rows;
}

static Import import_real(TestHouse *t, Str hash)
{
    Val *reply = NULL;
    i64 seen = 0;
    HOUSE_OK(t, upload_hash(t, mine, hash, &reply));
    i64 id = val_get_int(reply, "id");
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    Cx cx = house_cx(t, house_clock);
    ArenaMark mark = arena_mark(&t->arena);
    HOUSE_OK(t, import_work(&cx, id, count_rows_done, &seen));
    arena_rewind(&t->arena, mark);
    Import done = load(t, id);
    assert_int_equal(done.state, IMPORT_DONE);
    return done;
}

static void test_real_files(void **state)
{
    TestHouse *t = *state;
    static const struct {
        const char *name;
        i64 rows, warned;
    } files[] = {
        {"patents_multiline_gb18030.csv", 786, 0},
        {"patents_messy_gb18030.csv", 15382, 13923},
        {"patents_2019.jsonl", 78013, 0},
    };
    const char *folder = getenv("TECHBOURSE_TEST_DATA");
    if (!folder) {
        print_message("not run: TECHBOURSE_TEST_DATA names no folder\n");
        skip();
    }
    t->settings.import_batch_rows = 400;
    for (size_t i = 0; i < COUNT(files); i++) {
        Str path = str_format(&t->arena, "%s/%s", folder, files[i].name);
        if (access(path.data, R_OK) != 0) {
            print_message("not run: no %s\n", path.data);
            continue;
        }
        Str hash = keep_path(t, path.data);
        Import done = import_real(t, hash);
        print_message("%s: read %lld, imported %lld, updated %lld, unchanged %lld, rejected %lld, "
                      "warned %lld\n",
                      files[i].name, (long long)done.rows_read, (long long)done.imported,
                      (long long)done.updated, (long long)done.unchanged, (long long)done.rejected,
                      (long long)done.warned);
        assert_int_equal(done.rows_read, files[i].rows);
        assert_int_equal(done.warned, files[i].warned);
        assert_true(done.rejected < done.rows_read / 20);
        assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_reject WHERE taken = 0 AND "
                                        "import_id = (SELECT MAX(id) FROM import)"),
                         done.rejected);
        Import again = import_real(t, hash);
        expect_counts(&again, 0, 0, done.rows_read - done.rejected, done.rejected);
    }
}

/* ---- */

/* Every message of the room was met by some test above. */
static void test_all_messages(void **state)
{
    (void)state;
    FILE *file = fopen("ui/text/import.txt", "r");
    char line[2000];
    int seen = 0;
    assert_non_null(file); /* Run from the source folder, as meson does. */
    while (fgets(line, sizeof line, file)) {
        Str key = str_trim(str_slice(str_from(line), 0, str_find(str_from(line), S("|"))));
        if (!str_starts(key, S("import.")) || str_ends(key, S(".mend")))
            continue;
        bool found = false;
        for (size_t i = 0; i < met_count && !found; i++)
            found = str_same_z(key, met[i]);
        if (!found)
            fail_msg("%.*s is never said", STR_ARG(key));
        seen++;
    }
    fclose(file);
    assert_true(seen >= 19);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_reasons),
        CASE(test_reasons_in_words),
        CASE(test_accounting),
        CASE(test_other_owner),
        CASE(test_delegation_over),
        CASE(test_twice),
        CASE(test_lost_then_found),
        CASE(test_odd_bytes),
        CASE(test_upload),
        CASE(test_preview),
        CASE(test_mapping),
        CASE(test_undo),
        CASE(test_undo_listed),
        CASE(test_file_gone),
        CASE(test_rejects_return),
        CASE(test_cell_error),
        CASE(test_truncated),
        CASE(test_real_files),
        cmocka_unit_test(test_all_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
