/* import_work_test.c - what an import does to rows that are not its own alone: several rows of a
 * file about one patent, listings and imports that come between, and stops in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "exchange/import_fixture.h"

/* ---- Several rows about one patent ---- */

typedef struct RepeatRow {
    const char *title, *number, *pubno, *filed, *granted;
} RepeatRow;

static Str repeat_file(TestHouse *t, const RepeatRow *rows, size_t count)
{
    Buf out = buf_new(&t->arena);
    buf_z(&out, "名称,申请号,公开号,申请日,授权公告日\n");
    for (size_t i = 0; i < count; i++)
        buf_format(&out, "%s,%s,%s,%s,%s\n", rows[i].title, rows[i].number, rows[i].pubno,
                   rows[i].filed, rows[i].granted);
    return buf_str(&out);
}

/* The file twice more: nothing is changed, in no row and in no fact about one. */
static void changes_nothing(TestHouse *t, Str file, const Import *first)
{
    const char *revisions = "SELECT SUM(rev) FROM patent",
               *facts = "SELECT COUNT(*) FROM fact WHERE table_name = 'patent'";
    i64 revision = house_count(t, revisions), fact_count = house_count(t, facts);
    for (int i = 0; i < 2; i++) {
        Import again = import_text(t, file);
        expect_counts(&again, 0, 0, first->rows_read - first->rejected, first->rejected);
        assert_int_equal(house_count(t, revisions), revision);
        assert_int_equal(house_count(t, facts), fact_count);
    }
}

/* Rows about one patent: what the last of them says of a field holds, and the file again changes
 * nothing. The publications of an invention stand in rows of their own. */
static void test_repeated(void **state)
{
    static const RepeatRow rows[] = {
        {"甲一", "2018100000014", "CN110007813A", "2018-01-05", ""},
        {"乙一", "2018100000029", "", "2018-01-06", ""},
        {"甲二", "2018100000014", "CN110007813B", "", "2020-01-05"},
        {"甲三", "", "CN110007813A", "", ""},            /* By its publication number alone. */
        {"乙二", "2018100000029", "", "2018-02-30", ""}, /* Goes back: it covers nothing. */
        {"甲四", "2018100000014", "", "", "2020-01-06"},
    };
    TestHouse *t = *state;
    Str file = repeat_file(t, rows, COUNT(rows));
    Import first = import_text(t, file);
    expect_counts(&first, 2, 1, 2, 1);
    Patent one = load_patent(t, S("201810000001.4")), two = load_patent(t, S("201810000002.9"));
    same(one.title, "甲四");
    same(one.pubno, "CN110007813A");
    assert_int_equal(one.filed_date, 20180105);
    assert_int_equal(one.granted_date, 20200106);
    same(two.title, "乙一");
    changes_nothing(t, file, &first);

    /* Over rows that say otherwise it ends the same, and can be taken back. */
    import_text(t, S("名称,申请号\n丙,2018100000014\n丁,2018100000029\n"));
    Import over = import_text(t, file);
    expect_counts(&over, 0, 2, 3, 1);
    same(load_patent(t, S("201810000001.4")).title, "甲四");
    same(load_patent(t, S("201810000002.9")).title, "乙一");
    changes_nothing(t, file, &over);
    HOUSE_OK(t, by_id(t, mine, "import.undo", over.id));
    HOUSE_OK(t, work(t, over.id));
    same(load_patent(t, S("201810000001.4")).title, "丙");
    same(load_patent(t, S("201810000002.9")).title, "丁");
}

/* The two numbers of one patent in different rows, joined in the store alone; and a publication
 * number that another patent has. */
static void test_repeated_joined(void **state)
{
    static const RepeatRow rows[] = {
        {"甲二", "2018100000014", "", "", ""},
        {"甲三", "", "CN110007813A", "", ""},
        {"乙二", "2018100000029", "", "", ""},
        {"乙三", "2018100000029", "CN110007813A", "",
         ""}, /* Goes back: the number is the first's. */
    };
    TestHouse *t = *state;
    import_text(t, S("名称,申请号,公开号\n甲一,2018100000014,CN110007813A\n乙一,2018100000029,\n"));
    Str file = repeat_file(t, rows, COUNT(rows));
    Import done = import_text(t, file);
    expect_counts(&done, 0, 2, 1, 1);
    same(load_patent(t, S("201810000001.4")).title, "甲三");
    same(load_patent(t, S("201810000002.9")).title, "乙二");
    changes_nothing(t, file, &done);
}

