/* store_test.c - one suite over every back end: SQLite, PostgreSQL when TECHBOURSE_TEST_PG names a
 * server (test/pg.sh starts one), and both again behind the fault wrapper. */
#include "store/store_int.h"
#include "store/store_pg_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct Kind {
    const char *name;
    bool is_pg;
    bool is_fault;
} Kind;

typedef struct Bench {
    Arena arena;
    Clock clock;
    Cx cx;
    char folder[64];
    Str url;
} Bench;

static void ok_at(Err e, int line)
{
    if (e)
        fail_msg("line %d: error %s", line, err_name(e));
}
#define OK(call) ok_at((call), __LINE__)

static Db *open_url(Bench *bench, const Kind *kind, DbMode mode)
{
    Db *db = NULL;
    OK(db_open(&bench->cx, bench->url, mode, &db));
    return kind->is_fault ? db_fault_wrap(db) : db;
}

/* Each test begins with the empty tables `pet` and `log`. */
static Bench *bench_open(const Kind *kind)
{
    static Bench bench;
    memset(&bench, 0, sizeof bench);
    bench.cx = (Cx){.arena = &bench.arena, .clock = &bench.clock};
    strcpy(bench.folder, "/tmp/store_test.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    bench.url = str_format(&bench.arena, "%s/store.db", bench.folder);
    if (kind->is_pg) {
        Str plain = str_from(getenv("TECHBOURSE_TEST_PG"));
        Db *db = NULL;
        OK(db_open(&bench.cx, plain, DB_WRITE, &db));
        bench.cx.db = db;
        OK(db_exec_plain(&bench.cx, "DROP SCHEMA IF EXISTS store_test CASCADE;"
                                    "CREATE SCHEMA store_test"));
        db_close(db);
        bench.url =
            str_format(&bench.arena, "%.*s?options=-csearch_path%%3Dstore_test", STR_ARG(plain));
    }
    bench.cx.db = open_url(&bench, kind, DB_WRITE);
    OK(db_exec_plain(&bench.cx,
                     "CREATE TABLE pet (id INTEGER PRIMARY KEY, name TEXT NOT NULL DEFAULT '',"
                     " weight INTEGER NOT NULL DEFAULT 0) STRICT;"
                     "CREATE UNIQUE INDEX pet_name ON pet (name);"
                     "CREATE TABLE log (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"));
    return &bench;
}

static void bench_close(Bench *bench)
{
    db_close(bench->cx.db);
    static const char *const names[] = {"store.db", "store.db-wal", "store.db-shm"};
    for (size_t i = 0; i < COUNT(names); i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", bench->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(bench->folder), 0);
    arena_done(&bench->arena);
}

static Err pet_add(Cx *cx, i64 id, Str name, i64 weight)
{
    return DB_EXEC(cx, "INSERT INTO pet (id, name, weight) VALUES (?1, ?2, ?3)", BIND_INT(id),
                   BIND_STR(name), BIND_INT(weight));
}

static i64 pet_count(Cx *cx)
{
    i64 count = -1;
    OK(db_int(cx, "SELECT COUNT(*) FROM pet", NULL, 0, -2, &count));
    return count;
}

static void pets_add(Cx *cx, i64 from, i64 to)
{
    OK(db_begin(cx));
    for (i64 id = from; id <= to; id++)
        OK(pet_add(cx, id, str_format(cx->arena, "pet%06lld", (long long)id), id * 10));
    OK(db_commit(cx));
}

static void same(Str got, const char *want)
{
    if (!str_same_z(got, want))
        fail_msg("got '%.*s', want '%s'", STR_ARG(got), want);
}

/* ---- Cases ---- */

static void values_come_back_as_they_went(Bench *bench)
{
    Cx *cx = &bench->cx;
    static const struct {
        const char *text;
        i64 number;
    } rows[] = {
        {"", 0},
        {"一种大豆分离蛋白的制备方法", -1},
        {"it's \"quoted\" ?1 $1 \\ %", INT64_MAX},
        {"line\nbreak\ttab\r\n", INT64_MIN},
        {"𠮷野家 🐼", 9007199254740993},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        OK(pet_add(cx, (i64)i + 1, str_from(rows[i].text), rows[i].number));
    Rows found;
    OK(DB_QUERY(cx, &found, "SELECT id, name, weight FROM pet WHERE id >= ?1 ORDER BY id",
                BIND_INT(1)));
    size_t count = 0;
    for (; rows_next(&found); count++) {
        assert_true(count < COUNT(rows));
        assert_int_equal(rows_int(&found, 0), count + 1);
        same(rows_str(&found, 1), rows[count].text);
        assert_true(rows_int(&found, 2) == rows[count].number);
    }
    OK(rows_end(&found));
    assert_int_equal(count, COUNT(rows));
    assert_false(rows_next(&found)); /* Ended rows stay ended. */
    OK(rows_end(&found));
}

static void long_text_and_many_values(Bench *bench)
{
    Cx *cx = &bench->cx;
    size_t len = 3 * 1000 * 1000;
    char *text = arena_take(cx->arena, len);
    memset(text, 'x', len);
    Str whole = {text, len};
    OK(db_begin(cx));
    for (i64 id = 1; id <= 5; id++)
        OK(DB_EXEC(cx, "INSERT INTO log (id, text) VALUES (?1, ?2)", BIND_INT(id),
                   BIND_STR(whole)));
    OK(db_commit(cx));
    Rows rows;
    OK(db_query(cx, &rows, "SELECT text FROM log", NULL, 0));
    int count = 0;
    for (; rows_next(&rows); count++)
        assert_true(str_same(rows_str(&rows, 0), whole));
    OK(rows_end(&rows));
    assert_int_equal(count, 5);

    Bind binds[STORE_BINDS_MAX];
    Buf sql = buf_new(cx->arena);
    buf_z(&sql, "SELECT ");
    for (int i = 0; i < STORE_BINDS_MAX; i++) {
        binds[i] = i % 2 ? BIND_STR(S("7")) : BIND_INT(i);
        buf_format(&sql, "%s?%d", i ? ", " : "", i + 1);
    }
    OK(db_query(cx, &rows, db_keep(buf_str(&sql)), binds, STORE_BINDS_MAX));
    assert_true(rows_next(&rows));
    assert_int_equal(rows_int(&rows, 98), 98);
    assert_int_equal(rows_int(&rows, 97), 7);
    OK(rows_end(&rows));
}

static void bytes_decide_the_order(Bench *bench)
{
    Cx *cx = &bench->cx;
    static const char *const names[] = {"a", "B", "b", "A", "é", "专", "中", "_", "10", "9"};
    static const char *const sorted[] = {"10", "9", "A", "B", "_", "a", "b", "é", "专", "中"};
    for (size_t i = 0; i < COUNT(names); i++)
        OK(pet_add(cx, (i64)i, str_from(names[i]), 0));
    Rows rows;
    OK(db_query(cx, &rows, "SELECT name FROM pet ORDER BY name", NULL, 0));
    for (size_t i = 0; i < COUNT(sorted); i++) {
        assert_true(rows_next(&rows));
        same(rows_str(&rows, 0), sorted[i]);
    }
    assert_false(rows_next(&rows));
    OK(rows_end(&rows));

    i64 count = 0;
    OK(DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM pet WHERE name > ?1", BIND_STR(S("B"))));
    assert_int_equal(count, 6);
    OK(DB_INT(cx, &count, 0, "SELECT COUNT(*) FROM pet WHERE name LIKE ?1", BIND_STR(S("a%"))));
    assert_int_equal(count, 1); /* LIKE minds the case of letters in both. */
}

static void sums_and_truth_are_whole_numbers(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 4);
    i64 got = 0;
    OK(db_int(cx, "SELECT SUM(weight) FROM pet", NULL, 0, 0, &got));
    assert_int_equal(got, 100);
    OK(DB_INT(cx, &got, 0, "SELECT EXISTS (SELECT 1 FROM pet WHERE id = ?1)", BIND_INT(4)));
    assert_int_equal(got, 1);
    OK(DB_INT(cx, &got, 7, "SELECT EXISTS (SELECT 1 FROM pet WHERE id = ?1)", BIND_INT(5)));
    assert_int_equal(got, 0);
    OK(DB_INT(cx, &got, 7, "SELECT weight FROM pet WHERE id = ?1", BIND_INT(5)));
    assert_int_equal(got, 7);
    OK(DB_INT(cx, &got, 7, "SELECT MAX(weight) FROM pet WHERE id = ?1", BIND_INT(5)));
    assert_int_equal(got, 0); /* No value reads as 0. */
    OK(DB_INT(cx, &got, 0,
              "SELECT COUNT(*) FROM pet WHERE (?1 = 0 OR id = ?1) AND (?2 = '' OR name = ?2)",
              BIND_INT(0), BIND_STR(S("pet000002"))));
    assert_int_equal(got, 1);
    Rows rows;
    OK(db_query(cx, &rows, "SELECT id = 1, id FROM pet ORDER BY id LIMIT 2", NULL, 0));
    assert_true(rows_next(&rows));
    same(rows_str(&rows, 0), "1");
    assert_true(rows_next(&rows));
    same(rows_str(&rows, 0), "0");
    OK(rows_end(&rows));
}

/* The same statement with other types, and one text from two places. */
static void a_statement_is_found_by_text(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 1);
    const char *one = db_keep(S("SELECT COUNT(*) FROM pet WHERE id = ?1"));
    assert_ptr_equal(one, db_keep(S("SELECT COUNT(*) FROM pet WHERE id = ?1")));
    assert_ptr_not_equal(one, db_keep(S("SELECT COUNT(*) FROM pet WHERE id = ?2")));
    i64 got = 0;
    OK(DB_INT(cx, &got, 0, one, BIND_INT(1)));
    assert_int_equal(got, 1);
    OK(DB_INT(cx, &got, 0, "SELECT COUNT(*) FROM pet WHERE id = ?1", BIND_INT(2)));
    assert_int_equal(got, 0);
    /* More statements than are kept: old ones are dropped and prepared again, also in a write. */
    OK(db_begin(cx));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < STORE_STATEMENTS_MAX + 50; i++) {
            const char *sql = db_keep(str_format(cx->arena,
                                                 "UPDATE pet SET weight = %d"
                                                 " WHERE id = ?1",
                                                 i));
            OK(DB_EXEC(cx, sql, BIND_INT(1)));
        }
    }
    OK(db_commit(cx));
    OK(DB_INT(cx, &got, 0, "SELECT weight FROM pet WHERE id = ?1", BIND_INT(1)));
    assert_int_equal(got, STORE_STATEMENTS_MAX + 49);
}

