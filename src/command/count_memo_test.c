/* count_memo_test.c - totals that are remembered are those a count would give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "command/house_fixture.h"

/* ---- A room of marks ---- */

typedef struct Mark {
    RECORD_HEAD;
    Str name;
    i64 size;
} Mark;

// clang-format off
static const Field mark_fields[] = {
    RECORD_HEAD_FIELDS(Mark),
    {AT(Mark, name), F_TEXT, "名称", "Name", 0, SEE_PUBLIC, NULL},
    {AT(Mark, size), F_INT,  "大小", "Size", 0, SEE_PUBLIC, NULL},
};
// clang-format on
static const RecordType mark_type = {
    "mark", "标记", "Mark", sizeof(Mark), mark_fields, COUNT(mark_fields), NULL};
static const RecordType *const types[] = {&mark_type};
static const Room mark_room = {.name = "mark", .types = types, .type_count = COUNT(types)};
static const Room *const rooms[] = {&mark_room};

#define COUNT_ALL  "SELECT COUNT(*) FROM mark"
#define COUNT_NAME "SELECT COUNT(*) FROM mark WHERE name = ?1"
#define COUNT_SIZE "SELECT COUNT(*) FROM mark WHERE size = ?1"
#define COUNT_MORE "SELECT COUNT(*) FROM mark WHERE size > ?1"
#define COUNT_TWO  "SELECT COUNT(*) FROM mark WHERE name = ?1 OR name = ?2"

static int setup(void **state)
{
    static TestHouse t;
    house_test_open(&t, rooms, COUNT(rooms));
    t.house.counts = count_memo_new();
    *state = &t;
    return 0;
}

static int teardown(void **state)
{
    TestHouse *t = *state;
    count_memo_done(t->house.counts);
    house_test_close(t);
    return 0;
}

static i64 count_of(TestHouse *t, const char *sql, const Bind *binds, size_t count)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_WEB});
    i64 total = -1;
    HOUSE_OK(t, count_rows(&cx, sql, binds, count, &total));
    return total;
}

#define COUNTED(t, sql, ...)                                                                       \
    count_of((t), (sql), (const Bind[]){__VA_ARGS__}, COUNT(((const Bind[]){__VA_ARGS__})))

/* What one job of the writer does. */
typedef struct Make {
    const char *name;
    i64 size;
    bool refuse; /* After it has written and counted. */
    i64 counted; /* Out: what it counts itself. */
} Make;

static Err make_run(Cx *cx, void *arg)
{
    Make *make = arg;
    Mark mark = {.name = str_from(make->name), .size = make->size};
    Err e = fact_create(cx, &mark_type, &mark, (FactNote){.kind = "mark.made"});
    if (!e)
        e = count_rows(cx, COUNT_ALL, NULL, 0, &make->counted);
    return e || !make->refuse ? e : err_set(cx, ERR_STATE, NULL, "mark.refused");
}

static Err change_run(Cx *cx, void *arg)
{
    Mark mark = {0};
    (void)arg;
    Err e = record_load(cx, &mark_type, 1, &mark);
    mark.size++;
    return e ? e : fact_change(cx, &mark_type, &mark, (FactNote){.kind = "mark.changed"});
}

static Err make(TestHouse *t, Make *one)
{
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    Err e = writer_run(t->house.writer, &cx, make_run, one);
    t->last = cx;
    return e;
}

/* ---- The cases ---- */

static void test_after_a_write(void **state)
{
    TestHouse *t = *state;
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 0);
    for (int n = 1; n <= 300; n++) { /* More than there are slots. */
        HOUSE_OK(t, make(t, &(Make){.name = n % 3 ? "a" : "b", .size = n}));
        assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), n);
        assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), n);
        assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("b"))), n / 3);
    }
}

/* A row put there without a fact is not counted until the next fact: the total was remembered. */
static void test_remembered(void **state)
{
    TestHouse *t = *state;
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM});
    HOUSE_OK(t, make(t, &(Make){.name = "a"}));
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 1);
    HOUSE_OK(t, db_open(&cx, t->house.store_url, DB_WRITE, &cx.db));
    HOUSE_OK(t, db_exec_plain(&cx, "INSERT INTO mark (id, name) VALUES (99, 'a')"));
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 1);
    assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("a"))), 2); /* Not asked before. */
    HOUSE_OK(t, db_exec_plain(&cx, "DELETE FROM mark WHERE id = 99"));
    assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("a"))), 2);
    db_close(cx.db);
    HOUSE_OK(t, make(t, &(Make){.name = "b"}));
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 2);
    assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("a"))), 1);
}

/* Inside the writer a count sees what the job itself has done; a refused job leaves no total. */
static void test_in_write(void **state)
{
    TestHouse *t = *state;
    Make made = {.name = "a"}, refused = {.name = "a", .refuse = true};
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 0);
    HOUSE_OK(t, make(t, &made));
    assert_int_equal(made.counted, 1);
    HOUSE_REFUSED(t, make(t, &refused), ERR_STATE, "mark.refused");
    assert_int_equal(refused.counted, 2);
    Cx cx = house_cx(t, (Actor){.via = VIA_SYSTEM}); /* Takes the number the refused fact had. */
    HOUSE_OK(t, writer_run(t->house.writer, &cx, change_run, NULL));
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 1);
}

/* Statements and values that look alike are told apart. */
static void test_binds(void **state)
{
    TestHouse *t = *state;
    for (i64 size = 0; size < 600; size++) /* They drive each other out of their slots. */
        HOUSE_OK(t, make(t, &(Make){.name = size ? "ab" : "a", .size = size % 200}));
    HOUSE_OK(t, make(t, &(Make){.name = "c", .size = 7}));
    HOUSE_OK(t, make(t, &(Make){.name = "1", .size = 7}));
    for (int round = 0; round < 3; round++) {
        for (i64 size = 0; size < 500; size++)
            assert_int_equal(COUNTED(t, COUNT_SIZE, BIND_INT(size)), size == 7    ? 5
                                                                     : size < 200 ? 3
                                                                                  : 0);
        assert_int_equal(COUNTED(t, COUNT_MORE, BIND_INT(198)), 3);
        assert_int_equal(COUNTED(t, COUNT_SIZE, BIND_INT(198)), 3);
        assert_int_equal(COUNTED(t, COUNT_MORE, BIND_INT(199)), 0);
        assert_int_equal(COUNTED(t, COUNT_SIZE, BIND_INT(199)), 3);
        assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("a"))), 1);
        assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("b"))), 0);
        assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S("1"))), 1);
        assert_int_equal(COUNTED(t, COUNT_NAME, BIND_STR(S(""))), 0);
        assert_int_equal(COUNTED(t, COUNT_TWO, BIND_STR(S("a")), BIND_STR(S("bc"))), 1);
        assert_int_equal(COUNTED(t, COUNT_TWO, BIND_STR(S("ab")), BIND_STR(S("c"))), 600);
        assert_int_equal(COUNTED(t, COUNT_TWO, BIND_STR(S("abc")), BIND_STR(S(""))), 0);
    }
}

/* A house that remembers nothing, as on the command line, counts. */
static void test_without(void **state)
{
    TestHouse *t = *state;
    struct CountMemo *counts = t->house.counts;
    t->house.counts = NULL;
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 0);
    HOUSE_OK(t, make(t, &(Make){.name = "a"}));
    assert_int_equal(count_of(t, COUNT_ALL, NULL, 0), 1);
    t->house.counts = counts;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_after_a_write), CASE(test_remembered), CASE(test_in_write),
        CASE(test_binds),         CASE(test_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