/* Stopped and taken up again, the rows find the same later ones; and more of them than a table of
 * the first size holds. */
static void test_repeated_many(void **state)
{
    enum { NUMBERS = 2000 };
    TestHouse *t = *state;
    t->settings.import_batch_rows = 400;
    Buf out = buf_new(&t->arena);
    buf_z(&out, "名称,申请号\n");
    for (int turn = 0; turn < 2; turn++)
        for (int n = 0; n < NUMBERS; n++)
            buf_format(&out, "题%d-%d,%.*s\n", turn, n, STR_ARG(appno(t, n)));
    Str file = buf_str(&out);
    i64 id = upload(t, file);
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    for (int n = 400; load(t, id).rows_read < NUMBERS; n += 400) {
        db_fault_arm(t->fault, n);
        assert_int_equal(work(t, id), ERR_STORE);
        db_fault_arm(t->fault, -1);
    }
    HOUSE_OK(t, work(t, id));
    Import first = load(t, id);
    expect_counts(&first, NUMBERS, NUMBERS, 0, 0);
    Import again = import_text(t, file);
    expect_counts(&again, 0, 0, 2 * NUMBERS, 0);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent WHERE title LIKE '题1-%'"),
                     NUMBERS);
}

/* ---- Undo ---- */

static i64 file_listing(TestHouse *t, i64 patent_id)
{
    Val *reply = NULL;
    HOUSE_OK(t, house_call(t, mine, "listing.file", &reply,
                           "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":5}",
                           (long long)patent_id));
    return val_at(val_get(reply, "ids"), 0)->i;
}

/* Listed after the undo was allowed and before it came to the row: the patent stays with its
 * listing, is counted, and everything else goes. */
static void test_undo_race(void **state)
{
    enum { ROWS = 450 }; /* Several batches. */
    TestHouse *t = *state;
    t->settings.import_batch_rows = 400;
    Import first = import_text(t, plain_file(t, 1, 3, "旧"));
    Import second = import_text(t, plain_file(t, 2, ROWS, "新"));
    expect_counts(&second, ROWS - 3, 2, 0, 0);
    HOUSE_OK(t, by_id(t, mine, "import.undo", second.id));
    file_listing(t, load_patent(t, appno(t, 2)).id);   /* Updated by it. */
    file_listing(t, load_patent(t, appno(t, 5)).id);   /* Made by it, */
    file_listing(t, load_patent(t, appno(t, 440)).id); /* in the first batch and in the last. */
    HOUSE_OK(t, work(t, second.id));
    Import undone = load(t, second.id);
    assert_int_equal(undone.state, IMPORT_UNDONE);
    assert_int_equal(undone.kept, 3);
    Fact fact = house_last_fact(t);
    same(fact.kind, "import.undone");
    assert_int_equal(fact.amount, 3);
    same(load_patent(t, appno(t, 2)).title, "新2");
    same(load_patent(t, appno(t, 3)).title, "旧3");
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 5);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_change"), 0);
    assert_int_equal(house_count(t,
                                 "SELECT COUNT(*) FROM listing WHERE patent_id NOT IN (SELECT id "
                                 "FROM patent)"),
                     0);
    /* What is gone cannot be listed any more. */
    HOUSE_REFUSED(t,
                  house_call(t, mine, "listing.file", NULL,
                             "{\"patent_ids\":[%lld],\"mode\":\"assign\",\"price_fen\":5}", 6LL),
                  ERR_MISSING, "record.missing");
    HOUSE_REFUSED(t, by_id(t, mine, "import.undo", first.id), ERR_STATE, "import.used");
}