static void bad_text_never_reaches_the_database(Bench *bench)
{
    Cx *cx = &bench->cx;
    static const Str bad[] = {{"a\0b", 3}, {"\xff", 1}, {"\xe4\xb8", 2}, {"\xed\xa0\x80", 3}};
    OK(db_begin(cx));
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(pet_add(cx, 1, bad[i], 0), ERR_INPUT);
        assert_string_equal(cx->err.key, "store.bad_text");
    }
    OK(pet_add(cx, 1, S("good"), 0));
    assert_false(db_failed(cx));
    OK(db_commit(cx));
    assert_int_equal(pet_count(cx), 1);
}

static void a_failure_is_told(Bench *bench)
{
    Cx *cx = &bench->cx;
    OK(pet_add(cx, 1, S("cat"), 0));
    assert_int_equal(pet_add(cx, 1, S("dog"), 0), ERR_STORE);
    assert_string_equal(cx->err.key, "store.failed");
    assert_int_equal(pet_add(cx, 2, S("cat"), 0), ERR_STORE); /* The unique index. */
    i64 got = 5;
    assert_int_equal(db_int(cx, "SELECT nothing FROM pet", NULL, 0, 0, &got), ERR_STORE);
    assert_int_equal(got, 5); /* A failed call hands nothing out. */
    assert_int_equal(db_exec(cx, "SELEKT", NULL, 0), ERR_STORE);
    assert_int_equal(db_exec_plain(cx, "CREATE TABLE pet (id INTEGER)"), ERR_STORE);
    assert_int_equal(DB_EXEC(cx, "UPDATE pet SET weight = ?2 WHERE id = ?1", BIND_INT(1)),
                     ERR_STORE);        /* A value is missing. */
    assert_int_equal(pet_count(cx), 1); /* The connection goes on. */
    assert_true(db_failed(cx));
    OK(db_begin(cx));
    assert_false(db_failed(cx));
    db_rollback(cx);
}

static void a_transaction_is_kept_or_not(Bench *bench)
{
    Cx *cx = &bench->cx;
    assert_false(db_in_transaction(cx));
    OK(db_begin(cx));
    assert_true(db_in_transaction(cx));
    OK(pet_add(cx, 1, S("cat"), 0));
    assert_int_equal(pet_count(cx), 1);
    assert_true(db_in_transaction(cx));
    db_rollback(cx);
    assert_false(db_in_transaction(cx));
    assert_int_equal(pet_count(cx), 0);
    db_rollback(cx);       /* Nothing to do. */
    pets_add(cx, 1, 3000); /* More than are sent without an answer. */
    assert_false(db_in_transaction(cx));
    assert_int_equal(pet_count(cx), 3000);
}

static void a_savepoint_takes_back_its_own(Bench *bench)
{
    Cx *cx = &bench->cx;
    OK(db_begin(cx));
    OK(db_savepoint(cx));
    OK(pet_add(cx, 1, S("kept"), 0));
    OK(db_release(cx));
    OK(db_savepoint(cx));
    OK(pet_add(cx, 2, S("undone"), 0));
    OK(db_rollback_to(cx));
    OK(db_savepoint(cx)); /* One in another. */
    OK(pet_add(cx, 3, S("outer"), 0));
    OK(db_savepoint(cx));
    OK(pet_add(cx, 4, S("inner"), 0));
    OK(db_rollback_to(cx));
    OK(db_release(cx));
    OK(db_commit(cx));
    i64 sum = 0;
    OK(db_int(cx, "SELECT SUM(id) FROM pet", NULL, 0, 0, &sum));
    assert_int_equal(sum, 1 + 3);
}