/* Started later though uploaded earlier: the order of the changes counts, not that of the files. */
static void test_undo_order(void **state)
{
    TestHouse *t = *state;
    i64 early = upload(t, plain_file(t, 2, 4, "后"));
    Import first = import_text(t, plain_file(t, 1, 3, "先"));
    run(t, early);
    HOUSE_REFUSED(t, by_id(t, mine, "import.undo", first.id), ERR_STATE, "import.changed_later");
    same(t->last.err.args[0], "2");
    /* An undo that was allowed before: the later import runs while it waits. */
    Import third = import_text(t, plain_file(t, 5, 8, "三"));
    HOUSE_OK(t, by_id(t, mine, "import.undo", third.id));
    Import fourth = import_text(t, plain_file(t, 8, 9, "四"));
    HOUSE_OK(t, work(t, third.id));
    assert_int_equal(load(t, third.id).kept, 1);
    same(load_patent(t, appno(t, 8)).title, "四8");
    /* The later ones can go, and what they changed is as it was before them. */
    HOUSE_OK(t, by_id(t, mine, "import.undo", fourth.id));
    HOUSE_OK(t, work(t, fourth.id));
    same(load_patent(t, appno(t, 8)).title, "三8");
    HOUSE_OK(t, by_id(t, mine, "import.undo", early));
    HOUSE_OK(t, work(t, early));
    HOUSE_OK(t, by_id(t, mine, "import.undo", first.id));
    HOUSE_OK(t, work(t, first.id));
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 1);
}

/* ---- Stops and faults ---- */

/* The store fails at call n, once and then later and later: each time the work goes on where it
 * was. */
static void work_through_faults(TestHouse *t, i64 id)
{
    int failed = 0;
    for (int n = 1;; n++) {
        db_fault_arm(t->fault, n % 120);
        Err e = work(t, id);
        bool fired = db_fault_fired(t->fault);
        db_fault_arm(t->fault, -1);
        assert_true(house_verify_log(t).ok);
        load(t, id); /* Its account is right at every stop. */
        if (!e)
            break;
        assert_true(fired);
        HOUSE_REFUSED(t, e, ERR_STORE, "store.failed");
        failed++;
        assert_true(n < 500);
    }
    assert_true(failed > 5);
}

static void test_resume(void **state)
{
    TestHouse *t = *state;
    import_text(t, plain_file(t, 1, 5, "旧"));
    Buf file = buf_new(&t->arena);
    buf_add(&file, plain_file(t, 3, 20, "新"));
    buf_z(&file, "坏,12\n好,\n");
    i64 id = upload(t, buf_str(&file));
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    work_through_faults(t, id);
    Import done = load(t, id);
    assert_int_equal(done.state, IMPORT_DONE);
    assert_int_equal(done.rows_read, 20);
    expect_counts(&done, 15, 3, 0, 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 20);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_reject"), 2);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM import_change"), 3);

    HOUSE_OK(t, by_id(t, mine, "import.undo", id));
    file_listing(t, load_patent(t, appno(t, 4)).id);
    file_listing(t, load_patent(t, appno(t, 9)).id);
    work_through_faults(t, id);
    assert_int_equal(load(t, id).state, IMPORT_UNDONE);
    assert_int_equal(load(t, id).kept, 2); /* Once each, however often it stopped. */
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent WHERE title LIKE '旧%'"), 4);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), 6);
}

/* Stopped between two batches, as by a power cut, and taken up again. */
static void test_stop_in_the_middle(void **state)
{
    TestHouse *t = *state;
    i64 id = upload(t, plain_file(t, 1, 10, "题"));
    HOUSE_OK(t, by_id(t, mine, "import.start", id));
    for (int n = 1; load(t, id).rows_read < 6; n++) { /* Two batches of three, then the fault. */
        db_fault_arm(t->fault, n);
        assert_int_equal(work(t, id), ERR_STORE);
        db_fault_arm(t->fault, -1);
        assert_int_equal(load(t, id).rows_read % 3, 0);
    }
    Import half = load(t, id);
    assert_int_equal(half.state, IMPORT_RUNNING);
    assert_int_equal(house_count(t, "SELECT COUNT(*) FROM patent"), half.rows_read);
    HOUSE_OK(t, work(t, id));
    Import done = load(t, id);
    expect_counts(&done, 10, 0, 0, 0); /* None read twice: nothing is unchanged. */
    assert_int_equal(done.state, IMPORT_DONE);
    HOUSE_OK(t, work(t, id)); /* Nothing is left to do. */
    assert_int_equal(load(t, id).rev, done.rev);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_repeated),           CASE(test_repeated_joined), CASE(test_repeated_many),
        CASE(test_undo_race),          CASE(test_undo_order),      CASE(test_resume),
        CASE(test_stop_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