/* SQLite says no at once, PostgreSQL when asked; going back to the savepoint mends both. */
static void a_failed_statement_is_undone_by_its_savepoint(Bench *bench)
{
    Cx *cx = &bench->cx;
    OK(db_begin(cx));
    OK(pet_add(cx, 1, S("before"), 0));
    OK(db_savepoint(cx));
    OK(pet_add(cx, 2, S("inside"), 0));
    (void)!pet_add(cx, 1, S("again"), 0);
    OK(db_rollback_to(cx));
    OK(pet_add(cx, 3, S("after"), 0));

    OK(db_savepoint(cx));
    i64 got = 0;
    assert_int_equal(db_int(cx, "SELECT nothing FROM pet", NULL, 0, 0, &got), ERR_STORE);
    OK(db_rollback_to(cx));
    assert_int_equal(pet_count(cx), 2);
    OK(db_commit(cx));
    assert_int_equal(pet_count(cx), 2);
}

/* A change that failed in a transaction must show before or at the commit. */
static void no_failed_change_is_committed_in_silence(Bench *bench)
{
    Cx *cx = &bench->cx;
    for (int with_query = 0; with_query < 2; with_query++) {
        OK(db_begin(cx));
        OK(pet_add(cx, 1, S("first"), 0));
        Err e = pet_add(cx, 1, S("twice"), 0);
        if (e == ERR_OK && with_query) {
            i64 got = 0;
            e = db_int(cx, "SELECT COUNT(*) FROM pet", NULL, 0, 0, &got);
        }
        if (e == ERR_OK)
            e = pet_add(cx, 2, S("second"), 0);
        if (e == ERR_OK)
            e = db_commit(cx);
        assert_int_equal(e, ERR_STORE);
        assert_true(db_failed(cx));
        db_rollback(cx);
        assert_false(db_in_transaction(cx));
        assert_int_equal(pet_count(cx), 0);
    }
}

/* Other calls on the connection while rows are being read. */
static void rows_live_through_other_calls(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 500);
    static const char sql[] = "SELECT id, name, id < 3 FROM pet WHERE id > ?1 ORDER BY id";
    for (int in_write = 0; in_write < 2; in_write++) {
        if (in_write)
            OK(db_begin(cx));
        Rows outer, inner;
        i64 want = 1, left = 0;
        OK(DB_QUERY(cx, &outer, sql, BIND_INT(0)));
        while (rows_next(&outer)) {
            Str name = rows_str(&outer, 1);
            if (want % 100 == 1) {
                OK(DB_QUERY(cx, &inner, sql, BIND_INT(want))); /* The same statement. */
                for (left = 0; rows_next(&inner); left++)
                    ;
                OK(rows_end(&inner));
                assert_int_equal(left, 500 - want);
                OK(DB_EXEC(cx, "INSERT INTO log (id, text) VALUES (?1, ?2)",
                           BIND_INT(want + 1000 * in_write), BIND_STR(name)));
            }
            assert_int_equal(rows_int(&outer, 0), want);
            assert_int_equal(rows_int(&outer, 2), want < 3);
            same(name, str_z(cx->arena, str_format(cx->arena, "pet%06lld", (long long)want)));
            want++;
        }
        OK(rows_end(&outer));
        assert_int_equal(want, 501);
        if (in_write)
            OK(db_commit(cx));
    }
    i64 logged = 0;
    OK(db_int(cx, "SELECT COUNT(*) FROM log", NULL, 0, 0, &logged));
    assert_int_equal(logged, 10);
}

static void an_early_stop_frees_the_statement(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 100);
    for (int i = 0; i < 3; i++) {
        Rows rows;
        OK(db_query(cx, &rows, "SELECT id FROM pet ORDER BY id", NULL, 0));
        for (int row = 0; row < i; row++)
            assert_true(rows_next(&rows));
        OK(rows_end(&rows));
        OK(rows_end(&rows));
    }
    OK(db_exec(cx, "DELETE FROM pet", NULL, 0)); /* No reader holds it. */
    assert_int_equal(pet_count(cx), 0);
}

/* An error in the middle of the rows is no end of rows. */
static void an_error_between_rows_is_told(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 3);
    OK(DB_EXEC(cx, "INSERT INTO pet (id, name, weight) VALUES (?1, ?2, ?3)", BIND_INT(4),
               BIND_STR(S("heavy")), BIND_INT(INT64_MAX)));
    bool sqlite = strcmp(db_kind(cx->db), "sqlite") == 0;
    const char *sql = sqlite ? "SELECT abs(CASE WHEN id = 4 THEN -weight - 1 ELSE weight END)"
                               " FROM pet WHERE id > ?1"
                             : "SELECT weight + 1 FROM pet WHERE id > ?1";
    for (int nested = 0; nested < 2; nested++) {
        Rows rows;
        Err e = DB_QUERY(cx, &rows, sql, BIND_INT(0));
        int count = 0;
        while (e == ERR_OK && rows_next(&rows)) {
            count++;
            if (nested && count == 1)
                assert_int_equal(pet_count(cx), 4);
        }
        if (e == ERR_OK)
            e = rows_end(&rows);
        assert_int_equal(e, ERR_STORE);
        assert_int_equal(count, 3);
    }
    assert_int_equal(pet_count(cx), 4);
}

static void returning_and_conflict_clauses(Bench *bench)
{
    Cx *cx = &bench->cx;
    i64 got = 0;
    OK(DB_INT(cx, &got, 0,
              "INSERT INTO pet (id, name, weight) VALUES (?1, ?2, 1)"
              " ON CONFLICT (id) DO UPDATE SET weight = pet.weight + 1 RETURNING weight",
              BIND_INT(1), BIND_STR(S("cat"))));
    assert_int_equal(got, 1);
    OK(DB_INT(cx, &got, 0,
              "INSERT INTO pet (id, name, weight) VALUES (?1, ?2, 1)"
              " ON CONFLICT (id) DO UPDATE SET weight = pet.weight + 1 RETURNING weight",
              BIND_INT(1), BIND_STR(S("cat"))));
    assert_int_equal(got, 2);
    OK(DB_EXEC(cx, "INSERT INTO pet (id, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING", BIND_INT(1),
               BIND_STR(S("cat"))));
    assert_int_equal(pet_count(cx), 1);
}

static void columns_are_listed(Bench *bench)
{
    Cx *cx = &bench->cx;
    Str *names = NULL;
    size_t count = 99;
    OK(db_columns(cx, "pet", &names, &count));
    assert_int_equal(count, 3);
    same(names[0], "id");
    same(names[2], "weight");
    OK(db_begin(cx)); /* As a migration does. */
    OK(db_exec_plain(cx, "ALTER TABLE pet ADD COLUMN colour TEXT NOT NULL DEFAULT ''"));
    OK(db_columns(cx, "pet", &names, &count));
    assert_int_equal(count, 4);
    same(names[3], "colour");
    db_rollback(cx);
    OK(db_columns(cx, "pet", &names, &count));
    assert_int_equal(count, 3);
    OK(db_columns(cx, "no_such_table", &names, &count));
    assert_int_equal(count, 0);
}

static void a_reader_sees_but_cannot_write(Bench *bench)
{
    Cx *cx = &bench->cx;
    pets_add(cx, 1, 2);
    Cx reader = {.arena = cx->arena, .clock = cx->clock};
    OK(db_open(&reader, bench->url, DB_READ, &reader.db));
    assert_int_equal(pet_count(&reader), 2);
    assert_int_equal(pet_add(&reader, 3, S("no"), 0), ERR_STORE);
    assert_int_equal(db_exec_plain(&reader, "CREATE TABLE no (id INTEGER)"), ERR_STORE);

    OK(db_begin(cx)); /* What is not committed is not seen, and a reader does not wait. */
    OK(pet_add(cx, 3, S("three"), 0));
    assert_int_equal(pet_count(cx), 3);
    assert_int_equal(pet_count(&reader), 2);
    OK(db_commit(cx));
    assert_int_equal(pet_count(&reader), 3);

    OK(db_begin(&reader)); /* One steady view. */
    assert_int_equal(pet_count(&reader), 3);
    OK(pet_add(cx, 4, S("four"), 0));
    assert_int_equal(pet_count(&reader), 3);
    db_rollback(&reader);
    assert_int_equal(pet_count(&reader), 4);
    db_close(reader.db);
}

typedef struct Case {
    const char *name;
    void (*run)(Bench *bench);
} Case;

#define CASE(function)                                                                             \
    {                                                                                              \
#function, function                                                                        \
    }
static const Case cases[] = {
    CASE(values_come_back_as_they_went),
    CASE(long_text_and_many_values),
    CASE(bytes_decide_the_order),
    CASE(sums_and_truth_are_whole_numbers),
    CASE(a_statement_is_found_by_text),
    CASE(bad_text_never_reaches_the_database),
    CASE(a_failure_is_told),
    CASE(a_transaction_is_kept_or_not),
    CASE(a_savepoint_takes_back_its_own),
    CASE(a_failed_statement_is_undone_by_its_savepoint),
    CASE(no_failed_change_is_committed_in_silence),
    CASE(rows_live_through_other_calls),
    CASE(an_early_stop_frees_the_statement),
    CASE(an_error_between_rows_is_told),
    CASE(returning_and_conflict_clauses),
    CASE(columns_are_listed),
    CASE(a_reader_sees_but_cannot_write),
};

static bool kind_available(const Kind *kind)
{
    return !kind->is_pg || getenv("TECHBOURSE_TEST_PG");
}

static void the_suite(void **state)
{
    const Kind *kind = *state;
    if (!kind_available(kind))
        skip();
    for (size_t i = 0; i < COUNT(cases); i++) {
        printf("    %s: %s\n", kind->name, cases[i].name);
        Bench *bench = bench_open(kind);
        cases[i].run(bench);
        bench_close(bench);
    }
}

/* ---- The fault wrapper's own ---- */

static Err three_changes(Cx *cx)
{
    Err e = db_begin(cx);
    for (i64 id = 1; id <= 3 && e == ERR_OK; id++) {
        e = db_savepoint(cx);
        i64 count = 0;
        if (e == ERR_OK)
            e = db_int(cx, "SELECT COUNT(*) FROM pet", NULL, 0, 0, &count);
        if (e == ERR_OK)
            e = pet_add(cx, id, str_format(cx->arena, "pet%lld", (long long)count), 0);
        if (e == ERR_OK)
            e = db_release(cx);
    }
    return e ? e : db_commit(cx);
}

/* Begin, three times savepoint, query, its row, insert and release, commit: each fails once. */
static void every_call_fails_once(void **state)
{
    const Kind *kind = *state;
    if (!kind_available(kind))
        skip();
    Bench *bench = bench_open(kind);
    Cx *cx = &bench->cx;
    int n = 0;
    for (;; n++) {
        err_clear(cx);
        db_fault_arm(cx->db, n);
        Err e = three_changes(cx);
        assert_int_equal(db_fault_fired(cx->db), e != ERR_OK);
        db_fault_arm(cx->db, -1);
        if (e == ERR_OK)
            break;
        assert_int_equal(e, ERR_STORE);
        assert_true(db_failed(cx));
        db_rollback(cx);
        assert_int_equal(pet_count(cx), 0);
    }
    assert_int_equal(n, 1 + 3 * 5 + 1);
    assert_int_equal(pet_count(cx), 3);
    assert_string_equal(db_kind(cx->db), kind->is_pg ? "postgresql" : "sqlite");
    bench_close(bench);
}

/* ---- One back end's own ---- */

static void sqlite_is_set_up_to_lose_nothing(void **state)
{
    (void)state;
    static const Kind kind = {"sqlite", false, false};
    Bench *bench = bench_open(&kind);
    Cx *cx = &bench->cx;
    static const struct {
        const char *sql, *want;
    } rows[] = {
        {"PRAGMA journal_mode", "wal"},
        {"PRAGMA synchronous", "2"},
        {"PRAGMA foreign_keys", "1"},
        {"PRAGMA busy_timeout", "10000"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Rows found;
        OK(db_query(cx, &found, rows[i].sql, NULL, 0));
        assert_true(rows_next(&found));
        same(rows_str(&found, 0), rows[i].want);
        OK(rows_end(&found));
    }
    assert_int_equal(db_exec(cx, "SELECT \"no such name\"", NULL, 0), ERR_STORE);
    assert_int_equal(db_exec(cx, "SELECT 1; SELECT 2", NULL, 0), ERR_STORE);
    Db *none = NULL;
    assert_int_equal(db_open(cx, S("/no/such/folder/x.db"), DB_WRITE, &none), ERR_STORE);
    assert_int_equal(db_open(cx, S("/tmp/no-such-store.db"), DB_READ, &none), ERR_STORE);
    assert_null(none);
    bench_close(bench);
}

/* A full disk makes SQLite end the transaction by itself, and the store must say so. */
static void sqlite_full_disk_is_seen(void **state)
{
    (void)state;
    static const Kind kind = {"sqlite", false, false};
    Bench *bench = bench_open(&kind);
    Cx *cx = &bench->cx;
    OK(db_exec_plain(cx, "PRAGMA max_page_count = 40"));
    char *text = arena_take(cx->arena, 20000);
    memset(text, 'x', 20000);
    Str whole = {text, 20000};
    OK(db_begin(cx));
    Err e = ERR_OK;
    for (i64 id = 1; id <= 100 && e == ERR_OK; id++)
        e = DB_EXEC(cx, "INSERT INTO log (id, text) VALUES (?1, ?2)", BIND_INT(id),
                    BIND_STR(whole));
    assert_int_equal(e, ERR_STORE);
    assert_true(db_failed(cx));
    db_rollback(cx);
    assert_false(db_in_transaction(cx));
    i64 count = -1;
    OK(db_int(cx, "SELECT COUNT(*) FROM log", NULL, 0, 0, &count));
    assert_int_equal(count, 0);
    bench_close(bench);
}

static void pg_comes_back_after_a_broken_connection(void **state)
{
    (void)state;
    static const Kind kind = {"postgresql", true, false};
    if (!kind_available(&kind))
        skip();
    Bench *bench = bench_open(&kind);
    Cx *cx = &bench->cx;
    Cx other = {.arena = cx->arena, .clock = cx->clock};
    OK(db_open(&other, bench->url, DB_WRITE, &other.db));
    for (int in_write = 0; in_write < 2; in_write++) {
        i64 pid = 0, done = 0;
        OK(db_int(cx, "SELECT pg_backend_pid()", NULL, 0, 0, &pid));
        if (in_write) {
            OK(db_begin(cx));
            OK(pet_add(cx, 1, S("lost"), 0));
            assert_int_equal(pet_count(cx), 1);
        }
        OK(DB_INT(&other, &done, 0, "SELECT pg_terminate_backend(?1::int, 5000)", BIND_INT(pid)));
        assert_int_equal(done, 1);
        i64 count = -1;
        Err e = ERR_OK;
        if (in_write)
            e = db_commit(cx);
        else
            e = db_int(cx, "SELECT COUNT(*) FROM pet", NULL, 0, 0, &count);
        assert_int_equal(e, ERR_STORE);
        assert_false(db_in_transaction(cx)); /* So the writer fails the group. */
        db_rollback(cx);
        OK(db_begin(cx)); /* The next one makes a new connection. */
        assert_int_equal(pet_count(cx), 0);
        OK(db_commit(cx));
    }
    db_close(other.db);
    bench_close(bench);
}

/* PostgreSQL answers COMMIT with a friendly ROLLBACK when the transaction had failed before. */
static void pg_commit_of_a_failed_transaction_fails(void **state)
{
    (void)state;
    static const Kind kind = {"postgresql", true, false};
    if (!kind_available(&kind))
        skip();
    Bench *bench = bench_open(&kind);
    Cx *cx = &bench->cx;
    i64 got = 0;
    OK(db_begin(cx));
    OK(pet_add(cx, 1, S("lost"), 0));
    assert_int_equal(db_int(cx, "SELECT nothing FROM pet", NULL, 0, 0, &got), ERR_STORE);
    assert_int_equal(db_commit(cx), ERR_STORE);
    db_rollback(cx);
    assert_false(db_in_transaction(cx));
    assert_int_equal(pet_count(cx), 0);
    bench_close(bench);
}

/* What the server skipped after an error was not prepared, and is prepared when used again. */
static void pg_prepares_again_what_was_skipped(void **state)
{
    (void)state;
    static const Kind kind = {"postgresql", true, false};
    if (!kind_available(&kind))
        skip();
    Bench *bench = bench_open(&kind);
    Cx *cx = &bench->cx;
    OK(pet_add(cx, 1, S("cat"), 0));
    static const char sql[] = "UPDATE pet SET weight = ?1 WHERE id = 1";
    OK(db_begin(cx));
    OK(pet_add(cx, 1, S("again"), 0)); /* Fails on the server; the next is skipped. */
    OK(DB_EXEC(cx, sql, BIND_INT(5)));
    assert_int_equal(db_commit(cx), ERR_STORE);
    db_rollback(cx);
    OK(DB_EXEC(cx, sql, BIND_INT(6)));
    i64 weight = 0;
    OK(db_int(cx, "SELECT weight FROM pet WHERE id = 1", NULL, 0, 0, &weight));
    assert_int_equal(weight, 6);
    bench_close(bench);
}

static void pg_speaks_our_sql(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } values[] =
        {
            {"SELECT ?1", "SELECT $1"},
            {"a = ?12 AND b = '?1' AND \"c?2\" = ?2", "a = $12 AND b = '?1' AND \"c?2\" = $2"},
            {"it''s '?1''?2' ?3", "it''s '?1''?2' $3"},
            {"open '?1", "open '?1"},
        },
      ddl[] = {
          {"CREATE TABLE a (id INTEGER PRIMARY KEY, b TEXT NOT NULL DEFAULT 'TEXT', c TEXT) STRICT",
           "CREATE TABLE a (id BIGINT PRIMARY KEY, b TEXT COLLATE \"C\" NOT NULL DEFAULT 'TEXT',"
           " c TEXT COLLATE \"C\")"},
          {"create table a (text INTEGER, primary key (text)) strict, WITHOUT ROWID; DROP TABLE c",
           "create table a (text BIGINT, primary key (text)); DROP TABLE c"},
          {"ALTER TABLE a ADD COLUMN strict INTEGER NOT NULL DEFAULT 0",
           "ALTER TABLE a ADD COLUMN strict BIGINT NOT NULL DEFAULT 0"},
          {"CREATE INDEX text_i ON a (text) WHERE text <> ''",
           "CREATE INDEX text_i ON a (text) WHERE text <> ''"},
          {"BEGIN", "BEGIN"},
      };
    Arena arena = {0};
    for (size_t i = 0; i < COUNT(values); i++)
        assert_string_equal(pg_sql_values(&arena, values[i].in), values[i].want);
    for (size_t i = 0; i < COUNT(ddl); i++)
        assert_string_equal(pg_sql_ddl(&arena, ddl[i].in), ddl[i].want);
    arena_done(&arena);
}

int main(void)
{
    static Kind kinds[] = {
        {"sqlite", false, false},
        {"postgresql", true, false},
        {"fault over sqlite", false, true},
        {"fault over postgresql", true, true},
    };
    if (!getenv("TECHBOURSE_TEST_PG"))
        printf("not run: the PostgreSQL side (TECHBOURSE_TEST_PG is not set; see test/pg.sh)\n");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(the_suite, &kinds[0]),
        cmocka_unit_test_prestate(the_suite, &kinds[1]),
        cmocka_unit_test_prestate(the_suite, &kinds[2]),
        cmocka_unit_test_prestate(the_suite, &kinds[3]),
        cmocka_unit_test_prestate(every_call_fails_once, &kinds[2]),
        cmocka_unit_test_prestate(every_call_fails_once, &kinds[3]),
        cmocka_unit_test(sqlite_is_set_up_to_lose_nothing),
        cmocka_unit_test(sqlite_full_disk_is_seen),
        cmocka_unit_test(pg_comes_back_after_a_broken_connection),
        cmocka_unit_test(pg_commit_of_a_failed_transaction_fails),
        cmocka_unit_test(pg_prepares_again_what_was_skipped),
        cmocka_unit_test(pg_speaks_our_sql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
